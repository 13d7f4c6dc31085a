"""How the room is used: summed up as it happens, written down once a minute, on a disk or nowhere.

Nothing is kept while the wall clock is not proven: a wrong day is worse than none. Knows no sensor
model and no panel; what it keeps names sensors, never people.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from roomctl.clock import Clock, Moment
from roomctl.config import HistoryTable
from roomctl.errors import RoomctlError
from roomctl.occupancy.inputs import Input
from roomctl.room.document import ReasonEntry
from roomctl.store import Done, Edge, History, Quarter
from roomctl.store.history import QUARTER_S
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

WRITE_EVERY_S = 60.0
FORGET_EVERY_S = 3600.0
MOST_WAITING = 5000  # edges until the next writing, or until the day is known; then the oldest go
_LONGEST_S = 5.0  # between two glances; a box that slept has seen nothing meanwhile


class Use:
    """The history of one room; without a store, or switched off, it keeps nothing."""

    def __init__(self, table: HistoryTable, store: History | None, clock: Clock) -> None:
        self._table, self._clock = table, clock
        self._store = store if table.keep else None
        self._to_erase = None if table.keep else store
        self._quarters: dict[int, Quarter] = {}
        self._told: deque[Input] = deque(maxlen=MOST_WAITING)
        self._acts: deque[Done] = deque(maxlen=MOST_WAITING)
        self._glance: tuple[Moment, str, bool] | None = None
        self._forgot_s = float("-inf")
        self._writing = asyncio.Lock()

    @property
    def kept(self) -> bool:
        """Whether anything is kept."""
        return self._store is not None

    def told(self, told: Input) -> None:
        """Note something that presence was told; it waits for a day to belong to."""
        if self._store is not None and self._table.raw_days > 0:
            self._told.append(told)

    def glance(self, state: str, call_live: bool) -> None:
        """Note how the room is now; it counts until the next glance."""
        now, before = self._clock.now(), self._glance
        self._glance = (now, state, call_live)
        if self._store is None or before is None or not now.synced:
            return
        then, was, called = before
        spent_s = min(now.mono_s - then.mono_s, _LONGEST_S)
        start = int(now.wall.timestamp()) // QUARTER_S * QUARTER_S
        there = was in ("occupied", "vacating")
        came = state == "occupied" and was in ("vacant", "unknown")
        sums = self._quarters.get(start, Quarter(start))
        self._quarters[start] = replace(
            sums,
            occupied_s=sums.occupied_s + spent_s * there,
            vacant_s=sums.vacant_s + spent_s * (was == "vacant"),
            unknown_s=sums.unknown_s + spent_s * (was == "unknown"),
            call_s=sums.call_s + spent_s * called,
            arrivals=sums.arrivals + came,
        )

    def done(self, act: str, subject: str, reasons: Sequence[ReasonEntry]) -> None:
        """Note something that the room did by itself, and why."""
        now = self._clock.now()
        if self._store is not None and now.synced:
            why = json.dumps([[one.code, one.params] for one in reasons], ensure_ascii=False)
            self._acts.append(Done(now.wall.timestamp(), act, subject, why))

    async def run(self) -> None:
        """Write everything down once a minute, until cancelled; then once more."""
        if self._to_erase is not None:
            await in_thread(self._to_erase.erase)
        try:
            while True:
                await asyncio.sleep(WRITE_EVERY_S)
                await self._write()
        finally:
            await self._write()

    async def quarters(self, since: float, until: float) -> list[Quarter]:
        """Return the sums of the quarters that begin in a span of Unix time, oldest first."""
        if self._store is None:
            return []
        await self._write()
        return await in_thread(self._store.quarters, since, until)

    async def edges(self, since: float, until: float) -> list[Edge]:
        """Return what presence was told in a span of Unix time, in that order."""
        if self._store is None:
            return []
        await self._write()
        return await in_thread(self._store.edges, since, until)

    async def acts(self, since: float, until: float) -> list[Done]:
        """Return what the room did by itself in a span of Unix time, oldest first."""
        if self._store is None:
            return []
        await self._write()
        return await in_thread(self._store.acts, since, until)

    async def delete(self, since: float, until: float) -> None:
        """Delete everything of a span of Unix time, what is not written yet included."""
        if self._store is not None:
            await self._write()
            await in_thread(self._store.delete, since, until)

    async def _write(self) -> None:
        async with self._writing:
            quarters, edges, acts = (*self._quarters.values(),), self._edges(), (*self._acts,)
            if self._store is None or not (quarters or edges or acts):
                return
            self._quarters.clear()
            self._acts.clear()
            try:
                await in_thread(self._store.add, quarters, edges, acts)
                await self._forget(self._store)
            except RoomctlError as error:
                _log.warning("history: %d quarters are lost: %s", len(quarters), error)

    def _edges(self) -> tuple[Edge, ...]:
        """Take what presence was told, with its instants by the wall clock, if that is proven."""
        now = self._clock.now()
        if not now.synced:
            return ()
        offset_s = now.wall.timestamp() - now.mono_s
        taken = [self._told.popleft() for _ in range(len(self._told))]
        return tuple(
            Edge(offset_s + told.at_s, told.at_s, told.kind, told.sensor, told.on) for told in taken
        )

    async def _forget(self, store: History) -> None:
        now = self._clock.now()
        if now.synced and now.mono_s >= self._forgot_s + FORGET_EVERY_S:
            self._forgot_s = now.mono_s
            table, wall = self._table, now.wall.timestamp()
            await in_thread(store.forget, wall, table.raw_days, table.days)
