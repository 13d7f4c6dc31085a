"""A simulated gamepad: its sticks are held and let go, its buttons pressed, as a hand would.

Knows no wire and no clock.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import partial

from roomctl.controller.profile import ControllerTable
from roomctl.kind import Action, SimulatedDevice, doing
from roomctl.wire import Identity, IdleMachine, Machine

_FRAME = struct.Struct("<HHi")
_STICKS = {"pan": 0, "tilt": 1, "zoom": 4}  # X, Y and RY: up is negative
_KEYS = {
    "press_1": 0x130,
    "press_2": 0x131,
    "press_3": 0x133,
    "press_4": 0x134,
    "home": 0x13B,
    "previous_camera": 0x136,
    "next_camera": 0x137,
}
_PUSHES = {
    "push_left": ("pan", -1.0),
    "push_right": ("pan", 1.0),
    "push_up": ("tilt", -1.0),
    "push_down": ("tilt", 1.0),
    "push_in": ("zoom", -1.0),
    "push_out": ("zoom", 1.0),
}


class SimController(IdleMachine):
    """A gamepad with two sticks and seven buttons."""

    def __init__(self) -> None:
        self.sticks = dict.fromkeys(_STICKS, 0.0)
        self._says: list[bytes] = []

    def plugged(self) -> None:
        """Say where everything stands, as after every open."""
        self._says = [_FRAME.pack(0, 3, 0) + b"".join(map(self._stick, self.sticks))]

    def push(self, stick: str, part: float) -> None:
        """Hold a stick: -1 to 1, up and left are negative."""
        self.sticks[stick] = part
        self._says.append(self._stick(stick))

    def let_go(self) -> None:
        for stick in self.sticks:
            self.push(stick, 0.0)

    def press(self, key: int) -> None:
        self._says += [_FRAME.pack(1, key, 1), _FRAME.pack(1, key, 0)]

    def _stick(self, stick: str) -> bytes:
        return _FRAME.pack(3, _STICKS[stick], round(self.sticks[stick] * 32767))

    def outbox(self, now: float) -> bytes | None:
        return self._says.pop(0) if self._says else None


class SimulatedController(SimulatedDevice):
    """One gamepad, and the hand that holds it."""

    kind = "controller"

    def __init__(self, name: str, table: ControllerTable) -> None:
        self.url = table.url
        self.names: tuple[str, ...] = (f"controller.{name}",)
        self.pad = SimController()

    def machine(self) -> Machine:
        self.pad.plugged()
        return self.pad

    def identity(self) -> Identity:
        return Identity(url=self.url, path="simulated", product="Simulated gamepad")

    def state(self, name: str, now: float) -> dict[str, object]:
        return {**self.pad.sticks}

    def actions(self, name: str) -> Mapping[str, Action]:
        pad = self.pad
        pushes = {action: doing(partial(pad.push, *push)) for action, push in _PUSHES.items()}
        presses = {key: doing(partial(pad.press, code)) for key, code in _KEYS.items()}
        return {**pushes, "let_go": doing(pad.let_go), **presses}

    def refusal(self, data: bytes) -> str | None:
        return "a controller is only read"


def simulated_controllers(tables: Mapping[str, ControllerTable]) -> list[SimulatedDevice]:
    """Return one for each table."""
    return [SimulatedController(name, table) for name, table in tables.items()]
