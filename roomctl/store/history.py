"""How the room was used: sums of each quarter of an hour, and for some days the raw edges.

One SQLite file (WAL), `history.sqlite`. Sensors and the panel are in it, no person is. Blocking:
callers on the loop go through `wire.in_thread`; one at a time.

    quarters   start (Unix time, a multiple of 900), seconds occupied, vacant, unknown, in a call,
               and how often somebody came in
    edges      Unix time, monotonic seconds (as told, bit for bit), kind, sensor, on
    acts       Unix time, what the room did by itself, about what, why (JSON)
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from roomctl.errors import RoomctlError

QUARTER_S = 900
DAY_S = 86_400.0

_TABLES = """
CREATE TABLE IF NOT EXISTS quarters (start INTEGER PRIMARY KEY, occupied_s REAL NOT NULL,
  vacant_s REAL NOT NULL, unknown_s REAL NOT NULL, call_s REAL NOT NULL, arrivals INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS edges (at REAL NOT NULL, mono_s REAL NOT NULL, kind TEXT NOT NULL,
  sensor TEXT NOT NULL, high INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS edges_at ON edges (at);
CREATE TABLE IF NOT EXISTS acts (at REAL NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL,
  why TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS acts_at ON acts (at);
"""
_ADD = """
INSERT INTO quarters VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (start) DO UPDATE SET
  occupied_s = occupied_s + excluded.occupied_s, vacant_s = vacant_s + excluded.vacant_s,
  unknown_s = unknown_s + excluded.unknown_s, call_s = call_s + excluded.call_s,
  arrivals = arrivals + excluded.arrivals
"""


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of an hour from `start` (Unix time) on: seconds in each state, and arrivals."""

    start: int
    occupied_s: float = 0.0
    vacant_s: float = 0.0
    unknown_s: float = 0.0
    call_s: float = 0.0
    arrivals: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """Something that the room was told at `at` (Unix time) and `mono_s` (monotonic)."""

    at: float
    mono_s: float
    kind: str
    sensor: str
    high: bool


@dataclass(frozen=True, slots=True)
class Done:
    """Something that the room did by itself at `at` (Unix time); `why` is JSON."""

    at: float
    act: str
    subject: str
    why: str


class History:
    """The file of one room, readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "history.sqlite"

    def add(
        self, quarters: Iterable[Quarter], edges: Iterable[Edge] = (), acts: Iterable[Done] = ()
    ) -> None:
        """Add to what is kept; RoomctlError if the disk refuses, and nothing is added."""
        with self._open() as base:
            base.executemany(_ADD, map(astuple, quarters))
            base.executemany("INSERT INTO edges VALUES (?, ?, ?, ?, ?)", map(astuple, edges))
            base.executemany("INSERT INTO acts VALUES (?, ?, ?, ?)", map(astuple, acts))

    def quarters(self, since: float, until: float) -> list[Quarter]:
        """Return the quarters that begin in a span of Unix time, oldest first."""
        return [Quarter(*row) for row in self._rows("quarters", "start", since, until, "start")]

    def edges(self, since: float, until: float) -> list[Edge]:
        """Return the raw edges of a span, in the order in which they were told."""
        found = self._rows("edges", "at", since, until, "rowid")
        return [Edge(at, mono_s, kind, name, bool(on)) for at, mono_s, kind, name, on in found]

    def acts(self, since: float, until: float) -> list[Done]:
        """Return what the room did by itself in a span, oldest first."""
        return [Done(*row) for row in self._rows("acts", "at", since, until, "at, rowid")]

    def forget(self, now: float, raw_days: float, days: float) -> None:
        """Delete raw edges older than `raw_days`, and everything else older than `days`."""
        limits = {"edges": now - raw_days * DAY_S, "acts": now - days * DAY_S}
        with self._open() as base:
            for table, limit in limits.items():
                base.execute(f"DELETE FROM {table} WHERE at < ?", (limit,))  # noqa: S608 - ours
            base.execute("DELETE FROM quarters WHERE start < ?", (now - days * DAY_S,))

    def delete(self, since: float, until: float) -> Mapping[str, int]:
        """Delete everything of a span; return how many of each were deleted."""
        gone = {}
        with self._open() as base:
            for table, at in (("quarters", "start"), ("edges", "at"), ("acts", "at")):
                sql = f"DELETE FROM {table} WHERE {at} >= ? AND {at} < ?"  # noqa: S608 - ours
                gone[table] = base.execute(sql, (since, until)).rowcount
        return gone

    def erase(self) -> None:
        """Delete all of it, the file too."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def _rows(
        self, table: str, at: str, since: float, until: float, order: str
    ) -> list[tuple[Any, ...]]:
        with self._open() as base:
            sql = f"SELECT * FROM {table} WHERE {at} >= ? AND {at} < ? ORDER BY {order}"  # noqa: S608 - ours
            return base.execute(sql, (since, until)).fetchall()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one piece of work, which is done as a whole or not at all."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            with closing(sqlite3.connect(self.path, timeout=5.0)) as base:
                base.execute("PRAGMA journal_mode = WAL")
                base.execute("PRAGMA secure_delete = ON")
                base.executescript(_TABLES)
                with base:
                    yield base
        except (OSError, sqlite3.Error) as error:
            why = f"{self.path}: cannot be used: {error}; move it away to begin anew"
            raise RoomctlError(why) from error
