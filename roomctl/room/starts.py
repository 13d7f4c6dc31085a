"""How meetings begin here: each start judged (`meeting.first_try`), counted by month, and kept.

Nothing is counted while the wall clock is not proven: a start waits for its month. Of a meeting
nothing is kept but that it began, how, and on a platform of which kind. Knows no panel and no page.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from roomctl.clock import Clock, Moment
from roomctl.command import Source
from roomctl.config import Config
from roomctl.kind import IssueEntry, Part, RoomDevices
from roomctl.meeting.first_try import (
    MODES,
    STARTING,
    WHYS,
    FirstTry,
    Mode,
    StartOutcome,
    Why,
    share,
    touches_of,
)
from roomctl.roles import Role
from roomctl.room.commands import CommandRecord, CommandStatus
from roomctl.room.document import RoomDocument, StartCount, StartsEntry
from roomctl.room.issues import rated
from roomctl.room.meeting import CallControl
from roomctl.store import Store
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

KEPT_MONTHS = 24
MOST_WAITING = 1000  # outcomes without a month; then the oldest go
RETRY_S = 60.0  # for a disk that takes no writes
_FILE = "starts"
_IN_ROOM = (Role.PANEL, Role.GUEST)
_NO_FAULT = ("alert.", "calendar.", "clock.", "occupancy.", "storage.", "webhook.")  # staff's alone

Months = dict[str, dict[Mode, Counter[Why]]]


class Starts(Part):
    """The starts of one room; without a store they are counted until the end."""

    def __init__(
        self,
        config: Config,
        devices: RoomDevices,
        calls: CallControl,
        store: Store | None,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self.configure(config, devices)
        self._store, self._clock = store, clock
        self._first_try = FirstTry()
        self._state: tuple[str, str | None] = ("idle", None)
        self._undated: deque[tuple[float, StartOutcome]] = deque(maxlen=MOST_WAITING)
        kept = store.read(_FILE, _fits) if store is not None else {}
        self.months: Months = _months(kept)
        self.outcomes: Counter[tuple[str, str]] = Counter()
        """Since the program began: mode and why."""
        self.last: StartOutcome | None = None
        self._some = asyncio.Event()

    def configure(self, config: Config, devices: RoomDevices) -> None:
        self._ways = len(config.meeting.new)  # platforms on which a meeting is started here
        self._platforms, self._zone = self._calls.platforms, config.room.zone

    def share(self, month: str, mode: Mode) -> float | None:
        """Return the share of first-try starts of a month such as "2026-11"; None without one."""
        return share(self.months.get(month, {}).get(mode, {}))

    def sections(self, now: Moment) -> Mapping[str, object]:
        month = self._month(now.wall)
        modes = self.months.get(month, {})
        counts = {
            mode: StartCount(counts.total(), counts["first_try"]) for mode, counts in modes.items()
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
        if self._undated and self._clock.now().synced:
            self._date()

    async def run(self) -> None:
        """Write down what is counted, until cancelled; then once more."""
        try:
            while True:
                await self._some.wait()
                self._some.clear()
                if not await self._write():
                    await asyncio.sleep(RETRY_S)
                    self._some.set()
        finally:
            if self._some.is_set():
                await self._write()

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
            counts = self.months.setdefault(month, {}).setdefault(outcome.mode, Counter())
            counts[outcome.why] += 1
        for old in sorted(self.months)[:-KEPT_MONTHS]:
            del self.months[old]
        self._some.set()

    def _month(self, wall: datetime) -> str:
        return f"{wall.astimezone(self._zone):%Y-%m}"

    def _mode(self, key: str | None) -> Mode:
        platform = self._platforms.by_key.get(key or "")
        mode: Literal["assisted", "plain"] = "plain" if platform is None else platform.mode
        return mode

    async def _write(self) -> bool:
        """Keep the counts; False if the disk refuses."""
        if self._store is None:
            return True
        kept = {
            month: {mode: dict(counts) for mode, counts in modes.items()}
            for month, modes in self.months.items()
        }
        try:
            await in_thread(self._store.write, _FILE, {"months": kept})
        except OSError as error:
            _log.warning("meeting: how meetings began waits to be written: %s", error)
            return False
        return True


def _disturbs(issue: IssueEntry) -> bool:
    """Whether people in the room see it as a fault; what is staff's is not theirs."""
    return rated(issue).severity != "info" and not issue.code.startswith(_NO_FAULT)


def _fits(document: Mapping[str, Any]) -> bool:
    """Whether it is what was written; KeyError, ValueError or AttributeError otherwise."""
    counts: list[tuple[str, object]] = []
    for month, modes in document["months"].items():
        datetime.strptime(month, "%Y-%m")  # noqa: DTZ007 - a month has no zone
        if not modes.keys() <= set(MODES):
            return False
        counts += [pair for one in modes.values() for pair in one.items()]
    return all(why in WHYS and type(count) is int and 0 <= count < 10**9 for why, count in counts)


def _months(kept: Mapping[str, Any]) -> Months:
    return {
        month: {mode: Counter(counts) for mode, counts in modes.items()}
        for month, modes in kept.get("months", {}).items()
    }
