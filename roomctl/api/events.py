"""The room's revisions as JSON text, and as Server-Sent Events: without a gap, without a repeat.

Each revision is encoded once, however many hear of it. Knows no route, no socket and no token.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Literal

from roomctl.api import schema
from roomctl.room import Room
from roomctl.room.document import Change

CHANGES_KEPT = 64  # a reader that is further behind has the change encoded anew
COMMENT_S = 15.0  # so that both ends, and any proxy, notice a line that is dead
LOOK_S = 1.0  # how often it is asked whether whoever listens still may


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


async def stream(
    room: Room,
    encoding: Encoding,
    boot_id: str,
    last_id: str | None,
    ending: asyncio.Event,
    allowed: Callable[[], bool] = lambda: True,
) -> AsyncIterator[str]:
    """Yield the changes after the event `last_id`, then each new one.

    Where they are not all known any more, the whole room comes in their place. It ends when
    `ending` is set, and within a second when whoever listens is no longer `allowed`.
    """
    rev = _revision(boot_id, last_id)
    end = asyncio.create_task(ending.wait())
    try:
        with room.watch() as changes:
            silent_s = 0.0
            while allowed() and not end.done():
                missed = room.since(rev)
                if missed is None:
                    rev, document = encoding.document()
                    yield _event(boot_id, rev, "room", document)
                for change in missed or ():
                    rev = change.rev
                    yield _event(boot_id, rev, "change", encoding.sections(change))
                silent_s = 0.0 if await _news(changes, end) else silent_s + LOOK_S
                if silent_s >= COMMENT_S:
                    silent_s = 0.0
                    yield ":\n\n"
    finally:
        end.cancel()


async def _news(changes: asyncio.Queue[Change], end: asyncio.Task[Literal[True]]) -> bool:
    """Wait for a change, or the end; False if neither came in time."""
    change = asyncio.create_task(changes.get())
    try:
        done, _ = await asyncio.wait(
            (change, end), timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED
        )
        return bool(done)
    finally:
        change.cancel()  # what it would bring stands in `room.since` as well


def _event(boot_id: str, rev: int, kind: str, data: str) -> str:
    return f"id: {boot_id}-{rev}\nevent: {kind}\ndata: {data}\n\n"


def _revision(boot_id: str, last_id: str | None) -> int | None:
    boot, _, number = (last_id or "").rpartition("-")
    known = boot == boot_id and number.isascii() and number.isdecimal() and len(number) < 16
    return int(number) if known else None
