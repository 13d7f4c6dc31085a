"""Who is connected, how many there may be, and who goes first when there is no room left.

A stranger is whoever has shown neither a token nor a pairing on a connection yet. Strangers have
two thirds of the connections at most, so that a paired panel always finds one; each address has
its own bound, so that one box cannot take them all; and where there is no room the stranger goes
who has been idle for longest. Who has shown who he is never has to go for one who has not.

A newcomer may be a panel that was cut off, and nobody knows before its first request. So where all
strangers are being answered it has one of the panels' connections for that request; and as soon as
strangers have half of what they may have, each connection of theirs ends with its first answer,
however many requests it has sent. Of one address only so many strangers' requests are looked at.

Pure: time is an argument. Knows no socket and no HTTP.
"""

from __future__ import annotations

import ipaddress
import math
from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from roomctl.frozen import frozen


@frozen
class Rate:
    """So many in a second, and so many at once after a pause."""

    per_s: float
    burst: int


class Allowance:
    """What is left of a rate for one who uses it."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate, self._left, self._at = rate, float(rate.burst), now

    def take(self, now: float) -> bool:
        """Use one; False if none is left."""
        grown = self._left + (now - self._at) * self._rate.per_s
        self._left, self._at = min(grown, self._rate.burst), now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def is_whole(self, now: float) -> bool:
        """Whether nothing was used for so long that a new allowance would be the same."""
        return self._left + (now - self._at) * self._rate.per_s >= self._rate.burst


REQUEST_S = 10.0  # from a request's first byte, or the connection's beginning, to its last byte
FIRST_S = 1.0  # for a newcomer's request, in a crowd, before he goes for another one
STALLED_S = 20.0  # for what is written to be read, once 64 KiB wait for it
LINGER_S = 5.0  # for a connection that was closed to be gone
ARRIVALS = Rate(per_s=100, burst=200)  # of one address that is not this box
REQUESTS = Rate(per_s=50, burst=300)  # of strangers there; a panel's page is some 60 files

# Descriptors that are no connections: a room with all its devices, its browser's pipes, its
# database and its log has about 60 open; as many again are for what it opens for a moment.
RESERVED = 120
LEAST, MOST = 24, 400
MOST_OF_AN_ADDRESS, MOST_OF_LOOPBACK = 32, 128  # the kiosk's panels, and any proxy, are loopback


@frozen
class ConnectionLimits:
    """How many connections there may be: in all, of strangers, of one address; and for how long."""

    total: int
    strangers: int
    address: int
    loopback: int
    request_s: float = REQUEST_S
    stalled_s: float = STALLED_S
    linger_s: float = LINGER_S


def connection_limits(descriptors: int) -> ConnectionLimits:
    """Return what fits a process that may open so many files (RLIMIT_NOFILE)."""
    total = min(MOST, max(LEAST, descriptors - RESERVED))
    strangers = total * 2 // 3
    half = strangers // 2
    return ConnectionLimits(
        total, strangers, min(half, MOST_OF_AN_ADDRESS), min(half, MOST_OF_LOOPBACK)
    )


class ConnectionPhase(Enum):
    """What a connection waits for."""

    ASKING = auto()  # the rest of a request, or of the first one all of it
    ANSWERING = auto()  # the room; an open WebSocket or event stream is one long answer
    IDLE = auto()  # another request


class Transport(Protocol):
    """The part of an asyncio transport by which a connection is ended."""

    def is_closing(self) -> bool: ...

    def abort(self) -> None: ...


@dataclass(slots=True, eq=False)
class Visitor:
    """One connection."""

    address: str
    since: float  # when `phase` began
    phase: ConnectionPhase = ConnectionPhase.ASKING
    known: bool = False  # has shown a token or a pairing
    stalled_at: float | None = None  # since when what is written is not read
    closing_at: float | None = None
    transport: Transport | None = None  # None until the connection is made

    def turn(self, phase: ConnectionPhase, now: float) -> None:
        """Note what is waited for; the time of a phase that goes on is not begun anew."""
        if phase is not self.phase:
            self.phase, self.since = phase, now

    def stalled(self, now: float) -> None:
        """Note that more waits to be read than is kept for it."""
        self.stalled_at = now

    def reads(self) -> None:
        """Note that it was read."""
        self.stalled_at = None

    @property
    def may_go(self) -> bool:
        """Whether it may be ended for another one's sake."""
        idle = self.phase is not ConnectionPhase.ANSWERING or self.stalled_at is not None
        return idle and not self.known and self.transport is not None

    def is_overdue(self, now: float, limits: ConnectionLimits) -> bool:
        """Whether it has held its connection for too long; to be asked about once a second."""
        if self.transport is None:
            return False
        if self.closing_at is None and self.transport.is_closing():
            self.closing_at = now
        return (
            (self.phase is ConnectionPhase.ASKING and now - self.since > limits.request_s)
            or (self.stalled_at is not None and now - self.stalled_at > limits.stalled_s)
            or (self.closing_at is not None and now - self.closing_at > limits.linger_s)
        )


class Connections:
    """The connections of one web server."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._visitors: dict[Visitor, None] = {}  # the oldest first
        self._of: Counter[str] = Counter()
        self._arrivals: dict[str, Allowance] = {}
        self._requests: dict[str, Allowance] = {}
        self.ended = 0  # were turned away, or ended for another one's sake

    @property
    def crowded(self) -> bool:
        """Whether strangers have so many connections that each is for one answer."""
        return self._strangers * 2 >= self._limits.strangers

    @property
    def _strangers(self) -> int:
        return sum(not visitor.known for visitor in self._visitors)

    def may_ask(self, visitor: Visitor, now: float) -> bool:
        """Whether a stranger's request is looked at: of one address seldom enough."""
        return _is_within(self._requests, REQUESTS, visitor.address, now)

    def admit(self, host: str, now: float) -> Visitor | None:
        """Return a new visitor from an IP address, or None if there is no room for one."""
        address = counted_as(host)
        come = _is_within(self._arrivals, ARRIVALS, address, now)
        if not come or not self._has_room(address, now):
            self.ended += 1
            return None
        visitor = Visitor(address, now)
        self._visitors[visitor] = None
        self._of[address] += 1
        return visitor

    def leave(self, visitor: Visitor) -> None:
        """Forget a connection that is gone; once is enough."""
        if visitor in self._visitors:
            del self._visitors[visitor]
            self._of[visitor.address] -= 1
            if not self._of[visitor.address]:
                del self._of[visitor.address]

    def make_room(self, address: str | None = None, since: float = math.inf) -> bool:
        """End the stranger who has been idle for longest, and since then; of all or an address."""
        candidates = [
            visitor
            for visitor in self._visitors
            if visitor.may_go and address in (None, visitor.address) and visitor.since <= since
        ]
        if not candidates:
            return False
        self._end(min(candidates, key=lambda visitor: visitor.since))
        return True

    def sweep(self, now: float) -> None:
        """End those who have had their time; once a second."""
        for visitor in list(self._visitors):
            if visitor.is_overdue(now, self._limits):
                self._end(visitor)
        for known in (self._arrivals, self._requests):
            for address in [one for one, left in known.items() if left.is_whole(now)]:
                del known[address]

    def end_all(self) -> None:
        """End every connection."""
        for visitor in list(self._visitors):
            self._end(visitor)

    def _has_room(self, address: str, now: float) -> bool:
        loopback = address == _LOOPBACK
        most = self._limits.loopback if loopback else self._limits.address
        if self._of[address] >= most and not self.make_room(address):
            return False
        if len(self._visitors) >= self._limits.total:
            return self.make_room()
        if self._strangers >= self._limits.strangers:
            self.make_room(since=now - FIRST_S)  # else it has a panel's place for its request
        return True

    def _end(self, visitor: Visitor) -> None:
        self.ended += 1
        self.leave(visitor)
        if visitor.transport is not None:
            visitor.transport.abort()


_LOOPBACK = "loopback"


def _is_within(known: dict[str, Allowance], rate: Rate, address: str, now: float) -> bool:
    """Whether an address does something seldom enough; this box may do it at any rate.

    What runs here and does harm can do it without us, and the room's own panel comes from here.
    """
    if address == _LOOPBACK:
        return True
    return known.setdefault(address, Allowance(rate, now)).take(now)


def counted_as(host: str) -> str:
    """Return whom an address is counted as: a network of IPv6 (/64) is one subscriber's."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return _LOOPBACK
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
