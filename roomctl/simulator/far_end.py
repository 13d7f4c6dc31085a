"""What a far end is: the simulated device at the other end of one url.

Knows no kind of device and no wire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from roomctl.wire import Identity, Machine

Argument = bool | int | float | str
Action = Callable[[Mapping[str, Argument], float], None]


class FarEnd(Protocol):
    """What is at the other end of one url; `names` are its devices, such as camera.front."""

    url: str
    names: tuple[str, ...]
    kind: str

    def machine(self) -> Machine: ...
    def identity(self) -> Identity: ...
    def state(self, name: str, now: float) -> dict[str, object]: ...
    def actions(self, name: str) -> Mapping[str, Action]: ...
    def faults(self, name: str) -> Mapping[str, Action]:
        """Return what else can be done to it, by attribute; each takes `value`."""
        ...

    def refusal(self, data: bytes) -> str | None:
        """Why a write does not reach the device, or None."""
        ...

    def unplugged(self) -> None:
        """Lose the wire, and what the device forgets with it."""
        ...
