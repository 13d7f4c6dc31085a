"""Gets an assisted meeting past its first page, and presses its Leave, as its platform's file says.

Each is done once, with presses and keys that the page cannot tell from a person's: a page that asks
again, for a passcode say, is a person's business. Knows no process and no daemon.
"""

from __future__ import annotations

import json
import math

from roomctl.frozen import frozen
from roomctl.kiosk.browser.cdp import CdpError
from roomctl.kiosk.browser.tab import Tab
from roomctl.screen.protocol import PageSelectors


@frozen
class PageElement:
    """An element that can be pressed: its middle in CSS pixels, and whether text stands in it."""

    x: float
    y: float
    filled: bool


WHOLE_MS = 10_000  # then a page is as whole as it gets: some wait for a last picture for ever

# An element that something else covers, such as a notice, is not there to be pressed; nor is one
# on a page whose scripts may not be there yet, or that was not drawn yet: Chromium 156 takes a
# press before that and loses it (seen once in 25 joins on a busy machine).
_FIND = """
((selector, whole) => {
  const drawn = performance.getEntriesByType("paint").length > 0;
  const ready = document.readyState === "complete" && drawn;
  if (!ready && performance.now() < whole) return null;
  const there = (one) => !one.disabled && one.checkVisibility({ visibilityProperty: true });
  const one = [...document.querySelectorAll(selector)].find(there);
  if (!one) return null;
  one.scrollIntoView({ block: "nearest" });
  const box = one.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return one.contains(document.elementFromPoint(x, y)) ? [x, y, Boolean(one.value)] : null;
})
"""


def finding(selector: str) -> str:
    """Return the expression that looks for an element."""
    return f"{_FIND}({json.dumps(selector)}, {WHOLE_MS})"


def found(answer: object) -> PageElement | None:
    """Read what a page answered, which can be anything; None: it is not there."""
    if not isinstance(answer, list) or len(answer) != 3:
        return None
    x, y, filled = answer
    if not all(type(one) in (int, float) and math.isfinite(one) for one in (x, y)):
        return None
    return PageElement(x, y, filled) if type(filled) is bool else None


class AutoJoin:
    """Knows one meeting's way in and out, and what of it is done."""

    def __init__(self, tab: Tab, way: PageSelectors, name: str) -> None:
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

    async def _find(self, selector: str) -> PageElement | None:
        question = {"expression": finding(selector), "returnByValue": True}
        answer = await self._tab.ask("Runtime.evaluate", question)
        return found(answer.get("result", {}).get("value"))

    async def _press(self, place: PageElement) -> None:
        for what in ("mousePressed", "mouseReleased"):
            mouse = {"type": what, "x": place.x, "y": place.y, "button": "left", "clickCount": 1}
            await self._tab.ask("Input.dispatchMouseEvent", mouse)
