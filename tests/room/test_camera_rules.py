"""What a room does with its cameras by itself, on simulated ones."""

import pytest

from tests.invented import invented
from tests.room.rig import BAMBOO, House, living

FRAMED = BAMBOO.replace(
    'presets = { 2 = "Door", 1 = "Table" }',
    'presets = { 2 = "Door", 1 = "Table" }\non_join = "Table"\non_leave = { pan_deg = 160, tilt_deg'
    " = -10 }\nstandby_s = 600",
)


def acts(house: House) -> list[tuple[str, str]]:
    every = house.document.automation.acts
    return [(one.act, one.reasons[0].code) for one in every if one.subject == "front"]


async def look(house: House, pan_deg: float) -> None:
    record = await house.ask("camera.goto", camera="front", pan_deg=pan_deg, tilt_deg=0.0)
    assert record.status == "done"


async def table_stored(house: House) -> None:
    await look(house, 20.0)
    assert (await house.ask("camera.store", camera="front", preset=1)).status == "done"


@invented
async def test_a_meeting_wakes_and_frames_its_camera_which_turns_away_and_sleeps_after_it() -> None:
    async with living(FRAMED) as house:
        await house.act("occupancy.ceiling", "walk_in")
        await table_stored(house)
        await look(house, -50.0)
        assert (await house.ask("camera.power", camera="front", on=False)).status == "done"
        await house.until(lambda: house.document.cameras[0].power is False)
        await house.always(lambda: house.camera.power is False, 100)
        await house.join()
        await house.until(lambda: ("camera_join", "joined") in acts(house), limit_s=60)
        assert house.camera.power
        assert house.camera.pan_deg == pytest.approx(20, abs=0.1)
        assert house.document.cameras[0].preset == 1
        assert acts(house) == [("camera_wake", "joined"), ("camera_join", "joined")]
        await house.always(lambda: house.camera.pan_deg == pytest.approx(20, abs=0.1), 100)
        assert (await house.ask("meeting.leave")).status == "done"
        await house.until(lambda: ("camera_leave", "left") in acts(house), limit_s=60)
        assert house.camera.pan_deg == pytest.approx(160, abs=0.1)
        assert house.camera.power
        await house.act("occupancy.ceiling", "leave")
        took_s = await house.until(lambda: not house.camera.power, limit_s=1000)
        assert took_s > 600
        await house.until(lambda: acts(house)[-1] == ("camera_standby", "unused"))
        assert house.issues == []


@invented
async def test_a_room_whose_file_says_nothing_moves_no_camera_and_wakes_a_sleeping_one() -> None:
    async with living() as house:
        await look(house, -50.0)
        await house.join()
        await house.always(lambda: house.camera.pan_deg == pytest.approx(-50, abs=0.1), 30)
        assert (await house.ask("meeting.leave")).status == "done"
        await house.always(lambda: house.camera.pan_deg == pytest.approx(-50, abs=0.1), 900)
        assert (await house.ask("camera.power", camera="front", on=False)).status == "done"
        await house.until(lambda: house.document.cameras[0].power is False)
        await house.join()
        await house.until(lambda: house.camera.power, limit_s=30)
        assert acts(house) == [("camera_wake", "joined")]


@invented
async def test_whoever_steers_as_the_meeting_begins_keeps_the_camera() -> None:
    async with living(FRAMED) as house:
        await table_stored(house)
        await look(house, -50.0)
        house.room.hold("press", 1, "panel", "front", (0.3, 0.0, 0.0, 0.0))
        assert (await house.ask("meeting.join", link="https://meet.jit.si/Bamboo")).status == "done"
        await house.always(lambda: not acts(house), 0.2)
        house.room.hold("press", 2, "panel", "front", (0.3, 0.0, 0.0, 0.0))
        await house.until(lambda: house.document.meeting.state == "in_call")
        await house.always(lambda: not acts(house), 60)
        assert house.camera.pan_deg < 0


@invented
async def test_a_camera_that_refuses_is_an_issue_until_it_obeys() -> None:
    async with living(FRAMED) as house:
        await table_stored(house)
        await look(house, -50.0)
        await house.act("camera.front", "menu")  # while it is open, nothing moves
        await house.join()
        await house.until(lambda: ("camera.not_framed", "camera.front") in house.issues, limit_s=60)
        (issue,) = [one for one in house.document.issues if one.code == "camera.not_framed"]
        assert issue.params == {"reason": "not_executable"}
        await house.act("camera.front", "menu")
        await house.until(lambda: ("camera_join", "joined") in acts(house), limit_s=60)
        assert house.issues == []


@invented
async def test_a_preset_that_the_camera_has_not_is_an_issue_that_goes_when_it_is_steered() -> None:
    async with living(FRAMED.replace('on_join = "Table"', "on_join = 200")) as house:
        await house.join()
        await house.until(lambda: ("camera.not_framed", "camera.front") in house.issues)
        await look(house, 3.0)
        assert house.issues == []
        await house.always(lambda: house.issues == [], 100)
