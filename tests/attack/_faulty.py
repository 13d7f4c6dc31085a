"""`python -m tests.attack._faulty FAULT FOLDER LIMIT_S`: a room with a fault outside of it.

Prints `up` when it runs, and `there` when the fault is.
"""

import asyncio
import re
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from roomctl import app, lifetime
from roomctl.cli.server import announced
from roomctl.clock import SystemClock
from roomctl.lifetime import Shutdown
from roomctl.room import Dependencies
from roomctl.store import Store
from roomctl.wire import Port, in_thread

_FOR_EVER_S = 3600.0


async def blocks() -> None:
    time.sleep(_FOR_EVER_S)


async def spins() -> None:
    while True:
        pass


async def cannot_be_cancelled() -> None:
    while True:
        try:
            await asyncio.sleep(_FOR_EVER_S)
        except asyncio.CancelledError:
            continue


async def hangs_in_a_thread() -> None:
    await in_thread(time.sleep, _FOR_EVER_S)


async def keeps_the_lock_at_the_end() -> None:
    try:
        await asyncio.sleep(_FOR_EVER_S)
    finally:
        re.match(r"(a+)+$", "a" * 64 + "b")  # native code that runs for centuries


async def stalls() -> None:
    await asyncio.Event().wait()


async def ends_the_web_server() -> None:
    tasks = [task for task in asyncio.all_tasks() if "Server.serve" in str(task.get_coro())]
    assert len(tasks) == 1
    tasks[0].cancel()
    await asyncio.sleep(_FOR_EVER_S)


FAULTS: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
    fault.__name__: fault
    for fault in (
        blocks,
        spins,
        cannot_be_cancelled,
        hangs_in_a_thread,
        keeps_the_lock_at_the_end,
        ends_the_web_server,
        stalls,
    )
}


class Failing:
    """A calendar with a fault that nobody foresaw: the room itself fails."""

    async def bookings(self, window_start: datetime, window_end: datetime) -> NoReturn:
        await asyncio.sleep(0.5)
        raise ZeroDivisionError("a fault of the calendar")


async def live(fault: str, folder: Path, shutdown: Shutdown) -> int:
    up = asyncio.Event()

    async def connect(name: str, url: str) -> Port:
        await up.wait()
        say("there")
        await FAULTS["cannot_be_cancelled" if fault == "fails" else fault]()
        raise AssertionError(f"{fault} came back")

    feed = Failing() if fault == "fails" else None
    dependencies = Dependencies(connect, SystemClock(), feed)
    room = app.load(folder / "room.toml")
    async with announced(room, dependencies, Store(folder / "state"), shutdown) as (_, started):
        started.liveness.stalled_after_s = 2.0  # of devices that try every 1.5 s
        say("up")
        up.set()
        await shutdown.wait()
    return 0


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(fault: str, folder: str, limit_s: str) -> NoReturn:
    sys.exit(
        lifetime.run(lambda shutdown: live(fault, Path(folder), shutdown), limit_s=float(limit_s))
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
