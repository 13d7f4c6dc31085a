"""The networks that this box is on: each interface with its IPv4 address and mask. Linux only."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Interface

from roomctl.errors import RoomctlError
from roomctl.explain import suggest
from roomctl.frozen import frozen

_ADDRESS, _MASK, _FLAGS = 0x8915, 0x891B, 0x8913  # SIOCGIFADDR …, linux/sockios.h
_UP, _POINT_TO_POINT = 0x1, 0x10  # IFF_…, linux/if.h; the latter are tunnels to elsewhere


@frozen
class NetworkInterface:
    """One interface that is up; `network` is its first IPv4 address, with the mask.

    `tunnel`: it leads to one other host, as a VPN does, and not to a network.
    """

    name: str
    network: IPv4Interface
    tunnel: bool = False

    @property
    def address(self) -> str:
        return str(self.network.ip)

    def reaches(self, host: str) -> bool:
        """Whether an IPv4 address is on this network, so that no router is asked for it."""
        try:
            return IPv4Address(host) in self.network.network
        except ValueError:
            return False


def interfaces(names: Collection[str] = ()) -> list[NetworkInterface]:
    """Return those of `names`, else all but loopback and tunnels; RoomctlError: one is missing."""
    found = every_interface()
    for name in names:
        if name not in {one.name for one in found}:
            known = suggest(name, [one.name for one in found])
            raise RoomctlError(f"no network interface {name!r} that is up and has IPv4; {known}")
    if names:
        return [one for one in found if one.name in names]
    return [one for one in found if not (one.network.is_loopback or one.tunnel)]


def every_interface() -> list[NetworkInterface]:
    """Return all that are up and have an IPv4 address, loopback among them."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            wanted = struct.pack("256s", name.encode()[:15])
            with contextlib.suppress(OSError):  # it has no address
                flags, address, mask = (
                    fcntl.ioctl(asking.fileno(), code, wanted) for code in (_FLAGS, _ADDRESS, _MASK)
                )
                bits = struct.unpack_from("H", flags, 16)[0]
                if bits & _UP:
                    pair = "/".join(socket.inet_ntoa(one[20:24]) for one in (address, mask))
                    tunnel = bool(bits & _POINT_TO_POINT)
                    found.append(NetworkInterface(name, IPv4Interface(pair), tunnel))
    return found
