"""Bytes in, bytes out, no meaning: `connect(name, url)` opens the port that a URL names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import cast

from roomctl.errors import PortError, PortReason
from roomctl.explain import suggest
from roomctl.ports.address import Address, parse
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


def _seen(function: str) -> Opener:
    """Return what opens a camera's pictures: of a device of this box, or over the network."""

    async def open_port(address: Address) -> Port:
        on_box = address.place.startswith("/")
        opener = _in("picture", function) if on_box else _in("video", _OF_NETWORK[function])
        return await opener(address)

    return open_port


_OF_NETWORK = {"open_port": "open_picture", "open_pictures": "open_pictures"}


def _video(address: Address) -> object:
    on_box = address.place.startswith("/")
    reader = _reads("v4l2", "must_be_path") if on_box else _reads("video", "video_of")
    return reader(address)


_OPENERS: dict[str, Opener] = {
    "api": _in("reported"),
    "aw": _in("http"),
    "aw-https": _in("http"),
    "evdev": _in("evdev"),
    "gpio": _in("gpio"),
    "gpiod": _in("gpiod"),
    "grey": _in("grey"),
    "hidraw": _in("hidraw"),
    "http": _in("http"),
    "https": _in("http"),
    "mqtt": _in("mqtt"),
    "mqtts": _in("mqtt"),
    "onvif": _in("http"),
    "onvif-https": _in("http"),
    "picture": _seen("open_port"),
    "pictures": _seen("open_pictures"),
    "serial": _in("serial"),
    "tcp": _in("stream", "open_tcp"),
    "udp": _in("udp"),
    "udp-from": _in("udp", "open_heard"),
    "unix": _in("stream", "open_unix"),
    "usb": _open_usb,
    "v4l2": _in("v4l2"),
    "visca-ip": _open_visca_ip,
}


def _reads(module: str, function: str) -> Callable[[Address], object]:
    """Return what takes an address apart, its module loaded with the first."""

    def read(address: Address) -> object:
        return getattr(import_module(f"{__name__}.{module}"), function)(address)

    return read


_READERS: dict[str, Callable[[Address], object]] = {
    "api": _reads("reported", "name_of"),
    "aw": _reads("http", "host_of"),
    "aw-https": _reads("http", "host_of"),
    "evdev": _reads("evdev", "node_of"),
    "gpio": _reads("gpio", "line_number"),
    "gpiod": _reads("gpiod", "line_of"),
    "grey": _reads("grey", "size_of"),
    "hidraw": _reads("hidraw", "node_filter"),
    "http": _reads("http", "host_of"),
    "https": _reads("http", "host_of"),
    "mqtt": _reads("mqtt", "place_of"),
    "mqtts": _reads("mqtt", "place_of"),
    "onvif": _reads("http", "host_of"),
    "onvif-https": _reads("http", "host_of"),
    "picture": _video,
    "pictures": _video,
    "serial": _reads("serial", "line_of"),
    "tcp": Address.host_and_port,
    "udp": _reads("udp", "peer_of"),
    "udp-from": Address.host_and_port,
    "unix": _reads("stream", "socket_path"),
    "usb": _reads("usb", "device_filter"),
    "v4l2": _reads("v4l2", "must_be_path"),
    "visca-ip": lambda address: _reads("udp", "peer_of")(address.with_port(_VISCA_IP)),
}


def refuse(url: str) -> None:
    """Raise PortError if no port can be meant by `url`; nothing is opened."""
    address = parse(url)
    if address.scheme not in _READERS:
        why = f"{address.scheme}: is not known; {suggest(address.scheme, _READERS)}"
        raise address.refuse(why)
    _READERS[address.scheme](address)


async def connect(name: str, url: str) -> Port:
    """Open the port at `url` for the device `name`; raise PortError saying what to try."""
    address = parse(url)
    open_port = _OPENERS.get(address.scheme)
    if open_port is None:
        why = f"{name} wants {address.scheme!r}, which is not known; "
        raise PortError(url, why + suggest(address.scheme, _OPENERS), PortReason.UNSUPPORTED)
    return await open_port(address)


__all__ = ["connect", "refuse"]
