"""The box that a room runs on: its serial number, and the addresses it has on its networks.

Linux only; what cannot be read is not known. Knows no room.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import ipaddress
from collections.abc import Iterator
from pathlib import Path

from roomctl.ports.interfaces import every_interface

_DEVICE_TREE = Path("/proc/device-tree/serial-number")  # a Raspberry Pi's, as printed on its box
_MACHINE_ID = Path("/etc/machine-id")
_IF_INET6 = Path("/proc/net/if_inet6")
_SALT = b"roomctl: the serial number of a box without one"


def serial_number(device_tree: Path = _DEVICE_TREE, machine_id: Path = _MACHINE_ID) -> str | None:
    """Return the board's serial number; of a box without one, 16 hex digits that stay the same.

    They come from /etc/machine-id, which is itself confidential (machine-id(5)) and is not told.
    """
    with contextlib.suppress(OSError, UnicodeDecodeError):
        found = device_tree.read_bytes().strip(b"\0\n ").decode("ascii")
        if found.isalnum() and len(found) <= 64 and found.strip("0"):
            return found
    with contextlib.suppress(OSError):
        if own := machine_id.read_bytes().strip():
            return hmac.new(own, _SALT, hashlib.sha256).hexdigest()[:16]
    return None


def addresses() -> tuple[str, ...]:
    """Return the IP addresses of this box, but for loopback and link-local ones."""
    found = (
        ipaddress.ip_address(one)
        for one in (*(one.address for one in every_interface()), *_of_version_6())
    )
    shown = (one for one in found if not (one.is_loopback or one.is_link_local))
    return tuple(str(one) for one in dict.fromkeys(shown))


def _of_version_6() -> Iterator[str]:
    with contextlib.suppress(OSError):
        for line in _IF_INET6.read_text(encoding="ascii").splitlines():
            yield str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0])))
