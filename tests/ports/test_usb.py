"""The USB port on a bus that refuses what libusb and the kernel refuse."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Iterator

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports.address import parse
from roomctl.ports.usb import UsbPort, open_port
from roomctl.wire import Port
from tests.ports.usb_bus import HID, OUT, VENDOR, Bus, Gadget, Interface, hid, sound

# Telephony: hook and mute in, two LEDs out; with report ID 2, and without.
NUMBERED = bytes.fromhex("050b0905a1018502750195020920092f8102c0")
UNNUMBERED = bytes.fromhex("050b0905a101750195020920092f8102c0")
CONSUMER = bytes.fromhex("050c0901a10185017501950109e98102c0")


def speakerphone(**facts: object) -> Gadget:
    out = bool(facts.pop("out", False))
    descriptor = facts.pop("descriptor", NUMBERED)
    assert isinstance(descriptor, bytes)
    gadget = Gadget(0x0B0E, 0x2456, [*sound(), hid(3, descriptor, out=out)])
    for name, fact in facts.items():
        setattr(gadget, name, fact)
    return gadget


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus()
    yield made
    assert made.violations == []


async def plugged(bus: Bus, gadget: Gadget, url: str = "usb:0b0e:2456") -> UsbPort:
    bus.gadgets.append(gadget)
    return await open_port(parse(url), lambda: bus)


async def refusal(bus: Bus, url: str, *gadgets: Gadget) -> PortError:
    bus.gadgets += gadgets
    with pytest.raises(PortError) as error:
        await open_port(parse(url), lambda: bus)
    assert all(not gadget.open_handles for gadget in gadgets)
    return error.value


async def waiting(gadget: Gadget) -> None:
    """Wait until the port's thread is inside a read."""
    async with asyncio.timeout(5):
        while not gadget.in_flight:
            await asyncio.sleep(0.001)


def drivers(gadget: Gadget) -> list[str | None]:
    return [interface.driver for interface in gadget.interfaces]


async def test_only_the_hid_interface_is_taken_and_it_is_given_back(bus: Bus) -> None:
    gadget = speakerphone()
    port = await plugged(bus, gadget)
    assert drivers(gadget) == ["snd-usb-audio"] * 3 + [None]
    await port.close()
    assert drivers(gadget) == ["snd-usb-audio"] * 3 + ["usbhid"]
    assert not gadget.open_handles


async def test_the_identity_is_what_the_device_says(bus: Bus) -> None:
    port = await plugged(bus, speakerphone())
    found = port.identity
    assert (found.vid, found.pid, found.bcd_device) == (0x0B0E, 0x2456, 0x0123)
    assert (found.port_path, found.path) == ("1-1.4", "/dev/bus/usb/001/005")
    assert (found.serial_number, found.product) == ("0042", "SPEAK")
    assert found.report_descriptor == NUMBERED
    await port.close()


async def test_a_numbered_report_becomes_a_frame_and_so_does_one_without_number(bus: Bus) -> None:
    numbered = speakerphone()
    port = await plugged(bus, numbered)
    numbered.say(b"\x02\x05")
    assert (await port.read()).data == b"\x01\x02\x05"
    await port.close()
    bus.gadgets.clear()
    plain = speakerphone(descriptor=UNNUMBERED)
    port = await plugged(bus, plain)
    plain.say(b"\x05")
    assert (await port.read()).data == b"\x01\x00\x05"
    await port.close()


@pytest.mark.parametrize(
    ("out", "frame", "written"),
    [
        (False, b"\x02\x02\x03\x00", ("SET_REPORT", 0x0202, b"\x02\x03\x00")),
        (False, b"\x03\x9a\x01", ("SET_REPORT", 0x039A, b"\x9a\x01")),
        (False, b"\x02\x00\x03", ("SET_REPORT", 0x0200, b"\x03")),
        (True, b"\x02\x02\x03\x00", ("OUT", OUT, b"\x02\x03\x00")),
        (True, b"\x02\x00\x03", ("OUT", OUT, b"\x03")),
    ],
)
async def test_a_frame_goes_the_way_the_interface_declares_at_its_exact_length(
    bus: Bus, out: bool, frame: bytes, written: tuple[str, int, bytes]
) -> None:
    gadget = speakerphone(out=out)
    port = await plugged(bus, gadget)
    await port.write(frame)
    assert gadget.written == [written]
    await port.close()


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        (errno.EPIPE, r"writing report 2: the device refused it \(STALL\)"),
        (errno.ETIMEDOUT, "writing report 2: no answer within 0.3 s"),
        (errno.EOVERFLOW, "writing report 2: .*errno 75"),
    ],
)
async def test_a_write_that_failed_leaves_the_port_open(bus: Bus, fails: int, says: str) -> None:
    gadget = speakerphone(fails=fails)
    port = await plugged(bus, gadget)
    with pytest.raises(PortError, match=says) as error:
        await port.write(b"\x02\x02\x03\x00")
    assert not isinstance(error.value, PortClosed)
    gadget.fails = None
    await port.write(b"\x02\x02\x03\x00")
    await port.close()


async def test_a_short_write_is_an_error_with_its_numbers(bus: Bus) -> None:
    port = await plugged(bus, speakerphone(short_by=1))
    with pytest.raises(PortError, match="short write: 2 of 3 bytes of report 2"):
        await port.write(b"\x02\x02\x03\x00")
    await port.close()


@pytest.mark.parametrize("number", [errno.ENODEV, errno.EIO])
async def test_an_unplug_ends_the_read_that_waits_and_everything_after(
    bus: Bus, number: int
) -> None:
    gadget = speakerphone(gone_errno=number)
    port = await plugged(bus, gadget)
    reading = asyncio.ensure_future(port.read())
    await waiting(gadget)
    gadget.unplug()
    with pytest.raises(PortClosed, match="the device is gone"):
        await reading
    with pytest.raises(PortClosed):
        await port.write(b"\x02\x02\x03\x00")
    with pytest.raises(PortClosed):
        await port.read()
    await port.close()


async def test_an_unplug_during_a_write_closes_the_port(bus: Bus) -> None:
    gadget = speakerphone(fails=errno.ENODEV)
    port = await plugged(bus, gadget)
    with pytest.raises(PortClosed):
        await port.write(b"\x02\x02\x03\x00")
    await port.close()


async def test_a_halted_endpoint_is_cleared_and_reported(bus: Bus) -> None:
    gadget = speakerphone(read_fails=errno.EPIPE)
    port = await plugged(bus, gadget)
    with pytest.raises(PortError, match="reading: the device refused it"):
        await port.read()
    assert gadget.cleared == 1
    gadget.read_fails = None
    gadget.say(b"\x02\x01")
    assert (await port.read()).data == b"\x01\x02\x01"
    await port.close()


async def test_a_report_longer_than_the_packet_is_an_error_not_a_wrong_report(bus: Bus) -> None:
    gadget = speakerphone()
    port = await plugged(bus, gadget)
    gadget.say(bytes(65))
    with pytest.raises(PortError, match=r"reading: .*errno 75"):
        await port.read()
    await port.close()


async def test_a_cancelled_read_loses_no_report(bus: Bus) -> None:
    gadget = speakerphone()
    port = await plugged(bus, gadget)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(port.read(), 0.05)
    gadget.say(b"\x02\x04")
    assert (await port.read()).data == b"\x01\x02\x04"
    await port.close()


async def test_close_ends_within_its_limit_while_a_read_waits(bus: Bus) -> None:
    gadget = speakerphone()
    port = await plugged(bus, gadget)
    reading = asyncio.ensure_future(port.read())
    await waiting(gadget)
    began = time.monotonic()
    await port.close()
    assert time.monotonic() - began <= 0.6
    with pytest.raises(PortClosed):
        await reading
    assert drivers(gadget)[3] == "usbhid"
    await port.close()  # twice is once


async def test_a_context_made_for_one_port_ends_with_it_and_with_every_vain_attempt() -> None:
    bus, empty = Bus(), Bus()
    port = await plugged(bus, speakerphone())
    assert not bus.freed
    await port.close()
    await refusal(empty, "usb:auto")
    assert (bus.freed, empty.freed) == (True, True)


async def test_after_a_crash_the_interface_has_no_driver_and_is_taken_and_mended(bus: Bus) -> None:
    gadget = speakerphone()
    gadget.interface(3).driver = None
    port = await plugged(bus, gadget)
    await port.close()
    assert drivers(gadget)[3] == "usbhid"


async def test_auto_takes_the_sound_device_with_buttons_and_no_keyboard(bus: Bus) -> None:
    keyboard = Gadget(0x046D, 0xC31C, [hid(0, CONSUMER, subclass=1)], ports=(1,))
    camera = Gadget(0x046D, 0x0843, sound(), ports=(2,))
    bus.gadgets += [keyboard, camera]
    port = await plugged(bus, speakerphone(), "usb:auto")
    assert port.identity.port_path == "1-1.4"
    assert drivers(keyboard) == ["usbhid"]
    await port.close()


async def test_the_interface_that_speaks_telephony_is_chosen_and_others_put_back(bus: Bus) -> None:
    gadget = speakerphone()
    gadget.interfaces.insert(3, hid(5, CONSUMER))
    gadget.interfaces.insert(3, hid(6, CONSUMER, subclass=1))
    port = await plugged(bus, gadget)
    assert port.identity.report_descriptor == NUMBERED
    assert [gadget.interface(n).driver for n in (3, 5, 6)] == [None, "usbhid", "usbhid"]
    await port.close()


async def test_without_telephony_the_first_hid_interface_is_taken(bus: Bus) -> None:
    gadget = Gadget(0x0B0E, 0x2456, [hid(3, CONSUMER), hid(4, CONSUMER)])
    port = await plugged(bus, gadget)
    assert [gadget.interface(n).driver for n in (3, 4)] == [None, "usbhid"]
    await port.close()


async def test_two_units_of_one_model_are_told_apart_by_path_and_serial_number(bus: Bus) -> None:
    left = speakerphone(ports=(1, 2), serial_number="L")
    bus.gadgets.append(left)
    right = speakerphone(ports=(1, 3), serial_number="R", address=6)
    by_path = await plugged(bus, right, "usb:0b0e:2456?path=1-1.3")
    by_number = await open_port(parse("usb:0b0e:2456?serial=L"), lambda: bus)
    assert (by_path.identity.serial_number, by_number.identity.serial_number) == ("R", "L")
    await by_path.close()
    await by_number.close()


async def test_of_two_units_the_second_opener_gets_the_free_one(bus: Bus) -> None:
    bus.gadgets.append(speakerphone(ports=(1, 2)))
    ports: list[Port] = [
        await plugged(bus, speakerphone(ports=(1, 3), address=6)),
        await open_port(parse("usb:0b0e:2456"), lambda: bus),
    ]
    assert [port.identity.port_path for port in ports] == ["1-1.2", "1-1.3"]
    for port in ports:
        await port.close()


async def test_what_is_not_plugged_in_is_missing_and_what_is_is_named(bus: Bus) -> None:
    error = await refusal(bus, "usb:1395:0042", speakerphone())
    assert error.reason is PortReason.MISSING
    assert error.why == "is not plugged in; plugged in: 0b0e:2456 at 1-1.4"


async def test_an_empty_bus_says_so(bus: Bus) -> None:
    assert "nothing is plugged in" in (await refusal(bus, "usb:auto")).why


async def test_a_wrong_serial_number_is_missing_and_the_right_one_is_named(bus: Bus) -> None:
    error = await refusal(bus, "usb:0b0e:2456?serial=1", speakerphone())
    assert (error.reason, error.why) == (
        PortReason.MISSING,
        "0b0e:2456 at 1-1.4 has serial number '0042'",
    )


async def test_no_permission_names_the_udev_rule(bus: Bus) -> None:
    error = await refusal(bus, "usb:auto", speakerphone(permitted=False))
    assert error.reason is PortReason.PERMISSION
    assert "/dev/bus/usb/001/005" in error.why
    assert 'GROUP="roomctl", MODE="0660"' in error.why


async def test_a_device_that_another_program_holds_is_busy_and_stays_with_it(bus: Bus) -> None:
    gadget = speakerphone()
    bus.occupy(gadget, 3)
    error = await refusal(bus, "usb:0b0e:2456", gadget)
    assert error.reason is PortReason.BUSY
    assert "held by another program" in error.why
    assert gadget.interface(3).owner == -1


async def test_a_device_without_hid_is_unsupported(bus: Bus) -> None:
    gadget = Gadget(0x0B0E, 0x2456, [*sound(), Interface(3, VENDOR)])
    assert (await refusal(bus, "usb:0b0e:2456", gadget)).reason is PortReason.UNSUPPORTED


@pytest.mark.parametrize(("declared", "says"), [(0, "of 0 bytes"), (9000, "9000"), (40, "of 40")])
async def test_a_lying_descriptor_length_is_refused_and_the_driver_put_back(
    bus: Bus, declared: int, says: str
) -> None:
    gadget = speakerphone()
    gadget.interface(3).declared = declared
    error = await refusal(bus, "usb:0b0e:2456", gadget)
    assert says in error.why
    assert drivers(gadget)[3] == "usbhid"


async def test_an_interface_without_a_way_in_is_unsupported(bus: Bus) -> None:
    gadget = Gadget(0x0B0E, 0x2456, [Interface(3, HID, NUMBERED, (), driver="usbhid")])
    assert (await refusal(bus, "usb:0b0e:2456", gadget)).reason is PortReason.UNSUPPORTED
    assert drivers(gadget) == ["usbhid"]


async def test_without_libusb_the_package_is_named() -> None:
    with pytest.raises(PortError, match=r"sudo apt install libusb-1\.0-0") as error:
        await open_port(parse("usb:auto"), lambda: None)
    assert error.value.reason is PortReason.UNSUPPORTED


@pytest.mark.parametrize("url", ["usb:", "usb:jabra", "usb:b0e:2456", "usb:auto?port=1"])
async def test_a_url_that_cannot_be_meant_is_refused(bus: Bus, url: str) -> None:
    assert (await refusal(bus, url)).reason is PortReason.UNSUPPORTED


async def test_a_device_without_strings_has_none(bus: Bus) -> None:
    port = await plugged(bus, speakerphone(serial_number=None, product=None))
    assert (port.identity.serial_number, port.identity.product) == (None, None)
    await port.close()
