r"""`hid`: saying what a report descriptor declares; opens no device.

A descriptor is read back from the ways in which people write it down: hex as typed (`05 0b`,
`0x05, 0x0b,`, `\x05\x0b`, with `//` or `#` remarks), an array of C, what hid-recorder, usbhid-dump,
xxd, `hexdump -C` and `od -t x1` print, the `rdesc` file of the kernel's debugfs, and the bytes
themselves as sysfs has them (`/sys/class/hidraw/hidraw0/device/report_descriptor`).
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from roomctl.errors import RoomctlError
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
    return read_descriptor(descriptor_bytes(words, stdin))


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


MOST_BYTES = 65536  # of a file: a descriptor of 4 KiB with all its remarks is far less

_REMARK = re.compile(r"//.*|#.*|/\*.*?\*/", re.ASCII)
_APART = re.compile(r"[\s,;:\"']+", re.ASCII)
_ARRAY = re.compile(r"\{([^{}]*)\}")
_HEX = re.compile(r"[0-9a-f]+", re.ASCII | re.IGNORECASE)
_BINARY = re.compile(r"[\0-\x08\x0e-\x1f\ufffd]")  # every device's Usage Page is such a byte
_RECORDED = re.compile(r"^R:\s*\d+(?P<bytes>(?:\s+[0-9a-f]{1,2})+)\s*$", re.I | re.M)
_DUMPED = re.compile(
    r"^\d{3}:\d{3}:\d{3}:DESCRIPTOR\b.*\n(?P<bytes>(?:\s+[0-9a-f]{2})+)", re.I | re.M
)


# A line of xxd (with a colon, bytes in pairs), hexdump -C or od -t x1: where its bytes stand, they
# themselves, and perhaps their letters. Pairs without a colon are words, low byte first: not read.
_LINE = re.compile(
    r"(?P<at>[0-9a-f]{6,8})(?::(?P<pairs>(?: ?[0-9a-f]{2})+)|(?P<bytes>(?: {1,2}[0-9a-f]{2})*))"
    r"(?: {2,}.*)?",
    re.ASCII | re.IGNORECASE,
)


_BEGINS_A_LISTING = re.compile(r"\s*0{6,8}[:\s]+[0-9a-f]", re.ASCII | re.IGNORECASE)


def descriptor_bytes(words: Sequence[str], stdin: BinaryIO) -> bytes:
    """Return the bytes that `words` give: hex, or a file, or `-` for what is on `stdin`.

    Raises RoomctlError, which says what was expected, or OSError.
    """
    if list(words) == ["-"]:
        return _given(stdin, "standard input")
    found = from_hex(" ".join(words))
    if found is not None:
        return found
    name = " ".join(words)
    if not os.path.exists(name):
        shown = name if len(name) <= 40 else f"{name[:37]}..."
        raise RoomctlError(f"hid: {shown!r} is neither hex, two digits for each byte, nor a file")
    if os.path.isdir(name):
        raise RoomctlError(f"hid: {name} is a folder; name the report_descriptor file in it")
    with Path(name).open("rb") as file:
        return _given(file, name)


def from_hex(text: str) -> bytes | None:
    """Return the bytes that hex stands for; None if it is something else."""
    digits = ""
    for part in filter(None, _APART.split(text.replace("\\x", " 0x"))):
        bare = part[2:] if part[:2] in ("0x", "0X") else part
        if not _HEX.fullmatch(bare):
            return None
        bare = bare.zfill(2) if bare is not part else bare
        if len(bare) % 2:
            return None
        digits += bare
    return bytes.fromhex(digits)


def _given(file: BinaryIO, where: str) -> bytes:
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        why = f"more than {MOST_BYTES} bytes; a report descriptor has up to 4096"
        raise RoomctlError(f"hid: {where} holds {why}")
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return data if _BINARY.search(text) else _from_text(text, where)


def _from_text(text: str, where: str) -> bytes:
    found = list(_written(text))
    if len(found) == 1:
        return found[0]
    if not found:
        raise RoomctlError(f"hid: {where} holds neither a report descriptor nor hex of one")
    raise RoomctlError(f"hid: {where} holds {len(found)} report descriptors; give one of them")


def _written(text: str) -> Iterator[bytes]:
    """Yield the descriptors in a text: the dumps in it, else all of it, else how it begins."""
    dumps = list(_RECORDED.finditer(text)) or list(_DUMPED.finditer(text))
    for dump in dumps:
        yield bytes(int(part, 16) for part in dump["bytes"].split())
    if dumps:
        return
    if _BEGINS_A_LISTING.match(text):
        if listed := _listed(text):
            yield listed
        return
    bare = _REMARK.sub("", text)
    array = _ARRAY.search(bare)
    for candidate in (array[1] if array else bare, bare.lstrip().partition("\n\n")[0]):
        found = from_hex(candidate)
        if found is not None:
            yield found
            return


def _listed(text: str) -> bytes | None:
    """Return the bytes of a listing; None if a line's number is not that of its first byte."""
    for base in (16, 8):
        found = b""
        for line in filter(None, map(str.rstrip, text.splitlines())):
            match = _LINE.fullmatch(line)
            if not match or not re.fullmatch(
                "[0-7]+" if base == 8 else "[0-9A-Fa-f]+", match["at"]
            ):
                break
            if int(match["at"], base) != len(found):
                break
            found += bytes.fromhex(match["pairs"] or match["bytes"])
        else:
            return found or None
    return None
