"""The history of a room's use, on a real disk."""

import os
import shutil
import sqlite3
import stat
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.errors import RoomctlError
from roomctl.store import AutomaticAct, Database, Disk, History, InputTransition, QuarterHour
from roomctl.store.schema import STEPS
from tests.examples import examples
from tests.small_disk import fill, needs_root, small_disk

DAY_S = 86_400.0
FILE = "history.sqlite"
OLD_STATE = Path(__file__).parent / "old_state"
NOON = 1_795_608_000.0  # a multiple of 900
TRANSITION = InputTransition(NOON + 0.1, 1234.567890123, "level", "ceiling", True)


def test_sums_of_the_same_quarter_add_up(tmp_path: Path) -> None:
    history = History(Database(Disk(tmp_path)))
    history.add([QuarterHour(int(NOON), occupied_s=60.0, arrivals=1)])
    history.add([QuarterHour(int(NOON), occupied_s=30.0, vacant_s=10.0, call_s=5.0)])
    assert History(Database(Disk(tmp_path))).quarters(NOON, NOON + 900) == [
        QuarterHour(int(NOON), 90.0, 10.0, 0.0, 5.0, 1)
    ]


def test_transitions_and_acts_come_back_bit_for_bit_and_in_order(tmp_path: Path) -> None:
    history = History(Database(Disk(tmp_path)))
    transitions = [
        TRANSITION,
        InputTransition(TRANSITION.at, TRANSITION.mono_s, "level", "ceiling", False),
    ]
    history.add([], transitions, [AutomaticAct(NOON, "standby", "", "[]")])
    assert history.transitions(NOON, NOON + 1) == transitions
    assert history.acts(NOON, NOON + 1) == [AutomaticAct(NOON, "standby", "", "[]")]
    assert history.transitions(NOON + 1, NOON + 2) == []


def test_raw_transitions_are_forgotten_sooner_than_sums(tmp_path: Path) -> None:
    history, later = History(Database(Disk(tmp_path))), NOON + 8 * DAY_S
    history.add([QuarterHour(int(NOON))], [TRANSITION], [AutomaticAct(NOON, "standby", "", "[]")])
    history.forget(later, raw_days=7, days=90)
    assert history.transitions(0, later) == []
    assert len(history.quarters(0, later)) == len(history.acts(0, later)) == 1
    history.forget(NOON + 91 * DAY_S, raw_days=7, days=90)
    assert history.quarters(0, later) == history.acts(0, later) == []


def of_earlier_version(folder: Path, *changes: str) -> Path:
    """Have a file there that an earlier version wrote, with changes."""
    shutil.copy(OLD_STATE / FILE, folder)
    with closing(sqlite3.connect(folder / FILE)) as base, base:
        for sql in changes:
            base.execute(sql)
    return folder


def test_a_file_of_an_earlier_version_is_brought_up_to_date_and_loses_nothing(
    tmp_path: Path,
) -> None:
    disk = Disk(of_earlier_version(tmp_path))
    old = History(Database(disk))
    assert [one.occupied_s for one in old.quarters(0, 1e10)] == [60.0 * n for n in range(8)]
    assert [one.mono_s for one in old.transitions(0, 1e10)] == [100 + n / 7 for n in range(12)]
    assert old.acts(0, 1e10) == [
        AutomaticAct(1795597205.0, "standby", "", '[["vacant", {"for_s": 600}]]')
    ]
    assert disk.quarantined == ()
    with closing(sqlite3.connect(tmp_path / FILE)) as base:
        assert base.execute("PRAGMA user_version").fetchone() == (len(STEPS),)


def test_a_file_with_the_names_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Transitions were edges, and standby was rest; nothing of them is lost, or stays as it was."""
    names = ("ALTER TABLE transitions RENAME TO edges", "UPDATE acts SET act = 'rest'")
    old = History(Database(Disk(of_earlier_version(tmp_path, *names))))
    assert len(old.transitions(0, 1e10)) == 12
    assert [one.act for one in old.acts(0, 1e10)] == ["standby"]
    with closing(sqlite3.connect(tmp_path / FILE)) as base:
        names = base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert ("edges",) not in names


def test_an_older_file_of_another_form_is_set_aside(tmp_path: Path) -> None:
    form = ("CREATE TABLE edges (another TEXT)", "INSERT INTO edges VALUES ('x')")
    disk = Disk(of_earlier_version(tmp_path, *form))
    assert History(Database(disk)).quarters(0, 1e10) == []
    assert [one.file for one in disk.quarantined] == ["history.sqlite"]


def test_what_is_deleted_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    def on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    history = History(Database(Disk(tmp_path)))
    history.add(
        [QuarterHour(int(NOON))], [InputTransition(NOON, 1.0, "level", "a-telling-name", True)]
    )
    assert b"a-telling-name" in on_disk()
    assert history.delete(NOON, NOON + 1) == {"quarters": 1, "transitions": 1, "acts": 0}
    assert b"a-telling-name" not in on_disk()


def test_erasing_leaves_nothing_of_it_and_makes_no_file(tmp_path: Path) -> None:
    history = History(Database(Disk(tmp_path)))
    history.erase()
    assert list(tmp_path.iterdir()) == []
    history.add([QuarterHour(int(NOON))], [TRANSITION])
    history.erase()
    assert history.quarters(0, 1e10) == history.transitions(0, 1e10) == []
    assert b"ceiling" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_the_file_is_its_owners_alone_and_write_ahead(tmp_path: Path) -> None:
    history = History(Database(Disk(tmp_path)))
    history.add([QuarterHour(int(NOON))])
    assert stat.S_IMODE(os.stat(tmp_path / FILE).st_mode) == 0o600
    base = sqlite3.connect(tmp_path / FILE)
    assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    base.close()


def filled(folder: Path) -> History:
    """A history of four days in several pages, all of it in its one file."""
    database = Database(Disk(folder))
    history = History(database)
    quarters = [QuarterHour(int(NOON) + 900 * number, occupied_s=60.0) for number in range(400)]
    transitions = [
        InputTransition(NOON + number, float(number), "level", "ceiling", True)
        for number in range(400)
    ]
    history.add(quarters, transitions, [AutomaticAct(NOON, "standby", "", "[]")])
    database.close()
    assert [path.name for path in folder.iterdir()] == ["history.sqlite"]
    return history


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut off", "other tables", "a folder"])
def test_a_damaged_file_is_set_aside_at_the_start_and_begun_anew(
    tmp_path: Path, damage: str
) -> None:
    filled(tmp_path)
    path = tmp_path / FILE
    match damage:
        case "garbage":
            path.write_bytes(b"no database, but long enough to be looked at" * 100)
        case "empty":
            path.write_bytes(b"")
        case "cut off":
            os.truncate(path, path.stat().st_size // 2)
        case "other tables":
            path.unlink()
            with closing(sqlite3.connect(path)) as base:
                base.execute("CREATE TABLE quarters (start TEXT)")
                base.commit()
        case "a folder":
            path.unlink()
            path.mkdir()
    disk = Disk(tmp_path)
    history = History(Database(disk))
    history.check()
    assert [one.file for one in disk.quarantined] == ["history.sqlite"]
    history.add([QuarterHour(int(NOON), 1.0)])
    assert history.quarters(0, 1e10) == [QuarterHour(int(NOON), 1.0)]


def test_a_page_that_goes_bad_later_loses_no_new_quarter(tmp_path: Path) -> None:
    filled(tmp_path)
    disk = Disk(tmp_path)
    history = History(database := Database(disk))
    history.check()
    assert disk.quarantined == ()
    database.close()
    with (tmp_path / FILE).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * ((tmp_path / FILE).stat().st_size - 4096))
    history.add([QuarterHour(int(NOON), 7.0)])
    assert [one.file for one in disk.quarantined] == ["history.sqlite"]
    assert history.quarters(0, 1e10) == [QuarterHour(int(NOON), 7.0)]


@pytest.mark.parametrize(
    "bent",
    [
        "UPDATE quarters SET occupied_s = 'long'",
        "UPDATE quarters SET occupied_s = 9e999",
        "UPDATE transitions SET sensor = x'ff'",
        "UPDATE transitions SET sensor = CAST(x'ff' AS TEXT)",
        "UPDATE transitions SET at = 'now'",
        "UPDATE acts SET why = '{'",
        "UPDATE acts SET why = '[[1, 2]]'",
        f"UPDATE acts SET why = '{'[' * 100_000}'",
    ],
)
def test_rows_that_were_never_written_are_damage(tmp_path: Path, bent: str) -> None:
    filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as base:
        base.execute(bent)
        base.commit()
    disk = Disk(tmp_path)
    History(Database(disk)).check()
    assert [one.file for one in disk.quarantined] == ["history.sqlite"]


def test_what_lies_beside_a_damaged_file_goes_with_it(tmp_path: Path) -> None:
    filled(tmp_path)
    path = tmp_path / FILE
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").write_bytes(b"garbage" * 1000)
    disk = Disk(tmp_path)
    History(Database(disk)).check()
    [told] = disk.quarantined
    kept = {path.name for path in tmp_path.iterdir()} - {"history.sqlite"}
    assert kept == {f"{told.kept_as}{suffix}" for suffix in ("", "-wal", "-shm")}


def test_a_file_that_somebody_holds_is_not_damaged(tmp_path: Path) -> None:
    history = filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RoomctlError, match="locked"):
            History(Database(Disk(tmp_path), wait_s=0.01)).add([QuarterHour(int(NOON))])
    assert len(history.quarters(0, 1e10)) == 400


@pytest.mark.real
@needs_root
def test_a_full_disk_damages_nothing_and_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 256) as folder:
        disk = Disk(folder)
        history = History(Database(disk))
        history.add([QuarterHour(int(NOON))])
        ballast = fill(folder)
        many = [
            InputTransition(NOON, float(number), "level", "c" * 100, True) for number in range(500)
        ]
        with pytest.raises(RoomctlError, match="full"):
            history.add([], many)
        assert disk.unwritable is not None
        assert (disk.unwritable.kind, disk.quarantined) == ("full", ())
        ballast.unlink()
        assert len(history.quarters(0, 1e10)) == 1


@settings(max_examples=examples(25))
@given(st.binary(max_size=5000))
def test_any_bytes_are_a_history_or_set_aside(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(Path(folder))
        history = History(Database(disk))
        Path(folder, FILE).write_bytes(data)
        history.check()
        assert len(disk.quarantined) == 1
        assert history.quarters(0, 1e10) == []


def test_what_was_set_aside_is_deleted_with_a_span_and_when_it_is_old(tmp_path: Path) -> None:
    database = Database(Disk(tmp_path))
    history = History(database)
    for forget in (
        history.erase,
        lambda: history.delete(NOON, NOON + 1),
        lambda: history.forget(time.time() + 91 * DAY_S, 7, 90),
    ):
        (tmp_path / FILE).write_bytes(b"garbage")
        database.check()
        history.forget(time.time(), 7, 90)
        assert any("damaged" in path.name for path in tmp_path.iterdir())
        forget()
        assert not any("damaged" in path.name for path in tmp_path.iterdir())


def test_many_at_once_find_one_file_and_no_damage(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    history = History(Database(disk))
    with ThreadPoolExecutor(8) as threads:
        for _ in threads.map(lambda _: history.add([QuarterHour(int(NOON), 1.0)]), range(40)):
            pass
    assert disk.quarantined == ()
    assert history.quarters(0, 1e10) == [QuarterHour(int(NOON), 40.0)]
