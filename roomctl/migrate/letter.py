"""What an organizer is asked to do, in Chinese and in English: drafts, which nobody sends. Pure.

A person is an address: whoever has one gets one letter in each language, about all rooms, with the
bookings in order of time, a series as one of them. Whoever has none is somebody of a name, perhaps
two: such a draft names no title, has no address, and is not among the files but in a list beside
them. No passcode and no link is in a draft, and of a private booking only that it is there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, tzinfo
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from roomctl.frozen import frozen
from roomctl.meeting.platform import Platform
from roomctl.migrate.verdict import JudgedBooking, Verdict, to_move

LONGEST = 40  # bookings that one draft lists; of the others the number
LANGUAGES = ("zh-CN", "en")

_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh-CN": tuple("一二三四五六日"),
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "subject": "Please move {count} meeting(s) from {old} to {new}",
        "hello": "Hello {who},",
        "why": "These rooms move from {old} to {new}: {rooms}. These bookings are still on {old}:",
        "row": "- {day} {hours}{until}  {title} ({room}): {verdict}",
        "until": ", and again until {day}",
        "more": "- and {count} more",
        "private": "- {count} private booking(s), whose titles are not read",
        "ask": "Please make a new {new} invitation, and send it to the same people and the room.",
        "untitled": "Untitled",
        "day": "{date} ({weekday})",
        Verdict.DEAD: "cannot be joined in this room any more",
        Verdict.AT_RISK: "works only while the host's {old} account does",
    },
    "zh-CN": {
        "subject": "请将 {count} 场会议从 {old} 改为 {new}",
        "hello": "{who}：",
        "why": "以下会议室将从 {old} 迁移到 {new}：{rooms}。以下预订仍使用 {old}：",
        "row": "- {day} {hours}{until}  {title}（{room}）：{verdict}",
        "until": "，重复至 {day}",
        "more": "- 另有 {count} 场",
        "private": "- {count} 场私密预订（不读取标题）",
        "ask": "请用 {new} 重新发起邀请，并发送给原有参会者和会议室。",
        "untitled": "无标题",
        "day": "{date}（周{weekday}）",
        Verdict.DEAD: "届时在本会议室无法加入",
        Verdict.AT_RISK: "仅在主持人的 {old} 账号仍有效时可用",
    },
}


@frozen
class LetterRow:
    """One booking, or one series, that somebody has to move; times are the room's, with offset.

    `last` is when a series begins for the last time, "" for a single booking. `email` is "" where
    it is unknown; of a private one name, title and times are. `old` and `new` are what the
    platforms are called, by language.
    """

    email: str
    name: str
    room: str
    start: str
    end: str
    last: str
    title: str
    verdict: str
    old: Mapping[str, str]
    new: Mapping[str, str]

    @property
    def private(self) -> bool:
        return not self.start


@frozen
class Letter:
    """A draft to one organizer in one language; `email` is "" if nobody knows where to send it."""

    to: str
    email: str
    language: str
    subject: str
    text: str


def letter_rows(
    judged: Iterable[JudgedBooking],
    room: str,
    platforms: tuple[Platform, Platform],
    zone: tzinfo,
) -> tuple[LetterRow, ...]:
    """Return what has to be moved out of one room, in order of time; a series stands once."""
    found: dict[tuple[str, str], list[JudgedBooking]] = {}
    for one in sorted(judged, key=lambda one: one.booking.start):
        if to_move(one):
            found.setdefault((one.series, one.booking.organizer_email.casefold()), []).append(one)
    old, new = ({"zh-CN": each.name.zh, "en": each.name.en} for each in platforms)
    made = []
    for listed in found.values():
        first, last = listed[0], listed[-1]
        booking = first.booking
        dead = any(one.verdict is Verdict.DEAD for one in listed)
        name = title = start = end = again = ""
        if not any(one.booking.private for one in listed):
            name, title = first.organizer, first.title
            start, end = (at.astimezone(zone).isoformat() for at in (booking.start, booking.end))
            if last is not first:
                again = last.booking.start.astimezone(zone).isoformat()
        email, verdict = _sendable(booking.organizer_email), Verdict.DEAD if dead else first.verdict
        made.append(LetterRow(email, name, room, start, end, again, title, verdict.value, old, new))
    return tuple(made)


def letters(found: Iterable[LetterRow]) -> tuple[Letter, ...]:
    """Return a draft in each language for each organizer who is known, of all rooms together."""
    people: dict[tuple[str, str], list[LetterRow]] = {}
    for one in sorted(found, key=_begins):
        name = "" if one.email else one.name
        people.setdefault((one.email.casefold(), name), []).append(one)
    known = (listed for key, listed in sorted(people.items()) if key != ("", ""))
    return tuple(_letter(listed, language) for listed in known for language in LANGUAGES)


def without_address(found: Iterable[LetterRow]) -> tuple[dict[str, Any], ...]:
    """Return who cannot be written to: name, rooms, and how many bookings; "": no name either."""
    people: dict[str, list[LetterRow]] = {}
    for one in found:
        if not one.email:
            people.setdefault(one.name, []).append(one)
    return tuple(
        {"name": name, "rooms": _rooms(listed), "bookings": len(listed)}
        for name, listed in sorted(people.items())
    )


def row_record(one: LetterRow) -> dict[str, Any]:
    """Return it as JSON has it."""
    return asdict(one)


def files(found: Sequence[LetterRow], cell: Callable[[str], str]) -> Iterator[tuple[str, bytes]]:
    """Yield the drafts as files: one mail each, all for a mail merge, and who has no address.

    `cell` makes a text one that a spreadsheet shows and never runs.
    """
    drafts = [one for one in letters(found) if one.email]
    for number, one in enumerate(drafts):
        yield f"{number // len(LANGUAGES) + 1:04d}-{one.language}.eml", _mail(one)
    columns = ("email", "to", "language", "subject", "text")
    yield "letters.csv", _table(columns, map(asdict, drafts), cell)
    missing = ({**one, "rooms": ", ".join(one["rooms"])} for one in without_address(found))
    yield "without-address.csv", _table(("name", "rooms", "bookings"), missing, cell)


def _table(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], cell: Callable[[str], str]
) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(str(row[column])) for column in columns] for row in rows)
    return ("\ufeff" + out.getvalue()).encode()


def _mail(one: Letter) -> bytes:
    """Return a draft as a mail program opens it, to be looked at and sent."""
    mail = EmailMessage(policy=SMTP)
    mail["To"] = Address(one.to if one.to != one.email else "", addr_spec=one.email)
    mail["Subject"] = one.subject
    mail["X-Unsent"] = "1"
    mail["Content-Language"] = one.language
    mail.set_content(one.text, cte="base64")
    return bytes(mail)


def _sendable(email: str) -> str:
    """Return an address if a mail can have it, else ""."""
    try:
        Address(addr_spec=email)
    except (MessageError, ValueError, IndexError):
        return ""
    return email if email.isascii() else ""


def _begins(one: LetterRow) -> tuple[bool, datetime, str]:
    return one.private, datetime.fromisoformat(one.start or "9999-01-01T00:00+00:00"), one.room


def _rooms(listed: Iterable[LetterRow]) -> list[str]:
    return sorted({one.room for one in listed})


def _letter(listed: Sequence[LetterRow], language: str) -> Letter:
    words, first = _WORDS[language], listed[0]
    names = sorted({(one.old[language], one.new[language]) for one in listed})
    old, new = (" / ".join(sorted(set(each))) for each in zip(*names, strict=True))
    named = {"old": old, "new": new, "rooms": ", ".join(_rooms(listed)), "count": len(listed)}
    told = [one for one in listed if not one.private]
    rows = [_row(one, words, named, language) for one in told[:LONGEST]]
    if told[LONGEST:]:
        rows.append(words["more"].format(count=len(told) - LONGEST))
    if len(told) < len(listed):
        rows.append(words["private"].format(count=len(listed) - len(told)))
    who = next((one.name for one in listed if one.name), first.email)
    body = (
        words["hello"].format(who=who),
        "",
        words["why"].format(**named),
        *rows,
        "",
        words["ask"].format(**named),
    )
    subject = words["subject"].format(**named)
    return Letter(who, first.email, language, subject, "\n".join(body) + "\n")


def _row(
    one: LetterRow, words: Mapping[str, str], named: Mapping[str, object], language: str
) -> str:
    start, end = datetime.fromisoformat(one.start), datetime.fromisoformat(one.end)
    last = _day(datetime.fromisoformat(one.last), words, language) if one.last else ""
    title = one.title if one.email else ""  # of two with one name neither reads the other's
    return words["row"].format(
        day=_day(start, words, language),
        hours=f"{start:%H:%M}-{end:%H:%M}",
        until=words["until"].format(day=last) if last else "",
        title=title or words["untitled"],
        room=one.room,
        verdict=words[one.verdict].format(**named),
    )


def _day(at: datetime, words: Mapping[str, str], language: str) -> str:
    weekday = _WEEKDAYS[language][at.weekday()]
    return words["day"].format(date=at.date().isoformat(), weekday=weekday)
