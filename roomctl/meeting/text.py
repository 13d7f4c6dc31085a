"""An invitation's text -> the links in it, and the numbers and passcodes that it prints. Pure.

`clean` takes out what calendars and mails put between the letters, `links` yields what is written
like a link, and `plain` is the form in which numbers are searched: `#腾讯会议：NNN-NNN-NNN`, or
`Meeting ID: ...`. Only what stands behind a label of a platform's file counts, so a phone number
beside it is no meeting. Every pattern here is bounded, so the work grows with the length of the
text and no faster. Opens nothing, and knows nothing of what a link means.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from itertools import islice

from roomctl.frozen import frozen
from roomctl.meeting.platform import Platform, Platforms

LONGEST_TEXT = 64 * 1024  # characters; what follows is not read

# Zero-width characters, direction marks and the soft hyphen: calendars strew them between letters.
_INVISIBLE = {
    code: None
    for first, last in (
        *((0xAD, 0xAD), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F)),
        *((0x202A, 0x202E), (0x2060, 0x206F), (0xFEFF, 0xFEFF)),
    )
    for code in range(first, last + 1)
}
# Dashes, and the traditional letters of labels: the platforms' files are written in simplified.
_FOLDED = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣", "-")
    | dict(
        zip(
            "會議號碼騰訊識別釘飛書雲華為參賓視頻瞩尚陽暢魚連時",
            "会议号码腾讯识别钉飞书云华为参宾视频瞩尚阳畅鱼连时",
            strict=True,
        )
    )
)
# Only with the semicolon: "&copy=1" is a part of a query. Mails are often escaped twice.
_ENTITY = re.compile(
    r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|nbsp|lt|gt|quot|apos|amp|colon|sol|period|num|quest|equals"
    r"|ensp|emsp|lrm|rlm|zwnj|zwj);",
    re.IGNORECASE,
)
# A run in which full-width letters, slashes, dots ... may spell a link; Chinese text ends it, and
# so does Chinese punctuation, but for the colon of a scheme.
_RUN = re.compile(r"(?:[!-~０-９Ａ-Ｚａ-ｚ／．－＿？＝＆＃％～＋]|：(?=[/／]{2}))+")
_SPELLS_A_LINK = re.compile(r"[．／]|：[/／]")
# A link ends before "](", where Markdown's second half begins.
_LINK = re.compile(
    r"""(?:[a-z][a-z0-9+-]{1,30}:[/\\]{1,8}          # a scheme and slashes, or
    |(?<![a-z0-9@._~%/=&?\#:\\-])                    # a host at the start of a word
     (?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24}(?::[0-9]{1,5})?[/?\#])
    (?:[^\s<>"'`“”‘’«»，。｡；：、！？（）【】《》「」『』…\]]|\](?!\())*""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
_LONE = re.compile(
    r"(?:https?|javascript|data|file|blob|about|vbscript|view-source|chrome|ftp|mailto|tel|sips?"
    r"|h323):\S+|[^\s@]+@[^\s@/]+/\S*|(?:[a-z0-9-]+\.)+[a-z]{2,24}",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+-]{1,30}:[/\\]", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_PARAMETER = re.compile(r"[?&][0-9A-Za-z_.-]{1,40}=[!-%'-~]*")  # "?meeting_id=1" prints no number
# A table's bars, and the signs for bold print, which may be a part of a passcode where letters
# stand on both sides; many blanks are one.
_FRAME = re.compile(
    r"^ ?\||\| ?$|(?<![0-9A-Za-z])(?:\*\*|__)|(?:\*\*|__)(?![0-9A-Za-z])|(?<=:)\*|\*(?=:)",
    re.MULTILINE,
)
_CELLS = re.compile(r" ?\| ?")
_BLANKS = re.compile(r"[ \t]{2,}")


def clean(text: str) -> str:
    """Return `text` without invisible characters, HTML's escapes and full-width links."""
    text = text[:LONGEST_TEXT]
    for _ in range(2):
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0].lower()), text)
    return _RUN.sub(_narrowed, text.translate(_INVISIBLE))


def _narrowed(run: re.Match[str]) -> str:
    wide = _SPELLS_A_LINK.search(run[0])
    return unicodedata.normalize("NFKC", run[0]) if wide else run[0]


def links(cleaned: str) -> Iterator[str]:
    """Yield everything in a cleaned text that is written like a link, in order."""
    for match in _LINK.finditer(cleaned):
        link = match[0]
        closing = "" if any(bracket in link for bracket in "([{") else ")]}"
        yield link.rstrip(".,;:!?*|" + closing)


def has_scheme(link: str) -> bool:
    return bool(_SCHEME.match(link))


def lone_link(cleaned: str) -> str | None:
    """Return the whole text if it is one thing written like a link, however badly."""
    text = cleaned.strip()
    if len(text.split(maxsplit=1)) != 1:
        return None
    return text if _LONE.fullmatch(text) or text in set(links(text)) else None


def plain(cleaned: str) -> str:
    """Return a cleaned text for numbers: forms folded; tags and parameters taken out."""
    untagged = _TAG.sub(" ", cleaned) if "</" in cleaned or "<br" in cleaned else cleaned
    untagged = _PARAMETER.sub(" ", untagged)
    folded = unicodedata.normalize("NFKC", untagged)[:LONGEST_TEXT]  # it may grow eighteenfold
    narrow = _BLANKS.sub(" ", folded.translate(_FOLDED))
    return _BLANKS.sub(" ", _CELLS.sub(": ", _FRAME.sub(" ", narrow)))


_FIELDS = (
    "CONFERENCEDATA",
    "HANGOUTLINK",
    "ONLINEMEETING",
    "ONLINEMEETINGURL",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-GOOGLE-CONFERENCE",
    "CONFERENCE",
    "URL",
    "LOCATION",
    "LOCATIONS",
    "DESCRIPTION",
    "BODY",
    "BODYPREVIEW",
    "X-ALT-DESC",
    "SUMMARY",
    "SUBJECT",
)
_OWN = _FIELDS.index("URL")  # before these stand the fields that a provider fills in


def in_order(fields: Mapping[str, str]) -> list[str]:
    """Return a booking's texts, the calendar's own conference field first, body and title last.

    Names are iCalendar's, Google's or Microsoft Graph's.

    A provider's field beats a stale link in the body. Other X- properties stand before URL. Texts
    may still be escaped as in an .ics file (RFC 5545 3.3.11).
    """
    named: dict[str, str] = {}
    for name, text in fields.items():
        key = name.partition(";")[0].upper().replace("_", "-")  # "X-ALT-DESC;FMTTYPE=text/html"
        named[key] = f"{named[key]}\n{text}" if key in named else text
    others = sorted(n for n in named if n.startswith("X-") and n not in _FIELDS)
    order = [*_FIELDS[:_OWN], *others, *_FIELDS[_OWN:]]
    return [_unescaped(named[name]) for name in order if named.get(name)]


def _unescaped(text: str) -> str:
    return re.sub(r"\\([nN,;])", lambda escape: {"n": "\n"}.get(escape[1].lower(), escape[1]), text)


_NUMBER = (
    r"[ \t]{0,3}(?:[(][^()\n]{0,12}[)])?[ \t]{0,3}(?:[:=#]|为|是|is\b)?\s{0,8}"
    r"(?P<number>[0-9]{2,16}(?:(?P<gap> ?- ?|[ ])[0-9]{1,8}(?:(?P=gap)[0-9]{1,8}){0,5})?)(?![0-9])"
)

_FLAGS = re.IGNORECASE | re.ASCII  # else a dotless ı reads as an i, and is in no table

_NO_PASSCODE = (
    "(?!(?:none|null|no|not|n|na|tbd|tba|see|will|required|needed|optional)(?![0-9A-Za-z]))"
)
MOST_STRAY = 2  # digits behind a number: "123 456 789 2 楼"
MOST_NUMBERS = 50  # behind labels, in one text; an invitation has one or two


@frozen
class Number:
    """A number that a text prints for a platform, without separators."""

    platform: str
    digits: str
    telling: bool = field(default=False, compare=False)  # spaced as only this platform does


@frozen
class _Meaning:
    """Whose the number behind a label may be; `own`: the label tells it by itself."""

    platform: Platform
    own: bool


@frozen
class _Printed:
    """A number behind a label, by one of its meanings; `at` is where the number stands."""

    at: int
    number: Number
    own: bool


@dataclass(frozen=True, eq=False)
class _Patterns:
    """What is searched for in a text, all platforms at once; the tables are by `_key`.

    Each is made when it is first needed: few texts print a number.
    """

    platforms: Platforms

    @cached_property
    def _owners(self) -> dict[str, str]:
        named = {mention: p.key for p in self.platforms for mention in p.printed.mentions}
        return {**named, **self.platforms.brands}  # a link names its platform too

    @cached_property
    def mentions(self) -> re.Pattern[str]:
        return re.compile(_any_of(self._owners), _FLAGS)

    @cached_property
    def owners(self) -> Mapping[str, str]:
        return {_key(mention): platform for mention, platform in self._owners.items()}

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Return the labels; of two spellings the longer, as "会议 号", which is 会议号 too."""
        each = {
            label for p in self.platforms for label in (*p.printed.labels, *p.printed.own_labels)
        }
        return {_key(label): label for label in sorted(each, key=len)}

    @cached_property
    def labels(self) -> re.Pattern[str]:
        return re.compile(rf"(?P<label>{_any_of(self._labels.values())}){_NUMBER}", _FLAGS)

    def meanings(self, key: str) -> tuple[_Meaning, ...]:
        """Return what the label `key` means; few of them are ever printed."""
        return _meanings(self._labels[key], self.platforms)

    def passcodes(self, key: str) -> re.Pattern[str] | None:
        """Return what finds a passcode of the platform `key`, if it prints any."""
        platform = self.platforms.by_key.get(key)
        if platform is None or not platform.printed.passcode_labels:
            return None
        return _passcode(platform.printed.passcode_labels, platform.printed.passcode)


def number_of(text: str, platform: Platform, platforms: Platforms) -> str | None:
    """Return the number that `text` prints behind any label of `platform`."""
    found = [one for one in _numbers(text, platforms) if one.number.platform == platform.key]
    first = min(found, key=lambda one: not one.own, default=None)
    return first.number.digits if first else None


def passcode_of(text: str, key: str, platforms: Platforms) -> str | None:
    """Return the passcode that `text` prints behind a label of the platform `key`.

    Not one that stands with another platform's name.
    """
    patterns = _patterns(platforms)
    passcodes = patterns.passcodes(key)
    if passcodes is None:
        return None
    named = _mentions(text, platforms)
    places = [at for at, _ in named]
    for match in islice(passcodes.finditer(text), MOST_NUMBERS):
        if _nearest(named, bisect_left(places, match.start() + 1)) in (key, None):
            return match["passcode"] or match["digits"]
    return None


def numbers_in(text: str, platforms: Platforms, linked: Collection[str] = ()) -> list[Number]:
    """Return whose number `text` prints: one, none, or several if the text does not say whose.

    `linked` are platforms that the text names by a link which is no join itself.
    """
    named = _mentions(text, platforms)
    places = [at for at, _ in named]
    told: list[Number] = []
    own: list[Number] = []
    untold: list[Number] = []
    for one in _numbers(text, platforms):
        number = one.number
        nearest = _nearest(named, bisect_left(places, one.at))
        if nearest == number.platform or (nearest is None and number.platform in linked):
            told.append(number)
        elif one.own:
            own.append(number)
        elif nearest is None:
            untold.append(number)
    if told or own:
        return [(told or own)[0]]
    telling = [number for number in untold if number.telling]
    return list(dict.fromkeys(telling or untold))


def digits_only(written: str) -> str:
    """Return the ASCII digits of a number as people write it."""
    return re.sub(r"[^0-9]", "", written)


def _nearest(named: list[tuple[int, str]], after: int) -> str | None:
    """Return the platform last named before a place, else the first named behind it."""
    if after:
        return named[after - 1][1]
    return named[0][1] if named else None


def _mentions(text: str, platforms: Platforms) -> list[tuple[int, str]]:
    patterns = _patterns(platforms)
    return [(m.start(), patterns.owners[_key(m[0])]) for m in patterns.mentions.finditer(text)]


def _numbers(text: str, platforms: Platforms) -> Iterator[_Printed]:
    """Yield the numbers behind labels in their order, once for each platform they may be of."""
    patterns = _patterns(platforms)
    for match in islice(patterns.labels.finditer(text), MOST_NUMBERS):
        for meaning in patterns.meanings(_key(match["label"])):
            if number := _fitting(match["number"], meaning.platform):
                yield _Printed(match.start("number"), number, meaning.own)


def _fitting(written: str, platform: Platform) -> Number | None:
    """Return the longest run of groups that is a number of the platform.

    Groups as the platform prints them go first, so that a stray digit behind them is left out.
    """
    parts = re.split(r"[ -]+", written)
    runs = [parts[:kept] for kept in range(len(parts), 0, -1)]
    runs = [run for run in runs if len("".join(parts[len(run) :])) <= MOST_STRAY]
    fitting = [run for run in runs if len("".join(run)) in platform.printed.digits]
    known = [run for run in fitting if _grouping(run) in platform.printed.groups]
    if not fitting:
        return None
    run = (known or fitting)[0]
    telling = run == parts and _grouping(run) in platform.printed.own_groups
    return Number(platform.key, "".join(run), telling)


def _grouping(run: list[str]) -> str:
    return "-".join(str(len(part)) for part in run)


@lru_cache(maxsize=8)
def _patterns(platforms: Platforms) -> _Patterns:
    return _Patterns(platforms)


@lru_cache(maxsize=1024)
def _meanings(written: str, platforms: Platforms) -> tuple[_Meaning, ...]:
    """Return what a label means: what it ends with is a label too, as in "Zoom Meeting ID"."""

    def among(labels: tuple[str, ...]) -> bool:
        likely = (one for one in labels if key.endswith(_key(one)))
        return any(_ending(one).search(spellings) for one in likely)

    key = _key(written)
    spellings = f"{written}\n{''.join(written.split())}"
    found = ((p, among(p.printed.labels), among(p.printed.own_labels)) for p in platforms)
    return tuple(_Meaning(p, own) for p, known, own in found if known or own)


@cache
def _ending(label: str) -> re.Pattern[str]:
    return re.compile(_any_of([label]) + "$", re.IGNORECASE | re.MULTILINE)


@cache
def _passcode(labels: tuple[str, ...], form: str) -> re.Pattern[str]:
    # Behind a colon and on the same line, as the file says; else digits only, since "Password
    # protected" names none, and neither does an empty "Passcode:" above the next line's words.
    code = f"{_NO_PASSCODE}(?P<passcode>{form})"
    behind = (
        rf"[ \t]{{0,3}}(?:(?:[:=]|为|是|\bis\b)[ \t]{{0,8}}{code}"
        rf"|[:=]?\s{{0,8}}(?P<digits>[0-9]{{4,10}}))(?![0-9A-Za-z])"
    )
    return re.compile(_any_of(labels) + behind, re.IGNORECASE)


def _any_of(labels: Iterable[str]) -> str:
    """Return a pattern of the labels, the longest first; inside a Latin word it fails at once."""
    longest = sorted(labels, key=len, reverse=True)
    latin = "|".join(_spaced(label) for label in longest if _is_word(label[0]))
    other = "|".join(_spaced(label) for label in longest if not _is_word(label[0]))
    either = [rf"(?<![0-9A-Za-z_])(?:{latin})" if latin else "", other]
    return f"(?:{'|'.join(filter(None, either)) or '(?!)'})"


def _spaced(label: str) -> str:
    """Return a label as a pattern; a Latin one must not end inside a word."""
    words = r"\s{0,3}".join(re.escape(word) for word in label.split())
    return words + (r"(?![A-Za-z])" if _is_word(label[-1]) else "")


def _is_word(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def _key(label: str) -> str:
    return "".join(label.lower().split())
