"""What a room has done since its program began, in numbers that only grow.

Whatever is counted under a name has that name from a closed set: a declared command, a platform
that has a file, a code. Anything else is OTHER, so that nobody makes the counts grow by asking for
new things. Knows no clock and no HTTP.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

from roomctl.meeting.call import MEETING, State
from roomctl.room.document import RoomDocument

OTHER = "other"
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Histogram:
    """How many durations were how long: seconds, in buckets whose upper bounds are `bounds_s`."""

    def __init__(self, bounds_s: Sequence[float] = BOUNDS_S) -> None:
        self._bounds_s = tuple(bounds_s)
        self._counts = [0] * (len(self._bounds_s) + 1)
        self.sum_s = 0.0

    def add(self, took_s: float) -> None:
        """Count one duration."""
        self._counts[bisect_left(self._bounds_s, took_s)] += 1
        self.sum_s += took_s

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """Each upper bound, and how many were no longer; the last one is "+Inf"."""
        names = (*(str(bound) for bound in self._bounds_s), "+Inf")
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))


class Tally:
    """The counts of one room; `commands` and `platforms` are all that there may be."""

    def __init__(self, commands: Iterable[str], platforms: Iterable[str]) -> None:
        self._names = frozenset(commands)
        self.commands: Counter[tuple[str, str]] = Counter()
        self.command_s = Histogram()
        self.joined = Counter(dict.fromkeys((*platforms, OTHER), 0))
        self.failed = self.joined.copy()
        self.issues: Counter[str] = Counter()

    def command(self, name: object, result: str, took_s: float | None = None) -> None:
        """Count a command, and how it ended; one that never began took no time."""
        known = isinstance(name, str) and name in self._names
        self.commands[str(name) if known else OTHER, result] += 1
        if took_s is not None:
            self.command_s.add(took_s)

    def follow(self, before: RoomDocument, after: RoomDocument) -> None:
        """Count what became new with a change of the document."""
        state, platform = after.meeting.state, after.meeting.platform
        if state != before.meeting.state:
            key = platform if platform is not None and platform in self.joined else OTHER
            within = MEETING | {State.INTERRUPTED}
            self.joined[key] += state in MEETING and before.meeting.state not in within
            self.failed[key] += state == "failed"
        known = {(one.code, one.subject) for one in before.issues}
        found = {(one.code, one.subject) for one in after.issues} - known
        self.issues.update(code for code, _ in found)
