"""What happens in the room, told to other programs: a CloudEvent to each [[webhook]] that wants it.

Each receiver has an outbox of its own, emptied in order by a task of its own: one that is slow or
gone delays nobody else, and never the room. What is not delivered is tried again, after 1 s, 2 s,
4 s and so on up to 5 min, each time a little sooner by chance, so that a hundred rooms do not come
back at once. An event that a receiver refuses for good (EventRefused) is left out after a few
tries, so that it does not hold up those behind it; it is kept aside, and an issue says how many. An
outbox holds 500 events of 24 h at most; beyond that the oldest are lost, and an issue says how
many. What waits is on the disk within 5 s and outlives a restart: an event arrives at least once,
and its id tells a repeat. Knows no HTTP: that is `Post`'s.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import random
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from roomctl.clock import Clock, Moment
from roomctl.command import Param
from roomctl.config import Config, WebhookTable
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry, Part, RoomDevices
from roomctl.room.document import RoomDocument
from roomctl.room.happenings import EventDetector, RoomEvent
from roomctl.store import Store
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

MOST = 500  # events of one outbox
OLDEST_S = 24 * 3600.0
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 300.0
WRITE_AFTER_S = 5.0  # what is delivered by then never touches the disk
TOLD_S = 3600.0  # so long an issue speaks of events that were lost
REFUSALS = 4  # of one event, within some 7 s; then it is left out
REFUSED_KEPT = 50  # events of one receiver that are kept aside
FAILING = 3  # tries that failed, one after the other, before people are told

_FILE = "webhooks"

Event = dict[str, Any]
"""A CloudEvent, as it goes out."""

Post = Callable[[WebhookTable, str, bytes, datetime], Awaitable[None]]
"""Sends one event: to whom, its id, its body, and the time. RoomctlError: it was not taken."""


class EventRefused(RoomctlError):
    """A receiver says that it will never take this event; others it may."""


@frozen
class _Waiting:
    """An event that waits, and since when."""

    event: Event
    at_s: float


class Outbox:
    """What one receiver is still to be told, the oldest first. Pure: time is an argument."""

    def __init__(self) -> None:
        self.due_s = 0.0  # when it is tried next
        self.failures = 0  # since the last time that something arrived
        self.lost, self.lost_s = 0, 0.0
        self.failing_since: Moment | None = None
        self.lost_since: Moment | None = None
        self.refused, self.refused_s = 0, 0.0
        self.refused_since: Moment | None = None
        self.aside: deque[Event] = deque(maxlen=REFUSED_KEPT)  # what was refused, the oldest first
        self._refusals = 0  # of the head
        self._queue: deque[_Waiting] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def head(self) -> Event | None:
        """What is told next."""
        return self._queue[0].event if self._queue else None

    @property
    def events(self) -> list[Event]:
        """All that waits."""
        return [one.event for one in self._queue]

    def add(self, event: Event, at_s: float, now: Moment) -> None:
        """Have an event wait that happened at `at_s`."""
        self._queue.append(_Waiting(event, at_s))
        if len(self._queue) > MOST:
            self._lose(1, now)

    def take_over(self, other: Outbox) -> None:
        """Have what waits in another one wait here, too."""
        self._queue.extend(other._queue)
        self.aside.extend(other.aside)

    def expire(self, now: Moment) -> None:
        """Lose what is too old."""
        limit_s = now.mono_s - OLDEST_S
        old = sum(one.at_s < limit_s for one in self._queue)
        if old:
            self._lose(old, now)

    def arrived(self, event: Event) -> None:
        """Note that an event was taken; it may have been lost meanwhile."""
        if self.head is event:
            self._queue.popleft()
        self.failures, self.due_s, self.failing_since, self._refusals = 0, 0.0, None, 0

    def failed(self, now: Moment, chance: float) -> None:
        """Note that the receiver did not take the oldest; `chance` is 0 to 1."""
        wait_s = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(self.failures, 16))
        self.failures += 1
        self.due_s = now.mono_s + wait_s * (1 - chance / 2)
        self.failing_since = self.failing_since or now

    def refuse(self, event: Event, now: Moment, chance: float) -> bool:
        """Note that the receiver refuses the oldest for good; return whether it is left out now."""
        self._refusals += 1
        if self._refusals < REFUSALS:
            self.failed(now, chance)
            return False
        self.arrived(event)
        self.aside.append(event)
        recent = self.refused_since is not None and now.mono_s - self.refused_s < TOLD_S
        self.refused = self.refused + 1 if recent else 1
        self.refused_since = self.refused_since if recent else now
        self.refused_s = now.mono_s
        return True

    def _lose(self, number: int, now: Moment) -> None:
        self._refusals = 0
        for _ in range(number):
            self._queue.popleft()
        recent = self.lost_since is not None and now.mono_s - self.lost_s < TOLD_S
        self.lost = self.lost + number if recent else number
        self.lost_since = self.lost_since if recent else now
        self.lost_s = now.mono_s


class _Line:
    """A receiver, its outbox, and what wakes the task that empties it."""

    def __init__(self, number: int, table: WebhookTable) -> None:
        self.table, self.outbox, self.news = table, Outbox(), asyncio.Event()
        self.name = f"webhook.{number}"
        self.key = hashlib.blake2b(table.url.reveal().encode(), digest_size=16).hexdigest()


class Webhooks(Part):
    """All receivers of a room."""

    def __init__(
        self,
        tables: Sequence[WebhookTable],
        post: Post | None,
        store: Store | None,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        """`post` None: nobody is told."""
        self._post, self._store, self._clock, self._changed = post, store, clock, changed
        self._dirty = asyncio.Event()
        self._left: dict[str, Outbox] = {}  # of receivers that may come back
        self._written: dict[str, dict[str, list[Event]]] = {"waiting": {}, "refused": {}}
        self._have(tables)
        self._take_over()

    def _have(self, tables: Sequence[WebhookTable]) -> None:
        self._tables, self._detector = tables, EventDetector()
        told = tables if self._post is not None else ()
        self._lines = [_Line(number, table) for number, table in enumerate(told, 1)]

    def configure(self, config: Config, devices: RoomDevices) -> bool:
        """Tell the receivers of this room.toml; what waits for one goes on waiting."""
        if config.webhook == self._tables:
            return False
        self._left |= {line.key: line.outbox for line in self._lines}
        self._have(config.webhook)
        for line in self._lines:
            if (outbox := self._left.get(line.key)) is not None:
                line.outbox.take_over(outbox)
        self._dirty.set()
        return True

    def happened(self, before: RoomDocument, after: RoomDocument) -> None:
        """Have told what happened between two documents."""
        if not self._lines:
            return
        now = self._clock.now()
        for one in self._detector.see(before, after):
            event = _event(one, after.identity.id, now)
            for line in self._lines:
                if one.event in line.table.events:
                    line.outbox.add(event, now.mono_s, now)
                    line.news.set()
                    self._dirty.set()

    def issues(self, now: Moment) -> Iterator[IssueEntry]:
        for line in self._lines:
            outbox, host = line.outbox, line.table.host
            if outbox.failures >= FAILING and outbox.failing_since is not None:
                since = outbox.failing_since.wall
                yield IssueEntry("webhook.failing", line.name, {"host": host}, since)
            if outbox.lost_since is not None and now.mono_s - outbox.lost_s < TOLD_S:
                params: dict[str, Param] = {"host": host, "count": outbox.lost}
                yield IssueEntry("webhook.lost", line.name, params, outbox.lost_since.wall)
            if outbox.refused_since is not None and now.mono_s - outbox.refused_s < TOLD_S:
                params = {"host": host, "count": outbox.refused}
                yield IssueEntry("webhook.refused", line.name, params, outbox.refused_since.wall)

    async def run(self) -> None:
        """Tell every receiver, and keep what waits, until cancelled."""
        works = (*(self._deliver(line) for line in self._lines), self._keep())
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)

    async def close(self) -> None:
        """Write down what waits."""
        await self._write()

    async def _deliver(self, line: _Line) -> None:
        outbox = line.outbox
        while True:
            line.news.clear()
            now = self._clock.now()
            outbox.expire(now)
            if (event := outbox.head) is None:
                await line.news.wait()
            elif outbox.due_s > now.mono_s:
                await asyncio.sleep(outbox.due_s - now.mono_s)
            else:
                await self._tell(line, event)

    async def _tell(self, line: _Line, event: Event) -> None:
        outbox, body = line.outbox, json.dumps(event).encode()
        assert self._post is not None  # noqa: S101 - or there is no line
        try:
            await self._post(line.table, event["id"], body, self._clock.now().wall)
        except EventRefused as error:
            self._refused(line, event, error)
        except RoomctlError as error:
            if not outbox.failures:
                _log.warning("%s: %s; %d events wait", line.name, error, len(outbox))
            self._again(outbox)
        except Exception:  # of ours: it costs this receiver a try, and never the room
            _log.exception("%s: an event could not be sent", line.name)
            self._again(outbox)
        else:
            self._taken(line, event)

    def _refused(self, line: _Line, event: Event, error: EventRefused) -> None:
        outbox, chance = line.outbox, random.random()  # noqa: S311 - no secret
        if outbox.refuse(event, self._clock.now(), chance):
            kind, event_id = event["type"], event["id"]
            _log.warning("%s: %s; %s %s is left out", line.name, error, kind, event_id)
            self._dirty.set()
            self._changed()

    def _again(self, outbox: Outbox) -> None:
        outbox.failed(self._clock.now(), random.random())  # noqa: S311 - no secret
        if outbox.failures == FAILING:
            self._changed()

    def _taken(self, line: _Line, event: Event) -> None:
        outbox = line.outbox
        if outbox.failures:
            _log.info("%s: accepts events again", line.name)
            self._changed()
        outbox.arrived(event)
        self._dirty.set()

    async def _keep(self) -> None:
        while True:
            await self._dirty.wait()
            await asyncio.sleep(WRITE_AFTER_S)
            self._dirty.clear()
            await self._write()

    async def _write(self) -> None:
        waiting = {line.key: line.outbox.events for line in self._lines if line.outbox.head}
        aside = {line.key: [*line.outbox.aside] for line in self._lines if line.outbox.aside}
        kept = {"waiting": waiting, "refused": aside}
        if self._store is None or kept == self._written:
            return
        try:
            await in_thread(self._store.write, _FILE, kept)
        except (OSError, ValueError) as error:  # half a surrogate is no text
            _log.warning("webhooks: what waits is lost with a restart: %s", error)
            return
        self._written = kept

    def _take_over(self) -> None:
        """Go on with what waited when the program ended."""
        if self._store is None:
            return
        now = self._clock.now()
        kept = self._store.read(_FILE, _fits)
        self._written = {name: kept.get(name, {}) for name in ("waiting", "refused")}
        for line in self._lines:
            line.outbox.aside.extend(self._written["refused"].get(line.key, ()))
            for event in self._written["waiting"].get(line.key, ()):
                age_s = (now.wall - datetime.fromisoformat(event["time"])).total_seconds()
                line.outbox.add(event, now.mono_s - max(0.0, age_s), now)


def _event(one: RoomEvent, room_id: str, now: Moment) -> Event:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/rooms/{room_id}",
        "type": f"roomctl.{one.event}",
        "subject": one.subject,
        "time": now.wall.isoformat(),
        "datacontenttype": "application/json",
        "clockproven": now.synced,
        "data": one.data,
    }


def _fits(document: dict[str, Any]) -> bool:
    """Whether it is what was written; an error in the reading says no, too."""
    lists = [*document["waiting"].values(), *document.get("refused", {}).values()]
    every: Iterable[Event] = (one for events in lists for one in events)
    return all(
        isinstance(one["id"], str) and datetime.fromisoformat(one["time"]).tzinfo for one in every
    )
