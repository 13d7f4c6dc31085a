"""How the room was used: sums of each quarter of an hour, and for some days what was told.

One SQLite file (WAL), `history.sqlite`. Sensors and the panel are in it, no person is. A file that
SQLite, or what was expected in it, calls damaged is set aside, with those beside it, and begun anew
within the same call, at whatever moment that comes out. Blocking: callers on the loop go through
`wire.in_thread`; one of them works at a time, as a new file looks like a damaged one to another.

    quarters     start (Unix time, a multiple of 900), seconds occupied, vacant, unknown, in a call,
                 and how often somebody came in
    transitions  Unix time, monotonic seconds (as told, bit for bit), kind, sensor, on
    acts         Unix time, what the room did by itself, about what, why (JSON)

In older files the transitions are called edges, and standby rest: they are brought up to date when
they are opened.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import astuple
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.store.disk import Disk, sync_folder

if TYPE_CHECKING:
    import sqlite3  # loaded with the first work on a file: some 20 ms of a start

T = TypeVar("T")

FILE = "history.sqlite"
QUARTER_S = 900
DAY_S = 86_400.0
_MAGIC = b"SQLite format 3\0"
_BESIDE = ("-wal", "-shm", "-journal")
_YEAR_3000 = 32_503_680_000.0  # Unix time

_TABLES = """
CREATE TABLE IF NOT EXISTS quarters (start INTEGER PRIMARY KEY, occupied_s REAL NOT NULL,
  vacant_s REAL NOT NULL, unknown_s REAL NOT NULL, call_s REAL NOT NULL, arrivals INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS transitions (at REAL NOT NULL, mono_s REAL NOT NULL, kind TEXT NOT NULL,
  sensor TEXT NOT NULL, high INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS transitions_at ON transitions (at);
CREATE TABLE IF NOT EXISTS acts (at REAL NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL,
  why TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS acts_at ON acts (at);
"""
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
_UPGRADE = (
    "INSERT INTO transitions SELECT * FROM edges ORDER BY rowid",
    "DROP TABLE edges",
    "UPDATE acts SET act = 'standby' WHERE act = 'rest'",
)
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


class _Damaged(Exception):
    """The file is not what was written."""


class History:
    """The file of one room, readable by its owner alone."""

    def __init__(self, disk: Disk, wait_s: float = 5.0) -> None:
        """Make nothing yet; another program may lock the file for `wait_s` seconds."""
        self._disk, self._wait_s = disk, wait_s
        self._one_at_a_time = threading.Lock()
        self.path = disk.folder / FILE

    def check(self) -> None:
        """See whether the file is whole, and set it aside if not; RoomctlError if the disk refuses.

        A file that is not there is not made.
        """
        if os.path.lexists(self.path):
            self._work(_examined)

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

        self._work(added)

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

        self._work(forgotten)
        self._forget_damaged(keep=lambda path: path.lstat().st_mtime >= now - days * DAY_S)

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

        gone = self._work(deleted)
        self._forget_damaged(keep=lambda path: False)
        return gone

    def erase(self) -> None:
        """Delete all of it, the file too, and what was set aside; RoomctlError if that fails."""
        try:
            with self._one_at_a_time:
                for suffix in ("", *_BESIDE):
                    Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        except OSError as error:
            raise RoomctlError(f"{self.path}: cannot be deleted: {error}") from error
        self._forget_damaged(keep=lambda path: False)

    def _forget_damaged(self, keep: Callable[[Path], bool]) -> None:
        try:
            self._disk.forget(FILE, keep)
        except OSError as error:
            why = f"{self.path}: what was damaged cannot be deleted: {error}"
            raise RoomctlError(why) from error

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

        return self._work(found)

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do one piece of work as a whole or not at all, once more if the file was damaged."""
        import sqlite3

        try:
            with self._one_at_a_time:
                try:
                    return self._once(work)
                except _Damaged as damage:
                    self._disk.set_aside(FILE, str(damage), _BESIDE)
                    return self._once(work)
        except OSError as error:
            self._disk.note(error)
            raise RoomctlError(f"{self.path}: cannot be used: {error}") from error
        except (sqlite3.Error, _Damaged) as error:
            raise RoomctlError(f"{self.path}: cannot be used: {error}") from error

    def _once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        import sqlite3

        made = False
        try:
            made = self._made()
            with closing(sqlite3.connect(self.path, timeout=self._wait_s)) as base:
                base.execute("PRAGMA journal_mode = WAL")
                base.execute("PRAGMA secure_delete = ON")
                base.executescript(_TABLES)
                _upgrade(base)
                with base:
                    return work(base)
        except sqlite3.Error as error:
            if _is_damage(error):
                raise _Damaged(str(error)) from error
            self._refused(error)
            if made and self.path.stat().st_size == 0:
                self.path.unlink()  # an empty one would count as damaged
            raise
        except IsADirectoryError as error:
            raise _Damaged("is a folder") from error

    def _made(self) -> bool:
        """Make the file before SQLite makes it for others to read, too; False if it was there."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            handle = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
            with os.fdopen(handle, "rb+") as file:
                head = file.read(len(_MAGIC))
            if head != _MAGIC:  # SQLite takes an empty file for a new one
                raise _Damaged("is not an SQLite file" if head else "is empty") from None
            return False
        sync_folder(self.path.parent)
        return True

    def _refused(self, error: sqlite3.Error) -> None:
        """Tell the disk what SQLite says of it."""
        import sqlite3

        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            self._disk.note(OSError(errno.ENOSPC, str(error)))
        elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
            self._disk.check()


def _upgrade(base: sqlite3.Connection) -> None:
    """Bring a file of an earlier version up to date, as a whole or not at all."""
    old = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'edges'"
    if base.execute(old).fetchone() is None:
        return
    with base:
        for statement in _UPGRADE:
            base.execute(statement)


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether an error is the file's fault: not the lock's, the disk's or the memory's.

    Our statements are right, so that one which SQLite cannot make sense of met another table.
    """
    import sqlite3

    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own: text that is no UTF-8
        return isinstance(error, sqlite3.DatabaseError)
    if code in (sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ):
        return True  # a bad sector stays one
    return code & 0xFF in {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_SCHEMA,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_NOTADB,
    }


def _examined(base: sqlite3.Connection) -> None:
    """Raise what is wrong with a file, whose every row is looked at."""
    [(said, *_)] = base.execute("PRAGMA quick_check(1)").fetchall()
    if said != "ok":
        raise _Damaged(str(said))
    for table in _COLUMNS:
        for row in base.execute(f"SELECT {_NAMES[table]} FROM {table}"):  # noqa: S608 - ours
            _must_fit(table, row)


def _must_fit(table: str, row: tuple[Any, ...]) -> None:
    """Raise _Damaged if a row is none that was written: its types, its numbers, its JSON."""
    fits = all(map(isinstance, row, _COLUMNS[table].values()))
    numbers = [value for value in row if isinstance(value, int | float)]
    if not fits or not all(isfinite(value) and abs(value) < _YEAR_3000 for value in numbers):
        raise _Damaged(f"{table}: a row that was never written: {str(row)[:80]}")
    if table == "acts":
        try:
            reasons = json.loads(row[3])
            fits = all(isinstance(code, str) and isinstance(more, dict) for code, more in reasons)
        except (ValueError, TypeError, RecursionError):
            fits = False
        if not fits:
            raise _Damaged(f"acts: reasons that are none: {row[3][:80]}")
