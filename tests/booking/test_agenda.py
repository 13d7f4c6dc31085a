"""The agenda: today's bookings, those that may be joined, and the next, in invented time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from roomctl.booking.agenda import Agenda, Availability, Booking
from roomctl.booking.sim import bookings
from roomctl.clock import Moment

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def moment(text: str) -> Moment:
    return Moment(0.0, local(text).astimezone(UTC), synced=True)


def booking(key: str, start: str, end: str, **more: bool) -> Booking:
    return Booking(key, f"about {key}", "Wang Fang", local(start), local(end), {}, **more)


DAY = Agenda(
    [
        booking("late", "2026-11-25T23:30", "2026-11-26T00:30"),
        booking("ten", "2026-11-25T10:00", "2026-11-25T11:00"),
        booking("long", "2026-11-25T09:30", "2026-11-25T12:00"),
        booking("gone", "2026-11-25T10:00", "2026-11-25T11:00", cancelled=True),
        booking("fair", "2026-11-25T00:00", "2026-11-27T00:00", all_day=True),
        booking("early", "2026-11-26T00:30", "2026-11-26T01:00"),
        booking("secret", "2026-11-25T15:00", "2026-11-25T16:00", private=True),
    ]
)


def ids(found: tuple[Booking, ...]) -> list[str]:
    return [each.id for each in found]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-25T08:00", ["fair", "long", "ten", "secret", "late"]),
        ("2026-11-26T08:00", ["fair", "late", "early"]),
        ("2026-11-24T23:59", []),
        ("2026-11-27T00:00", []),
    ],
)
def test_today_is_the_rooms_own_day(now: str, expected: list[str]):
    assert ids(DAY.today(moment(now), SHANGHAI)) == expected


def test_the_same_moment_is_another_day_elsewhere():
    found = DAY.today(moment("2026-11-26T00:45"), ZoneInfo("UTC"))
    assert "ten" in ids(found)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-25T09:19:59", []),
        ("2026-11-25T09:20:00", ["long"]),
        ("2026-11-25T09:50:00", ["ten", "long"]),
        ("2026-11-25T10:59:59", ["ten", "long"]),
        ("2026-11-25T11:00:00", ["long"]),
        ("2026-11-25T12:00:00", []),
        ("2026-11-25T15:30:00", ["secret"]),
    ],
)
def test_a_booking_is_offered_from_ten_minutes_before_to_its_end(now: str, expected: list[str]):
    assert ids(DAY.offered(moment(now), 600)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-25T08:00", "long"),
        ("2026-11-25T09:30", "ten"),
        ("2026-11-25T10:00", "secret"),
        ("2026-11-26T08:00", None),
    ],
)
def test_the_next_booking_has_not_begun(now: str, expected: str | None):
    following = DAY.next(moment(now))
    assert (following.id if following else None) == expected


@pytest.mark.parametrize(
    ("now", "released", "expected"),
    [
        ("2026-11-24T08:00", (), (False, "2026-11-25T00:00", None)),
        ("2026-11-25T08:00", ("fair",), (False, "2026-11-25T09:30", None)),
        ("2026-11-25T09:30", ("fair",), (True, "2026-11-25T12:00", "long")),
        ("2026-11-25T10:30", ("fair",), (True, "2026-11-25T12:00", "ten")),
        ("2026-11-25T10:30", ("fair", "ten"), (True, "2026-11-25T12:00", "long")),
        ("2026-11-25T10:30", ("fair", "ten", "long"), (False, "2026-11-25T15:00", None)),
        ("2026-11-25T12:00", ("fair",), (False, "2026-11-25T15:00", None)),
        ("2026-11-25T23:45", ("fair",), (True, "2026-11-26T01:00", "late")),  # two that touch
        ("2026-11-26T00:30", ("fair",), (True, "2026-11-26T01:00", "early")),
        ("2026-11-26T01:00", ("fair",), (False, None, None)),
        ("2026-11-25T08:00", (), (True, "2026-11-27T00:00", "fair")),
        ("2026-11-25T09:45", (), (True, "2026-11-27T00:00", "long")),
    ],
)
def test_the_rooms_word_is_booked_or_free_until_a_time(
    now: str, released: tuple[str, ...], expected: tuple[bool, str | None, str | None]
):
    booked, until, leading = expected
    found = DAY.standing(moment(now), released)
    assert found == Availability(booked, local(until) if until else None, leading)


def test_a_booking_of_no_length_takes_no_time():
    agenda = Agenda([booking("x", "2026-11-25T10:00", "2026-11-25T10:00")])
    assert agenda.standing(moment("2026-11-25T10:00")) == Availability(booked=False)


def test_of_a_private_booking_neither_title_nor_organizer_is_told():
    assert (DAY["secret"].title, DAY["secret"].organizer) == ("", "")
    assert DAY["ten"].title == "about ten"


def test_a_cancelled_booking_is_not_there():
    with pytest.raises(KeyError):
        DAY["gone"]


def test_a_daylight_saving_day_has_its_own_length():
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 10, 25, 23, 30, tzinfo=berlin)  # that day has 25 hours
    agenda = Agenda([Booking("x", "", "", start, start + timedelta(minutes=20), {})])
    now = Moment(0.0, datetime(2026, 10, 25, 0, 30, tzinfo=berlin).astimezone(UTC), synced=True)
    assert ids(agenda.today(now, berlin)) == ["x"]


def test_the_simulated_day_has_one_booking_to_join_now():
    now = moment("2026-11-25T14:07")
    agenda = Agenda(bookings(now, "https://meet.example.org/Bamboo"))
    (first,) = agenda.offered(now, 600)
    assert first.fields == {"URL": "https://meet.example.org/Bamboo"}
    following = agenda.next(now)
    assert following
    assert following.start - now.wall == timedelta(hours=1)
    assert "#腾讯会议" in following.fields["DESCRIPTION"]
