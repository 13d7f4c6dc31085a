"""What a child that reads a calendar is asked, and what it may cost: its limits, time in slices.

Known to the room as well as to its children, so it loads no calendar library.
"""

from __future__ import annotations

import contextlib
import json
import resource
import signal
from collections.abc import Iterator
from datetime import datetime

from roomctl.frozen import frozen

LONGEST_LINE = 512 * 1024  # bytes; 64 KiB of text are at most 384 KiB of escapes
LONGEST_ANSWER = 8 * 1024 * 1024  # bytes
MOST_EVENTS = 30_000
BUDGET_S = 8.0  # of processor time for all series together
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


def _used_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
