"""The drive of one axis group and the stop that it is owed; when in a video cycle to write it.

Knows no port, no clock and no bytes; the `Connection` has one `Motion` for each axis group.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from roomctl.visca.message import Message
from roomctl.visca.request import Move


@dataclass(slots=True)
class Motion:
    """One axis group: the move requested, the one written last, and the stop that is owed.

    `running`: a drive was written and no stop has been acknowledged since; `taken`: one was
    acknowledged; `refused`: the camera said no. `stop_at`: when the stop is to be written (again);
    None while it is on its way, or none is owed.
    """

    requested: Move | None = None
    written: Move | None = None
    not_before: float = 0.0
    running: bool = False
    taken: bool = False
    refused: bool = False
    stop_owed: bool = False
    stop_at: float | None = None
    stop_since: float = 0.0
    cancelled: bool = False

    @property
    def driven(self) -> bool:
        return self.running or self.requested is not None

    @property
    def moves(self) -> bool:
        """Whether the camera may be moving by it."""
        return self.driven and not self.refused

    def waits(self, now: float) -> bool:
        """Whether a move is to be written as soon as the line and the camera are free."""
        new = self.requested is not None and self.requested != self.written
        return new and now >= self.not_before

    def stop(self, now: float) -> None:
        """Owe a stop from `now` on, and forget every move before it."""
        self.requested = self.written = None
        if not self.stop_owed:
            self.stop_owed, self.stop_at, self.stop_since = True, now, now
            self.cancelled = False

    def stop_again(self, at: float) -> None:
        if self.stop_owed:
            self.stop_at = at

    def stopped(self) -> None:
        """Note that the camera took the stop."""
        self.running = self.taken = self.refused = self.stop_owed = False
        self.stop_at = None

    def started(self) -> None:
        """Note that the camera took a drive."""
        self.taken, self.refused = True, False

    def not_taken(self, move: Message, again_at: float) -> None:
        """Note that `move` was lost: the newest one, not this, goes out again."""
        self.not_before = again_at
        if self.written == move:
            self.written = None

    def not_executable(self, move: Message, again_at: float) -> None:
        """Note that the camera refused `move`: it stands, unless it took another before."""
        self.not_taken(move, again_at)
        self.refused = not self.taken
        self.running = self.running and self.taken

    def forget(self) -> None:
        """Drive no more, and owe no stop: the camera is off."""
        self.requested = self.written = None
        self.stopped()


class VideoCycle:
    """A camera's video cycle, learned from when it answers, and the moment to write for the next.

    A camera takes one message per video cycle, and answers in it. What arrives just after a cycle
    lies in the camera until the next, and whatever comes behind it, a stop too, waits one cycle
    more. What arrives just before a cycle is taken as soon and delays nothing; and being written
    later, it is the newer move. An adapter or a network that scatters the answers shows no cycle:
    then nothing is held back for it.
    """

    WINDOW = 1 / 8  # of a cycle: answers within it, either way, belong to the same
    LEAD = 1 / 5  # of a cycle: a message arrives that early; a busy machine writes a little late
    LATEST_S = 0.0004  # before a cycle: what arrives even later counts as missed
    SURE, SUREST = 4, 8
    SHORTEST_S = 0.01

    def __init__(self) -> None:
        self._at = 0.0
        self._score = 0

    def spoke(self, at: float, cycle_s: float) -> None:
        """Note that the camera began to speak at `at`."""
        late_s = (at - self._at + cycle_s / 2) % cycle_s - cycle_s / 2
        if not self._score:
            self._at, self._score = at, 1
        elif abs(late_s) <= self.WINDOW * cycle_s:
            self._at = at - late_s * 3 / 4
            self._score = min(self._score + 1, self.SUREST)
        else:
            self._score = max(self._score - 2, 0)

    def write_at(self, now: float, air_s: float, cycle_s: float) -> float:
        """Return when to begin writing what travels `air_s`; now if no cycle is known."""
        if self._score < self.SURE or cycle_s < self.SHORTEST_S:
            return now
        soonest = now + air_s + self.LATEST_S
        taken_at = self._at + math.ceil((soonest - self._at) / cycle_s) * cycle_s
        return max(now, taken_at - air_s - self.LEAD * cycle_s)
