"""The test tone, and whether a microphone heard it, told from its peaks alone.

Three sweeps from 300 to 3400 Hz (what every speakerphone carries) with pauses between them. Only
the rhythm is looked for, so nothing that was said in the room has to be kept. Pure: knows no clock
and no sound server.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from math import log, log10, pi, sin
from sys import byteorder

from roomctl.frozen import frozen

RATE = 16_000
SWEEPS, SWEEP_S, PAUSE_S = 3, 0.3, 0.3
LENGTH_S = SWEEPS * SWEEP_S + (SWEEPS - 1) * PAUSE_S
PEAKS_PER_S = 20
LONGEST_LAG_S = 1.2  # sound server, USB or Bluetooth, air; a sink that was idle takes longest
FLOOR_DB = -60.0

_LOW_HZ, _HIGH_HZ = 300.0, 3400.0
_AMPLITUDE = 0.5
_FADE_S = 0.02
_EDGE_S = 0.05  # what a peak of a twentieth of a second may reach over
_FADING_S = 0.12  # how long a room goes on sounding, more than 6 dB of it
_CLEAR = 2.0  # 6 dB above the pauses
_FAINTEST = 0.003  # -50 dB of full scale

TonePeak = tuple[float, float]
"""When, in seconds since the sound began to be played, and how loud, 0-1."""


@frozen
class ToneJudgement:
    """Whether it was heard; the peaks of the weakest sweep and of the loudest pause, 0-1."""

    heard: bool
    loud: float
    quiet: float


def samples() -> bytes:
    """Return the test tone: mono, 16 bit little-endian, `RATE` samples a second."""
    pause = array("h", bytes(2 * round(PAUSE_S * RATE)))
    sweep = array("h", (round(32767 * _AMPLITUDE * value) for value in _sweep()))
    sound = array("h")
    for number in range(SWEEPS):
        sound += sweep if number == 0 else pause + sweep
    if byteorder == "big":
        sound.byteswap()
    return sound.tobytes()


def judge(peaks: Sequence[TonePeak]) -> ToneJudgement:
    """Return what was heard, at the delay that fits best."""
    lags = [step / PEAKS_PER_S for step in range(round(LONGEST_LAG_S * PEAKS_PER_S) + 1)]
    found = [found for lag in lags if (found := _at(peaks, lag)) is not None]
    if not found:
        return ToneJudgement(False, 0.0, 0.0)
    loud, quiet = max(found, key=lambda pair: pair[0] - pair[1])
    return ToneJudgement(loud >= _FAINTEST and loud >= _CLEAR * quiet, loud, quiet)


def level_pct(peak: float) -> int:
    """Return a peak of 0-1 as people see it: 0 at -60 dB and below, 100 at full scale."""
    if peak <= 0:
        return 0
    return round(100 * min(1.0, max(0.0, 1 - 20 * log10(peak) / FLOOR_DB)))


def _sweep() -> Iterable[float]:
    """One sweep whose frequency grows by the same ratio in the same time."""
    octaves = log(_HIGH_HZ / _LOW_HZ)
    count = round(SWEEP_S * RATE)
    for n in range(count):
        at = n / RATE
        cycles = _LOW_HZ * SWEEP_S / octaves * ((_HIGH_HZ / _LOW_HZ) ** (at / SWEEP_S) - 1)
        fade = min(1.0, at / _FADE_S, (SWEEP_S - at) / _FADE_S)
        yield fade * sin(2 * pi * cycles)


def _at(peaks: Sequence[TonePeak], lag: float) -> tuple[float, float] | None:
    """Return the weakest sweep and the loudest pause for one delay; None if one was not heard."""
    step = SWEEP_S + PAUSE_S
    sweeps, pauses = [], []
    for begin in (lag + n * step for n in range(SWEEPS)):
        sweeps.append(_between(peaks, begin + _EDGE_S, begin + SWEEP_S))
        pauses.append(_between(peaks, begin + SWEEP_S + _FADING_S, begin + step))
    if not all(sweeps) or not all(pauses[:-1]):
        return None
    weakest = min(sorted(sweep)[len(sweep) // 4] for sweep in sweeps)
    return weakest, max(max(pause) for pause in pauses[:-1])


def _between(peaks: Sequence[TonePeak], begin: float, end: float) -> list[float]:
    return [loud for at, loud in peaks if begin <= at <= end]
