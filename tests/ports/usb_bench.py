"""A USB bench: a speakerphone on the strict bus, and a port opened on it."""

from __future__ import annotations

import asyncio

import pytest

from roomctl.errors import PortError
from roomctl.ports.address import parse
from roomctl.ports.usb import UsbPort, open_port
from tests.ports.quiet import Quiet
from tests.ports.usb_bus import Bus, Gadget, hid, sound

# Telephony: hook and mute in, two LEDs out; with report ID 2, and without.
NUMBERED = bytes.fromhex("050b0905a1018502750195020920092f8102c0")
UNNUMBERED = bytes.fromhex("050b0905a101750195020920092f8102c0")
CONSUMER = bytes.fromhex("050c0901a10185017501950109e98102c0")
VENDOR_KEYS = bytes.fromhex("0600ff0901a10185017508950109018102c0")


def speakerphone(**facts: object) -> Gadget:
    out = bool(facts.pop("out", False))
    descriptor = facts.pop("descriptor", NUMBERED)
    assert isinstance(descriptor, bytes)
    gadget = Gadget(0x0B0E, 0x2456, [*sound(), hid(3, descriptor, out=out)])
    for name, fact in facts.items():
        setattr(gadget, name, fact)
    return gadget


async def plugged(bus: Bus, gadget: Gadget, url: str = "usb:0b0e:2456") -> UsbPort:
    bus.gadgets.append(gadget)
    return await open_port(parse(url), lambda: bus, Quiet)


async def refusal(bus: Bus, url: str, *gadgets: Gadget) -> PortError:
    bus.gadgets += gadgets
    with pytest.raises(PortError) as error:
        await open_port(parse(url), lambda: bus, Quiet)
    assert all(not gadget.open_handles for gadget in gadgets)
    return error.value


async def waiting(gadget: Gadget) -> None:
    """Wait until the port's thread is inside a read."""
    async with asyncio.timeout(60):
        while not gadget.in_flight:
            await asyncio.sleep(0.001)


def drivers(gadget: Gadget) -> list[str | None]:
    return [interface.driver for interface in gadget.interfaces]
