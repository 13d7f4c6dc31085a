"""What the host shows on the device: wishes in, whole output reports out. Knows no port.

State is per report, not per LED: every write carries all LEDs of a report, and whatever is not
lit is written dark. So no LED clears another, whoever asked for it last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from roomctl.speakerphone.layout import Control, Direction, Layout
from roomctl.speakerphone.usage import Usage

MuteLed = Literal["mute", "microphone", "both"]

REPORT_TYPES = {Direction.INPUT: 1, Direction.OUTPUT: 2, Direction.FEATURE: 3}


class Lights:
    """The call-control LEDs of one device. Ring and Hold stay dark: no calls come in here."""

    def __init__(self, layout: Layout, mute_led: MuteLed = "mute") -> None:
        self._layout = layout
        self.off_hook = _first(layout, Usage.LED_OFF_HOOK)
        self._never = _first(layout, Usage.LED_RING) + _first(layout, Usage.LED_HOLD)
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
        values = [(control, off_hook) for control in self.off_hook]
        return self._reports(values + [(control, muted) for control in self.mute])

    def dark(self) -> list[bytes]:
        """Return the reports that put out what another program may have left ringing or on hold.

        On most devices these LEDs share a report with the others, and this is empty.
        """
        shared = {_report(control) for control in self.off_hook + self.mute}
        return self._reports([(one, False) for one in self._never if _report(one) not in shared])

    def _reports(self, values: Iterable[tuple[Control, bool]]) -> list[bytes]:
        shadow: dict[tuple[Direction, int], bytearray] = {}
        for control, lit in values:
            report = _report(control)
            length = self._layout.payload_bytes(*report) or 0
            control.put(shadow.setdefault(report, bytearray(length)), int(lit))
        return [
            bytes((REPORT_TYPES[direction], report_id)) + payload
            for (direction, report_id), payload in shadow.items()
        ]


def _first(layout: Layout, usage: Usage) -> tuple[Control, ...]:
    return layout.find(usage, Direction.OUTPUT, Direction.FEATURE)[:1]


def _report(control: Control) -> tuple[Direction, int]:
    return control.direction, control.report_id
