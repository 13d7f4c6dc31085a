"""The room's own presence on made-up weeks: what it said, against who was there. Pure.

The same figures as `evaluation`, counted in time instead of samples: accuracy is the part of the
week in which the room was right (unknown counts as vacant), Brier is taken every minute.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from roomctl.occupancy.evaluation import Figures, taken_back
from roomctl.occupancy.inputs import Input, tell
from roomctl.occupancy.presence import HOLD_S, Presence
from roomctl.occupancy.rivals import Said, hold_600, snapshot_bayes
from roomctl.occupancy.weeks import WEEK_S, Week, week

SENSORS = ("ceiling", "wall")
ENOUGH = 0.5  # more than that is occupied, for a judge that says nothing but a probability
_GLANCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Course:
    """What the room said in one week: `turns` are (s, occupied), `glances` (s, probability)."""

    week: Week
    turns: tuple[tuple[float, bool], ...]
    glances: tuple[tuple[float, float], ...]


def play(made: Week, hold_s: float = HOLD_S) -> Course:
    """Tell a room everything that a week shows, at its instants."""
    presence = Presence(dict.fromkeys(SENSORS, hold_s), stale_s=float("inf"))
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
    return Course(made, tuple(turns), tuple(glances))


def _instants(events: Iterable[Input], presence: Presence) -> Iterator[tuple[float, Input | None]]:
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
class Tally:
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

    def add(self, course: Course) -> None:
        """Count one week."""
        sessions = course.week.sessions
        self.weeks += 1
        self.sessions += len(sessions)
        self.occupied_s += sum(end - start for start, end in sessions)
        ends = [at for at, _ in course.turns[1:]] + [WEEK_S]
        for (start, said), end in zip(course.turns, ends, strict=True):
            there = _overlap(sessions, start, end)
            self.right_s += there if said else (end - start) - there
        self._count_turns(course)
        for at, probability in course.glances:
            self.squares += (probability - _there(sessions, at)) ** 2
            self.glances += 1

    def _count_turns(self, course: Course) -> None:
        sessions, calls = course.week.sessions, _calls(course.week)
        for at, said in course.turns[1:]:
            there = _there(sessions, at)
            self.false_vacancies += there and not said
            self.vacant_in_call += not said and _there(calls, at)
        self.flaps += taken_back([at for at, _ in course.turns[1:]])
        for start, end in sessions:
            self.onsets_s += _first(course, True, start, end)
            self.lags_s += _first(course, False, end, _next_start(sessions, end))

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


def trial(weeks: int, seed: int) -> dict[str, Tally]:
    """Play `weeks` weeks from `seed` on; the same arguments give the same figures, by judge."""
    tallies = {name: Tally() for name in ("engine", "hold_600", "snapshot_bayes")}
    for number in range(weeks):
        made = week(seed + number, SENSORS)
        tallies["engine"].add(play(made))
        tallies["hold_600"].add(course(made, hold_600(made)))
        tallies["snapshot_bayes"].add(course(made, snapshot_bayes(made)))
    return tallies


def course(made: Week, said: Iterable[Said]) -> Course:
    """Return what a judge said, from when on and how likely; a half and more is occupied."""
    turns: list[tuple[float, bool]] = [(0.0, False)]
    glances: list[tuple[float, float]] = []
    likely = 0.0
    for at, probability in said:
        glances += ((minute, likely) for minute in _minutes(len(glances), at))
        likely = probability
        if (likely >= ENOUGH) != turns[-1][1]:
            turns.append((at, likely >= ENOUGH))
    glances += ((minute, likely) for minute in _minutes(len(glances), WEEK_S))
    return Course(made, tuple(turns), tuple(glances))


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


def _first(course: Course, wanted: bool, start: float, end: float) -> list[float]:
    """Return how long after `start` the room said so; nothing if not before `end`."""
    said = [turn for turn in course.turns if turn[0] <= start][-1][1]
    if said == wanted:
        return [0.0]
    return [at - start for at, turn in course.turns if start < at < end and turn is wanted][:1]
