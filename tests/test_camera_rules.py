"""What a room does with a camera by itself, as stories in invented time."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.rules import (
    GIVEN_UP_S,
    HANDS_OFF_S,
    LEFT_S,
    RETRY_S,
    CameraAct,
    CameraFacts,
    CameraRules,
    CameraTerms,
    Facts,
)
from tests.examples import examples

ALL = CameraTerms(joins=True, leaves=True, standby_s=600.0)
IDLE = Facts(
    occupancy="occupied",
    occupancy_since=0.0,
    call_live=False,
    awake=True,
    touched_at=0.0,
    standby_at=None,
    has_sensors=True,
)
CALL = replace(IDLE, call_live=True)
VACANT = replace(IDLE, occupancy="vacant", empty_at=0.0)
ON, ASLEEP, GONE = CameraFacts(True, True), CameraFacts(True, False), CameraFacts(False, None)
WAKE, JOIN, LEAVE, STANDBY = CameraAct


def called(terms: CameraTerms = ALL) -> CameraRules:
    """A camera in the tenth second of a call that began at 100, framed."""
    rules = CameraRules(terms)
    assert rules.step(IDLE, ON, 99.0) is None
    act = rules.step(CALL, ON, 100.0)
    if act is not None:
        rules.settle(act, 101.0, again=False)
    assert rules.step(CALL, ON, 110.0) is None
    return rules


def test_nothing_moves_that_no_file_asks_for() -> None:
    rules = CameraRules(CameraTerms())
    assert rules.step(CALL, ON, 1.0) is None
    assert rules.step(IDLE, ON, 60.0) is None
    assert rules.step(VACANT, ON, 1e6) is None


def test_a_sleeping_camera_is_woken_at_a_join_and_framed_once_it_is_on() -> None:
    rules = CameraRules(ALL)
    assert rules.step(CALL, ASLEEP, 1.0) is WAKE
    assert rules.step(CALL, ASLEEP, 2.0) is None
    rules.settle(WAKE, 3.0, again=False)
    assert rules.step(CALL, ASLEEP, 4.0) is None
    assert rules.step(CALL, GONE, 5.0) is None  # it boots
    assert rules.step(CALL, ON, 20.0) is JOIN
    rules.settle(JOIN, 22.0, again=False)
    assert rules.step(CALL, ON, 23.0) is None


def test_a_camera_stays_asleep_where_the_file_says_so() -> None:
    rules = CameraRules(replace(ALL, wake=False))
    assert rules.step(CALL, ASLEEP, 1.0) is None
    assert rules.step(CALL, ON, 50.0) is JOIN  # by hand


def test_a_camera_that_never_says_whether_it_is_on_is_framed() -> None:
    rules, silent = CameraRules(ALL), CameraFacts(True, None)
    assert rules.step(CALL, silent, 1.0) is None
    assert rules.step(CALL, silent, 12.0) is JOIN


def test_a_refusal_is_tried_again_and_given_up_in_the_end() -> None:
    rules = CameraRules(ALL)
    tries = []
    for second in range(1, 300):
        if rules.step(CALL, ON, float(second)) is JOIN:
            tries.append(second)
            rules.settle(JOIN, float(second), again=True)
    assert len(tries) == GIVEN_UP_S / RETRY_S
    assert tries[-1] < 1 + GIVEN_UP_S


def test_a_call_that_was_under_way_when_the_room_began_moves_nothing() -> None:
    rules = CameraRules(ALL)
    adopted = replace(CALL, call_adopted=True)
    assert rules.step(adopted, ON, 1.0) is None
    assert rules.step(adopted, ON, 2.0) is None
    assert rules.step(IDLE, ON, 50.0) is None
    assert rules.step(IDLE, ON, 50.0 + LEFT_S) is LEAVE


def test_it_turns_away_a_while_after_the_call() -> None:
    rules = called()
    assert rules.step(IDLE, ON, 200.0) is None
    assert rules.step(IDLE, ON, 199.9 + LEFT_S) is None
    assert rules.step(IDLE, ON, 200.0 + LEFT_S) is LEAVE


def test_whoever_joins_again_at_once_finds_the_camera_as_it_was() -> None:
    rules = called()
    assert rules.step(IDLE, ON, 200.0) is None
    assert rules.step(CALL, ON, 205.0) is None
    assert rules.step(CALL, ON, 300.0) is None


def test_an_absent_camera_turns_away_when_it_is_back() -> None:
    rules = called()
    assert rules.step(IDLE, GONE, 200.0) is None
    assert rules.step(IDLE, GONE, 5000.0) is None
    assert rules.step(IDLE, ON, 5001.0) is LEAVE


def test_a_camera_that_somebody_steered_since_the_join_is_theirs() -> None:
    rules = CameraRules(ALL)
    assert rules.step(CALL, GONE, 1.0) is None
    assert rules.step(CALL, replace(ON, steered_at=5.0), 5.1) is None
    assert rules.step(CALL, replace(ON, steered_at=5.0), 60.0) is None


def test_a_camera_in_somebodys_hand_is_not_taken_away_at_the_end() -> None:
    rules = called()
    held = replace(ON, steered_at=205.0)
    assert rules.step(IDLE, ON, 200.0) is None
    assert rules.step(IDLE, held, 204.9 + HANDS_OFF_S) is None
    assert rules.step(IDLE, held, 205.0 + HANDS_OFF_S) is LEAVE


def test_it_goes_to_standby_once_after_a_while_in_an_empty_room() -> None:
    rules = CameraRules(ALL)
    empty = replace(VACANT, empty_at=1000.0)
    assert rules.step(empty, ON, 1599.0) is None
    assert rules.step(empty, ON, 1600.0) is STANDBY
    rules.settle(STANDBY, 1600.0, again=False)
    assert rules.step(empty, ASLEEP, 1700.0) is None
    assert rules.step(empty, ON, 1800.0) is None  # switched on by staff, who look at it
    assert rules.step(replace(empty, touched_at=1900.0), ON, 2500.0) is STANDBY


def test_nobody_knows_whether_the_room_is_empty_so_it_stays_on() -> None:
    rules = CameraRules(ALL)
    assert rules.step(replace(VACANT, occupancy="unknown", empty_at=None), ON, 1e5) is None


def test_without_a_sensor_it_waits_for_the_last_touch_call_and_booking() -> None:
    rules = CameraRules(ALL)
    blind = replace(IDLE, has_sensors=False, occupancy="unknown", touched_at=50.0, busy_at=1000.0)
    assert rules.step(blind, ON, 1599.0) is None
    assert rules.step(blind, ON, 1600.0) is STANDBY


def test_a_join_while_it_falls_asleep_wakes_it() -> None:
    rules = CameraRules(ALL)
    assert rules.step(VACANT, ON, 700.0) is STANDBY
    assert rules.step(CALL, ON, 700.5) is None
    rules.settle(STANDBY, 701.0, again=False)
    assert rules.step(CALL, ASLEEP, 700.5 + RETRY_S) is WAKE


any_moments = st.lists(
    st.tuples(
        st.floats(0.05, 300.0),
        st.sampled_from((IDLE, CALL, VACANT, replace(CALL, call_adopted=True))),
        st.sampled_from((ON, ASLEEP, GONE, CameraFacts(True, None))),
        st.booleans(),
        st.sampled_from((None, True, False)),
    ),
    max_size=40,
)


@settings(max_examples=examples(300))
@given(any_moments)
def test_whatever_happens_no_camera_is_moved_in_somebodys_hand(
    moments: list[tuple[float, Facts, CameraFacts, bool, bool | None]],
) -> None:
    rules, now, steered_at = CameraRules(ALL), 0.0, None
    for passed_s, facts, camera, steers, again in moments:
        now += passed_s
        steered_at = now if steers else steered_at
        act = rules.step(facts, replace(camera, steered_at=steered_at), now)
        if act is None:
            continue
        assert camera.online
        assert act is WAKE or camera.power is not False
        assert act is WAKE or steered_at is None or now >= steered_at + 1.0
        assert (act in (WAKE, JOIN)) is facts.call_live
        assert act is not STANDBY or facts is VACANT
        if again is not None:
            rules.settle(act, now, again=again)
