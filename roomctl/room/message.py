"""The one message that facilities staff show on a room's panels and on its display, for a while.

Kept over a restart. Knows no panel.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from roomctl.clock import Clock, Moment
from roomctl.command import MessageSeconds, MessageText, Source, command
from roomctl.errors import RoomctlError
from roomctl.kind import Part
from roomctl.roles import Right
from roomctl.room.document import MessageEntry
from roomctl.store import Store, all_text
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

USUAL_S = 3600
_FILE = "message"


class RoomMessage(Part):
    """What is shown, until when, and who wrote it; without a store it is forgotten at the end."""

    def __init__(self, store: Store | None, clock: Clock, changed: Callable[[], None]) -> None:
        self._store, self._clock, self._changed = store, clock, changed
        self._keeping = asyncio.Lock()
        self._shown = _entry(store.read(_FILE, all_text)) if store is not None else None

    def sections(self, now: Moment) -> Mapping[str, object]:
        shown = self._shown
        return {"message": shown if shown is not None and now.wall < shown.until else None}

    def due(self) -> float | None:
        if self._shown is None:
            return None
        now = self._clock.now()
        left_s = (self._shown.until - now.wall).total_seconds()
        return now.mono_s + left_s if left_s > 0 else None

    @command("room.message", Right.MESSAGE)
    async def _show(
        self, source: Source, text: MessageText, for_s: MessageSeconds = USUAL_S
    ) -> None:
        """Show a text on panels and display for `for_s` seconds, in place of an earlier one."""
        now = self._clock.now().wall
        until = now + timedelta(seconds=for_s)
        await self._set(MessageEntry(text, now, until, source.role, source.name))

    @command("room.clear_message", Right.MESSAGE)
    async def _clear(self, source: Source) -> None:
        """Clear the message."""
        if self._shown is not None:
            await self._set(None)

    async def _set(self, shown: MessageEntry | None) -> None:
        """Show it at once, and keep it before the command is done; what is not kept is taken back.

        To keep it takes as long as the disk does: some 20 ms on a memory card.
        """
        async with self._keeping:
            before, self._shown = self._shown, shown
            self._changed()
            if self._store is None:
                return
            try:
                await in_thread(self._store.write, _FILE, _kept(shown))
            except OSError as error:
                self._shown = before
                self._changed()
                where = self._store.folder / f"{_FILE}.json"
                raise RoomctlError(f"{where}: cannot be written: {error}") from error


def _kept(shown: MessageEntry | None) -> dict[str, str]:
    if shown is None:
        return {}
    return {
        "text": shown.text,
        "at": shown.at.isoformat(),
        "until": shown.until.isoformat(),
        "requested_by": shown.requested_by,
        "requested_by_name": shown.requested_by_name,
    }


def _entry(kept: Mapping[str, str]) -> MessageEntry | None:
    if not kept:
        return None
    try:
        at, until = (datetime.fromisoformat(kept[key]) for key in ("at", "until"))
        who = (kept["requested_by"], kept["requested_by_name"])
        return MessageEntry(kept["text"], at, until, *who) if at.tzinfo and until.tzinfo else None
    except (KeyError, ValueError) as error:
        _log.warning("message: what was kept is left out: %r", error)
        return None
