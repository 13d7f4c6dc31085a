"""What a room with sensors, a call and touches is said to be, and for how long."""

import pytest

from roomctl.occupancy import Presence, PresenceState
from roomctl.occupancy.presence import AFTER_CALL_S
from tests.occupancy.told import HOLD_S, Told, quick


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


def test_a_jump_of_a_year_ends_every_hold_once_and_in_bounded_work() -> None:
    presence = quick(ceiling="pir")
    presence.level("ceiling", True, 10.0)
    presence.level("ceiling", False, 12.0)
    presence.tick(365 * 86_400.0)
    assert (presence.state.state, presence.state.since) == ("vacant", 12.0 + HOLD_S)


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
