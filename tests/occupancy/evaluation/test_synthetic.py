"""The room's presence on made-up weeks: never empty in a call, hardly ever wrong."""

from __future__ import annotations

from roomctl.occupancy.evaluation.baselines import week_hold_600, week_snapshot_bayes
from roomctl.occupancy.evaluation.evaluate import WeekTotals, evaluate_weeks, play, week_estimate
from roomctl.occupancy.evaluation.synthetic import WEEK_S, Week, week
from roomctl.occupancy.presence import PresenceInput

SEED, WEEKS = 20, 5


def test_the_same_seed_gives_the_same_week_and_the_same_course() -> None:
    first, again = week(7), week(7)
    assert first == again != week(8)
    assert play(first) == play(again)


def test_a_week_is_told_in_order() -> None:
    for seed in range(8):
        instants = [event.at_s for event in week(seed).events]
        assert instants == sorted(instants)


def test_weeks_with_every_fault_are_judged_well() -> None:
    faults = {week(seed).fault for seed in range(SEED, SEED + WEEKS)}
    assert faults == {None, "chatter", "stuck_high", "dead", "lost_edge"}
    totals = evaluate_weeks(WEEKS, SEED)
    engine = totals["engine"]
    found = engine.figures
    assert engine.vacant_in_call == 0
    assert found.flaps_per_day <= 1
    assert found.false_vacancies_per_occupied_hour < 0.02
    assert found.accuracy > 0.94
    onsets = sorted(found.onset_lags_s)
    assert onsets[len(onsets) // 2] < 2
    assert onsets[len(onsets) * 95 // 100] < 30  # the first motion may be missed by both
    assert found.accuracy >= totals["hold_600"].figures.accuracy
    assert totals["snapshot_bayes"].figures.flaps_per_day > 50


def pulses(*at: float) -> Week:
    """A week in which nobody came, and one sensor told of somebody for 2 s each time."""
    events = [PresenceInput(0.0, "level", "wall", False)]
    for one in at:
        events += [
            PresenceInput(one, "level", "wall", True),
            PresenceInput(one + 2.0, "level", "wall", False),
        ]
    return Week((), tuple(events), None)


def test_the_hold_that_is_compared_with_lasts_600_seconds_after_the_last_pulse() -> None:
    assert [*week_hold_600(pulses(100.0, 400.0, 5000.0))] == [
        (0.0, 0.0),
        (100.0, 1.0),
        (1002.0, 0.0),
        (5000.0, 1.0),
        (5602.0, 0.0),
    ]


def test_the_snapshot_that_is_compared_with_believes_each_half_minute_by_itself() -> None:
    said = [*week_snapshot_bayes(pulses(100.0, 400.0))]
    assert [at for at, probability in said if probability > 0.5] == [120.0, 420.0]
    assert said[-1][0] == WEEK_S


def test_a_course_is_turned_and_glanced_at_every_minute() -> None:
    made = pulses(100.0)
    found = week_estimate(made, week_hold_600(made))
    assert found.turns == ((0.0, False), (100.0, True), (702.0, False))
    assert found.glances[:3] == ((60.0, 0.0), (120.0, 1.0), (180.0, 1.0))
    assert len(found.glances) == WEEK_S / 60 - 1
    engine = WeekTotals()
    engine.add(found)
    assert engine.right_s == WEEK_S - 602.0
