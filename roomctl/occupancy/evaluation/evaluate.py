"""How good a judgement of presence is: figures on labelled samples and made-up weeks. Pure.

Three estimators see the same. `engine`: on samples with PIRs alone a room's own hold of 600 s; as
soon as there is another kind of evidence, the filter of `presence`, which gives a room its
probability (a room's word follows the hold, as no laboratory has measured it); on weeks the room's
own presence. `hold_600` and `snapshot_bayes` are the simpler ones of `baselines`. Every estimator
starts anew at each gap.

    false vacancy    the room turns vacant while somebody has been there before and after
    flap             a turn that is taken back within 5 minutes
    vacancy lag (s)  from the first empty sample until the room is called vacant
    onset lag (s)    from the first occupied sample until the room is called occupied
    Brier            mean square of (probability - truth)

On a week the same figures are counted in time instead of samples: accuracy is the part of the week
in which the room was right (unknown counts as vacant), Brier is taken every minute.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from roomctl.frozen import frozen
from roomctl.occupancy.evaluation.baselines import (
    HOLD_S,
    HoldAfterMotion,
    TimedProbability,
    hold_600,
    snapshot_bayes,
    week_hold_600,
    week_snapshot_bayes,
)
from roomctl.occupancy.evaluation.dataset import SENSORS, Estimate, Learned, Sample, stretches
from roomctl.occupancy.evaluation.synthetic import WEEK_S, WEEK_SENSORS, Week, week
from roomctl.occupancy.presence import Fusion, Presence, PresenceInput, tell

FLAP_S = 300.0
_LAST_ROW_S = 31.0  # a row counts until the next one; before a gap there is none
_DAY_S = 86_400.0
ENOUGH = 0.5  # more than that is occupied, for an estimator that says nothing but a probability
_GLANCE_S = 60.0


@frozen
class Figures:
    """What an estimator is worth; see the module."""

    accuracy: float
    false_vacancies: int
    false_vacancies_per_occupied_hour: float
    vacancy_lags_s: tuple[float, ...]
    onset_lags_s: tuple[float, ...]
    brier: float
    flaps_per_day: float


Estimator = Callable[[Sequence[Sample], Learned, str], Iterator[Estimate]]


def engine(rows: Sequence[Sample], learned: Learned, sensors: str) -> Iterator[Estimate]:
    """Estimator one stretch by the hold, or by the filter; see the module."""
    kinds, fusion = SENSORS[sensors], Fusion()
    before, held = rows[0].at_s, HoldAfterMotion()
    for row in rows:
        ratios = [learned.ratios[kind][row.bins[kind]] for kind in kinds]
        fusion.step(row.at_s - before, ratios)
        before = row.at_s
        occupied = held.at(row) if kinds == ("pir",) else fusion.occupied
        yield Estimate(row, occupied, fusion.probability)


ESTIMATORS: dict[str, Estimator] = {
    "engine": engine,
    "hold_600": hold_600,
    "snapshot_bayes": snapshot_bayes,
}


def evaluate(rows: Sequence[Sample], learned: Learned, sensors: str) -> dict[str, list[Estimate]]:
    """Have every estimator see all samples; what they know was learned elsewhere."""
    return {
        name: [judged for part in stretches(rows) for judged in estimator(part, learned, sensors)]
        for name, estimator in ESTIMATORS.items()
    }


def leave_one_day_out(rows: Sequence[Sample], sensors: str) -> dict[str, list[Estimate]]:
    """Have every estimator see each day with what the others taught; ValueError: only one day."""
    days = list(dict.fromkeys(row.day for row in rows))
    if len(days) < 2:
        raise ValueError("leaving one day out needs at least two days")
    found: dict[str, list[Estimate]] = {name: [] for name in ESTIMATORS}
    for day in days:
        learned = Learned.of([row for row in rows if row.day != day])
        shown = evaluate([row for row in rows if row.day == day], learned, sensors)
        for name, judged in shown.items():
            found[name] += judged
    return found


def figures(judged: Sequence[Estimate]) -> Figures:
    """Count what an estimator got right and wrong."""
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


def _turns(part: Sequence[Estimate]) -> list[Estimate]:
    return [now for before, now in pairwise(part) if before.occupied != now.occupied]


def _lag(part: Sequence[Estimate], index: int) -> list[float]:
    """Return how long after the turn at `index` it was said; nothing if never in this stretch."""
    wanted, start = part[index].sample.occupied, part[index].sample.at_s
    for later in part[index:]:
        if later.occupied == wanted:
            return [later.sample.at_s - start]
        if later.sample.occupied != wanted:
            break  # it turned back before anybody noticed
    return []


def _parts(judged: Sequence[Estimate]) -> Iterator[Sequence[Estimate]]:
    start = 0
    for part in stretches([one.sample for one in judged]):
        yield judged[start : start + len(part)]
        start += len(part)


def _covered_s(judged: Sequence[Estimate]) -> float:
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


@frozen
class WeekEstimate:
    """What the room said in one week: `turns` are (s, occupied), `glances` (s, probability)."""

    week: Week
    turns: tuple[tuple[float, bool], ...]
    glances: tuple[tuple[float, float], ...]


def play(made: Week, hold_s: float = HOLD_S) -> WeekEstimate:
    """Tell a room everything that a week shows, at its instants."""
    presence = Presence(dict.fromkeys(WEEK_SENSORS, hold_s), stale_s=float("inf"))
    turns: list[tuple[float, bool]] = [(0.0, False)]
    glances: list[tuple[float, float]] = []
    for now, event in _instants(made.events, presence):
        if event is None:
            presence.tick(now)
        else:
            tell(presence, event)
        state = presence.state
        occupied = state.state in ("occupied", "vacating")
        if occupied != turns[-1][1]:
            turns.append((now, occupied))
        if event is None and now % _GLANCE_S == 0:
            glances.append((now, state.probability or 0.0))
    return WeekEstimate(made, tuple(turns), tuple(glances))


def _instants(
    events: Iterable[PresenceInput], presence: Presence
) -> Iterator[tuple[float, PresenceInput | None]]:
    """Yield the events, each minute, and when time alone may change more than the probability."""
    glance = _GLANCE_S
    for event in (*events, None):
        until = event.at_s if event is not None else WEEK_S
        while (now := min(glance, presence.turn or WEEK_S)) < until:
            if now == glance:
                glance += _GLANCE_S
            yield now, None
        if event is not None:
            yield event.at_s, event


@dataclass(slots=True)
class WeekTotals:
    """Figures of many weeks."""

    weeks: int = 0
    right_s: float = 0.0
    occupied_s: float = 0.0
    sessions: int = 0
    false_vacancies: int = 0
    flaps: int = 0
    vacant_in_call: int = 0
    squares: float = 0.0
    glances: int = 0
    lags_s: list[float] = field(default_factory=list)
    onsets_s: list[float] = field(default_factory=list)

    def add(self, estimate: WeekEstimate) -> None:
        """Count one week."""
        sessions = estimate.week.sessions
        self.weeks += 1
        self.sessions += len(sessions)
        self.occupied_s += sum(end - start for start, end in sessions)
        ends = [at for at, _ in estimate.turns[1:]] + [WEEK_S]
        for (start, said), end in zip(estimate.turns, ends, strict=True):
            there = _overlap(sessions, start, end)
            self.right_s += there if said else (end - start) - there
        self._count_turns(estimate)
        for at, probability in estimate.glances:
            self.squares += (probability - _there(sessions, at)) ** 2
            self.glances += 1

    def _count_turns(self, estimate: WeekEstimate) -> None:
        sessions, calls = estimate.week.sessions, _calls(estimate.week)
        for at, said in estimate.turns[1:]:
            there = _there(sessions, at)
            self.false_vacancies += there and not said
            self.vacant_in_call += not said and _there(calls, at)
        self.flaps += taken_back([at for at, _ in estimate.turns[1:]])
        for start, end in sessions:
            self.onsets_s += _first(estimate, True, start, end)
            self.lags_s += _first(estimate, False, end, _next_start(sessions, end))

    @property
    def figures(self) -> Figures:
        """Return the figures of all weeks together."""
        hours = self.occupied_s / 3600
        return Figures(
            accuracy=self.right_s / (self.weeks * WEEK_S),
            false_vacancies=self.false_vacancies,
            false_vacancies_per_occupied_hour=self.false_vacancies / hours,
            vacancy_lags_s=tuple(self.lags_s),
            onset_lags_s=tuple(self.onsets_s),
            brier=self.squares / self.glances,
            flaps_per_day=self.flaps / (self.weeks * 7),
        )


def evaluate_weeks(weeks: int, seed: int) -> dict[str, WeekTotals]:
    """Play `weeks` weeks from `seed` on; the same arguments give the same figures, by estimator."""
    totals = {name: WeekTotals() for name in ("engine", "hold_600", "snapshot_bayes")}
    for number in range(weeks):
        made = week(seed + number)
        totals["engine"].add(play(made))
        totals["hold_600"].add(week_estimate(made, week_hold_600(made)))
        totals["snapshot_bayes"].add(week_estimate(made, week_snapshot_bayes(made)))
    return totals


def week_estimate(made: Week, said: Iterable[TimedProbability]) -> WeekEstimate:
    """Return what an estimator said, from when on and how likely; a half and more is occupied."""
    turns: list[tuple[float, bool]] = [(0.0, False)]
    glances: list[tuple[float, float]] = []
    likely = 0.0
    for at, probability in said:
        glances += ((minute, likely) for minute in _minutes(len(glances), at))
        likely = probability
        if (likely >= ENOUGH) != turns[-1][1]:
            turns.append((at, likely >= ENOUGH))
    glances += ((minute, likely) for minute in _minutes(len(glances), WEEK_S))
    return WeekEstimate(made, tuple(turns), tuple(glances))


def _minutes(seen: int, until: float) -> Iterator[float]:
    """Yield the minutes before `until` that were not glanced at yet."""
    minute = (seen + 1) * _GLANCE_S
    while minute < until:
        yield minute
        minute += _GLANCE_S


Spans = tuple[tuple[float, float], ...]


def _calls(made: Week) -> Spans:
    ats = [event.at_s for event in made.events if event.kind == "call"]
    return tuple(zip(ats[::2], ats[1::2], strict=True))


def _there(spans: Spans, at: float) -> bool:
    place = bisect_right(spans, (at, float("inf"))) - 1
    return place >= 0 and at < spans[place][1]


def _overlap(spans: Spans, start: float, end: float) -> float:
    return sum(max(0.0, min(end, to) - max(start, since)) for since, to in spans)


def _next_start(spans: Spans, after: float) -> float:
    return next((start for start, _ in spans if start >= after), WEEK_S)


def _first(estimate: WeekEstimate, wanted: bool, start: float, end: float) -> list[float]:
    """Return how long after `start` the room said so; nothing if not before `end`."""
    said = [turn for turn in estimate.turns if turn[0] <= start][-1][1]
    if said == wanted:
        return [0.0]
    return [at - start for at, turn in estimate.turns if start < at < end and turn is wanted][:1]
