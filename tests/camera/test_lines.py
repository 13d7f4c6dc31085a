"""A line of cameras found, lost and found again, in invented time."""

import asyncio
import logging
import math

import pytest

from roomctl.camera.lines import SILENT_S, gap_s_of
from roomctl.device import Status
from roomctl.errors import Refused
from roomctl.visca.frames import GAP_S
from tests.camera.cable import Bench, bench
from tests.invented import LoopClock, invented

BACK_S = 2.0
OFFLINE_S = 1.0
SEARCHED = [9600, 38400, 115200, 4800, 2400]  # what the shipped models offer


def online(b: Bench) -> bool:
    return b.line.health.status is Status.ONLINE and b.front.health.status is Status.ONLINE


def offline(b: Bench) -> bool:
    return b.line.health.status is Status.OFFLINE and b.front.health.status is Status.OFFLINE


# The speed of a line whose url names none.


@pytest.mark.parametrize("place", range(len(SEARCHED)))
@invented
async def test_a_camera_is_found_at_any_speed_within_seconds(
    place: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "roomctl.camera.lines")
    baud = SEARCHED[place]
    async with bench(baud=baud) as b:
        await b.until(lambda: online(b), 1.1 * place + 1.5)
        assert b.speeds() == SEARCHED[: place + 1]
        assert b.line.baud == baud
        assert b.front.health.detail == b.line.found == f"answers at {baud} baud"
    said = f"camera.front: answers at {baud} baud on serial:/dev/ttyUSB0"
    assert [record.message for record in caplog.records] == [said]


@invented
async def test_the_speed_that_was_found_is_tried_first_at_the_next_opening() -> None:
    async with bench(baud=115200) as b:
        await b.until(lambda: online(b), 5)
        for _ in range(3):
            await b.cable.unplug()
            await b.until(lambda: offline(b), OFFLINE_S)
            b.cable.plug()
            plugged = b.now
            await b.until(lambda: online(b), BACK_S)
            assert b.speeds(plugged) == [115200]


@invented
async def test_a_speed_that_the_url_names_is_the_only_one_tried() -> None:
    async with bench("serial:/dev/ttyUSB0?baud=38400") as b:
        await b.until(lambda: offline(b), 5)
        await asyncio.sleep(60)
        assert set(b.speeds()) == {38400}
        says = "is it powered and set to 38400 baud? Without baud= in its url each speed is tried"
        assert says in (b.front.health.detail or "")
        assert b.front.health.reason == "no_reply"
        assert b.line.found is None


@invented
async def test_while_no_speed_answers_it_says_which_were_tried() -> None:
    async with bench(silent=True) as b:
        await asyncio.sleep(len(SEARCHED) * 0.9)
        assert b.line.health.status is Status.STARTING
        await b.until(lambda: offline(b), 2)
        assert b.front.health.reason == "no_reply"
        assert b.front.health.detail == (
            "no answer at 9600, 38400, 115200, 4800 or 2400 baud on serial:/dev/ttyUSB0; "
            "is the camera powered, and is the cable a crossed one?"
        )
        health = b.front.health
        await asyncio.sleep(600)
        assert b.front.health is health


@invented
async def test_a_camera_that_is_switched_on_later_is_found() -> None:
    async with bench(baud=38400, silent=True) as b:
        await asyncio.sleep(100)
        b.camera.silent = False
        await b.until(lambda: online(b), 1.1 * len(SEARCHED) + 0.5)


@invented
async def test_a_camera_that_was_found_is_soon_found_again_after_a_night_without_power() -> None:
    async with bench(baud=115200) as b:
        await b.until(lambda: online(b), 5)
        for night_s in (600.0, 601.3, 602.7):
            b.camera.silent = True
            await asyncio.sleep(night_s)
            b.camera.silent = False
            await b.until(lambda: online(b), 3)


@invented
async def test_a_camera_whose_switch_was_moved_is_found_again() -> None:
    async with bench(baud=38400, model="sony_srg300h") as b:
        await b.until(lambda: online(b), 3)
        b.cable.sim.baud = 9600
        await b.until(lambda: offline(b), 10)
        await b.until(lambda: online(b), SILENT_S + 2 * len(SEARCHED))
        assert b.line.baud == 9600


@pytest.mark.parametrize(
    ("profile", "tried"),
    [
        ("sony_brc300", [9600, 38400]),
        ("vhd_oem", [9600, 115200, 4800, 2400]),
        ("sony_fr7", SEARCHED),  # has no serial line, but it hangs on one
    ],
)
@invented
async def test_a_named_model_is_searched_for_at_its_own_speeds(
    profile: str, tried: list[int]
) -> None:
    async with bench(silent=True, profile=profile) as b:
        await asyncio.sleep(1.05 * len(tried))
        assert b.speeds()[: len(tried)] == tried
        assert set(b.speeds()) == set(tried)


@invented
async def test_a_wire_without_a_speed_is_opened_as_it_is() -> None:
    async with bench("tcp://192.0.2.1:5678", baud=None) as b:
        await b.until(lambda: online(b), 2)
        assert [url for _, url in b.cable.opened] == ["tcp://192.0.2.1:5678"]
        assert (b.line.baud, b.line.found, b.front.health.detail) == (None, None, None)


# Lost, and back by itself.


@pytest.mark.parametrize("url", ["serial:/dev/ttyUSB0?baud=9600", "serial:/dev/ttyUSB0"])
@invented
async def test_a_line_is_offline_within_a_second_and_back_within_two(url: str) -> None:
    async with bench(url) as b:
        await b.until(lambda: online(b), 3)
        for away_s in (0.0, 0.3, 0.8, 1.6, 2.9, 4.4, 61.7):
            await b.cable.unplug()
            await b.until(lambda: offline(b), OFFLINE_S)
            await asyncio.sleep(away_s)
            b.cable.plug()
            plugged = b.now
            await b.until(lambda: online(b), BACK_S)
            heard = b.heard(plugged)
            assert heard[:2] == ["883001ff", "88010001ff"]
            stop, version, power = (
                next(i for i, frame in enumerate(heard) if what in frame)
                for what in ("0601", "090002", "090400")
            )
            assert 2 <= stop < min(version, power)
            await b.until(lambda: b.front.state.pan_deg is not None, 1)
            assert b.front.state.model == b.camera.profile.name


@pytest.mark.parametrize("url", ["tcp://192.0.2.1:5678", "udp://192.0.2.1:1259"])
@invented
async def test_a_connection_that_died_without_a_word_is_opened_anew(url: str) -> None:
    async with bench(url, baud=None) as b:
        await b.until(lambda: online(b), 2)
        await b.cable.go_dead()
        idle_s, asks_s = b.front.profile.timing.idle_poll_s, 3 * b.front.profile.timing.inquiry_s
        await b.until(lambda: offline(b), idle_s + asks_s + 0.5)
        await b.until(lambda: online(b), SILENT_S + 1)
        assert len(b.cable.opened) == 2


@pytest.mark.parametrize(
    ("url", "baud"),
    [
        ("serial:/dev/ttyUSB0?baud=9600", 9600),
        ("serial:/dev/ttyUSB0", 9600),
        ("tcp://192.0.2.1:5678", None),
    ],
)
@invented
async def test_a_camera_that_lost_its_power_is_used_again_once_it_has_booted(
    url: str, baud: int | None
) -> None:
    async with bench(url, baud=baud) as b:
        await b.until(lambda: online(b), 3)
        b.camera.boot_s = 30.0
        b.camera.power_cycle()
        await b.until(lambda: offline(b), 10)
        with pytest.raises(Refused, match="is it powered and") as refused:
            b.front.drive(1, 0, 0)
        assert refused.value.code == "offline"
        await b.until(lambda: not b.camera.booting, 60)
        await b.until(lambda: online(b), 3)
        b.front.drive(1, 0, 0)
        await b.until(lambda: b.camera.moving, 0.2)


@invented
async def test_while_one_camera_answers_the_line_is_left_open() -> None:
    async with bench("serial:/dev/ttyUSB0?baud=9600", addresses=(1, 2)) as b:
        await b.until(lambda: online(b), 3)
        b.cable.sim.cameras[1].silent = True
        await asyncio.sleep(600)
        assert len(b.cable.opened) == 1
        assert online(b)


@invented
async def test_a_silent_camera_is_lost_once_however_often_its_port_is_opened_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with bench("tcp://192.0.2.1:5678", baud=None) as b:
        await b.until(lambda: online(b), 2)
        b.camera.silent = True
        await b.until(lambda: offline(b), 10)
        health = b.front.health
        await asyncio.sleep(600)
        assert len(b.cable.opened) > 10
        assert (b.front.health, b.line.health.since) == (health, health.since)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


class Counting(LoopClock):
    """A clock that counts how often it is asked: at least twice each time that the pump wakes."""

    asked = 0

    def mono_s(self) -> float:
        self.asked += 1
        return super().mono_s()


@pytest.mark.parametrize(
    "url", ["serial:/dev/ttyUSB0?baud=9600", "serial:/dev/ttyUSB0", "tcp://192.0.2.1:5678"]
)
@invented
async def test_a_silent_line_wakes_nobody_but_to_ask(url: str) -> None:
    clock = Counting()
    async with bench(url, baud=None if url.startswith("tcp") else 9600, clock=clock) as b:
        await b.until(lambda: online(b), 3)
        b.camera.silent = True
        await asyncio.sleep(60)
        clock.asked = 0
        said = len(b.cable.sim.heard)
        await asyncio.sleep(600)
        assert 60 < len(b.cable.sim.heard) - said < 600 * 5
        assert clock.asked < 600 * 100


@invented
async def test_a_port_that_is_not_there_is_named_as_the_url_was_given() -> None:
    async with bench() as b:
        await b.cable.unplug()
        await b.until(lambda: offline(b), OFFLINE_S)
        await asyncio.sleep(1)
        assert b.front.health.reason == "missing"
        assert b.line.health.detail == "serial:/dev/ttyUSB0: is not there"


# A daisy chain.


@invented
async def test_seven_cameras_on_one_port_are_all_driven_and_a_dead_one_stalls_nobody() -> None:
    async with bench(addresses=range(1, 8)) as b:
        cameras = list(b.line.cameras.values())
        await b.until(lambda: all(c.health.status is Status.ONLINE for c in cameras), 5)
        dead = b.cable.sim.cameras[3]
        dead.silent = True
        await b.until(lambda: cameras[3].health.status is Status.OFFLINE, 15)
        alive = [(c, s) for c, s in zip(cameras, b.cable.sim.cameras, strict=True) if s is not dead]
        for camera, _ in alive:
            camera.drive(0.5, 0, 0, lease_s=5)
        await b.until(lambda: all(sim.moving for _, sim in alive), 0.3)
        await asyncio.sleep(1)
        asked = b.now
        for camera, _ in alive:
            camera.stop()
        await b.until(lambda: not any(sim.moving for _, sim in alive), 0.5)
        assert max(sim.stopped_at for _, sim in alive) - asked < 0.3
        dead.silent = False
        await b.until(lambda: cameras[3].health.status is Status.ONLINE, 5)
        assert all(c.health.status is Status.ONLINE for c in cameras)


@pytest.mark.parametrize(
    ("url", "gap_s"),
    [
        ("serial:/dev/ttyUSB0?baud=9600", GAP_S),
        ("serial:socket://10.0.0.1:4001", math.inf),
        ("serial:rfc2217://10.0.0.1:4001", math.inf),
        ("tcp://10.0.0.1:5678", math.inf),
        ("udp://10.0.0.1:1259", 0.0),
        ("visca-ip://10.0.0.1", 0.0),
    ],
)
def test_a_pause_ends_a_frame_on_a_local_serial_line_only(url: str, gap_s: float) -> None:
    assert gap_s_of(url) == gap_s
