"""The whole way: driver, pump, USB port, pyusb, and a bus as strict as libusb."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import PortError
from roomctl.ports.address import parse
from roomctl.ports.usb import open_port
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.profile import load_profiles
from roomctl.speakerphone.sim import SPEAK_810
from roomctl.wire import Port
from tests.ports.usb_bus import Bus, Gadget, hid, sound
from tests.speakerphone.test_profile import SHIPPED

URL = "usb:0b0e:2456"


def speak_810(address: int, *ports: int) -> Gadget:
    interfaces = [*sound(), hid(3, SPEAK_810.descriptor)]
    where = ports or (1, 4)
    return Gadget(SPEAK_810.vid, SPEAK_810.pid, interfaces, address=address, ports=where)


class PluggedIn:
    """News of a bus: what was not on it when this was made."""

    def __init__(self, bus: Bus) -> None:
        self._bus, self._known = bus, list(map(id, bus.gadgets))

    async def within(self, limit_s: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while list(map(id, self._bus.gadgets)) == self._known:
                    await asyncio.sleep(0.005)
                return True
        return False

    def close(self) -> None: ...


@asynccontextmanager
async def running(bus: Bus, presses: list[str] | None = None) -> AsyncIterator[Speakerphone]:
    """A room's driver on `bus`; at the end every interface is given back and no rule was broken."""
    heard = [] if presses is None else presses

    async def connect(name: str, url: str) -> Port:
        return await open_port(parse(url), lambda: bus, lambda: PluggedIn(bus))

    profiles = load_profiles(SHIPPED)
    phone = Speakerphone("table", URL, connect, SystemClock(), lambda: None, heard.append, profiles)
    task = asyncio.create_task(phone.run())
    try:
        yield phone
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await until(lambda: all(one.interfaces[-1].driver == "usbhid" for one in bus.gadgets))
    assert bus.violations == []


async def until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not fact():
            await asyncio.sleep(0.005)


@pytest.mark.real
async def test_press_light_refusal_unplug_and_back_on_another_address() -> None:
    gadget = speak_810(5)
    bus, presses = Bus(gadget), list[str]()
    async with running(bus, presses) as phone:
        await until(lambda: phone.health.status is Status.ONLINE)
        gadget.say(b"\x02\x04\x00")
        gadget.say(b"\x02\x00\x00")
        await until(lambda: presses == ["mute"])
        await phone.write_leds(muted=True, off_hook=True)
        assert gadget.written[-1] == ("SET_REPORT", 0x0202, b"\x02\x03\x00")

        gadget.fails = errno.EPIPE
        with pytest.raises(PortError, match="STALL"):
            await phone.write_leds(muted=False, off_hook=True)
        assert phone.state.led_muted is None

        gadget.unplug()
        await until(lambda: phone.health.status is Status.OFFLINE)
        back = speak_810(9)
        bus.gadgets = [back]
        await until(lambda: phone.health.status is Status.ONLINE)
        assert back.written == [("SET_REPORT", 0x0202, b"\x02\x01\x00")]


@pytest.mark.real
async def test_unplugged_in_a_call_it_is_shown_and_back_in_another_port_with_the_right_leds() -> (
    None
):
    gadget = speak_810(5, 1, 4)
    bus = Bus(gadget)
    async with running(bus) as phone:
        await until(lambda: phone.health.status is Status.ONLINE)
        await phone.write_leds(muted=True, off_hook=True)
        gadget.unplug()
        await until(lambda: phone.health.status is Status.OFFLINE)
        assert phone.state.led_muted is None
        await until(lambda: phone.health.reason == "missing")
        back = speak_810(6, 1, 2)
        bus.gadgets = [back]
        await until(lambda: phone.health.status is Status.ONLINE)
        assert phone.state.port_path == "1-1.2"
        assert back.written == [("SET_REPORT", 0x0202, b"\x02\x03\x00")]


@pytest.mark.real
async def test_an_update_is_no_unplug_by_hand_and_the_device_comes_back() -> None:
    gadget = speak_810(5)
    bus = Bus(gadget)
    async with running(bus) as phone:
        await until(lambda: phone.health.status is Status.ONLINE)
        await phone.write_leds(muted=True, off_hook=True)
        gadget.unplug()
        bus.gadgets = [Gadget(0x0B0E, 0x0971, [hid(0, SPEAK_810.descriptor)], address=6)]
        await until(lambda: phone.health.reason == "updating")
        bus.gadgets = [back := speak_810(7)]
        await until(lambda: phone.health.status is Status.ONLINE)
        assert back.written[-1] == ("SET_REPORT", 0x0202, b"\x02\x03\x00")


@pytest.mark.real
async def test_a_device_that_another_program_holds_is_said_to_be_busy_until_it_is_free() -> None:
    gadget = speak_810(5)
    bus = Bus(gadget)
    bus.occupy(gadget, 3)
    async with running(bus) as phone:
        await until(lambda: phone.health.reason == "busy")
        assert "0b0e:2456 at 1-1.4 is held by another program" in (phone.health.detail or "")
        gadget.interface(3).owner = None
        await until(lambda: phone.health.status is Status.ONLINE)


@pytest.mark.real
@pytest.mark.parametrize("fault", ["stall", "time-out", "short write"])
async def test_what_was_not_written_is_not_claimed_and_is_made_good(fault: str) -> None:
    gadget = speak_810(5)
    async with running(Bus(gadget)) as phone:
        await until(lambda: phone.health.status is Status.ONLINE)
        gadget.fails = {"stall": errno.EPIPE, "time-out": errno.ETIMEDOUT}.get(fault)
        gadget.short_by = int(fault == "short write")
        with pytest.raises(PortError):
            await phone.write_leds(muted=True, off_hook=True)
        assert phone.state.led_muted is None
        gadget.fails, gadget.short_by = None, 0
        await until(lambda: phone.state.led_muted is True)
        assert gadget.written[-1] == ("SET_REPORT", 0x0202, b"\x02\x03\x00")


@pytest.mark.real
async def test_a_descriptor_that_lies_is_told_and_the_driver_put_back() -> None:
    gadget = speak_810(5)
    gadget.interface(3).declared = 9000
    async with running(Bus(gadget)) as phone:
        await until(lambda: phone.health.reason == "unsupported")
        assert gadget.interface(3).driver == "usbhid"
