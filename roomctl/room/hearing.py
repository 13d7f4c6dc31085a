"""The level meter and the test sound: asked of the screen only while somebody looks. Knows no mute.

A level is a number that nobody keeps: it goes to those who look, and not into the room document.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from roomctl.clock import Clock
from roomctl.errors import NoReply, Refused
from roomctl.screen import Screen
from roomctl.screen.protocol import Chirped

LISTEN_S = 6  # how long the screen goes on without being asked again
AGAIN_S = 2.0
_BEHIND = 4  # levels that may wait for one who looks
TEST_LIMIT_S = 15.0  # a source that wakes up, the sound, and its echo; twice, if one is under way


class Hearing:
    """What the room's microphone hears, as numbers."""

    def __init__(self, screen: Screen | None, clock: Clock) -> None:
        self._screen, self._clock = screen, clock
        self._listeners: set[asyncio.Queue[int]] = set()
        self._asked_at = float("-inf")

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Queue[int]]:
        """Get the level, 0-100, ten times a second until the block ends."""
        listener: asyncio.Queue[int] = asyncio.Queue(_BEHIND)
        self._listeners.add(listener)
        self.tick()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            if not self._listeners:
                self._asked_at = float("-inf")
                self._ask(0)

    def level(self, pct: int) -> None:
        """Hand a level on; whoever does not keep up loses it."""
        for listener in self._listeners:
            with contextlib.suppress(asyncio.QueueFull):
                listener.put_nowait(pct)

    def tick(self) -> None:
        """Keep the screen listening while somebody looks."""
        now = self._clock.mono_s()
        if self._listeners and now - self._asked_at >= AGAIN_S:
            self._asked_at = now
            self._ask(LISTEN_S)

    async def test(self) -> Chirped:
        """Have the test sound played, and return what the microphone made of it.

        Raises Refused("no_screen"), PortClosed, or NoReply after 15 s.
        """
        if self._screen is None:
            raise Refused("room", "no_screen", "this room has no [screen]")
        number = self._screen.chirp()
        limit = self._clock.mono_s() + TEST_LIMIT_S
        while self._clock.mono_s() < limit:
            found = self._screen.state.chirped
            if found is not None and found.id == number:
                return found
            await asyncio.sleep(0.05)
        raise NoReply("screen", TEST_LIMIT_S, "the test sound may have been played")

    def _ask(self, for_s: int) -> None:
        if self._screen is not None:
            self._screen.listen(for_s)
