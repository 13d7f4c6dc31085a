"""HID telephony: reports to presses of mute and hook, their state to LEDs. Knows no port, no clock.

`Leds` writes whole reports, `Keys` and `Telephony` read presses, `TelephonySession` is the Machine
that holds one connection together. What a report means is decided from the descriptor's flags,
never from the vendor. A frame is report type (1 input, 2 output, 3 feature), report ID (0 if not
numbered), payload.

Output. State is per report, not per LED: every write carries all LEDs of a report, and whatever is
not lit is written as off, so no LED clears another. There is one writer; a newer state replaces
what an older one has not written yet. After a failed write nothing is known, so all is written
again; so it is when the device confirms that it is off-hook, because some know no mute before that
(developer.jabra.com, call control: set mute at every off-hook).

Input. Hook is a level: while off-hook every report carries it, so only its transitions count, and a
report that carries a mute press never moves the hook: a mute press cannot end a call. Mute is a
push button or a switch: HID 1.11, 6.2.2.5 tells which (`ReportControl.switch`), and a profile may
know better. Where a switch stands is asked (GET_REPORT) as the connection begins: one that stands
at muted mutes, and moves no hook. What the
device says to confirm what the host wrote is no press; neither is what it repeats because nobody
answered. A key in an absolute field is pressed when its bit rises, in a relative one with every 1
(a value below 0 is the opposite key's). Some devices declare a key twice, in a consumer and in a
telephony report, and say it in both: within 50 ms that is one press.

Echoes. After the host has changed the Mute LED by itself, a device may report the same control
within 2.5 s: an echo, which is no press. Or it never does, and what comes within 2.5 s is
somebody's finger. No descriptor says which, and nobody can know before; but a window in which
nothing came proves that *this* device did not echo, so every write teaches. What is learned on-hook
and off-hook is kept apart: mute may have a meaning only off-hook. Until a device has shown itself
silent it is taken to echo, so that an echo never toggles. Opening a microphone needs more: a report
after *muted* was written is a press only once two more windows were silent than not, one after
*open* was written already after one.

A finger may have been taken for the echo. Then the echo still comes, is taken for a press, and the
LED that answers it is no answer in the device's eyes: it would be echoed, taken for a press, and so
on without end. So while an echo is owed, answers are writes that may be echoed like any other.

A press may change nothing: the room is muted and the key may only mute, or nothing can be muted and
the LED stays out. Its LED then is no answer, the device repeats the press, and whatever comes next
is taken for a repetition: the key would be dead. So just before a device may repeat, a press that
has no answer gets one: the LED blinks once.

The LED that the host writes is its answer to a press, and no device is known to echo an answer. One
that did would toggle itself without end, and so would one that repeats a press because it does not
take the answer: after two dozen presses that all came as late after the answer as the one before,
the microphone stays muted until that stops.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from roomctl.frozen import frozen
from roomctl.speakerphone.hid import ReportControl, ReportLayout, ReportType, Usage
from roomctl.wire import Chunk

REPORT_TYPES = {ReportType.INPUT: 1, ReportType.OUTPUT: 2, ReportType.FEATURE: 3}
_HOLD_KEY = 0x000B_0023
_SILENT_TO_OPEN = 2
_SILENT_TO_MUTE = 1
_SURE = 3  # windows: beyond that a device that changes its ways would not be believed
_NO_FINGER_S = 0.15  # nobody presses so soon after something that they did not know of
_ECHO_LAG_S = 0.1
_LOOP = 24  # presses
_LOOP_LAG_S = 0.02
RETRY_S = 1.0
_ANSWER_S = 0.5  # where a switch stands is said at once, or never
_BLINK = 0.9  # of the time after which an unanswered press is repeated
_INPUT = 1


class Press(StrEnum):
    """What somebody did to the device. Each is a request: the room decides."""

    MUTE = "mute"  # mute, or unmute
    HOOK_OFF = "hook_off"  # went off-hook: picked up
    HOOK_ON = "hook_on"  # went on-hook: hung up
    FLASH = "flash"  # hold a call, or take it back
    HOLD = "hold"
    REDIAL = "redial"
    REJECT = "reject"
    VOLUME_UP = "volume_up"
    VOLUME_DOWN = "volume_down"
    SPEAKER_MUTE = "speaker_mute"  # Consumer Mute: on a speakerphone the loudspeaker's


@frozen
class PressTiming:
    """How long what a device says may still be an answer or a repetition, in seconds.

    Jabra repeats an unanswered press after at most 2.5 s (developer.jabra.com, call control);
    Plantronics sends one press twice within 50 ms (WICG/webhid#61).
    """

    echo_s: float = 2.5
    repeat_s: float = 2.5
    double_s: float = 0.05


@frozen
class WrittenLeds:
    """What the host wrote: from when on the device can answer it, and since when it stands."""

    muted: bool
    off_hook: bool
    begun: float
    ended: float


MuteLed = Literal["mute", "microphone", "both"]


class Leds:
    """The call-control LEDs of one device. Ring and Hold stay off: no calls come in here."""

    def __init__(self, layout: ReportLayout, mute_led: MuteLed = "mute") -> None:
        self._layout = layout
        self.off_hook = _first(layout, Usage.LED_OFF_HOOK)
        self._never = _first(layout, Usage.LED_RING) + _first(layout, Usage.LED_HOLD)
        mute, microphone = _first(layout, Usage.LED_MUTE), _first(layout, Usage.LED_MICROPHONE)
        choices = {
            "mute": mute or microphone,
            "microphone": microphone or mute,
            "both": mute + microphone,
        }
        self.mute: tuple[ReportControl, ...] = choices[mute_led]

    def frames(self, muted: bool, off_hook: bool) -> list[bytes]:
        """Return every report that carries one of these LEDs, whole; off-hook is written first.

        Off-hook first, because on some devices mute has a meaning only while off-hook
        (gnaudio/jabra-browser-integration#49).
        """
        values = [(control, off_hook) for control in self.off_hook]
        return self._reports(values + [(control, muted) for control in self.mute])

    def off(self) -> list[bytes]:
        """Return the reports that put out what another program may have left ringing or on hold.

        On most devices these LEDs share a report with the others, and this is empty.
        """
        shared = {_report(control) for control in self.off_hook + self.mute}
        return self._reports([(one, False) for one in self._never if _report(one) not in shared])

    def _reports(self, values: Iterable[tuple[ReportControl, bool]]) -> list[bytes]:
        shadow: dict[tuple[ReportType, int], bytearray] = {}
        for control, lit in values:
            report = _report(control)
            length = self._layout.payload_bytes(*report) or 0
            control.put(shadow.setdefault(report, bytearray(length)), int(lit))
        return [
            bytes((REPORT_TYPES[report_type], report_id)) + payload
            for (report_type, report_id), payload in shadow.items()
        ]


def _first(layout: ReportLayout, usage: Usage) -> tuple[ReportControl, ...]:
    return layout.find(usage, ReportType.OUTPUT, ReportType.FEATURE)[:1]


def _report(control: ReportControl) -> tuple[ReportType, int]:
    return control.report_type, control.report_id


# Reject has two names: Button 7 (Jabra SPEAK 810, Anker PowerConf) and Telephony 07 (Dell SP325).
PRESSES: dict[int, Press] = {
    Usage.VOLUME_UP: Press.VOLUME_UP,
    Usage.VOLUME_DOWN: Press.VOLUME_DOWN,
    Usage.CONSUMER_MUTE: Press.SPEAKER_MUTE,
    Usage.FLASH: Press.FLASH,
    Usage.REDIAL: Press.REDIAL,
    Usage.BUTTON7_REJECT: Press.REJECT,
    Usage.PROGRAMMABLE_BUTTON_REJECT: Press.REJECT,
    _HOLD_KEY: Press.HOLD,
}


@dataclass(slots=True)
class _Key:
    press: Press
    control: ReportControl
    down: bool = False

    def pressed(self, payload: bytes) -> bool:
        was, self.down = self.down, self.control.value(payload) > 0
        return self.down and (self.control.relative or not was)


def mute_keys(layout: ReportLayout) -> list[_Key]:
    """Return the controls that mute the microphone."""
    usages = (Usage.PHONE_MUTE, Usage.SYSTEM_MICROPHONE_MUTE)
    controls = (one for usage in usages for one in layout.find(usage, ReportType.INPUT))
    return [_Key(Press.MUTE, control) for control in controls]


class Keys:
    """The keys of one device, from its connection on."""

    def __init__(self, layout: ReportLayout, timing: PressTiming) -> None:
        self._keys = [
            _Key(press, control)
            for usage, press in PRESSES.items()
            for control in layout.find(usage, ReportType.INPUT)
        ]
        self._double_s = timing.double_s
        self._last: dict[Press, tuple[_Key, float]] = {}

    def read(self, report_id: int, payload: bytes, at: float) -> list[Press]:
        """Return the keys that were pressed, by an input report that came at `at`."""
        here = [key for key in self._keys if key.control.report_id == report_id]
        return [key.press for key in here if key.pressed(payload) and self._own(key, at)]

    def _own(self, key: _Key, at: float) -> bool:
        """Whether a press is one of its own, not what another field said just now."""
        other, when = self._last.get(key.press, (key, at))
        if other is not key and at - when <= self._double_s:
            return False
        self._last[key.press] = (key, at)
        return True


@frozen
class _Window:
    """When one write may be echoed. `telling`: that nothing comes would mean something."""

    lit: bool
    off_hook: bool
    begun: float
    ended: float
    until: float
    telling: bool


@dataclass(slots=True)
class EchoFilter:
    """The writes that the device may still confirm, and what its silence has taught.

    Times never run backwards from one call to the next, but for a report that was on its way
    while the host wrote: it is older than the window and no echo.
    """

    echo_s: float
    _open: list[_Window] = field(default_factory=list)
    _silent: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    _lag_s: float = 0.0
    _owed_until: float = float("-inf")

    def expect(self, lit: bool, off_hook: bool, begun: float, ended: float, telling: bool) -> None:
        """Note a write that the device may echo; `telling` if it surely changed the LED."""
        self._close(begun)
        window = _Window(lit, off_hook, begun, ended, ended + self.echo_s, telling)
        self._open = [*self._open[-7:], window]

    def confirms(self, at: float, lit: bool | None = None) -> bool:
        """Take a report that came at `at`; return whether it is an echo and no press.

        `lit` is what it says of the control, None if a report says no more than *pressed*. Each
        write has one echo.
        """
        self._close(at)
        for n, window in enumerate(self._open):
            if window.begun <= at and lit in (None, window.lit):
                self._open = self._open[:n] + self._open[n + 1 :]
                return self._judge(window, self._familiar(at - window.ended))
        return False

    def owed(self, at: float) -> bool:
        """Whether an echo may still come, although its write seems to have had one."""
        return at <= self._owed_until

    def _judge(self, window: _Window, familiar: bool) -> bool:
        """Return whether the first report in `window` is its echo, and learn from it.

        A finger keeps no time: what a silent device says now and then teaches nothing, unless it
        always comes as late as the last.
        """
        expected = self._expected(window)
        if expected or familiar:
            self._learn(window.off_hook, -1)
        if expected is not familiar:
            # A finger may have come before the echo; or an echo is taken for a press, and then the
            # answer to it is echoed like any other write: that must not open a microphone.
            self._owed_until = max(self._owed_until, window.until)
        return expected

    def _familiar(self, lag_s: float) -> bool:
        """Whether an echo came as they always do, so that it surely was none of a finger's."""
        before, self._lag_s = self._lag_s, lag_s
        return lag_s <= _NO_FINGER_S or abs(lag_s - before) <= _ECHO_LAG_S

    def _expected(self, window: _Window) -> bool:
        enough = _SILENT_TO_OPEN if window.lit else _SILENT_TO_MUTE
        return self._silent[window.off_hook] < enough

    def _close(self, now: float) -> None:
        for window in self._open:
            if window.until < now and window.telling:
                self._learn(window.off_hook, 1)
        self._open = [window for window in self._open if window.until >= now]

    def _learn(self, off_hook: bool, silent: int) -> None:
        self._silent[off_hook] = max(-_SURE, min(_SURE, self._silent[off_hook] + silent))


@frozen
class _Write:
    """One LED as it was and as it is now; `before` is None if nobody knows.

    `maybe_off`: if nobody knows, it is off or as before: only lighting it can have changed it.
    """

    before: bool | None
    lit: bool
    off_hook: bool
    begun: float
    ended: float
    maybe_off: bool

    @property
    def changed(self) -> bool:
        """Whether the LED may have changed, so that the device may say so."""
        return self.lit is not self.before and (self.lit or not self.maybe_off)


@dataclass(slots=True)
class _OneShot:
    """A push button: 1 is a press, 0 is nothing. Tells presses from echoes and repeats."""

    timing: PressTiming
    answerable: bool
    echoes: EchoFilter
    seen_at: float = float("-inf")
    _unanswered_until: float = float("-inf")
    _blinked_at: float = float("-inf")
    _answered_at: float = float("-inf")
    _ignored_at: float = float("-inf")
    _lag_s: float = 0.0
    _alike: int = 0

    def pressed(self, at: float, muted: bool) -> bool:
        """Take a report that says 1; return whether it is a press of its own.

        `muted`: whether a press would open the microphone.
        """
        double = at - max(self.seen_at, self._answered_at) <= self.timing.double_s
        self.seen_at = at
        if double:
            return False
        repeated = at <= self._unanswered_until
        if not repeated and self.echoes.confirms(at):
            return False
        if self._loops(at) and muted:
            self._ignored_at = at
            return False
        if self.answerable:
            self._unanswered_until = at + self.timing.repeat_s + self.timing.double_s
        return not repeated

    @property
    def answer_due(self) -> float | None:
        """When a press that nothing has answered yet needs an answer; None: there is none."""
        if self.seen_at >= self._unanswered_until or self._blinked_at >= self.seen_at:
            return None
        return self.seen_at + _BLINK * self.timing.repeat_s

    def blinked(self, now: float) -> None:
        """Note that the answer is on its way."""
        self._blinked_at = now

    def _loops(self, at: float) -> bool:
        """Count presses that follow the answer to the last as fast as that followed its own.

        What is ignored for that has no answer: from then on they follow each other.
        """
        before, self._lag_s = self._lag_s, at - max(self._answered_at, self._ignored_at)
        self._alike = self._alike + 1 if abs(self._lag_s - before) <= _LOOP_LAG_S else 0
        return self._alike >= _LOOP

    def written(self, write: _Write) -> None:
        """Take what the host wrote: it answers a press, or the device may echo it."""
        if write.lit is write.before:
            return
        answer = write.ended <= self._unanswered_until
        if answer:
            self._unanswered_until, self._answered_at = float("-inf"), write.ended
        if write.changed and (not answer or self.echoes.owed(write.begun)):
            telling = write.before is not None and not answer
            self.echoes.expect(write.lit, write.off_hook, write.begun, write.ended, telling)


@dataclass(slots=True)
class _Level:
    """A mute switch: the value is the device's own state.

    Its unmuting counts only from a device that has itself said *muted* since the host last said
    otherwise: a stale bit in some other key's report must not open a microphone. What it says once
    more, sooner after the host said otherwise than a finger could, crossed that on its way.
    """

    echoes: EchoFilter
    reported: bool | None = None
    _overruled: bool | None = None
    _overruled_at: float = float("-inf")

    def pressed(self, value: bool, target: bool, at: float) -> bool:
        before, self.reported = self.reported, value
        if value is before or self.echoes.confirms(at, value) or value is target:
            return False
        crossed = value is self._overruled and at <= self._overruled_at + _NO_FINGER_S
        if before is None and crossed:
            return False
        return value or before is True

    def written(self, write: _Write) -> None:
        if self.reported is write.lit:
            return
        if self.reported is not None:
            self._overruled, self._overruled_at = self.reported, write.ended
        self.reported = None
        if write.changed:
            telling = write.before is not None
            self.echoes.expect(write.lit, write.off_hook, write.begun, write.ended, telling)


@dataclass(slots=True)
class _Hook:
    """The hook switch as a level whose edges count; the device confirms what the host writes."""

    timing: PressTiming
    off: bool = False
    _unconfirmed: list[WrittenLeds] = field(default_factory=list)

    def moved(self, off: bool, target: bool, at: float) -> bool:
        """Take the level in a report; return whether somebody moved it."""
        before, self.off = self.off, off
        open_until = self.timing.echo_s
        pending = [one for one in self._unconfirmed if at <= one.ended + open_until]
        if off is before:
            self._unconfirmed = pending
            return False
        confirmed = [n for n, one in enumerate(pending) if one.off_hook is off]
        self._unconfirmed = pending[confirmed[0] + 1 :] if confirmed else pending
        return off is not target and not confirmed

    def written(self, before: bool | None, entry: WrittenLeds) -> None:
        if entry.off_hook is not before and entry.off_hook is not self.off:
            self._unconfirmed = [*self._unconfirmed[-7:], entry]


class Telephony:
    """The input side of one device, from its connection on."""

    def __init__(
        self,
        layout: ReportLayout,
        leds: Leds,
        timing: PressTiming,
        mute_switch: bool | None = None,
    ) -> None:
        """`mute_switch`: whether mute has a position; None: its descriptor says."""
        self._mutes = mute_keys(layout)
        self._switches = {
            control
            for control in layout.find(Usage.PHONE_MUTE, ReportType.INPUT)
            if (control.switch if mute_switch is None else mute_switch and not control.relative)
        }
        self._hooks = layout.find(Usage.HOOK_SWITCH, ReportType.INPUT)
        self._keys = Keys(layout, timing)
        self._timing = timing
        self._mute_shot = _OneShot(timing, bool(leds.mute), EchoFilter(timing.echo_s))
        self._mute_level = _Level(EchoFilter(timing.echo_s))
        self._hook_shot = _OneShot(timing, bool(leds.off_hook), EchoFilter(timing.echo_s))
        self._hook = _Hook(timing)
        self._target = (False, False)
        self._lit: tuple[bool | None, bool | None] = (None, None)
        self._maybe_off = True

    @property
    def has_hook(self) -> bool:
        return bool(self._hooks)

    @property
    def off_hook(self) -> bool:
        """The hook as the device last reported it; on-hook until it did."""
        return self._hook.off

    @property
    def positions(self) -> tuple[int, ...]:
        """The reports that tell where mute switches stand."""
        return tuple(sorted({control.report_id for control in self._switches}))

    @property
    def answer_due(self) -> float | None:
        """When a press of mute needs an answer, if it gets none before."""
        return self._mute_shot.answer_due

    def blinked(self, now: float) -> None:
        """Note that the Mute LED blinks now: that is the answer."""
        self._mute_shot.blinked(now)

    def read(self, report_id: int, payload: bytes, at: float) -> list[Press]:
        """Return the presses in an input report that came at `at`."""
        presses = self._keys.read(report_id, payload, at)
        muted = self._mute_pressed(report_id, payload, at)
        muting = muted or at - self._mute_shot.seen_at <= self._timing.double_s
        if self._hook_moved(report_id, payload, at) and not muting:
            presses.append(Press.HOOK_OFF if not self._target[1] else Press.HOOK_ON)
        return [Press.MUTE, *presses] if muted else presses

    def stands(self, report_id: int, payload: bytes, at: float) -> list[Press]:
        """Take where things stand as the connection begins; only a switch at muted is a press."""
        for control in self._hooks:
            if control.report_id == report_id and not control.relative:
                self._hook.off = bool(control.value(payload))
        return [Press.MUTE] if self._mute_pressed(report_id, payload, at) else []

    def asked(self, muted: bool, off_hook: bool) -> None:
        """Note the host's target from now on, written or not."""
        self._target = (muted, off_hook)

    def wrote(self, written: WrittenLeds) -> None:
        """Note that all LEDs were written."""
        before_muted, before_off_hook = self._lit
        rest = (written.off_hook, written.begun, written.ended, self._maybe_off)
        mute = _Write(before_muted, written.muted, *rest)
        self._mute_shot.written(mute)
        self._mute_level.written(mute)
        self._hook_shot.written(_Write(before_off_hook, written.off_hook, *rest))
        self._hook.written(before_off_hook, written)
        self._lit, self._maybe_off = (written.muted, written.off_hook), False

    def leds_unknown(self) -> None:
        """Note that a write failed: what the LEDs show is not known."""
        self._lit, self._maybe_off = (None, None), False

    def leds_forgotten(self) -> None:
        """Note that the device may have put its LEDs out."""
        self._lit, self._maybe_off = (None, None), True

    def _mute_pressed(self, report_id: int, payload: bytes, at: float) -> bool:
        pressed = False
        for key in self._mutes:
            if key.control.report_id != report_id:
                continue
            if key.control in self._switches:
                value = bool(key.control.value(payload))
                pressed |= self._mute_level.pressed(value, self._target[0], at)
            elif key.pressed(payload):
                pressed |= self._mute_shot.pressed(at, self._target[0])
        return pressed

    def _hook_moved(self, report_id: int, payload: bytes, at: float) -> bool:
        moved = False
        for control in self._hooks:
            if control.report_id != report_id:
                continue
            value = bool(control.value(payload))
            if not control.relative:
                moved |= self._hook.moved(value, self._target[1], at)
            elif value:
                moved |= self._hook_shot.pressed(at, muted=False)
        return moved


class TelephonySession:
    """One connection.

    `heard` gets the presses in every input report (often none) and when it came, `settled` what
    became of a `write_leds` (None: done).
    """

    def __init__(
        self,
        layout: ReportLayout,
        timing: PressTiming,
        mute_led: MuteLed,
        heard: Callable[[list[Press], float], None],
        settled: Callable[[str | None], None],
        mute_switch: bool | None = None,
        *,
        asks: bool = True,
    ) -> None:
        """`mute_switch`: as in Telephony. `asks`: whether a GET_REPORT does the device no harm."""
        self.leds = Leds(layout, mute_led)
        self.telephony = Telephony(layout, self.leds, timing, mute_switch)
        self._questions = deque(self.telephony.positions if asks else ())
        self._awaited: dict[int, float] = {}  # until when
        self._asking: int | None = None
        self.written: WrittenLeds | None = None
        self._heard, self._settled = heard, settled
        self._target = (False, False)
        self._queue: deque[bytes] = deque()
        self._flying = False
        self._begun = 0.0
        self._begins = False
        self._retry_at: float | None = None
        self._fresh = True
        self._blinking = False

    def write_leds(self, muted: bool, off_hook: bool) -> None:
        """Have the LEDs written; without any, it is done at once."""
        self._target = (muted, off_hook)
        self.telephony.asked(muted, off_hook)
        self._write_all()
        if not self._queue:
            self._settled(None)

    def rewrite(self) -> None:
        """Have everything written again, because the device may have forgotten it (a resume)."""
        self._fresh = True
        self.telephony.leds_forgotten()
        self._write_all()

    def receive(self, chunk: Chunk) -> None:
        if len(chunk.data) < 2 or chunk.data[0] != _INPUT:
            return
        report_id, payload = chunk.data[1], chunk.data[2:]
        if chunk.at <= self._awaited.pop(report_id, float("-inf")):
            self._heard(self.telephony.stands(report_id, payload, chunk.at), chunk.at)
            return
        was_off_hook = self.telephony.off_hook
        presses = self.telephony.read(report_id, payload, chunk.at)
        if self.telephony.off_hook and not was_off_hook and self._target[1]:
            self.telephony.leds_forgotten()
            self._write_all()
        self._heard(presses, chunk.at)

    def tick(self, now: float) -> None:
        if self._retry_at is not None and now >= self._retry_at:
            self._write_all()
        answer_due = self.telephony.answer_due
        if self._idle and answer_due is not None and now >= answer_due:
            self.telephony.blinked(now)
            self._blink()

    def due(self) -> float | None:
        answer_due = self.telephony.answer_due if self._idle else None
        return min((at for at in (self._retry_at, answer_due) if at is not None), default=None)

    def outbox(self, now: float) -> bytes | None:
        if self._flying:
            return None
        if self._questions:
            self._flying, self._asking = True, self._questions.popleft()
            self._awaited[self._asking] = float("inf")
            return bytes((_INPUT, self._asking))
        if not self._queue:
            return None
        if self._begins:
            self._begins, self._begun = False, now
        self._flying = True
        return self._queue.popleft()

    def sent(self, now: float) -> None:
        self._flying = False
        asked, self._asking = self._asking, None
        if asked is not None and asked in self._awaited:
            self._awaited[asked] = now + _ANSWER_S
        if self._queue or asked is not None:
            return
        if self._blinking:
            muted, off_hook = self._target
            self.telephony.wrote(WrittenLeds(not muted, off_hook, self._begun, now))
            self._write_all()
        else:
            self._fresh = False
            self.written = WrittenLeds(*self._target, self._begun, now)
            self.telephony.wrote(self.written)
            self._settled(None)

    def failed(self, now: float, why: str) -> None:
        self._flying = False
        if self._asking is not None:  # many refuse it; then a switch is known once it is moved
            self._awaited.pop(self._asking, None)
            self._asking = None
            return
        self.written = None
        self.telephony.leds_unknown()
        if not self._begins:  # else a newer target stands in the queue, whole
            self._queue.clear()
            self._retry_at = now + RETRY_S
            self._settled(why)

    @property
    def _idle(self) -> bool:
        """Whether every LED is as it shall be, so that one may blink."""
        return not self._queue and not self._flying and self._retry_at is None

    def _blink(self) -> None:
        """Write the Mute LED as it is not; once that is sent, all is written as it shall be."""
        muted, off_hook = self._target
        self._queue = deque(self.leds.frames(not muted, off_hook))
        self._begins = self._blinking = True

    def _write_all(self) -> None:
        if self._blinking and self._flying:
            self.telephony.leds_unknown()
        self._blinking = False
        self._queue = deque(self.leds.frames(*self._target))
        if self._fresh:
            self._queue += self.leds.off()
        self._begins = True
        self._retry_at = None
