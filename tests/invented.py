"""Invented time for tests: what waits in it, and for what."""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import ParamSpec

from roomctl.simulator import invented as invented_time
from roomctl.simulator.invented import InventedLoop

P = ParamSpec("P")

START = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


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


class LoopClock(invented_time.LoopClock):
    """The loop's time; nine o'clock at first, unless the wall clock has `jumped`."""

    def __init__(self) -> None:
        super().__init__(START)
