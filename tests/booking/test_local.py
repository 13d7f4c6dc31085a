"""What a room books, extends and ends itself, in invented time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from roomctl.booking.agenda import Agenda, Booking
from roomctl.booking.local import LocalBookings, RoomUnavailable
from roomctl.clock import Moment

NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)


def at(minutes: float) -> Moment:
    return Moment(0.0, NINE + timedelta(minutes=minutes), synced=True)


def booking(key: str, begins: float, ends: float, *, all_day: bool = False) -> Booking:
    start, end = (NINE + timedelta(minutes=each) for each in (begins, ends))
    return Booking(key, key, "Li", start, end, all_day=all_day)


LISTED = (booking("a", 60, 90), booking("b", 90, 120), booking("c", 180, 240))
EMPTY = LocalBookings()


def agenda(local: LocalBookings = EMPTY) -> Agenda:
    return Agenda(local.over(LISTED))


@pytest.mark.parametrize(
    ("now", "length", "lasts"),
    [(0, 15, 15), (0, 60, 60), (30, 60, 30), (0, None, 60), (120, None, 60), (240, None, 240)],
)
def test_a_room_is_booked_from_now_to_the_next_booking_at_most(
    now: int, length: int | None, lasts: int
):
    wished = None if length is None else timedelta(minutes=length)
    local, made = EMPTY.reserved(agenda(), at(now), wished, ())
    assert (made.start, made.end - made.start) == (at(now).wall, timedelta(minutes=lasts))
    assert agenda(local).standing(at(now)).booking == made.id


@pytest.mark.parametrize("now", [60, 89, 90, 59.5])
def test_a_room_that_is_booked_is_not_booked_again(now: float):
    with pytest.raises(RoomUnavailable) as caught:
        EMPTY.reserved(agenda(), at(now), timedelta(minutes=15), ())
    assert caught.value.code == "already_booked"


def test_of_two_that_book_at_once_the_second_is_told_until_when():
    local, made = EMPTY.reserved(agenda(), at(0), timedelta(minutes=15), ())
    with pytest.raises(RoomUnavailable) as caught:
        local.reserved(agenda(local), at(0), timedelta(minutes=30), ())
    assert (caught.value.code, caught.value.until) == ("already_booked", made.end)


def test_a_room_that_was_given_back_may_be_booked():
    local, made = EMPTY.reserved(agenda(), at(65), timedelta(minutes=60), ("a",))
    assert made.end == at(90).wall
    assert len(local.own) == 1


def test_a_booking_is_extended_to_the_next_one_at_most():
    local = EMPTY.extended(agenda(), at(100), LISTED[1], timedelta(minutes=30))
    assert local.ends == {"b": at(150).wall}
    again = local.extended(agenda(local), at(100), agenda(local)["b"], timedelta(minutes=60))
    assert again.ends == {"b": at(180).wall}
    with pytest.raises(RoomUnavailable, match="no_time_left"):
        again.extended(agenda(again), at(100), agenda(again)["b"], timedelta(minutes=15))


def test_a_booking_before_another_has_no_time_left():
    with pytest.raises(RoomUnavailable, match="no_time_left"):
        EMPTY.extended(agenda(), at(70), LISTED[0], timedelta(minutes=15))


def test_a_booking_that_is_ended_frees_the_room():
    local = EMPTY.ended(at(70), LISTED[0])
    assert not agenda(local).standing(at(70)).booked
    assert agenda(local).standing(at(70)).until == at(90).wall


def test_two_that_are_booked_in_one_second_are_told_apart():
    local, first = EMPTY.reserved(agenda(), at(0), timedelta(minutes=15), ())
    local = local.ended(at(0), first)
    local, second = local.reserved(agenda(local), at(0), timedelta(minutes=15), ())
    assert first.id != second.id
    assert agenda(local).standing(at(0)).booking == second.id


@pytest.mark.parametrize("now", [59, 90, 300])
def test_only_what_is_under_way_is_extended_or_ended(now: int):
    with pytest.raises(RoomUnavailable, match="not_under_way"):
        EMPTY.ended(at(now), LISTED[0])
    with pytest.raises(RoomUnavailable, match="not_under_way"):
        EMPTY.extended(agenda(), at(now), LISTED[0], timedelta(minutes=15))


def test_what_is_kept_is_read_back_and_forgotten_after_a_day():
    local, made = EMPTY.reserved(agenda(), at(0), timedelta(minutes=15), ())
    local = local.ended(at(10), agenda(local)[made.id])
    assert LocalBookings.of(local.record()) == local
    assert local.recent(at(60)) == local
    assert local.recent(at(25 * 60)) == EMPTY


@pytest.mark.parametrize(
    "said", [{}, {"own": []}, {"own": [{}], "ends": {}}, {"own": [], "ends": {"a": "x"}}]
)
def test_a_record_that_is_damaged_is_refused(said: dict[str, object]):
    with pytest.raises((ValueError, KeyError)):
        LocalBookings.of(said)
