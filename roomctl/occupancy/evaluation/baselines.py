"""What two simpler judges would have said of a made-up week, to compare with. Pure.

`hold_600`: occupied while any sensor is active and for 600 s afterwards, whatever its health.
`snapshot_bayes`: each half minute by itself, every sensor multiplied as if it were independent.
Neither knows of calls. Both are what `evaluation` compares with on labelled data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from roomctl.occupancy.fusion import PRIOR, ratio
from roomctl.occupancy.inputs import Input
from roomctl.occupancy.presence import HOLD_S, PIR_LIKELIHOOD, SLOT_S
from roomctl.occupancy.weeks import WEEK_S, Week

Said = tuple[float, float]
"""From when on, and how likely somebody was there."""


def hold_600(week: Week) -> Iterator[Said]:
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


def snapshot_bayes(week: Week) -> Iterator[Said]:
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


def _levels(week: Week) -> Iterator[Input]:
    return (event for event in week.events if event.kind == "level")
