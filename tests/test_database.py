"""The one file of what happened: many writers, few commits, nothing lost that was answered."""

import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from roomctl.errors import RoomctlError
from roomctl.store import Database, Disk
from tests.killed_writers import LIMIT_S
from tests.small_disk import fill, needs_root, read_only, small_disk

TREE = Path(__file__).parent.parent
KILLS = 100  # a tenth of those of `make soak`
ANSWERS = """
import os, sys
from pathlib import Path
from roomctl.store import Database, Disk
database = Database(Disk(Path(sys.argv[1])))
database.write(lambda base: base.execute("CREATE TABLE one (number INTEGER)"))
for number in range(5):
    os.write(1, b"asked\\n")
    database.write(lambda base: base.execute("INSERT INTO one VALUES (1)"))
    os.write(1, b"answered\\n")
"""


def counted(folder: Path, wait_s: float = 5.0) -> Database:
    """A file with a table of numbers."""
    database = Database(Disk(folder), wait_s)
    database.write(lambda base: base.execute("CREATE TABLE IF NOT EXISTS one (number INTEGER)"))
    return database


def number(value: int) -> Callable[[sqlite3.Connection], object]:
    return lambda base: base.execute("INSERT INTO one VALUES (?)", (value,))


def numbers(database: Database) -> list[int]:
    return database.read(
        lambda base: [one for (one,) in base.execute("SELECT number FROM one ORDER BY rowid")]
    )


def commits(folder: Path) -> int:
    """How often something was committed since the file beside it began (SQLite, WAL format 4)."""
    data = (folder / "history.sqlite-wal").read_bytes()
    [page_bytes] = struct.unpack(">I", data[8:12])
    frames = range(32, len(data), 24 + page_bytes)
    salt = data[16:24]
    return sum(
        data[at + 8 : at + 16] == salt and data[at + 4 : at + 8] != bytes(4) for at in frames
    )


def test_many_that_wait_share_one_commit(tmp_path: Path) -> None:
    database = counted(tmp_path)
    before = commits(tmp_path)
    began, go_on = threading.Event(), threading.Event()

    def slowly(base: sqlite3.Connection) -> None:
        began.set()
        assert go_on.wait(LIMIT_S)

    with ThreadPoolExecutor(21) as threads:
        first = threads.submit(database.write, slowly)
        assert began.wait(LIMIT_S)
        rest = [threads.submit(database.write, number(value)) for value in range(20)]
        while database.waiting < 20:
            threading.Event().wait(0.001)
        go_on.set()
        for one in (first, *rest):
            one.result(LIMIT_S)
    assert sorted(numbers(database)) == list(range(20))
    assert commits(tmp_path) - before == 1, "the first one wrote nothing"


def test_work_that_fails_takes_nothing_of_others_with_it(tmp_path: Path) -> None:
    database = counted(tmp_path)

    def fails(base: sqlite3.Connection) -> None:
        number(7)(base)
        raise ValueError("no")

    database.note(number(1))
    with pytest.raises(ValueError, match="no"):
        database.write(fails)
    database.write(number(2))
    assert numbers(database) == [1, 2]


def test_work_that_breaks_a_rule_of_a_table_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    database = Database(disk)
    starts = "INSERT INTO starts VALUES ('2026-11', 'plain', ?, 1)"
    database.write(lambda base: base.execute(starts, ("slow",)))
    database.note(lambda base: base.execute(starts, ("lucky",)))
    with pytest.raises(RoomctlError, match="cannot be kept: CHECK"):
        database.write(lambda base: base.execute(starts, ("lucky",)))
    rows = database.read(lambda base: base.execute("SELECT why FROM starts").fetchall())
    assert (rows, disk.quarantined) == ([("slow",)], ())


def test_what_was_noted_is_read(tmp_path: Path) -> None:
    database = counted(tmp_path)
    for value in range(50):
        database.note(number(value))
        assert numbers(database)[-1] == value


def test_without_a_disk_it_is_kept_until_the_end(tmp_path: Path) -> None:
    database = Database(None)
    database.check()
    database.write(lambda base: base.execute("CREATE TABLE one (number INTEGER)"))
    database.note(number(1))
    database.close()
    assert numbers(database) == [1]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_replaced_while_it_is_open_gets_what_comes_next(tmp_path: Path) -> None:
    database = counted(tmp_path / "state")
    counted(tmp_path / "other").close()
    database.write(number(1))
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"state/history.sqlite{suffix}").unlink()
    os.replace(tmp_path / "other/history.sqlite", tmp_path / "state/history.sqlite")
    database.write(number(2))
    assert numbers(Database(Disk(tmp_path / "state"))) == [2]


@pytest.mark.real
@needs_root
def test_notes_wait_for_a_disk_that_takes_writes_and_keep_their_order(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        database = counted(folder)
        database.close()  # else it cannot be made read-only
        with read_only(folder):
            for value in range(10):
                database.note(number(value))
            database.flush()
            with pytest.raises(RoomctlError, match="Read-only"):
                database.write(number(99))
            assert database.waiting == 10
            assert numbers(database) == [], "what waits is not there yet"
        database.write(number(10))
        assert numbers(database) == list(range(11))
        database.close()


@pytest.mark.real
@needs_root
def test_a_small_note_does_not_overtake_a_large_one_that_the_disk_refused(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1024) as folder:
        database = counted(folder)
        database.write(number(0))
        ballast = fill(folder)
        os.truncate(ballast, ballast.stat().st_size - (64 << 10))

        def much(base: sqlite3.Connection) -> None:
            base.execute("CREATE TABLE much AS SELECT randomblob(200000) AS bytes")
            number(200_000)(base)

        database.note(much)
        database.note(number(1))
        database.flush()
        assert database.waiting == 2
        ballast.unlink()
        assert numbers(database) == [0, 200_000, 1]
        database.close()


@pytest.mark.real
@needs_root
def test_reading_on_a_full_disk_makes_no_file(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        fill(folder)
        disk = Disk(folder)
        with pytest.raises(RoomctlError, match="full"):
            numbers(Database(disk))
        assert [path.name for path in folder.iterdir()] == ["ballast"]
        assert disk.quarantined == ()


@pytest.mark.real
@needs_root
def test_small_work_is_done_where_large_work_finds_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 512) as folder:
        database = counted(folder)
        database.write(number(1))
        ballast = fill(folder)
        with pytest.raises(RoomctlError, match="full"):
            database.write(lambda base: base.execute("INSERT INTO one VALUES (?)", ("x" * 99999,)))
        ballast.unlink()
        database.write(number(2))
        assert numbers(database) == [1, 2]
        database.close()


@pytest.mark.real
def test_nothing_that_was_answered_is_lost_when_the_program_is_killed(tmp_path: Path) -> None:
    """See `tests.killed_writers`; a file of its own that another process reads."""
    line = [sys.executable, "-m", "tests.killed_writers", str(KILLS), str(tmp_path)]
    done = subprocess.run(line, cwd=TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{KILLS} kills")


@pytest.mark.real
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace counts what the kernel is asked")
def test_an_answer_costs_one_fsync_which_comes_before_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    trace = ["strace", "-f", "-o", str(log), "-e", "trace=write,fsync,fdatasync"]
    line = [*trace, sys.executable, "-c", ANSWERS, str(tmp_path / "state")]
    subprocess.run(line, cwd=TREE, check=True, stdout=subprocess.DEVNULL)
    said = log.read_text().partition('"asked')[2].split('"asked')
    syncs = [one.partition('"answered')[0].count("sync(") for one in said]
    assert syncs == [1, 1, 1, 1, 1]


def test_a_file_of_a_later_version_is_used_and_keeps_its_number(tmp_path: Path) -> None:
    counted(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as base, base:
        base.execute("PRAGMA user_version = 9000")
        base.execute("ALTER TABLE one ADD COLUMN of_a_later_version TEXT")
    disk = Disk(tmp_path)
    database = Database(disk)
    database.write(lambda base: base.execute("INSERT INTO one (number) VALUES (1)"))
    assert numbers(database) == [1]
    assert disk.quarantined == ()
    database.close()
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as base:
        assert base.execute("PRAGMA user_version").fetchone() == (9000,)
