"""The folder of what must survive: damage is set aside, and a disk that takes no writes is told."""

import errno
import os
import stat
import time
from pathlib import Path

import pytest

from roomctl.store.disk import KEPT, LARGEST, Disk, write_whole
from tests.small_disk import fill, needs_root, read_only, small_disk


def number(data: bytes) -> int:
    return int(data.decode("ascii"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_that_makes_no_sense_is_moved_aside_under_its_date(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    (tmp_path / "count").write_bytes(b"\xffgarbled")
    assert disk.read("count", number) is None
    [told] = disk.quarantined
    assert (told.file, told.restored) == ("count", False)
    assert told.kept_as == f"count.damaged-{told.at:%Y-%m-%dT%H-%M-%SZ}"
    assert (tmp_path / told.kept_as).read_bytes() == b"\xffgarbled"
    assert names(tmp_path) == [told.kept_as]
    assert disk.read("count", number) is None
    assert len(disk.quarantined) == 1, "what is not there is not damaged"


def test_the_last_few_of_a_name_are_kept(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    (tmp_path / "other.damaged-2020-01-01T00-00-00Z").touch()
    (tmp_path / "count.damaged-2090-01-01T00-00-00Z").write_text("by a clock that went wrong")
    for turn in range(KEPT + 2):
        (tmp_path / "count").write_text(f"x{turn}")
        assert disk.read("count", number) is None
        newest = disk.quarantined[-1].kept_as
        assert newest is not None
        assert (tmp_path / newest).read_text() == f"x{turn}"
    kept = [name for name in names(tmp_path) if name.startswith("count")]
    assert len(kept) == KEPT
    assert (tmp_path / "other.damaged-2020-01-01T00-00-00Z").exists()


@pytest.mark.parametrize("what", ["folder", "pipe", "loop", "huge"])
def test_what_is_no_file_of_ours_is_set_aside_too(tmp_path: Path, what: str) -> None:
    path = tmp_path / "count"
    match what:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "loop":
            path.symlink_to(path)
        case "huge":
            path.write_bytes(b"1" * (LARGEST + 1))
    disk = Disk(tmp_path)
    assert disk.read("count", number) is None
    assert len(disk.quarantined) == 1
    disk.write("count", b"7")
    assert disk.read("count", number) == 7


def test_a_box_that_is_short_of_something_has_no_damaged_file(tmp_path: Path) -> None:
    def short(data: bytes) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    (tmp_path / "count").write_text("7")
    disk = Disk(tmp_path)
    with pytest.raises(OSError, match="Too many open files"):
        disk.read("count", short)
    assert (disk.quarantined, names(tmp_path)) == ((), ["count"])


def test_what_a_power_cut_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    ours = [tmp_path / ".settings.ab12_xyz", pictures / ".front.3.18c.0a1b2c3d"]
    others = [tmp_path / ".hidden", tmp_path / "settings.toml", tmp_path / ".settings.ABCDEFGH"]
    for path in (*ours, *others):
        path.touch()
        os.utime(path, (1.0, 1.0))
    folder = tmp_path / ".a.folder00"
    folder.mkdir()
    os.utime(folder, (1.0, 1.0))
    disk = Disk(tmp_path)
    being_written = tmp_path / ".sessions.abcdefgh"
    being_written.touch()
    os.utime(being_written, (time.time() + 5, time.time() + 5))
    assert disk.sweep() == 2
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in (*others, folder, being_written))


def test_a_whole_file_is_its_owners_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "one", b"1")
    assert names(tmp_path) == ["one"]
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600


@pytest.mark.real
@needs_root
def test_a_full_disk_is_told_with_what_is_free_until_it_takes_writes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        disk = Disk(folder)
        disk.check()
        assert disk.unwritable is None
        disk.write("count", b"1")
        ballast = fill(folder)
        with pytest.raises(OSError, match="No space left"):
            disk.write("count", b"2" * 5000)
        assert disk.unwritable is not None
        assert (disk.unwritable.kind, disk.unwritable.free_bytes) == ("full", 0)
        since = disk.unwritable.since
        disk.check()
        assert disk.unwritable.since == since
        assert disk.read("count", number) == 1
        ballast.unlink()
        disk.check()
        assert disk.unwritable is None
        assert names(folder) == ["count"]


@pytest.mark.real
@needs_root
def test_a_full_disk_is_found_before_anything_is_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        fill(folder)
        disk = Disk(folder)
        disk.check()
        assert disk.unwritable is not None
        assert disk.unwritable.kind == "full"


@pytest.mark.real
@needs_root
def test_a_disk_that_takes_no_writes_is_told_and_a_write_that_works_clears_it(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk") as folder:
        (folder / "count").write_text("damaged")
        with read_only(folder):
            disk = Disk(folder)
            assert disk.read("count", number) is None
            assert disk.quarantined[0].kept_as is None
            assert disk.unwritable is not None
            assert disk.unwritable.kind == "read_only"
            with pytest.raises(OSError, match="Read-only"):
                disk.write("count", b"7")
            disk.check()
            assert disk.unwritable is not None
        disk.write("count", b"7")
        assert disk.unwritable is None


@pytest.mark.real
@needs_root
def test_a_folder_that_cannot_be_made_holds_nothing_and_is_made_later(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        with read_only(folder):
            disk = Disk(folder / "state")
            assert disk.read("count", number) is None
            assert disk.unwritable is not None
            assert disk.unwritable.kind == "read_only"
        disk.check()
        assert disk.unwritable is None
        disk.write("count", b"7")


def test_a_folder_that_is_gone_fails(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "state")
    disk.folder.rmdir()
    with pytest.raises(OSError, match="No such file"):
        disk.write("count", b"7")
    assert disk.unwritable is not None
    assert disk.unwritable.kind == "failing"
