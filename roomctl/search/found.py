"""What becomes of the answers to a search. Pure: datagrams in, found devices out.

Anybody on a network may answer, with anything, and as often as they like. So a device is where its
answer came from; another address that it claims is kept beside it, and never used. Of each sender
and way 16 answers are read, of each way 256, and 100 devices are kept. Names are cut and cleaned.

A device that answered in several ways is one. Two devices at one address, as behind an encoder, are
two if they answered in the same way with different urls.

Knows no protocol, no port and no clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

from roomctl.frozen import frozen
from roomctl.ports.search import Question
from roomctl.wire import Connect

MOST_ANSWERS, MOST_OF_ONE = 256, 16
MOST_FOUND, MOST_CLAIMS = 100, 4
LONGEST_NAME = 64  # characters


@frozen
class Sighting:
    """What one answer says of a device; "" for what it does not say.

    `url`: for room.toml, at the address that the answer came from; "": roomctl does not know how
    to control what answers so. `claims`: an address that it claims instead of that.
    """

    protocol: str
    url: str = ""
    name: str = ""
    model: str = ""
    mac: str = ""
    claims: str = ""


class Way(Protocol):
    """One way to search: a question, and how its answers are read."""

    @property
    def question(self) -> Question: ...

    def read(self, data: bytes, sender: str) -> Iterable[Sighting]:
        """Return what a datagram from an IPv4 address says; nothing if it is no answer."""
        ...


@frozen
class FoundDevice:
    """A device that answered.

    `urls`: for room.toml, the best first; () if roomctl controls nothing that answers so.
    `profile`: of its model, if that is known. `claims`: other addresses that it says are its own.
    `in_network`: `host` is on a network of this box. `verified`: it also answered when it was asked
    itself. `needs_login`: it wants a login, or a password, before it says more.
    """

    kind: str
    host: str
    protocols: tuple[str, ...]
    urls: tuple[str, ...] = ()
    name: str = ""
    model: str = ""
    mac: str = ""
    profile: str | None = None
    claims: tuple[str, ...] = ()
    in_network: bool = True
    verified: bool = False
    needs_login: bool = False

    def joined(self, one: Sighting) -> FoundDevice:
        """Return it with what another answer says; what is known already stays."""
        return replace(
            self,
            protocols=_with(self.protocols, one.protocol),
            urls=_with(self.urls, one.url),
            name=self.name or plain(one.name),
            model=self.model or plain(one.model),
            mac=self.mac or plain(one.mac),
            claims=_with(self.claims, plain(one.claims))[:MOST_CLAIMS],
        )


async def _nothing() -> None:
    """Need nothing."""


@frozen
class Search:
    """How devices of a kind are looked for.

    `kind` is its table in room.toml. `ways` begins a search. `prepare` loads what `confirm` needs,
    meanwhile. `confirm` asks a found device itself, harmlessly, and returns what is known then; it
    may be cancelled.
    """

    kind: str
    ways: Callable[[], Sequence[Way]]
    confirm: Callable[[FoundDevice, Connect], Awaitable[FoundDevice]]
    prepare: Callable[[], Awaitable[object]] = _nothing


class FoundDevices:
    """The devices that have answered so far, to these ways of these kinds."""

    def __init__(self, ways: Sequence[tuple[str, Way]]) -> None:
        self._ways = ways
        self._answers = Counter[tuple[int, str]]()
        self._found: list[FoundDevice] = []

    def __iter__(self) -> Iterator[FoundDevice]:
        return iter(self._found)

    def take(self, way: int, sender: str, data: bytes) -> None:
        """Read an answer to the question of a way, by its number."""
        every, own = (way, ""), (way, sender)
        if self._answers[every] >= MOST_ANSWERS or self._answers[own] >= MOST_OF_ONE:
            return
        self._answers.update((every, own))
        kind, reader = self._ways[way]
        for one in reader.read(data, sender):
            self._note(kind, sender, one)

    def _note(self, kind: str, host: str, one: Sighting) -> None:
        for at, known in enumerate(self._found):
            if (known.kind, known.host) == (kind, host) and _may_be(known, one):
                self._found[at] = known.joined(one)
                return
        if len(self._found) < MOST_FOUND:
            self._found.append(FoundDevice(kind, host, ()).joined(one))


def _may_be(known: FoundDevice, one: Sighting) -> bool:
    """Whether an answer of the same host may be that device's."""
    return one.protocol not in known.protocols or not one.url or one.url in known.urls


def _with(known: tuple[str, ...], more: str) -> tuple[str, ...]:
    return known if not more or more in known else (*known, more)


def hosts_of(urls: Iterable[str]) -> set[str]:
    """Return the hosts that urls of room.toml name, without ports and logins."""
    found = (urlsplit(url) for url in urls if "://" in url)
    return {one.hostname for one in found if one.hostname}


def plain(text: str) -> str:
    """Return what a device calls itself on one line, cut to 64 characters."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text[: 4 * LONGEST_NAME])
    return " ".join(printable.split())[:LONGEST_NAME]
