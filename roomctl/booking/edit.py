"""One event of a CalDAV calendar, as a room's change makes it. Pure; runs in a child.

What an event means is read by `ics` and `occurrence`, as every calendar is; only then, and only if
it still is what the room saw, is it rewritten, with all that it holds beside. Of a series one
occurrence is changed: by an override of its own (RECURRENCE-ID). A room that is a guest answers
(PARTSTAT); one that is not, has the event cancelled; what it booked itself it may delete.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from roomctl.booking.agenda import Booking
from roomctl.booking.change import BookingChange, ref_of, whole
from roomctl.booking.child import SLICES_S, ProcessorTime, TooLongError
from roomctl.booking.ics import NoCalendar, address, cut
from roomctl.booking.occurrence import occurrences
from roomctl.booking.zone import Zones

_Property = Any
_Event = Any  # icalendar.Event: its properties are of thirty types
_DAY = timedelta(days=1)
_CHECKED_IN = "X-ROOMCTL-CHECKED-IN"
_STATUS = "X-ROOMCTL-STATUS"  # what it was before the room was given back


def bookings_in(
    data: bytes,
    zone: ZoneInfo,
    room: str,
    start: datetime,
    end: datetime,
    time: ProcessorTime | None = None,
) -> tuple[Booking, ...]:
    """Return what of a calendar touches the window, blocking the room or not.

    A series that takes longer than a slice of `time` is left out, as it is where it is shown.
    """
    try:
        found = cut(data, room)
    except NoCalendar:
        return ()
    zones = Zones(zone, start, end)
    for said in found.zones:
        zones.describe(said)
    bookings: list[Booking] = []
    for series in found.series:
        with contextlib.suppress(TooLongError), time.slice(SLICES_S[-1]) if time else _no_limit():
            many = occurrences(series, zones, zone, start, end)
            bookings += many if isinstance(many, list) else []
    return tuple(bookings)


_no_limit = contextlib.nullcontext


def event_of(
    data: bytes,
    change: BookingChange,
    zone: ZoneInfo,
    room: str,
    time: ProcessorTime | None = None,
) -> Booking | None:
    """Return what `data` says of the booking that `change` is about; None: it is not in it.

    A single event that was moved is the same one at another time.
    """
    near = (change.start - _DAY, max(change.end, change.was_end) + _DAY)
    found = bookings_in(data, zone, room, *near, time)
    only = found[0] if len(found) == 1 and b"RRULE" not in data else None
    return next((each for each in found if ref_of(each) == change.ref), only)


def created(change: BookingChange, title: str, now: datetime) -> bytes:
    """Return the calendar object of a booking that the room makes."""
    event = icalendar.Event()
    event.add("UID", change.uid)
    event.add("DTSTAMP", now)
    event.add("DTSTART", change.start.astimezone(UTC))
    event.add("DTEND", whole(change.end).astimezone(UTC))
    event.add("SUMMARY", change.title or title)
    event.add(_CHECKED_IN, f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    calendar = icalendar.Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//roomctl//EN")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def edited(
    data: bytes, change: BookingChange, known: Booking, room: str, zone: ZoneInfo, now: datetime
) -> bytes:
    """Return the object with the change in it; ValueError if it cannot be rewritten.

    `known` is what it says of the booking so far.
    """
    calendar = icalendar.Calendar.from_ical(data)
    event = _instance(calendar, change, known, zone)
    match change.kind:
        case "move_end":
            event.pop("DURATION", None)
            _set_time(event, "DTEND", whole(change.end), zone, event["DTSTART"])
            event["SEQUENCE"] = icalendar.vInt(int(event.get("SEQUENCE", 0)) + 1)
        case "check_in":
            event[_CHECKED_IN] = icalendar.vText(f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        case "release" | "restore":
            _answer(event, room, given=change.kind == "release")
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        event.pop(name, None)
        event.add(name, now.replace(microsecond=0))
    return bytes(calendar.to_ical())


def is_checked_in(data: bytes, change: BookingChange) -> bool:
    """Whether it says already that somebody is there for this very booking."""
    try:
        calendar = icalendar.Calendar.from_ical(data)
    except ValueError:
        return False
    place = _place(change)
    for event in calendar.walk("VEVENT"):
        own = "RECURRENCE-ID" in event or not _repeats(event)
        if own and _CHECKED_IN in event:
            at = event.get("RECURRENCE-ID")
            if at is None or place is None or _same(at.dt, place, None):
                return True
    return False


def _answer(event: _Event, room: str, *, given: bool) -> None:
    guests = list(_guests(event, room))
    for guest in guests:
        guest.params["PARTSTAT"] = "DECLINED" if given else "ACCEPTED"
    if guests:
        return
    if given:
        event[_STATUS] = icalendar.vText(str(event.get("STATUS", "CONFIRMED")))
        event["STATUS"] = icalendar.vText("CANCELLED")
    else:
        event["STATUS"] = icalendar.vText(str(event.pop(_STATUS, "CONFIRMED")))


def _guests(event: _Event, room: str) -> Iterator[Any]:
    found = event.get("ATTENDEE", [])
    for guest in found if isinstance(found, list) else [found]:
        said = (address(str(guest)), address(str(guest.params.get("EMAIL", ""))))
        if room and room.casefold() in (each.casefold() for each in said):
            yield guest


def _instance(
    calendar: icalendar.Calendar, change: BookingChange, known: Booking, zone: ZoneInfo
) -> _Event:
    """Return the VEVENT of one occurrence; of a series it is made if it has none of its own."""
    events = [each for each in calendar.walk("VEVENT") if str(each.get("UID", "")).strip()]
    place = _place(change)
    for event in events:
        own = event.get("RECURRENCE-ID")
        if own is not None and place is not None and _same(own.dt, place, zone):
            return event
    master = next((each for each in events if "RECURRENCE-ID" not in each), None)
    if master is None or place is None:
        raise ValueError("its event cannot be told")
    if not _repeats(master):
        return master
    event = copy.deepcopy(master)
    for name in ("RRULE", "RDATE", "EXDATE", "EXRULE", "DURATION", "DTEND"):
        event.pop(name, None)
    form = master["DTSTART"]
    if known.all_day:
        raise ValueError("is of whole days, and repeats")
    assert isinstance(place, datetime)  # noqa: S101 - a series of whole days was refused
    _set_time(event, "RECURRENCE-ID", place, zone, form)
    _set_time(event, "DTSTART", known.start, zone, form)
    _set_time(event, "DTEND", known.end, zone, form)
    calendar.add_component(event)
    return event


def _set_time(event: _Event, name: str, at: datetime, zone: ZoneInfo, form: _Property) -> None:
    """Set a time as the event's own are written: in their zone if it is known, else in UTC."""
    event.pop(name, None)
    model = form.dt
    tzid = form.params.get("TZID", "")
    if isinstance(model, datetime) and model.tzinfo is not None and tzid:
        event.add(name, at.astimezone(model.tzinfo), parameters={"TZID": tzid})
    elif isinstance(model, datetime) and model.tzinfo is None and not tzid:
        event.add(name, at.astimezone(zone).replace(tzinfo=None))
    else:
        event.add(name, at.astimezone(UTC))


def _place(change: BookingChange) -> date | None:
    said = change.recurrence_id
    try:
        return datetime.fromisoformat(said) if "T" in said else date.fromisoformat(said)
    except ValueError:
        return None


def _same(own: date, place: date, zone: ZoneInfo | None) -> bool:
    if not isinstance(own, datetime) or not isinstance(place, datetime):
        return not isinstance(own, datetime) and own == place
    return (own if own.tzinfo else own.replace(tzinfo=zone or place.tzinfo)) == place


def _repeats(event: _Event) -> bool:
    return "RRULE" in event or "RDATE" in event
