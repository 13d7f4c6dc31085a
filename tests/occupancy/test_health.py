"""Sensors that are not believed: chatter, stuck high, stuck low; and how each comes back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.occupancy import Presence
from tests.occupancy.told import HOLD_S, Told, quick


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


def both_seen(**kinds: str) -> Presence:
    """A room in which both sensors saw somebody who left, half an hour ago."""
    presence = quick(**kinds)
    for number, name in enumerate(kinds, 1):
        presence.level(name, True, 10.0 * number)
        presence.level(name, False, 10.0 * number + 2.0)
    presence.tick(1800.0)
    return presence


def test_a_radar_before_a_fan_holds_the_room_for_an_hour_and_a_half_and_not_for_eight() -> None:
    presence = both_seen(table="radar", ceiling="pir")
    presence.level("table", True, 1800.0)
    presence.tick(1800.0 + 5390.0)
    assert (presence.state.state, presence.state.faults) == ("occupied", ())
    presence.tick(1800.0 + 5401.0)
    assert [(fault.sensor, fault.code) for fault in presence.state.faults] == [
        ("table", "stuck_high")
    ]
    presence.tick(1800.0 + 5401.0 + HOLD_S)
    assert (presence.state.state, presence.state.healthy) == ("vacant", 1)


def test_a_sensor_that_was_never_seen_to_work_contradicts_nobody() -> None:
    presence = quick(table="radar", ceiling="pir")
    presence.level("table", True, 10.0)
    presence.tick(7 * 3600.0)
    assert presence.state.faults == ()


def test_a_sensor_that_is_gone_contradicts_nobody_and_counts_from_its_return() -> None:
    presence = both_seen(table="radar", ceiling="pir")
    presence.level("table", True, 1800.0)
    presence.healthy("ceiling", False, 1900.0)
    presence.tick(4 * 3600.0)
    assert presence.state.faults == ()
    presence.level("ceiling", False, 4 * 3600.0)
    presence.tick(4 * 3600.0 + 5300.0)
    assert presence.state.faults == ()
    presence.tick(4 * 3600.0 + 5401.0)
    assert [fault.sensor for fault in presence.state.faults] == ["table"]


def test_whoever_touches_the_panel_now_and_then_sits_before_no_fan() -> None:
    presence = both_seen(table="radar", ceiling="pir")
    presence.level("table", True, 1800.0)
    for hour in range(1, 7):
        presence.touched(1800.0 + hour * 3600.0)
        assert (presence.state.state, presence.state.faults) == ("occupied", ())


def test_two_sensors_that_agree_are_not_outvoted_by_one() -> None:
    presence = both_seen(table="radar", wall="radar", ceiling="pir")
    for name in ("table", "wall"):
        presence.level(name, True, 1800.0)
    presence.tick(20 * 3600.0)
    assert (presence.state.state, presence.state.faults) == ("occupied", ())


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


@settings(deadline=None, derandomize=True)
@given(st.lists(st.floats(0.0, 0.3), min_size=200, max_size=400))
def test_a_storm_keeps_bounded_memory_and_ends_in_a_known_word(gaps: list[float]) -> None:
    presence, now = Presence({"a": 30.0}), 0.0
    for number, gap in enumerate(gaps):
        now += gap
        presence.level("a", number % 2 == 0, now)
    assert len(presence._sensors["a"]._transitions) <= 51
    for _ in range(700):
        now += 1.0
        presence.level("a", False, now)
    assert presence.state.state == "vacant"


def test_a_sensor_that_chatters_is_listened_to_again_in_the_last_five_seconds() -> None:
    room = Told("ceiling")
    storm(room, 2.6)  # the 51st edge comes after 2.5 s, and ten seconds begin
    began = room.now - 0.1
    assert room.presence.deaf("ceiling", began + 4.9)
    assert not room.presence.deaf("ceiling", began + 5.1)
    room.levels["ceiling"] = True  # somebody is there when it has calmed down
    room.run(9.8)
    assert room.state.healthy == 0
    room.run(1.3)
    assert (room.state.healthy, room.word) == (1, "occupied")


def test_a_sensor_that_chatters_again_is_not_believed_for_twice_as_long_up_to_ten_minutes() -> None:
    room, ends = Told("ceiling"), []
    for _ in range(9):
        while room.state.healthy:
            storm(room, 1.0)
        began = room.now
        while not room.state.healthy:
            room.run(1.0)
        ends.append(round(room.now - began))
    assert [end // 10 * 10 for end in ends] == [10, 20, 40, 80, 160, 320, 600, 600, 600]
    room.run(700.0)  # calm for long
    while room.state.healthy:
        storm(room, 1.0)
    room.run(12.0)
    assert room.state.healthy == 1
