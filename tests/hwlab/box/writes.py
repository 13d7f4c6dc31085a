"""What QEMU wrote to a disk, in order, and what is on the disk if its power is cut in between.

A disk may lose, or write in part, whatever was written since it was last told to flush. The log is
QEMU's blklogwrites, in the form of Linux's dm-log-writes:

    sector 0        magic, version, entries (8 bytes each), bytes of a sector (4); little-endian
    each entry      sector, count, flags, bytes of data (8 bytes each), up to a sector; the data

Knows no file system.
"""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4
ATOM = 512  # what a disk writes as a whole


@dataclass(frozen=True)
class Write:
    """One request; `place` is where its data begin in the log."""

    start: int
    size: int
    flags: int
    place: int


def count(log: Path) -> int:
    """Return how many requests a log has up to the last flush, while it is being written."""
    return _head(log)[0]


def _head(log: Path) -> tuple[int, int]:
    with log.open("rb") as file:
        magic, _, count, sector = struct.unpack("<QQQI", file.read(28))
    assert magic == MAGIC, f"{log} is no log of writes"
    return count, sector


def writes(log: Path) -> list[Write]:
    """Return all requests of a log, in the order in which they were done."""
    count, sector = _head(log)
    with log.open("rb") as file:
        found, place = [], sector
        for _ in range(count):
            file.seek(place)
            first, sectors, flags, _ = struct.unpack("<QQQQ", file.read(32))
            place += sector
            found.append(Write(first * sector, sectors * sector, flags, place))
            place += 0 if flags & DISCARD else sectors * sector
    return found


def surviving(done: Sequence[Write], chance: random.Random) -> Iterator[tuple[Write, bool]]:
    """Yield what is on the disk after `done`; True: only in part."""
    flushed = max((number for number, one in enumerate(done) if one.flags & FLUSH), default=0)
    for number, one in enumerate(done):
        if number <= flushed or one.flags & FUA:
            yield one, False
        elif chance.random() < 0.5:
            yield one, chance.random() < 0.2


def cut(log: Path, done: Sequence[Write], disk: Path, start: int, chance: random.Random) -> None:
    """Do to a copy of the part of the disk that begins at `start` what survives."""
    size = disk.stat().st_size
    with log.open("rb") as source, disk.open("r+b") as target:
        for one, torn in surviving(done, chance):
            if one.flags & DISCARD or not start <= one.start < start + size:
                continue
            atoms = one.size // ATOM
            kept = chance.randrange(atoms + 1) * ATOM if torn else one.size
            data = os.pread(source.fileno(), kept, one.place)
            target.seek(one.start - start)
            target.write(data)
