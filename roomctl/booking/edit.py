"""One event of a CalDAV calendar, as a room's change makes it. Pure; runs in a child.

What an event means is read by `ics` and `occurrence`, as every calendar is; only then, and only if
it still is what the room saw, is it rewritten, with all that it holds beside. Of a series one
occurrence is changed: by an override of its own (RECURRENCE-ID). An override that stands for the
later ones, too (RANGE=THISANDFUTURE), begins with the next of them then. A room that is a guest
answers (PARTSTAT); one that is not, has the event cancelled; what it booked itself it may delete.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from roomctl.booking.agenda import Booking, one_line
from roomctl.booking.change import BookingChange, ref_of, whole
from roomctl.booking.ics import InvalidCalendar, Property, cut, is_room
from roomctl.booking.limits import SLICES_S, ProcessorTime, TooLongError
from roomctl.booking.occurrence import Instance, elsewhen, instances
from roomctl.booking.zone import UNREADABLE, Zones

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
    return tuple(each.booking for each in _instances_in(data, zone, room, start, end, time))


def _instances_in(
    data: bytes,
    zone: ZoneInfo,
    room: str,
    start: datetime,
    end: datetime,
    time: ProcessorTime | None,
) -> list[Instance]:
    try:
        found = cut(data, room)
    except InvalidCalendar:
        return []
    zones = Zones(zone, start, end)
    for said in found.zones:
        zones.describe(said)
    every: list[Instance] = []
    for series in found.series:
        if series.why_not is None and not elsewhen(series, start, end):
            limit = time.slice(SLICES_S[-1]) if time else contextlib.nullcontext()
            with contextlib.suppress(TooLongError, *UNREADABLE), limit:
                every += instances(series, zones, zone, start, end)
    return every


def event_of(
    data: bytes,
    change: BookingChange,
    zone: ZoneInfo,
    room: str,
    time: ProcessorTime | None = None,
) -> Instance | None:
    """Return what `data` says of the booking that `change` is about; None: it is not in it.

    A single event that was moved is the same one at another time.
    """
    near = (change.start - _DAY, max(change.end, change.was_end) + _DAY)
    found = _instances_in(data, zone, room, *near, time)
    only = found[0] if len(found) == 1 and not found[0].booking.series else None
    return next((each for each in found if ref_of(each.booking) == change.ref), only)


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
    data: bytes,
    change: BookingChange,
    found: Instance,
    room: str,
    zone: ZoneInfo,
    now: datetime,
    time: ProcessorTime | None = None,
) -> bytes:
    """Return the object with the change in it; ValueError if it cannot be rewritten.

    `found` is what it says of the booking so far.
    """
    calendar = icalendar.Calendar.from_ical(data)
    event = _event(calendar, found)
    if not found.own or found.event.is_range:
        following = _following(data, found, room, zone, time) if found.own else None
        event = _override(calendar, event, found, following, zone)
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


def is_checked_in(data: bytes, found: Instance) -> bool:
    """Whether it says already that somebody is there for this very booking."""
    try:
        return found.own and _CHECKED_IN in _event(icalendar.Calendar.from_ical(data), found)
    except ValueError:
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
        said = {key: str(value) for key, value in guest.params.items()}
        if room and is_room(Property("ATTENDEE", said, str(guest)), room):
            yield guest


def _event(calendar: icalendar.Calendar, found: Instance) -> _Event:
    """Return the VEVENT that says a booking; ValueError."""
    events = calendar.walk("VEVENT")[found.event.number :]
    uid = ref_of(found.booking).rpartition("/")[0]
    if not events or one_line(str(events[0].get("UID", ""))) != uid:
        raise ValueError("its event cannot be told")
    return events[0]


def _following(
    data: bytes, found: Instance, room: str, zone: ZoneInfo, time: ProcessorTime | None
) -> Instance | None:
    """Return the next occurrence of which the same event tells, within ten years."""
    start = found.booking.start
    for days in (40, 400, 4000):
        near = (start - _DAY, start + days * _DAY)
        later = (
            each
            for each in _instances_in(data, zone, room, *near, time)
            if each.event.number == found.event.number and not each.own
        )
        if first := min(later, key=lambda each: each.booking.start, default=None):
            return first
    return None


def _override(
    calendar: icalendar.Calendar,
    event: _Event,
    found: Instance,
    following: Instance | None,
    zone: ZoneInfo,
) -> _Event:
    """Return a VEVENT of one occurrence alone, made of what has told of it so far.

    `following`: what `event` tells of from now on, if it stood at this place itself.
    """
    if found.own and following is None:
        event["RECURRENCE-ID"].params.pop("RANGE", None)
        return event
    uid = event.get("UID")
    same = (each for each in calendar.walk("VEVENT") if each.get("UID") == uid)
    master = next((each for each in same if "RECURRENCE-ID" not in each), None)
    form = event["RECURRENCE-ID"] if master is None else master["DTSTART"]
    made = copy.deepcopy(event)
    for name in ("RRULE", "RDATE", "EXDATE", "EXRULE", _CHECKED_IN):
        made.pop(name, None)
    _place(made, found.booking, zone, form)
    if following is not None:
        event.pop(_CHECKED_IN, None)
        _place(event, following.booking, zone, form)
        event["RECURRENCE-ID"].params["RANGE"] = "THISANDFUTURE"
    calendar.add_component(made)
    return made


def _place(event: _Event, booking: Booking, zone: ZoneInfo, form: _Property) -> None:
    """Have an event be at a booking's place in its series, and at its times."""
    said = ref_of(booking).rpartition("/")[2]
    place = datetime.fromisoformat(said) if "T" in said else date.fromisoformat(said)
    begin = event["DTSTART"]
    event.pop("DURATION", None)
    _set_time(event, "RECURRENCE-ID", place, zone, form)
    _set_time(event, "DTSTART", booking.start, zone, begin)
    _set_time(event, "DTEND", booking.end, zone, begin)


def _set_time(event: _Event, name: str, at: date, zone: ZoneInfo, form: _Property) -> None:
    """Set a time as the event's own are written: in their zone if it is known, else in UTC.

    So is an hour that a clock which is put back shows for the second time.
    """
    event.pop(name, None)
    model, tzid = form.dt, form.params.get("TZID", "")
    if not isinstance(at, datetime):
        event.add(name, at)
    elif not isinstance(model, datetime):
        event.add(name, at.astimezone(zone).date())
    elif (local := at.astimezone(model.tzinfo or zone)).fold or bool(model.tzinfo) != bool(tzid):
        event.add(name, at.astimezone(UTC))
    elif tzid:
        event.add(name, local, parameters={"TZID": tzid})
    else:
        event.add(name, local.replace(tzinfo=None))
