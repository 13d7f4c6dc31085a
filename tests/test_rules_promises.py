"""What a room never does by itself, whatever its sensors, people and clocks do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.clock import Moment
from roomctl.occupancy import Presence
from roomctl.rules import SETTLE_S, Act, Booked, Decision, Facts, Rules, Terms
from tests.examples import examples

START_S = 50_000.0
NINE = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
TERMS = Terms(
    display_on_s=60.0, display_off_after_s=30.0, release_s=300.0, end_call_s=400.0, warn_s=60.0
)
GLANCE_S, LONG_S = 30.0, 2000.0  # how often a room looks; through a longer step it sleeps

What = Literal["level", "gone", "call", "touch", "keep", "book", "wall", "synced", "tick"]
WHAT: tuple[What, ...] = (
    *("level",) * 4,
    *("call", "touch", "gone", "keep", "book", "wall", "synced", "tick", "tick"),
)
Step = tuple[What, str, bool, float]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(WHAT),
        st.sampled_from(("a", "b")),
        st.booleans(),
        st.floats(0.0, 5.0) | st.floats(100.0, 1200.0) | st.sampled_from((86_400.0, 3.2e7)),
    ),
    max_size=15,
)


@dataclass
class House:
    """Presence and rules as a room joins them, and notes of what people could see."""

    presence: Presence = field(
        default_factory=lambda: Presence(
            {"a": 300.0, "b": 30.0}, {"b": "radar"}, {"b": (0.9, 0.05)}, stale_s=float("inf")
        )
    )
    rules: Rules = field(default_factory=lambda: Rules(TERMS))
    now: float = START_S
    jump_s: float = 0.0
    jumped_at: float = START_S
    synced: bool = True
    awake: bool = True
    touched_at: float = START_S
    call_since: float | None = None
    booking: Booked | None = None
    came_at: float = float("-inf")  # a touch, a call, or a sensor's level that stood
    kept: dict[Act, float] = field(default_factory=dict)
    shown_since: dict[tuple[Act, str], float] = field(default_factory=dict)
    high: set[str] = field(default_factory=set)

    @property
    def moment(self) -> Moment:
        return Moment(self.now, NINE + timedelta(seconds=self.now + self.jump_s), self.synced)

    def facts(self) -> Facts:
        state = self.presence.state
        return Facts(
            occupancy=state.state,
            occupancy_since=state.since,
            call_live=self.call_since is not None,
            awake=self.awake,
            touched_at=self.touched_at,
            standby_at=None,
            has_sensors=True,
            empty_at=state.empty_at,
            sighted_at=state.sighted_at,
            seen_at=state.seen_at,
            call_since=self.call_since,
            booking=self.booking,
            postponed_at=self.kept,
        )

    def take(self, step: Step) -> None:
        what, sensor, on, _ = step
        match what:
            case "level":
                self.presence.level(sensor, on, self.now)
                (self.high.add if on else self.high.discard)(sensor)
            case "gone":
                self.presence.healthy(sensor, False, self.now)
                self.high.discard(sensor)
            case "call":
                self.call_since = (self.call_since or self.now) if on else None
                self.presence.call_live(on, self.now)
            case "touch":
                self.presence.touched(self.now)
                self.touched_at = self.now
            case "keep":
                self.kept[Act.RELEASE if sensor == "a" else Act.END_CALL] = self.now
            case "book":
                self.booking = Booked(f"{self.now}", self.now, self.now + 3600.0, settled=on)
            case "wall":
                self.jump_s, self.jumped_at = (3.2e7 if on else -3.2e7), self.now
            case "synced":
                self.synced = on
        if what == "touch" or self.call_since is not None:
            self.came_at = self.now

    def look(self) -> list[Decision]:
        """Let the room look once; return what it does, and carry it out."""
        self.presence.tick(self.now)
        if self.call_since is not None or self.presence.state.empty_at is None:
            self.came_at = max(self.came_at, self.presence.state.seen_at or 0.0)
        done = self.rules.step(self.facts(), self.moment)
        for one in done:
            self.check(one)
        shown = {(one.act, one.subject) for one in self.rules.warnings}
        self.shown_since = {key: self.shown_since.get(key, self.now) for key in shown}
        for one in done:
            self.carry_out(one)
        return done

    def carry_out(self, one: Decision) -> None:
        if one.act in (Act.WAKE, Act.STANDBY):
            self.awake = one.act is Act.WAKE
        elif one.act is Act.END_CALL:
            self.call_since = None
            self.presence.call_live(False, self.now)
        elif self.booking is not None:
            self.booking = Booked(one.subject, self.booking.starts_s, self.booking.ends_s, True)

    def check(self, one: Decision) -> None:
        state = self.presence.state
        if one.act is Act.STANDBY:
            assert state.state == "vacant"
            assert self.call_since is None
            assert self.now >= self.touched_at + TERMS.display_on_s
        elif one.act in (Act.RELEASE, Act.END_CALL):
            assert state.healthy > 0
            assert state.empty_at is not None
            assert state.empty_at <= self.now
            assert self.synced
            assert self.now >= self.jumped_at + SETTLE_S
            assert self.now >= self.shown_since[one.act, one.subject] + TERMS.warn_s - 1e-6
        if one.act is Act.RELEASE:
            assert self.booking is not None
            assert not self.booking.settled
            assert self.booking.starts_s + 300.0 <= self.now < self.booking.ends_s
            assert self.came_at < TERMS.kept_from(self.booking)
            assert self.call_since is None
        if one.act is Act.END_CALL:
            assert self.call_since is not None
            assert self.now >= max(self.call_since, self.kept.get(one.act, 0.0)) + 400.0


def lived(steps: list[Step]) -> House:
    """Let a house live through all steps, looking every half minute."""
    house = House()
    house.look()
    for step in steps:
        end = house.now + step[3]
        while step[3] < LONG_S and house.now + GLANCE_S < end:
            house.now += GLANCE_S
            house.look()
            assert house.call_since is None or house.presence.state.state == "occupied"
        house.now = end
        house.take(step)
        house.look()
        assert house.presence.state.healthy > 0 or house.presence.state.state != "vacant"
    return house


@settings(deadline=None, derandomize=True, max_examples=examples(60))
@given(STEPS)
def test_nothing_is_done_without_proof_warning_and_a_proven_clock(steps: list[Step]) -> None:
    lived(steps)


QUIET: list[Step] = [("level", "a", False, 0.0), ("level", "b", False, 0.0)]


def test_the_house_of_these_promises_does_rest_release_and_leave() -> None:
    rests = lived([*QUIET, ("tick", "a", True, 900.0)])
    assert not rests.awake
    released = lived([*QUIET, ("book", "a", False, 1.0), ("tick", "a", True, 900.0)])
    assert released.booking is not None
    assert released.booking.settled
    left = lived([*QUIET, ("call", "a", True, 1.0), ("tick", "a", True, 1200.0)])
    assert left.call_since is None


@settings(deadline=None, derandomize=True, max_examples=examples(60))
@given(
    left_s=st.floats(-900.0, 149.0),
    output_hold_s=st.floats(0.0, 120.0),
    delay_s=st.floats(130.0, 900.0),
    every_s=st.floats(1.0, 30.0),
)
def test_a_no_show_is_released_however_late_the_people_before_left(
    left_s: float, output_hold_s: float, delay_s: float, every_s: float
) -> None:
    output_holds = {"a": output_hold_s}
    house = House(Presence({"a": delay_s}, stale_s=float("inf"), output_hold_s=output_holds))
    starts_s = START_S + 1000.0
    falls_s = starts_s + left_s + output_hold_s
    house.presence.level("a", False, START_S)
    house.presence.level("a", True, START_S + 1.0)
    while house.now < starts_s + 2500.0:
        if house.now < falls_s <= house.now + every_s:
            house.presence.level("a", False, falls_s)
        house.now += every_s
        if house.booking is None and house.now >= starts_s:
            house.booking = Booked("no show", starts_s, starts_s + 3600.0, settled=False)
        house.look()
    assert house.booking is not None
    assert house.booking.settled


def test_a_year_that_passes_at_once_releases_and_leaves_nothing() -> None:
    for begin in (("book", "a", False, 1.0), ("call", "a", True, 1.0)):
        house = lived([*QUIET, begin])
        house.now += 3.2e7  # the box slept, and nobody could see a warning
        assert {one.act for one in house.look()} <= {Act.STANDBY}
