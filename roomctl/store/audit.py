"""Who did what: entries that are only ever added, each with the hash of the one before it.

    audit.jsonl      a line of JSON for each entry; audit-old.jsonl has those before
    audit.json       the number and hash of the newest entry, and of the last one that was pruned

An entry's hash is SHA-256 of its line, without the line break. Whoever changes, removes or moves an
entry breaks the chain; whoever removes the newest ones is betrayed by `audit.json`. Who may write
all three files can forge all of it: keep the newest hash elsewhere, too.

When `audit.jsonl` is full, or older than half a year, it takes the place of the older file, whose
entries are pruned. Blocking: callers on the loop go through `wire.in_thread`.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.store.disk import sync_folder, whole
from roomctl.store.documents import Document, Store

FILE, OLDER = "audit.jsonl", "audit-old.jsonl"
FILE_BYTES = 3 << 20  # some 10 000 entries
KEPT = timedelta(days=180)

_HEAD = "audit"
_KEYS = {
    "number": int,
    "at": str,
    "clock_proven": bool,
    "role": str,
    "name": str,
    "address": str,
    "command": str,
    "arguments": dict,
    "result": str,
    "times": int,
    "previous": str,
}


@frozen
class AuditEvent:
    """Something that was done, or refused; `times`: so often, told as one."""

    at: datetime
    clock_proven: bool
    role: str
    name: str
    address: str
    command: str
    arguments: Mapping[str, Any]
    result: str
    times: int = 1


@frozen
class AuditEntry:
    """An event in its place: `previous` is the hash of the entry before it, `hash` its own."""

    number: int
    event: AuditEvent
    previous: str
    hash: str


@frozen
class ChainLink:
    """An entry's number and hash; before the first one 0 and noughts."""

    number: int = 0
    hash: str = "0" * 64


@frozen
class AuditVerdict:
    """How many entries are kept, which, and the newest's hash.

    `broken`: the number of the first one that is not as it was written; `why` says how.
    """

    entries: int
    first: int | None
    newest: ChainLink
    broken: int | None = None
    why: str = ""


class AuditLog:
    """The record of one room, readable by its owner alone."""

    def __init__(self, store: Store, file_bytes: int = FILE_BYTES) -> None:
        """Read the head alone, so that a damaged one is told at once.

        A file of `file_bytes` is full.
        """
        self._store, self._folder, self._file_bytes = store, store.folder, file_bytes
        self._one_at_a_time = threading.Lock()
        self._newest: ChainLink | None = None
        self._head = store.read(_HEAD, _fits)
        self._pruned = ChainLink()

    def append(self, events: Sequence[AuditEvent]) -> None:
        """Add entries; RoomctlError if the disk refuses, and none is added."""
        with self._using():
            last = self._begun()
            lines = []
            for event in events:
                lines.append(_line(last, event))
                last = ChainLink(last.number + 1, _hash(lines[-1]))
            self._make_room(events[-1])
            self._write(b"".join(line + b"\n" for line in lines))
            self._newest = last
            with contextlib.suppress(OSError):  # the disk notes it; the entries are written
                self._keep_head()

    def entries(
        self, after: int | None = None, since: datetime | None = None, limit: int = 100
    ) -> list[AuditEntry]:
        """Return entries, oldest first: the first ones that fit, or without a bound the newest.

        A line that is none is left out: `verify` tells of it.
        """
        with self._using():
            lines = self._lines()
        if after is None and since is None:
            lines = lines[-limit:]
        fitting = (
            entry
            for line in lines
            if (entry := _entry(line)) is not None
            and entry.number > (after or 0)
            and (since is None or entry.event.at >= since)
        )
        return list(islice(fitting, limit))

    def verify(self) -> AuditVerdict:
        """Look at the whole chain; RoomctlError if it cannot be read."""
        with self._using():
            newest = self._begun()
            return examined(self._lines(), self._pruned, newest)

    @contextlib.contextmanager
    def _using(self) -> Iterator[None]:
        try:
            with self._one_at_a_time:
                yield
        except OSError as error:
            self._store.disk.note(error)
            raise RoomctlError(f"{self._folder / FILE}: cannot be used: {error}") from error
        except ValueError as error:
            raise RoomctlError(f"{self._folder / FILE}: {error}") from error

    def _begun(self) -> ChainLink:
        """Return the newest entry's place, read from the disk the first time."""
        if self._newest is None:
            if kept := self._head:
                self._pruned = _link(kept["pruned"])
            told = _link(kept["newest"]) if kept else ChainLink()
            self._newest = max(told, self._last(FILE), self._last(OLDER), key=_number)
        return self._newest

    def _last(self, name: str) -> ChainLink:
        """Return the place of a file's last whole line."""
        lines = _lines_of(self._folder / name)
        entry = _entry(lines[-1]) if lines else None
        return ChainLink() if entry is None else ChainLink(entry.number, entry.hash)

    def _lines(self) -> list[bytes]:
        return [*_lines_of(self._folder / OLDER), *_lines_of(self._folder / FILE)]

    def _make_room(self, now: AuditEvent) -> None:
        """Let the file become the older one if it is full, or half a year old."""
        path, older = self._folder / FILE, self._folder / OLDER
        try:
            full = path.stat().st_size >= self._file_bytes
            with path.open("rb") as file:
                first = file.readline(FILE_BYTES)
        except FileNotFoundError:
            return
        if not full and not _is_old(first, now):
            return
        self._pruned = max(self._pruned, self._last(OLDER), key=_number)
        self._keep_head()  # before they are gone: until then they only are more than needed
        os.replace(path, older)
        sync_folder(self._folder)

    def _write(self, data: bytes) -> None:
        """Add lines to the file, or nothing; what a power cut left of a line is cut off."""
        path = self._folder / FILE
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0) as file:
            size = _whole_lines(file.fileno())
            os.ftruncate(file.fileno(), size)
            try:
                if file.write(data) != len(data):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), size)
                raise
        if size == 0:
            sync_folder(self._folder)

    def _keep_head(self) -> None:
        newest = self._newest or ChainLink()
        links = {"newest": newest, "pruned": self._pruned}
        self._store.write(
            _HEAD, {key: {"number": one.number, "hash": one.hash} for key, one in links.items()}
        )


def examined(lines: Sequence[bytes], pruned: ChainLink, newest: ChainLink) -> AuditVerdict:
    """Return whether lines are the chain that was written after `pruned`, up to `newest`."""
    first = _entry(lines[0]) if lines else None
    number = first.number if first is not None else None

    def verdict(broken: int | None = None, why: str = "") -> AuditVerdict:
        return AuditVerdict(len(lines), number, newest, broken, why)

    known = {pruned.number: pruned.hash, newest.number: newest.hash}
    before = pruned
    for at, line in enumerate(lines):
        entry = _entry(line)
        if entry is None:
            return verdict(before.number + 1, "is not an entry")
        if at == 0 and 0 < entry.number <= pruned.number:  # was pruned, and is still there
            before = ChainLink(entry.number - 1, entry.previous)
        if entry.number != before.number + 1:
            return verdict(before.number + 1, "is missing")
        if entry.previous != before.hash:
            sound = known.get(entry.number, entry.hash) == entry.hash
            if at + 1 < len(lines):
                sound = _follows(lines[at + 1], entry)
            blamed = before.number if sound and at > 0 else entry.number
            return verdict(blamed, "was changed")
        if known.get(entry.number, entry.hash) != entry.hash:
            return verdict(entry.number, "was changed")
        before = ChainLink(entry.number, entry.hash)
    if before.number < newest.number:
        return verdict(before.number + 1, "is missing")
    return verdict()


def _follows(line: bytes, entry: AuditEntry) -> bool:
    after = _entry(line)
    return after is not None and after.previous == entry.hash


def _line(before: ChainLink, event: AuditEvent) -> bytes:
    said = {
        "number": before.number + 1,
        "at": event.at.isoformat(),
        "clock_proven": event.clock_proven,
        "role": event.role,
        "name": event.name,
        "address": event.address,
        "command": event.command,
        "arguments": dict(event.arguments),
        "result": event.result,
        "times": event.times,
        "previous": before.hash,
    }
    return json.dumps(said, separators=(",", ":")).encode("ascii")


def _entry(line: bytes) -> AuditEntry | None:
    """Return what a line says, or None if it is no entry."""
    try:
        said = json.loads(line)
        if said.keys() != _KEYS.keys():
            return None
        if not all(type(said[key]) is kind for key, kind in _KEYS.items()):
            return None
        at = datetime.fromisoformat(said["at"])
    except (ValueError, AttributeError, RecursionError):
        return None
    if at.tzinfo is None:
        return None
    number, previous = said.pop("number"), said.pop("previous")
    return AuditEntry(number, AuditEvent(**{**said, "at": at}), previous, _hash(line))


def _is_old(line: bytes, now: AuditEvent) -> bool:
    """Whether an entry is older than what is kept, by a clock that was proven both times."""
    entry = _entry(line.rstrip(b"\n"))
    proven = entry is not None and entry.event.clock_proven and now.clock_proven
    return entry is not None and proven and now.at - entry.event.at > KEPT


def _lines_of(path: Path) -> list[bytes]:
    """Return the whole lines of a file; a file that is not there has none."""
    try:
        return whole(path).split(b"\n")[:-1]
    except FileNotFoundError:
        return []


def _whole_lines(handle: int) -> int:
    """Return how many bytes of a file are whole lines."""
    size = os.fstat(handle).st_size
    end = size
    while end > 0:
        begin = max(0, end - 4096)
        found = os.pread(handle, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0


def _fits(document: Document) -> bool:
    return all(
        type(document[key]["number"]) is int and isinstance(document[key]["hash"], str)
        for key in ("newest", "pruned")
    )


def _link(kept: Mapping[str, Any]) -> ChainLink:
    return ChainLink(kept["number"], kept["hash"])


def _number(link: ChainLink) -> int:
    return link.number


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
