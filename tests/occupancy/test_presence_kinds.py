"""Doors, light and air: what each kind of sensor proves, and what it never does."""

from roomctl.occupancy import Presence, PresenceState
from roomctl.occupancy.presence import DOOR_S
from tests.occupancy.told import HOLD_S, Told


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
