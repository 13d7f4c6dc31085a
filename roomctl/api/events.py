"""The room's revisions as JSON text, and as Server-Sent Events: without a gap, without a repeat.

Each revision is encoded once, however many hear of it. Who wants some sections only hears of no
other; an `id:` alone tells him how far he is, so that he resumes there. Knows no route, no socket
and no token.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection
from typing import overload

from roomctl.api import schema
from roomctl.room import Room
from roomctl.room.document import Change, sections_of

CHANGES_KEPT = 64  # a reader that is further behind has the change encoded anew
COMMENT_S = 15  # so that both ends, and any proxy, notice a line that is dead
LOOK_S = 1.0  # how often it is asked whether whoever listens still may


class Encoding:
    """The JSON of one room, shared by everyone who is told of it."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._rev: int | None = None
        self._document = ""
        self._changes: OrderedDict[int, str] = OrderedDict()

    def document(self, wanted: Collection[str] | None = None) -> tuple[int, str]:
        """Return the revision of the room document, and the document, or `wanted` of it, as now."""
        document = self._room.document
        if wanted is not None:
            some = {name: getattr(document, name) for name in sections_of(document) & {*wanted}}
            return document.rev, _text({"rev": document.rev, **some})
        if document.rev != self._rev:
            self._rev, self._document = document.rev, _text(document)
        return document.rev, self._document

    @overload
    def sections(self, change: Change) -> str: ...
    @overload
    def sections(self, change: Change, wanted: Collection[str] | None) -> str | None: ...
    def sections(self, change: Change, wanted: Collection[str] | None = None) -> str | None:
        """Return the sections that became new with a change; None: none that is `wanted`."""
        if wanted is not None:
            some = {name: value for name, value in change.sections.items() if name in wanted}
            return _text(some) if some else None
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
    wanted: Collection[str] | None = None,
    pulse_s: float = COMMENT_S,
) -> AsyncIterator[str]:
    """Yield the changes after the event `last_id`, then each new one; of `wanted` sections, or all.

    Where they are not all known any more, the whole room comes in their place; a comment where
    nothing comes for `pulse_s`, so that whoever listens knows that he still hears. It ends when
    `ending` is set, and within a second when whoever listens is no longer `allowed`.
    """
    rev = told = _revision(boot_id, last_id)
    news = asyncio.Event()
    end = asyncio.create_task(ending.wait())
    end.add_done_callback(lambda _: news.set())
    now_s = told_s = look_s = room.clock.mono_s()
    try:
        with room.follow(lambda _: news.set()):
            while not end.done():
                if now_s >= look_s:
                    if not allowed():
                        break
                    look_s = now_s + LOOK_S
                news.clear()
                missed = room.since(rev)
                if missed is None:
                    rev, document = encoding.document(wanted)
                    told, told_s = rev, now_s
                    yield _event(boot_id, rev, "room", document)
                for change in missed or ():
                    rev = change.rev
                    if (sections := encoding.sections(change, wanted)) is not None:
                        told, told_s = rev, now_s
                        yield _event(boot_id, rev, "change", sections)
                if now_s - told_s + LOOK_S / 2 >= pulse_s:  # to the nearest look
                    yield ":\n\n" if told == rev else f"id: {boot_id}-{rev}\n\n"
                    told, told_s = rev, now_s
                try:
                    async with asyncio.timeout(look_s - now_s):
                        await news.wait()
                except TimeoutError:
                    look_s = now_s  # due, also if the room's clock stands still
                now_s = room.clock.mono_s()
    finally:
        end.cancel()


def _event(boot_id: str, rev: int, kind: str, data: str) -> str:
    return f"id: {boot_id}-{rev}\nevent: {kind}\ndata: {data}\n\n"


def _revision(boot_id: str, last_id: str | None) -> int | None:
    boot, _, number = (last_id or "").rpartition("-")
    known = boot == boot_id and number.isascii() and number.isdecimal() and len(number) < 16
    return int(number) if known else None
