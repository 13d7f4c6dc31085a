"""The USB port on a bus that refuses what libusb and the kernel refuse."""

from __future__ import annotations

import asyncio
import errno
import time
from collections import deque
from collections.abc import Iterator

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import usb
from roomctl.ports.address import parse
from roomctl.ports.usb import open_port
from tests.ports.quiet import Quiet
from tests.ports.threads import in_use
from tests.ports.usb_bench import (
    NUMBERED,
    UNNUMBERED,
    drivers,
    plugged,
    refusal,
    speakerphone,
    waiting,
)
from tests.ports.usb_bus import OUT, Bus

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
    gadget = speakerphone(read_fails=deque([errno.EPIPE]))
    port = await plugged(bus, gadget)
    with pytest.raises(PortError, match="reading: the device refused it"):
        await port.read()
    assert gadget.cleared == 1
    gadget.say(b"\x02\x01")
    assert (await port.read()).data == b"\x01\x02\x01"
    await port.close()


async def test_a_read_that_is_interrupted_goes_on(bus: Bus) -> None:
    gadget = speakerphone(read_fails=deque([errno.EINTR, errno.EINTR]))
    gadget.say(b"\x02\x01")
    port = await plugged(bus, gadget)
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
    assert time.monotonic() - began <= 5.0  # an unbounded read would not end at all
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


async def test_a_transfer_under_a_thief_is_busy(bus: Bus) -> None:
    gadget = speakerphone(fails=errno.EBUSY)
    port = await plugged(bus, gadget)
    with pytest.raises(PortError, match="another program has taken the interface") as error:
        await port.write(b"\x02\x02\x03\x00")
    assert error.value.reason is PortReason.BUSY
    await port.close()


async def test_twenty_unplugs_leave_no_handle_no_thread_and_no_claim(bus: Bus) -> None:
    threads = in_use()
    for turn in range(20):
        gadget = speakerphone(address=turn + 5, ports=(1, turn % 4 + 1))
        bus.gadgets = [gadget]
        port = await open_port(parse("usb:0b0e:2456"), lambda: bus, Quiet)
        reading = asyncio.ensure_future(port.read())
        await waiting(gadget)
        gadget.unplug()
        with pytest.raises(PortClosed):
            await reading
        await port.close()
        assert not gadget.open_handles
    assert in_use() == threads


async def test_after_close_nothing_is_sent_that_would_claim_it_again(bus: Bus) -> None:
    gadget = speakerphone()
    port = await plugged(bus, gadget)
    await port.close()
    for _ in range(2):
        with pytest.raises(PortClosed):
            await port.write(b"\x02\x02\x03\x00")
        with pytest.raises(PortClosed):
            await port.read()
    assert gadget.written == []
    assert (gadget.interface(3).owner, drivers(gadget)[3]) == (None, "usbhid")


async def test_an_input_frame_that_is_written_asks_for_that_report(bus: Bus) -> None:
    for descriptor, report, answer in ((NUMBERED, 2, b"\x02\x02"), (UNNUMBERED, 0, b"\x02")):
        gadget = speakerphone(descriptor=descriptor, stands={(3, report): answer})
        port = await plugged(bus, gadget)
        reading = asyncio.ensure_future(port.read())
        await waiting(gadget)
        await port.write(bytes((1, report)))
        assert (await reading).data == bytes((1, report, 2))
        assert gadget.written == []
        await port.close()
        bus.gadgets.clear()


async def test_a_device_that_refuses_to_be_asked_goes_on(bus: Bus) -> None:
    gadget = speakerphone()
    port = await plugged(bus, gadget)
    with pytest.raises(PortError, match="asking for report 2: the device refused it"):
        await port.write(b"\x01\x02")
    gadget.say(b"\x02\x05")
    assert (await port.read()).data == b"\x01\x02\x05"
    await port.close()
