"""`visca`: saying what bytes from a camera's line mean; opens nothing."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from roomctl.camera.tools.trace import Found, TraceReader, as_object, in_words, parse
from roomctl.errors import RoomctlError
from roomctl.visca import codec
from roomctl.visca.frames import END, LONGEST, SHORTEST, BadFrame
from roomctl.wire import Record, trace_line

_BYTE = re.compile(r"(0[xX]|\\x)?[0-9A-Fa-f]{2}[,;]?")
_BETWEEN = re.compile(r"0[xX]|\\x|[\s,;:\-]+")
_TOLD = 4  # frames on one line that are named in the error


@contextmanager
def until_nobody_reads() -> Iterator[None]:
    """Write to stdout; a reader that goes away early (`| head`) ends it, and is no error."""
    try:
        yield
    except BrokenPipeError:  # stdout is flushed once more at exit: into nothing then
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def read(words: Sequence[str], stdin: Iterable[bytes]) -> Iterator[Found]:
    """Read each word as a frame, `-` as every line of `stdin`; bytes one by one are one frame."""
    if len(words) > 1 and all(_BYTE.fullmatch(word) for word in words):
        words = [" ".join(words)]
    for word in words:
        if word != "-":
            yield read_line(word)
            continue
        for line in stdin:
            yield read_line(line.decode("utf-8-sig", errors="replace"))


def read_line(line: str) -> Found:
    """Read a frame in hex, and after a TAB the inquiry that it answers.

    Bytes may stand together or apart, with commas, colons or dashes between, or `0x` before each.
    """
    first, _, second = line.rstrip("\r\n").partition("\t")
    frame, inquiry = _bytes(first), _bytes(second)
    if frame is None:
        return BadFrame(b"", "not hex: two digits for each byte")
    if inquiry is None:
        return BadFrame(frame, "the inquiry is not hex: two digits for each byte")
    if not frame:
        return BadFrame(b"", "nothing there: a line is one frame in hex")
    found = codec.decode_datagram(frame, inquiry or None)
    return _several(frame) if isinstance(found, BadFrame) and _joined(frame) else found


def _bytes(text: str) -> bytes | None:
    try:
        return b"".join(map(bytes.fromhex, _BETWEEN.split(text)))
    except ValueError:
        return None


def _joined(data: bytes) -> bool:
    """Whether these are several frames in a row, as they come in one chunk or datagram."""
    pieces = data.split(bytes((END,)))
    whole = all(SHORTEST <= len(piece) + 1 <= LONGEST for piece in pieces[:-1])
    return len(pieces) > 2 and not pieces[-1] and whole


def _several(data: bytes) -> BadFrame:
    frames = [piece + bytes((END,)) for piece in data.split(bytes((END,)))[:-1]]
    told = "; ".join(in_words(codec.decode_datagram(frame)) for frame in frames[:_TOLD])
    more = "; ..." if len(frames) > _TOLD else ""
    return BadFrame(data, f"{len(frames)} frames, put each on its own line: {told}{more}")


def trace(path: Path) -> Iterator[tuple[Record, list[Found]]]:
    """Read a trace's records in their order, with the meaning of the frames that end in each."""
    try:
        found = parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RoomctlError(f"visca: {path} is not a trace: {error}") from error
    for section in found.sections():
        reader = TraceReader()
        for record in section:
            yield record, reader.read(record)


def trace_object(record: Record, meant: Sequence[Found]) -> dict[str, Any]:
    """Return a record of a trace for programs."""
    means = [as_object(found) for found in meant]
    seen = {"at": record.at, "direction": record.direction, "hex": record.data.hex()}
    return {**seen, "note": record.note, "means": means}


def trace_words(record: Record, meant: Sequence[Found]) -> str:
    """Return a record of a trace for a person."""
    return trace_line(record, meaning="; ".join(in_words(found) for found in meant))
