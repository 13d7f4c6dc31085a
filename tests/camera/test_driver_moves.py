"""Moves that end by themselves: they go there, say where that is, and what had to be clamped."""

import asyncio

import pytest

from roomctl.camera.profile import shipped
from roomctl.errors import Refused, UnknownOutcome, Unsupported
from tests.camera.bench import bench, until
from tests.invented import invented

WITH_DEGREES = sorted(name for name, profile in shipped().items() if profile.pan and profile.tilt)


@pytest.mark.parametrize("model", WITH_DEGREES)
@invented
async def test_every_model_goes_right_and_up_for_positive_degrees(model: str) -> None:
    async with bench(model, profile=model) as b:
        reached = await b.front.goto(pan_deg=30, tilt_deg=10)
        assert b.look().pan_deg == pytest.approx(30, abs=0.1)
        assert b.look().tilt_deg == pytest.approx(10, abs=0.1)
        assert reached.pan_deg == pytest.approx(30, abs=0.1)
        assert reached.tilt_deg == pytest.approx(10, abs=0.1)
        assert reached.clamped == ()
        reached = await b.front.relative(-40, -12)
        assert b.look().pan_deg == pytest.approx(-10, abs=0.2)
        assert b.look().tilt_deg == pytest.approx(-2, abs=0.2)
        assert reached.pan_deg == pytest.approx(-10, abs=0.2)


@invented
async def test_an_angle_beyond_the_end_stop_is_clamped_and_the_answer_says_so() -> None:
    async with bench() as b:
        reached = await b.front.goto(pan_deg=200, tilt_deg=-21, zoom_pct=50)
        assert reached.clamped == ("pan", "tilt")
        assert (round(b.look().pan_deg), round(b.look().tilt_deg)) == (170, -20)
        reached = await b.front.relative(5, 200)
        assert reached.clamped == ("pan", "tilt")
        assert (round(b.look().pan_deg), round(b.look().tilt_deg)) == (170, 90)


@invented
async def test_a_step_that_leads_nowhere_is_not_sent() -> None:
    async with bench() as b:
        await b.front.goto(pan_deg=170)
        b.sim.heard.clear()
        reached = await b.front.relative(10, 0)
        assert reached.clamped == ("pan",)
        assert not any(frame.startswith("81010603") for _, frame in b.sim.heard)


@invented
async def test_what_is_left_out_of_a_move_stays_as_it_is() -> None:
    async with bench() as b:
        await b.front.goto(pan_deg=20, tilt_deg=5, zoom_pct=40)
        await b.front.goto(tilt_deg=15)
        assert b.look().pan_deg == pytest.approx(20, abs=0.1)
        assert b.look().tilt_deg == pytest.approx(15, abs=0.1)
        reached = await b.front.zoom_to(80)
        assert b.look().zoom_pct == reached.zoom_pct == pytest.approx(80, abs=0.1)
        assert b.look().tilt_deg == pytest.approx(15, abs=0.1)


@invented
async def test_one_axis_cannot_be_sent_alone_while_nobody_knows_where_the_other_stands() -> None:
    async with bench() as b:
        b.cameras[0].silent = True
        b.front._protocol.connection._poller.forget()
        with pytest.raises(Refused, match="give tilt_deg too") as refused:
            await b.front.goto(pan_deg=10)
        assert refused.value.code == "position_unknown"


@invented
async def test_pan_and_zoom_go_at_the_same_time() -> None:
    async with bench() as b:
        going = asyncio.ensure_future(b.front.goto(pan_deg=90, tilt_deg=0, zoom_pct=100, speed=0.3))
        await until(lambda: b.look().pan_deg > 1 and b.look().zoom_pct > 1)
        assert b.look().pan_deg < 80
        await going
        assert b.look().zoom_pct == pytest.approx(100, abs=0.1)


@invented
async def test_a_move_takes_as_long_as_its_speed_says() -> None:
    took = []
    async with bench() as b:
        for pan, speed in ((60, 1.0), (0, 0.1)):
            began = b.clock.mono_s()
            await b.front.goto(pan_deg=pan, tilt_deg=0, speed=speed)
            took.append(b.clock.mono_s() - began)
        frames = [frame for _, frame in b.sim.heard if frame.startswith("81010602")]
        assert [frame[8:10] for frame in frames] == ["18", "07"]  # 101 degrees a second, and 11
    assert took[1] > 3 * took[0]


@invented
async def test_a_camera_without_known_degrees_goes_nowhere_by_angle() -> None:
    async with bench("generic", profile="generic") as b:
        with pytest.raises(Unsupported, match="positions in degrees"):
            await b.front.goto(pan_deg=1, tilt_deg=1)
        reached = await b.front.zoom_to(50)
        assert reached.zoom_pct == pytest.approx(50, abs=0.1)
        assert reached.pan_deg is None


@invented
async def test_a_step_whose_answer_got_lost_is_an_unknown_outcome_and_never_sent_again() -> None:
    async with bench() as b:
        stepping = asyncio.ensure_future(b.front.relative(20, 0, speed=0.1))
        await until(lambda: b.look().moving)
        b.cameras[0].silent = True
        with pytest.raises(UnknownOutcome, match="may have run"):
            await stepping
        b.cameras[0].silent = False
        steps = [frame for _, frame in b.sim.heard if frame.startswith("81010603")]
        assert len(steps) == 1


@invented
async def test_a_stop_ends_a_move_and_both_its_parts() -> None:
    async with bench() as b:
        going = asyncio.ensure_future(b.front.goto(pan_deg=170, tilt_deg=80, zoom_pct=100))
        await until(lambda: b.look().moving)
        b.front.stop()
        with pytest.raises(Refused) as refused:
            await going
        assert refused.value.code == "stopped"
        await until(lambda: not b.look().moving)


@pytest.mark.parametrize("model", ["sony_srg300h", "sony_am7", "ptzoptics_g2"])
@invented
async def test_under_a_ceiling_a_camera_looks_down_where_it_looked_up(model: str) -> None:
    async with bench(model, profile=model, mounting="ceiling") as b:
        reached = await b.front.goto(pan_deg=20, tilt_deg=-80)
        assert reached.clamped == ()
        assert b.look().tilt_deg == pytest.approx(-80, abs=0.1)
        if shipped()[model].tilt.ceiling_deg:
            reached = await b.front.goto(pan_deg=20, tilt_deg=80)
            assert reached.clamped == ("tilt",)
            assert b.look().tilt_deg == shipped()[model].tilt.ceiling_deg[1]


@invented
async def test_a_block_camera_zooms_and_has_nothing_to_turn() -> None:
    async with bench("sony_fcb") as b:
        assert b.front.profile.name.startswith("Sony FCB")
        assert not {"drive", "goto", "home"} & set(b.front.abilities)
        reached = await b.front.zoom_to(60)
        assert b.look().zoom_pct == reached.zoom_pct == pytest.approx(60, abs=0.1)
        b.front.drive(0, 0, -1, lease_s=10)
        await until(lambda: b.look().zoom_pct < 50)
        b.front.stop()
        await until(lambda: not b.look().moving and not b.front.stopping)


@invented
async def test_a_camera_without_acks_has_arrived_when_it_says_so_itself() -> None:
    async with bench("cisco_precision_hd", profile="cisco_precision_hd") as b:
        reached = await b.front.zoom_to(90)
        assert b.look().zoom_pct == pytest.approx(90, abs=1)
        assert reached.zoom_pct == pytest.approx(90, abs=1)
