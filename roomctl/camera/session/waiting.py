"""The commands that wait for their turn at one camera, and what becomes of one that failed.

Knows no port and no clock. A newer move replaces an older one that moves the same.
"""

from __future__ import annotations

from collections import deque

from roomctl.camera.profile import Timing
from roomctl.camera.session.ticket import (
    End,
    Group,
    Outcome,
    Ticket,
    groups_of,
    may_repeat,
    unanswered,
)
from roomctl.visca.frames import ErrorCode

MOST = 8
DEAF_S = 0.3  # EVI-HD1 manual: not executable for up to 240 ms after a recall
DEAF_RETRY_S = 0.06


class Waiting:
    """A short queue, first in, first out; from `steps_from` on also what must not run twice."""

    def __init__(self) -> None:
        self._tickets: deque[Ticket] = deque()
        self.steps_from = 0.0

    def add(self, ticket: Ticket, now: float) -> None:
        """Queue `ticket`; the camera counts as busy when too many wait."""
        if len(self._tickets) >= MOST:
            ticket.end(Outcome(End.REFUSED, ErrorCode.FULL))
            return
        ticket.not_before = now
        self._tickets.append(ticket)

    def first(self, now: float, *, moves: bool) -> Ticket | None:
        """Return the ticket whose turn it is; `moves` False: of those that move nothing."""
        for ticket in self._tickets:
            if moves or not groups_of(ticket.message):
                return ticket if now >= self._from(ticket) else None
        return None

    def _from(self, ticket: Ticket) -> float:
        once = not may_repeat(ticket.message)
        return max(ticket.not_before, self.steps_from) if once else ticket.not_before

    def take(self, ticket: Ticket, now: float) -> None:
        """Take `ticket` out: it is written now."""
        self._tickets.remove(ticket)
        ticket.tries += 1
        ticket.since = now if ticket.since is None else ticket.since

    def resting(self, now: float) -> bool:
        """Whether one waits only for time to pass; then nothing may come between."""
        return any(now < ticket.not_before for ticket in self._tickets)

    def limits(self) -> list[float]:
        return [self._from(ticket) for ticket in self._tickets]

    def drop(self, groups: tuple[Group, ...], why: End) -> None:
        """End what waits and would move one of `groups`."""
        for ticket in [t for t in self._tickets if set(groups_of(t.message)) & set(groups)]:
            self._tickets.remove(ticket)
            ticket.end(Outcome(why))

    def end(self, why: End) -> None:
        """End all for `why`; what was written, and waits to be said again, may have run."""
        tickets = list(self._tickets)
        self._tickets.clear()
        for ticket in tickets:
            ticket.end(Outcome(End.UNKNOWN if ticket.tries else why))

    def unanswered(self, now: float) -> None:
        """End what was written and waits to be said again: the camera answers nothing any more."""
        for ticket in self._tickets:
            if ticket.tries:
                ticket.end(unanswered(ticket, now))

    def refused(
        self, ticket: Ticket, code: int, now: float, recalled_at: float, timing: Timing
    ) -> None:
        """Say it again if it was refused only for a moment, else end it."""
        waited_s = now - (ticket.since if ticket.since is not None else now)
        deaf = code == ErrorCode.NOT_EXECUTABLE and now - recalled_at < DEAF_S
        if code == ErrorCode.FULL and waited_s < timing.stop_s:
            self._again(ticket, now + timing.cycle_s)
        elif deaf and may_repeat(ticket.message):
            self._again(ticket, now + DEAF_RETRY_S)
        else:
            ticket.end(Outcome(End.REFUSED, code))

    def missed(self, ticket: Ticket, now: float, timing: Timing) -> None:
        """Say it again if that is harmless, a few times; else its outcome is unknown."""
        if not may_repeat(ticket.message):
            ticket.end(Outcome(End.UNKNOWN))
        elif ticket.tries >= timing.tries:
            ticket.end(Outcome(End.NO_REPLY, after_s=timing.ack_s * ticket.tries))
        else:
            self._again(ticket, now)

    def _again(self, ticket: Ticket, at: float) -> None:
        if not ticket.over:  # what a stop or a newer move has ended never leaves again
            ticket.not_before = at
            self._tickets.appendleft(ticket)
