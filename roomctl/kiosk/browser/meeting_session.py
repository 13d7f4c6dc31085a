"""One meeting in one browser, from launching to gone: profile made, page opened, read, removed.

Knows no daemon: it reports MeetingPages. Whatever way it ends, the browser and its folder are gone
before the last of them says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from urllib.parse import urlsplit

from roomctl.errors import RoomctlError
from roomctl.kiosk.browser import native_client, persistent_login
from roomctl.kiosk.browser.auto_join import AutoJoin
from roomctl.kiosk.browser.browser import Browser, BrowserSetup
from roomctl.kiosk.browser.cdp import CdpError
from roomctl.kiosk.browser.folder import BrowserFolder, holders
from roomctl.kiosk.browser.media_monitor import FlowOf, MediaMonitor
from roomctl.kiosk.browser.navigation_guard import LaunchRedirect
from roomctl.kiosk.browser.prepared import PreparedBrowser
from roomctl.kiosk.browser.tab import Tab
from roomctl.kiosk.display import display_power
from roomctl.kiosk.process import Process
from roomctl.screen.protocol import (
    MeetingPage,
    OpenMeeting,
    PagePhase,
    PageState,
    RtcStats,
    ScreenReason,
    SoundFlow,
    host_of,
    needs_of,
)
from roomctl.wire import in_thread

_log = logging.getLogger(__name__)

READ_EVERY_S = 0.5
LISTEN_EVERY_S = 0.5
TORN_LOOKS, TORN_EVERY_S = 5, 0.2  # a renderer's streams end within a second of it
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")  # a host as it stands in IDNA
FETCHED_S = 30.0  # until a plain browser has fetched its start address
TAKEN_S = 3.0  # until one that waited has; a fresh one is started then
_PAGES_OWN = (ScreenReason.NETWORK, ScreenReason.BLOCKED_BY_POLICY)  # whichever browser has it
_ELSEWHERE = (
    "the link redirects to a host that is not the platform's; does it belong in [meeting] also?"
)

PageEnd = tuple[PagePhase, ScreenReason | None]
_CRASHED: PageEnd = (PagePhase.CRASHED, ScreenReason.PAGE_CRASHED)
Showing = Coroutine[None, None, PageEnd]


class PageFailed(RoomctlError):
    """A page cannot be shown; `reason` is for people, the text for a technician."""

    def __init__(self, reason: ScreenReason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


class MeetingSession:
    """A meeting that is being opened, is open, or is being left.

    `reachable` says whether a panel can reach any page here, without its being read.
    """

    reachable = False

    def __init__(
        self,
        order: OpenMeeting,
        setup: BrowserSetup,
        report: Callable[[MeetingPage], None],
        flow_of: FlowOf,
        waiting: PreparedBrowser | None = None,
    ) -> None:
        """`flow_of` tells of a browser, by its process, whether it records and plays.

        `waiting` is a browser that waited for such a meeting; it is the session's from now on.
        """
        self._order, self._setup, self._report = order, setup, report
        self.looks = order.looks
        self._flow_of = flow_of
        self._page = MeetingPage(order.id, PagePhase.LAUNCHING, host_of(order.url))
        self._left = asyncio.Event()
        self._why_left = ScreenReason.LEFT
        self._prepared = waiting or PreparedBrowser(setup, needs_of(order))
        self._auto_join: AutoJoin | None = None
        self._monitor: MediaMonitor | None = None
        self._media: frozenset[str] = frozenset()  # what told of any since none told of it

    @property
    def page(self) -> MeetingPage:
        return self._page

    @property
    def tab(self) -> Tab | None:
        """The page as it can be steered; None in plain mode, and before it is open."""
        return self._prepared.tab if self._page.phase is PagePhase.OPEN else None

    @property
    def within_hosts(self) -> bool:
        """Whether a plain page is open, and cannot be at another host than those it may go to."""
        redirect = self._prepared.redirect
        kept = redirect is not None and not redirect.barred.is_set()
        return kept and bool(self._order.hosts) and self._page.phase is PagePhase.OPEN

    async def uncover(self) -> None:
        """Close the windows that the page opened over itself; it stays, and so does the call.

        A window that stood there when media began may be the meeting itself: it stays, too.
        """
        if (one := self._windows) is not None:
            await one.uncover()
            self._say(self._page)

    @property
    def _windows(self) -> Tab | LaunchRedirect | None:
        """What knows the windows of the browser; None for a vendor's client."""
        return self._prepared.tab or self._prepared.redirect

    def leave(self, why: ScreenReason) -> None:
        """Have it end; the first reason stays."""
        if not self._left.is_set():
            self._why_left = why
            self._left.set()

    async def run(self, ready: asyncio.Future[None]) -> None:
        """Live through the meeting; returns when everything is gone.

        Its page is opened once `ready` is done; the browser is started meanwhile.
        """
        self._report(self._page)
        _log.info("screen: opening a meeting on %s", self._page.host)
        outcome: PageEnd = (PagePhase.CLOSED, ScreenReason.LEFT)
        try:
            _check(self._order)
            outcome = await self._until_left(ready)
        except PageFailed as error:
            _log.warning("screen: the meeting on %s failed: %s", self._page.host, error)
            outcome = (PagePhase.FAILED, error.reason)
        except OSError as error:
            _log.warning("screen: the browser cannot be started: %s", error.strerror)
            outcome = (PagePhase.FAILED, ScreenReason.BROWSER_START)
        finally:
            await self._prepared.close()
            if self._monitor is not None:
                self._monitor.close()
        self._say(MeetingPage(self._page.id, outcome[0], self._page.host, outcome[1]))
        _log.info("screen: the meeting on %s is over: %s", self._page.host, outcome[0])

    async def _until_left(self, ready: asyncio.Future[None]) -> PageEnd:
        living = asyncio.ensure_future(self._live(ready))
        leaving = asyncio.ensure_future(self._left.wait())
        try:
            await asyncio.wait((living, leaving), return_when="FIRST_COMPLETED")
            if living.done():
                return living.result()
            living.cancel()
            lost = self._why_left is ScreenReason.STOPPED  # nobody wanted it to end
            if not lost:
                self._say(
                    MeetingPage(self._page.id, PagePhase.CLOSING, self._page.host, self._why_left)
                )
            if self._prepared.tab is not None and self._auto_join is not None:
                await self._auto_join.leave()
                await self._prepared.tab.close()
            return PagePhase.CRASHED if lost else PagePhase.CLOSED, self._why_left
        finally:
            for task in (living, leaving):
                task.cancel()
            await asyncio.gather(living, leaving, return_exceptions=True)

    async def _live(self, ready: asyncio.Future[None]) -> PageEnd:
        waiting = self._prepared
        if waiting.waits and isinstance(waiting.process, Browser):
            try:
                end = await self._until_gone(waiting.process, self._shown(waiting, ready))
                if end != _CRASHED or self._page.phase is not PagePhase.LAUNCHING:
                    return end
            except PageFailed as error:
                if error.reason in _PAGES_OWN:
                    raise
                _log.warning("screen: the waiting browser cannot be used: %s", error)
            await waiting.remove()
            self._prepared = PreparedBrowser(self._setup, waiting.needs)
        return await self._afresh(self._prepared, ready)

    async def _afresh(self, prepared: PreparedBrowser, ready: asyncio.Future[None]) -> PageEnd:
        folder = await prepared.make_folder()
        if self._order.native:
            line = await in_thread(native_client.command, self._order.native, dict(os.environ))
            if line is not None:
                await asyncio.shield(ready)
                return await self._client(folder, line)
            _log.info("screen: the client for %s is not installed; its page is opened", self._named)
        browser = await prepared.start(folder)
        return await self._until_gone(browser, self._shown(prepared, ready))

    def _shown(self, prepared: PreparedBrowser, ready: asyncio.Future[None]) -> Showing:
        if prepared.redirect is not None:
            return self._plain(prepared, prepared.redirect, ready)
        assert prepared.tab is not None  # noqa: S101 - a browser has the one or the other
        return self._assisted(prepared, prepared.tab, ready)

    async def _until_gone(self, browser: Browser, showing: Showing) -> PageEnd:
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

    async def _explain(self, browser: Process) -> PageEnd:
        redirect = self._prepared.redirect
        never = self._prepared.waits and redirect is not None and not redirect.stood
        launching = self._page.phase is PagePhase.LAUNCHING
        if (launching or never) and isinstance(browser, Browser):
            why = f"the browser went away with status {browser.gone.result()}"
            raise PageFailed(browser.complaint(), why)
        if browser.gone.result() == 0:
            return await self._closed()
        return PagePhase.CRASHED, None

    async def _closed(self) -> PageEnd:
        """Tell a page that closed itself from one whose display went: Chromium ends well then."""
        if self._setup.mode == "kiosk" and not await display_power.compositor_there():
            return PagePhase.CRASHED, ScreenReason.STOPPED
        return PagePhase.CLOSED, ScreenReason.BROWSER_CLOSED

    async def _client(self, folder: BrowserFolder, line: list[str]) -> PageEnd:
        """Run the vendor's own client until none of its processes is left."""
        _log.info("screen: the client for %s is started", self._named)
        program = Process(line, native_client.surroundings(os.environ, folder))
        self._prepared.process = program
        self._say(replace(self._page, phase=PagePhase.OPEN))
        while await in_thread(lambda: any(holders(folder.path))):
            self._say(await self._witnessed())
            await asyncio.sleep(LISTEN_EVERY_S)
        await program.gone
        return await self._explain(program)

    async def _plain(
        self, prepared: PreparedBrowser, redirect: LaunchRedirect, ready: asyncio.Future[None]
    ) -> PageEnd:
        """Show a page that cannot be read; of its end the browser's extension tells."""
        return await _first(
            self._listen(prepared, redirect, ready), _barred(redirect), _crashed(redirect.crashed)
        )

    async def _listen(
        self, prepared: PreparedBrowser, redirect: LaunchRedirect, ready: asyncio.Future[None]
    ) -> PageEnd:
        """Tell whether the page records and plays, until a frame of it took that along."""
        await asyncio.shield(ready)
        limit_s = TAKEN_S if prepared.ready else FETCHED_S
        try:
            async with asyncio.timeout(limit_s):
                redirect.send(self._order.url)
                await prepared.show()
                await redirect.used.wait()
        except TimeoutError:
            why = f"the browser did not fetch its start page within {limit_s:g} s"
            raise PageFailed(ScreenReason.BROWSER_START, why) from None
        self._say(replace(self._page, phase=PagePhase.OPEN))
        while not (redirect.torn.is_set() and await self._fell_silent(prepared)):
            redirect.torn.clear()
            self._say(await self._witnessed())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LISTEN_EVERY_S):
                    await redirect.torn.wait()
        return _CRASHED

    async def _witnessed(self) -> MeetingPage:
        """Return the page with what is seen of its media from outside."""
        folder, process = self._prepared.folder, self._prepared.process
        if folder is None or process is None:
            return self._page
        if self._monitor is None or self._monitor.folder is not folder:
            if self._monitor is not None:
                self._monitor.close()
            logged = isinstance(process, Browser)
            self._monitor = MediaMonitor(folder, self._flow_of, logged=logged)
        return await self._monitor.look(self._page, process.pid)

    async def _flow(self, prepared: PreparedBrowser) -> SoundFlow | None:
        return await self._flow_of(prepared.process.pid) if prepared.process is not None else None

    async def _fell_silent(self, prepared: PreparedBrowser) -> bool:
        """Whether the call is gone with a frame: unless the page's sound is seen to go on."""
        before = self._page.flow or SoundFlow(capture=False, playback=False)
        for _ in range(TORN_LOOKS):
            flow = await self._flow(prepared)
            if flow is None or not (flow.capture or flow.playback):
                return True
            if flow.capture < before.capture or flow.playback < before.playback:
                return True
            await asyncio.sleep(TORN_EVERY_S)
        return False

    async def _assisted(
        self, prepared: PreparedBrowser, tab: Tab, ready: asyncio.Future[None]
    ) -> PageEnd:
        tab.moved = self._moved
        auto_join = self._auto_join = AutoJoin(tab, self._order.selectors, self._order.name)
        return await _first(
            self._steer(prepared, tab, auto_join, ready), _crashed(tab.crashed), _without_call(tab)
        )

    async def _steer(
        self, prepared: PreparedBrowser, tab: Tab, auto_join: AutoJoin, ready: asyncio.Future[None]
    ) -> PageEnd:
        await self._show(prepared, tab, ready)
        self._say(replace(self._page, phase=PagePhase.OPEN, host=tab.host or self._page.host))
        while not tab.closed.is_set():
            with contextlib.suppress(CdpError):  # the page is being changed; it is read again
                await auto_join.step()
            rtc = await tab.read()
            seen = await self._look(tab, rtc)
            self._say(replace(await self._witnessed(), rtc=rtc, seen=seen))
            await asyncio.sleep(READ_EVERY_S)
        if await _gone(prepared) and prepared.process is not None:
            return await self._explain(prepared.process)
        return await self._closed()

    async def _look(self, tab: Tab, rtc: RtcStats | None) -> PageState | None:
        """Look at what the page shows; no words while media flows: its chat may say anything."""
        before, joined = self._page.rtc, self._order.joined
        if rtc and before and rtc.connected and rtc.bytes_in > before.bytes_in:
            return await tab.look((), joined) if joined else None
        if tab.unreachable:
            return PageState(str(ScreenReason.NETWORK))
        return await tab.look(self._order.signs, self._order.joined)

    async def _show(self, prepared: PreparedBrowser, tab: Tab, ready: asyncio.Future[None]) -> None:
        try:
            await prepared.attached()
            await asyncio.shield(ready)
            async with asyncio.timeout(TAKEN_S if prepared.ready else FETCHED_S):
                if prepared.waits and await tab.read() is None:
                    raise TimeoutError
                await prepared.show()
        except (CdpError, TimeoutError) as error:
            raise await _unanswered(prepared, error) from error
        try:
            await tab.open(self._order.url)
        except CdpError as error:
            if tab.kept_from is not None:
                raise PageFailed(ScreenReason.BLOCKED_BY_POLICY, _ELSEWHERE) from error
            if prepared.waits and await _gone(prepared):
                raise await _unanswered(prepared, error) from error
            raise PageFailed(ScreenReason.NETWORK, f"the page cannot be loaded: {error}") from error
        await tab.take_keys()

    @property
    def _named(self) -> str:
        """The scheme of the client's address: the rest of it says whose meeting it is."""
        return self._order.native.partition(":")[0]

    def _moved(self, host: str | None) -> None:
        if self._page.phase is PagePhase.OPEN:
            self._say(replace(self._page, host=host))

    def _say(self, page: MeetingPage) -> None:
        reachable = page.phase is PagePhase.OPEN and (self.reachable or self._order.assisted)
        stands, windows = page.phase is PagePhase.OPEN, self._windows
        if windows is not None and (media := _media(page)) != self._media:
            if media - self._media:
                windows.keep()
            self._media = media and self._media | media
        covered = stands and windows is not None and windows.covered
        page = replace(page, reachable=reachable, covered=covered)
        if page != self._page:
            self._page = page
            self._report(page)


def _media(page: MeetingPage) -> frozenset[str]:
    """Return which witnesses tell of media, or of a microphone that is on."""
    rtc, lines, flow, traffic = page.rtc, page.lines, page.flow, page.traffic
    told = {
        "rtc": rtc is not None and rtc.connected > 0,
        "lines": lines is not None and lines.connected > 0,
        "flow": flow is not None and flow.capture,
        "traffic": traffic is not None and traffic.outgoing is True,
    }
    return frozenset(name for name, tells in told.items() if tells)


async def _first(*showing: Showing) -> PageEnd:
    """Return how the first of several ended, and end the others."""
    tasks = [asyncio.ensure_future(one) for one in showing]
    try:
        ended, _ = await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
        return ended.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(prepared: PreparedBrowser) -> bool:
    """Whether the process is: a dead one's pipe ends a moment before it is seen to be gone."""
    if prepared.process is None:
        return True
    await asyncio.wait((prepared.process.gone,), timeout=0.3)
    return prepared.process.gone.done()


async def _unanswered(prepared: PreparedBrowser, error: Exception) -> PageFailed:
    await _gone(prepared)
    browser = prepared.process
    why = browser.complaint() if isinstance(browser, Browser) else ScreenReason.BROWSER_START
    return PageFailed(why, f"the browser does not answer: {error}")


async def _barred(redirect: LaunchRedirect) -> PageEnd:
    await redirect.barred.wait()
    raise PageFailed(ScreenReason.BLOCKED_BY_POLICY, _ELSEWHERE)


async def _crashed(died: asyncio.Event) -> PageEnd:
    await died.wait()
    return _CRASHED


async def _without_call(tab: Tab) -> PageEnd:
    """Return once the renderer of a frame died, unless the call is seen to go on elsewhere."""
    while True:
        await tab.torn.wait()
        tab.torn.clear()
        rtc = await tab.read()
        if rtc is None or not rtc.connected:
            return _CRASHED


def _check(order: OpenMeeting) -> None:
    """Refuse what no browser here may open: https only, and http on this very box."""
    for text in (order.url, order.origin):
        if not _proper(text):
            raise PageFailed(ScreenReason.BAD_URL, "the link is not https://, or not well formed")
    if order.login and not persistent_login.NAME.fullmatch(order.login):
        raise PageFailed(
            ScreenReason.BAD_URL, "what is kept of a sign-in is named by a platform's key"
        )
    # An origin becomes a pattern in the browser's settings, where "*" would mean everybody.
    if not _ORIGIN.fullmatch(order.origin):
        raise PageFailed(ScreenReason.BAD_URL, "the origin is more than scheme, host and port")


def _proper(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    local = host in {"127.0.0.1", "localhost"} or (host or "").endswith(".localhost")
    reachable = parts.scheme == "https" or (parts.scheme == "http" and local)
    clean = url.isprintable() and not {" ", "\\"} & set(url)
    return bool(host) and reachable and clean and "@" not in parts.netloc
