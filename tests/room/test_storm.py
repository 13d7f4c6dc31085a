"""A sensor's wire gone mad, in a whole room, in real time: everything else goes on."""

import asyncio
import time
import tracemalloc

import gpiozero
from gpiozero.pins.mock import MockFactory, MockPin

from roomctl import ports
from roomctl.wire import Port
from tests.room.rig import BAMBOO, House, living, simulated

EDGES, A_SECOND = 5000, 1.0


async def storm(house: House, line: MockPin) -> tuple[int, float]:
    """Drive 5000 edges within a second or more; return the commands done meanwhile, the slowest."""

    def drive() -> None:
        for _ in range(EDGES // 2):
            line.drive_high()
            line.drive_low()
            time.sleep(2 * A_SECOND / EDGES)

    driving = asyncio.get_running_loop().run_in_executor(None, drive)
    done, slowest_s = 0, 0.0
    while not driving.done():
        begin = time.monotonic()
        assert (await house.ask("room.wake")).status == "done"
        slowest_s = max(slowest_s, time.monotonic() - begin)
        done += 1
        await asyncio.sleep(0.01)
    return done, slowest_s


async def test_a_storm_of_edges_leaves_the_room_answering_and_the_sensor_unbelieved() -> None:
    gpiozero.Device.pin_factory = board = MockFactory()
    hardware = simulated()

    async def connect(name: str, url: str) -> Port:
        return await (ports if name == "ceiling" else hardware).connect(name, url)

    try:
        async with living(BAMBOO, on=hardware, connect=connect) as house:
            line = board.pin(17)
            assert isinstance(line, MockPin)
            await storm(house, line)
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            done, slowest_s = await storm(house, line)
            after, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert done > 20
            assert slowest_s < 0.5
            assert after - before < 2_000_000  # bytes, of 5000 edges and all those commands
            assert ("occupancy.chatter", "occupancy.ceiling") in house.issues
            assert house.document.occupancy.healthy == 0
    finally:
        board.reset()
        gpiozero.Device.pin_factory = None
        await hardware.close()


async def test_a_pin_that_cannot_be_opened_leaves_the_rest_of_the_room_working() -> None:
    gpiozero.Device.pin_factory = None
    hardware = simulated()

    async def connect(name: str, url: str) -> Port:
        return await (ports if name == "ceiling" else hardware).connect(name, url)

    try:
        async with living(BAMBOO, on=hardware, connect=connect) as house:
            await house.until(lambda: house.device("occupancy.ceiling").status == "offline")
            assert house.device("occupancy.ceiling").detail is not None
            assert house.device("camera.front").status == "online"
            assert (await house.ask("room.wake")).status == "done"
            assert house.document.panel.awake
    finally:
        await hardware.close()
