"""Invented time for whole programs: the loop does not wait, hours pass in milliseconds.

The loop's time moves only when every task waits, and then straight to the next instant that
somebody waits for. Work in a thread takes no time at all. What runs in it must touch no real wire.
"""

import asyncio
import contextlib
import functools
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from math import inf, nextafter
from typing import Any, ParamSpec

from roomctl.clock import Moment

P = ParamSpec("P")

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


class _Selector(selectors.DefaultSelector):
    """Does not wait: where there is nothing to read, it moves the loop's time."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_s = 0.0
        self.in_threads = 0
        self.waiters: list[tuple[float, asyncio.Future[None]]] = []  # for the end of an instant

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(None if self.in_threads and timeout != 0 else 0)
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
    def __init__(self) -> None:
        self._invented = _Selector()
        super().__init__(self._invented)

    def time(self) -> float:
        return self._invented.passed_s

    def run_in_executor(self, *given: Any) -> asyncio.Future[Any]:
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


async def instant() -> None:
    """Wait until time has moved on, and everybody waits again."""
    await _loop().rest(after_s=_loop().time())


async def until(true: Callable[[], object], limit_s: float) -> float:
    """Wait until something is so, looking at the end of every instant; return how long it took.

    Raises TimeoutError when it is not so after `limit_s`.
    """
    begin_s = now_s = _loop().time()
    if true():
        return 0.0
    limit = _loop().call_later(limit_s, lambda: None)  # an instant at which to look, too
    try:
        await _loop().rest()
        while not true():
            if now_s - begin_s >= limit_s:
                raise TimeoutError(f"not so after {now_s - begin_s:.2f} s")
            await _loop().rest(after_s=now_s)
            now_s = _loop().time()
    finally:
        limit.cancel()
    return now_s - begin_s


async def always(true: Callable[[], object], for_s: float, what: Callable[[], object]) -> None:
    """Let time pass, during which something must stay so; `what` is said if it does not."""
    assert true(), what()
    with contextlib.suppress(TimeoutError):
        await until(lambda: not true(), for_s)
        raise AssertionError(what())


def _loop() -> InventedLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, InventedLoop)
    return loop


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
