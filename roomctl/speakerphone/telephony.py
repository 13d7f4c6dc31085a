"""Input reports to presses of mute, hook and keys. Knows no clock, no port and no meeting.

What a report means is decided from the descriptor's flags, never from the vendor. Hook is a level:
while off-hook every report carries it, so only its edges count, and a report that carries a mute
press never moves the hook: a mute press cannot end a call. What the device says to confirm what
the host wrote is no press; neither is what it repeats because nobody answered.

The LED that the host writes is its answer to a press, and no device is known to echo an answer. One
that did would toggle itself without end, and so would one that repeats a press because it does not
take the answer: after two dozen presses that all came as late after the answer as the one before,
the microphone stays muted until that stops.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from roomctl.speakerphone.echo import Echoes
from roomctl.speakerphone.keys import Keys
from roomctl.speakerphone.layout import Direction, Layout
from roomctl.speakerphone.lights import REPORT_TYPES, Lights, MuteLed
from roomctl.speakerphone.press import Press, Timing, Written
from roomctl.speakerphone.usage import Usage

_LOOP = 24  # presses
_SAME_LAG_S = 0.02

__all__ = ["REPORT_TYPES", "Lights", "MuteLed", "Press", "Telephony", "Timing", "Written"]


@dataclass(frozen=True, slots=True)
class _Write:
    """One LED as it was and as it is now; `before` is None if nobody knows.

    `dark`: if nobody knows, it is dark or as before: only lighting it can have changed it.
    """

    before: bool | None
    lit: bool
    off_hook: bool
    begun: float
    ended: float
    dark: bool

    @property
    def changed(self) -> bool:
        """Whether the LED may have changed, so that the device may say so."""
        return self.lit is not self.before and (self.lit or not self.dark)


@dataclass(slots=True)
class _OneShot:
    """A relative control: 1 is a press, 0 is nothing. Tells presses from echoes and repeats."""

    timing: Timing
    answerable: bool
    echoes: Echoes
    seen_at: float = float("-inf")
    _unanswered_until: float = float("-inf")
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

    def _loops(self, at: float) -> bool:
        """Count presses that follow the answer to the last as fast as that followed its own.

        What is ignored for that has no answer: from then on they follow each other.
        """
        before, self._lag_s = self._lag_s, at - max(self._answered_at, self._ignored_at)
        self._alike = self._alike + 1 if abs(self._lag_s - before) <= _SAME_LAG_S else 0
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
    """An absolute mute control: the value is the device's own state.

    Its unmuting counts only from a device that has itself said *muted* since the host last said
    otherwise: a stale bit in some other key's report must not open a microphone.
    """

    echoes: Echoes
    reported: bool | None = None

    def pressed(self, value: bool, wanted: bool, at: float) -> bool:
        before, self.reported = self.reported, value
        if value is before or self.echoes.confirms(at, value) or value is wanted:
            return False
        return value or before is True

    def written(self, write: _Write) -> None:
        if self.reported is write.lit:
            return
        self.reported = None
        if write.changed:
            telling = write.before is not None
            self.echoes.expect(write.lit, write.off_hook, write.begun, write.ended, telling)


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
        self._mutes = layout.find(Usage.PHONE_MUTE, Direction.INPUT)
        self._hooks = layout.find(Usage.HOOK_SWITCH, Direction.INPUT)
        self._keys = Keys(layout, timing)
        self._timing = timing
        self._mute_shot = _OneShot(timing, bool(lights.mute), Echoes(timing.echo_s))
        self._mute_level = _Level(Echoes(timing.echo_s))
        self._hook_shot = _OneShot(timing, bool(lights.off_hook), Echoes(timing.echo_s))
        self._hook = _Hook(timing)
        self._wanted = (False, False)
        self._lit: tuple[bool | None, bool | None] = (None, None)
        self._dark = True

    @property
    def has_hook(self) -> bool:
        return bool(self._hooks)

    @property
    def off_hook(self) -> bool:
        """The hook as the device last reported it; on-hook until it did."""
        return self._hook.off

    def read(self, report_id: int, payload: bytes, at: float) -> list[Press]:
        """Return the presses in an input report that came at `at`."""
        presses = self._keys.read(report_id, payload, at)
        muted = self._mute_pressed(report_id, payload, at)
        muting = muted or at - self._mute_shot.seen_at <= self._timing.double_s
        if self._hook_moved(report_id, payload, at) and not muting:
            presses.append(Press.HOOK_OFF if not self._wanted[1] else Press.HOOK_ON)
        return [Press.MUTE, *presses] if muted else presses

    def asked(self, muted: bool, off_hook: bool) -> None:
        """Note what the host wants from now on, written or not."""
        self._wanted = (muted, off_hook)

    def wrote(self, written: Written) -> None:
        """Note that all LEDs were written."""
        before_muted, before_off_hook = self._lit
        rest = (written.off_hook, written.begun, written.ended, self._dark)
        mute = _Write(before_muted, written.muted, *rest)
        self._mute_shot.written(mute)
        self._mute_level.written(mute)
        self._hook_shot.written(_Write(before_off_hook, written.off_hook, *rest))
        self._hook.written(before_off_hook, written)
        self._lit, self._dark = (written.muted, written.off_hook), False

    def doubt(self) -> None:
        """Note that a write failed: what the LEDs show is not known."""
        self._lit, self._dark = (None, None), False

    def forgotten(self) -> None:
        """Note that the device may have put its LEDs out."""
        self._lit, self._dark = (None, None), True

    def _mute_pressed(self, report_id: int, payload: bytes, at: float) -> bool:
        pressed = False
        for control in self._mutes:
            if control.report_id != report_id:
                continue
            value = bool(control.value(payload))
            if not control.relative:
                pressed |= self._mute_level.pressed(value, self._wanted[0], at)
            elif value:
                pressed |= self._mute_shot.pressed(at, self._wanted[0])
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
                moved |= self._hook_shot.pressed(at, muted=False)
        return moved
