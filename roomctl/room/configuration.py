"""The file a room's configuration was read from: whether it still says what the room runs.

Looked at now and then, beside the loop. Knows no key of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path

from roomctl.kind import Part
from roomctl.room.conditions import ConfigState
from roomctl.wire import in_thread

CHECK_EVERY_S = 10.0


class ConfigFile(Part):
    """room.toml as it was when the room began, and as it is; None: it was read from none."""

    def __init__(self, path: Path | None, changed: Callable[[], None]) -> None:
        self.state: ConfigState = "applied"
        self._path, self._changed = path, changed
        self._applied = None if path is None else _digest(path)

    async def run(self) -> None:
        """Look at the file until cancelled."""
        while self._path is not None:
            before = self.state
            self.state = self._judged(await in_thread(_digest, self._path))
            if self.state != before:
                self._changed()
            await asyncio.sleep(CHECK_EVERY_S)
        await asyncio.Event().wait()

    def _judged(self, found: bytes | None) -> ConfigState:
        if found is None:
            return "unreadable"
        return "applied" if found == self._applied else "changed"


def _digest(path: Path) -> bytes | None:
    """Return what tells one content from another; None: it cannot be read."""
    try:
        return hashlib.blake2b(path.read_bytes()).digest()
    except OSError:
        return None
