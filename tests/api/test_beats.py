"""The beats of one socket's holds, in invented time."""

import pytest

from roomctl.api.beats import AGAIN_S, BEAT_LENGTH, BEATS, GAP_S, HOLDS, Beats
from roomctl.api.schema import LiveHold

LENGTH = 120


def beat(seq: int, hold: str = "stick", pan: float = 0.5, camera: str = "front") -> LiveHold:
    return LiveHold(type="hold", hold=hold, seq=seq, camera=camera, pan=pan, tilt=0, zoom=0)


@pytest.mark.parametrize("rate", [125, 1000])
def test_a_stick_that_is_held_for_minutes_says_no_message_but_the_first(rate: int) -> None:
    beats, counted, handed_on, waited = Beats(0.0), 0, 0, 0
    for seq in range(rate * 180):
        now = seq / rate
        counted += not beats.renews(beat(seq), LENGTH, now)
        beats.put(beat(seq))
        if not beats.due_in(now):
            taken = beats.take(now)
            assert [each.seq for each in taken] == [seq]
            handed_on += 1
            waited = max(waited, len(taken))
    assert counted == 1
    assert waited == 1
    assert handed_on <= 180 / GAP_S + 1


def test_beats_beyond_any_stick_are_messages() -> None:
    beats, rate = Beats(0.0), 100_000
    beats.renews(beat(0), LENGTH, 0.0)
    renewed = sum(beats.renews(beat(seq), LENGTH, seq / rate) for seq in range(rate))
    assert renewed <= BEATS.burst + BEATS.per_s


def test_a_long_beat_and_that_of_another_hold_are_messages() -> None:
    beats = Beats(0.0)
    assert not beats.renews(beat(0), LENGTH, 0.0)
    assert not beats.renews(beat(1), BEAT_LENGTH + 1, 0.0)
    assert beats.renews(beat(2), BEAT_LENGTH, 0.0)
    for n in range(1000):
        assert not beats.renews(beat(0, f"press-{n}"), LENGTH, 0.0)
    assert not beats.renews(beat(3), LENGTH, 0.0)  # so many later ones: nothing keeps it in mind
    for n in range(1001 - HOLDS, 1000):
        assert beats.renews(beat(1, f"press-{n}"), LENGTH, 0.0)


def test_of_a_hold_the_newest_waits_and_of_two_each() -> None:
    beats = Beats(0.0)
    for seq, hold, pan in ((1, "a", 0.1), (1, "b", 0.2), (3, "a", 0.3), (2, "a", 0.4)):
        beats.put(beat(seq, hold, pan))
    assert [(each.hold, each.pan) for each in beats.take(1.0)] == [("a", 0.3), ("b", 0.2)]
    assert beats.take(1.0) == []
    assert beats.due_in(1.0 + GAP_S / 4) == pytest.approx(GAP_S * 3 / 4)


def test_a_refusal_is_said_again_when_it_is_another_and_after_a_while() -> None:
    beats = Beats(0.0)
    assert beats.tells("a", "hold_ended", 1.0)
    assert not beats.tells("a", "hold_ended", 1.0 + AGAIN_S / 2)
    assert beats.tells("a", "offline", 1.0 + AGAIN_S / 2)
    assert beats.tells("b", "offline", 1.0 + AGAIN_S / 2)
    assert beats.tells("b", "offline", 1.0 + 2 * AGAIN_S)
