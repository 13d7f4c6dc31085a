"""What a room tells of itself to whoever helps from afar, without its secrets.

Two nets, one behind the other: what the configuration knows to be secret is looked for to the
letter, and whatever looks like a secret (a bearer token, a pairing link, a password in an address)
goes in any case. Pure; knows no room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel

from roomctl.secret import Secret

HIDDEN = "…"
_SHORTEST = 4  # characters of a secret that is looked for: a shorter one is in every other word

_DEVICE_SCHEMES = {
    *("serial", "usb", "hidraw", "gpio", "gpiod", "v4l2", "tcp", "udp", "udp-from", "visca-ip"),
    *("unix", "sim", "evdev", "api", "aw", "aw-https", "onvif", "onvif-https"),
}
"""Of these a path and a query say where a device is; of any other they may be all the secret."""

_SECRET_KEYS = frozenset({"password", "passcode", "wifi", "room_link", "favourites"})
_PATTERNS = (
    (re.compile(r"(?i)\b(bearer|basic|digest)\s+[\w.~+/=-]{8,}"), r"\1 " + HIDDEN),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^\s/@\"'<>]{1,256}@"), r"\1" + HIDDEN + "@"),
    (
        re.compile(
            r"(?i)\b(pair|code|\w{0,20}token|tk|pwd|pass(?:code|word|wd)?|secret|sig(?:nature)?"
            r"|api_?key|auth)(\"?\s{0,4}[=:]\s{0,4}\"?)[^\s&\"',;}]+"
        ),
        r"\1\2" + HIDDEN,
    ),
    (re.compile(r"(密码|口令)(\s{0,4}[:：]?\s{0,4})\w+"), r"\1\2" + HIDDEN),
    (re.compile(r"(?i)\broomctl_\d{1,5}_\w{1,20}=\S+"), "roomctl_cookie=" + HIDDEN),
)
"""Each looks at a text once, however long it is."""

_PREFIX = re.compile(r"([a-z][a-z+-]{0,20}:)(?=[a-z][a-z+-]{0,20}://)")  # caldav:https://…


class Redaction:
    """Takes secrets out of texts and of values that become JSON."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {one for one in secrets if len(one) >= _SHORTEST}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern, shown in _PATTERNS:
            text = pattern.sub(shown, text)
        return text

    def value(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return plain JSON types without secrets; under a key that names one all is hidden."""
        match value:
            case str():
                return self.text(_public(value))
            case dict():
                return {
                    self.text(str(key)): _blank(one) if key in _SECRET_KEYS else self.value(one)
                    for key, one in value.items()
                }
            case list() | tuple():
                return [self.value(one) for one in value]
        return value


def is_secret_key(key: object) -> bool:
    """Whether all that stands under a key is hidden."""
    return key in _SECRET_KEYS


def secrets_of(config: BaseModel) -> set[str]:
    """Return what a configuration knows that nobody else shall."""
    return set(_secrets(config))


def _secrets(value: object, key: str = "") -> Iterator[str]:
    match value:
        case Secret():
            yield value.reveal()
            yield from _in_address(value.reveal())
        case str():
            if key in _SECRET_KEYS:
                yield value
            yield from _in_address(value)
        case BaseModel():
            for name in type(value).model_fields:
                yield from _secrets(getattr(value, name), name)
        case Mapping():
            for name, one in value.items():
                yield from _secrets(one, key if key in _SECRET_KEYS else str(name))
        case list() | tuple():
            for one in value:
                yield from _secrets(one, key)


def _in_address(text: str) -> Iterator[str]:
    """Yield user, password and, but for a device's, path and query of an address."""
    found = _split(text)
    if found is None:
        return
    for one in (found.username, found.password):
        if one:
            yield from {one, unquote(one)}
    if found.scheme.lower() not in _DEVICE_SCHEMES and found.scheme.lower() != "mqtt":
        where = text.rpartition("://")[2].partition("/")[2].strip("/")
        if len(where) > 2 * _SHORTEST:
            yield where
        if found.query:
            yield found.query


def _public(text: str) -> str:
    """Return an address as anybody may see it; any other text as it is."""
    prefix = _PREFIX.match(text)
    if prefix is not None:
        return prefix[1] + _public(text[prefix.end() :])
    found = _split(text)
    if found is None:
        return text
    scheme = found.scheme
    host = found.netloc.rpartition("@")[2]
    if scheme.lower() in _DEVICE_SCHEMES:
        rest = text.partition(":")[2]
        return f"{scheme}:{rest.replace(found.netloc, host, 1)}" if found.netloc else text
    more = f"/{HIDDEN}" if len(found.path) > 1 or found.query or found.fragment else ""
    return f"{scheme}://{host}{more}"


def _split(text: str) -> Any:  # noqa: ANN401 - SplitResult
    try:
        found = urlsplit(_PREFIX.sub("", text, count=1))
    except ValueError:
        return None
    return found if "://" in text and found.scheme and " " not in text else None


def _blank(value: object) -> object:
    """Keep whether there is something, and how many, but not what."""
    match value:
        case dict():
            return {f"{number}": HIDDEN for number, _ in enumerate(value, 1)}
        case list() | tuple():
            return [HIDDEN for _ in value]
        case None | "" | True | False:
            return value
    return HIDDEN
