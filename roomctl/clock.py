"""Time as an argument: the real clock, and one that a test or a simulation moves by hand."""

from __future__ import annotations

import ctypes
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol

from roomctl.frozen import frozen

_STA_UNSYNC = 0x40


@frozen
class Moment:
    """One instant: `mono_s` for machines, `wall` (UTC) for people, `synced` if `wall` is proven."""

    mono_s: float
    wall: datetime
    synced: bool


class Clock(Protocol):
    """Where time comes from."""

    def mono_s(self) -> float: ...
    def now(self) -> Moment: ...


class SystemClock:
    """The box's own clock."""

    def mono_s(self) -> float:
        return time.monotonic()

    def now(self) -> Moment:
        return Moment(time.monotonic(), datetime.now(UTC), _kernel_synced())


class VirtualClock:
    """A clock that stands still until it is moved; always synced unless told otherwise."""

    def __init__(self, wall: datetime, *, mono_s: float = 0.0, synced: bool = True) -> None:
        self._start_wall, self._start_s, self._now_s = wall, mono_s, mono_s
        self.synced = synced

    def mono_s(self) -> float:
        return self._now_s

    def now(self) -> Moment:
        passed = timedelta(seconds=self._now_s - self._start_s)
        return Moment(self._now_s, self._start_wall + passed, self.synced)

    def advance(self, seconds: float) -> None:
        """Move time forward by `seconds` (>= 0)."""
        if seconds < 0:
            raise ValueError(f"time does not run backwards ({seconds} s)")
        self._now_s += seconds


class _Timex(ctypes.Structure):
    """The head of struct timex (adjtimex(2)); the rest is never read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _kernel_synced() -> bool:
    """Whether the kernel says that its wall clock is disciplined (adjtimex(2), read only)."""
    try:
        timex = _Timex()
        state: int = _libc().adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return False
    return state >= 0 and not timex.status & _STA_UNSYNC
