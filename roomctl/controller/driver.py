"""Gamepads and joysticks at the box, as devices: [controller.NAME] of room.toml.

What they mean stands in `steering`; which camera they move, and whether they may, is the room's
business. One that is switched off is missing, and nothing is wrong with the room.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Mapping
from typing import ClassVar

from roomctl.clock import Clock
from roomctl.controller.profile import ControllerTable
from roomctl.controller.steering import Steering
from roomctl.device import Device, Nameplate
from roomctl.kind import Context, Kind
from roomctl.wire import Connect, Identity, Machine


class Controller(Device):
    """One gamepad or joystick; `product`: what it calls itself, while it is there."""

    kind: ClassVar[str] = "controller"

    def __init__(
        self,
        name: str,
        table: ControllerTable,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
        tell: Callable[[object], None],
    ) -> None:
        super().__init__(name, table.url, connect, clock, changed)
        self._table, self._tell = table, tell
        self._run, self._count = secrets.token_hex(8), itertools.count()  # no id is good twice
        self._steering: Steering | None = None
        self.product: str | None = None

    @property
    def nameplates(self) -> Mapping[str, Nameplate]:
        return {f"controller.{self.name}": Nameplate(self.product)}

    def machine(self, identity: Identity) -> Machine:
        self.product = identity.product
        self._steering = Steering(
            self.name,
            self._tell,
            lambda: f"{self._run}-{next(self._count)}",
            self.proven,
            dead_zone=self._table.dead_zone,
            invert_tilt=self._table.invert_tilt,
            invert_zoom=self._table.invert_zoom,
        )
        return self._steering

    def lost(self) -> None:
        self.product = None
        if self._steering is not None:
            self._steering.release()
            self._steering = None


def _build(tables: Mapping[str, ControllerTable], context: Context) -> list[Controller]:
    connect, clock, changed, tell = context.connect, context.clock, context.changed, context.tell
    return [
        Controller(name, table, connect, clock, changed, tell) for name, table in tables.items()
    ]


KIND = Kind("controller", ControllerTable, _build, optional=True)
