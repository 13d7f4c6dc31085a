"""Numbers and passcodes as invitations print them: `#腾讯会议：NNN-NNN-NNN`, `Meeting ID: ...`.

Pure. Only what stands behind a label of the platform's file counts, so a phone number beside it
is no meeting. Knows no link.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from roomctl.meeting.platform import Platforms
from roomctl.meeting.platform_file import Platform

_NUMBER = (
    r"[ \t]{0,3}(?:[(][^()\n]{0,12}[)])?[ \t]{0,3}(?:[:=#]|为|是|is\b)?\s{0,8}"
    r"(?P<number>[0-9]{2,16}(?:(?P<gap>[ -])[0-9]{1,8}(?:(?P=gap)[0-9]{1,8}){0,5})?)(?![0-9])"
)

MOST_NUMBERS = 50  # behind labels, in one text; an invitation has one or two


@dataclass(frozen=True, slots=True)
class Number:
    """A number that a text prints for a platform, without separators."""

    platform: str
    digits: str


@dataclass(frozen=True, slots=True)
class _Labels:
    """Labels and what stands behind them; `words` are their beginnings, in lower case."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Find the labels; a text without their first words costs next to nothing."""
        lower = text.lower()
        return self.pattern.finditer(text) if any(w in lower for w in self.words) else iter(())


@dataclass(frozen=True, slots=True)
class _Patterns:
    mentions: _Labels
    labels: _Labels
    own_labels: _Labels
    passcode: _Labels


def number_of(text: str, platform: Platform, platforms: Platforms) -> str | None:
    """Return the number that `text` prints behind any label of `platform`."""
    found = _patterns(platforms)[platform.key]
    for pattern in (found.own_labels, found.labels):
        if numbers := _numbers(text, pattern, platform):
            return numbers[0][1]
    return None


def passcode_of(text: str, key: str, platforms: Platforms) -> str | None:
    """Return the passcode that `text` prints behind a label of the platform `key`."""
    match = next(_patterns(platforms)[key].passcode.finditer(text), None)
    return match["passcode"] or match["digits"] if match else None


def find(text: str, platforms: Platforms, linked: Collection[str] = ()) -> list[Number]:
    """Return whose number `text` prints: one, none, or several if the text does not say whose.

    `linked` are platforms that the text names by a link which is no join itself.
    """
    named = _mentions(text, platforms)
    places = [at for at, _ in named]
    told: list[tuple[int, Number]] = []
    untold: list[Number] = []
    for platform in platforms:
        for at, digits in _numbers(text, _patterns(platforms)[platform.key].labels, platform):
            number = Number(platform.key, digits)
            nearest = _nearest(named, bisect_left(places, at + 1))
            if nearest == platform.key or (nearest is None and platform.key in linked):
                told.append((at, number))
            elif nearest is None:
                untold.append(number)
    own = [
        (at, Number(platform.key, digits))
        for platform in platforms
        for at, digits in _numbers(text, _patterns(platforms)[platform.key].own_labels, platform)
    ]
    if told or own:
        return [min(told or own, key=lambda found: found[0])[1]]
    return list(dict.fromkeys(untold))


def digits_only(written: str) -> str:
    """Return the ASCII digits of a number as people write it."""
    return re.sub(r"[^0-9]", "", written)


def _nearest(named: list[tuple[int, str]], after: int) -> str | None:
    """Return the platform last named before a place, else the first named behind it."""
    if after:
        return named[after - 1][1]
    return named[0][1] if named else None


def _mentions(text: str, platforms: Platforms) -> list[tuple[int, str]]:
    return sorted(
        (match.start(), platform.key)
        for platform in platforms
        for match in _patterns(platforms)[platform.key].mentions.finditer(text)
    )


def _numbers(text: str, labels: _Labels, platform: Platform) -> list[tuple[int, str]]:
    matches = islice(labels.finditer(text), MOST_NUMBERS)
    found = [(m.start(), _fitting(m["number"], platform)) for m in matches]
    return [(at, digits) for at, digits in found if digits]


def _fitting(written: str, platform: Platform) -> str | None:
    """Return the digits of the longest run of groups that is a number of the platform.

    Groups as the platform prints them go first, so that a stray digit behind them is left out.
    """
    parts = re.split(r"[ -]", written)
    runs = [parts[:kept] for kept in range(len(parts), 0, -1)]
    fitting = [run for run in runs if len("".join(run)) in platform.printed.digits]
    known = [run for run in fitting if _grouping(run) in platform.printed.groups]
    return "".join((known or fitting)[0]) if fitting else None


def _grouping(run: list[str]) -> str:
    return "-".join(str(len(part)) for part in run)


@lru_cache(maxsize=8)
def _patterns(platforms: Platforms) -> dict[str, _Patterns]:
    return {platform.key: _compiled(platform) for platform in platforms}


def _compiled(platform: Platform) -> _Patterns:
    printed = platform.printed
    # Behind a colon and on the same line, as the file says; else digits only, since "Password
    # protected" names none, and neither does an empty "Passcode:" above the next line's words.
    behind = (
        rf"[ \t]{{0,3}}(?:(?:[:=]|为|是|\bis\b)[ \t]{{0,8}}(?P<passcode>{printed.passcode})"
        rf"|[:=]?\s{{0,8}}(?P<digits>[0-9]{{4,10}}))(?![0-9A-Za-z])"
    )
    return _Patterns(
        _any_of(printed.mentions, ""),
        _any_of(printed.labels, _NUMBER),
        _any_of(printed.own_labels, _NUMBER),
        _any_of(printed.passcode_labels, behind),
    )


def _any_of(labels: tuple[str, ...], behind: str) -> _Labels:
    words = "|".join(_spaced(label) for label in sorted(labels, key=len, reverse=True))
    first = tuple({label.split()[0].lower() for label in labels})
    return _Labels(first, re.compile(rf"(?:{words}){behind}", re.IGNORECASE))


def _spaced(label: str) -> str:
    """Return a label as a pattern; Latin ones must not begin or end inside a word."""
    words = r"\s{0,3}".join(re.escape(word) for word in label.split())
    before = r"(?<![0-9A-Za-z])" if label[0].isascii() and label[0].isalnum() else ""
    after = r"(?![A-Za-z])" if label[-1].isascii() and label[-1].isalnum() else ""
    return before + words + after
