"""What an alert says: issues in the words of the panel's catalogs, and a few of its own.

Of what an issue knows only numbers and words of a closed list come along, so no title, link or name
of a meeting and no text of another server does: a sentence that needs one is left out. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo

from roomctl.frozen import frozen
from roomctl.room.document import DeviceEntry
from roomctl.room.issues import RatedIssue
from roomctl.words import Language, counted, filled, panel_texts, variant

LISTED = 8  # issues of one message; the others are counted
LONGEST = 120  # characters of what somebody else wrote: a device's title, a file's name

_TOLD = frozenset({"about", "file", "host", "key", "kept_as", "name", "part", "path", "what"})
"""Parameters of issues whose text is the room's own, or the operator's; of the others only numbers
are told."""

_HOLE = re.compile(r"\{\w+\}")
_SENTENCE = re.compile(r"[^.。!！?？]*(?:[.。!！?？]+(?=\s|$|[^\x00-\x7f])|$)\s*")

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "title": "{room}: {what}",
        "title_more": "{room}: {what}, and {count} more",
        "since": "since {since}",
        "still": "Still so: {what}",
        "over": "Over: {what}",
        "more": "Not listed here: {count} more",
        "missed": "Held back, and over by now: {count}",
        "link": "Look: {url}",
        "test": "Test: alerts of this room arrive here",
        "by": "{place}. Times in {zone}.",
    },
    "zh-CN": {
        "title": "{room}：{what}",
        "title_more": "{room}：{what}，另有 {count} 项",
        "since": "始于 {since}",
        "still": "仍未解决：{what}",
        "over": "已恢复：{what}",
        "more": "另有 {count} 项未列出",
        "missed": "期间暂未发送、现已恢复：{count} 项",
        "link": "查看：{url}",
        "test": "测试：此会议室的告警会发送到这里",
        "by": "{place}。时间为 {zone}。",
    },
}


@frozen
class AlertMessage:
    """What is told: a line that says it all, then each thing in a line or more.

    `link` is where more can be seen, with its words; "" where there is no such page.
    """

    title: str
    lines: tuple[str, ...]
    language: Language
    link: str = ""

    @property
    def text(self) -> str:
        """All of it as plain text."""
        return "\n".join((self.title, *(["", *self.lines] if self.lines else [])))


@frozen
class AlertUpdate:
    """What is to be told now: ids of issues, by what became of them.

    `missed`: how many were held back until they were over.
    """

    opened: tuple[str, ...]
    still: tuple[str, ...]
    over: tuple[str, ...]
    missed: int


@frozen
class AlertPlace:
    """What every message says of the room. `page`: staff's pages, "" if nobody said where."""

    room: str
    place: str
    zone: tzinfo
    page: str
    language: Language


@frozen
class IssueWords:
    """An issue as an alert tells it: what is wrong, and what to try."""

    what: str
    todo: str
    since: datetime


def issue_words(issue: RatedIssue, devices: Sequence[DeviceEntry], into: Language) -> IssueWords:
    """Put an issue into words of a language; the catalogs must have been read (`panel_texts`)."""
    texts = panel_texts(into)
    values = _values(issue, devices, texts, into)
    code = variant(issue.code, issue.params)
    what = filled(str(texts.get(f"issue.{code}", "")), values)
    if not what or _HOLE.search(what):
        what = filled(texts["issue.other"], values)
    todo = "".join(_whole(filled(str(texts.get(issue.next_step, "")), values))).strip()
    return IssueWords(what, todo, issue.since)


def message(news: AlertUpdate, known: Mapping[str, IssueWords], at: AlertPlace) -> AlertMessage:
    """Return what is told of `news`; `known` are the words of each issue in it."""
    say = _WORDS[at.language]
    told = [*_told(news, known, at)]
    first, count = told[0][0], len(told) - 1
    key = "title_more" if count else "title"
    lines = [line for one in told[:LISTED] for line in (*one, "")]
    if len(told) > LISTED:
        lines.append(say["more"].format(count=len(told) - LISTED))
    if news.missed:
        lines.append(say["missed"].format(count=news.missed))
    title = say[key].format(room=plain(at.room), what=first, count=count)
    return _signed(title, lines, at)


def test_message(at: AlertPlace) -> AlertMessage:
    """Return what shows that alerts arrive."""
    say = _WORDS[at.language]
    return _signed(say["title"].format(room=plain(at.room), what=say["test"]), [], at)


def device_name(subject: str, devices: Sequence[DeviceEntry], into: Language) -> str:
    """Return what the panel calls a device: its title, or its kind, with a number among several."""
    texts, kind = panel_texts(into), subject.partition(".")[0]
    alike = [one for one in devices if one.kind == kind]
    found = next((one for one in alike if one.name == subject), None)
    if found is not None and found.title:
        return plain(found.title["zh" if into == "zh-CN" else "en"])
    word = texts.get(f"kind.{kind}", texts["kind.other"])
    if found is None or len(alike) < 2:
        return word
    return filled(texts["kind.numbered"], {"kind": word, "number": alike.index(found) + 1})


def plain(text: str) -> str:
    """Return a text of somebody else's as one short line that no chat takes for its own signs."""
    kept = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    shown = " ".join(kept.split()).translate(_SIGNS)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


_SIGNS = str.maketrans("<>@", "‹›＠")  # tags and mentions of chats


def _values(
    issue: RatedIssue, devices: Sequence[DeviceEntry], texts: Mapping[str, str], into: Language
) -> dict[str, object]:
    told = {
        name: plain(value) if isinstance(value, str) else value
        for name, value in issue.params.items()
        if name in _TOLD or (isinstance(value, int | float) and value is not None)
    }
    about = issue.params.get("about")
    return {
        "device": device_name(issue.subject, devices, into),
        "code": issue.code,
        "title": texts["call.untitled"],  # what it is called is nobody's business here
        **counted(issue.params),
        **told,
        **({"about": texts.get(f"report.about.{about}", texts["report.about.other"])}),
    }


def _whole(text: str) -> Iterable[str]:
    """Return the sentences of a text in which no hole is left."""
    return (one for one in _SENTENCE.findall(text) if not _HOLE.search(one))


def _told(
    news: AlertUpdate, known: Mapping[str, IssueWords], at: AlertPlace
) -> Iterator[tuple[str, ...]]:
    """Yield each thing that is told, in lines: what, since when, what to try."""
    say = _WORDS[at.language]

    def since(one: IssueWords) -> str:
        return say["since"].format(since=f"{one.since.astimezone(at.zone):%Y-%m-%d %H:%M}")

    for key in news.opened:
        yield tuple(filter(None, (known[key].what, since(known[key]), known[key].todo)))
    for key in news.still:
        one = known[key]
        yield tuple(filter(None, (say["still"].format(what=one.what), since(one), one.todo)))
    for key in news.over:
        yield say["over"].format(what=known[key].what), since(known[key])


def _signed(title: str, lines: Sequence[str], at: AlertPlace) -> AlertMessage:
    say = _WORDS[at.language]
    place = say["by"].format(place=plain(at.place or at.room), zone=at.zone)
    link = [say["link"].format(url=at.page)] if at.page else []
    body = "\n".join(lines).strip("\n").split("\n")
    return AlertMessage(
        title, (*([*body, ""] if any(body) else []), place, *link), at.language, at.page
    )
