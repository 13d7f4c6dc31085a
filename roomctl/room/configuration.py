"""The file a room's configuration was read from: whether it still says what the room runs.

Looked at now and then, beside the loop. Knows no key of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from roomctl.kind import Part
from roomctl.room.conditions import ConfigState
from roomctl.store import AppliedConfigs
from roomctl.store.configs import digest
from roomctl.wire import in_thread

CHECK_EVERY_S = 10.0


class ConfigFile(Part):
    """room.toml as it was when the room began, and as it is; None: it was read from none."""

    def __init__(
        self,
        path: Path | None,
        changed: Callable[[], None],
        configs: AppliedConfigs | None = None,
    ) -> None:
        """`configs`: what was applied from afar."""
        self._seen: ConfigState = "applied"
        self._path, self._changed, self._configs = path, changed, configs
        self._applied = None if path is None else digest(path)

    @property
    def state(self) -> ConfigState:
        """Whether the room runs what it shall."""
        configs = self._configs
        waits = configs is not None and configs.wanted != configs.running
        return "changed" if waits and self._seen == "applied" else self._seen

    async def run(self) -> None:
        """Look at the file until cancelled."""
        while self._path is not None:
            before = self._seen
            self._seen = self._judged(await in_thread(digest, self._path))
            if self._seen != before:
                self._changed()
            await asyncio.sleep(CHECK_EVERY_S)
        await asyncio.Event().wait()

    def _judged(self, found: str | None) -> ConfigState:
        if found is None:
            return "unreadable"
        return "applied" if found == self._applied else "changed"
