"""A USB bus for pyusb, as strict as libusb and the kernel: what they refuse, this refuses.

What no program may ever do to a speakerphone (configure or reset it, touch its sound interfaces,
close it under a transfer) is noted in `violations`, and every test ends by looking there.
"""

from __future__ import annotations

import errno
import threading
from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import usb.core
from usb.backend import IBackend

AUDIO, HID, VENDOR = 1, 3, 255
IN, OUT = 0x83, 0x04

_CODES = {
    errno.ETIMEDOUT: -7,
    errno.EBUSY: -6,
    errno.EPIPE: -9,
    errno.ENODEV: -4,
    errno.ENOENT: -5,
    errno.EACCES: -3,
    errno.EOVERFLOW: -8,
    errno.EIO: -1,
    errno.EINTR: -10,
}


def failure(number: int) -> usb.core.USBError:
    kind = usb.core.USBTimeoutError if number == errno.ETIMEDOUT else usb.core.USBError
    return kind(f"errno {number}", _CODES[number], number)


@dataclass
class Interface:
    number: int
    kind: int
    descriptor: bytes = b""
    endpoints: tuple[int, ...] = ()
    subclass: int = 0
    driver: str | None = None
    owner: int | None = None
    declared: int | None = None

    @property
    def extra(self) -> list[int]:
        if self.kind != HID:
            return []
        length = len(self.descriptor) if self.declared is None else self.declared
        return [9, 0x21, 0x11, 0x01, 0, 1, 0x22, *length.to_bytes(2, "little")]


def hid(
    number: int, descriptor: bytes, *, out: bool = False, subclass: int = 0, at: int = IN
) -> Interface:
    """Return a HID interface with its IN endpoint `at` an address of its own."""
    endpoints = (at, OUT) if out else (at,)
    return Interface(number, HID, descriptor, endpoints, subclass, driver="usbhid")


def sound() -> list[Interface]:
    return [Interface(number, AUDIO, driver="snd-usb-audio") for number in range(3)]


@dataclass
class Gadget:
    """One plugged-in device. `fails` is an errno for every report written; None: it works.

    `stands`: what it answers to GET_REPORT, by interface and report ID; all else it refuses.
    """

    vid: int
    pid: int
    interfaces: list[Interface]
    ports: tuple[int, ...] = (1, 4)
    address: int = 5
    serial_number: str | None = "0042"
    product: str | None = "SPEAK"
    bcd_device: int = 0x0123
    permitted: bool = True
    present: bool = True
    listed: bool = False  # still named by libusb for a moment after it is gone
    detachable: bool = True
    other_error: bool = False  # what libusb has no number for
    gone_errno: int = errno.ENODEV
    fails: int | None = None
    read_fails: deque[int] = field(default_factory=deque)
    short_by: int = 0
    written: list[tuple[str, int, bytes]] = field(default_factory=list)
    reports: deque[tuple[int | None, bytes]] = field(default_factory=deque)
    stands: dict[tuple[int, int], bytes] = field(default_factory=dict)
    open_handles: set[int] = field(default_factory=set)
    in_flight: int = 0
    cleared: int = 0
    news: threading.Condition = field(default_factory=threading.Condition)

    def say(self, report: bytes, interface: int | None = None) -> None:
        """Have a report read from one of its interfaces, or from whichever is read first."""
        with self.news:
            self.reports.append((interface, report))
            self.news.notify_all()

    def next_for(self, interface: int) -> tuple[int | None, bytes] | None:
        return next((one for one in self.reports if one[0] in (None, interface)), None)

    def unplug(self) -> None:
        with self.news:
            self.present = False
            self.news.notify_all()

    def interface(self, number: int) -> Interface:
        return next(one for one in self.interfaces if one.number == number)


class Bus(IBackend):
    """The backend that pyusb is given."""

    def __init__(self, *gadgets: Gadget) -> None:
        super().__init__()
        self.gadgets = list(gadgets)
        self.violations: list[str] = []
        self.freed = False
        self._handles: dict[int, Gadget] = {}
        self._count = 0

    def occupy(self, gadget: Gadget, number: int) -> None:
        """Let another program claim an interface."""
        gadget.interface(number).driver = None
        gadget.interface(number).owner = -1

    def _finalize_object(self) -> None:
        self.freed = True

    def enumerate_devices(self) -> Iterator[Gadget]:
        return iter([gadget for gadget in self.gadgets if gadget.present or gadget.listed])

    def get_parent(self, dev: Gadget) -> None:
        return None

    def get_device_descriptor(self, dev: Gadget) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=18,
            bDescriptorType=1,
            bcdUSB=0x200,
            bDeviceClass=0,
            bDeviceSubClass=0,
            bDeviceProtocol=0,
            bMaxPacketSize0=64,
            idVendor=dev.vid,
            idProduct=dev.pid,
            bcdDevice=dev.bcd_device,
            iManufacturer=0,
            iProduct=2 if dev.product else 0,
            iSerialNumber=3 if dev.serial_number else 0,
            bNumConfigurations=1,
            address=dev.address,
            bus=1,
            port_number=dev.ports[-1],
            port_numbers=dev.ports,
            speed=2,
        )

    def get_configuration_descriptor(self, dev: Gadget, config: int) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=2,
            wTotalLength=9,
            bNumInterfaces=len(dev.interfaces),
            bConfigurationValue=1,
            iConfiguration=0,
            bmAttributes=0x80,
            bMaxPower=50,
            extra_descriptors=[],
        )

    def get_interface_descriptor(
        self, dev: Gadget, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        if alt or intf >= len(dev.interfaces):
            raise IndexError
        one = dev.interfaces[intf]
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=4,
            bInterfaceNumber=one.number,
            bAlternateSetting=0,
            bNumEndpoints=len(one.endpoints),
            bInterfaceClass=one.kind,
            bInterfaceSubClass=one.subclass,
            bInterfaceProtocol=0,
            iInterface=0,
            extra_descriptors=one.extra,
        )

    def get_endpoint_descriptor(
        self, dev: Gadget, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        return SimpleNamespace(
            bLength=7,
            bDescriptorType=5,
            bEndpointAddress=dev.interfaces[intf].endpoints[ep],
            bmAttributes=3,
            wMaxPacketSize=64,
            bInterval=10,
            bRefresh=0,
            bSynchAddress=0,
            extra_descriptors=[],
        )

    def open_device(self, dev: Gadget) -> int:
        if not dev.present:
            raise failure(errno.ENODEV)
        if not dev.permitted:
            raise failure(errno.EACCES)
        self._count += 1
        self._handles[self._count] = dev
        dev.open_handles.add(self._count)
        return self._count

    def close_device(self, dev_handle: int) -> None:
        gadget = self._handles.pop(dev_handle)
        gadget.open_handles.discard(dev_handle)
        if gadget.in_flight:
            self.violations.append("closed under a transfer")
        for one in gadget.interfaces:
            if one.owner == dev_handle:
                one.owner = None
                if gadget.present:
                    self.violations.append(f"closed with interface {one.number} claimed")

    def set_configuration(self, dev_handle: int, config_value: int) -> None:
        self.violations.append("set_configuration")
        raise failure(errno.EBUSY)

    def get_configuration(self, dev_handle: int) -> int:
        self._gadget(dev_handle)
        return 1

    def set_interface_altsetting(self, dev_handle: int, intf: int, altsetting: int) -> None:
        self.violations.append("set_interface_altsetting")

    def reset_device(self, dev_handle: int) -> None:
        self.violations.append("reset")

    def clear_halt(self, dev_handle: int, ep: int) -> None:
        self._gadget(dev_handle).cleared += 1

    def is_kernel_driver_active(self, dev_handle: int, intf: int) -> bool:
        return self._hid(dev_handle, intf).driver is not None

    def detach_kernel_driver(self, dev_handle: int, intf: int) -> None:
        one = self._hid(dev_handle, intf)
        if not self._gadget(dev_handle).detachable:
            raise NotImplementedError("Operation not supported or unimplemented on this platform")
        if one.driver is None:
            raise failure(errno.ENOENT)
        one.driver = None

    def attach_kernel_driver(self, dev_handle: int, intf: int) -> None:
        one = self._hid(dev_handle, intf)
        if one.owner is not None or one.driver is not None:
            raise failure(errno.EBUSY)
        one.driver = "usbhid"

    def claim_interface(self, dev_handle: int, intf: int) -> None:
        one = self._hid(dev_handle, intf)
        if self._gadget(dev_handle).other_error:
            raise usb.core.USBError("Other error", -99, None)
        if one.driver is not None or one.owner not in (None, dev_handle):
            raise failure(errno.EBUSY)
        one.owner = dev_handle

    def release_interface(self, dev_handle: int, intf: int) -> None:
        one = self._hid(dev_handle, intf)
        if one.owner != dev_handle:
            raise failure(errno.ENOENT)
        one.owner = None

    def intr_read(self, dev_handle: int, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        gadget = self._claimed(dev_handle, intf)
        self._bounded(timeout)
        with gadget.news:
            gadget.in_flight += 1
            try:
                gadget.news.wait_for(
                    lambda: gadget.next_for(intf) or gadget.read_fails or not gadget.present,
                    timeout / 1000,
                )
            finally:
                gadget.in_flight -= 1
            if not gadget.present:
                raise failure(gadget.gone_errno)
            if gadget.read_fails:
                raise failure(gadget.read_fails.popleft())
            found = gadget.next_for(intf)
            if found is None:
                raise failure(errno.ETIMEDOUT)
            gadget.reports.remove(found)
            report = found[1]
        if len(report) > len(buff):
            raise failure(errno.EOVERFLOW)
        buff[: len(report)] = array("B", report)
        return len(report)

    def intr_write(
        self, dev_handle: int, ep: int, intf: int, data: array[int], timeout: int
    ) -> int:
        gadget = self._claimed(dev_handle, intf)
        self._bounded(timeout)
        return self._take(gadget, "OUT", ep, bytes(data))

    def ctrl_transfer(
        self,
        dev_handle: int,
        kind: int,
        request: int,
        value: int,
        index: int,
        data: array[int],
        timeout: int,
    ) -> int:
        gadget = self._gadget(dev_handle)
        self._bounded(timeout)
        match kind, request, value >> 8:
            case 0x80, 6, 3:
                return self._fill(data, self._string(gadget, value & 0xFF))
            case 0x80, 6, 1:
                return self._fill(data, bytes((18, 1)).ljust(18, b"\0"))
            case 0xA1, 1, 1 if (index, value & 0xFF) in gadget.stands:
                self._claimed(dev_handle, index)
                return self._fill(data, gadget.stands[index, value & 0xFF])
            case 0x81, 6, 0x22:
                return self._fill(
                    data, self._claimed(dev_handle, index).interface(index).descriptor
                )
            case 0x21, 9, 1 | 2 | 3:
                if OUT in self._claimed(dev_handle, index).interface(index).endpoints:
                    raise failure(errno.EPIPE)
                return self._take(gadget, "SET_REPORT", value, bytes(data))
            case _:
                raise failure(errno.EPIPE)

    def _take(self, gadget: Gadget, way: str, where: int, data: bytes) -> int:
        if gadget.fails is not None:
            raise failure(gadget.fails)
        gadget.written.append((way, where, data))
        return len(data) - gadget.short_by

    def _string(self, gadget: Gadget, index: int) -> bytes:
        text = {0: "\u0409", 2: gadget.product, 3: gadget.serial_number}[index] or ""
        return bytes((2 + 2 * len(text), 3)) + text.encode("utf-16-le")

    def _fill(self, data: array[int], answer: bytes) -> int:
        fitting = answer[: len(data)]
        data[: len(fitting)] = array("B", fitting)
        return len(fitting)

    def _bounded(self, timeout: int) -> None:
        if not 0 < timeout <= 1000:
            self.violations.append(f"a transfer without end: timeout {timeout}")

    def _gadget(self, handle: int) -> Gadget:
        gadget = self._handles.get(handle)
        if gadget is None:
            self.violations.append("used after close")
            raise failure(errno.ENODEV)
        if not gadget.present:
            raise failure(errno.ENODEV)
        return gadget

    def _hid(self, handle: int, number: int) -> Interface:
        one = self._gadget(handle).interface(number)
        if one.kind != HID:
            self.violations.append(f"touched interface {number} of class {one.kind}")
        if one.subclass:
            self.violations.append(f"touched interface {number}, a boot keyboard or mouse")
        return one

    def _claimed(self, handle: int, number: int) -> Gadget:
        gadget = self._gadget(handle)
        if gadget.interface(number).owner != handle:
            self.violations.append(f"transfer on interface {number}, which is not claimed")
            raise failure(errno.EBUSY)
        return gadget
