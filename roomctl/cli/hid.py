"""`hid`: saying what a report descriptor declares; opens no device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, BinaryIO

from roomctl.cli import hid_text
from roomctl.speakerphone.hid import (
    Field,
    ReportControl,
    ReportLayout,
    ReportType,
    Usage,
    read_descriptor,
    usage_name,
)

_KINDS = {ReportType.INPUT: "in", ReportType.OUTPUT: "out", ReportType.FEATURE: "feature"}
_SHOWN = (ReportType.OUTPUT, ReportType.FEATURE)


def read(words: Sequence[str], stdin: BinaryIO) -> ReportLayout:
    """Read the descriptor that `words` give; raise RoomctlError if they give none."""
    return read_descriptor(hid_text.read(words, stdin))


def record(layout: ReportLayout) -> dict[str, Any]:
    """Return a layout for programs: one entry for each value that is the state of one usage.

    What has no usage is padding and not listed. Arrays are not listed either: their values are
    numbers of usages, of which one field may name thousands, and no bit belongs to any of them.
    """
    lengths = {
        str(report_id): layout.payload_bytes(report_type, report_id)
        for report_type, report_id in layout.bits
        if report_type is ReportType.OUTPUT
    }
    return {
        "controls": [
            {
                "usage": usage_name(control.usage),
                "dir": str(control.report_type),
                "report_id": control.report_id,
                "bit": control.bit,
                "size": control.size,
                "constant": control.constant,
                "relative": control.relative,
            }
            for control in layout.controls()
        ],
        "output_report_payload_bytes": lengths,
    }


def words(layout: ReportLayout) -> str:
    """Return a layout for a person: every control, every length, and what a call gets of it."""
    rows: list[tuple[str, ...]] = [("report", "bit", "size", "control", "")]
    for declared in layout.fields:
        rows += [_array(declared)] if declared.array else _variables(declared)
    lines = [*_aligned(rows), ""] if len(rows) > 1 else []
    for (report_type, report_id), bits in layout.bits.items():
        length = (bits + 7) // 8
        plural = "" if length == 1 else "s"
        lines.append(f"report {report_id} {_KINDS[report_type]}: {length} byte{plural} of payload")
    return "\n".join([*lines, *([""] if layout.bits else []), *_call(layout)])


def _variables(declared: Field) -> Iterator[tuple[str, ...]]:
    """Yield a row for each control; neighbours of one usage share one."""
    index = 0
    for usage, alike in groupby(declared.named()):
        count = len(list(alike))
        control = declared.control(usage, index)
        index += count
        times = f" x {count}" if count > 1 else ""
        yield (*_place(declared, control.bit), f"{usage_name(usage)}{times}", _behaviour(control))


def _array(declared: Field) -> tuple[str, ...]:
    first, last = declared.usages[0][0], declared.usages[-1][-1]
    what = f"{usage_name(first)} to {usage_name(last)}" if first != last else usage_name(first)
    times = f" x {declared.count}" if declared.count > 1 else ""
    return (*_place(declared, declared.bit), f"{what}{times}", "the number of one of them")


def _place(declared: Field, bit: int) -> tuple[str, str, str]:
    report = f"{declared.report_id} {_KINDS[declared.report_type]}"
    return report, str(bit), str(declared.size)


def _behaviour(control: ReportControl) -> str:
    if control.report_type is not ReportType.INPUT:
        return "set by the host"
    flagged = ", flagged constant" if control.constant else ""
    return ("a pulse or a step" if control.relative else "a state") + flagged


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True)).rstrip()
        for row in rows
    ]


def _call(layout: ReportLayout) -> Iterator[str]:
    """Yield what a room can do in a call with such a device."""
    mute = layout.find(Usage.PHONE_MUTE, ReportType.INPUT)
    hook = layout.find(Usage.HOOK_SWITCH, ReportType.INPUT)
    light = layout.find(Usage.LED_MUTE, *_SHOWN) or layout.find(Usage.LED_MICROPHONE, *_SHOWN)
    off_hook = layout.find(Usage.LED_OFF_HOOK, *_SHOWN)
    behaviour = "a pulse for each press" if mute and mute[0].relative else "its own state"
    yield f"mute button: {f'{_where(mute[0])}, {behaviour}' if mute else 'none'}"
    yield f"mute light: {_where(light[0]) if light else 'none; only the panel shows mute'}"
    yield f"hook: {_where(hook[0]) if hook else 'none; calls are left on the panel'}"
    yield f"off-hook light: {_where(off_hook[0]) if off_hook else 'none'}"
    volume = layout.find(Usage.VOLUME_UP, ReportType.INPUT)
    yield f"volume keys: {_where(volume[0]) if volume else 'none'}"


def _where(control: ReportControl) -> str:
    return f"report {control.report_id} bit {control.bit}"
