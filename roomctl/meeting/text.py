"""An invitation's text -> the links in it, and a form in which numbers can be searched. Pure.

Every pattern here is bounded, so the work grows with the length of the text and no faster.
"""

from __future__ import annotations

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
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣", "-"))
_ENTITIES = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#38;", "&"))
_LINK = re.compile(
    r"""(?:[a-z][a-z0-9+-]{1,30}:[/\\]{1,8}                  # a scheme and slashes, or
    |(?<![a-z0-9@._~%/=&?\#:\\-])                            # a host at the start of a word
     (?:[a-z0-9_-]{1,63}\.){1,8}[a-z]{2,24}(?::[0-9]{1,5})?[/?\#])
    [^\s<>"'`“”‘’«»，。｡；：、！？（）【】《》「」『』…]*""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
_LONE = re.compile(
    r"(?:https?|javascript|data|file|blob|about|vbscript|view-source|chrome|ftp|mailto|tel|sips?"
    r"|h323):\S+|[^\s@]+@[^\s@/]+/\S*|(?:[a-z0-9-]+\.)+[a-z]{2,24}",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"[a-z][a-z0-9+-]{1,30}:[/\\]", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")


def clean(text: str) -> str:
    """Return `text` without invisible characters and with HTML's escapes undone."""
    text = text[:LONGEST_TEXT].translate(_INVISIBLE)
    for entity, letter in _ENTITIES:
        text = text.replace(entity, letter)
    return text.replace("&amp;", "&")


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
    return text if _LONE.fullmatch(text) or text in set(links(text)) else None


def plain(cleaned: str) -> str:
    """Return a cleaned text with full-width forms folded and HTML tags taken out, for `printed`."""
    untagged = _TAG.sub(" ", cleaned) if "</" in cleaned or "<br" in cleaned else cleaned
    folded = unicodedata.normalize("NFKC", untagged)[:LONGEST_TEXT]  # it may grow eighteenfold
    return folded.translate(_DASHES)


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

    A provider's field beats a stale link in the body. Other X- properties stand before URL.
    """
    named = {name.upper().replace("_", "-"): text for name, text in fields.items()}
    others = sorted(n for n in named if n.startswith("X-") and n not in _FIELDS)
    order = [*_FIELDS[:_OWN], *others, *_FIELDS[_OWN:]]
    return [named[name] for name in order if named.get(name)]
