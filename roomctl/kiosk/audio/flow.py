"""Whether a browser records and plays, as the sound server has it.

That is all that can be known of a page that is not read. Knows no page and no daemon.
"""

from __future__ import annotations

import contextlib
import os

from roomctl.kiosk.audio.pulse import Connection, Gone
from roomctl.screen.signs import Flow


class Streams:
    """The sound server's streams, looked at now and then."""

    def __init__(self, server: str | None = None) -> None:
        """`server` is a PulseAudio address; None: where libpulse finds it."""
        self._server = server
        self._connection: Connection | None = None

    async def of(self, leader: int) -> Flow | None:
        """Return whether processes of the session that `leader` began record and play.

        None: no sound server tells.
        """
        try:
            if self._connection is None:
                connection = Connection(self._server)
                self._connection = connection
                await connection.open(lambda: None)
            recording, playing = await self._connection.streams()
        except Gone:
            await self.close()
            return None
        return Flow(_any(recording, leader), _any(playing, leader))

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Gone):
                await connection.close()


def _any(pids: set[int], leader: int) -> bool:
    return any(_session(pid) == leader for pid in pids)


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None
