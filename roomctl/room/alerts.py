"""What is wrong in the room, told to people: a message to each [alert.NAME] when it is time.

A message is made of what is so at the moment when it is sent, never of what was so when a network
was away: what lasts is told once, again after 24 h, and once when it is over. What came and went
while nothing could be sent (quiet hours, the most of an hour, a server that is gone) is told as a
number with the next message. So nothing piles up, however long nobody takes anything. What was
told outlives a restart. Each receiver has a task of its own. Knows no HTTP and no mail: that is
`Send`'s.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from fnmatch import fnmatchcase
from typing import Any

from roomctl.clock import Clock, Moment
from roomctl.config import AlertTable, Config
from roomctl.errors import Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry, Part, RoomDevices
from roomctl.room.alert_words import (
    AlertMessage,
    AlertPlace,
    AlertUpdate,
    IssueWords,
    issue_words,
    message,
    test_message,
)
from roomctl.room.document import DeviceEntry, RoomDocument
from roomctl.room.issues import RatedIssue, Severity, rated
from roomctl.rules import within_hours
from roomctl.store import Store
from roomctl.wire import in_thread
from roomctl.words import Language, panel_texts

_log = logging.getLogger(__name__)

AGAIN_S = 24 * 3600.0  # what lasts is told again
OVER_S = 60.0  # so long something is gone before it is said to be over; a flicker is no news
HOUR_S = 3600.0
FIRST_RETRY_S, LAST_RETRY_S = 5.0, 900.0
FAILING = 3  # tries that failed, one after the other, before the room says so
TEST_EVERY_S = 10.0
LEAST_S = 0.05  # so long at least it is waited, whatever a clock says
MOST_KEPT = 500  # issues of one receiver that are known

_FILE = "alerts"
_RANKS: tuple[Severity, ...] = ("info", "warning", "error")

Send = Callable[[AlertTable, AlertMessage, datetime], Awaitable[None]]
"""Sends a message: to whom, what, and the time. RoomctlError: it was not taken, and why."""


class AlertRefused(RoomctlError):
    """A receiver says that its url, key or password is wrong: it is asked seldom from now on."""


@frozen
class AlertTest:
    """What became of a test message. `why`: one English sentence without any secret."""

    alert: str
    service: str
    host: str
    arrived: bool
    why: str | None


@dataclass(slots=True)
class _Case:
    """An issue as one receiver knows it; instants are monotonic. `told_s`: the last time."""

    since_s: float
    gone_s: float | None = None
    told_s: float | None = None
    words: IssueWords | None = None  # as they were told


class AlertBook:
    """What one receiver was told, and is to be told when. Pure: time is an argument."""

    def __init__(self, table: AlertTable, zone: tzinfo) -> None:
        self.table, self.zone = table, zone
        self.cases: dict[str, _Case] = {}
        self.sent: deque[float] = deque()  # when, in the last hour
        self.missed = 0
        self.failures, self.due_s = 0, 0.0
        self.failing_since: Moment | None = None

    def wants(self, issue: RatedIssue) -> bool:
        """Whether this receiver is told of such an issue at all."""
        table = self.table
        named = not table.codes or any(fnmatchcase(issue.code, one) for one in table.codes)
        ignored = any(fnmatchcase(issue.code, one) for one in table.ignore)
        return (
            named and not ignored and _RANKS.index(issue.severity) >= _RANKS.index(table.severity)
        )

    def see(self, keys: Iterable[str], now: Moment) -> None:
        """Take which issues there are now, by their ids."""
        there = {*keys}
        for key, case in self.cases.items():
            if key not in there and case.gone_s is None:
                case.gone_s = now.mono_s
        for key in there:
            if key in self.cases:
                self.cases[key].gone_s = None
            elif len(self.cases) < MOST_KEPT:
                self.cases[key] = _Case(now.mono_s)

    def news(self, now: Moment) -> AlertUpdate | None:
        """Return what is to be told now; None: nothing, or not now."""
        self._forget(now)
        if self._held_until(now) > now.mono_s:
            return None
        found: dict[str, list[str]] = {"opened": [], "still": [], "over": []}
        for key, case in self.cases.items():
            what, at_s = self._next(case)
            if what in found and at_s <= now.mono_s:
                found[what].append(key)
        if not any(found.values()):
            return None
        return AlertUpdate(
            **{what: tuple(keys) for what, keys in found.items()}, missed=self.missed
        )

    def next_s(self, now: Moment) -> float | None:
        """Return when there is something to be told, or to be forgotten, next."""
        times = [self._next(case)[1] for case in self.cases.values()]
        if not times:
            return None
        held_s = self._held_until(now)
        return max(min(times), held_s if held_s > now.mono_s else min(times))

    def arrived(self, news: AlertUpdate, words: Mapping[str, IssueWords], now: Moment) -> None:
        """Note that a message was taken."""
        for key in (*news.opened, *news.still):
            if (case := self.cases.get(key)) is not None:
                case.told_s, case.words = now.mono_s, words[key]
        for key in news.over:
            case = self.cases.get(key)
            if case is not None and case.gone_s is not None:
                del self.cases[key]
        self.missed = max(0, self.missed - news.missed)
        self.sent.append(now.mono_s)
        self.failures, self.due_s, self.failing_since = 0, 0.0, None

    def failed(self, now: Moment, chance: float, *, refused: bool) -> None:
        """Note that a message was not taken; `chance` is 0 to 1."""
        wait_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(self.failures, 16))
        self.failures = max(self.failures + 1, FAILING if refused else 0)
        self.due_s = now.mono_s + (LAST_RETRY_S if refused else wait_s) * (1 - chance / 2)
        self.failing_since = self.failing_since or now

    def _next(self, case: _Case) -> tuple[str, float]:
        """Return what comes next of a case, and when."""
        if case.gone_s is not None:
            return "over" if case.told_s is not None else "gone", case.gone_s + OVER_S
        if case.told_s is not None:
            return "still", case.told_s + AGAIN_S
        return "opened", case.since_s + self.table.after_s

    def _forget(self, now: Moment) -> None:
        """Leave out what is over and was never told; count what should have been."""
        for key, case in [*self.cases.items()]:
            what, at_s = self._next(case)
            if what == "gone" and at_s <= now.mono_s:
                del self.cases[key]
                self.missed += (case.gone_s or 0.0) - case.since_s >= self.table.after_s

    def _held_until(self, now: Moment) -> float:
        """Return until when nothing is told: a try that failed, the hour's most, quiet hours."""
        while self.sent and self.sent[0] <= now.mono_s - HOUR_S:
            self.sent.popleft()
        full = len(self.sent) >= self.table.most_per_hour
        often_s = self.sent[0] + HOUR_S if full else 0.0
        return max(self.due_s, often_s, now.mono_s + self._quiet_s(now))

    def _quiet_s(self, now: Moment) -> float:
        """Return how long quiet hours still last; 0 without any, and while no hour is proven."""
        hours = self.table.quiet_hours
        if hours is None or not now.synced or not within_hours(hours, now.wall, self.zone):
            return 0.0
        local = now.wall.astimezone(self.zone)
        end = datetime.combine(local.date(), hours[1], self.zone)
        if end <= local:
            end = datetime.combine(local.date() + timedelta(days=1), hours[1], self.zone)
        return max(1.0, end.timestamp() - now.wall.timestamp())


class _Line:
    """A receiver, its book, and what wakes the task that tells it."""

    def __init__(self, name: str, table: AlertTable, zone: tzinfo) -> None:
        self.alert, self.name = name, f"alert.{name}"
        self.table, self.book, self.news = table, AlertBook(table, zone), asyncio.Event()
        self.tested_s = -TEST_EVERY_S
        self.key = hashlib.blake2b(table.url.reveal().encode(), digest_size=16).hexdigest()


class Alerts(Part):
    """All [alert.NAME] of a room."""

    def __init__(
        self,
        config: Callable[[], Config],
        send: Send | None,
        store: Store | None,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._config, self._send, self._store = config, send, store
        self._clock, self._changed = clock, changed
        self._issues: Mapping[str, RatedIssue] = {}
        self._devices: Sequence[DeviceEntry] = ()
        self._seen: tuple[IssueEntry, ...] | None = None
        self._document: RoomDocument | None = None  # the newest
        self._left: dict[str, AlertBook] = {}  # of receivers that may come back
        self._over = asyncio.Event()  # that never comes
        self._have(config())
        self._take_over()

    def _have(self, config: Config) -> None:
        told = config.alert if self._send is not None else {}
        self._lines = {name: _Line(name, table, config.room.zone) for name, table in told.items()}
        self._configured = config.alert, config.room

    def configure(self, config: Config, devices: RoomDevices) -> bool:
        """Tell the people of this room.toml; what one was told before is not told again."""
        if (config.alert, config.room) == self._configured:
            return False
        self._left |= {line.key: line.book for line in self._lines.values()}
        self._have(config)
        for line in self._lines.values():
            if (told := self._left.get(line.key)) is not None:
                line.book.cases, line.book.sent = told.cases, told.sent
                line.book.missed = told.missed
        self._seen = None
        if self._document is not None:
            self.happened(self._document)
        return True

    def happened(self, document: RoomDocument) -> None:
        """Take what a document says is wrong."""
        self._document, self._devices = document, document.devices
        if not self._lines or document.issues == self._seen:
            return
        self._seen, now = document.issues, self._clock.now()
        every = map(rated, document.issues)
        self._issues = {one.id: one for one in every}
        for line in self._lines.values():
            wanted = (
                key
                for key, one in self._issues.items()
                if line.book.wants(one) and one.subject != line.name  # it would not arrive
            )
            line.book.see(wanted, now)
            line.news.set()

    def issues(self, now: Moment) -> Iterator[IssueEntry]:
        for line in self._lines.values():
            book = line.book
            if book.failures >= FAILING and book.failing_since is not None:
                params = {"name": line.alert, "host": line.table.host}
                yield IssueEntry("alert.failing", line.name, {**params}, book.failing_since.wall)

    async def test(self, name: str) -> AlertTest:
        """Send a test message now, whatever was sent before. Refused: there is none, too often."""
        line = self._lines.get(name)
        if line is None or self._send is None:
            known = ", ".join(self._lines) or "none"
            raise Refused("room", "unknown_alert", f"has no [alert.{name}]; there is: {known}")
        now = self._clock.now()
        if now.mono_s - line.tested_s < TEST_EVERY_S:
            why = f"{line.name} was tested less than {TEST_EVERY_S:g} s ago; wait a moment"
            raise Refused("room", "too_often", why)
        line.tested_s, address = now.mono_s, line.table.address
        wrong: str | None = None
        try:
            await self._send(line.table, test_message(self._place(line.table)), now.wall)
        except RoomctlError as error:
            wrong = str(error)
        except Exception:  # of ours
            _log.exception("%s: a test message could not be sent", line.name)
            wrong = f"{line.name}: could not be sent, by a fault of the program; its log has more"
        return AlertTest(name, address.service, address.host, wrong is None, wrong)

    async def run(self) -> None:
        """Tell every receiver, until cancelled; of none it waits for the end."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._over.wait())
            for line in self._lines.values():
                group.create_task(self._deliver(line))

    async def close(self) -> None:
        """Write down what was told."""
        await self._write()

    async def _deliver(self, line: _Line) -> None:
        book = line.book
        await in_thread(panel_texts, self._language(line.table))
        while True:
            line.news.clear()
            now = self._clock.now()
            if (news := book.news(now)) is not None:
                await self._tell(line, news)
                continue
            at_s = book.next_s(now)
            rest_s = HOUR_S if at_s is None else min(HOUR_S, at_s - now.mono_s)  # clocks are set
            with suppress(TimeoutError):
                async with asyncio.timeout(max(LEAST_S, rest_s)):
                    await line.news.wait()

    async def _tell(self, line: _Line, news: AlertUpdate) -> None:
        book, place = line.book, self._place(line.table)
        assert self._send is not None  # noqa: S101 - or there is no line
        try:
            words = {key: self._words(key, book, place) for key in news.opened + news.still}
            words |= {key: self._told(key, book, place) for key in news.over}
            await self._send(line.table, message(news, words, place), self._clock.now().wall)
        except RoomctlError as error:
            if not book.failures:
                _log.warning("%s: %s", line.name, error)
            self._again(line, refused=isinstance(error, AlertRefused))
        except Exception:  # of ours: it costs this receiver a try, and never the room
            _log.exception("%s: a message could not be sent", line.name)
            self._again(line, refused=False)
        else:
            if book.failures:
                _log.info("%s: accepts messages again", line.name)
                self._changed()
            book.arrived(news, words, self._clock.now())
            await self._write()

    def _again(self, line: _Line, *, refused: bool) -> None:
        before, chance = line.book.failures, random.random()  # noqa: S311 - no secret
        line.book.failed(self._clock.now(), chance, refused=refused)
        if before < FAILING <= line.book.failures:
            self._changed()

    def _words(self, key: str, book: AlertBook, place: AlertPlace) -> IssueWords:
        """Return what an issue is called now; one that is gone for a moment, as it was told."""
        if (issue := self._issues.get(key)) is not None:
            return issue_words(issue, self._devices, place.language)
        return self._told(key, book, place)

    def _told(self, key: str, book: AlertBook, place: AlertPlace) -> IssueWords:
        words = book.cases[key].words
        return words or IssueWords(key.partition(":")[0], "", self._clock.now().wall)

    def _language(self, table: AlertTable) -> Language:
        return table.language or self._config().room.language

    def _place(self, table: AlertTable) -> AlertPlace:
        config = self._config()
        room = config.room
        where = ", ".join(filter(None, (room.display_name, room.building, room.floor_label)))
        page = f"{config.api.url}/facilities" if config.api.url else ""
        return AlertPlace(room.display_name, where, room.zone, page, self._language(table))

    async def _write(self) -> None:
        if self._store is None or not self._lines:
            return
        now = self._clock.now()

        def wall(at_s: float) -> str:
            return (now.wall - timedelta(seconds=now.mono_s - at_s)).isoformat()

        kept = {
            line.key: {
                "told": {
                    key: {
                        "at": wall(case.told_s),
                        "what": case.words.what,
                        "since": case.words.since.isoformat(),
                    }
                    for key, case in line.book.cases.items()
                    if case.told_s is not None and case.words is not None
                },
                "sent": [wall(at_s) for at_s in line.book.sent],
                "missed": line.book.missed,
            }
            for line in self._lines.values()
        }
        try:
            await in_thread(self._store.write, _FILE, {"receivers": kept})
        except (OSError, ValueError) as error:  # half a surrogate is no text
            _log.warning("alerts: sent issues are sent again after a restart: %s", error)

    def _take_over(self) -> None:
        """Go on from what was told when the program ended."""
        if self._store is None or not self._lines:
            return
        now = self._clock.now()

        def mono_s(at: str) -> float:
            """Return when that was; a clock that was set meanwhile makes nothing older or newer."""
            age_s = (now.wall - datetime.fromisoformat(at)).total_seconds()
            return now.mono_s - max(0.0, age_s if now.synced else 0.0)

        kept = self._store.read(_FILE, _fits).get("receivers", {})
        for line in self._lines.values():
            known, book = kept.get(line.key), line.book
            if known is None:
                continue
            for key, one in known["told"].items():
                words = IssueWords(one["what"], "", datetime.fromisoformat(one["since"]))
                at_s = mono_s(one["at"])
                book.cases[key] = _Case(at_s, gone_s=now.mono_s, told_s=at_s, words=words)
            book.sent.extend(mono_s(at) for at in known["sent"])
            book.missed = known["missed"]


def _fits(document: dict[str, Any]) -> bool:
    """Whether it is what was written; an error in the reading says no, too."""
    receivers = document["receivers"].values()
    times = [at for one in receivers for at in one["sent"]]
    told = [each for one in receivers for each in one["told"].values()]
    times += [each[at] for each in told for at in ("at", "since")]
    texts = all(isinstance(each["what"], str) for each in told)
    counts = all(type(one["missed"]) is int for one in receivers)
    return texts and counts and all(datetime.fromisoformat(at).tzinfo for at in times)
