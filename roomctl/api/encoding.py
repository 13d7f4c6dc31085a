"""The room's revisions as JSON text: each is made once, however many hear of it.

Knows no socket and no route.
"""

from __future__ import annotations

import json
from collections import OrderedDict

from roomctl.api import schema
from roomctl.room import Room
from roomctl.room.document import Change

CHANGES_KEPT = 64  # a reader that is further behind has the change encoded anew


class Encoding:
    """The JSON of one room, shared by everyone who is told of it."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._rev: int | None = None
        self._document = ""
        self._changes: OrderedDict[int, str] = OrderedDict()

    def document(self) -> tuple[int, str]:
        """Return the revision of the room document, and the document, as it is now."""
        document = self._room.document
        if document.rev != self._rev:
            self._rev, self._document = document.rev, _text(document)
        return document.rev, self._document

    def sections(self, change: Change) -> str:
        """Return the sections that became new with a change."""
        text = self._changes.get(change.rev)
        if text is None:
            text = self._changes[change.rev] = _text(change.sections)
            while len(self._changes) > CHANGES_KEPT:
                self._changes.popitem(last=False)
        return text


def _text(value: object) -> str:
    return json.dumps(schema.as_json(value), ensure_ascii=False)
