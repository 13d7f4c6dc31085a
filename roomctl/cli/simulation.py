"""`simulate`: the real room on simulated hardware, with a meeting to join on this very box."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from roomctl import app, lifetime
from roomctl import config as configuration
from roomctl.api.serving import listen, served
from roomctl.api.simulation import create_demo_meeting
from roomctl.app import Addresses
from roomctl.cli import display
from roomctl.cli.options import named
from roomctl.cli.server import announced, print_addresses
from roomctl.clock import SystemClock
from roomctl.config import Config, NewMeetingTable
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.installed import data_path
from roomctl.lifetime import Shutdown
from roomctl.room import Dependencies, Room
from roomctl.simulator import DEMO, SimFeed, Simulator
from roomctl.store import AppliedConfigs, Store

_log = logging.getLogger(__name__)

READY_LIMIT_S = 15.0
DEMO_PLATFORM = "jitsi"  # whose links look like the demo meeting's, and whose page may be read


@frozen
class Options:
    """What the command line asked for."""

    config: Path | None
    listen: str | None
    port: int | None
    screen: str
    wire: bool
    open_panel: bool
    as_json: bool


def simulate(options: Options, say: Callable[[str], None]) -> int:
    """Run until SIGINT or SIGTERM; return the exit status."""
    path = options.config or DEMO
    with named(path):
        config = _listening(app.load(path), options)
        return lifetime.run(lambda shutdown: _simulate(config, options, say, shutdown))


async def _simulate(
    config: Config, options: Options, say: Callable[[str], None], shutdown: Shutdown
) -> int:
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="roomctl-sim-") as folder:
        async with contextlib.AsyncExitStack() as stack:
            origin = await stack.enter_async_context(_demo_meeting())
            config = _with_demo(config, origin)
            choice = display.choose(config, options.screen)
            config = await stack.enter_async_context(display.shown(config, choice))
            simulator = Simulator(config, clock, with_screen=choice.simulated)
            stack.push_async_callback(simulator.close)
            if options.wire:
                await simulator.wire()
            feed = app.calendar(config) or SimFeed(clock.now(), f"{origin}/DesignReview")
            store = Store(Path(folder))
            file = options.config or DEMO
            configs = AppliedConfigs(store, file)
            dependencies = Dependencies(
                simulator.connect, clock, feed, config_file=file, configs=configs
            )
            started = announced(config, dependencies, store, shutdown, simulator)
            addresses, room = await stack.enter_async_context(started)
            await _ready(room, shutdown)
            _tell(addresses, simulator, choice, options, say)
            await shutdown.wait()
    return 0


def _listening(config: Config, options: Options) -> Config:
    """Return `config` with the address that the command line gives."""
    listen_at = options.listen or config.api.listen
    if options.port is not None:
        listen_at = f"{listen_at.rpartition(':')[0]}:{options.port}"
    try:
        api = configuration.listening_at(config.api, listen_at)
    except RoomctlError as error:
        raise RoomctlError(f"--listen {listen_at}: {error}") from error
    return config.model_copy(update={"api": api})


def _with_demo(config: Config, origin: str) -> Config:
    """Return `config` with the demo meeting's origin as a host, and as a place for new meetings."""
    meeting = config.meeting
    hosts = {**meeting.hosts, DEMO_PLATFORM: (*meeting.hosts.get(DEMO_PLATFORM, ()), origin)}
    new = {DEMO_PLATFORM: NewMeetingTable(random=origin), **meeting.new}
    update = {"hosts": hosts, "new": new}
    return config.model_copy(update={"meeting": meeting.model_copy(update=update)})


@contextlib.asynccontextmanager
async def _demo_meeting() -> AsyncIterator[str]:
    """Serve the page that stands for a meeting platform; yield its origin."""
    with listen("127.0.0.1", 0) as listening:
        _, port = listening.getsockname()
        app = create_demo_meeting(data_path("web"))
        async with served(app, listening):
            yield f"http://127.0.0.1:{port}"


async def _ready(room: Room, shutdown: Shutdown) -> None:
    """Wait until the devices have answered, or had their time, or the room is to stop."""

    async def ready() -> None:
        with room.watch() as changes:
            while not room.ready:
                await changes.get()

    waits = [asyncio.ensure_future(ready()), asyncio.ensure_future(shutdown.wait())]
    await asyncio.wait(waits, timeout=READY_LIMIT_S, return_when="FIRST_COMPLETED")
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


def _tell(
    addresses: Addresses,
    simulator: Simulator,
    choice: display.Choice,
    options: Options,
    say: Callable[[str], None],
) -> None:
    if options.as_json:
        line = {
            "panel": addresses.panel,
            "far_side": addresses.simulator,
            "api": addresses.api,
            "token": addresses.token,
            "ports": simulator.ports,
        }
        say(json.dumps(line))
        return
    print_addresses(addresses, say)
    for name, path in simulator.ports.items():
        say(f"wire      {name} is {path}")
    say(f"meetings  {choice.words}")
    if options.open_panel and configuration.has_display():
        import webbrowser

        webbrowser.open(addresses.panel)
