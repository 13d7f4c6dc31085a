"""The HID interfaces of USB devices: found, claimed, given back. Knows no report and no usage.

Only the HID interface is claimed: the sound interfaces stay with the kernel, so the device is never
configured or reset. usbhid is detached from the interface, and attached again when given back.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import usb.backend.libusb1
import usb.core
import usb.util
from usb.backend import IBackend

from roomctl.errors import PortError, PortReason
from roomctl.wire import Identity

UDEV_RULE = (
    'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{ID_USB_INTERFACES}=="*:0101??:*", '
    'ENV{ID_USB_INTERFACES}=="*:03????:*", GROUP="roomctl", MODE="0660"'
)

# An unplug shows as ENODEV, or, depending on the host controller, as EIO or ESHUTDOWN.
GONE = frozenset({errno.ENODEV, errno.EIO, errno.ESHUTDOWN, errno.ENXIO})
REFUSALS = (usb.core.USBError, NotImplementedError, ValueError)

_UDEVD = Path("/run/udev/control")
_READ_DESCRIPTOR_MS = 300
_MOST_DESCRIPTOR_BYTES = 4096
_AUDIO, _HID, _HUB, _BOOT = 1, 3, 9, 1
_TELEPHONY_PAGE = 0x0B


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a URL asks for; `ids` is None for any sound device with buttons."""

    url: str
    ids: tuple[int, int] | None
    path: str | None
    serial_number: str | None

    def fits(self, device: usb.core.Device) -> bool:
        if self.path is not None and _port_path(device) != self.path:
            return False
        if self.ids is None:
            return {_AUDIO, _HID} <= interface_classes(device)
        return (device.idVendor, device.idProduct) == self.ids


@dataclass(frozen=True, slots=True)
class Claimed:
    """One HID interface that is ours."""

    device: usb.core.Device
    interface: int
    endpoint_in: int
    packet_bytes: int
    endpoint_out: int | None
    descriptor: bytes


def libusb() -> IBackend | None:
    """Return libusb: one context for all where udevd runs, else a new one; None if not installed.

    Without udevd (in a container) a context never learns of a device plugged in after it was made.
    """
    shared = usb.backend.libusb1.get_backend()
    if shared is None or _UDEVD.exists():
        return shared
    return type(shared)(shared.lib)


def _release(library: IBackend) -> None:
    """Free a context that was made for one port; pyusb leaves that to chance, two files each."""
    if library is not usb.backend.libusb1.get_backend():
        library.finalize()


def open_interface(
    wanted: Wanted, backend: Callable[[], IBackend | None]
) -> tuple[Claimed, Identity]:
    """Claim the first free interface that is wanted; raise PortError saying why there is none."""
    library = backend()
    if library is None:
        why = "libusb is not installed; `sudo apt install libusb-1.0-0`"
        raise PortError(wanted.url, why, PortReason.UNSUPPORTED)
    try:
        return _search(wanted, library)
    except PortError:
        _release(library)
        raise


def _search(wanted: Wanted, library: IBackend) -> tuple[Claimed, Identity]:
    try:
        devices = sorted(usb.core.find(find_all=True, backend=library), key=_port_path)
    except usb.core.USBError as error:
        raise PortError(wanted.url, f"USB devices cannot be listed ({error})") from error
    fitting = [device for device in devices if wanted.fits(device)]
    if not fitting:
        raise PortError(wanted.url, f"is not plugged in; {_named(devices)}", PortReason.MISSING)
    refusals = []
    for device in fitting:
        try:
            claimed = _take(wanted, device)
        except PortError as error:
            refusals.append(error)
            usb.util.dispose_resources(device)
        else:
            return claimed, _identity(wanted.url, claimed)
    raise refusals[0]


def _take(wanted: Wanted, device: usb.core.Device) -> Claimed:
    """Claim the HID interface of `device` that speaks telephony, else its first."""
    try:
        interfaces = [each for each in device.get_active_configuration() if _is_hid(each)]
        found = _string(device, "serial_number")
        if wanted.serial_number not in (None, found):
            why = f"{_name(device)} has serial number {found!r}"
            raise PortError(wanted.url, why, PortReason.MISSING)
        if not interfaces:
            why = f"{_name(device)} has no HID interface, so no buttons and no LEDs to reach"
            raise PortError(wanted.url, why, PortReason.UNSUPPORTED)
        for interface in interfaces:
            claimed = _claim(wanted.url, device, interface)
            if len(interfaces) == 1 or (0x04, _TELEPHONY_PAGE) in global_items(claimed.descriptor):
                return claimed
            _put_back(device, claimed.interface)
        return _claim(wanted.url, device, interfaces[0])
    except usb.core.USBError as error:
        raise _not_opened(wanted.url, device, error) from error
    except NotImplementedError as error:
        why = "this system cannot detach a driver from an interface; roomctl needs Linux for that"
        raise PortError(wanted.url, why, PortReason.UNSUPPORTED) from error


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
            why = f"interface {number} of {_name(device)} has no interrupt endpoint to read"
            raise PortError(url, why, PortReason.UNSUPPORTED)
    except (usb.core.USBError, PortError):
        _put_back(device, number)
        raise
    return Claimed(
        device,
        number,
        inward.bEndpointAddress,
        max(64, inward.wMaxPacketSize),
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
    extra = bytes(interface.extra_descriptors)
    length = next((_le16(one, 7) for one in _descriptors(extra) if one[1] == 0x21), 0)
    if not 0 < length <= _MOST_DESCRIPTOR_BYTES:
        why = f"{_name(device)} declares a report descriptor of {length} bytes, not of 1 to 4096"
        raise PortError(url, why, PortReason.UNSUPPORTED)
    setup = (0x81, 0x06, 0x2200, interface.bInterfaceNumber)
    descriptor = bytes(device.ctrl_transfer(*setup, length, _READ_DESCRIPTOR_MS))
    if len(descriptor) != length:
        why = f"{_name(device)} gave {len(descriptor)} of {length} bytes of its report descriptor"
        raise PortError(url, why)
    return descriptor


def _descriptors(extra: bytes) -> Iterator[bytes]:
    while len(extra) >= 2 and extra[0] >= 2:
        one, extra = extra[: extra[0]], extra[extra[0] :]
        yield one


def _le16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def global_items(descriptor: bytes) -> Iterator[tuple[int, int]]:
    """Yield (prefix without size, data) of the short global items: 0x04 Usage Page, 0x84 ID."""
    at = 0
    while at < len(descriptor):
        prefix, size = descriptor[at], (0, 1, 2, 4)[descriptor[at] & 3]
        if prefix == 0xFE:
            at += 3 + (descriptor[at + 1] if at + 1 < len(descriptor) else 0)
            continue
        if prefix & 0x0C == 0x04:
            yield prefix & 0xFC, int.from_bytes(descriptor[at + 1 : at + 1 + size], "little")
        at += 1 + size


def _put_back(device: usb.core.Device, number: int) -> None:
    """Release an interface and let usbhid have it again; what is gone needs neither."""
    with contextlib.suppress(*REFUSALS):
        usb.util.release_interface(device, number)
    with contextlib.suppress(*REFUSALS):
        device.attach_kernel_driver(number)


def give_back(claimed: Claimed) -> None:
    """Release the interface, attach usbhid to it again and close the device; never raises."""
    _put_back(claimed.device, claimed.interface)
    with contextlib.suppress(*REFUSALS):
        usb.util.dispose_resources(claimed.device)
    _release(claimed.device.backend)


def _not_opened(url: str, device: usb.core.Device, error: usb.core.USBError) -> PortError:
    """Say why a device could not be opened, and what to try."""
    node = _node(device)
    if error.errno in (errno.EACCES, errno.EPERM):
        why = (
            f"no permission for {node}; put this line into /etc/udev/rules.d/70-roomctl.rules, "
            f"add the user to the group roomctl, and plug {_name(device)} in again: {UDEV_RULE}"
        )
        return PortError(url, why, PortReason.PERMISSION)
    if error.errno == errno.EBUSY:
        why = f"{_name(device)} is held by another program; `fuser {node}` names it"
        return PortError(url, why, PortReason.BUSY)
    if error.errno in GONE:
        return PortError(url, f"{_name(device)} was just unplugged", PortReason.MISSING)
    return PortError(url, f"{_name(device)} cannot be opened ({error})")


def _identity(url: str, claimed: Claimed) -> Identity:
    device = claimed.device
    return Identity(
        url=url,
        path=_node(device),
        vid=device.idVendor,
        pid=device.idProduct,
        bcd_device=device.bcdDevice,
        serial_number=_string(device, "serial_number"),
        port_path=_port_path(device),
        product=_string(device, "product"),
        report_descriptor=claimed.descriptor,
    )


def _string(device: usb.core.Device, which: str) -> str | None:
    """Return a string descriptor; many devices have none, or one that cannot be read."""
    try:
        text: str | None = getattr(device, which)
    except (ValueError, usb.core.USBError):
        return None
    return text


def interface_classes(device: usb.core.Device) -> set[int]:
    try:
        return {each.bInterfaceClass for configuration in device for each in configuration}
    except usb.core.USBError:
        return set()


def _is_hid(interface: usb.core.Interface) -> bool:
    """Whether this may be a speakerphone's: a boot keyboard or mouse is never taken."""
    kind = (interface.bInterfaceClass, interface.bAlternateSetting)
    return kind == (_HID, 0) and bool(interface.bInterfaceSubClass != _BOOT)


def _endpoint(interface: usb.core.Interface, direction: int) -> usb.core.Endpoint | None:
    for endpoint in interface:
        kind = usb.util.endpoint_type(endpoint.bmAttributes)
        way = usb.util.endpoint_direction(endpoint.bEndpointAddress)
        if kind == usb.util.ENDPOINT_TYPE_INTR and way == direction:
            return endpoint
    return None


def _port_path(device: usb.core.Device) -> str:
    """Return where it is plugged in, as in /sys/bus/usb/devices: `1-1.4`."""
    ports = ".".join(str(number) for number in device.port_numbers or ())
    return f"{device.bus}-{ports or 0}"


def _node(device: usb.core.Device) -> str:
    return f"/dev/bus/usb/{device.bus:03d}/{device.address:03d}"


def _name(device: usb.core.Device) -> str:
    return f"{device.idVendor:04x}:{device.idProduct:04x} at {_port_path(device)}"


def _named(devices: list[usb.core.Device]) -> str:
    names = [_name(device) for device in devices if device.bDeviceClass != _HUB]
    return f"plugged in: {', '.join(names)}" if names else "nothing is plugged in"
