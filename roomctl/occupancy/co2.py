"""CO2 meters on a serial line: what they are asked, and what they answer, both directions. Pure.

Winsen MH-Z19 (B, C), 9600 baud (MH-Z19B user manual, page 7):

    FF 01 86 00 00 00 00 00 79    read; the last byte is 256 less the sum of bytes 1-7
    FF 86 HH LL .. .. .. .. CK    ppm = 256 HH + LL

Sensirion SCD30 with SEL on VDD: Modbus RTU, 19200 baud, slave 61 (SCD30 Interface Description,
version 1.0, section 1.4). The CRC comes low byte first:

    61 06 00 36 00 00 60 64       measure, from now on; answered by the same
    61 03 00 27 00 01 3D A1       is a measurement ready?   61 03 02 00 01 F9 8C: yes
    61 03 00 28 00 06 4C 60       read: 61 03 0C, three floats (ppm, deg C, % RH), high byte first

An SCD4x has I2C alone.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Protocol

MOST_PPM = 40_000
_MHZ19_READ = bytes.fromhex("FF01860000000000 79")
_MHZ19_ANSWER = b"\xff\x86"
_SCD30_START = bytes.fromhex("610600360000 6064")
_SCD30_READY = bytes.fromhex("610300270001 3DA1")
_SCD30_READ = bytes.fromhex("610300280006 4C60")
_SCD30_ADDRESS = 0x61
_MOST_WAITING = 64  # bytes


class Co2Meter(Protocol):
    """One end of a conversation with a meter: the next question, and ppm out of answers."""

    baud: int

    def question(self) -> bytes: ...
    def feed(self, data: bytes) -> list[int]: ...


class Mhz19:
    """A Winsen MH-Z19: one question, one answer of nine bytes."""

    baud = 9600

    def __init__(self) -> None:
        self._waiting = bytearray()

    def question(self) -> bytes:
        """Return what is asked next."""
        return _MHZ19_READ

    def feed(self, data: bytes) -> list[int]:
        """Take bytes; return every measurement in them, in ppm."""
        waiting, found = self._waiting, []
        waiting += data
        while (start := waiting.find(_MHZ19_ANSWER)) >= 0 and len(waiting) >= start + 9:
            answer = bytes(waiting[start : start + 9])
            whole = answer[8] == mhz19_checksum(answer)
            del waiting[: start + (9 if whole else 1)]
            ppm = answer[2] << 8 | answer[3]
            if whole and 0 < ppm <= MOST_PPM:
                found.append(ppm)
        del waiting[:-_MOST_WAITING]
        return found


def mhz19_checksum(frame: bytes) -> int:
    """Return the last byte of nine."""
    return -sum(frame[1:8]) & 0xFF


def mhz19_answer(ppm: int) -> bytes:
    """Write the answer of a meter, as it does."""
    frame = _MHZ19_ANSWER + ppm.to_bytes(2, "big") + bytes(4)
    return frame + bytes((mhz19_checksum(frame),))


class Scd30:
    """A Sensirion SCD30 by Modbus: is told to measure, then asked whether something is new."""

    baud = 19_200

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._next = _SCD30_START

    def question(self) -> bytes:
        """Return what is asked next; without an answer it is told to measure once more."""
        asked, self._next = self._next, _SCD30_START
        return asked

    def feed(self, data: bytes) -> list[int]:
        """Take bytes; return every measurement in them, in ppm."""
        waiting, found = self._waiting, []
        waiting += data
        while (answer := self._answer()) is not None:
            if answer[1] == 0x06:
                self._next = _SCD30_READY
            elif answer[2] == 2:
                self._next = _SCD30_READ if answer[4] else _SCD30_READY
            else:
                self._next = _SCD30_READY
                (ppm,) = struct.unpack_from(">f", answer, 3)
                if math.isfinite(ppm) and 0 < ppm <= MOST_PPM:
                    found.append(round(ppm))
        del waiting[:-_MOST_WAITING]
        return found

    def _answer(self) -> bytes | None:
        """Take one whole answer out of what waits; what is none is passed over."""
        waiting = self._waiting
        at = 0
        while at + 3 <= len(waiting):
            length = _length(bytes(waiting[at : at + 3]))
            if length and at + length <= len(waiting):
                answer = bytes(waiting[at : at + length])
                if modbus_crc(answer[:-2]) == answer[-2:]:
                    del waiting[: at + length]
                    return answer
            at += 1
        return None


def _length(head: bytes) -> int:
    """Return how long the answer is that begins with these three bytes; 0: none does."""
    if head[0] != _SCD30_ADDRESS:
        return 0
    if head[1] == 0x06:
        return 8
    return 5 + head[2] if head[1] == 0x03 and head[2] in (2, 12) else 0


def modbus_crc(data: bytes) -> bytes:
    """Return the CRC-16 of Modbus RTU, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def scd30_answer(question: bytes, ppm: int) -> bytes | None:
    """Write the answer of a meter, as it does; None if it is asked something else."""
    if question == _SCD30_START:
        return question
    if question == _SCD30_READY:
        inside = bytes.fromhex("6103020001")
    elif question == _SCD30_READ:
        inside = bytes.fromhex("61030C") + struct.pack(">fff", ppm, 22.5, 40.0)
    else:
        return None
    return inside + modbus_crc(inside)


METERS: dict[str, type[Mhz19] | type[Scd30]] = {"mhz19": Mhz19, "scd30": Scd30}
ANSWERS: dict[str, Callable[[bytes, int], bytes | None]] = {
    "mhz19": lambda question, ppm: mhz19_answer(ppm) if question == _MHZ19_READ else None,
    "scd30": scd30_answer,
}
