r"""One written link -> its scheme, host, port and the rest, read as strictly as browsers are lax.

    https://user@host:8443/path?query#fragment      "https://" may be missing
            |    |    |    `- rest: kept as written
            |    |    `- port: None if it is the scheme's own
            |    `- host: ASCII (IDNA), lower case, no dot at the end
            `- refused, like backslashes, control characters and percent signs in a host

What a browser would open is rebuilt from these parts, so that what was checked is what is opened.
Knows no platform and no policy.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from roomctl.meeting.refusal import Refusal

LONGEST_LINK = 8000  # characters; the longest seen are nested wrappers of about 2 000
_LONGEST_HOST = 253  # RFC 1035

IP_LITERAL = re.compile(r"\[.*\]|(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""What browsers take for an address: brackets, or a last label that is a number (WHATWG URL)."""

_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{0,30}):(?P<slashes>[/\\]{0,8})", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*[a-z0-9_][a-z0-9_-]{0,62}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPED_CONTROL = re.compile("%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
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

    def with_fragment(self, fragment: str) -> Address:
        """Return this address with another fragment, or without any."""
        rest = self.rest.partition("#")[0] + (f"#{fragment}" if fragment else "")
        return replace(self, rest=rest)


@dataclass(frozen=True, slots=True)
class Fault:
    """A link that is not well formed; `host` is the name it gives, if that much could be read."""

    code: Refusal
    host: str = ""
    scheme: str = ""


def address(link: str) -> Address | Fault:
    """Take one link apart; a link without scheme is taken for https. Never raises."""
    if len(link) > LONGEST_LINK:
        return Fault(Refusal.TOO_LONG)
    if _CONTROL.search(link) or _ESCAPED_CONTROL.search(link):
        return Fault(Refusal.CONTROL_CHARACTER)
    if "\\" in link:
        return Fault(Refusal.BACKSLASH)
    match = _SCHEME.match(link)
    if match and not _is_host_and_port(link, match):
        scheme = match["scheme"].lower()
        if scheme not in DEFAULT_PORT:
            return Fault(Refusal.SCHEME, scheme=scheme)
        if match["slashes"] != "//":
            return Fault(Refusal.MALFORMED)
        return _authority(scheme, link[match.end() :])
    return _authority("https", link)


def _is_host_and_port(link: str, match: re.Match[str]) -> bool:
    """Whether what looks like a scheme is a host with its port: `meet.example.org:8443/room`."""
    return not match["slashes"] and "." in match["scheme"] and link[match.end() :][:1].isdecimal()


def _authority(scheme: str, text: str) -> Address | Fault:
    end = re.search(r"[/?#]", text)
    authority, rest = (text[: end.start()], text[end.start() :]) if end else (text, "")
    if "@" in unicodedata.normalize("NFKC", authority[:LONGEST_LINK]):
        return Fault(Refusal.USERINFO)
    name, port = _split_port(authority)
    if mixes_scripts(name):
        return Fault(Refusal.MIXED_SCRIPT)
    host = ascii_host(name)
    if host is None or port is None:
        return Fault(Refusal.MALFORMED, host=host or "")
    number = int(port) if port else DEFAULT_PORT[scheme]
    if not 0 < number < 65536:
        return Fault(Refusal.MALFORMED, host=host)
    return Address(scheme, host, None if number == DEFAULT_PORT[scheme] else number, rest)


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
        return name.lower()
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
