"""The calendar of a simulated room: an invented day that begins now."""

from __future__ import annotations

from datetime import datetime

from roomctl.booking import CalendarRead
from roomctl.booking.sim import bookings
from roomctl.clock import Moment


class SimFeed:
    """Bookings around the moment at which the simulation began; the first one has `link`."""

    def __init__(self, moment: Moment, link: str) -> None:
        self._bookings = bookings(moment, link)

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        """Return those that touch the window."""
        touching = (b for b in self._bookings if b.end > window_start and b.start < window_end)
        return CalendarRead(tuple(touching))
