"""Who did what in the room: every command that was accepted, and what became of it.

It is noted when it has ended, and written down beside the loop: no stop and no mute waits for it.
Who changes who may what, or the configuration, is answered once that is on the disk.
Of the arguments only those are kept that name a thing or a number: no link, text, name or passcode.

- A finger that holds a camera, or `camera.drive` again and again, is one entry: that it began.
- The chain is looked at a minute after the start, every day, and whenever somebody asks; one that
  is broken is an issue, `audit.broken`, until it is found sound.
- Of one caller 600 entries an hour are kept, and 20 refusals; what is more is counted, and told at
  the end of the hour as one entry for each kind (`times`). So nobody can flood out what was before.
  Changes of access and configuration are counted by themselves: no other work hides them.

Knows no HTTP and no command.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from roomctl.clock import Clock, Moment
from roomctl.command import Param, Source
from roomctl.errors import RoomctlError
from roomctl.kind import IssueEntry, Part
from roomctl.store import AuditEntry, AuditEvent, AuditLog, AuditVerdict
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

WRITE_S = 1.0  # so long entries gather for one writing
RETRY_S = 10.0  # for a disk that takes no writes
HOUR_S = 3600.0
ENTRIES_AN_HOUR, REFUSALS_AN_HOUR = 600, 20  # of one caller
MOST_WAITING = 2000  # entries for a disk that takes none; then the oldest are only counted
STILL_S = 2.0  # a camera that was left alone for longer is moved anew
REMEMBERED = 256  # of what is going on
FIRST_LOOK_S, LOOK_S = 60.0, 24 * 3600.0  # at the chain; a start has other things to do
CALLERS = 1000  # that are told apart within an hour

_Kept = Literal["refused", "soon", "durably"]

HOLD = "camera.hold"
_GOES_ON = frozenset({HOLD, "camera.drive"})
_TELLING = frozenset(
    (
        *(
            "about",
            "act",
            "camera",
            "device",
            "display",
            "how",
            "input",
            "key",
            "light",
            "mode",
            "may",
        ),
        *("platform", "role", "scope", "session", "sensor", "speakerphone", "when"),
    )
)
"""Texts that tell no secret: things of room.toml, words from a closed list. Numbers tell none."""
_NAMED = ("audio.device", "POST /", "PATCH /", "DELETE /", "PUT /api/v1/people/")  # of a `name`
_SECRETIVE = ("screen.", "POST /api/v1/staff/sign-in")
"""What is typed on a page, which may ask for a passcode; a name that may be a password."""
_LONGEST = 128  # characters of an argument


@dataclass(slots=True)
class _Hour:
    """What one caller has done since `began_s`; `more` was only counted."""

    began_s: float
    said: int = 0
    more: dict[tuple[str, str], AuditEvent] = field(default_factory=dict)


class Audit(Part):
    """The record of one room; without a log nothing is kept."""

    def __init__(self, log: AuditLog | None, clock: Clock) -> None:
        self._store, self._clock = log, clock
        self._waiting: deque[AuditEvent] = deque()
        self._lost = 0
        self._hours: dict[tuple[str, str, _Kept], _Hour] = {}
        self._going_on: OrderedDict[tuple[str, ...], float] = OrderedDict()
        self._some = asyncio.Event()
        self._writing = asyncio.Lock()
        self._refused = False  # by the disk
        self._broken: IssueEntry | None = None

    @property
    def kept(self) -> bool:
        """Whether anything is kept."""
        return self._store is not None

    @property
    def pending(self) -> int:
        """How many entries wait to be written."""
        return len(self._waiting)

    def note(self, source: Source, command: str, arguments: Mapping[str, Any], result: str) -> None:
        """Take note of what somebody did, or was refused; `result` is a status and a code."""
        self._note(source, command, arguments, result)

    async def note_durably(
        self, source: Source, command: str, arguments: Mapping[str, Any], result: str
    ) -> None:
        """Take note of a change of access or configuration; return once it is on the disk.

        A disk that takes no writes is tried again later, as for all that is noted.
        """
        self._note(source, command, arguments, result, "durably")
        await self._write()

    def _note(
        self,
        source: Source,
        command: str,
        arguments: Mapping[str, Any],
        result: str,
        kept: _Kept = "soon",
    ) -> None:
        if self._store is None:
            return
        now = self._clock.now()
        told = telling(command, arguments)
        if command in _GOES_ON and self._goes_on(source, command, told, result, now.mono_s):
            return
        event = AuditEvent(
            now.wall,
            now.synced,
            source.role,
            source.name,
            source.address,
            command,
            told,
            result,
        )
        self._count(event, now.mono_s, "refused" if result.startswith("refused") else kept)

    def tick(self) -> None:
        now_s = self._clock.mono_s()
        for caller in [c for c, hour in self._hours.items() if now_s - hour.began_s >= HOUR_S]:
            self._tell_more(self._hours.pop(caller))

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        return () if self._broken is None else (self._broken,)

    async def run(self) -> None:
        """Write down what is noted, look at the chain; until cancelled, then write once more."""
        looking = asyncio.create_task(self._look())
        try:
            while True:
                await self._some.wait()
                self._some.clear()
                await asyncio.sleep(RETRY_S if self._refused else WRITE_S)
                await self._write()
        finally:
            looking.cancel()
            for hour in self._hours.values():
                self._tell_more(hour)
            self._hours.clear()
            await self._write()

    async def entries(
        self, after: int | None, since: datetime | None, limit: int
    ) -> list[AuditEntry]:
        """Return entries, oldest first, see AuditLog.entries; RoomctlError if none can be read."""
        if self._store is None:
            return []
        await self._write()
        return await in_thread(self._store.entries, after, since, limit)

    async def verify(self) -> AuditVerdict | None:
        """Return whether the record is as it was written; None: nothing is kept."""
        if self._store is None:
            return None
        await self._write()
        verdict = await in_thread(self._store.verify)
        self._judge(verdict)
        return verdict

    async def _look(self) -> None:
        rest_s = FIRST_LOOK_S
        while True:
            await asyncio.sleep(rest_s)
            rest_s = LOOK_S
            with contextlib.suppress(RoomctlError):  # a disk that cannot be read is told elsewhere
                await self.verify()

    def _judge(self, verdict: AuditVerdict) -> None:
        """Have a broken chain be an issue: since when nobody knows, so since it was found."""
        if verdict.broken is None:
            self._broken = None
        elif self._broken is None or self._broken.params["entry"] != verdict.broken:
            _log.error("audit: entry %d %s", verdict.broken, verdict.why)
            params: dict[str, Param] = {"entry": verdict.broken, "detail": verdict.why}
            self._broken = IssueEntry("audit.broken", "audit", params, self._clock.now().wall)

    def _goes_on(
        self,
        source: Source,
        command: str,
        told: Mapping[str, Any],
        result: str,
        now_s: float,
    ) -> bool:
        """Whether this only goes on with what was noted already."""
        key = (source.role, source.name, command, str(told.get("camera")), result)
        before_s = self._going_on.pop(key, None)
        self._going_on[key] = now_s
        if len(self._going_on) > REMEMBERED:
            self._going_on.popitem(last=False)
        return before_s is not None and now_s - before_s < STILL_S

    def _count(self, event: AuditEvent, now_s: float, kept: _Kept) -> None:
        caller = (event.role, event.name, kept)
        hour = self._hours.get(caller)
        if hour is None and len(self._hours) >= CALLERS:
            caller = ("many", "many", kept)
            hour = self._hours.get(caller)
        if hour is None or now_s - hour.began_s >= HOUR_S:
            if hour is not None:
                self._tell_more(hour)
            hour = self._hours[caller] = _Hour(now_s)
        hour.said += 1
        if hour.said <= (REFUSALS_AN_HOUR if kept == "refused" else ENTRIES_AN_HOUR):
            self._put(event)
            return
        kind = (event.command, event.result)
        more = hour.more.get(kind)
        times = 1 if more is None else more.times + 1
        hour.more[kind] = replace(event, arguments={}, times=times)

    def _tell_more(self, hour: _Hour) -> None:
        for event in hour.more.values():
            self._put(event)

    def _put(self, event: AuditEvent) -> None:
        self._waiting.append(event)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._lost += 1
        self._some.set()

    async def _write(self) -> None:
        async with self._writing:
            events = (*self._waiting,)
            if self._store is None or not events:
                return
            self._waiting.clear()
            lost, self._lost = self._lost, 0
            told = self._lost_told(events[0], lost)
            try:
                await in_thread(self._store.append, (*told, *events))
            except RoomctlError as error:
                self._put_back(events, lost)
                if not self._refused:
                    _log.warning("audit: waits to be written: %s", error)
                self._refused = True
            else:
                self._refused = False

    def _lost_told(self, first: AuditEvent, lost: int) -> tuple[AuditEvent, ...]:
        """Return what says that entries are missing, which no disk took."""
        if not lost:
            return ()
        at, proven = first.at, first.clock_proven
        return (AuditEvent(at, proven, "room", "room", "", "audit.lost", {}, "lost", lost),)

    def _put_back(self, events: tuple[AuditEvent, ...], lost: int) -> None:
        late, self._waiting = self._waiting, deque()
        self._lost += lost
        for event in (*events, *late):
            self._put(event)


def telling(command: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that tell no secret; of the others only that they were given."""
    if command.startswith(_SECRETIVE):
        return {}
    shown = {*_TELLING, "name"} if command.startswith(_NAMED) else _TELLING
    return {
        key: value if _tells(key in shown, value) else "…"
        for key, given in arguments.items()
        if (value := ",".join(given) if _is_words(given) else given) not in (None, "")
    }


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _tells(shown: bool, value: object) -> bool:
    if isinstance(value, str):
        return shown and len(value) <= _LONGEST and value.isprintable()
    return isinstance(value, bool | int | float)
