"""A file of the room's that several tasks write: one write after the other, so the newest stays.

A thread that writes cannot be stopped. Whoever is cancelled meanwhile waits for it, or what it
writes would be there after what is written next. Knows nothing of what is in the file.
"""

from __future__ import annotations

import asyncio
from typing import Any

from roomctl.store import Store
from roomctl.wire import in_thread


class KeptFile:
    """One document, by its name; without a store nothing is kept."""

    def __init__(self, store: Store | None, name: str) -> None:
        self._store, self._name = store, name
        self._turn = asyncio.Lock()

    async def write(self, document: dict[str, Any]) -> None:
        """Have the file hold `document`, until a later call; OSError if the disk refuses."""
        if self._store is None:
            return
        async with self._turn:
            writing = asyncio.ensure_future(in_thread(self._store.write, self._name, document))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.wait((writing,))
                if not writing.cancelled():
                    writing.exception()  # nobody is there to be told
                raise
