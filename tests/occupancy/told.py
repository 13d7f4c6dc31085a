"""Rooms for tests of presence: sensors that tell their levels as ports do, or at edges alone."""

from __future__ import annotations

from roomctl.occupancy import Presence, PresenceState

HOLD_S = 600.0


class Told:
    """A room whose sensors tell their levels every second, as ports do."""

    def __init__(self, *sensors: str, kinds: dict[str, str] | None = None) -> None:
        self.presence = Presence(dict.fromkeys(sensors, HOLD_S), kinds)
        self.levels: dict[str, bool] = dict.fromkeys(sensors, False)
        self.now = 100.0
        self.run(1.0)

    @property
    def state(self) -> PresenceState:
        return self.presence.state

    @property
    def word(self) -> str:
        return self.presence.state.state

    def set(self, sensor: str, level: bool) -> None:
        self.levels[sensor] = level
        self.presence.level(sensor, level, self.now)

    def gone(self, sensor: str) -> None:
        del self.levels[sensor]

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            for sensor, level in self.levels.items():
                self.presence.level(sensor, level, self.now)
            self.now = min(end, self.now + 1.0)
        self.presence.tick(self.now)


def quick(**kinds: str) -> Presence:
    """A room whose sensors tell their levels at edges alone."""
    presence = Presence(dict.fromkeys(kinds, HOLD_S), kinds, stale_s=float("inf"))
    for name in kinds:
        presence.level(name, False, 0.0)
    return presence
