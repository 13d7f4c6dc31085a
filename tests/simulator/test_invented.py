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


@invented
async def test_two_that_wait_for_next_to_nothing_do_not_stop_time() -> None:
    loop = asyncio.get_running_loop()
    turns = 0

    async def wait(until_s: float) -> None:
        nonlocal turns
        while loop.time() < until_s:
            turns += 1
            assert turns < 100, "for ever"
            there = asyncio.Event()
            loop.call_later(until_s - loop.time(), there.set)
            await there.wait()

    async def later() -> None:
        await asyncio.sleep(0)  # one of them works while the other waits
        await wait(9.0)

    await asyncio.sleep(9.0 - 7e-15)  # as near as floats come
    await asyncio.gather(wait(9.0), later())
