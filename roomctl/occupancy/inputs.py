"""Everything that presence is told, as values: kept, it can be told again, with the same outcome.

Knows no clock, no store and no sensor. Ports tell a level every second; kept are its changes alone
(`Record`), and when it stopped coming. Told again (`replay`) to a presence of the same room, with
`stale_s` infinite, they give the same states, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from roomctl.occupancy.presence import Presence, PresenceState
from roomctl.occupancy.sense import STALE_S

Kind = Literal["start", "level", "healthy", "call", "touch", "tick"]


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that the room was told at `at_s`, monotonic; `sensor` for a level or its health.

    "start": a fresh presence, that knows nothing yet.
    """

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
        case "start" | "tick":
            presence.tick(told.at_s)


def replay(presence: Presence, inputs: Iterable[Input]) -> Iterator[PresenceState]:
    """Tell a fresh presence everything once more, and yield the state after each."""
    for told in inputs:
        tell(presence, told)
        yield presence.state


def runs(inputs: Iterable[Input]) -> list[list[Input]]:
    """Divide inputs at each "start"; what comes before the first one is left out."""
    found: list[list[Input]] = []
    for told in inputs:
        if told.kind == "start":
            found.append([])
        if found:
            found[-1].append(told)
    return found


class Record:
    """What has to be kept of everything that one presence is told."""

    def __init__(self, stale_s: float = STALE_S) -> None:
        """`stale_s` is that of the presence."""
        self._stale_s = stale_s
        self._now = 0.0
        self._in_call = False
        self._levels: dict[str, tuple[Input, Input]] = {}  # as kept, and as last told

    def of(self, told: Input) -> Sequence[Input]:
        """Return what to keep of something told, at the instant at which it counted."""
        self._now = max(self._now, told.at_s)
        told = replace(told, at_s=self._now)
        return [*self._gone(), *self._of(told)]

    def _of(self, told: Input) -> Iterator[Input]:
        match told.kind:
            case "start" | "touch":
                yield told
            case "call" if told.on is not self._in_call:
                self._in_call = told.on
                yield told
            case "level":
                kept = self._levels.get(told.sensor)
                if kept is None or kept[0].on is not told.on:
                    self._levels[told.sensor] = (told, told)
                    yield told
                else:
                    self._levels[told.sensor] = (kept[0], told)
            case "healthy" if not told.on:
                yield from self._end(told.sensor, told.at_s)

    def _gone(self) -> Iterator[Input]:
        """Yield the end of each level that has not been told for too long."""
        for sensor, (_, last) in [*self._levels.items()]:
            if self._now >= last.at_s + self._stale_s:
                yield from self._end(sensor, last.at_s + self._stale_s)

    def _end(self, sensor: str, at_s: float) -> Iterator[Input]:
        """Yield when a level was told last, and when it was given up."""
        if sensor in self._levels:
            first, last = self._levels.pop(sensor)
            if last.at_s > first.at_s:
                yield last
            yield Input(at_s, "healthy", sensor, False)
