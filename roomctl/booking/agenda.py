"""The room's bookings: today's, the ones that may be joined now, and the next. Pure.

Knows no calendar server, no platform and no clock; the moment comes by argument.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field, fields, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Literal

from roomctl.frozen import frozen

if TYPE_CHECKING:
    from roomctl.clock import Moment


@frozen
class Booking:
    """One booking of the room, from `start` to `end` (aware; `end` is no longer in it).

    `fields` are the texts that may hold a link, by iCalendar name; `title` is empty if unknown.
    `free`: it leaves the room free (transparent, or declined by the room); `tentative`: it may
    still change, or the room has not accepted it. `ref` is how the calendar knows it, where that
    is not its id; `owned`: the room itself has booked it. `series` is the same for each
    occurrence of a series, "" for a single booking. `organizer` is a name, or the address of one
    who has none; `organizer_email` is the address, "" if it is unknown.
    """

    id: str
    title: str
    organizer: str
    start: datetime
    end: datetime
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    private: bool = False
    cancelled: bool = False
    all_day: bool = False
    free: bool = False
    tentative: bool = False
    ref: str = ""
    owned: bool = False
    series: str = ""
    organizer_email: str = ""

    @property
    def blocks(self) -> bool:
        """Whether nobody else can have the room in this time."""
        return not (self.cancelled or self.free)

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        times = {"start": self.start.isoformat(), "end": self.end.isoformat()}
        return {one.name: getattr(self, one.name) for one in fields(self)} | times

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Booking:
        """Return the booking of a record; ValueError if it is none, whoever wrote it."""
        # What an earlier version did not write.
        old = {"ref": "", "owned": False, "series": "", "organizer_email": ""}
        said = {**old, **said}
        if said.keys() != {one.name for one in fields(cls)}:
            raise ValueError("is not a booking")
        flags = [value for name, value in said.items() if name not in (*_TEXTS, "fields")]
        texts = [*(said[name] for name in _TEXTS), *_items(said["fields"])]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("has a value that is not a text")
        if not all(isinstance(flag, bool) for flag in flags):
            raise ValueError("has a value that is not true or false")
        times = {name: datetime.fromisoformat(said[name]) for name in ("start", "end")}
        if any(time.tzinfo is None for time in times.values()):
            raise ValueError("has a time without its zone")
        return cls(**{**said, **times})


_TEXTS = ("id", "title", "organizer", "start", "end", "ref", "series", "organizer_email")


def _items(said: object) -> Iterator[object]:
    if not isinstance(said, dict):
        raise ValueError("has no fields")
    for name, text in said.items():
        yield from (name, text)


@frozen
class SkippedEvent:
    """Events that a calendar lists and that could not be shown, and why.

    `title` is empty if unknown or private; `count` is how many events or series this stands for.
    """

    uid: str
    title: str
    why: Literal["unreadable", "too_much"]
    count: int = 1


@frozen
class CalendarRead:
    """What one reading of a calendar gave: the good bookings, and what had to be left out.

    `series` is how many events and series there are in it, of any day.
    """

    bookings: tuple[Booking, ...] = ()
    skipped: tuple[SkippedEvent, ...] = ()
    series: int = 0


@frozen
class Availability:
    """Whether the room is booked, and `until` when; bookings that touch are one stretch.

    `until` is None if the room is free and nothing is known to come. `booking` is under way: the
    one that began last, a whole day only if there is nothing else.
    """

    booked: bool
    until: datetime | None = None
    booking: str | None = None


LONGEST_LINE = 200  # characters of a title or a name; panels show about 60

# Control characters, line and paragraph separators, and lone surrogates.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# What turns the direction of the text around it (UAX #9): a title must not rewrite its neighbour.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """Return a text from outside as one line: no control or direction character, 200 at most."""
    visible = _CONTROL.sub(" ", _DIRECTION.sub("", text[: 4 * LONGEST_LINE]))
    return " ".join(visible.split())[:LONGEST_LINE].strip()


def many_lines(text: str) -> str:
    """Return a text from outside with its line breaks, and no other control or direction."""
    return "\n".join(_CONTROL.sub(" ", line) for line in _DIRECTION.sub("", text).splitlines())


class Agenda:
    """What blocks the room, in order of time: nothing cancelled, declined or marked as free.

    Titles and organizers come out as one line each, whoever wrote the calendar.
    A private booking can still be joined: its link is read, its title and organizer never leave.
    """

    def __init__(self, bookings: Iterable[Booking]) -> None:
        kept = (_discreet(booking) for booking in bookings if booking.blocks)
        self._bookings = tuple(sorted(kept, key=lambda b: (b.start, b.end, b.id)))

    def __iter__(self) -> Iterator[Booking]:
        return iter(self._bookings)

    def __getitem__(self, booking_id: str) -> Booking:
        """Return the booking with this id; KeyError if there is none."""
        for booking in self._bookings:
            if booking.id == booking_id:
                return booking
        raise KeyError(booking_id)

    def today(self, moment: Moment, zone: tzinfo) -> tuple[Booking, ...]:
        """Return what touches the day of `moment` in `zone`, whole-day bookings first."""
        found = self.between(*day_of(moment.wall, zone))
        return tuple(sorted(found, key=lambda booking: not booking.all_day))

    def between(self, start: datetime, end: datetime) -> tuple[Booking, ...]:
        """Return what touches the time from `start` to `end`, in order of time."""
        return tuple(b for b in self._bookings if b.start < end and _ends_after(b, start))

    def offered(self, moment: Moment, join_before_s: float) -> tuple[Booking, ...]:
        """Return what may be joined now: from `join_before_s` before its start to its end.

        The one that began last comes first: people in the room wait for that one. A whole-day
        booking is a note, not a meeting, and is never offered.
        """
        before = timedelta(seconds=join_before_s)
        now = moment.wall
        found = [b for b in self._meetings() if b.start - before <= now < b.end]
        return tuple(sorted(found, key=lambda booking: booking.start, reverse=True))

    def next(self, moment: Moment) -> Booking | None:
        """Return the first booking that begins after `moment`, or None."""
        return next((b for b in self._meetings() if b.start > moment.wall), None)

    def standing(self, moment: Moment, released: Collection[str] = ()) -> Availability:
        """Return whether the room is booked now; `released` are ids that it is given back from."""
        now = moment.wall
        taken = [b for b in self._bookings if b.end > max(now, b.start) and b.id not in released]
        begun = [b for b in taken if b.start <= now]
        if not begun:
            return Availability(booked=False, until=taken[0].start if taken else None)
        until = now
        for booking in taken:  # by their beginning
            if booking.start > until:
                break
            until = max(until, booking.end)
        leading = max(begun, key=lambda booking: (not booking.all_day, booking.start))
        return Availability(booked=True, until=until, booking=leading.id)

    def _meetings(self) -> Iterator[Booking]:
        return (booking for booking in self._bookings if not booking.all_day)


def _ends_after(booking: Booking, begin: datetime) -> bool:
    return booking.end > begin or booking.start == booking.end >= begin


def _discreet(booking: Booking) -> Booking:
    known = "" if booking.private else one_line(booking.title)
    organizer = "" if booking.private else one_line(booking.organizer)
    email = "" if booking.private else booking.organizer_email
    if (known, organizer, email) == (booking.title, booking.organizer, booking.organizer_email):
        return booking
    return replace(booking, title=known, organizer=organizer, organizer_email=email)


def day_of(instant: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the beginning and the end of the day of an instant (aware) in `zone`, in UTC."""
    day = instant.astimezone(zone).date()
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return begin.astimezone(UTC), end.astimezone(UTC)
