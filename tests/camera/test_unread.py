"""What a camera does not say any more is told no more, and is an issue until it says it again."""

import asyncio

import pytest

from roomctl.errors import UnknownOutcome
from tests.camera.bench import bench, until
from tests.invented import invented

STATES = {
    "position": ("0612", "pan_deg"),
    "zoom": ("0447", "zoom_pct"),
    "power": ("0400", "power"),
    "focus": ("0438|0448", "focus"),
    "exposure": ("0439", "exposure"),
    "white_balance": ("0435", "white_balance"),
}


@invented
async def test_a_goto_of_a_camera_that_does_not_say_where_it_stands_has_an_unknown_outcome() -> (
    None
):
    async with bench() as b:
        await b.front.goto(20.0, 0.0)
        assert b.front.state.pan_deg == pytest.approx(20.0, abs=0.1)
        b.cameras[0].unanswered = "0612"
        with pytest.raises(UnknownOutcome, match="does not report its position"):
            await b.front.goto(-40.0, 0.0)
        await until(lambda: "position" in b.front.unread)
        assert (b.front.state.pan_deg, b.front.state.tilt_deg) == (None, None)
        assert b.look().pan_deg == pytest.approx(-40.0, abs=0.1)
        with pytest.raises(UnknownOutcome):
            await b.front.goto(-30.0, 0.0)
        with pytest.raises(UnknownOutcome):
            await b.front.relative(1.0, 0.0)
        b.cameras[0].unanswered = ""
        reached = await b.front.goto(-35.0, 0.0)
        assert reached.pan_deg == pytest.approx(-35.0, abs=0.1)
        assert not b.front.unread


@invented
async def test_an_answer_withheld_for_five_seconds_is_no_answer_withheld_for_ever() -> None:
    async with bench() as b:
        await b.front.goto(20.0, 0.0)
        b.cameras[0].unanswered = "0612"
        b.front.drive(-1, 0, 0, lease_s=0.5)
        await asyncio.sleep(5.0)
        assert b.front.state.pan_deg is None
        b.cameras[0].unanswered = ""
        await until(lambda: b.front.state.pan_deg is not None)
        assert b.front.state.pan_deg == pytest.approx(b.look().pan_deg, abs=0.1)
        assert not b.front.unread


@invented
async def test_a_goto_that_needs_the_angle_it_has_is_refused_while_that_is_not_known() -> None:
    async with bench() as b:
        await b.front.goto(20.0, 5.0)
        b.cameras[0].unanswered = "0612"
        await until(lambda: "position" in b.front.unread)
        with pytest.raises(Exception, match="does not report its position; give tilt_deg too"):
            await b.front.goto(pan_deg=-40.0)


@pytest.mark.parametrize("what", STATES)
@invented
async def test_whatever_is_not_answered_any_more_is_unknown_until_it_is(what: str) -> None:
    async with bench() as b:
        question, field = STATES[what]
        await until(lambda: getattr(b.front.state, field) is not None)
        b.cameras[0].unanswered = question
        await b.front.exposure("auto")  # all settings are read back
        b.front.drive(0, 0, 0.5, lease_s=0.2)
        await until(lambda: what in b.front.unread)
        await until(lambda: getattr(b.front.state, field) is None)
        b.cameras[0].unanswered = ""
        await until(lambda: not b.front.unread)
        await until(lambda: getattr(b.front.state, field) is not None)


@invented
async def test_a_camera_whose_degrees_nobody_knows_still_goes_where_it_is_sent() -> None:
    async with bench("generic") as b:
        b.cameras[0].unanswered = "0612"
        reached = await b.front.goto(zoom_pct=50.0)
        assert reached.zoom_pct == pytest.approx(50.0, abs=1)
        await asyncio.sleep(20.0)
        assert not b.front.unread
