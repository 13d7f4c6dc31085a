"""How meetings begin here: each start judged (`meeting.first_try`), counted by month, and kept.

Nothing is counted while the wall clock is not proven: a start waits for its month. Of a meeting
nothing is kept but that it began, how, and on a platform of which kind: counts, in the table
`starts` of `history.sqlite`. Knows no panel and no page.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from roomctl.clock import Clock, Moment
from roomctl.command import Source
from roomctl.config import Config
from roomctl.errors import RoomctlError
from roomctl.kind import IssueEntry, Part, RoomDevices
from roomctl.meeting.first_try import (
    STARTING,
    FirstTry,
    Mode,
    StartOutcome,
    Why,
    touches_of,
)
from roomctl.roles import Role
from roomctl.room.commands import CommandRecord, CommandStatus
from roomctl.room.document import RoomDocument, StartCount, StartsEntry
from roomctl.room.issues import rated
from roomctl.room.meeting import CallControl
from roomctl.store import Database
from roomctl.wire import in_thread

if TYPE_CHECKING:
    from roomctl.store.database import Connection

_log = logging.getLogger(__name__)

KEPT_MONTHS = 24
MOST_WAITING = 1000  # outcomes without a month; then the oldest go
_IN_ROOM = (Role.PANEL, Role.GUEST)
_NO_FAULT = ("alert.", "calendar.", "clock.", "occupancy.", "storage.", "webhook.")  # staff's alone

Counts = dict[Mode, Counter[Why]]
_COUNT = """INSERT INTO starts (month, mode, why, count) VALUES (?, ?, ?, 1)
  ON CONFLICT (month, mode, why) DO UPDATE SET count = count + 1"""
_OLD = """DELETE FROM starts WHERE month NOT IN
  (SELECT DISTINCT month FROM starts ORDER BY month DESC LIMIT ?)"""


class Starts(Part):
    """The starts of one room."""

    def __init__(
        self,
        config: Config,
        devices: RoomDevices,
        calls: CallControl,
        database: Database,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._calls = calls
        self.configure(config, devices)
        self._database, self._clock, self._changed = database, clock, changed
        self._first_try = FirstTry()
        self._state: tuple[str, str | None] = ("idle", None)
        self._undated: deque[tuple[float, StartOutcome]] = deque(maxlen=MOST_WAITING)
        self._shown: tuple[str, Counts] = ("", {})  # a month and its counts, as they are kept
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """Since the program began: mode and why."""
        self.last: StartOutcome | None = None
        self._some = asyncio.Event()

    def configure(self, config: Config, devices: RoomDevices) -> None:
        self._ways = len(config.meeting.new)  # platforms on which a meeting is started here
        self._platforms, self._zone = self._calls.platforms, config.room.zone

    def months(self) -> dict[str, Counts]:
        """Return how meetings began, by month; RoomctlError if it cannot be read. Blocking."""
        return self._database.read(months)

    def sections(self, now: Moment) -> Mapping[str, object]:
        month = self._month(now.wall)
        shown, modes = self._shown
        counts = {
            mode: StartCount(counts.total(), counts["first_try"])
            for mode, counts in modes.items()
            if shown == month
        }
        return {"starts": StartsEntry(month, **counts)}

    def done(
        self, record: CommandRecord, arguments: Mapping[str, Any], source: Source, took_s: float
    ) -> None:
        """Take what became of a command."""
        at_s = self._clock.mono_s() - took_s
        here = source.role in _IN_ROOM
        touches = touches_of(record.type, arguments, self._ways) if here else 1
        self._first_try.touched(record.type, touches, at_s)
        if record.type in STARTING and record.status in (
            CommandStatus.REFUSED,
            CommandStatus.FAILED,
        ):
            self._first_try.fault()
            state, platform = self._state
            if state in ("idle", "ended", "failed"):
                self._note(self._first_try.refused(platform, self._mode(platform)))

    def changed(self, before: RoomDocument, after: RoomDocument) -> None:
        """Take what became new in the document."""
        known = {(one.code, one.subject) for one in before.issues}
        new = [one for one in after.issues if (one.code, one.subject) not in known]
        if any(map(_disturbs, new)):
            self._first_try.fault()
        self._state = (after.meeting.state, after.meeting.platform)
        self._follow()

    def tick(self) -> None:
        self._follow()
        now = self._clock.now()
        if self._undated and now.synced:
            self._date()
        if self._month(now.wall) != self._shown[0]:
            self._some.set()

    async def run(self) -> None:
        """Show what is kept of this month, whenever it changes; until cancelled."""
        while True:
            month = self._month(self._clock.now().wall)
            try:
                found = {} if self._database.is_empty else await in_thread(self.months)
            except RoomctlError as error:
                _log.warning("meeting: how meetings began cannot be read: %s", error)
                found = {}
            self._shown = (month, found.get(month, {}))
            self._changed()
            await self._some.wait()
            self._some.clear()

    def _follow(self) -> None:
        state, platform = self._state
        mode = self._mode(platform)
        self._note(self._first_try.follow(state, platform, mode, self._clock.mono_s()))

    def _note(self, outcome: StartOutcome | None) -> None:
        if outcome is None:
            return
        self.last = outcome
        self.outcomes[outcome.mode, outcome.why] += 1
        self._undated.append((self._clock.mono_s(), outcome))
        took = "no call" if outcome.took_s is None else f"in call after {outcome.took_s:.1f} s"
        _log.info("meeting: start: %s, %d touches, %s", outcome.why, outcome.touches, took)

    def _date(self) -> None:
        """Count what has waited for its month."""
        now = self._clock.now()
        while self._undated:
            at_s, outcome = self._undated.popleft()
            month = self._month(now.wall - timedelta(seconds=now.mono_s - at_s))
            self._database.note(partial(count, month=month, outcome=outcome))
        self._some.set()

    def _month(self, wall: datetime) -> str:
        return f"{wall.astimezone(self._zone):%Y-%m}"

    def _mode(self, key: str | None) -> Mode:
        platform = self._platforms.by_key.get(key or "")
        mode: Literal["assisted", "plain"] = "plain" if platform is None else platform.mode
        return mode


def _disturbs(issue: IssueEntry) -> bool:
    """Whether people in the room see it as a fault; what is staff's is not theirs."""
    return rated(issue).severity != "info" and not issue.code.startswith(_NO_FAULT)


def count(base: Connection, month: str, outcome: StartOutcome) -> None:
    """Count a start in a month such as "2026-11"; what is older than KEPT_MONTHS goes."""
    base.execute(_COUNT, (month, outcome.mode, outcome.why))
    base.execute(_OLD, (KEPT_MONTHS,))


def months(base: Connection) -> dict[str, Counts]:
    """Return how meetings began, by month."""
    found: dict[str, Counts] = {}
    for month, mode, why, number in base.execute("SELECT month, mode, why, count FROM starts"):
        found.setdefault(month, {}).setdefault(mode, Counter())[why] = number
    return found
