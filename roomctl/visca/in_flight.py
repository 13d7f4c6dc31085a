"""What a camera was told and has not finished: until its ACK, then in one of its sockets.

Knows no port, no clock and no bytes. An ACK names no command, so it is for the oldest without one;
but no drive is waited for once a newer one had to go without its ACK. A completion names a socket,
in which more than one may lie: some cameras name one socket for all, and a completion may have got
lost. Over IP a reply names its message (`named`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from roomctl.visca.message import ClearAll, Message
from roomctl.visca.request import AxisGroup, Request, asks, groups_of

BRIEF_S = 0.2  # from the ACK of a drive or a stop to its completion: at most four video cycles
SHORT_S = 0.5  # the same of a setting, or a stored preset
STALE_S = 0.5  # a stop ends a move, whose completion may still come
UNKNOWN_SOCKET = 0x0F  # of a move whose ACK got lost; no camera has so many


@dataclass(slots=True, eq=False)
class Pending:
    """A message that was written, until its end is known.

    It waits for its ACK or its answer, or sits in a socket of the camera.
    `request`: on whose behalf; None for a drive, a stop (`stop`: of which group) and a poll.
    `deadline`: when its ACK or answer, then its completion, should have come. `gates_until`: until
    when the next press waits for its ACK or answer. `held_until`: until when its socket is kept
    free of others; if wrong, the camera says that it is full. `stopped`: a stop came after it.
    `doubtful`: its ACK may have been that of another, so what its socket says proves nothing.
    """

    message: Message
    request: Request | None = None
    stop: AxisGroup | None = None
    deadline: float = float("inf")
    gates_until: float = float("inf")
    acked_at: float = 0.0
    held_until: float = 0.0
    stopped: bool = False
    doubtful: bool = False
    asks: bool = field(init=False)
    groups: tuple[AxisGroup, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.asks, self.groups = asks(self.message), groups_of(self.message)

    @property
    def is_acked(self) -> bool:
        """Whether it is answered with an ACK: neither questions are, nor IF_Clear."""
        return not (self.asks or isinstance(self.message, ClearAll))

    @property
    def is_drive(self) -> bool:
        """Whether it runs until told otherwise: a newer one makes it worthless."""
        return self.request is None and self.stop is None and bool(self.groups)

    @property
    def ends_by(self) -> float:
        """When it should have completed; a drive, a stop and a setting are done at once."""
        return self.deadline if self.groups and self.request is not None else self.held_until

    @property
    def travels(self) -> bool:
        """Whether it moves something to a place, and no stop came after it."""
        return self.request is not None and bool(self.groups) and not self.stopped

    def let_go(self, now: float) -> None:
        """Note that it was stopped, or is done: it holds nothing, and its last word may come."""
        self.stopped, self.held_until = True, now
        self.deadline = min(self.deadline, now + STALE_S)


class InFlight:
    """The messages of one conversation that are under way.

    `unacked`: those without ACK or answer, oldest first. `named`: what the reply in hand answers,
    on a wire that tells.
    """

    def __init__(self) -> None:
        self.unacked: deque[Pending] = deque()
        self.named: Pending | None = None
        self._sockets: dict[int, deque[Pending]] = {}

    def __iter__(self) -> Iterator[Pending]:
        return iter([*self.unacked, *self.running])

    @property
    def running(self) -> list[Pending]:
        """The commands that the camera has taken and not completed."""
        return [pending for held in self._sockets.values() for pending in held]

    @property
    def sockets(self) -> dict[int, Pending]:
        """The newest command in each socket that is in use."""
        return {socket: held[-1] for socket, held in self._sockets.items() if held}

    def clear(self) -> None:
        self.unacked.clear()
        self._sockets.clear()

    def written(self, pending: Pending) -> None:
        self.unacked.append(pending)

    def forget(self, pending: Pending) -> None:
        """Wait neither for its ACK nor for its completion any more."""
        if pending in self.unacked:
            self.unacked.remove(pending)
        for held in self._sockets.values():
            if pending in held:
                held.remove(pending)

    def awaits(self, request: Request) -> bool:
        """Whether an ACK or an answer is waited for on behalf of `request`."""
        return any(pending.request is request for pending in self.unacked)

    def copies(self, request: Request) -> list[Pending]:
        """Return what runs of a request; it may have been said more than once."""
        return [pending for pending in self.running if pending.request is request]

    def gated(self, now: float) -> bool:
        """Whether a press has to wait for the ACK or the answer to something."""
        return any(now < pending.gates_until for pending in self.unacked)

    def filled(self, now: float) -> int:
        """Return how many sockets to keep free of others."""
        return sum(now < pending.held_until for pending in self.running)

    # Replies.

    @property
    def answerable(self) -> list[Pending]:
        """The messages without an ACK that the reply in hand may mean, oldest first."""
        return [pending for pending in self.unacked if self.named in (None, pending)]

    def take(self, fits: Callable[[Pending], bool]) -> Pending | None:
        """Take out the oldest message without an ACK that `fits`, and that the reply may mean."""
        for pending in self.answerable:
            if fits(pending):
                self.unacked.remove(pending)
                return pending
        return None

    def taken(self, fits: Callable[[Pending], bool], now: float) -> Pending | None:
        """Take out the command that the camera says it has taken: the oldest that `fits`.

        A drive whose gate opened without that is passed over if a newer drive followed: its reply
        got lost. Were each reply taken for that of the drive before, every drive would wait in
        vain.
        """
        waiting = [pending for pending in self.answerable if fits(pending)]
        while len(waiting) > 1 and waiting[0].is_drive and waiting[1].is_drive:
            if now < waiting[0].gates_until:
                break
            del waiting[0]
        if not waiting:
            return None
        self.unacked.remove(waiting[0])
        return waiting[0]

    def ended_unacked(self, now: float) -> None:
        """Note that something ended whose ACK is missing: the oldest drive is not waited for."""
        pending = next((pending for pending in self.unacked if pending.is_acked), None)
        if pending is not None and pending.is_drive:
            pending.gates_until = now

    def question(self) -> Pending | None:
        """Return the question that data in hand may answer; it is not taken out."""
        return next((pending for pending in self.answerable if pending.asks), None)

    def hold(self, pending: Pending, socket: int, now: float, within_s: float) -> None:
        """Note that `pending` runs in `socket`, and should complete within that time.

        A drive that lay there is done: its completion got lost.
        """
        pending.acked_at, pending.deadline = now, now + within_s
        before = (other for other in self._sockets.get(socket, ()) if not other.is_drive)
        self._sockets[socket] = deque((*before, pending))
        if pending.travels:
            over = pending.request is None or pending.request.over
            pending.held_until = now if over else pending.deadline
        elif pending.request is not None:
            pending.held_until = min(now + SHORT_S, pending.deadline)
        elif pending is not self.named:  # else its ACK named it: its completion may get lost
            pending.held_until = now + BRIEF_S

    def release(self, socket: int) -> Pending | None:
        """Take out the command that the reply names, else the one in `socket` that ends first.

        What must end soon is likelier to have ended than what may still travel.
        """
        if (named := self.named) is not None:
            if named not in self.running:
                return None
            self.forget(named)
            return named
        found = self._sockets.get(socket)
        if not found:
            return None
        ended = min(found, key=lambda pending: pending.ends_by)
        found.remove(ended)
        return ended
