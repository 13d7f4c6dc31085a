"""The pages of the room's own: the idle page, the panel, and which output has which.

Each has a browser and a profile of its own, for as long as this process lives. One that falls is
put up again, with a new address from the daemon, for an address pairs once. Knows no daemon and no
meeting; it takes the daemon's orders for the displays.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable

from roomctl.errors import RoomctlError
from roomctl.kiosk.browser.browser import Browser, BrowserSetup
from roomctl.kiosk.browser.cdp import CdpError
from roomctl.kiosk.browser.folder import BrowserFolder, end_all
from roomctl.kiosk.browser.tab import Tab
from roomctl.kiosk.display import labwc, windows
from roomctl.kiosk.display.cec import Television
from roomctl.kiosk.display.display_power import DisplayPower
from roomctl.screen.protocol import DisplayRole, DisplayState, ShowPage, WantPages
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
WINDOW_S = 20.0  # a page is often there before its window is
WINDOW_EVERY_S = 0.1
PROVEN_S = 30.0  # a page that stood this long is put up again at once


class _MadeWay(Exception):
    """A meeting was opened while the page was being put up."""


class IdlePage:
    """One display's own page."""

    def __init__(self, setup: BrowserSetup, name: str, want: Callable[[], None]) -> None:
        """`name` is its window's; `want` is called when an address is needed."""
        self._setup, self._name, self._want = setup, name, want
        self._address: str | None = None
        self._shown = ("", "")
        self._moved = asyncio.Event()
        self._covered, self._free = asyncio.Event(), asyncio.Event()
        self._settled = asyncio.Event()  # not between no window and a window
        self._free.set()
        self._settled.set()

    def take(self, address: str | None, output: str | None) -> None:
        """Show `address` from now on; one that stands there already stays, paired as it is."""
        page = ((address or "").partition("#")[0], output or "")
        if page != self._shown or address is None:
            self._shown, self._address = page, address
            self._moved.set()
        elif self._address is not None:
            self._address = address  # not opened yet: the newer one is good for longer

    async def cover(self) -> None:
        """Make way for a meeting; returns once no window of this page can come over it any more.

        A page that stands there stays, behind the meeting; one that is being put up is taken down.
        """
        self._free.clear()
        self._covered.set()
        await self._settled.wait()

    def uncover(self) -> None:
        """Note that no meeting stands before it any more."""
        self._covered.clear()
        self._free.set()

    async def run(self) -> None:
        """Keep the page standing until cancelled; browser and profile are gone then."""
        wait_s = FIRST_WAIT_S
        while True:
            address = await self._next()
            began = asyncio.get_running_loop().time()
            try:
                if await self._show(address):
                    continue  # it was taken down: another address is there, or none
            except _MadeWay:
                await self._renew()
                continue
            lasted_s = asyncio.get_running_loop().time() - began
            wait_s = FIRST_WAIT_S if lasted_s > PROVEN_S else min(wait_s * 2, LONGEST_WAIT_S)
            _log.warning("screen: %s ended, and restarts in %g s", self._name, wait_s)
            await asyncio.sleep(wait_s)
            await self._renew()

    async def _next(self) -> str:
        """Wait for an address, and until it may be shown; hand it out once."""
        while True:
            if self._address is None:
                self._moved.clear()
                await self._moved.wait()
            elif not self._free.is_set():
                await self._renew()
            else:
                address, self._address = self._address, None
                self._moved.clear()
                return address

    async def _renew(self) -> None:
        """Ask for a new address as soon as it may be shown."""
        await self._free.wait()
        self._shown, self._address = ("", ""), None
        self._want()

    async def _show(self, address: str) -> bool:
        """Show a page until it falls (False) or is taken down (True); _MadeWay for a meeting."""
        self._settled.clear()
        folder: BrowserFolder | None = None
        browser: Browser | None = None
        tab = Tab(lambda host: None)
        try:
            folder = await in_thread(BrowserFolder, self._setup.base)
            browser = Browser(
                self._setup, folder, None, piped=True, start="about:blank", name=self._name
            )
            await self._put_up(browser, tab, address)
            _log.info("screen: %s is shown", self._name)
            return await self._until_moved(browser, tab)
        except (CdpError, TimeoutError, OSError, RoomctlError) as error:
            _log.warning("screen: %s cannot be shown: %s", self._name, error)
            return False
        finally:
            # Shielded: being asked to end must not cut short the removal of the profile.
            try:
                await asyncio.shield(asyncio.ensure_future(_clean(folder, browser, tab)))
            finally:
                self._settled.set()

    async def _put_up(self, browser: Browser, tab: Tab, address: str) -> None:
        """Have the page stand in its window; _MadeWay if a meeting is opened before it does."""
        standing = asyncio.ensure_future(self._stand(browser, tab, address))
        covered = asyncio.ensure_future(self._covered.wait())
        try:
            await asyncio.wait((standing, covered), return_when=asyncio.FIRST_COMPLETED)
            if not standing.done():
                raise _MadeWay
            standing.result()
            self._settled.set()
        finally:
            for wait in (standing, covered):
                wait.cancel()
            await asyncio.gather(standing, covered, return_exceptions=True)

    async def _stand(self, browser: Browser, tab: Tab, address: str) -> None:
        await tab.attach(browser.take_pipe())
        await tab.open(address)
        async with asyncio.timeout(WINDOW_S):
            while not await in_thread(windows.there, dict(os.environ), self._name):
                await asyncio.sleep(WINDOW_EVERY_S)
        await tab.take_keys()

    async def _until_moved(self, browser: Browser, tab: Tab) -> bool:
        ends = (self._moved.wait(), tab.crashed.wait(), tab.closed.wait(), _gone(browser))
        waits = [asyncio.ensure_future(end) for end in ends]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return self._moved.is_set()


async def _gone(browser: Browser) -> bool:
    await asyncio.wait((browser.gone,))
    return True


async def _clean(folder: BrowserFolder | None, browser: Browser | None, tab: Tab) -> None:
    if browser is not None:
        await browser.stop()
    await tab.end()
    if folder is not None:
        await in_thread(end_all, folder.path)
        if not await in_thread(folder.remove):
            _log.error("screen: %s cannot be removed; it may hold a profile", folder.path)


_log = logging.getLogger(__name__)

_WAITING = 16
_NAMES = {DisplayRole.ROOM: labwc.ROOM, DisplayRole.PANEL: labwc.PANEL}


class PageManager:
    """The displays of a kiosk; in headless mode there are none, and no page."""

    def __init__(
        self,
        setup: BrowserSetup,
        say: Callable[[DisplayState | WantPages], None],
        *,
        places_windows: bool = True,
    ) -> None:
        """`places_windows`: this process tells the compositor which output has which."""
        self.power = DisplayPower(say)
        self._kiosk = setup.mode == "kiosk"
        self._say, self._places_windows = say, places_windows
        self._pages = {place: IdlePage(setup, name, self.want) for place, name in _NAMES.items()}
        self._outputs: dict[DisplayRole, str | None] = {}
        self._cec: str | None = None
        self.hides = setup.mode != "kiosk"  # a window that waits; where there is none, anyway
        self._orders: asyncio.Queue[ShowPage] = asyncio.Queue(_WAITING)

    @property
    def room_output(self) -> str | None:
        """Which display is the room's; None: the first."""
        return self._outputs.get(DisplayRole.ROOM)

    def want(self) -> None:
        """Ask for addresses; those that stand already will stay."""
        if self._kiosk:
            self._say(WantPages())

    def take(self, order: ShowPage) -> None:
        """Have a page stand, soon."""
        if self._kiosk and self._orders.full():
            _log.warning("screen: ignored a page for %s; %d are waiting", order.place, _WAITING)
        elif self._kiosk:
            self._orders.put_nowait(order)

    async def cover(self) -> None:
        """Make way for a meeting on the room's display: no page comes over it from now on."""
        await self._pages[DisplayRole.ROOM].cover()

    def uncover(self) -> None:
        """Note that no meeting is open on the room's display any more."""
        self._pages[DisplayRole.ROOM].uncover()

    async def run(self) -> None:
        """Show what is ordered until cancelled; no browser is left then."""
        if self._kiosk and self._places_windows and "LABWC_PID" in os.environ:
            # Its keys, from the start.
            self.hides = await in_thread(labwc.place, None, None, dict(os.environ))
        async with asyncio.TaskGroup() as group:
            group.create_task(self.power.run())
            for page in self._pages.values():
                group.create_task(page.run())
            while True:
                await self._obey(await self._orders.get())

    async def _obey(self, order: ShowPage) -> None:
        if self._outputs.get(order.place) != order.output:
            self._outputs[order.place] = order.output
            room, panel = (
                self._outputs.get(place) for place in (DisplayRole.ROOM, DisplayRole.PANEL)
            )
            self.power.output = room
            # Before the browser is started: a rule counts when a window appears.
            if self._places_windows:
                self.hides = await in_thread(labwc.place, room, panel, dict(os.environ))
            await self._look_for(order.output)
        if order.place is DisplayRole.ROOM and order.cec != self._cec:
            self._cec = order.cec
            self.power.television = Television(order.cec) if order.cec else None
            self.power.look()
        self._pages[order.place].take(order.url, order.output)

    async def _look_for(self, output: str | None) -> None:
        """Say so if room.toml names an output that is not there; it may be plugged in later."""
        known = await self.power.outputs()
        if output is not None and known and output not in known:
            _log.warning(
                "screen: there is no output %s now; there is: %s", output, ", ".join(known)
            )
