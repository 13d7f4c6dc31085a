"""Which starts of meetings count as first try, in invented time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.meeting.first_try import LIMIT_S, FirstTry, StartOutcome, share, touches_of

Step = tuple[float, str]


def played(*steps: Step, mode: str = "assisted") -> StartOutcome | None:
    """Take commands, `fault`, and states of the call (`=in_call`); return how the start ended."""
    first_try, outcome = FirstTry(), None
    for at_s, what in steps:
        if what == "fault":
            first_try.fault()
        elif what.startswith("="):
            outcome = outcome or first_try.follow(what[1:], "jitsi", mode, at_s)
        else:
            first_try.touched(what, 1, at_s)
    return outcome


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([(0, "meeting.join"), (1, "=preparing"), (19.9, "=in_call")], "first_try"),
        ([(0, "meeting.new"), (20.1, "=in_call")], "slow"),
        ([(0, "meeting.join"), (3, "meeting.join"), (9, "=in_call")], "touches"),
        ([(0, "room.wake"), (4, "meeting.join"), (9, "=in_call")], "touches"),
        ([(0, "room.wake"), (60, "meeting.join"), (69, "=in_call")], "first_try"),
        ([(0, "meeting.join"), (2, "screen.key"), (9, "=in_call")], "touches"),
        ([(0, "meeting.join"), (2, "audio.mute"), (9, "=in_call")], "first_try"),
        ([(0, "meeting.join"), (2, "fault"), (9, "=in_call")], "fault"),
        ([(0, "meeting.join"), (2, "=failed"), (5, "meeting.rejoin"), (9, "=in_call")], "fault"),
        ([(0, "meeting.join"), (11, "=unknown"), (12, "=in_call")], "fault"),
        ([(0, "meeting.join"), (5, "=lobby"), (9, "=leaving")], "given_up"),
        ([(0, "meeting.join"), (5, "=failed"), (9, "=leaving")], "fault"),
        ([(0, "meeting.join"), (LIMIT_S + 1, "=lobby")], "given_up"),
    ],
)
def test_a_start_is_a_first_try_or_says_why_not(steps: list[Step], why: str) -> None:
    outcome = played(*steps)
    assert outcome is not None
    assert outcome.why == why


def test_what_nobody_can_read_on_a_plain_page_is_no_fault() -> None:
    steps = ((0.0, "meeting.join"), (11.0, "=unknown"), (15.0, "=in_call"))
    outcome = played(*steps, mode="plain")
    assert outcome is not None
    assert (outcome.why, outcome.mode) == ("first_try", "plain")


def test_a_call_that_nobody_started_here_is_no_start() -> None:
    assert played((0.0, "=in_call"), (1.0, "screen.key"), (2.0, "=in_call")) is None


def test_a_wake_from_the_room_counts_from_the_first_touch() -> None:
    outcome = played((0.0, "room.wake"), (10.0, "meeting.join"), (15.0, "=in_call"))
    assert outcome is not None
    assert (outcome.touches, outcome.took_s) == (2, 15.0)


@pytest.mark.parametrize(
    ("command", "arguments", "ways", "touches"),
    [
        ("meeting.join", {"booking": "a"}, 3, 1),
        ("meeting.join", {"number": "1", "platform": "zoom"}, 1, 2),
        ("meeting.join", {"link": "https://x"}, 1, 2),
        ("meeting.new", {}, 1, 1),
        ("meeting.new", {"platform": "jitsi"}, 2, 2),
    ],
)
def test_what_has_to_be_typed_or_chosen_takes_more_than_one_touch(
    command: str, arguments: dict[str, str], ways: int, touches: int
) -> None:
    assert touches_of(command, arguments, ways) == touches


def test_the_share_of_no_start_is_unknown() -> None:
    assert share({}) is None
    assert share({"first_try": 3, "slow": 1}) == 0.75


WORDS = st.sampled_from(
    (
        *("meeting.join", "meeting.new", "screen.key", "room.wake", "fault"),
        *("=lobby", "=in_call", "=failed", "=leaving", "=ended", "=unknown", "=idle"),
    )
)


@given(st.lists(st.tuples(st.floats(0, 30), WORDS), max_size=12))
def test_a_first_try_had_one_touch_no_fault_and_was_soon(steps: list[Step]) -> None:
    at_s, told = 0.0, []
    for wait_s, what in steps:
        at_s += wait_s
        told.append((at_s, what))
    outcome = played(*told)
    if outcome is not None and outcome.why == "first_try":
        assert outcome.touches == 1
        assert outcome.took_s is not None
        assert outcome.took_s <= 20.0
