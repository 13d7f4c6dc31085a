"""Multicast DNS, by which NDI and Axis cameras are found: one question, answered by each. Pure.

A one-shot question (RFC 6762, 5.1) goes to 224.0.0.251:5353 from another port than 5353, so each
device answers to that, with the question's number (6.7); some answer with 0. Each search has
another number: python-zeroconf ignores a message that it has heard within the last second.

Of an answer the names of services are read, `Front._ndi._tcp.local` for instance (PTR, RFC 6763,
4.1), and the addresses that they are said to have (A):

    id (2)  flags (2)  questions (2)  answers (2)  authority (2)  additional (2)
    a question: name, type (2), class (2)
    a record: name, type (2), class (2), seconds (4), length (2), data
    a name: labels of 1-63 bytes behind their length, then 00; or C0+ and where in the message the
            rest of it stands, which must be before it

Axis cameras are `_axis-video._tcp` (Axis VAPIX), NDI sources `_ndi._tcp` (NDI white paper, mDNS);
`_rtsp._tcp` and `_http._tcp` may be anything, and count only if they name a known make of camera.
An NDI source may be a program on a computer. Some write of `_visca`; no camera is known to have it.

python-zeroconf does much more (it caches, answers, follows changes) with threads and a compiled
module; this is the one question that a search needs, and the tests ask python-zeroconf.
Knows no port and no clock.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from roomctl.frozen import frozen
from roomctl.ports.search import Question
from roomctl.search import Sighting

GROUP, PORT = "224.0.0.251", 5353
SERVICES = {"_ndi._tcp": "NDI", "_axis-video._tcp": "Axis"}
HINTS = {"_rtsp._tcp": "RTSP", "_http._tcp": "HTTP"}
_MAKES = re.compile(
    r"\b(?:(?:axis|aver|avonic|bolin|birddog|canon|datavideo|jvc|lumens|marshall|minrray|panasonic"
    r"|ptz|ptzoptics|roboshot|sony|tenveo|vaddio)\b|aw-[a-z]{2}\d|brc-|srg-)",
    re.IGNORECASE,
)
_HEAD, _QUESTION, _RECORD = (struct.Struct(one) for one in ("!6H", "!2H", "!2HIH"))
_A, _PTR, _INTERNET = 1, 12, 1
_ANSWER, _POINTER = 0x8000, 0xC0
_MOST_RECORDS, _MOST_LABELS = 64, 16


def question(services: Iterable[str], number: int = 0) -> bytes:
    """Return a message that asks for these services of `local`; `number`: 0 to 65535."""
    asked = [_name(f"{one}.local") + _QUESTION.pack(_PTR, _INTERNET) for one in services]
    return _HEAD.pack(number, 0, len(asked), 0, 0, 0) + b"".join(asked)


def _name(name: str) -> bytes:
    labels = [one.encode() for one in name.split(".")]
    return b"".join(bytes([len(one)]) + one for one in labels) + b"\0"


@frozen
class MdnsAnswer:
    """The number that an answer bears, its services, as ("Front", "_ndi._tcp"), and addresses."""

    number: int
    services: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]


def read_answer(data: bytes) -> MdnsAnswer | None:
    """Return what an answer says; None: it is none, or no whole message."""
    try:
        records = list(_records(data))
        pointers = [
            (owner, _name_at(data, at)[0]) for owner, kind, at, _ in records if kind == _PTR
        ]
    except (IndexError, ValueError, struct.error):
        return None
    services = [
        (" ".join(name[: -len(owner)]), ".".join(owner[:-1]))
        for owner, name in pointers
        if len(name) > len(owner) > 1 and name[-len(owner) :] == owner
    ]
    addresses = [
        str(IPv4Address(data[at : at + 4]))
        for _, kind, at, size in records
        if (kind, size) == (_A, 4)
    ]
    return MdnsAnswer(_HEAD.unpack_from(data)[0], tuple(services), tuple(addresses))


def _records(data: bytes) -> Iterator[tuple[list[str], int, int, int]]:
    """Yield of each record the name, the type, and where its data are: place and length."""
    _, flags, questions, *counts = _HEAD.unpack_from(data)
    if not flags & _ANSWER or questions + sum(counts) > _MOST_RECORDS:
        raise ValueError("is no answer, or has too many records")
    at = _HEAD.size
    for _ in range(questions):
        at = _name_at(data, at)[1] + _QUESTION.size
    for _ in range(sum(counts)):
        owner, at = _name_at(data, at)
        kind, _, _, size = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        if at + size > len(data):
            raise ValueError("ends in a record")
        yield owner, kind, at, size
        at += size


def _name_at(data: bytes, at: int) -> tuple[list[str], int]:
    """Return the labels of a name, and where it ends; ValueError, IndexError: it is none."""
    labels: list[str] = []
    end, before = None, at
    while size := data[at]:
        if size & _POINTER == _POINTER:
            end = at + 2 if end is None else end
            at = (size & ~_POINTER) << 8 | data[at + 1]
            if at >= before:
                raise ValueError("a name leads forward")
            before = at
        elif size & _POINTER or len(labels) >= _MOST_LABELS:
            raise ValueError("a name has a strange label, or too many")
        else:
            labels.append(data[at + 1 : at + 1 + size].decode("utf-8", "replace"))
            at += 1 + size
    return labels, at + 1 if end is None else end


class MulticastDns:
    """The way to find cameras by multicast DNS; `number`: of the question and its answers."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.question = Question(question((*SERVICES, *HINTS), number), PORT, GROUP)

    def read(self, data: bytes, sender: str) -> Iterable[Sighting]:
        answer = read_answer(data)
        if answer is None or answer.number not in (self._number, 0):
            return
        claims = "" if sender in answer.addresses else "".join(answer.addresses[:1])
        for name, service in answer.services:
            protocol = SERVICES.get(service)
            if protocol is None and service in HINTS and _MAKES.search(name):
                protocol = HINTS[service]
            if protocol is not None:
                yield Sighting(protocol, name=name, claims=claims)
