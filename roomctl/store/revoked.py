"""Who was shut out while the disk took no writes: a file that is there before it is needed.

    revoked.txt      64 columns a line: what it is, then a SHA-256 in hex, or spaces, 300 times

It is written when the disk still has room, and from then on in its place, which takes no block that
is not its own already: a full disk takes that. A line that a power cut left half written counts for
nothing, as nobody was told that it is there. Blocking. Knows no token.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from roomctl.store.disk import Disk

FILE = "revoked.txt"
MOST = 300  # every token and every session that a room keeps
_HEAD = "roomctl: shut out, and not stored elsewhere yet"
_WIDTH = 64
_SIZE = (_WIDTH + 1) * (MOST + 1)
_HASH = re.compile(r"[0-9a-f]{64}")


class Revoked:
    """The hashes that are noted in one folder."""

    def __init__(self, disk: Disk) -> None:
        """Read what is there; what makes no sense is set aside."""
        self._disk = disk
        self._noted = disk.read(FILE, _meaning) or ()

    @property
    def noted(self) -> frozenset[str]:
        """The hashes of who is shut out."""
        return frozenset(filter(None, self._noted))

    def reserve(self) -> None:
        """Have the file there, for later; OSError: the disk takes none now."""
        if not (self._disk.folder / FILE).exists():
            self._disk.write(FILE, _written(self._noted))

    def note(self, hashes: Iterable[str]) -> None:
        """Have exactly these noted, whatever room the disk has; OSError if it takes not even that.

        What was noted before stays where it stands, so that no power cut loses it.
        """
        wanted = set(hashes)
        kept = [one if one in wanted else "" for one in self._noted]
        for one in sorted(wanted.difference(kept)):
            free = kept.index("") if "" in kept else len(kept)
            kept[free : free + 1] = [one]
        data = _written(kept)
        try:
            handle = os.open(self._disk.folder / FILE, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            self._disk.write(FILE, data)
        else:
            with os.fdopen(handle, "r+b", buffering=0) as file:
                file.write(data)
                os.fsync(handle)
        self._noted = tuple(kept)


def _written(hashes: Iterable[str]) -> bytes:
    lines = [_HEAD, *hashes]
    lines += [""] * (MOST + 1 - len(lines))
    return "".join(f"{line:<{_WIDTH}}\n" for line in lines[: MOST + 1]).encode("ascii")


def _meaning(data: bytes) -> tuple[str, ...]:
    head, *lines = data.decode("ascii", "replace").split("\n")
    if len(data) != _SIZE or head.rstrip() != _HEAD:
        raise ValueError("is not what was written")
    return tuple(line if _HASH.fullmatch(line) else "" for line in lines[:MOST])
