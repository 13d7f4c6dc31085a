"""What room.toml sets on the camera itself: told when it is there, read back, and kept."""

import pytest

from roomctl import app
from roomctl.camera.mounting import PATIENCE, READ_BACK_S, SAYS_S, PersistentSettings
from roomctl.camera.protocol import CameraState
from roomctl.clock import SystemClock
from roomctl.errors import ConfigError
from roomctl.room import Dependencies
from roomctl.wire import Port
from tests.camera import test_aw_driver
from tests.camera.bench import Bench, bench, until
from tests.camera.test_driver_settings import told
from tests.invented import invented

HANGS = {"profile": "ptzoptics_g2", "flip": True, "mirror": True}


def flipped(b: Bench) -> tuple[bool, bool]:
    values = b.look().body.values
    return values["flip"] == 2, values["mirror"] == 2


def test_what_is_not_so_is_told_once_at_a_time_and_what_is_so_is_left_alone() -> None:
    kept = PersistentSettings({"flip": 1.0, "mirror": 0.0})
    state = CameraState(flip=False, mirror=False)
    assert kept.next(state, 0.0) == ("flip", 1.0)
    assert kept.next(state, 0.0) is None
    kept.ended("flip", 0.1, None)
    assert kept.next(state, 0.2) is None  # it may be read back yet
    assert kept.next(CameraState(flip=True, mirror=False), 99.0) is None
    assert kept.failed == {}


def test_what_a_camera_does_not_say_is_taken_to_be_so_once_it_took_it() -> None:
    kept = PersistentSettings({"preset_speed": 0.5})
    assert kept.next(CameraState(), 0.0) == ("preset_speed", 0.5)
    kept.ended("preset_speed", 0.1, None)
    assert kept.next(CameraState(), 99.0) is None
    kept.begin(100.0)
    assert kept.next(CameraState(), 100.0) == ("preset_speed", 0.5)


def test_a_camera_that_is_back_may_say_first_how_it_turns_its_picture() -> None:
    kept = PersistentSettings({"flip": 1.0})
    kept.begin(10.0)
    assert kept.next(CameraState(), 10.0) is None
    assert kept.next(CameraState(flip=True), 10.5) is None
    assert kept.next(CameraState(), 10.0 + SAYS_S) == ("flip", 1.0)


def test_what_it_refuses_is_told_again_and_said_after_a_few_times() -> None:
    kept, now = PersistentSettings({"flip": 1.0}), 0.0
    for _ in range(PATIENCE):
        assert kept.failed == {}
        assert kept.next(CameraState(flip=False), now) is not None
        kept.ended("flip", now, "not_executable")
        assert kept.next(CameraState(flip=False), now + READ_BACK_S / 2) is None
        now += READ_BACK_S
    assert kept.failed == {"flip": "not_executable"}
    assert kept.next(CameraState(flip=True), now) is None
    assert kept.failed == {}


def test_what_it_takes_and_does_not_do_is_said() -> None:
    kept, now = PersistentSettings({"flip": 1.0}), 0.0
    for _ in range(PATIENCE):
        assert kept.next(CameraState(flip=False), now) is not None
        kept.ended("flip", now, None)
        now += READ_BACK_S
    assert kept.failed == {"flip": "not_kept"}


def test_a_model_that_has_no_such_thing_is_asked_once() -> None:
    kept = PersistentSettings({"flip": 1.0})
    assert kept.next(CameraState(), 0.0) is not None
    kept.ended("flip", 0.0, "unsupported")
    assert kept.failed == {"flip": "unsupported"}
    assert kept.next(CameraState(), 999.0) is None


@invented
async def test_a_camera_is_told_to_turn_its_picture_and_says_that_it_does() -> None:
    async with bench("ptzoptics_g2", **HANGS) as b:
        await until(lambda: b.front.state.flip and b.front.state.mirror)
        assert flipped(b) == (True, True)
        assert told(b, "010466") + told(b, "010461") == ["01046602", "01046102"]
        assert b.front.not_kept == {}


@invented
async def test_a_picture_that_must_not_be_turned_is_turned_back() -> None:
    async with bench("ptzoptics_g2", profile="ptzoptics_g2", flip=False) as b:
        await until(lambda: b.front.state.flip is False)
        assert told(b, "010466") == []
        b.cameras[0].body.values["flip"] = 2
        await b.port.close()
        await until(lambda: not flipped(b)[0])


@invented
async def test_nobody_is_told_to_turn_anything_unless_room_toml_says_so() -> None:
    async with bench("ptzoptics_g2", profile="ptzoptics_g2") as b:
        b.cameras[0].body.values["flip"] = 2
        await b.front.backlight(True)
        await until(lambda: b.front.state.flip is True)
        assert told(b, "010466") == []


@invented
async def test_it_is_told_again_after_it_restarted_and_after_it_was_switched_on() -> None:
    async with bench("ptzoptics_g2", **HANGS) as b:
        await until(lambda: flipped(b) == (True, True))
        b.cameras[0].power_cycle()
        b.cameras[0].body.values["flip"] = 3
        await until(lambda: flipped(b) == (True, True))
        await b.front.power(False)
        await until(lambda: b.front.state.power is False)
        b.cameras[0].body.values["mirror"] = 3
        await b.front.power(True)
        await until(lambda: flipped(b) == (True, True))


@invented
async def test_a_flipped_picture_has_the_end_stops_of_a_camera_that_hangs() -> None:
    async with bench("sony_brcx400", profile="sony_brcx400", flip=True) as b:
        assert (b.front.profile.tilt.min_deg, b.front.profile.tilt.max_deg) == (-90, 20)


@invented
async def test_a_camera_that_is_known_only_by_its_answer_and_cannot_is_an_issue() -> None:
    async with bench("sony_srg300h", flip=True) as b:
        await until(lambda: b.front.not_kept)
        assert b.front.not_kept == {"flip": "unsupported"}
        assert told(b, "010466") == []


@pytest.mark.parametrize(
    ("model", "frames"),
    [
        ("sony_brcx400", ["017e041c000c", "017e041b02"]),
        ("ptzoptics_g2", ["0106010c"]),
        ("sony_brcx1000", []),
    ],
)
@invented
async def test_it_goes_to_presets_as_fast_as_room_toml_says(model: str, frames: list[str]) -> None:
    async with bench(model, profile=model, preset_speed_pct=50) as b:
        await b.front.goto(pan_deg=40, tilt_deg=5)
        await b.front.store(2)
        await b.front.goto(pan_deg=-40, tilt_deg=5)
        starts = ("017e041c", "017e041b", "0106010c")
        assert [f for s in starts for f in told(b, s) if len(f) <= 12] == frames
        for _ in range(2):
            await b.front.recall(2)
            assert b.look().pan_deg == pytest.approx(40, abs=0.2)
        alone = told(b, "017e010b")
        assert alone == (["017e010b010c"] if model == "sony_brcx1000" else [])


@invented
async def test_a_panasonic_is_told_that_it_hangs_and_how_fast_it_goes_to_presets() -> None:
    async with test_aw_driver.bench(more="flip = true\npreset_speed_pct = 50\n") as b:
        await b.house.until(lambda: b.look().ceiling and b.look().preset_speed == 637)
        await b.house.until(lambda: b.house.document.cameras[0].flip is True)
        await b.front.power(False)
        b.look().ceiling = False
        await b.front.power(True)
        await b.house.until(lambda: b.look().ceiling)


@pytest.mark.parametrize(
    ("camera", "key"),
    [
        ('url = "serial:/dev/ttyUSB0"\nprofile = "sony_srg300h"\nflip = true', "flip"),
        ('url = "serial:/dev/ttyUSB0"\nprofile = "generic"\nmirror = false', "mirror"),
        ('url = "v4l2:/dev/video0"\nflip = true', "flip"),
        ('url = "onvif://192.0.2.3"\npreset_speed_pct = 50', "preset_speed_pct"),
        ('url = "aw://192.0.2.3"\nmirror = true', "mirror"),
    ],
)
def test_check_says_what_a_model_cannot_be_told_and_what_to_do_instead(
    camera: str, key: str
) -> None:
    config = app.parse(f"[camera.front]\n{camera}\n", "room.toml")
    why = r"no command for that is known for .*leave it out"
    with pytest.raises(ConfigError, match=why) as wrong:
        app.room(config, Dependencies(connect=_connects_nothing, clock=SystemClock()))
    assert wrong.value.key == f"camera.front.{key}"


async def _connects_nothing(name: str, url: str) -> Port:
    raise AssertionError(url)
