"""The shared scenarios of a speakerphone in this process: a bus as strict as libusb."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from roomctl.ports.address import parse
from roomctl.ports.hotplug import HotplugMonitor, SysfsMonitor
from roomctl.ports.usb import open_port
from roomctl.speakerphone.sim import SPEAK_810, SimSpeakerphone
from roomctl.wire import Chunk, Port
from tests.hwlab.shared.speakerphone import SCENARIOS, Scenario
from tests.ports.usb_bus import Bus, Gadget, hid, sound

pytestmark = pytest.mark.real

_PLACES = ((1, 4), (1, 3))


class BusTable:
    """A table whose speakerphones are plugged into an invented bus."""

    url = "usb:0b0e:2456"

    def __init__(self) -> None:
        self.bus = Bus()
        self._addresses = 4
        self._gadget = self._fresh(_PLACES[0])

    async def connect(self, name: str, url: str) -> Port:
        return await open_port(parse(url), lambda: self.bus, _no_news)

    def plug(self) -> None:
        self._gadget = self._fresh(_PLACES[0])
        self.bus.gadgets = [self._gadget]

    def unplug(self) -> None:
        self._gadget.unplug()

    def plug_twin(self) -> tuple[str, str]:
        self.bus.gadgets.append(self._fresh(_PLACES[1]))
        return f"{self.url}?port=1-1.4", f"{self.url}?port=1-1.3"

    def address(self) -> str:
        return str(self._gadget.address)

    def press_mute(self) -> None:
        finger = SimSpeakerphone()
        finger.press_mute()
        finger.tick(1.0)
        finger.tick(2.0)
        while (frame := finger.outbox(2.0)) is not None:
            self._gadget.say(frame[1:])

    def refuse(self, on: bool) -> None:
        self._gadget.fails = 32 if on else None  # EPIPE: a STALL

    def lit(self) -> tuple[bool, bool]:
        return _lit(self._gadget)

    def twin_lit(self) -> tuple[bool, bool]:
        return _lit(self.bus.gadgets[1])

    def with_kernel(self) -> bool:
        interface = self._gadget.interface(3)
        return (interface.driver, interface.owner) == ("usbhid", None)

    @contextmanager
    def held(self) -> Iterator[str]:
        interface = self._gadget.interface(3)
        self.bus.occupy(self._gadget, 3)
        yield "another program"
        interface.driver, interface.owner = "usbhid", None

    def _fresh(self, ports: tuple[int, int]) -> Gadget:
        self._addresses += 1
        interfaces = [*sound(), hid(3, SPEAK_810.descriptor)]
        return Gadget(
            SPEAK_810.vid, SPEAK_810.pid, interfaces, ports=ports, address=self._addresses
        )


def _lit(gadget: Gadget) -> tuple[bool, bool]:
    sim = SimSpeakerphone()
    for _, where, data in gadget.written:
        sim.receive(Chunk(bytes((where >> 8,)) + data, time.monotonic()))
    return sim.led_muted, sim.led_off_hook


def _no_news() -> HotplugMonitor:
    return SysfsMonitor(folders=())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
async def test_in_process(scenario: Scenario) -> None:
    table = BusTable()

    await scenario(table)

    assert table.bus.violations == []
