"""An ordinary user with the rules that roomctl ships: udevd gives the devices to a group."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from roomctl.wire import in_thread
from tests.hwlab.devices.speakerphone import UsbSpeakerphone
from tests.hwlab.devices.usbip import until
from tests.hwlab.scenarios.conftest import RULES, Plug, run

DRIVERS = ("usbhid", "usbfs", "hidraw")
NOBODY = 65534
GROUP, GID = "roomctl", 4242
RULE = RULES / "60-roomctl-speakerphone.rules"
_DRIVER = """
import asyncio, contextlib, sys
from roomctl.errors import RoomctlError
from roomctl.clock import SystemClock
from roomctl.ports import connect
from roomctl.speakerphone import Speakerphone
def changed():
    global told
    now = " ".join(filter(None, (phone.health.status, phone.health.reason)))
    if now != told:
        told = now
        print(now, flush=True)
async def main():
    global phone, told
    told = ""
    phone = Speakerphone("table", sys.argv[1], connect, SystemClock(), changed, lambda key: None)
    running = asyncio.ensure_future(phone.run())
    with contextlib.suppress(RoomctlError):  # it is not there yet, and will be lit then
        await phone.write_leds(muted=True, off_hook=True)
    await running
asyncio.run(main())
"""


class Room:
    """A driver of an ordinary user, and what it says of its device, line by line."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    async def says(self, line: str) -> None:
        """Wait until it says so."""
        assert self._program.stdout is not None
        said = ""
        while said != line:
            said = (await in_thread(self._program.stdout.readline)).strip()
            assert self._program.poll() is None, f"it ended, and never said {line}"


@contextmanager
def room(url: str, *groups: int) -> Iterator[Room]:
    command = [sys.executable, "-c", _DRIVER, url]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        user=NOBODY,
        group=NOBODY,
        extra_groups=groups,
        env={**os.environ, "HOME": "/tmp"},
    ) as program:
        yield Room(program)
        program.kill()


@pytest.fixture(scope="module")
def group() -> None:
    """Make it, before udevd starts: it looks for the groups of its rules once."""
    with Path("/etc/group").open("a", encoding="ascii") as groups:
        groups.write(f"{GROUP}:x:{GID}:\n")


@pytest.fixture
def rule(group: None, udevd: None) -> Iterator[None]:
    place = Path("/etc/udev/rules.d") / RULE.name
    shutil.copy(RULE, place)
    run("udevadm", "control", "--reload")
    yield
    place.unlink()
    run("udevadm", "control", "--reload")


def _is_lit(device: UsbSpeakerphone) -> bool:
    return device.lit() == (True, True)


# First: there is no udevd yet.
async def test_without_udevd_a_device_that_somebody_gives_to_the_user_is_lit(plug: Plug) -> None:
    device = UsbSpeakerphone()
    plugged = await in_thread(plug, device)
    with room("usb:0b0e:2456") as other:
        await other.says("offline permission")
        bus, address = ((plugged.sysfs / name).read_text() for name in ("busnum", "devnum"))
        os.chown(f"/dev/bus/usb/{int(bus):03d}/{int(address):03d}", NOBODY, -1)
        await other.says("online")
        await in_thread(until, partial(_is_lit, device), "its LEDs")


def test_the_rules_are_such_as_udev_takes(group: None) -> None:
    names = "--resolve-names=never"  # not every group of a box is here
    run("udevadm", "verify", names, *(str(each) for each in sorted(RULES.glob("*.rules"))))


@pytest.mark.parametrize("door", ["usb", "hidraw"])
async def test_a_member_of_the_group_lights_it_and_does_so_after_a_replug(
    plug: Plug, rule: None, door: str
) -> None:
    with room(f"{door}:0b0e:2456", GID) as other:
        await other.says("offline missing")
        for _ in range(2):
            device = UsbSpeakerphone()
            plugged = await in_thread(plug, device)
            await other.says("online")
            await in_thread(until, partial(_is_lit, device), "its LEDs")
            await in_thread(plugged.unplug)
            await other.says("offline missing")


@pytest.mark.parametrize("door", ["usb", "hidraw"])
async def test_a_user_outside_the_group_gets_a_permission_error(
    plug: Plug, rule: None, door: str
) -> None:
    await in_thread(plug, UsbSpeakerphone())
    with room(f"{door}:0b0e:2456") as other:
        await other.says("offline permission")


async def test_without_our_rule_not_even_the_group_may(
    plug: Plug, group: None, udevd: None
) -> None:
    await in_thread(plug, UsbSpeakerphone())
    with room("usb:0b0e:2456", GID) as other:
        await other.says("offline permission")
