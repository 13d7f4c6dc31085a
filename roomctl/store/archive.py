"""A room in one file, for another box: a tar of named files behind a list of them. Pure.

The same files give the same bytes, whoever packs them and when. What is read is judged before any
of it is used: plain USTAR alone, without any extension of it, only the names of `NAMES`, once each,
plain files no larger than `_largest` says, each as the list has it. Reading takes time by the
number of entries, and no memory but the files'. Knows no meaning of a file but its name.

A header has 512 bytes (POSIX.1-1988, "Extended tar Format"); numbers are octal digits.

| at | bytes | |
|---|---|---|
| 0 | 100 | name, ended by a zero; behind `prefix` and a slash, if there is one |
| 124 | 12 | size of the content, which follows and is filled up to whole blocks |
| 148 | 8 | sum of the header's bytes, these eight counted as spaces |
| 156 | 1 | type: `0`, a plain file |
| 257 | 8 | `ustar`, a zero, and version `00` |
| 345 | 155 | prefix |

| entry | content |
|---|---|
| `roomctl.json` | `{"format": "roomctl-room", "version": 1, "files": {NAME: sha256}}`, first |
| `room.toml` | the configuration, with `secret:NAME` for every secret |
| `settings.toml` | what people changed on panels |
| `room.json` | the room's id |
| `pictures/…` | pictures of presets |
| `profiles/KIND/…`, `platforms/…` | the site's own files beside room.toml |
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping

from roomctl.errors import RoomctlError

FORMAT, VERSION = "roomctl-room", 1
LARGEST_ARCHIVE = 64 << 20  # bytes; a preset's picture has some 50 kB
LARGEST_FILE = 4 << 20
LARGEST_TEXT = 256 << 10  # of what is TOML, but for settings.toml, which has a hundred revisions
LARGEST_SETTINGS = 1 << 20
LARGEST_ID = 4 << 10
MOST_FILES = 2000
LONGEST_LIST = 512 << 10

_LIST = "roomctl.json"
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}"
NAMES = re.compile(
    r"room\.toml|settings\.toml|room\.json"
    rf"|pictures/{_PART}|profiles/[a-z]{{1,32}}/{_PART}\.toml|platforms/{_PART}\.toml"
)
"""What an archive may hold. No part of a name begins with a dot."""

_BLOCK = 512
_OCTAL = re.compile(rb" *([0-7]{1,11})[\0 ]*")


class NoArchive(RoomctlError):
    """A file is no room of ours, or was damaged or made up: nothing of it is used."""


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files; ValueError for a name, or a size, that none may have."""
    listed = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    head = {"format": FORMAT, "version": VERSION, "files": listed}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        _add(archive, _LIST, json.dumps(head, indent=1).encode())
        for name in listed:
            if not NAMES.fullmatch(name):
                raise ValueError(f"{name!r} has no place in an archive")
            if len(files[name]) > (most := _largest(name)):
                raise ValueError(f"{name} has more than the {most} bytes that an archive takes")
            _add(archive, name, files[name])
    return out.getvalue()


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)  # no time, no owner
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))


def unpacked(data: bytes) -> dict[str, bytes]:
    """Return the files of an archive; NoArchive says what is wrong with it."""
    if len(data) > LARGEST_ARCHIVE:
        raise NoArchive(f"is larger than {LARGEST_ARCHIVE >> 20} MiB")
    found = _entries(data)
    listed = _listed(found.pop(_LIST, b""))
    if missing := sorted(listed.keys() ^ found.keys()):
        raise NoArchive(f"is cut off, or was added to: {missing[0]}")
    for name, digest in listed.items():
        if hashlib.sha256(found[name]).hexdigest() != digest:
            raise NoArchive(f"{name}: is damaged")
    if "room.toml" not in found:
        raise NoArchive("holds no room.toml")
    return found


def _entries(data: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    at = 0
    while header := data[at : at + _BLOCK].rstrip(b"\0"):
        name, size = _header(header.ljust(_BLOCK, b"\0"))
        if name != _LIST and not NAMES.fullmatch(name):
            raise NoArchive(f"{name[:80]!r}: is not a file of a room")
        if name in found:
            raise NoArchive(f"{name}: comes twice")
        if size > _largest(name) or len(found) > MOST_FILES:
            raise NoArchive(f"{name}: more than an archive of a room holds")
        content = data[at + _BLOCK : at + _BLOCK + size]
        if len(content) != size:
            raise NoArchive(f"{name}: is cut off")
        found[name] = content
        at += _BLOCK + -(-size // _BLOCK) * _BLOCK
    if data.count(0, at) != len(data) - at:
        raise NoArchive("is cut off, or has data after its end")
    return found


def _header(block: bytes) -> tuple[str, int]:
    """Return the name and size of a plain file; NoArchive: it is another thing, or damaged."""
    size, said = (_OCTAL.fullmatch(block[at:end]) for at, end in ((124, 136), (148, 156)))
    summed = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if block[257:265] != b"ustar\x0000" or not size or not said or int(said[1], 8) != summed:
        raise NoArchive("is not an archive of `roomctl export`, or is damaged or cut off")
    if block[156:157] != b"0":
        raise NoArchive("contains something that is not a regular file")
    parts = (block[345:500], block[:100])
    name = b"/".join(part.partition(b"\0")[0] for part in parts).removeprefix(b"/")
    return name.decode("ascii", "backslashreplace"), int(size[1], 8)


def _largest(name: str) -> int:
    """Return how many bytes a file may have, so that nothing parses what no room has written."""
    known = {_LIST: LONGEST_LIST, "settings.toml": LARGEST_SETTINGS, "room.json": LARGEST_ID}
    return known.get(name, LARGEST_TEXT if name.endswith(".toml") else LARGEST_FILE)


def _listed(data: bytes) -> dict[str, str]:
    try:
        head = json.loads(data)
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise NoArchive("is not an archive of `roomctl export`")
    if head.get("version") != VERSION:
        known = f"this roomctl knows version {VERSION}; update it, or export again"
        raise NoArchive(f"is of version {str(head.get('version'))[:20]}; {known}")
    files = head.get("files")
    if not isinstance(files, dict) or not all(isinstance(one, str) for one in files.values()):
        raise NoArchive("has no list of its files")
    return files
