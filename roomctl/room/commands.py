"""Commands and what became of them: idempotent by id, kept for a while, never silently lost.

An id is its caller's own: two callers may use the same one. A repeat within REPEAT_S seconds is
answered with what became of the first, which may still run; later the id is free again. Who asks
for much makes the room forget his own commands first.

Knows no HTTP and no device; a handler is any coroutine function with keyword arguments.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import uuid
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from roomctl.clock import Clock
from roomctl.command import Handler, Param, Result, Source
from roomctl.errors import (
    DeviceError,
    LinkRefused,
    MeetingError,
    NoReply,
    PortError,
    Refused,
    RoomctlError,
    UnknownOutcome,
    Unsupported,
)
from roomctl.frozen import frozen

_log = logging.getLogger(__name__)

KEPT = 1000  # commands remembered for GET /api/v1/commands/{id}
REPEAT_S = 600.0  # so long a repeat is known to be one
UNDER_WAY = 64  # commands of one caller; no device takes so many at a time


class CommandStatus(StrEnum):
    """How far a command has come; `unknown` means that it may or may not have run."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@frozen
class Failure:
    """Why a command was not done: a code from a closed list, its parameters, and one sentence."""

    code: str
    detail: str
    params: dict[str, Param] = field(default_factory=dict)


@frozen
class CommandRecord:
    """One command and its outcome. `result`: what it found out, once done.

    `requested_by` is the role of who gave it, `requested_by_name` which one of them.
    """

    id: str
    type: str
    status: CommandStatus
    at: datetime
    requested_by: str
    requested_by_name: str
    error: Failure | None = None
    result: Result = None


def failure(error: Exception) -> tuple[CommandStatus, Failure]:
    """Translate an error into a status and a code that panels know."""
    detail = str(error)
    match error:
        case LinkRefused():
            return CommandStatus.REFUSED, Failure(f"link.{error.code}", detail)
        case MeetingError():
            return CommandStatus.FAILED, Failure("meeting", detail, {"platform": error.platform})
        case Refused():
            return CommandStatus.REFUSED, Failure(
                error.code, detail, {"device": error.device, **error.params}
            )
        case Unsupported():
            lacking: dict[str, Param] = {"device": error.device, "what": error.what}
            return CommandStatus.REFUSED, Failure("unsupported", detail, lacking)
        case NoReply():
            silent: dict[str, Param] = {"device": error.device, "after_s": error.after_s}
            return CommandStatus.FAILED, Failure("no_reply", detail, silent)
        case UnknownOutcome():
            return CommandStatus.UNKNOWN, Failure("unknown_outcome", detail)
        case PortError():
            return CommandStatus.FAILED, Failure(f"port.{error.reason}", detail)
        case DeviceError():
            return CommandStatus.FAILED, Failure("device", detail, {"device": error.device})
        case RoomctlError():
            return CommandStatus.FAILED, Failure("failed", detail)
        case _:
            return CommandStatus.FAILED, Failure("internal", type(error).__name__)


Ended = Callable[[CommandRecord, Mapping[str, Any], Source, float], Awaitable[None]]


async def _unheard(
    record: CommandRecord, args: Mapping[str, Any], source: Source, took_s: float
) -> None:
    """Take no note of a command."""


_Caller = tuple[str, str]  # role and name
_Key = tuple[str, str, str]  # the caller's role and name, and the command's id


@dataclass(slots=True)
class _Given:
    """A command that was given: what is known of it, what it said, and what carries it out."""

    record: CommandRecord
    said: bytes
    at_s: float
    task: asyncio.Task[None] | None = None


class Commands:
    """The room's handlers, run one task per command."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        clock: Clock,
        begun: Callable[[], Ended] = lambda: _unheard,
    ) -> None:
        """Ask `begun` at each command's beginning what to tell its end to.

        It is told what became of it, and how many seconds it took; it ends before the command does.
        """
        self._handlers, self._clock, self._begun = handlers, clock, begun
        self._given: OrderedDict[_Key, _Given] = OrderedDict()
        self._kept: Counter[_Caller] = Counter()
        self._under_way: Counter[_Caller] = Counter()
        self._key = secrets.token_bytes(32)

    def find(self, command_id: str, source: Source) -> CommandRecord:
        """Return the caller's own command of this id, else the newest one that has it; KeyError."""
        own = self._given.get((source.role, source.name, command_id))
        if own is not None:
            return own.record
        for key in reversed(self._given):
            if key[2] == command_id:
                return self._given[key].record
        raise KeyError(command_id)

    def submit(
        self, kind: str, args: Mapping[str, Any], source: Source, command_id: str | None = None
    ) -> CommandRecord:
        """Start a command, or return the record of the caller's own that already has this id.

        Refused: the same id with other words, which would hide one of the two ("id_reused"), or too
        many of one caller under way ("too_often").
        """
        command_id = command_id or str(uuid.uuid4())
        key: _Key = (source.role, source.name, command_id)
        said, now_s = self._digest(kind, args), self._clock.mono_s()
        known = self._given.get(key)
        if known is not None and (known.task is not None or now_s - known.at_s < REPEAT_S):
            if known.said != said:
                why = f"command id {command_id} was already used for another command"
                raise Refused("room", "id_reused", f"{why}; choose a new one")
            return known.record
        self._refuse_flood(source)
        wall = self._clock.now().wall
        accepted = CommandStatus.ACCEPTED
        record = CommandRecord(command_id, kind, accepted, wall, source.role, source.name)
        if self._given.pop(key, None) is None:
            self._kept[key[:2]] += 1
        given = self._given[key] = _Given(record, said, now_s)
        self._forget_old()
        self._under_way[key[:2]] += 1
        given.task = asyncio.create_task(self._run(given, dict(args), source))
        return record

    @property
    def running(self) -> int:
        """How many commands are under way."""
        return self._under_way.total()

    def _digest(self, kind: str, args: Mapping[str, Any]) -> bytes:
        """Return what makes known again what was said, which may be a passcode and is not kept."""
        said = repr((kind, sorted(args.items()))).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(said, key=self._key).digest()

    def _refuse_flood(self, source: Source) -> None:
        running = self._under_way[source.role, source.name]
        if running >= UNDER_WAY:
            why = f"{running} commands of {source.name} are under way; wait until one has ended"
            raise Refused("room", "too_often", why)

    async def finish(self, record: CommandRecord, limit_s: float) -> CommandRecord:
        """Wait up to `limit_s` seconds for a command to end; return its record as it is then."""
        given = self._given.get((record.requested_by, record.requested_by_name, record.id))
        if given is None:
            return record
        if given.task is not None:
            await asyncio.wait((given.task,), timeout=limit_s)
        return given.record

    async def close(self) -> None:
        """Cancel what still runs."""
        tasks = [one.task for one in self._given.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, given: _Given, args: dict[str, Any], source: Source) -> None:
        ended = self._begun()
        given.record = record = replace(given.record, status=CommandStatus.RUNNING)
        try:
            result = await self._handlers[record.type](source=source, **args)
        except asyncio.CancelledError:
            gone = Failure("shutting_down", "the room is shutting down")
            record = replace(record, status=CommandStatus.UNKNOWN, error=gone)
            raise
        except RoomctlError as error:
            status, why = failure(error)
            record = replace(record, status=status, error=why)
            _log.info("%s from %s: %s: %s", record.type, source.name, status, why.detail)
        except Exception as error:
            status, why = failure(error)
            record = replace(record, status=status, error=why)
            _log.exception("%s from %s failed", record.type, source.name)
        else:
            record = replace(record, status=CommandStatus.DONE, result=result)
        finally:
            try:
                await ended(record, args, source, self._clock.mono_s() - given.at_s)
            finally:
                given.record, given.task = record, None
                self._under_way -= Counter([(source.role, source.name)])  # keeps what is above 0

    def _forget_old(self) -> None:
        """Forget the oldest of the caller that has most, else of any; nothing that runs."""
        while len(self._given) > KEPT:
            most = max(self._kept, key=self._kept.__getitem__)
            oldest = next(self._ended(most), None) or next(self._ended(), None)
            if oldest is None:
                break
            del self._given[oldest]
            self._kept -= Counter([oldest[:2]])

    def _ended(self, of: _Caller | None = None) -> Iterator[_Key]:
        """Yield what has ended, oldest first: of one caller, or of all."""
        newest = next(reversed(self._given))
        for key, one in self._given.items():
            if one.task is None and key != newest and of in (None, key[:2]):
                yield key
