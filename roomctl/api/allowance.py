"""How often somebody may do something: a rate that can be exceeded for a moment, never for long.

Pure: time is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
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
