"""How the room was used: sums of each quarter of an hour, and for some days what was told.

Tables `quarters`, `transitions` and `acts` of `history.sqlite`. Sensors and the panel are in it, no
person is. Blocking: callers on the loop go through `wire.in_thread`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from math import isfinite
from typing import TYPE_CHECKING, Any

from roomctl.frozen import frozen
from roomctl.store.database import Damaged, Database

if TYPE_CHECKING:
    import sqlite3

QUARTER_S = 900
DAY_S = 86_400.0
_YEAR_3000 = 32_503_680_000.0  # Unix time

_COLUMNS: Mapping[str, Mapping[str, type]] = {
    "quarters": {
        "start": int,
        "occupied_s": float,
        "vacant_s": float,
        "unknown_s": float,
        "call_s": float,
        "arrivals": int,
    },
    "transitions": {"at": float, "mono_s": float, "kind": str, "sensor": str, "high": int},
    "acts": {"at": float, "act": str, "subject": str, "why": str},
}
"""By name: a later version may have added columns, which are left as they are."""
_NAMES = {table: ", ".join(columns) for table, columns in _COLUMNS.items()}
_INSERT = {
    table: f"INSERT INTO {table} ({_NAMES[table]}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - ours
    for table, columns in _COLUMNS.items()
}
_ADD = f"""{_INSERT["quarters"]} ON CONFLICT (start) DO UPDATE SET
  occupied_s = occupied_s + excluded.occupied_s, vacant_s = vacant_s + excluded.vacant_s,
  unknown_s = unknown_s + excluded.unknown_s, call_s = call_s + excluded.call_s,
  arrivals = arrivals + excluded.arrivals
"""


@frozen
class QuarterHour:
    """A quarter of an hour from `start` (Unix time) on: seconds in each state, and arrivals."""

    start: int
    occupied_s: float = 0.0
    vacant_s: float = 0.0
    unknown_s: float = 0.0
    call_s: float = 0.0
    arrivals: int = 0


@frozen
class InputTransition:
    """Something that the room was told at `at` (Unix time) and `mono_s` (monotonic)."""

    at: float
    mono_s: float
    kind: str
    sensor: str
    high: bool


@frozen
class AutomaticAct:
    """Something that the room did by itself at `at` (Unix time); `why` is JSON."""

    at: float
    act: str
    subject: str
    why: str


class History:
    """How one room was used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self) -> None:
        """See whether every row is one that was written, and set the file aside if not.

        RoomctlError if the disk refuses. A file that is not there is not made.
        """
        path = self._database.path
        if path is not None and os.path.lexists(path):
            self._database.read(_examined)

    def add(
        self,
        quarters: Iterable[QuarterHour],
        transitions: Iterable[InputTransition] = (),
        acts: Iterable[AutomaticAct] = (),
    ) -> None:
        """Add to what is kept; RoomctlError if the disk refuses, and nothing is added."""
        rows = [astuple(one) for one in quarters]
        told, done = [astuple(one) for one in transitions], [astuple(one) for one in acts]

        def added(base: sqlite3.Connection) -> None:
            base.executemany(_ADD, rows)
            base.executemany(_INSERT["transitions"], told)
            base.executemany(_INSERT["acts"], done)

        self._database.write(added)

    def quarters(self, since: float, until: float) -> list[QuarterHour]:
        """Return the quarters that begin in a span of Unix time, oldest first."""
        return [QuarterHour(*row) for row in self._rows("quarters", "start", since, until, "start")]

    def transitions(self, since: float, until: float) -> list[InputTransition]:
        """Return what was told in a span, in the order in which they were told."""
        found = self._rows("transitions", "at", since, until, "rowid")
        return [
            InputTransition(at, mono_s, kind, name, bool(on))
            for at, mono_s, kind, name, on in found
        ]

    def acts(self, since: float, until: float) -> list[AutomaticAct]:
        """Return what the room did by itself in a span, oldest first."""
        return [AutomaticAct(*row) for row in self._rows("acts", "at", since, until, "at, rowid")]

    def forget(self, now: float, raw_days: float, days: float) -> None:
        """Delete transitions older than `raw_days`, and everything else older than `days`.

        Damaged files go `days` after they were last written.
        """
        limits = {"transitions": now - raw_days * DAY_S, "acts": now - days * DAY_S}

        def forgotten(base: sqlite3.Connection) -> None:
            for table, limit in limits.items():
                base.execute(f"DELETE FROM {table} WHERE at < ?", (limit,))  # noqa: S608 - ours
            base.execute("DELETE FROM quarters WHERE start < ?", (now - days * DAY_S,))

        self._database.write(forgotten)
        self._database.scrub()
        old_s = now - days * DAY_S
        self._database.forget_damaged(keep=lambda path: path.lstat().st_mtime >= old_s)

    def delete(self, since: float, until: float) -> Mapping[str, int]:
        """Delete everything of a span; return how many of each were deleted.

        Damaged files are deleted as a whole: nobody can say which span they are of.
        """

        def deleted(base: sqlite3.Connection) -> Mapping[str, int]:
            gone = {}
            for table, at in (("quarters", "start"), ("transitions", "at"), ("acts", "at")):
                sql = f"DELETE FROM {table} WHERE {at} >= ? AND {at} < ?"  # noqa: S608 - ours
                gone[table] = base.execute(sql, (since, until)).rowcount
            return gone

        gone = self._database.write(deleted)
        self._database.scrub()
        self._database.forget_damaged()
        return gone

    def erase(self) -> None:
        """Delete all of it, and what was set aside; RoomctlError if that fails."""
        path = self._database.path
        if path is not None and os.path.lexists(path):
            self.delete(float("-inf"), float("inf"))

    def _rows(
        self, table: str, at: str, since: float, until: float, order: str
    ) -> list[tuple[Any, ...]]:
        within = f"{at} >= ? AND {at} < ?"
        sql = f"SELECT {_NAMES[table]} FROM {table} WHERE {within} ORDER BY {order}"  # noqa: S608 - ours

        def found(base: sqlite3.Connection) -> list[tuple[Any, ...]]:
            rows: list[tuple[Any, ...]] = base.execute(sql, (since, until)).fetchall()
            for row in rows:
                _must_fit(table, row)
            return rows

        return self._database.read(found)


def _examined(base: sqlite3.Connection) -> None:
    """Raise what is wrong with the rows, each of which is looked at."""
    for table in _COLUMNS:
        for row in base.execute(f"SELECT {_NAMES[table]} FROM {table}"):  # noqa: S608 - ours
            _must_fit(table, row)


def _must_fit(table: str, row: tuple[Any, ...]) -> None:
    """Raise Damaged if a row is none that was written: its types, its numbers, its JSON."""
    fits = all(map(isinstance, row, _COLUMNS[table].values()))
    numbers = [value for value in row if isinstance(value, int | float)]
    if not fits or not all(isfinite(value) and abs(value) < _YEAR_3000 for value in numbers):
        raise Damaged(f"{table}: a row that was never written: {str(row)[:80]}")
    if table == "acts":
        try:
            reasons = json.loads(row[3])
            fits = all(isinstance(code, str) and isinstance(more, dict) for code, more in reasons)
        except (ValueError, TypeError, RecursionError):
            fits = False
        if not fits:
            raise Damaged(f"acts: reasons that are none: {row[3][:80]}")
