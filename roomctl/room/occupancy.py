"""Who is in the room: the sensors' levels, the call and touches, handed to presence.

Mediates between the occupancy wing and the room; what is wrong with a sensor becomes an issue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from roomctl.clock import Moment
from roomctl.device import Status
from roomctl.kind import Context, IssueEntry, Part
from roomctl.occupancy import Presence, PresenceState, Sensor
from roomctl.occupancy.driver import SensorLevel
from roomctl.occupancy.presence import BLIND, PresenceInput, PresenceRecorder, tell
from roomctl.occupancy.profile import OccupancyTable
from roomctl.room.document import OccupancyEntry, ReasonEntry
from roomctl.room.use import Use


class OccupancyService(Part):
    """Presence, and what it is told."""

    def __init__(
        self,
        tables: Mapping[str, OccupancyTable],
        sensors: Sequence[Sensor],
        use: Use,
        call_live: Callable[[], bool],
        context: Context,
    ) -> None:
        self._sensors, self._use, self._clock = sensors, use, context.clock
        self._call_live, self._told_call = call_live, False
        profiles = {sensor.name: sensor.profile for sensor in sensors}
        self._presence = Presence(
            {name: table.vacancy_delay_s for name, table in tables.items()},
            {name: profile.kind for name, profile in profiles.items()},
            {name: profile.likelihood for name, profile in profiles.items() if profile.likelihood},
            output_hold_s={sensor.name: sensor.output_hold_s for sensor in sensors},
        )
        self._record = PresenceRecorder()
        self._tell(PresenceInput(self._clock.mono_s(), "start"))

    @property
    def state(self) -> PresenceState:
        """What presence says at the latest instant that was told."""
        return self._presence.state

    @property
    def can_tell_empty(self) -> bool:
        """Whether the room has a sensor whose silence means that nobody is there."""
        return any(sensor.profile.kind not in BLIND for sensor in self._sensors)

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
        )

    @property
    def reasons(self) -> tuple[ReasonEntry, ...]:
        """Why the room is believed to be as it is."""
        return tuple(ReasonEntry(reason.code, dict(reason.params)) for reason in self.state.reasons)

    async def run(self) -> None:
        await self._use.run()

    def issues(self, now: Moment) -> Iterator[IssueEntry]:
        """Yield each sensor that is not believed although it answers, or that loses edges."""
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
