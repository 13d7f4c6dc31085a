"""A speakerphone's buttons as a gadget of the kernel's, on the second host controller: dummy_hcd.

Both ends are kernel drivers then, f_hid and usbhid, and an unplug looks otherwise than vhci's. It
has no sound: dummy_hcd carries no isochronous transfers.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path

from roomctl.speakerphone.sim import SPEAK_810, Model, SimSpeakerphone
from roomctl.wire import Chunk
from tests.hwlab.devices.usbip import until, write

CONTROLLERS = 2
MODULES = (("dummy_hcd", f"num={CONTROLLERS}"), ("libcomposite",), ("usb_f_hid",))
_MADE = Path("/sys/kernel/config/usb_gadget")
_REPORT_BYTES = 64
_LOOK_S = 0.005


class GadgetSpeakerphone:
    """One gadget on controller `number`, plugged in until `unplug`."""

    def __init__(self, number: int = 0, model: Model = SPEAK_810) -> None:
        self.sim = SimSpeakerphone(model)
        self._controller = number
        self._model = model
        self._folder = _MADE / f"lab{number}"
        self._lock = threading.Lock()
        self._node = self._configure()
        self._ended = threading.Event()
        self._plugged = True
        write(self._folder / "UDC", f"dummy_udc.{number}")
        until(self._node.exists, str(self._node))
        until(lambda: self.bound, "the kernel to give the gadget's buttons to usbhid")
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def sysfs(self) -> Path:
        (bus,) = Path(f"/sys/devices/platform/dummy_hcd.{self._controller}").glob("usb[0-9]*")
        return bus / f"{bus.name[3:]}-1"

    @property
    def path(self) -> str:
        return self.sysfs.name

    @property
    def bound(self) -> bool:
        """Whether its buttons are the kernel's, and nobody's else."""
        link = self.sysfs / f"{self.path}:1.0" / "driver"
        return link.is_symlink() and link.resolve().name in ("usbhid", "jabra")

    def touch(self, key: Callable[[], None]) -> None:
        with self._lock:
            key()

    def lit(self) -> tuple[bool, bool]:
        with self._lock:
            return self.sim.led_muted, self.sim.led_off_hook

    def unplug(self) -> None:
        """Take it from its controller. Twice is no error."""
        if self._plugged:
            self._plugged = False
            write(self._folder / "UDC", "\n")
            until(lambda: not self.sysfs.exists(), "the kernel to forget a gadget")

    def remove(self) -> None:
        self.unplug()
        self._ended.set()
        self._thread.join()
        (self._folder / "configs" / "c.1" / "hid.usb0").unlink()
        for part in ("configs/c.1", "functions/hid.usb0", "strings/0x409", ""):
            (self._folder / part).rmdir()

    def _configure(self) -> Path:
        strings, function = self._folder / "strings" / "0x409", self._folder / "functions/hid.usb0"
        for folder in (strings, function, self._folder / "configs" / "c.1"):
            folder.mkdir(parents=True)
        facts = {
            self._folder / "idVendor": f"{self._model.vid:#06x}",
            self._folder / "idProduct": f"{self._model.pid:#06x}",
            self._folder / "bcdDevice": "0x0123",
            strings / "product": self._model.product,
            strings / "serialnumber": f"000{self._controller}",
            function / "report_length": str(_REPORT_BYTES),
            function / "no_out_endpoint": "1",
        }
        for file, text in facts.items():
            write(file, text)
        (function / "report_desc").write_bytes(self._model.descriptor)
        (self._folder / "configs" / "c.1" / "hid.usb0").symlink_to(function)
        _, _, minor = (function / "dev").read_text().strip().partition(":")
        return Path(f"/dev/hidg{minor}")  # there once it is plugged in

    def _serve(self) -> None:
        handle = os.open(self._node, os.O_RDWR | os.O_NONBLOCK)
        try:
            while not self._ended.is_set():
                with contextlib.suppress(BlockingIOError, OSError):
                    self._turn(handle)
                time.sleep(_LOOK_S)
        finally:
            os.close(handle)

    def _turn(self, handle: int) -> None:
        now = time.monotonic()
        with self._lock:
            self.sim.tick(now)
            frame = self.sim.outbox(now)
        if frame is not None:
            os.write(handle, frame[1:])
        if select.select([handle], [], [], 0)[0]:
            report = os.read(handle, _REPORT_BYTES)
            with self._lock:
                self.sim.receive(Chunk(b"\2" + report, now))
