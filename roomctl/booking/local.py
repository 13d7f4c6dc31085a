"""What the room has booked, extended and ended itself, where its calendar is only read. Pure.

Everything here is decided against the agenda of one moment, by one thread: of two panels that ask
at once, the second finds what the first has done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Any

from roomctl.booking.agenda import Agenda, Booking
from roomctl.clock import Moment
from roomctl.frozen import frozen

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(hours=4)  # of a booking that is made here "to the next one"
KEPT = timedelta(hours=24)  # after its end
PREFIX = "local/"


class Taken(ValueError):
    """The room cannot be had: `code` says why, `until` when it may be asked for again."""

    def __init__(self, code: str, until: datetime | None = None) -> None:
        super().__init__(code)
        self.code, self.until = code, until


@frozen
class LocalBookings:
    """The room's own bookings, and the ends that it has given to others, by id."""

    own: tuple[Booking, ...] = ()
    ends: Mapping[str, datetime] = field(default_factory=dict)

    def over(self, read: Iterable[Booking]) -> Iterator[Booking]:
        """Yield what a calendar lists as the room has it, and then the room's own."""
        for booking in (*read, *self.own):
            end = self.ends.get(booking.id)
            yield booking if end is None else replace(booking, end=max(booking.start, end))

    def reserved(
        self, agenda: Agenda, moment: Moment, length: timedelta | None, released: Iterable[str]
    ) -> tuple[LocalBookings, Booking]:
        """Book the room from now on; None is to the next booking. Taken "already_booked".

        A booking that begins sooner than that ends it.
        """
        standing = agenda.standing(moment, tuple(released))
        if standing.booked:
            raise Taken("already_booked", standing.until)
        start = moment.wall.replace(microsecond=0)
        end = start + (LONGEST if length is None else length)
        end = end if standing.until is None else min(end, standing.until)
        if end - start < SHORTEST:
            raise Taken("already_booked", standing.until)
        nth = sum(each.start == start for each in self.own)
        made = Booking(f"{PREFIX}{start:%Y%m%dT%H%M%SZ}-{nth}", "", "", start, end)
        return LocalBookings((*self.own, made), self.ends), made

    def extended(
        self, agenda: Agenda, moment: Moment, booking: Booking, length: timedelta
    ) -> LocalBookings:
        """Have a booking that is under way end later, at the next one's beginning at most.

        Taken "not_under_way", or "no_time_left" if the next begins where this one ends.
        """
        _under_way(booking, moment)
        others = [each for each in agenda if each.id != booking.id and not each.all_day]
        begins = [each.start for each in others if each.start >= booking.end]
        inside = any(each.start < booking.end < each.end for each in others)
        end = min([booking.end + length, *begins])
        if inside or end - booking.end < SHORTEST:
            raise Taken("no_time_left", booking.end)
        return LocalBookings(self.own, {**self.ends, booking.id: end})

    def ended(self, moment: Moment, booking: Booking) -> LocalBookings:
        """Have a booking that is under way end now; Taken "not_under_way"."""
        _under_way(booking, moment)
        return LocalBookings(self.own, {**self.ends, booking.id: moment.wall})

    def recent(self, moment: Moment) -> LocalBookings:
        """Return it without what is long over."""
        since = moment.wall - KEPT
        own = tuple(each for each in self.own if each.end > since)
        return LocalBookings(own, {key: end for key, end in self.ends.items() if end > since})

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        ends = {key: end.isoformat() for key, end in self.ends.items()}
        return {"own": [each.record() for each in self.own], "ends": ends}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> LocalBookings:
        """Return what a record says; ValueError, KeyError, TypeError or AttributeError if none."""
        ends = {str(key): datetime.fromisoformat(end) for key, end in said["ends"].items()}
        if any(end.tzinfo is None for end in ends.values()):
            raise ValueError("has an end without its zone")
        return cls(tuple(Booking.of(each) for each in said["own"]), ends)


def _under_way(booking: Booking, moment: Moment) -> None:
    if not booking.start <= moment.wall < booking.end:
        raise Taken("not_under_way")
