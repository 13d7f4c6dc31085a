"""What the room has booked, extended, ended and given back, until its calendar says so. Pure.

A calendar that is only read never says so, and then this counts. Everything here is decided against
the agenda of one moment, by one thread: of two panels that ask at once, the second finds what the
first has done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from roomctl.booking.agenda import Agenda, Booking
from roomctl.booking.change import ref_of
from roomctl.clock import Moment
from roomctl.frozen import frozen

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(hours=4)  # of a booking that is made here "to the next one"
KEPT = timedelta(hours=24)  # after its end
PREFIX = "local/"


class RoomUnavailable(ValueError):
    """The room cannot be had: `code` says why, `until` when it may be asked for again."""

    def __init__(self, code: str, until: datetime | None = None) -> None:
        super().__init__(code)
        self.code, self.until = code, until


@frozen
class LocalBookings:
    """The room's own bookings, and the ends that it has given to others, by id.

    `given` are bookings that it has given back, by id, as they were: they can be had again.
    `written` is how the calendar knows the room's own. What is in `answered` the calendar has
    been told: what it lists next counts, and not what is kept here.
    """

    own: tuple[Booking, ...] = ()
    ends: Mapping[str, datetime] = field(default_factory=dict)
    given: Mapping[str, Booking] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    answered: frozenset[str] = frozenset()

    def over(self, read: Iterable[Booking]) -> Iterator[Booking]:
        """Yield what a calendar lists as the room has it, and then the room's own."""
        known = {ref: booking_id for booking_id, ref in self.written.items()}
        listed = set[str]()
        for booking in read:
            ref = ref_of(booking)
            listed.add(known.get(ref, booking.id))
            yield self._ended(replace(booking, id=known[ref], ref=ref) if ref in known else booking)
        kept = {each.id: each for each in (*self.given.values(), *self.own)}
        for booking in kept.values():
            if booking.id not in listed:
                yield self._ended(booking)

    def _ended(self, booking: Booking) -> Booking:
        end = self.ends.get(booking.id)
        return booking if end is None else replace(booking, end=max(booking.start, end))

    def answering(self, booking_id: str, ref: str = "") -> LocalBookings:
        """Note that the calendar holds what the room wanted of a booking, and as what."""
        written = {**self.written, booking_id: ref} if ref else self.written
        return replace(self, written=written, answered=self.answered | {booking_id})

    def read(self, told: Iterable[str]) -> LocalBookings:
        """Have the calendar's word count for the bookings in `told`: it was read after it knew."""
        over = self.answered.intersection(told)
        return replace(
            self,
            own=tuple(each for each in self.own if each.id not in over),
            ends={key: end for key, end in self.ends.items() if key not in over},
            given={key: each for key, each in self.given.items() if key not in over},
            answered=self.answered - over,
        )

    def forgotten(self, booking_id: str) -> LocalBookings:
        """Return it without anything that the room has wanted of a booking."""
        return replace(
            self,
            own=tuple(each for each in self.own if each.id != booking_id),
            ends={key: end for key, end in self.ends.items() if key != booking_id},
            given={key: each for key, each in self.given.items() if key != booking_id},
            answered=self.answered - {booking_id},
        )

    def with_end(self, booking_id: str, end: datetime) -> LocalBookings:
        """Have a booking end at another time."""
        ends = {**self.ends, booking_id: end}
        return replace(self, ends=ends, answered=self.answered - {booking_id})

    def giving(self, booking: Booking) -> LocalBookings:
        """Keep a booking that is given back."""
        given = {**self.given, booking.id: booking}
        return replace(self, given=given, answered=self.answered - {booking.id})

    def keeping(self, booking_id: str) -> LocalBookings:
        """Have a booking as if it had never been given back."""
        return replace(self, given={k: each for k, each in self.given.items() if k != booking_id})

    def restorable(self, agenda: Agenda, moment: Moment, booking: Booking) -> None:
        """Let a booking be had again that was given back; Taken "over", or "already_booked".

        `agenda` is that of what still blocks the room.
        """
        if booking.end <= moment.wall:
            raise RoomUnavailable("over")
        begin = max(booking.start, moment.wall)
        others = [
            each
            for each in agenda.between(begin, booking.end)
            if each.id != booking.id and not each.all_day
        ]
        if others:
            raise RoomUnavailable("already_booked", others[0].end)

    def reserved(
        self, agenda: Agenda, moment: Moment, length: timedelta | None, released: Iterable[str]
    ) -> tuple[LocalBookings, Booking]:
        """Book the room from now on; None is to the next booking. Taken "already_booked".

        A booking that begins sooner than that ends it.
        """
        standing = agenda.standing(moment, tuple(released))
        if standing.booked:
            raise RoomUnavailable("already_booked", standing.until)
        start = moment.wall.replace(microsecond=0)
        end = start + (LONGEST if length is None else length)
        end = end if standing.until is None else min(end, standing.until)
        if end - start < SHORTEST:
            raise RoomUnavailable("already_booked", standing.until)
        stamp = f"{PREFIX}{start:%Y%m%dT%H%M%SZ}-"
        known = {each.id for each in (*self.own, *self.given.values())} | self.written.keys()
        nth = sum(each.startswith(stamp) for each in known)
        made = Booking(f"{stamp}{nth}", "", "", start, end, owned=True)
        return replace(self, own=(*self.own, made)), made

    def extended(
        self, agenda: Agenda, moment: Moment, booking: Booking, length: timedelta
    ) -> LocalBookings:
        """Extend a booking that is under way, at most to the start of the next one.

        Taken "not_under_way", or "no_time_left" if the next begins where this one ends.
        """
        _under_way(booking, moment)
        until = free_after(agenda, booking)
        end = booking.end + length if until is None else min(booking.end + length, until)
        if end - booking.end < SHORTEST:
            raise RoomUnavailable("no_time_left", booking.end)
        return self.with_end(booking.id, end)

    def ended(self, moment: Moment, booking: Booking) -> LocalBookings:
        """Have a booking that is under way end now; Taken "not_under_way"."""
        _under_way(booking, moment)
        return self.with_end(booking.id, moment.wall)

    def recent(self, moment: Moment) -> LocalBookings:
        """Return it without what is long over."""
        since = moment.wall - KEPT
        own = tuple(each for each in self.own if each.end > since)
        given = {key: each for key, each in self.given.items() if each.end > since}
        ends = {key: end for key, end in self.ends.items() if end > since}
        written = {key: ref for key, ref in self.written.items() if _made_at(key) > since}
        return LocalBookings(own, ends, given, written, self.answered)

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "own": [each.record() for each in self.own],
            "ends": {key: end.isoformat() for key, end in self.ends.items()},
            "given": [each.record() for each in self.given.values()],
            "written": dict(self.written),
            "answered": sorted(self.answered),
        }

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> LocalBookings:
        """Return what a record says; ValueError, KeyError, TypeError or AttributeError if none."""
        ends = {str(key): datetime.fromisoformat(end) for key, end in said["ends"].items()}
        if any(end.tzinfo is None for end in ends.values()):
            raise ValueError("has an end without its zone")
        own = tuple(Booking.of(each) for each in said["own"])
        given = [Booking.of(each) for each in said.get("given", ())]
        written, answered = said.get("written", {}), said.get("answered", ())
        if not all(isinstance(text, str) for text in (*answered, *written, *written.values())):
            raise ValueError("has a value that is not a text")
        for key in written:
            _made_at(key)
        return cls(own, ends, {each.id: each for each in given}, written, frozenset(answered))


def free_after(agenda: Agenda, booking: Booking) -> datetime | None:
    """Return until when nobody else has the room after a booking; None: nothing is known to come.

    It is its own end if another one is under way then, or begins.
    """
    others = [each for each in agenda if each.id != booking.id and not each.all_day]
    if any(each.start < booking.end < each.end for each in others):
        return booking.end
    return min((each.start for each in others if each.start >= booking.end), default=None)


def _made_at(booking_id: str) -> datetime:
    """Return when a booking of the room's own was made; ValueError if it is not one."""
    stamp = booking_id.removeprefix(PREFIX).partition("-")[0]
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _under_way(booking: Booking, moment: Moment) -> None:
    if not booking.start <= moment.wall < booking.end:
        raise RoomUnavailable("not_under_way")
