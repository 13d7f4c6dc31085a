"""A connection to a Wayland compositor: messages out, events in, both in the wire's own form.

A message is the object's id, its length << 16 | its opcode, and arguments of 4 bytes each; a string
or an array is its length and its bytes, padded (wayland.freedesktop.org, "Wire Format"). Blocking,
for a screen process's threads. Knows no pointer, no keyboard and no page.
"""

from __future__ import annotations

import array
import os
import socket
import struct
from collections.abc import Callable, Mapping

from roomctl.frozen import frozen

ANSWER_S = 2.0
_DISPLAY = 1  # the id that every connection begins with
_SYNC, _GET_REGISTRY, _BIND = 0, 1, 0
_ERROR, _GLOBAL, _GLOBAL_REMOVE = 0, 0, 1
_HEAD = struct.Struct("=II")

OnEvent = Callable[[int, "EventArguments"], None]


class WaylandRefused(OSError):
    """The compositor ended the conversation, or has not what was asked for."""


@frozen
class WaylandGlobal:
    """Something that the compositor offers: its number there, and which version of it."""

    number: int
    version: int


class EventArguments:
    """The arguments of one event, taken in their order."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        (found,) = struct.unpack_from("=I", self._data, self._at)
        self._at += 4
        return int(found)

    def text(self) -> str:
        length = self.number()
        found = self._data[self._at : self._at + max(0, length - 1)]
        self._at += (length + 3) & ~3
        return found.decode("utf-8", "replace")

    def fixed(self) -> float:
        (found,) = struct.unpack_from("=i", self._data, self._at)
        self._at += 4
        return int(found) / 256


def number(value: int) -> bytes:
    """Return a whole number, with or without sign, as an argument."""
    return struct.pack("=I", value & 0xFFFFFFFF)


def fixed(value: float) -> bytes:
    """Return a number with eight binary places as an argument."""
    return struct.pack("=i", round(value * 256))


def text(value: str) -> bytes:
    """Return a string as an argument."""
    data = value.encode() + b"\0"
    return number(len(data)) + data + b"\0" * (-len(data) % 4)


class WaylandClient:
    """One client's connection. Every method raises OSError once the compositor is gone."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Connect to WAYLAND_DISPLAY, and learn what there is in `globals`, by interface."""
        name = environment.get("WAYLAND_DISPLAY")
        if not name:
            raise WaylandRefused("there is no Wayland compositor")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(ANSWER_S)
        self._last, self._held = _DISPLAY, b""
        self._handlers: dict[int, OnEvent] = {_DISPLAY: self._on_display}
        self.globals: dict[str, list[WaylandGlobal]] = {}
        try:
            self._socket.connect(os.path.join(environment.get("XDG_RUNTIME_DIR", "/"), name))
            self._registry = self.new(self._on_registry)
            self.send(_DISPLAY, _GET_REGISTRY, number(self._registry))
            self.roundtrip()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def new(self, handler: OnEvent | None = None) -> int:
        """Return a fresh object's id; `handler(opcode, arguments)` gets its events."""
        self._last += 1
        self.listen(self._last, handler)
        return self._last

    def listen(self, target: int, handler: OnEvent | None) -> None:
        """Have an object's events handled; None: they are passed over."""
        if handler is not None:
            self._handlers[target] = handler

    def bind(
        self, interface: str, one: WaylandGlobal, version: int, handler: OnEvent | None
    ) -> int:
        """Take up something that the compositor offers, at no more than `version`."""
        target = self.new(handler)
        asked = number(min(version, one.version))
        whole = number(one.number) + text(interface) + asked + number(target)
        self.send(self._registry, _BIND, whole)
        return target

    def take(self, interface: str, version: int, handler: OnEvent | None = None) -> int:
        """Take up the first of an interface; Refused if the compositor has none."""
        found = self.globals.get(interface)
        if not found:
            raise WaylandRefused(f"the compositor has no {interface}")
        return self.bind(interface, found[0], version, handler)

    def send(self, target: int, opcode: int, arguments: bytes = b"", handle: int = -1) -> None:
        """Send a request, with a descriptor if there is one."""
        size = _HEAD.size + len(arguments)
        data = _HEAD.pack(target, size << 16 | opcode) + arguments
        rights = array.array("i", [handle])
        more = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if handle >= 0 else []
        sent = self._socket.sendmsg([data], more)
        self._socket.sendall(data[sent:])

    def roundtrip(self) -> None:
        """Wait until the compositor has done everything that was asked so far."""
        done: list[bool] = []
        callback = self.new(lambda opcode, arguments: done.append(True))
        self.send(_DISPLAY, _SYNC, number(callback))
        self.wait(lambda: bool(done))
        del self._handlers[callback]

    def wait(self, true: Callable[[], bool]) -> None:
        """Hear the compositor until something is so."""
        while not true():
            self.hear()

    def hear(self) -> None:
        """Handle what the compositor says next; wait for it, if it has not been said yet."""
        data = self._socket.recv(65536)
        if not data:
            raise WaylandRefused("the compositor hung up")
        self._take(data)

    def fileno(self) -> int:
        """Return the connection's descriptor: readable once the compositor has said something."""
        return self._socket.fileno()

    def _take(self, data: bytes) -> None:
        self._held += data
        while len(self._held) >= _HEAD.size:
            target, word = _HEAD.unpack_from(self._held)
            size = max(word >> 16, _HEAD.size)
            if len(self._held) < size:
                return
            arguments, self._held = self._held[_HEAD.size : size], self._held[size:]
            handler = self._handlers.get(target)
            if handler is not None:
                handler(word & 0xFFFF, EventArguments(arguments))

    def _on_display(self, opcode: int, arguments: EventArguments) -> None:
        if opcode == _ERROR:
            arguments.number()
            arguments.number()
            raise WaylandRefused(f"the compositor refused: {arguments.text()}")

    def _on_registry(self, opcode: int, arguments: EventArguments) -> None:
        one = arguments.number()
        if opcode == _GLOBAL:
            interface = arguments.text()
            found = WaylandGlobal(one, arguments.number())
            self.globals.setdefault(interface, []).append(found)
        elif opcode == _GLOBAL_REMOVE:
            for offered in self.globals.values():
                offered[:] = [other for other in offered if other.number != one]


class DisplayOutput:
    """A display as the compositor describes it: its name, its pixels, whether it is turned."""

    def __init__(self, target: int) -> None:
        self.target, self.name, self.size, self.scale = target, "", (0, 0), 1
        self.turned = False

    def hear(self, opcode: int, arguments: EventArguments) -> None:
        if opcode == 0:  # geometry: five numbers, maker and model, the transform
            for _ in range(5):
                arguments.number()
            arguments.text(), arguments.text()
            self.turned = arguments.number() != 0
        elif opcode == 1 and arguments.number() & 1:  # mode, the current one
            self.size = (arguments.number(), arguments.number())
        elif opcode == 3:
            self.scale = arguments.number()
        elif opcode == 4:
            self.name = arguments.text()


def found_output(connection: WaylandClient, wanted: str | None) -> DisplayOutput:
    """Return an output by name, or the first; WaylandRefused if there is none."""
    found: list[DisplayOutput] = []
    for one in connection.globals.get("wl_output", []):
        output = DisplayOutput(0)
        output.target = connection.bind("wl_output", one, 4, output.hear)
        found.append(output)
    connection.roundtrip()
    for output in found:
        if wanted in (None, output.name):
            return output
    raise WaylandRefused(f"there is no output {wanted or ''} now")
