"""A stage in the guest: a speakerphone over USB/IP on the kernel's USB stack, in real time.

What the scenarios allow a device is allowed to an emulated processor ten times over; what a device
does within a window it does here as well, so the window is long enough for that processor.
"""

from __future__ import annotations

from collections.abc import Callable

from roomctl.clock import SystemClock
from roomctl.ports import connect
from roomctl.speakerphone.profile import GENERIC
from roomctl.speakerphone.sim import Model
from roomctl.wire import Port, in_thread
from tests.hwlab.devices.speakerphone import HID_INTERFACE, UsbSpeakerphone
from tests.hwlab.devices.usbip import Plugged
from tests.speakerphone.stages import Running

PATIENCE = 10
WINDOW_S = 1.5
_MANNERS = {"echo_ms": 1500, "repeat_ms": 1500, "double_ms": 225}
BCD_DEVICE = 0x0300  # below 0x0214 the kernel leaves a Speak 510's buttons alone (hid-quirks.c)


class OnTheKernel(Running):
    """A device of `model` in the kernel's virtual host controller, and the driver's usual door."""

    window_s = WINDOW_S
    echoes_s = (0.2,)

    def __init__(self, model: Model, plug: Callable[..., Plugged], *, out: bool) -> None:
        quick = GENERIC.model_copy(update=_MANNERS)
        super().__init__(model, SystemClock(), {"generic": quick})
        self.faults.repeat_s = 0.9 * self.window_s  # what comes in may come a little late
        self._plug, self._out = plug, out
        self._port: int | None = None

    async def connect(self, name: str, url: str) -> Port:
        return await connect(name, url)

    async def open(self) -> None:
        await self.plug()
        await super().open()

    async def close(self) -> None:
        await super().close()
        await self.until(lambda: self.given_back, 1)
        await in_thread(self.plugged.unplug)

    @property
    def given_back(self) -> bool:
        """Whether the buttons are the kernel's, or the device is not there."""
        there = self.plugged.sysfs.exists()
        return not there or self.plugged.driver(HID_INTERFACE) in ("usbhid", "jabra")

    async def until(self, fact: Callable[[], bool], limit_s: float) -> None:
        await super().until(fact, PATIENCE * limit_s)

    async def touch(self, key: Callable[[], None]) -> None:
        self.usb.touch(key)

    async def unplug(self) -> None:
        await in_thread(self.plugged.unplug)
        self.device.unplugged()

    async def plug(self) -> None:
        self.usb = UsbSpeakerphone(
            self.model,
            sim=self.device,
            bcd_device=BCD_DEVICE,
            out_endpoint=self._out,
        )
        self.plugged = await in_thread(self._plug, self.usb, self._port)
        self._port = self.plugged.port
