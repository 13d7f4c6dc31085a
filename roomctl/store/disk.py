"""The folder of what must survive: written whole, damage set aside, and whether it takes writes.

Write, fsync, rename, fsync the folder: a power cut leaves the old file or the new. A file that
makes no sense is moved aside under a name with its date, so that a room starts without it, and is
never thrown away before five more of its kind came. Blocking: callers on the loop go through
`wire.in_thread`. Knows no document's meaning.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar

from roomctl.frozen import frozen

_log = logging.getLogger(__name__)

T = TypeVar("T")

LARGEST = 4 << 20  # bytes of a document; ours are a thousandth of it
KEPT = 5  # damaged files of one name
LEAST_FREE = 64 << 10  # bytes below which a disk counts as full: the next document may not fit

_DAMAGED = ".damaged-"
_TEMPORARY = re.compile(r"\.\S+\.[a-z0-9_]{8}")  # as `write_whole` has tempfile name them
NO_SENSE = (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError)
_BROKEN = {errno.EIO, errno.EISDIR, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENXIO}
_FULL = {errno.ENOSPC, errno.EDQUOT}


@frozen
class Quarantine:
    """A damaged file: as what it is kept (None: it could not be moved), and why it is damaged.

    `restored`: a backup took its place, so nothing is lost.
    """

    file: str
    kept_as: str | None
    why: str
    at: datetime
    restored: bool = False


Ailment = Literal["full", "read_only", "failing"]


@frozen
class Unwritable:
    """Why the folder takes no writes, since when, and how many bytes are free, if that is known."""

    kind: Ailment
    detail: str
    free_bytes: int | None
    since: datetime


class Disk:
    """One folder, its owner's alone to read; what was found damaged in it, and what ails it."""

    def __init__(self, folder: Path) -> None:
        """Make the folder; one that cannot be made is `unwritable`, and holds nothing."""
        self.folder = folder
        self.quarantined: tuple[Quarantine, ...] = ()
        self.unwritable: Unwritable | None = None
        self._proven = False
        self._began = time.time()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            self.note(error)

    def read(self, name: str, meaning: Callable[[bytes], T]) -> T | None:
        """Return what the file `name` means; None if it is not there, or now set aside.

        `meaning` says of bytes that make no sense so by a ValueError, or stumbles over them.
        OSError: the box is short of something (descriptors, memory), and the file is left.
        """
        try:
            return meaning(whole(self.folder / name))
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in _BROKEN:
                raise
            self.set_aside(name, error.strerror or str(error))
        except NO_SENSE as error:
            self.set_aside(name, f"{type(error).__name__}: {error}")
        return None

    def write(self, name: str, data: bytes) -> None:
        """Replace the file `name` as a whole; OSError if the disk refuses, and the old one stays.

        A refusal is noted as what ails the disk, a success clears that.
        """
        try:
            write_whole(self.folder / name, data)
        except OSError as error:
            self.note(error)
            raise
        if self.unwritable is not None:
            self.check()

    def set_aside(self, name: str, why: str, beside: Sequence[str] = ()) -> None:
        """Quarantine a damaged file, and those that are called like it with a suffix `beside`."""
        at = datetime.now(UTC)
        kept_as = first = f"{name}{_DAMAGED}{at:%Y-%m-%dT%H-%M-%SZ}"
        told = Quarantine(name, None, why, at)
        again = 1
        while os.path.lexists(self.folder / kept_as):
            again += 1
            kept_as = f"{first}-{again}"
        try:
            os.replace(self.folder / name, self.folder / kept_as)
            for suffix in beside:
                with contextlib.suppress(FileNotFoundError):
                    os.replace(self.folder / f"{name}{suffix}", self.folder / f"{kept_as}{suffix}")
            told = Quarantine(name, kept_as, why, at)
            sync_folder(self.folder)
            self._keep_the_last(name, kept_as)
        except OSError as error:
            self.note(error)
        self.quarantined = (*self.quarantined, told)
        _log.error("storage: %s is damaged (%s); kept as %s", name, why, told.kept_as or name)

    def restored(self, name: str) -> None:
        """Note that a backup took the place of `name`, which was damaged, or gone."""
        last = self.quarantined[-1] if self.quarantined else None
        if last is not None and last.file == name:
            self.quarantined = (*self.quarantined[:-1], replace(last, restored=True))
        else:
            gone = Quarantine(name, None, "it is gone", datetime.now(UTC), restored=True)
            self.quarantined = (*self.quarantined, gone)
        _log.warning("storage: %s is restored from its backup", name)

    def acknowledge(self) -> None:
        """Speak no more of the files that were damaged so far; they stay where they are."""
        self.quarantined = ()

    def forget(self, name: str, keep: Callable[[Path], bool] = lambda path: False) -> None:
        """Delete what was set aside of a file, but for what `keep` says; OSError if that fails."""
        for group in self._kept(name).values():
            if not keep(group[0]):
                _delete(group)

    def check(self) -> None:
        """See whether the folder takes writes: by its free space, and in doubt by a small write."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            about = os.statvfs(self.folder)
            if about.f_flag & os.ST_RDONLY:
                self._ails("read_only", os.strerror(errno.EROFS))
                return
            if _is_full(about):
                self._ails("full", os.strerror(errno.ENOSPC))
                return
            if self.unwritable is not None or not self._proven:
                _probe(self.folder)
            self._proven, self.unwritable = True, None
        except OSError as error:
            self.note(error)

    def sweep(self) -> int:
        """Delete temporary files that a power cut left, here and one folder down; return how many.

        Only what `write_whole` would have named so, and what is older than this Disk.
        """
        swept = 0
        with contextlib.suppress(OSError):
            folders = [self.folder, *(one for one in self.folder.iterdir() if one.is_dir())]
            for path in [path for folder in folders for path in folder.iterdir()]:
                with contextlib.suppress(OSError):
                    about = path.lstat()
                    ours = _TEMPORARY.fullmatch(path.name) and stat.S_ISREG(about.st_mode)
                    if ours and about.st_mtime < self._began:
                        path.unlink()
                        swept += 1
        if swept:
            _log.info("storage: %d temporary files of an earlier run are deleted", swept)
        return swept

    def note(self, error: OSError) -> None:
        """Take the error of a write as what ails the disk."""
        why = error.strerror or str(error)
        if error.errno in _FULL:
            self._ails("full", why)
        elif error.errno == errno.EROFS:
            self._ails("read_only", why)
        else:
            self._ails("failing", why)

    def _ails(self, kind: Ailment, detail: str) -> None:
        free_bytes, before = None, self.unwritable
        with contextlib.suppress(OSError):
            about = os.statvfs(self.folder)
            free_bytes = about.f_bavail * about.f_frsize
        if before is not None and before.kind == kind:
            self.unwritable = replace(before, detail=detail, free_bytes=free_bytes)
            return
        self.unwritable = Unwritable(kind, detail, free_bytes, datetime.now(UTC))
        _log.error("storage: %s takes no writes: %s", self.folder, detail)

    def _kept(self, name: str) -> dict[str, list[Path]]:
        """Return what was set aside of a file, oldest first, each with the files beside it."""
        form = re.compile(rf"{re.escape(name + _DAMAGED)}[\dT-]+Z(-\d+)?")
        groups: dict[str, list[Path]] = {}
        for path in sorted(self.folder.iterdir()):
            if found := form.match(path.name):
                groups.setdefault(found[0], []).append(path)
        return groups

    def _keep_the_last(self, name: str, newest: str) -> None:
        groups = [group for kept_as, group in self._kept(name).items() if kept_as != newest]
        for group in groups[: max(0, len(groups) + 1 - KEPT)]:
            _delete(group)


def whole(path: Path, most: int = LARGEST) -> bytes:
    """Return the bytes of a regular file; ValueError if it is longer than `most` bytes."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would hang us
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.ENXIO, "is not a file", str(path))
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"is longer than {most} bytes")
    return data


def write_whole(path: Path, data: bytes) -> None:
    """Write a file as a whole; OSError if the disk refuses, and the old one stays."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_full(about: os.statvfs_result) -> bool:
    """Whether nothing more fits; a file system without blocks or inodes of its own does not say."""
    no_bytes = about.f_blocks > 0 and about.f_bavail * about.f_frsize < LEAST_FREE
    return no_bytes or (about.f_files > 0 and about.f_favail == 0)


def _probe(folder: Path) -> None:
    """Write a little, and delete it; OSError if that cannot be done."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe.") as file:
        file.write(bytes(4096))
        file.flush()
        os.fsync(file.fileno())


def _delete(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
