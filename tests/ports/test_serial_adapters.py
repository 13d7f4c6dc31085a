"""Adapters that come back under another name: ptys, and a list that says they are USB adapters."""

import logging
import os
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from roomctl.errors import PortError, PortReason
from roomctl.ports.address import parse
from roomctl.ports.serial import Adapters, SerialPort, open_port

pytestmark = pytest.mark.real


class Bus:
    """What is plugged in; each adapter is a pty of its own."""

    def __init__(self) -> None:
        self.ports: list[ListPortInfo] = []
        self._masters: dict[str, int] = {}
        self.adapters = Adapters(lambda: self.ports)

    def plug(self, number: str | None = "A1", socket: str = "1-2", vid: int | None = 0x0403) -> str:
        """Plug an adapter in; return its node."""
        master, slave = os.openpty()
        tty.setraw(slave)
        node = os.ttyname(slave)
        os.close(slave)
        port = ListPortInfo(node)
        port.vid, port.pid, port.serial_number, port.location = vid, 0x6001, number, socket
        self.ports.append(port)
        self._masters[node] = master
        return node

    def unplug(self, node: str) -> None:
        os.close(self._masters.pop(node))
        self.ports = [port for port in self.ports if port.device != node]

    def rename(self, a: str, b: str) -> None:
        """Have the adapters at two nodes change places."""
        for port in self.ports:
            port.device = {a: b, b: a}.get(port.device, port.device)

    async def open(self, path: str) -> SerialPort:
        return await open_port(parse(f"serial:{path}?baud=9600"), self.adapters)

    async def opened_as(self, path: str) -> str:
        """Open `path` once; return the node that it led to."""
        port = await self.open(path)
        await port.close()
        return port.identity.path

    def close(self) -> None:
        for node in list(self._masters):
            self.unplug(node)


@pytest.fixture
def bus() -> Iterator[Bus]:
    bus = Bus()
    yield bus
    bus.close()


async def test_an_adapter_that_comes_back_under_another_name_is_found(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "roomctl.ports.serial")
    first = bus.plug()
    assert await bus.opened_as(first) == first
    again = bus.plug()
    bus.unplug(first)
    for _ in range(2):
        assert await bus.opened_as(first) == again
    assert [r.message for r in caplog.records] == [f"serial:{first}: its adapter is {again} now"]


async def test_it_is_known_by_its_number_in_another_socket(bus: Bus) -> None:
    first = bus.plug("A1", "1-2")
    await bus.opened_as(first)
    bus.plug("B2", "1-2")
    again = bus.plug("A1", "1-4.1")
    bus.unplug(first)
    assert await bus.opened_as(first) == again


@pytest.mark.parametrize("number", [None, "0001"])
async def test_adapters_that_are_all_alike_are_told_apart_by_socket(
    bus: Bus, number: str | None
) -> None:
    first = bus.plug(number, "1-2")
    await bus.opened_as(first)
    bus.plug(number, "1-3")
    again = bus.plug(number, "1-2")
    bus.unplug(first)
    assert await bus.opened_as(first) == again


async def test_the_lines_of_one_adapter_are_told_apart_in_another_socket(bus: Bus) -> None:
    first = bus.plug("FT4", "1-2:1.1")
    await bus.opened_as(first)
    bus.plug("FT4", "1-5:1.0")
    again = bus.plug("FT4", "1-5:1.1")
    bus.unplug(first)
    assert await bus.opened_as(first) == again


async def test_two_adapters_that_changed_places_keep_their_urls(bus: Bus) -> None:
    front, rear = bus.plug("A1"), bus.plug("B2")
    assert [await bus.opened_as(path) for path in (front, rear)] == [front, rear]
    bus.rename(front, rear)
    assert [await bus.opened_as(path) for path in (front, rear)] == [rear, front]


async def test_the_adapter_of_another_url_is_not_taken_for_ones_own(bus: Bus) -> None:
    front, rear = bus.plug("A1"), bus.plug("B2")
    await bus.opened_as(front)
    await bus.opened_as(rear)
    bus.rename(front, rear)
    bus.ports = [port for port in bus.ports if port.serial_number != "A1"]
    with pytest.raises(PortError, match=f"is now that of serial:{rear}") as error:
        await bus.open(front)
    assert error.value.reason is PortReason.MISSING


async def test_a_new_adapter_in_the_place_of_a_broken_one_is_taken(bus: Bus) -> None:
    first = bus.plug("A1")
    await bus.opened_as(first)
    bus.ports[0].serial_number = "C3"
    assert await bus.opened_as(first) == first
    bus.ports[0].serial_number = "A1"
    assert await bus.opened_as(first) == first


async def test_a_link_means_what_it_says(bus: Bus, tmp_path: Path) -> None:
    first, link = bus.plug("A1"), tmp_path / "pci-0000:00:14.0-usb-0:2:1.0-port0"
    link.symlink_to(first)
    assert await bus.opened_as(str(link)) == first
    bus.plug("A1", "1-3")
    link.unlink()
    with pytest.raises(PortError, match="there is no") as error:
        await bus.open(str(link))
    assert error.value.reason is PortReason.MISSING
    second = bus.plug("D4")
    link.symlink_to(second)
    assert await bus.opened_as(str(link)) == second


async def test_a_port_that_is_no_usb_adapter_is_where_it_is(bus: Bus) -> None:
    first = bus.plug(None, "", vid=None)
    assert await bus.opened_as(first) == first
    bus.unplug(first)
    bus.plug(None, "", vid=None)
    bus.plug(None, "", vid=None)
    assert bus.adapters.node(first) == first


async def test_what_was_opened_is_told_by_the_identity(bus: Bus) -> None:
    port = await bus.open(bus.plug("A1", "1-2.3"))
    identity = port.identity
    assert (identity.vid, identity.pid, identity.serial_number, identity.port_path) == (
        0x0403,
        0x6001,
        "A1",
        "1-2.3",
    )
    await port.close()
