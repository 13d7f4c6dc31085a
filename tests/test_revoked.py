"""The place that is reserved for who was shut out: on a full disk, torn, damaged."""

from pathlib import Path

import pytest

from roomctl.store import Disk, Revoked
from roomctl.store.revoked import FILE, MOST
from tests.small_disk import fill, needs_root, small_disk

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)


def again(folder: Path) -> Revoked:
    return Revoked(Disk(folder))


@pytest.mark.real
@needs_root
def test_a_full_disk_takes_what_its_place_is_reserved_for(tmp_path: Path) -> None:
    with small_disk(tmp_path / "state") as folder:
        first = again(folder)
        first.reserve()
        fill(folder)
        with pytest.raises(OSError, match="No space"):
            (folder / "another").write_bytes(b"x" * 4096)
        every = {f"{n:064x}" for n in range(MOST)}
        first.note([ONE])
        assert again(folder).noted == {ONE}
        first.note(every)
        assert again(folder).noted == every


def test_what_is_noted_stays_where_it_stands(tmp_path: Path) -> None:
    first = again(tmp_path)
    first.note([ONE, TWO])
    before = (tmp_path / FILE).read_bytes()
    first.note([TWO, THREE, ONE])
    after = (tmp_path / FILE).read_bytes()
    assert after[: 65 * 3] == before[: 65 * 3]
    first.note([TWO, THREE])
    assert again(tmp_path).noted == {TWO, THREE}
    first.note([])
    assert again(tmp_path).noted == frozenset()
    assert len(after) == (tmp_path / FILE).stat().st_size


def test_a_torn_line_counts_for_nothing_and_the_others_do(tmp_path: Path) -> None:
    first = again(tmp_path)
    first.note([ONE, TWO])
    data = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(data[:100] + b" " * 20 + data[120:])
    second = again(tmp_path)
    assert second.noted == {TWO}
    second.note([TWO, THREE])
    assert again(tmp_path).noted == {TWO, THREE}


@pytest.mark.parametrize("data", [b"", b"null", bytes(65 * (MOST + 1)), b"x" * 5000])
def test_what_makes_no_sense_is_set_aside(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)
    found = again(tmp_path)
    assert found.noted == frozenset()
    assert [path.name.partition(".damaged")[0] for path in tmp_path.iterdir()] == [FILE]
    found.note([ONE])
    assert again(tmp_path).noted == {ONE}
