"""USB cameras as the room uses them: real driver and pump, simulated camera, invented time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomctl import app
from roomctl.app import parse
from roomctl.camera.camera import Camera
from roomctl.camera.lines import UvcDevice, uvc_devices
from roomctl.camera.positions import StoredPosition, StoredPositions
from roomctl.camera.sim import uvc as sim
from roomctl.camera.sim.uvc import SimUvc
from roomctl.camera.uvc.message import (
    ControlFlag,
    ControlId,
    ControlValue,
    ControlValueType,
    UvcControl,
    encode,
)
from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import ConfigError, Refused, Unsupported
from roomctl.ports import address, v4l2
from roomctl.room import Dependencies
from roomctl.simulator.cameras import SimulatedUvc
from roomctl.store import Disk, Settings
from roomctl.wire import Port
from tests.invented import LoopClock, invented
from tests.ports.video import Kernel
from tests.room.rig import PANEL, House, living, simulated

ROOM = """
[camera.front]
url = "v4l2:/dev/video0"
"""
BY_SPEED = (*sim.SPEEDS, sim.ZOOM)
RESETS = [
    UvcControl(each, ControlValueType.BUTTON, ControlFlag.WRITE_ONLY)
    for each in (ControlId.PAN_RESET, ControlId.TILT_RESET)
]


class Bench:
    def __init__(self, house: House, end: SimulatedUvc) -> None:
        self.house, self._end = house, end

    @property
    def front(self) -> Camera:
        (device,) = self.house.room._devices.all(UvcDevice)
        return device.camera

    def look(self) -> SimUvc:
        """Return the camera as it is at this moment."""
        self._end.camera.tick(self.house.room.clock.mono_s())
        return self._end.camera

    async def after(self, seconds: float) -> SimUvc:
        begin = self.house.room.clock.mono_s()
        await self.house.until(
            lambda: self.house.room.clock.mono_s() >= begin + seconds, seconds + 1
        )
        return self.look()

    @property
    def status(self) -> str:
        return self.house.device("camera.front").status


@asynccontextmanager
async def bench(
    controls: tuple[UvcControl, ...] = sim.EVERYTHING, more: str = ""
) -> AsyncIterator[Bench]:
    simulator = simulated(ROOM + more)
    end = simulator.device("camera.front")
    assert isinstance(end, SimulatedUvc)
    end.camera = SimUvc(controls)
    try:
        async with living(ROOM + more, on=simulator) as house:
            await house.until(
                lambda: house.document.devices and house.device("camera.front").status == "online"
            )
            yield Bench(house, end)
    finally:
        await simulator.close()


@invented
async def test_it_goes_to_degrees_right_and_up() -> None:
    async with bench() as b:
        reached = await b.front.goto(20.0, -12.5, 50.0)

        assert (b.look().pan_deg, b.look().tilt_deg, b.look().zoom_pct) == (20.0, -12.5, 50.0)
        assert (reached.pan_deg, reached.tilt_deg, reached.zoom_pct) == (20.0, -12.5, 50.0)
        assert reached.clamped == ()
        assert (b.front.state.pan_deg, b.front.state.tilt_deg) == (20.0, -12.5)


@invented
async def test_what_is_beyond_the_end_stops_is_clamped_and_said_to_be() -> None:
    async with bench() as b:
        reached = await b.front.goto(500.0, 0.0, 130.0)

        assert reached.clamped == ("pan", "zoom")
        assert (reached.pan_deg, reached.zoom_pct) == (130.0, 100.0)
        assert b.look().pan_deg == 130.0


@invented
async def test_degrees_come_back_within_one_step() -> None:
    async with bench() as b:
        for asked in (-129.97, -0.04, 0.06, 33.333, 90.0):
            reached = await b.front.goto(pan_deg=asked)

            assert reached.pan_deg == pytest.approx(asked, abs=0.1)


@pytest.mark.parametrize("push", [(0, 0, 1, 0), (0, 0, 0, 1), (1, 0, 0, 0)])
@invented
async def test_an_axis_that_it_lacks_is_unsupported_and_not_ignored(push: list[float]) -> None:
    one_axis = tuple(c for c in sim.EVERYTHING if c.id == ControlId.TILT_ABSOLUTE)
    async with bench(one_axis) as b:
        with pytest.raises(Unsupported):
            b.front.drive(*push)


@invented
async def test_a_relative_move_begins_where_it_stands() -> None:
    async with bench() as b:
        await b.front.goto(10.0, 5.0)

        reached = await b.front.relative(-15.0, 10.0)

        assert (reached.pan_deg, reached.tilt_deg) == (-5.0, 15.0)


@invented
async def test_home_is_the_middle() -> None:
    async with bench() as b:
        await b.front.goto(50.0, 20.0)

        await b.front.home()

        assert (b.look().pan_deg, b.look().tilt_deg) == (0.0, 0.0)


@invented
async def test_a_camera_that_can_only_be_reset_is_reset_to_the_middle() -> None:
    async with bench((*sim.SPEEDS, *RESETS)) as b:
        assert "home" in b.front.abilities
        b.front.drive(1.0, 0.0, 0.0)
        await b.after(0.2)

        await b.front.home()

        assert (await b.after(3.0)).pan_deg == 0.0


@invented
async def test_a_lost_holder_stops_it() -> None:
    async with bench() as b:
        b.front.drive(1.0, 0.5, -1.0, lease_s=0.3)
        assert (await b.after(0.2)).moving

        assert not (await b.after(0.15)).moving


@invented
async def test_a_stop_stops_it() -> None:
    async with bench() as b:
        b.front.drive(1.0, 0.5, 0.0, lease_s=10.0)
        await b.after(0.5)

        b.front.stop()

        assert not (await b.after(0.02)).moving
        assert b.look().pan_deg > 10


@invented
async def test_the_room_leaves_it_standing() -> None:
    async with bench() as b:
        b.front.drive(-1.0, 0.0, 0.0, lease_s=60.0)
        assert (await b.after(0.3)).moving

    assert not b._end.camera.moving


@invented
async def test_presets_are_kept_by_the_room() -> None:
    async with bench() as b:
        await b.front.goto(30.0, 10.0, 80.0)
        await b.front.store(2)
        await b.front.goto(-40.0, 0.0, 0.0)
        assert b.front.state.preset is None

        await b.front.recall(2)

        assert (b.look().pan_deg, b.look().tilt_deg) == (30.0, 10.0)
        assert b.look().zoom_pct == pytest.approx(80.0)
        assert b.front.state.preset == 2
        assert b.front.presets == tuple(range(1, 10))
        with pytest.raises(Refused, match="preset 3 is empty"):
            await b.front.recall(3)
        with pytest.raises(Refused, match="is not one of 1-9"):
            await b.front.store(10)


async def test_kept_positions_survive_a_restart(tmp_path: Path) -> None:
    place, at = StoredPosition(12.5, -3.25, None), datetime(2026, 11, 25, tzinfo=UTC)

    await StoredPositions("front", Settings(Disk(tmp_path))).keep(4, place, at)

    again = StoredPositions("front", Settings(Disk(tmp_path)))
    assert again.kept(4) == place
    assert again.kept(5) is None
    assert StoredPositions("back", Settings(Disk(tmp_path))).kept(4) is None


async def test_a_kept_position_that_somebody_broke_is_none() -> None:
    settings = Settings()
    at = datetime(2026, 11, 25, tzinfo=UTC)
    for broken in ("1 2", "1 2 x", "1 2 3 4", "nan 2 3", "1 inf 3"):
        await settings.change(("camera", "front", "positions", "1"), broken, "me", "test", at)

        assert StoredPositions("front", settings).kept(1) is None


@invented
async def test_settings_are_read_and_set() -> None:
    async with bench() as b:
        front = b.front
        assert (front.state.focus, front.state.exposure, front.state.white_balance) == ("auto",) * 3

        await front.exposure("manual")
        await front.white_balance("manual")
        await front.focus_to(50.0)

        assert b.look().value(ControlId.EXPOSURE_AUTO) == 1
        assert b.look().value(ControlId.AUTO_WHITE_BALANCE) == 0
        assert b.look().value(ControlId.FOCUS_AUTO) == 0
        assert (await b.after(3.0)).value(ControlId.FOCUS_ABSOLUTE) in (125, 130)
        state = front.state
        assert (state.focus, state.exposure, state.white_balance) == ("manual",) * 3
        assert front.modes["exposure"] == ("auto", "manual")

        await front.focus("infinity")
        assert (await b.after(3.0)).value(ControlId.FOCUS_ABSOLUTE) == 0


@invented
async def test_focus_is_driven_by_hand_only_once_it_is_manual() -> None:
    async with bench() as b:
        with pytest.raises(Refused, match="focuses automatically"):
            b.front.drive(0.0, 0.0, 0.0, focus=1.0)

        await b.front.focus("manual")
        b.front.drive(0.0, 0.0, 0.0, focus=1.0, lease_s=1.0)

        assert (await b.after(0.9)).value(ControlId.FOCUS_ABSOLUTE) > 40


@invented
async def test_what_it_has_no_control_for_is_unsupported_and_not_offered() -> None:
    async with bench(BY_SPEED) as b:
        front = b.front
        asked = [
            front.power(True),
            front.home(),
            front.goto(10.0),
            front.relative(1.0, 1.0),
            front.store(1),
            front.focus("auto"),
            front.focus_to(1.0),
            front.exposure("auto"),
            front.white_balance("auto"),
            front.ir_receive(True),
            front.tally("red"),
            front.tracking(True),
            front.raw("8101060 4FF"),
        ]
        for each in asked:
            with pytest.raises(Unsupported):
                await each

        assert front.abilities == ("drive", "zoom")
        assert front.presets == ()
        assert (front.state.pan_deg, front.state.power) == (None, None)
        assert (await front.zoom_to(25.0)).zoom_pct == 25.0


@invented
async def test_unplugged_it_is_offline_within_a_second_and_back_within_two() -> None:
    async with bench() as b:
        await b.front.goto(30.0, 0.0)

        await b.house.act("camera.front", "unplug")
        await b.house.until(lambda: b.status == "offline", 1.0)
        with pytest.raises(Refused, match=r"hung up|unplugged"):
            b.front.drive(1.0, 0.0, 0.0)
        with pytest.raises(Refused, match=r"hung up|unplugged"):
            await b.front.goto(0.0)
        assert b.front.state.pan_deg is None

        await b.house.act("camera.front", "plug")
        await b.house.until(lambda: b.status == "online", 2.0)
        await b.house.until(lambda: b.front.state.pan_deg == 30.0, 1.0)


@invented
async def test_a_position_outside_of_its_own_limits_is_none() -> None:
    async with bench() as b:
        end = b._end.camera
        frame = encode(
            ControlValue(ControlId.PAN_ABSOLUTE, 533_736)
        )  # read from a camera that ends at 468000
        end._answers.append(frame)
        b.front.stop()

        await b.house.until(lambda: b.front.state.pan_deg is None, 6.0)
        assert frame not in end._answers
        await b.house.until(lambda: b.front.state.pan_deg == 0.0, 6.0)


async def test_driver_and_port_understand_each_other() -> None:
    kernel = Kernel(
        controls={
            each.id: (each.type, each.minimum, each.maximum, each.flags) for each in sim.PLACES
        }
    )

    async def connect(name: str, url: str) -> Port:
        return await v4l2.open_port(address.parse(url), kernel.open)

    news = asyncio.Event()
    tables = parse(ROOM, "room.toml").camera
    (device,) = uvc_devices(tables, connect, SystemClock(), news.set, Settings())
    running = asyncio.create_task(device.run())
    try:
        async with asyncio.timeout(5.0):
            while device.health.status is not Status.ONLINE:
                news.clear()
                await news.wait()
            reached = await device.camera.goto(20.0, -10.0)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    assert (reached.pan_deg, reached.tilt_deg) == (20.0, -10.0)
    assert kernel.values == {ControlId.PAN_ABSOLUTE: 72_000, ControlId.TILT_ABSOLUTE: -36_000}
    assert device.camera.state.model is None  # it is gone with its port
    assert kernel.opened == kernel.closed


@invented
async def test_a_move_ends_with_the_cable() -> None:
    async with bench() as b:
        record = b.house.room.submit("camera.goto", {"camera": "front", "pan_deg": 120.0}, PANEL)
        await b.after(0.3)

        await b.house.act("camera.front", "unplug")

        ended = await b.house.room.finish(record, 1.0)
        assert ended.status == "refused"
        assert ended.error is not None
        assert ended.error.code == "offline"


@invented
async def test_a_camera_that_refuses_everything_is_said_to_be_broken_until_it_obeys() -> None:
    async with bench() as b:
        await b.house.act("camera.front", "stall")
        b.front.drive(1.0, 0.0, 0.0, lease_s=5.0)

        await b.house.until(lambda: b.status == "offline", 2.0)
        assert "STALL" in (b.house.device("camera.front").detail or "")

        await b.house.act("camera.front", "stall")
        await b.house.until(lambda: b.status == "online", 8.0)
        assert not (await b.after(1.0)).moving


@pytest.mark.parametrize(
    ("line", "said"),
    [("address = 2", "leave the address out"), ('profile = "generic"', "leave the profile out")],
)
def test_what_means_nothing_for_a_usb_camera_is_refused(line: str, said: str) -> None:
    async def nowhere(name: str, url: str) -> None:
        raise AssertionError(url)

    with pytest.raises(ConfigError, match=said):
        app.room(parse(f"{ROOM}{line}", "room.toml"), Dependencies(nowhere, LoopClock()))


@invented
async def test_old_degrees_are_not_told_of_one_that_does_not_say_where_it_stands() -> None:
    async with bench() as b:
        await b.front.goto(20.0, 0.0)
        assert b.front.state.pan_deg == pytest.approx(20.0, abs=0.1)
        b.look().unreadable = frozenset((ControlId.PAN_ABSOLUTE,))
        asked = await b.house.ask("camera.goto", camera="front", pan_deg=-40.0, tilt_deg=0.0)
        assert asked.status == "unknown"
        await b.house.until(lambda: ("camera.unread", "camera.front") in b.house.issues, 20)
        assert b.front.state.pan_deg is None
        assert b.front.state.tilt_deg == 0.0
        assert b.status == "online"
        with pytest.raises(Refused, match="does not report its position"):
            await b.front.store(1)
        b.look().unreadable = frozenset()
        await b.house.until(lambda: ("camera.unread", "camera.front") not in b.house.issues, 80)
        assert b.front.state.pan_deg == pytest.approx(-40.0, abs=0.1)
