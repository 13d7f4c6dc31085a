r"""The ways in which people write a report descriptor down, read back to bytes. Knows no meaning.

Hex as typed (`05 0b`, `0x05, 0x0b,`, `\x05\x0b`, with `//` or `#` remarks), an array of C, what
hid-recorder, usbhid-dump, xxd, `hexdump -C` and `od -t x1` print, the `rdesc` file of the kernel's
debugfs, and the bytes themselves as sysfs has them
(`/sys/class/hidraw/hidraw0/device/report_descriptor`).
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from roomctl.errors import RoomctlError

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


def read(words: Sequence[str], stdin: BinaryIO) -> bytes:
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
