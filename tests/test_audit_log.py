"""The audit's record: whatever is changed, removed or moved in it is noticed."""

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from roomctl.errors import RoomctlError
from roomctl.store import AuditEvent, AuditLog, Disk, room_database
from roomctl.store.audit import KEPT
from tests.small_disk import fill, needs_root, small_disk

FILE = "history.sqlite"
AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def event(number=1, at=AT, **more):
    given = {"camera": "front", "preset": number}
    told = AuditEvent(at, True, "panel", "panel 1f2e3d4c", "10.0.0.7", "camera.recall", given, "")
    return AuditEvent(**{key: getattr(told, key) for key in told.__slots__} | more)


def kept(folder, count=6, **options):
    """Return the log of a folder with so many entries."""
    log = opened(folder, **options)
    for number in range(1, count + 1):
        log.append([event(number)])
    return log


def opened(folder, **options):
    return AuditLog(room_database(Disk(folder)), **options)


def verdict(folder):
    """Return what a new start says of the file: how many there are, and which is broken."""
    found = opened(folder).verify()
    return found.entries, found.broken, found.why


def lines(folder):
    with closing(sqlite3.connect(folder / FILE)) as base:
        return [line for (line,) in base.execute("SELECT line FROM audit ORDER BY place")]


def tamper(folder, sql, *given):
    """Change the file as somebody with a right to it may."""
    with closing(sqlite3.connect(folder / FILE)) as base, base:
        base.execute(sql, given)


def changed(folder, old, new):
    """Change a text of every entry."""
    tamper(folder, "UPDATE audit SET line = CAST(replace(line, ?, ?) AS BLOB)", old, new)


def test_entries_come_back_as_they_were_written(tmp_path):
    kept(tmp_path)
    found = opened(tmp_path).entries()
    assert [one.number for one in found] == [1, 2, 3, 4, 5, 6]
    assert found[2].event == event(3)
    assert verdict(tmp_path) == (6, None, "")


def test_a_hash_is_sha_256_of_a_line_and_stands_in_the_next(tmp_path):
    kept(tmp_path)
    first, second, *_ = lines(tmp_path)
    assert json.loads(second)["previous"] == hashlib.sha256(first).hexdigest()
    assert json.loads(first)["previous"] == "0" * 64


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_every_flipped_byte_of_an_entry_is_noticed(tmp_path, number):
    log = kept(tmp_path)
    sound = lines(tmp_path)[number - 1]
    for place in range(len(sound)):
        flipped = sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :]
        tamper(tmp_path, "UPDATE audit SET line = ? WHERE place = ?", flipped, number)
        found = log.verify()
        assert found.broken == number, (place, found)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_a_removed_entry_is_noticed(tmp_path, number):
    kept(tmp_path)
    tamper(tmp_path, "DELETE FROM audit WHERE place = ?", number)
    assert verdict(tmp_path) == (5, number, "is missing")


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_entries_that_changed_places_are_noticed(tmp_path, number):
    kept(tmp_path)
    for before, after in ((number, 99), (number + 1, number), (99, number + 1)):
        tamper(tmp_path, "UPDATE audit SET place = ? WHERE place = ?", after, before)
    assert verdict(tmp_path)[1] == number


def test_a_record_without_entries_is_noticed(tmp_path):
    kept(tmp_path)
    tamper(tmp_path, "DELETE FROM audit")
    assert verdict(tmp_path) == (0, 1, "is missing")


def test_an_entry_that_was_written_anew_with_its_followers_is_noticed_by_the_newest_hash(tmp_path):
    kept(tmp_path)
    log = opened(tmp_path / "forged")
    for number in range(1, 7):
        log.append([event(number, name="somebody else")])
    for place, line in enumerate(lines(tmp_path / "forged"), 1):
        tamper(tmp_path, "UPDATE audit SET line = ? WHERE place = ?", line, place)
    assert verdict(tmp_path) == (6, 6, "was changed")


def test_what_was_removed_stays_noticed_when_more_is_written(tmp_path):
    kept(tmp_path)
    tamper(tmp_path, "DELETE FROM audit WHERE place > 4")
    opened(tmp_path).append([event(7)])
    assert verdict(tmp_path) == (5, 5, "is missing")


def test_the_chain_goes_on_after_a_restart(tmp_path):
    for _ in range(3):
        kept(tmp_path, 2)
    assert verdict(tmp_path) == (6, None, "")


def test_a_full_record_prunes_the_oldest_and_the_rest_is_still_proven(tmp_path):
    kept(tmp_path, 60, most=20)
    found = opened(tmp_path).verify()
    assert (found.entries, found.first, found.newest.number) == (20, 41, 60)
    assert found.broken is None


def test_what_is_missing_after_a_pruning_is_noticed(tmp_path):
    kept(tmp_path, 60, most=20)
    tamper(tmp_path, "DELETE FROM audit WHERE place < 45")
    assert verdict(tmp_path) == (16, 41, "is missing")


def test_entries_of_a_year_ago_make_room_but_by_a_proven_clock_alone(tmp_path):
    late = AT + KEPT + timedelta(days=1)
    log = kept(tmp_path, 2)
    log.append([event(3, at=late, clock_proven=False)])
    assert len(log.entries()) == 3
    log.append([event(4, at=late)])
    assert [one.number for one in log.entries()] == [3, 4]
    assert verdict(tmp_path) == (2, None, "")


def test_entries_come_page_by_page_and_since_an_instant(tmp_path):
    log = opened(tmp_path)
    log.append([event(n, at=AT + timedelta(minutes=n)) for n in range(1, 8)])
    assert [one.number for one in log.entries(limit=2)] == [6, 7]
    assert [one.number for one in log.entries(after=0, limit=3)] == [1, 2, 3]
    assert [one.number for one in log.entries(after=3, limit=3)] == [4, 5, 6]
    assert [one.number for one in log.entries(since=AT + timedelta(minutes=6))] == [6, 7]


@pytest.mark.parametrize(
    "line", [b"null", b"[]", b"{}", b"[" * 5000, b"\xff", b'{"number":1e999}', b"1"]
)
def test_a_line_that_is_no_entry_is_told_and_left_out(tmp_path, line):
    log = kept(tmp_path, 3)
    tamper(tmp_path, "UPDATE audit SET line = ? WHERE place = 3", line)
    assert verdict(tmp_path)[1:] == (3, "is not an entry")
    assert len(log.entries()) == len(log.entries(after=0)) == 2


def test_a_chain_whose_newest_hash_is_gone_goes_on(tmp_path):
    kept(tmp_path)
    tamper(tmp_path, "DELETE FROM audit_links")
    assert verdict(tmp_path) == (6, None, "")
    opened(tmp_path).append([event(7)])
    assert verdict(tmp_path) == (7, None, "")


@needs_root
@pytest.mark.real
def test_a_full_disk_takes_no_part_of_an_entry_and_says_so(tmp_path):
    with small_disk(tmp_path / "disk") as folder:
        log = kept(folder, 3)
        ballast = fill(folder)
        with pytest.raises(RoomctlError, match="full"):
            log.append([event(n) for n in range(4, 400)])
        assert log.verify().entries == 3
        ballast.unlink()
        log.append([event(4)])
        assert log.verify().entries == 4
        assert log.verify().broken is None
