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
import sys
from collections import Counter
from dataclasses import asdict
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from roomctl.booking.agenda import Booking, SkippedEvent
from roomctl.booking.ics import InvalidCalendar, Series, cut
from roomctl.booking.limits import LONGEST_ANSWER, SLICES_S, ProcessorTime, Task, TooLongError, task
from roomctl.booking.occurrence import occurrences
from roomctl.booking.zone import Zones

MOST_BOOKINGS = 2000
MEMORY_BYTES = 256 * 1024 * 1024  # address space; a calendar of 2 MiB takes half of it
CPU_S = 15  # of the whole process, kept by the kernel
MOST_NAMED = 10  # events that are left out and named; of the others the number


def main() -> None:
    """Read stdin, answer on stdout; the limits come first."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = task(sys.stdin.buffer.readline(4096))
    _Reading(asked, sys.stdout.buffer).run(sys.stdin.buffer.read())


class _Reading:
    """One calendar, series by series."""

    def __init__(self, asked: Task, out: BinaryIO) -> None:
        self._asked, self._out = asked, out
        self._zone = ZoneInfo(asked.zone)
        self._bookings = self._said = self._named = 0
        self._unnamed: Counter[str] = Counter()
        self._time = ProcessorTime()

    def run(self, data: bytes) -> None:
        try:
            calendar = cut(data, self._asked.room)
        except InvalidCalendar as error:
            self._say({"error": error.code})
            return
        del data
        self._say({"series": len(calendar.series)})
        zones = Zones(self._zone, self._asked.start, self._asked.end)
        for said in calendar.zones:
            with contextlib.suppress(TooLongError, MemoryError), self._time.slice(SLICES_S[0]):
                zones.describe(said)
        waiting = calendar.series
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


if __name__ == "__main__":
    main()
