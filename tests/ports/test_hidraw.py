"""The hidraw port: sysfs as files, nodes as packet sockets, and a terminal for the kernel's EIO."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import pty
import termios
import tty
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roomctl.errors import PortClosed, PortError, PortMissing, PortReason
from roomctl.ports import hidraw
from roomctl.ports.address import parse
from roomctl.ports.descriptors import JoinedReports
from roomctl.ports.hidraw import HidrawPort, open_port
from roomctl.speakerphone.sim import SPEAK_810
from roomctl.wire import Identity
from tests.ports.hidraw_system import HidrawSystem
from tests.ports.threads import descriptors
from tests.ports.usb_bench import CONSUMER, NUMBERED, UNNUMBERED, VENDOR_KEYS
from tests.ports.usb_bus import Bus, Gadget, hid, sound

pytestmark = pytest.mark.real

URL = "hidraw:0b0e:2456"


@pytest.fixture
def system(tmp_path: Path) -> Iterator[HidrawSystem]:
    made = HidrawSystem(tmp_path)
    yield made
    made.close()


async def opened(system: HidrawSystem, url: str = URL) -> HidrawPort:
    return await open_port(parse(url), system.seam)


async def refusal(system: HidrawSystem, url: str = URL) -> PortError:
    with pytest.raises(PortError) as error:
        await opened(system, url)
    return error.value


async def test_the_identity_is_what_sysfs_says(system: HidrawSystem) -> None:
    system.plug("hidraw2", NUMBERED)
    port = await opened(system)
    found = port.identity
    assert (found.vid, found.pid, found.bcd_device) == (0x0B0E, 0x2456, 0x0123)
    assert (found.port_path, found.serial_number, found.product) == ("1-1.4", "0042", "SPEAK")
    assert found.path.endswith("/dev/hidraw2")
    assert found.report_descriptor == NUMBERED
    await port.close()


async def test_a_numbered_report_becomes_a_frame_and_so_does_one_without_number(
    system: HidrawSystem,
) -> None:
    system.plug("hidraw0", NUMBERED)
    system.plug("hidraw1", UNNUMBERED, port="1-2", ids="0b0e:0420")
    numbered, plain = await opened(system), await opened(system, "hidraw:0b0e:0420")
    system.far["hidraw0"].send(b"\x02\x05")
    system.far["hidraw1"].send(b"\x05")
    assert (await numbered.read()).data == b"\x01\x02\x05"
    assert (await plain.read()).data == b"\x01\x00\x05"
    await numbered.close()
    await plain.close()


@pytest.mark.parametrize(
    ("frame", "written"),
    [(b"\x02\x02\x03\x00", b"\x02\x03\x00"), (b"\x02\x00\x03", b"\x00\x03")],
)
async def test_a_written_report_begins_with_its_number_or_zero(
    system: HidrawSystem, frame: bytes, written: bytes
) -> None:
    system.plug("hidraw0", NUMBERED)
    port = await opened(system)
    await port.write(frame)
    assert system.far["hidraw0"].recv(64) == written
    await port.close()


async def test_reports_that_came_together_are_read_one_by_one(system: HidrawSystem) -> None:
    system.plug("hidraw0", NUMBERED)
    port = await opened(system)
    for number in range(3):
        system.far["hidraw0"].send(bytes((2, number)))
    assert [(await port.read()).data[2] for _ in range(3)] == [0, 1, 2]
    await port.close()


async def test_a_cancelled_read_loses_no_report(system: HidrawSystem) -> None:
    system.plug("hidraw0", NUMBERED)
    port = await opened(system)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(port.read(), 0.02)
    system.far["hidraw0"].send(b"\x02\x04")
    assert (await port.read()).data == b"\x01\x02\x04"
    await port.close()


async def test_an_unplug_ends_the_read_that_waits_and_everything_after(
    system: HidrawSystem,
) -> None:
    system.plug("hidraw0", NUMBERED)
    port = await opened(system)
    reading = asyncio.ensure_future(port.read())
    await asyncio.sleep(0)
    system.unplug("hidraw0")
    with pytest.raises(PortClosed, match="the device is gone"):
        await reading
    with pytest.raises(PortClosed):
        await port.write(b"\x02\x02\x03\x00")
    await port.close()


async def test_an_input_error_of_the_kernel_is_an_unplug() -> None:
    ours, theirs = pty.openpty()  # its read fails with EIO when the other end goes, as hidraw's
    tty.setraw(theirs, termios.TCSANOW)
    os.set_blocking(ours, False)
    port = HidrawPort((ours,), JoinedReports([NUMBERED]), Identity(url=URL))
    os.write(theirs, b"\x02\x04")
    assert (await port.read()).data == b"\x01\x02\x04"
    os.close(theirs)
    with pytest.raises(PortClosed, match="Input/output error"):
        await port.read()
    await port.close()


async def test_an_unplug_that_a_write_meets_closes_the_port(system: HidrawSystem) -> None:
    system.plug("hidraw0", NUMBERED)
    port = await opened(system)
    system.far["hidraw0"].close()
    with pytest.raises(PortError):
        await port.write(b"\x02\x02\x03\x00")
    with pytest.raises(PortClosed):
        await port.read()
    await port.close()


async def test_what_a_node_cannot_do_is_an_error_and_the_port_stays_open(
    system: HidrawSystem,
) -> None:
    system.plug("hidraw0", NUMBERED)
    port = await opened(system)
    with pytest.raises(PortError, match="writing report 154") as error:
        await port.write(b"\x03\x9a\x01")  # a socket has no feature reports
    assert not isinstance(error.value, PortClosed)
    await port.write(b"\x02\x02\x03\x00")
    await port.close()


def full_pipe() -> tuple[int, int]:
    """A pipe into which a write blocks, as into hidraw for as long as the device says nothing."""
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(theirs, bytes(4096))
    os.set_blocking(theirs, True)
    return ours, theirs


async def test_a_device_that_takes_nothing_is_silent_until_it_does() -> None:
    ours, theirs = full_pipe()
    port = HidrawPort((theirs,), JoinedReports([NUMBERED]), Identity(url=URL))
    for _ in range(2):
        with pytest.raises(PortError, match=r"writing report 2: no answer within 0\.3 s"):
            await port.write(b"\x02\x02\x03\x00")
    await port.close()  # does not wait for it either
    with os.fdopen(ours, "rb") as pipe:
        got = await asyncio.to_thread(pipe.read)  # to its end: so the node was closed in the end
    assert got.lstrip(b"\0") == b"\x02\x03\x00"  # and the second report was never written


async def test_a_write_that_waits_for_another_is_not_made_after_a_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = full_pipe()
    port = HidrawPort((theirs,), JoinedReports([NUMBERED]), Identity(url=URL))
    with pytest.raises(PortError):
        await port.write(b"\x02\x02\x03\x00")
    monkeypatch.setattr(hidraw, "_WRITE_LIMIT_S", 30.0)
    late = asyncio.ensure_future(port.write(b"\x02\x02\x01\x00"))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(port.close())
    with os.fdopen(ours, "rb") as pipe:
        got = await asyncio.to_thread(pipe.read)
    with pytest.raises(PortClosed):
        await late
    await closing
    assert got.lstrip(b"\0") == b"\x02\x03\x00"


async def test_auto_takes_telephony_before_other_keys_and_never_a_keyboard(
    system: HidrawSystem,
) -> None:
    system.plug("hidraw0", CONSUMER, port="1-1", ids="046d:c31c", boot=True)
    system.plug("hidraw1", NUMBERED, port="1-2", ids="046d:0843", sound=False)
    system.plug("hidraw2", CONSUMER, number=2)
    interface = system.folder / "devices" / "usb1" / "1-1.4" / "1-1.4:1.3"
    interface.mkdir()
    (interface / "bInterfaceNumber").write_text("03\n")
    system.bind("hidraw3", NUMBERED, interface)
    port = await opened(system, "hidraw:auto")
    assert port.identity.path.endswith("hidraw3")
    await port.close()


async def test_two_units_of_one_model_are_told_apart_by_port_and_serial_number(
    system: HidrawSystem,
) -> None:
    system.plug("hidraw0", NUMBERED, port="1-2", serial="L")
    system.plug("hidraw1", NUMBERED, port="1-3", serial="R")
    for url, node in ((f"{URL}?port=1-3", "hidraw1"), (f"{URL}?serial=L", "hidraw0")):
        port = await opened(system, url)
        assert port.identity.path.endswith(node)
        await port.close()


async def test_a_node_is_opened_by_its_path_even_if_it_is_no_usb_device(
    system: HidrawSystem,
) -> None:
    system.bind("hidraw7", UNNUMBERED, system.folder / "devices" / "bluetooth")
    port = await opened(system, f"hidraw:{system.folder}/dev/hidraw7")
    assert (port.identity.vid, port.identity.report_descriptor) == (None, UNNUMBERED)
    await port.close()


async def test_what_is_not_plugged_in_is_missing_and_what_is_is_named(
    system: HidrawSystem,
) -> None:
    system.plug("hidraw0", NUMBERED, ids="0b0e:0971")
    error = await refusal(system)
    assert isinstance(error, PortMissing)
    assert (error.reason, error.present) == (PortReason.MISSING, ("0b0e:0971",))
    assert error.why == "no hidraw node is its; plugged in: 0b0e:0971 at 1-1.4"
    error = await refusal(system, "hidraw:/dev/hidraw9")
    assert "there are: " in error.why
    assert error.reason is PortReason.MISSING


@pytest.mark.parametrize(
    ("number", "reason", "says"),
    [
        (errno.EACCES, PortReason.PERMISSION, "60-roomctl-speakerphone.rules && sudo udevadm"),
        (errno.ENOENT, PortReason.MISSING, "was just unplugged"),
        (errno.ENODEV, PortReason.MISSING, "was just unplugged"),
        (errno.EBUSY, PortReason.BUSY, "held by another program"),
        (errno.EMFILE, PortReason.IO, "Too many open files"),
    ],
)
async def test_a_node_that_does_not_open_says_why(
    system: HidrawSystem, number: int, reason: PortReason, says: str
) -> None:
    system.plug("hidraw0", NUMBERED)
    system.denied["hidraw0"] = number
    error = await refusal(system)
    assert error.reason is reason
    assert says in error.why


@pytest.mark.parametrize("url", ["hidraw:", "hidraw:auto?baud=1", "hidraw:/dev/hidraw0?port=1-1"])
async def test_a_url_that_cannot_be_meant_is_refused(system: HidrawSystem, url: str) -> None:
    assert (await refusal(system, url)).reason is PortReason.UNSUPPORTED


async def test_what_a_killed_exclusive_owner_left_is_mended_and_opened(tmp_path: Path) -> None:
    class Binding(Bus):
        """The kernel, that makes a node when usbhid is attached."""

        def attach_kernel_driver(self, dev_handle: int, intf: int) -> None:
            super().attach_kernel_driver(dev_handle, intf)
            system.plug("hidraw0", NUMBERED)

    gadget = Gadget(0x0B0E, 0x2456, [*sound(), hid(3, NUMBERED)])
    gadget.interface(3).driver = None
    bus = Binding(gadget)
    system = HidrawSystem(tmp_path, bus)
    port = await opened(system)
    assert gadget.interface(3).driver == "usbhid"
    assert bus.violations == []
    await port.close()
    system.close()


async def test_a_device_that_is_held_exclusively_has_no_node_and_stays_held(tmp_path: Path) -> None:
    gadget = Gadget(0x0B0E, 0x2456, [*sound(), hid(3, NUMBERED)])
    bus = Bus(gadget)
    bus.occupy(gadget, 3)
    system = HidrawSystem(tmp_path, bus)
    system.plug(None, NUMBERED)
    assert (await refusal(system)).why == "no hidraw node is its; plugged in: 0b0e:2456 at 1-1.4"
    assert gadget.interface(3).owner == -1


async def test_twenty_unplugs_leave_no_file(system: HidrawSystem) -> None:
    before = descriptors()
    for turn in range(20):
        node = f"hidraw{turn}"
        system.plug(node, NUMBERED, port=f"1-{turn + 1}")
        port = await opened(system, f"{URL}?port=1-{turn + 1}")
        system.unplug(node)
        with pytest.raises(PortClosed):
            await port.read()
        await port.close()
    assert descriptors() == before


async def test_all_nodes_of_a_device_that_have_keys_are_one_port(system: HidrawSystem) -> None:
    system.plug("hidraw1", CONSUMER, number=4)
    system.plug("hidraw2", SPEAK_810.descriptor, number=3)
    system.plug("hidraw3", VENDOR_KEYS, number=5)
    port = await opened(system, URL)
    assert port.identity.path.endswith("hidraw2")
    assert set(system.far) == {"hidraw1", "hidraw2"}
    system.far["hidraw2"].send(b"\x02\x04\x00")
    assert (await port.read()).data == b"\x01\x02\x04\x00"
    system.far["hidraw1"].send(b"\x01\x01")
    frame = (await port.read()).data
    assert (frame[0], frame[1] in (1, 2, 4, 5), frame[2:]) == (1, False, b"\x01")
    await port.write(b"\x02\x02\x03\x00")
    assert system.far["hidraw2"].recv(16) == b"\x02\x03\x00"
    await port.close()


async def test_a_node_that_does_not_open_hides_no_other_but_that_for_telephony(
    system: HidrawSystem,
) -> None:
    system.plug("hidraw1", CONSUMER, number=4)
    system.plug("hidraw2", NUMBERED, number=3)
    system.denied = {"hidraw1": errno.EBUSY}
    port = await opened(system, URL)
    assert port.identity.report_descriptor == NUMBERED
    await port.close()
    system.denied = {"hidraw2": errno.EBUSY}
    with pytest.raises(PortError) as error:
        await opened(system, URL)
    assert error.value.reason is PortReason.BUSY


async def test_auto_never_takes_a_node_without_telephony_and_says_how_it_is_had(
    system: HidrawSystem,
) -> None:
    system.plug("hidraw1", CONSUMER, ids="0d8c:0014")
    with pytest.raises(PortError, match="write hidraw:0d8c:0014 to have it all the same") as error:
        await opened(system, "hidraw:auto")
    assert error.value.reason is PortReason.MISSING
    port = await opened(system, "hidraw:0d8c:0014")
    await port.close()


class Cable:
    """Hot-plug news that a test gives."""

    def __init__(self) -> None:
        self.news = asyncio.Event()

    async def within(self, limit_s: float) -> bool:
        await self.news.wait()
        self.news.clear()
        return True

    def close(self) -> None: ...


async def test_auto_is_told_of_a_better_device_and_of_no_other(system: HidrawSystem) -> None:
    cable = Cable()
    system.plug("hidraw1", NUMBERED, port="1-2")
    seam = replace(system.seam, monitor=lambda: cable)
    port = await open_port(parse("hidraw:auto"), seam)
    waiting = asyncio.ensure_future(port.outdone())
    system.plug("hidraw2", CONSUMER, port="1-3", ids="0d8c:0014")
    system.plug("hidraw3", NUMBERED, port="1-1")
    cable.news.set()
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    system.plug("hidraw4", SPEAK_810.descriptor, port="1-4", ids="291a:3301")
    cable.news.set()
    assert await waiting == "1-4"
    await port.close()
    port = await open_port(parse("hidraw:auto"), seam)
    assert port.identity.port_path == "1-4"
    await port.close()
