"""What a room does by itself, as tables of facts and as stories in invented time."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.clock import Moment
from roomctl.rules import SETTLE_S, Act, Booked, Decision, Facts, Rules, Terms, conditions, decide

NOW = Moment(1000.0, datetime(2026, 11, 25, 9, 0, tzinfo=UTC), synced=True)
TERMS = Terms(display_on_s=60.0)
EMPTY = Facts(
    occupancy="vacant",
    occupancy_since=0.0,
    call_live=False,
    awake=True,
    touched_at=None,
    standby_at=None,
    has_sensors=True,
    empty_at=0.0,
)
ASLEEP = replace(EMPTY, awake=False)
BLIND = {"occupancy": "unknown", "has_sensors": False, "empty_at": None}
SEEN = {"occupancy": "occupied", "occupancy_since": 500.0}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (EMPTY, Decision(Act.STANDBY, "vacant")),
        (ASLEEP, None),
        (replace(EMPTY, **SEEN), None),
        (replace(ASLEEP, **SEEN), Decision(Act.WAKE, "occupied")),
        (replace(EMPTY, occupancy="vacating"), None),
        (replace(EMPTY, call_live=True), None),
        (replace(ASLEEP, call_live=True), Decision(Act.WAKE, "call")),
        (replace(EMPTY, touched_at=940.1), None),
        (replace(EMPTY, touched_at=940.0), Decision(Act.STANDBY, "vacant")),
        (replace(ASLEEP, touched_at=999.0), Decision(Act.WAKE, "touched")),
        (replace(EMPTY, occupancy="unknown"), None),
        (replace(ASLEEP, occupancy="unknown"), Decision(Act.WAKE, "unknown")),
        (replace(EMPTY, **BLIND, touched_at=-799.0), None),
        (replace(EMPTY, **BLIND, touched_at=-800.0), Decision(Act.STANDBY, "untouched")),
        (replace(EMPTY, **BLIND, busy_at=-799.0), None),
        (replace(EMPTY, **BLIND, booking=Booked("b", 900.0, 2000.0, False)), None),
        (replace(ASLEEP, **BLIND), None),
        (
            replace(ASLEEP, **BLIND, booking=Booked("b", 900.0, 2000.0, False)),
            Decision(Act.WAKE, "booked"),
        ),
        (replace(EMPTY, standby_at=990.0), Decision(Act.STANDBY, "asked")),
        (replace(EMPTY, **SEEN, standby_at=990.0), Decision(Act.STANDBY, "asked")),
        (replace(ASLEEP, **SEEN, standby_at=990.0), None),
        (replace(ASLEEP, **SEEN, standby_at=499.0), Decision(Act.WAKE, "occupied")),
        (replace(ASLEEP, touched_at=989.0, standby_at=990.0), None),
        (replace(ASLEEP, touched_at=991.0, standby_at=990.0), Decision(Act.WAKE, "touched")),
        (replace(ASLEEP, call_live=True, standby_at=990.0), Decision(Act.WAKE, "call")),
        (replace(ASLEEP, has_sensors=False, standby_at=990.0), None),
    ],
)
def test_a_room_is_lit_for_a_reason_and_rests_without_one(
    facts: Facts, expected: Decision | None
) -> None:
    assert decide(facts, TERMS, NOW) == expected


def test_an_unproven_wall_clock_changes_nothing_about_the_light() -> None:
    assert decide(EMPTY, TERMS, replace(NOW, synced=False)) == decide(EMPTY, TERMS, NOW)


def test_an_empty_room_stays_lit_for_as_long_as_its_file_says() -> None:
    terms = replace(TERMS, display_off_after_s=300.0)
    assert decide(replace(EMPTY, empty_at=701.0), terms, NOW) is None
    assert decide(replace(EMPTY, empty_at=700.0), terms, NOW) == Decision(Act.STANDBY, "vacant")
    assert decide(replace(ASLEEP, empty_at=701.0), terms, NOW) is None


@pytest.mark.parametrize(
    ("begin", "end", "hour", "is_quiet"),
    [
        ("22:00", "07:00", 23, True),
        ("22:00", "07:00", 6, True),
        ("22:00", "07:00", 7, False),
        ("22:00", "07:00", 21, False),
        ("12:00", "13:00", 12, True),
        ("12:00", "13:00", 13, False),
    ],
)
def test_in_quiet_hours_motion_lights_nothing_and_a_touch_does(
    begin: str, end: str, hour: int, is_quiet: bool
) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    hours = (time.fromisoformat(begin), time.fromisoformat(end))
    terms = replace(TERMS, quiet=hours, zone=shanghai)
    wall = datetime(2026, 11, 25, hour, 30 if hour == 23 else 0, tzinfo=shanghai)
    moment = replace(NOW, wall=wall.astimezone(UTC))
    came = replace(ASLEEP, **SEEN)
    assert (decide(came, terms, moment) is None) is is_quiet
    assert decide(replace(came, touched_at=999.0), terms, moment) == Decision(
        Act.WAKE, "touched" if is_quiet else "occupied"
    )
    assert decide(replace(came, awake=True), terms, moment) is None
    assert decide(came, terms, replace(moment, synced=False)) is not None


def test_motion_lights_nothing_where_the_file_says_so() -> None:
    assert decide(replace(ASLEEP, **SEEN), replace(TERMS, wake=False), NOW) is None


def test_lamps_follow_what_is_so_and_stay_as_they_are_while_nobody_can_tell() -> None:
    assert conditions(EMPTY) == {
        "occupied": False,
        "vacant": True,
        "in_call": False,
        "awake": True,
        "booked": False,
    }
    booking = Booked("b", 900.0, 2000.0, settled=True)
    used = conditions(replace(ASLEEP, occupancy="vacating", call_live=True, booking=booking))
    assert used == {
        "occupied": True,
        "vacant": False,
        "in_call": True,
        "awake": False,
        "booked": True,
    }
    unknown = conditions(replace(EMPTY, occupancy="unknown"))
    assert (unknown["occupied"], unknown["vacant"]) == (None, None)


any_instant = st.none() | st.floats(0, 2000, allow_nan=False)
any_facts = st.builds(
    Facts,
    occupancy=st.sampled_from(["unknown", "vacant", "occupied", "vacating"]),
    occupancy_since=st.floats(0, 1000, allow_nan=False),
    call_live=st.booleans(),
    awake=st.booleans(),
    touched_at=any_instant,
    standby_at=any_instant,
    has_sensors=st.booleans(),
    empty_at=any_instant,
    busy_at=any_instant,
    booking=st.none() | st.just(Booked("b", 900.0, 2000.0, settled=False)),
    postponed_at=st.dictionaries(st.sampled_from(Act), st.floats(0, 1000)),
)
any_terms = st.builds(
    Terms,
    wake=st.booleans(),
    display_on_s=st.floats(1, 600, allow_nan=False),
    display_off_after_s=st.floats(0, 600, allow_nan=False),
    quiet=st.none() | st.just((time(22), time(7))) | st.just((time(8), time(10))),
)


@given(any_facts, any_terms)
def test_what_was_decided_needs_no_second_decision(facts: Facts, terms: Terms) -> None:
    decision = decide(facts, terms, NOW)
    if decision is not None:
        assert facts.awake is (decision.act is Act.STANDBY)
        assert decide(replace(facts, awake=decision.act is Act.WAKE), terms, NOW) is None


START_S = 10_000.0
ALL = Terms(display_on_s=60.0, release_s=600.0, end_call_s=900.0, warn_s=60.0)


@dataclass
class Story:
    """A room whose facts change now and then; what it did stands in `done` as (s, act)."""

    facts: Facts
    terms: Terms = ALL
    now_s: float = START_S
    jumped_s: float = 0.0
    synced: bool = True
    done: list[tuple[float, Act]] = field(default_factory=list)
    warned: list[tuple[float, Act]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules = Rules(self.terms)

    @property
    def moment(self) -> Moment:
        wall = NOW.wall + timedelta(seconds=self.now_s + self.jumped_s)
        return Moment(self.now_s, wall, self.synced)

    def run(self, seconds: float, every_s: float = 1.0) -> None:
        end = self.now_s + seconds
        while self.now_s < end:
            self.now_s += every_s
            for decision in self.rules.step(self.facts, self.moment):
                self.done.append((self.now_s - START_S, decision.act))
                if decision.act in (Act.WAKE, Act.STANDBY):
                    self.tell(awake=decision.act is Act.WAKE)
                elif decision.act is Act.END_CALL:
                    self.tell(call_live=False, call_since=None)
            self.warned += [(self.now_s - START_S, one.act) for one in self.rules.warnings]

    def tell(self, **facts: object) -> None:
        self.facts = replace(self.facts, **facts)

    def first(self, act: Act) -> tuple[float | None, float | None]:
        """Return when an act was first warned of, and when it was done."""
        warned = next((at for at, one in self.warned if one is act), None)
        return warned, next((at for at, one in self.done if one is act), None)


GHOST = replace(
    EMPTY, occupancy="occupied", call_live=True, call_since=START_S, empty_at=START_S, touched_at=0
)
NO_SHOW = replace(
    EMPTY, awake=False, empty_at=0.0, booking=Booked("b", START_S, START_S + 3600, settled=False)
)


def test_a_call_that_nobody_sits_in_is_left_after_a_warning() -> None:
    story = Story(GHOST)
    story.run(2000)
    warned, left = story.first(Act.END_CALL)
    assert (warned, left) == (SETTLE_S + 900 - 59, SETTLE_S + 901)


def test_a_booking_that_nobody_came_to_is_released_after_a_warning() -> None:
    story = Story(NO_SHOW)
    story.run(2000)
    assert story.first(Act.RELEASE) == (SETTLE_S + 600 - 59, SETTLE_S + 601)


@pytest.mark.parametrize("facts", [GHOST, NO_SHOW])
def test_nothing_is_released_or_left_by_the_defaults(facts: Facts) -> None:
    story = Story(facts, Terms())
    story.run(7200, every_s=10)
    assert {act for _, act in story.done} <= {Act.WAKE, Act.STANDBY}


def test_a_booking_that_was_over_before_anybody_looked_is_not_released() -> None:
    story = Story(NO_SHOW)
    story.run(SETTLE_S + 570)
    assert [one.act for one in story.rules.warnings] == [Act.RELEASE]
    story.run(86_400.0, every_s=86_400.0)
    assert Act.RELEASE not in {act for _, act in story.done}


@pytest.mark.parametrize("facts", [GHOST, NO_SHOW])
def test_nothing_is_released_or_left_while_nobody_can_tell(facts: Facts) -> None:
    for unknown in ({"empty_at": None}, {"occupancy": "unknown"}):
        story = Story(replace(facts, **unknown))
        story.run(7200, every_s=10)
        assert {act for _, act in story.done} <= {Act.WAKE, Act.STANDBY}


@pytest.mark.parametrize("facts", [GHOST, NO_SHOW])
def test_nothing_is_released_or_left_before_the_wall_clock_is_proven(facts: Facts) -> None:
    story = Story(facts, synced=False)
    story.run(3000, every_s=10)
    assert {act for _, act in story.done + story.warned} <= {Act.WAKE, Act.STANDBY}


@pytest.mark.parametrize("years", [1, -1])
@pytest.mark.parametrize("facts", [GHOST, NO_SHOW])
def test_a_clock_that_jumps_by_a_year_does_nothing_by_itself(facts: Facts, years: int) -> None:
    story = Story(facts)
    story.run(SETTLE_S + 595)
    before = list(story.done)
    story.jumped_s = years * 365 * 86_400.0
    story.run(SETTLE_S)
    assert story.done == before


def test_somebody_who_says_keep_it_keeps_the_call_for_as_long_again() -> None:
    story = Story(GHOST)
    story.run(SETTLE_S + 870)
    assert [one.act for one in story.rules.warnings] == [Act.END_CALL]
    story.tell(postponed_at={Act.END_CALL: story.now_s})
    story.run(890)
    assert story.done == []
    story.run(60)
    assert story.first(Act.END_CALL)[1] is not None


def test_somebody_who_is_seen_keeps_the_call() -> None:
    story = Story(GHOST)
    story.run(SETTLE_S + 870)
    story.tell(empty_at=None)
    story.run(3600, every_s=10)
    assert story.done == []
    assert story.rules.warnings == ()


@pytest.mark.parametrize("seen_s", [300.0, 599.0, 700.0])
def test_a_booking_is_kept_by_whoever_was_seen_in_the_last_part_of_its_grace_time_or_later(
    seen_s: float,
) -> None:
    story = Story(replace(NO_SHOW, seen_at=START_S + seen_s, empty_at=START_S + seen_s + 60))
    story.run(3500, every_s=10)
    assert story.done == []


@pytest.mark.parametrize("left_s", [-60.0, 0.0, 60.0, 299.0])
def test_people_of_the_meeting_before_do_not_keep_the_next_booking(left_s: float) -> None:
    story = Story(replace(NO_SHOW, seen_at=START_S + left_s, empty_at=START_S + left_s + 600))
    story.run(3600, every_s=10)
    assert story.first(Act.RELEASE)[1] is not None


@pytest.mark.parametrize("seen_s", [0.0, 240.0])
def test_somebody_who_is_seen_keeps_a_booking_that_nothing_was_booked_before(seen_s: float) -> None:
    booking = Booked("b", START_S, START_S + 3600, settled=False, alone=True)
    seen_at = START_S + seen_s
    story = Story(replace(NO_SHOW, booking=booking, seen_at=seen_at, empty_at=seen_at + 60))
    story.run(3600, every_s=10)
    assert story.done == []


@pytest.mark.parametrize(
    ("vacant_s", "seen_s", "kept"),
    [
        (-5.0, 0.0, True),
        (-5.0, -1.0, False),
        (-601.0, 1.0, False),  # before the meeting before, for all that is known
        (30.0, 31.0, True),
        (30.0, 29.0, False),
    ],
)
def test_somebody_who_is_seen_once_the_room_was_empty_keeps_the_booking(
    vacant_s: float, seen_s: float, kept: bool
) -> None:
    seen = {"vacant_at": START_S + vacant_s, "seen_at": START_S + seen_s}
    story = Story(replace(NO_SHOW, **seen, empty_at=START_S + seen_s + 60))
    story.run(3600, every_s=10)
    assert (story.done == []) is kept


@pytest.mark.parametrize(("touched_s", "kept"), [(-1.0, False), (0.0, True), (200.0, True)])
def test_a_touch_keeps_a_booking_that_has_begun(touched_s: float, kept: bool) -> None:
    story = Story(replace(NO_SHOW, touched_at=START_S + touched_s, empty_at=START_S + 600))
    story.run(3600, every_s=10)
    assert (Act.RELEASE not in {act for _, act in story.done}) is kept


def test_a_booking_is_settled_once_somebody_checked_in_or_it_was_released() -> None:
    booking = Booked("b", START_S, START_S + 3600, settled=True)
    story = Story(replace(NO_SHOW, booking=booking))
    story.run(3600, every_s=10)
    assert story.done == []


def test_nothing_is_done_without_a_whole_warning_even_if_it_is_long_due() -> None:
    story = Story(replace(GHOST, empty_at=0.0, call_since=0.0), synced=False)
    story.run(5000, every_s=10)
    story.synced = True
    story.run(200)
    warned, left = story.first(Act.END_CALL)
    assert warned is not None
    assert left is not None
    assert left - warned >= ALL.warn_s


def test_the_display_warns_while_the_hold_runs_out_and_tells_the_same_instant() -> None:
    vacating = replace(EMPTY, occupancy="vacating", empty_at=START_S + 100.0)
    story = Story(vacating)
    story.run(50)
    (first,) = story.rules.warnings
    story.run(40)
    assert story.rules.warnings == (first,)
    assert (first.at_s, first.at) == (
        START_S + 100,
        NOW.wall + timedelta(seconds=START_S + 100),
    )
    story.tell(occupancy="vacant")
    story.run(20)
    assert story.first(Act.STANDBY) == (40.0, 100.0)


@pytest.mark.parametrize(("display_off_after_s", "stays_s"), [(0.0, 60.0), (300.0, 300.0)])
def test_somebody_who_says_keep_it_keeps_the_light_and_the_notice_says_how_long(
    display_off_after_s: float, stays_s: float
) -> None:
    terms = replace(ALL, display_off_after_s=display_off_after_s)
    story = Story(replace(EMPTY, empty_at=START_S - display_off_after_s + 30.0), terms)
    story.run(20)
    assert [one.act for one in story.rules.warnings] == [Act.STANDBY]
    story.tell(postponed_at={Act.STANDBY: story.now_s})
    story.run(20)
    soon = [START_S + 20.0 + stays_s] if stays_s < 80 else []
    assert [one.at_s for one in story.rules.warnings] == soon
    story.run(400)
    assert story.first(Act.STANDBY)[1] == 20.0 + stays_s


@pytest.mark.parametrize("facts", [GHOST, NO_SHOW])
def test_a_warning_counts_only_while_somebody_could_answer_it(facts: Facts) -> None:
    story = Story(facts)
    story.run(SETTLE_S + 870.0)
    before = list(story.done)
    story.tell(empty_at=story.now_s, sighted_at=story.now_s)  # seen to be empty from now on
    story.run(1200.0, every_s=1200.0)  # the box hung, and no press would have been heard
    assert story.done == before
    story.run(59.0)
    assert story.done == before


def test_a_room_that_could_not_be_seen_in_the_last_part_of_the_grace_time_is_kept_for_as_long() -> (
    None
):
    back_s = START_S + SETTLE_S + 590.0
    story = Story(replace(NO_SHOW, empty_at=back_s, sighted_at=back_s))
    story.run(2000)
    assert story.first(Act.RELEASE)[1] == SETTLE_S + 590.0 + 300.0


@pytest.mark.parametrize("every_s", [1.0, 7.0, 30.0])
def test_the_same_is_done_however_often_somebody_asks(every_s: float) -> None:
    story = Story(GHOST)
    story.run(2000, every_s)
    _, left = story.first(Act.END_CALL)
    assert left is not None
    assert SETTLE_S + 900 <= left <= SETTLE_S + 900 + 2 * every_s
