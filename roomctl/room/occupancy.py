"""Who is in the room: the sensors' levels, the call and touches, handed to presence.

Mediates between the occupancy wing and the room; what is wrong with a sensor becomes an issue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from roomctl.clock import Moment
from roomctl.command import Param
from roomctl.config import Config
from roomctl.device import Status
from roomctl.errors import Refused
from roomctl.kind import Context, IssueEntry, Part, RoomDevices
from roomctl.occupancy import Presence, PresenceState, Sensor
from roomctl.occupancy.driver import SensorLevel
from roomctl.occupancy.presence import BLIND, PresenceInput, PresenceRecorder, tell
from roomctl.occupancy.profile import OccupancyTable
from roomctl.occupancy.report import SensorReport
from roomctl.room.document import OccupancyEntry, ReasonEntry
from roomctl.room.use import UsageHistory


class OccupancyService(Part):
    """Presence, and what it is told."""

    def __init__(
        self,
        config: Config,
        devices: RoomDevices,
        use: UsageHistory,
        call_live: Callable[[], bool],
        context: Context,
    ) -> None:
        self._crowded_since: datetime | None = None
        self._use, self._clock, self._call_live = use, context.clock, call_live
        self._capacity = config.room.capacity
        self._begin(config.every(OccupancyTable), devices.all(Sensor))

    def _begin(self, tables: Mapping[str, OccupancyTable], sensors: Sequence[Sensor]) -> None:
        """Begin with these sensors: nothing is known of the room."""
        self._tables, self._sensors, self._told_call = tables, tuple(sensors), False
        profiles = {sensor.name: sensor.profile for sensor in sensors}
        self._presence = Presence(
            {name: table.vacancy_delay_s for name, table in tables.items()},
            {name: profile.kind for name, profile in profiles.items()},
            {name: profile.likelihood for name, profile in profiles.items() if profile.likelihood},
            output_hold_s={sensor.name: sensor.output_hold_s for sensor in sensors},
        )
        self._record = PresenceRecorder()
        self._tell(PresenceInput(self._clock.mono_s(), "start"))

    def configure(self, config: Config, devices: RoomDevices) -> bool:
        """Take another room.toml; with other sensors presence begins again."""
        tables, sensors = config.every(OccupancyTable), devices.all(Sensor)
        self._capacity = config.room.capacity
        if self._sensors != tuple(sensors) or self._tables != tables:
            self._begin(tables, sensors)
        return self._use.configure(config.history)

    @property
    def state(self) -> PresenceState:
        """What presence says at the latest instant that was told."""
        return self._presence.state

    @property
    def can_tell_empty(self) -> bool:
        """Whether the room has a sensor whose silence means that nobody is there."""
        return any(sensor.profile.kind not in BLIND for sensor in self._sensors)

    @property
    def agreeing(self) -> tuple[str, ...]:
        """The sensors that work, and whose silence means that nobody is there."""
        doubted = {fault.sensor for fault in self.state.faults}
        return tuple(
            one.name
            for one in self._sensors
            if one.profile.kind not in BLIND
            and one.health.status is Status.ONLINE
            and one.name not in doubted
        )

    def report(self, sensor: str, report: SensorReport) -> None:
        """Take what somebody reports of a sensor; Refused "unknown_sensor", or why it cannot be."""
        found = next((one for one in self._sensors if one.name == sensor), None)
        if found is None:
            why = f"no sensor {sensor!r}; [occupancy.{sensor}] in room.toml makes one"
            raise Refused("room", "unknown_sensor", why)
        found.report(report)

    @property
    def people(self) -> int | None:
        """How many people are counted now, by the sensor that counts most; None: none counts."""
        return max((one.people for one in self._sensors if one.people is not None), default=None)

    def _level(self, sensor: str, level: bool, at: float) -> None:
        """Take a level of a sensor, new or told again; not of one that chatters."""
        if not self._presence.deaf(sensor, at):
            self._tell(PresenceInput(at, "level", sensor, level))

    def touched(self, at: float) -> None:
        """Note that somebody used the panel or a device by hand."""
        self._tell(PresenceInput(at, "touch"))

    def told(self, event: object) -> None:
        if isinstance(event, SensorLevel):
            self._level(event.sensor, event.present, event.at)

    def follow(self) -> None:
        now, call_live = self._clock.mono_s(), self._call_live()
        if call_live is not self._told_call:
            self._told_call = call_live
            self._tell(PresenceInput(now, "call", on=call_live))
        for sensor in self._sensors:
            if sensor.health.status is not Status.ONLINE:
                self._tell(PresenceInput(now, "healthy", sensor.name, on=False))
        self._tell(PresenceInput(now, "tick"))
        self._use.glance(self.state.state, call_live)
        crowded = self._capacity is not None and (self.people or 0) > self._capacity
        wall = self._clock.now().wall.replace(microsecond=0)
        self._crowded_since = (self._crowded_since or wall) if crowded else None

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {"occupancy": self._entry(now)}

    def _entry(self, now: Moment) -> OccupancyEntry:
        """Return occupancy with wall-clock time for its monotonic instants."""
        state = self.state
        return OccupancyEntry(
            state=state.state,
            probability=state.probability,
            reasons=self.reasons,
            since=_wall(state.since, now),
            healthy=state.healthy,
            configured=state.configured,
            door=None if state.door_open is None else "open" if state.door_open else "closed",
            people=self.people,
            co2_ppm=max((s.co2_ppm for s in self._sensors if s.co2_ppm is not None), default=None),
        )

    @property
    def reasons(self) -> tuple[ReasonEntry, ...]:
        """Why the room is believed to be as it is."""
        return tuple(ReasonEntry(reason.code, dict(reason.params)) for reason in self.state.reasons)

    async def run(self) -> None:
        await self._use.run()

    def issues(self, now: Moment) -> Iterator[IssueEntry]:
        """Yield each sensor that is not believed, or loses edges, and a room that is too full."""
        if self._crowded_since is not None:
            found: dict[str, Param] = {"people": self.people or 0, "capacity": self._capacity or 0}
            yield IssueEntry("room.crowded", "room", found, self._crowded_since)
        for fault in self.state.faults:
            since = _wall(fault.since, now)
            subject = f"occupancy.{fault.sensor}"
            yield IssueEntry(f"occupancy.{fault.code}", subject, {}, since)
        for sensor in self._sensors:
            if (first := sensor.losing_since(now.mono_s)) is not None:
                count, subject = sensor.lost_transitions, f"occupancy.{sensor.name}"
                yield IssueEntry(
                    "occupancy.lost_transitions", subject, {"count": count}, _wall(first, now)
                )

    def _tell(self, told: PresenceInput) -> None:
        tell(self._presence, told)
        for kept in self._record.of(told):
            self._use.told(kept)


def _wall(at: float, now: Moment) -> datetime:
    since = now.wall - timedelta(seconds=max(0.0, now.mono_s - at))
    return since.replace(microsecond=0)
