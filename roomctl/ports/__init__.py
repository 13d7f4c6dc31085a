"""Bytes in, bytes out, no meaning: `connect(name, url)` opens the port that a URL names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import cast

from roomctl.errors import PortError, PortReason
from roomctl.ports.address import Address, parse, suggest
from roomctl.wire import Port

Opener = Callable[[Address], Awaitable[Port]]

_VISCA_IP = 52381  # some Sony cameras answer to it, whatever port they were asked from


def _in(module: str, function: str = "open_port") -> Opener:
    """Return what opens a port, its module loaded with the first: each brings a library."""

    async def open_port(address: Address) -> Port:
        opener = getattr(import_module(f"{__name__}.{module}"), function)
        return cast("Port", await opener(address))

    return open_port


async def _open_usb(address: Address) -> Port:
    from roomctl.ports import hidraw, usb

    return await usb.open_port(address, better=hidraw.better)


async def _open_visca_ip(address: Address) -> Port:
    from roomctl.ports import udp

    return await udp.open_port(address.with_port(_VISCA_IP), local=_VISCA_IP)


_OPENERS: dict[str, Opener] = {
    "api": _in("reported"),
    "aw": _in("http"),
    "evdev": _in("evdev"),
    "gpio": _in("gpio"),
    "gpiod": _in("gpiod"),
    "hidraw": _in("hidraw"),
    "mqtt": _in("mqtt"),
    "mqtts": _in("mqtt"),
    "onvif": _in("http"),
    "picture": _in("picture"),
    "pictures": _in("picture", "open_pictures"),
    "serial": _in("serial"),
    "tcp": _in("stream", "open_tcp"),
    "udp": _in("udp"),
    "unix": _in("stream", "open_unix"),
    "usb": _open_usb,
    "v4l2": _in("v4l2"),
    "visca-ip": _open_visca_ip,
}


async def connect(name: str, url: str) -> Port:
    """Open the port at `url` for the device `name`; raise PortError saying what to try."""
    address = parse(url)
    open_port = _OPENERS.get(address.scheme)
    if open_port is None:
        why = f"{name} wants {address.scheme!r}, which is not known; "
        raise PortError(url, why + suggest(address.scheme, _OPENERS), PortReason.UNSUPPORTED)
    return await open_port(address)


__all__ = ["connect"]
