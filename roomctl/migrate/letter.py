"""What an organizer is asked to do, in Chinese and in English: drafts, which nobody sends. Pure.

The words of an exit that reports share stand here, too. No passcode and no link is in a draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from roomctl.frozen import frozen
from roomctl.meeting.platform import Platform
from roomctl.migrate.verdict import JudgedBooking, Verdict

LONGEST = 40  # bookings that one draft lists; of the others the number

_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh-CN": tuple("一二三四五六日"),
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "subject": "Please move {count} meeting(s) in {room} from {old} to {new}",
        "hello": "Hello {who},",
        "why": "The room {room} moves from {old} to {new}. These bookings are still on {old}:",
        "row": "- {day} {hours}  {title}: {verdict}",
        "more": "- and {count} more",
        "ask": "Please make a new {new} invitation, and send it to the same people and the room.",
        "untitled": "Untitled",
        "day": "{date} ({weekday})",
        Verdict.DEAD: "cannot be joined in this room any more",
        Verdict.AT_RISK: "works only while the host's {old} account does",
    },
    "zh-CN": {
        "subject": "请将 {room} 的 {count} 场会议从 {old} 改为 {new}",
        "hello": "{who}：",
        "why": "会议室 {room} 将从 {old} 迁移到 {new}。以下预订仍使用 {old}：",
        "row": "- {day} {hours}  {title}：{verdict}",
        "more": "- 另有 {count} 场",
        "ask": "请用 {new} 重新发起邀请，并发送给原有参会者和会议室。",
        "untitled": "无标题",
        "day": "{date}（周{weekday}）",
        Verdict.DEAD: "届时在本会议室无法加入",
        Verdict.AT_RISK: "仅在主持人的 {old} 账号仍有效时可用",
    },
}


@frozen
class Letter:
    """A draft to one organizer in one language; `to` is a name or an address, as booked."""

    to: str
    language: str
    subject: str
    text: str


def letters(
    bookings: Mapping[str, Sequence[JudgedBooking]],
    room: str,
    platforms: tuple[Platform, Platform],
    zone: tzinfo,
) -> tuple[Letter, ...]:
    """Return two drafts for each organizer who is known: in Chinese, and in English."""
    return tuple(
        _letter(who, listed, room, platforms, zone, language)
        for who, listed in bookings.items()
        if who
        for language in ("zh-CN", "en")
    )


def _letter(
    who: str,
    listed: Sequence[JudgedBooking],
    room: str,
    platforms: tuple[Platform, Platform],
    zone: tzinfo,
    language: str,
) -> Letter:
    words = _WORDS[language]
    old, new = (one.name.zh if language == "zh-CN" else one.name.en for one in platforms)
    named = {"room": room, "old": old, "new": new, "count": len(listed)}
    rows = [_row(one, words, named, zone, language) for one in listed[:LONGEST]]
    if listed[LONGEST:]:
        rows.append(words["more"].format(count=len(listed) - LONGEST))
    body = (
        words["hello"].format(who=who),
        "",
        words["why"].format(**named),
        *rows,
        "",
        words["ask"].format(**named),
    )
    return Letter(who, language, words["subject"].format(**named), "\n".join(body) + "\n")


def _row(
    one: JudgedBooking,
    words: Mapping[str, str],
    named: Mapping[str, object],
    zone: tzinfo,
    language: str,
) -> str:
    start, end = one.booking.start.astimezone(zone), one.booking.end.astimezone(zone)
    weekday = _WEEKDAYS[language][start.weekday()]
    return words["row"].format(
        day=words["day"].format(date=start.date().isoformat(), weekday=weekday),
        hours=f"{start:%H:%M}-{end:%H:%M}",
        title=one.title or words["untitled"],
        verdict=words[one.verdict].format(**named),
    )
