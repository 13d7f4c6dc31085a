"""What the far-side page may ask of a simulator. The simulator itself is handed in from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

Argument = bool | int | float | str


class FarSide(Protocol):
    """The hardware's side of a simulated room."""

    def describe(self) -> list[dict[str, object]]:
        """Return each far end: name, kind, plugged, state and actions."""
        ...

    async def act(self, device: str, action: str, args: Mapping[str, Argument]) -> None:
        """Do something to a far end; Refused names what is unknown."""
        ...
