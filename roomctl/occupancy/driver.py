"""Occupancy sensors: levels from a port, believed once the sensor is warm, handed to the room.

Knows no pin and no presence. A level comes at every edge and again every second; when it stops
coming for 3 s the sensor is offline although its port is open. A radar on a serial line comes with
frames instead (`ld2410`).
"""

from __future__ import annotations

import difflib
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from roomctl.clock import Clock
from roomctl.config import data_path
from roomctl.device import Device
from roomctl.errors import ConfigError, PortError
from roomctl.kind import Context, Kind
from roomctl.occupancy import ld2410
from roomctl.occupancy.health import STALE_S
from roomctl.occupancy.profile import DATASET, OccupancyProfile, OccupancyTable
from roomctl.ports import address, gpio
from roomctl.profile import ProfileFolder
from roomctl.wire import Chunk, Connect, Identity, Machine

_log = logging.getLogger(__name__)

TELL_EVERY_S = 1.0

TellLevel = Callable[[str, bool, float], None]
"""`tell(sensor, present, at)`: called for every level, new or told again."""

_DEFAULT = "generic"
LOST_TRANSITIONS, LOST_WITHIN_S = 10, 3600.0  # more: the wire, or the box, loses too much


@dataclass(frozen=True, slots=True)
class SensorLevel:
    """What a sensor shows, new or told again: whether somebody is there, by that sensor alone."""

    sensor: str
    present: bool
    at: float


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
        level: TellLevel,
        output_hold_s: float | None = None,
    ) -> None:
        """`output_hold_s`: how long its output stays by itself, if not as its profile says."""
        super().__init__(name, url, connect, clock, changed)
        self.profile = profile
        self.output_hold_s = profile.output_hold_s if output_hold_s is None else output_hold_s
        self.level: bool | None = None
        self.lost_transitions = 0
        self._lost_at: deque[float] = deque(maxlen=LOST_TRANSITIONS)
        self._tell = level

    def machine(self, identity: Identity) -> Machine:
        now = self.clock.mono_s()
        return _Frames(self, now) if self.profile.speaks == "ld2410" else _Levels(self, now)

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

    def lost_edge(self, at: float) -> None:
        """Note that the level has changed without an edge: it was read again, which healed that."""
        self.lost_transitions += 1
        self._lost_at.append(at)
        _log.debug("%s: an edge was lost, the %d. one", self.name, self.lost_transitions)

    def losing_since(self, now: float) -> float | None:
        """Return when the first of ten edges was lost, if that is less than an hour ago."""
        full = len(self._lost_at) == LOST_TRANSITIONS
        return self._lost_at[0] if full and self._lost_at[0] > now - LOST_WITHIN_S else None

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


class _Watched:
    """Watches that something keeps coming; what it means is for a subclass."""

    def __init__(self, sensor: Sensor, now: float) -> None:
        self._sensor = sensor
        self._silent_at: float | None = now + STALE_S

    def _came(self, at: float) -> None:
        self._silent_at = at + STALE_S

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


class _Levels(_Watched):
    """Decodes b"0" and b"1"; b"!" before one: its edge was lost."""

    def receive(self, chunk: Chunk) -> None:
        for byte in chunk.data:
            if byte in b"01":
                self._came(chunk.at)
                self._sensor.heard(byte == ord("1"), chunk.at)
            elif byte == ord("!"):
                self._sensor.lost_edge(chunk.at)


class _Frames(_Watched):
    """Decodes a radar's frames; what it sees is told at every change and every second."""

    def __init__(self, sensor: Sensor, now: float) -> None:
        super().__init__(sensor, now)
        self._reader, self._presence = ld2410.RadarReader(), ld2410.RadarPresence()
        self._tell_at = 0.0

    def receive(self, chunk: Chunk) -> None:
        for target in self._reader.feed(chunk.data):
            self._came(chunk.at)
            before = self._presence.present
            if self._presence.see(target) != before or chunk.at >= self._tell_at:
                self._tell_at = chunk.at + TELL_EVERY_S
                self._sensor.heard(self._presence.present, chunk.at)


@cache
def profiles() -> Mapping[str, OccupancyProfile]:
    """Return every occupancy profile that ships, by file stem; each is read once."""
    return ProfileFolder(data_path("firmware_profiles") / "occupancy", OccupancyProfile, DATASET)


def sensors(
    tables: Mapping[str, OccupancyTable],
    connect: Connect,
    clock: Clock,
    changed: Callable[[], None],
    level: TellLevel,
) -> list[Sensor]:
    """Make one Sensor per [occupancy.NAME]; ConfigError if a profile or a hold cannot be meant."""
    known = profiles()
    made: list[Sensor] = []
    for name, table in tables.items():
        profile = _profile(known, name, table)
        _refuse_url(name, table.url, profile, {one.name: one.url for one in made})
        url = _with_baud(table.url, profile)
        made.append(Sensor(name, url, profile, connect, clock, changed, level, table.output_hold_s))
    return made


def _refuse_url(name: str, url: str, profile: OccupancyProfile, others: Mapping[str, str]) -> None:
    """Refuse a pin that is not there or that another sensor has, and a port of the wrong kind."""
    key = f"occupancy.{name}.url"
    scheme = url.partition(":")[0]
    if profile.speaks == "ld2410" and scheme not in ("serial", "tcp", "sim"):
        why = f"a {profile.name} speaks on a serial line, such as serial:/dev/ttyAMA0, not {url}"
        raise ConfigError("room.toml", key, f"{why}; for its OUT pin take profile 'ld2410_out'")
    if profile.speaks == "level" and scheme == "serial":
        why = f"a {profile.name} has a pin, such as gpio:17, and no line such as {url}"
        raise ConfigError("room.toml", key, why)
    try:
        place = _place(url)
    except PortError as error:
        raise ConfigError("room.toml", key, str(error)) from error
    taken = {_place(where): other for other, where in others.items()}
    if place in taken:
        raise ConfigError("room.toml", key, f"{url} is where occupancy.{taken[place]} already is")


def _place(url: str) -> str:
    if url.startswith("gpio:"):
        return gpio.line_of(url)
    where = address.parse(url)
    return f"{where.scheme}:{where.place}"


def _with_baud(url: str, profile: OccupancyProfile) -> str:
    if profile.speaks != "ld2410" or not url.startswith("serial:") or "baud=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}baud={ld2410.BAUD}"


def _profile(
    known: Mapping[str, OccupancyProfile], name: str, table: OccupancyTable
) -> OccupancyProfile:
    stem = table.profile or _DEFAULT
    if stem not in known:
        near = difflib.get_close_matches(stem, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
        raise ConfigError("room.toml", f"occupancy.{name}.profile", f"no {stem!r}; {hint}")
    profile = known[stem]
    if table.vacancy_delay_s <= profile.block_s:
        why = (
            f"{table.vacancy_delay_s:g} s is not longer than the {profile.block_s:g} s in which a "
            f"{profile.name} sees nothing after its output fell"
        )
        raise ConfigError("room.toml", f"occupancy.{name}.vacancy_delay_s", why)
    return profile


def _build(tables: Mapping[str, OccupancyTable], context: Context) -> list[Sensor]:
    def level(sensor: str, present: bool, at: float) -> None:
        context.tell(SensorLevel(sensor, present, at))

    return sensors(tables, context.connect, context.clock, context.changed, level)


KIND = Kind("occupancy", OccupancyTable, _build, OccupancyProfile)
