"""The room's screen, as the room drives it.

Knows no browser and no meeting platform: it passes links on and keeps what the screen reports.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from roomctl.clock import Clock
from roomctl.device import Device
from roomctl.errors import NoReply, PortClosed, Refused
from roomctl.screen.protocol import (
    Chirp,
    Chirped,
    Display,
    Hello,
    Leave,
    Level,
    Listen,
    Mute,
    Open,
    Order,
    Page,
    Picture,
    Relayed,
    Report,
    Rest,
    Shown,
    Sign,
    Sound,
    Stand,
    Strange,
    Use,
    Volume,
    Want,
    Way,
)
from roomctl.screen.session import SILENCE_S, Session
from roomctl.screen.touching import Touching
from roomctl.wire import Connect, Identity, Machine

_log = logging.getLogger(__name__)

READ_BACK_S = 2.0
NO_SOUND = Sound(available=False)


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What is known of a meeting's platform: see `protocol.Open`."""

    hosts: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()
    joined: str = ""
    way: Way = field(default_factory=Way)
    keep: str = ""
    native: str = ""


@dataclass(frozen=True, slots=True)
class ScreenState:
    """What the screen last said. All None while it is not there: nothing is known then.

    `page` None with a `mode` means that the screen shows no meeting.
    """

    mode: str | None = None
    browser: str | None = None
    page: Page | None = None
    sound: Sound = NO_SOUND
    shown: bool | None = None
    chirped: Chirped | None = None


class Screen(Device):
    """The process that owns the display, the browser and the room's sound."""

    kind = "screen"

    def __init__(
        self,
        name: str,
        url: str,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
        stands: Callable[[], Iterable[Stand]] = tuple,
        level: Callable[[int], None] = lambda pct: None,
    ) -> None:
        """`stands` says what a kiosk shows by itself, with addresses that were not used yet.

        `level` gets how loud the microphone is while the screen was told to `listen`.
        """
        super().__init__(name, url, connect, clock, changed)
        self.state = ScreenState()
        self._stands, self._level = stands, level
        self._chirp_id = 0
        self._session: Session | None = None
        self._call_id = 0
        self._read_backs: list[asyncio.Future[Sound]] = []
        self._use: Use | None = None
        self.touching = Touching(name, self._say, clock)

    async def open(
        self,
        url: str,
        origin: str,
        assisted: bool,
        name: str,
        camera: str | None = None,
        looked_at: LookedAt | None = None,
    ) -> int:
        """Open a meeting in place of what is there; return the call's id.

        `camera` is the path of the video device that it should see, if that is known. `looked_at`
        is what an assisted page is read for, and where it may go.

        Does not wait: the outcome comes as `state.page` with that id. Raises PortClosed without a
        screen. A plain call (not `assisted`) has neither `page.rtc` nor `page.seen`.
        """
        self._connected()
        look = looked_at or LookedAt()
        found = (look.hosts, look.signs, look.joined, look.way, look.keep, look.native)
        self._call_id += 1
        self._say(Open(self._call_id, url, origin, assisted, name, camera, *found))
        return self._call_id

    async def leave(self) -> None:
        """Leave the meeting that is open; nothing happens without one."""
        self._say(Leave(self._call_id))

    async def clear(self) -> None:
        """Leave, show nothing, and forget a page that crashed or failed."""
        self._say(Rest())

    async def mute(self, on: bool) -> None:
        """Mute or open the microphone, and wait until the sound server says so, at most 2 s.

        Raises Refused("no_sound_server") if there is none, NoReply if it does not confirm.
        """
        read_back = self._expect_sound()
        try:
            self._say(Mute(on))
            async with asyncio.timeout(READ_BACK_S):
                while (sound := await read_back).silent is not on:
                    if not sound.available:
                        raise self._no_sound(sound)
                    read_back = self._expect_sound()
        except TimeoutError:
            hint = "the microphone may be as it was; is the sound server running?"
            raise NoReply(self.name, READ_BACK_S, hint) from None
        finally:
            read_back.cancel()

    async def volume(self, pct: int) -> None:
        """Set the loudness of the room; numbers outside 0-100 are clamped."""
        self._say(Volume(min(100, max(0, pct))))

    def use(self, port_path: str | None, vid: int | None, pid: int | None) -> None:
        """Say which USB device's sound is the room's; kept, and said again at every connection."""
        use = Use(port_path, vid, pid)
        if use != self._use:
            self._use = use
            if self._session is not None:
                self._say(use)

    def listen(self, for_s: int) -> None:
        """Have the microphone's level reported for so many seconds; without a screen, nothing."""
        if self._session is not None:
            self._say(Listen(for_s))

    def chirp(self) -> int:
        """Have the test sound played; returns its number, by which `state.chirped` answers."""
        self._chirp_id += 1
        self._say(Chirp(self._chirp_id))
        return self._chirp_id

    async def display(self, on: bool) -> None:
        """Switch the display on or off; `state.shown` tells what became of it."""
        self._say(Display(on))

    async def rest(self) -> None:
        """Do nothing: a call outlives the daemon, and the microphone stays as it is."""

    def machine(self, identity: Identity) -> Machine:
        self._session = Session(self._heard, self._strange, self._silent)
        if self._use is not None:
            self._session.say(self._use)
        return self._session

    def lost(self) -> None:
        self._session = None
        self.state = ScreenState()
        self.touching.lost(self._closed())
        for read_back in self._read_backs:
            if not read_back.done():
                read_back.set_exception(self._closed())
        self._read_backs.clear()

    def _connected(self) -> Session:
        if self._session is None:
            raise self._closed()
        return self._session

    def _closed(self) -> PortClosed:
        return PortClosed(self.url, "the screen is not there; is `roomctl screen` running?")

    def _say(self, order: Order) -> None:
        self._connected().say(order)
        self.wake()

    def _heard(self, report: Report) -> None:
        before = self.state
        match report:
            case Hello(mode=mode, browser=browser):
                self.state = replace(before, mode=mode, browser=browser, page=None)
            case Page():
                # A call that a dead daemon opened goes on: the next id has to be a new one.
                self._call_id = max(self._call_id, report.id)
                self.state = replace(before, page=report)
            case Sound():
                self.state = replace(before, sound=report)
                self._confirm(report)
            case Level(pct=pct):
                self._level(pct)
            case Chirped():
                self.state = replace(before, chirped=report)
            case Shown(on=on):
                self.state = replace(before, shown=on)
            case Relayed() | Picture():
                self.touching.heard(report)
            case Want():
                for stand in self._stands():
                    self._say(stand)
        self.proven()
        if self.state != before:
            self.changed()

    def _strange(self, strange: Strange) -> None:
        _log.warning("%s: ignored a message that is %s", self.name, strange.why)

    def _silent(self) -> None:
        self.unproven("no_reply", f"{self.name}: nothing heard for {SILENCE_S:g} s on {self.url}")

    def _expect_sound(self) -> asyncio.Future[Sound]:
        self._connected()
        read_back: asyncio.Future[Sound] = asyncio.get_running_loop().create_future()
        self._read_backs.append(read_back)
        return read_back

    def _confirm(self, sound: Sound) -> None:
        for read_back in self._read_backs:
            if not read_back.done():
                read_back.set_result(sound)
        self._read_backs.clear()

    def _no_sound(self, sound: Sound) -> Refused:
        code = str(sound.reason or "no_sound_server")
        return Refused(self.name, code, "the screen has no sound server that could mute")
