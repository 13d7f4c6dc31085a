"""What waits to be written to a calendar, in invented time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from roomctl.booking.change import (
    LONGEST_RETRY_S,
    LONGEST_WAIT_S,
    MOST_WAITING,
    UNDO_KEPT,
    BookingChange,
    BookingOutbox,
    ChangeKind,
    RetryLater,
)
from roomctl.clock import Moment

NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)


def change(key: str, kind: ChangeKind = "move_end", booking: str = "a", made_min: float = 0):
    made_at = NINE + timedelta(minutes=made_min)
    return BookingChange(key, kind, booking, f"{booking}@x/2026", NINE, TEN, TEN, made_at, "panel")


def outbox(*changes: BookingChange) -> BookingOutbox:
    found = BookingOutbox()
    for each in changes:
        found = found.queued(each)
    return found


def test_of_one_booking_the_oldest_change_is_written_first():
    waiting = outbox(change("1"), change("2"), change("3", booking="b"))
    waiting = waiting.tried("1").failed("1", now_s=0)
    assert waiting.next(0).change.id == "3"
    assert waiting.settled("3").next(0) is None
    assert waiting.settled("1").next(0).change.id == "2"


def test_a_change_that_fails_is_tried_less_and_less_often():
    waiting, now_s, gaps = outbox(change("1")), 0.0, []
    for _ in range(12):
        waiting = waiting.tried("1").failed("1", now_s)
        gaps.append(waiting.due_s() - now_s)
        now_s = waiting.due_s()
    assert gaps[:4] == [5, 10, 20, 40]
    assert gaps[-1] == LONGEST_RETRY_S


def test_a_server_that_asks_to_wait_is_left_alone_with_everything():
    waiting = outbox(change("1"), change("2", booking="b")).tried("1").failed("1", 100, 90)
    assert waiting.next(189) is None
    assert waiting.next(190).change.id == "1"


@pytest.mark.parametrize(("said", "kept"), [(-5, 0), (30, 30), (1e9, LONGEST_WAIT_S)])
def test_a_server_does_not_keep_a_room_waiting_for_a_week(said: float, kept: float):
    assert RetryLater("https://x", "busy", said).after_s == kept


def test_what_waits_survives_a_start_with_its_tries():
    waiting = outbox(change("1"), change("2")).tried("1").failed("1", 50)
    again = BookingOutbox.of(json.loads(json.dumps(waiting.record())))
    found = [(one.change, one.tries) for one in again.waiting]
    assert found == [(change("1"), 1), (change("2"), 0)]
    assert again.made == waiting.made
    assert again.next(0).change.id == "1"  # when it was due belongs to the run before


@pytest.mark.parametrize(
    "damage", [{"kind": "explode"}, {"start": "2026-11-26"}, {"id": 5}, {"booking": None}]
)
def test_a_record_that_makes_no_sense_is_an_error(damage: dict[str, object]):
    with pytest.raises((ValueError, TypeError)):
        BookingChange.of({**change("1").record(), **damage})


def test_a_change_is_late_when_its_booking_is_over():
    waiting = outbox(change("1"))
    assert waiting.late(Moment(0, TEN - timedelta(seconds=1), synced=True)) == ()
    assert waiting.late(Moment(0, TEN, synced=True)) == (change("1"),)


def test_only_the_last_change_of_a_booking_can_be_undone_and_for_an_hour():
    made = BookingOutbox().noted(change("1")).noted(change("2")).noted(change("3", booking="b"))
    assert made.to_undo("1") is None
    assert made.to_undo("2") == change("2")
    assert made.to_undo("3").booking == "b"
    later = made.noted(change("4", booking="c", made_min=UNDO_KEPT.total_seconds() / 60 + 1))
    assert later.to_undo("2") is None


def test_changes_do_not_pile_up_without_end():
    waiting = outbox(*(change(str(each)) for each in range(MOST_WAITING)))
    with pytest.raises(ValueError, match=f"{MOST_WAITING} changes wait"):
        waiting.queued(change("more"))


def test_the_calendars_name_for_a_new_booking_reaches_what_waits_behind_it():
    made = change("1", "reserve", "local/1")
    unnamed = BookingChange.of({**change("2", booking="local/1").record(), "ref": ""})
    waiting = outbox(made, unnamed).settled("1").known_as("local/1", "1@roomctl/2026")
    assert waiting.next(0).change.ref == "1@roomctl/2026"
    assert (waiting.next(0).change.uid, waiting.next(0).change.recurrence_id) == (
        "1@roomctl",
        "2026",
    )
