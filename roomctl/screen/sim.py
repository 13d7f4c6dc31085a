"""The simulated screen: a browser, a meeting and a sound server that exist only as numbers.

Its attributes are the simulated hardware's side: set them at any time. The page has one button, at
BUTTON, which is all there is to press. Has no clock, no loop and no browser.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from dataclasses import replace

import roomctl
from roomctl.frozen import frozen
from roomctl.screen.png import grey, png
from roomctl.screen.protocol import (
    PAGE_OVER,
    AskAll,
    BringControls,
    BrowserNeeds,
    CaptureSwitch,
    ClearPage,
    CloseWindow,
    ControlSeen,
    ControlsSeen,
    DisplayState,
    DisplayTouched,
    ExpectMeeting,
    HearingProof,
    Heartbeat,
    HeedDisplay,
    InvalidMessage,
    KeyName,
    LearnControl,
    LeaveMeeting,
    MeetingPage,
    MessageReader,
    MicrophoneLevel,
    OpenMeeting,
    PagePhase,
    PageState,
    PlayTone,
    PreferDevice,
    PressControl,
    PressKey,
    PressPoint,
    ReportLevel,
    ReportVoice,
    RoomHeard,
    RtcLines,
    RtcStats,
    ScreenHello,
    ScreenMessage,
    ScreenReason,
    ScreenReport,
    SeekControls,
    SetGain,
    SetMute,
    SetProcessing,
    SetVolume,
    ShowPage,
    SoundFlow,
    SoundProcessing,
    SoundState,
    SwitchDisplay,
    TakePicture,
    ToneResult,
    ToneVerdict,
    TouchOrder,
    TouchRefusal,
    TouchResult,
    TrafficFlow,
    TypeText,
    VoiceHeard,
    WaitingBrowser,
    WaitingState,
    WantPages,
    WatchTouches,
    encode,
    host_of,
    picture_parts,
)
from roomctl.wire import Chunk

MICROPHONE, LOUDSPEAKER = "simulated microphone", "simulated loudspeaker"
BEAT_S = 1.0
LEVEL_S = 0.1
TALK_PCT = 60
FLOWS_S = 10.0
READ_S = 0.5  # how often the page's connections are read
LAUNCH_S = 1.5  # Chromium was ready after 1.0-2.3 s (measured, x86, 2 cores)
CLOSE_S = 0.5
BYTES_IN_PER_READ = 90_000  # about 1.4 Mbit/s, a 720p picture with sound
BYTES_OUT_PER_READ = 60_000


@frozen
class _Call:
    order: OpenMeeting
    page: MeetingPage
    next_s: float  # when the phase changes, or the connections are read again
    admitted_s: float | None = None


class SimScreen:
    """The screen's end of the conversation.

    admit      whether the host lets the room in
    blocked_by what the next page shows first; None: the meeting, or in plain mode its Join
    shows      the page: what it shows, and what was typed
    reachable  whether a panel can see and touch the page
    covered    whether a window that the page opened stands over it
    launch_s   how long the browser takes to open it
    lobby_s    how long the host takes for that, counted from the open page
    ignores_mute  the sound server takes an order, and neither does nor confirms it until this ends
    leaks      programs hear the microphone although it reads as muted
    has_sound  whether there is a sound server; it stays as it is muted, or not, without one
    processing what is done to the sound behind a wall
    told       whether it was told to mute or to open; until then it keeps the microphone shut
    has_microphone  whether the room's own is there
    has_loudspeaker  whether there is one
    others     whether there is another one, which does not open in its place
    switch     the microphone's own capture switch; it follows the mute unless `stuck_switch`
    recorder   whether a program beside the browser records from the microphone
    gain_pct   how far the microphone is turned up
    level_pct  how loud it is in the room
    walled     the microphone is behind a wall, and is heard there while the room is muted
    talks      somebody in the room talks
    meeting_muted  somebody muted the room in the meeting itself
    hears      whether the microphone can hear the loudspeaker
    silent     the process hangs: no beat, no answer
    used       the USB device whose sound it was told to use
    pages      the page that was ordered for each display, and where
    looks      the page will be looked at, as the order to open it said
    watched    what is pressed is told, for a walkthrough
    heeded     a touch of the display itself is told
    expected   what a browser waits for; None: none waits
    """

    def __init__(self, *, admit: bool = True, lobby_s: float = 0.0, told: bool = True) -> None:
        self.admit, self.lobby_s, self.launch_s = admit, lobby_s, LAUNCH_S
        self.blocked_by: str | None = None
        self.shows, self.reachable, self.covered = SimPage(), True, False
        self.ignores_mute = self.stuck_switch = self.meeting_muted = self.leaks = False
        self.has_sound = self.has_microphone = self.has_loudspeaker = True
        self.others = self.recorder = False
        self._said: SoundState | None = None
        self._target: bool | None = None
        self.told = told
        self.processing = SoundProcessing.NONE
        self._found: bool | None = None
        self.switch, self.level_pct, self.hears = CaptureSwitch.NONE, 35, True
        self.walled = self.talks = False
        self._voice_until, self._voice = float("-inf"), VoiceHeard(None)
        self._listened_until = self._level_s = 0.0
        self.silent = self.looks = self.watched = self.heeded = False
        self._touched = False  # since it was heeded: nothing is pressed by itself then
        self._brought: list[str] = []
        self.used: PreferDevice | None = None
        self.pages: dict[str, ShowPage] = {}
        self.expected: BrowserNeeds | None = None
        self.muted, self.volume_pct = False, 60
        self.shown: bool | None = True
        self.gain_pct = 80
        self._lines = MessageReader()
        self._orders: deque[ScreenMessage | InvalidMessage] = deque()
        self._reports: deque[ScreenReport] = deque()
        self._call: _Call | None = None
        self._next_open: OpenMeeting | None = None
        self._leaves_next = False  # it was asked to leave before it was opened
        self._fails: ScreenReason | None = None
        self._ended = False
        self._beat_s: float | None = None
        self._now = 0.0

    @property
    def page(self) -> MeetingPage | None:
        """The page as it is, whether or not it was reported."""
        return self._call.page if self._call else None

    @property
    def order(self) -> OpenMeeting | None:
        """What was asked for with the page that is there."""
        return self._call.order if self._call else None

    def crash(self) -> None:
        """Let the browser crash, if there is one."""
        self._over(PagePhase.CRASHED, ScreenReason.PAGE_CRASHED)

    def fail(self, reason: ScreenReason = ScreenReason.NETWORK) -> None:
        """Let the page that is there fail, or else the next one."""
        if self._call is None or self._call.page.phase in PAGE_OVER:
            self._fails = reason
        else:
            self._over(PagePhase.FAILED, reason)

    def end_meeting(self) -> None:
        """Let the host end the meeting: the page stays, its media ends."""
        self._ended = True

    def say_display(self, on: bool | None) -> None:
        """Say, unasked, whether the display is on; None: it does not answer."""
        self.shown = on
        self._reports.append(DisplayState(on))

    def mute_by_program(self) -> None:
        """Let another program mute the microphone, which stays so, or open it."""
        self.muted = not self.muted
        if self.muted and self._target is not None:
            self._target = True

    def plug_microphone(self, there: bool) -> None:
        """Plug the room's microphone in, which is open then, or pull it out."""
        if there is not self.has_microphone:
            self.has_microphone = there
            self.muted = not there and self.others
            if self.muted and self._target is not None:
                self._target = True

    @property
    def hearing(self) -> bool:
        """Whether the microphone hears anything."""
        return self.has_microphone and not self.muted and self.gain_pct > 0

    def want(self) -> None:
        """Ask for pages to stand on the displays, as a kiosk does."""
        self._reports.append(WantPages())

    def receive(self, chunk: Chunk) -> None:
        self._orders.extend(self._lines.feed(chunk.data))

    def tick(self, now: float) -> None:
        self._now = now
        if not self.told and self._found is None and self.has_sound:
            self._shut()
        while self._orders and not self.silent:
            self._obey(self._orders.popleft())
        if not self.silent and self._said is not None:
            self._mix(self._said)
        if self._beat_s is None or now >= self._beat_s:
            self._beat_s = now + BEAT_S
            self._reports.append(Heartbeat())
        self._say_level()
        self._say_voice()
        if self._call is not None and now >= self._call.next_s:
            self._advance(self._call)
        if self.silent:
            self._reports.clear()

    def due(self) -> float | None:
        waits = [self._beat_s, self._call.next_s if self._call else None]
        if self._now < self._listened_until:
            waits.append(self._level_s)
        if self._now < self._voice_until:
            waits.append(self._voice_until)
        return min((wait for wait in waits if wait is not None), default=None)

    def outbox(self, now: float) -> bytes | None:
        return encode(self._reports.popleft()) if self._reports else None

    def sent(self, now: float) -> None:
        """Nothing to note."""

    def failed(self, now: float, why: str) -> None:
        """Nothing to note."""

    def _obey(self, order: ScreenMessage | InvalidMessage) -> None:
        match order:
            case OpenMeeting() if self._running():
                self._next_open, self._leaves_next = order, False
                self._close(ScreenReason.REPLACED)
            case OpenMeeting():
                self._launch(order)
            case LeaveMeeting(id=id) if self._call is not None and id == self._call.page.id:
                self._close(ScreenReason.LEFT)
            case LeaveMeeting(id=id) if self._next_open is not None and id == self._next_open.id:
                self._leaves_next = True
            case ExpectMeeting(needs=needs):
                self._expect(needs)
            case ClearPage():
                self._call = None
                self._say_all()
            case SetProcessing(processing=processing):
                self.processing = processing
            case SetMute(on=on):
                self._mute(on)
            case SetVolume(pct=pct):
                self.volume_pct = pct
                self._say_sound()
            case SetGain(pct=pct):
                self.gain_pct = pct
                self._say_sound()
            case PreferDevice():
                self.used = order
            case ReportLevel(for_s=for_s):
                self._listened_until, self._level_s = self._now + for_s, self._now
            case ReportVoice(for_s=for_s):
                self._voice_until = self._now + for_s
                self._voice = self._heard_voice()
                self._reports.append(self._voice)
            case PlayTone(id=number):
                found = self._chirped(number)
                if found.verdict is ToneVerdict.HEARD:
                    self._reports.append(RoomHeard(HearingProof.TONE, MICROPHONE, LOUDSPEAKER))
                self._reports.append(found)
            case ShowPage(place=place):
                self.pages[place] = order
            case _ if isinstance(order, TouchOrder):
                self._touch(order)
            case SwitchDisplay(on=on):
                self.shown = on
                self._reports.append(DisplayState(on))
            case AskAll():
                self._say_all()

    def _expect(self, needs: BrowserNeeds | None) -> None:
        self.expected = None if self._running() else needs
        state = WaitingState.UNASKED if self.expected is None else WaitingState.READY
        self._reports.append(WaitingBrowser(state))

    def _touch(self, touch: TouchOrder) -> None:
        standing = self._call is not None and self._call.page.phase is PagePhase.OPEN
        if not standing or not self.reachable:
            why = TouchRefusal.NO_REMOTE_CONTROL if standing else TouchRefusal.NO_PAGE
            self._reports.append(TouchResult(touch.number, why))
            return
        if isinstance(
            touch, WatchTouches | BringControls | SeekControls | PressControl | LearnControl
        ):
            self._walk(touch)
            return
        match touch:
            case PressPoint(number=number, x=x, y=y) if self.watched:
                self._reports.extend(picture_parts(number, self.shows.control(x, y)))
                self.shows.press(x, y)
                return
            case TakePicture(number=number):
                self._reports.extend(picture_parts(number, self.shows.picture()))
                return
            case PressPoint(x=x, y=y):
                self.shows.press(x, y)
            case TypeText(number=number, text=text, field=field):
                if field and not self.shows.field:
                    self._reports.append(TouchResult(number, TouchRefusal.NOT_THERE))
                    return
                self.shows.typed = text if field else self.shows.typed + text
            case PressKey(key=key):
                self.shows.key(key)
            case HeedDisplay(on=on):
                self.heeded, self._touched = on, False
            case CloseWindow():
                self.covered = False
        self._reports.append(TouchResult(touch.number))

    def touch_display(self, x: float, y: float) -> None:
        """Touch the display itself at a place, 0-1 of it, as somebody in the room may."""
        if self.heeded:
            self.heeded, self._touched = False, True
            self._reports.append(DisplayTouched())
        self.shows.press(x, y)

    def _walk(
        self, order: WatchTouches | BringControls | SeekControls | PressControl | LearnControl
    ) -> None:
        """Do what a walkthrough asks for.

        A picture from a page with a button looks like the button; one from another page stands
        there alone.
        """
        if self._call is not None and self._call.order.assisted:
            self._reports.append(TouchResult(order.number, TouchRefusal.NOT_ALLOWED))
            return
        refusal: TouchRefusal | None = None
        match order:
            case WatchTouches(on=on):
                self.watched = on
            case BringControls(part=part, parts=parts, data=data):
                self._brought = [*(self._brought if part else ()), data]
                if part + 1 < parts:
                    return
                self.shows.bring("".join(self._brought))
            case LearnControl(number=number, x=x, y=y):
                self._reports.extend(picture_parts(number, self.shows.control(x, y)))
                return
            case SeekControls(number=number, controls=controls):
                seen = tuple(map(self.shows.seen, controls))
                still_ms = round((self._now - self.shows.changed_s) * 1000)
                self._reports.append(ControlsSeen(number, seen, WIDTH, HEIGHT, 100, still_ms))
                return
            case PressControl(x=x, y=y):
                there = self.shows.seen(order.control) == ControlSeen(order.control, x, y)
                if self._touched or not there:
                    refusal = TouchRefusal.NOT_THERE
                else:
                    self.shows.press(x / WIDTH, y / HEIGHT)
        self._reports.append(TouchResult(order.number, refusal))

    def _mute(self, on: bool) -> None:
        if not self.has_sound:
            self._say_sound()
            return
        self._target, self.told = on, True
        if not self.ignores_mute:
            self._set(on)
            self._say_sound()

    def _shut(self) -> None:
        """Keep the microphone shut, as a process does that has just begun."""
        self._found, self._target = self.muted, True
        if not self.ignores_mute:
            self._set(True)

    def _set(self, muted: bool) -> None:
        self.muted = muted
        if self.switch is not CaptureSwitch.NONE and not self.stuck_switch:
            self.switch = CaptureSwitch.OFF if muted else CaptureSwitch.ON

    def _mix(self, said: SoundState) -> None:
        """Say what is news, and set right what is not as it was asked for, as the real one does."""
        if said != self._sound():
            self._say_sound()
        target = None if self.ignores_mute or not self.has_sound else self._target
        if target is not None and self._sound().silent is (not target):
            before = self._sound()
            self._set(target)
            if self._sound() != before:
                self._say_sound()

    def _chirped(self, number: int) -> ToneResult:
        if not self.has_loudspeaker:
            return ToneResult(number, ToneVerdict.NO_LOUDSPEAKER)
        if self.muted:
            return ToneResult(number, ToneVerdict.MUTED, 0, 0)
        if not self.hears:
            return ToneResult(number, ToneVerdict.NOT_HEARD, self.level_pct, self.level_pct)
        return ToneResult(number, ToneVerdict.HEARD, min(100, self.level_pct + 40), self.level_pct)

    def _say_level(self) -> None:
        """Say how loud it is, ten times a second while somebody looks."""
        if self._level_s <= self._now < self._listened_until:
            self._level_s = self._now + LEVEL_S
            loud = TALK_PCT if self.talks else self.level_pct
            behind = self.walled and self.muted
            heard = self.hearing or (behind and self._hears_behind)
            self._reports.append(MicrophoneLevel(loud if heard else 0, behind))

    def _say_voice(self) -> None:
        """Say whether somebody talks, whenever that changes while it was asked for."""
        heard = self._heard_voice()
        if heard != self._voice:
            self._voice = heard
            self._reports.append(heard)

    def _heard_voice(self) -> VoiceHeard:
        """Return whether a voice is heard behind the wall; None: it cannot be told there."""
        asked = self._now < self._voice_until
        return VoiceHeard(self.talks if asked and self.walled and self._hears_behind else None)

    @property
    def _hears_behind(self) -> bool:
        """Whether the gate gets sound; a device that mutes in hardware gives it zeros."""
        there = self.has_sound and self.has_microphone and self.gain_pct > 0
        return there and self.switch is not CaptureSwitch.OFF

    def _say_all(self) -> None:
        self._reports.append(ScreenHello(roomctl.__version__, "simulated", "simulated"))
        if self._call is not None:
            self._reports.append(self._call.page)
        self._say_sound()
        self._reports.append(DisplayState(self.shown))

    def _say_sound(self) -> None:
        self._said = self._sound()
        self._reports.append(self._said)

    def _sound(self) -> SoundState:
        if not self.has_sound:
            why = ScreenReason.NO_WALL if self.walled else ScreenReason.NO_SOUND_SERVER
            return SoundState(available=False, reason=why, walled=self.walled)
        muted: bool | None = self.muted
        if not self.has_microphone and not self.others:
            muted = True if self._target else None
        heard = "Microphone" if self.leaks and self.has_microphone and muted else None
        gain = self.gain_pct if self.has_microphone else None
        muted = False if heard else muted
        found = None if self.told else self._found
        volume = self.volume_pct if self.has_loudspeaker else None
        records = self.recorder or self._records()
        return SoundState(
            True,
            muted,
            volume,
            switch=self.switch,
            gain_pct=gain,
            heard=heard,
            found=found,
            listening=records,
            walled=self.walled,
        )

    def _records(self) -> bool:
        """Whether the meeting's page records: once the room was let in, until it is over."""
        call = self._call
        if call is None or call.page.phase is not PagePhase.OPEN:
            return False
        return call.page.flow is not None and call.page.flow.capture

    def _running(self) -> bool:
        return self._call is not None and self._call.page.phase not in PAGE_OVER

    def _launch(self, order: OpenMeeting) -> None:
        self.looks = order.looks
        self.expected = None  # used, or thrown away
        self._ended = self.watched = False
        self.covered = False
        self.shows = SimPage(self.blocked_by or (None if order.assisted else "prejoin"), self._now)
        page = MeetingPage(order.id, PagePhase.LAUNCHING, host_of(order.url))
        self._show(_Call(order, page, self._now + self.launch_s))
        if self._fails is not None:
            self._over(PagePhase.FAILED, self._fails)
            self._fails = None

    def _close(self, reason: ScreenReason) -> None:
        if self._call is not None and self._call.page.phase not in {*PAGE_OVER, PagePhase.CLOSING}:
            page = MeetingPage(self._call.page.id, PagePhase.CLOSING, self._call.page.host, reason)
            self._show(replace(self._call, page=page, next_s=self._now + CLOSE_S))

    def _over(self, phase: PagePhase, reason: ScreenReason | None) -> None:
        if self._call is not None and self._running():
            page = MeetingPage(self._call.page.id, phase, self._call.page.host, reason)
            self._show(replace(self._call, page=page, next_s=float("inf")))
        if self._next_open is not None:
            order, self._next_open = self._next_open, None
            self._launch(order)
            if self._leaves_next:
                self._leaves_next = False
                self._close(ScreenReason.LEFT)

    def _show(self, call: _Call) -> None:
        if self._call is None or call.page != self._call.page:
            self._reports.append(call.page)
        self._call = call

    def _advance(self, call: _Call) -> None:
        if call.page.phase is PagePhase.CLOSING:
            self._over(PagePhase.CLOSED, call.page.reason)
        elif call.page.phase is PagePhase.LAUNCHING:
            rtc = RtcStats(0, 0, 0, 0) if call.order.assisted else None
            page = replace(call.page, phase=PagePhase.OPEN, rtc=rtc, reachable=self.reachable)
            admitted_s = self._now + self.lobby_s
            self._show(replace(call, page=page, next_s=self._now + READ_S, admitted_s=admitted_s))
        else:
            page = replace(call.page, rtc=self._read(call), seen=self._seen(call))
            page = replace(page, flow=self._flow(call), lines=self._rtc_lines(call))
            flows = self._flows(call)
            page = replace(page, traffic=TrafficFlow(flows, flows), covered=self.covered)
            self._show(replace(call, page=page, next_s=self._now + READ_S))

    def _read(self, call: _Call) -> RtcStats | None:
        before = call.page.rtc
        if before is None:
            return None
        if self._ended:
            return replace(before, connections=0, connected=0)
        if not before.connected and not self._let_in(call):
            return before
        came, went = before.bytes_in + BYTES_IN_PER_READ, before.bytes_out + BYTES_OUT_PER_READ
        return RtcStats(1, 1, came, went, not self.meeting_muted)

    def _seen(self, call: _Call) -> PageState | None:
        word = self.shows.word
        if not call.order.assisted or word is None:
            return None
        return PageState(word, field=self.shows.field and word in _ASKS)

    def _flow(self, call: _Call) -> SoundFlow:
        flows = self._flows(call)
        return SoundFlow(flows, flows)

    def _rtc_lines(self, call: _Call) -> RtcLines:
        """Return what the log says; as of a call that went on while nobody looked."""
        if not self._flows(call):
            return RtcLines(0, 0)
        return RtcLines(1, 1, FLOWS_S, FLOWS_S, others=2, heard=True)

    def _flows(self, call: _Call) -> bool:
        return self._let_in(call) and not self._ended

    def _let_in(self, call: _Call) -> bool:
        if self.shows.word is not None:
            return False
        return self.admit and call.admitted_s is not None and self._now >= call.admitted_s


BUTTON = (0.35, 0.65, 0.65, 0.85)  # left, top, right, bottom: 0-1 of the display
WIDTH, HEIGHT = 320, 180
_MIDDLE = 160, 135  # of the button, in pixels
PASSCODE = "4711"

_GROUND, _FRAME, _PRESS, _STOP = (27, 36, 48), (58, 74, 92), (31, 122, 90), (168, 35, 27)
_ASKS = ("passcode_needed", "passcode_wrong")
_PRESSABLE = ("prejoin", *_ASKS)
_UNPRESSABLE = ("lobby", "sign_in_required", "removed", "ended", "denied")
_REDRAWN = "redrawn"  # of a picture: of the button that was made anew
_FIELD, _FIELD_AT = "field", (160, 54)  # of a picture: of the field above the button; its middle
_PATCH = (96, 40)


def _patch(word: str | None) -> bytes:
    """Return a control's picture, of a colour of its own on a page without a button."""
    at = _UNPRESSABLE.index(word) + 1 if word in _UNPRESSABLE else 0
    colours = {_REDRAWN: _STOP, _FIELD: _FRAME}
    pixels = bytes((_PRESS[0] + 32 * at, *colours.get(word or "", _PRESS)[1:])) * (
        _PATCH[0] * _PATCH[1]
    )
    return png(b"P6\n%d %d\n255\n" % _PATCH + pixels, len(pixels))


class SimPage:
    """What a page shows in place of the meeting.

    word     how it stands, in a platform file's words; None: the way into the meeting is free
    typed    what was typed into it since its button was pressed
    field    a passcode that it asks for has a field, and no other field is there
    redrawn  it was made anew: its button is not the one that was shown
    """

    def __init__(self, word: str | None = None, changed_s: float = 0.0) -> None:
        self.word, self.changed_s = word, changed_s
        self.typed, self.field, self.redrawn = "", True, False
        self._words: list[str] = []

    def bring(self, data: str) -> None:
        """Take what is to be sought: a picture's colour says on which kind of page it was taken."""
        brought = json.loads(base64.b64decode(data))
        pictures = [base64.b64decode(one["patch"]) for one in brought]
        known = {_patch(word): word for word in (*_PRESSABLE, *_UNPRESSABLE, _REDRAWN, _FIELD)}
        self._words = [known.get(picture, "") for picture in pictures]

    def seen(self, control: int) -> ControlSeen:
        """Return where a control that was shown is to be pressed, or why not."""
        word = self._words[control] if control < len(self._words) else ""
        if word in _UNPRESSABLE:
            there = self.word == word
            return ControlSeen(control, *_MIDDLE) if there else ControlSeen(control, why="absent")
        if self.word not in _PRESSABLE:
            return ControlSeen(control, why="absent")
        if word == _FIELD:
            there = self.word in _ASKS
            return ControlSeen(control, *_FIELD_AT) if there else ControlSeen(control, why="absent")
        if self.redrawn is not (word == _REDRAWN):
            return ControlSeen(control, why="changed")
        return ControlSeen(control, *_MIDDLE)

    def control(self, x: float, y: float) -> bytes:
        """Return what stands at a place as a walkthrough keeps it."""
        size = _PATCH
        redrawn = self.redrawn and self.word in _PRESSABLE
        field = self.word in _ASKS and not _on_button(x, y)
        word = _FIELD if field else _REDRAWN if redrawn else self.word
        pictures = (_patch(word), grey(*size, 255))
        patch, kept = (base64.b64encode(one).decode("ascii") for one in pictures)
        at = [int(x * (WIDTH - 1)), int(y * (HEIGHT - 1))]
        shown = {"patch": patch, "kept": kept, "place": [48, 20], "core": [0, 0, *size]}
        told = {"controls": json.dumps([{**shown, "alike": 1, "at": at}]), "theme": "dark"}
        return json.dumps({**told, "size": [WIDTH, HEIGHT], "scale": 1}).encode("ascii")

    def press(self, x: float, y: float) -> None:
        if _on_button(x, y):
            self._go()

    def key(self, key: KeyName) -> None:
        if key is KeyName.BACKSPACE:
            self.typed = self.typed[:-1]
        elif key is KeyName.ENTER:
            self._go()

    def picture(self) -> bytes:
        """Return what it looks like, as PNG."""
        pressable = self.word in _PRESSABLE
        button = _FRAME if self.word is None else _PRESS if pressable else _STOP
        rows = []
        for line in range(HEIGHT):
            at = line / HEIGHT
            if BUTTON[1] <= at <= BUTTON[3]:
                rows.append(_row(button, BUTTON[0], BUTTON[2]))
            else:
                rows.append(_row(_FRAME if 0.12 <= at <= 0.5 else _GROUND, 0.2, 0.8))
        pixels = b"".join(rows)
        return png(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + pixels, len(pixels))

    def _go(self) -> None:
        if self.word == "prejoin":
            self.word = None
        elif self.word in _ASKS:
            self.word = None if self.typed == PASSCODE else "passcode_wrong"
        self.typed = ""


def _on_button(x: float, y: float) -> bool:
    left, top, right, bottom = BUTTON
    return left <= x <= right and top <= y <= bottom


def _row(colour: tuple[int, int, int], left: float, right: float) -> bytes:
    begin, end = round(left * WIDTH), round(right * WIDTH)
    return bytes(_GROUND) * begin + bytes(colour) * (end - begin) + bytes(_GROUND) * (WIDTH - end)
