"""Traces: what was said on a camera's line, kept in a ring, written with its meaning, read again.

Knows no port, no clock and no camera model. A line of a trace is one chunk as it was read or
written: mostly one frame, over IP one datagram, over HTTP a request or its answer. Its cells are
parted by TABs:

| cell      | meaning                                                                          |
|-----------|----------------------------------------------------------------------------------|
| at        | monotonic seconds                                                                |
| direction | `in`, `out`; `open` (the port was opened) or `lost` (it is gone, or was closed)  |
| bytes     | hex; of a camera over HTTP a request or an answer as `ports.http` frames them    |
| wall      | UTC, by what the clock said when the trace was written; may be missing           |
| meaning   | of the frames that end here; of `open` the url, of `lost` why; may be missing    |

Lines that begin with `#` are remarks; `# profile: sony_srg300h` and its like are facts about the
trace. `serve --trace` writes the first three cells, the API all five; `parse` reads both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from roomctl.clock import Moment
from roomctl.frozen import frozen
from roomctl.visca import codec
from roomctl.visca.codec import Described, Value
from roomctl.visca.frames import BROADCAST, BadFrame, Splitter
from roomctl.wire import Record, trace_line

if TYPE_CHECKING:
    from roomctl.camera.tools.exchange import ExchangeReader

SCHEME_IP = "visca-ip:"
_DIRECTIONS = ("in", "out", "open", "lost")
_HTTP = re.compile(rb"[0-9]{1,9} (?:GET|POST|[0-9]{1,3}\n)")  # no VISCA frame begins so
_UNANSWERED = 64
_FACT = re.compile(r"#\s*([a-z][a-z_ ]*):\s*(.*\S)")

Found: TypeAlias = Described | BadFrame


class TraceReader:
    """Says what records mean, in their order: an answer means nothing without its question."""

    def __init__(self) -> None:
        self._over_ip = False
        self._begin()

    def _begin(self) -> None:
        self._splitters = {"in": Splitter(), "out": Splitter()}
        self._asked: dict[int, bytes] = {}  # by the camera's address; over IP by the number
        self._http: ExchangeReader | None = None

    def read(self, record: Record) -> list[Found]:
        """Return the meaning of every frame that ends in `record`."""
        if record.direction == "open":
            self._over_ip = record.note.startswith(SCHEME_IP)
            self._begin()
        if record.direction not in self._splitters:
            return []
        if _HTTP.match(record.data):
            self._http = self._http or _exchanges()
            return [self._http.read(record)]
        self._over_ip = self._over_ip or is_datagram(record.data)
        if self._over_ip:
            return [self._meaning(record.data, int.from_bytes(record.data[4:8], "big"))]
        frames = self._splitters[record.direction].feed(record.data, record.at)
        return [self._framed(frame) for frame in frames]

    def _framed(self, frame: bytes | BadFrame) -> Found:
        if isinstance(frame, BadFrame):
            return frame
        if frame[0] < 0x90:
            return self._meaning(frame, frame[0] & 0x0F)
        address = (frame[0] >> 4) - BROADCAST
        if address not in self._asked and len(self._asked) == 1:  # it answers as another
            address = next(iter(self._asked))
        return self._meaning(frame, address)

    def _meaning(self, data: bytes, key: int) -> Found:
        found = codec.decode_datagram(data)
        if isinstance(found, BadFrame):
            return found
        if found.kind == "inquiry":
            self._asked[key] = data
            if len(self._asked) > _UNANSWERED:
                del self._asked[next(iter(self._asked))]
        if found.name == "data" and key in self._asked:
            asked = self._asked[key] if self._over_ip else self._asked.pop(key)
            answer = codec.decode_datagram(data, asked)
            return found if isinstance(answer, BadFrame) else answer
        return found


def _exchanges() -> ExchangeReader:
    from roomctl.camera.tools.exchange import ExchangeReader  # few rooms have such a camera

    return ExchangeReader()


def is_datagram(data: bytes) -> bool:
    """Whether this can only be VISCA over IP, whatever the line was opened as."""
    return len(data) > codec.HEADER and data[:2] in (b"\x01\x00", b"\x01\x10", b"\x01\x11")


def in_words(found: Found) -> str:
    """Say a meaning as a person reads it."""
    if isinstance(found, BadFrame):
        return f"error: {found.why}"
    who = {0: "the line", BROADCAST: "all cameras"}.get(found.address, f"camera {found.address}")
    fields = "".join(f" {name}={_value(value)}" for name, value in found.fields.items())
    return f"{who}: {found.kind} {found.name}{fields}"


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def as_object(found: Found) -> dict[str, Any]:
    """Return a meaning for programs."""
    if isinstance(found, BadFrame):
        return {"error": found.why}
    return {"kind": found.kind, "name": found.name, "fields": dict(found.fields)}


def round_trips(records: Iterable[Record]) -> list[float]:
    """Return how many seconds each answered question took, from its writing to its answer."""
    reader, asked_at, took = TraceReader(), dict[tuple[str, int], float](), []
    for record in records:
        for found in reader.read(record):
            if isinstance(found, BadFrame):
                continue
            key = (found.name, int(found.fields.get("seq", -found.address)))
            if found.kind == "inquiry":
                asked_at[key] = record.at
            elif key in asked_at:
                took.append(record.at - asked_at.pop(key))
    return took


# Writing.


def lines(records: Iterable[Record], now: Moment, facts: Mapping[str, str]) -> Iterator[str]:
    """Write a trace for people: facts first, then a line for each record; see above."""
    for name, value in facts.items():
        yield f"# {name}: {value}"
    reader = TraceReader()
    for record in records:
        meaning = "; ".join(in_words(found) for found in reader.read(record))
        yield trace_line(record, _wall(record, now), meaning)


def objects(records: Iterable[Record], now: Moment) -> Iterator[dict[str, Any]]:
    """Write a trace for programs: an object for each record."""
    reader = TraceReader()
    for record in records:
        yield {
            "at": round(record.at, 6),
            "wall": _wall(record, now),
            "direction": record.direction,
            "hex": record.data.hex(),
            "note": record.note,
            "means": [as_object(found) for found in reader.read(record)],
        }


def _wall(record: Record, now: Moment) -> str:
    wall = now.wall - timedelta(seconds=now.mono_s - record.at)
    return wall.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# Reading.


@frozen
class Trace:
    """A trace that was read: its facts, and its records in the file's order."""

    records: Sequence[Record]
    facts: Mapping[str, str] = field(default_factory=dict)

    def sections(self) -> list[tuple[Record, ...]]:
        """Return the records from each opening to the next, by their time.

        Only within one is time sure to go forward: a box that was restarted counts anew.
        """
        sections: list[list[Record]] = []
        for record in self.records:
            if record.direction == "open" or not sections:
                sections.append([])
            sections[-1].append(record)
        return [tuple(sorted(part, key=lambda record: record.at)) for part in sections]


def parse(text: str) -> Trace:
    """Read a trace; ValueError names the line that is none, and why."""
    records, facts = [], {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            if fact := _FACT.fullmatch(line.rstrip()):
                facts[fact[1].strip()] = fact[2]
        elif line.strip():
            try:
                records.append(_record(line.split("\t")))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
    return Trace(records, facts)


def _record(cells: list[str]) -> Record:
    if len(cells) < 2:
        raise ValueError("not time, direction and bytes, parted by TABs")
    at, direction, data = (*cells[:3], "")[:3]
    if direction not in _DIRECTIONS:
        raise ValueError(f"{direction!r} is not a direction; they are {', '.join(_DIRECTIONS)}")
    try:
        record = Record(float(at), direction, bytes.fromhex(data))
    except ValueError:
        raise ValueError(f"{at!r} is not a time, or {data!r} is not hex") from None
    if not math.isfinite(record.at):
        raise ValueError(f"{at!r} is not a time")
    return record if record.data else replace(record, note="\t".join(cells[4:]))
