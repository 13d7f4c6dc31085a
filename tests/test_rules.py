"""What a room does by itself, as a table of facts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.clock import Moment
from roomctl.rules import Act, Decision, Facts, decide, due

NOW = Moment(1000.0, datetime(2026, 11, 25, 9, 0, tzinfo=UTC), synced=True)
EMPTY = Facts(
    occupancy="vacant",
    occupancy_since=0.0,
    call_live=False,
    awake=True,
    touched_at=None,
    rested_at=None,
    has_sensors=True,
    lit_s=60.0,
)
ASLEEP = replace(EMPTY, awake=False)
SEEN = {"occupancy": "occupied", "occupancy_since": 500.0}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (EMPTY, Decision(Act.REST, "vacant")),
        (ASLEEP, None),
        (replace(EMPTY, **SEEN), None),
        (replace(ASLEEP, **SEEN), Decision(Act.WAKE, "occupied")),
        (replace(EMPTY, occupancy="vacating"), None),
        (replace(EMPTY, call_live=True), None),
        (replace(ASLEEP, call_live=True), Decision(Act.WAKE, "call")),
        (replace(EMPTY, touched_at=940.1), None),
        (replace(EMPTY, touched_at=940.0), Decision(Act.REST, "vacant")),
        (replace(ASLEEP, touched_at=999.0), Decision(Act.WAKE, "touched")),
        (replace(EMPTY, occupancy="unknown"), None),
        (replace(ASLEEP, occupancy="unknown"), Decision(Act.WAKE, "unknown")),
        (replace(EMPTY, has_sensors=False), None),
        (replace(EMPTY, rested_at=990.0), Decision(Act.REST, "asked")),
        (replace(EMPTY, **SEEN, rested_at=990.0), Decision(Act.REST, "asked")),
        (replace(ASLEEP, **SEEN, rested_at=990.0), None),
        (replace(ASLEEP, **SEEN, rested_at=499.0), Decision(Act.WAKE, "occupied")),
        (replace(ASLEEP, touched_at=989.0, rested_at=990.0), None),
        (replace(ASLEEP, touched_at=991.0, rested_at=990.0), Decision(Act.WAKE, "touched")),
        (replace(ASLEEP, call_live=True, rested_at=990.0), Decision(Act.WAKE, "call")),
        (replace(ASLEEP, has_sensors=False, rested_at=990.0), None),
    ],
)
def test_a_room_is_lit_for_a_reason_and_rests_without_one(
    facts: Facts, expected: Decision | None
) -> None:
    assert decide(facts, NOW) == expected


def test_an_unproven_wall_clock_changes_nothing_about_the_light() -> None:
    assert decide(EMPTY, replace(NOW, synced=False)) == decide(EMPTY, NOW)


any_instant = st.none() | st.floats(0, 2000, allow_nan=False)
any_facts = st.builds(
    Facts,
    occupancy=st.sampled_from(["unknown", "vacant", "occupied", "vacating"]),
    occupancy_since=st.floats(0, 1000, allow_nan=False),
    call_live=st.booleans(),
    awake=st.booleans(),
    touched_at=any_instant,
    rested_at=any_instant,
    has_sensors=st.booleans(),
    lit_s=st.floats(1, 600, allow_nan=False),
)


@given(any_facts)
def test_what_was_decided_needs_no_second_decision(facts: Facts) -> None:
    decision = decide(facts, NOW)
    if decision is not None:
        assert facts.awake is (decision.act is Act.REST)
        assert decide(replace(facts, awake=decision.act is Act.WAKE), NOW) is None


@given(any_facts, st.floats(0, 1))
def test_between_now_and_due_time_alone_changes_nothing(facts: Facts, part: float) -> None:
    ends = due(facts, NOW)
    later = 5000.0 if ends is None else NOW.mono_s + (ends - NOW.mono_s) * part
    if ends is None or later < ends:
        assert decide(facts, replace(NOW, mono_s=later)) == decide(facts, NOW)


def test_a_touch_that_is_over_is_not_due() -> None:
    assert due(replace(EMPTY, touched_at=900.0), NOW) is None
    assert due(replace(EMPTY, touched_at=990.0), NOW) == 1050.0
