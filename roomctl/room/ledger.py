"""What releasing bookings has come to: an entry for each, with who was warned and what it gave.

    warned     it was said that the booking would be released, and nothing has come of it yet
    kept       somebody kept it, joined, or was seen
    released   the room was given back: by the rule, or by a tap
    undone     somebody had it again
    dropped    the warning ended of itself: the sensors no longer knew, or the booking was over

Nobody's title or organizer is in it but the booking's title, and that of a private one neither.
The newest MOST entries are kept, on a disk or until the end. Knows no panel and no rule.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Literal, get_args

from roomctl.booking import Booking
from roomctl.clock import Clock
from roomctl.frozen import frozen
from roomctl.kind import Part
from roomctl.room.kept_file import KeptFile
from roomctl.store import Store

_log = logging.getLogger(__name__)

MOST = 1000
RETRY_S = 60.0  # for a disk that takes no writes
_FILE = "ledger"

LedgerOutcome = Literal["warned", "kept", "released", "undone", "dropped"]


@frozen
class LedgerEntry:
    """One booking that was to be released, or was.

    `warned_at` is when that was first said, and `warned` the panels and the display that showed it,
    which were connected then; null and nothing: a tap released it. `sensors` agreed that nobody
    was there. `given_back_min` are the minutes that others could have. `author`: who kept, released
    or undid it; "rule": the room itself.
    """

    number: int
    at: datetime
    booking: str
    title: str
    start: datetime
    end: datetime
    outcome: LedgerOutcome
    author: str = ""
    warned_at: datetime | None = None
    warned: tuple[str, ...] = ()
    sensors: tuple[str, ...] = ()
    given_back_min: int = 0

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return said | {name: said[name] and said[name].isoformat() for name in _TIMES}


_TIMES = ("at", "start", "end", "warned_at")
_LISTS = ("warned", "sensors")


class Ledger(Part):
    """The ledger of one room."""

    def __init__(self, store: Store | None, clock: Clock) -> None:
        self._file, self._clock = KeptFile(store, _FILE), clock
        kept = store.read(_FILE, _fits) if store is not None else {}
        self._entries = [_entry(one) for one in kept.get("entries", ())]
        self._kept, self._some = self._entries, asyncio.Event()

    @property
    def entries(self) -> Sequence[LedgerEntry]:
        """All that are kept, oldest first."""
        return tuple(self._entries)

    def warned(self, booking: Booking, where: Sequence[str], sensors: Sequence[str]) -> None:
        """Note that a booking is to be released, where that is said, and who sees nobody."""
        if self._open(booking.id) is None:
            now = self._clock.now().wall.replace(microsecond=0)
            made = self._made(booking, "warned", "", now)
            self._add(replace(made, warned_at=now, warned=(*where,), sensors=(*sensors,)))

    def ended(self, booking_id: str, outcome: LedgerOutcome, author: str = "") -> None:
        """Note what came of a warning; nothing if there was none."""
        found = self._open(booking_id) or self._seen(booking_id)
        if found is not None:
            self._change(found, outcome, author)

    def released(self, booking: Booking, author: str, sensors: Sequence[str] = ()) -> None:
        """Note that the room was given back from a booking."""
        now = self._clock.now().wall.replace(microsecond=0)
        given_min = max(0, int((booking.end - max(now, booking.start)).total_seconds() // 60))
        found = self._open(booking.id)
        if found is None:
            made = self._made(booking, "released", author, now)
            self._add(replace(made, sensors=(*sensors,), given_back_min=given_min))
        else:
            self._change(found, "released", author, given_min)

    def undone(self, booking_id: str, author: str) -> None:
        """Note that somebody has a booking again; others could not have its minutes."""
        for one in reversed(self._entries):
            if one.booking == booking_id and one.outcome == "released":
                self._change(one, "undone", author)
                return

    async def run(self) -> None:
        """Write down what is noted, until cancelled; also what a stop has cut off in the middle."""
        try:
            while True:
                await self._some.wait()
                self._some.clear()
                if not await self._write():
                    await asyncio.sleep(RETRY_S)
                    self._some.set()
        finally:
            if self._kept is not self._entries:
                await self._write()

    def _open(self, booking_id: str) -> LedgerEntry | None:
        found = (one for one in reversed(self._entries) if one.booking == booking_id)
        newest = next(found, None)
        return newest if newest is not None and newest.outcome == "warned" else None

    def _seen(self, booking_id: str) -> LedgerEntry | None:
        """Return the newest entry if a touch was told as somebody who is seen: it has a name."""
        newest = self._entries[-1] if self._entries else None
        found = newest is not None and (newest.booking, newest.author) == (booking_id, "seen")
        return newest if found else None

    def _made(
        self, booking: Booking, outcome: LedgerOutcome, author: str, now: datetime
    ) -> LedgerEntry:
        number = self._entries[-1].number + 1 if self._entries else 1
        title = "" if booking.private else booking.title
        return LedgerEntry(
            number, now, booking.id, title, booking.start, booking.end, outcome, author
        )

    def _add(self, entry: LedgerEntry) -> None:
        self._entries = [*self._entries, entry][-MOST:]
        self._some.set()

    def _change(
        self, old: LedgerEntry, outcome: LedgerOutcome, author: str, given_min: int = 0
    ) -> None:
        now = self._clock.now().wall.replace(microsecond=0)
        new = replace(old, outcome=outcome, author=author, at=now, given_back_min=given_min)
        self._entries = [new if one is old else one for one in self._entries]
        self._some.set()

    async def _write(self) -> bool:
        """Keep the entries; False if the disk refuses."""
        entries = self._entries
        kept = {"entries": [one.record() for one in entries]}
        try:
            await self._file.write(kept)
        except OSError as error:
            _log.warning("ledger: waits to be written: %s", error)
            return False
        self._kept = entries
        return True


def _entry(said: Mapping[str, Any]) -> LedgerEntry:
    """Return the entry of a record; ValueError, KeyError, TypeError or AttributeError if none."""
    if said.keys() != {one.name for one in fields(LedgerEntry)}:
        raise ValueError("is not an entry")
    texts = [said[name] for name in ("booking", "title", "author")]
    texts += [text for name in _LISTS for text in (*said[name],)]
    numbers = (said["number"], said["given_back_min"])
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("has a value that is not a text")
    if not all(type(number) is int and 0 <= number < 2**53 for number in numbers):
        raise ValueError("has a value that is not a number")
    if said["outcome"] not in get_args(LedgerOutcome):
        raise ValueError(f"{said['outcome']!r} is not an outcome")
    times = {name: _time(said[name]) for name in _TIMES if said[name] is not None}
    if not {"at", "start", "end"} <= times.keys():
        raise ValueError("has no time")
    return LedgerEntry(**{**said, **times, **{name: tuple(said[name]) for name in _LISTS}})


def _time(said: str) -> datetime:
    found = datetime.fromisoformat(said)
    if found.tzinfo is None:
        raise ValueError("has a time without its zone")
    return found


def _fits(document: Mapping[str, Any]) -> bool:
    numbers = [_entry(one).number for one in document["entries"]]
    return numbers == sorted(numbers) and len(numbers) <= MOST
