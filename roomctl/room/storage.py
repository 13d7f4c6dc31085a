"""The disk under a room: whether it takes writes, and what was found damaged on it.

Looked at now and then, beside the loop; what is wrong is an issue of the room. Knows no document.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from roomctl.clock import Moment
from roomctl.command import Param, Source, command
from roomctl.errors import RoomctlError
from roomctl.kind import IssueEntry, Part
from roomctl.roles import Right
from roomctl.store import Database, Disk, Quarantine, Unwritable
from roomctl.wire import in_thread

CHECK_EVERY_S = 10.0
LONGEST_DETAIL = 500  # characters of why an import failed

_LOST = {
    "admin.json": "tokens",
    "agenda.json": "agenda",
    "agenda_age.json": "agenda",
    "alerts.json": "alerts",
    "audit.json": "audit",
    "audit.jsonl": "audit",
    "audit-old.jsonl": "audit",
    "bookings.json": "bookings",
    "config.json": "config",
    "help.json": "reports",
    "history.sqlite": "history",
    "import.json": "import",
    "import.tar": "import",
    "people.json": "people",
    "sessions.json": "pairings",
    "ledger.json": "ledger",
    "local_bookings.json": "bookings",
    "message.json": "message",
    "mute.json": "mute",
    "webhooks.json": "webhooks",
    "settings.toml": "settings",
    "series.json": "series",
    "starts.json": "starts",
    "settings.toml.bak": "backup",
    "tokens.json": "tokens",
}
"""What goes with a damaged file, as panels say it; of any other file, "other"."""


class Storage(Part):
    """What is wrong with a room's disk; a room that keeps nothing has none."""

    def __init__(self, disk: Disk | None, database: Database, changed: Callable[[], None]) -> None:
        self._disk, self._database, self._changed = disk, database, changed

    def issues(self, now: Moment) -> Iterable[IssueEntry]:
        return self._found

    @property
    def _found(self) -> tuple[IssueEntry, ...]:
        """What is wrong now; a damaged file until somebody has acknowledged it, or the end."""
        if self._disk is None:
            return ()
        found = tuple(_damaged(one) for one in self._disk.quarantined)
        ailing = self._disk.unwritable
        return found if ailing is None else (*found, _unwritable(ailing, str(self._disk.folder)))

    async def run(self) -> None:
        """Look at the disk until cancelled, and have it take what it refused before."""
        with contextlib.suppress(RoomctlError):  # the disk notes it
            await in_thread(self._database.check)
        while self._disk is not None:
            before = self._found
            await in_thread(self._disk.check)
            if self._database.waiting:
                await in_thread(self._database.flush)
            if self._found != before:
                self._changed()
            await asyncio.sleep(CHECK_EVERY_S)
        await asyncio.Event().wait()

    @command("storage.acknowledge", Right.SERVICE)
    async def _acknowledge(self, source: Source) -> None:
        """Confirm that staff know of the damaged files."""
        if self._disk is not None:
            self._disk.acknowledge()
            self._changed()


def _damaged(one: Quarantine) -> IssueEntry:
    other = "walkthrough" if one.file.startswith("walkthrough-") else "other"
    lost = "nothing" if one.restored else _LOST.get(one.file, other)
    params: dict[str, Param] = {"file": one.file, "kept_as": one.kept_as, "lost": lost}
    if lost == "import":
        params["detail"] = one.why[:LONGEST_DETAIL]
    return IssueEntry("storage.quarantined", one.file, params, one.at)


def _unwritable(ailing: Unwritable, path: str) -> IssueEntry:
    params: dict[str, Param] = {
        "path": path,
        "free_bytes": ailing.free_bytes,
        "detail": ailing.detail,
    }
    match ailing.kind:
        case "full":
            return IssueEntry("storage.full", "storage", params, ailing.since)
        case "read_only":
            return IssueEntry("storage.read_only", "storage", params, ailing.since)
        case "failing":
            return IssueEntry("storage.failing", "storage", params, ailing.since)
