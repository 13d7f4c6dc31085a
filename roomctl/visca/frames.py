"""VISCA frames: cutting bytes into frames, and everything a camera says, at both ends.

Knows no port, no clock, no camera model and no command (those are in `visca`).

A frame is a header, 1-14 message bytes and FF; FF occurs nowhere else (17 bytes in all with the
long position layouts). `z` is the camera's address + 8, `y` a socket:

| bytes              | meaning                                                              |
|--------------------|----------------------------------------------------------------------|
| `z0 4y FF`         | ACK: the command sits in socket y                                     |
| `z0 5y FF`         | completion of what sat in socket y (0: a command without socket)      |
| `z0 5y data.. FF`  | answer to an inquiry                                                  |
| `z0 6y ee FF`      | error: 01 length, 02 syntax, 03 full, 04 cancelled, 05 no socket, 41  |
| `z0 38 FF`         | network change: a camera was powered up or joined the chain           |
| `z0 07 data.. FF`  | notice: somebody used the infrared remote                             |
| `88 30 0w FF`      | AddressSet came round the ring, w = cameras + 1                       |
| `88 01 00 01 FF`   | IF_Clear came round the ring                                          |

Sources: Sony SRG-300H command list; Sony BRC-X400 command list p.5-7.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TypeAlias

from roomctl.frozen import frozen

END = 0xFF
SHORTEST, LONGEST = 3, 17
BROADCAST = 8
GAP_S = 0.05  # a USB adapter may hold bytes back for 16 ms; a camera never pauses for longer


class ErrorCode(IntEnum):
    """What a camera says instead of doing it (third byte of an error)."""

    LENGTH = 0x01
    SYNTAX = 0x02
    FULL = 0x03
    CANCELLED = 0x04
    NO_SOCKET = 0x05
    NOT_EXECUTABLE = 0x41


@frozen
class Ack:
    """The camera took the command into `socket`."""

    address: int
    socket: int


@frozen
class Completion:
    """What sat in `socket` has ended; socket 0: a command that needed none."""

    address: int
    socket: int


@frozen
class Data:
    """The answer to an inquiry; what `data` means depends on the inquiry."""

    address: int
    data: bytes


@frozen
class ErrorMessage:
    """The camera refused; `code` is one of ErrorCode, or a number that no list names."""

    address: int
    socket: int
    code: int


@frozen
class NetworkChange:
    """A camera was powered up, or the chain changed: nothing known before counts any more."""

    address: int


@frozen
class ChangeNotice:
    """A person used the infrared remote: the camera's state is to be read again."""

    address: int
    data: bytes


@frozen
class AddressesSet:
    """AddressSet came back: `cameras` of them took an address."""

    cameras: int


@frozen
class AllCleared:
    """The broadcast IF_Clear came back."""


@frozen
class BadFrame:
    """Bytes that are no frame; `why` is for the log. Never a value."""

    data: bytes
    why: str


Reply: TypeAlias = (
    Ack
    | Completion
    | Data
    | ErrorMessage
    | NetworkChange
    | ChangeNotice
    | AddressesSet
    | AllCleared
)


class Splitter:
    """Cuts a stream of bytes at FF, and finds the next good frame after damage."""

    def __init__(self, gap_s: float = GAP_S) -> None:
        self._gap_s = gap_s
        self._partial = bytearray()
        self._last_at = 0.0
        self._skipping = False

    def feed(self, data: bytes, at: float) -> list[bytes | BadFrame]:
        """Return the frames (with FF) that `data`, received at `at` seconds, completes.

        A partial frame that is older than the gap is dropped; so is a run of more than 17 bytes.
        """
        found: list[bytes | BadFrame] = []
        if self._partial and at - self._last_at > self._gap_s:
            found.append(self._drop("broken off"))
        if data:
            self._last_at = at
        for byte in data:
            self._partial.append(byte)
            if byte == END:
                found.append(self._cut())
            elif len(self._partial) >= LONGEST:
                self._skipping = True
                del self._partial[1:]  # enough to know that something is there
        return found

    def _cut(self) -> bytes | BadFrame:
        if self._skipping:
            return self._drop(f"more than {LONGEST} bytes without FF")
        if len(self._partial) < SHORTEST:
            return self._drop(f"shorter than {SHORTEST} bytes")
        frame = bytes(self._partial)
        self._partial.clear()
        return frame

    def _drop(self, why: str) -> BadFrame:
        bad = BadFrame(bytes(self._partial), why)
        self._partial.clear()
        self._skipping = False
        return bad


def decode_reply(frame: bytes) -> Reply | BadFrame:
    """Say what a frame from the camera's side means; BadFrame if it is none of the above."""
    if not SHORTEST <= len(frame) <= LONGEST or frame[-1] != END or END in frame[:-1]:
        return BadFrame(frame, "not one frame")
    header, body = frame[0], tuple(frame[1:-1])
    if header == 0x80 | BROADCAST:
        return _decode_broadcast(frame, body)
    if header & 0x0F or header < 0x80:
        return BadFrame(frame, f"header {header:02X} is not a camera's")
    address = (header >> 4) - BROADCAST
    if body == (0x38,):
        return NetworkChange(address)
    return _decode_body(frame, address, body) if address else BadFrame(frame, "address 0")


def _decode_broadcast(frame: bytes, body: Sequence[int]) -> Reply | BadFrame:
    match body:
        case (0x30, after) if 1 <= after <= BROADCAST:
            return AddressesSet(after - 1)
        case (0x01, 0x00, 0x01):
            return AllCleared()
        case (0x38,):
            return NetworkChange(0)
    return BadFrame(frame, "unknown broadcast")


def _decode_body(frame: bytes, address: int, body: Sequence[int]) -> Reply | BadFrame:
    kind, socket = body[0] & 0xF0, body[0] & 0x0F
    match kind, body[1:]:
        case 0x40, ():
            return Ack(address, socket)
        case 0x50, ():
            return Completion(address, socket)
        case 0x50, (*data,):
            return Data(address, bytes(data))
        case 0x60, (code,):
            return ErrorMessage(address, socket, code)
        case 0x00, (*data,) if socket == 0x07 and data:
            return ChangeNotice(address, bytes(data))
    return BadFrame(frame, "unknown reply")


def encode_reply(reply: Reply) -> bytes:
    """Return the frame that a camera sends for `reply`."""
    match reply:
        case Ack(address, socket):
            return _frame(address, 0x40 | socket)
        case Completion(address, socket):
            return _frame(address, 0x50 | socket)
        case Data(address, data):
            return _frame(address, 0x50, *data)
        case ErrorMessage(address, socket, code):
            return _frame(address, 0x60 | socket, code)
        case ChangeNotice(address, data):
            return _frame(address, 0x07, *data)
        case NetworkChange(address):
            return _frame(address, 0x38) if address else bytes((0x88, 0x38, END))
        case AddressesSet(cameras):
            return bytes((0x88, 0x30, cameras + 1, END))
        case AllCleared():
            return bytes((0x88, 0x01, 0x00, 0x01, END))


def _frame(address: int, *body: int) -> bytes:
    return bytes(((address + BROADCAST) << 4, *body, END))
