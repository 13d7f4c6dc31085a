"""A room in one file, for another box: a tar of named files behind a list of them. Pure.

The same files give the same bytes, whoever packs them and when. What is read is judged before any
of it is used: only the names of `NAMES`, once each, plain files of ordinary size, each as the list
has it. Knows no meaning of a file but its name.

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
MOST_FILES = 2000
LONGEST_LIST = 512 << 10

_LIST = "roomctl.json"
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}"
NAMES = re.compile(
    r"room\.toml|settings\.toml|room\.json"
    rf"|pictures/{_PART}|profiles/[a-z]{{1,32}}/{_PART}\.toml|platforms/{_PART}\.toml"
)
"""What an archive may hold. No part of a name begins with a dot."""


class NoArchive(RoomctlError):
    """A file is no room of ours, or was damaged or made up: nothing of it is used."""


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files; ValueError for a name that none may have."""
    listed = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    head = {"format": FORMAT, "version": VERSION, "files": listed}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        _add(archive, _LIST, json.dumps(head, indent=1).encode())
        for name in listed:
            if not NAMES.fullmatch(name):
                raise ValueError(f"{name!r} has no place in an archive")
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
    try:
        found = _entries(data)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise NoArchive(f"is no archive of `roomctl export`, or is cut off ({error})") from error
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
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for entry in archive:
            name = entry.name
            if name != _LIST and not NAMES.fullmatch(name):
                raise NoArchive(f"{name[:80]!r}: is no file of a room")
            if entry.type != tarfile.REGTYPE or entry.pax_headers or entry.issparse():
                raise NoArchive(f"{name}: is no plain file")
            if name in found:
                raise NoArchive(f"{name}: comes twice")
            if entry.size > LARGEST_FILE or len(found) > MOST_FILES:
                raise NoArchive(f"{name}: more than an archive of a room holds")
            read = archive.extractfile(entry)
            content = b"" if read is None else read.read(LARGEST_FILE + 1)
            if len(content) != entry.size:
                raise NoArchive(f"{name}: is cut off")
            found[name] = content
    return found


def _listed(data: bytes) -> dict[str, str]:
    try:
        head = json.loads(data) if len(data) <= LONGEST_LIST else None
    except (ValueError, RecursionError):
        head = None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise NoArchive("is no archive of `roomctl export`")
    if head.get("version") != VERSION:
        known = f"this roomctl knows version {VERSION}; update it, or export anew"
        raise NoArchive(f"is of version {str(head.get('version'))[:20]}; {known}")
    files = head.get("files")
    if not isinstance(files, dict) or not all(isinstance(one, str) for one in files.values()):
        raise NoArchive("has no list of its files")
    return files
