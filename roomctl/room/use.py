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
from roomctl.occupancy.presence import PresenceInput
from roomctl.room.document import ReasonEntry
from roomctl.store import AutomaticAct, History, InputTransition, QuarterHour
from roomctl.store.history import QUARTER_S
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

WRITE_EVERY_S = 60.0
FORGET_EVERY_S = 3600.0
MOST_QUARTERS = 96  # a day's, while the disk takes none; then the oldest go
MOST_WAITING = (
    5000  # transitions until the next writing, or until the day is known; then the oldest go
)
_LONGEST_S = 5.0  # between two glances; a box that slept has seen nothing meanwhile


class UsageHistory:
    """The history of one room; without a store, or switched off, it keeps nothing."""

    def __init__(self, table: HistoryTable, store: History | None, clock: Clock) -> None:
        self._clock, self._kept = clock, store
        self._take(table)
        self._quarters: dict[int, QuarterHour] = {}
        self._told: deque[PresenceInput] = deque(maxlen=MOST_WAITING)
        self._acts: deque[AutomaticAct] = deque(maxlen=MOST_WAITING)
        self._glance: tuple[Moment, str, bool] | None = None
        self._forgot_s = float("-inf")
        self._writing = asyncio.Lock()
        self._waiting = False  # for a disk that takes writes

    def _take(self, table: HistoryTable) -> None:
        self._table, kept = table, self._kept
        self._store: History | None = kept if table.keep else None
        self._to_erase: History | None = None if table.keep else kept

    def configure(self, table: HistoryTable) -> bool:
        """Take what room.toml says now; return whether that is something else.

        What shall not be kept any more goes with the next run.
        """
        changed = table != self._table
        self._take(table)
        if not table.keep:
            self._quarters.clear()
            self._told.clear()
            self._acts.clear()
        return changed

    @property
    def kept(self) -> bool:
        """Whether anything is kept."""
        return self._store is not None

    def told(self, told: PresenceInput) -> None:
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
        sums = self._quarters.get(start, QuarterHour(start))
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
            self._acts.append(AutomaticAct(now.wall.timestamp(), act, subject, why))

    async def run(self) -> None:
        """Write everything down once a minute, until cancelled; then once more."""
        try:
            await self._begin()
            while True:
                await asyncio.sleep(WRITE_EVERY_S)
                await self._write()
        finally:
            await self._write()

    async def _begin(self) -> None:
        """Erase what shall not be kept, or see whether what is kept is whole."""
        try:
            if self._to_erase is not None:
                await in_thread(self._to_erase.erase)
            if self._store is not None:
                await in_thread(self._store.check)
        except RoomctlError as error:
            _log.warning("history: %s", error)

    async def quarters(self, since: float, until: float) -> list[QuarterHour]:
        """Return the sums of the quarters that begin in a span of Unix time, oldest first."""
        if self._store is None:
            return []
        await self._write()
        return await in_thread(self._store.quarters, since, until)

    async def transitions(self, since: float, until: float) -> list[InputTransition]:
        """Return what presence was told in a span of Unix time, in that order."""
        if self._store is None:
            return []
        await self._write()
        return await in_thread(self._store.transitions, since, until)

    async def acts(self, since: float, until: float) -> list[AutomaticAct]:
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
            now = self._clock.now()
            quarters, acts = (*self._quarters.values(),), (*self._acts,)
            told = (*self._told,) if now.synced else ()
            if self._store is None or not (quarters or told or acts):
                return
            self._quarters.clear()
            self._acts.clear()
            if told:
                self._told.clear()
            offset_s = now.wall.timestamp() - now.mono_s
            transitions = [
                InputTransition(offset_s + t.at_s, t.at_s, t.kind, t.sensor, t.on) for t in told
            ]
            try:
                await in_thread(self._store.add, quarters, transitions, acts)
            except RoomctlError as error:
                self._put_back(quarters, told, acts)
                if not self._waiting:
                    _log.warning("history: waits to be written: %s", error)
                self._waiting = True
                return
            self._waiting = False
            try:
                await self._forget(self._store)
            except RoomctlError as error:
                _log.warning("history: what is old is not deleted: %s", error)

    def _put_back(
        self,
        quarters: Sequence[QuarterHour],
        told: Sequence[PresenceInput],
        acts: Sequence[AutomaticAct],
    ) -> None:
        """Have what could not be written wait, as far as there is room for it."""
        for late in quarters:
            began = self._quarters.get(late.start, QuarterHour(late.start))
            self._quarters[late.start] = _both(late, began)
        for oldest in sorted(self._quarters)[:-MOST_QUARTERS]:
            del self._quarters[oldest]
        self._told = deque([*told, *self._told], MOST_WAITING)
        self._acts = deque([*acts, *self._acts], MOST_WAITING)

    async def _forget(self, store: History) -> None:
        now = self._clock.now()
        if now.synced and now.mono_s >= self._forgot_s + FORGET_EVERY_S:
            self._forgot_s = now.mono_s
            table, wall = self._table, now.wall.timestamp()
            await in_thread(store.forget, wall, table.raw_days, table.days)


def _both(one: QuarterHour, other: QuarterHour) -> QuarterHour:
    """Return the sums of two parts of the same quarter."""
    return QuarterHour(
        one.start,
        one.occupied_s + other.occupied_s,
        one.vacant_s + other.vacant_s,
        one.unknown_s + other.unknown_s,
        one.call_s + other.call_s,
        one.arrivals + other.arrivals,
    )
