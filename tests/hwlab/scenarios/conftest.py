"""What the scenarios find in the guest: kernel modules, udevd, devices that go when a test ends."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.hwlab.devices.usbip import Device, Plugged, until

UDEVD = Path("/run/udev/control")
RULES = Path(__file__).resolve().parents[3] / "deploy" / "udev"

Plug = Callable[..., Plugged]


def run(*command: str) -> str:
    """Run a program of the guest and return what it printed; it must succeed."""
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, f"{command}: {said.stdout}{said.stderr}"
    return said.stdout


def card(place: Path) -> str:
    """Return the number of the sound card that a USB device is."""
    (found,) = place.glob("*:1.0/sound/card*")
    return found.name.removeprefix("card")


@pytest.fixture(scope="session")
def vhci() -> None:
    """The virtual host controller that devices over USB/IP are plugged into."""
    run("modprobe", "-a", "vhci-hcd", "usbhid", "hid-generic", "hid-jabra", "snd-usb-audio")


@pytest.fixture
def plug(vhci: None) -> Iterator[Plug]:
    """Plug in a device, and wait until the kernel has given its interfaces to drivers."""
    plugged: list[Plugged] = []

    def plug_in(device: Device, other_than: int | None = None) -> Plugged:
        one = Plugged(device, other_than)
        plugged.append(one)
        until(one.bound, f"the kernel to give {one.path} its drivers")
        settle()
        return one

    yield plug_in
    for one in plugged:
        one.unplug()


@pytest.fixture(scope="module")
def udevd() -> Iterator[None]:
    """Run systemd's udevd for the tests of a module; the others have none, as in a container."""
    daemon = subprocess.Popen(["/usr/lib/systemd/systemd-udevd"], stderr=subprocess.DEVNULL)
    until(UDEVD.exists, "udevd to start")
    yield
    run("udevadm", "settle")
    daemon.terminate()
    daemon.wait(30)
    UDEVD.unlink(missing_ok=True)


def settle() -> None:
    if UDEVD.exists():
        run("udevadm", "settle", "--timeout=30")
