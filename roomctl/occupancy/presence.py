"""Whether somebody is in the room: sensors, the call and touches, fused into one state.

Knows no clock, no port and no sensor model; time comes with every argument. The fusion is a hold
per sensor: the room is occupied while any sensor sees somebody and for its hold afterwards. On the
UCI 864 data (one lab room, 16.4 occupied hours) a hold of 600 s after any PIR called the room empty
never while someone was there, and left it occupied for 644 s (median) too long; with PIRs alone no
filter did better on the first count. Beside it a filter (`Fusion`) keeps the probability, in slots
of 30 s: sensors of one kind are one piece of evidence, and any of them that sees somebody beats
those that do not. A door proves that somebody was at it, for a minute, in which the filter
moves faster; it never tells that a room is empty. Light and air (`SLOW`) follow people slowly: they
weigh while somebody is known to be there, and never prove that somebody came.

    unknown    no sensor can be believed, and nothing else proves anybody
    occupied   a call is live, a sensor sees somebody, or its hold has not run out
    vacating   the last part of the hold (a quarter, at most 60 s): still somebody's room
    vacant     every hold has run out, and at least one sensor can be believed

Each slot of the filter brings one log-likelihood ratio for each kind of evidence, ln P(seen |
somebody) - ln P(seen | nobody). Between slots people come and go:

    odds' = odds of the same room `dt_s` later, if it is empty for an hour and used for two, on
            average (any dwell of that order does; the evidence decides)

A ratio is clipped to -3 ... +6, so that no single kind can settle it alone against the others. Two
thresholds keep it from wavering: occupied from .8 up, vacant from .003 down. These figures, and
what they give on real data, are those of the two-state filter on the UCI 864 data set.

Everything that presence is told is a `PresenceInput`. Ports tell a level every second; kept are
its changes alone (`PresenceRecorder`), and when it stopped coming. Told again (`replay`) to a
presence of the same room, with `stale_s` infinite, they give the same states, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from roomctl.frozen import frozen
from roomctl.occupancy.health import STALE_S, CrossCheck, FaultCode, SensorHealth

ENTER, LEAVE = 0.8, 0.003
LEAST, MOST = -3.0, 6.0
EMPTY_DWELL_S, OCCUPIED_DWELL_S = 3600.0, 7200.0
PRIOR = 0.15  # part of the day that a meeting room is used
HASTE = 10.0  # times faster while somebody may just have gone through the door
_SUREST = 30.0  # log-odds; beyond that the next person would be believed too late
HOLD_S = 600.0  # after a touch, where no sensor has a hold of its own
AFTER_CALL_S = 120.0  # people get up; a call that nobody sat in must not hold the room for longer
LONGEST_VACATING_S = 60.0
DOOR_S = 60.0  # after an edge of the door: somebody is at it, and may be coming or leaving
SLOW = frozenset({"light", "co2"})
_SURE = frozenset({"touch", "call_ended", "door"})  # true without any sensor that is believed now
BLIND = SLOW | {"door"}  # kinds whose silence does not tell that nobody is there
SLOT_S = 30.0
MOST_SLOTS = 2880  # a day, worked through after a jump; of earlier ones e^-36 is left, or less
STILL_SLOTS = 4  # longer than a touch or a door counts
PIR_LIKELIHOOD = (0.62, 0.003)  # UCI 864: part of the occupied and of the empty slots with motion


class Fusion:
    """The filter of one room; `occupied` follows with hysteresis."""

    def __init__(self, prior: float = PRIOR) -> None:
        self.probability = prior
        self.occupied = False

    def step(self, dt_s: float, ratios: Iterable[float], haste: float = 1.0) -> float:
        """Let `dt_s` pass, weigh what one slot has shown, and return the probability.

        `haste`: how many times faster than usual people may come and go.
        """
        came = 1 - math.exp(-dt_s * haste / EMPTY_DWELL_S)
        left = 1 - math.exp(-dt_s * haste / OCCUPIED_DWELL_S)
        before = self.probability * (1 - left) + (1 - self.probability) * came
        odds = math.log(before / (1 - before)) + sum(map(clipped, ratios))
        odds = min(max(odds, -_SUREST), _SUREST)
        self.probability = 1 / (1 + math.exp(-odds))
        if self.probability >= ENTER:
            self.occupied = True
        elif self.probability <= LEAVE:
            self.occupied = False
        return self.probability


def clipped(ratio: float) -> float:
    """Return a log-likelihood ratio as it counts."""
    return min(max(ratio, LEAST), MOST)


def ratio(seen: bool, occupied: float, empty: float) -> float:
    """Return the log-likelihood ratio of a yes or no, seen so often while occupied and empty.

    Both are probabilities strictly between 0 and 1.
    """
    if seen:
        return math.log(occupied / empty)
    return math.log((1 - occupied) / (1 - empty))


Likelihood = tuple[float, float]
State = Literal["unknown", "vacant", "occupied", "vacating"]


@frozen
class Reason:
    """Why: `code` is a sensor's kind, `call`, `call_ended`, `touch` or `no_sensor`."""

    code: str
    params: Mapping[str, str | int]


@frozen
class SensorFault:
    """A sensor that is not believed although its level comes, and since when."""

    sensor: str
    code: FaultCode
    since: float


@frozen
class PresenceState:
    """Whether somebody is there. `since` is monotonic seconds, `probability` 0-1, None: unknown.

    `healthy` of `configured` sensors can be believed. Reasons stand newest first; their `ago_s` is
    coarse (10 s, beyond a minute 60 s), so that a state does not differ at every glance.

    `seen_at`: when somebody was surely there, last, less what a sensor's own output adds to it.
    `empty_at`: when the room was or will be empty
    if nothing more is seen, whatever its call; None while somebody is seen, or nobody can tell.
    `sighted_at`: since when a sensor can be believed without a break; None: none can.
    """

    state: State
    probability: float | None
    since: float
    reasons: tuple[Reason, ...]
    healthy: int
    configured: int
    seen_at: float | None = None
    empty_at: float | None = None
    door_open: bool | None = None
    faults: tuple[SensorFault, ...] = ()
    sighted_at: float | None = None


@frozen
class _Proof:
    """Somebody was there at `at`, which holds for `hold_s`; `active`: is there still.

    `surely_at`: as far as the sensor's own hold can tell; the same unless given.
    """

    code: str
    params: Mapping[str, str]
    at: float
    hold_s: float
    active: bool = False
    surely_at: float | None = None

    @property
    def ends(self) -> float:
        return self.at + self.hold_s

    @property
    def vacates(self) -> float:
        return self.ends - min(self.hold_s / 4, LONGEST_VACATING_S)

    def reason(self, now: float) -> Reason:
        ago_s = max(0, int(now - self.at))
        step_s = 10 if ago_s < 60 else 60
        return Reason(self.code, {**self.params, "ago_s": ago_s // step_s * step_s})


class Presence:
    """The fused state of one room; feed it, then read `state`.

    `vacancy_delay_s` names every configured sensor and how long after it last saw somebody the
    room stays occupied (s); `kinds` tells what they are (`pir` unless told), `output_hold_s` how
    long a sensor's own output stays after what it saw (s, 0 unless told).
    `likelihoods`: in which part of the occupied and of the empty slots a sensor sees somebody (0-1,
    exclusive); a sensor without one proves, but does not weigh. Instants are monotonic seconds;
    one that lies before an earlier one counts as that one.
    """

    def __init__(
        self,
        vacancy_delay_s: Mapping[str, float],
        kinds: Mapping[str, str] | None = None,
        likelihoods: Mapping[str, Likelihood] | None = None,
        stale_s: float = STALE_S,
        output_hold_s: Mapping[str, float] | None = None,
    ) -> None:
        self._kinds = {name: (kinds or {}).get(name, "pir") for name in vacancy_delay_s}
        self._sensors = {
            name: SensorHealth(
                delay,
                output_hold_s=(output_hold_s or {}).get(name, 0.0),
                momentary=self._kinds[name] in BLIND,
                stale_s=stale_s,
            )
            for name, delay in vacancy_delay_s.items()
        }
        self._cross_checks = {
            name: CrossCheck() for name, kind in self._kinds.items() if kind not in BLIND
        }
        pirs = {name: PIR_LIKELIHOOD for name, kind in self._kinds.items() if kind == "pir"}
        self._likelihoods = pirs | dict(likelihoods or {})
        self._fusion, self._slot_ends = Fusion(), 0.0
        self._touch_hold_s = max(vacancy_delay_s.values(), default=HOLD_S)
        self._now = 0.0
        self._in_call = False
        self._call_ended_at: float | None = None
        self._touched_at: float | None = None
        self._state = PresenceState("unknown", None, 0.0, (), 0, len(self._sensors))
        self._started = False
        self._turn: float | None = None  # at which the state may change next, by time alone
        self._sighted_at: float | None = None  # since when the room can be seen to be empty

    @property
    def state(self) -> PresenceState:
        """The state at the latest instant that was told."""
        return self._state

    def level(self, sensor: str, level: bool, at: float) -> None:
        """Take a level of `sensor`, new or told again (at least every 3 s); KeyError if unknown."""
        self._pass(at)
        self._sensors[sensor].level(level, self._now)
        self._settle()

    def deaf(self, sensor: str, at: float) -> bool:
        """Whether a level of `sensor` is not listened to at `at`: it chatters; tell it later."""
        return self._sensors[sensor].deaf(max(self._now, at))

    def healthy(self, sensor: str, healthy: bool, at: float) -> None:
        """Note that `sensor` is gone; it is back with the first level after that."""
        self._pass(at)
        if not healthy:
            self._sensors[sensor].lost()
        self._settle()

    def call_live(self, live: bool, at: float) -> None:
        """Note that a call is live (the room cannot be vacant), or no longer."""
        self._pass(at)
        if self._in_call and not live:
            self._settle()  # it has vouched for every sensor until now
            self._call_ended_at = self._now
        self._in_call = live
        self._settle()

    def touched(self, at: float) -> None:
        """Note that somebody used the panel or a device by hand."""
        self._pass(at)
        self._touched_at = self._now
        self._settle()

    def tick(self, now: float) -> None:
        """Let time pass until `now`; the state is the same however often this is called."""
        self._pass(now)
        self._settle()

    def due(self) -> float | None:
        """Return the next instant at which time alone may change the state."""
        ends = [self._slot_ends] if self._sensors else []
        if self._turn is not None:
            ends.append(self._turn)
        return min(ends, default=None)

    @property
    def turn(self) -> float | None:
        """The next instant at which time alone may change more than the probability."""
        return self._turn

    def _next_turn(self, proofs: Iterable[_Proof]) -> float | None:
        """Return the next instant at which time alone may change more than the probability."""
        ends = [
            due
            for sensor_health in self._sensors.values()
            if (due := sensor_health.due()) is not None
        ]
        for proof in proofs:
            if not proof.active and proof.ends > self._now:
                ends += (proof.vacates, proof.ends)
        return min((end for end in ends if end > self._now), default=None)

    def _pass(self, now: float) -> None:
        """Go through everything that happened by itself until `now`, each at its instant."""
        until = max(self._now, now)
        while (turn := self._turn) is not None and turn <= until:
            self._move(turn)
            self._settle()
        self._move(until)

    def _move(self, until: float) -> None:
        self._slot_ends = max(self._slot_ends, (until // SLOT_S - MOST_SLOTS) * SLOT_S)
        still = 0
        while self._slot_ends <= until:
            before = self._fusion.probability
            self._tick_sensors(self._slot_ends)
            door_at = self._slot_ends - SLOT_S - DOOR_S
            haste = HASTE if any(door.saw_since(door_at) for door in self._of("door")) else 1.0
            self._fusion.step(SLOT_S, self._ratios(), haste)
            self._slot_ends += SLOT_S
            still = still + 1 if self._fusion.probability == before else 0
            if still > STILL_SLOTS:  # it would stay so, bit for bit
                self._slot_ends = (until // SLOT_S + 1) * SLOT_S
        self._now = until
        self._tick_sensors(until)

    def _settle(self) -> None:
        """Make the state anew from all that is known now."""
        before, now = self._state, self._now
        proofs = sorted(self._proofs(), key=lambda proof: proof.at, reverse=True)
        self._cross_check(proofs)
        blind = not any(
            sensor_health.healthy and self._kinds[name] not in BLIND
            for name, sensor_health in self._sensors.items()
        )
        if blind or self._sighted_at is None:
            self._sighted_at = None if blind else now
        word, reasons = self._judge([proof for proof in proofs if now < proof.ends], blind)
        changed = word != before.state or not self._started
        self._started = True
        surely_at = (proof.at if proof.surely_at is None else proof.surely_at for proof in proofs)
        seen_at = now if self._in_call else max(surely_at, default=None)
        self._turn = self._next_turn(proofs)
        self._state = PresenceState(
            word,
            None if word == "unknown" else round(self._fusion.probability, 2),
            now if changed else before.since,
            reasons,
            sum(sensor_health.healthy for sensor_health in self._sensors.values()),
            len(self._sensors),
            seen_at,
            self._empty_at(proofs),
            next((door.high for door in self._of("door") if door.healthy), None),
            tuple(
                SensorFault(name, sensor_health.fault, sensor_health.fault_since)
                for name, sensor_health in self._sensors.items()
                if sensor_health.fault is not None
            ),
            self._sighted_at,
        )

    def _empty_at(self, proofs: list[_Proof]) -> float | None:
        if self._sighted_at is None or any(proof.active for proof in proofs):
            return None
        return max([self._sighted_at, *(proof.ends for proof in proofs)])

    def _cross_check(self, proofs: list[_Proof]) -> None:
        """Tell each sensor what everything else has seen: its health is judged by that."""
        now = self._now
        telling = [
            (proof.params.get("sensor"), proof.at)
            for proof in proofs
            if now < proof.ends and proof.code not in ("door", "call_ended")
        ]
        seeing = [name for name, sensor_health in self._sensors.items() if sensor_health.active]
        for name, others in self._cross_checks.items():
            seen_at = next((at for sensor, at in telling if sensor != name), None)  # newest first
            others.note(now if self._in_call else seen_at, now)
            sensor_health = self._sensors[name]
            vouched = self._in_call or any(other != name for other in seeing)
            sensor_health.vouch(
                math.inf if vouched else others.seen_at,
                others.stuck_s,
                self._contradicted_since(name, sensor_health),
            )
            quiet_since = now if sensor_health.active else sensor_health.quiet_since
            if quiet_since is not None and others.contradicts(quiet_since, now):
                sensor_health.missed(now)

    def _contradicted_since(self, name: str, sensor_health: SensorHealth) -> float | None:
        """Return since when another sensor, which works, sees nobody where this one does."""
        since = sensor_health.active_since
        if since is None:
            return None
        watching = (
            self._sensors[other].sees_nobody_since(since)
            for other in self._cross_checks
            if other != name
        )
        return min((at for at in watching if at is not None), default=None)

    def _of(self, kind: str) -> Iterator[SensorHealth]:
        return (
            sensor_health
            for name, sensor_health in self._sensors.items()
            if self._kinds[name] == kind
        )

    def _tick_sensors(self, now: float) -> None:
        for sensor_health in self._sensors.values():
            sensor_health.tick(now)

    def _ratios(self) -> Iterator[float]:
        """Yield what each kind of evidence says of the slot that ends now."""
        since = self._slot_ends - SLOT_S
        if self._in_call or (self._touched_at is not None and self._touched_at > since):
            yield MOST
        weighed: dict[str, list[float]] = {}
        for name, sensor_health in self._sensors.items():
            if sensor_health.healthy and name in self._likelihoods:
                slow = self._kinds[name] in SLOW
                seen = bool(sensor_health.high) if slow else sensor_health.saw_since(since)
                weighed.setdefault(self._kinds[name], []).append(
                    ratio(seen, *self._likelihoods[name])
                )
        known = self._state.state in ("occupied", "vacating")
        for kind, ratios in weighed.items():
            yield max(ratios) if known or kind not in SLOW else min(max(ratios), 0.0)

    def _judge(self, proofs: list[_Proof], blind: bool) -> tuple[State, tuple[Reason, ...]]:
        """Fuse what holds now into one word and its reasons."""
        now = self._now
        reasons = tuple(proof.reason(now) for proof in proofs)
        if self._in_call:
            return "occupied", (Reason("call", {}), *reasons)
        if blind and not any(proof.code in _SURE for proof in proofs):
            return "unknown", (Reason("no_sensor", {}),)
        if not proofs:
            return "vacant", ()
        word: State = "occupied" if any(now < proof.vacates for proof in proofs) else "vacating"
        return word, reasons

    def _proofs(self) -> Iterator[_Proof]:
        for name, sensor_health in self._sensors.items():
            kind = self._kinds[name]
            seen_at = self._now if sensor_health.active else sensor_health.seen_at
            if seen_at is not None and kind not in SLOW:
                hold_s = sensor_health.vacancy_delay_s
                if kind == "door":
                    hold_s = min(hold_s, DOOR_S)
                surely_at = sensor_health.detected_at(self._now)
                yield _Proof(
                    kind, {"sensor": name}, seen_at, hold_s, sensor_health.active, surely_at
                )
        if self._touched_at is not None:
            yield _Proof("touch", {}, self._touched_at, self._touch_hold_s)
        if self._call_ended_at is not None:
            hold_s = min(AFTER_CALL_S, self._touch_hold_s)
            yield _Proof("call_ended", {}, self._call_ended_at, hold_s)


InputKind = Literal["start", "level", "healthy", "call", "touch", "tick"]


@frozen
class PresenceInput:
    """One thing that the room was told at `at_s`, monotonic; `sensor` for a level or its health.

    "start": a fresh presence, that knows nothing yet.
    """

    at_s: float
    kind: InputKind
    sensor: str = ""
    on: bool = True


def tell(presence: Presence, told: PresenceInput) -> None:
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


def replay(presence: Presence, inputs: Iterable[PresenceInput]) -> Iterator[PresenceState]:
    """Tell a fresh presence everything once more, and yield the state after each."""
    for told in inputs:
        tell(presence, told)
        yield presence.state


def runs(inputs: Iterable[PresenceInput]) -> list[list[PresenceInput]]:
    """Divide inputs at each "start"; what comes before the first one is left out."""
    found: list[list[PresenceInput]] = []
    for told in inputs:
        if told.kind == "start":
            found.append([])
        if found:
            found[-1].append(told)
    return found


class PresenceRecorder:
    """What has to be kept of everything that one presence is told."""

    def __init__(self, stale_s: float = STALE_S) -> None:
        """`stale_s` is that of the presence."""
        self._stale_s = stale_s
        self._now = 0.0
        self._in_call = False
        self._levels: dict[
            str, tuple[PresenceInput, PresenceInput]
        ] = {}  # as kept, and as last told

    def of(self, told: PresenceInput) -> Sequence[PresenceInput]:
        """Return what to keep of something told, at the instant at which it counted."""
        self._now = max(self._now, told.at_s)
        if told.at_s != self._now:
            told = replace(told, at_s=self._now)
        return [*self._gone(), *self._of(told)]

    def _of(self, told: PresenceInput) -> Iterator[PresenceInput]:
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

    def _gone(self) -> Iterator[PresenceInput]:
        """Yield the end of each level that has not been told for too long."""
        for sensor, (_, last) in [*self._levels.items()]:
            if self._now >= last.at_s + self._stale_s:
                yield from self._end(sensor, last.at_s + self._stale_s)

    def _end(self, sensor: str, at_s: float) -> Iterator[PresenceInput]:
        """Yield when a level was told last, and when it was given up."""
        if sensor in self._levels:
            first, last = self._levels.pop(sensor)
            if last.at_s > first.at_s:
                yield last
            yield PresenceInput(at_s, "healthy", sensor, False)
