"""The test sound, and the judgement of its rhythm, on made-up rooms."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.kiosk.audio.tone import (
    LENGTH_S,
    LONGEST_LAG_S,
    PAUSE_S,
    PEAKS_PER_S,
    RATE,
    SWEEP_S,
    judge,
    level_pct,
    samples,
)

STEP_S = SWEEP_S + PAUSE_S


def room(lag_s, loud, noise):
    """Peaks of a microphone that hears the sound `lag_s` late over `noise(time)`."""
    peaks = []
    for n in range(-4, round((LENGTH_S + LONGEST_LAG_S) * PEAKS_PER_S)):
        at = n / PEAKS_PER_S
        place = (at - lag_s) % STEP_S
        playing = 0 <= at - lag_s <= LENGTH_S and place <= SWEEP_S
        peaks.append((at, max(noise(at), loud if playing else 0.0)))
    return peaks


def hiss(level, seed=7):
    random = Random(seed)
    return lambda at: level * random.uniform(0.3, 1.0)


@pytest.mark.parametrize("lag_s", [0.02, 0.1, 0.25, 0.4, 0.7])
@pytest.mark.parametrize("loud", [0.005, 0.05, 0.9])
def test_the_sound_is_heard_through_hiss_whatever_the_delay(lag_s, loud):
    found = judge(room(lag_s, loud, hiss(loud / 4)))
    assert found.heard
    assert found.loud >= loud
    assert found.quiet <= loud / 4


@pytest.mark.parametrize("level", [0.0, 0.001, 0.02, 0.5])
def test_a_room_that_only_hisses_has_not_heard_it(level):
    for seed in range(50):
        assert not judge(room(0.1, 0.0, hiss(level, seed))).heard


def test_somebody_who_talks_all_the_time_is_not_the_test_sound():
    """Syllables, three to five a second, as loud as the test sound."""
    for seed in range(50):
        random = Random(seed)
        rate, phase = random.uniform(3, 5), random.random()

        def talk(at, random=random, rate=rate, phase=phase):
            return random.uniform(0.2, 0.5) if (at * rate + phase) % 1 < 0.6 else 0.01

        assert not judge(room(0.1, 0.0, talk)).heard


@given(st.lists(st.tuples(st.floats(-1, 3), st.floats(0, 1)), max_size=80))
def test_any_peaks_give_a_judgement(peaks):
    found = judge(peaks)
    assert 0 <= found.loud <= 1
    assert 0 <= found.quiet <= 1


def test_nothing_measured_is_nothing_heard():
    assert judge([]).heard is False


def test_the_sound_is_as_long_as_it_says_and_neither_loud_nor_faint():
    data = samples()
    assert len(data) == 2 * round(LENGTH_S * RATE)
    values = memoryview(data).cast("h")
    assert 0.45 < max(values) / 32767 <= 0.5


@pytest.mark.parametrize(
    ("peak", "shown"), [(0.0, 0), (0.0005, 0), (0.001, 0), (0.0316, 50), (1.0, 100), (1.5, 100)]
)
def test_a_level_is_shown_in_decibels(peak, shown):
    assert level_pct(peak) == shown
