"""What a failed USB call means, and what to try: exceptions of pyusb and the kernel as PortErrors.

Knows no report. The table is measured with pyusb 1.3.1 over libusb 1.0.28: an unplug is ENODEV, or
EIO on some host controllers; what libusb does not support is no USBError but NotImplementedError,
and an error that it has no number for has errno None.
"""

from __future__ import annotations

import errno

import usb.core

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import usb_device
from roomctl.ports.holders import held_here, others

RULES = "60-roomctl-speakerphone.rules"
UDEV_RULE = (
    'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{ID_USB_INTERFACES}=="*:0101??:*", '
    'ENV{ID_USB_INTERFACES}=="*:03????:*", GROUP="roomctl", MODE="0660"'
)

# An unplug shows as ENODEV, or, depending on the host controller, as EIO or ESHUTDOWN.
GONE = frozenset({errno.ENODEV, errno.EIO, errno.ESHUTDOWN, errno.ENXIO})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM})
FAILURES = (usb.core.USBError, NotImplementedError)
REFUSALS = (*FAILURES, ValueError)


def forbidden(url: str, node: str, *rules: str) -> PortError:
    """Say which udev rules open `node` to this user, and how they are installed."""
    why = (
        f"no permission for {node}; make its group, `sudo groupadd -rf roomctl && sudo usermod "
        f"-aG roomctl USER`, and install the rule, `sudo cp deploy/udev/{RULES} "
        "/etc/udev/rules.d/ && sudo udevadm control --reload && sudo udevadm trigger`; "
        f"it is: {' and, in a line of its own, '.join(rules)}"
    )
    return PortError(url, why, PortReason.PERMISSION)


def not_opened(url: str, device: usb.core.Device, error: Exception) -> PortError:
    """Say why a device could not be opened or claimed, and what to try."""
    node, name = usb_device.node(device), usb_device.name(device)
    if isinstance(error, NotImplementedError):
        why = "this system cannot detach a driver from an interface; roomctl needs Linux for that"
        return PortError(url, why, PortReason.UNSUPPORTED)
    number = getattr(error, "errno", None)
    if number in FORBIDDEN:
        return forbidden(url, node, UDEV_RULE)
    if number == errno.EBUSY:
        return PortError(url, f"{name} is held by {_holder(node)}", PortReason.BUSY)
    if number in GONE:
        return PortError(url, f"{name} was just unplugged", PortReason.MISSING)
    return PortError(url, f"{name} cannot be opened ({error})")


def _holder(node: str) -> str:
    """Return who holds a device that cannot be claimed, as far as this user may know."""
    if found := others(node):
        return f"{', '.join(found)}; end it, or share the device: hidraw:VID:PID"
    if held_here(node) > 1:  # once for the attempt that failed
        return "this roomctl itself; do two tables of room.toml mean the same device?"
    return f"another program; `sudo fuser -v {node}` names it"


def not_done(url: str, doing: str, error: Exception, limit_s: float) -> PortError:
    """Say why a transfer failed; PortClosed if the device is gone."""
    number = getattr(error, "errno", None)
    if number in GONE:
        why = f"the device is gone ({getattr(error, 'strerror', error)}); is it plugged in?"
        return PortClosed(url, why)
    if isinstance(error, usb.core.USBTimeoutError) or number == errno.ETIMEDOUT:
        return PortError(url, f"{doing}: no answer within {limit_s:g} s")
    if number == errno.EPIPE:
        return PortError(url, f"{doing}: the device refused it (STALL)")
    if number == errno.EBUSY:
        why = f"{doing}: another program has taken the interface"
        return PortError(url, why, PortReason.BUSY)
    if isinstance(error, NotImplementedError):
        return PortError(url, f"{doing}: this system cannot do that", PortReason.UNSUPPORTED)
    return PortError(url, f"{doing}: {error}")
