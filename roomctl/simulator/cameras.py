"""Simulated cameras, on a line or on USB, and what a person or a fault can do to them.

Knows no wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from roomctl.camera.lines import is_http, is_uvc
from roomctl.camera.profile import CameraProfile, CameraTable, known_to, under_ceiling
from roomctl.camera.sim import http_camera, usb_camera
from roomctl.errors import Refused
from roomctl.kind import Action, Argument, SimulatedDevice, doing, toggling
from roomctl.visca.sim import SimCamera, SimIp, SimLine
from roomctl.wire import Identity, Machine

SLOW_S = 0.5
LOSS = 0.2  # of the datagrams, each way
NOISE = 0.01  # of the bytes, each way
DEFAULT_CAMERA = "sony_srg300h"  # a model whose every figure is sourced
_SERIAL = ("serial:", "sim:")

# Attributes of a camera and of its line that can be set from outside, by what they hold.
_OF_CAMERA = {
    "flag": (
        "hung",
        "hangs_on_second",
        "acks_refusals",
        "cancels",
        "clear_cancels",
        "drive_holds",
    ),
    "number": (
        "dies_after_s",
        "delay_s",
        "ack_late_s",
        "boot_s",
        "replies_as",
        "names_socket",
        "lag_cycles",
    ),
    "pattern": ("lose", "twice", "unanswered"),
    "words": ("ack", "after_answer", "header", "refusal", "unknown", "version"),
}
_OF_LINE = {"flag": ("split",), "number": ("loss", "corruption", "merge_s")}
_OF_NETWORK = {
    "flag": ("completes", "counts"),
    "number": ("loss", "duplicate", "reorder", "length"),
    "words": ("number",),
}


class SimulatedLine(SimulatedDevice):
    """All cameras of one line; of several on a serial line, each takes its number in the chain."""

    kind = "camera"

    def __init__(self, url: str, tables: Mapping[str, CameraTable]) -> None:
        self.url = url
        self.names = tuple(f"camera.{name}" for name in tables)
        known = known_to(tables)
        self.cameras = {
            f"camera.{name}": SimCamera(_mounted(known, table), table.address)
            for name, table in tables.items()
        }
        chain = sorted(self.cameras.values(), key=lambda camera: camera.address)
        for camera in chain:
            numbered = [c.address for c in chain] == list(range(1, len(chain) + 1))
            camera.automatic = len(chain) > 1 and numbered
        self._chain = chain
        self._line = _line_of(url, chain)
        self._lines = [self._line]

    def machine(self) -> Machine:
        return self._line

    def second_port(self) -> Machine:
        """Return a line of its own to the same cameras, as a camera with two sockets has."""
        line = _line_of(self.url, [camera.second_port() for camera in self._chain])
        if isinstance(line, SimLine) and line.baud is not None:
            self._lines.append(line)
        return line

    def state(self, name: str, now: float) -> dict[str, object]:
        self._line.tick(now)  # another program may have moved it through its second port
        camera, line = self.cameras[name], self._line
        lossy = {"lossy": line.loss > 0} if isinstance(line, SimIp) else {}
        noisy = {"noisy": line.loss > 0} if isinstance(line, SimLine) else {}
        baud = {"baud": line.baud} if isinstance(line, SimLine) and line.baud else {}
        return {
            "model": camera.profile.name,
            "power": camera.power,
            "pan_deg": round(camera.pan_deg, 2),
            "tilt_deg": round(camera.tilt_deg, 2),
            "zoom_pct": round(camera.zoom_pct, 1),
            "focus_pct": round(camera.focus_pct, 1),
            "moving": camera.moving,
            "menu": camera.body.values["menu"] == 2,
            **camera.switches,
            "lamps": ", ".join(sorted(camera.lamps)) or None,
            "silent": camera.silent or camera.hung,
            "slow": camera.delay_s > 0,
            **baud,
            **(noisy if baud else {}),
            **lossy,
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        camera, line = self.cameras[name], self._line

        def hang() -> None:
            camera.hung = True

        def garble() -> None:
            camera.garble_next = True

        def slow() -> None:
            camera.delay_s = 0.0 if camera.delay_s else SLOW_S

        def remote(args: Mapping[str, Argument], now: float) -> None:
            line.tick(now)
            camera.remote()

        def menu() -> None:
            camera.body.values["menu"] = 5 - camera.body.values["menu"]

        def lossy() -> None:
            line.loss = 0.0 if line.loss else LOSS

        def noise() -> None:
            if isinstance(line, SimLine):
                line.loss = line.corruption = 0.0 if line.loss else NOISE

        actions = {
            "power_cycle": doing(camera.power_cycle),
            "remote": remote,
            "menu": doing(menu),
            "garble": doing(garble),
            "slow": doing(slow),
            "silent": toggling(camera, "silent"),
            "hang": doing(hang),
        }
        if isinstance(line, SimIp):
            return {**actions, "lossy": doing(lossy)}
        if line.baud is None:
            return actions
        bauds = camera.profile.bauds
        switch = {"baud": doing(partial(self._next_baud, bauds))} if len(bauds) > 1 else {}
        return {**actions, "noise": doing(noise), **switch}

    def faults(self, name: str) -> Mapping[str, Action]:
        camera, line = self.cameras[name], self._line
        of_line = _OF_NETWORK if isinstance(line, SimIp) else _OF_LINE

        def say(args: Mapping[str, Argument], now: float) -> None:
            line.tick(now)
            camera.say(str(_checked(name, "hex", args.get("value"))))

        found: dict[str, Action] = {"say": say}
        for target, kinds in ((camera, _OF_CAMERA), (line, of_line)):
            for kind, attributes in kinds.items():
                found |= {fault: _setter(name, target, fault, kind) for fault in attributes}
        return found

    def _next_baud(self, offered: tuple[int, ...]) -> None:
        """Move the switch of every camera to its next speed."""
        for line in self._lines:
            if isinstance(line, SimLine) and line.baud is not None:
                place = offered.index(line.baud) if line.baud in offered else -1
                line.baud = offered[(place + 1) % len(offered)]


def _mounted(known: Mapping[str, CameraProfile], table: CameraTable) -> CameraProfile:
    profile = known[table.profile or DEFAULT_CAMERA]
    return under_ceiling(profile) if table.hangs else profile


def baud_of(url: str) -> int | None:
    """Return the baud rate of a serial url (9600 if it names none), None for other wires."""
    if not url.startswith(_SERIAL):
        return None
    _, _, query = url.partition("?")
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == "baud" and value.isdecimal():
            return int(value)
    return 9600


def _line_of(url: str, cameras: list[SimCamera]) -> SimLine | SimIp:
    return SimIp(cameras[0]) if url.startswith("visca-ip:") else SimLine(cameras, baud_of(url))


def _setter(device: str, target: object, fault: str, kind: str) -> Action:
    def act(args: Mapping[str, Argument], now: float) -> None:
        setattr(target, fault, _checked(device, kind, args.get("value")))

    return act


def _checked(device: str, kind: str, value: Argument | None) -> Argument | None:
    """Return a fault's value; Refused says what it must be."""
    text = value if isinstance(value, str) else ""
    fits = {
        "flag": isinstance(value, bool),
        "number": value is None or (isinstance(value, int | float) and value >= 0),
        "pattern": isinstance(value, str) and len(value) < 100 and _is_pattern(text),
        "words": value is None or re.fullmatch("([0-9a-f]{2})*|normal|none", text) is not None,
        "hex": re.fullmatch("([0-9a-f]{2}){1,14}", text) is not None,
    }[kind]
    if not fits:
        raise Refused(device, "invalid", f"{value!r} is not a {kind} for that fault")
    return value


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


class SimulatedUvc(SimulatedDevice):
    """One USB camera."""

    kind = "camera"

    def __init__(self, name: str, url: str) -> None:
        self.url = url
        self.names: tuple[str, ...] = (f"camera.{name}",)
        self.camera = usb_camera()

    def machine(self) -> Machine:
        return self.camera

    def identity(self) -> Identity:
        return Identity(url=self.url, path="simulated", product="Simulated USB camera")

    def state(self, name: str, now: float) -> dict[str, object]:
        self.camera.tick(now)
        return {
            "model": "Simulated USB camera",
            "pan_deg": round(self.camera.pan_deg, 2),
            "tilt_deg": round(self.camera.tilt_deg, 2),
            "zoom_pct": round(self.camera.zoom_pct, 1),
            "moving": self.camera.moving,
            "stalled": self.camera.stalled,
        }

    def actions(self, name: str) -> Mapping[str, Action]:
        return {"stall": toggling(self.camera, "stalled")}

    def refusal(self, data: bytes) -> str | None:
        return self.camera.refusal(data)

    def unplugged(self) -> None:
        """Lose power over USB."""
        self.camera.lose_power()


class SimulatedHttp(SimulatedDevice):
    """One camera that is asked over HTTP: Panasonic's, or one that speaks ONVIF."""

    kind = "camera"

    def __init__(self, name: str, url: str) -> None:
        self.url = url
        self.names: tuple[str, ...] = (f"camera.{name}",)
        self.camera = http_camera(url.partition(":")[0])

    def machine(self) -> Machine:
        return self.camera

    def second_port(self) -> Machine:
        """Return the same camera, for another program."""
        return self.camera.second_port()

    def state(self, name: str, now: float) -> dict[str, object]:
        self.camera.tick(now)
        troubles = {"silent": self.camera.silent, "slow": self.camera.delay_s > 0}
        return self.camera.shown() | troubles

    def actions(self, name: str) -> Mapping[str, Action]:
        camera = self.camera

        def slow() -> None:
            camera.delay_s = 0.0 if camera.delay_s else SLOW_S

        def power_cycle(args: Mapping[str, Argument], now: float) -> None:
            camera.tick(now)
            camera.lose_power()

        silent = toggling(camera, "silent")
        return {"power_cycle": power_cycle, "slow": doing(slow), "silent": silent}

    def faults(self, name: str) -> Mapping[str, Action]:
        return {
            fault: _setter(name, self.camera, fault, kind)
            for fault, kind in self.camera.faults.items()
        }


def simulated_cameras(tables: Mapping[str, CameraTable]) -> list[SimulatedDevice]:
    """Return a simulated device for every url: cameras of one line are one."""
    lines: dict[str, dict[str, CameraTable]] = {}
    alone: list[SimulatedDevice] = []
    for name, table in tables.items():
        if is_uvc(table.url):
            alone.append(SimulatedUvc(name, table.url))
        elif is_http(table.url):
            alone.append(SimulatedHttp(name, table.url))
        else:
            lines.setdefault(table.url, {})[name] = table
    return [*alone, *(SimulatedLine(url, group) for url, group in lines.items())]
