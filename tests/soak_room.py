"""Hours of a room in invented time: commands, calls, cables, panels and a broker that come and go.

Says how many Python objects, and how much memory, there are more at the end than after the first
quarter, when everything that is kept for a while is full. The newest 10 000 records of each wire
are not counted as objects: a quiet wire's never fill up. Part of `python -m tests.soak`.
"""

import asyncio
import contextlib
import gc
import logging
import random
from dataclasses import dataclass
from pathlib import Path

from roomctl.wire import Record
from tests.api.test_mqtt import NAMED, Broker, bridged
from tests.invented import InventedLoop
from tests.room.rig import House

CYCLE_S = 12.0  # of room time; each gives some commands, and something is lost and comes back
FULL = 1100  # commands that fill what a room remembers of them
GROWTH_PCT = 2.0


@dataclass(frozen=True)
class Held:
    """What a process holds: Python objects, and MB of memory."""

    objects: int
    rss_mb: float

    def more_pct(self, before: "Held") -> tuple[float, float]:
        """Return how much more this is, in per cent: of objects, of memory."""
        objects = 100 * (self.objects - before.objects) / before.objects
        return objects, 100 * (self.rss_mb - before.rss_mb) / before.rss_mb


def held() -> Held:
    gc.collect()
    [rss] = [
        line.split()[1]
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmRSS")
    ]
    objects = sum(type(one) is not Record for one in gc.get_objects())
    return Held(objects, int(rss) / 1024)


async def cycle(house: House, broker: Broker, number: int, chance: random.Random) -> None:
    """Let a dozen seconds pass in which people, programs and cables do something."""
    with contextlib.ExitStack() as panels:
        for _ in range(5):
            panels.enter_context(house.room.watch())
        await house.ask("audio.volume", pct=chance.randint(0, 100))
        await house.ask("audio.mute", on=number % 2 == 0)
        await house.ask("camera.recall", camera="front", preset=1 + number % 2)
        broker.command("audio.volume", {"pct": chance.randint(0, 100), "id": f"n{number}"})
        if number % 10 == 3:
            await house.join()
        if number % 10 == 8:
            await house.ask("meeting.leave")
        if number % 5 == 1:
            broker.break_off()
        await _lose(house, ("camera.front", "speakerphone.table", "occupancy.ceiling")[number % 3])
        broker.sent.clear()
        broker.published.clear()
        broker.tries.clear()
        await asyncio.sleep(CYCLE_S)


async def _lose(house: House, device: str) -> None:
    await house.act(device, "unplug")
    await house.until(lambda: house.device(device).status == "offline")
    await house.act(device, "plug")
    await house.until(lambda: house.device(device).status == "online", 30.0)


async def lived(warm_cycles: int, cycles: int) -> tuple[Held, Held]:
    """Return what is held after the first cycles, and after all."""
    logging.disable(logging.CRITICAL)  # whoever keeps what is logged would be counted
    broker, chance = Broker(), random.Random(11)
    async with bridged(broker, NAMED, role="operate") as house:
        for number in range(FULL):
            await house.ask("audio.volume", pct=number % 100)
        for number in range(warm_cycles):
            await cycle(house, broker, number, chance)
        before = held()
        for number in range(warm_cycles, warm_cycles + cycles):
            await cycle(house, broker, number, chance)
        return before, held()


def hours(number: float) -> tuple[str, bool]:
    """Live so many hours of room time; return what came of it in words, and whether it is well."""
    cycles = int(number * 3600 / CYCLE_S)
    with asyncio.Runner(loop_factory=InventedLoop) as runner:
        before, after = runner.run(lived(cycles // 4, cycles - cycles // 4))
    objects, memory = after.more_pct(before)
    first = f"{before.objects} objects, {before.rss_mb:.1f} MB after a quarter"
    told = f"{number:g} h of a room: {first}; {objects:+.2f} %, {memory:+.2f} % more at the end"
    return told, objects <= GROWTH_PCT and memory <= GROWTH_PCT
