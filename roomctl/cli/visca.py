"""`visca`: saying what bytes from a camera's line mean; opens nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from roomctl.camera import lexicon_ip
from roomctl.camera.frames import BROADCAST, BadFrame
from roomctl.camera.lexicon import Said, Value

Found: TypeAlias = Said | BadFrame


def read(words: Sequence[str], stdin: Iterable[bytes]) -> Iterator[Found]:
    """Read each word as a frame, `-` as every line of `stdin`; bytes one by one are one frame."""
    if len(words) > 1 and all(re.fullmatch("[0-9A-Fa-f]{2}", word) for word in words):
        words = [" ".join(words)]
    for word in words:
        if word != "-":
            yield read_line(word)
            continue
        for line in stdin:
            yield read_line(line.decode(errors="replace"))


def read_line(line: str) -> Found:
    """Read a frame in hex, and after a TAB the inquiry that it answers."""
    first, _, second = line.rstrip("\r\n").partition("\t")
    try:
        frame = bytes.fromhex(first)
    except ValueError:
        return BadFrame(b"", "not hex: two digits for each byte")
    try:
        inquiry = bytes.fromhex(second)
    except ValueError:
        return BadFrame(frame, "the inquiry is not hex: two digits for each byte")
    return lexicon_ip.decode(frame, inquiry or None)


def record(found: Found) -> dict[str, Any]:
    """Return what was found, for programs."""
    if isinstance(found, BadFrame):
        return {"error": found.why}
    return {"kind": found.kind, "name": found.name, "fields": dict(found.fields)}


def words(found: Found) -> str:
    """Return what was found, for a person."""
    if isinstance(found, BadFrame):
        return f"error: {found.why}"
    who = {0: "the line", BROADCAST: "all cameras"}.get(found.address, f"camera {found.address}")
    fields = "".join(f" {name}={_value(value)}" for name, value in found.fields.items())
    return f"{who}: {found.kind} {found.name}{fields}"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
