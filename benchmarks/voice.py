"""Whether somebody is told in time that they talk while muted, by whom, and how often by nobody.

The people are those that others recorded and Debian packs, as far as they are installed
(`tests/kiosk/audio/sounds.py` names the packages): in a room that hisses at -65 dBFS, near, across
the room, and at its other end. The noises are made; each goes on for `HOURS`, or for as many as
`ROOMCTL_VOICE_HOURS` says: 8 take an hour.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np

from benchmarks.report import Figure, quantile
from roomctl.kiosk.audio.voice import VoiceActivity
from tests.kiosk.audio import sounds

HOURS = 0.25
LEVELS_DB = (-15.0, -30.0, -45.0)
NEAR_DB = -20.0  # what is less loud comes with the echo of a room
WITHIN_S, QUIET_S = 1.5, 2.0
FRAME = 2 * sounds.RATE // 50
BLOCK_S = 120


def figures() -> list[Figure]:
    return [*_people(), *_noises()]


def _people() -> Iterator[Figure]:
    random, waits = np.random.default_rng(33), []
    for who in sounds.SPEECH:
        heard = [
            _wait(words, level_db, random)
            for words in sounds.recorded(who)
            for level_db in LEVELS_DB
        ]
        if not heard:
            continue
        waits += [wait for wait in heard if wait is not None]
        share = 100 * sum(wait is not None for wait in heard) / len(heard)
        means = f"of {len(heard)} sentences, heard within {WITHIN_S:g} s"
        yield Figure(f"heard, {who}", share, "%", 95.0, "% at least", means)
    if waits:
        means = "from the first sound of a sentence until it is told"
        yield Figure("told after, p50", 1000 * quantile(waits, 0.5), "ms", None, "", means)
        yield Figure("told after, p95", 1000 * quantile(waits, 0.95), "ms", None, "", means)


def _wait(words: np.ndarray, level_db: float, random: np.random.Generator) -> float | None:
    """Return how long it took until a sentence was heard; None: it was not in time."""
    wave = sounds.far_away(words, random) if level_db < NEAR_DB else words
    wave = sounds.at_level(wave, level_db)[: int(WITHIN_S * sounds.RATE)]
    wave = np.concatenate((np.zeros(int(QUIET_S * sounds.RATE)), wave))
    samples = sounds.as_samples(wave + sounds.hiss(random, len(wave), -65.0))
    ear = VoiceActivity()
    for at in range(0, len(samples), FRAME):
        if ear.hear(samples[at : at + FRAME], sounds.RATE):
            return at / 2 / sounds.RATE - QUIET_S
    return None


def _noises() -> Iterator[Figure]:
    hours = float(os.environ.get("ROOMCTL_VOICE_HOURS", HOURS))
    for name, noise in sounds.NOISES.items():
        random, ear = np.random.default_rng(33), VoiceActivity()
        told, spent_s, left_s = 0, 0.0, hours * 3600
        while left_s > 0:
            samples = sounds.as_samples(noise(random, BLOCK_S * sounds.RATE))
            began = time.process_time()
            for at in range(0, len(samples), FRAME):
                before = ear.talking
                told += ear.hear(samples[at : at + FRAME], sounds.RATE) and not before
            spent_s += time.process_time() - began
            left_s -= BLOCK_S
        share = 100 * spent_s / (hours * 3600)
        means = f"times told in {hours:g} h; {share:.2f} % of a core, which may be 1"
        yield Figure(f"nobody, {name}", told, "", max(1.0, hours / 8), "at most in 8 h", means)
