"""The life of a program that runs until it is told to end, and then ends in 5 s, come what may.

SIGTERM, SIGINT and a closed terminal tell it to; so does a part of it that fails. From then on a
thread of its own counts, for whatever is late may be the loop itself:

    held up by                                           it ends by
    a task, a thread, code that blocks the loop          that thread: it says who was late; status 1
    native code that does not let go of Python's lock    SIGALRM, a second later
    a second signal                                      that thread, at once; status 128 + signal

Native code that holds the lock already when the signal comes is left to the supervisor's watchdog.
Knows no room.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, NoReturn

from roomctl import wire
from roomctl.errors import RoomctlError

_log = logging.getLogger(__name__)

END_LIMIT_S = 5.0
LATE = 1  # the exit status of a program that had to be ended
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SAME_S = 0.2  # a wrapper hands on what the terminal has sent to the whole group already
_THREADS_S = 1.0  # for a write that is under way
_WORDS_S = 1.0  # for the last words: whoever reads stderr may have stopped
_LIBRARY = str(Path(asyncio.__file__).parent)
_PART = b"\0"  # no signal has this number


def run(
    main: Callable[[Shutdown], Coroutine[Any, Any, int]], *, limit_s: float = END_LIMIT_S
) -> int:
    """Run `main(shutdown)` and return the status that it returns; the process is to end then.

    `main` is to end when `shutdown.wait()` returns; it, and the process, have `limit_s` from then
    on. Call it once, in the main thread.
    """
    faulthandler.enable()  # a watchdog's SIGABRT leaves behind where everybody was
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_default_executor(wire.threads)
        shutdown = Shutdown(loop, limit_s)
        try:
            status = runner.run(main(shutdown))
        finally:
            shutdown.begin("its work was done")  # what is left has its limit, too
    if late := wire.threads.settle(_THREADS_S):
        _log.warning("ended while this still ran in threads: %s", ", ".join(late))
    return status


@contextlib.asynccontextmanager
async def beside(
    what: str, work: Awaitable[None], end: Callable[[str], None] = lambda why: None
) -> AsyncIterator[None]:
    """Run `work` beside the block; cancel it and wait for it at the end. See `lasting`."""
    task = asyncio.ensure_future(work)
    try:
        async with lasting(what, task, end):
            yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def lasting(
    what: str, task: asyncio.Future[None], end: Callable[[str], None]
) -> AsyncIterator[None]:
    """Call `end(why)` and end the block when `task` ends first; raises the task's error.

    A room that is dead must not look alive. `what` is what people call the task.
    """
    owner = asyncio.current_task()

    def ended(task: asyncio.Future[None]) -> None:
        error = None if task.cancelled() else task.exception()
        end(f"{what} failed ({error!r})" if error else f"{what} ended unexpectedly")
        if owner is not None:
            owner.cancel()

    task.add_done_callback(ended)
    try:
        yield
    finally:
        task.remove_done_callback(ended)
        if task.done() and not task.cancelled():
            task.result()
        if task.done():
            raise RoomctlError(f"{what} ended unexpectedly; see its log")


class Shutdown:
    """Whether the program is to end. Made once in a process, in its main thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limit_s: float) -> None:
        self.told = asyncio.Event()
        self._loop, self._limit_s = loop, limit_s
        self._why: str | None = None
        self._bell, bell = socket.socketpair()
        bell.setblocking(False)
        self._ring = bell
        threading.Thread(target=self._count, name="shutdown", daemon=True).start()
        for number in _SIGNALS:
            signal.signal(number, _noted)
        signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)

    async def wait(self) -> None:
        """Wait until the program is to end."""
        await self.told.wait()

    def begin(self, why: str) -> None:
        """Have the program end; `why` completes "not ended 5 s after …". For the loop's thread."""
        if self._why is None:
            self._why = why
            self.told.set()
            self._ring.send(_PART)

    def _count(self) -> None:
        """Wait for the first signal, or `begin`; then see to it that the process ends."""
        number, began = self._heard(None), time.monotonic()
        signal.alarm(int(self._limit_s + _WORDS_S) + 1)
        if number:
            self._why = f"{signal.Signals(number).name} came"
            with contextlib.suppress(RuntimeError):  # the loop is closed already
                self._loop.call_soon_threadsafe(self.told.set)
        while (left_s := began + self._limit_s - time.monotonic()) > 0:
            again = self._heard(left_s)
            if again and number and time.monotonic() > began + _SAME_S:
                self._exit(128 + again, partial(_ended_by, again))
            number = number or again
        self._exit(LATE, self._who_is_late)

    def _heard(self, limit_s: float | None) -> int | None:
        """Return the number of the next signal, 0 for `begin`, None after `limit_s`."""
        if not select.select((self._bell,), (), (), limit_s)[0]:
            return None
        return self._bell.recv(1)[0]

    def _exit(self, status: int, words: Callable[[], str]) -> NoReturn:
        def say() -> None:  # not by logging: whoever is late may hold its lock
            os.write(2, words().encode(errors="replace"))

        saying = threading.Thread(target=say, daemon=True)
        saying.start()
        saying.join(_WORDS_S)
        _end_children()
        os._exit(status)

    def _who_is_late(self) -> str:
        late = ", ".join(self._late())
        faulthandler.dump_traceback(2)
        return f"roomctl: not ended {self._limit_s:g} s after {self._why}; late: {late}\n"

    def _late(self) -> list[str]:
        turned = threading.Event()
        try:
            self._loop.call_soon_threadsafe(turned.set)
        except RuntimeError:
            return wire.threads.under_way or ["the end of the process"]
        if not turned.wait(_WORDS_S / 2):
            main = sys._current_frames()[threading.main_thread().ident or 0]  # noqa: SLF001
            return [f"the loop, blocked by {_place(main.f_code, main.f_lineno)}"]
        return sorted({_waiting(task) for task in asyncio.all_tasks(self._loop)})


def _ended_by(number: int) -> str:
    return f"roomctl: ended at once by a second {signal.Signals(number).name}\n"


def _noted(_number: int, _frame: object) -> None:
    """Do nothing: the number has been written to the wakeup descriptor."""


def _waiting(task: asyncio.Task[Any]) -> str:
    """Say where a task waits, as far in as the library does not begin."""
    coroutine: object = task.get_coro()
    where = task.get_name()
    while asyncio.iscoroutine(coroutine):
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None and not frame.f_code.co_filename.startswith(_LIBRARY):
            where = _place(frame.f_code, frame.f_lineno)
        coroutine = getattr(coroutine, "cr_await", None)
    return where


def _place(code: CodeType, line: int) -> str:
    return f"{code.co_qualname} ({Path(code.co_filename).name}:{line})"


def _end_children() -> None:
    """Tell the processes that were started to end, too: nobody else is left who could."""
    for file in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for pid in file.read_text(encoding="ascii").split():
                os.kill(int(pid), signal.SIGTERM)
