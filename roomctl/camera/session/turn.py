"""What is to be said next to one camera, and whether it is said now or a little later.

Knows no port and no clock, and not when the line is free (`session`). A move goes before a
command, a command before a question; a question that has waited long goes before another speed of
a drive. A stop is none of these: it waits for nothing (`talk`).
"""

from __future__ import annotations

from roomctl.camera.session.moves import Axes, Move
from roomctl.camera.session.pulse import Pulse
from roomctl.camera.session.ticket import groups_of
from roomctl.camera.session.underway import Said, UnderWay
from roomctl.camera.session.waiting import Waiting
from roomctl.camera.session.watch import Watch
from roomctl.visca.message import Inquiry


class Turn:
    """Picks from what waits to be said to one camera.

    `byte_s`: how long a byte travels on its line. `write_at`: when the message whose turn it is
    will be written; None: not worked out.
    """

    def __init__(self, watch: Watch, axes: Axes, under_way: UnderWay, waiting: Waiting) -> None:
        self.byte_s = 0.0
        self.write_at: float | None = None
        self._watch, self._axes = watch, axes
        self._under_way, self._waiting = under_way, waiting
        self._pulse = Pulse()
        self._air_s = 0.0

    def spoke(self, at: float) -> None:
        """Note when the camera began to say something."""
        self._pulse.spoke(at, self._watch.timing.cycle_s)

    def take(self, now: float, *, hurry: bool) -> Said | None:
        """Take out what is to be said now; `hurry`: nothing waits for the camera's cycle."""
        said = self._command(now)
        if said is None or (self._can_wait(said) and self._watch.overdue(now)):
            said = self._inquiry(now) or said
        if said is None or (not hurry and self._too_early(said, now)):
            return None
        self._taken_out(said, now)
        return said

    def _command(self, now: float) -> Said | None:
        filled = sum(said.fills_socket for said in self._under_way.running())
        if self._watch.silent or filled >= self._watch.profile.max_inflight:
            return None
        if (move := self._axes.next_move(now)) is not None:
            return Said(move)
        if self._axes.stopping:
            return None
        ticket = self._waiting.first(now, moves=self._one_stays_free())
        return None if ticket is None else Said(ticket.message, ticket)

    def _one_stays_free(self) -> bool:
        """Whether one more long move leaves a socket for the stop, or Cancel makes room for it."""
        if self._watch.profile.cancel:
            return True
        travels = [
            said
            for said in self._under_way.running()
            if said.ticket and said.fills_socket and groups_of(said.message)
        ]
        return len(travels) < max(1, self._watch.profile.sockets - 1)

    def _inquiry(self, now: float) -> Said | None:
        if self._waiting.resting(now) or (inquiry := self._watch.question()) is None:
            return None
        return Said(inquiry)

    def _can_wait(self, said: Said) -> bool:
        """Whether it may be said a little later: a question, or another speed of what moves."""
        moves = [self._axes[group] for group in groups_of(said.message)]
        return said.ticket is None and all(group.running for group in moves)

    def _too_early(self, said: Said, now: float) -> bool:
        """Whether `said` would lie in the camera, in the way of a stop, if it were written now."""
        if not self._can_wait(said):
            return False
        air_s = len(said.message.encode(1, self._watch.profile.form)) * self.byte_s
        if self.write_at is None or air_s != self._air_s:
            self._air_s = air_s
            self.write_at = self._pulse.write_at(now, air_s, self._watch.timing.cycle_s)
        return now < self.write_at

    def _taken_out(self, said: Said, now: float) -> None:
        if said.ticket is not None:
            self._waiting.take(said.ticket, now)
        elif isinstance(said.message, Inquiry):
            self._watch.asking(said.message)
        elif isinstance(said.message, Move):
            self._axes[groups_of(said.message)[0]].writing(said.message)
