"""The fault matrix: what a room does about each fault of each thing at its other end.

    python -m tests.faults           write docs/faults.md anew (make faults)

A fault stands between the room and a simulated device, on its wire, and knows no device. Each cell
runs in invented time: a room with this one device is well, the fault comes, stays for a minute, and
goes; one that is about real sockets takes real time. Detected is what the room document says first;
recovered is when nothing of it is left. Knows no driver.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
import os
import random
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import websockets

from roomctl.app import parse
from roomctl.errors import PortClosed, PortError, PortReason, RoomctlError
from roomctl.kiosk.display.cec import Television, TelevisionPower
from roomctl.kiosk.display.display_power import DisplayPower
from roomctl.lifetime import beside
from roomctl.room.webhooks import EventRefused
from roomctl.screen.protocol import DisplayState
from roomctl.simulator import Simulator
from roomctl.store import Store
from roomctl.wire import Chunk, Port
from tests.api.rig import running
from tests.api.test_mqtt import BASE, Broker, bridged
from tests.invented import InventedLoop, LoopClock
from tests.kiosk.television import Set
from tests.room.rig import Calendar, House, begun
from tests.room.test_bookings import booking
from tests.small_disk import fill, read_only, small_disk

PAGE = Path(__file__).resolve().parent.parent / "docs" / "faults.md"
BEGIN, END = "<!-- cells: make faults -->\n", "<!-- end of cells -->"
LASTS_S = 60.0  # a fault
LASTS_REAL_S = 30.0  # one that takes real time, at most
BACK_S = 120.0  # at most, until nothing of it is left
CLASSES_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 1800, 3600, 7200)

WIRES: Mapping[str, tuple[str, str]] = {
    "camera, VISCA serial": (
        "camera.front",
        '[camera.front]\nurl = "serial:/dev/ttyUSB0"\nprofile = "sony_srg300h"\n',
    ),
    "camera, VISCA over IP": (
        "camera.front",
        '[camera.front]\nurl = "visca-ip://192.0.2.1"\nprofile = "sony_srg300h"\n',
    ),
    "camera, VISCA over TCP": (
        "camera.front",
        '[camera.front]\nurl = "tcp://192.0.2.1:5678"\nprofile = "ptzoptics_g3"\n',
    ),
    "camera, Panasonic AW": ("camera.front", '[camera.front]\nurl = "aw://192.0.2.1"\n'),
    "camera, ONVIF": ("camera.front", '[camera.front]\nurl = "onvif://192.0.2.1"\n'),
    "camera, USB (UVC)": ("camera.front", '[camera.front]\nurl = "v4l2:/dev/video0"\n'),
    "speakerphone, USB HID": (
        "speakerphone.table",
        '[speakerphone.table]\nurl = "usb:0b0e:2456"\n',
    ),
    "screen process": ("screen", '[screen]\nmode = "simulated"\nurl = "unix:/run/screen.sock"\n'),
    "display, PJLink": ("display.wall", '[display.wall]\nurl = "tcp://192.0.2.9"\n'),
    "display, RS-232": (
        "display.wall",
        '[display.wall]\nurl = "serial:/dev/ttyUSB7"\nprofile = "lg"\n',
    ),
    "sensor, GPIO": ("occupancy.hall", '[occupancy.hall]\nurl = "gpio:17"\n'),
    "sensor, radar": (
        "occupancy.hall",
        '[occupancy.hall]\nurl = "serial:/dev/ttyS1"\nprofile = "ld2410"\n',
    ),
    "sensor, MQTT": (
        "occupancy.hall",
        '[occupancy.hall]\nurl = "mqtt://192.0.2.2/hall"\nprofile = "people_counter"\n',
    ),
}
"""What is at the other end of a wire: the device, and room.toml."""

NOT_THERE = {("sensor, GPIO", "floods")}  # a pin says high or low, and no bytes

FAULTS = ("unplugged", "refuses", "restarts", "silent", "slow", "garbled", "floods", "wrong device")


class Fault:
    """What stands on the wires of a room: nothing, or one of `FAULTS`."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator, self.kind, self.since_s = simulator, "", 0.0
        self._ports: set[_FaultyPort] = set()

    async def connect(self, name: str, url: str) -> Port:
        if self.kind == "unplugged":
            raise PortError(url, "there is no such device", PortReason.MISSING)
        if self.kind == "refuses":
            raise PortError(url, "is held by another program", PortReason.BUSY)
        port = _FaultyPort(self, await self._simulator.connect(name, url))
        self._ports.add(port)
        return port

    def begin(self, kind: str) -> None:
        self.kind = kind
        if kind in ("unplugged", "refuses", "restarts"):
            for port in (*self._ports,):
                port.break_off()
        for port in self._ports:
            port.turned.set()
        if kind == "restarts":
            self.kind = "unplugged"
            asyncio.get_running_loop().call_later(5.0, self.end)

    def end(self) -> None:
        self.kind = ""
        for port in self._ports:
            port.turned.set()


class _FaultyPort:
    """A port with a fault on its wire."""

    def __init__(self, fault: Fault, port: Port) -> None:
        self._fault, self._port, self.identity = fault, port, port.identity
        self._broken = False
        self.turned = asyncio.Event()
        self._echo: list[bytes] = []
        self._noise = random.Random(7)

    def break_off(self) -> None:
        self._broken = True
        self.turned.set()

    async def read(self) -> Chunk:
        while True:
            if self._broken:
                raise PortClosed(self.identity.url, "the other end hung up")
            kind, now = self._fault.kind, asyncio.get_running_loop().time()
            if kind == "floods":
                await asyncio.sleep(0.02)
                return Chunk(self._noise.randbytes(64), now + 0.02)
            if kind == "wrong device" and self._echo:
                await asyncio.sleep(0.01)
                return Chunk(self._echo.pop(0), now + 0.01)
            chunk = await self._next()
            if chunk is None or (kind := self._fault.kind) in ("silent", "wrong device"):
                continue
            if kind == "slow":
                await asyncio.sleep(3.0)
                return replace(chunk, at=chunk.at + 3.0)
            if kind == "garbled":
                return replace(chunk, data=self._noise.randbytes(len(chunk.data)))
            return chunk

    async def _next(self) -> Chunk | None:
        """Return what comes next; None: the fault has changed, or there is an echo."""
        reading = asyncio.ensure_future(self._port.read())
        turning = asyncio.ensure_future(self.turned.wait())
        try:
            await asyncio.wait((reading, turning), return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else None
        finally:
            self.turned.clear()
            turning.cancel()
            if not reading.done():
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def write(self, data: bytes) -> None:
        if self._broken:
            raise PortClosed(self.identity.url, "the other end hung up")
        if self._fault.kind == "wrong device":
            self._echo.append(data)
            self.turned.set()
        elif self._fault.kind != "silent":
            await self._port.write(data)

    async def close(self) -> None:
        self._fault._ports.discard(self)
        await self._port.close()


def documented(page: str) -> dict[tuple[str, str], str]:
    """Return the line of each cell as the page has it."""
    lines = page.partition(BEGIN)[2].partition(END)[0].splitlines(keepends=True)[2:]
    split = [(line, line.split("|")) for line in lines]
    return {(words[1].strip(), words[2].strip()): line for line, words in split}


def limits(line: str) -> list[float]:
    """Return the seconds that a line says: until it is detected, and until it is over."""
    return [float(word[2:-2]) if word.startswith("≤") else 0.0 for word in _times(line)]


def _times(line: str) -> list[str]:
    return [word.strip() for word in line.split("|")[4:6]]


@dataclass(frozen=True)
class Row:
    """One cell: what was said of the fault, and the seconds of room time that it took."""

    component: str
    fault: str
    said: str
    detected_s: float | None
    recovered_s: float

    def line(self) -> str:
        detected = "–" if self.detected_s is None else f"≤ {_class(self.detected_s)} s"
        back = "at once" if self.recovered_s == 0 else f"≤ {_class(self.recovered_s)} s"
        return f"| {self.component} | {self.fault} | {self.said} | {detected} | {back} |\n"


def _class(seconds: float) -> int:
    return next(one for one in CLASSES_S if seconds <= one)


def signs(house: House, subject: str) -> tuple[str, ...]:
    """Return what the document says is wrong with a device, by code."""
    document = house.document
    found = [one.code for one in document.issues if one.subject == subject]
    offline = [
        f"offline: {one.reason}"
        for one in document.devices
        if one.name == subject and one.status != "online"
    ]
    return (*offline, *(code for code in found if code != "device.offline"))


async def run_wire(component: str, fault: str) -> Row:
    """Run one cell of a device on a wire."""
    subject, text = WIRES[component]
    simulator = _simulator(text)
    wire = Fault(simulator)
    async with begun(text, on=simulator, connect=wire.connect) as house:
        await house.until(lambda: house.room.ready and not signs(house, subject), 60.0)
        return await _cell(
            house,
            component,
            fault,
            lambda: signs(house, subject),
            lambda: wire.begin(fault),
            wire.end,
        )


def _simulator(text: str) -> Simulator:
    return Simulator(parse(text, "room.toml"), LoopClock())


async def _cell(
    house: House | InRealTime,
    component: str,
    fault: str,
    wrong: Callable[[], tuple[str, ...]],
    begin: Callable[[], object],
    end: Callable[[], object],
    lasts_s: float = LASTS_S,
    back_s: float = BACK_S,
    stays_s: float = LASTS_S,
) -> Row:
    """Have a fault come, stay, and go; measure what the room says of it."""
    begin()
    detected_s: float | None = None
    said = "does no harm"
    try:
        detected_s = await house.until(wrong, lasts_s)
        said = f"`{wrong()[0]}`"
        await asyncio.sleep(max(0.0, stays_s - detected_s))
    except AssertionError:
        pass
    end()
    recovered_s = await house.until(lambda: not wrong(), back_s)
    await house.always(lambda: not wrong(), 5.0)
    return Row(component, fault, said, detected_s, recovered_s)


async def run_calendar(fault: str) -> Row:
    """Run a cell of the calendar, whose reading is late for fifteen minutes before it is said."""
    feed = Calendar()
    async with begun('[calendar]\nurl = "https://example.org/room.ics"\n', feed=feed) as house:

        def wrong() -> tuple[str, ...]:
            return tuple(one.code for one in house.document.issues if "calendar" in one.code)

        def begin() -> None:
            feed.broken = RoomctlError(f"example.org: {fault}")

        def end() -> None:
            feed.broken = None

        await house.until(lambda: house.room.ready and not wrong(), 120.0)
        return await _cell(house, "calendar", fault, wrong, begin, end, 3600.0)


async def run_webhook(fault: str) -> Row:
    """Run a cell of a webhook's receiver, while somebody walks in."""
    faults = {
        "unplugged": RoomctlError("example.org: cannot be reached"),
        "slow": RoomctlError("example.org: no answer within 10 s"),
        "refuses": EventRefused("example.org: answered HTTP 422"),
    }
    broken: list[RoomctlError] = []

    async def post(table: object, event_id: str, body: bytes, at: object) -> None:
        if broken:
            raise broken[0]

    text = '[occupancy.ceiling]\nurl = "gpio:17"\n' + (
        '[[webhook]]\nurl = "https://example.org/"\nsecret = "a-secret-of-one-receiver"\n'
        'events = ["occupancy.changed"]\n'
    )
    async with begun(text, post=post) as house:

        def wrong() -> tuple[str, ...]:
            return tuple(one.code for one in house.document.issues if "webhook" in one.code)

        def begin() -> None:
            broken.append(faults[fault])
            house.room.changed()

        await house.until(lambda: house.room.ready, 60.0)
        begin()
        await house.act("occupancy.ceiling", "walk_in")
        return await _cell(
            house, "webhook receiver", fault, wrong, lambda: None, broken.clear, 120.0, 2 * 3600.0
        )


async def run_broker(fault: str) -> Row:
    """Run a cell of the MQTT broker of a room."""
    broker = Broker()
    async with bridged(broker, role="operate") as house:

        def wrong() -> tuple[str, ...]:
            gone = broker.kept[f"{BASE}/availability"] == "offline"
            issues = [one.code for one in house.document.issues if one.code == "mqtt.offline"]
            return (*issues, *(("availability: offline",) if gone else ()))

        def begin() -> None:
            broker.gone = fault in ("unplugged", "refuses")
            if fault == "floods":
                for number in range(5000):
                    broker.command("audio.volume", {"pct": number % 100})
            else:
                broker.break_off()

        def end() -> None:
            broker.gone = False

        return await _cell(house, "MQTT broker", fault, wrong, begin, end, LASTS_S, 130.0)


SCREEN = (
    '[screen]\nmode = "simulated"\nurl = "unix:/run/screen.sock"\n'
    '[speakerphone.table]\nurl = "usb:0b0e:2456"\n'
)


async def run_sound(fault: str) -> Row:
    """Run a cell of the sound server of a room that is in a call."""
    async with begun(SCREEN) as house:

        def wrong() -> tuple[str, ...]:
            audio = next(one for one in house.document.conditions if one.type == "audio_ready")
            unsure = () if house.document.audio.mute != "unknown" else ("mute: unknown",)
            return (*(() if audio.status else (f"audio_ready: {audio.reason}",)), *unsure)

        def switch() -> None:
            house.room.do_soon(house.act("screen", fault.replace(" ", "_")))

        await house.until(lambda: house.room.ready and not wrong(), 60.0)
        await house.join()
        await house.until(lambda: not wrong(), 60.0)
        return await _cell(house, "sound server", fault, wrong, switch, switch)


async def run_television(fault: str) -> Row:
    """Run a cell of the room's television, which the screen's process asks by CEC how it is."""
    async with begun(SCREEN) as house:
        kernel = Set(power=TelevisionPower.ON)

        def say(state: DisplayState) -> None:
            house.screen.say_display(state.on)

        def wrong() -> tuple[str, ...]:
            on = house.document.panel.display_on
            return () if on else ("display_on: null" if on is None else "display_on: false",)

        def begin() -> None:
            kernel.answers = fault != "does not answer"
            kernel.refusals = {0: errno.ENOENT} if fault == "adapter gone" else {}

        def end() -> None:
            kernel.answers, kernel.refusals = True, {}

        await house.until(lambda: house.room.ready and not wrong(), 60.0)
        power = DisplayPower(say)
        power.television = Television("/dev/cec0", kernel.open)
        async with beside("the display's power", power.run()):
            power.look()
            await asyncio.sleep(BETWEEN_S)
            return await _cell(house, "television, CEC", fault, wrong, begin, end)


async def run_browser(fault: str) -> Row:
    """Run a cell of the browser of a room that is in a call, until people join again."""
    async with begun(SCREEN) as house:

        def wrong() -> tuple[str, ...]:
            state = house.document.meeting.state
            failed = [one.code for one in house.document.issues if one.code == "meeting.failed"]
            return tuple(failed) or (() if state == "in_call" else (f"meeting: {state}",))

        async def again() -> None:
            if fault == "unplugged":
                await house.act("screen", "plug")
            await house.until(lambda: house.device("screen").status == "online")
            await house.ask("meeting.rejoin")

        def end() -> None:
            house.room.do_soon(again())

        def begin() -> None:
            house.room.do_soon(house.act("screen", "crash" if fault == "crashes" else "unplug"))
            if fault == "restarts":
                loop = asyncio.get_running_loop()
                loop.call_later(5.0, lambda: house.room.do_soon(house.act("screen", "plug")))

        await house.until(lambda: house.room.ready, 60.0)
        await house.join()
        return await _cell(house, "browser", fault, wrong, begin, end)


async def run_disk(fault: str) -> Row:
    """Run a cell of the disk that a room keeps its state on: a real one, of half a megabyte."""
    with tempfile.TemporaryDirectory() as parent, small_disk(Path(parent) / "state") as folder:
        store = Store(folder)
        async with begun(SCREEN, store=store) as house:
            with contextlib.ExitStack() as stack:

                def wrong() -> tuple[str, ...]:
                    codes = (one.code for one in house.document.issues)
                    return tuple(one for one in codes if one.startswith("storage."))

                def begin() -> None:
                    if fault == "full":
                        ballast = fill(folder)
                        stack.callback(ballast.unlink)
                    else:
                        stack.enter_context(read_only(folder))

                await house.until(lambda: house.room.ready and not wrong(), 60.0)
                await asyncio.sleep(BETWEEN_S)
                return await _cell(house, "disk", fault, wrong, begin, stack.close)


RELEASING = '[occupancy.ceiling]\nurl = "gpio:17"\n[rules]\nrelease_s = 600\n'


async def run_clock(fault: str) -> Row:
    """Run a cell of the box's clock, with a booking under way that somebody came to."""
    feed = Calendar([booking("now", -5, lasts_min=90)])
    async with begun(RELEASING, feed=feed) as house:
        clock = house.room.clock
        assert isinstance(clock, LoopClock)

        def wrong() -> tuple[str, ...]:
            codes = tuple(one.code for one in house.document.issues)
            released = any(act.act == "release" for act in house.document.automation.acts)
            calls = () if house.document.bookings else ("no booking is shown",)
            return (*codes, *(("released",) if released else ()), *calls)

        def begin() -> None:
            clock.synced = fault != "not set"
            clock.jumped = {"an hour ahead": HOUR, "an hour back": -HOUR}.get(fault, timedelta())
            house.room.changed()

        def end() -> None:
            clock.synced, clock.jumped = True, timedelta()
            house.room.changed()

        await house.until(lambda: house.room.ready and not wrong(), 120.0)
        assert (await house.ask("booking.check_in", booking="now")).status == "done"
        return await _cell(house, "clock", fault, wrong, begin, end, 180.0)


async def run_config(fault: str) -> Row:
    """Run a cell of room.toml, written by somebody while the room runs."""
    with tempfile.TemporaryDirectory() as parent:
        file = Path(parent) / "room.toml"
        file.write_text(SCREEN)
        async with begun(SCREEN, config_file=file) as house:

            def wrong() -> tuple[str, ...]:
                found = next(
                    one for one in house.document.conditions if one.type == "config_applied"
                )
                return () if found.status else (f"config_applied: {found.reason}",)

            def begin() -> None:
                if fault == "is gone":
                    file.unlink()
                else:
                    file.write_text("[room\n")

            await house.until(lambda: house.room.ready and not wrong(), 60.0)
            await asyncio.sleep(BETWEEN_S)
            return await _cell(
                house, "room.toml", fault, wrong, begin, lambda: file.write_text(SCREEN)
            )


class InRealTime:
    """What `_cell` needs of a room that runs behind a real socket."""

    async def until(self, true: Callable[[], object], limit_s: float = 10.0) -> float:
        """Wait until something is so; return how long it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not true():
            assert loop.time() - began < limit_s, f"not so after {limit_s:g} s"
            await asyncio.sleep(0.02)
        return loop.time() - began

    async def always(self, true: Callable[[], object], for_s: float) -> None:
        """Have something stay so."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < for_s:
            assert true()
            await asyncio.sleep(0.02)


async def run_panel(fault: str) -> Row:
    """Run a cell of a panel's socket that is open, and nobody reads, until it comes again."""
    with tempfile.TemporaryDirectory() as folder:
        async with running(Path(folder)) as house, contextlib.AsyncExitStack() as panels:

            async def come() -> websockets.ClientConnection:
                socket = await house.dial()
                panels.push_async_callback(socket.close)
                return socket

            def wrong() -> tuple[str, ...]:
                return () if house.room.automation.lookers else ("cut off",)

            socket, coming = await come(), []
            timing = InRealTime()
            await timing.until(lambda: not wrong(), LASTS_REAL_S)
            return await _cell(
                timing,
                "panel's socket",
                fault,
                wrong,
                socket.transport.pause_reading,
                lambda: coming.append(asyncio.ensure_future(come())),
                lasts_s=LASTS_REAL_S,
                stays_s=0.0,
            )


HOUR = timedelta(hours=1)
BETWEEN_S = 3.3  # two looks at a disk, or a file, of which one is every so many seconds
TAKE_REAL_TIME = ("panel's socket",)
NEED_ROOT = ("disk",)  # to mount a small one; without, their lines stay as they are

OTHERS: Mapping[str, tuple[Callable[[str], Any], tuple[str, ...]]] = {
    "sound server": (run_sound, ("no sound", "no microphone", "no loudspeaker")),
    "television, CEC": (run_television, ("adapter gone", "does not answer")),
    "browser": (run_browser, ("crashes", "unplugged", "restarts")),
    "disk": (run_disk, ("full", "takes no writes")),
    "clock": (run_clock, ("not set", "an hour ahead", "an hour back")),
    "room.toml": (run_config, ("is wrong", "is gone")),
    "calendar": (run_calendar, ("unplugged", "refuses", "garbled")),
    "webhook receiver": (run_webhook, ("unplugged", "slow", "refuses")),
    "MQTT broker": (run_broker, ("unplugged", "refuses", "restarts", "floods")),
    "panel's socket": (run_panel, ("reads nothing",)),
}


def cells() -> list[tuple[str, str]]:
    """Return every cell, in order."""
    wires = [cell for cell in itertools.product(WIRES, FAULTS) if cell not in NOT_THERE]
    return [*wires, *((what, fault) for what, (_, faults) in OTHERS.items() for fault in faults)]


def measure(component: str, fault: str) -> Row:
    """Return what a cell does, in invented time but for those of `TAKE_REAL_TIME`."""
    random.seed(7)
    real = component in TAKE_REAL_TIME
    with asyncio.Runner(loop_factory=None if real else InventedLoop) as runner:
        if component in WIRES:
            return runner.run(run_wire(component, fault))
        return runner.run(OTHERS[component][0](fault))


def can_measure(component: str, fault: str) -> bool:
    """Whether whoever runs this may do what a cell takes."""
    return os.geteuid() == 0 or component not in NEED_ROOT


def table(lines: list[str]) -> str:
    """Return the cells' lines as the page has them."""
    head = "| what | fault | the room says | detected | over again |\n|---|---|---|---|---|\n"
    return head + "".join(lines)


def text(page: str, lines: list[str]) -> str:
    """Return the page with the cells as they are now."""
    head, _, rest = page.partition(BEGIN)
    return head + BEGIN + table(lines) + END + rest.partition(END)[2]


if __name__ == "__main__":
    logging.disable()
    page = PAGE.read_text(encoding="utf-8")
    known = documented(page)
    measured = [
        measure(*cell).line() if can_measure(*cell) or cell not in known else known[cell]
        for cell in cells()
    ]
    PAGE.write_text(text(page, measured), encoding="utf-8")
