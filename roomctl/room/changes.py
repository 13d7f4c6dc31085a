"""The room's history of changes: numbered, kept for a while, followed by any number of watchers.

Knows no device and no HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

KEPT = 1000  # changes an event stream may resume from
BEHIND = 256  # changes a watcher may be behind; then it sees a gap in `rev`


@dataclass(frozen=True, slots=True)
class Change:
    """The sections of the room document that became new with revision `rev`."""

    rev: int
    sections: Mapping[str, object]


class Changes:
    """What happened, in order."""

    def __init__(self) -> None:
        self._kept: deque[Change] = deque(maxlen=KEPT)
        self._watchers: set[asyncio.Queue[Change]] = set()

    def note(self, change: Change) -> None:
        """Keep a change and hand it to every watcher; one that is too far behind loses it."""
        self._kept.append(change)
        for watcher in self._watchers:
            with contextlib.suppress(asyncio.QueueFull):
                watcher.put_nowait(change)

    def since(self, rev: int | None) -> list[Change] | None:
        """Return the changes after `rev`, or None if they are no longer all known."""
        if rev is None or (self._kept and rev < self._kept[0].rev - 1):
            return None
        newest = self._kept[-1].rev if self._kept else 0
        return None if rev > newest else [change for change in self._kept if change.rev > rev]

    @contextlib.contextmanager
    def watch(self) -> Iterator[asyncio.Queue[Change]]:
        """Follow the changes from now on, until the block ends."""
        watcher: asyncio.Queue[Change] = asyncio.Queue(BEHIND)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
