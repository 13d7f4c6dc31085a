"""Occupancy sensors: levels from a port, believed once the sensor is warm, handed to the room.

Knows no pin and no presence. A level comes at every edge and again every second; when it stops
coming for 3 s the sensor is offline although its port is open.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping

from roomctl.clock import Clock
from roomctl.config import OccupancyTable, data_path
from roomctl.device import Device
from roomctl.errors import ConfigError
from roomctl.occupancy.profile import LABORATORY, OccupancyProfile
from roomctl.occupancy.sense import STALE_S
from roomctl.profile import load_all
from roomctl.wire import Chunk, Connect, Identity, Machine

Level = Callable[[str, bool, float], None]
"""`level(sensor, present, at)`: called for every level, new or told again."""

_DEFAULT = "generic"


class Sensor(Device):
    """One occupancy sensor; `level` is what it shows now, None while that is not known."""

    kind = "occupancy"

    def __init__(
        self,
        name: str,
        url: str,
        profile: OccupancyProfile,
        connect: Connect,
        clock: Clock,
        changed: Callable[[], None],
        level: Level,
    ) -> None:
        super().__init__(name, url, connect, clock, changed)
        self.profile = profile
        self.level: bool | None = None
        self._tell = level

    def machine(self, identity: Identity) -> Machine:
        return _Levels(self, self.clock.mono_s())

    def lost(self) -> None:
        self.level = None

    def heard(self, output: bool, at: float) -> None:
        """Take the sensor's output level (True = high) at `at`."""
        present = output == (self.profile.polarity == "high")
        self.proven()
        if self._warming(at):
            return
        if present != self.level:
            self.level = present
            self.changed()
        self._tell(self.name, present, at)

    def silent(self, now: float) -> None:
        """Note that the level has not come for 3 s."""
        self.level = None
        why = f"{self.name}: no level within {STALE_S:g} s on {self.url}; is it still wired?"
        self.unproven("no_reply", why)

    def _warming(self, at: float) -> bool:
        """Whether the sensor may still be making things up.

        Linux counts monotonic time from boot, and a sensor gets its power with the box: a daemon
        that is restarted later does not wait again.
        """
        return at < self.profile.warm_up_s


class _Levels:
    """Decodes b"0" and b"1" and watches that they keep coming."""

    def __init__(self, sensor: Sensor, now: float) -> None:
        self._sensor = sensor
        self._silent_at: float | None = now + STALE_S

    def receive(self, chunk: Chunk) -> None:
        for byte in chunk.data:
            if byte in b"01":
                self._silent_at = chunk.at + STALE_S
                self._sensor.heard(byte == ord("1"), chunk.at)

    def tick(self, now: float) -> None:
        if self._silent_at is not None and now >= self._silent_at:
            self._silent_at = None
            self._sensor.silent(now)

    def due(self) -> float | None:
        return self._silent_at

    def outbox(self, now: float) -> bytes | None:
        return None

    def sent(self, now: float) -> None:
        pass

    def failed(self, now: float, why: str) -> None:
        pass


def profiles() -> dict[str, OccupancyProfile]:
    """Read every occupancy profile that ships, by file stem."""
    return load_all(data_path("firmware_profiles") / "occupancy", OccupancyProfile, LABORATORY)


def sensors(
    tables: Mapping[str, OccupancyTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
    level: Level,
) -> list[Sensor]:
    """Make one Sensor per [occupancy.NAME]; ConfigError if a profile or a hold cannot be meant."""
    known = profiles()
    made = []
    for name, table in tables.items():
        profile = _profile(known, name, table)
        made.append(Sensor(name, table.url, profile, connect, clock, changed, level))
    return made


def _profile(
    known: Mapping[str, OccupancyProfile], name: str, table: OccupancyTable
) -> OccupancyProfile:
    stem = table.profile or _DEFAULT
    if stem not in known:
        near = difflib.get_close_matches(stem, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
        raise ConfigError("room.toml", f"occupancy.{name}.profile", f"no {stem!r}; {hint}")
    profile = known[stem]
    if table.hold_s <= profile.block_s:
        why = (
            f"{table.hold_s:g} s is not longer than the {profile.block_s:g} s in which a "
            f"{profile.name} sees nothing after its output fell"
        )
        raise ConfigError("room.toml", f"occupancy.{name}.hold_s", why)
    return profile
