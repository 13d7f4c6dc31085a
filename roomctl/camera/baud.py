"""The speed of a serial line whose url names none: which to try next, and which was answered.

Knows no port and no clock. A speed that was answered once in this run comes first at every
opening, and again after each other one: a camera that was switched off for the night is back soon,
and one whose switch was moved is still found.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qs

ANSWER_S = 1.0  # AddressSet and IF_Clear may go unheard for 0.3 s each; the rest is for a stop
_DEFAULT = 9600
_ORDER = (_DEFAULT, 38400, 115200, 19200, 4800, 2400)  # how often they are met, by the manuals
_SETS_SPEED = ("/", "rfc2217://")  # socket:// and loop:// have none to set


class BaudSearch:
    """The speeds that may be the right one; `now` is the one to open the line with."""

    def __init__(self, offered: Iterable[int]) -> None:
        ranked = sorted(set(offered), key=lambda baud: (_rank(baud), baud))
        self.all = tuple(ranked) or _ORDER
        self.now = self.all[0]
        self.found: int | None = None
        self.unanswered = 0
        self._place = 0

    def answered(self) -> bool:
        """Note that `now` is right; return whether that is news."""
        news = self.found != self.now
        self.found, self.unanswered = self.now, 0
        return news

    def next(self) -> None:
        """Note that nobody answered at `now`, and take the next one."""
        self.unanswered += 1
        if self.found is not None and self.now != self.found:
            self.now = self.found
            return
        self._place = (self._place + 1) % len(self.all)
        if self.all[self._place] == self.found:
            self._place = (self._place + 1) % len(self.all)
        self.now = self.all[self._place]

    @property
    def exhausted(self) -> bool:
        """Whether each of them has gone unanswered since the last answer."""
        again = len(self.all) - 2 if self.found is not None else 0  # the found one, in between
        return self.unanswered >= len(self.all) + max(again, 0)

    def __str__(self) -> str:
        *most, last = map(str, self.all)
        return f"{', '.join(most)} or {last} baud" if most else f"{last} baud"


def is_open(url: str) -> bool:
    """Whether the speed of `url` matters and is left open."""
    scheme, _, place = url.partition(":")
    return scheme == "serial" and place.startswith(_SETS_SPEED) and not _given(url)


def at_speed(url: str, baud: int) -> str:
    """Return `url` with the speed that it leaves open."""
    return f"{url}{'&' if '?' in url else '?'}baud={baud}"


def baud_of(url: str) -> int | None:
    """Return the speed of a serial url, 9600 if it names none; None for a wire without one."""
    if url.partition(":")[0] not in ("serial", "sim"):
        return None
    given = _given(url)
    return int(given) if given.isdecimal() and int(given) > 0 else _DEFAULT


def _given(url: str) -> str:
    return parse_qs(url.partition("?")[2]).get("baud", [""])[0]


def _rank(baud: int) -> int:
    return _ORDER.index(baud) if baud in _ORDER else len(_ORDER)
