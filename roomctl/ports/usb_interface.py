"""The HID interfaces of USB devices: found, claimed, given back. Knows no report and no usage.

Only the HID interface is claimed: the sound interfaces stay with the kernel, so the device is never
configured or reset. usbhid is detached from the interface, and attached again when given back; a
process that was killed could not, so whoever comes next does.
"""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import usb.core
import usb.util
from usb.backend import IBackend

from roomctl.errors import PortError, PortMissing, PortReason
from roomctl.ports import usb_device
from roomctl.ports.usb_device import Wanted
from roomctl.ports.usb_refusal import FAILURES, GONE, REFUSALS, not_opened
from roomctl.wire import Identity

_log = logging.getLogger(__name__)

Backend = Callable[[], IBackend | None]

_READ_DESCRIPTOR_MS = 300
_MOST_DESCRIPTOR_BYTES = 4096
_PACKET_SIZE = 0x7FF  # bits of wMaxPacketSize (USB 2.0, table 9-13)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One HID interface that is ours."""

    device: usb.core.Device
    interface: int
    endpoint_in: int
    packet_bytes: int
    endpoint_out: int | None
    descriptor: bytes


def open_interface(wanted: Wanted, backend: Backend) -> tuple[Claimed, Identity]:
    """Claim the first free interface that is wanted; raise PortError saying why there is none."""
    library = backend()
    if library is None:
        why = "libusb is not installed; `sudo apt install libusb-1.0-0`"
        raise PortError(wanted.url, why, PortReason.UNSUPPORTED)
    try:
        return _search(wanted, library)
    except PortError:
        usb_device.free(library)
        raise


def give_back(claimed: Claimed) -> None:
    """Release the interface, attach usbhid to it again and close the device; never raises."""
    _put_back(claimed.device, claimed.interface)
    with contextlib.suppress(*REFUSALS):
        usb.util.dispose_resources(claimed.device)
    usb_device.free(claimed.device.backend)


def mend(wanted: Wanted, backend: Backend) -> list[str]:
    """Attach usbhid to the interfaces that a killed process left without a driver; name them.

    What a living process holds stays with it: the kernel refuses to attach a driver there.
    """
    library = backend()
    if library is None:
        return []
    try:
        return [name for device in _listed(wanted, library) for name in _mended(wanted, device)]
    finally:
        usb_device.free(library)


def _mended(wanted: Wanted, device: usb.core.Device) -> Iterator[str]:
    if not _fits(wanted, device):
        return
    try:
        for interface in _hid_interfaces(device):
            number: int = interface.bInterfaceNumber
            if not device.is_kernel_driver_active(number) and _attached(device, number):
                yield f"interface {number} of {usb_device.name(device)}"
    except FAILURES as error:
        raise not_opened(wanted.url, device, error) from error
    finally:
        usb.util.dispose_resources(device)


def _fits(wanted: Wanted, device: usb.core.Device) -> bool:
    pair = (device.idVendor, device.idProduct)
    return wanted.fits(pair, usb_device.port_path(device), usb_device.interface_classes(device))


def _listed(wanted: Wanted, library: IBackend) -> list[usb.core.Device]:
    try:
        found = usb.core.find(find_all=True, backend=library)
        return sorted(found, key=usb_device.port_path)
    except REFUSALS as error:
        raise PortError(wanted.url, f"USB devices cannot be listed ({error})") from error


def _search(wanted: Wanted, library: IBackend) -> tuple[Claimed, Identity]:
    devices = _listed(wanted, library)
    fitting = [device for device in devices if _fits(wanted, device)]
    if not fitting:
        why = f"is not plugged in; {usb_device.names(devices)}"
        raise PortMissing(wanted.url, why, tuple(usb_device.ids(device) for device in devices))
    claimed = _first(wanted, fitting)
    return claimed, _identity(wanted.url, claimed)


def _first(wanted: Wanted, fitting: list[usb.core.Device]) -> Claimed:
    """Claim the first that is free; where any may be meant, one without telephony comes last."""
    refusals: list[PortError] = []
    spare: usb.core.Device | None = None
    for device in fitting:
        try:
            claimed = _take(wanted, device)
        except PortError as error:
            refusals.append(error)
            usb.util.dispose_resources(device)
            continue
        if wanted.ids is not None or usb_device.speaks_telephony(claimed.descriptor):
            return claimed
        _put_back(device, claimed.interface)
        usb.util.dispose_resources(device)
        spare = spare or device
    if spare is None:
        raise refusals[0]
    return _take(wanted, spare)


def _take(wanted: Wanted, device: usb.core.Device) -> Claimed:
    """Claim the HID interface of `device` that speaks telephony, else its first."""
    try:
        interfaces = _hid_interfaces(device)
        found = usb_device.string(device, "serial_number")
        name = usb_device.name(device)
        if wanted.serial_number not in (None, found):
            why = f"{name} has serial number {found!r}"
            raise PortError(wanted.url, why, PortReason.MISSING)
        if not interfaces:
            _ask(device)  # of a device that is just gone pyusb lists no interfaces, and no error
            why = f"{name} has no HID interface, so no buttons and no LEDs to reach"
            raise PortError(wanted.url, why, PortReason.UNSUPPORTED)
        for interface in interfaces:
            claimed = _claim(wanted.url, device, interface)
            if len(interfaces) == 1 or usb_device.speaks_telephony(claimed.descriptor):
                return claimed
            _put_back(device, claimed.interface)
        return _claim(wanted.url, device, interfaces[0])
    except FAILURES as error:
        raise not_opened(wanted.url, device, error) from error


def _hid_interfaces(device: usb.core.Device) -> list[usb.core.Interface]:
    configuration = device.get_active_configuration()
    return [each for each in configuration if usb_device.may_be_taken(each)]


def _ask(device: usb.core.Device) -> None:
    """Raise USBError if the device does not answer: it must give its device descriptor."""
    device.ctrl_transfer(0x80, 0x06, 0x0100, 0, 18, _READ_DESCRIPTOR_MS)


def _claim(url: str, device: usb.core.Device, interface: usb.core.Interface) -> Claimed:
    number: int = interface.bInterfaceNumber
    if device.is_kernel_driver_active(number):  # none is, after a crash of ours
        _detach(device, number)
    try:
        usb.util.claim_interface(device, number)
        descriptor = _report_descriptor(url, device, interface)
        inward = _endpoint(interface, usb.util.ENDPOINT_IN)
        outward = _endpoint(interface, usb.util.ENDPOINT_OUT)
        if inward is None:
            name = usb_device.name(device)
            why = f"interface {number} of {name} has no interrupt endpoint to read"
            raise PortError(url, why, PortReason.UNSUPPORTED)
    except (*FAILURES, PortError):
        _put_back(device, number)
        raise
    return Claimed(
        device,
        number,
        inward.bEndpointAddress,
        max(64, inward.wMaxPacketSize & _PACKET_SIZE),
        None if outward is None else outward.bEndpointAddress,
        descriptor,
    )


def _detach(device: usb.core.Device, number: int) -> None:
    try:
        device.detach_kernel_driver(number)
    except usb.core.USBError as error:
        if error.errno != errno.ENOENT:  # it went by itself meanwhile
            raise


def _report_descriptor(url: str, device: usb.core.Device, interface: usb.core.Interface) -> bytes:
    """Read the report descriptor, whose length stands in the HID descriptor (HID 1.11, 6.2.1)."""
    extra, name = bytes(interface.extra_descriptors), usb_device.name(device)
    length = next((_le16(one, 7) for one in _descriptors(extra) if one[1] == 0x21), 0)
    if not 0 < length <= _MOST_DESCRIPTOR_BYTES:
        why = f"{name} declares a report descriptor of {length} bytes, not of 1 to 4096"
        raise PortError(url, why, PortReason.UNSUPPORTED)
    setup = (0x81, 0x06, 0x2200, interface.bInterfaceNumber)
    descriptor = bytes(device.ctrl_transfer(*setup, length, _READ_DESCRIPTOR_MS))
    if len(descriptor) != length:
        why = f"{name} gave {len(descriptor)} of {length} bytes of its report descriptor"
        raise PortError(url, why)
    return descriptor


def _descriptors(extra: bytes) -> Iterator[bytes]:
    while len(extra) >= 2 and extra[0] >= 2:
        one, extra = extra[: extra[0]], extra[extra[0] :]
        yield one


def _le16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _put_back(device: usb.core.Device, number: int) -> None:
    """Release an interface and let usbhid have it again; what is gone needs neither."""
    with contextlib.suppress(*REFUSALS):
        usb.util.release_interface(device, number)
    _attached(device, number)


def _attached(device: usb.core.Device, number: int) -> bool:
    """Attach usbhid; False if another process or driver has the interface, or it is gone."""
    try:
        device.attach_kernel_driver(number)
    except REFUSALS as error:
        if getattr(error, "errno", None) not in (*GONE, errno.EBUSY, errno.ENOENT):
            name = usb_device.name(device)
            _log.warning("%s: usbhid is not attached to it again: %s", name, error)
        return False
    return True


def _identity(url: str, claimed: Claimed) -> Identity:
    device = claimed.device
    return Identity(
        url=url,
        path=usb_device.node(device),
        vid=device.idVendor,
        pid=device.idProduct,
        bcd_device=device.bcdDevice,
        serial_number=usb_device.string(device, "serial_number"),
        port_path=usb_device.port_path(device),
        product=usb_device.string(device, "product"),
        report_descriptor=claimed.descriptor,
    )


def _endpoint(interface: usb.core.Interface, direction: int) -> usb.core.Endpoint | None:
    for endpoint in interface:
        kind = usb.util.endpoint_type(endpoint.bmAttributes)
        way = usb.util.endpoint_direction(endpoint.bEndpointAddress)
        if kind == usb.util.ENDPOINT_TYPE_INTR and way == direction:
            return endpoint
    return None
