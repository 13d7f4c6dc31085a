import pytest

from roomctl.screen.probe import rtc
from roomctl.screen.protocol import LARGEST_INT, Rtc


def test_the_frames_of_a_page_are_added_up():
    assert rtc([[0, 0, 0, 0], [2, 1, 100, 50]]) == Rtc(2, 1, 100, 50)


def test_a_frame_that_did_not_answer_does_not_spoil_the_others():
    assert rtc([None, [1, 1, 5, 6]]) == Rtc(1, 1, 5, 6)


def test_nothing_is_known_when_nobody_answered():
    assert rtc([None, None]) is None


@pytest.mark.parametrize(
    "answer",
    ["4", {"a": 1}, [1, 2, 3], [1, 1, 1, -1], [1, 1, 1, 0.5], [True, 1, 1, 1], [1, 1, 1, 2**60]],
)
def test_a_page_can_answer_anything(answer):
    assert rtc([answer]) is None


def test_sums_stay_what_the_wire_can_carry():
    assert rtc([[1, 1, LARGEST_INT, 0], [1, 1, LARGEST_INT, 0]]).bytes_in == LARGEST_INT
