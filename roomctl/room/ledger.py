"""What releasing bookings has come to: an entry for each, with who was warned and what it gave.

    warned     it was said that the booking would be released, and nothing has come of it yet
    kept       somebody kept it, joined, or was seen
    released   the room was given back: by the rule, or by a tap
    undone     somebody had it again
    dropped    the warning ended of itself: the sensors no longer knew, or the booking was over

Nobody's title or organizer is in it but the booking's title, and that of a private one neither.
The newest MOST entries are kept, in the table `ledger` of `history.sqlite`, or until the end. What
is noted is written beside the loop; a disk that refuses it is asked again. Knows no panel and no
rule.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from roomctl.booking import Booking
from roomctl.clock import Clock
from roomctl.frozen import frozen
from roomctl.store import Damaged, Database

if TYPE_CHECKING:
    from roomctl.store.database import Connection

MOST = 1000

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


_COLUMNS = tuple(one.name for one in fields(LedgerEntry))
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_INSERT = f"INSERT INTO ledger ({_NAMES}) VALUES (:{', :'.join(_COLUMNS)})"  # noqa: S608 - ours
_SELECT = f"SELECT {_NAMES} FROM ledger ORDER BY number"  # noqa: S608 - ours
_TIMES = ("at", "start", "end", "warned_at")
_LISTS = ("warned", "sensors")


class Ledger:
    """The ledger of one room."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def entries(self) -> list[LedgerEntry]:
        """Return all that are kept, oldest first; RoomctlError if they cannot be read. Blocking."""
        return self._database.read(lambda base: [_entry(row) for row in base.execute(_SELECT)])

    def warned(self, booking: Booking, where: Sequence[str], sensors: Sequence[str]) -> None:
        """Note that a booking is to be released, where that is said, and who sees nobody."""
        made = self._made(booking, "warned", "")
        made = replace(made, warned_at=made.at, warned=(*where,), sensors=(*sensors,))

        def note(base: Connection) -> None:
            if _open(base, booking.id) is None:
                add(base, made)

        self._database.note(note)

    def ended(self, booking_id: str, outcome: LedgerOutcome, author: str = "") -> None:
        """Note what came of a warning; nothing if there was none."""
        at = self._now()

        def note(base: Connection) -> None:
            found = _open(base, booking_id) or _seen(base, booking_id)
            if found is not None:
                _change(base, found, outcome, author, at)

        self._database.note(note)

    def released(self, booking: Booking, author: str, sensors: Sequence[str] = ()) -> None:
        """Note that the room was given back from a booking."""
        at = self._now()
        given_min = max(0, int((booking.end - max(at, booking.start)).total_seconds() // 60))
        made = self._made(booking, "released", author)
        made = replace(made, sensors=(*sensors,), given_back_min=given_min)

        def note(base: Connection) -> None:
            found = _open(base, booking.id)
            if found is None:
                add(base, made)
            else:
                _change(base, found, "released", author, at, given_min)

        self._database.note(note)

    def undone(self, booking_id: str, author: str) -> None:
        """Note that somebody has a booking again; others could not have its minutes."""
        at = self._now()

        def note(base: Connection) -> None:
            sql = "SELECT max(number) FROM ledger WHERE booking = ? AND outcome = 'released'"
            [(found,)] = base.execute(sql, (booking_id,)).fetchall()
            if found is not None:
                _change(base, found, "undone", author, at)

        self._database.note(note)

    def _now(self) -> datetime:
        return self._clock.now().wall.replace(microsecond=0)

    def _made(self, booking: Booking, outcome: LedgerOutcome, author: str) -> LedgerEntry:
        title, times = "" if booking.private else booking.title, (booking.start, booking.end)
        return LedgerEntry(0, self._now(), booking.id, title, *times, outcome, author)


def _open(base: Connection, booking_id: str) -> int | None:
    """Return the newest entry of a booking if nothing has come of it yet."""
    sql = "SELECT number, outcome FROM ledger WHERE booking = ? ORDER BY number DESC LIMIT 1"
    found = base.execute(sql, (booking_id,)).fetchone()
    return found[0] if found is not None and found[1] == "warned" else None


def _seen(base: Connection, booking_id: str) -> int | None:
    """Return the newest entry if a touch was told as somebody who is seen: it has a name."""
    sql = "SELECT number, booking, author FROM ledger ORDER BY number DESC LIMIT 1"
    found = base.execute(sql).fetchone()
    return found[0] if found is not None and found[1:] == (booking_id, "seen") else None


def add(base: Connection, entry: LedgerEntry) -> None:
    """Add an entry, which gets the next number; the oldest makes room for it."""
    number = base.execute(_INSERT, _row(entry)).lastrowid or 0
    base.execute("DELETE FROM ledger WHERE number <= ?", (number - MOST,))


def _change(
    base: Connection,
    number: int,
    outcome: LedgerOutcome,
    author: str,
    at: datetime,
    given_min: int = 0,
) -> None:
    sql = "UPDATE ledger SET outcome = ?, author = ?, at = ?, given_back_min = ? WHERE number = ?"
    base.execute(sql, (outcome, author, at.isoformat(), given_min, number))


def _row(entry: LedgerEntry) -> dict[str, Any]:
    said = {name: getattr(entry, name) for name in _COLUMNS}
    times = {name: said[name] and said[name].isoformat() for name in _TIMES}
    lists = {name: json.dumps(said[name], ensure_ascii=False) for name in _LISTS}
    return said | times | lists | {"number": said["number"] or None}


def _entry(row: tuple[Any, ...]) -> LedgerEntry:
    said = dict(zip(_COLUMNS, row, strict=True))
    try:
        times = {name: said[name] and datetime.fromisoformat(said[name]) for name in _TIMES}
        lists = {name: tuple(json.loads(said[name])) for name in _LISTS}
    except (ValueError, TypeError, RecursionError) as error:
        raise Damaged(f"ledger: a row that was never written: {error}") from error
    return LedgerEntry(**{**said, **times, **lists})
