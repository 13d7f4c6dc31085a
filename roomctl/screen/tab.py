"""An assisted meeting's page, steered and read over the pipe.

Knows no process and no daemon. Every answer of a page is waited for a bounded time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine

from roomctl.screen import probe
from roomctl.screen.cdp import Cdp, CdpError, Params
from roomctl.screen.protocol import Rtc, host_of

READY_S = 20.0  # 1.0-2.3 s on x86 (measured); a small board with a cold disk takes longer
NAVIGATE_S = 30.0
READ_S = 1.5
MOST_FRAMES = 16
GOODBYE_S = 0.4  # for what a page says while it is being left (a beacon on its way out)
CLOSE_S = 1.0  # all of it

_FRAMES = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}


class Tab:
    """The one page of one meeting. `moved(host)` is called when it has gone to another host."""

    def __init__(self, moved: Callable[[str | None], None]) -> None:
        self._moved = moved
        self._cdp = Cdp(self._event)
        self._main = ""
        self._frames: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.host: str | None = None
        self.crashed = asyncio.Event()
        self.closed = asyncio.Event()

    async def attach(self, pipe: tuple[int, int]) -> None:
        """Find the browser's first page and watch it; CdpError if there is none within 20 s."""
        await self._cdp.attach(*pipe)
        async with asyncio.timeout(READY_S):
            target = await self._first_page()
        params = {"targetId": target, "flatten": True}
        self._main = (await self._cdp.call("Target.attachToTarget", params))["sessionId"]
        await self._cdp.call("Inspector.enable", session=self._main)
        await self._prepare(self._main)

    async def open(self, url: str) -> None:
        """Go to `url`; CdpError if nothing answers there."""
        answer = await self._cdp.call("Page.navigate", {"url": url}, self._main, limit_s=NAVIGATE_S)
        if error := answer.get("errorText"):
            raise CdpError(str(error))

    async def read(self) -> Rtc | None:
        """Return the peer connections of the page and its frames, or None after 1.5 s."""
        sessions = (self._main, *sorted(self._frames)[:MOST_FRAMES])
        return probe.rtc(await asyncio.gather(*(self._ask(session) for session in sessions)))

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

    async def _first_page(self) -> str:
        while True:
            answer = await self._cdp.call("Target.getTargets", limit_s=READY_S)
            pages = [info for info in answer["targetInfos"] if info["type"] == "page"]
            if pages:
                return str(pages[0]["targetId"])
            await asyncio.sleep(0.1)

    async def _prepare(self, session: str) -> None:
        await self._cdp.call("Page.enable", session=session)
        script = {"source": probe.INSTALL}
        await self._cdp.call("Page.addScriptToEvaluateOnNewDocument", script, session)
        await self._cdp.call("Target.setAutoAttach", _FRAMES, session)

    async def _ask(self, session: str) -> object:
        params = {"expression": probe.READ, "awaitPromise": True, "returnByValue": True}
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
            case "Target.attachedToTarget" if session:
                self._soon(self._adopt(params))
            case "Target.detachedFromTarget":
                self._detached(str(params.get("sessionId", "")))
            case "Inspector.targetCrashed" if session == self._main:
                self.crashed.set()

    def _navigated(self, frame: Params) -> None:
        if "parentId" not in frame:
            self.host = host_of(str(frame.get("url", "")))
            self._moved(self.host)

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
