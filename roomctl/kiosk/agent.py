"""The process behind `roomctl screen`: owns browser and sound, and speaks to one daemon at a time.

Runs as the kiosk user, never as root. If the daemon goes away the meeting goes on; if this process
is asked to end, browser, profile and socket are gone first. Knows no room, platform or booking.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import socket
import stat
import struct
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import roomctl
from roomctl import lifetime
from roomctl.errors import DeviceError, RoomctlError
from roomctl.kiosk.audio import defaults
from roomctl.kiosk.audio.flow import Streams
from roomctl.kiosk.audio.meter import Meter
from roomctl.kiosk.audio.sound import Mixer
from roomctl.kiosk.browser import browser, folder
from roomctl.kiosk.browser.visit import Visit
from roomctl.kiosk.display import display
from roomctl.kiosk.display.stands import Stands
from roomctl.kiosk.input.relay import Relay
from roomctl.kiosk.privilege import drop_privileges, refuse_root
from roomctl.lifetime import Ending
from roomctl.screen.protocol import (
    Ask,
    Beat,
    Chirp,
    Display,
    Hello,
    Key,
    Leave,
    Lines,
    Listen,
    Look,
    Message,
    Mute,
    Open,
    Page,
    Press,
    Reason,
    Report,
    Rest,
    Scroll,
    Stand,
    Strange,
    Type,
    Use,
    Volume,
    encode,
)
from roomctl.wire import in_thread

# After stepping down, a standard library under /root cannot be read any more: whatever asyncio,
# codecs or tracebacks import only when they need it has to be here already.
_EAGER = (
    *("asyncio.subprocess", "asyncio.unix_events", "concurrent.futures.thread", "linecache"),
    *("encodings.ascii", "encodings.idna", "encodings.latin_1", "stringprep", "unicodedata"),
    *("json.decoder", "json.scanner", "tokenize", "traceback"),
)
for _name in _EAGER:
    __import__(_name)

_log = logging.getLogger(__name__)

MODES = ("kiosk", "headless")
BEAT_S = 1.0
HANG_UP_S = 0.5
LONGEST_BACKLOG = 256 * 1024  # a daemon that does not read this much is stuck
_BACKLOG_OF_WISHES = 16


@dataclass(frozen=True, slots=True)
class Options:
    """How `roomctl screen` was started.

    `mode` is kiosk or headless, `media` real or fake. `user` is whom root becomes.
    `allowed_uid` may connect besides root and the user itself.
    """

    socket: str
    mode: str = "kiosk"
    media: str = "real"
    user: str | None = None
    allowed_uid: int | None = None
    verbose: bool = False


def run(options: Options) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status (1: it could not start)."""
    try:
        if options.mode not in MODES:
            why = f"mode {options.mode!r} needs no process of its own; expected kiosk or headless"
            raise DeviceError("screen", why)
        # No crash of this process, or of what it starts, writes memory to a disk: it may hold a
        # passcode. systemd-coredump, too, keeps nothing for a limit of 0.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if options.user is not None:
            drop_privileges(options.user)
        return lifetime.run(lambda ending: serve(options, ending))
    except RoomctlError as error:
        sys.stderr.write(f"{error}\n")
        return 1


async def serve(options: Options, ending: Ending) -> int:
    """Own the screen until the program is to end, or until a kiosk's compositor is gone.

    DeviceError says why it cannot start.
    """
    refuse_root()
    base = folder.base(os.environ)
    swept = await in_thread(folder.sweep, base)
    if swept:
        _log.warning("screen: removed %d profiles that a dead run left behind", swept)
    binary = browser.find()
    window = "wayland" if "WAYLAND_DISPLAY" in os.environ else "x11"
    setup = browser.Setup(binary, options.mode, options.media, base, window)
    agent = Agent(setup, await browser.version(binary))
    socket_path = Path(options.socket)
    server = await _listen(socket_path, agent, options.allowed_uid)
    watching = asyncio.ensure_future(_end_with_the_display(ending, options.mode))
    _log.info("screen: %s with %s, listening on %s", options.mode, agent.browser, socket_path)
    try:
        await agent.run(ending)
    finally:
        watching.cancel()
        server.close()
        socket_path.unlink(missing_ok=True)
    return 0


async def _end_with_the_display(ending: Ending, mode: str) -> None:
    """End a kiosk with its compositor: one that starts anew brings a screen process of its own."""
    if mode == "kiosk" and await display.gone():
        _log.warning("screen: the compositor is gone")
        ending.begin("the compositor was gone")


class Agent:
    """The screen's end of the conversation, and the owner of the one visit and of the sound."""

    def __init__(self, setup: browser.Setup, browser_version: str) -> None:
        self.browser = browser_version
        self._setup = setup
        self._daemon: asyncio.StreamWriter | None = None
        self._page: Page | None = None
        self._visit: Visit | None = None
        noted = defaults.Defaults(defaults.place(os.environ))
        self._mixer, self._meter = Mixer(self._say, defaults=noted), Meter(self._say)
        self._stands = Stands(setup, self._say)
        self._relay = Relay(self._say, lambda: self._stands.room_output)
        self._streams = Streams()
        self._attending: dict[asyncio.StreamWriter, asyncio.Future[None]] = {}
        self._wishes: asyncio.Queue[Open | Leave | Rest] = asyncio.Queue(_BACKLOG_OF_WISHES)

    async def run(self, ending: Ending) -> None:
        """Beat and fulfil wishes until the program is to end; then leave the meeting."""
        stopping = asyncio.ensure_future(ending.wait())
        works = (
            self._beat(),
            self._fulfil(),
            self._stands.run(),
            self._relay.run(),
            self._meter.run(),
        )
        owned = [asyncio.ensure_future(work) for work in works]
        mixing = asyncio.ensure_future(self._mixer.run())
        try:
            await asyncio.wait((stopping, mixing, *owned), return_when="FIRST_COMPLETED")
        finally:
            ending.begin("a part of the screen ended by itself")
            # Cancelling the fulfilment ends the visit's own task in order: see _fulfil. The sound
            # comes after it: a visit's last act is to restore the default devices.
            for task in (stopping, *owned):
                task.cancel()
            results = await asyncio.gather(stopping, *owned, return_exceptions=True)
            mixing.cancel()
            results += await asyncio.gather(mixing, return_exceptions=True)
            await self._hang_up()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one daemon until it hangs up or a newer one takes its place.

        A connection takes the place with its first order: one that only knocks disturbs nobody.
        """
        done = self._attending[writer] = asyncio.get_running_loop().create_future()
        lines = Lines()
        try:
            while data := await reader.read(65536):
                for message in lines.feed(data):
                    if not isinstance(message, Strange):
                        self._take_place(writer)
                    if self._daemon is writer:
                        self._obey(message)
        except OSError:
            pass  # the daemon died; the meeting goes on
        finally:
            if self._daemon is writer:
                self._daemon = None
            writer.close()
            del self._attending[writer]
            done.set_result(None)

    def _take_place(self, writer: asyncio.StreamWriter) -> None:
        if self._daemon is not writer and not writer.is_closing():
            if self._daemon is not None:
                self._daemon.close()
            self._daemon = writer

    async def _hang_up(self) -> None:
        attending = dict(self._attending)
        for writer in attending:
            writer.close()
        if attending:
            await asyncio.wait(attending.values(), timeout=HANG_UP_S)

    def _obey(self, message: Message | Strange) -> None:
        match message:
            case Open() | Leave() | Rest():
                self._wish(message)
            case Mute(on=on):
                self._mixer.mute(on)
            case Volume(pct=pct):
                self._mixer.volume(pct)
            case Use():
                self._mixer.use(message)
                self._meter.use(message)
            case Listen(for_s=for_s):
                self._meter.listen(for_s)
            case Chirp(id=number):
                self._meter.test(number)
            case Stand():
                self._stands.take(message)
            case Display(on=on):
                self._stands.lamp.switch(on)
            case Look() | Press() | Scroll() | Type() | Key():
                self._relay.take(message)
            case Ask():
                self._say_all()
                self._stands.lamp.look()
                self._stands.want()
            case Strange(why=why):
                _log.warning("screen: ignored a message that is %s", why)
            case _:
                _log.warning("screen: ignored a report, which only the screen gives")

    def _wish(self, wish: Open | Leave | Rest) -> None:
        try:
            self._wishes.put_nowait(wish)
        except asyncio.QueueFull:
            _log.warning("screen: ignored an order; %d are waiting", _BACKLOG_OF_WISHES)

    async def _fulfil(self) -> None:
        """Open, leave and rest, one after the other; never two browsers at once."""
        running: asyncio.Task[None] | None = None
        # A visit that breaks in a way nobody foresaw ends the process: whoever restarts it sweeps.
        async with asyncio.TaskGroup() as visits:
            try:
                while True:
                    wish = await self._wishes.get()
                    if isinstance(wish, Leave) and not self._is_there(wish.id):
                        continue
                    why = Reason.REPLACED if isinstance(wish, Open) else Reason.LEFT
                    await self._end(running, why)
                    running = None
                    if isinstance(wish, Open):
                        self._visit = Visit(wish, self._setup, self._show, self._streams.of)
                        running = visits.create_task(self._attend_meeting(self._visit))
                    elif isinstance(wish, Rest):
                        self._page = None
                        self._say_all()
            finally:
                await self._end(running, Reason.STOPPED)

    async def _attend_meeting(self, visit: Visit) -> None:
        self._stands.cover(True)
        await self._mixer.begin()
        await self._relay.begin(lambda: visit.tab)
        visit.reached = self._relay.everywhere
        try:
            await visit.run()
        finally:
            self._stands.cover(False)
            await self._relay.end()
            await self._streams.close()
            await self._mixer.end()

    def _is_there(self, call_id: int) -> bool:
        return self._visit is not None and self._visit.page.id == call_id

    async def _end(self, running: asyncio.Task[None] | None, why: Reason) -> None:
        if running is not None and self._visit is not None:
            self._visit.leave(why)
            # Shielded: being asked to end must not cut short the removal of the profile.
            await asyncio.shield(running)
            self._visit = None

    def _show(self, page: Page) -> None:
        self._page = page
        self._say(page)

    async def _beat(self) -> None:
        while True:
            self._say(Beat())
            await asyncio.sleep(BEAT_S)

    def _say_all(self) -> None:
        self._say(Hello(roomctl.__version__, self._setup.mode, self.browser))
        if self._page is not None:
            self._say(self._page)
        self._say(self._mixer.sound)
        self._say(self._stands.lamp.shown)

    def _say(self, report: Report) -> None:
        daemon = self._daemon
        if daemon is None or daemon.is_closing():
            return
        if daemon.transport.get_write_buffer_size() > LONGEST_BACKLOG:
            _log.warning("screen: hung up on a daemon that does not read")
            daemon.transport.abort()
            return
        daemon.write(encode(report))


async def _listen(path: Path, agent: Agent, allowed_uid: int | None) -> asyncio.Server:
    welcome = {0, os.getuid()} | ({allowed_uid} if allowed_uid is not None else set())

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = _peer_uid(writer)
        if uid in welcome:
            await agent.attend(reader, writer)
        else:
            _log.warning("screen: refused a connection from uid %d", uid)
            writer.close()

    try:
        _own_place(path.parent, welcome)
        _clear_stale(path)
        return await _bind(path, greet, 0o600 if allowed_uid is None else 0o660)
    except OSError as error:
        why = f"cannot listen on {path}: {error.strerror}; may uid {os.getuid()} write there?"
        raise DeviceError("screen", why) from error


Greet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _bind(path: Path, greet: Greet, mode: int) -> asyncio.Server:
    before = os.umask(0o777 & ~mode)
    try:
        return await asyncio.start_unix_server(greet, path)
    finally:
        os.umask(before)


def _own_place(place: Path, welcome: set[int]) -> None:
    """Make the socket's folder; DeviceError if it belongs to somebody who could swap the socket."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = place.stat().st_uid
    if owner not in welcome:
        raise DeviceError("screen", f"{place} belongs to uid {owner}; choose another folder")


def _clear_stale(path: Path) -> None:
    """Remove the socket of a dead run; DeviceError if a living one answers, or it is no socket."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise DeviceError("screen", f"{path} is there and is no socket; choose another path")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        else:
            raise DeviceError("screen", f"another `roomctl screen` already serves {path}")


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    peer = writer.get_extra_info("socket")
    found = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", found)[1])
