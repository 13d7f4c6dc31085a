"""Whether somebody is told in time that they talk while muted, by whom, and how often by nobody.

The people are those that others recorded and Debian packs, as far as they are installed
(`tests/kiosk/audio/sounds.py` names the packages): in a room that hisses at -65 dBFS, near, across
the room, and at its other end. The noises are made; each goes on for `HOURS`, or for as many as
`ROOMCTL_VOICE_HOURS` says: 8 take some 40 minutes of CPU, in a process for each core.

The detector's figures were chosen on the English and the Italian speaker, on the Catalan and Danish
ones of the stamps, and on noises of seeds 33, 35 and 36; the others, and the noises here, check
them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

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
CHECKED_ON = 34
ECHO = "far end's echo"


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
    listen = partial(_nobody, hours=hours)
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        names = (*sounds.NOISES, ECHO)
        for name, (told, spent_s) in zip(names, pool.map(listen, names), strict=True):
            share = 100 * spent_s / (hours * 3600)
            means = f"times told in {hours:g} h; {share:.2f} % of a core, which may be 1"
            yield Figure(f"nobody, {name}", told, "", max(1.0, hours / 8), "at most in 8 h", means)


def _nobody(name: str, hours: float) -> tuple[int, float]:
    """Return how often somebody was told of in hours of a noise, and the seconds of CPU it took."""
    random, ear = np.random.default_rng(CHECKED_ON), VoiceActivity()
    told, spent_s, left_s = 0, 0.0, hours * 3600
    far_end = list(sounds.recorded("en", 60)) if name == ECHO else []
    while left_s > 0:
        count = BLOCK_S * sounds.RATE
        if name == ECHO:
            wave, peaks = sounds.echo(random, count, far_end)
        else:
            wave, peaks = sounds.NOISES[name](random, count), np.zeros(BLOCK_S * 50)
        samples = sounds.as_samples(wave)
        began = time.process_time()
        for frame, peak in enumerate(peaks.tolist()):
            before = ear.talking
            piece = samples[frame * FRAME : (frame + 1) * FRAME]
            told += ear.hear(piece, sounds.RATE, far_peak=peak) and not before
        spent_s += time.process_time() - began
        left_s -= BLOCK_S
    return told, spent_s
