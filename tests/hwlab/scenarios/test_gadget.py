"""A speakerphone's buttons on another host controller, dummy_hcd: its unplug looks different."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from roomctl.errors import PortClosed
from roomctl.ports import connect
from roomctl.wire import Port
from tests.hwlab.devices.gadget import MODULES, GadgetSpeakerphone
from tests.hwlab.kernel_table import holding
from tests.hwlab.scenarios.conftest import run
from tests.hwlab.shared.speakerphone import LIMIT_S, SCENARIOS, Scenario

DRIVERS = ("dummy_hcd",)
BUTTONS = 0
UNPLUGS = 5
IMPOSSIBLE = {"a_refused_write_is_told_and_written_again"}  # f_hid refuses nothing
PLAYED = [each for each in SCENARIOS if each.__name__ not in IMPOSSIBLE]


class GadgetTable:
    """A table with two sockets, each on a controller of its own."""

    url = "usb:0b0e:2456"

    def __init__(self) -> None:
        self._gadgets: list[GadgetSpeakerphone] = []

    async def connect(self, name: str, url: str) -> Port:
        return await connect(name, url)

    def plug(self) -> None:
        self.clear()
        self._gadgets = [GadgetSpeakerphone(0)]

    def plug_twin(self) -> tuple[str, str]:
        self._gadgets.append(GadgetSpeakerphone(1))
        first, second = (f"{self.url}?port={one.path}" for one in self._gadgets)
        return first, second

    def unplug(self) -> None:
        self._gadgets[0].unplug()

    def clear(self) -> None:
        for gadget in self._gadgets:
            gadget.remove()
        self._gadgets = []

    def address(self) -> str:
        return self._gadgets[0].sysfs.joinpath("devnum").read_text()

    def press_mute(self) -> None:
        self._gadgets[0].touch(self._gadgets[0].sim.press_mute)

    def refuse(self, on: bool) -> None:
        raise NotImplementedError

    def lit(self) -> tuple[bool, bool]:
        return self._gadgets[0].lit()

    def twin_lit(self) -> tuple[bool, bool]:
        return self._gadgets[1].lit()

    def with_kernel(self) -> bool:
        return self._gadgets[0].bound

    def held(self) -> AbstractContextManager[str]:
        return holding(BUTTONS)


@pytest.fixture(scope="module", autouse=True)
def controllers() -> Iterator[None]:
    run("modprobe", "-a", "usbhid", "hid-jabra")
    for module in MODULES:
        run("modprobe", *module)
    yield
    run("modprobe", "-r", "dummy_hcd")


@pytest.fixture
def table(controllers: None) -> Iterator[GadgetTable]:
    made = GadgetTable()
    yield made
    made.clear()


@pytest.mark.parametrize("scenario", PLAYED, ids=lambda each: each.__name__)
async def test_gadget(scenario: Scenario, table: GadgetTable) -> None:
    await scenario(table)


async def test_every_kind_of_unplug_closes_the_port(table: GadgetTable) -> None:
    """It is errno 5 or 19, as it happens (62 and 10 of 72 where it was counted)."""
    for _ in range(UNPLUGS):
        table.plug()
        port = await connect("table", table.url)
        reading = asyncio.ensure_future(port.read())
        await asyncio.sleep(0)
        table.unplug()
        with pytest.raises(PortClosed):
            await asyncio.wait_for(reading, LIMIT_S)
        with pytest.raises(PortClosed):
            await port.write(bytes((2, 2, 0, 0)))
        await port.close()
