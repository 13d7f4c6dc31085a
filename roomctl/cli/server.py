"""`serve`, and what it shares with `simulate`: a running room, and who is told where it is."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import resource
import stat
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from roomctl import app, lifetime, systemd, wire
from roomctl import config as configuration
from roomctl.api.simulation import SimulatedDevices
from roomctl.app import Addresses
from roomctl.cli import run_file
from roomctl.cli.options import named
from roomctl.cli.start import started
from roomctl.clock import Clock, SystemClock
from roomctl.config import Config
from roomctl.errors import RoomctlError
from roomctl.installed import PACKAGED, UPDATER
from roomctl.lifetime import Shutdown, beside
from roomctl.ports.illuminance import illuminance_lux
from roomctl.room import Dependencies, Room
from roomctl.room.updates import UpdateFiles
from roomctl.screen.profile import screen_of
from roomctl.simulator import Simulator
from roomctl.store import AppliedConfigs, ImportPlan, Store
from roomctl.store.imports import IMPORT_FILES
from roomctl.version import build_info
from roomctl.wire import Connect, Port, Record, trace_file

if TYPE_CHECKING:
    from roomctl.cli.importing import FinishedImport

_log = logging.getLogger(__name__)


def serve(path: Path, trace: Path | None, say: Callable[[str], None]) -> int:
    """Run the room of `path` on real hardware until SIGINT or SIGTERM; return the exit status."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no memory on any disk: it knows passcodes
    config = app.load(path)
    clock = SystemClock()
    with named(path):
        return lifetime.run(lambda shutdown: _serve(config, path, clock, trace, say, shutdown))


async def _serve(
    config: Config,
    path: Path,
    clock: Clock,
    trace: Path | None,
    say: Callable[[str], None],
    shutdown: Shutdown,
) -> int:
    store = Store(configuration.state_path())
    _keep_private(store.folder)
    held = _hold(store.folder)
    imported = await _finish_import(path, store)
    configs = AppliedConfigs(store, path)
    config = _applied(config, configs, path)
    secrets_dir = config.secrets.dir
    simulator = _simulated_parts(config, clock)
    connect: Connect = simulator.connect
    if trace is not None:
        connect = traced(connect, clock, trace)
    dependencies = Dependencies(
        connect,
        clock,
        app.calendar(config),
        config_file=path,
        configs=configs,
        restart=shutdown.begin if systemd.supervised() else None,
        updater=_updater(),
        follow=simulator.follow,
        export=lambda: _exported(path, store.folder),
        judge_import=lambda archive: _judged(archive, path, store.folder, secrets_dir),
        illuminance=illuminance_lux,
    )
    try:
        async with announced(config, dependencies, store, shutdown) as (addresses, room):
            if imported is not None:
                source, result = imported.source, imported.result
                await room.audit.note_durably(source, "room.import", {}, result)
            print_addresses(addresses, say)
            await shutdown.wait()
    finally:
        await simulator.close()
        os.close(held)
    return 0


def _updater() -> UpdateFiles | None:
    """Return where the box's updater is asked, and answers; None: no package runs as the service.

    The package alone is updated, and its updater watches the service's runtime folder.
    """
    folder = configuration.runtime_path()
    if Path(sys.prefix) != PACKAGED or folder != run_file.SERVICE.parent:
        return None
    return UpdateFiles(folder / "update.request", UPDATER / "status.json")


def _exported(path: Path, state: Path) -> bytes:
    """Return the archive of a room, without its secrets; blocking."""
    from roomctl.cli.moving import export  # asked for once in a room's life

    return export(path, state).data


def _judged(archive: bytes, path: Path, state: Path, secrets_dir: str | None) -> ImportPlan:
    """Return what the import of an archive would do; blocking. Refused."""
    from roomctl.cli.importing import judge  # asked for once in a room's life

    return judge(archive, path, state, secrets_dir)


async def _finish_import(path: Path, store: Store) -> FinishedImport | None:
    """Carry out an import that waits for this start; None: none does."""
    if not any((store.folder / name).exists() for name in IMPORT_FILES):
        return None
    from roomctl.cli.importing import finish

    return await finish(path, store)


def _applied(config: Config, configs: AppliedConfigs, path: Path) -> Config:
    """Return what was applied from afar since room.toml was written last, else `config`."""
    number = configs.wanted
    if number == 0:
        return config
    try:
        found = app.parse(configs.text(number), str(path))
    except RoomctlError as error:
        _log.error("revision %d of the configuration cannot be run: %s", number, error)
        return config
    configs.running = number
    _log.info("revision %d of the configuration is run in place of %s", number, path)
    return found


def _simulated_parts(config: Config, clock: Clock) -> Simulator:
    """Return the devices that a real room has simulated: `sim:` urls, and its screen."""
    screen = screen_of(config)
    simulated_screen = screen is not None and screen.mode == "simulated"
    return Simulator(config, clock, with_screen=simulated_screen, only="sim:")


def traced(connect: Connect, clock: Clock, folder: Path) -> Connect:
    """Return `connect` with every port recorded into `folder`, one file per device."""
    folder.mkdir(parents=True, exist_ok=True)
    recorders: dict[str, Callable[[Record], None]] = {}  # one file each, however often it reopens

    async def connecting(name: str, url: str) -> Port:
        if name not in recorders:
            recorders[name] = trace_file(str(folder / f"{name}.trace"))
        return await wire.traced(connect, clock, recorders[name])(name, url)

    return connecting


def _keep_private(folder: Path) -> None:
    """Keep others out of the state folder; RoomctlError if it is not ours.

    Root's rights do not make it ours: whom it belongs to could still write what root then reads.
    """
    about = folder.stat()
    mode = stat.S_IMODE(about.st_mode)
    if about.st_uid != os.geteuid():
        why = f"belongs to user {about.st_uid}, and this is user {os.geteuid()}"
        raise RoomctlError(f"{folder}: {why}; start as that user, or give this one another folder")
    if mode & 0o077 == 0:
        return
    folder.chmod(0o700)
    _log.warning("%s: others could read it (mode %04o); it is 0700 now", folder, mode)


def _hold(folder: Path) -> int:
    """Keep other rooms out of the state folder; return what holds it, to be closed at the end."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        why = "another room that runs keeps its state here; end it, or give this one another folder"
        raise RoomctlError(f"{folder}: {why}: STATE_DIRECTORY=/PATH roomctl serve …") from error
    return handle


@contextlib.asynccontextmanager
async def announced(
    config: Config,
    dependencies: Dependencies,
    store: Store,
    shutdown: Shutdown,
    simulated: SimulatedDevices | None = None,
) -> AsyncIterator[tuple[Addresses, Room]]:
    """Run a room, and tell this user's `roomctl status`, and systemd, that it is there."""
    async with app.running(config, dependencies, store, shutdown, simulated) as (addresses, room):
        started()
        wire.threads.submit(build_info)  # before an update lays another beside what runs
        told = systemd.watched(lambda: room.liveness.report().stalled, lambda: _words(room))
        async with beside("what tells systemd", told, shutdown.begin):
            with run_file.left(addresses.api, addresses.token):
                yield addresses, room


def _words(room: Room) -> str:
    """Say in a line how the room is, for `systemctl status`."""
    devices = room.document.devices
    offline = [f"{one.kind}.{one.name}" for one in devices if one.status == "offline"]
    meeting = f"; meeting: {room.document.meeting.state}"
    if offline:
        return f"offline: {', '.join(offline)}{meeting}"
    return f"{'every device answers' if room.ready else 'starting'}{meeting}"


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
