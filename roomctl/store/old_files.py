"""Files in which earlier versions kept what happened: taken over once, then left as NAME.imported.

    audit-old.jsonl, audit.jsonl   a line of the audit each, as `chain` has it
    audit.json                     numbers and hashes of its newest entry, and of the last pruned
    ledger.json                    bookings that were to be released
    starts.json                    how meetings began, by month
    series.json                    series of bookings to which nobody came
    message.json                   the message that the room shows

A power cut leaves them to be taken over at the next start, or to be renamed: what was taken over is
known by its SHA-256. What makes no sense is set aside, as any damaged file. What was left is
deleted when it is half a year old. Blocking. To be deleted with the version after the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from roomctl.store import audit
from roomctl.store.chain import ChainLink
from roomctl.store.database import Database
from roomctl.store.disk import NO_SENSE, Disk, sync_folder
from roomctl.store.documents import Document, parsed

if TYPE_CHECKING:
    import sqlite3

_log = logging.getLogger(__name__)

LEFT_S = 180 * 86_400.0  # since it was last written
MOST_SERIES = 200
_LEFT = ".imported"

Take = Callable[["sqlite3.Connection", Disk], None]


def room_database(disk: Disk | None) -> Database:
    """Return the file of what happened in a room; it takes over what earlier versions left."""
    names = [name for names, _ in _OLD for name in names]
    return Database(disk, take_over=_taken_over, others=names)


def _taken_over(base: sqlite3.Connection, disk: Disk) -> Callable[[], None]:
    taken: list[str] = []
    for names, take in _OLD:
        there = {name: _digest(disk, name) for name in names if (disk.folder / name).is_file()}
        known = dict(base.execute("SELECT file, sha256 FROM taken_over"))
        if any(known.get(name) != digest for name, digest in there.items()):
            take(base, disk)
            _note(base, there)
        taken += there
    return lambda: _leave(disk, taken)


def _note(base: sqlite3.Connection, digests: Mapping[str, str]) -> None:
    sql = "REPLACE INTO taken_over (file, sha256) VALUES (?, ?)"
    base.executemany(sql, digests.items())


def _digest(disk: Disk, name: str) -> str:
    with (disk.folder / name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _leave(disk: Disk, names: Sequence[str]) -> None:
    """Rename what was taken over, as far as the disk takes that, and delete what is old."""
    with contextlib.suppress(OSError):
        for name in names:
            left = free = disk.folder / f"{name}{_LEFT}"
            again = 1
            while os.path.lexists(free):
                again += 1
                free = left.with_name(f"{left.name}-{again}")
            with contextlib.suppress(FileNotFoundError):  # it was set aside
                os.replace(disk.folder / name, free)
                _log.info("history: %s is taken over, and left as %s", name, free.name)
        if names:
            sync_folder(disk.folder)
        for path in disk.folder.glob(f"*{_LEFT}*"):
            if path.stat().st_mtime < time.time() - LEFT_S:
                path.unlink()


def _audit(base: sqlite3.Connection, disk: Disk) -> None:
    """Take over the chain as it is: whole or broken, `verify` says the same of it."""
    head = disk.read("audit.json", _head) or (ChainLink(), ChainLink())
    lines = [
        line
        for name in ("audit-old.jsonl", "audit.jsonl")
        for line in disk.read(name, lambda data: data.split(b"\n")[:-1]) or ()
    ]
    try:
        audit.take_over(base, lines, *head)
    except ValueError as error:
        _log.warning("history: audit.jsonl %s; it is left as audit.jsonl%s", error, _LEFT)


def _head(data: bytes) -> tuple[ChainLink, ChainLink]:
    said = parsed(data)
    return _link(said["newest"]), _link(said["pruned"])


def _link(said: Document) -> ChainLink:
    if type(said["number"]) is not int or not isinstance(said["hash"], str):
        raise ValueError("is not an entry's number and hash")
    return ChainLink(said["number"], said["hash"])


def _document(name: str, put: Callable[[sqlite3.Connection, Document], None]) -> Take:
    """Return what takes over a document in JSON: all of it, or it is set aside as damaged."""

    def take(base: sqlite3.Connection, disk: Disk) -> None:
        disk.read(name, partial(_put_whole, base, put))

    return take


def _put_whole(
    base: sqlite3.Connection, put: Callable[[sqlite3.Connection, Document], None], data: bytes
) -> bool:
    import sqlite3

    base.execute("SAVEPOINT document")
    try:
        put(base, parsed(data))
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError) as error:
        base.execute("ROLLBACK TO document")
        raise ValueError(f"has another shape than what was written: {error}") from error
    except NO_SENSE:
        base.execute("ROLLBACK TO document")
        raise
    finally:
        base.execute("RELEASE document")
    return True


def _ledger(base: sqlite3.Connection, said: Document) -> None:
    """Take over entries; they get new numbers if there are some already."""
    begun = base.execute("SELECT 1 FROM ledger LIMIT 1").fetchone() is not None
    for one in said["entries"]:
        number, given_min = one["number"], one["given_back_min"]
        if type(number) is not int or type(given_min) is not int:
            raise ValueError("has a value that is not a number")
        _texts([one[name] for name in _LEDGER[1:8]])
        lists = {name: json.dumps(_texts(one[name])) for name in ("warned", "sensors")}
        row = {**one, **lists, "number": None if begun else number}
        names = ", ".join(f'"{name}"' for name in _LEDGER)
        sql = f"INSERT INTO ledger ({names}) VALUES (:{', :'.join(_LEDGER)})"  # noqa: S608 - ours
        if row.keys() != {*_LEDGER}:
            raise ValueError("is not an entry")
        base.execute(sql, row)


def _starts(base: sqlite3.Connection, said: Document) -> None:
    """Take over counts by month; they are added to those that are there."""
    sql = """INSERT INTO starts (month, mode, why, count) VALUES (?, ?, ?, ?)
      ON CONFLICT (month, mode, why) DO UPDATE SET count = count + excluded.count"""
    for month, modes in said["months"].items():
        for mode, counts in modes.items():
            for why, count in counts.items():
                if type(count) is not int:
                    raise ValueError("has a value that is not a number")
                base.execute(sql, (month, mode, why, count))


def _series(base: sqlite3.Connection, said: Document) -> None:
    """Take over series; what is there already of the same ones gives way."""
    columns = ("key", "title", "misses", "last", "at")
    sql = "REPLACE INTO series (key, title, misses, last, at) VALUES (?, ?, ?, ?, ?)"
    if len(said["series"]) > MOST_SERIES:
        raise ValueError("has too many series")
    for one in said["series"]:
        _texts([one[name] for name in columns if name != "misses"])
        if one.keys() != {*columns} or type(one["misses"]) is not int:
            raise ValueError("is not a series")
        base.execute(sql, [one[name] for name in columns])


def _message(base: sqlite3.Connection, said: Document) -> None:
    """Take over the message, unless there is one already; an empty document has none."""
    columns = ("text", "at", "until", "requested_by", "requested_by_name")
    if said and base.execute("SELECT 1 FROM message").fetchone() is None:
        values = _texts([said[name] for name in columns])
        sql = f"INSERT INTO message ({', '.join(columns)}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608 - ours
        base.execute(sql, values)


def _texts(said: list[str]) -> list[str]:
    if not all(isinstance(one, str) for one in said):
        raise ValueError("has a value that is not a text")
    return said


_LEDGER = (
    *("number", "at", "booking", "title", "start", "end", "outcome", "author"),
    *("warned_at", "warned", "sensors", "given_back_min"),
)
_OLD: Sequence[tuple[Sequence[str], Take]] = (
    (("audit-old.jsonl", "audit.jsonl", "audit.json"), _audit),
    (("ledger.json",), _document("ledger.json", _ledger)),
    (("starts.json",), _document("starts.json", _starts)),
    (("series.json",), _document("series.json", _series)),
    (("message.json",), _document("message.json", _message)),
)
