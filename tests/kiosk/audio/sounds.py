"""Sounds of a room for the voice detector: people who were recorded, and noises that are made here.

The people are in packages of Debian (`.ci/browser` brings the first two), which others recorded:

| package                                    | who                                                 |
|--------------------------------------------|-----------------------------------------------------|
| asterisk-core-sounds-en-gsm                | a woman, English: a telephone exchange's sentences  |
| asterisk-core-sounds-it-gsm                | a man, Italian: the same                            |
| asterisk-core-sounds-{es,fr,ru}-gsm        | the same in Spanish, French, Russian                |
| tuxpaint-stamps-default                    | men and women of ten countries, one sentence each   |

Recorded at 16 kHz and played at 20 kHz a woman is a child: voice and pace are 1.25 times as high.
"""

import contextlib
import glob
from functools import partial

import av
import numpy as np

RATE = 16_000
QUIET_DB = -62.0  # of a room in which nobody does anything
SPEECH_S = 1.3  # a sentence; what is shorter is a word or two

SPEECH = {
    **{
        language: f"/usr/share/asterisk/sounds/{language}_*/*.gsm"
        for language in ("en", "it", "es", "fr", "ru")
    },
    **{
        f"stamps-{language}": f"/usr/share/tuxpaint/stamps/**/*_desc_{language}.ogg"
        for language in ("be", "bg", "ca", "da", "el", "es", "fr", "nn", "ro", "ru")
    },
}
_NO_SPEECH = ("beep", "tt-monkeys", "tt-weasels", "scending", "conf-", "somethingwrong")


def recorded(who, count=10_000, least_s=SPEECH_S):
    """Yield sentences of `who` at 16 kHz from the first word on; none: no such package."""
    files = sorted(glob.glob(SPEECH[who], recursive=True))
    files = [file for file in files if not any(word in file for word in _NO_SPEECH)]
    found = 0
    for file in files:
        said = _spoken(_read(file))
        if len(said) >= least_s * RATE:
            yield said
            found += 1
            if found == count:
                return


def _read(file):
    """Return what a file holds; one of Debian's has nothing in it."""
    parts = []
    with contextlib.suppress(av.error.EOFError), av.open(file) as container:
        resampler = av.AudioResampler("s16", "mono", RATE)
        for frame in container.decode(container.streams.audio[0]):
            parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(parts).astype(float) if parts else np.zeros(0)


def _spoken(wave):
    """Cut what is before the first word and after the last one away."""
    steps = wave[: len(wave) // 320 * 320].reshape(-1, 320)
    loud = np.sqrt((steps**2).mean(1))
    if not len(loud):
        return wave[:0]
    heard = loud > np.percentile(loud, 90) * 0.1
    begins = [at for at in np.nonzero(heard)[0] if heard[at : at + 15].sum() >= 7]
    return wave[begins[0] * 320 : (np.nonzero(heard)[0][-1] + 1) * 320] if begins else wave[:0]


def loudness_db(wave):
    """Return how loud the words of a sentence are, without its pauses."""
    power = (wave[: len(wave) // 480 * 480].reshape(-1, 480) ** 2).mean(1)
    return 10 * np.log10(power[power > power.max() * 0.003].mean() / 32768**2)


def at_level(wave, db):
    return wave * 10 ** ((db - loudness_db(wave)) / 20)


def far_away(wave, random, t60_s=0.4):
    """Return it from the other end of a room: the first sound and a tail of echoes, as loud."""
    length = int(t60_s * RATE)
    tail = random.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    tail *= 1.0 / np.sqrt((tail**2).sum())
    tail[:32], tail[0] = 0, 1.0
    size = len(wave) + length
    return np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(tail, size), size)[: len(wave)]


def as_samples(wave):
    """Return the bytes that a microphone gives."""
    return np.clip(np.round(wave), -32768, 32767).astype(np.int16).tobytes()


# Noises: each makes so many samples with a numpy Generator.


def hiss(random, count, db=QUIET_DB, slope=1.0):
    """Noise whose power falls with frequency: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    wave = np.fft.irfft(spectrum / (np.arange(len(spectrum)) + 3.0) ** (slope / 2), count)
    return wave / wave.std() * _full(db)


def fan(random, count, db=-40.0):
    """An air conditioner or a projector: noise, and blades that beat at 90 to 180 Hz."""
    hertz = random.uniform(90, 180) * (1 + 0.01 * _slow(random, count, 0.2))
    blades = _harmonics(hertz, (0.8, 0.5, 0.3, 0.2)) * (1 + 0.2 * _slow(random, count, 1))
    wave = hiss(random, count, -90, 1.6) * (1 + 0.1 * _slow(random, count, 0.5))
    return _level(wave / wave.std() + blades, db)


def hum(random, count, db=-40.0, hertz=50):
    """A bad cable: the mains and its harmonics."""
    steady = np.full(count, float(hertz))
    wave = _harmonics(steady, [1 / n**0.7 for n in range(1, 14)])
    return _level(wave, db) + hiss(random, count)


def vacuum(random, count, db=-20.0, every_s=60.0):
    """A vacuum cleaner that is switched on and off, and moved: a motor's pitch that wanders."""
    hertz = 240 + 25 * _slow(random, count, 0.7) + 8 * _slow(random, count, 4)
    wave = hiss(random, count, -90, 0.7)
    wave = 0.8 * wave / wave.std() + _harmonics(hertz, (0.6, 0.8, 0.4, 0.3, 0.0, 0.2))
    wave *= (1 + 0.35 * _slow(random, count, 1.2)).clip(0.2)
    at = np.arange(count) / RATE % every_s
    off_s, on_s = every_s / 12, every_s / 1.2
    on = np.interp(at, (0, off_s, off_s + 0.3, on_s, on_s + 0.5), (0, 0, 1, 1, 0))
    return _level(wave, db) * on + hiss(random, count)


def rain(random, count, db=-35.0):
    """Rain at a window: noise, and drops."""

    def drop(random):
        size = int(RATE * random.uniform(0.003, 0.02))
        sound = random.standard_normal(size) * np.exp(-5 * np.arange(size) / size)
        return sound * _full(db + random.uniform(0, 15))

    return hiss(random, count, db, 0.5) + _events(random, count, drop, (0.01, 0.15))


def traffic(random, count, db=-35.0):
    """A street: rumble that comes and goes, and motors whose pitch falls as they pass."""

    def motor(random):
        size = int(RATE * random.uniform(3, 8))
        at = np.arange(size) / size
        hertz = random.uniform(50, 160) * (1.1 - 0.2 * at)
        wave = _harmonics(hertz, (1, 0.8, 0.6, 0.5, 0.3, 0.2)) + random.standard_normal(size)
        return wave * np.hanning(size) * _full(db - 6)

    return hiss(random, count, db, 1.7) + _events(random, count, motor, (4, 20))


def keyboard(random, count, peak_db=-25.0):
    """Typing: two noisy knocks a key, each with a plate that rings; words, lines and thoughts."""

    def key(random):
        size = int(RATE * 0.12)
        at = np.arange(size) / RATE
        wave = np.zeros(size)
        for begin, strength in ((0, 1.0), (random.uniform(0.03, 0.08), random.uniform(0.2, 0.8))):
            since = np.clip(at - begin, 0, None)
            knock = random.standard_normal(size) * np.exp(-since * random.uniform(150, 500))
            for _ in range(3):
                ring = 2 * np.pi * random.uniform(150, 3500) * since
                knock += random.uniform(0.1, 1) * np.sin(ring) * np.exp(-since * 90)
            wave += strength * knock * (at >= begin)
        return wave / np.abs(wave).max() * _full(peak_db) * random.uniform(0.4, 1)

    def pause(random):
        kind = random.random()
        low, high = (0.07, 0.25) if kind < 0.85 else (0.3, 1.2) if kind < 0.97 else (2, 8)
        return random.uniform(low, high)

    return _events(random, count, key, pause) + hiss(random, count)


def keyboards(random, count, people=4):
    """People who type at one table, each at their own distance."""
    return sum(keyboard(random, count, random.uniform(-40, -15)) for _ in range(people))


def doors(random, count):
    """Doors that slam, a thousand in 8 hours: a thud, and a frame that rings."""

    def slam(random):
        size = int(RATE * random.uniform(0.3, 0.8))
        at = np.arange(size) / RATE
        wave = hiss(random, size, -90, 1.5)
        wave = wave / wave.std() * np.exp(-at * random.uniform(8, 20))
        for _ in range(4):
            ring = np.sin(2 * np.pi * random.uniform(40, 400) * at)
            wave += ring * np.exp(-at * random.uniform(10, 30)) * random.uniform(0.2, 1)
        return wave / np.abs(wave).max() * _full(random.uniform(-25, -3))

    return _events(random, count, slam, (5, 60)) + hiss(random, count)


def chairs(random, count):
    """Chairs that are moved: a squeak whose pitch glides, or a foot that stutters."""

    def scrape(random):
        size = int(RATE * random.uniform(0.2, 0.9))
        at = np.arange(size) / size
        wave = hiss(random, size, -90, 0.8)
        wave = wave / wave.std()
        if random.random() < 0.5:
            hertz = random.uniform(150, 900) * (1 + random.uniform(-0.3, 0.3) * at)
            hertz *= 1 + 0.02 * _slow(random, size, 20)
            wave = 0.15 * wave + _harmonics(hertz, [1 / n for n in range(1, 6)])
        else:
            stutter = np.sign(np.sin(2 * np.pi * random.uniform(15, 60) * at * size / RATE))
            wave = wave * (1 + 0.8 * stutter)
        wave = wave * np.hanning(size)
        return wave / np.abs(wave).max() * _full(random.uniform(-35, -10))

    return _events(random, count, scrape, (5, 45)) + hiss(random, count)


def coughs(random, count):
    """One to three coughs, 800 times in 8 hours: a burst, and a short rest of voice that falls."""

    def cough(random):
        parts = []
        for _ in range(random.integers(1, 4)):
            size = int(RATE * random.uniform(0.2, 0.35))
            at = np.arange(size) / RATE
            burst = hiss(random, size, -90, 0.5)
            burst = (
                burst
                / burst.std()
                * (np.exp(-at * 25) + 0.4 * np.exp(-(((at - 0.12) / 0.08) ** 2)))
            )
            hertz = random.uniform(110, 350) * (1 - 0.5 * (at - 0.1).clip(0))
            voice = _harmonics(hertz, [1 / n for n in range(1, 15)])
            voice *= np.exp(-(((at - 0.16) / 0.05) ** 2)) * random.uniform(0, 0.8)
            parts += [burst + voice, np.zeros(int(RATE * random.uniform(0.1, 0.4)))]
        wave = np.concatenate(parts)
        return wave / np.abs(wave).max() * _full(random.uniform(-30, -5))

    return _events(random, count, cough, (10, 60)) + hiss(random, count)


def echo(random, count, far_end):
    """Return the far end's sentences as a room hears them, and how loud the loudspeaker was.

    `far_end`: sentences. A peak for each 20 ms, as a sound server tells it ten times a second.
    """
    said, heard, at = np.zeros(count), np.zeros(count), int(random.uniform(0, 2) * RATE)
    far_db, echo_db = random.uniform(-40, -15), random.uniform(-50, -20)
    late, t60_s = int(random.uniform(0.02, 0.3) * RATE), random.uniform(0.2, 0.8)
    while at < count - late:
        words = far_end[random.integers(len(far_end))][: count - late - at]
        said[at : at + len(words)] = at_level(words, far_db)
        echoed = far_away(np.concatenate((words, np.zeros(RATE))), random, t60_s)[
            : count - late - at
        ]
        heard[at + late :][: len(echoed)] += at_level(echoed, echo_db)
        at += len(words) + int(random.choice((0.3, 1, 4)) * random.uniform(0.5, 2) * RATE)
    peaks = np.abs(said[: count // 1600 * 1600]).reshape(-1, 1600).max(1) / 32768
    return heard + hiss(random, count), np.repeat(np.concatenate(([0.0], peaks[:-1])), 5)


NOISES = {
    "quiet room": hiss,
    "fan, quiet": partial(fan, db=-55.0),
    "fan": fan,
    "fan, loud": partial(fan, db=-25.0),
    "mains hum": hum,
    "mains hum, 60 Hz": partial(hum, hertz=60, db=-30.0),
    "vacuum cleaner": vacuum,
    "vacuum cleaner, far": partial(vacuum, db=-32.0),
    "vacuum cleaner, on and off": partial(vacuum, every_s=6.0),
    "rain": rain,
    "traffic": traffic,
    "keyboard, quiet": partial(keyboard, peak_db=-40.0),
    "keyboard": keyboard,
    "keyboard, loud": partial(keyboard, peak_db=-12.0),
    "keyboards": keyboards,
    "doors": doors,
    "chairs": chairs,
    "coughs": coughs,
}


def _full(db):
    return 32768 * 10 ** (db / 20)


def _level(wave, db):
    return wave / wave.std() * _full(db)


def _slow(random, count, hertz):
    """A curve that wanders about 0 by about 1, so many times a second."""
    points = max(4, int(count / RATE * hertz) + 4)
    at = np.arange(count) / RATE * hertz
    return np.interp(at, np.arange(points), random.standard_normal(points))


def _harmonics(hertz, strengths):
    turns = (np.cumsum(hertz) / RATE % 1).astype(np.float32)  # whose sine takes a fifth of the time
    parts = ((n, one) for n, one in enumerate(strengths, 1) if one)
    return sum(np.float32(one) * np.sin(np.float32(2 * np.pi * n) * turns) for n, one in parts)


def _events(random, count, make, pause):
    """Lay what `make` makes on silence, with pauses within two bounds or as `pause` says."""
    wave, at = np.zeros(count), 0
    if not callable(pause):
        low, high = pause
        return _events(random, count, make, lambda one: one.uniform(low, high))
    while (at := at + int(pause(random) * RATE)) < count:
        event = make(random)[: count - at]
        wave[at : at + len(event)] += event
    return wave
