"""A camera's video cycle, learned from when it speaks."""

import random

import pytest

from roomctl.visca.video_cycle import VideoCycle

CYCLE_S = 1 / 59.94
DRIVE_S = 0.009375  # nine bytes at 9600 baud


def learned(*, late_s: float = 0.0, answers: int = 20, seed: int = 1) -> VideoCycle:
    """Return what was learned from a camera whose cycles begin at whole numbers of them."""
    cycle, chance = VideoCycle(), random.Random(seed)
    for number in range(answers):
        cycle.spoke(5 * number * CYCLE_S + chance.uniform(0, late_s), CYCLE_S)
    return cycle


@pytest.mark.parametrize("now", [200.0 + step * 0.00111 for step in range(40)])
def test_what_may_wait_arrives_shortly_before_a_cycle_and_is_taken_no_later_for_it(
    now: float,
) -> None:
    at = learned().write_at(now, DRIVE_S, CYCLE_S)
    lies_s = -(at + DRIVE_S) % CYCLE_S
    assert lies_s <= VideoCycle.LEAD * CYCLE_S + 1e-9
    assert (at + DRIVE_S) // CYCLE_S - (now + DRIVE_S) // CYCLE_S <= 1
    if at > now:
        assert (at + DRIVE_S) // CYCLE_S == (now + DRIVE_S + 0.0004) // CYCLE_S


def test_nothing_waits_before_a_few_answers_have_shown_the_cycle() -> None:
    assert learned(answers=3).write_at(100.003, DRIVE_S, CYCLE_S) == 100.003


@pytest.mark.parametrize("seed", range(10))
def test_nothing_waits_for_a_camera_whose_answers_show_no_cycle(seed: int) -> None:
    cycle, chance, waited = VideoCycle(), random.Random(seed), 0
    for number in range(400):
        cycle.spoke(number * 0.1 + chance.uniform(0, CYCLE_S), CYCLE_S)
        waited += cycle.write_at(number * 0.1, DRIVE_S, CYCLE_S) > number * 0.1
    assert waited < 20


def test_answers_that_come_a_little_late_now_and_then_do_not_lose_the_cycle() -> None:
    cycle = learned(late_s=0.0015, answers=200)
    at = cycle.write_at(200.0, DRIVE_S, CYCLE_S)
    assert -(at + DRIVE_S) % CYCLE_S < 2 * VideoCycle.LEAD * CYCLE_S


def test_a_cycle_that_shifts_is_found_again() -> None:
    cycle = learned()
    for number in range(2 * VideoCycle.SUREST):
        cycle.spoke(20.0 + (number + 0.5) * CYCLE_S, CYCLE_S)
    at = cycle.write_at(30.0, DRIVE_S, CYCLE_S)
    assert -(at + DRIVE_S - 20.0 - CYCLE_S / 2) % CYCLE_S <= VideoCycle.LEAD * CYCLE_S + 1e-9


def test_nothing_waits_for_a_camera_that_takes_messages_at_any_time() -> None:
    cycle = VideoCycle()
    for number in range(20):
        cycle.spoke(number * 0.1, 1e-6)
    assert cycle.write_at(1.0, DRIVE_S, 1e-6) == 1.0
