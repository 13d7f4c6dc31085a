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
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path

from roomctl import __version__, lifetime, systemd
from roomctl.errors import DeviceError, RoomctlError
from roomctl.frozen import frozen
from roomctl.kiosk.audio import default_devices
from roomctl.kiosk.audio.meter import PeakMeter
from roomctl.kiosk.audio.mixer import Mixer
from roomctl.kiosk.audio.pulse import SoundStreams
from roomctl.kiosk.audio.talk import VoiceMeter
from roomctl.kiosk.audio.vault import Vault
from roomctl.kiosk.audio.wall import Wall
from roomctl.kiosk.browser import browser, folder
from roomctl.kiosk.browser.meeting_session import MeetingSession
from roomctl.kiosk.browser.waiting import BrowserKeeper
from roomctl.kiosk.display import display_power
from roomctl.kiosk.display.idle_page import PageManager
from roomctl.kiosk.input.remote_control import RemoteTouches
from roomctl.kiosk.privilege import drop_privileges, refuse_root
from roomctl.lifetime import Shutdown
from roomctl.screen.protocol import (
    AskAll,
    ClearPage,
    ExpectMeeting,
    Heartbeat,
    InvalidMessage,
    LeaveMeeting,
    MeetingPage,
    MessageReader,
    OpenMeeting,
    PlayTone,
    PreferDevice,
    ReportLevel,
    ReportVoice,
    ScreenHello,
    ScreenMessage,
    ScreenReason,
    ScreenReport,
    SetGain,
    SetMute,
    SetProcessing,
    SetVolume,
    ShowPage,
    SoundOrder,
    SoundState,
    SwitchDisplay,
    TouchOrder,
    VoiceHeard,
    encode,
    needs_of,
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
STALLED_S = 10.0
LONGEST_BACKLOG = 256 * 1024  # a daemon that does not read this much is stuck
_MOST_WAITING = 16


@frozen
class KioskOptions:
    """How `roomctl screen` was started.

    `mode` is kiosk or headless, `media` real or fake. `user` is whom root becomes.
    `allowed_uid` may connect besides root and the user itself. `panel`: it shows the panel's page
    and does nothing else, for it runs as another user than the one that opens meetings. `sound`: it
    owns the room's sound, behind a wall, and nothing else. `walled`: another process does that.
    """

    socket: str
    mode: str = "kiosk"
    media: str = "real"
    user: str | None = None
    allowed_uid: int | None = None
    verbose: bool = False
    panel: bool = False
    sound: bool = False
    walled: bool = False


def run(options: KioskOptions) -> int:
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
        return lifetime.run(lambda shutdown: serve(options, shutdown))
    except RoomctlError as error:
        sys.stderr.write(f"{error}\n")
        return 1


async def serve(options: KioskOptions, shutdown: Shutdown) -> int:
    """Own the screen until the program is to end, or until a kiosk's compositor is gone.

    DeviceError says why it cannot start.
    """
    refuse_root()
    if options.sound:
        place = Path(options.socket).parent
        state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]  # systemd's, of this unit
        keeper = SoundAgent(place, Path(state) if state else None)
        return await _serve(keeper, options, shutdown, "sound behind a wall")
    base = folder.base(os.environ)
    swept = await in_thread(folder.sweep, base)
    if swept:
        _log.warning("screen: removed %d profiles that a dead run left behind", swept)
    binary = browser.find()
    window = "wayland" if "WAYLAND_DISPLAY" in os.environ else "x11"
    setup = browser.BrowserSetup(binary, options.mode, options.media, base, window)
    agent = Agent(setup, await browser.version(binary), panel=options.panel, walled=options.walled)
    return await _serve(agent, options, shutdown, f"{options.mode} with {agent.browser}")


async def _serve(
    attendant: DaemonSocket, options: KioskOptions, shutdown: Shutdown, what: str
) -> int:
    socket_path = Path(options.socket)
    server = await _listen(socket_path, attendant, options.allowed_uid)
    watching = [asyncio.ensure_future(systemd.watched(attendant.stalled, attendant.words))]
    if not options.sound:
        watching.append(asyncio.ensure_future(_end_with_the_display(shutdown, options.mode)))
    _log.info("screen: %s, listening on %s", what, socket_path)
    try:
        await attendant.run(shutdown)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        server.close()
        socket_path.unlink(missing_ok=True)
    return 0


async def _end_with_the_display(shutdown: Shutdown, mode: str) -> None:
    """End a kiosk with its compositor: one that starts anew brings a screen process of its own."""
    if mode == "kiosk" and await display_power.compositor_gone():
        _log.warning("screen: the compositor is gone")
        shutdown.begin("the compositor was gone")


class DaemonSocket(ABC):
    """One daemon at a time at the socket of a process: the newest that gives an order."""

    def __init__(self) -> None:
        self._daemon: asyncio.StreamWriter | None = None
        self._beat_at = time.monotonic()
        self._attending: dict[asyncio.StreamWriter, asyncio.Future[None]] = {}

    @abstractmethod
    async def run(self, shutdown: Shutdown) -> None:
        """Serve until the program is to end."""

    @abstractmethod
    def words(self) -> str:
        """Say in a line how this process is."""

    @abstractmethod
    def _obey(self, message: ScreenMessage | InvalidMessage) -> None: ...

    def stalled(self) -> str | None:
        """Say that the link to the daemon beats no more; None: it does, whoever hears it."""
        ago_s = time.monotonic() - self._beat_at
        return f"no beat for {ago_s:.0f} s" if ago_s > STALLED_S else None

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one daemon until it hangs up or a newer one takes its place.

        A connection takes the place with its first order: one that only knocks disturbs nobody.
        """
        done = self._attending[writer] = asyncio.get_running_loop().create_future()
        lines = MessageReader()
        try:
            while data := await reader.read(65536):
                for message in lines.feed(data):
                    if not isinstance(message, InvalidMessage):
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

    async def _beat(self) -> None:
        while True:
            self._beat_at = time.monotonic()
            self._say(Heartbeat())
            await asyncio.sleep(BEAT_S)

    def _say(self, report: ScreenReport) -> None:
        daemon = self._daemon
        if daemon is None or daemon.is_closing():
            return
        if daemon.transport.get_write_buffer_size() > LONGEST_BACKLOG:
            _log.warning("screen: disconnected a daemon that does not read")
            daemon.transport.abort()
            return
        daemon.write(encode(report))

    @property
    def _connection(self) -> str:
        return "the room is connected" if self._daemon is not None else "no room is connected"


class Agent(DaemonSocket):
    """The screen's end of the conversation, and the owner of the one session and of the sound."""

    def __init__(
        self,
        setup: browser.BrowserSetup,
        browser_version: str,
        *,
        panel: bool = False,
        walled: bool = False,
    ) -> None:
        """`panel`: it shows the panel alone. `walled`: another process has the sound."""
        super().__init__()
        self.browser = browser_version
        self._setup = setup
        self._page: MeetingPage | None = None
        self._session: MeetingSession | None = None
        noted = default_devices.DefaultDevices(default_devices.place(os.environ))
        self._mixer, self._levels = Mixer(self._say, defaults=noted), PeakMeter(self._say)
        self._voice = VoiceMeter(lambda talking: self._say(VoiceHeard(talking)), None)
        self._panel, self._walled = panel, walled
        self._pages = PageManager(setup, self._say, places_windows=not panel)
        self._remote = RemoteTouches(self._say, lambda: self._pages.room_output)
        self._streams = SoundStreams()
        self._keeper = BrowserKeeper(setup, self._say, lambda: self._pages.hides)
        self._waiting: asyncio.Queue[OpenMeeting | LeaveMeeting | ClearPage | ExpectMeeting] = (
            asyncio.Queue(_MOST_WAITING)
        )

    async def run(self, shutdown: Shutdown) -> None:
        """Beat and obey orders until the program is to end; then leave the meeting."""
        stopping = asyncio.ensure_future(shutdown.wait())
        works = [self._beat(), self._obey_in_turn(), self._pages.run(), self._remote.run()]
        if not self._panel:
            works.append(self._keeper.run())
        mixes = not (self._panel or self._walled)
        if mixes:
            works.append(self._levels.run())
        owned = [asyncio.ensure_future(work) for work in works]
        mixing = asyncio.ensure_future(self._mixer.run() if mixes else _nothing())
        try:
            await asyncio.wait((stopping, mixing, *owned), return_when="FIRST_COMPLETED")
        finally:
            shutdown.begin("a part of the screen ended unexpectedly")
            # Cancelling the fulfilment ends the session in order: see _obey_in_turn. The sound
            # comes after it: a session's last act is to restore the default devices.
            for task in (stopping, *owned):
                task.cancel()
            results = await asyncio.gather(stopping, *owned, return_exceptions=True)
            mixing.cancel()
            results += await asyncio.gather(mixing, return_exceptions=True)
            await self._hang_up()
        for result in results:
            if isinstance(result, Exception):
                raise result

    def words(self) -> str:
        """Say in a line how the screen is."""
        meeting = "in a meeting" if self._session else "no meeting"
        return f"{self.browser}; {self._connection}; {meeting}"

    def _obey(self, message: ScreenMessage | InvalidMessage) -> None:
        if self._panel and not isinstance(message, ShowPage | AskAll | InvalidMessage):
            _log.warning("screen: ignored an order; this process only shows the panel")
            return
        match message:
            case OpenMeeting() | LeaveMeeting() | ClearPage() | ExpectMeeting():
                self._queue(message)
            case _ if isinstance(message, SoundOrder):
                if self._walled:
                    self._say(self._sound)
                else:
                    obey_sound(message, self._mixer, self._levels, self._voice)
            case ShowPage():
                self._pages.take(message)
            case SwitchDisplay(on=on):
                self._pages.power.switch(on)
            case _ if isinstance(message, TouchOrder):
                self._remote.take(message)
            case AskAll():
                self._say_all()
                self._pages.power.look()
                self._pages.want()
            case InvalidMessage(why=why):
                _log.warning("screen: ignored a message that is %s", why)
            case _:
                _log.warning("screen: ignored a report, which only the screen gives")

    def _queue(self, order: OpenMeeting | LeaveMeeting | ClearPage | ExpectMeeting) -> None:
        try:
            self._waiting.put_nowait(order)
        except asyncio.QueueFull:
            _log.warning("screen: ignored an order; %d are waiting", _MOST_WAITING)

    async def _obey_in_turn(self) -> None:
        """Open, leave and rest, one after the other; never two browsers at once."""
        running: asyncio.Task[None] | None = None
        # One that breaks in a way nobody foresaw ends the process: whoever restarts it sweeps.
        async with asyncio.TaskGroup() as sessions:
            try:
                while True:
                    order = await self._waiting.get()
                    if isinstance(order, ExpectMeeting):
                        self._keeper.expect(order)
                        continue
                    if isinstance(order, LeaveMeeting) and not self._is_there(order.id):
                        continue
                    why = (
                        ScreenReason.REPLACED
                        if isinstance(order, OpenMeeting)
                        else ScreenReason.LEFT
                    )
                    await self._end(running, why)
                    running = None
                    if isinstance(order, OpenMeeting):
                        waiting = await self._keeper.take(needs_of(order))
                        self._session = MeetingSession(
                            order, self._setup, self._show, self._streams.of, waiting
                        )
                        running = sessions.create_task(self._attend_meeting(self._session))
                    elif isinstance(order, ClearPage):
                        self._page = None
                        self._say_all()
            finally:
                await self._end(running, ScreenReason.STOPPED)

    async def _attend_meeting(self, session: MeetingSession) -> None:
        await self._pages.cover()
        ready = asyncio.ensure_future(self._make_ready(session))
        try:
            await session.run(ready)
        finally:
            await asyncio.wait((ready,))  # what is half begun cannot be ended
            self._pages.uncover()
            await self._remote.end()
            await self._streams.close()
            await self._mixer.end()
            self._keeper.free()

    async def _make_ready(self, session: MeetingSession) -> None:
        """Have sound and touches be the meeting's, while its browser starts."""
        page = (lambda: session.tab, lambda: session.within_hosts, session.uncover)
        reach = self._remote.begin(*page, looks=session.looks)
        await asyncio.gather(self._mixer.begin(), reach)
        session.reachable = self._remote.everywhere

    def _is_there(self, call_id: int) -> bool:
        return self._session is not None and self._session.page.id == call_id

    async def _end(self, running: asyncio.Task[None] | None, why: ScreenReason) -> None:
        if running is not None and self._session is not None:
            self._session.leave(why)
            # Shielded: being asked to end must not cut short the removal of the profile.
            await asyncio.shield(running)
            self._session = None

    def _show(self, page: MeetingPage) -> None:
        self._page = page
        self._say(page)

    def _say_all(self) -> None:
        self._say(ScreenHello(__version__, self._setup.mode, self.browser))
        if self._page is not None:
            self._say(self._page)
        self._say(self._keeper.said)
        self._say(self._sound)
        self._say(self._pages.power.state)

    @property
    def _sound(self) -> SoundState:
        """The sound as it was read; of one that another process has nothing is known here."""
        return SoundState(False, walled=True) if self._walled else self._mixer.sound


def obey_sound(order: SoundOrder, mixer: Mixer, levels: PeakMeter, voice: VoiceMeter) -> None:
    """Carry out an order that is about sound."""
    match order:
        case SetMute(on=on):
            mixer.mute(on)
        case SetVolume(pct=pct):
            mixer.volume(pct)
        case SetGain(pct=pct):
            mixer.gain(pct)
        case PreferDevice():
            mixer.use(order)
            levels.use(order)
        case ReportLevel(for_s=for_s):
            levels.listen(for_s)
        case ReportVoice(for_s=for_s):
            voice.listen(for_s)
        case PlayTone(id=number):
            levels.test(number)


class SoundAgent(DaemonSocket):
    """The owner of the room's sound, behind a wall: its servers, its gate, and its meter."""

    def __init__(self, place: Path, state: Path | None = None) -> None:
        """`place` is where the servers' sockets are; `state` keeps the devices' volumes."""
        super().__init__()
        self._vault = Vault(place, state)
        vault = self._vault
        wall = Wall(vault.manager, vault.programs, lambda: vault.why, vault.begin_again)
        self._mixer, self._levels = Mixer(self._say, wall=wall), PeakMeter(self._say, wall=wall)
        self._voice = VoiceMeter(lambda talking: self._say(VoiceHeard(talking)), wall)

    async def run(self, shutdown: Shutdown) -> None:
        parts = (self._levels, self._voice, self._mixer, self._vault)
        works = [self._beat(), *(part.run() for part in parts)]
        owned = [asyncio.ensure_future(work) for work in (shutdown.wait(), *works)]
        try:
            await asyncio.wait(owned, return_when="FIRST_COMPLETED")
        finally:
            shutdown.begin("a part of the sound ended unexpectedly")
            for task in owned:
                task.cancel()
            results = await asyncio.gather(*owned, return_exceptions=True)
            await self._hang_up()
        for result in results:
            if isinstance(result, Exception):
                raise result

    def words(self) -> str:
        return f"{self._vault.why or 'the wall works'}; {self._connection}"

    def _obey(self, message: ScreenMessage | InvalidMessage) -> None:
        match message:
            case _ if isinstance(message, SoundOrder):
                obey_sound(message, self._mixer, self._levels, self._voice)
            case SetProcessing(processing=processing):
                self._vault.process(processing)
            case AskAll():
                self._say(ScreenHello(__version__, "sound", ""))
                self._say(self._mixer.sound)
            case InvalidMessage(why=why):
                _log.warning("screen: ignored a message that is %s", why)
            case _:
                what = type(message).__name__
                _log.warning("screen: ignored %s; this process only has the sound", what)


async def _nothing() -> None:
    """Have no sound, until cancelled."""
    await asyncio.Event().wait()


async def _listen(path: Path, agent: DaemonSocket, allowed_uid: int | None) -> asyncio.Server:
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
            raise DeviceError("screen", f"{path} exists and is not a socket; choose another path")
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
