"""Configurations that were applied from afar, revision by revision: `config.json`.

The program never writes room.toml. A revision counts in its place from the next start on, for as
long as room.toml stays as it was when the revision was applied: the last hand wins, whether it
wrote the file or came by the API. Revision 0 is room.toml. Knows no key of a configuration.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from roomctl.errors import Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.store.disk import NO_SENSE, whole
from roomctl.store.documents import Document, Store, parsed
from roomctl.wire import in_thread

CONFIGS_KEPT = 20  # revisions; older ones are forgotten
LONGEST = 60_000  # characters of a configuration

_FILE = "config"


@frozen
class ConfigRevision:
    """A whole room.toml that was applied: by whom, when and why."""

    number: int
    at: datetime
    who: str
    why: str
    text: str


class AppliedConfigs:
    """The revisions of one room, and which one counts."""

    def __init__(self, store: Store, file: Path) -> None:
        """`file` is room.toml; what is kept and makes no sense is set aside by the store."""
        self.store, self.file = store, file
        kept = store.read(_FILE, _fits)
        self.revisions = tuple(_revision(one) for one in kept.get("revisions", ()))
        self._applied: int = kept.get("applied", 0)
        self._newest: int = kept.get("newest", 0)
        if kept.get("base") != digest(file):
            self._applied = 0
        self.running = 0  # which one the program runs, as whoever started it says

    @property
    def wanted(self) -> int:
        """The revision that counts from the next start on."""
        return self._applied

    def text(self, number: int) -> str:
        """Return the text of a revision; Refused "unknown_revision" names those that are kept."""
        for one in self.revisions:
            if one.number == number:
                return one.text
        kept = ", ".join(str(one.number) for one in self.revisions) or "none"
        why = f"no revision {number} of the configuration is kept; there is: {kept}"
        raise Refused("room", "unknown_revision", f"{why}; 0 is room.toml")

    async def apply(self, text: str, who: str, why: str, at: datetime) -> ConfigRevision:
        """Keep a configuration and have it count from the next start on; RoomctlError: no disk."""
        new = ConfigRevision(self._newest + 1, at, who, why, text)
        await self._write((*self.revisions, new)[-CONFIGS_KEPT:], new.number, new.number)
        return new

    async def roll_back(self, number: int) -> None:
        """Have an earlier revision count again, or room.toml (0)."""
        if number:
            self.text(number)
        await self._write(self.revisions, number, self._newest)

    async def _write(
        self, revisions: tuple[ConfigRevision, ...], applied: int, newest: int
    ) -> None:
        document: Document = {
            "applied": applied,
            "newest": newest,
            "base": await in_thread(digest, self.file),
            "revisions": [
                {
                    "number": one.number,
                    "at": one.at.isoformat(),
                    "who": one.who,
                    "why": one.why,
                    "text": one.text,
                }
                for one in revisions
            ],
        }
        try:
            await in_thread(self.store.write, _FILE, document)
        except OSError as error:
            where = self.store.folder / f"{_FILE}.json"
            raise RoomctlError(f"{where}: cannot be written: {error}") from error
        self.revisions, self._applied, self._newest = revisions, applied, newest


def applied_text(folder: Path, file: Path) -> str | None:
    """Return what counts in place of `file` in a room's folder; None: `file` itself does.

    What is damaged does not count, and is left there for the room's program to set aside and tell.
    """
    try:
        kept = parsed(whole(folder / f"{_FILE}.json"))
        counts = _fits(kept) and kept.get("base") == digest(file)
    except (FileNotFoundError, *NO_SENSE):
        return None
    found = (one["text"] for one in kept["revisions"] if one["number"] == kept["applied"])
    return next(found, None) if counts else None


def digest(path: Path) -> str | None:
    """Return what tells one content of a file from another; None: it cannot be read."""
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return None


def _revision(kept: Document) -> ConfigRevision:
    at = datetime.fromisoformat(kept["at"])
    return ConfigRevision(kept["number"], at, kept["who"], kept["why"], kept["text"])


def _fits(document: Document) -> bool:
    """Whether it is what was written; an error in the reading says no, too."""
    revisions = tuple(_revision(one) for one in document["revisions"])
    numbers = (document["applied"], document["newest"], *(one.number for one in revisions))
    return all(isinstance(one, int) for one in numbers) and all(
        isinstance(one.text, str) and one.at.tzinfo is not None for one in revisions
    )
