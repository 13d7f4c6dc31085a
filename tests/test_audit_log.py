"""The audit's files: whatever is changed, removed or moved in them is noticed."""

import hashlib
import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from roomctl.errors import RoomctlError
from roomctl.store import AuditEvent, AuditLog, Store
from roomctl.store import audit as files
from tests.small_disk import fill, needs_root, small_disk

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def event(number=1, at=AT, **more):
    given = {"camera": "front", "preset": number}
    told = AuditEvent(at, True, "panel", "panel 1f2e3d4c", "10.0.0.7", "camera.recall", given, "")
    return AuditEvent(**{key: getattr(told, key) for key in told.__slots__} | more)


def kept(folder, count=6, **options):
    """Return the log of a folder with so many entries."""
    log = AuditLog(Store(folder), **options)
    for number in range(1, count + 1):
        log.append([event(number)])
    return log


def verdict(folder):
    """Return what a new start says of the files: how many there are, and which is broken."""
    found = AuditLog(Store(folder)).verify()
    return found.entries, found.broken, found.why


def lines(folder, name=files.FILE):
    return (folder / name).read_bytes().splitlines(keepends=True)


def test_entries_come_back_as_they_were_written(tmp_path):
    kept(tmp_path)
    found = AuditLog(Store(tmp_path)).entries()
    assert [one.number for one in found] == [1, 2, 3, 4, 5, 6]
    assert found[2].event == event(3)
    assert verdict(tmp_path) == (6, None, "")


def test_a_hash_is_sha_256_of_a_line_and_stands_in_the_next(tmp_path):
    kept(tmp_path)
    first, second, *_ = lines(tmp_path)
    assert json.loads(second)["previous"] == hashlib.sha256(first.rstrip(b"\n")).hexdigest()
    assert json.loads(first)["previous"] == "0" * 64


def test_files_are_their_owners_alone(tmp_path):
    kept(tmp_path)
    for name in (files.FILE, "audit.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_every_flipped_byte_of_an_entry_is_noticed(tmp_path, number):
    kept(tmp_path)
    path = tmp_path / files.FILE
    sound = path.read_bytes()
    begin = sum(map(len, lines(tmp_path)[: number - 1]))
    length = len(lines(tmp_path)[number - 1])
    for place in range(begin, begin + length):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        entries, broken, why = verdict(tmp_path)
        assert broken == number, (place - begin, entries, why)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6])
def test_a_removed_entry_is_noticed(tmp_path, number):
    kept(tmp_path)
    left = lines(tmp_path)
    del left[number - 1]
    (tmp_path / files.FILE).write_bytes(b"".join(left))
    assert verdict(tmp_path) == (5, number, "is missing")


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_entries_that_changed_places_are_noticed(tmp_path, number):
    kept(tmp_path)
    moved = lines(tmp_path)
    moved[number - 1], moved[number] = moved[number], moved[number - 1]
    (tmp_path / files.FILE).write_bytes(b"".join(moved))
    assert verdict(tmp_path)[1] == number


def test_a_removed_file_is_noticed(tmp_path):
    kept(tmp_path)
    (tmp_path / files.FILE).unlink()
    assert verdict(tmp_path) == (0, 1, "is missing")


def test_an_entry_that_was_written_anew_with_its_followers_is_noticed_by_the_newest_hash(tmp_path):
    kept(tmp_path)
    head = (tmp_path / "audit.json").read_bytes()
    shutil.rmtree(tmp_path)
    log = AuditLog(Store(tmp_path))
    for number in range(1, 7):
        log.append([event(number, name="somebody else")])
    (tmp_path / "audit.json").write_bytes(head)
    assert verdict(tmp_path) == (6, 6, "was changed")


def test_what_was_removed_stays_noticed_when_more_is_written(tmp_path):
    kept(tmp_path)
    (tmp_path / files.FILE).write_bytes(b"".join(lines(tmp_path)[:-2]))
    AuditLog(Store(tmp_path)).append([event(7)])
    assert verdict(tmp_path) == (5, 5, "is missing")


def test_the_chain_goes_on_after_a_restart(tmp_path):
    for _ in range(3):
        kept(tmp_path, 2)
    assert verdict(tmp_path) == (6, None, "")


@pytest.mark.parametrize("left", [1, 40, 200])
def test_a_power_cut_within_a_line_loses_that_line_alone(tmp_path, left):
    kept(tmp_path)
    with (tmp_path / files.FILE).open("ab") as file:
        file.write(lines(tmp_path)[0][:left].rstrip(b"\n"))
    assert verdict(tmp_path) == (6, None, "")
    AuditLog(Store(tmp_path)).append([event(7)])
    assert verdict(tmp_path) == (7, None, "")


def test_a_power_cut_before_the_newest_hash_was_kept_breaks_nothing(tmp_path):
    log = kept(tmp_path)
    head = (tmp_path / "audit.json").read_bytes()
    log.append([event(7), event(8)])
    (tmp_path / "audit.json").write_bytes(head)
    assert verdict(tmp_path) == (8, None, "")
    AuditLog(Store(tmp_path)).append([event(9)])
    assert verdict(tmp_path) == (9, None, "")


def test_a_full_file_prunes_the_oldest_and_the_rest_is_still_proven(tmp_path):
    kept(tmp_path, 60, file_bytes=2000)
    found = AuditLog(Store(tmp_path)).verify()
    assert found.broken is None
    assert found.newest.number == 60
    assert 40 < found.first < 56
    assert found.entries == 61 - found.first
    for name in (files.FILE, files.OLDER):
        assert (tmp_path / name).stat().st_size < 3000


def test_what_is_missing_after_a_pruning_is_noticed(tmp_path):
    kept(tmp_path, 60, file_bytes=2000)
    first, *rest = lines(tmp_path, files.OLDER)
    (tmp_path / files.OLDER).write_bytes(b"".join(rest))
    assert verdict(tmp_path)[1:] == (json.loads(first)["number"], "is missing")
    (tmp_path / files.OLDER).unlink()
    assert verdict(tmp_path)[1:] == (json.loads(first)["number"], "is missing")


def test_a_power_cut_between_pruning_and_renaming_breaks_nothing(tmp_path):
    kept(tmp_path, 20, file_bytes=2000)
    number = json.loads(lines(tmp_path, files.OLDER)[-1])["number"]
    line = lines(tmp_path, files.OLDER)[-1].rstrip(b"\n")
    head = json.loads((tmp_path / "audit.json").read_bytes())
    head["pruned"] = {"number": number, "hash": hashlib.sha256(line).hexdigest()}
    (tmp_path / "audit.json").write_text(json.dumps(head))
    assert verdict(tmp_path)[1:] == (None, "")


def test_entries_of_half_a_year_ago_make_room_but_by_a_proven_clock_alone(tmp_path):
    late = AT + files.KEPT + timedelta(days=1)
    log = kept(tmp_path, 2)
    log.append([event(3, at=late, clock_proven=False)])
    assert not (tmp_path / files.OLDER).exists()
    log.append([event(4, at=late)])
    assert len(lines(tmp_path, files.OLDER)) == 3
    log.append([event(5, at=late + files.KEPT + timedelta(days=1))])
    assert [one.number for one in log.entries()] == [4, 5]
    assert verdict(tmp_path) == (2, None, "")


def test_entries_come_page_by_page_and_since_an_instant(tmp_path):
    log = AuditLog(Store(tmp_path))
    log.append([event(n, at=AT + timedelta(minutes=n)) for n in range(1, 8)])
    assert [one.number for one in log.entries(limit=2)] == [6, 7]
    assert [one.number for one in log.entries(after=0, limit=3)] == [1, 2, 3]
    assert [one.number for one in log.entries(after=3, limit=3)] == [4, 5, 6]
    assert [one.number for one in log.entries(since=AT + timedelta(minutes=6))] == [6, 7]


@pytest.mark.parametrize(
    "line", [b"null", b"[]", b"{}", b"[" * 5000, b"\xff", b'{"number":1e999}', b"1"]
)
def test_a_line_that_is_no_entry_is_told_and_left_out(tmp_path, line):
    log = kept(tmp_path, 2)
    with (tmp_path / files.FILE).open("ab") as file:
        file.write(line + b"\n")
    assert verdict(tmp_path)[1:] == (3, "is not an entry")
    assert len(log.entries()) == 2


def test_a_damaged_head_is_set_aside_and_the_chain_goes_on(tmp_path):
    kept(tmp_path)
    (tmp_path / "audit.json").write_text("{")
    store = Store(tmp_path)
    AuditLog(store).append([event(7)])
    assert [one.file for one in store.disk.quarantined] == ["audit.json"]
    assert verdict(tmp_path) == (7, None, "")


def test_a_file_that_is_a_link_to_another_is_not_written(tmp_path):
    target = tmp_path / "elsewhere"
    target.write_text("")
    (tmp_path / "state").mkdir()
    os.symlink(target, tmp_path / "state" / files.FILE)
    with pytest.raises(RoomctlError, match=r"audit\.jsonl: cannot be used"):
        AuditLog(Store(tmp_path / "state")).append([event()])
    assert target.read_text() == ""


@needs_root
@pytest.mark.real
def test_a_full_disk_takes_no_part_of_an_entry_and_says_so(tmp_path):
    with small_disk(tmp_path / "disk") as folder:
        log = kept(folder, 3)
        ballast = fill(folder)
        with pytest.raises(RoomctlError, match="No space left"):
            log.append([event(n) for n in range(4, 40)])
        store = Store(folder)
        assert AuditLog(store).verify().entries == 3
        ballast.unlink()
        log.append([event(4)])
        assert verdict(folder) == (4, None, "")


def test_a_head_that_is_damaged_is_told_at_the_start(tmp_path):
    kept(tmp_path)
    (tmp_path / "audit.json").write_bytes(b"")
    store = Store(tmp_path)
    AuditLog(store)
    assert [one.file for one in store.disk.quarantined] == ["audit.json"]
