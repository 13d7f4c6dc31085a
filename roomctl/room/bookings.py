"""The room's bookings: fetched now and then, offered in their window, joined by people only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal, Protocol

from roomctl.booking import Agenda, Booking
from roomctl.clock import Clock, Moment
from roomctl.config import Config
from roomctl.errors import Refused, RoomctlError
from roomctl.meeting.reading import Reading
from roomctl.room.document import BookingEntry, IssueEntry

_log = logging.getLogger(__name__)

FETCH_EVERY_S = 60.0
AHEAD = timedelta(hours=36)
BEHIND = timedelta(hours=24)
SHOWN = 20


class Feed(Protocol):
    """Where bookings come from; RoomctlError if they cannot be had."""

    async def bookings(self, window_start: datetime, window_end: datetime) -> list[Booking]: ...


ReadFields = Callable[[str | Mapping[str, str]], Reading]


class Bookings:
    """What is booked, and what of it may be joined now."""

    def __init__(
        self,
        config: Config,
        feed: Feed | None,
        read: ReadFields,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._feed, self._read, self._clock, self._changed = feed, read, clock, changed
        self._zone = config.room.zone
        self._join_before_s = config.calendar.join_before_s
        self._agenda = Agenda(())
        self._readings: dict[str, Reading] = {}
        self.issue: IssueEntry | None = None

    async def run(self) -> None:
        """Fetch the bookings now and every minute, until cancelled; old ones outlive a failure."""
        while self._feed is not None:
            await self._fetch(self._feed)
            await asyncio.sleep(FETCH_EVERY_S)
        await asyncio.Event().wait()

    def entries(self, now: Moment) -> tuple[BookingEntry, ...]:
        """Return today's bookings that are not over, first one first."""
        offered = {booking.id for booking in self._offered(now)}
        today = [b for b in self._agenda.today(now, self._zone) if b.end > now.wall]
        return tuple(self._entry(booking, booking.id in offered) for booking in today[:SHOWN])

    def booking(self, booking_id: str) -> Booking:
        """Return a booking; Refused if it is not, or no longer, known."""
        try:
            return self._agenda[booking_id]
        except KeyError:
            why = "this booking is no longer in the calendar; look at the panel again"
            raise Refused("room", "unknown_booking", why) from None

    def _offered(self, now: Moment) -> tuple[Booking, ...]:
        return tuple(self._agenda.offered(now, self._join_before_s))

    def _entry(self, booking: Booking, in_window: bool) -> BookingEntry:
        reading = self._readings[booking.id]
        obstacle = reading.obstacle
        joinable: Literal["now", "later"] = "now" if in_window else "later"
        return BookingEntry(
            id=booking.id,
            title=booking.title or None,
            organizer=booking.organizer,
            start=booking.start,
            end=booking.end,
            platform=reading.platform,
            join="none" if obstacle else joinable,
            refused=obstacle.value if obstacle else None,
        )

    async def _take(self, agenda: Agenda) -> None:
        """Read what is new in `agenda`, one at a time: a stop must not wait for them all."""
        known = {booking.id: booking.fields for booking in self._agenda}
        readings: dict[str, Reading] = {}
        for booking in agenda:
            if known.get(booking.id) == booking.fields:
                readings[booking.id] = self._readings[booking.id]
            else:
                readings[booking.id] = self._read(booking.fields)
                await asyncio.sleep(0)
        self._agenda, self._readings = agenda, readings

    async def _fetch(self, feed: Feed) -> None:
        wall = self._clock.now().wall
        try:
            found = await feed.bookings(wall - BEHIND, wall + AHEAD)
        except RoomctlError as error:
            if self.issue is None:
                _log.warning("calendar: %s", error)
                params = {"detail": str(error)}
                self.issue = IssueEntry("calendar.stale", "calendar", {**params}, wall)
        else:
            if self.issue is not None:
                _log.info("calendar: back")
            self.issue = None
            await self._take(Agenda(found))
        self._changed()
