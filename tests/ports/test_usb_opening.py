"""Which USB device is meant, how it is claimed and given back, and why it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import usb
from roomctl.ports.address import parse
from roomctl.ports.descriptors import JoinedReports
from roomctl.ports.usb import DeviceFilter, open_port, reattach
from roomctl.speakerphone.sim import SPEAK_810
from roomctl.wire import Port
from tests.ports.quiet import Quiet
from tests.ports.usb_bench import (
    CONSUMER,
    NUMBERED,
    VENDOR_KEYS,
    drivers,
    plugged,
    refusal,
    speakerphone,
)
from tests.ports.usb_bus import HID, VENDOR, Bus, Gadget, Interface, hid, sound

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a port be closed when that is said, on a machine that stands still, too."""
    monkeypatch.setattr(usb, "_CLOSE_LIMIT_S", 60.0)


@pytest.fixture
def bus() -> Iterator[Bus]:
    made = Bus()
    yield made
    assert made.violations == []


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


async def test_auto_takes_one_with_telephony_before_one_with_mere_volume_keys(bus: Bus) -> None:
    card = Gadget(0x0D8C, 0x0014, [*sound(), hid(3, CONSUMER)], ports=(1, 1), address=2)
    bus.gadgets.append(card)
    port = await plugged(bus, speakerphone(), "usb:auto")
    assert port.identity.port_path == "1-1.4"
    assert (drivers(card)[3], len(card.open_handles)) == ("usbhid", 0)
    await port.close()


async def test_auto_never_takes_one_without_telephony_and_says_how_it_is_had(bus: Bus) -> None:
    card = Gadget(0x0D8C, 0x0014, [*sound(), hid(3, CONSUMER)], ports=(1, 1), address=2)
    error = await refusal(bus, "usb:auto", card)
    assert error.reason is PortReason.MISSING
    assert error.why == (
        "0d8c:0014 at 1-1.1 has no telephony controls; write usb:0d8c:0014 to have it all the same"
    )
    assert drivers(card)[3] == "usbhid"
    port = await open_port(parse("usb:0d8c:0014"), lambda: bus, Quiet)
    assert port.identity.pid == 0x0014
    await port.close()


async def test_of_two_auto_takes_the_one_with_more_of_what_a_room_needs(bus: Bus) -> None:
    bus.gadgets.append(speakerphone(ports=(1, 1), address=2))
    complete = Gadget(0x291A, 0x3301, [*sound(), hid(3, SPEAK_810.descriptor)], ports=(1, 2))
    port = await plugged(bus, complete, "usb:auto")
    assert port.identity.port_path == "1-1.2"
    assert drivers(bus.gadgets[0])[3] == "usbhid"
    await port.close()


async def test_all_interfaces_with_keys_are_taken_and_others_put_back(bus: Bus) -> None:
    gadget = speakerphone()
    gadget.interfaces.insert(3, hid(5, CONSUMER, at=0x85))
    gadget.interfaces.insert(3, hid(6, CONSUMER, subclass=1))
    gadget.interfaces.insert(3, hid(7, VENDOR_KEYS, at=0x87))
    port = await plugged(bus, gadget)
    drivers_then = [gadget.interface(n).driver for n in (3, 5, 6, 7)]
    assert drivers_then == [None, None, "usbhid", "usbhid"]
    assert port.identity.report_descriptor == JoinedReports([NUMBERED, CONSUMER]).descriptor
    await port.close()
    assert [gadget.interface(n).driver for n in (3, 5, 6, 7)] == ["usbhid"] * 4


async def test_an_interface_that_is_held_or_cannot_be_read_hides_no_other(bus: Bus) -> None:
    gadget = speakerphone()
    gadget.interfaces += [hid(5, CONSUMER, at=0x85), hid(6, CONSUMER, at=0x86)]
    gadget.interface(6).endpoints = ()
    gadget.interface(6).driver = "usbhid"
    bus.occupy(gadget, 5)
    port = await plugged(bus, gadget)
    assert port.identity.report_descriptor == NUMBERED
    assert gadget.interface(5).owner == -1
    assert gadget.interface(6).driver == "usbhid"
    await port.close()


async def test_one_whose_telephony_is_held_is_busy_although_its_other_keys_are_free(
    bus: Bus,
) -> None:
    gadget = speakerphone()
    gadget.interfaces.append(hid(5, CONSUMER, at=0x85))
    bus.occupy(gadget, 3)
    error = await refusal(bus, "usb:0b0e:2456", gadget)
    assert error.reason is PortReason.BUSY
    assert gadget.interface(5).driver == "usbhid"


async def test_reports_of_every_interface_are_read_and_written_where_they_belong(bus: Bus) -> None:
    gadget = speakerphone(descriptor=SPEAK_810.descriptor)
    gadget.interfaces.append(hid(5, CONSUMER, at=0x85))  # a report 1, as the first has, too
    port = await plugged(bus, gadget)
    gadget.say(b"\x02\x04\x00", 3)
    assert (await port.read()).data == b"\x01\x02\x04\x00"
    gadget.say(b"\x01\x01", 5)
    frame = (await port.read()).data
    assert (frame[0], frame[2:]) == (1, b"\x01")
    assert frame[1] not in (1, 2, 4, 5)
    await port.write(b"\x02\x02\x03\x00")
    assert gadget.written == [("SET_REPORT", 0x0202, b"\x02\x03\x00")]
    gadget.unplug()
    with pytest.raises(PortClosed):
        await port.read()
    await port.close()


async def test_without_telephony_what_is_named_is_taken_with_all_its_keys(bus: Bus) -> None:
    gadget = Gadget(0x0B0E, 0x2456, [hid(3, CONSUMER), hid(4, CONSUMER, at=0x84)])
    port = await plugged(bus, gadget)
    assert [gadget.interface(n).driver for n in (3, 4)] == [None, None]
    await port.close()


async def test_two_units_of_one_model_are_told_apart_by_path_and_serial_number(bus: Bus) -> None:
    left = speakerphone(ports=(1, 2), serial_number="L")
    bus.gadgets.append(left)
    right = speakerphone(ports=(1, 3), serial_number="R", address=6)
    by_path = await plugged(bus, right, "usb:0b0e:2456?port=1-1.3")
    by_number = await open_port(parse("usb:0b0e:2456?serial=L"), lambda: bus, Quiet)
    assert (by_path.identity.serial_number, by_number.identity.serial_number) == ("R", "L")
    await by_path.close()
    await by_number.close()


async def test_of_two_units_the_second_opener_gets_the_free_one(bus: Bus) -> None:
    bus.gadgets.append(speakerphone(ports=(1, 2)))
    ports: list[Port] = [
        await plugged(bus, speakerphone(ports=(1, 3), address=6)),
        await open_port(parse("usb:0b0e:2456"), lambda: bus, Quiet),
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


async def test_no_permission_names_the_udev_rule_its_file_and_the_commands(bus: Bus) -> None:
    error = await refusal(bus, "usb:auto", speakerphone(permitted=False))
    assert error.reason is PortReason.PERMISSION
    assert "/dev/bus/usb/001/005" in error.why
    assert "deploy/udev/60-roomctl-speakerphone.rules && sudo udevadm" in error.why
    assert "sudo udevadm control --reload && sudo udevadm trigger" in error.why
    assert 'GROUP="roomctl", MODE="0660"' in error.why


async def test_a_system_that_cannot_detach_a_driver_says_so(bus: Bus) -> None:
    gadget = speakerphone(detachable=False)
    error = await refusal(bus, "usb:auto", gadget)
    assert (error.reason, drivers(gadget)[3]) == (PortReason.UNSUPPORTED, "usbhid")
    assert "roomctl needs Linux for that" in error.why


async def test_an_error_without_a_number_is_told_and_the_driver_put_back(bus: Bus) -> None:
    gadget = speakerphone(other_error=True)
    error = await refusal(bus, "usb:auto", gadget)
    assert (error.reason, drivers(gadget)[3]) == (PortReason.IO, "usbhid")
    assert "0b0e:2456 at 1-1.4 cannot be opened" in error.why


async def test_a_device_that_is_gone_but_still_listed_is_missing(bus: Bus) -> None:
    gadget = speakerphone(present=False, listed=True)
    error = await refusal(bus, "usb:0b0e:2456", gadget)
    assert (error.reason, error.why) == (
        PortReason.MISSING,
        "0b0e:2456 at 1-1.4 was just unplugged",
    )


async def test_a_device_that_another_program_holds_is_busy_and_stays_with_it(bus: Bus) -> None:
    gadget = speakerphone()
    bus.occupy(gadget, 3)
    error = await refusal(bus, "usb:0b0e:2456", gadget)
    assert error.reason is PortReason.BUSY
    assert "held by another program" in error.why
    assert gadget.interface(3).owner == -1


async def test_what_is_missing_is_opened_as_soon_as_it_is_plugged_in(bus: Bus) -> None:
    gadget = speakerphone()

    class PluggedIn(Quiet):
        async def within(self, limit_s: float) -> bool:
            bus.gadgets.append(gadget)
            return True

    port = await open_port(parse("usb:0b0e:2456"), lambda: bus, PluggedIn)
    assert drivers(gadget)[3] is None
    await port.close()


ANY = DeviceFilter("usb:auto", None, None, None)


def test_what_a_killed_process_left_gets_its_driver_back(bus: Bus) -> None:
    left, fine, held = (speakerphone(ports=(1, number), address=number) for number in (1, 2, 3))
    left.interface(3).driver = None
    bus.gadgets = [left, fine, held]
    bus.occupy(held, 3)
    assert reattach(ANY, lambda: bus) == ["interface 3 of 0b0e:2456 at 1-1.1"]
    assert [drivers(gadget)[3] for gadget in bus.gadgets] == ["usbhid", "usbhid", None]
    assert held.interface(3).owner == -1
    assert all(not gadget.open_handles for gadget in bus.gadgets)
    assert bus.freed


def test_a_keyboard_without_a_driver_is_not_touched(bus: Bus) -> None:
    keyboard = Gadget(0x046D, 0xC31C, [*sound(), hid(3, CONSUMER, subclass=1)])
    keyboard.interface(3).driver = None
    bus.gadgets = [keyboard]
    assert reattach(ANY, lambda: bus) == []


def test_what_may_not_be_given_back_names_the_rule(bus: Bus) -> None:
    bus.gadgets = [speakerphone(permitted=False)]
    with pytest.raises(PortError, match="no permission"):
        reattach(ANY, lambda: bus)


def test_without_libusb_there_is_nothing_to_give_back() -> None:
    assert reattach(ANY, lambda: None) == []


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
        await open_port(parse("usb:auto"), lambda: None, Quiet)
    assert error.value.reason is PortReason.UNSUPPORTED


@pytest.mark.parametrize(
    "url", ["usb:", "usb:jabra", "usb:b0e:2456", "usb:auto?port=1", "usb:auto?path=1-1"]
)
async def test_a_url_that_cannot_be_meant_is_refused(bus: Bus, url: str) -> None:
    assert (await refusal(bus, url)).reason is PortReason.UNSUPPORTED


async def test_a_device_without_strings_has_none(bus: Bus) -> None:
    port = await plugged(bus, speakerphone(serial_number=None, product=None))
    assert (port.identity.serial_number, port.identity.product) == (None, None)
    await port.close()
