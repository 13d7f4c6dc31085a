"""A text -> the numbers and passcodes that it prints: `#腾讯会议：NNN-NNN-NNN`, `Meeting ID: ...`.

Only what stands behind a label of a platform's file, or behind a common one, counts: a phone
number beside it is no meeting. Texts are those that `text.plain` returns. Every pattern here is
bounded, so the work grows with the length of the text and no faster. Pure; knows no link.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from itertools import islice

from roomctl.frozen import frozen
from roomctl.meeting.labels import MEETING_ID, PASSCODE, any_of, is_word, key_of
from roomctl.meeting.letters import odd_at
from roomctl.meeting.platform import Platform, Platforms

_SAYS = r"(?:[:=#]|-{1,2}>|→|为|是|は|(?:is|ist|est|es)\b)"
# Marks of Markdown, quotes and brackets around a number or a passcode.
# Letters and digits alone in a line, below a label: no word of the next line is written so.
_MIXED = "(?=[a-z]{0,11}[0-9])(?=[0-9]{0,11}[a-z])[0-9a-z]{4,12}"
_CLOSED = r"[*_`~\"'”“’»」』】>)\]]"
_OPENED = r"[*_`~\"'“”‘’„«「『【<(\[]{0,3}"
_NUMBER = (
    r"[】」』]?[ \t]{0,3}(?:[(][^()\n]{0,40}[)])?(?:\s{0,6}:|[ \t]{0,3}(?:"
    + _SAYS
    + r"|-))?\s{0,8}"
    + _OPENED
    + r"\s?"
    # All of it: what is left of a longer one would be another meeting's.
    r"(?P<number>(?>[0-9]{2,16}"
    r"(?:(?P<gap> ?- ?|[ .])[0-9]{1,8}(?:(?:(?P=gap)|-)[0-9]{1,8}){0,5})?))"
    r"(?!_?[0-9]|#(?![0-9A-Za-z一-龥]))"  # a phone is to be told "559 727 062#"
)

_FLAGS = re.IGNORECASE | re.ASCII  # else a dotless ı reads as an i, and is in no table

# What stands behind "Passcode:" where none is told, in the languages of the labels.
_NO_PASSCODE = (
    "(?!(?:none|null|no|not|n|na|tbd|tba|see|will|required|needed|optional|the|is|as|to|sent|same"
    "|this|that|please|ask|available|provided|contact|from|on|in|at|for|and|or|if|only"
    "|siehe|folgt|kein|keine|keines|nicht|wird|geen|zie|voir|aucun|aucune|pas|sans|ver|ninguno|ninguna|sin"
    "|nenhum|nenhuma|sem|vedi|nessuno|nessuna|non|brak|patrz|yok|ingen|inget|ei)(?![0-9A-Za-z]))"
)
SHORTEST_NUMBER = 8  # digits around an odd letter: fewer are no meeting's
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
    """A number behind a label, by one of its meanings; `at` is where the number stands.

    `vague`: the label is short, and a word before it may say that it is no meeting's.
    """

    at: int
    number: Number
    own: bool
    vague: bool


@dataclass(frozen=True, eq=False)
class _Patterns:
    """What is searched for in a text, all platforms at once; the tables are by `_key`.

    Each is made when it is first needed: few texts print a number.
    """

    platforms: Platforms

    @cached_property
    def _owners(self) -> dict[str, str]:
        named = {mention: p.key for p in self.platforms for mention in p.printed.mentions}
        brands = self.platforms.brands.items()  # a link names its platform too
        return {**named, **{host: key for host, key in brands if self._is_of_one(host)}}

    def _is_of_one(self, host: str) -> bool:
        """Whether a host has one platform: of two, its port tells which."""
        return len({site.platform.key for site in self.platforms.at(host)}) < 2

    @cached_property
    def mentions(self) -> re.Pattern[str]:
        return re.compile(any_of(self._owners), _FLAGS)

    @cached_property
    def owners(self) -> Mapping[str, str]:
        return {key_of(mention): platform for mention, platform in self._owners.items()}

    @cached_property
    def _labels(self) -> frozenset[str]:
        every = (label for p in self.platforms for label in (*_labels(p), *p.printed.own_labels))
        return frozenset(every)

    @cached_property
    def _written(self) -> dict[str, str]:
        """Return the labels by key; of two spellings the longer: "会议 号" is 会议号, too."""
        return {key_of(one): one for one in sorted(self._labels, key=lambda one: (len(one), one))}

    @cached_property
    def labels(self) -> re.Pattern[str]:
        return re.compile(rf"(?P<label>{any_of(self._labels)}){_NUMBER}", _FLAGS)

    def meanings(self, key: str) -> tuple[_Meaning, ...]:
        """Return what the label `key` means; few of them are ever printed."""
        return _meanings(self._written[key], self.platforms)

    def passcodes(self, key: str) -> re.Pattern[str] | None:
        """Return what finds a passcode of the platform `key`, if it prints any."""
        platform = self.platforms.by_key.get(key)
        if platform is None or not platform.printed.passcode_labels:
            return None
        printed = platform.printed
        labels = _passcode_labels(printed.passcode_labels, printed.labels + printed.own_labels)
        return _passcode(labels, printed.passcode)


def _labels(platform: Platform) -> tuple[str, ...]:
    """Return a platform's labels of numbers, and the common ones if it is in public use."""
    printed = platform.printed
    common = printed.digits and printed.labels and platform.hosts
    return (*printed.labels, *MEETING_ID) if common else printed.labels


@cache
def _passcode_labels(own: tuple[str, ...], numbers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels of passcodes, the common ones too; never what is a number's label here."""
    taken = {key_of(label) for label in numbers}
    common = (label for label in PASSCODE if not any(n.endswith(key_of(label)) for n in taken))
    return tuple(dict.fromkeys((*own, *common)))


def number_of(text: str, platform: Platform, platforms: Platforms) -> str | None:
    """Return the number that `text` prints behind any label of `platform`."""
    found = _numbers_of(text, platform.key, platforms)
    first = min(found, key=lambda one: not one.own, default=None)
    return first.number.digits if first else None


def _numbers_of(text: str, key: str, platforms: Platforms) -> list[_Printed]:
    """Return the numbers of the platform `key`, but for those with another platform's name."""
    named = _mentions(text, platforms)
    places = [at for at, _ in named]
    return [
        one
        for one in _numbers(text, platforms)
        if one.number.platform == key
        and (
            one.own
            or one.number.telling
            or _nearest(named, bisect_left(places, one.at)) in (key, None)
        )
    ]


def passcode_of(text: str, key: str, platforms: Platforms, number: str | None = None) -> str | None:
    """Return the passcode that `text` prints behind a label of the platform `key`.

    Not one that stands with another platform's name, or behind another meeting than `number`.
    """
    patterns = _patterns(platforms)
    passcodes = patterns.passcodes(key)
    if passcodes is None:
        return None
    named = _mentions(text, platforms)
    places = [at for at, _ in named]
    found = [
        match
        for match in islice(passcodes.finditer(text), MOST_NUMBERS)
        if not odd_at(text, match.end())
        and _nearest(named, bisect_left(places, match.start() + 1)) in (key, None)
        and not _ANOTHERS.search(text[max(0, match.start() - _BEFORE) : match.start()])
    ]
    meetings = _meetings(text, platforms.by_key[key], platforms) if found else []
    mine = {None, _short(number)} if number else None
    for match in found:
        last = [digits for at, digits in meetings if at < match.start()][-1:]
        if not last or (last[0] in mine if mine else last[0] != _RECORDED):
            return _unwrapped(next(filter(None, match.groups())))
    return None


def passcodes_in(text: str, key: str, platforms: Platforms) -> list[str]:
    """Return all that `text` prints behind labels of the platform `key`, whosever they are."""
    passcodes = _patterns(platforms).passcodes(key)
    found = islice(passcodes.finditer(text), MOST_NUMBERS) if passcodes else ()
    return [_unwrapped(next(filter(None, match.groups()))) for match in found]


# What else a passcode is for: a network, a door, a host, a recording.
_ANOTHERS = re.compile(
    r"(?:(?:wi-?fi|wlan|와이파이)[^\n.;。]{0,20}|(?:host|admin|router|dial-?in|recording)[ -]{0,2}"
    r"|(?:无线网?|门[禁锁]|投屏|电脑|主持人?|访问|提取|解压|开机)的?)$",
    re.IGNORECASE,
)
_BEFORE = 30  # characters
_RECORDED = "recorded"
_LINKED = re.compile(
    r"(?<![a-z0-9@._-])(?P<host>(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24})(?P<path>/[!-\"$->@-~]{0,200})",
    _FLAGS,
)


def _meetings(text: str, platform: Platform, platforms: Platforms) -> list[tuple[int, str | None]]:
    """Return where the text names meetings of a platform, by a number or a link, in order.

    With their numbers: None for a link without one, `_RECORDED` for what is a recording.
    """
    found: list[tuple[int, str | None]] = [
        (one.at, _short(one.number.digits)) for one in _numbers_of(text, platform.key, platforms)
    ]
    flags = re.IGNORECASE if platform.ignore_case else 0
    for link in islice(_LINKED.finditer(text), MOST_NUMBERS):
        sites = platforms.at(link["host"].lower())
        if not any(site.platform is platform and site.port is None for site in sites):
            continue
        path = link["path"].rstrip(".,;:!)]>")
        joins = (re.fullmatch(shape.path, path, flags) for shape in platform.join)
        if any(re.fullmatch(one.path, path, flags) for one in platform.not_a_join if one.recorded):
            found.append((link.start(), _RECORDED))
        elif join := next(filter(None, joins), None):
            number = join.groupdict().get("meeting_id")
            found.append((link.start(), number and _short(number)))
    return sorted(found, key=lambda place: place[0])


def _short(number: str) -> str:
    """Return a number without the zeros that some mails print in front of it."""
    return number.lstrip("0")


def _unwrapped(passcode: str) -> str:
    """Return a passcode without the signs for bold print on both of its sides."""
    both = len(passcode) > 2 and passcode[0] == passcode[-1] and passcode[0] in "*_"
    return passcode[1:-1] if both else passcode


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
        elif nearest is None and not one.vague:
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
    return [(m.start(), patterns.owners[key_of(m[0])]) for m in patterns.mentions.finditer(text)]


def _numbers(text: str, platforms: Platforms) -> Iterator[_Printed]:
    """Yield the numbers behind labels in their order, once for each platform they may be of."""
    patterns = _patterns(platforms)
    for match in islice(patterns.labels.finditer(text), MOST_NUMBERS):
        if odd_at(text, match.end("number")):
            continue
        key = key_of(match["label"])
        vague = key == "id" and bool(_WORD.search(text[max(0, match.start() - 4) : match.start()]))
        for meaning in patterns.meanings(key):
            if number := _fitting(match["number"], meaning.platform):
                yield _Printed(match.start("number"), number, meaning.own, vague)


def odd_number(text: str, platforms: Platforms) -> str:
    """Return the odd letter that makes a number behind a label one that nobody can tell, or ""."""
    patterns = _patterns(platforms)
    for match in islice(patterns.labels.finditer(text), MOST_NUMBERS):
        odd = odd_at(text, match.end("number"))
        around = re.match(".{0,30}", text[match.start("number") :])
        if odd and around and len(digits_only(around[0])) >= SHORTEST_NUMBER:
            return odd
    return ""


_WORD = re.compile("[A-Za-z][ -]{0,2}$")  # "Invoice ID: 812 3456 7890"


def _fitting(written: str, platform: Platform) -> Number | None:
    """Return the longest run of groups that is a number of the platform.

    Groups as the platform prints them go first, so that a stray digit behind them is left out.
    """
    parts = re.split(r"[ .-]+", written)
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
        return any(_ends_with(key, written, one) for one in labels)

    key = key_of(written)
    found = ((p, among(_labels(p)), among(p.printed.own_labels)) for p in platforms)
    return tuple(_Meaning(p, own) for p, known, own in found if known or own)


def _ends_with(key: str, written: str, label: str) -> bool:
    """Whether a label ends with another: as a whole word of it, where it is Latin."""
    ending = key_of(label)
    if not key.endswith(ending):
        return False
    if key == ending or not is_word(ending[0]):
        return True
    words = [key_of(word) for word in re.split(r"[\s-]+", written)]
    return ending in ("".join(words[at:]) for at in range(len(words)))


@cache
def _passcode(labels: tuple[str, ...], form: str) -> re.Pattern[str]:
    # Behind a colon and on the same line, as the file says; else digits only, since "Password
    # protected" names none, and neither does an empty "Passcode:" above the next line's words.
    behind = (
        r"[ \t]{0,3}(?:[(][^()\n]{0,40}[)])?[ \t]{0,3}"
        rf"(?:{_SAYS}[ \t]{{0,8}}"
        rf"(?:{_NO_PASSCODE}(?P<passcode>{form})"
        rf"|{_OPENED}[ \t]?{_NO_PASSCODE}(?P<marked>{form})(?=[ \t]?{_CLOSED}))"
        rf"|\s{{0,6}}[:=-]?\s{{0,8}}{_OPENED}(?P<digits>[0-9]{{4,10}})"
        rf"|\s{{0,6}}:?\s{{1,8}}(?P<alone>{_MIXED})(?=[ \t]{{0,8}}(?:[\n(]|$)))"
        r"(?![0-9A-Za-z]|[ -][0-9]{3,4}[ -][0-9]{3,4})"  # that is the meeting's number
    )
    return re.compile(f"{any_of(labels)}{behind}|{_CODE}", re.IGNORECASE)


# "Code" is many things: it tells a passcode where a line or a part of one begins with it.
_CODE = (
    r"(?:^|(?<=\n)|[,;/(]|[ \t]-)[ \t]{0,3}(?:C(?:ode|[oó]digo|odice)|Код)[ \t]{0,2}:[ \t]{0,3}"
    r"(?P<code>[0-9]{4,8})(?![0-9A-Za-z]|[ -][0-9])"
)
