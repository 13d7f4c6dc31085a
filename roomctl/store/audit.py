"""Who did what: entries that are only ever added, each with the hash of the one before it.

Tables of `history.sqlite` (`chain` has the form of a line):

    audit        a line for each entry; its place is its number, unless somebody changed the chain
    audit_links  number and hash of the newest entry, and of the last one that was pruned

Who may write the file can forge all of it: keep the newest hash elsewhere, too. The newest MOST
entries are kept, for a year at most. Blocking: callers on the loop go through `wire.in_thread`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from roomctl.store.chain import (
    AuditEntry,
    AuditEvent,
    AuditVerdict,
    ChainLink,
    entry_of,
    examined,
    hash_of,
    line_of,
)
from roomctl.store.database import Database

if TYPE_CHECKING:
    import sqlite3

MOST = 20_000  # entries; one has some 300 bytes
KEPT = timedelta(days=365)


class AuditLog:
    """The record of one room."""

    def __init__(self, database: Database, most: int = MOST) -> None:
        """Keep the newest `most` entries."""
        self._database, self._most = database, most

    def append(self, events: Sequence[AuditEvent]) -> None:
        """Add entries, on the disk; RoomctlError if it refuses, and none is added."""
        self._database.write(partial(_append, events=events, most=self._most))

    def entries(
        self, after: int | None = None, since: datetime | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """Return entries, oldest first: the first ones that fit, or without a bound the newest.

        A line that is none is left out: `verify` tells of it.
        """

        def found(base: sqlite3.Connection) -> list[AuditEntry]:
            if after is None and since is None:
                newest = base.execute(
                    "SELECT line FROM audit ORDER BY place DESC LIMIT ?", (limit,)
                )
                return [*_entries(reversed(newest.fetchall()))]
            begin_s = 0.0 if since is None else since.timestamp()
            fitting = "SELECT line FROM audit WHERE place > ? AND at >= ? ORDER BY place"
            rows = base.execute(fitting, (after or 0, begin_s))
            return [*islice((one for one in _entries(rows) if one.number > (after or 0)), limit)]

        return self._database.read(found)

    def verify(self) -> AuditVerdict:
        """Look at the whole chain; RoomctlError if it cannot be read."""

        def verdict(base: sqlite3.Connection) -> AuditVerdict:
            lines = [line for (line,) in base.execute("SELECT line FROM audit ORDER BY place")]
            return examined(lines, _link(base, "pruned") or ChainLink(), _newest(base))

        return self._database.read(verdict)


def take_over(
    base: sqlite3.Connection, lines: Sequence[bytes], newest: ChainLink, pruned: ChainLink
) -> None:
    """Add the lines of earlier files as they are, whole or broken; `newest` and `pruned` of these.

    ValueError: there is a record already, and a chain has one beginning.
    """
    if base.execute("SELECT 1 FROM audit LIMIT 1").fetchone() is not None:
        raise ValueError("is of an earlier version; the record has gone on without it")
    place = 0
    for line in lines:
        entry = entry_of(line)
        place = max(place + 1, 0 if entry is None else entry.number)
        _insert(base, place, None if entry is None else entry.event, line)
        if entry is not None and entry.number > newest.number:
            newest = ChainLink(entry.number, entry.hash)
    _keep_link(base, "newest", newest)
    _keep_link(base, "pruned", pruned)


def _append(base: sqlite3.Connection, events: Sequence[AuditEvent], most: int) -> None:
    last = _newest(base)
    [(place,)] = base.execute("SELECT coalesce(max(place), 0) FROM audit").fetchall()
    place = max(place, last.number)
    for event in events:
        line = line_of(last, event)
        last, place = ChainLink(last.number + 1, hash_of(line)), place + 1
        _insert(base, place, event, line)
    _keep_link(base, "newest", last)
    _prune(base, place - most, events[-1])


def _insert(base: sqlite3.Connection, place: int, event: AuditEvent | None, line: bytes) -> None:
    at_s, proven = (0.0, False) if event is None else (event.at.timestamp(), event.clock_proven)
    sql = "INSERT INTO audit (place, at, clock_proven, line) VALUES (?, ?, ?, ?)"
    base.execute(sql, (place, at_s, proven, line))


def _prune(base: sqlite3.Connection, last_place: int, now: AuditEvent) -> None:
    """Delete up to a place, and what is too old by a clock that was proven both times."""
    since_s = (now.at - KEPT).timestamp() if now.clock_proven else float("-inf")
    old = "SELECT max(place) FROM audit WHERE clock_proven AND at < ?"
    [(last_old,)] = base.execute(old, (since_s,)).fetchall()
    last_place = max(last_place, last_old or 0)
    last = "SELECT place, line FROM audit WHERE place <= ? ORDER BY place DESC LIMIT 1"
    for place, line in base.execute(last, (last_place,)).fetchall():
        entry = entry_of(line)
        number = place if entry is None else entry.number
        _keep_link(base, "pruned", ChainLink(number, hash_of(line)))
        base.execute("DELETE FROM audit WHERE place <= ?", (place,))


def _entries(rows: Iterable[tuple[bytes]]) -> Iterator[AuditEntry]:
    return (entry for (line,) in rows if (entry := entry_of(line)) is not None)


def _newest(base: sqlite3.Connection) -> ChainLink:
    """Return the newest entry's link; if that is gone, that of the last entry that is there."""
    if kept := _link(base, "newest"):
        return kept
    last = base.execute("SELECT line FROM audit ORDER BY place DESC LIMIT 1").fetchall()
    return next((ChainLink(one.number, one.hash) for one in _entries(last)), ChainLink())


def _link(base: sqlite3.Connection, what: str) -> ChainLink | None:
    """Return a link that is kept beside the chain: "newest" or "pruned"."""
    row = base.execute("SELECT number, hash FROM audit_links WHERE what = ?", (what,)).fetchone()
    return None if row is None else ChainLink(*row)


def _keep_link(base: sqlite3.Connection, what: str, kept: ChainLink) -> None:
    sql = "REPLACE INTO audit_links (what, number, hash) VALUES (?, ?, ?)"
    base.execute(sql, (what, kept.number, kept.hash))
