"""How one axis of a simulated camera moves: to an end stop or to a target.

Knows no bytes, no clock and no camera model.
"""

from __future__ import annotations


class Motor:
    """One axis; positions in any unit, time as an argument. It runs until told otherwise."""

    def __init__(self, low: float, high: float, position: float = 0.0) -> None:
        self.low, self.high = low, high
        self.ends = (low, high)
        position = min(max(position, low), high)
        self._from, self._to = position, position
        self._since, self._speed = 0.0, 0.0

    @property
    def span(self) -> float:
        return self.ends[1] - self.ends[0]

    @property
    def target(self) -> float:
        """Where it goes; where it stands, if it goes nowhere."""
        return self._to

    def limit(self, low: float | None = None, high: float | None = None) -> None:
        """Narrow the way between the end stops; None leaves that side as it is."""
        first, last = self.ends
        self.low = self.low if low is None else min(max(low, first), last)
        self.high = self.high if high is None else min(max(high, first), last)

    def run(self, speed: float, now: float) -> None:
        """Move at `speed` per second (signed) until the end stop; 0: stand still."""
        if speed:
            self.go(self.high if speed > 0 else self.low, abs(speed), now)
        else:
            self.halt(now)

    def go(self, target: float, speed: float, now: float) -> float:
        """Move to `target` (clamped to the end stops); return when it is there."""
        self._from, self._since = self.at(now), now
        self._to, self._speed = min(max(target, self.low), self.high), speed
        return self.arrives_at()

    def halt(self, now: float) -> None:
        self._from = self._to = self.at(now)

    def at(self, now: float) -> float:
        """Return where the axis is."""
        way = self._to - self._from
        gone = self._speed * max(0.0, now - self._since)
        return self._to if gone >= abs(way) else self._from + (gone if way > 0 else -gone)

    def arrives_at(self) -> float:
        way = abs(self._to - self._from)
        return self._since + way / self._speed if way else self._since

    def moving(self, now: float) -> bool:
        return self._to != self._from and now < self.arrives_at()
