"""When the room was last heard, by what, and by which microphone and loudspeaker.

The evidence outlives the program. Knows no sound server and no screen.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from roomctl.clock import Clock
from roomctl.room.document import LastHeard
from roomctl.room.kept_file import KeptFile
from roomctl.screen.protocol import HearingProof, RoomHeard
from roomctl.store import Store
from roomctl.store.documents import Document

_log = logging.getLogger(__name__)

_FILE = "heard"


class Hearing:
    """The last evidence that the room hears, and is heard; None: there was none yet."""

    def __init__(
        self, store: Store | None, clock: Clock, act: Callable[[Awaitable[None]], object]
    ) -> None:
        self._file, self._clock, self._act = KeptFile(store, _FILE), clock, act
        self.last: LastHeard | None = None
        if store is not None:
            try:
                self.last = _read(store.read(_FILE, lambda found: _read(found) is not None))
            except OSError as error:
                _log.warning("sound: when the room was last heard cannot be read: %s", error)

    def note(self, heard: RoomHeard) -> None:
        """Take that it was heard just now."""
        at = self._clock.now().wall
        self.last = LastHeard(at, heard.by, heard.microphone, heard.loudspeaker)
        self._act(self._keep(self.last))

    async def _keep(self, last: LastHeard) -> None:
        found = {
            "at": last.at.isoformat(),
            "by": last.by,
            "microphone": last.microphone,
            "loudspeaker": last.loudspeaker,
        }
        try:
            await self._file.write(found)
        except OSError as error:
            _log.warning("sound: when the room was last heard is not stored: %s", error)


def _read(found: Document) -> LastHeard | None:
    """Return what was stored; ValueError, or another, for what makes no sense."""
    if not found:
        return None
    at = datetime.fromisoformat(str(found["at"]))
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    by = HearingProof(found["by"])
    return LastHeard(at, by, str(found["microphone"]), str(found["loudspeaker"]))
