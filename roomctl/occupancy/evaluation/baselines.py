"""What two simpler estimators say of labelled samples and of made-up weeks, to compare with. Pure.

`hold_600`: occupied while any sensor is active and for 600 s afterwards, whatever its health.
`snapshot_bayes`: a naive Bayes without memory that multiplies every sensor as if it were
independent, as home automation has it; of a week it judges each half minute by itself. Neither
knows of calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from roomctl.occupancy.evaluation.dataset import SENSORS, Estimate, Learned, Sample
from roomctl.occupancy.evaluation.synthetic import WEEK_S, Week
from roomctl.occupancy.presence import PIR_LIKELIHOOD, PRIOR, SLOT_S, PresenceInput, clipped, ratio

HOLD_S = 600.0  # as the name says


class HoldAfterMotion:
    """Occupied for 600 s after any motion."""

    def __init__(self) -> None:
        self._seen_at: float | None = None

    def at(self, row: Sample) -> bool:
        if row.motion:
            self._seen_at = row.at_s
        return self._seen_at is not None and row.at_s - self._seen_at < HOLD_S


def hold_600(rows: Sequence[Sample], _learned: Learned, _sensors: str) -> Iterator[Estimate]:
    """Estimator one stretch by the hold alone."""
    held = HoldAfterMotion()
    for row in rows:
        occupied = held.at(row)
        yield Estimate(row, occupied, float(occupied))


def snapshot_bayes(rows: Sequence[Sample], learned: Learned, sensors: str) -> Iterator[Estimate]:
    """Estimator each sample by itself."""
    prior = math.log(learned.occupied / (1 - learned.occupied))
    others = [kind for kind in SENSORS[sensors] if kind != "pir"]
    for row in rows:
        odds = prior + sum(learned.pirs[2 * at + seen] for at, seen in enumerate(row.pirs))
        odds += sum(clipped(learned.ratios[kind][row.bins[kind]]) for kind in others)
        probability = 1 / (1 + math.exp(-odds))
        yield Estimate(row, probability >= 0.5, probability)


TimedProbability = tuple[float, float]
"""From when on, and how likely somebody was there."""


def week_hold_600(week: Week) -> Iterator[TimedProbability]:
    """Yield each turn of a hold after any sensor."""
    yield 0.0, 0.0
    active: set[str] = set()
    ends = 0.0
    for event in _levels(week):
        if not active and 0 < ends <= event.at_s:
            yield ends, 0.0
            ends = 0.0
        if event.on:
            if not active and not ends:
                yield event.at_s, 1.0
            active.add(event.sensor)
        else:
            active.discard(event.sensor)
        if event.on or ends:
            ends = math.inf if active else event.at_s + HOLD_S
    if ends < WEEK_S and ends:
        yield ends, 0.0


def week_snapshot_bayes(week: Week) -> Iterator[TimedProbability]:
    """Yield what each half minute says by itself, at its end."""
    events = [*_levels(week)]
    sensors = {event.sensor for event in events}
    active: set[str] = set()
    place = 0
    for number in range(1, int(WEEK_S / SLOT_S) + 1):
        end, seen = number * SLOT_S, set(active)
        while place < len(events) and events[place].at_s < end:
            event = events[place]
            if event.on:
                seen.add(event.sensor)
                active.add(event.sensor)
            else:
                active.discard(event.sensor)
            place += 1
        odds = math.log(PRIOR / (1 - PRIOR))
        odds += sum(ratio(sensor in seen, *PIR_LIKELIHOOD) for sensor in sorted(sensors))
        yield end, 1 / (1 + math.exp(-odds))


def _levels(week: Week) -> Iterator[PresenceInput]:
    return (event for event in week.events if event.kind == "level")
