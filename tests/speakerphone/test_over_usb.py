"""The whole way: driver, pump, USB port, pyusb, and a bus as strict as libusb."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable

import pytest

from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import PortError
from roomctl.ports.address import parse
from roomctl.ports.usb import open_port
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.sim import SPEAK_810
from roomctl.wire import Port
from tests.ports.usb_bus import Bus, Gadget, hid, sound

URL = "usb:0b0e:2456"


def speak_810(address: int) -> Gadget:
    interfaces = [*sound(), hid(3, SPEAK_810.descriptor)]
    return Gadget(SPEAK_810.vid, SPEAK_810.pid, interfaces, address=address)


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not fact():
            await asyncio.sleep(0.005)


async def test_press_light_refusal_unplug_and_back_on_another_address() -> None:
    gadget = speak_810(address=5)
    bus = Bus(gadget)
    presses: list[str] = []

    async def connect(name: str, url: str) -> Port:
        return await open_port(parse(url), lambda: bus)

    phone = Speakerphone("table", URL, connect, SystemClock(), lambda: None, presses.append)
    task = asyncio.create_task(phone.run())
    try:
        await until(lambda: phone.health.status is Status.ONLINE)
        gadget.say(b"\x02\x04\x00")
        gadget.say(b"\x02\x00\x00")
        await until(lambda: presses == ["mute"])
        await phone.show(muted=True, off_hook=True)
        assert gadget.written[-1] == ("SET_REPORT", 0x0202, b"\x02\x03\x00")

        gadget.fails = errno.EPIPE
        with pytest.raises(PortError, match="STALL"):
            await phone.show(muted=False, off_hook=True)
        assert phone.state.led_muted is None

        gadget.unplug()
        await until(lambda: phone.health.status is Status.OFFLINE)
        back = speak_810(address=9)
        bus.gadgets = [back]
        await until(lambda: phone.health.status is Status.ONLINE)
        assert back.written == [("SET_REPORT", 0x0202, b"\x02\x01\x00")]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert back.interface(3).driver == "usbhid"
    assert bus.violations == []
