"""The one file of what happened: `history.sqlite`, and who may write into it when.

SQLite in WAL mode, `synchronous = FULL`: what `write` has returned from outlives a power cut. One
caller at a time has the connection that writes; it commits the work of all that wait with it, so
that many share one fsync. Readers have a connection of their own. A file that SQLite calls damaged
is set aside, with those beside it, and a new one is begun within the same call. Blocking: callers
on the loop go through `wire.in_thread`. Knows no table's meaning.

`PRAGMA user_version` counts the steps of `schema.STEPS` that a file has seen.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.store.disk import Disk, sync_folder
from roomctl.store.schema import STEPS
from roomctl.wire import threads

if TYPE_CHECKING:
    import sqlite3  # loaded with the first work on a file: some 20 ms of a start
    from sqlite3 import Connection as Connection  # for those who know no sqlite3

_log = logging.getLogger(__name__)

T = TypeVar("T")

FILE = "history.sqlite"
BESIDE = ("-wal", "-shm", "-journal")
MOST_WAITING = 1000  # notes for a disk that takes none; then the oldest go
CHECKPOINT_PAGES = 100  # of 4 KiB: so long the file beside it grows before it is taken over

_MAGIC = b"SQLite format 3\0"
_MEMORY = ":memory:"


class Damaged(Exception):
    """The file is not what was written."""


Work = Callable[["sqlite3.Connection"], T]
"""One piece of work on a connection: done as a whole or not at all, perhaps once more."""


TakeOver = Callable[["sqlite3.Connection", Disk], Callable[[], None]]
"""Adds what other files have, when the file is opened; what it returns is called once that is kept.
"""


@frozen
class _Queued(Generic[T]):
    """Work that waits, and what it returned. `is_note`: it goes on waiting if the disk refuses."""

    work: Work[T]
    done: Future[T]
    is_note: bool = False


class Database:
    """The file of one room, its owner's alone to read; without a disk, memory until the end."""

    def __init__(
        self,
        disk: Disk | None,
        wait_s: float = 5.0,
        take_over: TakeOver | None = None,
        others: Sequence[str] = (),
    ) -> None:
        """Make nothing yet; another program may lock the file for `wait_s` seconds.

        `others` are the files that `take_over` takes over.
        """
        self._disk, self._wait_s = disk, wait_s
        self._take_over, self._others = take_over, others
        self.path = disk.folder / FILE if disk is not None else None
        self._queue: deque[_Queued[Any]] = deque()
        self._turn = threading.Lock()
        self._base: sqlite3.Connection | None = None
        self._opened_inode = 0
        self._closing: Callable[[], object] = lambda: None
        self._refusing = False  # the disk, as was logged

    def check(self) -> None:
        """See whether the file is whole, and set it aside if not; RoomctlError if the disk refuses.

        A file that is not there is not made.
        """
        if self.path is not None and not self.is_empty:
            self.close()  # what is in memory proves nothing
            self.write(lambda base: None)
            self.read(_examined)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read, so that a room at rest need not load SQLite."""
        if self.path is None or self.waiting:
            return self._base is None and not self.waiting
        names = (FILE, *self._others)
        return not any(os.path.lexists(self.path.parent / name) for name in names)

    def write(self, work: Work[T]) -> T:
        """Do work, and return what it returns once that is on the disk.

        RoomctlError if the disk refuses, and nothing of the work is kept.
        """
        mine: _Queued[T] = _Queued(work, Future())
        self._queue.append(mine)
        self._flush_until(mine)
        return mine.done.result()

    def note(self, work: Work[object]) -> None:
        """Have work done soon, in order; what a disk refuses waits for the next. Never blocks."""
        self._queue.append(_Queued(work, Future(), is_note=True))
        threads.submit(self.flush)

    def read(self, work: Work[T]) -> T:
        """Return what work reads, with all that was noted before; RoomctlError if it cannot be."""
        import sqlite3

        self.flush()
        if self._base is None or self.path is None:
            return self._open_and_read(work)
        try:
            return self._read(work, "mode=ro")
        except (sqlite3.Error, Damaged):
            return self.write(work)  # which sets aside what is damaged

    def _open_and_read(self, work: Work[T]) -> T:
        """Read a file that is not open yet; one on a disk that takes no writes as it is there."""
        import sqlite3

        try:
            return self.write(work)
        except RoomctlError:
            ailing = self._disk is not None and self._disk.unwritable is not None
            if not ailing or os.path.lexists(f"{self.path}-wal"):
                raise
            with contextlib.suppress(sqlite3.Error, Damaged):
                return self._read(work, "mode=ro&immutable=1")
            raise

    def _read(self, work: Work[T], how: str) -> T:
        import sqlite3

        address = f"file:{quote(str(self.path))}?{how}"
        with closing(sqlite3.connect(address, timeout=self._wait_s, uri=True)) as base:
            base.execute("BEGIN")
            return work(base)

    def flush(self) -> None:
        """Do what waits; what the disk refuses of the notes goes on waiting."""
        self._flush_until(None)

    @property
    def waiting(self) -> int:
        """How many pieces of work wait, for their turn or for a disk that takes writes."""
        return len(self._queue)

    def close(self) -> None:
        """Do what waits, and close the file; the next work opens it again."""
        self.flush()
        with self._turn:
            self._close()

    def forget_damaged(self, keep: Callable[[Path], bool] = lambda path: False) -> None:
        """Delete damaged files, but for what `keep` says; RoomctlError if that fails."""
        if self._disk is None:
            return
        try:
            self._disk.forget(FILE, keep)
        except OSError as error:
            why = f"{self.path}: what was damaged cannot be deleted: {error}"
            raise RoomctlError(why) from error

    def scrub(self) -> None:
        """Have what was deleted be in no file any more; RoomctlError if another program reads."""
        import sqlite3

        with self._turn:
            self._whole(lambda base: None)
            if self._base is None:
                return
            try:
                [(busy, *_)] = self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite3.Error as error:
                raise RoomctlError(f"{self.path}: cannot be used: {error}") from error
        if busy:
            raise RoomctlError(f"{self.path}: another program reads it; try again")

    # Whose turn it is.

    def _flush_until(self, mine: _Queued[Any] | None) -> None:
        """Do all that waits, unless another caller has done `mine` meanwhile."""
        with self._turn:
            if mine is not None and mine.done.done():
                return
            batch = [self._queue.popleft() for _ in range(len(self._queue))]
            try:
                self._put_back(self._commit(batch) if batch else ())
            except BaseException as error:
                for one in batch:
                    if not one.done.done():
                        one.done.set_exception(error)
                raise

    def _commit(self, batch: Sequence[_Queued[Any]]) -> Sequence[_Queued[Any]]:
        """Do work in one transaction, or each by itself; return the notes that the disk refuses."""
        try:
            ends = self._whole(lambda base: [_end(base, one.work) for one in batch])
        except RoomctlError as error:
            if len(batch) > 1:
                return self._commit_each(batch)
            if batch[0].is_note:
                self._tell(error)
                return batch
            batch[0].done.set_exception(error)
            return ()
        self._refusing = False
        for one, (result, failure) in zip(batch, ends, strict=True):
            if failure is None:
                one.done.set_result(result)
            else:
                one.done.set_exception(failure)
                if one.is_note:
                    _log.error("history: cannot be noted: %r", failure)
        return ()

    def _commit_each(self, batch: Sequence[_Queued[Any]]) -> Sequence[_Queued[Any]]:
        """Do each piece of work by itself; notes keep their order, so all wait behind a refused."""
        refused: list[_Queued[Any]] = []
        for one in batch:
            if one.is_note and refused:
                refused.append(one)
            else:
                refused += self._commit([one])
        return refused

    def _put_back(self, refused: Sequence[_Queued[Any]]) -> None:
        self._queue.extendleft(reversed(refused[-MOST_WAITING:]))

    def _tell(self, error: RoomctlError) -> None:
        if not self._refusing:
            _log.warning("history: waits to be written: %s", error)
        self._refusing = True

    def _whole(self, work: Work[T]) -> T:
        """Do work as a whole or not at all, once more if the file was damaged."""
        import sqlite3

        try:
            try:
                return self._once(work)
            except Damaged as damage:
                self._set_aside(str(damage))
                return self._once(work)
        except OSError as error:
            if self._disk is not None:
                self._disk.note(error)
            raise RoomctlError(f"{self.path}: cannot be used: {error}") from error
        except (sqlite3.Error, Damaged) as error:
            raise RoomctlError(f"{self.path}: cannot be used: {error}") from error

    def _once(self, work: Work[T]) -> T:
        import sqlite3

        base: sqlite3.Connection | None = None
        try:
            base = self._opened()
            base.execute("BEGIN IMMEDIATE")
            result = work(base)
            base.execute("COMMIT")
        except sqlite3.Error as error:
            if is_damage(error):
                raise Damaged(str(error)) from error
            self._refused(error)
            raise
        except IsADirectoryError as error:
            raise Damaged("is a folder") from error
        else:
            return result
        finally:
            if base is not None and base.in_transaction:
                base.rollback()

    # The file.

    def _opened(self) -> sqlite3.Connection:
        """Return the connection; a file that was replaced meanwhile is opened anew."""
        if self._base is not None and self._opened_inode == self._inode():
            return self._base
        self._close()
        base = self._connected()
        try:
            base.execute("PRAGMA synchronous = FULL")
            base.execute("PRAGMA secure_delete = ON")
            base.execute("PRAGMA journal_mode = WAL")
            base.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            self._bring_up_to_date(base)
        except BaseException:
            base.close()
            self._forget_empty()
            raise
        self._base, self._opened_inode = base, self._inode()
        self._closing = weakref.finalize(self, base.close)
        return base

    def _bring_up_to_date(self, base: sqlite3.Connection) -> None:
        """Do the steps that the file has not seen, and take over other files; all or nothing."""
        base.execute("BEGIN IMMEDIATE")
        [(seen,)] = base.execute("PRAGMA user_version").fetchall()
        for step in STEPS[seen:]:
            step(base)
        if seen < len(STEPS):
            base.execute(f"PRAGMA user_version = {len(STEPS)}")
        kept: Callable[[], None] = lambda: None  # noqa: E731 - nothing was taken over
        if self._take_over is not None and self._disk is not None:
            kept = self._take_over(base, self._disk)
        base.execute("COMMIT")
        kept()

    def _connected(self) -> sqlite3.Connection:
        """Connect, and make a new file before SQLite makes it for others to read, too."""
        import sqlite3

        if self.path is None:
            return sqlite3.connect(_MEMORY, isolation_level=None, check_same_thread=False)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            handle = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
            with os.fdopen(handle, "rb+") as file:
                head = file.read(len(_MAGIC))
            if head != _MAGIC:  # SQLite takes an empty file for a new one
                raise Damaged("is not an SQLite file" if head else "is empty") from None
        else:
            sync_folder(self.path.parent)
        return sqlite3.connect(
            self.path, timeout=self._wait_s, isolation_level=None, check_same_thread=False
        )

    def _forget_empty(self) -> None:
        """Delete a file that a full disk left empty, which would count as damaged."""
        if self.path is not None and self.path.exists() and self.path.stat().st_size == 0:
            self.path.unlink()

    def _inode(self) -> int:
        if self.path is None:
            return 0
        try:
            return self.path.stat().st_ino
        except OSError:
            return -1

    def _close(self) -> None:
        if self._base is not None and self.path is not None:
            self._closing()
            self._base = None

    def _set_aside(self, why: str) -> None:
        self._close()
        if self._disk is not None:
            self._disk.set_aside(FILE, why, BESIDE)

    def _refused(self, error: sqlite3.Error) -> None:
        """Tell the disk what SQLite says of it."""
        import sqlite3

        if self._disk is None:
            return
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            self._disk.note(OSError(errno.ENOSPC, str(error)))
        elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
            self._disk.check()


def _end(base: sqlite3.Connection, work: Work[T]) -> tuple[T | None, Exception | None]:
    """Do one piece of work of a transaction: its result, or why nothing of it was done."""
    import sqlite3

    base.execute("SAVEPOINT work")
    failure: Exception | None = None
    result: T | None = None
    try:
        result = work(base)
    except sqlite3.IntegrityError as error:  # the work's fault, and no reason to lose the file
        failure = RoomctlError(f"history: what cannot be kept: {error}")
    except (sqlite3.Error, Damaged, OSError):
        raise  # the file's or the disk's fault: nothing of the whole transaction counts
    except Exception as error:
        failure = error
    if failure is not None:
        base.execute("ROLLBACK TO work")
    base.execute("RELEASE work")
    return result, failure


def is_damage(error: sqlite3.Error) -> bool:
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
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_NOTADB,
    }


def _examined(base: sqlite3.Connection) -> None:
    """Raise what SQLite finds wrong with a file: pages, types, and what a table's CHECK says."""
    [(said, *_)] = base.execute("PRAGMA quick_check(1)").fetchall()
    if said != "ok":
        raise Damaged(str(said))
