"""The process in which one calendar is read, and the lines in which it says what it found.

    stdin   one line of JSON (Task), then the calendar's bytes, to the end
    stdout  lines of JSON: {"series": 3}; then {"booking": {...}} and {"skipped": {...}}, and behind
            all that was said of one series {"read": 1}; at last {"done": true}
            or {"error": "no_calendar"}: "cut_off" or "too_many"

A hostile calendar costs this process its time or its memory, and nobody else anything: its parent
ends it, and has every line that came before. Each series gets a slice of processor time, then a
longer one, so that no event waits for a costly one before it.
"""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo

from roomctl.booking.agenda import Booking, SkippedEvent
from roomctl.frozen import frozen

if TYPE_CHECKING:
    from roomctl.booking.ics import Series
    from roomctl.booking.zone import Zones

LONGEST_LINE = 512 * 1024  # bytes; 64 KiB of text are at most 384 KiB of escapes
LONGEST_ANSWER = 8 * 1024 * 1024  # bytes
MOST_BOOKINGS = 2000
MOST_EVENTS = 30_000
MEMORY_BYTES = 256 * 1024 * 1024  # address space; a calendar of 2 MiB takes half of it
CPU_S = 15  # of the whole process, kept by the kernel
BUDGET_S = 8.0  # of processor time for all series together
MOST_NAMED = 10  # events that are left out and named; of the others the number
SLICES_S = (0.1, 0.4)  # of processor time for one series: first each gets the first slice


@frozen
class Task:
    """What the child is asked: `zone` is an IANA name, the window's ends are aware.

    `room` is the room's own address among the guests of an event; empty: it has none.
    """

    zone: str
    start: datetime
    end: datetime
    room: str = ""

    def line(self) -> bytes:
        times = {"start": self.start.isoformat(), "end": self.end.isoformat()}
        return json.dumps({"zone": self.zone, **times, "room": self.room}).encode() + b"\n"


def task(line: bytes) -> Task:
    said = json.loads(line)
    start, end = datetime.fromisoformat(said["start"]), datetime.fromisoformat(said["end"])
    return Task(said["zone"], start, end, said["room"])


def main() -> None:
    """Read stdin, answer on stdout; the limits come first."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = task(sys.stdin.buffer.readline(4096))
    _Reading(asked, sys.stdout.buffer).run(sys.stdin.buffer.read())


class TooLongError(BaseException):
    """A slice of time is over. No Exception: a library must not swallow it."""


class ProcessorTime:
    """The processor time that this process may spend on events, in slices; one, main thread."""

    def __init__(self, left_s: float = BUDGET_S) -> None:
        self.left_s = left_s
        self._armed = False
        signal.signal(signal.SIGPROF, self._ring)

    @contextlib.contextmanager
    def slice(self, cpu_s: float) -> Iterator[None]:
        """Raise TooLongError in the body after `cpu_s` of processor time, or what is left."""
        limit_s = min(cpu_s, self.left_s)
        if limit_s <= 0:
            raise TooLongError
        before_s = _used_s()
        self._armed = True
        # It rings again, should the first one be swallowed.
        signal.setitimer(signal.ITIMER_PROF, limit_s, 0.05)
        try:
            yield
        finally:
            self._armed = False
            signal.setitimer(signal.ITIMER_PROF, 0)
            self.left_s -= _used_s() - before_s

    def _ring(self, *_: object) -> None:
        if self._armed:
            raise TooLongError


class _Reading:
    """One calendar, series by series."""

    def __init__(self, asked: Task, out: BinaryIO) -> None:
        self._asked, self._out = asked, out
        self._zone = ZoneInfo(asked.zone)
        self._bookings = self._said = self._named = 0
        self._unnamed: Counter[str] = Counter()
        self._time = ProcessorTime()

    def run(self, data: bytes) -> None:
        from roomctl.booking import ics, zone  # under the limits, and in this process alone

        try:
            cut = ics.cut(data, self._asked.room)
        except ics.NoCalendar as error:
            self._say({"error": error.code})
            return
        del data
        self._say({"series": len(cut.series)})
        zones = zone.Zones(self._zone, self._asked.start, self._asked.end)
        for said in cut.zones:
            with contextlib.suppress(TooLongError, MemoryError), self._time.slice(SLICES_S[0]):
                zones.describe(said)
        waiting = cut.series
        for slice_s in SLICES_S:
            last = slice_s == SLICES_S[-1]
            waiting = tuple(
                each for each in waiting if not self._read(each, zones, slice_s, last=last)
            )
        for why, count in self._unnamed.items():
            self._say({"skipped": {"uid": "", "title": "", "why": why, "count": count}})
        self._say({"done": True})

    def _read(self, series: Series, zones: Zones, slice_s: float, *, last: bool) -> bool:
        """Read one series within a slice of time and tell it; False: it needs a longer one."""
        from roomctl.booking.occurrence import occurrences

        asked = self._asked
        found: list[Booking] | SkippedEvent
        try:
            with self._time.slice(slice_s):
                found = occurrences(series, zones, self._zone, asked.start, asked.end)
        except TooLongError:
            if not last and self._time.left_s > 0:
                return False
            found = SkippedEvent(series.uid, series.title, "too_much")
        except MemoryError:
            found = SkippedEvent(series.uid, series.title, "too_much")
        self._tell(found, series)
        return True

    def _tell(self, found: list[Booking] | SkippedEvent, series: Series) -> None:
        if isinstance(found, SkippedEvent):
            self._skip(found)
            return
        found = [each for each in found if each.blocks]
        lines = [json.dumps({"booking": each.record()}).encode() for each in found]
        full = self._said + sum(map(len, lines)) > LONGEST_ANSWER // 2
        if full or self._bookings + len(lines) > MOST_BOOKINGS:
            self._skip(SkippedEvent(series.uid, series.title, "too_much"))
            return
        self._bookings += len(lines)
        for line in lines:
            self._write(line)
        self._say({"read": 1})

    def _skip(self, skipped: SkippedEvent) -> None:
        self._named += 1
        if self._named > MOST_NAMED:
            self._unnamed[skipped.why] += skipped.count  # said at the end, as a number
            return
        self._say({"skipped": asdict(skipped)})
        self._say({"read": 1})

    def _say(self, message: dict[str, Any]) -> None:
        self._write(json.dumps(message).encode())

    def _write(self, line: bytes) -> None:
        self._said += len(line) + 1
        self._out.write(line + b"\n")
        self._out.flush()


def _used_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
