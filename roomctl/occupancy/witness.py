"""What everything but one sensor says of the room: when it was used, and how often lately.

Knows no sensor and no clock. It is what a sensor's own health is judged by: one that sees somebody
for longer than anybody ever stayed, or nobody while people came and went, is not believed.
"""

from __future__ import annotations

from collections import deque

STUCK_S = 8 * 3600.0
TIMES_LONGEST = 3.0  # a room that is used for twelve hours on end has no sensor stuck after eight
QUIET_S = 7 * 86_400.0
ENOUGH_PERIODS = 5


class Witness:
    """All evidence but that of one sensor."""

    def __init__(self) -> None:
        self.seen_at = 0.0
        self._longest_s = 0.0
        self._since: float | None = None
        self._began: deque[float] = deque(maxlen=ENOUGH_PERIODS)

    @property
    def stuck_s(self) -> float:
        """How long a sensor may see somebody alone."""
        return max(STUCK_S, TIMES_LONGEST * self._longest_s)

    def note(self, seen_at: float | None, now: float) -> None:
        """Note that somebody was seen at `seen_at` and is there until now, or nobody is (None)."""
        if seen_at is None:
            self._since = None
            return
        self.seen_at = max(self.seen_at, seen_at)
        if self._since is None:
            self._since = now
            self._began.append(now)
        self._longest_s = max(self._longest_s, now - self._since)

    def contradicts(self, quiet_since: float, now: float) -> bool:
        """Whether people came and went, while a sensor has seen nothing for a week."""
        enough = len(self._began) == ENOUGH_PERIODS
        return (
            enough
            and now - quiet_since >= QUIET_S
            and self._began[0] >= max(quiet_since, now - QUIET_S)
        )
