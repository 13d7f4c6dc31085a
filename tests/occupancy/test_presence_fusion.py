"""The filter: what evidence and time do to the probability that somebody is there."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.occupancy.presence import ENTER, LEAVE, Fusion, clipped, ratio


def test_one_kind_cannot_settle_it_alone() -> None:
    assert clipped(100.0) == 6.0
    assert clipped(-100.0) == -3.0
    fusion = Fusion()
    fusion.step(30.0, [100.0])
    assert LEAVE < fusion.probability < 1


def test_motion_makes_a_room_occupied_and_silence_empties_it_slowly() -> None:
    fusion = Fusion()
    fusion.step(30.0, [ratio(True, 0.62, 0.003)])
    assert fusion.occupied
    silence = ratio(False, 0.62, 0.003)
    for _ in range(3):
        fusion.step(30.0, [silence])
    assert fusion.occupied
    for _ in range(60):
        fusion.step(30.0, [silence, silence])
    assert not fusion.occupied


def test_between_the_thresholds_it_stays_as_it_was() -> None:
    fusion = Fusion(prior=0.5)
    fusion.step(1.0, [])
    assert not fusion.occupied
    fusion.step(1.0, [6.0])
    assert fusion.occupied
    while fusion.probability > ENTER / 2:
        fusion.step(1.0, [-0.5])
    assert fusion.occupied


def test_without_evidence_time_forgets() -> None:
    sure, unsure = Fusion(), Fusion()
    sure.step(1.0, [6.0, 6.0])
    for fusion in (sure, unsure):
        for _ in range(100):
            fusion.step(3600.0, [])
    assert math.isclose(sure.probability, unsure.probability, abs_tol=1e-6)


@given(st.lists(st.tuples(st.floats(0, 1e7), st.lists(st.floats(-1e9, 1e9), max_size=4))))
def test_whatever_comes_it_stays_a_probability(steps: list[tuple[float, list[float]]]):
    fusion = Fusion()
    for dt_s, ratios in steps:
        fusion.step(dt_s, ratios)
        assert 0 < fusion.probability < 1


@pytest.mark.parametrize("seen", [True, False])
def test_a_sensor_that_tells_nothing_weighs_nothing(seen: bool) -> None:
    assert ratio(seen, 0.3, 0.3) == 0
