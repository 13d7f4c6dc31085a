"""Whether somebody is in the room: sensors, the call and touches, fused into one state.

Knows no clock, no port and no sensor model; time comes with every argument. The fusion is a hold
per sensor: the room is occupied while any sensor sees somebody and for its hold afterwards. On the
UCI 864 data (one lab room, 16.4 occupied hours) a hold of 600 s after any PIR called the room empty
never while someone was there, and left it occupied for 644 s (median) too long; with PIRs alone no
filter did better on the first count. Beside it a filter (`fusion`) keeps the probability, in slots
of 30 s: sensors of one kind are one piece of evidence, and any of them that sees somebody beats
those that do not.

    unknown    no sensor can be believed, and nothing else proves anybody
    occupied   a call is live, a sensor sees somebody, or its hold has not run out
    vacating   the last part of the hold (a quarter, at most 60 s): still somebody's room
    vacant     every hold has run out, and at least one sensor can be believed
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from roomctl.occupancy.fusion import MOST, Fusion, ratio
from roomctl.occupancy.sense import STALE_S, Sense

Likelihood = tuple[float, float]
State = Literal["unknown", "vacant", "occupied", "vacating"]

HOLD_S = 600.0  # after a touch, where no sensor has a hold of its own
AFTER_CALL_S = 120.0  # people get up; a call that nobody sat in must not hold the room for longer
LONGEST_VACATING_S = 60.0
SLOT_S = 30.0
MOST_SLOTS = 120  # worked through after a jump in time; earlier ones would not tell any more
PIR_LIKELIHOOD = (0.62, 0.003)  # UCI 864: part of the occupied and of the empty slots with motion


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: `code` is a sensor's kind, `call`, `call_ended`, `touch` or `no_sensor`."""

    code: str
    params: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class PresenceState:
    """Whether somebody is there. `since` is monotonic seconds, `probability` 0-1, None: unknown.

    `healthy` of `configured` sensors can be believed. Reasons stand newest first; their `ago_s` is
    coarse (10 s, beyond a minute 60 s), so that a state does not differ at every glance.
    """

    state: State
    probability: float | None
    since: float
    reasons: tuple[Reason, ...]
    healthy: int
    configured: int


@dataclass(frozen=True, slots=True)
class _Proof:
    """Somebody was there at `at`, which holds for `hold_s`."""

    code: str
    params: Mapping[str, str]
    at: float
    hold_s: float

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

    `hold_s` names every configured sensor and how long after it last saw somebody the room stays
    occupied (s); `kinds` tells what they are (`pir` unless told), a `door` proves only moments.
    `likelihoods`: in which part of the occupied and of the empty slots a sensor sees somebody (0-1,
    exclusive); a sensor without one proves, but does not weigh. Instants are monotonic seconds;
    one that lies before an earlier one counts as that one.
    """

    def __init__(
        self,
        hold_s: Mapping[str, float],
        kinds: Mapping[str, str] | None = None,
        likelihoods: Mapping[str, Likelihood] | None = None,
        stale_s: float = STALE_S,
    ) -> None:
        self._kinds = {name: (kinds or {}).get(name, "pir") for name in hold_s}
        self._senses = {
            name: Sense(hold, momentary=self._kinds[name] == "door", stale_s=stale_s)
            for name, hold in hold_s.items()
        }
        pirs = {name: PIR_LIKELIHOOD for name, kind in self._kinds.items() if kind == "pir"}
        self._likelihoods = pirs | dict(likelihoods or {})
        self._fusion, self._slot_ends = Fusion(), 0.0
        self._touch_hold_s = max(hold_s.values(), default=HOLD_S)
        self._now = 0.0
        self._in_call = False
        self._call_ended_at: float | None = None
        self._touched_at: float | None = None
        self._state = PresenceState("unknown", None, 0.0, (), 0, len(self._senses))
        self._started = False

    @property
    def state(self) -> PresenceState:
        """The state at the latest instant that was told."""
        return self._state

    def level(self, sensor: str, level: bool, at: float) -> None:
        """Take a level of `sensor`, new or told again (at least every 3 s); KeyError if unknown."""
        self._pass(at)
        self._senses[sensor].level(level, self._now)
        self.tick(at)

    def healthy(self, sensor: str, healthy: bool, at: float) -> None:
        """Note that `sensor` is gone; it is back with the first level after that."""
        if not healthy:
            self._senses[sensor].lost()
        self.tick(at)

    def call_live(self, live: bool, at: float) -> None:
        """Note that a call is live (the room cannot be vacant), or no longer."""
        self._pass(at)
        if self._in_call and not live:
            self._call_ended_at = self._now
        self._in_call = live
        self.tick(at)

    def touched(self, at: float) -> None:
        """Note that somebody used the panel or a device by hand."""
        self._pass(at)
        self._touched_at = self._now
        self.tick(at)

    def tick(self, now: float) -> None:
        """Let time pass until `now`."""
        self._pass(now)
        word, reasons = self._judge()
        healthy = sum(sense.healthy for sense in self._senses.values())
        changed = word != self._state.state or not self._started
        since = self._now if changed else self._state.since
        self._started = True
        likely = None if word == "unknown" else round(self._fusion.probability, 2)
        self._state = PresenceState(word, likely, since, reasons, healthy, len(self._senses))

    def due(self) -> float | None:
        """Return the next instant at which time alone may change the state."""
        ends = [due for sense in self._senses.values() if (due := sense.due()) is not None]
        ends += [self._slot_ends] if self._senses else []
        for proof in self._proofs():
            ends += (proof.vacates, proof.ends)
        return min((end for end in ends if end > self._now), default=None)

    def _pass(self, now: float) -> None:
        until = max(self._now, now)
        self._slot_ends = max(self._slot_ends, until - MOST_SLOTS * SLOT_S)
        while self._slot_ends <= until:
            self._tick_senses(self._slot_ends)
            self._fusion.step(SLOT_S, self._ratios())
            self._slot_ends += SLOT_S
        self._now = until
        self._tick_senses(until)

    def _tick_senses(self, now: float) -> None:
        for sense in self._senses.values():
            sense.tick(now)

    def _ratios(self) -> Iterator[float]:
        """Yield what each kind of evidence says of the slot that ends now."""
        since = self._slot_ends - SLOT_S
        if self._in_call or (self._touched_at is not None and self._touched_at > since):
            yield MOST
        weighed: dict[str, list[float]] = {}
        for name, sense in self._senses.items():
            if sense.healthy and name in self._likelihoods:
                seen = sense.saw_since(since)
                weighed.setdefault(self._kinds[name], []).append(
                    ratio(seen, *self._likelihoods[name])
                )
        for ratios in weighed.values():
            yield max(ratios)

    def _judge(self) -> tuple[State, tuple[Reason, ...]]:
        """Fuse everything that is known now into one word and its reasons."""
        now = self._now
        proofs = sorted(
            (proof for proof in self._proofs() if now < proof.ends),
            key=lambda proof: proof.at,
            reverse=True,
        )
        reasons = tuple(proof.reason(now) for proof in proofs)
        if self._in_call:
            return "occupied", (Reason("call", {}), *reasons)
        blind = not any(sense.healthy for sense in self._senses.values())
        if blind and not any(proof.code in ("touch", "call_ended") for proof in proofs):
            return "unknown", (Reason("no_sensor", {}),)
        if not proofs:
            return "vacant", ()
        word: State = "occupied" if any(now < proof.vacates for proof in proofs) else "vacating"
        return word, reasons

    def _proofs(self) -> Iterator[_Proof]:
        for name, sense in self._senses.items():
            seen_at = self._now if sense.active else sense.seen_at
            if seen_at is not None:
                yield _Proof(self._kinds[name], {"sensor": name}, seen_at, sense.hold_s)
        if self._touched_at is not None:
            yield _Proof("touch", {}, self._touched_at, self._touch_hold_s)
        if self._call_ended_at is not None:
            hold_s = min(AFTER_CALL_S, self._touch_hold_s)
            yield _Proof("call_ended", {}, self._call_ended_at, hold_s)
