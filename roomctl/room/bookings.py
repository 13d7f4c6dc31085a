"""The room's bookings: offered in their window, joined by people only, and what becomes of them.

What the room changes itself is shown at once, and written to a calendar that takes it: there
whatever has changed meanwhile counts, and the panel is told. Knows not how a calendar is read and
written: that is `calendar_cache` and `calendar_writer`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeGuard, get_args

from roomctl.booking import Agenda, Availability, Booking
from roomctl.booking.agenda import CalendarRead
from roomctl.booking.change import (
    BookingChange,
    BookingOutbox,
    ChangeKind,
    Feed,
    WritableFeed,
    ref_of,
)
from roomctl.booking.local import LocalBookings, RoomUnavailable, free_after
from roomctl.clock import Moment
from roomctl.command import Identifier, Param, Source, command
from roomctl.config import Config, RulesTable
from roomctl.errors import Refused, RoomctlError
from roomctl.kind import Context, IssueEntry, Part, RoomDevices
from roomctl.meeting.invitation import ParsedInvitation, Refusal
from roomctl.roles import Right, Role
from roomctl.room.calendar_cache import CalendarCache
from roomctl.room.calendar_writer import CalendarWriter
from roomctl.room.conditions import CalendarState
from roomctl.room.document import BookingChangeEntry, BookingEntry
from roomctl.room.kept_file import KeptFile
from roomctl.room.ledger import Ledger
from roomctl.room.series import UnusedSeriesOffers
from roomctl.rules import Booked, ReleaseTerms
from roomctl.store import Database, Store, all_text
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

Mark = Literal["used", "checked_in", "released"]

_FILE, _LOCAL = "bookings", "local_bookings"
SHOWN = 20
SERIES_AHEAD = timedelta(days=28)  # of a series that is released; then it is offered anew
SERIES_MOST = 40  # less than the changes of which one may undo each
RULE = "rule"  # who releases by itself
READ_HERE = 4096  # characters read on the loop: 4 ms on a slow board, not more


ReadFields = Callable[[str | Mapping[str, str]], ParsedInvitation]


class Bookings(Part):
    """What is booked, and what of it may be joined now."""

    def __init__(
        self,
        config: Config,
        feed: Callable[[], Feed | None],
        read: ReadFields,
        context: Context,
        store: Store | None = None,
        devices_first: Callable[[], Awaitable[None]] | None = None,
        database: Database | None = None,
    ) -> None:
        """`feed` returns the calendar; it may be another one once the room is configured again.

        Without a store, or a database, what either would keep is forgotten at the end.
        """
        database = database or Database(None)
        self._read, self._devices_first = read, devices_first
        self._clock, self._changed = context.clock, context.changed
        self._local, outbox = _own(store)
        self._writer = CalendarWriter(outbox, self, context.clock, context.changed)
        self._calendar = CalendarCache(store, context.clock)
        self._feed = feed
        self._take_config(config)
        self._unread = False  # what `_invitations` has
        self.ledger = Ledger(database, context.clock)
        self.series = UnusedSeriesOffers(
            config,
            database,
            context.clock,
            context.changed,
            self._release_series,
        )
        self._undone: set[str] = set()  # by somebody who would not undo that as well
        self._agenda = Agenda(())
        self._invitations: dict[str, ParsedInvitation] = {}
        kept = store.read(_FILE, all_text) if store is not None else {}
        self._marks: dict[str, Mark] = {
            key: mark for key, mark in kept.items() if mark in get_args(Mark)
        }
        self._marks_file, self._own_file = KeptFile(store, _FILE), KeptFile(store, _LOCAL)
        self._unwritten = False
        self._take_local()
        self._lost_until = self._clock.now().wall if store is not None and _lost(store) else None

    def _take_config(self, config: Config) -> None:
        feed = self._feed()
        self._meeting, self._zone = config.meeting, config.room.zone
        self._join_before_s = config.calendar.join_before_s
        self._undo_s, self._rules = config.rules.undo_s, config.rules
        self._calendar.configure(feed, config.calendar.room or "")
        self._writable: WritableFeed | None = feed if _is_writable(feed) else None
        writes = self._writable.writes if self._writable else frozenset[ChangeKind]()
        self._writer.takes = writes

    def configure(self, config: Config, devices: RoomDevices) -> bool:
        """Take another room.toml; another calendar, or other rules for links, are read at once.

        What was read is shown until then, unless there is no calendar.
        """
        feed, self._unread = self._calendar.feed, config.meeting != self._meeting
        self._take_config(config)
        self._take_local()
        return self._unread or self._calendar.feed is not feed

    async def run(self) -> None:
        """Fetch the bookings now and every minute, until cancelled; old ones outlive a failure."""
        if self._calendar.feed is None:
            await asyncio.Event().wait()
        if await self._calendar.restore(self._show):
            self._changed()
        if self._unread:
            await self._take(self._agenda)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fetch_on())
            if self._writable is not None:
                group.create_task(self._writer.run(self._writable))

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {"bookings": self.entries(now), "booking_changes": (*self._changes(now),)}

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        return (*self._calendar.issues, *self._writer.issues(now))

    def entries(self, now: Moment) -> tuple[BookingEntry, ...]:
        """Return today's bookings that are not over, first one first."""
        offered = {booking.id for booking in self._offered(now)}
        today = [
            each
            for each in self._agenda.today(now, self._zone)
            if each.end > now.wall and not (each.owned and self.released(each.id))
        ]
        taken = self._taken
        return tuple(self._entry(each, taken, each.id in offered) for each in today[:SHOWN])

    @property
    def calendar_state(self) -> CalendarState:
        """Whether the bookings are those of the calendar."""
        return self._calendar.state

    def age_s(self) -> float | None:
        """Return how many seconds ago the calendar was read; None if it never was."""
        return self._calendar.age_s()

    def booking(self, booking_id: str) -> Booking:
        """Return a booking; Refused if it is not, or no longer, known."""
        try:
            return self._agenda[booking_id]
        except KeyError:
            why = "this booking is no longer in the calendar; look at the panel again"
            raise Refused("room", "unknown_booking", why) from None

    @property
    def _outbox(self) -> BookingOutbox:
        return self._writer.outbox

    @property
    def waits(self) -> int:
        """How many changes are still to be written to the calendar."""
        return len(self._outbox.waiting)

    def to_join(self, now: Moment) -> str | None:
        """Return the id of the booking that a panel would offer first; None if it offers none."""
        joinable = (entry.id for entry in self.entries(now) if entry.join == "now")
        return next(joinable, None)

    async def ahead(self, start: datetime, end: datetime) -> CalendarRead:
        """Read the calendar for another time than today's, with what was booked in the room.

        Refused "agenda_unreadable" says why it cannot be had.
        """
        try:
            feed = self._calendar.feed
            read = CalendarRead() if feed is None else await feed.bookings(start, end)
        except RoomctlError as error:
            raise Refused("room", "agenda_unreadable", str(error)) from error
        return CalendarRead(tuple(self._local.over(read.bookings)), read.skipped, read.series)

    def within(self, now: Moment, ahead_s: float) -> bool:
        """Whether a booking that was not released is under way, or begins within `ahead_s`."""
        soon = now.wall + timedelta(seconds=ahead_s)
        return any(
            one.start <= soon and one.end > now.wall and not one.cancelled
            for one in self._agenda
            if self._marks.get(one.id) != "released"
        )

    def near(self, now: Moment, within_s: float) -> Booking | None:
        """Return a booking that begins, or began, within so many seconds; the one to join first."""
        since = now.wall - timedelta(seconds=within_s)
        offered = self._agenda.offered(now, within_s)
        return next((b for b in offered if b.start > since and not self.released(b.id)), None)

    def standing(self, now: Moment) -> Availability | None:
        """Return whether the room is booked, without what it gave back; None: nobody knows."""
        calendar = self._calendar
        if calendar.read_at is None and (calendar.feed is not None or not self._local.own):
            return None
        return self._agenda.standing(now, self._released)

    def under_way(self, now: Moment) -> Booked | None:
        """Return the booking that has begun, the latest if several have; None without one."""
        begun = tuple(self._agenda.offered(now, 0.0))
        if not begun:
            return None
        booking, mark = begun[0], self._marks.get(begun[0].id)
        ago_s = (now.wall - booking.start).total_seconds()
        left_s = (booking.end - now.wall).total_seconds()
        # Somebody may have come in minutes that a disk has lost: that booking is not released.
        lost = self._lost_until is not None and booking.start <= self._lost_until
        settled = mark is not None or lost
        own = release_terms(booking, self._rules)
        grace_s = (own.release_s if own else self._rules.release_s) or 0.0
        before = self._agenda.between(booking.start - timedelta(seconds=grace_s), booking.start)
        alone = all(each.all_day or self.released(each.id) for each in before)
        times = now.mono_s - ago_s, now.mono_s + left_s
        return Booked(booking.id, *times, settled, own, alone)

    @property
    def _released(self) -> tuple[str, ...]:
        return tuple(key for key, mark in self._marks.items() if mark == "released")

    @command("booking.reserve", Right.BOOK)
    async def _reserve(
        self, source: Source, minutes: Literal[15, 30, 60] | None = None
    ) -> Mapping[str, Param | list[str]]:
        """Book the room from now on, to the next booking if that begins sooner."""
        now = self._clock.now()
        if self._calendar.feed is not None and self._calendar.read_at is None:
            why = "its calendar has not been read yet, it may be booked; try again in a minute"
            raise Refused("room", "calendar_unknown", why)
        length = None if minutes is None else timedelta(minutes=minutes)
        with _told(lambda: self._holder(now)):
            local, made = self._local.reserved(self._agenda, now, length, self._released)
        self._marks[made.id] = "checked_in"  # whoever asks is there
        change = self._change("reserve", made, made.end, source.name)
        await self._have(local, change)
        return {"booking": made.id, "end": made.end.isoformat(), "change": change.id}

    def _holder(self, now: Moment) -> str:
        """Return who has booked the room: whoever did it here, else the organizer; "" if hidden."""
        key = self._agenda.standing(now, self._released).booking
        if key is None:
            return ""
        here = self._last("reserve", key)
        return here.author if here is not None else self._agenda[key].organizer

    @command("booking.extend", Right.MEET)
    async def _extend(
        self,
        source: Source,
        booking: Identifier,
        minutes: Literal[15, 30, 60],
        end: Identifier | None = None,
    ) -> Mapping[str, Param | list[str]]:
        """Extend a booking that is under way, at most to the start of the next one.

        `end` is the end that the caller saw: if it has changed, Refused "changed".
        """
        known = self.booking(booking)
        if end is not None and end != known.end.isoformat() and not _same(end, known.end):
            why = "its end was changed meanwhile; look at the panel again"
            raise Refused("room", "changed", why)
        with _told():
            length = timedelta(minutes=minutes)
            local = self._local.extended(self._taken, self._clock.now(), known, length)
        change = self._change("move_end", known, local.ends[booking], source.name)
        await self._have(local, change)
        return {"end": local.ends[booking].isoformat(), "change": change.id}

    @command("booking.end_now", Right.MEET)
    async def _end_now(self, source: Source, booking: Identifier) -> None:
        """End a booking that is under way; if it has ended already, that counts as done."""
        known = self.booking(booking)
        now = self._clock.now()
        if booking in self._local.ends and known.end <= now.wall:
            return
        with _told():
            local = self._local.ended(now, known)
        await self._have(local, self._change("move_end", known, now.wall, source.name))

    @command("booking.release", Right.MEET)
    async def _release(self, source: Source, booking: Identifier) -> Mapping[str, str]:
        """Release a booking that has begun, or may be joined; released already: nothing.

        Refused "not_under_way".
        """
        known, now = self.booking(booking), self._clock.now().wall
        if self._marks.get(booking) == "released":
            return {}
        if not known.start - timedelta(seconds=self._join_before_s) <= now < known.end:
            raise Refused("room", "not_under_way", _WHY["not_under_way"])
        return {"change": await self.release(booking, source.name)}

    @command("booking.undo", Right.UNDO)
    async def _undo(self, source: Source, change: Identifier) -> None:
        """Undo a recent change of a booking (`booking_changes`); undone already: nothing.

        Refused "nothing_to_undo" if it is too old or was changed since, or "already_booked". The
        sign at the door undoes only what was changed there.
        """
        if change in self._undone:
            return
        now = self._clock.now()
        known = {one.id: one for one in self._changes(now)}
        outside = source.role == Role.DOOR and change in known
        if outside and known[change].requested_by_name != source.name:
            why = "it was not changed at the door; it is undone in the room"
            raise Refused("room", "not_allowed", why)
        if change not in known:
            why = "it is too old, or something else was changed since"
            raise Refused("room", "nothing_to_undo", why)
        before = {one.id for one in self._outbox.made}
        await self.undo(change, source.name)
        made = {one.id for one in self._outbox.made}
        self._undone = (self._undone & made) | {change} | (made - before)
        self._changed()

    async def check_in(self, booking_id: str, author: str = "") -> str:
        """Note that somebody is there for a booking; return the change. Refused "unknown_booking".

        Once it is checked in, the calendar is not told again.
        """
        known = self.booking(booking_id)
        change = self._change("check_in", known, known.end, author)
        told = self._marks.get(booking_id) == "checked_in"
        self.series.used(known)
        self._marks[booking_id] = "checked_in"
        if told or booking_id in self._local.given:
            await self._write()
        else:
            await self._have(self._local, change)
        return change.id

    async def release(self, booking_id: str, author: str) -> str:
        """Give the room back from a booking; return the change. Refused "unknown_booking"."""
        known = self.booking(booking_id)
        change = await self._give(known, author)
        counts = author == RULE and await self.series.counts(known)
        if counts and self.released(booking_id):  # nobody has it again meanwhile
            self.series.missed(known)
        return change

    async def _give(self, known: Booking, author: str) -> str:
        change = self._change("release", known, known.end, author)
        self._marks[known.id] = "released"
        self.ledger.released(known, author)
        await self._have(self._local.giving(known), change)
        return change.id

    async def _release_series(self, series: str, author: str) -> list[str]:
        """Give back the coming occurrences of a series; return the changes, first one first."""
        now = self._clock.now().wall
        read = await self.ahead(now, now + SERIES_AHEAD)
        coming = (each for each in read.bookings if each.series == series and each.start > now)
        left = sorted((each for each in coming if not self.released(each.id)), key=_starts)
        return [await self._give(each, author) for each in left[:SERIES_MOST]]

    async def restore(self, booking_id: str, author: str) -> str:
        """Have a booking again that was released; return the change.

        Refused "unknown_booking", "nothing_to_undo" if it is over, or "already_booked" by others.
        """
        known, now = self.booking(booking_id), self._clock.now()
        rest = Agenda(each for each in self._agenda if self._marks.get(each.id) != "released")
        with _told():
            self._local.restorable(rest, now, known)
        self._marks[booking_id] = "checked_in"
        self.series.used(known)
        self.ledger.undone(booking_id, author)
        change = self._change("restore", known, known.end, author)
        given = self._last("release", booking_id)
        unsent = self._outbox.find(given.id) if given else None
        if "release" not in self._writer.takes or (unsent is not None and unsent.tries == 0):
            if unsent is not None:  # the calendar never knew
                self._writer.forget(unsent.change.id)
            self._writer.outbox = self._outbox.noted(change)
            await self._have(self._local.keeping(booking_id))
        else:
            await self._have(self._local, change)
        return change.id

    async def undo(self, change_id: str, author: str) -> None:
        """Undo what was made within the hour; Refused "nothing_to_undo" or "already_booked".

        Only the last change of a booking can be undone.
        """
        change = self._outbox.to_undo(change_id)
        if change is None:
            why = "it was undone already, is too old, or something else was changed since"
            raise Refused("room", "nothing_to_undo", why)
        match change.kind:
            case "reserve" | "restore":
                await self.release(change.booking, author)
            case "move_end":
                await self._move_back(change, author)
            case "check_in":
                self._marks.pop(change.booking, None)
                self._writer.forget(change.id)
                await self._have(self._local)
            case "release":
                await self.restore(change.booking, author)

    async def _move_back(self, change: BookingChange, author: str) -> None:
        known, now = self.booking(change.booking), self._clock.now()
        end = change.was_end
        if end <= now.wall:
            raise Refused("room", "nothing_to_undo", "that end is over")
        others = (
            each
            for each in self._agenda.between(known.end, end)
            if each.id != known.id and not each.all_day
            if self._marks.get(each.id) != "released"
        )
        if end > known.end and any(others):
            raise Refused("room", "already_booked", _WHY["already_booked"])
        await self._have(
            self._local.with_end(known.id, end), self._change("move_end", known, end, author)
        )

    def _last(self, kind: ChangeKind, booking_id: str) -> BookingChange | None:
        made = (each for each in reversed(self._outbox.made) if each.booking == booking_id)
        return next((each for each in made if each.kind == kind), None)

    def _change(
        self, kind: ChangeKind, booking: Booking, end: datetime, author: str
    ) -> BookingChange:
        """Return what the calendar is to hold of a booking that ends, as the room sees it, so."""
        own = booking.owned and booking.id.startswith("local/")
        return BookingChange(
            id=uuid.uuid4().hex,
            kind=kind,
            booking=booking.id,
            ref=self._local.written.get(booking.id, "") if own else ref_of(booking),
            start=booking.start,
            end=end,
            was_end=booking.end,
            made_at=self._clock.now().wall,
            author=author,
            title=booking.title,
            organizer=booking.organizer,
        )

    async def _have(self, local: LocalBookings, change: BookingChange | None = None) -> None:
        """Show what the room itself has done, and keep it; a disk that refuses is logged."""
        self._local = local.recent(self._clock.now())
        if change is not None:
            self._writer.add(change)
        self._take_local()
        self._changed()
        await self._write_own()
        await self._write()
        self._writer.look()

    async def _write_own(self) -> None:
        document = {**self._local.record(), "outbox": self._outbox.record()}
        try:
            await self._own_file.write(document)
        except OSError as error:
            _log.warning("booking: what the room has booked itself is not kept: %s", error)

    def _take_local(self) -> None:
        """Have the agenda say what the room has done: those have no texts that are to be read."""
        agenda = Agenda(self._local.over(self._calendar.bookings))
        nothing = ParsedInvitation(refused=Refusal.NO_MEETING)
        known = {booking.id: self._invitations.get(booking.id, nothing) for booking in agenda}
        self._agenda, self._invitations = agenda, known

    def came(self, booking_id: str) -> None:
        """Note that somebody is seen, or in a call, in time for a booking: its series is used."""
        if not self.released(booking_id):
            self.series.used(self.booking(booking_id))

    async def used(self, booking_id: str) -> None:
        """Note that somebody was seen during a booking; what people said of it stands."""
        if booking_id not in self._marks:
            await self.mark(booking_id, "used")

    async def mark(self, booking_id: str, mark: Mark) -> None:
        """Keep what became of a booking; its calendar is not told of it."""
        known = {booking.id for booking in self._agenda}
        self._marks[booking_id] = mark
        self._marks = {key: kept for key, kept in self._marks.items() if key in known}
        self._changed()
        await self._write()

    async def _write(self) -> None:
        """Keep the marks; what the disk refuses is written with the next fetch."""
        try:
            await self._marks_file.write({**self._marks})
        except OSError as error:
            if not self._unwritten:
                _log.warning("booking: what became of them waits to be written: %s", error)
            self._unwritten = True
        else:
            self._unwritten = False

    def _offered(self, now: Moment) -> tuple[Booking, ...]:
        return tuple(self._agenda.offered(now, self._join_before_s))

    def _entry(self, booking: Booking, taken: Agenda, in_window: bool) -> BookingEntry:
        invitation = self._invitations[booking.id]
        refusal = invitation.refusal
        joinable: Literal["now", "later"] = "now" if in_window else "later"
        return BookingEntry(
            id=booking.id,
            title=booking.title or None,
            organizer=booking.organizer or None,
            start=booking.start,
            end=booking.end,
            platform=invitation.platform,
            join="none" if refusal else joinable,
            refused=refusal.value if refusal else None,
            status=self._marks.get(booking.id, "booked"),
            private=booking.private,
            tentative=booking.tentative,
            all_day=booking.all_day,
            free_until=free_after(taken, booking),
        )

    def released(self, booking_id: str) -> bool:
        """Whether the room was given back from a booking."""
        return self._marks.get(booking_id) == "released"

    @property
    def _taken(self) -> Agenda:
        """What nobody has given back."""
        if "released" not in self._marks.values():
            return self._agenda
        return Agenda(each for each in self._agenda if self._marks.get(each.id) != "released")

    def _changes(self, now: Moment) -> Iterator[BookingChangeEntry]:
        """Yield what people have changed and may undo, oldest first."""
        for one in self._outbox.made:
            if one.kind == "restore" or one.author == RULE or one.id in self._undone:
                continue
            young = now.wall - one.made_at < timedelta(seconds=self._undo_s)
            if young and self._outbox.to_undo(one.id) is one:
                yield BookingChangeEntry(
                    id=one.id,
                    kind=one.kind,
                    booking=one.booking,
                    title=one.title or None,
                    end=one.end,
                    was_end=one.was_end,
                    at=one.made_at.replace(microsecond=0),
                    requested_by_name=one.author,
                    asking=self._outbox.find(one.id) is not None,
                )

    async def _take(self, agenda: Agenda) -> None:
        """Read what is new in `agenda`, one at a time: a stop must not wait for them all.

        Occurrences of a series have the same texts, which are read once; long ones beside the loop.
        """
        before = () if self._unread else self._agenda
        self._unread = False
        known = {_key(each): self._invitations[each.id] for each in before}
        readings: dict[str, ParsedInvitation] = {}
        for booking in agenda:
            key = _key(booking)
            if key not in known:
                long = sum(map(len, booking.fields.values())) > READ_HERE
                read = in_thread(self._read, booking.fields) if long else None
                known[key] = self._read(booking.fields) if read is None else await read
                note_refused(known[key], "in the calendar")
                await asyncio.sleep(0)
            readings[booking.id] = known[key]
        self._agenda, self._invitations = agenda, readings

    async def _fetch_on(self) -> None:
        if self._devices_first is not None:
            await self._devices_first()
        while (feed := self._calendar.feed) is not None:
            await self._fetch(feed)
            await self._calendar.wait()

    async def _fetch(self, feed: Feed) -> None:
        told = self._local.answered - self._outbox.bookings
        if self._unwritten:
            await self._write()

        async def show() -> None:
            if told:
                self._local = self._local.read(told - self._outbox.bookings)
                await self._write_own()
            await self._show()

        await self._calendar.read(feed, show)
        self._changed()

    async def _show(self) -> None:
        """Show what the calendar has, and what was booked here while its texts were read."""
        await self._take(Agenda(self._local.over(self._calendar.bookings)))
        self._take_local()

    async def keep_changes(self) -> None:
        await self._write_own()

    async def change_written(self, change: BookingChange, ref: str) -> None:
        local = self._local
        if change.kind in ("reserve", "move_end", "restore"):
            local = local.answering(change.booking, ref if change.kind == "reserve" else "")
        await self._have(local)
        self._calendar.read_soon()

    async def change_overruled(self, change: BookingChange) -> None:
        if change.kind == "restore":
            self._marks[change.booking] = "released"
            local = self._local
        else:
            if self._marks.get(change.booking) == "released":
                del self._marks[change.booking]
            local = self._local.forgotten(change.booking)
        await self._have(local)
        self._calendar.read_soon()

    async def change_given_up(self) -> None:
        await self._have(self._local)
        self._calendar.read_soon()


def release_terms(booking: Booking, table: RulesTable) -> ReleaseTerms | None:
    """Return the terms that a profile gives a booking, the first that fits; None: the room's."""
    person = f"{booking.organizer} {booking.organizer_email}".casefold()
    length_min = (booking.end - booking.start).total_seconds() / 60
    for one in table.profile:
        if (
            (one.longer_than_min is None or length_min > one.longer_than_min)
            and (one.shorter_than_min is None or length_min < one.shorter_than_min)
            and (one.organizer is None or one.organizer.casefold() in person)
            and (one.keyword is None or one.keyword.casefold() in booking.title.casefold())
        ):
            release_s = table.release_s if one.release_s is None else one.release_s
            warn_s = table.warn_s if one.warn_s is None else one.warn_s
            return ReleaseTerms(None if one.never else release_s, warn_s)
    return None


def _is_writable(feed: Feed | None) -> TypeGuard[WritableFeed]:
    return feed is not None and bool(getattr(feed, "writes", None))


def _own(store: Store | None) -> tuple[LocalBookings, BookingOutbox]:
    """Return what an earlier run has booked itself, and what of it is still to be written."""

    def parts(said: Mapping[str, Any]) -> tuple[LocalBookings, BookingOutbox]:
        outbox = said.get("outbox")
        return LocalBookings.of(said), BookingOutbox.of(outbox) if outbox else BookingOutbox()

    found = {} if store is None else store.read(_LOCAL, lambda said: bool(parts(said)))
    return parts(found) if found else (LocalBookings(), BookingOutbox())


@contextlib.contextmanager
def _told(who: Callable[[], str] = str) -> Iterator[None]:
    """Refuse what the room's own bookings refuse, and say until when, and `who` was first."""
    try:
        yield
    except RoomUnavailable as taken:
        until = f", until {taken.until:%H:%M} UTC" if taken.until else ""
        code = _CODES.get(taken.code, taken.code)
        params = {"until": taken.until.isoformat()} if taken.until else {}
        name = who() if taken.code == "already_booked" else ""
        by = f", by {name}" if name else ""
        params |= {"who": name} if name else {}
        raise Refused("room", code, f"{_WHY[taken.code]}{until}{by}", **params) from None


_CODES = {"over": "nothing_to_undo"}
_WHY = {
    "over": "this booking is over",
    "already_booked": "is booked",
    "no_time_left": "the next booking begins where this one ends",
    "not_under_way": "this booking is not under way",
}


def _same(said: str, end: datetime) -> bool:
    """Whether a time that somebody sends is that end; Refused "invalid" if it is no time."""
    try:
        found = datetime.fromisoformat(said)
        return found.astimezone(UTC) == end if found.tzinfo else False
    except (ValueError, OverflowError):
        raise Refused("room", "invalid", f"{said!r} is not a time with its zone") from None


def _lost(store: Store) -> bool:
    """Whether marks of an earlier run may be missing: their file was damaged, or none is taken."""
    store.disk.check()
    damaged = any(one.file == f"{_FILE}.json" for one in store.disk.quarantined)
    return damaged or store.disk.unwritable is not None


def _starts(booking: Booking) -> datetime:
    return booking.start


def _key(booking: Booking) -> frozenset[tuple[str, str]]:
    return frozenset(booking.fields.items())


_ORDINARY = (None, Refusal.NO_MEETING)  # a text without any link is no refused link


def note_refused(invitation: ParsedInvitation, whence: str) -> None:
    """Log a refused link in one line, for whoever audits a room; `whence`: who brought it.

    Never a path, a number or a passcode, and no name from a host that could not be read.
    """
    if invitation.refusal in _ORDINARY:
        return
    host = invitation.host or invitation.params.get("host") or "no host"
    platform = invitation.platform or "no platform"
    _log.warning("meeting: not opened, %s: %s (%s, %s)", whence, invitation.refusal, host, platform)
