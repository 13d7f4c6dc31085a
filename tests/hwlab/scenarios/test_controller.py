"""A gamepad of the kernel's uinput through `evdev:auto`: ranges, events, lost events, an unplug."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomctl.errors import PortClosed, PortMissing
from roomctl.ports.address import parse
from roomctl.ports.evdev import AxisInfo, EvdevPort, controllers, open_port
from tests.hwlab.devices.gamepad import RY, SOUTH, Gamepad, X
from tests.hwlab.devices.usbip import until
from tests.hwlab.scenarios.conftest import run

AUTO = parse("evdev:auto")
KEY, AXIS, LOST = 1, 3, (0, 3, 0)


@pytest.fixture(scope="module", autouse=True)
def driver() -> None:
    run("modprobe", "-a", "evdev", "uinput")
    until(Path("/dev/uinput").exists, "/dev/uinput")


@pytest.fixture
def gamepad(driver: None) -> Iterator[Gamepad]:
    made = Gamepad()
    until(lambda: any(node.exists() for node in controllers()), "the gamepad's node")
    yield made
    made.pull()


async def heard(port: EvdevPort) -> list[tuple[int, int, int]]:
    async with asyncio.timeout(60):
        return list(struct.iter_unpack("<HHi", (await port.read()).data))


async def test_a_gamepad_is_found_with_the_name_of_its_driver(gamepad: Gamepad) -> None:
    port = await open_port(AUTO)
    try:
        assert (port.identity.vid, port.identity.pid) == (gamepad.VID, gamepad.PID)
        assert port.identity.product == gamepad.NAME
        first, *axes = await heard(port)
        assert first == LOST
        assert {code: value for _, code, value in axes} == {
            **dict.fromkeys((0, 1, 3, 4), 0),
            **dict.fromkeys((2, 5), -32767),  # triggers at rest
        }
        gamepad.move(X, 32767)
        assert await heard(port) == [(AXIS, X, 32767)]
        gamepad.move(RY, -32768)
        assert await heard(port) == [(AXIS, RY, -32767)]
        gamepad.press(SOUTH)
        told = await heard(port)
        while len(told) < 2:
            told += await heard(port)
        assert told == [(KEY, SOUTH, 1), (KEY, SOUTH, 0)]
    finally:
        await port.close()


async def test_events_that_the_kernel_dropped_are_reported_as_lost(gamepad: Gamepad) -> None:
    port = await open_port(AUTO)
    try:
        await heard(port)
        for step in range(1, 2001):  # more than the kernel keeps, while nobody reads
            gamepad.move(X, step)
        told = await heard(port)
        at_last = (AXIS, X, AxisInfo(0, -32768, 32767).scaled(2000))
        while LOST not in told or [one for one in told if one[1] == X][-1] != at_last:
            told += await heard(port)
        assert len(told) < 2000
    finally:
        await port.close()


async def test_a_gamepad_that_is_pulled_closes_the_port_and_is_missing(gamepad: Gamepad) -> None:
    port = await open_port(AUTO)
    try:
        await heard(port)
        gamepad.pull()
        with pytest.raises(PortClosed, match="unplugged, or switched off"):
            await heard(port)
    finally:
        await port.close()
    with pytest.raises(PortMissing):
        await open_port(AUTO)
