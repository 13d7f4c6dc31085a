"""Links that mail filters wrap around other links: SafeLinks, urldefense, Google. Pure.

| wrapper | host | the link inside |
|---|---|---|
| Microsoft SafeLinks | `<region>.safelinks.protection.outlook.com`, any path | `url=` |
| SafeLinks in Teams | statics.teams.cdn.office.net, `.../atp-safelinks.html` | `url=` |
| urldefense v1 | urldefense.com, .us, urldefense.proofpoint.com, `/v1/url` | `u=` |
| urldefense v2 | the same, `/v2/url` | `u=`: `-XX` is `%XX`, `_` is `/` |
| urldefense v3 | the same, `/v3/__<url>__;<base64url>!!...$` | `*` = next character of the base64 |
| Google | www.google.com, `/url` | `q=` or `url=` |

v3: `**X` is a run of as many characters as X's place in A-Z a-z 0-9 - _, plus 2
(help.proofpoint.com). Whatever comes out is checked like any other link.
"""

from __future__ import annotations

import base64
import binascii
import re
import string
from urllib.parse import parse_qsl, unquote

from roomctl.meeting.url import Address

DEEPEST = 5
_RUNS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_V3 = re.compile(r"/v3/__(?P<url>.+?)__;(?P<spare>[A-Za-z0-9_-]*)!")
_V3_GAP = re.compile(r"\*\*([A-Za-z0-9_-])|\*")
_CODED_TWICE = re.compile("https?%3a", re.IGNORECASE)
_URLDEFENSE = ("urldefense.com", "urldefense.us", "urldefense.proofpoint.com")


def unwrap(link: Address) -> str | None:
    """Return the link inside, or None if `link` is no wrapper."""
    if link.host.endswith(".safelinks.protection.outlook.com"):
        return _parameter(link, "url")
    if link.host == "statics.teams.cdn.office.net" and link.path.endswith("/atp-safelinks.html"):
        return _parameter(link, "url")
    if link.host in ("www.google.com", "google.com") and link.path == "/url":
        return _parameter(link, "q") or _parameter(link, "url")
    if link.host in _URLDEFENSE:
        return _urldefense(link)
    return None


def _urldefense(link: Address) -> str | None:
    if link.path == "/v1/url":
        return _parameter(link, "u")
    if link.path == "/v2/url":
        coded = _parameter(link, "u") or ""
        return unquote(coded.replace("-", "%").replace("_", "/")) or None
    match = _V3.match(link.rest)
    return _filled(match["url"], match["spare"]) if match else None


def _filled(url: str, spare: str) -> str | None:
    try:
        padded = spare + "=" * (-len(spare) % 4)
        letters = base64.urlsafe_b64decode(padded).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    at = 0

    def fill(gap: re.Match[str]) -> str:
        nonlocal at
        length = 1 if gap[1] is None else _RUNS.index(gap[1]) + 2
        at += length
        return letters[at - length : at]

    return re.sub(r"^(https?):/(?!/)", r"\1://", _V3_GAP.sub(fill, url))


def _parameter(link: Address, name: str) -> str | None:
    value = dict(reversed(parse_qsl(link.query))).get(name)
    return unquote(value) if value and _CODED_TWICE.match(value) else value
