"""A calendar on a server, as the room has it: asked by processes of their own, read and written.

Each request is made by a process that speaks with that kind of server (`dav`, `rest`): it gets one
line of JSON and answers with one, and behind it what it has read. That is parsed by another
process (`child`), as any calendar is. What a server does to either of them ends there, and both end
with the room. Knows no HTTP and no property of an event.

    {"calendar": …, "kept": …}  and behind it one iCalendar object after the other, to the end
    {"written": ref}        {"conflict": reason}        {"rejected": why}
    {"error": why, "reason": PortReason, "after_s": null or seconds}
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from roomctl.booking import dav
from roomctl.booking.agenda import CalendarRead, SkippedEvent
from roomctl.booking.change import (
    BookingChange,
    ChangeKind,
    Conflict,
    Rejected,
    RetryLater,
    WriteOutcome,
    Written,
)
from roomctl.booking.feed import CalendarReader, shown
from roomctl.errors import PortError, PortReason

CALDAV = "caldav:"
CHILD_S = 60.0  # of wall time, for all requests of one task
_MARGIN = timedelta(hours=6)  # read beyond the window: the same bytes are not parsed again

Said = Mapping[str, Any]


class ServedFeed(ABC):
    """The bookings of one calendar on a server; `room` is its own address among guests.

    `limit_s` is how long a process may take, beside its limits of processor time and memory.
    """

    writes: frozenset[ChangeKind] = frozenset(
        ("reserve", "move_end", "check_in", "release", "restore")
    )

    limit_s = CHILD_S

    def __init__(self, shown: str, zone: ZoneInfo, room: str, module: str) -> None:
        self.shown = shown
        self._zone, self._module, self._room = zone, module, room
        self._reader: CalendarReader | None = None
        self._one_at_a_time = asyncio.Lock()

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        """Return every occurrence that touches the window.

        PortError if the server cannot be asked, refuses, or has more than 8 MiB of it;
        RetryLater if it wants to be left alone.
        """
        async with self._one_at_a_time:
            said, data = await self._asked(window_start - _MARGIN, window_end + _MARGIN, None)
            read = CalendarRead(())
            if data.strip():
                if self._reader is None:
                    limit_s = self.limit_s
                    self._reader = CalendarReader(self.shown, self._zone, self._room, limit_s)
                read = await self._reader.read(data, window_start, window_end)
            left_out = int(said.get("left_out", 0))
            skipped = (SkippedEvent("", "", "unreadable", left_out),) if left_out else ()
            return CalendarRead(read.bookings, (*read.skipped, *skipped), read.series + left_out)

    async def write(self, change: BookingChange) -> WriteOutcome:
        """Write a change; PortError: nobody knows whether it was, write it again."""
        async with self._one_at_a_time:
            said, _ = await self._asked(change.start, change.end, change.record())
        match said:
            case {"written": str(ref)}:
                return Written(ref)
            case {"conflict": ("gone" | "moved" | "taken") as reason}:
                return Conflict(reason)
            case {"rejected": str(why)}:
                return Rejected(f"{self.shown}: {why}")
        raise PortError(self.shown, "its process gave no answer")

    @abstractmethod
    def _task(self, start: datetime, end: datetime, write: dict[str, Any] | None) -> bytes:
        """Return what the process is asked; `write` is a change's record, None: to read."""

    @abstractmethod
    def _note(self, said: Said) -> None:
        """Keep what the process has found out for the next one."""

    async def _asked(
        self, start: datetime, end: datetime, write: dict[str, Any] | None
    ) -> tuple[Said, bytes]:
        output, status = await self._process(self._task(start, end, write))
        head, _, data = output.partition(b"\n")
        try:
            said = json.loads(head)
        except ValueError:
            why = f"took too much time or memory, its process ended with {status}"
            raise PortError(self.shown, why) from None
        self._note(said)
        if "error" in said:
            why, after_s = str(said["error"]), said["after_s"]
            if after_s is not None:
                raise RetryLater(self.shown, why, after_s)
            raise PortError(self.shown, why, PortReason(said["reason"]))
        return said, data

    async def _process(self, line: bytes) -> tuple[bytes, int | None]:
        """Have a process of its own do it; it has ended when this returns or is cancelled."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", self._module),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # a traceback may quote a password
        )
        output = b""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.limit_s):
                    output, _ = await process.communicate(line)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        return output, process.returncode


class CalDavFeed(ServedFeed):
    """The bookings of one calendar on a CalDAV server.

        caldav:https://account:password@calendar.example.org/room/

    The url is the calendar's own, or the server's if the account has one calendar only. `title` is
    what the room's own bookings are called. PortError if `url` is none.
    """

    def __init__(self, url: str, zone: ZoneInfo, room: str = "", title: str = "roomctl") -> None:
        super().__init__(shown(url), zone, room, dav.__name__)
        self._url = url.removeprefix(CALDAV)
        if self._url.partition("://")[0].casefold() not in ("http", "https"):
            why = "is not a CalDAV address; expected caldav:https://account:password@host/calendar/"
            raise PortError(self.shown, why, PortReason.UNSUPPORTED)
        self._title, self._at, self._kept = title, "", ""

    def _task(self, start: datetime, end: datetime, write: dict[str, Any] | None) -> bytes:
        names = (self._url, self._zone.key, self._room, self._title)
        return dav.DavTask(*names, start, end, self._at, write, self._kept).line()

    def _note(self, said: Said) -> None:
        if "error" in said:
            self._at = ""  # it may have moved
        self._at = str(said.get("calendar", self._at))
        self._kept = str(said.get("kept", self._kept))
