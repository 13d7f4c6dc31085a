"""Whether a text can be about a platform at all, before it is read for links. Pure.

Never wrongly no: what a platform's file knows of names, hosts and labels is looked for, in whatever
form, case and spacing. Most texts of a calendar have none of it, and reading costs ten times more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from roomctl.meeting.platform import Platform, Platforms

_NUMBER = re.compile(r"(?:\d[ \u00a0-]?){8,}\d")
_PHONE = re.compile(r"\+ ?\d[\d ().-]{6,18}\d|,,[ ]?\d{6,14}#|\btel:\+?\d")
_OTHERS = re.compile("[^\x00-\x7f]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def may_name(platform: Platform, hosts: Iterable[str] = ()) -> Callable[[str], bool]:
    """Return what tells whether a text may name a meeting of a platform; never wrongly no.

    `hosts`: servers of one's own, as [meeting.hosts] has them.
    """
    named = has_mark(_marks(platform, hosts))
    if not platform.printed.digits:
        return named

    def may(text: str) -> bool:
        return named(text) or bool(_NUMBER.search(_folded(text)))

    return may


def names(platform: Platform, hosts: Iterable[str] = ()) -> Callable[[str], bool]:
    """Return what tells whether a text has a name, host or label of a platform, not by a number."""
    return has_mark(_marks(platform, hosts))


def dials(platform: Platform, hosts: Iterable[str] = ()) -> Callable[[str], bool]:
    """Return what tells whether a text says how a platform is called by phone, SIP or H.323.

    A phone number is the platform's if that is named beside it.
    """
    ends = {
        rf"@\s*(?:[\w-]+\.)*{re.escape(one.removeprefix('*.'))}" for one in platform.dial.domains
    }
    called = "|".join((*ends, *(rf"(?<![\w.]){re.escape(one)}" for one in platform.dial.h323)))
    pattern = re.compile(rf"(?:{called or '(?!)'})(?!\w|-|\.\w)", re.IGNORECASE)
    named = names(platform, hosts)

    def dial(text: str) -> bool:
        folded = _folded(text)
        return bool(pattern.search(folded) or (_PHONE.search(folded) and named(text)))

    return dial


def may_name_another(platforms: Platforms, leaving: str) -> Callable[[str], bool]:
    """Return what tells whether a text has a name, host or label of any but one platform."""
    hosts: dict[str, list[str]] = {}
    for site in platforms.sites:
        hosts.setdefault(site.platform.key, []).append(site.name)
    others = (one for one in platforms if one.key != leaving)
    return has_mark(mark for one in others for mark in _marks(one, hosts.get(one.key, ())))


def has_mark(words: Iterable[str]) -> Callable[[str], bool]:
    """Return what tells whether a text has any of some words, however it is spaced and spelt."""
    marks = {_compact(word) for word in words} - {""}
    # What holds a shorter mark is found by that one.
    marks = {one for one in marks if not any(other in one for other in marks - {one})}

    def has(text: str) -> bool:
        compact = _compact(text)
        return any(mark in compact for mark in marks)

    return has


def _marks(platform: Platform, hosts: Iterable[str]) -> set[str]:
    named = (*platform.hosts, *platform.tenants, *hosts)
    stems = {_stem(re.sub(r"^https?://|:[0-9]+$", "", host)) for host in named}
    words = {*platform.printed.mentions, *platform.printed.own_labels, *platform.schemes}
    words |= {scheme for shape in platform.native for scheme in shape.schemes}
    words |= {domain.removeprefix("*.") for domain in platform.dial.domains}
    return {*stems, *words, platform.key, *platform.dial.h323}


def _stem(host: str) -> str:
    """Return the name that a host's owner has registered: "zoom" of "*.zoom.com.cn"."""
    labels = host.removeprefix("*.").split(".")[:-1]
    own = [label for label in labels if label not in ("com", "co", "net", "org")]
    return own[-1] if own and len(own[-1]) > 1 else host


def _compact(text: str) -> str:
    """Return a text as marks are looked for in it: one form, one case, no blanks."""
    dense = "".join(_folded(text).casefold().split())
    return dense if dense.isascii() else _INVISIBLE.sub("", dense)


def _folded(text: str) -> str:
    """Fold the forms of all but ASCII; no mark begins with what joins the letter before it."""
    return _OTHERS.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
