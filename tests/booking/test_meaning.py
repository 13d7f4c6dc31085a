"""What a calendar means: texts as producers write them -> the bookings of 26 November 2026."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.booking import Agenda, Booking, SkippedEvent, ics
from roomctl.booking.agenda import day_of
from roomctl.booking.occurrence import occurrences
from roomctl.booking.zone import Zones, known, offset
from tests.examples import examples

ROOM = "bamboo@example.com"
SHANGHAI = "Asia/Shanghai"
DAY = "2026-11-26"


def read(
    text: str | bytes, zone: str = SHANGHAI, day: str = DAY, room: str = ROOM
) -> tuple[list[Booking], list[SkippedEvent]]:
    """Read a calendar in this process, as the child does."""
    here = ZoneInfo(zone)
    start, end = day_of(datetime.fromisoformat(day).replace(tzinfo=here), here)
    data = text if isinstance(text, bytes) else text.encode()
    cut = ics.cut(data, room)
    zones = Zones(here, start, end)
    for said in cut.zones:
        zones.describe(said)
    found: list[Booking] = []
    skipped: list[SkippedEvent] = []
    for series in cut.series:
        got = occurrences(series, zones, here, start, end)
        if isinstance(got, SkippedEvent):
            skipped.append(got)
        else:
            found += got
    return list(Agenda(found).between(start, end)), skipped


def calendar(*parts: str, head: str = "VERSION:2.0") -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", head, *parts, "END:VCALENDAR", ""))


def event(text: str, uid: str = "u1") -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"))


def hours(text: str, zone: str = SHANGHAI, day: str = DAY) -> str:
    """Return the hours of the bookings on a day, in the room's zone: "09:00-09:30 14:00-15:00"."""
    found, skipped = read(text, zone, day)
    assert skipped == []
    here = ZoneInfo(zone)
    return " ".join(
        f"{b.start.astimezone(here):%H:%M}-{b.end.astimezone(here):%H:%M}" for b in found
    )


AT_NINE = """DTSTART;TZID=China Standard Time:20261126T090000
             DTEND;TZID=China Standard Time:20261126T093000"""
DAILY = """DTSTART;TZID=Asia/Shanghai:20261123T090000
           DTEND;TZID=Asia/Shanghai:20261123T093000
           RRULE:FREQ=DAILY;COUNT=10"""

TIMES = {
    "Windows' name": (AT_NINE, "09:00-09:30"),
    "UTC": ("DTSTART:20261126T010000Z\nDTEND:20261126T013000Z", "09:00-09:30"),
    "floating is the room's": ("DTSTART:20261126T090000\nDTEND:20261126T093000", "09:00-09:30"),
    "another zone": (
        "DTSTART;TZID=Europe/Berlin:20261126T090000\nDTEND;TZID=Europe/Berlin:20261126T100000",
        "16:00-17:00",
    ),
    "quoted words of Windows' menu": (
        'DTSTART;TZID="(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi":20261126T090000\n'
        "DURATION:PT30M",
        "09:00-09:30",
    ),
    "the same without its quotes": (
        "DTSTART;TZID=(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi:20261126T090000\n"
        "DURATION:PT30M",
        "09:00-09:30",
    ),
    "the menu's words for a zone with summer time": (
        'DTSTART;TZID="(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna":'
        "20261126T090000\nDURATION:PT30M",
        "16:00-16:30",
    ),
    "Evolution's address": (
        "DTSTART;TZID=/freeassociation.sourceforge.net/Tzfile/Europe/Berlin:20261126T090000\n"
        "DURATION:PT30M",
        "16:00-16:30",
    ),
    "Tencent's +8": ("DTSTART;TZID=+8:20261126T090000\nDURATION:PT30M", "09:00-09:30"),
    "Tencent's CST8": ("DTSTART;TZID=CST8:20261126T090000\nDURATION:PT30M", "09:00-09:30"),
    "GMT+0530": ("DTSTART;TZID=GMT+0530:20261126T090000\nDURATION:PT30M", "11:30-12:00"),
    "a name in another case": (
        "DTSTART;TZID=europe/berlin:20261126T090000\nDURATION:PT30M",
        "16:00-16:30",
    ),
    "Microsoft's UTC": (
        'DTSTART;TZID="tzone://Microsoft/Utc":20261126T010000\nDURATION:PT30M',
        "09:00-09:30",
    ),
    "a name that nobody knows is the room's": (
        "DTSTART;TZID=Xmail Custome Time:20261126T090000\nDURATION:PT30M",
        "09:00-09:30",
    ),
    "both a zone and a Z": (
        "DTSTART;TZID=Asia/Shanghai:20261126T010000Z\nDURATION:PT30M",
        "09:00-09:30",
    ),
    "no seconds": ("DTSTART:20261126T0900\nDTEND:20261126T0930", "09:00-09:30"),
    "ISO's long form": (
        "DTSTART:2026-11-26T09:00:00+08:00\nDTEND:2026-11-26T09:30:00+08:00",
        "09:00-09:30",
    ),
    "midnight as 24:00": ("DTSTART:20261126T230000\nDTEND:20261126T240000", "23:00-00:00"),
    "no end": ("DTSTART:20261126T090000", "09:00-09:00"),
    "an end before the beginning": (
        "DTSTART:20261126T090000\nDTEND:20261126T080000",
        "09:00-09:00",
    ),
    "a negative duration": ("DTSTART:20261126T090000\nDURATION:-PT1H", "09:00-09:00"),
    "end and duration": (
        "DTSTART:20261126T090000\nDTEND:20261126T100000\nDURATION:PT3H",
        "09:00-10:00",
    ),
    "a whole day": ("DTSTART;VALUE=DATE:20261126", "00:00-00:00"),
    "a whole day that ends on its own day": (
        "DTSTART;VALUE=DATE:20261126\nDTEND;VALUE=DATE:20261126",
        "00:00-00:00",
    ),
    "a day without VALUE=DATE": ("DTSTART:20261126\nDTEND:20261127", "00:00-00:00"),
    "a day with a time": ("DTSTART;VALUE=DATE:20261126T000000", "00:00-00:00"),
    "days that end with a time": (
        "DTSTART;VALUE=DATE:20261126\nDTEND:20261126T180000",
        "00:00-00:00",
    ),
    "a time that ends with a day": (
        "DTSTART:20261126T200000\nDTEND;VALUE=DATE:20261127",
        "20:00-00:00",
    ),
    "several days": (
        "DTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261128",
        "00:00-00:00",
    ),
    "yesterday's day ends at midnight": ("DTSTART;VALUE=DATE:20261125", ""),
    "over midnight into the day": (
        "DTSTART:20261125T230000\nDTEND:20261126T010000",
        "23:00-01:00",
    ),
    "until midnight": ("DTSTART:20261125T230000\nDTEND:20261126T000000", ""),
    "from midnight on": ("DTSTART:20261127T000000\nDTEND:20261127T010000", ""),
    "of no length at midnight": ("DTSTART:20261126T000000", "00:00-00:00"),
    # series
    "every day": (DAILY, "09:00-09:30"),
    "an exception": (DAILY + "\nEXDATE;TZID=Asia/Shanghai:20261126T090000", ""),
    "an exception in UTC": (DAILY + "\nEXDATE:20261126T010000Z", ""),
    "an exception in a third zone": (
        DAILY + "\nEXDATE;TZID=Europe/Berlin:20261126T020000",
        "",
    ),
    "an exception by its day": (DAILY + "\nEXDATE;VALUE=DATE:20261126", ""),
    "an exception without a zone": (DAILY + "\nEXDATE:20261126T090000", ""),
    "an exception of another hour": (DAILY + "\nEXDATE:20261126T100000", "09:00-09:30"),
    "exceptions in a list with a bad one": (
        DAILY + "\nEXDATE;TZID=Asia/Shanghai:20261125T090000,soon,20261126T090000",
        "",
    ),
    "a day of a series of days left out by a time": (
        "DTSTART;VALUE=DATE:20261123\nRRULE:FREQ=DAILY\nEXDATE;TZID=Asia/Shanghai:20261126T000000",
        "",
    ),
    "the same by midnight in UTC": (
        "DTSTART;VALUE=DATE:20261123\nRRULE:FREQ=DAILY\nEXDATE:20261126T000000Z",
        "",
    ),
    "the same by the room's midnight in UTC": (
        "DTSTART;VALUE=DATE:20261123\nRRULE:FREQ=DAILY\nEXDATE:20261125T160000Z",
        "",
    ),
    "until a day, to its end": (
        "DTSTART:20261123T090000\nDTEND:20261123T093000\nRRULE:FREQ=DAILY;UNTIL=20261126",
        "09:00-09:30",
    ),
    "until a time in UTC": (
        "DTSTART;TZID=Asia/Shanghai:20261123T090000\nDURATION:PT30M\n"
        "RRULE:FREQ=DAILY;UNTIL=20261126T010000Z",
        "09:00-09:30",
    ),
    "until a time before": (
        "DTSTART;TZID=Asia/Shanghai:20261123T090000\nDURATION:PT30M\n"
        "RRULE:FREQ=DAILY;UNTIL=20261126T005959Z",
        "",
    ),
    "until a local time": (
        "DTSTART;TZID=Asia/Shanghai:20261123T090000\nDURATION:PT30M\n"
        "RRULE:FREQ=DAILY;UNTIL=20261126T090000",
        "09:00-09:30",
    ),
    "whole days until midnight in UTC": (
        "DTSTART;VALUE=DATE:20261123\nRRULE:FREQ=DAILY;UNTIL=20261126T000000Z",
        "00:00-00:00",
    ),
    "in small letters": (
        "DTSTART:20261123T090000\nDURATION:PT30M\nrrule:freq=weekly;byday=mo,th;",
        "09:00-09:30",
    ),
    "a further date": (
        "DTSTART:20261101T090000\nDURATION:PT30M\nRDATE:20261126T140000",
        "14:00-14:30",
    ),
    "a further date as a day": (
        "DTSTART:20261101T090000\nDURATION:PT30M\nRDATE;VALUE=DATE:20261126",
        "09:00-09:30",
    ),
    "a further period": (
        "DTSTART:20261101T090000Z\nDURATION:PT30M\nRDATE;VALUE=PERIOD:20261126T060000Z/PT2H",
        "14:00-16:00",
    ),
    "a further period by its end": (
        "DTSTART:20261101T090000Z\nDURATION:PT30M\n"
        "RDATE;VALUE=PERIOD:20261126T060000Z/20261126T073000Z",
        "14:00-15:30",
    ),
    "two rules": (
        "DTSTART:20261103T090000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;BYDAY=TU\n"
        "RRULE:FREQ=WEEKLY;BYDAY=TH",
        "09:00-09:30",
    ),
    "the last Thursday": (
        "DTSTART:20260129T090000\nDURATION:PT30M\nRRULE:FREQ=MONTHLY;BYDAY=TH;BYSETPOS=-1",
        "09:00-09:30",
    ),
    "every minute, three times": (
        "DTSTART:20261126T090000\nDURATION:PT1M\nRRULE:FREQ=MINUTELY;COUNT=3",
        "09:00-09:01 09:01-09:02 09:02-09:03",
    ),
    "every 1440 minutes": (
        "DTSTART:20261120T090000\nDURATION:PT1H\nRRULE:FREQ=MINUTELY;INTERVAL=1440",
        "09:00-10:00",
    ),
    "an interval of nothing": (
        "DTSTART:20261123T090000\nDURATION:PT30M\nRRULE:FREQ=DAILY;INTERVAL=0;COUNT=9",
        "09:00-09:30",
    ),
    "a series over midnight": (
        "DTSTART:20261101T230000\nDURATION:PT2H\nRRULE:FREQ=DAILY",
        "23:00-01:00 23:00-01:00",
    ),
    "a series of days elsewhere": (
        "DTSTART;VALUE=DATE:20261105\nRRULE:FREQ=WEEKLY",
        "00:00-00:00",
    ),
}


@pytest.mark.parametrize("name", TIMES)
def test_the_times_of_an_event_are_those_that_its_producer_meant(name: str):
    lines, expected = TIMES[name]
    assert hours(calendar(event(lines))) == expected


def test_whole_days_of_a_series_are_the_rooms_in_the_west_too():
    text = calendar(event("DTSTART;VALUE=DATE:20261105\nRRULE:FREQ=WEEKLY"))
    assert hours(text, "America/Los_Angeles") == "00:00-00:00"
    assert hours(text, "Pacific/Kiritimati") == "00:00-00:00"
    assert hours(text, "America/Los_Angeles", "2026-11-27") == ""


SUMMER = [
    # A gap: 02:30 is not there on 29 March, and is read with the offset before it (RFC 5545 3.3.5).
    ("DTSTART;TZID=Europe/Berlin:20260329T023000\nDURATION:PT30M", "2026-03-29", "03:30-04:00"),
    # A fold: 02:30 is there twice on 25 October; the first is meant, and half an hour is one.
    ("DTSTART;TZID=Europe/Berlin:20261025T023000\nDURATION:PT1H", "2026-10-25", "02:30-02:30"),
    ("DTSTART;TZID=Europe/Berlin:20261024T120000\nDURATION:P1D", "2026-10-25", "12:00-12:00"),
    ("DTSTART;TZID=Europe/Berlin:20261024T120000\nDURATION:PT24H", "2026-10-25", "12:00-11:00"),
    (
        "DTSTART;TZID=W. Europe Standard Time:20260301T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY",
        "2026-07-05",
        "09:00-10:00",
    ),
    # Of a series in UTC the hour moves on the wall.
    ("DTSTART:20260301T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY", "2026-07-05", "10:00-11:00"),
]


@pytest.mark.parametrize(("lines", "day", "expected"), SUMMER)
def test_a_change_of_the_clock_is_counted(lines: str, day: str, expected: str):
    assert hours(calendar(event(lines)), "Europe/Berlin", day) == expected


MASTER = event(
    "DTSTART;TZID=Asia/Shanghai:20261123T090000\nDURATION:PT30M\nRRULE:FREQ=DAILY\nSEQUENCE:2"
)


def changed(lines: str) -> str:
    return calendar(MASTER, event(lines))


INSTANCES = {
    "moved on its day": (
        "RECURRENCE-ID;TZID=Asia/Shanghai:20261126T090000\nDTSTART;TZID=Asia/Shanghai:20261126T140000\nDURATION:PT1H",
        "14:00-15:00",
    ),
    "moved away": (
        "RECURRENCE-ID:20261126T010000Z\nDTSTART;TZID=Asia/Shanghai:20261227T140000\nDURATION:PT1H",
        "",
    ),
    "moved here from a month before": (
        "RECURRENCE-ID:20261202T010000Z\nDTSTART:20261126T060000Z\nDURATION:PT1H",
        "09:00-09:30 14:00-15:00",
    ),
    "cancelled": (
        "RECURRENCE-ID;TZID=China Standard Time:20261126T090000\n"
        "DTSTART;TZID=China Standard Time:20261126T090000\nSTATUS:CANCELLED",
        "",
    ),
    "cancelled without a time": ("RECURRENCE-ID:20261126T010000Z\nSTATUS:CANCELLED", ""),
    "named by its day": (
        "RECURRENCE-ID;VALUE=DATE:20261126\nDTSTART:20261126T140000\nDURATION:PT1H",
        "14:00-15:00",
    ),
    "named without a zone": (
        "RECURRENCE-ID:20261126T090000\nDTSTART:20261126T140000\nDURATION:PT1H",
        "14:00-15:00",
    ),
    "named in a third zone": (
        "RECURRENCE-ID;TZID=Europe/Berlin:20261126T020000\nDTSTART:20261126T140000\nDURATION:PT1H",
        "14:00-15:00",
    ),
    "only its title is new": ("RECURRENCE-ID:20261126T010000Z\nSUMMARY:New", "09:00-09:30"),
    "free for once": ("RECURRENCE-ID:20261126T010000Z\nTRANSP:TRANSPARENT", ""),
    "from now on later": (
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Asia/Shanghai:20261125T090000\n"
        "DTSTART;TZID=Asia/Shanghai:20261125T110000\nDURATION:PT1H",
        "11:00-12:00",
    ),
    "of an older revision": (
        "RECURRENCE-ID:20261126T010000Z\nSEQUENCE:0\nDTSTART:20261126T060000Z\nDURATION:PT1H",
        "14:00-15:00",
    ),
}


@pytest.mark.parametrize("name", INSTANCES)
def test_an_instance_of_a_series_stands_for_itself(name: str):
    lines, expected = INSTANCES[name]
    assert hours(changed(lines)) == expected


def test_an_instance_without_its_series_is_a_booking():
    lines = "RECURRENCE-ID:20261126T010000Z\nDTSTART:20261126T060000Z\nDURATION:PT1H"
    assert hours(calendar(event(lines))) == "14:00-15:00"


def test_of_two_revisions_the_newest_counts_wherever_it_stands():
    old = event("DTSTART:20261126T090000\nDURATION:PT1H\nSEQUENCE:1\nDTSTAMP:20261125T090000Z")
    new = event("DTSTART:20261203T090000\nDURATION:PT1H\nSEQUENCE:2\nDTSTAMP:20261124T090000Z")
    stamped = new.replace("SEQUENCE:2", "SEQUENCE:1").replace("20261124", "20261126")
    for other in (new, stamped):
        assert hours(calendar(old, other)) == hours(calendar(other, old)) == ""
        assert hours(calendar(old, other), day="2026-12-03") == "09:00-10:00"


def test_what_is_sent_to_take_a_meeting_back_takes_it_back():
    asked = calendar(event(AT_NINE + "\nSEQUENCE:0"), head="METHOD:REQUEST")
    taken = calendar(event(AT_NINE + "\nSEQUENCE:1"), head="METHOD:CANCEL")
    assert hours(asked) == "09:00-09:30"
    assert hours(asked + taken) == hours(taken) == ""


NEW_YORK = "America/New_York"
OUTLOOKS = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def nightly(begin: str, end: str, zone: str = f";TZID={NEW_YORK}", first: str = "20260201") -> str:
    last = end if end.startswith(("P", "DTEND")) else f"{first}T{end}"
    ends = f"DURATION:{last}" if last.startswith("P") else f"DTEND{zone}:{last}"
    return f"DTSTART{zone}:{first}T{begin}\n{ends}\nRRULE:FREQ=DAILY"


@pytest.mark.parametrize(
    ("text", "day", "meant"),
    [
        (nightly("020000", "030000"), "2026-03-08", "03:00-04:00"),  # 02:00 does not come
        (nightly("023000", "030000"), "2026-03-08", "03:30-04:00"),
        (nightly("013000", "023000"), "2026-03-08", "01:30-03:30"),
        (nightly("010000", "020000"), "2026-11-01", "01:00-01:00"),
        (nightly("013000", "023000"), "2026-11-01", "01:30-01:30"),
        (nightly("010000", "PT1H"), "2026-11-01", "01:00-01:00"),
        (nightly("010000", "P1D"), "2026-11-01", "01:00-01:00 01:00-01:00"),
        (nightly("020000", "030000", ""), "2026-03-08", "03:00-04:00"),  # the room's
        (nightly("020000", "030000", ";TZID=Eastern Standard Time"), "2026-03-08", "03:00-04:00"),
        (nightly("020000", "030000", ";TZID=Customized Time Zone"), "2026-03-08", "03:00-04:00"),
        (nightly("010000", "020000", ";TZID=Customized Time Zone"), "2026-11-01", "01:00-01:00"),
        (nightly("020000", "030000", first="20260308"), "2026-03-08", "03:00-04:00"),
        (nightly("020000", "030000", first="20260308"), "2026-03-09", "02:00-03:00"),
        (nightly("010000", "020000", first="20251102"), "2026-06-01", "01:00-03:00"),  # had two
        (
            "DTSTART;VALUE=DATE:20260201\nDTEND;VALUE=DATE:20260202\nRRULE:FREQ=DAILY\n"
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            "2026-03-08",
            "00:00-00:00",
        ),
        (
            nightly("000000", "000000").replace("0201T000000\nRR", "0202T000000\nRR")
            + "\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            "2026-03-08",
            "00:00-00:00",
        ),
        (
            f"DTSTART;TZID={NEW_YORK}:20260201T020000\nDTEND;TZID={NEW_YORK}:20260201T030000\n"
            f"RDATE;TZID={NEW_YORK}:20260308T020000,20261101T010000",
            "2026-11-01",
            "01:00-01:00",
        ),
        (
            f"DTSTART;TZID={NEW_YORK}:20260201T020000\nDTEND;TZID={NEW_YORK}:20260201T030000\n"
            f"RDATE;TZID={NEW_YORK};VALUE=PERIOD:20261101T010000/PT2H",
            "2026-11-01",
            "01:00-02:00",
        ),
    ],
)
def test_a_series_is_as_long_on_the_day_of_a_change_of_clocks(text: str, day: str, meant: str):
    known = calendar(OUTLOOKS.strip().replace("\n", "\r\n"), event(text))
    assert hours(known, NEW_YORK, day) == meant


class Meaning(NamedTuple):
    blocks: bool = True
    tentative: bool = False
    private: bool = False
    organizer: str = ""


FREE, TENTATIVE = Meaning(blocks=False), Meaning(tentative=True)
PRIVATE = Meaning(private=True)
GUEST = "ATTENDEE;CUTYPE=RESOURCE;ROLE=NON-PARTICIPANT;"
MEANINGS = [
    ("", Meaning()),
    ("STATUS:CONFIRMED\nTRANSP:OPAQUE\nCLASS:PUBLIC\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY", Meaning()),
    ("STATUS:CANCELLED", FREE),
    ("status:cancelled", FREE),
    ("TRANSP:TRANSPARENT", FREE),
    ("transp:transparent", FREE),
    ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", FREE),
    (
        "SUMMARY:Canceled: weekly\nSTATUS:CONFIRMED\nTRANSP:TRANSPARENT\n"
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        FREE,
    ),
    ("SUMMARY:已取消: 周会\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", FREE),
    ("SUMMARY:Canceled: a talk on cancellation", Meaning()),
    ("X-MICROSOFT-CDO-INTENDEDSTATUS:FREE\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY", Meaning()),
    ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", Meaning()),
    ("X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", Meaning()),
    ("X-MICROSOFT-CDO-INSTTYPE:3", Meaning()),
    ("STATUS:TENTATIVE", TENTATIVE),
    ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\nX-MICROSOFT-CDO-INTENDEDSTATUS:BUSY", TENTATIVE),
    (f"{GUEST}PARTSTAT=ACCEPTED:mailto:{ROOM}", Meaning()),
    (f"{GUEST}PARTSTAT=accepted:MAILTO:BAMBOO@Example.COM", Meaning()),
    (f"{GUEST}PARTSTAT=DECLINED:mailto:{ROOM}", FREE),
    (f"{GUEST}PARTSTAT=declined:{ROOM}", FREE),
    (f"{GUEST}PARTSTAT=NEEDS-ACTION:mailto:{ROOM}", TENTATIVE),
    (f"{GUEST}PARTSTAT=NEED-REQUEST:mailto:{ROOM}", TENTATIVE),
    (f"{GUEST}PARTSTAT=TENTATIVE:mailto:{ROOM}", TENTATIVE),
    (f"{GUEST}CN=Bamboo:mailto:{ROOM}", TENTATIVE),
    (f'{GUEST}CN="Bamboo; 2:nd";PARTSTAT=DECLINED:mailto:{ROOM}', FREE),
    (f"ATTENDEE;EMAIL={ROOM};PARTSTAT=DECLINED:urn:uuid:7a3c", FREE),
    (f'ATTENDEE;EMAIL="{ROOM}";PARTSTAT=DECLINED:/principals/room/', FREE),
    ("ATTENDEE;PARTSTAT=DECLINED:mailto:other@example.com", Meaning()),
    ("ATTENDEE;PARTSTAT=DECLINED:mailto:not-bamboo@example.com", Meaning()),
    (f'ATTENDEE;SENT-BY="mailto:{ROOM}";PARTSTAT=DECLINED:mailto:li@example.com', Meaning()),
    (f"ATTENDEE;CN={ROOM};PARTSTAT=DECLINED:mailto:li@example.com", Meaning()),
    (
        f"ATTENDEE;PARTSTAT=DECLINED:mailto:{ROOM}\nATTENDEE;PARTSTAT=ACCEPTED:mailto:{ROOM}",
        Meaning(),
    ),
    ("CLASS:PRIVATE", PRIVATE),
    ("CLASS:CONFIDENTIAL", PRIVATE),
    ("class:private", PRIVATE),
    ("CLASS:public", Meaning()),
    ("CLASS:X-PERSONAL", PRIVATE),
    ("CLASS:SECRET", PRIVATE),
    ("CLASS:", PRIVATE),
    ("CLASS:PRIVATE\nORGANIZER;CN=Wang Fang:mailto:w@example.com", PRIVATE),
    ("ORGANIZER;CN=Wang Fang:mailto:w@example.com", Meaning(organizer="Wang Fang")),
    ('ORGANIZER;CN="Wang, Fang":mailto:w@example.com', Meaning(organizer="Wang, Fang")),
    ('ORGANIZER;CN="O^\'N":mailto:w@example.com', Meaning(organizer='O"N')),
    ("ORGANIZER:MAILTO:w@example.com", Meaning(organizer="w@example.com")),
    ("ORGANIZER;CN=:mailto:w@example.com", Meaning(organizer="w@example.com")),
    ("ORGANIZER;EMAIL=w@example.com:urn:uuid:7a3c", Meaning(organizer="w@example.com")),
    (
        'ORGANIZER;SENT-BY="mailto:s@example.com":mailto:w@example.com',
        Meaning(organizer="w@example.com"),
    ),
]


@pytest.mark.parametrize(("lines", "meant"), MEANINGS)
def test_an_event_means_what_its_state_says(lines: str, meant: Meaning):
    found, skipped = read(calendar(event(f"{AT_NINE}\nSUMMARY:Secret\n{lines}")))
    assert skipped == []
    if not meant.blocks:
        assert found == []
        return
    (one,) = found
    assert (one.tentative, one.private) == (meant.tentative, meant.private)
    assert one.organizer == meant.organizer
    assert bool(one.title) != meant.private


EVE = "eve@partner.example"


@pytest.mark.parametrize(
    ("line", "name", "address"),
    [
        (f";CN=Eve:mailto:{EVE}", "Eve", EVE),
        (f';CN="Eve: Partner, Ltd; Sales":mailto:{EVE}', "Eve: Partner, Ltd; Sales", EVE),
        (f";CN=Eve: Partner:mailto:{EVE}", "Eve", EVE),
        (f";CN=Eve; Partner:mailto:{EVE}", "Eve", EVE),
        (f";CN=Partner, Eve:MAILTO:{EVE}", "Partner, Eve", EVE),
        (f";CN=Eve:{EVE}", "Eve", EVE),
        (f";CN=Eve:mailto:Eve%20<{EVE}>", "Eve", EVE),
        (f";CN=Eve:mailto:{EVE}?subject=x", "Eve", EVE),
        (f";CN=Eve:mailto: {EVE} ", "Eve", EVE),
        (f":mailto:{EVE}", EVE, EVE),
        (f";CN={EVE}:mailto:{EVE}", EVE, EVE),
        (f";CN=me@home.example:mailto:{EVE}", "me@home.example", EVE),
        (f';CN=Eve;SENT-BY="mailto:helper@acme.example":mailto:{EVE}', "Eve", EVE),
        (f";CN=Eve;EMAIL={EVE}:urn:uuid:7a3c-11", "Eve", EVE),
        (f';CN=Eve;EMAIL="mailto:{EVE}":/principals/7a3c/', "Eve", EVE),
        (f";CN=Eve;EMAIL={EVE}:invalid:nomail", "Eve", EVE),
        (";CN=Eve:urn:uuid:7a3c-11", "Eve", ""),
        (";CN=Eve:invalid:nomail", "Eve", ""),
        (";CN=Eve:mailto:", "Eve", ""),
        (";CN=eve@partner.example:mailto:", EVE, ""),
    ],
)
@pytest.mark.parametrize("more", ["", "\nCLASS:PRIVATE"])
def test_name_and_address_of_an_organizer_are_apart(line: str, name: str, address: str, more: str):
    (found,), _ = read(calendar(event(f"{AT_NINE}\nORGANIZER{line}{more}")))
    said = (found.organizer, found.organizer_email)
    assert said == (("", "") if more else (name, address))
    assert Booking.of(found.record()) == found


@pytest.mark.parametrize("written", [f"Room <{ROOM}>", f"mailto:{ROOM}?x", f"MAILTO:<{ROOM}>"])
def test_a_room_is_known_among_the_guests_however_its_address_is_written(written: str):
    lines = f"{AT_NINE}\nATTENDEE;CUTYPE=ROOM;PARTSTAT=DECLINED:{written}"
    assert read(calendar(event(lines))) == ([], [])


def test_nobody_has_declined_for_a_room_without_an_address():
    lines = f"{AT_NINE}\n{GUEST}PARTSTAT=DECLINED:mailto:{ROOM}"
    found, _ = read(calendar(event(lines)), room="")
    assert [one.tentative for one in found] == [False]


def test_a_whole_day_of_outlook_is_one():
    lines = "DTSTART:20261125T160000Z\nDTEND:20261126T160000Z\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    found, _ = read(calendar(event(lines)))
    assert [(one.all_day, one.end - one.start) for one in found] == [(True, timedelta(days=1))]


def zone(name: str, *observances: str) -> str:
    parts = []
    for each in observances:
        kind, *lines = each.split("|")
        parts += [f"BEGIN:{kind}", *lines, f"END:{kind}"]
    return "\r\n".join(("BEGIN:VTIMEZONE", f"TZID:{name}", *parts, "END:VTIMEZONE"))


WINTER_1601 = (
    "STANDARD|DTSTART:16010101T030000|TZOFFSETFROM:+0200|TZOFFSETTO:+0100"
    "|RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"
)
SUMMER_1601 = (
    "DAYLIGHT|DTSTART:16010101T020000|TZOFFSETFROM:+0100|TZOFFSETTO:+0200"
    "|RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"
)
NINE_AHEAD = "STANDARD|DTSTART:16010101T000000|TZOFFSETFROM:+0900|TZOFFSETTO:+0900"
ZONES = {
    "Outlook's own": (
        zone("Customized Time Zone", WINTER_1601, SUMMER_1601),
        "Customized Time Zone",
        "16:00-16:30",
    ),
    "Microsoft's address": (
        zone("tzone://Microsoft/Custom", NINE_AHEAD),
        '"tzone://Microsoft/Custom"',
        "08:00-08:30",
    ),
    "a known name that tells the truth": (
        zone("Europe/Berlin", WINTER_1601, SUMMER_1601),
        "Europe/Berlin",
        "16:00-16:30",
    ),
    "a known name that lies": (zone("Europe/Berlin", NINE_AHEAD), "Europe/Berlin", "08:00-08:30"),
    "a Windows name that lies": (
        zone("China Standard Time", NINE_AHEAD),
        "China Standard Time",
        "08:00-08:30",
    ),
    "a known name, half described": (
        zone(
            "Europe/Berlin", "DAYLIGHT|DTSTART:20200329T020000|TZOFFSETFROM:+0100|TZOFFSETTO:+0200"
        ),
        "Europe/Berlin",
        "16:00-16:30",
    ),
    "Tencent's without a beginning": (
        zone("Xmail", "STANDARD||TZOFFSETFROM: +0900|TZOFFSETTO: +0900"),
        "Xmail",
        "08:00-08:30",
    ),
    "nothing in it": (zone("Empty"), "Empty", "09:00-09:30"),
    "a bomb in it": (zone("Bomb", NINE_AHEAD + "|RRULE:FREQ=SECONDLY"), "Bomb", "09:00-09:30"),
    "no offset in it": (zone("None", "STANDARD|DTSTART:16010101T000000"), "None", "09:00-09:30"),
}


@pytest.mark.parametrize("name", ZONES)
def test_a_zone_that_a_calendar_describes_is_read_from_it(name: str):
    described, tzid, expected = ZONES[name]
    lines = f"DTSTART;TZID={tzid}:20261126T090000\nDURATION:PT30M"
    assert hours(calendar(described, event(lines))) == expected
    series = lines.replace("20261126", "20261119") + "\nRRULE:FREQ=WEEKLY"
    assert hours(calendar(described, event(series))) == expected


def test_two_calendars_in_one_file_have_each_their_own_zones():
    first = calendar(zone("Own", NINE_AHEAD), event("DTSTART;TZID=Own:20261126T090000", "a"))
    second = calendar(zone("Own", WINTER_1601), event("DTSTART;TZID=Own:20261126T090000", "b"))
    assert hours(first + second) == "08:00-08:00 16:00-16:00"


@pytest.mark.parametrize(
    ("name", "iana"),
    [
        ("China Standard Time", "Asia/Shanghai"),
        ("Taipei Standard Time", "Asia/Taipei"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("asia/shanghai", "Asia/Shanghai"),
        ("Asia/Beijing", "Asia/Shanghai"),
        ("中国标准时间", "Asia/Shanghai"),
        ("(UTC+08:00) 北京，重庆，香港特别行政区，乌鲁木齐", "Asia/Shanghai"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("Nowhere Standard Time", None),
        ("", None),
        ("../../etc/passwd", None),
        ("/", None),
        ("Asia", None),
        ("a\x00b", None),
        ("x" * 5000, None),
    ],
)
def test_a_zone_is_known_by_its_names(name: str, iana: str | None):
    assert known(name) == iana


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("+8", 480),
        ("UTC-05:00", -300),
        ("TZ08", 480),
        ("GMT+0530", 330),
        ("CST", None),
        ("+99", None),
    ],
)
def test_an_offset_may_be_a_zones_name(name: str, minutes: int | None):
    found = offset(name)
    assert (found and found.total_seconds() / 60) == minutes


TITLE = "项目周会，王芳"


def folded(text: str, at: int = 20) -> bytes:
    """Fold every line after so many bytes, in the middle of a character if it comes so."""
    lines = text.encode().split(b"\r\n")
    return b"\r\n".join(
        b"\r\n ".join(line[i : i + at] for i in range(0, max(len(line), 1), at)) for line in lines
    )


TEXT = calendar(event(f"{AT_NINE}\nSUMMARY:{TITLE}"))
BYTES = {
    "CRLF": TEXT.encode(),
    "LF": TEXT.replace("\r\n", "\n").encode(),
    "CR": TEXT.replace("\r\n", "\r").encode(),
    "BOM": b"\xef\xbb\xbf" + TEXT.encode(),
    "GB18030": TEXT.encode("gb18030"),
    "UTF-16": TEXT.encode("utf-16"),
    "folded inside a character": folded(TEXT, 19),
    "folded by LF and a TAB": folded(TEXT, 17).replace(b"\r\n ", b"\n\t"),
    "blank lines": TEXT.replace("\r\n", "\r\n\r\n").encode(),
    "nothing after the end": TEXT.strip().encode(),
}


@pytest.mark.parametrize("name", BYTES)
def test_a_calendar_is_read_in_the_bytes_that_servers_send(name: str):
    found, _ = read(BYTES[name])
    assert [one.title for one in found] == [TITLE]


def test_gb18030_folded_inside_a_character_is_read():
    data = TEXT.encode("gb18030")
    at = data.index("项目".encode("gb18030")) + 1
    found, _ = read(data[:at] + b"\r\n " + data[at:])
    assert [one.title for one in found] == [TITLE]


def test_one_damaged_byte_does_not_turn_the_others_into_another_writing():
    damaged = event(f"{AT_NINE}\nSUMMARY:周", "u2").encode()[:-1]
    whole = [event(f"{AT_NINE}\nSUMMARY:{TITLE}\nLOCATION:上海\nDESCRIPTION:会议", "u1")]
    data = (
        calendar(*whole, "@")
        .encode()
        .replace(b"@", damaged.replace("周".encode(), b"\xe5\x91") + b"T")
    )
    found, _ = read(data)
    assert TITLE in [one.title for one in found]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_calendar"),
        ("<!DOCTYPE html><html><body>Sign in</body></html>", "no_calendar"),
        ('{"error": "login"}', "no_calendar"),
        ("END:VCALENDAR", "no_calendar"),
        (TEXT[:-18], "cut_off"),
        (TEXT[: len(TEXT) // 2], "cut_off"),
        ("BEGIN:VCALENDAR\r\n", "cut_off"),
        (TEXT + TEXT[: len(TEXT) // 2], "cut_off"),
    ],
)
def test_what_is_no_whole_calendar_is_refused(text: str, code: str):
    with pytest.raises(ics.InvalidCalendar) as caught:
        read(text)
    assert caught.value.code == code


TEXTS = [
    ("LOCATION:https://zoom.us/j/91234567890", "LOCATION", "https://zoom.us/j/91234567890"),
    ("CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://a.example/x", "CONFERENCE", "https://a.example/x"),
    (
        "X-GOOGLE-CONFERENCE:https://meet.google.com/abc",
        "X-GOOGLE-CONFERENCE",
        "https://meet.google.com/abc",
    ),
    (
        "X-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.example/l",
        "X-MICROSOFT-SKYPETEAMSMEETINGURL",
        "https://teams.example/l",
    ),
    ("X-SOME-SUITE-URL:https://a.example/y", "X-SOME-SUITE-URL", "https://a.example/y"),
    (
        'DESCRIPTION;ALTREP="data:text/html,%3Ca%20href%3D%22https%3A%2F%2Fa.example%2Fz%22%3E":x',
        "DESCRIPTION",
        'x\n<a href="https://a.example/z">',
    ),
    ("DESCRIPTION:one\\ntwo\\, three\\; four\\\\n", "DESCRIPTION", "one\ntwo, three; four\\n"),
    ("SUMMARY:Call https://zoom.us/j/91234567890", "SUMMARY", "Call https://zoom.us/j/91234567890"),
]


@pytest.mark.parametrize(("line", "name", "text"), TEXTS)
def test_a_text_that_may_hold_a_link_is_kept(line: str, name: str, text: str):
    found, _ = read(calendar(event(f"{AT_NINE}\nCLASS:PRIVATE\n{line}")))
    assert found[0].fields[name] == text
    assert found[0].title == ""


@pytest.mark.parametrize("length", [0, 1, 40])
def test_an_instant_of_a_long_series_has_a_name_that_lasts(length: int):
    lines = f"DTSTART:20261123T010000Z\nDURATION:PT{length}M\nRRULE:FREQ=DAILY"
    found, _ = read(calendar(event(lines)))
    zoned, _ = read(
        calendar(
            event(lines.replace(":20261123T010000Z", ";TZID=China Standard Time:20261123T090000"))
        )
    )
    assert (
        [one.id for one in found] == [one.id for one in zoned] == ["u1/2026-11-26T09:00:00+08:00"]
    )


WORDS = [
    *(
        "DTSTART:20261126T090000Z",
        "DTSTART;VALUE=DATE:20261126",
        "DTSTART:",
        "DTEND:20251126T090000Z",
    ),
    *(
        "DURATION:-P1D",
        "DURATION:P9999W",
        "DTSTART;TZID=Nowhere:99991231T235959",
        "DTEND:99991231T240000",
    ),
    *("RECURRENCE-ID:20261126T090000Z", "RECURRENCE-ID;VALUE=DATE:20261126", "EXDATE:x,,20261126"),
    *(
        "RRULE:FREQ=DAILY",
        "RRULE:FREQ=X",
        "RRULE:UNTIL=20261126;FREQ=WEEKLY",
        "RRULE:FREQ=DAILY;UNTIL=x",
    ),
    *(
        "RDATE;VALUE=PERIOD:20261126T090000Z/PT1H",
        "RDATE:20261126T090000Z/x",
        "SEQUENCE:x",
        "SEQUENCE:9",
    ),
    *("RRULE:FREQ=YEARLY;BYMONTH=99", "RRULE:FREQ=DAILY;COUNT=-1", "DTSTART:00010101T000000"),
    *(
        "CLASS",
        'CLASS;X=":',
        "ATTENDEE:bamboo@example.com",
        "TZID:x",
        "UID:b",
        "BEGIN:VEVENT",
        "END:VEVENT",
    ),
]


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from([SHANGHAI, "America/St_Johns"])
)
def test_any_lines_of_an_event_are_read_or_left_out(lines: list[str], here: str):
    found, skipped = read(calendar("BEGIN:VEVENT", *lines, "END:VEVENT"), here)
    assert len(found) <= 300
    assert all(one.start <= one.end and one.start.tzinfo for one in found)
    assert all(each.why in ("unreadable", "too_much") for each in skipped)


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_value_and_any_zone_is_read_or_left_out(value: str, name: str):
    lines = f"DTSTART;TZID={name}:{value}", f"RRULE:{value}", "DTSTART:20261126T010000Z"
    read(calendar("BEGIN:VEVENT", *lines, f"DTEND;TZID={name}:20261126T090000", "END:VEVENT"))
