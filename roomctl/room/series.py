"""Series of bookings that nobody comes to: offered to staff for release, never released by itself.

What counts as a miss, `booking.series` says. At `[rules] series_misses` of them in a row the room
has the issue `booking.series_unused`, until staff release the coming occurrences, or keep them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING

from roomctl.booking import Booking
from roomctl.booking.series import SeriesMisses, UnusedSeries
from roomctl.booking.workdays import Workdays
from roomctl.clock import Clock, Moment
from roomctl.command import Identifier, Param, Source, command
from roomctl.config import Config
from roomctl.errors import PortError, Refused, RoomctlError
from roomctl.kind import IssueEntry, Part, RoomDevices
from roomctl.roles import Right
from roomctl.store import Damaged, Database
from roomctl.wire import in_thread

if TYPE_CHECKING:
    from roomctl.store.database import Connection

_log = logging.getLogger(__name__)

_COLUMNS = tuple(one.name for one in fields(UnusedSeries))
_INSERT = f"INSERT INTO series ({', '.join(_COLUMNS)}) VALUES (:{', :'.join(_COLUMNS)})"  # noqa: S608 - ours

SeriesChange = Callable[[SeriesMisses], SeriesMisses]
GiveBack = Callable[[str, str], Awaitable[list[str]]]
"""Give back the coming occurrences of a series, for an author; return the changes."""


class UnusedSeriesOffers(Part):
    """What was missed how often, and what staff do with it."""

    def __init__(
        self,
        config: Config,
        database: Database,
        clock: Clock,
        changed: Callable[[], None],
        give_back: GiveBack,
    ) -> None:
        self._database, self._clock = database, clock
        self._take(config)
        self._changed, self._give_back = changed, give_back
        self._noted, self._is_read = SeriesMisses(), False
        self._changes = 0

    def configure(self, config: Config, devices: RoomDevices) -> None:
        self._take(config)

    def _take(self, config: Config) -> None:
        rules = config.rules
        self._misses, self._days = rules.series_misses, Workdays(rules.holidays, config.room.zone)

    def issues(self, now: Moment) -> tuple[IssueEntry, ...]:
        """Return an offer for each series that was missed so often."""
        return tuple(
            IssueEntry(
                "booking.series_unused",
                one.key,
                {"title": one.title or None, "misses": one.misses, "series": one.key},
                one.at,
            )
            for one in self._noted.unused(self._misses, now.wall)
        )

    async def counts(self, booking: Booking) -> bool:
        """Whether it is a miss if nobody came: of a series, on a day on which people work."""
        if not booking.series or not self._misses:
            return False
        try:
            return not await self._days.off(booking.start)
        except PortError as error:
            _log.warning("series: a miss is not counted, it may have been a holiday: %s", error)
            return False

    def missed(self, booking: Booking) -> None:
        """Note that the room released a booking that counts, since nobody was seen."""
        self._have(lambda noted: noted.missed(booking))

    def used(self, booking: Booking) -> None:
        """Note that somebody came for a booking."""
        self._have(lambda noted: noted.used(booking.series))

    @command("booking.release_series", Right.SERIES)
    async def _release(self, source: Source, series: Identifier) -> Mapping[str, Param | list[str]]:
        """Release four weeks of bookings of an unused series, 40 at most.

        `changes` is what `booking.undo` takes, for each. Refused "unknown_series" if it is not
        offered (`booking.series_unused`), "agenda_unreadable".
        """
        offered = self._noted.unused(self._misses, self._clock.now().wall)
        if all(one.key != series for one in offered):
            why = "this series is not offered for release, or no longer; look at the issues again"
            raise Refused("room", "unknown_series", why)
        changes = await self._give_back(series, source.name)
        self._have(lambda noted: noted.used(series))
        return {"changes": changes}

    @command("booking.keep_series", Right.SERIES)
    async def _keep(self, source: Source, series: Identifier) -> None:
        """Keep a series that is offered for release, and count again; kept already: nothing."""
        self._have(lambda noted: noted.used(series))

    def _have(self, change: SeriesChange) -> None:
        noted = change(self._noted)
        if self._is_read and noted is self._noted:
            return
        self._noted = noted
        self._changes += 1
        self._database.note(partial(_keep, change=change))
        self._changed()

    async def run(self) -> None:
        """Read what is kept; until then what changes is written alone."""
        changes, found = None, self._noted
        while changes != self._changes and not self._database.is_empty:
            changes = self._changes
            try:
                found = await in_thread(self._database.read, _kept)
            except RoomctlError as error:
                _log.warning("series: what is kept cannot be read: %s", error)
                found = self._noted
        self._noted, self._is_read = found, True
        self._changed()
        await asyncio.Event().wait()


def _kept(base: Connection) -> SeriesMisses:
    rows = base.execute(f"SELECT {', '.join(_COLUMNS)} FROM series ORDER BY rowid")  # noqa: S608 - ours
    said = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    try:
        return SeriesMisses.read({"series": said})
    except ValueError as error:
        raise Damaged(f"series: a row that was never written: {error}") from error


def _keep(base: Connection, change: SeriesChange) -> None:
    """Change what is kept, which need not be what was known when the change was noted."""
    before = _kept(base)
    after = change(before)
    if after is not before:
        base.execute("DELETE FROM series")
        base.executemany(_INSERT, after.record()["series"])
