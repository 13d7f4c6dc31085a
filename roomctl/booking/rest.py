"""The process that speaks with one calendar at Microsoft or Google: one thing read or written.

    stdin   one line of JSON (RestTask, with what is to be read or written)
    stdout  one line of JSON, as `served` has it, with {"token": …} for the next process and
            {"left_out": how many events could not be read}; behind it the events, as iCalendar

Its parent gives it time and memory and ends it. Knows no vendor's words.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from roomctl.booking.change import BookingChange, Conflict, Rejected, RetryLater, Written
from roomctl.booking.feed import CalendarAccess
from roomctl.booking.google import HOSTS, GoogleCalendar
from roomctl.booking.graph import CLOUDS, PREFIX, GraphCalendar
from roomctl.booking.limits import ProcessorTime
from roomctl.booking.online import OnlineCalendar, Token
from roomctl.errors import PortError
from roomctl.frozen import frozen

MEMORY_BYTES = 512 * 1024 * 1024  # address space
CPU_S = 20


@frozen
class RestTask:
    """Which calendar is asked, and as whom; `token` is what an earlier process was given."""

    url: str
    zone: str
    access: CalendarAccess
    hosts: tuple[str, str] | None = None
    token: Token = Token()

    def line(self, start: datetime, end: datetime, write: dict[str, Any] | None) -> bytes:
        times = {"start": start.isoformat(), "end": end.isoformat()}
        return json.dumps({"task": asdict(self), **times, "write": write}).encode() + b"\n"

    def with_token(self, said: Any) -> RestTask:  # noqa: ANN401 - as JSON has it
        """Return it with a process's token; without one, as it was."""
        return replace(self, token=Token(**said)) if said else self

    @classmethod
    def of(cls, said: dict[str, Any]) -> RestTask:
        hosts = said["hosts"]
        made = {"access": CalendarAccess(**said["access"]), "token": Token(**said["token"])}
        return cls(**{**said, **made, "hosts": hosts and (hosts[0], hosts[1])})


def calendar_of(task: RestTask) -> OnlineCalendar:
    """Return the calendar that a task is about; PortError if its url or access is none."""
    zone, access = ZoneInfo(task.zone), task.access
    if task.url.startswith(PREFIX):
        login = {"tenant": access.tenant, "client": access.client, "key": access.key}
        hosts = task.hosts or CLOUDS[access.cloud]
        return GraphCalendar(task.url, zone, **login, title=access.title, hosts=hosts)
    key, hosts = access.key, task.hosts or HOSTS
    title, subject = access.title, access.subject
    return GoogleCalendar(task.url, zone, key=key, subject=subject, title=title, hosts=hosts)


def main() -> None:
    """Do what stdin says; the limits come first."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = json.loads(sys.stdin.buffer.readline())
    task = RestTask.of(asked["task"])
    calendar = calendar_of(task)
    calendar.token, calendar.time = task.token, ProcessorTime()
    said, data = asyncio.run(_done(calendar, asked))
    said["token"] = asdict(calendar.token)
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + data)
    sys.stdout.buffer.flush()


async def _done(calendar: OnlineCalendar, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        if asked["write"] is None:
            start, end = (datetime.fromisoformat(asked[name]) for name in ("start", "end"))
            data, left_out = await calendar.events(start, end)
            return {"calendar": "", "left_out": left_out}, data
        match await calendar.write(BookingChange.of(asked["write"])):
            case Written(ref):
                return {"written": ref}, b""
            case Conflict(reason):
                return {"conflict": reason}, b""
            case Rejected(why):
                return {"rejected": why}, b""
    except PortError as error:
        after_s = error.after_s if isinstance(error, RetryLater) else None
        return {"error": error.why, "reason": error.reason.value, "after_s": after_s}, b""
    finally:
        await calendar.close()


if __name__ == "__main__":
    main()
