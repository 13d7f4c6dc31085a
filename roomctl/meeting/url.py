r"""One written link -> its scheme, host, port and the rest, read as strictly as browsers are lax.

    https://user@host:8443/path?query#fragment      "https://" may be missing
            |    |    |    `- rest: kept as written
            |    |    `- port: None if it is the scheme's own
            |    `- host: ASCII (IDNA), lower case, no dot at the end
            `- refused, like backslashes, control characters and percent signs in a host

What a browser would open is rebuilt from these parts, so that what was checked is what is opened.
Knows no platform and no policy.

A host may look like a platform's (`looks_like`): that decides the words of a refusal alone. A
foreign host is never opened, whatever it looks like.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv6Address

from roomctl.frozen import frozen
from roomctl.meeting.invitation import Refusal

LONGEST_LINK = 8000  # characters; the longest seen are nested wrappers of about 2 000
_LONGEST_HOST = 253  # RFC 1035

IP_LITERAL = re.compile(r"\[.*\]|(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""What browsers take for an address: brackets, or a last label that is a number (WHATWG URL)."""

_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{0,30}):(?P<slashes>[/\\]{0,8})", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*[a-z0-9_][a-z0-9_-]{0,62}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPED_CONTROL = re.compile("%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
DEFAULT_PORT = {"http": 80, "https": 443}


@frozen
class LinkUrl:
    """A link that is well formed; nothing is said about whose it is."""

    scheme: str
    host: str
    port: int | None
    rest: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, as browsers compare them."""
        return f"{self.scheme}://{self.host}" + ("" if self.port is None else f":{self.port}")

    @property
    def url(self) -> str:
        """The whole link, as it is opened."""
        return self.origin + (self.rest if self.rest.startswith("/") else "/" + self.rest)

    @property
    def path(self) -> str:
        return re.split(r"[?#]", self.rest, maxsplit=1)[0] or "/"

    @property
    def query(self) -> str:
        return self.rest.partition("#")[0].partition("?")[2]

    @property
    def fragment(self) -> str:
        return self.rest.partition("#")[2]

    def with_fragment(self, fragment: str) -> LinkUrl:
        """Return this URL with another fragment, or without any."""
        rest = self.rest.partition("#")[0] + (f"#{fragment}" if fragment else "")
        return replace(self, rest=rest)


@frozen
class InvalidUrl:
    """A link that is not well formed; `host` is the name it gives, if that much could be read."""

    code: Refusal
    host: str = ""
    scheme: str = ""


def parse_url(link: str) -> LinkUrl | InvalidUrl:
    """Take one link apart; a link without scheme is taken for https. Never raises."""
    if len(link) > LONGEST_LINK:
        return InvalidUrl(Refusal.TOO_LONG)
    if _CONTROL.search(link) or _ESCAPED_CONTROL.search(link):
        return InvalidUrl(Refusal.CONTROL_CHARACTER)
    if "\\" in link:
        return InvalidUrl(Refusal.BACKSLASH)
    match = _SCHEME.match(link)
    if match and not _is_host_and_port(link, match):
        scheme = match["scheme"].lower()
        if scheme not in DEFAULT_PORT:
            return InvalidUrl(Refusal.SCHEME, scheme=scheme)
        if match["slashes"] != "//":
            return InvalidUrl(Refusal.MALFORMED)
        return _authority(scheme, link[match.end() :])
    return _authority("https", link)


def _is_host_and_port(link: str, match: re.Match[str]) -> bool:
    """Whether what looks like a scheme is a host with its port: `meet.example.org:8443/room`."""
    return not match["slashes"] and "." in match["scheme"] and link[match.end() :][:1].isdecimal()


def _authority(scheme: str, text: str) -> LinkUrl | InvalidUrl:
    end = re.search(r"[/?#]", text)
    authority, rest = (text[: end.start()], text[end.start() :]) if end else (text, "")
    if "@" in unicodedata.normalize("NFKC", authority[:LONGEST_LINK]):
        return InvalidUrl(Refusal.USERINFO)
    name, port = _split_port(authority)
    if mixes_scripts(name):
        return InvalidUrl(Refusal.MIXED_SCRIPT)
    host = ascii_host(name)
    if host is None or port is None:
        return InvalidUrl(Refusal.MALFORMED, host=host or "")
    number = int(port) if port else DEFAULT_PORT[scheme]
    if not 0 < number < 65536:
        return InvalidUrl(Refusal.MALFORMED, host=host)
    return LinkUrl(scheme, host, None if number == DEFAULT_PORT[scheme] else number, rest)


def _split_port(authority: str) -> tuple[str, str | None]:
    """Return name and port; the port is "" if there is none, None if it is no number."""
    if authority.startswith("["):
        name, bracket, port = authority.partition("]")
        name, colon, port = name + bracket, port[:1], port[1:]
    else:
        name, colon, port = authority.partition(":")
    proper = not port or re.fullmatch(r"[0-9]{1,5}", port)
    return name, port if proper and (colon or not port) else None


def ascii_host(name: str) -> str | None:
    """Return a host name as it stands in DNS (IDNA, lower case, no dot at the end), or None."""
    if re.fullmatch(r"\[[0-9A-Fa-f:.]{2,45}\]", name):
        with contextlib.suppress(ValueError):
            return f"[{IPv6Address(name[1:-1]).compressed}]"
        return None
    if len(name) > _LONGEST_HOST:
        return None
    plain = unicodedata.normalize("NFKC", name).lower().removesuffix(".")
    try:
        host = plain if plain.isascii() else plain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return host if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) else None


def mixes_scripts(name: str) -> bool:
    """Whether one label of a host mixes alphabets, written out or as punycode (xn--)."""
    if name.isascii() and "xn--" not in name.lower():
        return False
    labels = unicodedata.normalize("NFKC", name[:_LONGEST_HOST]).split(".")
    return any(len(_alphabets(unicode_label(label))) > 1 for label in labels)


def unicode_label(label: str) -> str:
    """Return a label of a host as people see it; as it is if it is no proper punycode."""
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _alphabets(label: str) -> set[str]:
    # The first word of a letter's name is its alphabet, near enough; Chinese and Japanese
    # labels may well hold Latin letters (腾讯meeting), Cyrillic and Greek ones never.
    words = {unicodedata.name(letter, "?").split()[0] for letter in label if letter.isalpha()}
    return words - {"CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL"}


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
        "work",
        "qq",
    }
)


@frozen
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
