"""What a room wants to be different in its calendar, and what of it waits to be written. Pure.

A change is shown in the room at once, waits in the outbox, is written by a `WritableFeed`, and
counts as done when the feed says so. It may be written twice, if the power goes between the answer
and the note of it: so a feed finds by a change's id what it has already done, and books nothing
twice. Knows no server and no clock; which calendar understands what, the feed says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, get_args

from roomctl.booking.agenda import Booking, CalendarRead
from roomctl.clock import Moment
from roomctl.errors import PortError, PortReason
from roomctl.frozen import frozen

ChangeKind = Literal["reserve", "move_end", "check_in", "release", "restore"]
"""reserve: a booking of the room's own; move_end: it ends sooner or later; release: the room is
given back; restore: a release is taken back."""

ConflictReason = Literal["gone", "moved", "taken"]
"""gone: the booking is not there any more; moved: at another time than the room saw; taken:
somebody else has the room then."""

OWN = "@roomctl"  # the end of each UID that a room gives
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 600.0
LONGEST_WAIT_S = 3600.0  # of what a server asks for: a room does not stay dumb for a week
KEPT = timedelta(hours=24)  # nothing waits longer than that
UNDO_KEPT = timedelta(hours=1)
MOST_WAITING = 200
_MOST_MADE = 50

# Of two clients that book at once each finds the other. The one that came second gives way, by what
# the server says; the first looks so often whether it has, and gives way itself if it has not: it
# may have looked before the first was there.
LOOKS, LOOK_S = 6, 1.0


class RetryLater(PortError):
    """The server has no time now, and wants to be asked again in `after_s` seconds."""

    def __init__(self, url: str, why: str, after_s: float) -> None:
        super().__init__(url, why, PortReason.BUSY)
        self.after_s = min(max(after_s, 0.0), LONGEST_WAIT_S)


@frozen
class BookingChange:
    """One thing that the calendar is to hold.

    `booking` is its id in the room, `ref` how the calendar knows it ("": not yet). `start` and
    `end` are as they are to be, `was_end` is the end that whoever asked has seen. `id` is unique,
    32 hexadecimal digits; what a reserve makes has a UID that is made of it.
    """

    id: str
    kind: ChangeKind
    booking: str
    ref: str
    start: datetime
    end: datetime
    was_end: datetime
    made_at: datetime
    author: str
    title: str = ""
    organizer: str = ""

    @property
    def uid(self) -> str:
        """The event's UID, as iCalendar has it."""
        return self.ref.rpartition("/")[0] or f"{self.id}{OWN}"

    @property
    def recurrence_id(self) -> str:
        """Which occurrence of the event it is, in ISO 8601; "" if it has no other."""
        return self.ref.rpartition("/")[2] if "/" in self.ref else ""

    @property
    def over_at(self) -> datetime:
        """When it makes no difference any more."""
        return min(max(self.end, self.was_end), self.made_at + KEPT)

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return values | {name: values[name].isoformat() for name in _TIMES}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> BookingChange:
        """Return the change of a record; ValueError, KeyError or TypeError if it is none."""
        if not all(isinstance(value, str) for value in said.values()):
            raise ValueError("has a value that is not a text")
        times = {name: datetime.fromisoformat(said[name]) for name in _TIMES}
        if any(time.tzinfo is None for time in times.values()):
            raise ValueError("has a time without its zone")
        if said["kind"] not in get_args(ChangeKind):
            raise ValueError(f"{said['kind']!r} is not a kind of change")
        return cls(**{**said, **times})


_TIMES = ("start", "end", "was_end", "made_at")


@frozen
class Written:
    """The calendar has it. `ref` is how it knows the booking, of a reserve above all."""

    ref: str = ""


@frozen
class Conflict:
    """The calendar has changed meanwhile, and what it holds now counts."""

    reason: ConflictReason


@frozen
class Rejected:
    """The calendar will never take it; `why` says what to try. The room keeps it to itself."""

    why: str


WriteOutcome = Written | Conflict | Rejected


class Feed(Protocol):
    """Where bookings come from; RoomctlError if they cannot be had."""

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead: ...


class WritableFeed(Feed, Protocol):
    """A calendar that can be read and written."""

    writes: frozenset[ChangeKind]
    """What it can be asked to hold; the rest stays in the room."""

    async def write(self, change: BookingChange) -> WriteOutcome:
        """Have the calendar hold `change`; once it does, the same again changes nothing.

        PortError: nobody knows whether it holds it, it is to be tried again; RetryLater: not
        before a time.
        """
        ...


@frozen
class PendingChange:
    """A change that is to be written: `tries` begun so far, when the next is due (monotonic)."""

    change: BookingChange
    tries: int = 0
    due_s: float = 0.0


@frozen
class BookingOutbox:
    """What waits to be written, oldest first, and what was made lately and may be undone.

    `held_s`: the server wants nothing before that monotonic instant.
    """

    waiting: tuple[PendingChange, ...] = ()
    made: tuple[BookingChange, ...] = ()
    held_s: float = 0.0

    @property
    def bookings(self) -> frozenset[str]:
        """The bookings of which something waits."""
        return frozenset(one.change.booking for one in self.waiting)

    def noted(self, change: BookingChange) -> BookingOutbox:
        """Return it with a change that was made, and is not to be written."""
        since = change.made_at - UNDO_KEPT
        made = (*(each for each in self.made if each.made_at > since), change)
        return replace(self, made=made[-_MOST_MADE:])

    def queued(self, change: BookingChange) -> BookingOutbox:
        """Return it with a change that waits to be written; ValueError if too many do."""
        if len(self.waiting) >= MOST_WAITING:
            raise ValueError(f"{MOST_WAITING} changes wait already")
        return replace(self.noted(change), waiting=(*self.waiting, PendingChange(change)))

    def next(self, now_s: float) -> PendingChange | None:
        """Return what is to be written now: of one booking the oldest first."""
        due = (one for one in self._heads() if max(one.due_s, self.held_s) <= now_s)
        return next(due, None)

    def due_s(self) -> float | None:
        """Return when something is to be written; None: nothing waits."""
        return min((max(one.due_s, self.held_s) for one in self._heads()), default=None)

    def tried(self, change_id: str) -> BookingOutbox:
        """Note that it is being written: from now on the calendar may have it."""
        return self._with(
            *(
                replace(one, tries=one.tries + 1) if one.change.id == change_id else one
                for one in self.waiting
            )
        )

    def failed(self, change_id: str, now_s: float, after_s: float | None = None) -> BookingOutbox:
        """Have it tried again later, after `after_s` if the server said so: then all of them."""
        found = self.find(change_id)
        back_off_s = FIRST_RETRY_S * 2 ** min(found.tries - 1, 10) if found else 0.0
        due_s = now_s + min(back_off_s, LONGEST_RETRY_S)
        waiting = (replace(one, due_s=due_s) if one is found else one for one in self.waiting)
        held_s = self.held_s if after_s is None else max(self.held_s, now_s + after_s)
        return replace(self, waiting=tuple(waiting), held_s=held_s)

    def settled(self, change_id: str) -> BookingOutbox:
        """Return it without a change that is written, or never will be."""
        return self._with(*(one for one in self.waiting if one.change.id != change_id))

    def overruled(self, booking: str) -> BookingOutbox:
        """Return it without what was wanted of a booking: the calendar has another word on it."""
        return replace(
            self,
            waiting=tuple(one for one in self.waiting if one.change.booking != booking),
            made=tuple(one for one in self.made if one.booking != booking),
        )

    def known_as(self, booking: str, ref: str) -> BookingOutbox:
        """Have what waits for a booking use the calendar's name for it."""

        def named(one: BookingChange) -> BookingChange:
            return replace(one, ref=ref) if one.booking == booking and not one.ref else one

        waiting = (replace(one, change=named(one.change)) for one in self.waiting)
        return replace(self, waiting=tuple(waiting), made=tuple(map(named, self.made)))

    def late(self, moment: Moment) -> tuple[BookingChange, ...]:
        """Return what has waited until it makes no difference any more."""
        return tuple(one.change for one in self.waiting if one.change.over_at <= moment.wall)

    def find(self, change_id: str) -> PendingChange | None:
        return next((one for one in self.waiting if one.change.id == change_id), None)

    def to_undo(self, change_id: str) -> BookingChange | None:
        """Return a change if it is the last one of its booking that was made; None otherwise."""
        found = next((one for one in self.made if one.id == change_id), None)
        if found is None:
            return None
        last = [one for one in self.made if one.booking == found.booking][-1]
        return found if last is found else None

    def undone(self, change_id: str) -> BookingOutbox:
        """Return it without a change, as if it had never been made."""
        rest = replace(self, made=tuple(one for one in self.made if one.id != change_id))
        return rest.settled(change_id)

    def _heads(self) -> tuple[PendingChange, ...]:
        found: dict[str, PendingChange] = {}
        for one in self.waiting:
            found.setdefault(one.change.booking, one)
        return tuple(found.values())

    def _with(self, *waiting: PendingChange) -> BookingOutbox:
        return replace(self, waiting=waiting)

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it; when something is due is of one run only."""
        waiting = [{"tries": one.tries, "change": one.change.record()} for one in self.waiting]
        return {"waiting": waiting, "made": [one.record() for one in self.made]}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> BookingOutbox:
        """Return what a record says; ValueError, KeyError, TypeError or AttributeError if none."""
        waiting = (
            PendingChange(BookingChange.of(one["change"]), int(one["tries"]))
            for one in said["waiting"]
        )
        return cls(tuple(waiting), tuple(BookingChange.of(one) for one in said["made"]))


def ref_of(booking: Booking) -> str:
    """Return how the calendar knows a booking."""
    return booking.ref or booking.id


def judged(now: Booking | None, change: BookingChange) -> WriteOutcome | None:
    """Return why nothing is to be written: it is so already, or no longer what the room saw.

    None: it is to be written.
    """
    if now is None:
        return Conflict("gone")
    same_start = now.start == change.start
    match change.kind:
        case "release":
            if not now.blocks:
                return Written()
            return None if same_start else Conflict("moved")
        case "restore":
            return Written() if now.blocks else None
        case _ if not now.blocks:
            return Conflict("gone")
        case "move_end":
            if now.end == whole(change.end):
                return Written()
            if not same_start or now.end != whole(change.was_end):
                return Conflict("moved")
            why = "it is a booking of whole days; change it where it was made"
            return Rejected(why) if now.all_day else None
    return None


def whole(at: datetime) -> datetime:
    """Return a time in whole seconds, as calendars have it."""
    return at.replace(microsecond=0)
