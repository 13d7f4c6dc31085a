"""What is plugged in, by the names that udev gives: here folders of links, and a list."""

from __future__ import annotations

from pathlib import Path

import pytest
import usb.core
from serial.tools.list_ports_common import ListPortInfo

from roomctl.ports.inventory import (
    PluggedDevice,
    gamepads,
    serial_ports,
    usb_cameras,
    usb_devices,
)
from tests.ports.usb_bus import Bus, Gadget, hid, sound


class Udev:
    """The nodes and links of a machine, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports: list[ListPortInfo] = []
        for name in ("by-id", "by-path"):
            (folder / name).mkdir()

    def plug(self, node: str, number: str | None, socket: str) -> None:
        path = self.folder / node
        path.touch()
        port = ListPortInfo(str(path))
        port.vid, port.pid, port.serial_number, port.location = 0x0403, 0x6001, number, socket
        port.description, port.hwid = "FT232R USB UART", "USB VID:PID=0403:6001"
        self.ports.append(port)
        name = f"usb-FTDI_FT232R_USB_UART{f'_{number}' if number else ''}-if00-port0"
        for link in (f"by-id/{name}", f"by-path/pci-0-usb-0:{socket}:1.0-port0"):
            (self.folder / link).unlink(missing_ok=True)
            (self.folder / link).symlink_to(path)

    def found(self) -> list[tuple[str, str]]:
        listed = serial_ports(self.ports, self.folder / "by-id", self.folder / "by-path")
        plain = f"{self.folder}/"
        return [(f.url.replace(plain, ""), f.what.replace(plain, "")) for f in listed]


@pytest.fixture
def udev(tmp_path: Path) -> Udev:
    return Udev(tmp_path)


def test_an_adapter_is_named_by_its_number_and_its_other_names_are_told(udev: Udev) -> None:
    udev.plug("ttyUSB0", "A50285BI", "2")
    assert udev.found() == [
        (
            "serial:by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0",
            "FT232R USB UART (also by-path/pci-0-usb-0:2:1.0-port0, ttyUSB0)",
        )
    ]


def test_adapters_that_are_all_alike_are_named_by_their_sockets(udev: Udev) -> None:
    udev.plug("ttyUSB0", None, "2")
    udev.plug("ttyUSB1", None, "3")
    udev.plug("ttyUSB2", "A50285BI", "4")
    assert [url for url, _ in udev.found()] == [
        "serial:by-path/pci-0-usb-0:2:1.0-port0",
        "serial:by-path/pci-0-usb-0:3:1.0-port0",
        "serial:by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0",
    ]


def test_a_port_without_links_is_named_by_its_node_and_an_absent_uart_is_not(udev: Udev) -> None:
    for node, hwid in (("/dev/ttyAMA0", "3f201000.serial"), ("/dev/ttyS1", "n/a")):
        port = ListPortInfo(node)
        port.description, port.hwid = node.rpartition("/")[2], hwid
        udev.ports.append(port)
    assert udev.found() == [("serial:/dev/ttyAMA0", "ttyAMA0")]


def on_the_bus(*gadgets: Gadget) -> list[str]:
    listed = usb.core.find(find_all=True, backend=Bus(*gadgets))
    return [found.url for found in usb_devices(listed)]


def test_a_usb_device_with_sound_and_keys_is_named_and_no_keyboard_or_camera() -> None:
    keyboard = Gadget(0x046D, 0xC31C, [hid(0, b"", subclass=1)], ports=(1,))
    camera = Gadget(0x046D, 0x0843, sound(), ports=(2,))
    phone = Gadget(0x0B0E, 0x2456, [*sound(), hid(3, b"")], ports=(3,))
    assert on_the_bus(keyboard, camera, phone) == ["usb:0b0e:2456"]


def test_two_speakerphones_of_one_model_are_named_by_their_ports() -> None:
    phones = [Gadget(0x0B0E, 0x2456, [*sound(), hid(3, b"")], ports=(1, n)) for n in (4, 2)]
    other = Gadget(0x0B0E, 0x0420, [*sound(), hid(3, b"")], ports=(3,))
    assert on_the_bus(*phones, other) == [
        "usb:0b0e:2456?port=1-1.2",
        "usb:0b0e:2456?port=1-1.4",
        "usb:0b0e:0420",
    ]


class VideoFolders:
    def __init__(self, root: Path) -> None:
        self.by_id, self.sysfs, self.dev = root / "by-id", root / "video4linux", root / "dev"
        self.dev.mkdir()

    def plug(self, name: str, node: str, called: str | None) -> None:
        self.by_id.mkdir(exist_ok=True)
        (self.dev / node).touch()
        (self.by_id / name).symlink_to(self.dev / node)
        if called is not None:
            (self.sysfs / node).mkdir(parents=True)
            (self.sysfs / node / "name").write_text(f"{called}\n")

    def found(self) -> list[PluggedDevice]:
        return list(usb_cameras(self.by_id, self.sysfs))


@pytest.fixture
def video(tmp_path: Path) -> VideoFolders:
    return VideoFolders(tmp_path)


def test_a_usb_camera_is_found_by_its_stable_name_once(video: VideoFolders) -> None:
    video.plug("usb-046d_PTZ_Pro_2-video-index0", "video2", "PTZ Pro 2")
    video.plug("usb-046d_PTZ_Pro_2-video-index1", "video3", "PTZ Pro 2")
    video.plug("platform-codec-video-index0", "video10", "a codec of the board")

    assert video.found() == [
        PluggedDevice(
            "camera",
            f"v4l2:{video.by_id}/usb-046d_PTZ_Pro_2-video-index0",
            "USB camera PTZ Pro 2 (also /dev/video2)",
        )
    ]


def test_what_is_just_unplugged_is_left_out(video: VideoFolders) -> None:
    video.plug("usb-gone-video-index0", "video2", None)

    assert video.found() == []


def test_a_system_without_cameras_has_none(video: VideoFolders) -> None:
    assert video.found() == []


def test_a_gamepad_is_named_by_its_adapter_and_the_first_without_a_name_is_auto(
    tmp_path: Path,
) -> None:
    sysfs, dev, by_id = tmp_path / "sysfs", tmp_path / "dev", tmp_path / "by-id"
    for folder in (dev, by_id):
        folder.mkdir()
    for number, name in enumerate(("Wireless Controller", "USB Gamepad", "Another Wireless")):
        node = sysfs / f"event{number}" / "device"
        (node / "capabilities").mkdir(parents=True)
        (node / "capabilities" / "key").write_text(f"{1 << 48:x} 0 0 0 0\n")
        (node / "capabilities" / "abs").write_text("3\n")
        (node / "name").write_text(f"{name}\n")
        (dev / f"event{number}").touch()
    (by_id / "usb-Gamepad-event-joystick").symlink_to(dev / "event1")
    found = gamepads(by_id, sysfs, dev)
    assert [(one.kind, one.url.replace(f"{tmp_path}/", ""), one.what) for one in found] == [
        (
            "controller",
            "evdev:auto",
            f"gamepad Wireless Controller (the first there is, now {dev}/event0)",
        ),
        (
            "controller",
            "evdev:by-id/usb-Gamepad-event-joystick",
            f"gamepad USB Gamepad (also {dev}/event1)",
        ),
        ("controller", "evdev:dev/event2", "gamepad Another Wireless (this number changes)"),
    ]
