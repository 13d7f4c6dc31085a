"""The room's presence on made-up weeks: never empty in a call, hardly ever wrong."""

from __future__ import annotations

from roomctl.occupancy.trial import play, trial
from roomctl.occupancy.weeks import week

WEEKS = 12


def test_the_same_seed_gives_the_same_week_and_the_same_course():
    assert week(7) == week(7) != week(8)
    assert play(week(7)) == play(week(7))


def test_a_week_is_told_in_order():
    for seed in range(20):
        instants = [event.at_s for event in week(seed).events]
        assert instants == sorted(instants)


def test_weeks_with_every_fault_are_judged_well():
    faults = {week(seed).fault for seed in range(1, 1 + WEEKS)}
    assert len(faults) >= 4  # among them a week without any
    tally = trial(WEEKS, seed=1)
    found = tally.figures
    assert tally.vacant_in_call == 0
    assert found.flaps_per_day <= 1
    assert found.false_vacancies_per_occupied_hour < 0.02
    assert found.accuracy > 0.94
    assert max(found.onset_lags_s) < 60
