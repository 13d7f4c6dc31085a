"""What is plugged in: serial ports and USB devices that speak HID telephony, with their URLs.

Opens nothing. Knows no camera: what answers on a serial port is asked by whoever opens it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import usb.core
from serial.tools import list_ports

from roomctl.ports.usb_interface import interface_classes, libusb

_HID = 3
_AUDIO = 1
_BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is plugged in, and the `url` line of room.toml for it."""

    kind: str
    url: str
    what: str


def inventory() -> list[Found]:
    """List what is plugged in now; an empty list if there is nothing, or no USB library."""
    return [*_serial(), *_usb()]


def _serial() -> Iterator[Found]:
    """Name each port by its stable name where it has one: ttyUSB numbers change."""
    stable = {str(link.resolve()): str(link) for link in _links()}
    for port in sorted(list_ports.comports()):
        if port.hwid == "n/a":
            continue  # a UART that the chipset has and the board does not
        url = f"serial:{stable.get(port.device, port.device)}?baud=9600"
        yield Found("camera", url, f"{port.description} ({port.device})")


def _links() -> list[Path]:
    return list(_BY_ID.iterdir()) if _BY_ID.is_dir() else []


def _usb() -> Iterator[Found]:
    """Name each USB device that has both sound and HID: a speakerphone or a headset."""
    backend = libusb()
    if backend is None:
        return
    for device in usb.core.find(find_all=True, backend=backend) or ():
        classes = interface_classes(device)
        if {_HID, _AUDIO} <= classes:
            url = f"usb:{device.idVendor:04x}:{device.idProduct:04x}"
            yield Found("speakerphone", url, f"USB sound with keys, bus {device.bus}")
