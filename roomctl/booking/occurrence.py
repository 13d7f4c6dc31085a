"""One series of events -> its bookings, each occurrence by itself. Pure; runs in the child.

What an event means (blocks the room, tentative, private) is read here; `recurring_ical_events` gets
no more of it than its times, mended where producers err: a time without seconds, a day where a time
is meant, an UNTIL in another form than its beginning, an exception in another zone than its series.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from urllib.parse import unquote

import icalendar
import recurring_ical_events

from roomctl.booking.agenda import Booking, SkippedEvent, many_lines, one_line
from roomctl.booking.change import OWN
from roomctl.booking.ics import (
    SERIES,
    Event,
    Series,
    address,
    content_line,
    email,
    unescaped,
)
from roomctl.booking.zone import UNREADABLE, Zones

MOST_OCCURRENCES = 300  # of one series in one window; an hourly one has 66
LONGEST_ID = 128  # as `command.Identifier` has it
_NONE, _DAY = timedelta(0), timedelta(days=1)
_NEAR = timedelta(days=2)  # more than any zone is away from another

_WRITTEN_DAY = re.compile(r"[;:](?:[^:]*:)?(\d{4})(\d\d)(\d\d)(?:T|\s*$)")
_TOKEN = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d):?(\d\d)?(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?)?"
)
_DURATION = re.compile(
    r"[+]?(-?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?)?"
)
_UNTIL = re.compile(r"UNTIL=(\d{4})(\d\d)(\d\d)", re.IGNORECASE)
_JOINS = re.compile(r"://|\d{3}[ -]?\d{3}")  # a title that may tell where the meeting is
_INDEX = "X-ROOMCTL-EVENT"


def occurrences(
    series: Series, zones: Zones, room: tzinfo, start: datetime, end: datetime
) -> list[Booking] | SkippedEvent:
    """Return what of `series` touches the window, or that it cannot be shown."""
    if series.why_not is not None:
        return SkippedEvent(series.uid, series.title, series.why_not)
    if elsewhen(series, start, end):
        return []
    try:
        found = instances(series, zones, room, start, end)
    except UNREADABLE:
        return SkippedEvent(series.uid, series.title, "unreadable")
    if len(found) > MOST_OCCURRENCES:
        return SkippedEvent(series.uid, series.title, "too_much")
    return [each.booking for each in found]


class Instance(NamedTuple):
    """A booking, and the event that says it; `own`: at its own place, if it says others, too."""

    booking: Booking
    event: Event
    own: bool


def instances(
    series: Series, zones: Zones, room: tzinfo, start: datetime, end: datetime
) -> list[Instance]:
    """Return what of `series` touches the window; one of UNREADABLE if it makes no sense."""
    return _Expansion(series, zones, room).between(start, end)


def elsewhen(series: Series, start: datetime, end: datetime) -> bool:
    """Whether the dates in a series alone say that it cannot touch the window; never wrongly."""
    return all(_elsewhen(event, start, end) for event in series.events)


def _elsewhen(event: Event, start: datetime, end: datetime) -> bool:
    """Whether a VEVENT, by its dates alone, cannot touch the window: most of a calendar is past."""
    begin = _day(event.once.get("DTSTART", ""))
    if begin is None or "RECURRENCE-ID" in event.once:
        return False
    if any(line.startswith("RDATE") for line in event.dates):
        return False
    if begin > end.date() + _NEAR:
        return True
    if "DURATION" in event.once:
        return False
    last = max(begin, _day(event.once.get("DTEND", "")) or begin)
    lasts = last - begin
    for rule in event.rules:
        match = _UNTIL.search(rule)
        until = _date_of(match) if match else None
        if until is None:
            return False
        last = max(last, until)
    return start.date() - last > _NEAR + lasts


def _day(line: str) -> date | None:
    match = _WRITTEN_DAY.search(line)
    return _date_of(match) if match else None


def _date_of(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


class _When(NamedTuple):
    """The times of one property: dates, or local times in a zone that icalendar knows by `name`.

    `periods` are the lengths of RDATE's periods, by their place.
    """

    values: tuple[date, ...]
    name: str
    zone: tzinfo
    periods: Mapping[int, _Length]

    @property
    def whole_days(self) -> bool:
        return not isinstance(self.values[0], datetime)

    @property
    def instant(self) -> datetime:
        """The first value as an instant, in UTC."""
        return _instant(self.values[0], self.zone)

    def line(self, prop: str) -> str:
        """Write it as icalendar reads it."""
        said = [_written(value) for value in self.values]
        if self.whole_days:
            return f"{prop};VALUE=DATE:{','.join(said)}"
        utc = self.name == "UTC"
        zone = "" if utc else f";TZID={self.name}"
        said = [each + ("Z" if utc else "") for each in said]
        for at, length in self.periods.items():
            said[at] += f"/{length.written()}"
        kind = ";VALUE=PERIOD" if self.periods else ""
        return f"{prop}{kind}{zone}:{','.join(said)}"


def _written(value: date) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y%m%dT%H%M%S}".zfill(15)
    return f"{value:%Y%m%d}".zfill(8)


def _instant(value: date, zone: tzinfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    known = value if value.tzinfo else value.replace(tzinfo=zone)
    found = known.astimezone(UTC)
    back = found.astimezone(known.tzinfo)
    # Of a time that a clock leaves out, a zone that a file describes takes the offset after it;
    # the one before counts (RFC 5545, 3.3.5).
    return found + max(known.replace(tzinfo=None) - back.replace(tzinfo=None), _NONE)


class _Said(NamedTuple):
    """What an event says beside its times, as `Booking` has it."""

    series: str
    title: str
    organizer: str
    email: str
    fields: Mapping[str, str]
    cancelled: bool
    free: bool
    tentative: bool
    all_day: bool


class _Expansion:
    """The occurrences of one series."""

    def __init__(self, series: Series, zones: Zones, room: tzinfo) -> None:
        self._series, self._zones, self._room = series, zones, room
        self._uid = series.uid or "-"
        self._read: dict[int, _Said] = {}
        self._lengths: dict[int, _Length] = {}
        self._periods: dict[datetime, _Length] = {}  # of further dates that have their own
        self._master = next((e for e in series.events if "RECURRENCE-ID" not in e.once), None)
        self._first: _When | None = None
        self._first = self._start(self._master) if self._master else None

    def between(self, start: datetime, end: datetime) -> list[Instance]:
        events = self._series.events
        if len(events) == 1 and not events[0].repeats:
            found = [Instance(self._single(events[0]), events[0], own=True)]
        else:
            found = self._repeated(start, end)
        return [each for each in found if _touches(each.booking, start, end)]

    def _single(self, event: Event) -> Booking:
        begin = self._start(event)
        place = self._when(event, "RECURRENCE-ID") or begin
        return self._booking(event, place, begin, self._lasts(event).after(begin))

    def _repeated(self, start: datetime, end: datetime) -> list[Instance]:
        bodies = []
        for index, event in enumerate(self._series.events):
            lines = self._lines(event)
            bodies += ["BEGIN:VEVENT", "UID:1", f"{_INDEX}:{index}", *lines, "END:VEVENT"]
        text = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *bodies, "END:VCALENDAR", ""))
        calendar = icalendar.Calendar.from_ical(text)
        if any(event.errors for event in calendar.subcomponents):
            raise ValueError("a property cannot be read")
        asked = recurring_ical_events.of(calendar)
        ranges = sorted(self._ranges(), key=lambda each: each.place.instant)
        later = [each.reach + self._lasts(each.event).total for each in ranges]
        sooner = [-each.reach for each in ranges]
        # A day more: its whole days are not the room's.
        first, last = start - max([_NONE, *later]) - _DAY, end + max([_NONE, *sooner]) + _DAY
        return [self._instance(each, ranges) for each in asked.between(first, last)]

    def _ranges(self) -> Iterator[_Range]:
        for event in self._series.events:
            if event.is_range and (place := self._when(event, "RECURRENCE-ID")):
                yield _Range(event, place, self._start(event))

    def _instance(self, found: icalendar.Event, ranges: Sequence[_Range]) -> Instance:
        event, begin = self._series.events[int(str(found[_INDEX]))], found.start
        when = place = _When((begin,), "", self._zone_of(begin), {})
        length, own = self._lasts(event), "RECURRENCE-ID" in event.once
        if own:
            place = self._when(event, "RECURRENCE-ID") or place
        else:
            rule = next((each for each in reversed(ranges) if each.holds(place)), None)
            if rule is not None:
                event, when, length = rule.event, rule.moved(place), self._lasts(rule.event)
            length = self._periods.get(place.instant, length)
        return Instance(self._booking(event, place, when, length.after(when)), event, own)

    def _zone_of(self, value: date) -> tzinfo:
        own = value.tzinfo if isinstance(value, datetime) else None
        return own or self._room

    def _booking(self, event: Event, place: _When, when: _When, end: datetime) -> Booking:
        known, said, begin = self._uid, self._said(event), when.instant
        at = place.values[0] if place.whole_days else place.instant.astimezone(self._room)
        ref = f"{known}/{at.isoformat()}"
        return Booking(
            id=_public(known, ref),
            ref=ref,
            owned=known.endswith(OWN),
            series=said.series,
            title=said.title,
            organizer=said.organizer,
            start=begin.astimezone(self._room),
            end=max(begin, end).astimezone(self._room),
            fields=said.fields,
            private=event.private,
            cancelled=said.cancelled,
            free=said.free,
            tentative=said.tentative,
            all_day=when.whole_days or said.all_day,
            organizer_email=said.email,
        )

    def _said(self, event: Event) -> _Said:
        """Return what all occurrences of an event say alike, read once."""
        known = self._read.get(id(event))
        if known is None:
            series = self._uid if self._series.repeats else event.value(SERIES)
            known = self._read[id(event)] = _Said(
                series=_series(series),
                title=one_line(event.text("SUMMARY")),
                organizer=one_line(_organizer(event)),
                email=email(content_line(event.once.get("ORGANIZER", ""))),
                fields=_fields(event),
                cancelled=event.cancels or _said(event, "STATUS") == "CANCELLED",
                free=_is_free(event),
                tentative=_is_tentative(event),
                all_day=_says_whole_day(event),
            )
        return known

    def _lines(self, event: Event) -> Iterator[str]:
        """Yield what decides on an event's times, as icalendar reads it."""
        begin = self._start(event)
        yield begin.line("DTSTART")
        yield f"DURATION:{self._lasts(event).written(whole_days=begin.whole_days)}"
        if "RECURRENCE-ID" in event.once and (place := self._when(event, "RECURRENCE-ID")):
            yield place.line("RECURRENCE-ID")
        sequence = event.age[0]
        if sequence >= 0:
            yield f"SEQUENCE:{sequence}"
        for line in event.rules:
            yield _rule(content_line(line).value, begin, self._room)
        for line in event.dates:
            name = line[: len("RDATE")] if line.startswith("RDATE") else "EXDATE"
            for when in self._listed(event, line, begin):
                for at, length in when.periods.items():
                    self._periods[_instant(when.values[at], when.zone)] = length
                yield when.line(name)

    def _listed(self, event: Event, line: str, begin: _When) -> Iterator[_When]:
        """Yield the dates and the times of a list; one that cannot be read is left out."""
        for mended in _times(line, event.calendar, self._zones, begin.name, strict=False):
            yield (
                self._of_series(mended)
                if line.startswith("EXDATE")
                else _as(mended, begin, self._room)
            )

    def _of_series(self, when: _When) -> _When:
        """Return a place in a series of whole days as a day."""
        if self._first is None or not self._first.whole_days or when.whole_days:
            return when
        return _When(
            tuple(_as_day(v, when.zone, self._room) for v in when.values), "", when.zone, {}
        )

    def _when(self, event: Event, name: str) -> _When | None:
        if name not in event.once:
            return None
        line, first = event.once[name], self._first if name == "RECURRENCE-ID" else None
        floating = first.name if first else ""
        (found,) = _times(line, event.calendar, self._zones, floating)
        return _as(found, first, self._room) if first else found

    def _start(self, event: Event) -> _When:
        """Return when an event begins; an instance without a time of its own has not moved."""
        found = self._when(event, "DTSTART") or self._when(event, "RECURRENCE-ID")
        if found is None:
            raise ValueError("no DTSTART")
        return found

    def _end(self, event: Event, begin: _When) -> _When | None:
        """Return when an event ends, in the form of its beginning, if it says so."""
        found = self._when(event, "DTEND")
        if found is None:
            return None
        if begin.whole_days and not found.whole_days:
            return _When((_day_after(found.values[0]),), "", found.zone, {})
        if found.whole_days and not begin.whole_days:
            midnight = datetime.combine(found.values[0], time())
            return _When((midnight,), begin.name, begin.zone, {})
        return found

    def _lasts(self, event: Event) -> _Length:
        """Return how long an event is, and all that it repeats, read once.

        One that says no times is as long as its series.
        """
        known = self._lengths.get(id(event))
        if known is None:
            bare = "DTSTART" not in event.once and "DTEND" not in event.once
            says = self._master if bare and "DURATION" not in event.once else event
            known = self._lengths[id(event)] = self._said_length(says or event)
        return known

    def _said_length(self, event: Event) -> _Length:
        begin = self._start(event)
        last = self._end(event, begin)
        if last is not None:
            known = _between(begin, last, whole=_says_whole_day(event))
        elif "DURATION" in event.once and "DTEND" not in event.once:
            known = _duration(event.value("DURATION"))
        else:
            known = _Length()
        return known if known.exact or known.days or not begin.whole_days else _Length(_DAY)


class _Range(NamedTuple):
    """An override that stands for all later places, too (RANGE=THISANDFUTURE; RFC 5545, 3.2.13)."""

    event: Event
    place: _When
    begin: _When

    @property
    def reach(self) -> timedelta:
        """By how much it moves, by the clock of where it begins."""
        place, begin = self.place.values[0], self.begin.values[0]
        if not self.place.whole_days and not self.begin.whole_days:
            place = self.place.instant.astimezone(self.begin.zone).replace(tzinfo=None)
        elif self.begin.whole_days:
            place = _midnight(place).date()
        return _midnight(begin) - _midnight(place)

    def holds(self, place: _When) -> bool:
        return self.place.instant < place.instant

    def moved(self, place: _When) -> _When:
        """Return when the occurrence begins whose place in the series that is."""
        at = place.values[0]
        if self.begin.whole_days:
            return place._replace(values=((_midnight(at) + self.reach).date(),))
        zone = self.begin.zone if place.whole_days else place.zone
        return _When((_midnight(at) + self.reach,), "", zone, {})


def _midnight(value: date) -> datetime:
    """Return a time without its zone, or the first of a day."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime.combine(value, time())


class _Length(NamedTuple):
    """How long something is: days are those of the wall's clock, hours exact (RFC 5545, 3.3.6)."""

    days: timedelta = _NONE
    exact: timedelta = _NONE

    @property
    def total(self) -> timedelta:
        return self.days + self.exact

    def after(self, begin: _When) -> datetime:
        """Return the instant at which what begins then is over."""
        return _instant(begin.values[0] + self.days, begin.zone) + self.exact

    def written(self, *, whole_days: bool = False) -> str:
        """Return it as icalendar reads it; `whole_days`: rounded up to days."""
        if whole_days:
            return f"P{-(-(self.total) // _DAY)}D"
        days, rest = divmod(self.days + self.exact, _DAY)
        return f"P{days}DT{round(rest.total_seconds())}S"


def _between(begin: _When, last: _When, *, whole: bool) -> _Length:
    """Return the length from a beginning to an end, at least none.

    Hours are exact (RFC 5545, 3.8.5.3), but from a beginning that the wall's clock leaves out.
    """
    first, end = begin.values[0], last.values[0]
    wall = end - first if begin.whole_days or begin.name == last.name else None
    if wall is not None and (whole or begin.whole_days):
        return _Length(max(wall, _NONE))
    exact = last.instant - begin.instant
    if wall is not None and _left_out(begin):
        exact = max(exact, wall)
    return _Length(exact=max(exact, _NONE))


def _left_out(when: _When) -> bool:
    """Whether a local time is one of those that a clock which is put forward leaves out."""
    exists = when.instant.astimezone(when.zone).replace(tzinfo=None)
    return not when.whole_days and exists != when.values[0]


def _public(uid: str, ref: str) -> str:
    """Return an id that a command can name: an UID may be of any letters, Exchange's has 112."""
    if len(ref) <= LONGEST_ID and ref.isascii() and ref.isprintable() and " " not in ref:
        return ref
    return f"{hashlib.sha256(uid.encode()).hexdigest()[:32]}{ref[len(uid) :]}"


def _series(uid: str) -> str:
    """Return what a command, and a file of the room's, calls a series; "" if there is none."""
    return hashlib.sha256(uid.encode()).hexdigest()[:32] if uid else ""


def _touches(booking: Booking, start: datetime, end: datetime) -> bool:
    ends_after = booking.end > start or booking.start == booking.end >= start
    return booking.start < end and ends_after


def _times(
    line: str, calendar: int, zones: Zones, floating: str, *, strict: bool = True
) -> list[_When]:
    """Return the times of a property, alike ones together; ValueError if strict and one is none.

    `floating` is the zone of times that name none; "": the room's.
    """
    said = content_line(line)
    tokens = said.value.split(",")
    tzid = said.params.get("TZID", "")
    if not _TOKEN.fullmatch(tokens[0].strip().upper().partition("/")[0]) and ":" in said.value:
        # "DTSTART;TZID=(UTC+08:00) Beijing, Chongqing:20261126T090000", without its quotes
        tzid = line.partition("TZID=")[2].rpartition(":")[0]
        tokens = line.rpartition(":")[2].split(",")
    only_days = said.params.get("VALUE", "").strip().upper() == "DATE"
    name = zones.name(calendar, tzid) if tzid.strip() else floating or zones.name(calendar, "")
    found: dict[str, list[tuple[date, _Length | None]]] = {}
    for token in tokens:
        first, slash, rest = token.strip().upper().partition("/")
        value = _moment(first, only_days)
        if value is None:
            if strict:
                raise ValueError(f"{token!r} is not a time")
            continue
        own, length = name, _until(rest, value, zones.zone(name)) if slash else None
        if isinstance(value, datetime) and value.tzinfo is not None:
            value, own = value.astimezone(UTC).replace(tzinfo=None), "UTC"
        key = own if isinstance(value, datetime) else ""
        found.setdefault(key, []).append((value, length))
    return [
        _When(
            tuple(value for value, _ in pairs),
            key,
            zones.zone(key),
            {at: length for at, (_, length) in enumerate(pairs) if length is not None},
        )
        for key, pairs in found.items()
    ]


def _until(end: str, begin: date, zone: tzinfo) -> _Length | None:
    """Return how long a period is: "PT1H", or the time at which it ends."""
    if end.startswith(("P", "+P")):
        match = _DURATION.fullmatch(end)
        return _duration(end) if match and len(match[0]) > len("PT") else None
    last = _moment(end, only_days=False)
    if last is None:
        return None
    return _Length(exact=max(_instant(last, zone) - _instant(begin, zone), _NONE))


def _moment(token: str, only_days: bool) -> date | None:
    """Return a date, a local time, or a time with its offset; None if it is none of them."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    day = _date_of(match)
    if day is None or match[4] is None or only_days:
        return day
    hours, minutes, seconds = int(match[4]), int(match[5]), int(match[6] or 0)
    if hours > 24 or minutes > 59 or seconds > 60 or (hours == 24 and minutes + seconds):
        return None
    found = datetime.combine(day, time()) + timedelta(
        hours=hours, minutes=minutes, seconds=min(seconds, 59)
    )
    return found if match[7] is None else datetime.fromisoformat(f"{found.isoformat()}{match[7]}")


def _as(when: _When, begin: _When, room: tzinfo) -> _When:
    """Return further dates of a series in the form of its first."""
    if begin.whole_days and not when.whole_days:
        return _When(tuple(_as_day(v, when.zone, room) for v in when.values), "", when.zone, {})
    if when.whole_days and isinstance(begin.values[0], datetime):
        clock = begin.values[0].time()
        values = tuple(datetime.combine(value, clock) for value in when.values)
        return _When(values, begin.name, begin.zone, {})
    return when


def _as_day(value: date, zone: tzinfo, room: tzinfo) -> date:
    """Return the day that a time stands for: the one written, or the room's if it is in UTC."""
    if not isinstance(value, datetime):
        return value
    if zone.utcoffset(None) == _NONE and value.time() != time():
        return value.replace(tzinfo=UTC).astimezone(room).date()
    return value.date()


def _day_after(value: date) -> date:
    if not isinstance(value, datetime):
        return value
    return value.date() + timedelta(days=value.time() != time())


def _duration(text: str) -> _Length:
    """Return a duration, a negative one as none; ValueError."""
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None or len(match[0]) < len("P1D"):
        raise ValueError(f"{text!r} is not a duration")
    if match[1]:
        return _Length()
    weeks, days, hours, minutes, seconds = (int(match[n] or 0) for n in range(2, 7))
    exact = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return _Length(timedelta(weeks=weeks, days=days), exact)


def _rule(text: str, begin: _When, room: tzinfo) -> str:
    """Return a rule as dateutil reads it; ValueError. Its UNTIL is meant as the beginning is."""
    parts = dict[str, str]()
    for part in text.upper().replace(" ", "").split(";"):
        name, _, value = part.partition("=")
        if value:
            parts.setdefault(name, value.strip(","))
    if parts.get("RSCALE") == "GREGORIAN":
        del parts["RSCALE"]
        parts.pop("SKIP", None)
    if "FREQ" not in parts:
        raise ValueError("a rule without FREQ")
    if parts.get("INTERVAL", "1").strip("0") == "":
        parts["INTERVAL"] = "1"
    if "UNTIL" in parts:
        parts["UNTIL"] = _last(parts["UNTIL"], begin, room)
    return "RRULE:" + ";".join(f"{name}={value}" for name, value in parts.items())


def _last(text: str, begin: _When, room: tzinfo) -> str:
    """Return UNTIL as a day for whole days, else in UTC; a day is meant to its end."""
    value = _moment(text, only_days=False)
    if value is None:
        raise ValueError(f"{text!r} is not a valid UNTIL")
    if begin.whole_days:
        if isinstance(value, datetime) and value.tzinfo is not None:
            utc = value.astimezone(UTC)
            written = utc.time() in (time(), time(23, 59, 59))
            value = utc.date() if written else utc.astimezone(room).date()
        return _written(value.date() if isinstance(value, datetime) else value)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(23, 59, 59))
    return _written(_instant(value, begin.zone).replace(tzinfo=None)) + "Z"


def _is_free(event: Event) -> bool:
    """Whether it leaves the room free: so it says, or the room has declined it."""
    transparent = _said(event, "TRANSP").startswith("TRANSPARENT")
    return transparent or _said(event, _BUSY) == "FREE" or _answer(event) == "DECLINED"


def _is_tentative(event: Event) -> bool:
    """Whether it may still change: so it says, or the room was asked and has not accepted."""
    said = "TENTATIVE" in (_said(event, "STATUS"), _said(event, _BUSY))
    return said or _answer(event) not in (None, "ACCEPTED")


_BUSY = "X-MICROSOFT-CDO-BUSYSTATUS"


def _says_whole_day(event: Event) -> bool:
    return _said(event, "X-MICROSOFT-CDO-ALLDAYEVENT") == "TRUE"


def _said(event: Event, name: str) -> str:
    return event.value(name).strip().upper()


def _answer(event: Event) -> str | None:
    """Return what the room answered, "ACCEPTED" before others; None: it was not asked."""
    answers = [
        content_line(line).params.get("PARTSTAT", "").strip().upper() or "NEEDS-ACTION"
        for line in event.attendees
    ]
    return min(answers, key=lambda answer: answer != "ACCEPTED", default=None)


def _organizer(event: Event) -> str:
    """Return the organizer's name, else the address without its scheme."""
    said = content_line(event.once.get("ORGANIZER", ""))
    return said.params.get("CN", "").strip() or email(said) or address(said.value)


def _fields(event: Event) -> dict[str, str]:
    """Return the texts that may hold a link, by name, also those beside a text (ALTREP)."""
    found = dict[str, str]()
    title = event.text("SUMMARY")
    if _JOINS.search(title):
        found["SUMMARY"] = many_lines(title)
    for line in event.texts:
        said = content_line(line)
        name = said.name
        beside = _beside(said.params.get("ALTREP", ""))
        text = many_lines("\n".join(filter(None, (unescaped(said.value), beside))))
        if text:
            found[name] = f"{found[name]}\n{text}" if name in found else text
    return found


def _beside(altrep: str) -> str:
    """Return the other form of a text: a page's address, or the page itself."""
    scheme, _, rest = altrep.partition(":")
    if scheme.casefold() == "data":
        kind, comma, page = rest.partition(",")
        return unquote(page) if comma and "base64" not in kind.casefold() else ""
    return altrep if scheme.casefold() in ("http", "https") else ""
