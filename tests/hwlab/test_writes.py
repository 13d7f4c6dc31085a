"""What a disk has after a power cut: all that was flushed, and of the rest anything."""

from __future__ import annotations

import random
import struct
from pathlib import Path

from tests.hwlab.box import writes


def log_of(requests: list[tuple[int, int, bytes]]) -> bytes:
    """Return a log of (first sector, flags, data)."""
    text = struct.pack("<QQQI", writes.MAGIC, 1, len(requests), 512).ljust(512, b"\0")
    for first, flags, data in requests:
        head = struct.pack("<QQQQ", first, len(data) // 512, flags, len(data))
        text += head.ljust(512, b"\0") + data
    return text


def disks(tmp_path: Path, requests: list[tuple[int, int, bytes]]) -> list[bytes]:
    """Return what the disk holds after each of many power cuts."""
    log, disk = tmp_path / "log", tmp_path / "disk"
    log.write_bytes(log_of(requests))
    found = []
    for seed in range(100):
        disk.write_bytes(bytes(4096))
        writes.cut(log, writes.writes(log), disk, 512, random.Random(seed))
        found.append(disk.read_bytes())
    return found


def test_flushed_writes_are_there(tmp_path: Path) -> None:
    requests = [(1, 0, b"a" * 1024), (0, writes.FLUSH, b""), (3, writes.FUA, b"b" * 512)]
    assert set(disks(tmp_path, requests)) == {b"a" * 1024 + b"b" * 512 + bytes(2560)}


def test_unflushed_writes_are_there_or_missing_or_partial(tmp_path: Path) -> None:
    requests = [(0, writes.FLUSH, b""), (1, 0, b"a" * 1024), (3, 0, b"b" * 512)]
    found = set(disks(tmp_path, requests))
    starts = {one[:1536] for one in found}
    assert bytes(1536) in starts
    assert b"a" * 1024 + b"b" * 512 in starts
    assert bytes(1024) + b"b" * 512 in starts
    assert b"a" * 512 + bytes(1024) in starts


def test_another_part_of_the_disk_is_left_alone(tmp_path: Path) -> None:
    requests = [(0, 0, b"x" * 512), (9, 0, b"y" * 512), (0, writes.FLUSH, b"")]
    assert set(disks(tmp_path, requests)) == {bytes(4096)}
