"""Whether somebody in the room talks: voice, not loudness. Knows no server; keeps no sound.

Every 40 ms of what a microphone hears become a few numbers; those of the last 1.4 s are kept:

| number | it is so of a voice                                                                  |
|--------|--------------------------------------------------------------------------------------|
| voiced | the sound repeats itself 80 to 400 times a second, and is louder than the quiet of   |
|        | the room. A fan, rain and a click repeat nothing; a bird and a whistle do it faster  |
| alike  | how like itself it is then. A vacuum cleaner is a pitch, too, and half of it noise   |
| moved  | its pitch has changed since 40 ms ago, by little. Hum, a motor, a key that rings     |
|        | keep theirs                                                                          |
| near   | it is within half an octave of the middle pitch: it is one person's. Of keys and of  |
|        | coughs each has its own                                                              |
| level  | it rises and falls with each syllable                                                |

Somebody talks when enough of these come together. A voice that does not end for 1.4 s has to be
clearer than a motor is. While the loudspeaker plays, and until its echo is over, nothing counts:
that is the far end's voice. All figures are ours, chosen on recorded speech and noise:
`make bench ARGS=voice` measures them again.
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Sequence
from itertools import accumulate, chain, pairwise
from operator import mul
from statistics import median
from typing import NamedTuple

LEAST_RATE, MOST_RATE = 8_000, 192_000
MOST_CHANNELS = 64

_RATE = 4_000  # what is judged: a voice's pitch and its first formant
_STEP_S = 0.04
_LOWEST_HZ, _HIGHEST_HZ = 80, 400
_LEAST_LAG = 4  # one that repeats itself in less is no voice either, and no more is known of it
_STEPS = 35
_HIGH_PASS_HZ = 120
_FULL = 32768.0

_ALIKE = 0.5  # how like itself a voiced step is, 1: the same again
_CLEAR = 0.65  # and voiced steps are together: those of a motor that roars are less
_UNBROKEN = 0.75  # and those of a voice that does not end: a motor that goes on is less
_TOO_FAST = 0.95  # of that: a shorter period explains it as well
_QUIETEST_DB, _ABOVE_DB = -75.0, 6.0
_RISE_DB = 3.0 * _STEP_S  # how fast what is always there becomes the quiet of the room
_LEAST_MOVE, _MOST_MOVE = 0.01, 0.2  # octaves
_VOICED, _MOVED, _SYLLABLES, _DIP_DB = 10, 5, 2, 6.0
_NEAR = 0.5  # octaves from the middle pitch: keys and coughs have each their own
_HOLD_S = 1.5  # from word to word

_FAR_QUIET, _FAR_NOISE, _FAR_ABOVE, _FAR_RISE = 0.001, 0.02, 4.0, 1.014
_TAIL_S = 0.8  # buffers of the sound server, and the echo of the room
_LATE_STEPS = 5  # what was heard before the loudspeaker's peak was told of


class _Step(NamedTuple):
    alike: float  # 0: not voiced
    pitch_hz: float
    moved: bool
    level_db: float


class VoiceActivity:
    """Tells from a microphone's samples whether somebody talks.

    `talking` is so since `since_s`, in seconds of sound since the beginning.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin as if nothing had been heard: after a gap, or with another microphone."""
        self.talking, self.since_s = False, 0.0
        self._kind: tuple[int, int] | None = None
        self._rest = b""
        self._wave: list[float] = []
        self._before = self._passed = 0.0
        self._quiet_db: float | None = None
        self._steps: deque[_Step] = deque(maxlen=_STEPS)
        self._far_peak, self._far_floor, self._plays_until_s = 0.0, _FAR_QUIET, 0.0
        self._heard_s, self._until_s = 0.0, 0.0

    def hear(self, samples: bytes, rate: int, channels: int = 1, far_peak: float = 0.0) -> bool:
        """Take what the microphone heard next, and return whether somebody talks.

        `samples` are of 16 bits, signed, in this machine's order, channel by channel; any number of
        them, and what is half one waits for its rest. `far_peak` is how loud the loudspeaker was
        meanwhile, 0-1. At a rate or of channels that no microphone has, nothing is heard.
        """
        if not (LEAST_RATE <= rate <= MOST_RATE and 1 <= channels <= MOST_CHANNELS):
            self.forget()
            return False
        if self._kind != (rate, channels):
            self.forget()
            self._kind = rate, channels
        self._hear_far(far_peak)
        every = max(1, round(rate / _RATE))
        self._take(samples, every, channels)
        per_s = rate / every
        step, longest = int(per_s * _STEP_S), math.ceil(per_s / _LOWEST_HZ)
        at = 0
        while at + step + longest <= len(self._wave):
            self._heard_s += step / per_s
            self._judge(self._wave[at : at + step + longest], step, per_s)
            at += step
        del self._wave[:at]
        return self.talking

    def _hear_far(self, peak: float) -> None:
        """Note whether the loudspeaker plays more than the noise of a line that is always there."""
        self._far_peak = peak if peak <= 1.0 else 1.0  # what is no number, too
        if self._far_peak <= min(self._far_floor * _FAR_ABOVE, _FAR_NOISE):
            return
        if self._heard_s >= self._plays_until_s:
            for back in range(1, min(_LATE_STEPS, len(self._steps)) + 1):
                self._steps[-back] = _Step(0.0, 0.0, False, self._steps[-back].level_db)
        self._plays_until_s = self._heard_s + _TAIL_S

    def _take(self, samples: bytes, every: int, channels: int) -> None:
        """Thin the samples out, and weaken what is deeper than a voice."""
        data = self._rest + samples
        block = 2 * every * channels
        whole = len(data) // block * block
        self._rest = data[whole:]
        heard = array("h", data[:whole])
        alpha = math.exp(-2 * math.pi * _HIGH_PASS_HZ / _RATE)
        before, passed, wave = self._before, self._passed, self._wave
        for total in map(sum, zip(*[iter(heard)] * (every * channels), strict=True)):
            passed = alpha * (passed + total / every - before)
            before = total / every
            wave.append(passed)
        self._before, self._passed = before, passed

    def _judge(self, wave: Sequence[float], step: int, per_s: float) -> None:
        """Take one step of sound, with the period after it that it is compared to."""
        here = wave[:step]
        energy = sum(map(mul, here, here))
        level_db = max(_QUIETEST_DB, 10 * math.log10(energy / step / _FULL**2 + 1e-12))
        quiet_db = level_db if self._quiet_db is None else self._quiet_db
        self._quiet_db = quiet_db = min(level_db, quiet_db + _RISE_DB)
        self._far_floor = max(_FAR_QUIET, min(self._far_peak, self._far_floor * _FAR_RISE))
        counts = level_db > quiet_db + _ABOVE_DB and self._heard_s >= self._plays_until_s
        pitch_hz, alike = _pitch(wave, step, energy, per_s) if counts else (0.0, 0.0)
        before_hz = self._steps[-1].pitch_hz if self._steps else 0.0
        moved = _LEAST_MOVE <= _octaves(pitch_hz, before_hz) < _MOST_MOVE
        self._steps.append(_Step(alike, pitch_hz, moved, level_db))
        if self._speech():
            self._until_s = self._heard_s + _HOLD_S
        talking = self._heard_s < self._until_s
        if talking is not self.talking:
            self.talking, self.since_s = talking, self._heard_s

    def _speech(self) -> bool:
        """Whether the last steps are speech: clear voice that moves and comes in syllables.

        A sentence of vowels, nasals and glides is one voice all through.
        """
        voiced = [step for step in self._steps if step.alike]
        if len(voiced) < _VOICED:
            return False
        middle_hz = median(step.pitch_hz for step in voiced)
        near = [step for step in voiced if _octaves(step.pitch_hz, middle_hz) <= _NEAR]
        if len(near) < _VOICED or sum(step.moved for step in near) < _MOVED:
            return False
        ends = any(one.alike and not after.alike for one, after in pairwise(self._steps))
        if sum(step.alike for step in voiced) < (_CLEAR if ends else _UNBROKEN) * len(voiced):
            return False
        syllables, rising, turn_db = 0, True, math.inf
        for alike, _, _, level_db in self._steps:
            if rising:
                turn_db = min(turn_db, level_db)
                if alike and level_db >= turn_db + _DIP_DB:
                    syllables, rising, turn_db = syllables + 1, False, level_db
            else:
                turn_db = max(turn_db, level_db)
                if level_db <= turn_db - _DIP_DB:
                    rising, turn_db = True, level_db
        return syllables >= _SYLLABLES


def _octaves(one_hz: float, other_hz: float) -> float:
    """Return how far apart two pitches are; without one of them, infinitely."""
    return abs(math.log2(one_hz / other_hz)) if one_hz and other_hz else math.inf


def _pitch(wave: Sequence[float], step: int, energy: float, per_s: float) -> tuple[float, float]:
    """Return how often a second it repeats itself, and how like itself it is then, at most 1.

    Both are 0 of what does not, or not as a voice does.
    """
    shortest, longest = int(per_s / _HIGHEST_HZ), math.ceil(per_s / _LOWEST_HZ)
    here = wave[:step]
    sums = list(accumulate(map(mul, wave, wave), initial=0.0))
    alike = [0.0] * (longest + 1)
    for lag in range(_LEAST_LAG, longest + 1):
        there = (sums[lag + step] - sums[lag]) * energy
        if there > 0:
            alike[lag] = sum(map(mul, here, wave[lag : lag + step])) / math.sqrt(there)
    best = max(alike[shortest:])
    if best < _ALIKE or max(chain(alike[:shortest], (0.0,))) >= _TOO_FAST * best:
        return 0.0, 0.0
    lag = next(lag for lag in range(shortest, longest + 1) if alike[lag] >= 0.9 * best)
    while lag < longest and alike[lag + 1] > alike[lag]:
        lag += 1
    if shortest < lag < longest:
        left, peak, right = alike[lag - 1 : lag + 2]
        bend = left - 2 * peak + right
        if bend < 0:
            return per_s / (lag + (left - right) / (2 * bend)), best
    return per_s / lag, best
