"""Bytes in, bytes out, no meaning: `connect(name, url)` opens the port that a URL names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from roomctl.errors import PortError, PortReason
from roomctl.ports import (
    evdev,
    gpio,
    gpiod,
    hidraw,
    http,
    mqtt,
    picture,
    reported,
    serial,
    stream,
    udp,
    usb,
    v4l2,
)
from roomctl.ports.address import Address, parse, suggest
from roomctl.wire import Port

_VISCA_IP = 52381  # some Sony cameras answer to it, whatever port they were asked from

_OPENERS: dict[str, Callable[[Address], Awaitable[Port]]] = {
    "api": reported.open_port,
    "aw": http.open_port,
    "evdev": evdev.open_port,
    "gpio": gpio.open_port,
    "gpiod": gpiod.open_port,
    "hidraw": hidraw.open_port,
    "mqtt": mqtt.open_port,
    "mqtts": mqtt.open_port,
    "onvif": http.open_port,
    "picture": picture.open_port,
    "pictures": picture.open_pictures,
    "serial": serial.open_port,
    "tcp": stream.open_tcp,
    "udp": udp.open_port,
    "unix": stream.open_unix,
    "usb": lambda address: usb.open_port(address, better=hidraw.better),
    "v4l2": v4l2.open_port,
    "visca-ip": lambda address: udp.open_port(address.with_port(_VISCA_IP), local=_VISCA_IP),
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
