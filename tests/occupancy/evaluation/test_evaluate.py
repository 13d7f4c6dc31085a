"""The figures: counted by hand on rows that a test made up, and on what is shipped."""

from __future__ import annotations

import pytest

from roomctl.errors import ConfigError
from roomctl.occupancy.evaluation.dataset import (
    NEEDED,
    SOUND_BINS,
    Estimate,
    Learned,
    Sample,
    samples,
    stretches,
)
from roomctl.occupancy.evaluation.evaluate import (
    evaluate,
    figures,
    leave_one_day_out,
    occupied_hours,
    periods,
    taken_back,
)
from tests.occupancy.evaluation.rows import csv, day, line


def rows(lines: list[str]) -> list[Sample]:
    return samples(csv(lines), "lab.csv")


def judged(*said: tuple[float, bool, bool]) -> list[Estimate]:
    made = rows([line(at, int(truth)) for at, truth, _ in said])
    pairs = zip(made, said, strict=True)
    return [Estimate(sample, called, float(called)) for sample, (_, _, called) in pairs]


def test_every_figure_is_what_a_person_would_count() -> None:
    found = figures(
        judged(
            (0, False, False),
            (30, True, False),  # arrival, seen
            (60, True, True),  # 30 s later
            (90, True, False),  # a false vacancy, taken back
            (120, True, True),
            (150, False, True),  # departure, seen
            (180, False, True),
            (210, False, False),  # 60 s later
        )
    )
    assert found.accuracy == 4 / 8
    assert found.false_vacancies == 1
    assert found.onset_lags_s == (30.0,)
    assert found.vacancy_lags_s == (60.0,)
    assert found.brier == 4 / 8
    assert found.flaps_per_day > 0


def test_turns_beyond_five_minutes_are_no_flaps() -> None:
    assert taken_back([0.0, 299.0, 600.0]) == 1


def test_a_gap_begins_anew_and_hides_arrivals() -> None:
    made = rows([line(0, 0), line(30, 0), line(200, 1), line(230, 1)])
    assert [len(part) for part in stretches(made)] == [2, 2]
    assert periods(made) == 1
    assert occupied_hours(made) == (30 + 31) / 3600
    said = [Estimate(row, row.occupied, float(row.occupied)) for row in made]
    assert figures(said).onset_lags_s == ()


def test_a_day_is_judged_by_what_the_others_taught() -> None:
    made = rows(day() + day(86_400.0))
    for sensors in ("pir", "pir+sound", "pir+sound+light"):
        found = leave_one_day_out(made, sensors)
        assert {len(one) for one in found.values()} == {len(made)}
        assert figures(found["engine"]).false_vacancies == 0
    assert figures(found["engine"]).accuracy > figures(found["hold_600"]).accuracy
    with pytest.raises(ValueError, match="two days"):
        leave_one_day_out(rows(day()), "pir")


def test_with_motion_alone_the_engine_holds_as_long_as_the_hold() -> None:
    made = rows(day())
    found = evaluate(made, Learned.of(made), "pir")
    assert [one.occupied for one in found["engine"]] == [one.occupied for one in found["hold_600"]]


def test_a_snapshot_wavers_where_the_filter_does_not() -> None:
    made = rows(day())
    found = evaluate(made, Learned.of(made), "pir")
    assert figures(found["snapshot_bayes"]).false_vacancies > 10


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ([], "line 1: is empty"),
        (["Date,Time"], "line 1: has no column S6_PIR"),
        (csv([]), "line 2: is missing"),
        (csv([line(0, 1).replace("0.05", "loud", 1)]), "line 2, S1_Sound: must be a number"),
        (csv([line(0, 1), line(30, 1, pir=3)]), "line 3, S6_PIR: must be 0 or 1"),
        (csv([line(0, 1).replace("2017/12/22", "22.12.2017")]), "line 2, Date, Time: must be"),
        (csv([line(0, -1)]), "line 2, Room_Occupancy_Count: must be"),
        (
            csv([line(0, 1), "2017/12/22,08:00:30"]),
            "line 3, S1_Sound: is missing|S6_PIR: is missing",
        ),
        (
            csv([line(30, 1), line(0, 1), line(30, 2)]),
            "line 4, Time: 2017/12/22 has this instant in line 2 already",
        ),
        (csv([line(0, 1), line(30, 1, pir=0.5)]), "line 3, S6_PIR: must be 0 or 1, found '0.5'"),
        (csv([line(0, 1.5)]), "line 2, Room_Occupancy_Count: must be a whole number, found '1.5'"),
        (csv([line(0, 1) + '"']), "line 2.*(is not CSV|must be a number|whole)"),
        (csv([line(0, 1), "", line(30, "x")]), "line 4, Room_Occupancy_Count: must be a number"),
        (csv([line(0, 1).replace("0.05", "", 1)]), "line 2, S1_Sound: must be a number, found ''"),
        (csv([line(0, 1, sound=float("nan"))]), "line 2, S1_Sound: must be a number"),
    ],
)
def test_a_bad_file_is_named_by_line_and_column(broken: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        samples(broken, "lab.csv")


def test_the_loudest_sound_that_a_file_can_say_is_in_the_last_bin() -> None:
    (sample,) = rows([line(0, 1, sound=1.7e308)])
    assert sample.bins["sound"] == SOUND_BINS - 1


def test_rows_count_by_their_time_and_blank_lines_do_not_count() -> None:
    ordered = csv([*day(), *day(86_400.0)])
    shuffled = [ordered[0], "", *reversed(ordered[1:]), "  ", ",,,", ""]
    assert samples(shuffled, "lab.csv") == samples(ordered, "lab.csv")


def test_columns_are_found_by_name_in_any_order() -> None:
    shuffled = list(reversed(NEEDED))
    cells = dict(zip(NEEDED, line(0, 2, pir=1).split(","), strict=True))
    made = samples([",".join(shuffled), ",".join(cells[name] for name in shuffled)], "lab.csv")
    assert (made[0].occupied, made[0].motion) == (True, True)
