"""A room's configuration: whether its file still says what the room runs, and what another changes.

The file is looked at now and then, beside the loop. Knows of keys only which the program has to
start anew for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from roomctl.config import Config
from roomctl.frozen import frozen
from roomctl.kind import Part
from roomctl.room.conditions import ConfigState
from roomctl.room.devices import DevicePlan
from roomctl.store import AppliedConfigs
from roomctl.store.configs import digest
from roomctl.wire import in_thread

CHECK_EVERY_S = 10.0
PARTS = (
    "room",
    "meeting",
    "calendar",
    "audio",
    "rules",
    "look",
    "door",
    "share",
    "history",
    "staff",
    "webhook",
    "alert",
    "mqtt",
)
PROGRAM = ("api", "secrets", "room.id")  # what the whole program starts anew for
CALL = ("screen", "speakerphone")  # what a call goes through


@frozen
class ConfigPlan:
    """What becomes of each part of a running room with another room.toml.

    Devices have their names, such as "camera.front"; other parts are called as their tables.
    `program`: keys that cannot be changed while it runs, and a plug-in's kind that is new.
    `disturbs_call`: a call would break off.
    """

    restarted: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    program: tuple[str, ...] = ()

    @property
    def disturbs_call(self) -> bool:
        """Whether a call that is under way would break off."""
        stopped = (*self.restarted, *self.removed)
        return bool(self.program) or any(name.partition(".")[0] in CALL for name in stopped)


def plan(before: Config, after: Config, devices: DevicePlan) -> ConfigPlan:
    """Return what becomes of each part of a room that runs `before`."""
    program = (
        *(key for key in PROGRAM if _at(before, key) != _at(after, key)),
        *(kind for kind in after.kinds if kind not in devices.by_kind and after.tables(kind)),
    )
    changed = [name for name in PARTS if _at(before, name) != _at(after, name)]
    ended = {name: None for one in devices.ended for name in one.healths}
    begun = {name: None for one in devices.begun for name in one.healths}
    every = [name for many in devices.by_kind.values() for one in many for name in one.healths]
    return ConfigPlan(
        restarted=(*(name for name in begun if name in ended), *changed),
        added=tuple(name for name in begun if name not in ended),
        removed=tuple(name for name in ended if name not in begun),
        unchanged=(
            *(name for name in every if name not in begun),
            *(name for name in PARTS if name not in changed),
        ),
        program=program,
    )


def _at(config: Config, key: str) -> object:
    table, _, name = key.partition(".")
    found = getattr(config, table)
    return getattr(found, name) if name else found


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

    async def taken(self) -> None:
        """Take it that the room runs what the file says now, or what was applied in its place."""
        if self._path is not None:
            self._applied = await in_thread(digest, self._path)
            self._seen = self._judged(self._applied)
        self._changed()

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
