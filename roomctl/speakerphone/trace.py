"""What was said on a speakerphone's port, read again: reports in, their meaning out.

Knows no port and no clock. The same layout, profile and reports always give the same presses, so
what somebody pasted into an issue can be replayed.
"""

from __future__ import annotations

from dataclasses import dataclass

from roomctl.speakerphone.layout import Control, Direction, Layout
from roomctl.speakerphone.lights import Lights, MuteLed
from roomctl.speakerphone.press import Timing, Written
from roomctl.speakerphone.telephony import REPORT_TYPES, Telephony
from roomctl.speakerphone.usage import Usage, usage_name
from roomctl.wire import Record, Ring

REPORTS = 50
_DIRECTIONS = {number: direction for direction, number in REPORT_TYPES.items()}
_LARGEST = 64 * 1024
_LED_PAGE = 0x08


def ring() -> Ring:
    """Return what keeps the last 50 reports of a speakerphone, and its comings and goings."""
    return Ring(2 * REPORTS, _LARGEST)


def last(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Return the records from the last 50th report on."""
    reports = [n for n, record in enumerate(records) if record.data]
    return records[reports[-REPORTS] :] if len(reports) > REPORTS else records


@dataclass(frozen=True, slots=True)
class Manner:
    """What of a profile decides what a report means."""

    mute_led: MuteLed
    timing: Timing


class Reader:
    """Says what records mean, in their order: a press is none without what was written before."""

    def __init__(self, layout: Layout, manner: Manner) -> None:
        self._layout, self._manner = layout, manner
        self._begin()

    def _begin(self) -> None:
        self._lights = Lights(self._layout, self._manner.mute_led)
        self._telephony = Telephony(self._layout, self._lights, self._manner.timing)
        self._lit: dict[Control, bool] = {}

    def read(self, record: Record) -> tuple[str, ...]:
        """Return the presses in an input report, or the LEDs that a written one lights."""
        if record.direction == "open":
            self._begin()
        if len(record.data) < 2 or record.data[0] not in _DIRECTIONS:
            return ()
        report = (_DIRECTIONS[record.data[0]], record.data[1])
        if record.direction == "in":
            return self._heard(record)
        if record.note:
            self._lit.clear()
            self._telephony.doubt()
            return ()
        self._wrote(report, record)
        return self._shown(report, record.data[2:])

    def _heard(self, record: Record) -> tuple[str, ...]:
        phone = self._telephony
        was_off_hook = phone.off_hook
        presses = phone.read(record.data[1], record.data[2:], record.at)
        if phone.off_hook and not was_off_hook and self._wanted[1]:
            phone.forgotten()  # as the session does, which writes everything again
        return tuple(str(press) for press in presses)

    @property
    def _wanted(self) -> tuple[bool, bool]:
        lights = self._lights
        muted, off_hook = (
            any(self._lit.get(control, False) for control in controls)
            for controls in (lights.mute, lights.off_hook)
        )
        return muted, off_hook

    def _wrote(self, report: tuple[Direction, int], record: Record) -> None:
        """Take a written report; the state is known once each LED's was written."""
        ours = self._lights.off_hook + self._lights.mute
        for control in ours:
            if (control.direction, control.report_id) == report:
                self._lit[control] = bool(control.value(record.data[2:]))
        if len(self._lit) == len(set(ours)):
            muted, off_hook = self._wanted
            self._telephony.asked(muted, off_hook)
            self._telephony.wrote(Written(muted, off_hook, record.at, record.at))

    def _shown(self, report: tuple[Direction, int], payload: bytes) -> tuple[str, ...]:
        return tuple(
            usage_name(control.usage)
            for control in self._layout.controls()
            if (control.direction, control.report_id) == report
            and control.usage >> 16 == _LED_PAGE
            and control.value(payload)
        )


def mute_reports(layout: Layout, records: tuple[Record, ...]) -> list[float]:
    """Return when input reports said that mute is pressed, or of a state, that it is another."""
    controls = layout.find(Usage.PHONE_MUTE, Direction.INPUT)
    found, level = [], dict[Control, bool]()
    for record in records:
        for control in controls:
            if record.direction != "in" or record.data[1] != control.report_id:
                continue
            value = bool(control.value(record.data[2:]))
            if value if control.relative else value is not level.get(control, False):
                found.append(record.at)
            level[control] = value
    return found
