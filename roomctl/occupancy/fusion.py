"""How likely it is that somebody is there: a two-state filter over what kinds of sensors say.

Knows no sensor, no clock and no room. Each slot of time brings one log-likelihood ratio for each
kind of evidence, ln P(seen | somebody) - ln P(seen | nobody). Between slots people come and go:

    odds' = odds of the same room `dt_s` later, if it is empty for an hour and used for two, on
            average (any dwell of that order does; the evidence decides)

A ratio is clipped to -3 ... +6, so that no single kind can settle it alone against the others. Two
thresholds keep it from wavering: occupied from .8 up, vacant from .003 down. These figures, and
what they give on real data, are those of the two-state filter on the UCI 864 data set.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

ENTER, LEAVE = 0.8, 0.003
LEAST, MOST = -3.0, 6.0
EMPTY_DWELL_S, OCCUPIED_DWELL_S = 3600.0, 7200.0
PRIOR = 0.15  # part of the day that a meeting room is used
HASTE = 10.0  # times faster while somebody may just have gone through the door
_SUREST = 30.0  # log-odds; beyond that the next person would be believed too late


class Fusion:
    """The filter of one room; `occupied` follows with hysteresis."""

    def __init__(self, prior: float = PRIOR) -> None:
        self.probability = prior
        self.occupied = False

    def step(self, dt_s: float, ratios: Iterable[float], haste: float = 1.0) -> float:
        """Let `dt_s` pass, weigh what one slot has shown, and return the probability.

        `haste`: how many times faster than usual people may come and go.
        """
        came = 1 - math.exp(-dt_s * haste / EMPTY_DWELL_S)
        left = 1 - math.exp(-dt_s * haste / OCCUPIED_DWELL_S)
        before = self.probability * (1 - left) + (1 - self.probability) * came
        odds = math.log(before / (1 - before)) + sum(map(clipped, ratios))
        odds = min(max(odds, -_SUREST), _SUREST)
        self.probability = 1 / (1 + math.exp(-odds))
        if self.probability >= ENTER:
            self.occupied = True
        elif self.probability <= LEAVE:
            self.occupied = False
        return self.probability


def clipped(ratio: float) -> float:
    """Return a log-likelihood ratio as it counts."""
    return min(max(ratio, LEAST), MOST)


def ratio(seen: bool, occupied: float, empty: float) -> float:
    """Return the log-likelihood ratio of a yes or no, seen so often while occupied and empty.

    Both are probabilities strictly between 0 and 1.
    """
    if seen:
        return math.log(occupied / empty)
    return math.log((1 - occupied) / (1 - empty))
