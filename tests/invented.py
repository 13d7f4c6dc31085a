"""Invented time for whole programs: the loop does not wait, hours pass in milliseconds.

The loop's time moves only when every task waits, and then straight to the next instant that
somebody waits for. What runs in it must touch no thread and no real wire.
"""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from math import inf, nextafter
from typing import ParamSpec

from roomctl.clock import Moment

P = ParamSpec("P")

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


class _Selector(selectors.DefaultSelector):
    """Does not wait: where there is nothing to read, it moves the loop's time."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        if not ready and timeout:
            self.passed_s = max(self.passed_s + timeout, nextafter(self.passed_s, inf))
        return ready


class InventedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._invented = _Selector()
        super().__init__(self._invented)

    def time(self) -> float:
        return self._invented.passed_s


def invented(test: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """Run a test in invented time."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=InventedLoop) as runner:
            runner.run(test(*args, **kwargs))

    return run


class LoopClock:
    """The loop's time; nine o'clock at first, unless the wall clock has `jumped`."""

    def __init__(self) -> None:
        self.synced = True
        self.jumped = timedelta()

    def mono_s(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> Moment:
        return Moment(self.mono_s(), self._wall(), self.synced)

    def _wall(self) -> datetime:
        return START + timedelta(seconds=self.mono_s()) + self.jumped
