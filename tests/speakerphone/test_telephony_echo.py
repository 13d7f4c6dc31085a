"""Echo or finger: what a device's silence teaches, and that no echo ever toggles."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from roomctl.speakerphone.sim import SPEAK_810, Model, SpeakerphoneFaults
from roomctl.speakerphone.telephony import EchoFilter, Press
from roomctl.wire import Chunk
from tests.examples import examples
from tests.speakerphone.desk import Desk
from tests.speakerphone.devices import ABSOLUTE, BLACKWIRE, BOYA, MOMENTARY, POWERCONF, SP325

ECHOING = [SPEAK_810, POWERCONF, SP325, BLACKWIRE, BOYA, MOMENTARY, ABSOLUTE]
STEP_S = 0.2  # fingers and the host move on this grid, echoes come half a step beside it

# What happens on each step: the host mutes or opens, a finger presses, or nothing.
STEPS = st.lists(st.sampled_from(["mute", "open", "press", "", "", ""]), max_size=50)


def live(desk: Desk, steps: list[str]) -> int:
    """Let all `steps` happen; return how often the button was pressed."""
    for step in steps:
        if step == "press":
            desk.press_mute()
        elif step:
            desk.show(muted=step == "mute")
        desk.pass_s(STEP_S)
    desk.pass_s(6)
    return steps.count("press")


@settings(max_examples=examples(60), deadline=None, derandomize=True)
@given(
    model=st.sampled_from(ECHOING),
    echo_s=st.integers(0, 12).map(lambda n: n * STEP_S + STEP_S / 2),
    off_hook=st.booleans(),
    steps=STEPS,
)
def test_a_device_that_echoes_never_toggles_more_often_than_it_is_pressed(
    model: Model, echo_s: float, off_hook: bool, steps: list[str]
) -> None:
    desk = Desk(model, SpeakerphoneFaults(echo_s=min(echo_s, 2.5)))
    desk.show(off_hook=off_hook)
    desk.pass_s(6)
    pressed = live(desk, steps)
    assert desk.presses.count(Press.MUTE) <= pressed
    assert set(desk.presses) <= {Press.MUTE}


@settings(max_examples=examples(60), deadline=None, derandomize=True)
@given(
    model=st.sampled_from(ECHOING[:-1]),
    off_hook=st.booleans(),
    lags=st.lists(st.floats(0.16, 4.0), max_size=12),
)
def test_a_device_that_has_shown_itself_silent_loses_no_press(
    model: Model, off_hook: bool, lags: list[float]
) -> None:
    assume(all(abs(lag - after) > 0.15 for lag, after in pairwise(lags)))  # a finger keeps no time
    desk = Desk(model, SpeakerphoneFaults(echo_s=None))
    desk.show(off_hook=off_hook)
    desk.pass_s(6)
    for muted in (True, False):
        desk.show(muted=muted)
        desk.pass_s(6)
    for lag_s in lags:
        desk.show(muted=not desk.muted)
        desk.pass_s(lag_s)
        desk.press_mute()
        desk.pass_s(0.4)
        desk.press_mute()
        desk.pass_s(0.4)
    assert desk.presses == [Press.MUTE] * (2 * len(lags))


def test_before_that_one_press_within_an_echos_time_may_be_lost_and_nothing_worse() -> None:
    desk = Desk(faults=SpeakerphoneFaults(echo_s=None))
    desk.show(muted=True)
    desk.pass_s(1)
    desk.press_mute()
    assert (desk.presses, desk.muted) == ([], True)  # it stays silent: the safe side
    desk.pass_s(0.4)
    desk.press_mute()
    assert (desk.presses, desk.muted) == ([Press.MUTE], False)


def silent(windows: int, *, off_hook: bool = True) -> EchoFilter:
    echoes = EchoFilter(2.5)
    for n in range(windows):
        echoes.expect(n % 2 == 0, off_hook, 10.0 * n, 10.0 * n, True)
    return echoes


@pytest.mark.parametrize(
    ("windows", "wrote_muted", "echo"),
    [(0, True, True), (0, False, True), (1, True, True), (1, False, False), (2, True, False)],
)
def test_opening_a_microphone_needs_more_silence_than_muting_it(
    windows: int, wrote_muted: bool, echo: bool
) -> None:
    echoes = silent(windows)
    echoes.expect(wrote_muted, True, 100.0, 100.0, True)
    assert echoes.confirms(101.0) is echo


def test_the_answer_to_a_press_that_came_like_an_echo_may_be_echoed() -> None:
    echoes = silent(1)
    echoes.expect(False, True, 100.0, 100.0, True)
    assert not echoes.confirms(100.1)  # a press, or an echo after all: it mutes, the safe side
    assert echoes.owed(100.2)
    echoes.expect(True, True, 100.2, 100.2, False)  # the answer
    assert echoes.confirms(100.3)  # opens nothing
    later = silent(1)
    later.expect(False, True, 100.0, 100.0, True)
    assert not later.confirms(101.3)  # nobody echoes so late: a finger
    assert not later.owed(101.4)


def test_what_is_learned_on_hook_says_nothing_of_a_call() -> None:
    echoes = silent(3, off_hook=False)
    echoes.expect(True, True, 100.0, 100.0, True)
    assert echoes.confirms(101.0)


def test_silence_after_a_write_that_may_have_changed_nothing_teaches_nothing() -> None:
    echoes = EchoFilter(2.5)
    for n in range(5):
        echoes.expect(True, True, 10.0 * n, 10.0 * n, False)
    echoes.expect(True, True, 100.0, 100.0, True)
    assert echoes.confirms(102.5)


def test_a_device_that_begins_to_echo_is_believed_again() -> None:
    echoes = silent(30)
    heard = []
    for n in range(5):
        echoes.expect(False, True, 1000.0 + 10 * n, 1000.0 + 10 * n, True)
        heard.append(echoes.confirms(1001.0 + 10 * n))
    assert heard == [False, False, False, False, True]


def test_two_writes_in_haste_have_two_echoes_and_no_press() -> None:
    desk = Desk(faults=SpeakerphoneFaults(echo_s=2.0))
    desk.show(muted=True)
    desk.pass_s(1)
    desk.show(muted=False)
    desk.pass_s(4)
    assert (desk.presses, desk.muted) == ([], False)


def test_an_absolute_mutes_late_echo_of_a_wish_that_was_taken_back_is_no_press() -> None:
    desk = Desk(ABSOLUTE, SpeakerphoneFaults(echo_s=None))
    desk.show(muted=True)
    desk.pass_s(1)
    desk.show(muted=False)
    desk.time.run(1)
    for muted in (True, False):
        desk.sim._out.append(bytes((1, 0, muted << 1)))
        desk.time.settle()
    assert (desk.presses, desk.muted) == ([], False)


def test_a_device_that_echoes_even_answers_ends_muted_and_not_in_a_loop() -> None:
    desk = Desk(faults=SpeakerphoneFaults(echo_s=None, repeats=False))
    desk.show(off_hook=True)
    desk.pass_s(3)
    before = None
    while before is not desk.muted and len(desk.presses) < 100:
        before = desk.muted
        desk.session.receive(Chunk(bytes((1, 2, 0b101, 0)), desk.time.now))  # the LED has changed
        desk.pass_s(0.3)
    assert 24 < len(desk.presses) < 30
    assert desk.muted
    desk.pass_s(3)
    desk.press_mute()
    assert not desk.muted  # a finger is believed again
