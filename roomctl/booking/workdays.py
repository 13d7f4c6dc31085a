"""On which days nobody is expected at work: public holidays, of a country or of an iCalendar file.

    CN, US, DE-BY    the library `holidays` (extra `holidays`), imported when a day is asked for
    ics:/path.ics    each whole day that the file lists, read in a process of its own

A weekend is no holiday: a series of Saturdays is meant so. In China some weekends are worked in
place of days off beside a holiday; the library lists those days off, and which weekends those are
(`weekend_workdays`), as the State Council announces them for each year; of a later year it knows
the holidays themselves. A file says so in a title, such as "国庆节（班）" or "make-up workday".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from roomctl.booking.agenda import Booking
from roomctl.errors import PortError, PortReason
from roomctl.installed import pip
from roomctl.wire import in_thread

if TYPE_CHECKING:
    from roomctl.booking.feed import CalendarReader

_WORKED = re.compile(r"班|make-?up (?:work)?day|work(?:ing)? ?day", re.IGNORECASE)
_FREE = re.compile(rb"^(?:TRANSP|X-MICROSOFT-CDO-BUSYSTATUS)[:;][^\n]*\n", re.MULTILINE)


class Workdays:
    """The days off of one place: `source` is as `[rules] holidays` has it, None is no such days."""

    def __init__(self, source: str | None, zone: ZoneInfo) -> None:
        self._source, self._zone = source, zone
        self._reader: CalendarReader | None = None
        self._country: Callable[[date], bool] | None = None

    async def off(self, instant: datetime) -> bool:
        """Whether nobody is expected on the day of an instant (aware), by the room's clock.

        PortError: the library is not installed or does not know the country, or the file cannot
        be read.
        """
        day = instant.astimezone(self._zone).date()
        if self._source is None:
            return False
        if self._source.startswith("ics:"):
            return await self._listed(day)
        if self._country is None:
            self._country = await in_thread(_of_country, self._source)
        return await in_thread(self._country, day)

    async def _listed(self, day: date) -> bool:
        # Imported when a day is asked for: a room without such a file does not pay for it.
        from roomctl.booking.feed import CalendarReader

        self._reader = self._reader or CalendarReader(self._source or "", self._zone, "")
        data = _FREE.sub(b"", await in_thread(self._read))  # holidays block nobody's calendar
        start = datetime.combine(day, time(), self._zone)
        end = datetime.combine(day + timedelta(days=1), time(), self._zone)
        read = await self._reader.read(data, start, end)
        found = [each for each in read.bookings if each.all_day and _covers(each, day, self._zone)]
        return bool(found) and not any(_WORKED.search(each.title) for each in found)

    def _read(self) -> bytes:
        from roomctl.booking.feed import LARGEST

        source = self._source or ""
        try:
            with Path(source.removeprefix("ics:")).open("rb") as file:
                data = file.read(LARGEST + 1)
        except OSError as error:
            why = f"cannot be read: {error.strerror}; check [rules] holidays"
            raise PortError(source, why, PortReason.MISSING) from error
        if len(data) > LARGEST:
            why = f"is larger than {LARGEST // 1024**2} MiB; keep fewer years in it"
            raise PortError(source, why, PortReason.IO)
        return data


def _covers(booking: Booking, day: date, zone: ZoneInfo) -> bool:
    return booking.start.astimezone(zone).date() <= day < booking.end.astimezone(zone).date()


def _of_country(name: str) -> Callable[[date], bool]:
    """Return whether a day is off in a country, or in a part of one; PortError if unknown."""
    try:
        import holidays
    except ImportError as error:
        why = f"needs the library holidays: {pip('install', 'roomctl[holidays]')}"
        raise PortError(f"holidays {name}", why, PortReason.UNSUPPORTED) from error
    country, _, part = name.partition("-")
    try:
        days = holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        why = "is not a country that the library holidays knows; check [rules] holidays"
        raise PortError(f"holidays {name}", why, PortReason.UNSUPPORTED) from error
    return lambda day: day in days and day not in days.weekend_workdays
