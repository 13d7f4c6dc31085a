"""VISCA over IP (Sony, UDP 52381): numbers what a Bus says, and names what each reply answers.

Knows no port, no clock and no model. A datagram is a header and one VISCA message:

| bytes | meaning                                                                             |
|-------|-------------------------------------------------------------------------------------|
| 0-1   | `01 00` command, `01 10` inquiry, `01 11` reply, `01 20` IF_Clear, `02 00` control  |
| 2-3   | length of the message; it lies on some cameras, so the datagram's own length counts |
| 4-7   | number, +1 with each message; a reply carries that of the message it answers        |
| 8-    | the message; of a control: `01` RESET, `0F 01` bad number, `0F 02` bad type         |

A message without an answer goes out again with the same number, but never once a newer one was
written: a drive that got lost must not run after the stop. "Bad number" then says that it was
heard, perhaps not that it ran: what may run twice is said anew with a new number, the rest waits
for its completion. A RESET makes the camera take old numbers again, so it keeps its distance from
commands that the network may still hold or double.
Source: Sony SRG-300H manual p.31, BRC-X400 command list p.10-13.

A camera whose profile says `sequence = "fixed"` counts nothing: it wants one header, the same
before every message, and its replies are told apart as on a serial line (AVer PTC310 p.55). So
are those of a camera that puts a number of its own on every reply (VISCA-IP-Controller issue 18).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from roomctl.visca.bus import Bus
from roomctl.visca.frames import Ack, BadFrame, ErrorCode, ErrorMessage, Splitter, decode_reply
from roomctl.visca.in_flight import Pending
from roomctl.visca.request import may_repeat
from roomctl.wire import Chunk

_log = logging.getLogger(__name__)

SCHEME = "visca-ip"
RESEND_S = 0.2  # a BRC-X400 may take four video cycles for an ACK: 0.17 s at 23.98
RESET_S = 0.1
CALM_S = 0.25  # between a command and a RESET: a network holds nothing back for longer
TRIES = 5
FOREIGN = 3  # replies with numbers that nobody gave, before any that was given
_COMMAND, _INQUIRY, _SETTING = b"\x01\x00", b"\x01\x10", b"\x01\x20"
_IF_CLEAR = b"\x01\x00\x01"
_HEADER = 8
_REMEMBERED = 1024  # numbers whose answer may still come; a recall may last 60 s
_NO_SOCKET = 0x0F  # holds a command whose ACK, and so its socket, got lost
_RESET = bytes.fromhex("02 00 00 01 00 00 00 00 01")
_FIXED = bytes.fromhex("01 00 00 09 00 00 00 01")


@dataclass(slots=True, eq=False)
class _Exchange:
    """One message: what is said, for whom, and how often it was said under its newest number."""

    frame: bytes
    kind: bytes
    pending: Pending | None
    repeatable: bool
    number: int = -1
    sends: int = 0
    rounds: int = 0
    again_at: float | None = None


class OverIp:
    """A Bus that speaks VISCA over IP; each chunk is one datagram."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._number = 0
        self._numbered: dict[int, _Exchange] = {}
        self._newest: _Exchange | None = None
        self._bad_numbers = 0
        self._resets_left = TRIES
        self._reset_at: float | None = 0.0
        self._commanded_at = float("-inf")
        self._of_bus = False
        self._copied = False  # whether a reply has ever borne the number of what it answers
        self._foreign = 0

    # Listening.

    def receive(self, chunk: Chunk) -> None:
        kind, payload = chunk.data[:2], chunk.data[_HEADER:]
        if len(chunk.data) <= _HEADER or kind[0] not in (1, 2):
            _log.debug("not VISCA over IP: %s", chunk.data.hex(" "))
        elif kind[0] == 2:
            self._controlled(payload, int.from_bytes(chunk.data[4:_HEADER], "big"), chunk.at)
        else:
            self._answered(payload, int.from_bytes(chunk.data[4:_HEADER], "big"), chunk.at)

    def _answered(self, payload: bytes, number: int, at: float) -> None:
        if self._bus.uncounted or self._foreign >= FOREIGN:
            self._newest = None
            self._heard(payload, at, None)
            return
        exchange = self._numbered.get(number)
        if exchange is None or exchange.number != number:
            self._foreign += not self._copied
            _log.debug("answer to no message of ours (number %d): %s", number, payload.hex(" "))
            return
        self._bad_numbers = 0
        self._copied = True
        exchange.again_at = None
        self._heard(payload, at, exchange.pending)

    def _heard(self, payload: bytes, at: float, pending: Pending | None) -> None:
        for frame in Splitter().feed(payload, at):
            reply = decode_reply(frame) if isinstance(frame, bytes) else frame
            if isinstance(reply, BadFrame):
                _log.debug("bad frame (%s): %s", reply.why, reply.data.hex(" "))
            else:
                self._bus.deliver(reply, at, pending, at)

    def _controlled(self, payload: bytes, number: int, at: float) -> None:
        exchange = self._newest
        if payload[:1] == b"\x01":
            self._reset_at = None
        elif exchange is None or exchange.number != number or exchange.again_at is None:
            _log.debug("error %s for message %d is ignored", payload.hex(" "), number)
        elif payload[:2] == b"\x0f\x01":
            self._bad_number(exchange, at)
        elif payload[:2] == b"\x0f\x02":
            self._bad_type(exchange, at)

    def _bad_number(self, exchange: _Exchange, at: float) -> None:
        """Note that the camera has heard this number, or counts otherwise: RESET, if it repeats."""
        if exchange.repeatable or exchange.sends == 1:
            self._bad_numbers += 1
        if exchange.repeatable:
            exchange.rounds += 1
            exchange.sends, exchange.again_at = 0, at
            if exchange.pending is not None and exchange.pending.request is not None:
                exchange.pending.request.unsure = True
        elif exchange.sends > 1:
            exchange.again_at = None
            if exchange.pending is not None:
                self._bus.deliver(Ack(1, _NO_SOCKET), at, exchange.pending)
        if self._bad_numbers > 1:
            self._bad_numbers = 0
            self._reset_at = max(at, self._commanded_at + CALM_S)
            self._resets_left = TRIES
            if not exchange.repeatable:
                exchange.again_at = None  # under the new count it would run a second time

    def _bad_type(self, exchange: _Exchange, at: float) -> None:
        if exchange.kind == _SETTING:  # older cameras take IF_Clear for a command
            exchange.kind, exchange.sends, exchange.again_at = _COMMAND, 0, at
            return
        exchange.again_at = None
        if exchange.pending is not None:
            self._bus.deliver(ErrorMessage(1, 0, ErrorCode.SYNTAX), at, exchange.pending)

    # Time and speaking.

    def tick(self, now: float) -> None:
        self._bus.tick(now)
        exchange = self._newest
        if exchange is not None and exchange.pending and not self._bus.awaits(exchange.pending):
            exchange.again_at = None  # the Bus has given it up

    def due(self) -> float | None:
        if self._reset_at is not None and not self._bus.uncounted:
            return self._reset_at
        wanted = [self._bus.due(), self._newest.again_at if self._newest else None]
        return min((at for at in wanted if at is not None), default=None)

    def outbox(self, now: float) -> bytes | None:
        self._of_bus = False
        if self._bus.uncounted:
            return self._unnumbered(now)
        if self._reset_at is not None:
            return self._reset(now)
        if (frame := self._bus.outbox(now)) is not None:
            self._of_bus = True
            self._newest = _exchange(frame, self._bus.last_written)
            return self._datagram(self._newest, now)
        exchange = self._newest
        if exchange is None or exchange.again_at is None or now < exchange.again_at:
            return None
        if exchange.sends >= TRIES or exchange.rounds >= TRIES:
            exchange.again_at = None
            return None
        return self._datagram(exchange, now)

    def _unnumbered(self, now: float) -> bytes | None:
        self._reset_at = self._newest = None
        frame = self._bus.outbox(now)
        self._of_bus = frame is not None
        return None if frame is None else _FIXED + frame

    def _reset(self, now: float) -> bytes | None:
        """Have the camera count from 0; nothing else is said until it answers, or five times not.

        A camera that knows no RESET takes what then comes.
        """
        if self._reset_at is None or now < self._reset_at:
            return None
        if not self._resets_left:
            self._reset_at = None
            return self.outbox(now)
        self._resets_left -= 1
        self._reset_at = now + RESET_S
        self._number = 0
        self._bus.hold_unrepeatable(now + CALM_S)
        return _RESET

    def _datagram(self, exchange: _Exchange, now: float) -> bytes:
        if not exchange.sends:
            exchange.number = self._number
            self._numbered.pop(self._number, None)
            self._numbered[self._number] = exchange
            self._number = self._number + 1 & 0xFFFFFFFF
            if len(self._numbered) > _REMEMBERED:
                del self._numbered[next(iter(self._numbered))]
        if exchange.kind == _COMMAND:
            self._commanded_at = now
        exchange.sends += 1
        exchange.again_at = now + RESEND_S
        length, number = len(exchange.frame).to_bytes(2, "big"), exchange.number.to_bytes(4, "big")
        return exchange.kind + length + number + exchange.frame

    def sent(self, now: float) -> None:
        if self._of_bus:
            self._bus.sent(now)

    def failed(self, now: float, why: str) -> None:
        if self._of_bus:
            self._bus.failed(now, why)


def _exchange(frame: bytes, pending: Pending | None) -> _Exchange:
    if pending is None:
        kind = _SETTING if frame[1:-1] == _IF_CLEAR else _COMMAND
        return _Exchange(frame, kind, None, repeatable=True)
    kind = _INQUIRY if pending.asks else _COMMAND
    return _Exchange(frame, kind, pending, may_repeat(pending.message))
