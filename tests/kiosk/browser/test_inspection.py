import pytest

from roomctl.kiosk.browser.inspection import rtc_stats
from roomctl.screen.protocol import LARGEST_INT, RtcStats


def test_the_frames_of_a_page_are_added_up():
    assert rtc_stats([[0, 0, 0, 0, -1], [2, 1, 100, 50, 1]]) == RtcStats(2, 1, 100, 50, True)


@pytest.mark.parametrize(
    ("mics", "sends"), [((-1, -1), None), ((-1, 0), False), ((0, 1), True), ((1, -1), True)]
)
def test_a_page_is_muted_if_it_sends_sound_and_every_microphone_gives_silence(mics, sends):
    assert rtc_stats([[1, 1, 5, 6, mic] for mic in mics]).mic is sends


def test_a_frame_that_did_not_answer_does_not_spoil_the_others():
    assert rtc_stats([None, [1, 1, 5, 6, -1]]) == RtcStats(1, 1, 5, 6)


def test_nothing_is_known_when_nobody_answered():
    assert rtc_stats([None, None]) is None


@pytest.mark.parametrize(
    "answer",
    [
        *("4", {"a": 1}, [1, 2, 3], [1, 1, 1, 1], [1, 1, 1, -1, 0], [1, 1, 1, 0.5, 0]),
        *([True, 1, 1, 1, 0], [1, 1, 1, 2**60, 0], [1, 1, 1, 1, 2], [1, 1, 1, 1, True]),
    ],
)
def test_a_page_can_answer_anything(answer):
    assert rtc_stats([answer]) is None


def test_sums_stay_what_the_wire_can_carry():
    assert rtc_stats([[1, 1, LARGEST_INT, 0, 0]] * 2).bytes_in == LARGEST_INT
