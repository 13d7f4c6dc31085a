"""The keys that are neither mute nor hook: volume, reject, flash … Knows no room and no clock.

A key in an absolute field is pressed when its bit rises, in a relative one with every 1 (a value
below 0 is the opposite key's). Some devices declare a key twice, in a consumer and in a telephony
report, and say it in both: within 50 ms that is one press.
"""

from __future__ import annotations

from dataclasses import dataclass

from roomctl.speakerphone.layout import Control, Direction, Layout
from roomctl.speakerphone.press import Press, Timing
from roomctl.speakerphone.usage import Usage

_HOLD_KEY = 0x000B_0023

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
    control: Control
    down: bool = False

    def pressed(self, payload: bytes) -> bool:
        was, self.down = self.down, self.control.value(payload) > 0
        return self.down and (self.control.relative or not was)


class Keys:
    """The keys of one device, from its connection on."""

    def __init__(self, layout: Layout, timing: Timing) -> None:
        self._keys = [
            _Key(press, control)
            for usage, press in PRESSES.items()
            for control in layout.find(usage, Direction.INPUT)
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
