"""A panel's touches on their way to the screen, and the answers that come back.

Knows no wire and no page. Pictures are put together here, and kept only for a moment, so that many
panels that look at once cost the screen no more than one.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable

from roomctl.clock import Clock
from roomctl.errors import NoReply, PortClosed, Refused
from roomctl.screen.touches import (
    Key,
    KeyName,
    Look,
    Obstacle,
    Picture,
    Press,
    Relayed,
    Scroll,
    Touch,
    Type,
)

ANSWER_S = 6.0  # the screen gives up a touch after 5 s
FRESH_S = 0.2  # five pictures a second are more than anybody is shown

_WHY = {
    Obstacle.NO_PAGE: "no meeting stands on the room's display",
    Obstacle.NO_RELAY: "this display cannot be touched from a panel; see docs/kiosk.md",
    Obstacle.BUSY: "too many touches wait; try again in a moment",
    Obstacle.FAILED: "the touch did not reach the page; look at the room's display",
}


class Touching:
    """What was asked of the screen's page and is not answered yet."""

    def __init__(self, name: str, say: Callable[[Touch], None], clock: Clock) -> None:
        """`say` sends an order, or raises PortClosed."""
        self._name, self._say, self._clock = name, say, clock
        self._number = 0
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._parts: dict[int, list[str]] = {}
        self._one_look = asyncio.Lock()
        self._last: tuple[float, bytes] | None = None

    async def look(self) -> bytes:
        """Return a picture of the display, at most 0.2 s old: PNG or JPEG."""
        async with self._one_look:
            if self._last is None or self._clock.mono_s() - self._last[0] > FRESH_S:
                picture = await self._done(Look)
                self._last = (self._clock.mono_s(), picture)
            return self._last[1]

    async def press(self, x: float, y: float) -> None:
        await self._done(lambda number: Press(number, x, y))

    async def scroll(self, x: float, y: float, steps: int, down: bool) -> None:
        await self._done(lambda number: Scroll(number, x, y, steps, down))

    async def type(self, text: str) -> None:
        await self._done(lambda number: Type(number, text))

    async def key(self, key: KeyName) -> None:
        await self._done(lambda number: Key(number, key))

    def heard(self, answer: Relayed | Picture) -> None:
        """Take an answer; one that nobody waits for any more is passed over."""
        waiting = self._waiting.get(answer.number)
        if waiting is None or waiting.done():
            return
        if isinstance(answer, Picture):
            self._collect(answer, waiting)
        elif answer.obstacle is None:
            waiting.set_result(b"")
        else:
            why = _WHY[answer.obstacle]
            waiting.set_exception(Refused(self._name, answer.obstacle.value, why))

    def lost(self, error: PortClosed) -> None:
        """Answer everything with `error`: the screen is gone."""
        self._last = None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(error)

    async def _done(self, order: Callable[[int], Touch]) -> bytes:
        """Have something done; return the picture if it was a look."""
        self._number += 1
        number = self._number
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._say(order(number))
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except TimeoutError:
            hint = "look at the room's display before trying again"
            raise NoReply(self._name, ANSWER_S, hint) from None
        finally:
            del self._waiting[number]
            self._parts.pop(number, None)

    def _collect(self, picture: Picture, waiting: asyncio.Future[bytes]) -> None:
        parts = self._parts.setdefault(picture.number, [])
        if picture.part != len(parts):
            return
        parts.append(picture.data)
        if len(parts) == picture.parts:
            try:
                waiting.set_result(base64.b64decode("".join(parts), validate=True))
            except (binascii.Error, ValueError):
                why = _WHY[Obstacle.FAILED]
                waiting.set_exception(Refused(self._name, Obstacle.FAILED.value, why))
