"""What a panel does to the page on the display, one thing after the other, each answered.

Knows no daemon and no platform. It keeps no text and no picture, and its log has neither.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from roomctl.kiosk.browser.cdp import CdpError
from roomctl.kiosk.browser.tab import Tab
from roomctl.kiosk.input.reach import ByPipe, Reach, by_compositor
from roomctl.screen.touches import (
    LARGEST_PICTURE,
    Key,
    Look,
    Obstacle,
    Picture,
    Press,
    Relayed,
    Scroll,
    Touch,
    Type,
    in_parts,
)

_log = logging.getLogger(__name__)

Answer = Relayed | Picture

DO_S = 5.0
_WAITING = 32


class Relay:
    """The panel's hands on the display, while a meeting stands there."""

    def __init__(self, say: Callable[[Answer], None], output: Callable[[], str | None]) -> None:
        """`output` names the room's display; None: the first."""
        self._say, self._output = say, output
        self._display: Reach | None = None
        self._tab: Callable[[], Tab | None] = lambda: None
        self._meeting = False
        self._orders: asyncio.Queue[Touch] = asyncio.Queue(_WAITING)

    @property
    def everywhere(self) -> bool:
        """Whether any page can be reached, one in plain mode too."""
        return self._display is not None

    async def begin(self, tab: Callable[[], Tab | None]) -> None:
        """Reach for a meeting that begins; `tab` is its page, if that can be steered."""
        self._display = await by_compositor(self._output())
        self._tab, self._meeting = tab, True

    async def end(self) -> None:
        """Let go: after a meeting nothing on the display is the panel's to touch."""
        display, self._display, self._meeting = self._display, None, False
        if display is not None:
            await display.close()

    def take(self, order: Touch) -> None:
        """Have something done, soon."""
        if self._orders.full():
            self._say(Relayed(order.number, Obstacle.BUSY))
        else:
            self._orders.put_nowait(order)

    async def run(self) -> None:
        """Do as ordered until cancelled."""
        while True:
            order = await self._orders.get()
            try:
                async with asyncio.timeout(DO_S):
                    await self._obey(order)
            except (OSError, CdpError, TimeoutError) as error:
                _log.warning("screen: a touch did not reach the page: %s", error)
                self._say(Relayed(order.number, Obstacle.FAILED))
                await self._renew()

    async def _renew(self) -> None:
        """Reach for the compositor anew: it may have hung up on us."""
        if self._display is not None:
            await self._display.close()
            self._display = await by_compositor(self._output())

    async def _obey(self, order: Touch) -> None:
        reach = self._reach()
        if reach is None:
            why = Obstacle.NO_RELAY if self._meeting else Obstacle.NO_PAGE
            self._say(Relayed(order.number, why))
            return
        match order:
            case Look():
                self._send(order.number, await reach.look())
                return
            case Press():
                await reach.press(order.x, order.y)
            case Scroll():
                await reach.scroll(order.x, order.y, order.steps if order.down else -order.steps)
            case Type():
                await reach.type(order.text)
            case Key():
                await reach.key(order.key)
        self._say(Relayed(order.number))

    def _reach(self) -> Reach | None:
        if not self._meeting:
            return None
        tab = self._tab()
        return self._display or (ByPipe(tab) if tab is not None else None)

    def _send(self, number: int, picture: bytes) -> None:
        if len(picture) > LARGEST_PICTURE:
            raise OSError(f"the picture has {len(picture)} bytes, allowed {LARGEST_PICTURE}")
        for part in in_parts(number, picture):
            self._say(part)
