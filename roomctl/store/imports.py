"""An import that waits for the next start: `import.tar`, as it came, and `import.json` about it.

The archive is written first and deleted last: alone it counts for nothing. What was begun says what
it found, so that a start after a power cut goes on, and can still put everything back. Blocking.
Knows no content of an archive.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.store.disk import whole
from roomctl.store.documents import Document, Store

ARCHIVE = "import.tar"
LARGEST_IMPORT = 16 << 20  # bytes; it is held in memory, by a program that has 300 MB in all

_FILE = "import"
IMPORT_FILES = (ARCHIVE, f"{_FILE}.json")


@frozen
class ImportPlan:
    """What an archive would write, what of that is there already, and which secrets are missing."""

    files: tuple[str, ...]
    over: tuple[str, ...]
    secrets: tuple[str, ...]


@frozen
class PendingImport:
    """An archive that is to be carried out: since when, and for whom.

    `over`: files that are written over; `new`: those that were not there. None: it is not begun.
    """

    sha256: str
    at: datetime
    role: str
    name: str
    over: tuple[str, ...] | None = None
    new: tuple[str, ...] | None = None


class Imports:
    """The import of one room that waits, if one does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, archive: bytes, at: datetime, role: str, name: str) -> None:
        """Have an archive wait for the next start; RoomctlError: the disk does not take it."""
        sha256 = hashlib.sha256(archive).hexdigest()
        try:
            self._store.disk.write(ARCHIVE, archive)
            self._write(PendingImport(sha256, at, role, name))
        except OSError as error:
            where = self._store.folder / ARCHIVE
            raise RoomctlError(f"{where}: cannot be written: {error}") from error

    def waiting(self) -> tuple[PendingImport, bytes] | None:
        """Return what waits; what cannot be what was kept is set aside."""
        kept = self._store.read(_FILE, _fits)
        if not kept:
            with contextlib.suppress(OSError):
                self._delete(ARCHIVE)
            return None
        pending = _pending(kept)
        try:
            archive = whole(self._store.folder / ARCHIVE, LARGEST_IMPORT)
        except (OSError, ValueError) as error:
            self.refuse(str(error))
            return None
        if hashlib.sha256(archive).hexdigest() != pending.sha256:
            self.refuse("is not what came")
            return None
        return pending, archive

    def begin(
        self, pending: PendingImport, over: Iterable[str], new: Iterable[str]
    ) -> PendingImport:
        """Note what is about to be written; OSError if the disk refuses."""
        begun = replace(pending, over=tuple(over), new=tuple(new))
        self._write(begun)
        return begun

    def done(self) -> None:
        """Forget the import, which was carried out; OSError if the disk refuses."""
        self._delete(f"{_FILE}.json")
        self._delete(ARCHIVE)

    def refuse(self, why: str) -> None:
        """Set the archive aside, for a person to look at."""
        self._store.disk.set_aside(ARCHIVE, why)
        with contextlib.suppress(OSError):
            self._delete(f"{_FILE}.json")

    def _delete(self, name: str) -> None:
        (self._store.folder / name).unlink(missing_ok=True)

    def _write(self, pending: PendingImport) -> None:
        document: Document = {
            "sha256": pending.sha256,
            "at": pending.at.isoformat(),
            "role": pending.role,
            "name": pending.name,
            "over": pending.over,
            "new": pending.new,
        }
        self._store.write(_FILE, document)


def _pending(kept: Document) -> PendingImport:
    over, new = (None if one is None else tuple(one) for one in (kept["over"], kept["new"]))
    at = datetime.fromisoformat(kept["at"])
    return PendingImport(kept["sha256"], at, kept["role"], kept["name"], over, new)


def _fits(document: Document) -> bool:
    """Whether it is what was written; an error in the reading says no, too."""
    lists = (document["over"], document["new"])
    found = _pending(document)
    texts = (found.sha256, found.role, found.name, *(found.over or ()), *(found.new or ()))
    begun = lists == (None, None) or all(isinstance(one, list) for one in lists)
    return begun and found.at.tzinfo is not None and all(isinstance(one, str) for one in texts)
