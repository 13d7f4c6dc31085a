"""What the simulator page may ask. The simulator itself is handed in from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

Argument = bool | int | float | str


class SimulatedDevices(Protocol):
    """The simulated devices of a room, as their page sees and moves them."""

    def describe(self) -> list[dict[str, object]]:
        """Return each simulated device: name, kind, plugged, state and actions."""
        ...

    async def act(self, device: str, action: str, args: Mapping[str, Argument]) -> None:
        """Do something to a simulated device; Refused names what is unknown."""
        ...
