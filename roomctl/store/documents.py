"""Small documents in JSON, written whole or not at all, and set aside if they are damaged."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from roomctl.store.disk import Disk

_log = logging.getLogger(__name__)

Document = dict[str, Any]


class Store:
    """The documents in one folder, each readable by its owner alone."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk(folder)

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self.disk.folder

    def read(self, name: str, fits: Callable[[Document], bool] = lambda document: True) -> Document:
        """Return the document `name`; empty if it was never written, or was damaged.

        A document that is no JSON object, or that `fits` says has another shape, is set aside,
        and `disk.quarantined` says so. OSError: the box is short of something, nothing is moved.
        """

        def meaning(data: bytes) -> Document:
            document = parsed(data)
            if not fits(document):
                raise ValueError("has another shape than what was written")
            return document

        return self.disk.read(f"{name}.json", meaning) or {}

    def write(self, name: str, document: Document) -> None:
        """Replace the document `name`; OSError if the disk refuses, and the old one stays."""
        text = json.dumps(document, ensure_ascii=False, indent=1)
        self.disk.write(f"{name}.json", text.encode("utf-8"))

    def room_id(self, name: str = "") -> str:
        """Return the id that this box has given its room; made when it is first asked for.

        `name`: what the room is called, which was its id in the first version.
        """
        made = name if name and self._is_of_first_version() else str(uuid.uuid4())
        try:
            known = self.read("room", lambda document: isinstance(document.get("id"), str))
            if known:
                return str(known["id"])
            self.write("room", {"id": made})
        except OSError as error:
            why = "the room's id is another one after each start, unless [room] id sets it"
            _log.warning("%s: %s", why, error)
        return made

    def _is_of_first_version(self) -> bool:
        """Whether a room has run here that kept no id: what a run leaves is there."""
        return any((self.folder / left).exists() for left in _LEFT_BY_A_RUN)


_LEFT_BY_A_RUN = ("admin.json", "sessions.json", "settings.toml", "bookings.json")
"""What the first version wrote as it ran; commands beside a room that stands still write none."""


def all_text(document: Document) -> bool:
    """Whether every value is a string."""
    return all(isinstance(value, str) for value in document.values())


def parsed(data: bytes) -> Document:
    """Return a JSON object that can be written again; ValueError, RecursionError otherwise."""
    text = data.decode("utf-8")
    document = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number)
    if not isinstance(document, dict):
        raise ValueError("is not a JSON object")
    json.dumps(document, ensure_ascii=False).encode("utf-8")  # half a surrogate cannot be
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
