"""The history of a room's use, on a real disk."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from roomctl.errors import RoomctlError
from roomctl.store import Done, Edge, History, Quarter

DAY_S = 86_400.0
NOON = 1_795_608_000.0  # a multiple of 900
EDGE = Edge(NOON + 0.1, 1234.567890123, "level", "ceiling", True)


def test_sums_of_the_same_quarter_add_up(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add([Quarter(int(NOON), occupied_s=60.0, arrivals=1)])
    history.add([Quarter(int(NOON), occupied_s=30.0, vacant_s=10.0, call_s=5.0)])
    assert History(tmp_path).quarters(NOON, NOON + 900) == [
        Quarter(int(NOON), 90.0, 10.0, 0.0, 5.0, 1)
    ]


def test_edges_and_acts_come_back_bit_for_bit_and_in_order(tmp_path: Path) -> None:
    history = History(tmp_path)
    edges = [EDGE, Edge(EDGE.at, EDGE.mono_s, "level", "ceiling", False)]
    history.add([], edges, [Done(NOON, "rest", "", "[]")])
    assert history.edges(NOON, NOON + 1) == edges
    assert history.acts(NOON, NOON + 1) == [Done(NOON, "rest", "", "[]")]
    assert history.edges(NOON + 1, NOON + 2) == []


def test_raw_edges_are_forgotten_sooner_than_sums(tmp_path: Path) -> None:
    history, later = History(tmp_path), NOON + 8 * DAY_S
    history.add([Quarter(int(NOON))], [EDGE], [Done(NOON, "rest", "", "[]")])
    history.forget(later, raw_days=7, days=90)
    assert history.edges(0, later) == []
    assert len(history.quarters(0, later)) == len(history.acts(0, later)) == 1
    history.forget(NOON + 91 * DAY_S, raw_days=7, days=90)
    assert history.quarters(0, later) == history.acts(0, later) == []


def test_what_is_deleted_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    def on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    history = History(tmp_path)
    history.add([Quarter(int(NOON))], [Edge(NOON, 1.0, "level", "a-telling-name", True)])
    assert b"a-telling-name" in on_disk()
    assert history.delete(NOON, NOON + 1) == {"quarters": 1, "edges": 1, "acts": 0}
    assert b"a-telling-name" not in on_disk()


def test_erasing_removes_every_file(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add([Quarter(int(NOON))])
    history.erase()
    history.erase()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_its_owners_alone_and_write_ahead(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add([Quarter(int(NOON))])
    assert stat.S_IMODE(os.stat(history.path).st_mode) == 0o600
    base = sqlite3.connect(history.path)
    assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    base.close()


def test_a_damaged_file_is_named_and_left(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.path.write_bytes(b"no database, but long enough to be looked at" * 100)
    before = history.path.read_bytes()
    with pytest.raises(RoomctlError, match=r"history\.sqlite: cannot be used.*move it away"):
        history.add([Quarter(int(NOON))])
    assert history.path.read_bytes() == before
