"""`drill`: proving a device of a room, on the real one or on the simulated one.

What a drill does is its kind's; here is what can be drilled, on what, and how it ends. The sound is
asked of the process that owns it, `roomctl screen`, which goes on while the room is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import typer

from roomctl import app
from roomctl import config as configuration
from roomctl.camera.tools import trace
from roomctl.cli.language import say, translated, word
from roomctl.cli.options import named
from roomctl.cli.run_file import rooms_here
from roomctl.cli.told import wide
from roomctl.clock import Clock, SystemClock
from roomctl.config import Config, DeviceTable
from roomctl.device import Status
from roomctl.drill import Microphone, Step
from roomctl.errors import Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.kind import Drill, DrillSetup, MakeDrill
from roomctl.ports.holders import holder_of_node
from roomctl.screen.driver import LevelHeard, Screen
from roomctl.screen.profile import screen_of, screen_url
from roomctl.screen.protocol import RoomHeard
from roomctl.simulator import DEMO, Simulator
from roomctl.store import Settings
from roomctl.wire import Connect, in_thread

T = TypeVar("T")
INTERRUPTED = 130
SCREEN_S = 3.0
_NO_SCREEN = "no screen process answers; start `roomctl screen`, which owns the sound"
# several programs may use these at once
_SHARED = ("tcp", "udp", "visca-ip", "aw", "aw-https", "onvif", "onvif-https")


@frozen
class DrillRequest:
    """What the command line asked for; `device` None: only say what could be drilled.

    `allowed` is what a drill may do beyond what leaves no trace; `yes`: nobody is there to look.
    """

    device: str | None
    config: Path
    simulated: bool
    allowed: frozenset[str]
    trace: Path | None
    yes: bool = False


@frozen
class Drillable:
    """A device of a room whose kind has a drill."""

    kind: str
    name: str
    table: DeviceTable
    make: MakeDrill

    @property
    def full_name(self) -> str:
        return f"{self.kind}.{self.name}"


def load(path: Path, *, simulated: bool) -> Config:
    """Read the room's config; with nothing but --simulated, the demo room's."""
    demo = simulated and not path.exists()
    if not demo and not path.exists():
        why = "there is no such file; name your room.toml with --config, or try --simulated"
        raise RoomctlError(f"{path}: {why}")
    return app.load(DEMO if demo else path)


def drillable(config: Config) -> Iterator[Drillable]:
    """Yield what could be drilled."""
    for kind in app.kinds_of(config):
        for name, table in config.tables(kind.name).items():
            if kind.drill is not None and isinstance(table, DeviceTable):
                yield Drillable(kind.name, name, table, kind.drill)


def listed(config: Config) -> list[dict[str, str]]:
    """Return what could be drilled, for programs."""
    return [{"name": one.full_name, "url": one.table.url} for one in drillable(config)]


def list_words(found: list[dict[str, str]]) -> str:
    """Tell a person what could be drilled."""
    if not found:
        kinds = ", ".join(kind.name for kind in app.KINDS if kind.drill is not None)
        return say("drill.none", kinds=kinds)
    rows = [f"{each['name']:<20} {each['url']}" for each in found]
    return "\n".join([*rows, say("drill.one", name=found[0]["name"])])


def words(step: Step) -> str:
    """Tell a person how a step ended."""
    name, result = word("step", step.name.replace(" ", "_")), word("drilled", step.result)
    return f"{wide(name, 14)} {wide(result, 8)} {translated(step.words)}"


def record(step: Step) -> dict[str, Any]:
    """Return a step for programs."""
    result, numbers = step.result.value, dict(step.numbers)
    return {"step": step.name, "result": result, "words": step.words, "numbers": numbers}


def chosen(name: str, config: Config) -> Drillable:
    """Return which device `camera.front`, or `front`, is; RoomctlError names those there are."""
    known = list(drillable(config))
    found = [one for one in known if name in (one.full_name, one.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(one.full_name for one in found or known)) or "none in this room"
    why = "is the name of several" if found else "is nothing that can be drilled; there is"
    raise RoomctlError(f"drill: {name!r} {why}: {names}")


def run(wanted: DrillRequest, config: Config, say: Callable[[Step], None]) -> int:
    """Drill the device; return the exit status: 0, 1 if a step failed, 130 if interrupted."""
    device = chosen(wanted.device or "", config)
    if not wanted.simulated:
        refuse_if_held(device.full_name, device.table.url, "the drill")
    with named(wanted.config):
        return asyncio.run(_drill(device, wanted, config, say))


async def _drill(
    device: Drillable, wanted: DrillRequest, config: Config, say: Callable[[Step], None]
) -> int:
    clock = SystemClock()
    only = "" if wanted.simulated else "sim:"
    simulator = Simulator(config, clock, with_screen=wanted.simulated, only=only)
    setup = DrillSetup(
        simulator.connect,
        clock,
        Settings.of_another_program(configuration.state_path()),
        say,
        lambda: _microphone(config, simulator.connect, clock),
        None if wanted.yes else TerminalOperator(),
        wanted.allowed,
    )
    drill = device.make(device.name, config.tables(device.kind), setup)
    try:
        done = await until_interrupted(drill.run(), drill.put_back)
        return INTERRUPTED if done is None else 0 if done else 1
    finally:
        await simulator.close()
        if wanted.trace is not None:
            _keep(wanted.trace, device, drill)


async def until_interrupted(work: Coroutine[Any, Any, T], put_back: str) -> T | None:
    """Return what `work` returns; None: it was interrupted, ended cleanly, and `put_back` said."""
    stop, task = asyncio.Event(), asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        sys.stderr.write(say("drill.interrupted", what=translated(put_back)) + "\n")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return None
    finally:
        stopped.cancel()


def _keep(path: Path, device: Drillable, drill: Drill) -> None:
    """Write down what was said on the line."""
    profile = device.table.profile
    facts = {device.kind: device.name} | ({"profile": profile} if profile else {})
    written = trace.lines(drill.trace(), SystemClock().now(), facts)
    path.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")


def refuse_if_held(device: str, url: str, purpose: str) -> None:
    """Raise if a program of this user holds the port; only say so where several may use it."""
    scheme, _, rest = url.partition(":")
    node = Path(rest.partition("?")[0])
    if scheme == "serial" and rest.startswith("/") and (holder := holder_of_node(node)):
        why = f"{node} is held by {holder}; stop it for {purpose}, and start it again afterwards"
        raise RoomctlError(f"{device}: {why}")
    if scheme in _SHARED and rooms_here():
        sys.stderr.write(say("drill.may_move") + "\n")


class TerminalOperator:
    """Somebody who is asked, and who sits where the device stands."""

    async def sees(self, what: str) -> bool:
        return await in_thread(
            typer.confirm, say("drill.sees", what=translated(what)), default=True, err=True
        )

    def told(self, what: str) -> None:
        sys.stderr.write(say("drill.please", what=translated(what)) + "\n")


@contextlib.asynccontextmanager
async def _microphone(
    config: Config, connect: Connect, clock: Clock
) -> AsyncIterator[Microphone | None]:
    screen = screen_of(config)
    if screen is None:
        yield None
        return
    microphone = ScreenMicrophone(screen_url(screen), connect, clock)
    async with microphone.connected():
        yield microphone


class ScreenMicrophone:
    """The microphone as the room's screen has it."""

    def __init__(self, url: str, connect: Connect, clock: Clock) -> None:
        self._levels: list[int] = []
        nothing: tuple[()] = ()
        self._screen = Screen(
            "screen", url, connect, clock, lambda: None, lambda: nothing, self._take
        )

    def _take(self, event: LevelHeard | RoomHeard) -> None:
        if isinstance(event, LevelHeard):
            self._levels.append(event.pct)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep the connection during the block; wait for it for 3 s at most."""
        running = asyncio.ensure_future(self._screen.run())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SCREEN_S):
                    while self._screen.health.status is Status.STARTING:
                        await asyncio.sleep(0.02)
                    while not self._screen.state.sound.available and self._online:
                        await asyncio.sleep(0.02)
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def use(self, port_path: str | None, vid: int | None, pid: int | None) -> None:
        """Mean the source and sink of this USB device."""
        self._screen.use(port_path, vid, pid)

    @property
    def _online(self) -> bool:
        return self._screen.health.status is Status.ONLINE

    @property
    def muted(self) -> bool | None:
        return self._screen.state.sound.muted

    async def mute(self, on: bool) -> None:
        if not self._online:
            raise Refused("microphone", "no_screen", _NO_SCREEN)
        await self._screen.mute(on)

    async def peak(self, for_s: int, *, tone: bool) -> int | None:
        self._levels.clear()
        self._screen.listen(for_s)
        if tone:
            self._screen.play_tone()
        await asyncio.sleep(for_s)
        return max(self._levels, default=None)
