"""Blocking calls of one port: run in threads, none forgotten, so that nothing is closed under them.

Knows no port. A cancelled wait does not stop the thread behind it; what that thread opened or read
would be lost, and a descriptor closed while it still waits there may by then be somebody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from roomctl.wire import in_thread

P = ParamSpec("P")
T = TypeVar("T")


class BlockingCalls:
    """The blocking calls that one port has under way."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[object]] = set()

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` in a thread; it goes on, and is known of, if this wait is cancelled."""
        return await asyncio.shield(self.start(work, *args, **kwargs))

    def start(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> asyncio.Task[T]:
        """Run `work` in a thread and return the task that will have its result."""
        task = asyncio.ensure_future(in_thread(work, *args, **kwargs))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def ended(self, limit_s: float) -> bool:
        """Wait at most `limit_s` until nothing runs any more; return whether that is so."""
        if not self._running:
            return True
        _, late = await asyncio.wait(self._running, timeout=limit_s)
        return not late

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited for it may have been cancelled; then nobody asks


async def open_in_thread(open_: Callable[[], T], close: Callable[[T], None]) -> T:
    """Run `open_` in a thread; if this wait is cancelled, `close` what it opens after all."""
    opening = asyncio.ensure_future(in_thread(open_))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(lambda task: _undo(task, close))
        raise


def _undo(opening: asyncio.Task[T], close: Callable[[T], None]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        _late.start(close, opening.result())


_late = BlockingCalls()  # closes of what nobody waited for any more
