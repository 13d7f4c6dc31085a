"""A speakerphone on the kernel's USB stack: usbhid, snd-usb-audio, hidraw, libusb.

There is no udevd, as in a container.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect
from roomctl.wire import in_thread
from tests.hwlab.devices.speakerphone import (
    HID_INTERFACE,
    KEYS_INTERFACE,
    RATE_HZ,
    UsbSpeakerphone,
)
from tests.hwlab.kernel_table import KernelTable, holding
from tests.hwlab.scenarios.conftest import Plug, card, run
from tests.hwlab.shared.speakerphone import LIMIT_S, SCENARIOS, Scenario, attended, until

LED_WRITES = 200
RECORDED_S = 5
EXCLUSIVE = {"another_program_that_holds_it_is_named"}  # hidraw is shared by all
SHARED = [each for each in SCENARIOS if each.__name__ not in EXCLUSIVE]
_OWNER = """
import asyncio, sys
from roomctl.ports import connect
async def main():
    port = await connect("table", sys.argv[1])
    print("open", flush=True)
    await port.read()
asyncio.run(main())
"""
_WRITER = """
import asyncio, sys
from roomctl.ports import connect
async def main():
    port = await connect("table", sys.argv[1])
    print("open", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[2])):
        await port.write(bytes((2, 2, number % 4, 0)))
    await port.close()
asyncio.run(main())
"""


@pytest.fixture
def table(plug: Plug) -> KernelTable:
    return KernelTable(plug, "usb")


def recorder(number: str, seconds: int, file: Path) -> subprocess.Popen[str]:
    form = ["-f", "S16_LE", "-r", str(RATE_HZ), "-c", "1", "-t", "raw"]
    form += ["--buffer-time=10000000", "--period-time=250000"]
    # The kernel gives up when for 1.1 times the buffer no period was full, and the emulated device
    # may be slower than sound.
    command = ["arecord", "-q", "-D", f"hw:{number},0", *form, "-d", str(seconds), str(file)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
async def test_usb(scenario: Scenario, plug: Plug) -> None:
    await scenario(KernelTable(plug, "usb"))


@pytest.mark.parametrize("scenario", SHARED, ids=lambda each: each.__name__)
async def test_hidraw(scenario: Scenario, plug: Plug) -> None:
    await scenario(KernelTable(plug, "hidraw"))


async def test_only_the_buttons_are_claimed_and_the_sound_stays_with_the_kernel(
    table: KernelTable,
) -> None:
    table.plug()
    (one,) = table.plugged
    port = await connect("table", table.url)
    drivers = [one.driver(number) for number in range(4)]
    await port.close()
    assert drivers == [*["snd-usb-audio"] * 3, "usbfs"]


async def test_a_recording_runs_on_through_200_led_writes(
    table: KernelTable, tmp_path: Path
) -> None:
    table.plug()
    sound = tmp_path / "sound.raw"
    command = [sys.executable, "-c", _WRITER, table.url, str(LED_WRITES)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"open\n"
        with recorder(card(table.plugged[0].sysfs), RECORDED_S, sound) as recording:
            await in_thread(writer.communicate, b"go\n")
            running = recording.poll() is None
            complaint = (await in_thread(recording.communicate))[1]
    samples = memoryview(sound.read_bytes()).cast("h")
    assert (recording.returncode, complaint) == (0, "")
    assert len(samples) == RECORDED_S * RATE_HZ
    assert 0 not in samples
    assert len(table.devices[0].written) >= LED_WRITES
    assert running, "the recording was over before the writes were"


async def test_the_device_with_an_out_endpoint_is_written_there(plug: Plug) -> None:
    device = UsbSpeakerphone(out_endpoint=True)
    plug(device)
    port = await connect("table", "usb:0b0e:2456")
    await port.write(bytes((2, 2, 3, 0)))
    await port.close()
    assert device.written == [bytes((2, 2, 3, 0))]
    assert not [setup for setup in device.requests if setup.request == 0x09]


@pytest.mark.parametrize("door", ["usb", "hidraw"])
async def test_a_device_with_two_hid_interfaces_is_read_at_both(plug: Plug, door: str) -> None:
    table = KernelTable(plug, door, volume_keys=True)
    table.plug()
    (one,) = table.plugged
    async with attended(table) as seen:
        await until(lambda: seen.online)
        table.press_mute()
        await until(lambda: seen.presses == ["mute"])
        table.devices[0].press_volume_up()
        await until(lambda: seen.presses == ["mute", "volume_up"])
        await seen.phone.write_leds(muted=True, off_hook=True)
        await until(lambda: table.lit() == (True, True))
        held = "usbfs" if door == "usb" else one.driver(HID_INTERFACE)
        assert [one.driver(HID_INTERFACE), one.driver(KEYS_INTERFACE)] == [held, held]
    await until(table.with_kernel)
    await until(lambda: one.driver(KEYS_INTERFACE) in ("usbhid", "jabra"))


async def test_one_whose_second_hid_interface_is_held_works_all_the_same(plug: Plug) -> None:
    table = KernelTable(plug, "usb", volume_keys=True)
    table.plug()
    with holding(KEYS_INTERFACE):
        async with attended(table) as seen:
            await until(lambda: seen.online)
            table.press_mute()
            await until(lambda: seen.presses == ["mute"])


async def test_a_killed_owner_is_cleaned_up_after_by_the_next(table: KernelTable) -> None:
    table.plug()
    (one,) = table.plugged
    command = [sys.executable, "-c", _OWNER, table.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"open\n"
        os.kill(owner.pid, signal.SIGKILL)
    assert one.driver(HID_INTERFACE) is None
    async with attended(table) as seen:
        await until(lambda: seen.online)
    await until(table.with_kernel)


async def test_a_second_roomctl_is_told_who_holds_the_device(table: KernelTable) -> None:
    table.plug()
    port = await connect("table", table.url)
    with pytest.raises(PortError, match="this roomctl itself") as refused:
        await connect("other", table.url)
    await port.close()
    assert refused.value.reason is PortReason.BUSY


@pytest.mark.parametrize("door", ["usb", "hidraw"])
async def test_a_write_after_an_unplug_is_refused_as_closed(plug: Plug, door: str) -> None:
    table = KernelTable(plug, door)
    table.plug()
    port = await connect("table", table.url)
    table.unplug()
    with pytest.raises(PortClosed):
        await asyncio.wait_for(port.read(), LIMIT_S)
    with pytest.raises(PortClosed):
        await port.write(bytes((2, 2, 0, 0)))
    await port.close()


async def test_the_capture_switch_of_the_card_silences_the_device_itself(
    table: KernelTable, tmp_path: Path
) -> None:
    table.plug()
    number = card(table.plugged[0].sysfs)
    run("amixer", "-q", "-c", number, "sset", "Mic", "nocap")
    with recorder(number, 1, tmp_path / "sound.raw") as recording:
        assert await in_thread(recording.wait) == 0
    assert table.devices[0].microphone_muted
    assert not any((tmp_path / "sound.raw").read_bytes())
