from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.occupancy import Presence, PresenceState
from roomctl.occupancy.inputs import Input, replay, tell
from roomctl.occupancy.presence import AFTER_CALL_S, DOOR_S

HOLD_S = 600.0


class Told:
    """A room whose sensors tell their levels every second, as ports do."""

    def __init__(self, *sensors: str, kinds: dict[str, str] | None = None) -> None:
        self.presence = Presence(dict.fromkeys(sensors, HOLD_S), kinds)
        self.levels: dict[str, bool] = dict.fromkeys(sensors, False)
        self.now = 100.0
        self.run(1.0)

    @property
    def state(self) -> PresenceState:
        return self.presence.state

    @property
    def word(self) -> str:
        return self.presence.state.state

    def set(self, sensor: str, level: bool) -> None:
        self.levels[sensor] = level
        self.presence.level(sensor, level, self.now)

    def gone(self, sensor: str) -> None:
        del self.levels[sensor]

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            for sensor, level in self.levels.items():
                self.presence.level(sensor, level, self.now)
            self.now = min(end, self.now + 1.0)
        self.presence.tick(self.now)


def test_nothing_is_known_before_the_first_level() -> None:
    presence = Presence({"ceiling": HOLD_S})
    presence.tick(5.0)
    assert presence.state == PresenceState("unknown", None, 5.0, presence.state.reasons, 0, 1)
    assert presence.state.reasons[0].code == "no_sensor"


def test_a_quiet_sensor_means_vacant() -> None:
    room = Told("ceiling")
    assert (room.word, room.state.healthy, room.state.configured) == ("vacant", 1, 1)


def test_motion_occupies_the_room_and_says_which_sensor_and_how_long_ago() -> None:
    room = Told("ceiling", "door")
    room.set("ceiling", True)
    room.run(2.0)
    assert room.word == "occupied"
    room.set("ceiling", False)
    room.run(45.0)
    reason = room.state.reasons[0]
    assert (reason.code, dict(reason.params)) == ("pir", {"sensor": "ceiling", "ago_s": 40})


def test_the_hold_ends_in_a_visible_last_part_and_then_the_room_is_vacant() -> None:
    room = Told("ceiling")
    room.set("ceiling", True)
    room.run(2.0)
    room.set("ceiling", False)
    words = []
    for _ in range(int(HOLD_S) + 2):
        words.append(room.word)
        room.run(1.0)
    assert words[:540] == ["occupied"] * 540
    assert words[541:599] == ["vacating"] * 58
    assert words[-1] == "vacant"


def test_motion_while_vacating_occupies_the_room_again() -> None:
    room = Told("ceiling")
    room.set("ceiling", True)
    room.run(1.0)
    room.set("ceiling", False)
    room.run(570.0)
    assert room.word == "vacating"
    room.set("ceiling", True)
    room.run(1.0)
    assert room.word == "occupied"


def test_a_glitch_of_ten_milliseconds_is_nobody() -> None:
    room = Told("ceiling")
    for _ in range(5):
        room.presence.level("ceiling", True, room.now)
        room.presence.level("ceiling", False, room.now + 0.01)
        room.run(10.0)
    assert room.word == "vacant"


def test_a_pulse_that_stood_long_enough_counts_even_if_nobody_looked_meanwhile() -> None:
    room = Told("ceiling")
    room.presence.level("ceiling", True, room.now)
    room.presence.level("ceiling", False, room.now + 0.3)
    assert room.word == "occupied"


def test_a_call_keeps_the_room_occupied_for_hours_of_stillness_and_without_any_sensor() -> None:
    room = Told("ceiling")
    room.presence.call_live(True, room.now)
    room.run(7200.0)
    assert (room.word, room.state.reasons[0].code) == ("occupied", "call")
    room.gone("ceiling")
    room.run(60.0)
    assert (room.word, room.state.healthy) == ("occupied", 0)


def test_people_have_time_to_get_up_after_a_call() -> None:
    room = Told("ceiling")
    room.presence.call_live(True, room.now)
    room.run(3600.0)
    room.presence.call_live(False, room.now)
    assert (room.word, room.state.reasons[0].code) == ("occupied", "call_ended")
    room.run(AFTER_CALL_S - 1.0)
    assert room.word == "vacating"
    room.run(2.0)
    assert room.word == "vacant"


def test_a_touch_is_somebody_even_in_a_room_without_sensors() -> None:
    presence = Presence({})
    presence.touched(10.0)
    assert (presence.state.state, presence.state.reasons[0].code) == ("occupied", "touch")
    presence.tick(1000.0)
    assert presence.state.state == "unknown"


def test_a_sensor_that_is_not_heard_of_for_three_seconds_makes_the_room_unknown() -> None:
    room = Told("ceiling")
    room.set("ceiling", True)
    room.run(1.0)
    room.gone("ceiling")
    room.run(1.9)  # the last level came a second before
    assert room.word == "occupied"
    room.run(0.2)
    assert (room.word, room.state.healthy) == ("unknown", 0)


def test_a_lost_sensor_makes_the_room_unknown_at_once_and_comes_back_with_its_level() -> None:
    room = Told("ceiling")
    room.presence.healthy("ceiling", False, room.now)
    assert room.word == "unknown"
    room.presence.healthy("ceiling", True, room.now)
    assert room.word == "unknown"
    room.presence.level("ceiling", False, room.now)
    assert room.word == "vacant"


def test_what_a_lost_sensor_saw_still_holds_the_room_while_another_is_there() -> None:
    room = Told("ceiling", "table")
    room.set("ceiling", True)
    room.run(2.0)
    room.gone("ceiling")
    room.presence.healthy("ceiling", False, room.now)
    room.run(300.0)
    assert (room.word, room.state.healthy, room.state.configured) == ("occupied", 1, 2)
    room.run(301.0)
    assert room.word == "vacant"


def test_a_door_proves_a_minute_and_a_door_propped_open_proves_nothing() -> None:
    room = Told("ceiling", "door", kinds={"door": "door"})
    room.set("door", True)
    assert (room.word, room.state.reasons[0].code) == ("occupied", "door")
    room.run(DOOR_S + 1.0)
    assert room.word == "vacant"
    room.run(3600.0)
    assert (room.word, room.state.door_open) == ("vacant", True)


def test_a_door_alone_cannot_tell_that_nobody_is_there() -> None:
    room = Told("door", kinds={"door": "door"})
    assert room.word == "unknown"
    room.set("door", True)
    assert room.word == "occupied"
    room.run(DOOR_S + 1.0)
    assert (room.word, room.state.empty_at) == ("unknown", None)


def test_a_door_that_closes_behind_somebody_never_empties_the_room() -> None:
    room = Told("ceiling", "door", kinds={"door": "door"})
    room.set("ceiling", True)
    room.run(1.0)
    room.set("ceiling", False)
    room.set("door", True)
    room.run(5.0)
    room.set("door", False)
    room.run(HOLD_S - 60.0)
    assert room.word in ("occupied", "vacating")


def test_the_probability_moves_faster_after_the_door_has_moved() -> None:
    def fallen(door: bool) -> float:
        room = Told("ceiling", "door", kinds={"door": "door"})
        room.set("ceiling", True)
        room.run(60.0)
        room.set("ceiling", False)
        if door:
            room.set("door", True)
        room.run(90.0)
        assert room.state.probability is not None
        return room.state.probability

    assert fallen(door=True) < fallen(door=False)


LIGHT = (0.95, 0.1)


def lamp(lit: bool, somebody: bool) -> PresenceState:
    presence = Presence(
        {"ceiling": HOLD_S, "lamp": HOLD_S}, {"lamp": "light"}, {"lamp": LIGHT}, stale_s=1e9
    )
    presence.level("ceiling", False, 1.0)
    presence.level("lamp", lit, 1.0)
    if somebody:
        presence.level("ceiling", True, 2.0)
        presence.level("ceiling", False, 3.0)
    presence.tick(400.0)
    return presence.state


def test_a_lamp_never_says_that_somebody_came() -> None:
    dark, lit = lamp(lit=False, somebody=False), lamp(lit=True, somebody=False)
    assert (lit.state, lit.empty_at) == ("vacant", 1.0)
    assert dark.probability is not None
    assert lit.probability is not None
    assert lit.probability < 0.15


def test_a_lamp_weighs_while_somebody_is_known_to_be_there() -> None:
    dark, lit = lamp(lit=False, somebody=True), lamp(lit=True, somebody=True)
    assert (lit.state, dark.state) == ("occupied", "occupied")
    assert (dark.probability or 0.0) < (lit.probability or 0.0)


def test_a_room_with_a_lamp_alone_is_unknown() -> None:
    presence = Presence({"lamp": HOLD_S}, {"lamp": "light"})
    presence.level("lamp", True, 1.0)
    assert presence.state.state == "unknown"


def test_the_state_says_when_the_room_will_be_empty_unless_somebody_is_seen() -> None:
    room = Told("ceiling")
    assert room.state.empty_at == 100.0
    room.set("ceiling", True)
    room.run(2.0)
    assert room.state.empty_at is None
    room.set("ceiling", False)
    seen = room.now
    room.run(5.0)
    assert (room.state.empty_at, room.state.seen_at) == (seen + HOLD_S, seen)
    room.gone("ceiling")
    room.run(5.0)
    assert room.state.empty_at is None


def test_a_room_in_a_call_still_says_when_it_looks_empty() -> None:
    room = Told("ceiling")
    room.presence.call_live(True, room.now)
    room.run(900.0)
    assert (room.word, room.state.empty_at) == ("occupied", 100.0)


def storm(room: Told, seconds: float) -> None:
    """Twenty edges a second."""
    for number in range(int(seconds * 20)):
        room.presence.level("ceiling", number % 2 == 0, room.now)
        room.now += 0.05
    room.levels["ceiling"] = False


def test_a_chattering_sensor_is_not_believed_until_it_is_calm() -> None:
    room = Told("ceiling")
    storm(room, 3.0)
    assert (room.word, room.state.healthy) == ("unknown", 0)
    assert [fault.code for fault in room.state.faults] == ["chatter"]
    room.run(12.0)
    assert (room.state.healthy, room.state.faults) == (1, ())


def test_a_sensor_that_chatters_for_ever_never_holds_the_room() -> None:
    room = Told("ceiling", "table")
    storm(room, 5.0)
    words = set()
    for _ in range(40):
        storm(room, 20.0)
        room.presence.level("table", False, room.now)
        words.add(room.word)
    assert words >= {"vacant"}
    assert room.word == "vacant"
    assert room.state.healthy == 1


def test_a_sensor_stuck_for_eight_hours_is_not_believed_until_it_changes() -> None:
    room = Told("ceiling")
    room.set("ceiling", True)
    room.run(8 * 3600 - 10)
    assert room.word == "occupied"
    room.run(20.0)
    assert room.word == "unknown"
    assert [(fault.sensor, fault.code) for fault in room.state.faults] == [
        ("ceiling", "stuck_high")
    ]
    room.set("ceiling", False)
    assert (room.state.healthy, room.state.faults) == (1, ())


def quick(**kinds: str) -> Presence:
    """A room whose sensors tell their levels at edges alone."""
    presence = Presence(dict.fromkeys(kinds, HOLD_S), kinds, stale_s=float("inf"))
    for name in kinds:
        presence.level(name, False, 0.0)
    return presence


def test_a_sensor_is_not_stuck_while_others_see_somebody_too() -> None:
    presence = quick(ceiling="pir", wall="pir")
    presence.level("ceiling", True, 10.0)
    for minute in range(12 * 60):
        presence.level("wall", minute % 2 == 0, 10.0 + minute * 60)
    end = 10.0 + 12 * 3600
    presence.tick(end)
    assert presence.state.faults == ()
    presence.tick(end + 37 * 3600)  # nobody ever stayed for a third of that
    assert [(fault.sensor, fault.code) for fault in presence.state.faults] == [
        ("ceiling", "stuck_high")
    ]


def test_a_room_that_was_once_used_for_long_waits_three_times_as_long() -> None:
    presence = quick(ceiling="pir")
    presence.call_live(True, 10.0)
    presence.tick(6 * 3600.0)
    presence.call_live(False, 6 * 3600.0)
    presence.level("ceiling", True, 24 * 3600.0)
    presence.tick(24 * 3600.0 + 17 * 3600.0)
    assert presence.state.faults == ()
    presence.tick(24 * 3600.0 + 19 * 3600.0)
    assert [fault.code for fault in presence.state.faults] == ["stuck_high"]


def calls(presence: Presence, days: int) -> None:
    for day in range(days):
        presence.call_live(True, day * 86_400.0 + 36_000.0)
        presence.call_live(False, day * 86_400.0 + 39_600.0)
    presence.tick(days * 86_400.0)


def test_a_sensor_that_missed_five_meetings_in_a_week_is_not_believed_until_it_moves() -> None:
    presence = quick(ceiling="pir", wall="pir")
    calls(presence, 7)
    presence.level("wall", True, 7 * 86_400.0 + 36_000.0)
    assert [(fault.sensor, fault.code) for fault in presence.state.faults] == [
        ("ceiling", "stuck_low")
    ]
    presence.level("ceiling", True, 7 * 86_400.0 + 36_001.0)
    presence.tick(7 * 86_400.0 + 36_002.0)
    assert presence.state.faults == ()


def test_a_quiet_week_without_people_is_no_fault() -> None:
    presence = quick(ceiling="pir", wall="pir")
    presence.tick(30 * 86_400.0)
    assert presence.state.faults == ()
    calls(presence, 4)
    assert presence.state.faults == ()


def test_since_is_when_the_word_began_and_not_when_it_was_told_again() -> None:
    room = Told("ceiling")
    began = room.state.since
    room.run(50.0)
    assert room.state.since == began
    room.set("ceiling", True)
    room.run(1.0)
    assert room.state.since > began


def test_the_state_is_the_same_at_two_glances_within_ten_seconds() -> None:
    room = Told("ceiling")
    room.set("ceiling", True)
    room.run(1.0)
    room.set("ceiling", False)
    first = room.state
    room.run(9.0)
    assert room.state == first


def test_due_names_every_instant_at_which_the_word_changes_by_itself() -> None:
    presence = Presence({})
    presence.touched(0.0)
    seen = {}
    while (due := presence.due()) is not None:
        presence.tick(due)
        seen[presence.state.state] = due
    assert seen == {"vacating": 540.0, "unknown": 600.0}


def test_an_instant_that_lies_before_an_earlier_one_counts_as_that_one() -> None:
    room = Told("ceiling")
    room.set("ceiling", True)
    room.presence.level("ceiling", True, 50.0)
    room.run(1.0)
    assert room.word == "occupied"
    room.presence.tick(50.0)
    assert room.word == "occupied"


def test_a_sensor_that_is_not_configured_is_an_error() -> None:
    with pytest.raises(KeyError):
        Presence({"ceiling": HOLD_S}).level("table", True, 1.0)


repeatable = settings(deadline=None, derandomize=True)

SENSORS = ("a", "b")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(("level", "level", "level", "gone", "touch", "tick", "call")),
        st.sampled_from(SENSORS),
        st.booleans(),
        st.floats(-5.0, 700.0) | st.floats(0.0, 0.2),
    ),
    max_size=60,
)


Event = tuple[str, str, bool, float]


def play(events: list[Event]) -> Iterator[tuple[Presence, bool, float]]:
    """Play events; yield the presence, whether a call is live and the latest instant told."""
    presence, now, live = Presence({"a": 600.0, "b": 30.0}, {"b": "radar"}), 1000.0, False
    latest = 0.0
    for what, sensor, flag, after_s in events:
        now += after_s  # sometimes backwards, as a late edge is
        latest = max(latest, now)
        if what == "level":
            presence.level(sensor, flag, now)
        elif what == "gone":
            presence.healthy(sensor, flag, now)
        elif what == "touch":
            presence.touched(now)
        elif what == "call":
            live = flag
            presence.call_live(flag, now)
        presence.tick(now)
        yield presence, live, latest


def played(events: list[Event]) -> tuple[Presence, float]:
    """Return the presence after all events, and the latest instant told."""
    last = (Presence({}), 0.0)
    for presence, _, latest in play(events):
        last = (presence, latest)
    return last


@repeatable
@given(EVENTS)
def test_the_room_is_never_vacant_while_a_call_is_live(events: list[Event]) -> None:
    for presence, live, _ in play(events):
        assert not live or presence.state.state == "occupied"


@repeatable
@given(EVENTS)
def test_since_never_runs_backwards_and_due_always_lies_ahead(events: list[Event]) -> None:
    since = 0.0
    for presence, _, latest in play(events):
        assert since <= presence.state.since <= latest
        since = presence.state.since
        due = presence.due()
        assert due is None or due > latest


@repeatable
@given(EVENTS)
def test_vacant_always_has_a_healthy_sensor_behind_it(events: list[Event]) -> None:
    for presence, _, _ in play(events):
        state = presence.state
        assert state.state != "vacant" or state.healthy > 0
        assert 0 <= state.healthy <= state.configured == len(SENSORS)


@repeatable
@given(EVENTS)
def test_following_due_and_looking_once_at_the_end_give_the_same_word(
    events: list[Event],
) -> None:
    (once, _), (often, _) = played(events), played(events)
    end = 60_000.0
    while (due := often.due()) is not None and due < end:
        often.tick(due)
    often.tick(end)
    once.tick(end)
    assert often.state.state == once.state.state


@repeatable
@given(EVENTS)
def test_between_two_dues_no_glance_sees_another_word(events: list[Event]) -> None:
    presence, latest = played(events)
    word, due = presence.state.state, presence.due()
    until = latest + 700.0 if due is None else due
    presence.tick(latest + 0.999 * (until - latest))
    assert presence.state.state == word


@repeatable
@given(EVENTS)
def test_the_same_events_give_the_same_states(events: list[Event]) -> None:
    first = [presence.state for presence, _, _ in play(events)]
    assert first == [presence.state for presence, _, _ in play(events)]


KINDS = ("level", "level", "level", "healthy", "call", "touch", "tick")
INPUTS = st.lists(
    st.builds(
        Input,
        st.floats(0.0, 5000.0),
        st.sampled_from(KINDS),
        st.sampled_from(SENSORS),
        st.booleans(),
    ),
    max_size=40,
).map(lambda inputs: sorted(inputs, key=lambda told: told.at_s))


def fresh() -> Presence:
    return Presence({"a": 600.0, "b": 30.0}, {"b": "radar"})


@repeatable
@given(INPUTS)
def test_history_replays_bit_for_bit(inputs: list[Input]) -> None:
    assert list(replay(fresh(), inputs)) == list(replay(fresh(), inputs))


@repeatable
@given(INPUTS, st.floats(0.05, 400.0))
def test_history_replays_the_same_however_often_somebody_looked(
    inputs: list[Input], every_s: float
) -> None:
    once, often, now = fresh(), fresh(), 0.0
    once.tick(now)
    for told in inputs:
        while now < told.at_s:
            often.tick(now)
            now += every_s
        tell(often, told)
        tell(once, told)
        assert often.state == once.state


def test_a_jump_of_a_year_ends_every_hold_once_and_in_bounded_work() -> None:
    presence = quick(ceiling="pir")
    presence.level("ceiling", True, 10.0)
    presence.level("ceiling", False, 12.0)
    presence.tick(365 * 86_400.0)
    assert (presence.state.state, presence.state.since) == ("vacant", 12.0 + HOLD_S)


@repeatable
@given(st.lists(st.floats(0.0, 0.3), min_size=200, max_size=400))
def test_a_storm_keeps_bounded_memory_and_ends_in_a_known_word(gaps: list[float]) -> None:
    presence, now = Presence({"a": 30.0}), 0.0
    for number, gap in enumerate(gaps):
        now += gap
        presence.level("a", number % 2 == 0, now)
    assert len(presence._senses["a"]._edges) <= 51
    for _ in range(700):
        now += 1.0
        presence.level("a", False, now)
    assert presence.state.state == "vacant"
