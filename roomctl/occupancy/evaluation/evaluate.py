"""How good a judgement of presence is, in figures, on labelled samples. Pure.

Three judges see the same samples. `engine`: with PIRs alone a room's own hold of 600 s; as soon as
there is another kind of evidence, the filter of `fusion`, which gives a room its probability (a
room's word follows the hold, as no laboratory has measured it). `hold_600`: a hold after any PIR.
`snapshot_bayes`: a naive Bayes without memory that multiplies every sensor, as home automation has
it. Every judge starts anew at each gap.

    false vacancy    the room turns vacant while somebody has been there before and after
    flap             a turn that is taken back within 5 minutes
    vacancy lag (s)  from the first empty sample until the room is called vacant
    onset lag (s)    from the first occupied sample until the room is called occupied
    Brier            mean square of (probability - truth)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from roomctl.occupancy.fusion import Fusion, clipped
from roomctl.occupancy.laboratory import (
    SENSORS,
    Ratios,
    Sample,
    fit,
    snapshot_ratios,
    stretches,
)

HOLD_S = 600.0
FLAP_S = 300.0
_LAST_ROW_S = 31.0  # a row counts until the next one; before a gap there is none
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Judged:
    """One sample and what a judge said of it."""

    sample: Sample
    occupied: bool
    probability: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a judge is worth; see the module."""

    accuracy: float
    false_vacancies: int
    false_vacancies_per_occupied_hour: float
    vacancy_lags_s: tuple[float, ...]
    onset_lags_s: tuple[float, ...]
    brier: float
    flaps_per_day: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What is known from labelled samples: the filter's ratios, and those of each PIR alone."""

    ratios: Ratios
    pirs: tuple[float, ...]
    occupied: float

    @classmethod
    def of(cls, rows: Sequence[Sample]) -> Learned:
        part = (sum(row.occupied for row in rows) + 1) / (len(rows) + 2)
        return cls(fit(rows), snapshot_ratios(rows), part)


Judge = Callable[[Sequence[Sample], Learned, str], Iterator[Judged]]


def engine(rows: Sequence[Sample], learned: Learned, sensors: str) -> Iterator[Judged]:
    """Judge one stretch by the hold, or by the filter; see the module."""
    kinds, fusion = SENSORS[sensors], Fusion()
    before, held = rows[0].at_s, _Hold()
    for row in rows:
        ratios = [learned.ratios[kind][row.bins[kind]] for kind in kinds]
        fusion.step(row.at_s - before, ratios)
        before = row.at_s
        occupied = held.at(row) if kinds == ("pir",) else fusion.occupied
        yield Judged(row, occupied, fusion.probability)


def hold_600(rows: Sequence[Sample], _learned: Learned, _sensors: str) -> Iterator[Judged]:
    """Judge one stretch by the hold alone."""
    held = _Hold()
    for row in rows:
        occupied = held.at(row)
        yield Judged(row, occupied, float(occupied))


def snapshot_bayes(rows: Sequence[Sample], learned: Learned, sensors: str) -> Iterator[Judged]:
    """Judge each sample by itself."""
    prior = math.log(learned.occupied / (1 - learned.occupied))
    others = [kind for kind in SENSORS[sensors] if kind != "pir"]
    for row in rows:
        odds = prior + sum(learned.pirs[2 * at + seen] for at, seen in enumerate(row.pirs))
        odds += sum(clipped(learned.ratios[kind][row.bins[kind]]) for kind in others)
        probability = 1 / (1 + math.exp(-odds))
        yield Judged(row, probability >= 0.5, probability)


class _Hold:
    """Occupied for 600 s after any motion."""

    def __init__(self) -> None:
        self._seen_at: float | None = None

    def at(self, row: Sample) -> bool:
        if row.motion:
            self._seen_at = row.at_s
        return self._seen_at is not None and row.at_s - self._seen_at < HOLD_S


JUDGES: dict[str, Judge] = {
    "engine": engine,
    "hold_600": hold_600,
    "snapshot_bayes": snapshot_bayes,
}


def evaluate(rows: Sequence[Sample], learned: Learned, sensors: str) -> dict[str, list[Judged]]:
    """Have every judge see all samples; what they know was learned elsewhere."""
    return {
        name: [judged for part in stretches(rows) for judged in judge(part, learned, sensors)]
        for name, judge in JUDGES.items()
    }


def leave_one_day_out(rows: Sequence[Sample], sensors: str) -> dict[str, list[Judged]]:
    """Have every judge see each day with what the other days taught; ValueError: only one day."""
    days = list(dict.fromkeys(row.day for row in rows))
    if len(days) < 2:
        raise ValueError("leaving one day out needs at least two days")
    found: dict[str, list[Judged]] = {name: [] for name in JUDGES}
    for day in days:
        learned = Learned.of([row for row in rows if row.day != day])
        shown = evaluate([row for row in rows if row.day == day], learned, sensors)
        for name, judged in shown.items():
            found[name] += judged
    return found


def figures(judged: Sequence[Judged]) -> Figures:
    """Count what a judge got right and wrong."""
    false_vacancies, flaps = 0, 0
    lags: list[float] = []
    onsets: list[float] = []
    for part in _parts(judged):
        for index in range(1, len(part)):
            before, now = part[index - 1], part[index]
            if before.sample.occupied == now.sample.occupied:
                false_vacancies += now.sample.occupied and before.occupied and not now.occupied
            else:
                (onsets if now.sample.occupied else lags).extend(_lag(part, index))
        flaps += taken_back([one.sample.at_s for one in _turns(part)])
    hours, days = occupied_hours([one.sample for one in judged]), _covered_s(judged) / _DAY_S
    return Figures(
        accuracy=sum(one.occupied == one.sample.occupied for one in judged) / len(judged),
        false_vacancies=false_vacancies,
        false_vacancies_per_occupied_hour=false_vacancies / hours if hours else 0.0,
        vacancy_lags_s=tuple(lags),
        onset_lags_s=tuple(onsets),
        brier=sum((one.probability - one.sample.occupied) ** 2 for one in judged) / len(judged),
        flaps_per_day=flaps / days if days else 0.0,
    )


def taken_back(turns_s: Sequence[float]) -> int:
    """Return how many turns were taken back within 5 minutes."""
    return sum(after - before < FLAP_S for before, after in pairwise(turns_s))


def _turns(part: Sequence[Judged]) -> list[Judged]:
    return [now for before, now in pairwise(part) if before.occupied != now.occupied]


def _lag(part: Sequence[Judged], index: int) -> list[float]:
    """Return how long after the turn at `index` it was said; nothing if never in this stretch."""
    wanted, start = part[index].sample.occupied, part[index].sample.at_s
    for later in part[index:]:
        if later.occupied == wanted:
            return [later.sample.at_s - start]
        if later.sample.occupied != wanted:
            break  # it turned back before anybody noticed
    return []


def _parts(judged: Sequence[Judged]) -> Iterator[Sequence[Judged]]:
    start = 0
    for part in stretches([one.sample for one in judged]):
        yield judged[start : start + len(part)]
        start += len(part)


def _covered_s(judged: Sequence[Judged]) -> float:
    parts = stretches([one.sample for one in judged])
    return sum(part[-1].at_s - part[0].at_s + _LAST_ROW_S for part in parts)


def occupied_hours(rows: Sequence[Sample]) -> float:
    """Return for how long somebody was there: from each occupied row to the next one."""
    seconds = 0.0
    for part in stretches(rows):
        ends = [row.at_s for row in part[1:]] + [part[-1].at_s + _LAST_ROW_S]
        seconds += sum(end - row.at_s for row, end in zip(part, ends, strict=True) if row.occupied)
    return seconds / 3600


def periods(rows: Sequence[Sample]) -> int:
    """Return how many times somebody was there without a break, gaps counting as one."""
    found = 0
    for part in stretches(rows):
        levels = [False, *(row.occupied for row in part)]
        found += sum(now and not before for before, now in pairwise(levels))
    return found
