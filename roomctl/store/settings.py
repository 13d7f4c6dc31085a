"""What people change of a running room, revision by revision: `settings.toml`.

It is written whole or not at all, beside the loop.
"""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from roomctl.errors import Refused, RoomctlError
from roomctl.store.documents import replace
from roomctl.wire import in_thread

REVISIONS = 100  # kept of what people change; older ones are forgotten

Place = tuple[str, ...]
"""Where a setting stands, as the keys of room.toml: ("camera", "front", "presets", "2")."""


@dataclass(frozen=True, slots=True)
class Revision:
    """All settings as they were after one change: by whom, when and why."""

    number: int
    at: datetime
    who: str
    why: str
    settings: Mapping[Place, str] = field(default_factory=dict)


class Settings:
    """What people have changed of a running room: `settings.toml` in the state folder.

    It stands beside room.toml, which the program never writes, and says the same things. Without
    a folder it is forgotten at the end, as a simulation's is.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Read what there is; RoomctlError names a file that cannot be used, and leaves it."""
        self._path = folder / "settings.toml" if folder else None
        self.revisions = _read(self._path) if self._path else ()
        self._writing = asyncio.Lock()

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
        revisions = (*self.revisions, Revision(number, at, who, why, made))[-REVISIONS:]
        if self._path is not None:
            try:
                await in_thread(replace, self._path, _written(revisions).encode("utf-8"))
            except OSError as error:
                raise RoomctlError(f"{self._path}: cannot be written: {error}") from error
        self.revisions = revisions


def _read(path: Path) -> tuple[Revision, ...]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(_revision(said) for said in document["revision"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RoomctlError(
            f"{path}: cannot be read: {error}; move it away to begin anew"
        ) from error


def _revision(said: Mapping[str, Any]) -> Revision:
    settings = dict(_leaves(said.get("settings", {})))
    return Revision(said["number"], said["at"], said["who"], said["why"], settings)


def _leaves(table: Mapping[str, Any], before: Place = ()) -> Iterator[tuple[Place, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*before, key))
        else:
            yield (*before, key), str(value)


def _written(revisions: tuple[Revision, ...]) -> str:
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
