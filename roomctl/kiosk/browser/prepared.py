"""A browser with all that one meeting needs, before it is at that meeting.

It knows what kind of meeting it is for (`BrowserNeeds`), and not which one. A plain one stands at
our loopback page, which is sent on; a steered one at about:blank, with its pipe attached. Either
begins with the meeting, or waits for one: then its window is out of sight until `show`.
"""

from __future__ import annotations

import asyncio
import logging
import os

from roomctl.kiosk.browser import navigation_guard, persistent_login
from roomctl.kiosk.browser.browser import Browser, BrowserSetup
from roomctl.kiosk.browser.folder import BrowserFolder, end_all
from roomctl.kiosk.browser.navigation_guard import LaunchRedirect
from roomctl.kiosk.browser.persistent_login import PersistentLogin
from roomctl.kiosk.browser.tab import Tab
from roomctl.kiosk.display import labwc, windows
from roomctl.kiosk.process import Process
from roomctl.screen.protocol import BrowserNeeds
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

WINDOW_EVERY_S = 0.05


class PreparedBrowser:
    """One browser, its folder, and the way to its page: `redirect` of a plain one, else `tab`."""

    def __init__(self, setup: BrowserSetup, needs: BrowserNeeds, *, waits: bool = False) -> None:
        self.needs, self.waits = needs, waits
        self._setup = setup
        self._login: PersistentLogin | None = None
        self._attached: asyncio.Future[None] | None = None
        self._made: asyncio.Future[BrowserFolder] | None = None
        self.process: Process | None = None  # a browser, or what a session put in its place
        self.redirect: LaunchRedirect | None = None
        self.tab: Tab | None = None
        self.ready = False

    @property
    def folder(self) -> BrowserFolder | None:
        """All that it may write; None: not made yet, or it could not be."""
        made = self._made
        there = made is not None and made.done() and made.exception() is None
        return made.result() if made is not None and there else None

    async def make_folder(self) -> BrowserFolder:
        # Shielded: whoever leaves at once must not leave a folder that nobody knows.
        self._made = asyncio.ensure_future(in_thread(BrowserFolder, self._setup.base))
        return await asyncio.shield(self._made)

    async def start(self, folder: BrowserFolder) -> Browser:
        """Start the browser in its new folder; OSError if it cannot be."""
        needs = self.needs
        if needs.login:
            login = PersistentLogin(persistent_login.base(os.environ), needs.login)
            await in_thread(login.bring, folder.profile)
            self._login = login  # what was brought in part is not kept
        start = "about:blank"
        if not needs.assisted:
            redirect = self.redirect = LaunchRedirect(_stopped)
            start = await redirect.open()
            ways = redirect.stay, redirect.again, needs.site
            await in_thread(navigation_guard.install, folder.guard, needs.hosts, *ways)
        browser = Browser(
            self._setup,
            folder,
            needs.origin,
            piped=needs.assisted,
            start=start,
            name=labwc.WAITING if self.waits else labwc.MEETING,
            camera=needs.camera,
            guarded=not needs.assisted,
            logged=True,
            spare=self.waits,
        )
        self.process = browser
        if needs.assisted:
            self.tab = Tab(lambda host: None, needs.hosts, needs.site)
            self._attached = asyncio.ensure_future(self.tab.attach(browser.take_pipe()))
        return browser

    async def attached(self) -> None:
        """Wait until a steered page can be told where to go; CdpError or TimeoutError if not."""
        if self._attached is not None:
            await asyncio.shield(self._attached)

    async def stand(self) -> None:
        """Wait until it waits, its window out of sight; CdpError or TimeoutError if it cannot."""
        await self.attached()
        if self.redirect is not None:
            await self.redirect.waits.wait()
        if self._setup.mode == "kiosk":
            while not await in_thread(windows.there, dict(os.environ), labwc.WAITING):
                await asyncio.sleep(WINDOW_EVERY_S)
        self.ready = True

    @property
    def lost(self) -> bool:
        """Whether what waited does so no more: its process or its page is gone."""
        if self.process is None or self.process.gone.done():
            return self.process is not None
        if self.tab is not None and (self.tab.crashed.is_set() or self.tab.closed.is_set()):
            return True
        return self.ready and self.redirect is not None and not self.redirect.waits.is_set()

    async def show(self) -> None:
        """Bring a window that waited before all others, as soon as it is there."""
        if self.waits and self._setup.mode == "kiosk":
            while not await in_thread(windows.bring, dict(os.environ), labwc.WAITING):
                await asyncio.sleep(WINDOW_EVERY_S)

    async def remove(self) -> None:
        """End the browser, and remove all that it had; it was at no meeting."""
        self._login = None
        if self.process is not None:
            await self.process.kill()
        await self._clean()

    async def close(self) -> None:
        """End the browser in order, keep its sign-in, and remove all that it had."""
        if self.redirect is not None:
            self.redirect.close()
        if self.process is not None:
            await self.process.stop()
        await self._clean(self._login)

    async def _clean(self, kept: PersistentLogin | None = None) -> None:
        if self.redirect is not None:
            self.redirect.close()
        if self._attached is not None:
            self._attached.cancel()
            await asyncio.gather(self._attached, return_exceptions=True)
        if self.tab is not None:
            await self.tab.end()
        if self._made is None:
            return
        try:
            folder = await asyncio.shield(self._made)
        except OSError:
            return  # there is none
        await in_thread(end_all, folder.path)
        if kept is not None:
            try:
                await in_thread(kept.save, folder.profile)
            except OSError as error:
                _log.warning("screen: the sign-in cannot be kept: %s", error.strerror)
        if not await in_thread(folder.remove):
            _log.error("screen: %s cannot be removed; it may hold a profile", folder.path)


def _stopped(host: str) -> None:
    _log.warning("screen: did not leave the meeting for %s", host or "an unnamed host")
