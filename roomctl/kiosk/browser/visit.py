"""One meeting in one browser, from launching to gone: profile made, page opened, read, removed.

Knows no daemon: it reports Pages. Whatever way a visit ends, the browser and its folder are gone
before the last Page says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from urllib.parse import urlsplit

from roomctl.errors import RoomctlError
from roomctl.kiosk.browser import client, fence, keep
from roomctl.kiosk.browser.browser import Browser, Setup
from roomctl.kiosk.browser.cdp import CdpError
from roomctl.kiosk.browser.door import Door
from roomctl.kiosk.browser.folder import Folder, end_all, holders
from roomctl.kiosk.browser.keep import Keep
from roomctl.kiosk.browser.process import Process
from roomctl.kiosk.browser.tab import Tab
from roomctl.kiosk.browser.usher import Usher
from roomctl.kiosk.display import display, labwc
from roomctl.screen.protocol import Flow, Open, Page, Phase, Reason, Rtc, Seen, host_of
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

READ_EVERY_S = 0.5
LISTEN_EVERY_S = 1.0
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")  # a host as it stands in IDNA
FETCHED_S = 30.0  # until a plain browser has fetched its start address
_ELSEWHERE = "the link leads to a host that is not the platform's; is it one for [meeting] also?"

Outcome = tuple[Phase, Reason | None]
FlowOf = Callable[[int], Awaitable[Flow | None]]
Showing = Coroutine[None, None, Outcome]


class Failed(RoomctlError):
    """A page cannot be shown; `reason` is for people, the text for a technician."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


class Visit:
    """A meeting that is being opened, is open, or is being left.

    `reached` says whether a panel can reach any page here, without its being read.
    """

    reached = False

    def __init__(
        self, order: Open, setup: Setup, report: Callable[[Page], None], flow_of: FlowOf
    ) -> None:
        """`flow_of` tells of a browser, by its process, whether it records and plays."""
        self._order, self._setup, self._report = order, setup, report
        self._flow_of = flow_of
        self._page = Page(order.id, Phase.LAUNCHING, host_of(order.url))
        self._left = asyncio.Event()
        self._why_left = Reason.LEFT
        self._browser: Process | None = None
        self._keep: Keep | None = None
        self._tab: Tab | None = None
        self._usher: Usher | None = None
        self._door: Door | None = None

    @property
    def page(self) -> Page:
        return self._page

    @property
    def tab(self) -> Tab | None:
        """The page as it can be steered; None in plain mode, and before it is open."""
        return self._tab if self._page.phase is Phase.OPEN else None

    def leave(self, why: Reason) -> None:
        """Have the visit end; the first reason stays."""
        if not self._left.is_set():
            self._why_left = why
            self._left.set()

    async def run(self) -> None:
        """Live through the meeting; returns when everything is gone."""
        self._report(self._page)
        _log.info("screen: opening a meeting on %s", self._page.host)
        folder: Folder | None = None
        outcome: Outcome = (Phase.CLOSED, Reason.LEFT)
        try:
            _check(self._order)
            folder = await in_thread(Folder, self._setup.base)
            outcome = await self._until_left(folder)
        except Failed as error:
            _log.warning("screen: the meeting on %s failed: %s", self._page.host, error)
            outcome = (Phase.FAILED, error.reason)
        except OSError as error:
            _log.warning("screen: the browser cannot be started: %s", error.strerror)
            outcome = (Phase.FAILED, Reason.BROWSER_START)
        finally:
            await self._clean(folder)
        self._say(Page(self._page.id, outcome[0], self._page.host, outcome[1]))
        _log.info("screen: the meeting on %s is over: %s", self._page.host, outcome[0])

    async def _until_left(self, folder: Folder) -> Outcome:
        living = asyncio.ensure_future(self._live(folder))
        leaving = asyncio.ensure_future(self._left.wait())
        try:
            await asyncio.wait((living, leaving), return_when="FIRST_COMPLETED")
            if living.done():
                return living.result()
            living.cancel()
            lost = self._why_left is Reason.STOPPED  # nobody wanted it to end
            if not lost:
                self._say(Page(self._page.id, Phase.CLOSING, self._page.host, self._why_left))
            if self._tab is not None and self._usher is not None:
                await self._usher.leave()
                await self._tab.close()
            return Phase.CRASHED if lost else Phase.CLOSED, self._why_left
        finally:
            for task in (living, leaving):
                task.cancel()
            await asyncio.gather(living, leaving, return_exceptions=True)

    async def _live(self, folder: Folder) -> Outcome:
        if self._order.native:
            line = await in_thread(client.command, self._order.native, dict(os.environ))
            if line is not None:
                return await self._client(folder, line)
            _log.info("screen: the client for %s is not installed; its page is opened", self._named)
        if self._order.keep:
            self._keep = Keep(keep.base(os.environ), self._order.keep)
            await in_thread(self._keep.bring, folder.profile)
        if self._order.assisted:
            browser = Browser(
                self._setup,
                folder,
                self._order.origin,
                piped=True,
                start="about:blank",
                name=labwc.MEETING,
                camera=self._order.camera,
            )
            self._browser = browser
            return await self._until_gone(browser, self._assisted(browser))
        self._door = Door(self._order.url, self._stopped)
        start = await self._door.open()
        hosts = self._order.hosts
        if hosts:
            await in_thread(fence.put_up, folder.fence, hosts, self._door.stay, start)
            self._door.fenced = True
        browser = Browser(
            self._setup,
            folder,
            self._order.origin,
            piped=False,
            start=start,
            name=labwc.MEETING,
            camera=self._order.camera,
            fenced=bool(hosts),
        )
        self._browser = browser
        return await self._until_gone(browser, self._plain(self._door, browser))

    async def _until_gone(self, browser: Browser, showing: Showing) -> Outcome:
        """Show the page until the browser is gone, or the page is."""
        shown = asyncio.ensure_future(showing)
        try:
            await asyncio.wait((shown, browser.gone), return_when="FIRST_COMPLETED")
            if browser.gone.done():
                return await self._explain(browser)
            return shown.result()
        finally:
            shown.cancel()
            await asyncio.gather(shown, return_exceptions=True)

    async def _explain(self, browser: Process) -> Outcome:
        if self._page.phase is Phase.LAUNCHING and isinstance(browser, Browser):
            why = f"the browser went away with status {browser.gone.result()}"
            raise Failed(browser.complaint(), why)
        if browser.gone.result() == 0:
            return await self._closed()
        return Phase.CRASHED, None

    async def _closed(self) -> Outcome:
        """Tell a page that closed itself from one whose display went: Chromium ends well then."""
        if self._setup.mode == "kiosk" and not await display.there():
            return Phase.CRASHED, Reason.STOPPED
        return Phase.CLOSED, Reason.BROWSER_CLOSED

    async def _client(self, folder: Folder, line: list[str]) -> Outcome:
        """Run the vendor's own client until none of its processes is left."""
        _log.info("screen: the client for %s is started", self._named)
        program = Process(line, client.surroundings(os.environ, folder))
        self._browser = program
        self._say(replace(self._page, phase=Phase.OPEN))
        while await in_thread(lambda: any(holders(folder.path))):
            self._say(replace(self._page, flow=await self._flow_of(program.pid)))
            await asyncio.sleep(LISTEN_EVERY_S)
        await program.gone
        return await self._explain(program)

    async def _plain(self, door: Door, browser: Browser) -> Outcome:
        """Show a page that cannot be read: a renderer that crashes in it is not noticed.

        Without a pipe, only the process itself tells that it is over.
        """
        try:
            async with asyncio.timeout(FETCHED_S):
                await door.used.wait()
        except TimeoutError:
            why = f"the browser did not fetch its start page within {FETCHED_S:g} s"
            raise Failed(Reason.BROWSER_START, why) from None
        self._say(replace(self._page, phase=Phase.OPEN))
        while not door.barred.is_set():
            self._say(replace(self._page, flow=await self._flow_of(browser.pid)))
            await asyncio.sleep(LISTEN_EVERY_S)
        raise Failed(Reason.BLOCKED_BY_POLICY, _ELSEWHERE)

    async def _assisted(self, browser: Browser) -> Outcome:
        tab = Tab(self._moved, self._order.hosts)
        self._tab = tab
        self._usher = usher = Usher(tab, self._order.way, self._order.name)
        await self._show(tab, browser)
        self._say(replace(self._page, phase=Phase.OPEN, host=tab.host or self._page.host))
        while not tab.crashed.is_set() and not tab.closed.is_set():
            with contextlib.suppress(CdpError):  # the page is being changed; it is read again
                await usher.step()
            rtc = await tab.read()
            seen = await self._look(tab, rtc)
            self._say(replace(self._page, rtc=rtc, seen=seen))
            await asyncio.sleep(READ_EVERY_S)
        if tab.crashed.is_set():
            return Phase.CRASHED, Reason.PAGE_CRASHED
        # When a whole browser dies its pipe ends first; give the process a moment to be seen.
        await asyncio.wait((browser.gone,), timeout=0.3)
        if browser.gone.done():
            return await self._explain(browser)
        return await self._closed()

    async def _look(self, tab: Tab, rtc: Rtc | None) -> Seen | None:
        """Look at what the page shows; not while media flows, which proves more, at less cost."""
        before = self._page.rtc
        if rtc and before and rtc.connected and rtc.bytes_in > before.bytes_in:
            return None
        if tab.unreachable:
            return Seen(str(Reason.NETWORK))
        return await tab.look(self._order.signs, self._order.joined)

    async def _show(self, tab: Tab, browser: Browser) -> None:
        try:
            await tab.attach(browser.take_pipe())
        except (CdpError, TimeoutError) as error:
            await asyncio.wait((browser.gone,), timeout=0.3)
            raise Failed(browser.complaint(), f"the browser does not answer: {error}") from error
        try:
            await tab.open(self._order.url)
        except CdpError as error:
            if tab.kept_from is not None:
                raise Failed(Reason.BLOCKED_BY_POLICY, _ELSEWHERE) from error
            raise Failed(Reason.NETWORK, f"the page cannot be loaded: {error}") from error

    @property
    def _named(self) -> str:
        """The scheme of the client's address: the rest of it says whose meeting it is."""
        return self._order.native.partition(":")[0]

    async def _clean(self, folder: Folder | None) -> None:
        if self._door is not None:
            self._door.close()
        if self._browser is not None:
            await self._browser.stop()
        if self._tab is not None:
            await self._tab.end()
        if folder is not None:
            await in_thread(end_all, folder.path)
            await self._save(folder)
            if not await in_thread(folder.remove):
                _log.error("screen: %s cannot be removed; it may hold a profile", folder.path)

    async def _save(self, folder: Folder) -> None:
        """Keep the sign-in of a page that was open, whole or not at all."""
        if self._keep is None:
            return
        try:
            await in_thread(self._keep.save, folder.profile)
        except OSError as error:
            _log.warning("screen: the sign-in cannot be kept: %s", error.strerror)

    def _stopped(self, host: str) -> None:
        _log.warning("screen: did not leave the meeting for %s", host or "an unnamed host")

    def _moved(self, host: str | None) -> None:
        if self._page.phase is Phase.OPEN:
            self._say(replace(self._page, host=host))

    def _say(self, page: Page) -> None:
        reached = page.phase is Phase.OPEN and (self.reached or self._order.assisted)
        page = replace(page, relay=reached)
        if page != self._page:
            self._page = page
            self._report(page)


def _check(order: Open) -> None:
    """Refuse what no browser here may open: https only, and http on this very box."""
    for text in (order.url, order.origin):
        if not _proper(text):
            raise Failed(Reason.BAD_URL, "the link is not https://, or not well formed")
    if order.keep and not keep.NAME.fullmatch(order.keep):
        raise Failed(Reason.BAD_URL, "what is kept of a sign-in is named by a platform's key")
    # An origin becomes a pattern in the browser's settings, where "*" would mean everybody.
    if not _ORIGIN.fullmatch(order.origin):
        raise Failed(Reason.BAD_URL, "the origin is more than scheme, host and port")


def _proper(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    local = host in {"127.0.0.1", "localhost"}
    reachable = parts.scheme == "https" or (parts.scheme == "http" and local)
    clean = url.isprintable() and not {" ", "\\"} & set(url)
    return bool(host) and reachable and clean and "@" not in parts.netloc
