"""Gets an assisted meeting past its first page, and presses its Leave, as its platform's file says.

Each is done once, with presses and keys that the page cannot tell from a person's: a page that asks
again, for a passcode say, is a person's business. Knows no process and no daemon.
"""

from __future__ import annotations

from roomctl.kiosk.browser.cdp import CdpError
from roomctl.kiosk.browser.tab import Tab
from roomctl.screen.way import Place, Way, finding, found


class Usher:
    """Knows one meeting's way in and out, and what of it is done."""

    def __init__(self, tab: Tab, way: Way, name: str) -> None:
        self._tab, self._way, self._name = tab, way, name
        self._named = not (way.name and name)
        self._joined = not way.join

    async def step(self) -> None:
        """Type the name, then press Join, each when it can be; CdpError if the page is gone."""
        if self._joined:
            return
        if not self._named:
            field = await self._find(self._way.name)
            if field is None:
                return
            if not field.filled:
                await self._press(field)
                await self._tab.ask("Input.insertText", {"text": self._name})
            self._named = True
        self._joined = await self._press_if_there(self._way.join)

    async def leave(self) -> bool:
        """Press the page's own Leave and let it say goodbye, for 1 s at most.

        Return whether it was there to be pressed.
        """
        if not self._way.leave:
            return False
        try:
            pressed = await self._press_if_there(self._way.leave)
        except CdpError:
            return False
        if pressed:
            await self._tab.say_goodbye()
        return pressed

    async def _press_if_there(self, selector: str) -> bool:
        place = await self._find(selector)
        if place is not None:
            await self._press(place)
        return place is not None

    async def _find(self, selector: str) -> Place | None:
        question = {"expression": finding(selector), "returnByValue": True}
        answer = await self._tab.ask("Runtime.evaluate", question)
        return found(answer.get("result", {}).get("value"))

    async def _press(self, place: Place) -> None:
        for what in ("mousePressed", "mouseReleased"):
            mouse = {"type": what, "x": place.x, "y": place.y, "button": "left", "clickCount": 1}
            await self._tab.ask("Input.dispatchMouseEvent", mouse)
