"""When in a camera's video cycle to write to it.

Knows no port, no clock and no bytes; the `Connection` tells it when the camera speaks.
"""

from __future__ import annotations

import math


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
