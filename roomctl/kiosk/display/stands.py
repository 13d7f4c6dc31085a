"""What this process shows by itself: which page on which output, and whether the room's is lit.

Knows no meeting and no daemon; it takes the daemon's orders for the displays.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable

from roomctl.kiosk.browser.browser import Setup
from roomctl.kiosk.display import display, labwc
from roomctl.kiosk.display.cec import Television
from roomctl.kiosk.display.display import Lamp
from roomctl.kiosk.display.standing import Standing
from roomctl.screen.protocol import Place, Shown, Stand, Want
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

_WAITING = 16
_NAMES = {Place.ROOM: labwc.ROOM, Place.PANEL: labwc.PANEL}


class Stands:
    """The displays of a kiosk; in headless mode there are none, and nothing stands."""

    def __init__(self, setup: Setup, say: Callable[[Shown | Want], None]) -> None:
        self.lamp = Lamp(say)
        self._kiosk = setup.mode == "kiosk"
        self._say = say
        self._pages = {place: Standing(setup, name, self.want) for place, name in _NAMES.items()}
        self._outputs: dict[Place, str | None] = {}
        self._cec: str | None = None
        self._orders: asyncio.Queue[Stand] = asyncio.Queue(_WAITING)

    @property
    def room_output(self) -> str | None:
        """Which display is the room's; None: the first."""
        return self._outputs.get(Place.ROOM)

    def want(self) -> None:
        """Ask for addresses; those that stand already will stay."""
        if self._kiosk:
            self._say(Want())

    def take(self, order: Stand) -> None:
        """Have a page stand, soon."""
        if self._kiosk and self._orders.full():
            _log.warning("screen: ignored a page for %s; %d are waiting", order.place, _WAITING)
        elif self._kiosk:
            self._orders.put_nowait(order)

    def cover(self, covered: bool) -> None:
        """Note that a meeting stands on the room's display, or no longer does."""
        self._pages[Place.ROOM].cover(covered)

    async def run(self) -> None:
        """Show what is ordered until cancelled; no browser is left then."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.lamp.run())
            for page in self._pages.values():
                group.create_task(page.run())
            while True:
                await self._obey(await self._orders.get())

    async def _obey(self, order: Stand) -> None:
        if self._outputs.get(order.place) != order.output:
            self._outputs[order.place] = order.output
            room, panel = (self._outputs.get(place) for place in (Place.ROOM, Place.PANEL))
            self.lamp.output = room
            # Before the browser is started: a rule counts when a window appears.
            await in_thread(labwc.place, room, panel, dict(os.environ))
            await _look_for(order.output)
        if order.place is Place.ROOM and order.cec != self._cec:
            self._cec = order.cec
            self.lamp.television = Television(order.cec) if order.cec else None
            self.lamp.look()
        self._pages[order.place].take(order.url, order.output)


async def _look_for(output: str | None) -> None:
    """Say so if room.toml names an output that is not there; it may be plugged in later."""
    known = await display.outputs()
    if output is not None and known and output not in known:
        _log.warning("screen: there is no output %s now; there is: %s", output, ", ".join(known))
