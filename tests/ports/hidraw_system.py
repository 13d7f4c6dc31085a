"""A system with hidraw nodes: sysfs as files, and each open node one end of a packet socket."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from roomctl.ports.hidraw import System
from tests.ports.quiet import Quiet
from tests.ports.usb_bus import AUDIO, HID, Bus


class HidrawSystem:
    """`far` holds the devices' ends by node, `denied` an errno for nodes that do not open."""

    def __init__(self, folder: Path, bus: Bus | None = None) -> None:
        self.folder = folder
        self.far: dict[str, socket.socket] = {}
        self.denied: dict[str, int] = {}
        self.seam = System(
            sys=folder, dev=folder / "dev", open=self._open, backend=lambda: bus, monitor=Quiet
        )

    def plug(
        self,
        node: str | None,
        descriptor: bytes,
        *,
        port: str = "1-1.4",
        ids: str = "0b0e:2456",
        serial: str | None = "0042",
        number: int = 3,
        boot: bool = False,
        sound: bool = True,
    ) -> None:
        """Plug in a device; `node` None: none of its interfaces has usbhid."""
        whole = self.folder / "devices" / "usb1" / port
        facts = dict(zip(("idVendor", "idProduct"), ids.split(":"), strict=True))
        facts |= {"bcdDevice": "0123", "product": "SPEAK"} | ({"serial": serial} if serial else {})
        _write(whole, facts)
        if sound:
            _write(whole / f"{port}:1.0", {"bInterfaceClass": f"{AUDIO:02x}"})
        interface = whole / f"{port}:1.{number}"
        kind = {"bInterfaceClass": f"{HID:02x}", "bInterfaceSubClass": f"{int(boot):02x}"}
        _write(interface, kind | {"bInterfaceNumber": f"{number:02x}"})
        _link(self.folder / "bus" / "usb" / "devices" / port, whole)
        if node is not None:
            self.bind(node, descriptor, interface)

    def bind(self, node: str, descriptor: bytes, interface: Path) -> None:
        """Let usbhid have an interface: its node appears."""
        device = interface / "0003:0B0E:2456.0001"
        device.mkdir(parents=True, exist_ok=True)
        (device / "report_descriptor").write_bytes(descriptor)
        _link(self.folder / "class" / "hidraw" / node / "device", device)

    def unplug(self, node: str) -> None:
        (self.folder / "class" / "hidraw" / node / "device").unlink()
        self.far[node].close()

    def close(self) -> None:
        for end in self.far.values():
            end.close()

    def _open(self, path: str) -> int:
        node = Path(path).name
        if node in self.denied:
            raise OSError(self.denied[node], os.strerror(self.denied[node]))
        near, self.far[node] = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        near.setblocking(False)
        return near.detach()


def _write(folder: Path, facts: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in facts.items():
        (folder / name).write_text(f"{text}\n")


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():  # another interface of the same device is plugged in
        link.symlink_to(target)
