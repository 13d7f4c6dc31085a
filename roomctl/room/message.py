"""The one message that facilities staff show on a room's panels and on its display, for a while.

Kept over a restart, in the table `message` of `history.sqlite`. Knows no panel.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from roomctl.clock import Clock, Moment
from roomctl.command import MessageSeconds, MessageText, Source, command
from roomctl.errors import RoomctlError
from roomctl.kind import Part
from roomctl.roles import Right
from roomctl.room.document import MessageEntry
from roomctl.store import Damaged, Database
from roomctl.wire import in_thread

if TYPE_CHECKING:
    from roomctl.store.database import Connection

_log = logging.getLogger(__name__)

USUAL_S = 3600


class RoomMessage(Part):
    """What is shown, until when, and who wrote it."""

    def __init__(self, database: Database, clock: Clock, changed: Callable[[], None]) -> None:
        self._database, self._clock, self._changed = database, clock, changed
        self._keeping = asyncio.Lock()
        self._shown: MessageEntry | None = None

    async def run(self) -> None:
        """Show what is kept, unless another message was first."""
        async with self._keeping:
            if self._shown is None and not self._database.is_empty:
                try:
                    self._shown = await in_thread(self._database.read, _kept)
                except RoomctlError as error:
                    _log.warning("message: what is kept cannot be read: %s", error)
                self._changed()
        await asyncio.Event().wait()

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
            try:
                await in_thread(self._database.write, partial(_keep, shown=shown))
            except RoomctlError:
                self._shown = before
                self._changed()
                raise


def _keep(base: Connection, shown: MessageEntry | None) -> None:
    base.execute("DELETE FROM message")
    if shown is not None:
        sql = """INSERT INTO message (text, at, until, requested_by, requested_by_name)
          VALUES (?, ?, ?, ?, ?)"""
        times = (shown.at.isoformat(), shown.until.isoformat())
        base.execute(sql, (shown.text, *times, shown.requested_by, shown.requested_by_name))


def _kept(base: Connection) -> MessageEntry | None:
    sql = "SELECT text, at, until, requested_by, requested_by_name FROM message"
    row = base.execute(sql).fetchone()
    if row is None:
        return None
    text, at, until, *who = row
    try:
        times = datetime.fromisoformat(at), datetime.fromisoformat(until)
    except ValueError as error:
        raise Damaged(f"message: a row that was never written: {error}") from error
    return MessageEntry(text, *times, *who)
