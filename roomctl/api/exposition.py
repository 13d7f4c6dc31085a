"""A room in Prometheus' words: each metric, what it means, and which labels it may have.

Every label's value is from a closed set or from room.toml, so that the number of series has a
bound whatever anybody sends: conditions, states, severities, classes of status; devices by their
names in room.toml; codes, platforms, commands and routes as roomctl itself has them. No label has a
person, a meeting, an address or a path that was asked for. Which room it is stands in one series,
`roomctl_room_info`, and not at each: its name may change.

Of a state each possible value is a series: 1 for the one that holds, 0 for the others. Imported by
`api.metrics` when somebody first asks, for its library's sake.
"""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TypeVar, get_args, get_type_hints

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from roomctl.api.traffic import Traffic
from roomctl.meeting.first_try import MODES, WHYS
from roomctl.room import Room
from roomctl.room.conditions import CalendarState
from roomctl.room.document import (
    AudioEntry,
    AvailabilityEntry,
    DeviceEntry,
    MeetingEntry,
    OccupancyEntry,
)
from roomctl.room.issues import rated
from roomctl.room.liveness import LivenessReport
from roomctl.room.tally import Histogram
from roomctl.version import BuildInfo, build_info

_IS = {True: "true", False: "false", None: "unknown"}


class Exposition(Collector):
    """The metrics of one room, in a registry of its own."""

    def __init__(self, room: Room, traffic: Traffic, began_s: float) -> None:
        """Blocking: which build it is may have to be found out."""
        self._room, self._traffic, self._began_s = room, traffic, began_s
        self._build = build_info()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> str:
        """Return all metrics as they are now, in the text format 0.0.4."""
        return generate_latest(self._registry).decode()

    def describe(self) -> Iterable[Metric]:
        """Return nothing: no other collector of this registry has our names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its series."""
        yield from self._program()
        yield from _room_is(self._room)
        yield from _devices(self._room)
        yield from _calls(self._room)
        yield from _starts(self._room)
        yield from _commands(self._room)
        yield from _traffic(self._traffic)
        yield from _liveness(self._room.liveness.report())

    def _program(self) -> Iterator[Metric]:
        about = {**build_labels(self._build), "python": platform.python_version()}
        meaning = "Version of roomctl, its commit with date, and the version of Python."
        yield InfoMetricFamily("roomctl_build", meaning, about)
        one = self._room.document.identity
        named = "Id and name of the room; join it to other series by `instance`."
        yield InfoMetricFamily("roomctl_room", named, {"id": one.id, "name": one.display_name})
        up_s = self._room.clock.mono_s() - self._began_s
        yield _gauge("uptime_seconds", "Seconds since the program began.", up_s)
        rev = self._room.document.rev
        yield _counter("document_changes", "Changes of the room document.", [], {(): rev})


def build_labels(build: BuildInfo) -> dict[str, str]:
    """Return the labels of a build; what is not known is `unknown`."""
    told = build.as_object().items()
    return {name: one if isinstance(one, str) else _IS[one] for name, one in told}


def _room_is(room: Room) -> Iterator[Metric]:
    document = room.document
    conditions = _family("condition", "What must hold for the room to be used.", "condition status")
    for one in document.conditions:
        for status, word in _IS.items():
            conditions.add_metric([one.type, word], float(one.status is status))
    yield conditions
    audio, occupancy = document.audio, document.occupancy
    yield _states("mute_state", "The microphone.", _values(AudioEntry, "mute"), audio.mute)
    people = _values(OccupancyEntry, "state")
    yield _states("occupancy_state", "Whether somebody is there.", people, occupancy.state)
    if occupancy.probability is not None:
        likely = "How likely it is that somebody is there."
        yield _gauge("occupancy_probability_ratio", likely, occupancy.probability)
    booked = document.availability.state if document.availability is not None else "unknown"
    states = (*_values(AvailabilityEntry, "state"), "unknown")
    yield _states("booking_state", "Whether the room is booked, by its calendar.", states, booked)
    read, ways = room.bookings.calendar_state, get_args(CalendarState)
    yield _states("calendar_state", "Whether bookings are those of the calendar.", ways, read)
    if (age_s := room.bookings.age_s()) is not None:
        yield _gauge("calendar_age_seconds", "Seconds since the calendar was last read.", age_s)
    yield from _issues(room)


def _issues(room: Room) -> Iterator[Metric]:
    now = Counter((one.code, one.severity) for one in map(rated, room.document.issues))
    current = _family("issues", "What is wrong now.", "code severity")
    for (code, severity), number in sorted(now.items()):
        current.add_metric([code, severity], number)
    yield current
    opened = {(code,): number for code, number in room.tally.issues.items()}
    yield _counter("issues_opened", "Issues that began.", ["code"], opened)


def _devices(room: Room) -> Iterator[Metric]:
    up = _family("device_up", "Whether a device has answered and can be used.", "device kind")
    status = _family("device_status", "How a device of room.toml is.", "device kind status")
    for one in room.document.devices:
        up.add_metric([one.name, one.kind], float(one.status == "online"))
        for word in _values(DeviceEntry, "status"):
            status.add_metric([one.name, one.kind, word], float(one.status == word))
    yield up
    yield status


def _calls(room: Room) -> Iterator[Metric]:
    states, now = _values(MeetingEntry, "state"), room.document.meeting.state
    yield _states("call_state", "The room's one call.", states, now)
    for name, help_text, counts in (
        ("calls_joined", "Calls that the room was in.", room.tally.joined),
        ("calls_failed", "Calls that could not be joined, or broke off.", room.tally.failed),
    ):
        by_key = {(key,): number for key, number in counts.items()}
        yield _counter(name, help_text, ["platform"], by_key)


def _starts(room: Room) -> Iterator[Metric]:
    began = "Starts of meetings since the program began, by what they were; first_try is the aim."
    counts = {(mode, why): room.starts.outcomes[mode, why] for mode in MODES for why in WHYS}
    yield _counter("starts", began, ["mode", "outcome"], counts)
    month = room.document.starts
    months = {"assisted": month.assisted, "plain": month.plain}
    ratio = _family("first_try_start_ratio", "First-try starts of this month's starts.", "mode")
    for mode, count in months.items():
        if count.starts:
            ratio.add_metric([mode], count.first_try / count.starts)
    yield ratio


def _commands(room: Room) -> Iterator[Metric]:
    tally = room.tally
    ended = "Commands by how they ended; other: unknown commands."
    yield _counter("commands", ended, ["type", "result"], tally.commands)
    took = "Seconds from a command to its end."
    yield _histogram("command_duration_seconds", took, tally.command_s)
    yield _gauge("commands_running", "Commands under way.", room.commands_running)


def _traffic(traffic: Traffic) -> Iterator[Metric]:
    asked = "HTTP requests by route and class of status; other: no route was reached."
    yield _counter("http_requests", asked, ["route", "status"], traffic.requests)
    took = "Seconds from a request to the beginning of its answer."
    yield _histogram("http_response_seconds", took, traffic.response_s)
    clients = _family("clients", "Who listens: event streams, and panels' sockets.", "kind")
    for kind, number in traffic.clients.items():
        clients.add_metric([kind], number)
    yield clients


def _liveness(report: LivenessReport) -> Iterator[Metric]:
    late = "Seconds by which the event loop came back late, lately."
    yield _gauge("event_loop_lag_seconds", late, report.loop_lag_ms / 1000)
    worst = "Seconds by which the event loop came back late, at worst in a minute."
    yield _gauge("event_loop_lag_max_seconds", worst, report.loop_lag_max_ms / 1000)
    disk = _values(LivenessReport, "storage")
    yield _states("storage_state", "What the last write to the disk came to.", disk, report.storage)


@cache
def _values(entry: type, name: str) -> tuple[str, ...]:
    """Return what a field of an entry may be."""
    return get_args(get_type_hints(entry)[name])


def _family(name: str, help_text: str, labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"roomctl_{name}", help_text, labels=labels.split())


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"roomctl_{name}", help_text, value)


def _states(name: str, help_text: str, states: Iterable[str], now: str) -> Metric:
    family = _family(name, help_text, "state")
    for state in states:
        family.add_metric([state], float(state == now))
    return family


L = TypeVar("L", bound=tuple[str, ...])


def _counter(name: str, help_text: str, labels: list[str], counts: Mapping[L, int]) -> Metric:
    family = CounterMetricFamily(f"roomctl_{name}", help_text, labels=labels)
    for values, number in sorted(counts.items()):
        family.add_metric(list(values), number)
    return family


def _histogram(name: str, help_text: str, measured: Histogram) -> Metric:
    return HistogramMetricFamily(
        f"roomctl_{name}", help_text, buckets=measured.buckets, sum_value=measured.sum_s
    )
