"""A camera behind an FTDI adapter: ftdi_sio, udev's names and rule, pyserial."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomctl.camera.profile import shipped
from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect
from roomctl.visca.sim import SimCamera, SimLine
from roomctl.wire import Port
from tests.hwlab.devices.ftdi import Ftdi
from tests.hwlab.devices.usbip import Plugged, until
from tests.hwlab.scenarios.conftest import RULES, Plug, run, settle
from tests.hwlab.shared.camera import LIMIT_S, SCENARIOS, Scenario

BY_ID = Path("/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0")
RULE = RULES / "60-roomctl.rules"


class FtdiRoad:
    """An FTDI adapter that is known by `name`: udev's link, or the kernel's node."""

    def __init__(self, plug: Plug, name: str) -> None:
        self._plug = plug
        self.open_url = f"serial:{name}"
        self.url = f"{self.open_url}?baud=9600"
        self.camera = SimCamera(shipped()["sony_brc300"])
        self.line = SimLine([self.camera])
        self.adapter = Ftdi(self.line)
        self._plugged: Plugged | None = None
        self._held: list[int] = []

    async def connect(self, name: str, url: str) -> Port:
        return await connect(name, url)

    async def plug(self, baud: int = 9600) -> None:
        self.line.baud = baud
        self._plugged = self._plug(self.adapter)
        until(BY_ID.exists, f"udev to make {BY_ID}")
        for handle in self._held:
            os.close(handle)
        self._held = []

    async def unplug(self) -> None:
        """Pull the cable; somebody else still has the node open, so its number stays taken."""
        assert self._plugged is not None
        self._held.append(os.open(self.node(), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        self._plugged.unplug()
        settle()

    def node(self) -> str:
        return str(BY_ID.resolve())

    def elapse(self) -> None:
        """The adapter's own thread does."""


@pytest.fixture(scope="module", autouse=True)
def adapters(vhci: None, udevd: None) -> None:
    run("modprobe", "ftdi_sio")


@pytest.fixture
def rules() -> Iterator[None]:
    """Install the rules that roomctl ships for serial adapters."""
    place = Path("/etc/udev/rules.d") / RULE.name
    shutil.copy(RULE, place)
    run("udevadm", "control", "--reload")
    yield
    place.unlink()
    run("udevadm", "control", "--reload")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
async def test_by_id(scenario: Scenario, plug: Plug) -> None:
    await scenario(FtdiRoad(plug, str(BY_ID)))


async def test_a_camera_named_by_its_number_is_followed_to_another_number(plug: Plug) -> None:
    road = FtdiRoad(plug, "/dev/ttyUSB0")
    pulled = next(each for each in SCENARIOS if "mid_move" in each.__name__)
    await pulled(road)
    assert road.node() == "/dev/ttyUSB1"


async def test_the_adapter_is_told_the_speed_of_the_url(plug: Plug) -> None:
    road = FtdiRoad(plug, str(BY_ID))
    await road.plug()
    port = await connect("front", f"{road.open_url}?baud=38400")
    await port.close()
    assert road.adapter.baud == 38400


async def test_received_bytes_are_not_held_for_16_ms_once_the_line_is_open(plug: Plug) -> None:
    road = FtdiRoad(plug, str(BY_ID))
    await road.plug()
    assert road.adapter.latency_ms == 16
    port = await connect("front", road.url)
    assert road.adapter.latency_ms == 1
    await port.close()


async def test_our_udev_rule_sets_the_latency_before_anybody_opens_the_line(
    plug: Plug, rules: None
) -> None:
    road = FtdiRoad(plug, str(BY_ID))
    await road.plug()
    until(lambda: road.adapter.latency_ms == 1, "udev to set the latency timer")


async def test_an_unplug_in_a_blocked_read_closes_the_port(plug: Plug) -> None:
    road = FtdiRoad(plug, str(BY_ID))
    await road.plug()
    port = await connect("front", road.url)
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    await road.unplug()
    with pytest.raises(PortClosed, match="is the adapter still plugged in"):
        await asyncio.wait_for(reading, LIMIT_S)
    with pytest.raises(PortClosed):
        await port.write(b"\x88\x01\x00\x01\xff")
    await port.close()


async def test_a_line_that_another_program_has_open_is_reported_as_in_use(plug: Plug) -> None:
    road = FtdiRoad(plug, str(BY_ID))
    await road.plug()
    port = await connect("front", road.url)
    with pytest.raises(PortError, match="in use by another program") as refused:
        await connect("back", road.url)
    await port.close()
    assert refused.value.reason is PortReason.BUSY
