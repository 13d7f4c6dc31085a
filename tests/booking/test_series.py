"""How often nobody came to a series, and on which days that counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.booking import Booking
from roomctl.booking.series import KEPT, MOST, SeriesMisses
from tests.booking.test_meaning import calendar, event, read
from tests.examples import examples

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def weekly(week: int, series: str = "s", *, private: bool = False) -> Booking:
    begin = START + timedelta(weeks=week)
    title = "" if private else "Stand-up"
    end = begin + timedelta(minutes=30)
    return Booking(f"{series}/{week}", title, "", begin, end, private=private, series=series)


def missed(*bookings: Booking) -> SeriesMisses:
    noted = SeriesMisses()
    for one in bookings:
        noted = noted.missed(one)
    return noted


def test_a_series_is_unused_after_so_many_misses_in_a_row() -> None:
    noted = missed(weekly(0), weekly(1), weekly(2))
    assert noted.unused(4, START) == ()
    [found] = noted.missed(weekly(3)).unused(4, START)
    assert (found.key, found.title, found.misses, found.last) == ("s", "Stand-up", 4, "s/3")
    assert noted.missed(weekly(3)).unused(0, START) == ()


def test_an_occurrence_that_somebody_used_has_the_series_counted_anew() -> None:
    noted = missed(weekly(0), weekly(1)).used("s").missed(weekly(3))
    assert noted.of["s"].misses == 1


def test_one_occurrence_counts_once_and_a_single_booking_never() -> None:
    noted = missed(weekly(0), weekly(0), replace(weekly(1), series=""))
    assert [one.misses for one in noted.of.values()] == [1]


def test_of_a_private_series_no_title_is_kept() -> None:
    assert missed(replace(weekly(0, private=True), title="Redundancies")).of["s"].title == ""


def test_the_series_that_was_missed_longest_ago_goes_first_and_an_old_one_is_forgotten() -> None:
    many = [weekly(0, f"s{nth}") for nth in range(MOST + 3)]
    assert len(missed(weekly(-1, "first"), *many).of) == MOST
    assert "first" not in missed(weekly(-1, "first"), *many).of
    assert [*missed(weekly(0, "old"), weekly(20, "new")).of] == ["new"]
    assert missed(weekly(0)).unused(1, START + KEPT) == ()


STEPS = st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=40)


@given(STEPS)
@settings(max_examples=examples(300))
def test_a_used_occurrence_never_counts_as_a_miss(steps: list[tuple[str, bool]]) -> None:
    """Whatever happens in which order, the count is the misses since the series was used last."""
    noted, counted = SeriesMisses(), {"a": 0, "b": 0}
    for nth, (key, used) in enumerate(steps):
        booking = weekly(nth // 8, key)
        booking = replace(booking, id=f"{key}/{nth}")
        noted = noted.used(key) if used else noted.missed(booking)
        counted[key] = 0 if used else counted[key] + 1
        assert {one.key: one.misses for one in noted.of.values()} == {
            name: misses for name, misses in counted.items() if misses
        }
        assert SeriesMisses.read(noted.record()) == noted


ENTRY = missed(weekly(0)).record()["series"][0]


@pytest.mark.parametrize(
    "changed",
    [{"misses": True}, {"misses": 0}, {"title": None}, {"at": "2026-11-25T09:00:00"}, {"more": 1}],
)
def test_what_is_no_record_of_misses_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"is not a series|has "):
        SeriesMisses.read({"series": [ENTRY | changed]})


def test_each_occurrence_of_an_event_that_repeats_is_of_one_series_a_single_one_of_none() -> None:
    rule = "RRULE:FREQ=HOURLY;COUNT=2"
    times = "DTSTART:20261126T010000Z\nDTEND:20261126T013000Z\n"
    found, _ = read(calendar(event(times + rule, "many"), event(times, "one")))
    assert sorted(bool(each.series) for each in found) == [False, True, True]
    assert len({each.series for each in found}) == 2
    assert all(len(each.series) in (0, 32) for each in found)
