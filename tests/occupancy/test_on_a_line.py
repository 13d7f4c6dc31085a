"""Radars and CO2 meters on a real pseudo-terminal, opened by pyserial as in a room."""

import asyncio

import pytest

from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.occupancy.driver import profiles, sensors
from roomctl.occupancy.profile import OccupancyTable
from roomctl.occupancy.sim import sim_sensor
from roomctl.ports import connect
from roomctl.simulator.wires import PtyPort
from roomctl.wire import pump

pytestmark = pytest.mark.real
LIMIT_S = 60.0  # of what takes a second or four


@pytest.mark.parametrize("stem", ["ld2410", "ld2412", "ld2450", "mhz19", "scd30"])
async def test_what_a_sensor_says_on_a_serial_line_reaches_the_room(stem: str) -> None:
    clock, told, news = SystemClock(), [], asyncio.Event()
    far, wake = sim_sensor(profiles()[stem]), asyncio.Event()
    port = PtyPort(clock)

    def tell(sensor: str, present: bool, at: float) -> None:
        told.append(present)
        news.set()

    tables = {"table": OccupancyTable(url=port.identity.url, profile=stem)}
    (sensor,) = sensors(tables, connect, clock, lambda: None, tell)
    measures = sensor.profile.kind == "co2"
    running = [
        asyncio.ensure_future(pump(port, far, wake, clock)),
        asyncio.ensure_future(sensor.run()),
    ]

    async def until(present: bool) -> None:
        async with asyncio.timeout(LIMIT_S):
            while present not in told[-1:]:
                news.clear()
                await news.wait()

    try:
        await until(False)
        assert sensor.health.status is Status.ONLINE
        assert sensor.co2_ppm == (450 if measures else None)
        if measures:
            far.ppm = 1250.0
        far.set(True, clock.mono_s())
        wake.set()
        await until(True)
        assert not measures or sensor.co2_ppm in range(1200, 1300)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await port.close()
