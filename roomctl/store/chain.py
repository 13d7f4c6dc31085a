"""The chain of the audit: an entry's line, its hash, and what is wrong with a chain. Pure.

A line is JSON in ASCII. An entry's hash is SHA-256 of its line, and stands in the next one. Who
changes, removes or moves an entry breaks the chain; who removes the newest ones is betrayed by the
link that is kept beside it. Knows no file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from roomctl.frozen import frozen

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


def examined(lines: Sequence[bytes], pruned: ChainLink, newest: ChainLink) -> AuditVerdict:
    """Return whether lines are the chain that was written after `pruned`, up to `newest`."""
    first = entry_of(lines[0]) if lines else None
    number = first.number if first is not None else None

    def verdict(broken: int | None = None, why: str = "") -> AuditVerdict:
        return AuditVerdict(len(lines), number, newest, broken, why)

    known = {pruned.number: pruned.hash, newest.number: newest.hash}
    before = pruned
    for at, line in enumerate(lines):
        entry = entry_of(line)
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
    after = entry_of(line)
    return after is not None and after.previous == entry.hash


def line_of(before: ChainLink, event: AuditEvent) -> bytes:
    """Return the line of the entry that comes after another."""
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


def entry_of(line: bytes) -> AuditEntry | None:
    """Return what a line says; None: it is not an entry."""
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
    return AuditEntry(number, AuditEvent(**{**said, "at": at}), previous, hash_of(line))


def hash_of(line: bytes) -> str:
    """Return the hash of a line, in hex."""
    return hashlib.sha256(line).hexdigest()
