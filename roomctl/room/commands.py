"""Commands and what became of them: idempotent by id, kept for a while, never silently lost.

Knows no HTTP and no device; a handler is any coroutine function with keyword arguments.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
import uuid
from collections import OrderedDict
from collections.abc import Mapping
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

_log = logging.getLogger(__name__)

KEPT = 1000  # commands remembered for GET /api/v1/commands/{id}


class CommandStatus(StrEnum):
    """How far a command has come; `unknown` means that it may or may not have run."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a command was not done: a code from a closed list, its parameters, and one sentence."""

    code: str
    detail: str
    params: dict[str, Param] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """One command and its outcome. `result`: what it found out, once done."""

    id: str
    type: str
    status: CommandStatus
    at: datetime
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
            return CommandStatus.REFUSED, Failure(error.code, detail, {"device": error.device})
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


class Commands:
    """The room's handlers, run one task per command."""

    def __init__(self, handlers: Mapping[str, Handler], clock: Clock) -> None:
        self._handlers, self._clock = handlers, clock
        self._records: OrderedDict[str, CommandRecord] = OrderedDict()
        self._asked: dict[str, bytes] = {}
        self._key = secrets.token_bytes(32)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __getitem__(self, command_id: str) -> CommandRecord:
        """Return the record of a command; KeyError if it is unknown or long forgotten."""
        return self._records[command_id]

    def submit(
        self, kind: str, args: Mapping[str, Any], source: Source, command_id: str | None = None
    ) -> CommandRecord:
        """Start a command, or return the record of the one that already has this id.

        The same id with other words is Refused: it would hide one of the two.
        """
        command_id = command_id or str(uuid.uuid4())
        # What was said may be a passcode: it is known again, and not kept.
        said = repr((kind, sorted(args.items()))).encode("utf-8", "surrogatepass")
        said = hashlib.blake2b(said, key=self._key).digest()
        if (known := self._records.get(command_id)) is not None:
            if self._asked[command_id] != said:
                why = f"command id {command_id} was already used for another command"
                raise Refused("room", "id_reused", f"{why}; choose a new one")
            return known
        record = CommandRecord(command_id, kind, CommandStatus.ACCEPTED, self._clock.now().wall)
        self._records[command_id] = record
        self._asked[command_id] = said
        self._forget_old()
        self._tasks[command_id] = asyncio.create_task(self._run(record, dict(args), source))
        return record

    async def finish(self, command_id: str, limit_s: float) -> CommandRecord:
        """Wait up to `limit_s` seconds for a command to end; return its record as it is then."""
        task = self._tasks.get(command_id)
        if task is not None:
            await asyncio.wait((task,), timeout=limit_s)
        return self._records[command_id]

    async def close(self) -> None:
        """Cancel what still runs."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, record: CommandRecord, args: dict[str, Any], source: Source) -> None:
        self._note(replace(record, status=CommandStatus.RUNNING))
        try:
            result = await self._handlers[record.type](source=source, **args)
        except asyncio.CancelledError:
            gone = Failure("shutting_down", "the room is shutting down")
            self._note(replace(record, status=CommandStatus.UNKNOWN, error=gone))
            raise
        except RoomctlError as error:
            status, why = failure(error)
            self._note(replace(record, status=status, error=why))
            _log.info("%s from %s: %s: %s", record.type, source.name, status, why.detail)
        except Exception as error:
            status, why = failure(error)
            self._note(replace(record, status=status, error=why))
            _log.exception("%s from %s failed", record.type, source.name)
        else:
            self._note(replace(record, status=CommandStatus.DONE, result=result))
        finally:
            self._tasks.pop(record.id, None)

    def _note(self, record: CommandRecord) -> None:
        self._records[record.id] = record

    def _forget_old(self) -> None:
        for command_id in list(self._records):
            if len(self._records) <= KEPT:
                break
            if command_id not in self._tasks:
                del self._records[command_id], self._asked[command_id]
