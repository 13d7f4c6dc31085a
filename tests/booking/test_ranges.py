"""An override that stands for all later occurrences, too: read as ical.js reads it, and changed.

Whatever the room changes is changed on its own day, and on no other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from roomctl.booking import edit
from roomctl.booking.agenda import Agenda, Booking
from roomctl.booking.change import Conflict, Written, ref_of
from tests.booking.test_caldav import (
    KINDS,
    ROOM,
    Server,
    change,
    feed_of,
    running,  # noqa: F401 - a fixture
    server,  # noqa: F401 - a fixture
)
from tests.node_packages import bring

pytestmark = pytest.mark.real

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
DAYS = 10
NEW_YORK = """BEGIN:VTIMEZONE
TZID:{tzid}
BEGIN:STANDARD
DTSTART:20071104T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


class Case(NamedTuple):
    """A series, what overrides it, and the room's zone."""

    master: str
    overrides: tuple[str, ...]
    zone: str = "Asia/Shanghai"

    def text(self) -> str:
        said = (self.master, *self.overrides)
        events = (
            f"BEGIN:VEVENT\nUID:series@x\nDTSTAMP:20261101T000000Z\n{one}\nEND:VEVENT"
            for one in said
        )
        zones = [NEW_YORK.format(tzid=name) for name in NAMES if f"TZID={name}:" in self.master]
        lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", *zones, *events)
        return "\n".join((*lines, "END:VCALENDAR", ""))


NAMES = ("America/New_York", "Customized Time Zone")
GUEST = f"ORGANIZER:mailto:li@example.com\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM}"
UTC_DAILY = (
    f"DTSTART:20261123T010000Z\nDTEND:20261123T020000Z\nSUMMARY:old\n{GUEST}\n"
    "RRULE:FREQ=DAILY;COUNT=8"
)


def override(day: str, begin: str, end: str, title: str, more: str = "") -> str:
    times = f"RECURRENCE-ID{more}:{day}\nDTSTART:{begin}\nDTEND:{end}"
    return f"{times}\nSUMMARY:{title}\n{GUEST}"


RANGE = ";RANGE=THISANDFUTURE"
MOVED = override("20261125T010000Z", "20261125T030000Z", "20261125T043000Z", "new", RANGE)
CASES = {
    "one": Case(UTC_DAILY, (MOVED,)),
    "from the first on": Case(
        UTC_DAILY,
        (override("20261123T010000Z", "20261123T030000Z", "20261123T043000Z", "new", RANGE),),
    ),
    "of the last": Case(
        UTC_DAILY,
        (override("20261130T010000Z", "20261130T030000Z", "20261130T043000Z", "new", RANGE),),
    ),
    "several": Case(
        UTC_DAILY,
        (
            override("20261128T010000Z", "20261127T233000Z", "20261128T003000Z", "third", RANGE),
            MOVED,
            override("20261127T010000Z", "20261127T060000Z", "20261127T070000Z", "alone"),
            override("20261129T010000Z", "20261129T060000Z", "20261129T070000Z", "alone"),
        ),
    ),
    "to the days after": Case(
        UTC_DAILY,
        (override("20261125T010000Z", "20261127T010000Z", "20261127T014500Z", "new", RANGE),),
    ),
    "with days left out": Case(
        UTC_DAILY + "\nEXDATE:20261126T010000Z,20261128T010000Z",
        (MOVED,),
    ),
    "cancelled": Case(UTC_DAILY, (MOVED + "\nSTATUS:CANCELLED",)),
    "of further dates": Case(
        UTC_DAILY.replace("COUNT=8", "COUNT=3")
        + "\nRDATE:20261126T013000Z,20261127T010000Z,20261129T010000Z",
        (MOVED,),
    ),
    "of whole days": Case(
        f"DTSTART;VALUE=DATE:20261123\nSUMMARY:old\n{GUEST}\nRRULE:FREQ=DAILY;COUNT=6",
        (
            f"RECURRENCE-ID;VALUE=DATE{RANGE}:20261125\nDTSTART;VALUE=DATE:20261126\n"
            f"DTEND;VALUE=DATE:20261127\nSUMMARY:new\n{GUEST}",
        ),
        "UTC",
    ),
    "floating": Case(UTC_DAILY.replace("00Z", "00"), (MOVED.replace("00Z", "00"),), "UTC"),
    **{
        name: Case(
            f"DTSTART;TZID={name}:20261029T013000\nDTEND;TZID={name}:20261029T020000\n"
            f"SUMMARY:old\n{GUEST}\nRRULE:FREQ=DAILY;COUNT=40",
            (
                f"RECURRENCE-ID{RANGE};TZID={name}:20261124T013000\n"
                f"DTSTART;TZID={name}:20261124T101500\nDTEND;TZID={name}:20261124T111500\n"
                f"SUMMARY:new\n{GUEST}",
            ),
            "America/New_York",
        )
        for name in NAMES
    },
}


@pytest.fixture(scope="module")
def ical_js() -> Iterator[Any]:
    brought = bring("calendars")
    script = Path(__file__).with_name("ical_js.mjs")
    command = [brought["node"], str(script), brought["folder"], "60"]

    def read(text: str) -> set[tuple[str, str, str, str, bool]]:
        process.stdin.write(json.dumps(text) + "\n")
        process.stdin.flush()
        return {
            (place, begin, end, title, status == "CANCELLED")
            for place, begin, end, title, status in json.loads(process.stdout.readline())
            if MONDAY <= datetime.fromisoformat(begin) < MONDAY + timedelta(days=DAYS)
        }

    around = {**os.environ, "TZ": "UTC"}
    with Popen(command, env=around, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield read
        process.stdin.close()


def bookings(text: str, zone: str) -> dict[str, Booking]:
    found = edit.bookings_in(
        text.encode(), ZoneInfo(zone), ROOM, MONDAY, MONDAY + timedelta(days=DAYS)
    )
    assert len({each.id for each in found}) == len(found)
    return {ref_of(each): each for each in found}


def as_ical_js(found: dict[str, Booking]) -> set[tuple[str, str, str, str, bool]]:
    def said(at: str | datetime) -> str:
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"

    return {
        (said(ref.rpartition("/")[2]), said(one.start), said(one.end), one.title, one.cancelled)
        for ref, one in found.items()
        if one.start >= MONDAY
    }


@pytest.mark.parametrize("name", CASES)
def test_an_occurrence_in_a_range_is_its_own_place_in_the_series(name: str, ical_js: Any) -> None:
    case = CASES[name]
    assert as_ical_js(bookings(case.text(), case.zone)) == ical_js(case.text())


def days(found: dict[str, Booking]) -> Iterator[Booking]:
    """Yield the first, the second and the last occurrence of a range, and one before it."""
    ordered = list(Agenda(found.values()))
    new = [each for each in ordered if each.title == "new"]
    old = [each for each in ordered if each.title == "old"]
    yield from {each.id: each for each in (*new[:2], *new[-1:], *old[-1:])}.values()


# What is asked of a server differs little from case to case: on one they are all tried.
TRIED = [
    (kind, name)
    for kind in KINDS
    for name in CASES
    if name != "cancelled"
    and (kind != "xandikos" or name in ("several", "of further dates", "America/New_York"))
]


@pytest.mark.parametrize(("running", "name"), TRIED, indirect=["running"], scope="module")
async def test_a_change_in_a_range_changes_its_own_day_and_no_other(
    name: str,
    server: Server,  # noqa: F811
    ical_js: Any,
) -> None:
    case = CASES[name]
    feed = feed_of(server, zone=ZoneInfo(case.zone))
    for seen in days(bookings(case.text(), case.zone)):
        server.put(case.text())
        before = bookings(server.get(), case.zone)
        assert await feed.write(change("check_in", seen)) == Written()
        shorter = change("move_end", seen, seen.end - timedelta(minutes=10))
        if not seen.all_day:
            assert await feed.write(shorter) == Written()
            assert await feed.write(shorter) == Written()
            after = bookings(server.get(), case.zone)
            assert after.pop(ref_of(seen)).end == shorter.end
            assert after == {key: one for key, one in before.items() if key != ref_of(seen)}
            seen = Booking(**{**seen.record(), "start": seen.start, "end": shorter.end})
        assert server.get().count("X-ROOMCTL-CHECKED-IN") == 1
        assert await feed.write(change("release", seen)) == Written()
        after = bookings(server.get(), case.zone)
        assert not after.pop(ref_of(seen)).blocks
        assert after == {key: one for key, one in before.items() if key != ref_of(seen)}
        assert len(ical_js(server.get())) == len(before)
        assert as_ical_js(bookings(server.get(), case.zone)) == ical_js(server.get())
        assert await feed.write(change("restore", seen)) == Written()
        assert bookings(server.get(), case.zone)[ref_of(seen)].blocks


@pytest.mark.parametrize("running", ["radicale"], indirect=True, scope="module")
async def test_a_day_that_is_left_out_of_a_range_is_gone(server: Server) -> None:  # noqa: F811
    feed = feed_of(server)
    text = CASES["one"].text()
    seen = list(days(bookings(text, "Asia/Shanghai")))[1]
    server.put(text.replace("COUNT=8", "COUNT=8\nEXDATE:20261126T010000Z"))
    assert await feed.write(change("check_in", seen)) == Conflict("gone")
