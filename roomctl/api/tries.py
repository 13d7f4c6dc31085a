"""Wrong PINs and passwords: what each costs whoever tries next, over restarts.

The first few cost no time, then 4 s, 8 s, … 900 s and never longer. While somebody has to wait
nothing is looked at, and nothing counts, so whoever goes on trying keeps nobody out for longer. A
try is counted, and written down, before it is looked at: no power cut makes it good. After a
restart the delay begins anew. What is not written counts until then. A day without a wrong one, or
the right one, forgets them. Knows no PIN, no password and no person.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from roomctl.api.auth import SESSIONS_KEPT, NotStored
from roomctl.clock import Clock
from roomctl.frozen import frozen
from roomctl.store import Store
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

FREE, FREE_OF_ALL = 3, 10  # wrong ones of one, and of all, that cost no time
FIRST_S, LONGEST_S = 4.0, 900.0  # what the next one costs, and what one costs at most
FORGOTTEN_S = 24 * 3600.0  # without a wrong one

_ALL = ""


def delay_s(wrong: int, free: int) -> float:
    """Return how long to wait after so many wrong ones, of which `free` cost nothing."""
    return 0.0 if wrong <= free else min(FIRST_S * 2.0 ** min(wrong - free - 1, 30), LONGEST_S)


@frozen
class _Tries:
    """How many wrong ones of somebody count, and when the last one was."""

    count: int
    at_s: float


class WrongTries:
    """Who has to wait, and how long, before a PIN or password of his is looked at again."""

    def __init__(self, store: Store, clock: Clock, file: str) -> None:
        """`file` is where they are kept."""
        self._store, self._clock, self._file = store, clock, file
        self._tries = dict(_read(store, file, clock.mono_s()))

    def wait_s(self, whose: str) -> float:
        """Return for how long nothing is looked at; not above 0: it is now."""
        return max(self._left_s(whose, FREE), self._left_s(_ALL, FREE_OF_ALL))

    async def count(self, whose: str) -> None:
        """Count a try, which is wrong until it turns out to be right (`forget`)."""
        now_s = self._clock.mono_s()
        for one in (whose, _ALL):
            known = self._tries.pop(one, _Tries(0, now_s))
            self._tries[one] = replace(known, count=known.count + 1, at_s=now_s)
        while len(self._tries) > SESSIONS_KEPT:
            del self._tries[next(iter(self._tries))]
        await self._write_tolerantly()

    async def forget(self, whose: str) -> None:
        """Forget the wrong ones of somebody who had it right, and what all have to wait."""
        for one in (whose, _ALL):
            self._tries.pop(one, None)
        await self._write_tolerantly()

    async def reset(self) -> None:
        """Forget all: nobody has to wait. NotStored: it is so until a restart."""
        self._tries.clear()
        await self._write()

    def clear(self) -> None:
        """Forget all; what is kept has been written already."""
        self._tries.clear()

    def _left_s(self, whose: str, free: int) -> float:
        tries = self._tries.get(whose)
        if tries is None:
            return 0.0
        passed_s = self._clock.mono_s() - tries.at_s
        if passed_s >= FORGOTTEN_S:
            del self._tries[whose]
            return 0.0
        return delay_s(tries.count, free) - passed_s

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


def _read(store: Store, file: str, now_s: float) -> Iterator[tuple[str, _Tries]]:
    """Yield who has to wait: from now on, as no clock knows how long the box was off."""

    def fits(document: Mapping[str, Any]) -> bool:
        return all(type(count) is int and count > 0 for count in document.values())

    for whose, count in store.read(file, fits).items():
        yield whose, _Tries(count, now_s)
