"""What people change of a running room, revision by revision: `settings.toml`.

The names of presets, say, under the keys that they would have in room.toml, which the program never
writes.

It is written whole or not at all, beside the loop, and then once more as `settings.toml.bak`: if
one of the two is damaged, or gone, the other has everything. To begin anew, remove both.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Any

from roomctl import toml_reader
from roomctl.errors import Refused, RoomctlError
from roomctl.frozen import frozen
from roomctl.store.disk import LARGEST, Disk, whole
from roomctl.wire import in_thread

FILE, BACKUP = "settings.toml", "settings.toml.bak"
REVISIONS = 100  # kept of what people change; older ones are forgotten
LONGEST_KEY, LONGEST_VALUE = 200, 20_000  # characters
DEEPEST = 8  # keys of a place

Place = tuple[str, ...]
"""Where a setting stands, as the keys of room.toml: ("camera", "front", "presets", "2")."""


@frozen
class SettingsRevision:
    """All settings as they were after one change: by whom, when and why."""

    number: int
    at: datetime
    who: str
    why: str
    settings: Mapping[Place, str] = field(default_factory=dict)


class Settings:
    """What people have changed of a running room: `settings.toml` in the state folder.

    It stands beside room.toml, which the program never writes, and says the same things. Without
    a disk it is forgotten at the end, as a simulation's is.
    """

    def __init__(self, disk: Disk | None = None) -> None:
        """Read what there is; what is damaged is set aside, and restored from the backup."""
        self._disk = disk
        self.revisions = _read(disk) if disk is not None else ()
        self._writing = asyncio.Lock()

    @classmethod
    def of_another_program(cls, folder: Path) -> Settings:
        """Return the settings of a room that another program runs; RoomctlError if damaged.

        Nothing is set aside, which is for that program to do and to tell, and nothing is written.
        """
        found = cls()
        try:
            found.revisions = _revisions(whole(folder / FILE))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, RecursionError) as error:
            raise RoomctlError(f"{folder / FILE}: cannot be read: {error}") from error
        return found

    @property
    def now(self) -> Mapping[Place, str]:
        """The settings as they are now."""
        return self.revisions[-1].settings if self.revisions else {}

    async def change(
        self, place: Place, value: str | None, who: str, why: str, at: datetime
    ) -> None:
        """Set one thing, or forget it (None); RoomctlError if the disk refuses, and nothing is."""
        async with self._writing:
            kept = {there: said for there, said in self.now.items() if there != place}
            await self._add(kept if value is None else {**kept, place: value}, who, why, at)

    async def roll_back(self, number: int, who: str, at: datetime) -> None:
        """Restore the settings of a revision, as a new one; Refused names those that are kept."""
        async with self._writing:
            for revision in self.revisions:
                if revision.number == number:
                    await self._add(revision.settings, who, f"back to revision {number}", at)
                    return
            kept = [
                str(revision.number) for revision in (*self.revisions[:1], *self.revisions[-1:])
            ]
            why = f"no revision {number} is kept; there is: {' to '.join(kept) or 'none'}"
            raise Refused("room", "unknown_revision", why)

    async def _add(self, settings: Mapping[Place, str], who: str, why: str, at: datetime) -> None:
        number = self.revisions[-1].number + 1 if self.revisions else 1
        made = dict(sorted(settings.items()))
        revisions = (*self.revisions, SettingsRevision(number, at, who, why, made))[-REVISIONS:]
        if self._disk is not None:
            data = _written(revisions).encode("utf-8")
            while len(data) > LARGEST // 2 and len(revisions) > 1:
                revisions = revisions[len(revisions) // 2 :]
                data = _written(revisions).encode("utf-8")
            await self._write(self._disk, data)
        self.revisions = revisions

    async def _write(self, disk: Disk, data: bytes) -> None:
        try:
            await in_thread(disk.write, FILE, data)
        except OSError as error:
            raise RoomctlError(f"{disk.folder / FILE}: cannot be written: {error}") from error
        with contextlib.suppress(OSError):  # the disk notes it; what was asked is done
            await in_thread(disk.write, BACKUP, data)


def _read(disk: Disk) -> tuple[SettingsRevision, ...]:
    found = disk.read(FILE, _revisions)
    if found is not None:
        return found
    kept = disk.read(BACKUP, _revisions)
    if kept is None:
        return ()
    with contextlib.suppress(OSError):  # the disk notes it, and the backup is still there
        disk.write(FILE, _written(kept).encode("utf-8"))
    disk.restored(FILE)
    return kept


def _revisions(data: bytes) -> tuple[SettingsRevision, ...]:
    """Return what a file says; ValueError if that is not what was written."""
    try:
        said = toml_reader.loads(data.decode("utf-8"))["revision"]
        found = tuple(_revision(one) for one in said)
    except (TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"is not a list of revisions: {error}") from error
    numbers = [revision.number for revision in found]
    if not numbers or numbers != sorted(set(numbers)):
        raise ValueError(f"its revisions are not numbered upwards: {numbers[:5]}")
    return found


def _revision(said: Mapping[str, Any]) -> SettingsRevision:
    number, at, who, why = said["number"], said["at"], said["who"], said["why"]
    if type(number) is not int or not 0 < number < 2**53:
        raise ValueError(f"{str(number)[:40]!r} is not a revision's number")
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise ValueError(f"revision {number}: {str(at)[:40]!r} is not an instant")
    if not isinstance(who, str) or not isinstance(why, str):
        raise ValueError(f"revision {number}: who, or why, is not text")
    settings = dict(_leaves(said.get("settings", {})))
    return SettingsRevision(number, at, who, why, settings)


def _leaves(table: Mapping[str, Any], before: Place = ()) -> Iterator[tuple[Place, str]]:
    for key, value in table.items():
        place = (*before, key)
        if len(key) > LONGEST_KEY or len(place) > DEEPEST:
            raise ValueError(f"{'.'.join(place)[:80]!r} is not a setting's place")
        if isinstance(value, Mapping):
            yield from _leaves(value, place)
        elif isinstance(value, str) and len(value) <= LONGEST_VALUE:
            yield place, value
        else:
            raise ValueError(f"{'.'.join(place)[:80]}: is not a text of at most {LONGEST_VALUE}")


def _written(revisions: tuple[SettingsRevision, ...]) -> str:
    """Write revisions as TOML; equal settings make equal text."""
    return "# Written by roomctl; the last revision counts.\n" + "".join(
        f"\n[[revision]]\nnumber = {revision.number}\nat = {revision.at.isoformat()}\n"
        f"who = {_quoted(revision.who)}\nwhy = {_quoted(revision.why)}\n"
        + "".join(
            f"settings.{'.'.join(map(_quoted, place))} = {_quoted(value)}\n"
            for place, value in revision.settings.items()
        )
        for revision in revisions
    )


def _quoted(text: str) -> str:
    """Write a string as JSON does, which TOML reads the same, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
