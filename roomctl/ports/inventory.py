"""What is plugged in: serial ports, USB cameras, gamepads, and USB devices with HID telephony.

Opens nothing. Knows no camera: what answers on a serial port, and whether a USB camera can be
moved, is asked by whoever opens it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import usb.core
from serial.tools.list_ports import comports
from serial.tools.list_ports_common import ListPortInfo

from roomctl.frozen import frozen
from roomctl.ports import evdev
from roomctl.ports.usb import (
    AUDIO,
    HID,
    free_context,
    interface_classes,
    libusb,
    port_path,
    vid_pid,
)
from roomctl.ports.v4l2 import BY_ID as VIDEO_BY_ID
from roomctl.ports.v4l2 import SYSFS

_INPUT_BY_ID = Path("/dev/input/by-id")
_BY_ID = Path("/dev/serial/by-id")
_BY_PATH = Path("/dev/serial/by-path")


@frozen
class PluggedDevice:
    """One thing that is plugged in, and the lines of room.toml for it; `profile`: it spoke so."""

    kind: str
    url: str
    what: str
    profile: str | None = None


def inventory() -> list[PluggedDevice]:
    """List what is plugged in now; an empty list if there is nothing, or no USB library."""
    return [*serial_ports(comports()), *usb_cameras(), *gamepads(), *_usb()]


def serial_ports(
    ports: Iterable[ListPortInfo], by_id: Path = _BY_ID, by_path: Path = _BY_PATH
) -> Iterator[PluggedDevice]:
    """Name each of `ports` by a name that stays: ttyUSB numbers change.

    That is the adapter's (by-id), or where there is none or several have it, the USB socket's
    (by-path); `what` tells the other names. The speed is left open.
    """
    ports = sorted(ports)
    adapters, sockets = _links(by_id), _links(by_path)
    twins = Counter(map(_adapter, ports))
    for port in ports:
        if port.hwid == "n/a":
            continue  # a UART that the chipset has and the board does not
        names = [links[port.device] for links in (adapters, sockets) if port.device in links]
        if twins[_adapter(port)] > 1:
            names.reverse()
        names.append(port.device)
        also = f" (also {', '.join(names[1:])})" if names[1:] else ""
        yield PluggedDevice("camera", f"serial:{names[0]}", f"{port.description}{also}")


def _adapter(port: ListPortInfo) -> tuple[object, ...]:
    """Return what the name by id is made of; the port itself if it is no USB adapter."""
    if port.vid is None:
        return (port.device,)
    line = str(port.location or "").partition(":")[2]
    return (port.vid, port.pid, port.serial_number, line)


def _links(folder: Path) -> dict[str, str]:
    """Return the links of `folder` by the node that they lead to."""
    links = sorted(folder.iterdir()) if folder.is_dir() else []
    return {str(link.resolve()): str(link) for link in links}


def usb_cameras(by_id: Path = VIDEO_BY_ID, sysfs: Path = SYSFS) -> Iterator[PluggedDevice]:
    """Name each USB camera by a name that stays; its second node, for metadata, is left out."""
    for link in sorted(by_id.glob("usb-*-index0")):
        node = link.resolve().name
        try:
            name = (sysfs / node / "name").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            continue  # it has just been unplugged
        yield PluggedDevice("camera", f"v4l2:{link}", f"USB camera {name} (also /dev/{node})")


def gamepads(
    by_id: Path = _INPUT_BY_ID, sysfs: Path = evdev.SYSFS, dev: Path = evdev.DEV
) -> Iterator[PluggedDevice]:
    """Name each gamepad and joystick by a name that stays; by Bluetooth they have none.

    The first of all is what evdev:auto takes.
    """
    links = _links(by_id)
    for at, node in enumerate(evdev.controllers(sysfs, dev)):
        try:
            name = (sysfs / node.name / "device" / "name").read_text(errors="replace").strip()
        except OSError:
            continue  # it has just been unplugged
        if (link := links.get(str(node))) is not None:
            url, also = f"evdev:{link}", f"also {node}"
        elif at == 0:
            url, also = "evdev:auto", f"the first there is, now {node}"
        else:
            url, also = f"evdev:{node}", "this number changes"
        yield PluggedDevice("controller", url, f"gamepad {name} ({also})")


def _usb() -> Iterator[PluggedDevice]:
    backend = libusb()
    if backend is None:
        return
    try:
        yield from usb_devices(usb.core.find(find_all=True, backend=backend) or ())
    finally:
        free_context(backend)


def usb_devices(devices: Iterable[usb.core.Device]) -> Iterator[PluggedDevice]:
    """Name each of `devices` that has both sound and HID: a speakerphone or a headset.

    Of two of one model each is named by its port, too.
    """
    found = [device for device in devices if {AUDIO, HID} <= interface_classes(device)]
    twins = Counter(map(vid_pid, found))
    for device in sorted(found, key=port_path):
        port = port_path(device)
        place = f"?port={port}" if twins[vid_pid(device)] > 1 else ""
        shared = f"hidraw:{vid_pid(device)}{place}"
        what = f"USB sound with keys, at {port}; to share it with other programs: {shared}"
        yield PluggedDevice("speakerphone", f"usb:{vid_pid(device)}{place}", what)
