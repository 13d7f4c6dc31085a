"""What a room's calendar is still to be told: one change after the other, and said where it is not.

A change waits in the outbox until the calendar has it, has another word on it, or will never take
it. Each of these is told to whoever shows the bookings. Knows no agenda, and no panel's command.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from roomctl.booking.change import (
    BookingChange,
    BookingOutbox,
    ChangeKind,
    Conflict,
    ConflictReason,
    PendingChange,
    Rejected,
    RetryLater,
    WritableFeed,
    Written,
)
from roomctl.clock import Clock, Moment
from roomctl.command import Param
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry

_log = logging.getLogger(__name__)

TOLD_S = 600.0  # a panel says so long that the calendar had another word
_TRIES_TOLD = 2  # a single failure to write is nobody's concern


class ShowsChanges(Protocol):
    """Whoever shows the bookings, and keeps the outbox with what they show."""

    async def keep_changes(self) -> None:
        """Keep the outbox as it is now: from now on the calendar may have what is in it."""

    async def change_written(self, change: BookingChange, ref: str) -> None:
        """Take note that the calendar holds it, as `ref` if that is new."""

    async def change_overruled(self, change: BookingChange) -> None:
        """Have the calendar's word count on the booking."""

    async def change_given_up(self) -> None:
        """Keep to oneself what the calendar does not take."""


class CalendarWriter:
    """The outbox of one room, and what becomes of it."""

    def __init__(
        self,
        outbox: BookingOutbox,
        shows: ShowsChanges,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self.outbox = outbox
        self.takes = frozenset[ChangeKind]()  # what the calendar can be asked to hold
        self._shows, self._clock, self._changed = shows, clock, changed
        self._queued = asyncio.Event()
        self._overruled: _Overruled | None = None
        self._unsent: _Unsent | None = None

    def add(self, change: BookingChange) -> None:
        """Have a change wait to be written, if the calendar takes such."""
        theirs = change.kind == "reserve" or change.ref or change.booking in self.outbox.bookings
        if change.kind not in self.takes or not theirs:
            self.outbox = self.outbox.noted(change)
            return
        try:
            self.outbox = self.outbox.queued(change)
        except ValueError as error:
            self.outbox = self.outbox.noted(change)
            self._lose(change, str(error))

    def forget(self, change_id: str) -> None:
        """Have a change as if it had never been made."""
        self.outbox = self.outbox.undone(change_id)

    def look(self) -> None:
        """Look whether something is to be written."""
        self._queued.set()

    def issues(self, now: Moment) -> Iterator[IssueEntry]:
        """Say what the calendar has not been told, and where it had another word."""
        unsent, overruled = self._unsent, self._overruled
        if unsent is not None and (self.outbox.waiting or unsent.until > now.wall):
            params: dict[str, Param] = {
                "detail": unsent.why,
                "key": "calendar.url",
                "count": len(self.outbox.waiting),
                "lost": unsent.lost,
            }
            yield IssueEntry("calendar.unwritten", "calendar", params, unsent.since.wall)
        if overruled is not None and now.mono_s - overruled.at.mono_s < TOLD_S:
            change = overruled.change
            params = {
                "title": change.title,
                "kind": change.kind,
                "reason": overruled.reason,
                "change": change.id,
            }
            yield IssueEntry("calendar.overruled", "calendar", params, overruled.at.wall)

    async def run(self, feed: WritableFeed) -> None:
        """Write what waits, one thing after the other, until cancelled."""
        while True:
            self._queued.clear()
            now = self._clock.now()
            for late in self.outbox.late(now):
                await self._give_up(late, "could not be written while it made a difference")
            pending = self.outbox.next(now.mono_s)
            if pending is not None:
                await self._write(feed, pending)
                continue
            due_s = self.outbox.due_s()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if due_s is None else due_s - now.mono_s):
                    await self._queued.wait()

    async def _write(self, feed: WritableFeed, pending: PendingChange) -> None:
        change = pending.change
        self.outbox = self.outbox.tried(change.id)
        await self._shows.keep_changes()
        try:
            outcome = await feed.write(change)
        except RoomctlError as error:
            now, after_s = self._clock.now(), None
            if isinstance(error, RetryLater):
                after_s = error.after_s
            self.outbox = self.outbox.failed(change.id, now.mono_s, after_s)
            self._fail(change, str(error), pending.tries + 1)
            return
        match outcome:
            case Written(ref):
                _log.info("calendar: written: %s of %s", change.kind, change.booking)
                await self._settle(change, ref)
            case Conflict("gone") if change.kind in ("release", "check_in"):
                await self._settle(change)
            case Conflict(reason):
                await self._overrule(change, reason)
            case Rejected(why):
                await self._give_up(change, why)

    async def _settle(self, change: BookingChange, ref: str = "") -> None:
        """Note that the calendar holds it: once it is read again, what it says counts."""
        outbox = self.outbox.settled(change.id)
        self.outbox = outbox.known_as(change.booking, ref) if ref else outbox
        if self._unsent is not None and not self._unsent.lost:
            self._unsent = None
        await self._shows.change_written(change, ref)

    async def _overrule(self, change: BookingChange, reason: ConflictReason) -> None:
        """Have the calendar's word count, and tell whoever looks at a panel."""
        _log.info("calendar: not written: %s of %s, %s", change.kind, change.booking, reason)
        self.outbox = self.outbox.overruled(change.booking)
        self._overruled = _Overruled(change, reason, self._clock.now())
        await self._shows.change_overruled(change)

    async def _give_up(self, change: BookingChange, why: str) -> None:
        """Leave the calendar as it is; the room keeps what it has."""
        self.outbox = self.outbox.settled(change.id)
        self._lose(change, why)
        await self._shows.change_given_up()

    def _lose(self, change: BookingChange, why: str) -> None:
        _log.warning("calendar: given up: %s of %s: %s", change.kind, change.booking, why)
        lost = 1 + (self._unsent.lost if self._unsent else 0)
        since = self._unsent.since if self._unsent else self._clock.now()
        self._unsent = _Unsent(why, since, lost, change.over_at)

    def _fail(self, change: BookingChange, why: str, tries: int) -> None:
        old = self._unsent
        if old is None or tries == _TRIES_TOLD:
            _log.warning("calendar: not written: %s of %s: %s", change.kind, change.booking, why)
        if tries >= _TRIES_TOLD or old is not None:
            since, lost = (old.since, old.lost) if old else (self._clock.now(), 0)
            self._unsent = _Unsent(why, since, lost, change.over_at)
        self._changed()


@frozen
class _Overruled:
    """The calendar had another word on a change."""

    change: BookingChange
    reason: ConflictReason
    at: Moment


@frozen
class _Unsent:
    """Why something could not be written, since when; how much was given up, and until when."""

    why: str
    since: Moment
    lost: int
    until: datetime
