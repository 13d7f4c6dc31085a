"""A port's URL taken apart, strictly: an unknown key or a bad number is an error, never a guess.

Knows no port. `serial:/dev/ttyUSB0?baud=9600` is scheme, place, options.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from roomctl.errors import PortError, PortReason
from roomctl.explain import suggest
from roomctl.frozen import frozen


@frozen
class Address:
    """A URL as written, and its parts: `scheme:place?key=value`."""

    url: str
    scheme: str
    place: str
    options: Mapping[str, str]

    def refuse(self, why: str) -> PortError:
        """Return the error for a URL that cannot be meant."""
        return PortError(self.url, why, PortReason.UNSUPPORTED)

    def only(self, known: Collection[str]) -> Mapping[str, str]:
        """Return the options; raise PortError if there is one that is not `known`."""
        for key in self.options:
            if key not in known:
                raise self.refuse(f"unknown option {key!r}; {suggest(key, known)}")
        return self.options

    def number(self, key: str, default: int, lowest: int, highest: int) -> int:
        """Return the option `key` as a whole number from `lowest` to `highest`."""
        return self._within(key, self.options.get(key, str(default)), lowest, highest)

    def choice(self, key: str, default: str, known: Collection[str]) -> str:
        """Return the option `key`, one of `known`."""
        value = self.options.get(key, default)
        if value not in known:
            raise self.refuse(f"{key}={value} is not known; {suggest(value, known)}")
        return value

    def host_and_port(self, *known: str) -> tuple[str, int]:
        """Return host (brackets of an IPv6 address removed) and port of `//host:port`.

        Raises PortError for an option that is not `known`, too.
        """
        self.only(known)
        host, colon, port = self.place.removeprefix("//").rpartition(":")
        inside = host[1:-1] if host.startswith("[") and host.endswith("]") else host
        bare_ipv6 = ":" in inside and inside == host
        if not (self.place.startswith("//") and colon and inside) or bare_ipv6 or "/" in host:
            raise self.refuse(
                f"is not {self.scheme}://HOST:PORT, such as {self.scheme}://192.0.2.10:5678 "
                f"or {self.scheme}://[2001:db8::10]:5678"
            )
        return inside, self._within("port", port, 1, 65535)

    def with_port(self, port: int) -> Address:
        """Return the address with `port` if it names none."""
        ends_in_port = ":" in self.place.rpartition("]")[2]
        return self if ends_in_port else replace(self, place=f"{self.place}:{port}")

    def _within(self, key: str, text: str, lowest: int, highest: int) -> int:
        # isdecimal() alone would let other scripts' digits through
        if not (text.isascii() and text.isdecimal() and lowest <= int(text) <= highest):
            raise self.refuse(f"{key}={text} is not a number from {lowest} to {highest}")
        return int(text)


def parse(url: str) -> Address:
    """Take `url` apart; raise PortError if it has no scheme or says something twice."""
    before, _, query = url.partition("?")
    scheme, colon, place = before.partition(":")
    if not colon or not scheme.replace("-", "").isalnum():
        why = "has no scheme; write it like serial:/dev/ttyUSB0?baud=9600 or tcp://HOST:PORT"
        raise PortError(url, why, PortReason.UNSUPPORTED)
    options: dict[str, str] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key in options:
            raise PortError(url, f"has {key} twice", PortReason.UNSUPPORTED)
        options[key] = value
    return Address(url, scheme.lower(), place, options)


def as_output(url: str) -> str:
    """Return the URL of a GPIO line as that of an output; another one stays as it is."""
    if not url.startswith(("gpio:", "gpiod:")) or "direction=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}direction=out"
