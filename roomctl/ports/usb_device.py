"""USB devices as libusb lists them: which one a URL means, and what each is called. Claims nothing.

Knows no report and no usage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import usb.backend.libusb1
import usb.core
from usb.backend import IBackend

from roomctl.ports.address import Address

TELEPHONY_PAGE = 0x0B
AUDIO, HID, HUB, BOOT = 1, 3, 9, 1
USAGE_PAGE, REPORT_ID = 0x04, 0x84  # prefixes of global items, as `global_items` yields them

_UDEVD = Path("/run/udev/control")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a URL asks for; `ids` is None for any sound device with buttons.

    `path` is the port that it must be plugged into, as in /sys/bus/usb/devices: "1-1.4".
    """

    url: str
    ids: tuple[int, int] | None
    path: str | None
    serial_number: str | None

    def fits(self, ids: tuple[int, int], path: str, classes: Iterable[int]) -> bool:
        """Tell whether a device may be meant; its serial number is not looked at."""
        if self.path not in (None, path):
            return False
        return {AUDIO, HID} <= set(classes) if self.ids is None else ids == self.ids


def wanted(address: Address) -> Wanted:
    """Read VID:PID or `auto`, with `?port=1-1.4` or `?serial=…`; raise PortError."""
    options = address.only(("port", "serial"))
    path, serial_number = options.get("port"), options.get("serial")
    if path is not None and not re.fullmatch(r"[0-9]+-[0-9]+(\.[0-9]+)*", path):
        raise address.refuse(
            f"port={path} is no USB port; `lsusb -t` and `roomctl probe` name them"
        )
    if address.place == "auto":
        return Wanted(address.url, None, path, serial_number)
    pair = re.fullmatch(r"([0-9a-fA-F]{4}):([0-9a-fA-F]{4})", address.place)
    if pair is None:
        scheme = address.scheme
        why = f"is not {scheme}:VID:PID, such as {scheme}:0b0e:2456, nor {scheme}:auto"
        raise address.refuse(why)
    return Wanted(address.url, (int(pair[1], 16), int(pair[2], 16)), path, serial_number)


def libusb() -> IBackend | None:
    """Return libusb: one context for all where udevd runs, else a new one; None if not installed.

    Without udevd (in a container) a context never learns of a device plugged in after it was made.
    """
    shared = usb.backend.libusb1.get_backend()
    if shared is None or _UDEVD.exists():
        return shared
    return type(shared)(shared.lib)


def free(library: IBackend) -> None:
    """Free a context that was made for one port; pyusb leaves that to chance, two files each."""
    if library is not usb.backend.libusb1.get_backend():
        library.finalize()


def interface_classes(device: usb.core.Device) -> set[int]:
    try:
        return {each.bInterfaceClass for configuration in device for each in configuration}
    except usb.core.USBError:
        return set()


def may_be_taken(interface: usb.core.Interface) -> bool:
    """Whether this may be a speakerphone's HID interface: a boot keyboard or mouse never is."""
    kind = (interface.bInterfaceClass, interface.bAlternateSetting)
    return kind == (HID, 0) and bool(interface.bInterfaceSubClass != BOOT)


def string(device: usb.core.Device, which: str) -> str | None:
    """Return a string descriptor; many devices have none, or one that cannot be read."""
    try:
        text: str | None = getattr(device, which)
    except (ValueError, NotImplementedError, usb.core.USBError):
        return None
    return text


def ids(device: usb.core.Device) -> str:
    return f"{device.idVendor:04x}:{device.idProduct:04x}"


def port_path(device: usb.core.Device) -> str:
    """Return where it is plugged in, as in /sys/bus/usb/devices: `1-1.4`."""
    ports = ".".join(str(number) for number in device.port_numbers or ())
    return f"{device.bus}-{ports or 0}"


def node(device: usb.core.Device) -> str:
    return f"/dev/bus/usb/{device.bus:03d}/{device.address:03d}"


def name(device: usb.core.Device) -> str:
    return f"{ids(device)} at {port_path(device)}"


def names(devices: list[usb.core.Device]) -> str:
    """Say what is plugged in, hubs left out: the second half of a sentence."""
    found = [name(device) for device in devices if device.bDeviceClass != HUB]
    return f"plugged in: {', '.join(found)}" if found else "nothing is plugged in"


def global_items(descriptor: bytes) -> Iterator[tuple[int, int]]:
    """Yield (prefix without size, data) of the short global items of a report descriptor."""
    at = 0
    while at < len(descriptor):
        prefix, size = descriptor[at], (0, 1, 2, 4)[descriptor[at] & 3]
        if prefix == 0xFE:
            at += 3 + (descriptor[at + 1] if at + 1 < len(descriptor) else 0)
            continue
        if prefix & 0x0C == 0x04:
            yield prefix & 0xFC, int.from_bytes(descriptor[at + 1 : at + 1 + size], "little")
        at += 1 + size


def speaks_telephony(descriptor: bytes) -> bool:
    return (USAGE_PAGE, TELEPHONY_PAGE) in global_items(descriptor)


def is_numbered(descriptor: bytes) -> bool:
    """Whether its reports begin with a report ID."""
    return REPORT_ID in dict(global_items(descriptor))
