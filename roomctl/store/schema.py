"""The tables of `history.sqlite`, in steps; `PRAGMA user_version`: how many a file has seen.

A step only adds: an older version reads and writes by the columns' names, and leaves the rest.
Times are Unix time in seconds. Knows no file, and nothing of who reads.

    1  quarters     start (a multiple of 900), seconds occupied, vacant, unknown, in a call, and how
                    often somebody came in
       transitions  Unix time, monotonic seconds (as told, bit for bit), kind, sensor, on
       acts         Unix time, what the room did by itself, about what, why (JSON)
    2  audit        an entry's line (`chain`), its place, when, and whether that clock was proven
       audit_links  number and hash of the newest entry, and of the last one that was pruned
       taken_over   files of earlier versions, and SHA-256 of what was taken over from each
    3  ledger       what became of bookings that were to be released (`room.ledger`); times as ISO
                    8601 with their offset, lists as JSON
    4  starts       how often meetings began in a month, in which way (`meeting.first_try`)
    5  series       series of bookings to which nobody came, and how often (`booking.series`)
    6  message      the message that the room shows, if there is one
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_USE = (
    """CREATE TABLE IF NOT EXISTS quarters (start INTEGER PRIMARY KEY, occupied_s REAL NOT NULL,
      vacant_s REAL NOT NULL, unknown_s REAL NOT NULL, call_s REAL NOT NULL,
      arrivals INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS transitions (at REAL NOT NULL, mono_s REAL NOT NULL,
      kind TEXT NOT NULL, sensor TEXT NOT NULL, high INTEGER NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS transitions_at ON transitions (at)",
    """CREATE TABLE IF NOT EXISTS acts (at REAL NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL,
      why TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS acts_at ON acts (at)",
)
_OLD_NAMES = (
    "INSERT INTO transitions SELECT * FROM edges ORDER BY rowid",
    "DROP TABLE edges",
    "UPDATE acts SET act = 'standby' WHERE act = 'rest'",
)


_AUDIT = (
    """CREATE TABLE audit (place INTEGER PRIMARY KEY, at REAL NOT NULL,
      clock_proven INTEGER NOT NULL, line BLOB NOT NULL) STRICT""",
    "CREATE INDEX audit_at ON audit (at) WHERE clock_proven",
    """CREATE TABLE audit_links (what TEXT PRIMARY KEY, number INTEGER NOT NULL,
      hash TEXT NOT NULL) STRICT""",
    "CREATE TABLE taken_over (file TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT",
)


def _is_instant(column: str) -> str:
    """Return the CHECK that a text is such as 2026-11-25T09:00:00+08:00, or NULL."""
    offset = "'*T*[+-][0-9][0-9]:[0-9][0-9]'"
    known = f"datetime({column}) IS NOT NULL AND {column} GLOB {offset}"
    return f"CHECK ({column} IS NULL OR ({known}))"


def _is_list(column: str) -> str:
    return f"CHECK (json_valid({column}) AND json_type({column}) = 'array')"


_LEDGER = (
    f"""CREATE TABLE ledger (number INTEGER PRIMARY KEY AUTOINCREMENT,
      at TEXT NOT NULL {_is_instant("at")}, booking TEXT NOT NULL, title TEXT NOT NULL,
      start TEXT NOT NULL {_is_instant("start")}, "end" TEXT NOT NULL {_is_instant('"end"')},
      outcome TEXT NOT NULL
        CHECK (outcome IN ('warned', 'kept', 'released', 'undone', 'dropped')),
      author TEXT NOT NULL, warned_at TEXT {_is_instant("warned_at")},
      warned TEXT NOT NULL {_is_list("warned")}, sensors TEXT NOT NULL {_is_list("sensors")},
      given_back_min INTEGER NOT NULL CHECK (given_back_min >= 0)) STRICT""",
    "CREATE INDEX ledger_booking ON ledger (booking)",
)

_STARTS = (
    """CREATE TABLE starts (month TEXT CHECK (month IS strftime('%Y-%m', month || '-01')),
      mode TEXT CHECK (mode IN ('assisted', 'plain')),
      why TEXT CHECK (why IN ('first_try', 'fault', 'touches', 'slow', 'given_up')),
      count INTEGER NOT NULL CHECK (count BETWEEN 0 AND 999999999),
      PRIMARY KEY (month, mode, why)) STRICT, WITHOUT ROWID""",
)

_SERIES = (
    f"""CREATE TABLE series (key TEXT PRIMARY KEY, title TEXT NOT NULL,
      misses INTEGER NOT NULL CHECK (misses > 0), last TEXT NOT NULL,
      at TEXT NOT NULL {_is_instant("at")}) STRICT""",
)

_MESSAGE = (
    f"""CREATE TABLE message (text TEXT NOT NULL, at TEXT NOT NULL {_is_instant("at")},
      until TEXT NOT NULL {_is_instant("until")}, requested_by TEXT NOT NULL,
      requested_by_name TEXT NOT NULL) STRICT""",
)


def _use(base: sqlite3.Connection) -> None:
    """Make the tables of use; in older files the transitions are called edges, and standby rest."""
    _all(base, _USE)
    old = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'edges'"
    if base.execute(old).fetchone() is not None:
        _all(base, _OLD_NAMES)


def _all(base: sqlite3.Connection, statements: tuple[str, ...]) -> None:
    for one in statements:
        base.execute(one)


STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _use,
    lambda base: _all(base, _AUDIT),
    lambda base: _all(base, _LEDGER),
    lambda base: _all(base, _STARTS),
    lambda base: _all(base, _SERIES),
    lambda base: _all(base, _MESSAGE),
)
