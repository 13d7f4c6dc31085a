"""iCalendar bytes -> series of events -> bookings, each series by itself. Pure; runs in the child.

A calendar is written by strangers. `cut` takes it apart in one pass over its bytes, keeps only the
properties that a booking is made of, and bounds each event; `occurrences` expands one series. What
bounds the time of that is the caller's: recurrence rules of a few bytes can name every second.
"""

from __future__ import annotations

import re
from dataclasses import field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

import icalendar
import recurring_ical_events

from roomctl.booking.agenda import Booking, SkippedEvent, many_lines, one_line
from roomctl.frozen import frozen

LONGEST_EVENT = 64 * 1024  # characters of all texts of one event that may hold a link
MOST_OCCURRENCES = 300  # of one series in one window; an hourly one has 66
_LONGEST_DATES = 32 * 1024  # characters of EXDATE and RDATE of one event: 1,700 dates
_LONGEST_ZONE = 64 * 1024
_MOST_ZONES = 100
_MOST_TEXTS = 40  # of one event; Exchange writes 14 X-MICROSOFT- properties
_NEAR = timedelta(days=2)  # more than any zone is away from another

_TIMES = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE")
_ONCE = frozenset(
    (*_TIMES, "UID", "DTSTAMP", "SEQUENCE", "SUMMARY", "ORGANIZER", "STATUS", "CLASS", "TRANSP")
)
_DATES = ("EXDATE", "RDATE")
_TEXTS = ("CONFERENCE", "URL", "LOCATION", "DESCRIPTION", "X-ALT-DESC", "X-GOOGLE-CONFERENCE")
_SHORT = 2000  # characters of a property that is no text
_TOP = frozenset(("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE"))
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)

_FOLD = re.compile(rb"\r?\n[ \t]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # forbidden (RFC 5545, 3.1)
_LINE = re.compile(r"[^\r\n]+")
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}(?=[;:])")
_DAY = re.compile(r"[;:](?:[^:]*:)?(\d{4})(\d\d)(\d\d)(?:T|\s*$)")
_FAST = re.compile(r"FREQ=(?:SECONDLY|MINUTELY)", re.IGNORECASE)
_PUBLIC = ("", "PUBLIC")  # any other class is private (RFC 5545, 3.8.1.3)


class NoCalendar(ValueError):
    """These bytes are no iCalendar file."""


Lines = tuple[str, ...]  # of one VEVENT, without BEGIN and END; names in upper case


@frozen
class Series:
    """One event with everything that repeats or moves it: all VEVENTs of one UID.

    `why_not` is set if it is left out before any of it is read.
    """

    uid: str
    title: str
    events: tuple[Lines, ...] = field(default=(), repr=False)
    why_not: Literal["unreadable", "too_much"] | None = None

    @property
    def repeats(self) -> bool:
        return any(line.startswith(("RRULE", "RDATE")) for event in self.events for line in event)

    @property
    def size(self) -> int:
        return sum(len(line) for event in self.events for line in event)


@frozen
class Cut:
    """A calendar taken apart; `complete` is whether its end was there."""

    head: str
    zones: tuple[str, ...]
    series: tuple[Series, ...]
    complete: bool


def cut(data: bytes) -> Cut:
    """Take a calendar apart, the quick series first. NoCalendar if there is none in it.

    The work grows with the number of bytes and no faster.
    """
    reader = _Cutter()
    text = _decoded(_FOLD.sub(b"", data.removeprefix(b"\xef\xbb\xbf")))
    for match in _LINE.finditer(_CONTROL.sub("", text)):
        reader.line(match[0])
    reader.finish()
    if not reader.opened or not (reader.closed or reader.found):
        raise NoCalendar("no VCALENDAR")
    return Cut(reader.head, tuple(reader.zones), tuple(reader.series()), reader.closed)


def zone_known(text: str) -> None:
    """Have icalendar remember the time zone that a VTIMEZONE describes; a bad one is ignored."""
    wrapped = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{text}\r\nEND:VCALENDAR\r\n"
    try:
        icalendar.Calendar.from_ical(wrapped)
    except _UNREADABLE:
        return  # its times are then the room's own, as those of an unknown name


def occurrences(
    series: Series, head: str, zone: tzinfo, start: datetime, end: datetime
) -> list[Booking] | SkippedEvent:
    """Return what of `series` touches the window, or that it cannot be shown."""
    if series.why_not is not None:
        return SkippedEvent(series.uid, series.title, series.why_not)
    events = [
        "\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT"))
        for lines in series.events
        if not _elsewhen(lines, start, end)
    ]
    if not events:
        return []
    body = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0" + head, *events, "END:VCALENDAR", ""))
    try:
        calendar = icalendar.Calendar.from_ical(body)
        if any(
            name in (*_TIMES, *_DATES)
            for event in calendar.subcomponents
            for name, _ in event.errors
        ):
            return SkippedEvent(series.uid, series.title, "unreadable")
        found = recurring_ical_events.of(calendar).between(start, end)
        if len(found) > MOST_OCCURRENCES:
            return SkippedEvent(series.uid, series.title, "too_much")
        return [_booking(event, zone) for event in found]
    except _UNREADABLE:
        return SkippedEvent(series.uid, series.title, "unreadable")


class _Cutter:
    """Lines of a calendar, one by one; knows where it is, and remembers what is worth keeping."""

    def __init__(self) -> None:
        self.head = ""
        self.zones: list[str] = []
        self.opened = self.closed = False
        self.found = 0  # events, also those that never end
        self._by_uid: dict[str, list[_Event]] = {}
        self._inside: str | None = None
        self._nested = 0
        self._event = _Event()
        self._zone: list[str] = []
        self._zone_size = 0

    def line(self, line: str) -> None:
        word, _, rest = line.partition(":")
        match word.upper():
            case "BEGIN":
                self._begin(rest.strip().upper(), line)
            case "END":
                self._end(rest.strip().upper(), line)
            case _ if self._inside == "VEVENT" and not self._nested:
                self._event.add(line)
            case _ if self._inside == "VTIMEZONE":
                self._zone_line(line)
            case "X-WR-TIMEZONE" if self._inside is None:
                self.head = "\r\n" + line[:_SHORT]

    def finish(self) -> None:
        """Note an event that was begun and never ended."""
        if self._inside == "VEVENT":
            self._note(unfinished=True)
        self._inside, self._nested = None, 0

    def series(self) -> list[Series]:
        """Return what was found, single events before those that repeat, short ones first."""
        found = [_series(events) for events in self._by_uid.values()]
        return sorted(found, key=lambda series: (series.repeats, series.size))

    def _note(self, *, unfinished: bool = False) -> None:
        self.found += 1
        self._event.unfinished = unfinished
        uid = self._event.value("UID") or f"\x00{self.found}"  # without one it stands by itself
        self._by_uid.setdefault(uid, []).append(self._event)

    def _begin(self, kind: str, line: str) -> None:
        if kind == "VCALENDAR":
            self.finish()
            self.opened, self.closed = True, False
        elif self.opened and (self._inside is None or kind in _TOP):
            self.finish()
            self._inside, self._event = kind, _Event()
            self._zone, self._zone_size = [line], 0
        else:
            self._nested += 1
            self._zone_line(line)

    def _end(self, kind: str, line: str) -> None:
        if kind == "VCALENDAR":
            self.finish()
            self.closed = True
        elif self._nested:
            self._nested -= 1
            self._zone_line(line)
        elif kind == self._inside:
            if kind == "VEVENT":
                self._note()
            elif kind == "VTIMEZONE" and self._zone_fits:
                self.zones.append("\r\n".join((*self._zone, line)))
            self._inside = None

    @property
    def _zone_fits(self) -> bool:
        return self._zone_size <= _LONGEST_ZONE and len(self.zones) < _MOST_ZONES

    def _zone_line(self, line: str) -> None:
        self._zone_size += len(line)
        if self._inside == "VTIMEZONE" and self._zone_size <= _LONGEST_ZONE:
            self._zone.append(line)


class _Event:
    """The properties of one event that a booking is made of, each as often as it may be there."""

    def __init__(self) -> None:
        self.unfinished = False
        self._once: dict[str, str] = {}
        self._texts: list[str] = []
        self._dates: list[str] = []
        self._dates_size = 0
        self._extra = 0

    def add(self, line: str) -> None:
        match = _NAME.match(line)
        name = match[0].upper() if match else ""
        if name in _ONCE:
            self._once.setdefault(name, name + line[len(name) : _SHORT])
        elif name in _DATES:
            self._dates_size += len(line)
            if not self.too_much:
                self._dates.append(name + line[len(name) :])
        elif name in _TEXTS or name.startswith("X-MICROSOFT-"):
            self._extra += 1
            if self._extra <= _MOST_TEXTS:
                self._texts.append(name + line[len(name) :])

    @property
    def too_much(self) -> bool:
        return self._dates_size > _LONGEST_DATES

    def value(self, name: str) -> str:
        return self._once.get(name, "").partition(":")[2].strip()

    def lines(self) -> Lines:
        """Return what is kept: of texts the shorter ones whole, as a link stands in those."""
        left = LONGEST_EVENT
        texts = []
        for text in sorted(self._texts, key=len):
            texts.append(text[:left])
            left -= len(texts[-1])
        return (*self._once.values(), *self._dates, *(text for text in texts if text))


def _series(events: list[_Event]) -> Series:
    uid = one_line(events[0].value("UID"))
    public = all(event.value("CLASS").upper() in _PUBLIC for event in events)
    title = one_line(events[0].value("SUMMARY")) if public else ""
    if any(event.unfinished for event in events):
        return Series(uid, title, why_not="unreadable")
    if any(event.too_much or _FAST.search(event.value("RRULE")) for event in events):
        return Series(uid, title, why_not="too_much")
    return Series(uid, title, tuple(event.lines() for event in events))


def _decoded(data: bytes) -> str:
    """Return the text of unfolded bytes: UTF-8, else what Chinese mail servers write."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _elsewhen(lines: Lines, start: datetime, end: datetime) -> bool:
    """Whether a VEVENT, by its dates alone, cannot touch the window: most of a calendar is past."""
    days = {line[:5]: day for line in lines if (day := _day(line))}
    begin, moved = days.get("DTSTA"), ("RECURRENCE-ID", "RDATE")
    if begin is None or any(line.startswith(moved) for line in lines):
        return False
    if begin > end.date() + _NEAR:
        return True
    lasts = any(line.startswith(("RRULE", "DURATION")) for line in lines)
    return not lasts and max(begin, days.get("DTEND", begin)) < start.date() - _NEAR


def _day(line: str) -> date | None:
    if not line.startswith(("DTSTART", "DTEND")):
        return None
    match = _DAY.search(line)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _booking(event: icalendar.Event, zone: tzinfo) -> Booking:
    start, end = event.start, event.end
    uid = one_line(_text(event, "UID")) or "-"
    first = event.decoded("RECURRENCE-ID", start)
    begin = _aware(start, zone)
    return Booking(
        id=f"{uid}/{(first if isinstance(first, date) else start).isoformat()}",
        title=one_line(_text(event, "SUMMARY")),
        organizer=one_line(_organizer(event)),
        start=begin,
        end=max(begin, _aware(end, zone)),
        fields=_fields(event),
        private=_text(event, "CLASS").strip().upper() not in _PUBLIC,
        cancelled=_text(event, "STATUS").strip().upper() == "CANCELLED",
        all_day=not isinstance(start, datetime),
    )


def _aware(when: date, zone: tzinfo) -> datetime:
    if not isinstance(when, datetime):
        return datetime.combine(when, time(), zone)
    return when if when.tzinfo else when.replace(tzinfo=zone)


def _fields(event: icalendar.Event) -> dict[str, str]:
    names = [name for name in event if name in _TEXTS or name.startswith("X-MICROSOFT-")]
    return {name: text for name in names if (text := many_lines(_text(event, name)))}


def _text(event: icalendar.Event, name: str) -> str:
    value = event.get(name, "")
    values = value if isinstance(value, list) else [value]
    text = "\n".join(str(each) for each in values)
    # Values of unknown type keep their escapes (RFC 5545, 3.3.11).
    return _unescaped(text) if name.startswith("X-") else text


def _unescaped(text: str) -> str:
    for written, meant in (("\\n", "\n"), ("\\N", "\n"), ("\\,", ","), ("\\;", ";")):
        text = text.replace(written, meant)
    return text


def _organizer(event: icalendar.Event) -> str:
    """Return the organizer's name, else the address without its scheme."""
    organizer = event.get("ORGANIZER")
    if organizer is None:
        return ""
    name = getattr(organizer, "params", {}).get("CN")
    return str(name) if name else str(organizer).partition(":")[2] or str(organizer)
