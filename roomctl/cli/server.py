"""`serve`, and what it shares with `simulate`: sockets, signals, the web server, a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import resource
import secrets
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from roomctl import app, lifetime, systemd, wire
from roomctl import config as configuration
from roomctl.api.app import create_app
from roomctl.api.auth import PAIRING_S, Tokens, take_over
from roomctl.api.serving import served
from roomctl.api.simulation import SimulatedDevices
from roomctl.app import room as room_of
from roomctl.booking.feed import CalendarFeed
from roomctl.cli.ask import address_file
from roomctl.cli.options import named
from roomctl.clock import Clock, SystemClock
from roomctl.config import Config
from roomctl.errors import PortError, PortReason, RoomctlError
from roomctl.lifetime import Ending
from roomctl.ports.holders import holder_of
from roomctl.roles import Role
from roomctl.room import Outside, Room
from roomctl.screen.protocol import DisplayRole, ShowPage
from roomctl.simulator import Simulator
from roomctl.store import Settings, Store
from roomctl.wire import Connect, Port, Record, trace_file

_log = logging.getLogger(__name__)

SIMULATED_PAIRING_S = 24 * 3600.0  # nobody is let in but to a simulation

End = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running room can be reached, and the secrets to do so.

    `is_new`: nobody was paired yet, and no token made. `token` is good for this run alone.
    """

    panel: str
    screen: str
    simulator: str | None
    api: str
    token: str
    is_new: bool


def serve(path: Path, trace: Path | None, say: Callable[[str], None]) -> int:
    """Run the room of `path` on real hardware until SIGINT or SIGTERM; return the exit status."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no memory on any disk: it knows passcodes
    config = app.load(path)
    clock = SystemClock()
    with named(path):
        return lifetime.run(lambda ending: _serve(config, clock, trace, say, ending))


async def _serve(
    config: Config, clock: Clock, trace: Path | None, say: Callable[[str], None], ending: Ending
) -> int:
    store = Store(configuration.state_path())
    _keep_private(store.folder)
    simulator = _simulated_parts(config, clock)
    connect: Connect = simulator.connect
    if trace is not None:
        connect = traced(connect, clock, trace)
    outside = Outside(connect, clock, calendar(config))
    try:
        async with running(config, outside, store, ending) as (addresses, _):
            print_addresses(addresses, say)
            await ending.wait()
    finally:
        await simulator.close()
    return 0


def _simulated_parts(config: Config, clock: Clock) -> Simulator:
    """Return the devices that a real room has simulated: `sim:` urls, and its screen."""
    simulated_screen = config.screen is not None and config.screen.mode == "simulated"
    return Simulator(config, clock, with_screen=simulated_screen, only="sim:")


def calendar(config: Config) -> CalendarFeed | None:
    """Return the room's calendar, or None if it has none."""
    url = config.calendar.url
    return None if url is None else CalendarFeed(url, config.room.zone)


def traced(connect: Connect, clock: Clock, folder: Path) -> Connect:
    """Return `connect` with every port recorded into `folder`, one file per device."""
    folder.mkdir(parents=True, exist_ok=True)
    recorders: dict[str, Callable[[Record], None]] = {}  # one file each, however often it reopens

    async def connecting(name: str, url: str) -> Port:
        if name not in recorders:
            recorders[name] = trace_file(str(folder / f"{name}.trace"))
        return await wire.traced(connect, clock, recorders[name])(name, url)

    return connecting


@contextlib.asynccontextmanager
async def running(
    config: Config,
    outside: Outside,
    store: Store,
    ending: Ending,
    simulated: SimulatedDevices | None = None,
) -> AsyncIterator[tuple[Addresses, Room]]:
    """Run a room and its web server; yield its addresses, and the room, once it answers."""
    with listen(*config.api.address) as listening:
        store.disk.sweep()
        host, port = listening.getsockname()[:2]
        try:
            if take_over(store, outside.clock):
                _log.info("the API token is kept as a hash from now on, as the token 'admin'")
        except OSError as error:
            _log.warning("the API token of an older version is not taken over yet: %s", error)
        own = secrets.token_urlsafe(32)  # of this run, for whoever may read its runtime folder
        tokens = Tokens(store, outside.clock, own)
        base = f"http://{_reachable(host)}:{port}"
        outside = replace(
            outside,
            stands=lambda: _stands(config, base, tokens),
            settings=Settings(store.disk),
            pictures=store.folder / "pictures",
            store=store,
        )
        room = room_of(config, outside)
        boot_id = secrets.token_hex(4)
        web = configuration.data_path("web")
        app = create_app(room, tokens, web, boot_id=boot_id, port=port, simulated=simulated)
        good_for_s = PAIRING_S if simulated is None else SIMULATED_PAIRING_S
        simulator_token = tokens.offer_pairing(Role.SIMULATOR, good_for_s) if simulated else None
        addresses = Addresses(
            panel=f"{base}/#pair={tokens.offer_pairing(Role.PANEL, good_for_s)}",
            screen=f"{base}/screen#pair={tokens.offer_pairing(Role.SCREEN, good_for_s)}",
            simulator=f"{base}/simulator#pair={simulator_token}" if simulator_token else None,
            api=base,
            token=own,
            is_new=tokens.is_new,
        )
        async with (
            beside("the room", room.run(), ending.begin),
            beside("the record of who got in", tokens.run(), ending.begin),
            served(app, listening) as serving,
            lasting("the web server", serving, ending.begin),
            _left_at(addresses),
            beside(
                "what tells systemd",
                systemd.watched(lambda: room.liveness.report().stalled, lambda: _words(room)),
                ending.begin,
            ),
        ):
            try:
                yield addresses, room
            finally:
                app.state.ending.set()


def _stands(config: Config, base: str, tokens: Tokens) -> tuple[ShowPage, ...]:
    """Return what the displays of a kiosk show, each with an address that pairs once."""
    screen = config.screen
    if screen is None:
        return ()
    room = f"{base}/screen#pair={tokens.offer_pairing(Role.SCREEN)}"
    output = screen.panel_output
    panel = f"{base}/#pair={tokens.offer_pairing(Role.PANEL)}" if output else None
    first = ShowPage(DisplayRole.ROOM, room, screen.room, screen.cec_adapter)
    return (first, ShowPage(DisplayRole.PANEL, panel, output))


def _words(room: Room) -> str:
    """Say in a line how the room is, for `systemctl status`."""
    devices = room.document.devices
    offline = [f"{one.kind}.{one.name}" for one in devices if one.status == "offline"]
    meeting = f"; meeting: {room.document.meeting.state}"
    if offline:
        return f"offline: {', '.join(offline)}{meeting}"
    return f"{'every device answers' if room.ready else 'starting'}{meeting}"


@contextlib.asynccontextmanager
async def beside(
    what: str, work: Awaitable[None], end: End = lambda why: None
) -> AsyncIterator[None]:
    """Run `work` beside the block; cancel it and wait for it at the end. See `lasting`."""
    task = asyncio.ensure_future(work)
    try:
        async with lasting(what, task, end):
            yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def lasting(what: str, task: asyncio.Future[None], end: End) -> AsyncIterator[None]:
    """Call `end(why)` and end the block when `task` ends first; raises the task's error.

    A room that is dead must not look alive. `what` is what people call the task.
    """
    owner = asyncio.current_task()

    def ended(task: asyncio.Future[None]) -> None:
        error = None if task.cancelled() else task.exception()
        end(f"{what} failed ({error!r})" if error else f"{what} ended by itself")
        if owner is not None:
            owner.cancel()

    task.add_done_callback(ended)
    try:
        yield
    finally:
        task.remove_done_callback(ended)
        if task.done() and not task.cancelled():
            task.result()
        if task.done():
            raise RoomctlError(f"{what} ended by itself; see what it logged")


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; PortError says who holds a port that is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it a second answer on one
    # connection waits for the delayed ACK of the first, 40 ms on Linux.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise _why_not(host, port, error) from error
    return listening


def _why_not(host: str, port: int, error: OSError) -> PortError:
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        holder = holder_of(port)
        by = f"is held by {holder}" if holder else "is taken by another program"
        return PortError(where, f"{by}; stop it, or choose --port 0", PortReason.BUSY)
    if error.errno == errno.EACCES:
        why = "needs root; choose a port from 1024 on"
        return PortError(where, why, PortReason.PERMISSION)
    return PortError(where, error.strerror or str(error))


def _reachable(host: str) -> str:
    """Return how to write the address one listens on into a URL for this box."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _keep_private(folder: Path) -> None:
    """Keep others out of the state folder; RoomctlError if that is not ours to do."""
    about = folder.stat()
    mode = stat.S_IMODE(about.st_mode)
    if mode & 0o077 == 0:
        return
    if about.st_uid != os.getuid():
        why = f"others can read it (mode {mode:04o}), and it belongs to user {about.st_uid}"
        raise RoomctlError(f"{folder}: {why}; chmod 700 it, or start as that user")
    folder.chmod(0o700)
    _log.warning("%s: others could read it (mode %04o); it is 0700 now", folder, mode)


@contextlib.asynccontextmanager
async def _left_at(addresses: Addresses) -> AsyncIterator[None]:
    """Leave the API's address where this user's `roomctl status` finds it."""
    path = Path(address_file())
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.parent.stat().st_uid != os.getuid():
            raise PermissionError(f"{path.parent} belongs to another user")
        text = json.dumps({"api": addresses.api, "token": addresses.token})
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(handle, 0o600)  # whatever stood there before
            file.write(text)
    except OSError as error:
        _log.warning("the address is not left for `roomctl status`: %s", error)
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if path.read_text(encoding="utf-8") == text:
                path.unlink()
                path.parent.rmdir()  # unless something else is in it


def print_addresses(addresses: Addresses, say: Callable[[str], None]) -> None:
    """Tell a person where the room is; links that let somebody in only at the first start."""
    if addresses.simulator:
        say(f"panel     {addresses.panel}")
        say(f"screen    {addresses.screen}")
        say(f"simulator {addresses.simulator}")
    elif addresses.is_new:
        say(f"panel     {addresses.panel}")
    else:
        say(f"panel     {addresses.api}/   (`roomctl pair` makes a link for another browser)")
    say(f"API       {addresses.api}/docs   (`roomctl token make NAME` makes a token)")
    if addresses.simulator:
        say("The links work once each; Ctrl-C ends the room.")
    elif addresses.is_new:
        say("The link works once, for 15 minutes; later starts print none.")
