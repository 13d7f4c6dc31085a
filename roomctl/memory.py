"""How much memory programs may still take, as the kernel tells it."""

from __future__ import annotations

import contextlib
from pathlib import Path

_PLACE = Path("/proc/meminfo")


def free_mb(place: Path = _PLACE) -> int:
    """Return how many MB are free, or may be freed at once; 0 if nobody tells."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in place.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024 // 1_000_000
    return 0
