"""Wrong PINs and passwords: what each costs whoever tries next, over restarts.

The first few cost no time, then 4 s, 8 s, … 900 s and never longer. While somebody has to wait
nothing is looked at, and nothing counts, so whoever goes on trying keeps nobody out for longer. A
try is counted, and written down, before it is looked at: no power cut makes it good. After a
restart the delay begins anew. What is not written counts until then.

A try counts for its name (all names that nobody has are one, `UNKNOWN`), for its address, and for
everybody. The right one forgets those of its own name; in what is shared it leaves no trace, and
clears nothing. A day without a wrong one forgets them, and of what is shared one is forgotten an
hour, so that honest slips never gather. Nothing else is forgotten, so the number of counters is
bounded by the delay of all: a hundred tries a day. Knows no PIN, no password and no person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from roomctl.api.auth import NotStored
from roomctl.api.connections import counted_as
from roomctl.clock import Clock
from roomctl.frozen import frozen
from roomctl.store import Store
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

FREE, FREE_OF_ADDRESS, FREE_OF_ALL = 3, 5, 10  # wrong ones of one, and so on, that cost no time
FIRST_S, LONGEST_S = 4.0, 900.0  # what the next one costs, and what one costs at most
FORGOTTEN_S = 24 * 3600.0  # without a wrong one
ONE_LESS_S = 3600.0  # of what is shared

UNKNOWN = "?"
"""The name of whoever gives one that nobody has."""

_ALL = ""


def delay_s(wrong: int, free: int) -> float:
    """Return how long to wait after so many wrong ones, of which `free` cost nothing."""
    return 0.0 if wrong <= free else min(FIRST_S * 2.0 ** min(wrong - free - 1, 30), LONGEST_S)


def of_address(address: str) -> str:
    """Return what counts the tries of an IP address, or of a network of IPv6."""
    return f"@{counted_as(address)}"


@frozen
class _Tries:
    """How many wrong ones of somebody count, and when the last one was."""

    count: int
    at_s: float


SharedTries = Mapping[str, _Tries | None]
"""What was counted of several before a try."""


class AttemptLimiter:
    """Who has to wait, and how long, before a PIN or password of his is looked at again."""

    def __init__(self, store: Store, clock: Clock, file: str) -> None:
        """`file` is where they are kept."""
        self._store, self._clock, self._file = store, clock, file
        self._tries = dict(_read(store, file, clock.mono_s()))

    def wait_s(self, whose: str, *shared: str) -> float:
        """Return for how long nothing is looked at; not above 0: it is now."""
        return max(map(self._left_s, (whose, *shared, _ALL)))

    async def count(self, whose: str, *shared: str) -> SharedTries:
        """Count a try, which is wrong until it turns out to be right: `forget`, with the answer."""
        now_s = self._clock.mono_s()
        known = self._tries
        self._tries = {k: one for k, one in known.items() if now_s - one.at_s < FORGOTTEN_S}
        before = {one: self._tries.get(one) for one in (*shared, _ALL)}
        for one in (whose, *before):
            tries = self._tries.get(one, _Tries(0, now_s))
            less = int((now_s - tries.at_s) // ONE_LESS_S) if one != whose else 0
            self._tries[one] = _Tries(max(0, tries.count - less) + 1, now_s)
        await self._write_tolerantly()
        return before

    async def forget(self, whose: str, before: SharedTries | None = None) -> None:
        """Forget the wrong ones of somebody who had it right, and this try of all others."""
        self._tries.pop(whose, None)
        for one, tries in (before or {}).items():
            self._tries.pop(one, None)
            if tries is not None:
                self._tries[one] = tries
        await self._write_tolerantly()

    async def reset(self) -> None:
        """Forget all: nobody has to wait. NotStored: it is so until a restart."""
        self._tries.clear()
        await self._write()

    def clear(self) -> None:
        """Forget all; what is kept has been written already."""
        self._tries.clear()

    def _left_s(self, whose: str) -> float:
        tries = self._tries.get(whose)
        if tries is None:
            return 0.0
        passed_s = self._clock.mono_s() - tries.at_s
        return 0.0 if passed_s >= FORGOTTEN_S else delay_s(tries.count, _free(whose)) - passed_s

    async def _write_tolerantly(self) -> None:
        """Write down who has to wait; a disk that takes no writes keeps no staff out."""
        try:
            await self._write()
        except NotStored as error:
            _log.warning("%s; a restart forgets them", error)

    async def _write(self) -> None:
        counts = {whose: tries.count for whose, tries in self._tries.items()}
        try:
            await in_thread(self._store.write, self._file, counts)
        except OSError as error:
            why = f"{self._file}: wrong ones cannot be kept: {error.strerror or error}"
            raise NotStored(why) from error


def _free(whose: str) -> int:
    if whose == _ALL:
        return FREE_OF_ALL
    return FREE_OF_ADDRESS if whose.startswith("@") else FREE


def _read(store: Store, file: str, now_s: float) -> Iterator[tuple[str, _Tries]]:
    """Yield who has to wait: from now on, as no clock knows how long the box was off."""

    def fits(document: Mapping[str, Any]) -> bool:
        return all(type(count) is int and count > 0 for count in document.values())

    for whose, count in store.read(file, fits).items():
        yield whose, _Tries(count, now_s)
