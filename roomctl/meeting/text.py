"""An invitation's text -> the links in it, and a form in which numbers can be searched. Pure.

Every pattern here is bounded, so the work grows with the length of the text and no faster.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping

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
    """Return a cleaned text for `printed`: forms folded; tags and links' parameters taken out."""
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
