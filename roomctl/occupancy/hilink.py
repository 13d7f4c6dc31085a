"""The frames of Hi-Link's radars LD2410, LD2412 and LD2450, both directions. Pure.

LD2410 and LD2412 report what moves and what is still:

    F4 F3 F2 F1   length, 2 bytes, little endian, of what follows up to the tail
    02 | 01       basic report, or engineering report (with energies of each gate behind)
    AA            head
    0-3           target: none, moving, still, both
    cm cm  %      distance and energy of the moving target
    cm cm  %      distance and energy of the still target
    cm cm         detection distance (LD2410 alone)
    ...           engineering only
    55 00         tail and check
    F8 F7 F6 F5

(LD2410 Serial Communication Protocol V1.02, section 2.3; the LD2412 as ESPHome's component `ld2412`
reads it; all numbers little endian.) A still target alone never starts presence, it only holds it
(ESPHome issues 4434 and 17620); nor does a target at distance 0, which 32 of 45 reports of an empty
room had. A radar that holds for ever on what is nobody is found stuck, as any sensor is.

An LD2450 reports where up to three moving targets are:

    AA FF 03 00
    x x  y y  v v  r r    three times: mm, mm, cm/s, and the size of a distance gate in mm; all 0
                          without a target. The highest bit of x, y and v is 1 for positive
    55 CC

(HLK-LD2450 communication protocol, section 2.3.) It loses whoever sits still, so it counts nobody:
its targets are somebody, and how many of them stay seated it does not tell.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Protocol

from roomctl.frozen import frozen

BAUD_2410, BAUD_2412, BAUD_2450 = 256_000, 115_200, 256_000
HEAD, TAIL = bytes.fromhex("F4F3F2F1"), bytes.fromhex("F8F7F6F5")
TRACK_HEAD, TRACK_TAIL = bytes.fromhex("AAFF0300"), bytes.fromhex("55CC")
TRACKED = 3  # targets in one report of an LD2450
_BASIC, _ENGINEERING, _INNER, _END = 0x02, 0x01, 0xAA, 0x55
_REPORT = struct.Struct("<BBBHBHB")
_DETECTION = struct.Struct("<H")
_TRACK = struct.Struct("<HHHH")
_TRACK_LENGTH = len(TRACK_HEAD) + TRACKED * _TRACK.size + len(TRACK_TAIL)
_LONGEST = 64  # bytes between length and tail; an engineering report has 35, of an LD2412 41
_MOVING, _STILL = 1, 2
_POSITIVE = 0x8000


class Radar(Protocol):
    """Takes a radar's bytes; yields after each report whether somebody is there."""

    def feed(self, data: bytes) -> Iterator[bool]: ...


@frozen
class Target:
    """One report of an LD2410 or LD2412. Distances in cm, energies 0-100 %."""

    moving: bool
    still: bool
    moving_cm: int = 0
    moving_pct: int = 0
    still_cm: int = 0
    still_pct: int = 0
    detection_cm: int | None = None  # an LD2412 does not tell it


@frozen
class Track:
    """One target of an LD2450: right and ahead of it in mm, coming nearer (+) or going in cm/s."""

    x_mm: int
    y_mm: int
    speed_cm_s: int
    gate_mm: int


class RadarPresence:
    """What reports of an LD2410 or LD2412 prove over time."""

    def __init__(self) -> None:
        self.present = False
        self._reader = RadarReader()

    def feed(self, data: bytes) -> Iterator[bool]:
        """Take bytes; yield after each report whether somebody is there."""
        for target in self._reader.feed(data):
            yield self.see(target)

    def see(self, target: Target) -> bool:
        """Take a report; return whether somebody is there."""
        moves = target.moving and target.moving_cm > 0 and target.moving_pct > 0
        holds = (target.still and target.still_pct > 0) or target.moving
        self.present = moves or (holds and self.present)
        return self.present


class TrackPresence:
    """What reports of an LD2450 prove: somebody is there while one target is before it."""

    def __init__(self) -> None:
        self._reader = TrackReader()

    def feed(self, data: bytes) -> Iterator[bool]:
        """Take bytes; yield after each report whether somebody is there."""
        for tracks in self._reader.feed(data):
            yield any(track.y_mm > 0 for track in tracks)


class RadarReader:
    """Finds reports in a stream of bytes; what is anything else is passed over."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[Target]:
        """Take bytes; yield every report that is complete now."""
        self._waiting += data
        while (frame := self._next()) is not None:
            target = decode(frame)
            if target is not None:
                yield target

    def _next(self) -> bytes | None:
        """Take one frame's inside out of what waits; None until one is complete."""
        waiting = self._waiting
        while True:
            start = waiting.find(HEAD)
            if start < 0:
                del waiting[: max(0, len(waiting) - len(HEAD) + 1)]
                return None
            del waiting[:start]
            if len(waiting) < 6:
                return None
            length = int.from_bytes(waiting[4:6], "little")
            if length <= _LONGEST:
                if len(waiting) < 6 + length + 4:
                    return None
                inside = bytes(waiting[6 : 6 + length])
                if waiting[6 + length : 10 + length] == TAIL:
                    del waiting[: 10 + length]
                    return inside
            del waiting[:1]  # no frame begins here after all


class TrackReader:
    """Finds reports of an LD2450 in a stream of bytes; what is anything else is passed over."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Track, ...]]:
        """Take bytes; yield the targets of every report that is complete now."""
        waiting = self._waiting
        waiting += data
        while True:
            start = waiting.find(TRACK_HEAD)
            if start < 0:
                del waiting[: max(0, len(waiting) - len(TRACK_HEAD) + 1)]
                return
            del waiting[:start]
            if len(waiting) < _TRACK_LENGTH:
                return
            frame = bytes(waiting[:_TRACK_LENGTH])
            if frame.endswith(TRACK_TAIL):
                del waiting[:_TRACK_LENGTH]
                yield decode_tracks(frame)
            else:
                del waiting[:1]


def decode(inside: bytes) -> Target | None:
    """Read what stands between length and tail; None if it is no report."""
    if len(inside) < _REPORT.size + 2 or inside[-2] != _END:
        return None
    kind, head, state, moving_cm, moving_pct, still_cm, still_pct = _REPORT.unpack_from(inside)
    if kind not in (_BASIC, _ENGINEERING) or head != _INNER or state > _MOVING | _STILL:
        return None
    detection_cm = None
    if kind == _BASIC and len(inside) == _REPORT.size + _DETECTION.size + 2:
        (detection_cm,) = _DETECTION.unpack_from(inside, _REPORT.size)
    return Target(
        moving=bool(state & _MOVING),
        still=bool(state & _STILL),
        moving_cm=moving_cm,
        moving_pct=moving_pct,
        still_cm=still_cm,
        still_pct=still_pct,
        detection_cm=detection_cm,
    )


def encode(target: Target) -> bytes:
    """Write a basic report, as the radar does: an LD2410's if it has a detection distance."""
    state = _MOVING * target.moving | _STILL * target.still
    inside = _REPORT.pack(
        _BASIC,
        _INNER,
        state,
        target.moving_cm,
        target.moving_pct,
        target.still_cm,
        target.still_pct,
    )
    if target.detection_cm is not None:
        inside += _DETECTION.pack(target.detection_cm)
    inside += bytes((_END, 0))
    return HEAD + len(inside).to_bytes(2, "little") + inside + TAIL


def decode_tracks(frame: bytes) -> tuple[Track, ...]:
    """Read a whole report of an LD2450; places without a target are left out."""
    found = _TRACK.iter_unpack(frame[len(TRACK_HEAD) : -len(TRACK_TAIL)])
    return tuple(
        Track(_signed(x), _signed(y), _signed(speed), gate_mm)
        for x, y, speed, gate_mm in found
        if x or y or speed or gate_mm
    )


def encode_tracks(tracks: tuple[Track, ...]) -> bytes:
    """Write a report of an LD2450, of three targets at most."""
    places = [
        _TRACK.pack(*map(_unsigned, (one.x_mm, one.y_mm, one.speed_cm_s)), one.gate_mm)
        for one in tracks[:TRACKED]
    ]
    places += [bytes(_TRACK.size)] * (TRACKED - len(places))
    return TRACK_HEAD + b"".join(places) + TRACK_TAIL


def _signed(number: int) -> int:
    return number - _POSITIVE if number & _POSITIVE else -number


def _unsigned(number: int) -> int:
    return number + _POSITIVE if number >= 0 else -number
