"""The hidraw nodes of USB devices as sysfs describes them. Opens none, knows no report, no usage.

What is needed stands beside the node: `/sys/class/hidraw/hidraw2/device` is the HID device, which
has `report_descriptor`; its parent is the USB interface, and that one's parent the USB device.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from roomctl.ports.usb_device import BOOT, Wanted, speaks_telephony

SYS = Path("/sys")
DEV = Path("/dev")


@dataclass(frozen=True, slots=True)
class Node:
    """One hidraw node. What is None is not known: the device is no USB device, or does not say."""

    path: str
    descriptor: bytes
    interface: int | None = None
    boot: bool = False
    vid: int | None = None
    pid: int | None = None
    bcd_device: int | None = None
    serial_number: str | None = None
    product: str | None = None
    port_path: str | None = None
    classes: frozenset[int] = frozenset()


def nodes(sys: Path = SYS, dev: Path = DEV) -> list[Node]:
    """Return all that are there now; one that goes away meanwhile is left out."""
    return list(_nodes(sys, dev))


def fitting(wanted: Wanted, nodes: list[Node]) -> list[Node]:
    """Return the nodes that may be meant: those that speak telephony first, then by USB port."""
    found = [node for node in nodes if _fits(wanted, node)]
    return sorted(found, key=lambda node: (not speaks_telephony(node.descriptor), _place(node)))


def plugged(sys: Path = SYS) -> list[tuple[str, str]]:
    """Return (VID:PID, port) of every USB device that is plugged in, with or without a node."""
    found = []
    for device in sorted((sys / "bus" / "usb" / "devices").glob("*-*")):
        vid, pid = _text(device, "idVendor"), _text(device, "idProduct")
        if vid is not None and pid is not None:
            found.append((f"{vid}:{pid}", device.name))
    return found


def _fits(wanted: Wanted, node: Node) -> bool:
    if node.vid is None or node.pid is None or node.port_path is None or node.boot:
        return False
    if wanted.serial_number not in (None, node.serial_number):
        return False
    return wanted.fits((node.vid, node.pid), node.port_path, node.classes)


def _place(node: Node) -> tuple[str, int]:
    return node.port_path or "", node.interface or 0


def _nodes(sys: Path, dev: Path) -> Iterator[Node]:
    folder = sys / "class" / "hidraw"
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        try:
            yield _node(entry, dev)
        except OSError:
            continue


def _node(entry: Path, dev: Path) -> Node:
    path = str(dev / entry.name)
    device = (entry / "device").resolve(strict=True)
    descriptor = (device / "report_descriptor").read_bytes()
    interface, whole = device.parent, device.parent.parent
    if not (whole / "idVendor").is_file():
        return Node(path, descriptor)
    return Node(
        path,
        descriptor,
        interface=_hex(interface, "bInterfaceNumber"),
        boot=_hex(interface, "bInterfaceSubClass") == BOOT,
        vid=_hex(whole, "idVendor"),
        pid=_hex(whole, "idProduct"),
        bcd_device=_hex(whole, "bcdDevice"),
        serial_number=_text(whole, "serial"),
        product=_text(whole, "product"),
        port_path=whole.name,
        classes=frozenset(_classes(whole)),
    )


def _classes(whole: Path) -> Iterator[int]:
    for interface in whole.glob(f"{whole.name}:*"):
        if (number := _hex(interface, "bInterfaceClass")) is not None:
            yield number


def _text(folder: Path, name: str) -> str | None:
    try:
        return (folder / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _hex(folder: Path, name: str) -> int | None:
    text = _text(folder, name)
    try:
        return None if text is None else int(text, 16)
    except ValueError:
        return None
