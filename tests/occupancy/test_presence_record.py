"""What is kept of everything that presence is told: told again, it gives the same states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.occupancy import Presence, PresenceState
from roomctl.occupancy.presence import PresenceInput, PresenceRecorder, replay, runs, tell

HOLDS = {"a": 600.0, "b": 30.0, "door": 60.0}
KINDS = {"b": "radar", "door": "door"}


def fresh(stale_s: float) -> Presence:
    return Presence(HOLDS, KINDS, stale_s=stale_s)


def kept_of(told: Iterable[PresenceInput]) -> tuple[list[PresenceInput], Presence]:
    """Tell a room everything as the building does; return what was kept, and the presence."""
    presence, record = fresh(3.0), PresenceRecorder()
    kept: list[PresenceInput] = []
    for one in told:
        if one.kind == "level" and presence.deaf(one.sensor, one.at_s):
            continue
        tell(presence, one)
        kept += record.of(one)
    return kept, presence


def retold(kept: Iterable[PresenceInput], until: float) -> PresenceState:
    presence = fresh(float("inf"))
    for _ in replay(presence, kept):
        pass
    presence.tick(until)
    return presence.state


def every_second(sensor: str, level: bool, begin: float, end: float) -> list[PresenceInput]:
    return [PresenceInput(at, "level", sensor, level) for at in range(int(begin), int(end))]


def test_a_level_that_is_told_every_second_is_kept_once() -> None:
    told = [PresenceInput(0.0, "start"), *every_second("a", False, 1, 500)]
    kept, _ = kept_of(told)
    assert kept == [told[0], told[1]]


def test_a_level_that_stops_coming_is_kept_with_when_it_was_told_last() -> None:
    told = [
        PresenceInput(0.0, "start"),
        *every_second("a", True, 1, 50),
        PresenceInput(90.0, "tick"),
    ]
    kept, presence = kept_of(told)
    assert kept[2:] == [
        PresenceInput(49.0, "level", "a", True),
        PresenceInput(52.0, "healthy", "a", False),
    ]
    assert retold(kept, 90.0) == presence.state


def test_a_sensor_that_is_back_at_the_level_it_had_is_kept_again() -> None:
    told = [
        PresenceInput(0.0, "start"),
        *every_second("a", False, 1, 20),
        PresenceInput(30.0, "healthy", "a", False),
        *every_second("a", False, 40, 60),
        PresenceInput(60.0, "tick"),
    ]
    kept, presence = kept_of(told)
    assert PresenceInput(40.0, "level", "a", False) in kept
    assert (retold(kept, 60.0), presence.state.healthy) == (presence.state, 1)


def test_an_edge_that_comes_late_is_kept_at_the_instant_at_which_it_counted() -> None:
    kept, presence = kept_of([PresenceInput(10.0, "start"), PresenceInput(9.9, "level", "a", True)])
    assert kept[1].at_s == 10.0
    assert retold(kept, 30.0).state == "occupied"
    presence.tick(10.5)
    assert retold(kept, 10.5) == presence.state


def storm(sensor: str, begin: float, seconds: float) -> Iterator[PresenceInput]:
    """A thousand edges a second."""
    for number in range(int(seconds * 1000)):
        yield PresenceInput(begin + number / 1000, "level", sensor, number % 2 == 0)


def test_a_storm_of_an_hour_is_kept_in_a_few_hundred_inputs_and_told_again_the_same() -> None:
    told = [
        PresenceInput(0.0, "start"),
        *every_second("b", False, 1, 11),
        *storm("a", 11.0, 600.0),
        *every_second("a", False, 611, 1900),
        PresenceInput(1900.0, "tick"),
    ]
    kept, presence = kept_of(sorted(told, key=lambda one: one.at_s))
    assert len(kept) < 600  # of 600,000
    assert retold(kept, 1900.0) == presence.state
    assert (presence.state.faults, presence.state.state) == ((), "vacant")


def test_runs_begin_at_each_start_and_leave_out_what_came_before() -> None:
    first, second = PresenceInput(5.0, "start"), PresenceInput(1.0, "start")
    touch = PresenceInput(6.0, "touch")
    assert runs([touch, first, touch, second, touch]) == [[first, touch], [second, touch]]


What = Literal["level", "healthy", "call", "touch", "tick", "storm"]
WHAT: tuple[What, ...] = (*("level",) * 4, "healthy", "call", "touch", "tick", "storm")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(WHAT),
        st.sampled_from(tuple(HOLDS)),
        st.booleans(),
        st.floats(-0.5, 8.0) | st.floats(0.0, 0.2) | st.sampled_from((700.0, 1e5, 3.2e7)),
    ),
    max_size=50,
)


def as_told(steps: list[tuple[What, str, bool, float]]) -> Iterator[PresenceInput]:
    now = 1000.0
    yield PresenceInput(now, "start")
    for what, sensor, on, after_s in steps:
        now += after_s
        if what == "storm":
            yield from storm(sensor, now, 0.2)
            now += 0.2
        else:
            yield PresenceInput(now, what, sensor if what in ("level", "healthy") else "", on)


@settings(deadline=None, derandomize=True)
@given(STEPS, st.floats(0.0, 2000.0))
def test_whatever_a_room_is_told_what_is_kept_gives_the_same_state(
    steps: list[tuple[What, str, bool, float]], after_s: float
) -> None:
    told = [*as_told(steps)]
    until = max(one.at_s for one in told) + after_s
    kept, presence = kept_of([*told, PresenceInput(until, "tick")])
    assert retold(kept, until) == presence.state
