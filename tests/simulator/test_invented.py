"""Invented time: a clock and a loop that outlive each other, and work in threads."""

import asyncio
import threading
from datetime import timedelta

from roomctl.wire import in_thread
from tests.invented import START, LoopClock, invented


def test_a_clock_goes_on_in_the_next_loop() -> None:
    clock = LoopClock()

    @invented
    async def wait() -> None:
        assert clock.now().wall == START
        await asyncio.sleep(60.0)
        assert clock.now().wall == START + timedelta(seconds=60)

    wait()
    wait()


@invented
async def test_a_thread_that_rings_the_loop_is_heard_before_time_moves() -> None:
    loop, rung, done = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def ring() -> None:
        loop.call_soon_threadsafe(rung.set)
        done.wait()

    working = asyncio.create_task(in_thread(ring))
    await rung.wait()
    assert loop.time() == 0.0
    done.set()
    await working
    await asyncio.sleep(1.0)
    assert loop.time() == 1.0
