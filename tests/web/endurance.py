"""A panel that is left on for weeks, in little time: what it still holds after that.

Updates come over its socket, views are opened and closed by touch; the browser collects its garbage
before it is asked what the page's heap has. Knows no room.
"""

from __future__ import annotations

import itertools
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from tests.web import rooms
from tests.web.conftest import until, usable
from tests.web.stand_in import StandIn, serving

MOST_MB = 2.0
WARMING_UPDATES, WARMING_VIEWS = 400, 2  # rounds of all views: what is loaded once, is loaded
AT_ONCE = 200  # updates, until the panel has drawn the last of them
LANDSCAPE: Any = {"width": 1280, "height": 800}
VIEWS = (".enter-key", ".camera-key", "home-view .reading", ".ask", ".because-key")


def endure(
    browser: Browser, updates: int, views: int, most_mb: float = MOST_MB
) -> tuple[str, bool]:
    """Have a panel take updates and changes of view; say what it holds, and whether it is few."""
    with serving(StandIn(rooms.at_rest())) as stand_in:
        context = browser.new_context(viewport=LANDSCAPE, has_touch=True, reduced_motion="reduce")
        page = context.new_page()
        page.goto(stand_in.url)
        usable(page)
        devtools = context.new_cdp_session(page)
        _update(page, stand_in, WARMING_UPDATES)
        _look_around(page, WARMING_VIEWS * len(VIEWS))
        before = _heap_mb(devtools)
        _update(page, stand_in, updates // 2)
        _look_around(page, views)
        _update(page, stand_in, updates - updates // 2)
        after = _heap_mb(devtools)
        nodes = page.evaluate("document.querySelectorAll('*').length")
        context.close()
    more = after - before
    told = f"panel: {updates} updates, {views} changes of view: heap {before:.1f} -> {after:.1f} MB"
    return f"{told} ({more:+.2f}, at most {most_mb:g}), {nodes} elements", more <= most_mb


def _update(page: Page, stand_in: StandIn, count: int) -> None:
    """Change what moves most: levels, presence, volume, bookings and who has done what."""
    for at in range(count):
        audio = {**stand_in.room["audio"], "volume_pct": at % 101}
        sections: dict[str, Any] = {"audio": audio}
        if at % 7 == 0:
            sections["bookings"] = [
                rooms.booking(f"{at % 50}-{number}", f"Meeting {at}", 20 + 60 * number)
                for number in range(3)
            ]
        if at % 11 == 0:
            text = f"Message {at}"
            sections["message"] = {**_MESSAGE, "text": text} if at % 2 else None
        stand_in.patch(**sections)
        stand_in.say({"type": "level", "pct": at % 100})
        if at % AT_ONCE == AT_ONCE - 1 or at == count - 1:
            until(page, f"document.querySelector('room-panel').live.room.rev === {stand_in.rev}")


_MESSAGE = {
    "at": "2026-11-27T09:00:00Z",
    "until": "2099-01-01T00:00:00Z",
    "requested_by": "operate",
    "requested_by_name": "staff",
}


def _look_around(page: Page, count: int) -> None:
    """Open so many views, one after the other, and go back from each."""
    for key in itertools.islice(itertools.cycle(VIEWS), count):
        page.locator(key).first.tap()
        page.locator(".back").tap()


def _heap_mb(devtools: CDPSession) -> float:
    for _ in range(3):  # what was held by what was collected is collected then
        devtools.send("HeapProfiler.collectGarbage")
    used: float = devtools.send("Runtime.getHeapUsage")["usedSize"]
    return used / 1e6
