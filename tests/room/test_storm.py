"""A sensor's wire gone mad, in a whole room, in real time: everything else goes on."""

import asyncio
import threading
import time
import tracemalloc

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from roomctl import ports
from roomctl.wire import Port
from tests.ports.test_gpio_start import FaultyBoard
from tests.room.rig import BAMBOO, House, living, simulated

pytestmark = pytest.mark.real

EDGES, A_SECOND, COMMANDS = 5000, 5000, 20


async def storm(house: House, line: MockPin) -> None:
    """Drive edges, 5000 a second, until there were 5000 and the room has done 20 commands."""
    answered = threading.Event()

    def drive() -> None:
        driven = 0
        while driven < EDGES or not answered.is_set():
            line.drive_high()
            line.drive_low()
            driven += 2
            time.sleep(2 / A_SECOND)

    driving = asyncio.get_running_loop().run_in_executor(None, drive)
    try:
        for _ in range(COMMANDS):
            assert (await house.ask("room.wake")).status == "done"
    finally:
        answered.set()
        await driving


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
            await storm(house, line)
            after, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert after - before < 2_000_000  # bytes, of all those edges and commands
            assert ("occupancy.chatter", "occupancy.ceiling") in house.issues
            assert house.document.occupancy.healthy == 0
    finally:
        board.reset()
        gpiozero.Device.pin_factory = None
        await hardware.close()


async def test_a_pin_that_cannot_be_opened_leaves_the_rest_of_the_room_working() -> None:
    gpiozero.Device.pin_factory = FaultyBoard("'GPIO busy'")  # on a Raspberry Pi, too
    hardware = simulated()

    async def connect(name: str, url: str) -> Port:
        return await (ports if name == "ceiling" else hardware).connect(name, url)

    try:
        async with living(BAMBOO, on=hardware, connect=connect) as house:
            await house.until(lambda: house.device("occupancy.ceiling").status == "offline")
            assert "GPIO17 is in use" in (house.device("occupancy.ceiling").detail or "")
            assert house.device("camera.front").status == "online"
            assert (await house.ask("room.wake")).status == "done"
            assert house.document.panel.awake
    finally:
        gpiozero.Device.pin_factory = None
        await hardware.close()
