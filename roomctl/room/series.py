"""Series of bookings that nobody comes to: offered to staff for release, never released by itself.

What counts as a miss, `booking.series` says. At `[rules] series_misses` of them in a row the room
has the issue `booking.series_unused`, until staff release the coming occurrences, or keep them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from roomctl.booking import Booking
from roomctl.booking.series import SeriesMisses
from roomctl.booking.workdays import Workdays
from roomctl.clock import Clock, Moment
from roomctl.command import Identifier, Param, Source, command
from roomctl.config import Config
from roomctl.errors import PortError, Refused
from roomctl.kind import IssueEntry, Part, RoomDevices
from roomctl.roles import Right
from roomctl.room.kept_file import KeptFile
from roomctl.store import Store

_log = logging.getLogger(__name__)

_FILE = "series"

GiveBack = Callable[[str, str], Awaitable[list[str]]]
"""Give back the coming occurrences of a series, for an author; return the changes."""


class UnusedSeriesOffers(Part):
    """What was missed how often, and what staff do with it."""

    def __init__(
        self,
        config: Config,
        store: Store | None,
        clock: Clock,
        changed: Callable[[], None],
        give_back: GiveBack,
    ) -> None:
        self._file, self._clock = KeptFile(store, _FILE), clock
        self._take(config)
        self._changed, self._give_back = changed, give_back
        kept = store.read(_FILE, lambda said: bool(SeriesMisses.read(said))) if store else {}
        self._noted = SeriesMisses.read(kept) if kept else SeriesMisses()
        self._kept, self._some = self._noted, asyncio.Event()

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
        self._have(self._noted.missed(booking))

    def used(self, booking: Booking) -> None:
        """Note that somebody came for a booking."""
        self._have(self._noted.used(booking.series))

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
        self._have(self._noted.used(series))
        return {"changes": changes}

    @command("booking.keep_series", Right.SERIES)
    async def _keep(self, source: Source, series: Identifier) -> None:
        """Keep a series that is offered for release, and count again; kept already: nothing."""
        self._have(self._noted.used(series))

    def _have(self, noted: SeriesMisses) -> None:
        if noted is not self._noted:
            self._noted = noted
            self._some.set()
            self._changed()

    async def run(self) -> None:
        """Write down what is noted, until cancelled; what a disk refuses, with the next one."""
        try:
            while True:
                await self._some.wait()
                await self._write()
        finally:
            if self._kept is not self._noted:  # also what a stop has cut off in the middle
                await self._write()

    async def _write(self) -> None:
        self._some.clear()
        noted = self._noted
        try:
            await self._file.write(noted.record())
        except OSError as error:
            _log.warning("series: waits to be written: %s", error)
        else:
            self._kept = noted
