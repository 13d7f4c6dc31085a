"""The UCI 864 format: rows of one laboratory's sensors, and what their values are worth.

Pure: text in, values out; knows no file and no live room. Rows count by their time, in whatever
order they stand; blank lines are passed over. Columns that count: Date and Time
(`YYYY/MM/DD`, `HH:MM:SS`), S6_PIR and S7_PIR (0 or 1), S1_Sound ... S3_Sound (V), S1_Light ...
S4_Light (lx), Room_Occupancy_Count (persons, the truth). Source: Singh and Chaudhari (2018), UCI
Machine Learning Repository, data set 864, DOI 10.24432/C5P605.

The two PIRs are one kind of evidence (either), the microphones another (the loudest), the light a
third (the brightest): sensors of one kind are never multiplied as if they were independent.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from roomctl.errors import ConfigError
from roomctl.frozen import frozen
from roomctl.occupancy.presence import ratio

PIRS = ("S6_PIR", "S7_PIR")
SOUNDS = ("S1_Sound", "S2_Sound", "S3_Sound")
LIGHTS = ("S1_Light", "S2_Light", "S3_Light", "S4_Light")
COUNT = "Room_Occupancy_Count"
NEEDED = ("Date", "Time", *PIRS, *SOUNDS, *LIGHTS, COUNT)
GAP_S = 120.0  # longer than that between two rows: nothing is known of what lies between
SENSORS = {
    "pir": ("pir",),
    "pir+sound": ("pir", "sound"),
    "pir+sound+light": ("pir", "sound", "light"),
}
SOUND_V = 0.1  # width of a bin
SOUND_BINS = 41
LIGHT_LX = (20.0, 100.0)  # a dark room, a lit corner, a lit room
BINS = {"pir": 2, "sound": SOUND_BINS, "light": len(LIGHT_LX) + 1}


@frozen
class Sample:
    """One row: `at_s` is local time in seconds, `bins` what each kind of sensor showed."""

    at_s: float
    day: str
    occupied: bool
    pirs: tuple[bool, ...]
    bins: Mapping[str, int]

    @property
    def motion(self) -> bool:
        return any(self.pirs)


def samples(lines: Iterable[str], file: str) -> list[Sample]:
    """Read a CSV file; ConfigError names `file`, line and column of what is wrong."""
    table = _lines(lines, file)
    line, header = next(table, (1, []))
    if not header:
        raise ConfigError(file, "line 1", "is empty; expected the column names of UCI 864")
    places = {name.strip(): place for place, name in enumerate(header)}
    missing = [name for name in NEEDED if name not in places]
    if missing:
        raise ConfigError(file, f"line {line}", f"has no column {', '.join(missing)}")
    found = [(_Row(file, line, row, places).sample(), line) for line, row in table]
    if not found:
        raise ConfigError(file, f"line {line + 1}", "is missing: there is no sample")
    found.sort(key=lambda one: one[0].at_s)
    for (before, first), (after, second) in pairwise(found):
        if after.at_s == before.at_s:
            why = f"{after.day} has this instant in line {min(first, second)} already"
            raise ConfigError(file, f"line {max(first, second)}, Time", why)
    return [sample for sample, _ in found]


def _lines(lines: Iterable[str], file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every line that is not blank, with its number."""
    table = csv.reader(lines, strict=True)
    try:
        for row in table:
            if any(cell.strip() for cell in row):
                yield table.line_num, row
    except csv.Error as error:
        raise ConfigError(file, f"line {table.line_num}", f"is not CSV: {error}") from error


@frozen
class _Row:
    file: str
    line: int
    cells: Sequence[str]
    places: Mapping[str, int]

    def sample(self) -> Sample:
        pirs = tuple(self._whole(name, most=1) > 0 for name in PIRS)
        sound = max(self._number(name) for name in SOUNDS)
        light = max(self._number(name) for name in LIGHTS)
        bins = {
            "pir": int(any(pirs)),
            "sound": int(min(sound / SOUND_V, SOUND_BINS - 1)),
            "light": sum(light >= edge for edge in LIGHT_LX),
        }
        at = self._at()
        return Sample(at.timestamp(), f"{at:%Y/%m/%d}", self._whole(COUNT) > 0, pirs, bins)

    def _at(self) -> datetime:
        text = f"{self._text('Date')} {self._text('Time')}"
        try:
            return datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
        except ValueError as error:
            raise self._wrong("Date, Time", text, "YYYY/MM/DD and HH:MM:SS") from error

    def _number(self, name: str) -> float:
        text = self._text(name)
        try:
            value = float(text)
        except ValueError as error:
            raise self._wrong(name, text, "a number") from error
        if not 0 <= value < math.inf:
            raise self._wrong(name, text, "a number from 0 up")
        return value

    def _whole(self, name: str, most: float = math.inf) -> float:
        value = self._number(name)
        if value > most or not value.is_integer():
            expected = "0 or 1" if most == 1 else "a whole number"
            raise self._wrong(name, self._text(name), expected)
        return value

    def _text(self, name: str) -> str:
        place = self.places[name]
        if place >= len(self.cells):
            why = f"is missing: the line has {len(self.cells)} cells"
            raise ConfigError(self.file, f"line {self.line}, {name}", why)
        return self.cells[place].strip()

    def _wrong(self, name: str, text: str, expected: str) -> ConfigError:
        why = f"must be {expected}, found {text[:40]!r}"
        return ConfigError(self.file, f"line {self.line}, {name}", why)


def stretches(rows: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
    """Yield the rows between gaps: a filter starts anew in each."""
    start = 0
    for index in range(1, len(rows) + 1):
        if index == len(rows) or rows[index].at_s - rows[index - 1].at_s > GAP_S:
            yield rows[start:index]
            start = index


Ratios = Mapping[str, tuple[float, ...]]
"""By kind: the log-likelihood ratio of each bin."""


def fit(rows: Iterable[Sample]) -> Ratios:
    """Count how often each bin is seen with and without somebody; one is added to every count."""
    counts = {kind: ([1.0] * bins, [1.0] * bins) for kind, bins in BINS.items()}
    for row in rows:
        for kind, place in row.bins.items():
            counts[kind][row.occupied][place] += 1
    return {kind: _ratios(*pair) for kind, pair in counts.items()}


def _ratios(empty: Sequence[float], occupied: Sequence[float]) -> tuple[float, ...]:
    return tuple(
        math.log(there / sum(occupied)) - math.log(nobody / sum(empty))
        for nobody, there in zip(empty, occupied, strict=True)
    )


def snapshot_ratios(rows: Sequence[Sample]) -> tuple[float, ...]:
    """Return, for each PIR alone, how often it is on with and without somebody, as two ratios."""
    found: list[float] = []
    for place in range(len(PIRS)):
        parts = [_part(row.pirs[place] for row in rows if row.occupied is truth) for truth in _BOTH]
        found += [ratio(seen, parts[1], parts[0]) for seen in _BOTH]
    return tuple(found)


_BOTH = (False, True)


def _part(seen: Iterable[bool]) -> float:
    levels = list(seen)
    return (sum(levels) + 1) / (len(levels) + 2)


@frozen
class Learned:
    """What is known from labelled samples: the filter's ratios, and those of each PIR alone."""

    ratios: Ratios
    pirs: tuple[float, ...]
    occupied: float

    @classmethod
    def of(cls, rows: Sequence[Sample]) -> Learned:
        part = (sum(row.occupied for row in rows) + 1) / (len(rows) + 2)
        return cls(fit(rows), snapshot_ratios(rows), part)


@frozen
class Estimate:
    """One sample and what an estimator said of it."""

    sample: Sample
    occupied: bool
    probability: float
