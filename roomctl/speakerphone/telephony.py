"""Reports to presses, mute and off-hook to reports. Knows no clock, no port and no meeting.

What a report means is decided from the descriptor's flags, never from the vendor. Hook is a level:
while off-hook every report carries it, so only its edges count, and a report that carries a mute
press never moves the hook: a mute press cannot end a call. What the device says to confirm what
the host wrote is no press; neither is what it repeats because nobody answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from roomctl.speakerphone.hid import Control, Direction, Layout
from roomctl.speakerphone.usage import Usage

MuteLed = Literal["mute", "microphone", "both"]

REPORT_TYPES = {Direction.INPUT: 1, Direction.OUTPUT: 2, Direction.FEATURE: 3}


class Press(StrEnum):
    """What somebody did to the device. Each is a request: the room decides."""

    MUTE = "mute"  # mute, or unmute
    HOOK_OFF = "hook_off"  # went off-hook: picked up
    HOOK_ON = "hook_on"  # went on-hook: hung up


@dataclass(frozen=True, slots=True)
class Timing:
    """How long what a device says may still be an answer or a repetition, in seconds.

    Jabra repeats an unanswered press after at most 2.5 s (developer.jabra.com, call control);
    Plantronics sends one press twice within 50 ms (WICG/webhid#61).
    """

    echo_s: float = 2.5
    repeat_s: float = 2.5
    double_s: float = 0.05


@dataclass(frozen=True, slots=True)
class Written:
    """What the host wrote: from when on the device can answer it, and since when it stands."""

    muted: bool
    off_hook: bool
    begun: float
    ended: float


class Lights:
    """The call-control LEDs: always whole reports, so that no LED clears another."""

    def __init__(self, layout: Layout, mute_led: MuteLed = "mute") -> None:
        self._layout = layout
        self.off_hook = _first(layout, Usage.LED_OFF_HOOK)
        mute, microphone = _first(layout, Usage.LED_MUTE), _first(layout, Usage.LED_MICROPHONE)
        wanted = {
            "mute": mute or microphone,
            "microphone": microphone or mute,
            "both": mute + microphone,
        }
        self.mute: tuple[Control, ...] = wanted[mute_led]

    def frames(self, muted: bool, off_hook: bool) -> list[bytes]:
        """Return every report that carries one of these LEDs, whole; off-hook is written first.

        Off-hook first, because on some devices mute has a meaning only while off-hook
        (gnaudio/jabra-browser-integration#49).
        """
        shadow: dict[tuple[Direction, int], bytearray] = {}
        values = [(control, off_hook) for control in self.off_hook]
        values += [(control, muted) for control in self.mute]
        for control, lit in values:
            report = (control.direction, control.report_id)
            length = self._layout.payload_bytes(*report) or 0
            control.put(shadow.setdefault(report, bytearray(length)), int(lit))
        return [
            bytes((REPORT_TYPES[direction], report_id)) + payload
            for (direction, report_id), payload in shadow.items()
        ]


def _first(layout: Layout, usage: Usage) -> tuple[Control, ...]:
    return layout.find(usage, Direction.OUTPUT, Direction.FEATURE)[:1]


@dataclass(slots=True)
class _OneShot:
    """A relative control: 1 is a press, 0 is nothing. Tells presses from echoes and repeats."""

    timing: Timing
    answerable: bool
    seen_at: float = float("-inf")
    _unanswered_until: float = float("-inf")
    _answered_at: float = float("-inf")
    _echo: tuple[float, float] | None = None

    def pressed(self, at: float) -> bool:
        """Take a report that says 1; return whether it is a press of its own."""
        double = at - max(self.seen_at, self._answered_at) <= self.timing.double_s
        self.seen_at = at
        if double:
            return False
        repeated = at <= self._unanswered_until
        if not repeated and self._echo is not None and self._echo[0] <= at <= self._echo[1]:
            self._echo = None  # one write has one echo: a second report is a press
            return False
        if self.answerable:
            self._unanswered_until = at + self.timing.repeat_s + self.timing.double_s
        return not repeated

    def written(self, before: bool | None, lit: bool, begun: float, ended: float) -> None:
        """Take what the host wrote: it answers a press, or the device will echo it."""
        if lit is before:
            return
        if ended <= self._unanswered_until:
            self._unanswered_until, self._answered_at = float("-inf"), ended
        elif lit or before is not None:
            self._echo = (begun, ended + self.timing.echo_s)


@dataclass(slots=True)
class _Level:
    """An absolute mute control: the value is the device's own state.

    Its unmuting counts only from a device that has itself said *muted* since the host last said
    otherwise: a stale bit in some other key's report must not open a microphone.
    """

    reported: bool | None = None

    def pressed(self, value: bool, wanted: bool) -> bool:
        before, self.reported = self.reported, value
        if value is before or value is wanted:
            return False
        return value or before is True

    def written(self, lit: bool) -> None:
        if self.reported is not lit:
            self.reported = None


@dataclass(slots=True)
class _Hook:
    """The hook switch as a level whose edges count; the device confirms what the host writes."""

    timing: Timing
    off: bool = False
    _unconfirmed: list[Written] = field(default_factory=list)

    def moved(self, off: bool, wanted: bool, at: float) -> bool:
        """Take the level in a report; return whether somebody moved it."""
        before, self.off = self.off, off
        open_until = self.timing.echo_s
        pending = [one for one in self._unconfirmed if at <= one.ended + open_until]
        if off is before:
            self._unconfirmed = pending
            return False
        confirmed = [n for n, one in enumerate(pending) if one.off_hook is off]
        self._unconfirmed = pending[confirmed[0] + 1 :] if confirmed else pending
        return off is not wanted and not confirmed

    def written(self, before: bool | None, entry: Written) -> None:
        if entry.off_hook is not before and entry.off_hook is not self.off:
            self._unconfirmed = [*self._unconfirmed[-7:], entry]


class Telephony:
    """The input side of one device, from its connection on."""

    def __init__(self, layout: Layout, lights: Lights, timing: Timing) -> None:
        self._numbered = layout.numbered
        self._mutes = layout.find(Usage.PHONE_MUTE, Direction.INPUT)
        self._hooks = layout.find(Usage.HOOK_SWITCH, Direction.INPUT)
        self._timing = timing
        self._mute_shot = _OneShot(timing, answerable=bool(lights.mute))
        self._mute_level = _Level()
        self._hook_shot = _OneShot(timing, answerable=bool(lights.off_hook))
        self._hook = _Hook(timing)
        self._wanted = (False, False)
        self._lit: tuple[bool | None, bool | None] = (None, None)

    @property
    def has_hook(self) -> bool:
        return bool(self._hooks)

    @property
    def off_hook(self) -> bool:
        """The hook as the device last reported it; on-hook until it did."""
        return self._hook.off

    def read(self, report_id: int, payload: bytes, at: float) -> list[Press]:
        """Return the presses in an input report that came at `at`."""
        presses = []
        if self._mute_pressed(report_id, payload, at):
            presses.append(Press.MUTE)
        muting = at - self._mute_shot.seen_at <= self._timing.double_s
        if self._hook_moved(report_id, payload, at) and not presses and not muting:
            presses.append(Press.HOOK_OFF if not self._wanted[1] else Press.HOOK_ON)
        return presses

    def asked(self, muted: bool, off_hook: bool) -> None:
        """Note what the host wants from now on, written or not."""
        self._wanted = (muted, off_hook)

    def wrote(self, written: Written) -> None:
        """Note that all LEDs were written."""
        muted, off_hook = self._lit
        times = (written.begun, written.ended)
        self._mute_shot.written(muted, written.muted, *times)
        self._hook_shot.written(off_hook, written.off_hook, *times)
        self._mute_level.written(written.muted)
        self._hook.written(off_hook, written)
        self._lit = (written.muted, written.off_hook)

    def doubt(self) -> None:
        """Note that a write failed: what the LEDs show is not known."""
        self._lit = (None, None)

    def _mute_pressed(self, report_id: int, payload: bytes, at: float) -> bool:
        pressed = False
        for control in self._mutes:
            if control.report_id != report_id:
                continue
            value = bool(control.value(payload))
            if not control.relative:
                pressed |= self._mute_level.pressed(value, self._wanted[0])
            elif value:
                pressed |= self._mute_shot.pressed(at)
        return pressed

    def _hook_moved(self, report_id: int, payload: bytes, at: float) -> bool:
        moved = False
        for control in self._hooks:
            if control.report_id != report_id:
                continue
            value = bool(control.value(payload))
            if not control.relative:
                moved |= self._hook.moved(value, self._wanted[1], at)
            elif value:
                moved |= self._hook_shot.pressed(at)
        return moved
