"""A table in the guest: speakerphones over USB/IP, and the driver's own doors to them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from roomctl.ports import connect
from roomctl.wire import Port
from tests.hwlab.devices.speakerphone import HID_INTERFACE, UsbSpeakerphone
from tests.hwlab.devices.usbip import Plugged

_HOLD = """
import sys, usb.core, usb.util
number = int(sys.argv[1])
device = usb.core.find(idVendor=0x0b0e, idProduct=0x2456)
device.detach_kernel_driver(number)
usb.util.claim_interface(device, number)
print("held", flush=True)
sys.stdin.read()
usb.util.release_interface(device, number)
device.attach_kernel_driver(number)
"""


class KernelTable:
    """A table whose speakerphones are plugged into the kernel's virtual host controller."""

    def __init__(
        self, plug: Callable[..., Plugged], door: str, *, volume_keys: bool = False
    ) -> None:
        self.url = f"{door}:0b0e:2456"
        self._plug, self._volume_keys = plug, volume_keys
        self.devices: list[UsbSpeakerphone] = []
        self.plugged: list[Plugged] = []

    async def connect(self, name: str, url: str) -> Port:
        return await connect(name, url)

    def plug(self) -> None:
        self.devices, self.plugged = [], []
        self._add()

    def plug_twin(self) -> tuple[str, str]:
        self._add()
        first, second = (f"{self.url}?port={one.path}" for one in self.plugged)
        return first, second

    def unplug(self) -> None:
        self.plugged[0].unplug()

    def address(self) -> str:
        return self.plugged[0].sysfs.joinpath("devnum").read_text()

    def press_mute(self) -> None:
        self.devices[0].press_mute()

    def refuse(self, on: bool) -> None:
        self.devices[0].stall(on)

    def lit(self) -> tuple[bool, bool]:
        return self.devices[0].lit()

    def twin_lit(self) -> tuple[bool, bool]:
        return self.devices[1].lit()

    def with_kernel(self) -> bool:
        return self.plugged[0].driver(HID_INTERFACE) in ("usbhid", "jabra")

    def held(self) -> AbstractContextManager[str]:
        return holding(HID_INTERFACE)

    def _add(self) -> None:
        self.devices.append(UsbSpeakerphone(volume_keys=self._volume_keys))
        self.plugged.append(self._plug(self.devices[-1]))


@contextmanager
def holding(interface: int) -> Iterator[str]:
    """Have another program hold the buttons of a SPEAK 810; yields what an error must name."""
    command = [sys.executable, "-c", _HOLD, str(interface)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "held\n"
        yield rf"is held by .*\(pid {program.pid}\)"
        program.communicate()
