"""An assisted meeting's page, steered and read over the pipe.

It is kept where it may be: a link to anywhere else is not followed, and the meeting stays. Knows no
process and no daemon. Every answer of a page is waited for a bounded time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from urllib.parse import urlsplit

from roomctl.kiosk.browser import inspection
from roomctl.kiosk.browser.cdp import Cdp, CdpError, Params
from roomctl.kiosk.browser.navigation_guard import MOST_OVER, is_local, place
from roomctl.screen.protocol import PageSign, PageState, RtcStats, host_of

_log = logging.getLogger(__name__)

READY_S = 20.0  # 1.0-2.3 s on x86 (measured); a small board with a cold disk takes longer
NAVIGATE_S = 30.0
READ_S = 1.5
MOST_FRAMES = 16
# What a page was about to send is lost when it is left. Those who drive such pages wait a second or
# more after pressing Leave (as Vexa does); one whose media has ended needs less.
LAST_WORDS_S, LAST_WORD_S = 1.0, 0.3
GOODBYE_S = 0.4  # for what a page says while it is being left (a beacon on its way out)
CLOSE_S = 1.0  # all of it

_FRAMES = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
_PAGES = {"patterns": [{"urlPattern": "*", "resourceType": "Document"}]}


class Tab:
    """The one page of one meeting. `moved` is called with each other host that it has gone to.

    `hosts` are where it may go, `*.x` is all below x, each with its port or at the usual ones and
    that of `link`; empty: anywhere. Frames may go anywhere but to this very box.

    `crashed` is set once its renderer is dead, `torn` with that of one of its frames.
    """

    def __init__(
        self, moved: Callable[[str | None], None], hosts: Sequence[str] = (), link: str = ""
    ) -> None:
        self.moved = moved
        self._places = [place(host, link) for host in hosts]
        self._cdp = Cdp(self._event)
        self._first: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._main = self._target = ""
        self._frames: set[str] = set()
        self._over: dict[str, asyncio.Event] = {}  # the page's other windows; set once one is gone
        self._kept: set[str] = set()  # those that may be the meeting's own
        self._tasks: set[asyncio.Task[None]] = set()
        self.host: str | None = None
        self.unreachable = False  # what stands there is the browser's own word that nothing is
        self.kept_from: str | None = None  # the foreign host that it was last kept from
        self.crashed, self.torn = asyncio.Event(), asyncio.Event()
        self.closed = asyncio.Event()

    async def attach(self, pipe: tuple[int, int]) -> None:
        """Find the browser's first page and watch it; TimeoutError or CdpError after 20 s."""
        await self._cdp.attach(*pipe)
        async with asyncio.timeout(READY_S):
            # A download is refused anyway; so it brings no bubble over the meeting either.
            _, _, self._target = await asyncio.gather(
                self._begin("Target.setDiscoverTargets", {"discover": True}),
                self._begin("Browser.setDownloadBehavior", {"behavior": "deny"}),
                asyncio.shield(self._first),
            )
            params = {"targetId": self._target, "flatten": True}
            self._main = (await self._begin("Target.attachToTarget", params))["sessionId"]
            guarded = [self._begin("Fetch.enable", _PAGES, self._main)] if self._places else []
            await asyncio.gather(self._prepare(self._main), *guarded)

    async def open(self, url: str) -> None:
        """Go to `url`; CdpError if nothing answers there."""
        answer = await self._cdp.call("Page.navigate", {"url": url}, self._main, limit_s=NAVIGATE_S)
        if error := answer.get("errorText"):
            raise CdpError(str(error))

    async def take_keys(self) -> None:
        """Have what is typed reach the page.

        Chromium 156 begins at about:blank with its address bar, hidden or not, and now and then
        leaves the keys to that.
        """
        with contextlib.suppress(CdpError):
            await self.ask("Page.bringToFront")

    async def read(self) -> RtcStats | None:
        """Return the peer connections of the page and its frames, or None after 1.5 s."""
        sessions = (self._main, *sorted(self._frames)[:MOST_FRAMES])
        return inspection.rtc_stats(
            await asyncio.gather(*(self._ask(session) for session in sessions))
        )

    async def look(self, wanted: Sequence[PageSign], joined: str) -> PageState | None:
        """Return which of the signs the page shows, or None after 1.5 s."""
        return inspection.page_state(
            await self._ask(self._main, inspection.page_question(wanted, joined)), wanted
        )

    async def take_field(self) -> bool:
        """Put the focus into the page's one field, and choose all in it; False: there is none."""
        return await self._ask(self._main, inspection.FIELD_TAKE) is True

    @property
    def covered(self) -> bool:
        """Whether a window that the page opened, and that is not kept, stands over it."""
        return not self._kept.issuperset(self._over)

    def keep(self) -> None:
        """Keep the windows that stand there now: media just began, and may be those of one."""
        self._kept |= self._over.keys()

    async def uncover(self) -> None:
        """Close the windows that stand over the page now, but for what is kept; returns then."""
        closing = {one: gone for one, gone in self._over.items() if one not in self._kept}
        for one in closing:
            self._close_window(one)
        await asyncio.gather(*(gone.wait() for gone in closing.values()))

    async def ask(self, method: str, params: Params | None = None, limit_s: float = 0.0) -> Params:
        """Have the page itself do something of the DevTools protocol; CdpError if it does not."""
        return await self._cdp.call(method, params, self._main, limit_s=limit_s)

    async def back(self) -> None:
        """Go back to the page before, if there is one."""
        history = await self.ask("Page.getNavigationHistory")
        before = int(history["currentIndex"]) - 1
        if before > 0:  # the first is about:blank, where every meeting begins
            entry = {"entryId": history["entries"][before]["id"]}
            await self.ask("Page.navigateToHistoryEntry", entry)

    async def say_goodbye(self) -> None:
        """Let a page whose Leave was pressed tell its server; at most 1 s."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                while (media := await self.read()) is not None and media.connected > 0:
                    await asyncio.sleep(0.1)
                await asyncio.sleep(LAST_WORD_S)

    async def close(self) -> None:
        """Leave the page, let it say goodbye, and close it; at most 1 s."""
        with contextlib.suppress(CdpError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._cdp.call("Page.navigate", {"url": "about:blank"}, self._main)
                await asyncio.sleep(GOODBYE_S)
                await self._cdp.call("Page.close", session=self._main)
                await self.closed.wait()

    async def end(self) -> None:
        """Let go of the pipe."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._cdp.close()

    async def _begin(self, method: str, params: Params | None = None, session: str = "") -> Params:
        """Ask what a browser, or a frame, that is just starting may take its time for."""
        return await self._cdp.call(method, params, session, limit_s=READY_S)

    async def _prepare(self, session: str) -> None:
        """Have all of it done by one wait: they are obeyed in the order in which they are said."""
        scripts = ({"source": one} for one in (inspection.RTC_INSTALL, inspection.MEDIA_INSTALL))
        await asyncio.gather(
            self._begin("Inspector.enable", session=session),
            self._begin("Page.enable", session=session),
            *(
                self._begin("Page.addScriptToEvaluateOnNewDocument", one, session)
                for one in scripts
            ),
            self._begin("Target.setAutoAttach", _FRAMES, session),
        )

    async def _ask(self, session: str, question: str = inspection.RTC_READ) -> object:
        params = {"expression": question, "awaitPromise": True, "returnByValue": True}
        try:
            answer = await self._cdp.call("Runtime.evaluate", params, session, limit_s=READ_S)
        except CdpError:
            return None
        return answer.get("result", {}).get("value")

    def _event(self, method: str, params: Params, session: str) -> None:
        match method:
            case "Page.javascriptDialogOpening":
                accept = {"accept": True}
                self._soon(self._cdp.call("Page.handleJavaScriptDialog", accept, session))
            case "Page.frameNavigated" if session == self._main:
                self._navigated(params.get("frame", {}))
            case "Fetch.requestPaused":
                self._soon(self._let_go(params, session))
            case "Target.targetInfoChanged" | "Target.targetCreated":
                self._appeared(params.get("targetInfo", {}))
            case "Target.targetDestroyed":
                if gone := self._over.pop(str(params.get("targetId")), None):
                    gone.set()
            case "Target.attachedToTarget" if session:
                self._soon(self._adopt(params))
            case "Target.detachedFromTarget":
                self._detached(str(params.get("sessionId", "")))
            case "Inspector.targetCrashed" if session == self._main:
                self.crashed.set()
            case "Inspector.targetCrashed" if session in self._frames:
                self._frames.discard(session)  # it answers nothing any more
                self.torn.set()

    def _navigated(self, frame: Params) -> None:
        if "parentId" not in frame:
            self.unreachable = "unreachableUrl" in frame
            self.host = host_of(str(frame.get("unreachableUrl") or frame.get("url", "")))
            self.moved(self.host)

    async def _let_go(self, paused: Params, session: str) -> None:
        """Let a page be fetched, unless it would put a foreign one in the meeting's place."""
        url = str(paused.get("request", {}).get("url", ""))
        passes = {"requestId": paused.get("requestId")}
        page = paused.get("frameId") == self._target
        if self._may_go(url) or not (page or is_local(_host_and_port(url)[0])):
            await self._cdp.call("Fetch.continueRequest", passes, session)
        else:
            if page:
                self.kept_from = host_of(url) or ""
                _log.warning("screen: did not leave the meeting for %s", self.kept_from)
            stays = {**passes, "errorReason": "Aborted"}
            await self._cdp.call("Fetch.failRequest", stays, session)

    def _appeared(self, target: Params) -> None:
        """Take the first page for the meeting's; note the windows over it, close foreign ones."""
        url, one = str(target.get("url", "")), str(target.get("targetId"))
        if target.get("type") != "page":
            return
        if not self._first.done():
            self._first.set_result(one)
        scheme = urlsplit(url).scheme
        # Chromium 156 has pages of its own, for its address bar, among them: none is in sight.
        if one == self._first.result() or scheme == "chrome":
            return
        foreign = self._places and scheme in ("http", "https") and not self._may_go(url)
        if foreign or (one not in self._over and len(self._over) >= MOST_OVER):
            _log.warning("screen: closed a window of %s", host_of(url))
            self._close_window(one)
        else:
            self._over.setdefault(one, asyncio.Event())

    def _close_window(self, target: str) -> None:
        self._soon(self._cdp.call("Target.closeTarget", {"targetId": target}))

    def _may_go(self, url: str) -> bool:
        host, port = _host_and_port(url)
        return any(
            port in ports and (host.endswith(name[1:]) if name.startswith("*.") else host == name)
            for name, ports in self._places
        )

    async def _adopt(self, params: Params) -> None:
        """Put the probe into a frame of another site before its scripts run."""
        child = str(params["sessionId"])
        if params.get("targetInfo", {}).get("type") == "iframe":
            self._frames.add(child)
            await self._prepare(child)
        await self._cdp.call("Runtime.runIfWaitingForDebugger", session=child)

    def _detached(self, session: str) -> None:
        self._frames.discard(session)
        if session == self._main:
            self.closed.set()

    def _soon(self, work: Coroutine[object, object, object]) -> None:
        async def quietly() -> None:
            # The frame or the dialog may be gone before the answer is.
            with contextlib.suppress(CdpError):
                await work

        task = asyncio.get_running_loop().create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _host_and_port(url: str) -> tuple[str, int | None]:
    """Return the host as it stands in a browser's address, brackets and all, and its port."""
    host = host_of(url) or ""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        return f"[{host}]" if ":" in host else host, parts.port or usual
    return host, None
