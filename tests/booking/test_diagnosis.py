"""What an Exchange mailbox removes from invitations is seen on many, and never on few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from roomctl.booking.agenda import Booking
from roomctl.booking.diagnosis import ENOUGH, commands, diagnosed

NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)
EXCHANGE = {"X-MICROSOFT-CDO-IMPORTANCE": "1"}
TEXT = {**EXCHANGE, "DESCRIPTION": "https://meet.jit.si/Bamboo"}
PEOPLE = ("Li Wei", "Wang Fang", "Zhang Min", "Chen Jie")


def week(count: int, **more: object) -> list[Booking]:
    """Return meetings of four people, whose subjects are their names and whose texts are gone."""
    found = []
    for each in range(count):
        start = NINE + timedelta(minutes=37 * each)
        who = PEOPLE[each % len(PEOPLE)]
        end = start + timedelta(minutes=30)
        found.append(replace(Booking(f"b{each}", who, who, start, end, EXCHANGE), **more))
    return found


def removed(bookings: list[Booking]) -> str | None:
    found = diagnosed(bookings)
    return None if found is None else found.removed


def test_subjects_that_are_names_and_texts_that_are_gone_are_told():
    assert removed(week(12)) == "both"
    assert removed(week(12, title="Design review")) == "text"
    assert removed(week(12, fields=TEXT)) == "subject"
    assert removed(week(12, title="Design review", fields=TEXT)) == "nothing"


@pytest.mark.parametrize("count", range(ENOUGH))
def test_a_calendar_with_few_events_says_nothing(count: int):
    assert removed(week(count)) is None


UNLIKE: dict[str, Callable[[list[Booking]], list[Booking]]] = {
    "a series is one meeting": lambda found: [
        replace(found[0], id=f"{day}", start=NINE + timedelta(days=day)) for day in range(12)
    ],
    "one person's habit is no mailbox's": lambda found: [
        replace(each, organizer="Li", title="Li") for each in found
    ],
    "it is not Exchange": lambda found: [replace(each, fields={}) for each in found],
    "private ones have no title": lambda found: [replace(each, private=True) for each in found],
    "the room's own have none": lambda found: [replace(each, owned=True) for each in found],
}


@pytest.mark.parametrize("why", UNLIKE)
def test_what_only_looks_so_is_no_alarm(why: str):
    assert removed(UNLIKE[why](week(12))) is None


def test_one_text_shows_that_texts_are_not_removed():
    found = week(12, title="Design review")
    assert removed([*found[1:], replace(found[0], fields=TEXT)]) == "nothing"


def test_the_commands_name_the_mailbox_and_stand_apart():
    said = commands("bamboo@example.com")
    assert said["commands"] == (
        "Set-CalendarProcessing -Identity bamboo@example.com"
        " -DeleteComments $false -DeleteSubject $false -AddOrganizerToSubject $false"
    )
    assert said["privacy"].endswith("-RemovePrivateProperty $false")
    assert said["outside"].endswith("-ProcessExternalMeetingMessages $true")
