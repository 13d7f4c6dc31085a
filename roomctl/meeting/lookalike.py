"""Does a foreign host try to look like a platform's? Pure; decides only the words of a refusal.

A foreign host is never opened, whatever this module says of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from roomctl.meeting.url import unicode_label

# Letters of other alphabets, and pairs, that read as Latin ones in common fonts (a part of the
# Unicode confusables table, UTS 39, that matters for the hosts in platforms/*.toml).
_READS_AS = str.maketrans(
    {"а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j"}
    | {"ѕ": "s", "ԁ": "d", "һ": "h", "ӏ": "l", "м": "m", "т": "t", "к": "k", "ɡ": "g", "ı": "i"}
    | {"ο": "o", "α": "a", "ε": "e", "ι": "i", "κ": "k", "ν": "v", "ρ": "p", "τ": "t", "υ": "u"}
    | {"0": "o", "1": "l", "3": "e", "5": "s"}
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SECOND_LEVEL = frozenset({"com", "net", "org", "gov", "edu", "ac", "co"})
_TOO_COMMON = frozenset(
    {"www", "meet", "meeting", "teams", "global", "app", "com", "net", "org", "cn", "us"}
    | {
        "live",
        "cloud",
        "vc",
        "applink",
        "microsoft",
        "google",
        "de",
        "dod",
        "gov",
        "n",
        "s",
        "join",
    }
)


@dataclass(frozen=True, slots=True)
class _Brand:
    """A brand's host: its registered name, how it reads, and the labels that make it known."""

    owner: str
    reads: str
    hyphened: str
    marks: frozenset[str]


def looks_like(host: str, brands: Collection[str]) -> str | None:
    """Return the host out of `brands` that `host` could be taken for, or None.

    None too for another host of a brand's owner: www.dingtalk.com beside meeting.dingtalk.com.
    """
    owners = {".".join(host.split(".")[-kept:]) for kept in (2, 3)}
    if any(_brand(name).owner in owners for name in brands):
        return None
    seen = _as_read(".".join(unicode_label(label) for label in host.split(".")))
    parts = frozenset(re.split(r"[.-]", seen))
    for name in brands:
        brand = _brand(name)
        if brand.reads in seen or brand.hyphened in seen or brand.marks & parts:
            return name
    return None


@lru_cache(maxsize=1024)
def _brand(name: str) -> _Brand:
    labels = name.split(".")
    kept = 3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else 2
    reads = _as_read(name)
    marks = frozenset(reads.split(".")[:-1]) - _TOO_COMMON
    return _Brand(".".join(labels[-kept:]), reads, reads.replace(".", "-"), marks)


def _as_read(text: str) -> str:
    folded = text.lower().translate(_READS_AS)
    for pair, letter in _PAIRS:
        folded = folded.replace(pair, letter)
    return folded
