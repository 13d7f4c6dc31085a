"""Calendars that strangers could write to hurt a room; each has one good booking among the rest."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
START, END = NOW - timedelta(hours=24), NOW + timedelta(hours=36)


def event(uid: str, *lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"))


def calendar(*events: str) -> bytes:
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR", "")
    return "\r\n".join(lines).encode()


def good(at: datetime = NOW) -> str:
    """A meeting of half an hour that begins at `at`."""
    begin, end = (when.strftime("%Y%m%dT%H%M%SZ") for when in (at, at + timedelta(minutes=30)))
    return event("good", f"DTSTART:{begin}", f"DTEND:{end}", "SUMMARY:Good")


def _numbers(count: int) -> str:
    return ",".join(map(str, range(count)))


def every_second_by_lists() -> str:
    """One daily event at every hour, minute and second: 86,400 a day. 55 s in one piece."""
    rule = f"FREQ=DAILY;BYHOUR={_numbers(24)};BYMINUTE={_numbers(60)};BYSECOND={_numbers(60)}"
    times = ("DTSTART:20261125T000000Z", "DTEND:20261125T000100Z")
    return event("lists", *times, f"RRULE:{rule}", "SUMMARY:Every second")


def hourly_since_1970(number: int) -> str:
    """An hourly event of half a million occurrences. 6 s in one piece."""
    times = ("DTSTART:19700101T000000Z", "DTEND:19700101T000100Z")
    return event(f"hourly-{number}", *times, "RRULE:FREQ=HOURLY", "SUMMARY:Every hour")


ONE_BOMB = calendar(every_second_by_lists(), good())
TWO_BOMBS = calendar(*map(hourly_since_1970, range(2)), good())
MANY_FIELDS = calendar(
    event(
        "fields",
        "DTSTART:20261126T090000Z",
        *(f"X-MICROSOFT-{number}:{'a' * 60}" for number in range(24_000)),
    ),
    good(),
)
LONG_FIELD = calendar(
    event("field", "DTSTART:20261126T090000Z", "X-MICROSOFT-A:" + "a" * 1_900_000), good()
)
NEVER_ENDING = (
    b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 20_000 + calendar(good()).partition(b"\n")[2]
)
FOLDS = b"BEGIN:VCALENDAR\r\nX:" + b"\r\n " * 600_000 + calendar(good()).partition(b"\n")[2]
NESTED = b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 200_000 + calendar(good()).partition(b"\n")[2]
