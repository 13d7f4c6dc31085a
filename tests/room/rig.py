"""A whole room on simulated hardware, in invented time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from roomctl import app
from roomctl.app import parse
from roomctl.booking import Booking, CalendarRead, SkippedEvent
from roomctl.errors import RoomctlError
from roomctl.kind import Part
from roomctl.room import Dependencies, Room, Source
from roomctl.room.alerts import Send
from roomctl.room.commands import CommandRecord
from roomctl.room.document import DeviceEntry, RoomDocument
from roomctl.room.look import Illuminance
from roomctl.room.nearby import Ask
from roomctl.room.webhooks import Post
from roomctl.screen.sim import SimScreen
from roomctl.simulator import Simulator
from roomctl.simulator.cameras import SimulatedLine
from roomctl.simulator.devices import SimulatedScreen, SimulatedSpeakerphone
from roomctl.speakerphone.sim import SimSpeakerphone
from roomctl.store import Store
from roomctl.visca.sim import SimCamera
from roomctl.wire import Connect
from tests import invented
from tests.invented import LoopClock

PANEL = Source("panel", "panel")
STAFF = Source("admin", "staff")
LINK = "https://meet.jit.si/BambooRoom"
OTHER_LINK = "https://meet.jit.si/AnotherRoom"
CAMERA = """
[camera.front]
url = "serial:/dev/ttyUSB0"
profile = "sony_srg300h"
presets = { 2 = "Door", 1 = "Table" }
"""
PHONE_AND_SENSOR = """[speakerphone.table]
url = "usb:0b0e:2456"
[occupancy.ceiling]
url = "gpio:17"
vacancy_delay_s = 30
"""
BAMBOO = f"""
[room]
display_name = "Bamboo"
display_on_s = 20
[screen]
mode = "simulated"
url = "unix:/run/screen.sock"
{CAMERA}
{PHONE_AND_SENSOR}[meeting]
platform = "jitsi"
favourites = {{ "Weekly" = "https://meet.jit.si/Weekly" }}
[meeting.new.jitsi]
random = "https://meet.jit.si"
"""
NO_CAMERA = BAMBOO.replace(CAMERA, "")  # for hours: they cost half
ONLY_SCREEN = NO_CAMERA.replace(PHONE_AND_SENSOR, "")  # for hours with calls: a third
NO_DEVICE = '[room]\ndisplay_name = "Bamboo"\n'  # where no device matters: a quarter
TWO = BAMBOO + '[speakerphone.wall]\nurl = "usb:291a:3301"\n'


class Calendar:
    """A calendar that a test may break."""

    def __init__(self, bookings: Sequence[Booking] = ()) -> None:
        self.listed = list(bookings)
        self.skipped: tuple[SkippedEvent, ...] = ()
        self.broken: RoomctlError | None = None

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        if self.broken is not None:
            raise self.broken
        return CalendarRead(tuple(self.listed), self.skipped)


@dataclass(slots=True)
class House:
    """A running room and what it stands on."""

    room: Room
    simulator: Simulator
    task: asyncio.Task[None]

    @property
    def document(self) -> RoomDocument:
        return self.room.document

    @property
    def camera(self) -> SimCamera:
        end = self.simulator.device("camera.front")
        assert isinstance(end, SimulatedLine)
        return end.cameras["camera.front"]

    @property
    def phone(self) -> SimSpeakerphone:
        return self.speakerphone("table")

    @property
    def screen(self) -> SimScreen:
        return screen_of(self.simulator)

    @property
    def issues(self) -> list[tuple[str, str]]:
        return [(issue.code, issue.subject) for issue in self.document.issues]

    def speakerphone(self, name: str) -> SimSpeakerphone:
        end = self.simulator.device(f"speakerphone.{name}")
        assert isinstance(end, SimulatedSpeakerphone)
        return end.phone

    def device(self, name: str) -> DeviceEntry:
        return next(entry for entry in self.document.devices if entry.name == name)

    async def act(self, device: str, action: str) -> None:
        await self.simulator.act(device, action, {})

    async def ask(self, kind: str, source: Source = PANEL, **args: object) -> CommandRecord:
        """Have a command done, or refused; return its record."""
        record = self.room.submit(kind, args, source)
        return await self.room.finish(record, 60.0)

    async def join(self, link: str = LINK) -> None:
        """Join, and wait until the call is proven."""
        assert (await self.ask("meeting.join", link=link)).status == "done"
        await self.until(lambda: self.document.meeting.state == "in_call")

    async def until(self, true: Callable[[], object], limit_s: float = 10.0) -> float:
        """Wait until something is so; return how long it took. It must be so within `limit_s`."""
        if not isinstance(asyncio.get_running_loop(), invented.InventedLoop):
            return await self._said(true, limit_s)
        try:
            return await invented.until(true, limit_s)
        except TimeoutError as error:
            raise AssertionError(f"{error}: {self.document}") from None

    async def _said(self, true: Callable[[], object], limit_s: float) -> float:
        """Wait, in real time, until the document says so."""
        begin = self.room.clock.mono_s()
        with self.room.watch() as changes:
            async with asyncio.timeout(limit_s):
                while not true():
                    await changes.get()
        return self.room.clock.mono_s() - begin

    async def always(self, true: Callable[[], object], for_s: float) -> None:
        """Let time pass, during which something must stay so."""
        await invented.always(true, for_s, lambda: self.document)

    async def stop(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


def screen_of(simulator: Simulator) -> SimScreen:
    end = simulator.device("screen")
    assert isinstance(end, SimulatedScreen)
    return end.screen


def simulated(text: str = BAMBOO) -> Simulator:
    """Return the hardware of a room that does not run yet."""
    return Simulator(parse(text, "room.toml"), LoopClock())


@contextlib.asynccontextmanager
async def begun(
    text: str = BAMBOO,
    *,
    on: Simulator | None = None,
    feed: Calendar | None = None,
    connect: Connect | None = None,
    store: Store | None = None,
    post: Post | None = None,
    send: Send | None = None,
    ask: Ask | None = None,
    beside: Callable[[Room], Part] | None = None,
    config_file: Path | None = None,
    illuminance: Illuminance | None = None,
) -> AsyncIterator[House]:
    """Run a room, on hardware that is already there if `on` is given."""
    clock = LoopClock()
    config = parse(text, "room.toml")
    simulator = on or Simulator(config, clock)
    dependencies = Dependencies(
        connect or simulator.connect,
        clock,
        feed,
        store=store,
        post=post,
        send=send,
        ask=ask,
        config_file=config_file,
        follow=simulator.follow,
        illuminance=illuminance,
    )
    room = app.room(config, dependencies)
    if beside is not None:
        room.attend(beside(room))
    house = House(room, simulator, asyncio.create_task(room.run()))
    try:
        yield house
    finally:
        await house.stop()
        if on is None:
            await simulator.close()


@contextlib.asynccontextmanager
async def living(
    text: str = BAMBOO,
    *,
    on: Simulator | None = None,
    feed: Calendar | None = None,
    connect: Connect | None = None,
    store: Store | None = None,
    post: Post | None = None,
    send: Send | None = None,
    ask: Ask | None = None,
    beside: Callable[[Room], Part] | None = None,
) -> AsyncIterator[House]:
    """Run a room, and wait until it is ready."""
    given = {"on": on, "feed": feed, "connect": connect, "store": store, "post": post}
    given["ask"], given["send"] = ask, send
    async with begun(text, beside=beside, **given) as house:
        await house.until(lambda: house.room.ready)
        yield house
