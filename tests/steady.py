"""Real time without the moments in which nobody had the processor: for limits of less than those.

A busy machine stands still for a second now and then, and everybody in it. What a device does in
time, and what is measured of it, goes by this clock then.
"""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from datetime import timedelta

from roomctl.clock import Moment, SystemClock
from roomctl.wire import Chunk, Identity, Port

_STEP_S = 0.05  # no two looks at a running clock are further apart


class SteadyClock:
    """A clock that is looked at all the time, and stands still where nobody could."""

    def __init__(self) -> None:
        self._began = SystemClock().now()
        self._now_s = self._seen_s = time.monotonic()
        self._start_s = self._now_s
        self._lock = threading.Lock()

    def mono_s(self) -> float:
        with self._lock:
            seen_s = time.monotonic()
            self._now_s += min(seen_s - self._seen_s, _STEP_S)
            self._seen_s = seen_s
            return self._now_s

    def now(self) -> Moment:
        mono_s = self.mono_s()
        wall = self._began.wall + timedelta(seconds=mono_s - self._start_s)
        return replace(self._began, mono_s=mono_s, wall=wall)

    async def pass_s(self, seconds: float) -> None:
        """Let time pass by this clock."""
        end_s = self.mono_s() + seconds
        while self.mono_s() < end_s:
            await asyncio.sleep(0.005)


class SteadyPort:
    """A port whose chunks came when they are read, by such a clock."""

    def __init__(self, port: Port, clock: SteadyClock) -> None:
        self._port, self._clock = port, clock

    @property
    def identity(self) -> Identity:
        return self._port.identity

    async def read(self) -> Chunk:
        return Chunk((await self._port.read()).data, self._clock.mono_s())

    async def write(self, data: bytes) -> None:
        await self._port.write(data)

    async def close(self) -> None:
        await self._port.close()
