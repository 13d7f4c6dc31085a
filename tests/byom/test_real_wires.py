"""The driver on real wires: pyserial on a pty, TCP, and gpiozero's mock pins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from roomctl.byom.driver import ByomSwitch, probe, profile_of
from roomctl.byom.profile import ByomTable
from roomctl.byom.sim import SimSwitch, SimSwitchText
from roomctl.cli.inspect import probe_words
from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.ports import connect
from roomctl.ports.inventory import PluggedDevice
from roomctl.simulator.wires import offer

pytestmark = pytest.mark.real

LIMIT_S = 60.0


class Bench:
    """A running driver; `changed` is waited for."""

    def __init__(self, table: ByomTable) -> None:
        self.news = asyncio.Event()
        profile = profile_of(table)
        self.device = ByomSwitch(table, profile, connect, SystemClock(), self.news.set)

    async def until(self, true: object) -> None:
        assert callable(true)
        async with asyncio.timeout(LIMIT_S):
            while not true():
                self.news.clear()
                await self.news.wait()


@contextlib.asynccontextmanager
async def running(table: ByomTable) -> AsyncIterator[Bench]:
    bench = Bench(table)
    task = asyncio.create_task(bench.device.run())
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_switch_is_turned_and_read_back_on_a_real_wire() -> None:
    async with asyncio.TaskGroup() as both:  # at once: one that falls silent is asked for a while
        for scheme in ("serial", "tcp"):
            both.create_task(turned_and_read_back(scheme))


async def turned_and_read_back(scheme: str) -> None:
    switch = SimSwitch()
    table = ByomTable(url=f"{scheme}:x", profile="extron_sw_usb")
    profile = profile_of(table)
    assert profile is not None
    wire = await offer(scheme, lambda: SimSwitchText(switch, profile, table), SystemClock())
    try:
        async with running(table.model_copy(update={"url": wire.url})) as bench:
            await bench.until(lambda: bench.device.said == "room")
            await bench.device.turn("laptop")
            await bench.until(lambda: bench.device.said == "laptop")
            assert switch.side == "laptop"
            switch.silent = True
            await bench.until(lambda: bench.device.health.status is Status.OFFLINE)
            assert bench.device.said is None
    finally:
        await wire.close()


async def test_a_relay_and_a_laptops_plug_on_a_boards_pins() -> None:
    board = MockFactory()
    gpiozero.Device.pin_factory = board
    try:
        table = ByomTable(url="gpio:22?active=low", plugged="gpio:27?pull=up&active=low")
        async with running(table) as bench:
            await bench.until(lambda: bench.device.health.status is Status.ONLINE)
            relay, plug = board.pin(22), board.pin(27)
            assert (relay.function, relay.state) == ("output", True)
            await bench.until(lambda: bench.device.plugged is not None)
            assert bench.device.plugged is False
            await asyncio.get_running_loop().run_in_executor(None, plug.drive_low)
            await bench.until(lambda: bench.device.plugged)
            await bench.device.turn("laptop")
            assert relay.state is False
            assert bench.device.said is None
        assert relay.states[-1].state is True  # the program has ended: the relay has fallen off
    finally:
        board.reset()
        gpiozero.Device.pin_factory = None


async def test_a_probe_names_the_switch_that_answers_on_a_serial_port_and_leaves_others() -> None:
    table = ByomTable(url="serial:x", profile="extron_sw_usb")
    profile = profile_of(table)
    assert profile is not None
    switch = SimSwitch()
    wire = await offer("serial", lambda: SimSwitchText(switch, profile, table), SystemClock())
    url = wire.url.partition("?")[0]
    camera = PluggedDevice("camera", f"{url}x?baud=9600", "FT232R: Sony BRC-300 answers")
    try:
        found = await probe([PluggedDevice("camera", url, "FT232R: no answer"), camera], connect)
    finally:
        await wire.close()
    assert found[1] == camera
    assert found[0].kind == "byom"
    assert switch.turns == 0
    said = probe_words([{"kind": "byom", "url": url, "what": "x", "profile": "extron_sw_usb"}])
    assert said == f'# x\n[byom]\nurl = "{url}"\nprofile = "extron_sw_usb"'
