"""The frames of a Hi-Link LD2410 radar: what it reports by itself, both directions. Pure.

    F4 F3 F2 F1   length, 2 bytes, little endian, of what follows up to the tail
    02 | 01       basic report, or engineering report (with energies of each gate behind)
    AA            head
    0-3           target: none, moving, still, both
    cm cm  %      distance and energy of the moving target
    cm cm  %      distance and energy of the still target
    cm cm         detection distance
    ...           engineering only
    55 00         tail and check
    F8 F7 F6 F5

(LD2410 Serial Communication Protocol V1.02, section 2.3; all numbers little endian.) A still target
alone never starts presence, it only holds it (ESPHome issues 4434 and 17620); nor does a target
at distance 0, which 32 of 45 reports of an empty room had. A radar that holds for ever on what is
nobody is found stuck, as any sensor is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

BAUD = 256_000
HEAD, TAIL = bytes.fromhex("F4F3F2F1"), bytes.fromhex("F8F7F6F5")
_BASIC, _ENGINEERING, _INNER, _END = 0x02, 0x01, 0xAA, 0x55
_REPORT = struct.Struct("<BBBHBHBH")
_LONGEST = 64  # bytes between length and tail; an engineering report has 35
_MOVING, _STILL = 1, 2


@dataclass(frozen=True, slots=True)
class Target:
    """One report. Distances in cm, energies 0-100 %."""

    moving: bool
    still: bool
    moving_cm: int = 0
    moving_pct: int = 0
    still_cm: int = 0
    still_pct: int = 0
    detection_cm: int = 0


class RadarPresence:
    """What a radar's reports prove over time."""

    def __init__(self) -> None:
        self.present = False

    def see(self, target: Target) -> bool:
        """Take a report; return whether somebody is there."""
        moves = target.moving and target.moving_cm > 0 and target.moving_pct > 0
        holds = (target.still and target.still_pct > 0) or target.moving
        self.present = moves or (holds and self.present)
        return self.present


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


def decode(inside: bytes) -> Target | None:
    """Read what stands between length and tail; None if it is no report."""
    if len(inside) < _REPORT.size + 2 or inside[-2] != _END:
        return None
    kind, head, state, *numbers = _REPORT.unpack_from(inside)
    if kind not in (_BASIC, _ENGINEERING) or head != _INNER or state > _MOVING | _STILL:
        return None
    return Target(bool(state & _MOVING), bool(state & _STILL), *numbers)


def encode(target: Target) -> bytes:
    """Write a basic report, as the radar does."""
    state = _MOVING * target.moving | _STILL * target.still
    inside = _REPORT.pack(
        _BASIC,
        _INNER,
        state,
        target.moving_cm,
        target.moving_pct,
        target.still_cm,
        target.still_pct,
        target.detection_cm,
    ) + bytes((_END, 0))
    return HEAD + len(inside).to_bytes(2, "little") + inside + TAIL
