"""What every USB device answers: its descriptors, and the requests of USB 2.0, chapter 9."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.hwlab.devices.usbip import FULL, Setup, Stall

_GET_STATUS, _CLEAR_FEATURE, _SET_FEATURE = 0, 1, 3
_GET_DESCRIPTOR, _SET_CONFIGURATION, _SET_INTERFACE = 6, 9, 11


@dataclass
class Described:
    """A device's descriptors. `reports` holds the HID report descriptor of each interface."""

    vid: int
    pid: int
    bcd_device: int
    product: str
    configuration: bytes
    serial_number: str | None = None
    maker: str = "roomctl hardware lab"
    device_class: tuple[int, int, int] = (0, 0, 0)
    reports: dict[int, bytes] = field(default_factory=dict)
    speed: int = FULL

    def standard(self, setup: Setup) -> bytes:
        """Answer a standard request; raise Stall for one that is not known."""
        match setup.kind & 0x1F, setup.request:
            case 0, _ if setup.request == _GET_DESCRIPTOR:
                return self._descriptor(setup.value >> 8, setup.value & 0xFF)
            case 1, _ if setup.request == _GET_DESCRIPTOR and setup.value >> 8 == 0x22:
                return self.reports[setup.index]
            case _, _ if setup.request == _GET_STATUS:
                return b"\0\0"
            case _, _ if setup.request in (_CLEAR_FEATURE, _SET_FEATURE):
                return b""
            case _, _ if setup.request in (_SET_CONFIGURATION, _SET_INTERFACE):
                return b""
        raise Stall

    def _descriptor(self, kind: int, index: int) -> bytes:
        match kind:
            case 1:
                return self._device()
            case 2:
                return self.configuration
            case 3:
                return self._string(index)
        raise Stall

    def _device(self) -> bytes:
        ids = struct.pack("<HHH", self.vid, self.pid, self.bcd_device)
        strings = bytes((1, 2, 3 if self.serial_number else 0))
        return bytes((18, 1, 0x00, 0x02, *self.device_class, 64)) + ids + strings + b"\x01"

    def _string(self, index: int) -> bytes:
        texts = {0: "\u0409", 1: self.maker, 2: self.product, 3: self.serial_number}
        text = texts.get(index)
        if text is None:
            raise Stall
        data = text.encode("utf-16-le")
        return bytes((2 + len(data), 3)) + data


def configuration(interfaces: int, parts: Sequence[bytes]) -> bytes:
    """Return a configuration descriptor with `parts`, bus-powered with 100 mA."""
    body = b"".join(parts)
    return struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), interfaces, 1, 0, 0x80, 50) + body


def interface(number: int, kind: tuple[int, int, int], endpoints: int, alternate: int = 0) -> bytes:
    return bytes((9, 4, number, alternate, endpoints, *kind, 0))


def endpoint(address: int, kind: int, most: int, interval: int) -> bytes:
    """Return an endpoint descriptor; `kind` 1 isochronous, 2 bulk, 3 interrupt."""
    return struct.pack("<BBBBHB", 7, 5, address, kind, most, interval)


def described(kind: int, *content: int) -> bytes:
    """Return a class-specific descriptor: its length, its kind (0x24, 0x25 …), its content."""
    return bytes((2 + len(content), kind, *content))
