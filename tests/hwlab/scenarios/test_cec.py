"""The display's power on the kernel's CEC: a television of vivid's, with its own program in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from roomctl.kiosk.display.cec import Television, TelevisionPower
from roomctl.kiosk.display.display_power import DisplayPower, TelevisionTiming
from roomctl.screen.protocol import DisplayState
from roomctl.wire import in_thread
from tests.hwlab.devices.television import BOX, MODULE, Vivid
from tests.hwlab.scenarios.conftest import run

DRIVERS = ("vivid", "cec")
PACE = TelevisionTiming(obeys_s=60, again_s=0.2, look_s=2)
LIMIT_S = 90


@pytest.fixture(scope="module", autouse=True)
def vivid() -> Iterator[None]:
    run("modprobe", *MODULE)
    yield
    run("modprobe", "-r", "vivid")


@pytest.fixture
def tv() -> Iterator[Vivid]:
    made = Vivid()
    yield made
    made.remove()


@asynccontextmanager
async def lamp(told: list[DisplayState], name: str = BOX) -> AsyncIterator[DisplayPower]:
    made = DisplayPower(told.append, PACE)
    made.television = Television(name)
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def said(told: list[DisplayState], on: bool | None) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not told or told[-1] != DisplayState(on):
            await asyncio.sleep(0.02)


async def test_a_television_is_dark_and_lit_when_it_says_so_itself(tv: Vivid) -> None:
    told: list[DisplayState] = []
    async with lamp(told) as display:
        display.look()
        await said(told, True)
        display.switch(False)
        await said(told, False)
        assert await in_thread(tv.status) in ("standby", "to-standby")
        count = len(told)
        display.switch(True)
        await said(told, True)
        assert await in_thread(tv.status) == "on"
        assert DisplayState(True) not in told[count:-1]


async def test_a_silent_television_is_not_reported_as_on_and_its_return_is_noticed(
    tv: Vivid,
) -> None:
    told: list[DisplayState] = []
    async with lamp(told) as display:
        display.look()
        await said(told, True)
        await in_thread(tv.die)
        await said(told, None)
        told.clear()
        display.switch(True)
        await said(told, None)
        await in_thread(run, "cec-ctl", "-d", "/dev/cec0", "--tv")
        await in_thread(tv.live)
        await said(told, True)


async def test_a_pulled_cable_is_noticed_and_a_plugged_one_is_used_again(tv: Vivid) -> None:
    told: list[DisplayState] = []
    async with lamp(told) as display:
        display.look()
        await said(told, True)
        await in_thread(tv.disconnect)
        await said(told, None)
        await in_thread(tv.connect)
        await said(told, True)


async def test_somebody_elses_remote_control_is_noticed(tv: Vivid) -> None:
    told: list[DisplayState] = []
    async with lamp(told) as display:
        display.look()
        await said(told, True)
        await in_thread(run, "cec-ctl", "-d", BOX, "--playback", "--to", "0", "--standby")
        await said(told, False)


async def test_two_adapters_with_a_display_are_not_chosen_between(
    tv: Vivid, caplog: pytest.LogCaptureFixture
) -> None:
    assert await in_thread(Television("auto").power) is None
    assert "/dev/cec0 and /dev/cec1 have a display each; name one" in caplog.text
    assert await in_thread(Television(BOX).power) is TelevisionPower.ON
