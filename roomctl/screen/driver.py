"""The room's screen, as the room drives it, with its connection and a panel's touches.

Knows no browser and no meeting platform: it passes links on and keeps what the screen reports.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import Any, Literal, get_args

from roomctl.clock import Clock
from roomctl.device import Device
from roomctl.errors import NoReply, PortClosed, Refused
from roomctl.frozen import frozen
from roomctl.kind import Context, Kind
from roomctl.screen.profile import ScreenTable, screen_url
from roomctl.screen.protocol import (
    AskAll,
    ClearPage,
    CloseWindow,
    ControlsSeen,
    DisplayRole,
    DisplayState,
    DisplayTouched,
    ExpectMeeting,
    HeedDisplay,
    InvalidMessage,
    KeyName,
    LearnControl,
    LeaveMeeting,
    MeetingPage,
    MessageReader,
    MicrophoneLevel,
    OpenMeeting,
    PageSelectors,
    PageSign,
    PicturePart,
    PlayTone,
    PreferDevice,
    PressControl,
    PressKey,
    PressPoint,
    ReportLevel,
    ReportVoice,
    RoomHeard,
    ScreenHello,
    ScreenOrder,
    ScreenReport,
    ScrollAt,
    SeekControls,
    SetGain,
    SetMute,
    SetProcessing,
    SetVolume,
    ShowPage,
    SoundProcessing,
    SoundState,
    SwitchDisplay,
    TakePicture,
    ToneResult,
    TouchAnswer,
    TouchOrder,
    TouchRefusal,
    TouchResult,
    TypeText,
    VoiceHeard,
    WaitingBrowser,
    WantPages,
    WatchTouches,
    brought_parts,
    encode,
    needs_of,
)
from roomctl.wire import ROUND_S, Chunk, Connect, Identity, Machine

_log = logging.getLogger(__name__)

READ_BACK_S = 2.0
NO_SOUND = SoundState(available=False)


@frozen
class PageRules:
    """What is known of a meeting's platform: see `protocol.OpenMeeting`."""

    hosts: tuple[str, ...] = ()
    signs: tuple[PageSign, ...] = ()
    joined: str = ""
    selectors: PageSelectors = field(default_factory=PageSelectors)
    login: str = ""
    native: str = ""


@frozen
class Opening:
    """A meeting that may be opened.

    `camera` is the path of the video device that it should see, if that is known. `rules` is what
    an assisted page is read for, and where it may go. `looks`: a plain page will be looked at.
    """

    url: str
    origin: str
    assisted: bool
    name: str
    camera: str | None = None
    rules: PageRules | None = None
    looks: bool = False


def _order(call_id: int, opening: Opening) -> OpenMeeting:
    one, look = opening, opening.rules or PageRules()
    found = (look.hosts, look.signs, look.joined, look.selectors, look.login, look.native)
    told = (one.url, one.origin, one.assisted, one.name, one.camera, *found, one.looks)
    return OpenMeeting(call_id, *told)


@frozen
class ScreenState:
    """What the screen last said. All None while it is not there: nothing is known then.

    `page` None with a `mode` means that the screen shows no meeting.
    """

    mode: str | None = None
    browser: str | None = None
    page: MeetingPage | None = None
    sound: SoundState = NO_SOUND
    display_on: bool | None = None
    tone: ToneResult | None = None
    waiting: WaitingBrowser | None = None
    talking: bool | None = None  # as far as it was told to listen for a voice


@frozen
class LevelHeard:
    """How loud the microphone is, 0-100; while the screen was told to listen.

    `behind_wall`: the room is muted, and programs hear nothing of it.
    """

    pct: int
    behind_wall: bool = False


class ScreenProcess(Device):
    """A process that is spoken to as a screen is, and what it may have of the room: its sound."""

    kind = "screen"

    def __init__(
        self,
        name: str,
        url: str,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
        pages: Callable[[], Iterable[ShowPage]] = tuple,
        tell: Callable[[LevelHeard | RoomHeard], None] = lambda event: None,
    ) -> None:
        """`pages` says what a kiosk shows by itself, with addresses that were not used yet.

        `tell` gets how loud the microphone is while the screen was told to `listen`, and that the
        room was heard.
        """
        super().__init__(name, url, connect, clock, changed)
        self.state = ScreenState()
        self._pages, self._tell = pages, tell
        self._tone_id = 0
        self._session: ScreenLink | None = None
        self._call_id = 0
        self._read_backs: list[asyncio.Future[SoundState]] = []
        self._use: PreferDevice | None = None
        self.remote = RemoteDisplay(name, self._say, clock)

    @property
    def full_name(self) -> str:
        """Return "screen", or, of the one that has the panel or the sound, "screen.sound"."""
        return self.kind if self.name == self.kind else super().full_name

    async def mute(self, on: bool) -> None:
        """Mute or open the microphone, and wait until the sound server says so, at most 2 s.

        Raises Refused("no_sound_server") if there is none, NoReply if it does not confirm.
        """
        read_back = self._expect_sound()
        try:
            self._say(SetMute(on))
            async with asyncio.timeout(READ_BACK_S):
                while (sound := await read_back).silent is not on:
                    if not sound.available:
                        raise self._no_sound(sound)
                    read_back = self._expect_sound()
        except TimeoutError:
            hint = "the microphone may be unchanged; is the sound server running?"
            raise NoReply(self.name, READ_BACK_S, hint) from None
        finally:
            read_back.cancel()

    async def volume(self, pct: int) -> None:
        """Set the loudness of the room; numbers outside 0-100 are clamped."""
        self._say(SetVolume(min(100, max(0, pct))))

    async def gain(self, pct: int) -> None:
        """Set the gain of the room's microphone; numbers outside 0-100 are clamped."""
        self._say(SetGain(min(100, max(0, pct))))

    def use(self, port_path: str | None, vid: int | None, pid: int | None) -> None:
        """Say which USB device's sound is the room's; kept, and said again at every connection."""
        use = PreferDevice(port_path, vid, pid)
        if use != self._use:
            self._use = use
            if self._session is not None:
                self._say(use)

    def listen(self, for_s: int) -> None:
        """Have the microphone's level reported for so many seconds; without a screen, nothing."""
        if self._session is not None:
            self._say(ReportLevel(for_s))

    def listen_for_voice(self, for_s: int) -> None:
        """Have `state.talking` told for so many seconds; without a screen, nothing."""
        if self._session is not None:
            self._say(ReportVoice(for_s))

    def play_tone(self) -> int:
        """Have the test tone played; returns its number, by which `state.tone` answers."""
        self._tone_id += 1
        self._say(PlayTone(self._tone_id))
        return self._tone_id

    async def make_safe(self) -> None:
        """Do nothing: a call outlives the daemon, and the microphone stays as it is."""

    def machine(self, identity: Identity) -> Machine:
        self._session = ScreenLink(self._heard, self._invalid, self._silent)
        if self._use is not None:
            self._session.say(self._use)
        return self._session

    def lost(self) -> None:
        self._session = None
        self.state = ScreenState()
        self.remote.lost(self._closed())
        for read_back in self._read_backs:
            if not read_back.done():
                read_back.set_exception(self._closed())
        self._read_backs.clear()

    def _connected(self) -> ScreenLink:
        if self._session is None:
            raise self._closed()
        return self._session

    def _closed(self) -> PortClosed:
        return PortClosed(self.url, "the screen is not there; is `roomctl screen` running?")

    def _say(self, order: ScreenOrder) -> None:
        self._connected().say(order)
        self.wake()

    def _heard(self, report: ScreenReport) -> None:
        before = self.state
        match report:
            case ScreenHello(mode=mode, browser=browser):
                self.state = replace(before, mode=mode, browser=browser, page=None)
            case MeetingPage():
                # A call that a dead daemon opened goes on: the next id has to be a new one.
                self._call_id = max(self._call_id, report.id)
                self.state = replace(before, page=report)
            case WaitingBrowser():
                self.state = replace(before, waiting=report)
            case SoundState():
                self.state = replace(before, sound=report)
                self._confirm(report)
            case MicrophoneLevel(pct=pct, behind_wall=behind_wall):
                self._tell(LevelHeard(pct, behind_wall))
            case RoomHeard():
                self._tell(report)
            case VoiceHeard(talking=talking):
                self.state = replace(before, talking=talking)
            case ToneResult():
                self.state = replace(before, tone=report)
            case DisplayState(on=on):
                self.state = replace(before, display_on=on)
            case TouchResult() | PicturePart() | ControlsSeen():
                self.remote.heard(report)
            case DisplayTouched():
                self.remote.touched()
            case WantPages():
                for page in self._pages():
                    self._say(page)
        self.proven()
        if self.state != before:
            self.changed()

    def _invalid(self, message: InvalidMessage) -> None:
        _log.warning("%s: ignored a message that is %s", self.name, message.why)

    def _silent(self) -> None:
        self.unproven("no_reply", f"{self.name}: nothing heard for {SILENCE_S:g} s on {self.url}")

    def _expect_sound(self) -> asyncio.Future[SoundState]:
        self._connected()
        read_back: asyncio.Future[SoundState] = asyncio.get_running_loop().create_future()
        self._read_backs.append(read_back)
        return read_back

    def _confirm(self, sound: SoundState) -> None:
        for read_back in self._read_backs:
            if not read_back.done():
                read_back.set_result(sound)
        self._read_backs.clear()

    def _no_sound(self, sound: SoundState) -> Refused:
        code = str(sound.reason or "no_sound_server")
        return Refused(self.name, code, "the screen has no sound server that could mute")


class Screen(ScreenProcess):
    """The process that owns the display, the browser and, without a wall, the room's sound."""

    @property
    def display_on(self) -> bool | None:
        """Whether the room's display is on, as read back; None: not known."""
        return self.state.display_on

    async def open(self, opening: Opening) -> int:
        """Open a meeting in place of what is there; return the call's id.

        Does not wait: the outcome comes as `state.page` with that id. Raises PortClosed without a
        screen. A plain call (not `assisted`) has neither `page.rtc` nor `page.seen`.
        """
        self._connected()
        self._call_id += 1
        self._say(_order(self._call_id, opening))
        return self._call_id

    def expect(self, opening: Opening | None, least_mb: int = 0) -> None:
        """Have a browser wait for such a meeting, where so much memory is free; None: have none.

        None waits where the vendor's own client is to be started. PortClosed without a screen.
        """
        native = opening is not None and opening.rules is not None and opening.rules.native
        needs = None if opening is None or native else needs_of(_order(0, opening))
        self._say(ExpectMeeting(needs, least_mb if needs is not None else 0))

    async def leave(self) -> None:
        """Leave the meeting that is open; nothing happens without one."""
        self._say(LeaveMeeting(self._call_id))

    async def clear(self) -> None:
        """Leave, show nothing, and forget a page that crashed or failed."""
        self._say(ClearPage())

    async def switch_display(self, on: bool) -> None:
        """Switch the display on or off; `state.display_on` tells what became of it."""
        self._say(SwitchDisplay(on))


class WalledSound(ScreenProcess):
    """The process that has the room's sound behind a wall, where there is one (`screen --sound`).

    `mode` is [audio] wall. With "auto" it is no device of the room until it was there once.
    """

    mode: Literal["auto", "on", "off"] = "auto"
    _was_there = False
    _processing = SoundProcessing.NONE

    def process(self, processing: SoundProcessing) -> None:
        """Have this done to the microphone's sound; kept, and said again at every connection."""
        if processing is not self._processing:
            self._processing = processing
            if self._session is not None:
                self._say(SetProcessing(processing))

    def machine(self, identity: Identity) -> Machine:
        machine = super().machine(identity)
        if self._session is not None:
            self._session.say(SetProcessing(self._processing))
        return machine

    @property
    def present(self) -> bool:
        return self.mode == "on" or (self.mode == "auto" and self._was_there)

    def proven(self) -> None:
        self._was_there = True
        super().proven()

    async def attend(self) -> None:
        """Keep the link, unless this room wants no wall."""
        if self.mode == "off":
            await self.leave_alone(ROUND_S)
        else:
            await super().attend()

    def _set_offline(self, reason: str, detail: str) -> None:
        """Say so of a wall that there is: a box without one lacks nothing."""
        if self.present:
            super()._set_offline(reason, detail)


SILENCE_S = 3.0  # three beats

_REPORTS = get_args(ScreenReport)


class ScreenLink:
    """One connection to the screen; asks for everything as soon as it stands.

    `heard` gets every report, `invalid` every line that was none, `silent` is called once when
    nothing came for 3 s.
    """

    def __init__(
        self,
        heard: Callable[[ScreenReport], None],
        invalid: Callable[[InvalidMessage], None],
        silent: Callable[[], None],
    ) -> None:
        self._heard, self._invalid, self._silent = heard, invalid, silent
        self._lines = MessageReader()
        self._waiting: deque[bytes] = deque([encode(AskAll())])
        self._silent_at: float | None = None
        self._was_silent = False

    def say(self, order: ScreenOrder) -> None:
        """Queue an order; the pump has to be woken."""
        self._waiting.append(encode(order))

    def receive(self, chunk: Chunk) -> None:
        for message in self._lines.feed(chunk.data):
            if isinstance(message, _REPORTS):
                self._silent_at, self._was_silent = chunk.at + SILENCE_S, False
                self._heard(message)
            elif isinstance(message, InvalidMessage):
                self._invalid(message)
            else:
                self._invalid(InvalidMessage("an order, which only the daemon gives"))

    def tick(self, now: float) -> None:
        if self._silent_at is None:
            self._silent_at = now + SILENCE_S
        if now >= self._silent_at and not self._was_silent:
            self._was_silent = True
            self._silent()

    def due(self) -> float | None:
        return None if self._was_silent else self._silent_at

    def outbox(self, now: float) -> bytes | None:
        return self._waiting.popleft() if self._waiting else None

    def sent(self, now: float) -> None:
        """Nothing to note: what counts is the report that answers."""

    def failed(self, now: float, why: str) -> None:
        """Nothing to note: a stream that fails is closed, and the session with it."""


ANSWER_S = 6.0  # the screen gives up a touch after 5 s
LOOKED_S = 32.0  # and what a walkthrough asks for after 30 s
FRESH_S = 0.2  # five pictures a second are more than anybody is shown

_WHY = {
    TouchRefusal.NO_PAGE: "no meeting is open on the room's display",
    TouchRefusal.NO_REMOTE_CONTROL: "no panel can touch this display; see docs/kiosk.md",
    TouchRefusal.BUSY: "too many touches wait; try again in a moment",
    TouchRefusal.FAILED: "the touch did not reach the page; look at the room's display",
    TouchRefusal.CANNOT_LOOK: "this box cannot compare pictures; see docs/walkthroughs.md",
    TouchRefusal.NOT_THERE: "it is not where it was; nothing was pressed",
    TouchRefusal.NOT_ALLOWED: "a walkthrough may not touch this page; press it yourself",
    TouchRefusal.SHOWN_OUTSIDE: "that place is not on the display; press another one",
    TouchRefusal.SHOWN_FLAT: "nothing there can be recognised; press a label",
    TouchRefusal.SHOWN_MOVES: "that place keeps changing, and cannot be found again",
    TouchRefusal.SHOWN_TWICE: "two places look the same; press another one",
    TouchRefusal.SHOWN_HIDDEN: "that is too close to a field with typed text",
}


class RemoteDisplay:
    """What was asked of the screen's page and is not answered yet."""

    def __init__(self, name: str, say: Callable[[TouchOrder], None], clock: Clock) -> None:
        """`say` sends an order, or raises PortClosed."""
        self._name, self._say, self._clock = name, say, clock
        self._number = 0
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._seen: dict[int, ControlsSeen] = {}
        self._watched = False
        self._touched: Callable[[], None] | None = None
        self._parts: dict[int, list[str]] = {}
        self._one_look = asyncio.Lock()
        self._last: tuple[float, bytes] | None = None

    async def look(self) -> bytes:
        """Return a picture of the display, at most 0.2 s old: PNG or JPEG."""
        async with self._one_look:
            if self._last is None or self._clock.mono_s() - self._last[0] > FRESH_S:
                picture = await self._done(TakePicture)
                self._last = (self._clock.mono_s(), picture)
            return self._last[1]

    async def press(self, x: float, y: float) -> bytes:
        """Press a place; return what was there if that is watched, else nothing."""
        limit_s = LOOKED_S if self._watched else ANSWER_S
        return await self._done(lambda number: PressPoint(number, x, y), limit_s)

    async def scroll(self, x: float, y: float, steps: int, down: bool) -> None:
        await self._done(lambda number: ScrollAt(number, x, y, steps, down))

    async def type(self, text: str) -> None:
        limit_s = LOOKED_S if self._watched else ANSWER_S
        await self._done(lambda number: TypeText(number, text), limit_s)

    async def fill(self, text: str) -> None:
        """Type into the one field of an assisted page; Refused("not_there") if there is none."""
        await self._done(lambda number: TypeText(number, text, field=True))

    async def key(self, key: KeyName) -> None:
        await self._done(lambda number: PressKey(number, key))

    async def close_window(self) -> None:
        """Close the windows that the meeting's page opened over itself, if there are any."""
        await self._done(CloseWindow)

    async def watch(self, on: bool) -> None:
        """Begin or end to watch what is pressed: `press` then returns what was there."""
        await self._done(lambda number: WatchTouches(number, on), LOOKED_S)
        self._watched = on

    async def learn(self, x: float, y: float) -> bytes:
        """Return what stands at a place, as a watched press does, and press nothing."""
        return await self._done(lambda number: LearnControl(number, x, y), LOOKED_S)

    async def bring(self, controls: bytes) -> None:
        """Bring what is to be sought."""
        await self._answered(lambda number: brought_parts(number, controls), LOOKED_S)

    async def seek(self, controls: tuple[int, ...]) -> ControlsSeen:
        """Look for controls that were brought, by their numbers."""
        numbers: list[int] = []

        def order(number: int) -> TouchOrder:
            numbers.append(number)
            return SeekControls(number, controls)

        try:
            await self._done(order, LOOKED_S)
            return self._seen[numbers[0]]
        finally:
            self._seen.clear()

    async def press_control(self, control: int, x: int, y: int) -> None:
        """Press a control where it was seen; Refused("not_there") if it has gone."""
        await self._done(lambda number: PressControl(number, control, x, y), LOOKED_S)

    async def heed(self, touched: Callable[[], None]) -> None:
        """Have `touched` called if somebody touches the display itself; at most once."""
        self._touched = touched
        await self._done(lambda number: HeedDisplay(number, on=True))

    async def heed_no_more(self) -> None:
        """Have touches of the display itself reach the page, and nobody else."""
        self._touched = None
        await self._done(lambda number: HeedDisplay(number, on=False))

    def touched(self) -> None:
        """Take it that somebody touched the display itself."""
        touched, self._touched = self._touched, None
        if touched is not None:
            touched()

    def heard(self, answer: TouchAnswer) -> None:
        """Take an answer; one that nobody waits for any more is passed over."""
        waiting = self._waiting.get(answer.number)
        if waiting is None or waiting.done():
            return
        if isinstance(answer, PicturePart):
            self._collect(answer, waiting)
        elif isinstance(answer, ControlsSeen):
            self._seen[answer.number] = answer
            waiting.set_result(b"")
        elif answer.refusal is None:
            waiting.set_result(b"")
        else:
            why = _WHY[answer.refusal]
            waiting.set_exception(Refused(self._name, answer.refusal.value, why))

    def lost(self, error: PortClosed) -> None:
        """Answer everything with `error`: the screen is gone."""
        self._last, self._watched, self._touched = None, False, None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(error)

    async def _done(self, order: Callable[[int], TouchOrder], limit_s: float = ANSWER_S) -> bytes:
        """Have something done; return the picture if it was a look."""
        return await self._answered(lambda number: (order(number),), limit_s)

    async def _answered(
        self, orders: Callable[[int], Iterable[TouchOrder]], limit_s: float
    ) -> bytes:
        """Send orders that have one answer; return the picture that it holds, if any."""
        self._number += 1
        number = self._number
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            for order in orders(number):
                self._say(order)
            async with asyncio.timeout(limit_s):
                return await answer
        except TimeoutError:
            hint = "look at the room's display before trying again"
            raise NoReply(self._name, limit_s, hint) from None
        finally:
            del self._waiting[number]
            self._parts.pop(number, None)

    def _collect(self, picture: PicturePart, waiting: asyncio.Future[bytes]) -> None:
        parts = self._parts.setdefault(picture.number, [])
        if picture.part != len(parts):
            return
        parts.append(picture.data)
        if len(parts) == picture.parts:
            try:
                waiting.set_result(base64.b64decode("".join(parts), validate=True))
            except (binascii.Error, ValueError):
                why = _WHY[TouchRefusal.FAILED]
                waiting.set_exception(Refused(self._name, TouchRefusal.FAILED.value, why))


def _build(tables: Mapping[str, Any], context: Context) -> list[ScreenProcess]:
    """Make the room's screen and, where the panel has a process of its own, that one after it."""

    def of_the_room() -> list[ShowPage]:
        """Return what it is told of the panel's, too: where it stands, and not its address."""
        pages: Iterable[ShowPage] = context.pages()
        return [one if one.place is DisplayRole.ROOM else replace(one, url=None) for one in pages]

    def of_the_panel() -> list[ShowPage]:
        return [page for page in context.pages() if page.place is DisplayRole.PANEL]

    def screen(name: str, url: str, pages: Callable[[], Iterable[ShowPage]]) -> Screen:
        return Screen(
            name, url, context.connect, context.clock, context.changed, pages, context.tell
        )

    found: list[ScreenProcess] = []
    for name, table in tables.items():
        if table.panel_url is None:
            found.append(screen(name, screen_url(table), context.pages))
        else:
            found.append(screen(name, screen_url(table), of_the_room))
            found.append(screen("panel", table.panel_url, of_the_panel))
        if table.mode != "simulated":
            ends = (context.connect, context.clock, context.changed)
            found.append(WalledSound("sound", table.sound_url, *ends, tell=context.tell))
    return found


KIND = Kind("screen", ScreenTable, _build)
