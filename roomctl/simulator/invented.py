"""Invented time for a whole room: the loop does not wait, and hours pass in seconds.

The loop's time moves only when every task waits, and then straight to the next instant that
somebody waits for. Work in a thread takes no time at all. What runs in it must touch no real wire.
"""

from __future__ import annotations

import asyncio
import selectors
from datetime import datetime, timedelta
from math import inf, nextafter
from typing import Any

from roomctl.clock import Moment

_LEAST_S = 2e-9


class _Selector(selectors.DefaultSelector):
    """Does not wait: where there is nothing to read, it moves the loop's time."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_s = 0.0
        self.in_threads = 0
        self.waiters: list[tuple[float, asyncio.Future[None]]] = []  # for the end of an instant

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # Where the loop's own bell is all there is, only a thread rings it: no need to ask.
        alone = not self.in_threads and len(self.get_map()) == 1
        ready = [] if alone else super().select(None if self.in_threads and timeout != 0 else 0)
        if ready or timeout == 0:
            return ready
        if due := [waiter for after_s, waiter in self.waiters if after_s < self.passed_s]:
            self.waiters = [waiter for waiter in self.waiters if waiter[0] >= self.passed_s]
            for waiter in due:
                if not waiter.done():
                    waiter.set_result(None)
        elif timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        else:
            self.passed_s = max(self.passed_s + timeout, nextafter(self.passed_s, inf))
        return ready


class InventedLoop(asyncio.SelectorEventLoop):
    """A loop that does not wait: hours pass in as long as its tasks take to work."""

    def __init__(self) -> None:
        self._invented = _Selector()
        super().__init__(self._invented)

    def time(self) -> float:
        """Return the seconds that have passed in it."""
        return self._invented.passed_s

    def call_at(  # type: ignore[override]  # the base's types are no help here
        self,
        when: float,
        *given: Any,  # noqa: ANN401 - whatever the base takes
        **more: Any,  # noqa: ANN401
    ) -> asyncio.TimerHandle:
        """Have a timer that is to come let time pass: asyncio takes one within 1 ns for due.

        Of two that each wait for less, either would be called while the other is: for ever.
        """
        now_s = self.time()
        return super().call_at(
            max(when, now_s + _LEAST_S) if when > now_s else when, *given, **more
        )

    def run_in_executor(  # type: ignore[override]  # the base's types are no help here
        self,
        *given: Any,  # noqa: ANN401 - whatever the base takes
    ) -> asyncio.Future[Any]:
        """Have work done in a thread, while time stands still."""
        self._invented.in_threads += 1
        done = super().run_in_executor(*given)
        done.add_done_callback(self._out_of_thread)
        return done

    def _out_of_thread(self, _: asyncio.Future[Any]) -> None:
        self._invented.in_threads -= 1

    async def rest(self, after_s: float = -1.0) -> None:
        """Wait until nothing more happens at this instant, or at the next one after `after_s`."""
        waiter = self.create_future()
        self._invented.waiters.append((after_s, waiter))
        await waiter


class LoopClock:
    """The running loop's time; `begin` at first, unless the wall clock has `jumped`."""

    def __init__(self, begin: datetime) -> None:
        self._begin, self.synced = begin, True
        self.jumped = timedelta()
        self._loop: asyncio.AbstractEventLoop | None = None  # to ask which one runs costs a call
        self._moment = Moment(-1.0, begin, self.synced)
        self._jumped = self.jumped  # what `_moment` was made of, which many ask for

    def mono_s(self) -> float:
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.get_running_loop()
        return self._loop.time()

    def now(self) -> Moment:
        mono_s, last = self.mono_s(), self._moment
        if (mono_s, self.synced, self.jumped) != (last.mono_s, last.synced, self._jumped):
            wall = self._begin + timedelta(seconds=mono_s) + self.jumped
            self._moment, self._jumped = Moment(mono_s, wall, self.synced), self.jumped
        return self._moment
