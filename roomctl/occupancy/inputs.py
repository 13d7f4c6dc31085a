"""Everything that presence is told, as values: kept, it can be told again, with the same outcome.

Knows no clock, no store and no sensor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from roomctl.occupancy.presence import Presence, PresenceState

Kind = Literal["level", "healthy", "call", "touch", "tick"]


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that the room was told at `at_s`, monotonic; `sensor` for a level or its health."""

    at_s: float
    kind: Kind
    sensor: str = ""
    on: bool = True


def tell(presence: Presence, told: Input) -> None:
    """Tell a presence one thing; KeyError for a sensor that it does not know."""
    match told.kind:
        case "level":
            presence.level(told.sensor, told.on, told.at_s)
        case "healthy":
            presence.healthy(told.sensor, told.on, told.at_s)
        case "call":
            presence.call_live(told.on, told.at_s)
        case "touch":
            presence.touched(told.at_s)
        case "tick":
            presence.tick(told.at_s)


def replay(presence: Presence, inputs: Iterable[Input]) -> Iterator[PresenceState]:
    """Tell a fresh presence everything once more, and yield the state after each."""
    for told in inputs:
        tell(presence, told)
        yield presence.state
