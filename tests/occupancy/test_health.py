"""Sensors that are not believed: chatter, stuck high, stuck low; and how each comes back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.occupancy import Presence
from tests.occupancy.told import Told, quick


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
