"""A gamepad in a whole simulated room."""

import pytest

from roomctl.errors import ConfigError
from roomctl.room.document import ControllerEntry
from roomctl.simulator.cameras import SimulatedLine
from roomctl.visca.sim import SimCamera
from tests.invented import invented
from tests.room.rig import BAMBOO, House, living

PAD = BAMBOO + "[controller.pad]\n"
TWO = (
    BAMBOO
    + """
[camera.back]
url = "serial:/dev/ttyUSB9"

[controller.pad]
cameras = ["front", "back"]
"""
)


def camera_at_the_back(house: House) -> SimCamera:
    end = house.simulator.device("camera.back")
    assert isinstance(end, SimulatedLine)
    return end.cameras["camera.back"]


def entry(house: House) -> ControllerEntry:
    return house.document.controllers[0]


async def steady(house: House) -> None:
    await house.until(lambda: house.device("controller.pad").status == "online")


@invented
async def test_a_stick_moves_the_camera_until_it_is_let_go() -> None:
    async with living(PAD) as house:
        await steady(house)
        await house.act("controller.pad", "push_right")
        await house.until(lambda: house.camera.pan_deg > 20, limit_s=30)
        await house.act("controller.pad", "let_go")
        await house.until(lambda: not house.camera.moving, limit_s=1)
        there = house.camera.pan_deg
        await house.always(lambda: house.camera.pan_deg == there, 5)
        await house.act("controller.pad", "push_in")
        await house.until(lambda: house.camera.zoom_pct > 10, limit_s=30)


@invented
async def test_a_gamepad_that_goes_away_stops_the_camera_and_is_nothing_wrong() -> None:
    async with living(PAD) as house:
        await steady(house)
        await house.act("controller.pad", "push_left")
        await house.until(lambda: house.camera.moving)
        await house.act("controller.pad", "unplug")
        await house.until(lambda: not house.camera.moving, limit_s=0.5)
        await house.until(lambda: house.device("controller.pad").reason == "missing")
        await house.always(lambda: house.issues == [] and house.room.ready, 10)
        assert all(one.status for one in house.document.conditions)
        await house.act("controller.pad", "plug")  # its stick is still held
        await steady(house)
        await house.always(lambda: not house.camera.moving, 5)


@invented
async def test_a_stick_does_not_take_the_camera_out_of_another_hand() -> None:
    async with living(PAD) as house:
        await steady(house)
        house.room.hold("finger", 1, "panel", "front", (0.0, 1.0, 0.0, 0.0))
        await house.act("controller.pad", "push_right")
        await house.always(lambda: house.camera.pan_deg == 0, 0.25)
        await house.until(lambda: house.camera.pan_deg > 0, limit_s=2)  # the finger is gone


@invented
async def test_a_button_recalls_a_preset_and_start_goes_home() -> None:
    async with living(PAD) as house:
        await steady(house)
        await house.ask("camera.goto", camera="front", pan_deg=30.0, tilt_deg=0.0)
        await house.ask("camera.store", camera="front", preset=2)
        await house.act("controller.pad", "home")
        await house.until(lambda: house.camera.pan_deg == pytest.approx(0, abs=0.1))
        await house.act("controller.pad", "press_2")
        await house.until(lambda: house.document.cameras[0].preset == 2)
        assert house.camera.pan_deg == pytest.approx(30, abs=0.1)


@invented
async def test_a_shoulder_button_goes_on_to_the_next_camera_and_the_stick_must_rest_first() -> None:
    async with living(TWO) as house:
        await steady(house)
        back = camera_at_the_back(house)
        assert entry(house) == ControllerEntry("pad", "Simulated gamepad", "front")
        await house.until(lambda: house.device("camera.back").status == "online")
        await house.act("controller.pad", "push_right")
        await house.until(lambda: house.camera.moving)
        await house.act("controller.pad", "next_camera")  # the stick is still held
        await house.until(lambda: not house.camera.moving, limit_s=0.5)
        assert entry(house).camera == "back"
        await house.always(lambda: not (back.moving or house.camera.moving), 5)
        await house.act("controller.pad", "let_go")
        await house.act("controller.pad", "push_right")
        await house.until(lambda: back.moving, limit_s=1)
        assert not house.camera.moving
        await house.act("controller.pad", "next_camera")  # the last is followed by the first
        await house.until(lambda: not back.moving and entry(house).camera == "front", limit_s=0.5)
        await house.act("controller.pad", "previous_camera")
        await house.until(lambda: entry(house).camera == "back")
        await house.act("controller.pad", "home")
        await house.until(lambda: back.pan_deg == pytest.approx(0, abs=0.1))


@invented
async def test_a_shoulder_button_of_a_gamepad_with_one_camera_ends_nothing() -> None:
    async with living(PAD) as house:
        await steady(house)
        await house.act("controller.pad", "push_right")
        await house.until(lambda: house.camera.moving)
        await house.act("controller.pad", "next_camera")
        await house.always(lambda: house.camera.moving, 0.5)


@invented
async def test_a_hand_on_the_stick_is_somebody_in_the_room() -> None:
    async with living(PAD) as house:
        await steady(house)
        await house.until(lambda: not house.document.panel.awake, limit_s=100)
        await house.act("controller.pad", "push_right")
        await house.until(lambda: house.document.panel.awake, limit_s=2)


@invented
async def test_a_gamepad_in_a_room_without_a_camera_moves_nothing() -> None:
    async with living(PAD.replace("[camera.front]", "[camera.front]\n#", 1)) as house:
        await steady(house)
        await house.act("controller.pad", "push_right")
        await house.act("controller.pad", "home")
        await house.always(lambda: house.issues == [], 5)


@invented
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('camera = "back"', r"controller\.pad\.camera: no camera 'back'; there is: front"),
        ('cameras = ["front", "back"]', r"controller\.pad\.cameras: no camera 'back'; there is"),
        ('cameras = ["front", "front"]', r"controller\.pad\.cameras: 'front' is named twice"),
        ('camera = "front"\ncameras = ["front"]', r"either camera or cameras"),
    ],
)
async def test_a_camera_that_cannot_be_meant_is_refused(line: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        async with living(PAD + line + "\n"):
            pass
