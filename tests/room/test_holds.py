"""One press of a finger: renewed while it lasts, and its id never good twice."""

from roomctl.room.holds import LEASE_S, REMEMBERED, Holds


def test_a_hold_goes_on_while_its_beats_come_in_order() -> None:
    holds = Holds()
    assert holds.beat("h", 1, "front", "panel", 0.0)
    assert holds.beat("h", 2, "front", "panel", 0.1)
    assert not holds.beat("h", 2, "front", "panel", 0.2)
    assert not holds.beat("h", 1, "front", "panel", 0.2)
    assert holds.beat("h", 3, "front", "panel", 0.3)


def test_a_hold_that_was_silent_too_long_is_over_for_good() -> None:
    holds = Holds()
    assert holds.beat("h", 1, "front", "panel", 0.0)
    assert not holds.beat("h", 2, "front", "panel", LEASE_S)
    assert not holds.beat("h", 3, "front", "panel", LEASE_S + 0.01)


def test_a_released_hold_is_over_for_good() -> None:
    holds = Holds()
    holds.beat("h", 1, "front", "panel", 0.0)
    assert holds.release("h", "panel") == "front"
    assert not holds.beat("h", 2, "front", "panel", 0.1)
    assert holds.release("h", "panel") is None


def test_a_release_that_overtakes_its_press_ends_it() -> None:
    holds = Holds()
    assert holds.release("h", "panel") is None
    assert not holds.beat("h", 1, "front", "panel", 0.0)


def test_a_camera_obeys_one_finger_at_a_time() -> None:
    holds = Holds()
    assert holds.beat("a", 1, "front", "one", 0.0)
    assert not holds.beat("b", 1, "front", "two", 0.1)
    assert holds.beat("c", 1, "back", "two", 0.1)
    assert holds.beat("b", 2, "front", "two", LEASE_S)


def test_nobody_moves_or_ends_the_hold_of_another() -> None:
    holds = Holds()
    holds.beat("h", 1, "front", "one", 0.0)
    assert not holds.beat("h", 2, "front", "two", 0.1)
    assert holds.release("h", "two") is None
    assert holds.beat("h", 2, "front", "one", 0.1)


def test_a_holder_that_goes_away_lets_go_of_its_own_alone() -> None:
    holds = Holds()
    holds.beat("a", 1, "front", "one", 0.0)
    holds.beat("b", 1, "back", "two", 0.0)
    assert holds.drop("one") == ["front"]
    assert holds.beat("b", 2, "back", "two", 0.1)
    assert not holds.beat("a", 2, "front", "one", 0.1)


def test_ended_ids_do_not_fill_the_memory() -> None:
    holds = Holds()
    for number in range(REMEMBERED + 10):
        holds.release(str(number), "panel")
    assert holds.beat("0", 1, "front", "panel", 0.0)  # the oldest is forgotten
    assert not holds.beat(str(REMEMBERED + 9), 1, "back", "panel", 0.0)
