"""A calendar on a CalDAV server: read each time, and written.

    caldav:https://account:password@calendar.example.org/room/

The url is the calendar's own, or the server's if the account has one calendar only. Each request is
made by a process of its own (`dav`), what it brings is read by another (`child`), as any calendar
is. Knows no HTTP and no property of an event.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from roomctl.booking import dav
from roomctl.booking.agenda import CalendarRead
from roomctl.booking.change import (
    AskedToWait,
    BookingChange,
    ChangeKind,
    Conflict,
    Rejected,
    WriteOutcome,
    Written,
)
from roomctl.booking.feed import CalendarReader, shown
from roomctl.errors import PortError, PortReason

PREFIX = "caldav:"
CHILD_S = 45.0  # of wall time, for all requests of one task


class CalDavFeed:
    """The bookings of one calendar on a CalDAV server.

    `room` is the room's own address among guests, `title` what its own bookings are called.
    PortError if `url` is none.
    """

    writes: frozenset[ChangeKind] = frozenset(
        ("reserve", "move_end", "check_in", "release", "restore")
    )

    def __init__(self, url: str, zone: ZoneInfo, room: str = "", title: str = "roomctl") -> None:
        self._url = url.removeprefix(PREFIX)
        self.shown = shown(url)
        if self._url.partition("://")[0].casefold() not in ("http", "https"):
            why = "is no CalDAV address; expected caldav:https://account:password@host/calendar/"
            raise PortError(self.shown, why, PortReason.UNSUPPORTED)
        self._zone, self._room, self._title = zone, room, title
        self._reader = CalendarReader(self.shown, zone, room)
        self._one_at_a_time = asyncio.Lock()
        self._at = ""

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        """Return every occurrence that touches the window.

        PortError if the server cannot be asked, refuses, or has more than 8 MiB of it;
        AskedToWait if it wants to be left alone.
        """
        async with self._one_at_a_time:
            hours = timedelta(hours=6)
            said, data = await self._asked(window_start - hours, window_end + hours)
            self._at = str(said["calendar"])
            if not data.strip():
                return CalendarRead(())
            return await self._reader.read(data, window_start, window_end)

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

    async def _asked(
        self, start: datetime, end: datetime, write: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], bytes]:
        task = dav.DavTask(
            self._url, self._zone.key, self._room, self._title, start, end, self._at, write
        )
        output, status = await _run(task.line())
        head, _, data = output.partition(b"\n")
        try:
            said = json.loads(head)
        except ValueError:
            why = f"took too much time or memory, its process ended with {status}"
            raise PortError(self.shown, why) from None
        if "error" in said:
            self._at = ""  # it may have moved
            self._refuse(str(said["error"]), said.get("after_s"))
        return said, data

    def _refuse(self, why: str, after_s: float | None) -> None:
        why = f"{why} [calendar] url"
        if after_s is not None:
            raise AskedToWait(self.shown, why, after_s)
        raise PortError(self.shown, why, PortReason.REFUSED)


async def _run(line: bytes) -> tuple[bytes, int | None]:
    """Have a process of its own do it; it has ended when this returns or is cancelled."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", dav.__name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # a traceback may quote a password
    )
    output = b""
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHILD_S):
                output, _ = await process.communicate(line)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    return output, process.returncode
