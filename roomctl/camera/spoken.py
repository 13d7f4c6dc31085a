"""What a controller said in a trace: its frames, its questions, and the answers to them.

Knows no session and no camera model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roomctl.visca.codec import HEADER
from roomctl.visca.frames import BROADCAST, Data, Splitter, decode_reply
from roomctl.wire import Record


@dataclass(frozen=True, slots=True)
class Spoken:
    """A frame of the controller's, without a datagram's header; `number`: that header's."""

    at: float
    frame: bytes
    number: bytes = b""

    @property
    def asks(self) -> bool:
        return self.frame[1] == 0x09


class Voice:
    """Cuts what a controller writes into its frames; a control datagram has none."""

    def __init__(self, *, over_ip: bool) -> None:
        self._over_ip, self._splitter = over_ip, Splitter()

    def frames(self, data: bytes, at: float) -> list[Spoken]:
        number = b""
        if self._over_ip:
            number, self._splitter = data[4:HEADER], Splitter()
            data = b"" if data[:1] == b"\x02" else data[HEADER:]
        found = self._splitter.feed(data, at)
        return [Spoken(at, frame, number) for frame in found if isinstance(frame, bytes)]


class Questions:
    """The last question of then to each camera; over IP, each by its number."""

    def __init__(self, *, over_ip: bool) -> None:
        self._over_ip = over_ip
        self._asked: dict[bytes, Spoken] = {}

    def note(self, spoken: Spoken) -> None:
        if spoken.asks:
            address = bytes(((spoken.frame[0] & 0x0F) + BROADCAST,))
            self._asked[spoken.number if self._over_ip else address] = spoken

    def answered_by(self, record: Record) -> Spoken | None:
        """Return the question that a record answers; None: it is no answer."""
        reply = reply_in(record, over_ip=self._over_ip)
        if not isinstance(decode_reply(reply), Data):
            return None
        address = bytes((reply[0] >> 4,))
        return self._asked.get(record.data[4:HEADER] if self._over_ip else address)


def reply_in(record: Record, *, over_ip: bool) -> bytes:
    """Return what a record holds without a datagram's header."""
    return record.data[HEADER:] if over_ip else record.data


def answers_in(
    records: Sequence[Record], *, over_ip: bool
) -> dict[bytes, list[tuple[float, bytes]]]:
    """Return the answers to each question, and when they came."""
    voice, questions = Voice(over_ip=over_ip), Questions(over_ip=over_ip)
    answers: dict[bytes, list[tuple[float, bytes]]] = {}
    for record in records:
        if record.direction == "out":
            for spoken in voice.frames(record.data, record.at):
                questions.note(spoken)
        elif record.direction == "in" and (asked := questions.answered_by(record)) is not None:
            reply = reply_in(record, over_ip=over_ip)
            answers.setdefault(asked.frame, []).append((record.at, reply))
    return answers
