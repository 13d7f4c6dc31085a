"""A room's calendar as it was read last: how old that is, and what is missing from it.

An agenda that was read outlives a failure, and a start without network. Knows no mark, no change
and no command: what is read is handed to whoever shows it, and counts as read once it is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from roomctl.booking import Agenda, Booking, SkippedEvent
from roomctl.booking.agenda import CalendarRead
from roomctl.booking.change import Feed, RetryLater
from roomctl.booking.diagnosis import commands, diagnosed
from roomctl.clock import Clock, Moment
from roomctl.command import Param
from roomctl.errors import RoomctlError
from roomctl.kind import IssueEntry
from roomctl.room.conditions import CalendarState
from roomctl.store import Store
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

READ_EVERY_S = 60.0
FRESH_S = 5 * READ_EVERY_S
AHEAD = timedelta(hours=48)  # a day without network still has its whole day to show
BEHIND = timedelta(hours=24)
KEPT_BYTES = 1 << 20  # of the agenda that outlives a start
AGE_EVERY_S = 600.0  # its age is written this often: a memory card wears
_AGENDA, _AGE = "agenda", "agenda_age"

Show = Callable[[], Awaitable[None]]
"""Shows `CalendarCache.bookings`; what they say may have to be read first."""


class CalendarCache:
    """The calendar of one room. `feed` None: it has none."""

    def __init__(self, store: Store | None, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self.feed: Feed | None = None
        self.bookings: tuple[Booking, ...] = ()  # as the calendar has them
        self.read_at: Moment | None = None
        self._address = ""
        self._stale: IssueEntry | None = None
        self._left_out: IssueEntry | None = None
        self._mailbox: IssueEntry | None = None  # until enough bookings say otherwise
        self._soon = asyncio.Event()
        self._wait_s = READ_EVERY_S
        self._kept: list[dict[str, Any]] | None = None
        self._aged_at: float | None = None

    def configure(self, feed: Feed | None, address: str) -> None:
        """Read another calendar; what was read stays until then, unless there is none.

        `address`: the room's own in its mail system; "": not known.
        """
        self.feed, self._address = feed, address
        if feed is None:
            self.bookings, self.read_at = (), None
            self._stale = self._left_out = self._mailbox = None

    @property
    def issues(self) -> tuple[IssueEntry, ...]:
        """What is wrong with the calendar; while it is stale, what it leaves out is not known."""
        found = (self._stale or self._left_out, self._mailbox)
        return tuple(one for one in found if one is not None)

    @property
    def state(self) -> CalendarState:
        """Whether what is shown is what the calendar has."""
        if self.feed is None:
            return "none"
        if self._stale is not None:
            return "stale"
        age_s = self.age_s()  # an earlier run may have read what is shown
        return "fresh" if age_s is not None and age_s < FRESH_S else "unread"

    def age_s(self) -> float | None:
        """Return how many seconds ago it was read; None if it never was."""
        if self.read_at is None:
            return None
        return round(self._clock.mono_s() - self.read_at.mono_s, 1)

    def read_soon(self) -> None:
        """End the wait for the next reading."""
        self._soon.set()

    async def wait(self) -> None:
        """Wait until it is to be read again: a minute, or as long as it asked for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._wait_s):
                await self._soon.wait()

    async def read(self, feed: Feed, show: Show) -> None:
        """Read it once, and have it shown; what cannot be read is said, and what there is stays."""
        self._soon.clear()
        self._wait_s = READ_EVERY_S
        now = self._clock.now()
        try:
            found = await feed.bookings(now.wall - BEHIND, now.wall + AHEAD)
        except RoomctlError as error:
            self._fail(error, now)
        else:
            self.bookings = found.bookings
            await show()
            self._take(found, now)
            await self._keep(now)

    def _fail(self, error: RoomctlError, now: Moment) -> None:
        """Say that what is shown is old, and how old; `age_min` is -1 if it was never read."""
        if self._stale is None:
            _log.warning("calendar: %s", error)
        age_min = -1 if self.read_at is None else round((now.mono_s - self.read_at.mono_s) / 60)
        params: dict[str, Param] = {"detail": str(error), "age_min": age_min, "key": "calendar.url"}
        self._stale = _issue("calendar.stale", params, self._stale, now)
        if isinstance(error, RetryLater):
            self._wait_s = max(READ_EVERY_S, error.after_s)

    def _take(self, found: CalendarRead, now: Moment) -> None:
        if self._stale is not None:
            _log.info("calendar: back")
        self.read_at, self._stale = now, None
        self._left_out = self._skipped(found.skipped, now)
        self._diagnose(now)

    def _skipped(self, skipped: tuple[SkippedEvent, ...], now: Moment) -> IssueEntry | None:
        """Say that events are missing from what is shown; the first one is named."""
        if not skipped:
            return None
        first = next((each for each in skipped if each.title or each.uid), skipped[0])
        params: dict[str, Param] = {
            "count": sum(each.count for each in skipped),
            "title": first.title or first.uid or "?",
            "uid": first.uid,
            "reason": first.why,
        }
        if self._left_out is None:
            _log.warning("calendar: %(count)d left out, first %(uid)s: %(reason)s", params)
        return _issue("calendar.event_skipped", params, self._left_out, now)

    def _diagnose(self, now: Moment) -> None:
        """Say what the mailbox removes from invitations, and what to type against it."""
        found = diagnosed(self.bookings)
        if found is None:
            return
        old, self._mailbox = self._mailbox, None
        if found.removed != "nothing":
            to_type = commands(self._address)
            params: dict[str, Param] = {"removed": found.removed, "count": found.count, **to_type}
            self._mailbox = _issue("calendar.stripped", params, old, now)

    async def _keep(self, now: Moment) -> None:
        """Write down what was read, for a start without network; a disk that refuses is let be.

        Of a private booking nothing is written but its times and what it is joined by.
        """
        if self._store is None:
            return
        records, left = list[dict[str, Any]](), KEPT_BYTES
        for booking in Agenda(self.bookings):
            records.append(booking.record())
            left -= sum(map(len, (*booking.fields.values(), booking.title, booking.id)))
            if left < 0:
                break
        aged = self._aged_at is not None and now.mono_s - self._aged_at < AGE_EVERY_S
        if records == self._kept and aged:
            return
        try:
            if records != self._kept:
                await in_thread(self._store.write, _AGENDA, {"bookings": records})
            await in_thread(self._store.write, _AGE, {"read_at": now.wall.isoformat()})
        except OSError as error:
            _log.debug("calendar: it is not kept: %s", error)
        else:
            self._kept, self._aged_at = records, now.mono_s

    async def restore(self, show: Show) -> bool:
        """Have shown what an earlier run read, with its age if known; whether there is any."""
        if self._store is None:
            return False
        try:
            age = await in_thread(self._store.read, _AGE, _is_age)
            kept = await in_thread(self._store.read, _AGENDA, _is_agenda)
        except OSError as error:
            _log.debug("calendar: the one of the earlier run cannot be read: %s", error)
            return False
        if not age or not kept:
            return False
        now = self._clock.now()
        read_at = datetime.fromisoformat(age["read_at"])
        ago = max(now.wall - read_at, timedelta(0))
        if ago >= AHEAD:
            return False
        self.bookings = tuple(map(Booking.of, kept["bookings"]))
        await show()
        if read_at <= now.wall:  # else the clock was set back, and nobody knows how old it is
            self.read_at = Moment(now.mono_s - ago.total_seconds(), read_at, now.synced)
        return True


def _issue(code: str, params: dict[str, Param], old: IssueEntry | None, now: Moment) -> IssueEntry:
    """Return an issue of the calendar, as old as it was before."""
    return IssueEntry(code, "calendar", params, now.wall if old is None else old.since)


def _is_age(document: dict[str, Any]) -> bool:
    """Whether it says when a calendar was read; ValueError, TypeError or KeyError otherwise."""
    return datetime.fromisoformat(document["read_at"]).tzinfo is not None


def _is_agenda(document: dict[str, Any]) -> bool:
    """Whether every booking in it is one; ValueError, TypeError, AttributeError otherwise."""
    return all(Booking.of(each) for each in document["bookings"])
