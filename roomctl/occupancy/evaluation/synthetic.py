"""Made-up weeks of a meeting room, with the truth: what its sensors and its calls would say.

Pure and seeded: the same seed gives the same week. Knows no fusion. People come for sessions on
working days, move, sit still for a while (Weibull), talk in calls; motion sensors pulse, miss, and
now and then fail. The figures are chosen, not measured: meetings of 15 to 120 minutes, stillness
with a median of some 15 s and a long tail (one in 800 is longer than 600 s), as PIR sensors are
known for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from heapq import merge

from roomctl.frozen import frozen
from roomctl.occupancy.presence import PresenceInput

WEEK_S = 7 * 86_400.0
WEEK_SENSORS = ("ceiling", "wall")
_DAY_S = 86_400.0
_HOUR_S = 3600.0
_PULSE_S = 2.5  # how long a sensor's output stays after motion
_FALSE_PER_DAY = 1.0  # pulses of a sensor in an empty room
_STILL_SCALE_S, _STILL_SHAPE = 28.0, 0.62
_IN_CALL = 0.6  # part of the sessions with a call
_FAULTS = ("chatter", "stuck_high", "dead", "lost_edge")
_FAULT_PER_WEEK = 0.5


@frozen
class Week:
    """One week: who was there when (start, end), and everything that was seen of it, in order."""

    sessions: tuple[tuple[float, float], ...]
    events: tuple[PresenceInput, ...]
    fault: str | None


def week(seed: int, sensors: tuple[str, ...] = WEEK_SENSORS) -> Week:
    """Make one week; instants are seconds since Monday 0:00."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    sessions = tuple(_sessions(chance))
    streams = [sorted(_seen(chance, name, sessions), key=_order) for name in sensors]
    calls = sorted(_calls(chance, sessions), key=_order)
    fault = chance.choice(_FAULTS) if chance.random() < _FAULT_PER_WEEK else None
    if fault:
        streams[-1] = sorted(_spoilt(chance, fault, sensors[-1], streams[-1]), key=_order)
    return Week(sessions, tuple(merge(*streams, calls, key=_order)), fault)


def _order(event: PresenceInput) -> float:
    return event.at_s


def _sessions(chance: random.Random) -> Iterator[tuple[float, float]]:
    for day in range(5):
        at, end = day * _DAY_S + 8 * _HOUR_S, day * _DAY_S + 19 * _HOUR_S
        while True:
            at += chance.expovariate(1 / (0.9 * _HOUR_S)) + 20 * 60
            length = (
                chance.choice((15, 30, 30, 45, 60, 60, 90, 120)) * 60 * chance.uniform(0.8, 1.1)
            )
            if at + length > end:
                break
            yield at, at + length
            at += length


def _seen(
    chance: random.Random, sensor: str, sessions: tuple[tuple[float, float], ...]
) -> Iterator[PresenceInput]:
    """Yield the pulses of one motion sensor; each person is still, moves, and is still again."""
    yield PresenceInput(0.0, "healthy", sensor, True)
    yield PresenceInput(0.0, "level", sensor, False)
    blind = chance.uniform(0.05, 0.35)  # part of the motions that its place in the room misses
    free_at = 0.0
    for at in merge(_motions(chance, sessions), _false(chance)):
        if at < free_at or chance.random() < blind:
            continue
        free_at = at + _PULSE_S + 0.1
        yield PresenceInput(at, "level", sensor, True)
        yield PresenceInput(at + _PULSE_S, "level", sensor, False)


def _motions(chance: random.Random, sessions: tuple[tuple[float, float], ...]) -> Iterator[float]:
    for start, end in sessions:
        people = chance.choice((1, 2, 2, 3, 4, 6))
        at = start + 0.5
        while at < end:
            yield at
            still = chance.weibullvariate(_STILL_SCALE_S, _STILL_SHAPE)
            at += max(1.0, still / people)
        yield end - 0.5  # they get up


def _false(chance: random.Random) -> Iterator[float]:
    at = chance.expovariate(_FALSE_PER_DAY / _DAY_S)
    while at < WEEK_S:
        yield at
        at += chance.expovariate(_FALSE_PER_DAY / _DAY_S)


def _calls(
    chance: random.Random, sessions: tuple[tuple[float, float], ...]
) -> Iterator[PresenceInput]:
    for start, end in sessions:
        if chance.random() < _IN_CALL:
            yield PresenceInput(start + 60, "call", "", True)
            yield PresenceInput(end - 20, "call", "", False)


def _spoilt(
    chance: random.Random, fault: str, sensor: str, events: list[PresenceInput]
) -> Iterator[PresenceInput]:
    """Yield what a sensor with a fault tells, from some moment of the week on, for some hours."""
    start = chance.uniform(0, 4 * _DAY_S)
    end = start + chance.uniform(1, 30) * _HOUR_S
    inside = [event for event in events if start <= event.at_s < end]
    yield from (event for event in events if not start <= event.at_s < end)
    match fault:
        case "chatter":
            for pulse in range(400):
                yield PresenceInput(start + pulse * 0.05, "level", sensor, pulse % 2 == 0)
            for second in range(21, 60):  # a port tells a level every second
                yield PresenceInput(start + second, "level", sensor, False)
            yield from (event for event in inside if event.at_s > start + 60)
        case "stuck_high":
            yield PresenceInput(start, "level", sensor, True)
            yield PresenceInput(end, "level", sensor, False)
        case "dead":
            yield PresenceInput(start, "healthy", sensor, False)
            yield PresenceInput(end, "healthy", sensor, True)
            yield PresenceInput(end, "level", sensor, False)
        case "lost_edge":
            yield from (event for event in inside if event.on or chance.random() > 0.02)
