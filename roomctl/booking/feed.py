"""Where bookings come from: an iCalendar file, or an iCalendar url, read whole each time.

    ics:/var/lib/roomctl/room.ics       https://calendar.example.org/room.ics
    webcal://calendar.example.org/room.ics, or ics: before a url

Fetched here, parsed in a process of its own (`child`), since a few bytes of calendar can ask for
minutes of work. Occurrences of a series are bookings of their own: a moved one may be on another
platform. Knows no platform. A calendar's url is often its only secret, so errors name its host and
no more.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import sys
from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from roomctl.booking.agenda import Booking, CalendarRead, SkippedEvent
from roomctl.booking.change import RetryLater
from roomctl.booking.limits import LONGEST_ANSWER, LONGEST_LINE, MOST_EVENTS, Task
from roomctl.errors import PortError, PortReason
from roomctl.frozen import frozen
from roomctl.wire import in_thread

LARGEST = 8 * 1024 * 1024  # bytes of one calendar: 10,000 events with their texts
CHILD_S = 60.0  # of wall time; its own limits are of processor time, which may come late
_CHILD = "roomctl.booking.child"
_MARGIN = timedelta(hours=6)  # read beyond the window, so that the same bytes are not parsed again
_WEB = {"https": "https", "http": "http", "webcal": "https", "webcals": "https"}
_REFUSED = {
    "no_calendar": "is not an iCalendar file; does its url need a login?",
    "cut_off": "is cut off, its END:VCALENDAR is missing; read it again when it is all there",
    "too_many": f"lists more than {MOST_EVENTS} events; publish fewer weeks",
}
_STAMP = re.compile(rb"^DTSTAMP[^\r\n]*", re.MULTILINE)  # some servers write the time of asking


@frozen
class _Parsed:
    """What these bytes gave for this window."""

    digest: bytes
    start: datetime
    end: datetime
    read: CalendarRead


class CalendarFeed:
    """The bookings of one calendar; `zone` is where times without a zone and whole days are.

    `room` is the room's own address; a booking that this guest declined does not block
    the room. PortError if `url` is of no kind that can be read.
    """

    def __init__(self, url: str, zone: ZoneInfo, room: str = "") -> None:
        place, web = _place(url)
        if not place:
            why = (
                "is not a calendar; expected ics:/path/file.ics, https:// or webcal://host/file.ics"
            )
            raise PortError(shown(url), why, PortReason.UNSUPPORTED)
        self.shown = shown(url)
        self._place, self._web = place, web
        self._reader = CalendarReader(self.shown, zone, room)
        self._one_at_a_time = asyncio.Lock()

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        """Return every occurrence that touches the window and blocks the room.

        Raises PortError if the calendar is missing, larger than 8 MiB, not there within 10 s, cut
        off, or no iCalendar. Events that cannot be read, or take too long, are named and left out.
        """
        async with self._one_at_a_time:
            data = await (self._fetched() if self._web else in_thread(self._read))
            return await self._reader.read(data, window_start, window_end)

    def _read(self) -> bytes:
        try:
            with Path(self._place).open("rb") as file:
                data = file.read(LARGEST + 1)
        except FileNotFoundError as error:
            raise self._error("no such file", PortReason.MISSING) from error
        except PermissionError as error:
            raise self._error("may not be read by this user", PortReason.PERMISSION) from error
        except OSError as error:
            raise self._error(f"cannot be read: {error.strerror}") from error
        if len(data) > LARGEST:
            raise self._error(f"is larger than {LARGEST // 1024**2} MiB; publish fewer weeks")
        return data

    async def _fetched(self) -> bytes:
        # Imported when a calendar is opened on the web: a room without one does not pay for HTTP.
        from roomctl.booking import fetch

        try:
            return await fetch.fetched(self._place, LARGEST)
        except fetch.FetchError as error:
            if error.after_s is not None:
                raise RetryLater(self.shown, str(error), error.after_s) from error
            reason = PortReason.MISSING if error.late else PortReason.REFUSED
            raise self._error(str(error), reason) from error

    def _error(self, why: str, reason: PortReason = PortReason.IO) -> PortError:
        return PortError(self.shown, why, reason)


class CalendarReader:
    """Reads the bytes of one calendar, in a process of its own; the same bytes only once."""

    def __init__(self, shown: str, zone: ZoneInfo, room: str, limit_s: float = CHILD_S) -> None:
        self._shown, self._zone, self._room, self._limit_s = shown, zone, room, limit_s
        self._parsed: _Parsed | None = None

    async def read(self, data: bytes, window_start: datetime, window_end: datetime) -> CalendarRead:
        """Return what of a calendar touches the window; PortError if it is none."""
        digest = hashlib.sha256(_STAMP.sub(b"", data)).digest()
        last = self._parsed
        if last is None or last.digest != digest or not _within(last, window_start, window_end):
            end = window_end + _MARGIN
            answers = await self._in_child(data, window_start, end)
            last = _Parsed(digest, window_start, end, answers.read())
            self._parsed = last if answers.done else None
        touching = (
            booking
            for booking in last.read.bookings
            if booking.start < window_end and booking.end >= window_start
        )
        return CalendarRead(tuple(touching), last.read.skipped, last.read.series)

    async def _in_child(self, data: bytes, start: datetime, end: datetime) -> _Answers:
        """Have a process of its own read `data`; it has ended when this returns or is cancelled."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", _CHILD),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # a traceback may quote a booking
            limit=LONGEST_LINE,
        )
        answers = _Answers()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._limit_s):
                    task = Task(self._zone.key, start, end, self._room)
                    await _say(process, task.line() + data)
                    await answers.take(process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if answers.error is not None:
            raise self._error(_REFUSED.get(answers.error, answers.error))
        if answers.series is None:
            ended = f"its reader ended with {process.returncode}"
            why = f"took too much memory or time, {ended}; publish fewer weeks"
            raise self._error(why)
        return answers

    def _error(self, why: str) -> PortError:
        return PortError(self._shown, why, PortReason.IO)


@frozen
class CalendarAccess:
    """What a calendar needs beside its url; each kind takes its own. `title`: of own bookings."""

    room: str = ""
    tenant: str = ""
    client: str = ""
    key: str = field(default="", repr=False)
    subject: str = ""
    cloud: str = "global"
    title: str = "roomctl"


class _Answers:
    """What the child said so far; it may end in the middle."""

    def __init__(self) -> None:
        self.error: str | None = None
        self.series: int | None = None
        self.done = False
        self._bookings: list[Booking] = []
        self._skipped: list[SkippedEvent] = []
        self._read = 0
        self._heard = 0

    async def take(self, process: asyncio.subprocess.Process) -> None:
        """Hear the child out, line by line, so that the loop is never kept from others for long."""
        assert process.stdout is not None  # noqa: S101 - it was asked for
        while not self.done and self._heard <= LONGEST_ANSWER:
            try:
                line = await process.stdout.readline()
                if not line:
                    return
                self._one(json.loads(line))
            except (ValueError, KeyError, TypeError):
                return  # it ran wild: what came before still counts
            self._heard += len(line)
            await asyncio.sleep(0)

    def read(self) -> CalendarRead:
        """Return what was found; a child that was ended has left out the rest."""
        missing = max(1, (self.series or 0) - self._read)
        rest = () if self.done else (SkippedEvent("", "", "too_much", missing),)
        found = sorted(self._bookings, key=lambda booking: booking.start)
        return CalendarRead(tuple(found), (*self._skipped, *rest), self.series or 0)

    def _one(self, said: dict[str, object]) -> None:
        match said:
            case {"booking": dict(booking)}:
                self._bookings.append(Booking.of(booking))
            case {"skipped": dict(skipped)}:
                self._skipped.append(SkippedEvent(**skipped))
            case {"read": int(read)}:
                self._read += read
            case {"series": int(series)}:
                self.series = series
            case {"error": str(error)}:
                self.error, self.done = error, True
            case {"done": True}:
                self.done = True
            case _:
                raise ValueError("not an answer")


async def _say(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - it was asked for
    with contextlib.suppress(ConnectionError):  # it may have ended already
        process.stdin.write(data)
        await process.stdin.drain()
        process.stdin.close()


def _within(parsed: _Parsed, start: datetime, end: datetime) -> bool:
    return parsed.start <= start and end <= parsed.end


def _place(url: str) -> tuple[str, bool]:
    """Return a calendar's path or address, and whether it is on the web; no place: no calendar."""
    bare = url.removeprefix("ics:")
    scheme, slashes, rest = bare.partition("://")
    if slashes:
        web = _WEB.get(scheme.casefold())
        return (f"{web}://{rest}", True) if web and rest else ("", True)
    return (bare, False) if bare != url else ("", False)


def shown(url: str) -> str:
    """Return a calendar's url without what may be secret in it."""
    if "://" not in url:
        return url
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    return f"{scheme}://{host.partition('?')[0]}/…"
