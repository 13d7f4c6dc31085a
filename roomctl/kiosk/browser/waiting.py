"""Keeps one browser ready for a meeting that may be opened soon, and tells whether one waits.

It is as fresh and as confined as one that is started for a meeting, and is used once, or for none:
after 15 minutes, when another kind of meeting is expected or opened, or when memory gets short, it
is thrown away. Its window is out of sight, or there is none. Knows no daemon and no meeting.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from roomctl.kiosk.browser.browser import BrowserSetup
from roomctl.kiosk.browser.cdp import CdpError
from roomctl.kiosk.browser.prepared import PreparedBrowser
from roomctl.memory import free_mb
from roomctl.screen.protocol import BrowserNeeds, ExpectMeeting, WaitingBrowser, WaitingState

_log = logging.getLogger(__name__)

KEEP_S = 15 * 60.0
LOOK_S = 5.0  # between two looks at whether it still waits, and at the memory
LEAST_MB = 500  # then whatever waits is the first thing to go


class BrowserKeeper:
    """The one browser that waits, in a task of its own; `said` is what was last told of it."""

    def __init__(
        self,
        setup: BrowserSetup,
        say: Callable[[WaitingBrowser], None],
        hides: Callable[[], bool],
        memory: Callable[[], int] | None = None,
    ) -> None:
        """`hides`: whether a window that waits is out of sight; `memory`: what is free, in MB."""
        self.said = WaitingBrowser(WaitingState.UNASKED)
        self._setup, self._say, self._hides = setup, say, hides
        self._free_mb = memory or free_mb
        self._order: ExpectMeeting | None = None
        self._kept: PreparedBrowser | None = None
        self._standing: asyncio.Task[None] | None = None
        self._until = 0.0
        self._in_use = False
        self._news, self._one = asyncio.Event(), asyncio.Lock()

    def expect(self, order: ExpectMeeting) -> None:
        """Have a browser wait for such a meeting, soon; while a meeting is open, none is begun."""
        if not self._in_use:
            self._order = order
            self._news.set()

    async def take(self, needs: BrowserNeeds) -> PreparedBrowser | None:
        """Hand over the browser that waits for such a meeting, ready or not; none waits then."""
        self._in_use, self._order = True, None
        async with self._one:
            kept = self._kept
            if kept is None or kept.needs != needs or kept.process is None or kept.lost:
                await self._drop(WaitingState.UNASKED)
                return None
            await self._stand_no_more()
            self._kept = None
            self._tell(WaitingState.UNASKED)
            return kept

    def free(self) -> None:
        """Take it that no meeting is open any more."""
        self._in_use = False

    async def run(self) -> None:
        """Follow what is expected until cancelled; no browser waits then."""
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S if self._kept is not None else None):
                        await self._news.wait()
                self._news.clear()
                # Shielded: being asked to end must not leave a folder half made.
                await asyncio.shield(asyncio.ensure_future(self._follow()))
        finally:
            self._in_use = True
            await asyncio.shield(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        async with self._one:
            await self._drop(WaitingState.UNASKED)

    async def _follow(self) -> None:
        async with self._one:
            order, self._order = self._order, None
            kept = self._kept
            if kept is not None and kept.lost:
                await self._drop(WaitingState.FAILED)
            elif kept is not None and self._free_mb() < LEAST_MB:
                await self._drop(WaitingState.LITTLE_MEMORY)
            elif asyncio.get_running_loop().time() > self._until:
                await self._drop(WaitingState.UNASKED)
            if order is not None and (self._kept is None or self._kept.needs != order.needs):
                await self._drop(WaitingState.UNASKED)
                if order.needs is None:
                    self._tell(WaitingState.UNASKED)
                else:
                    await self._begin(order.needs, order.least_mb)

    async def _begin(self, needs: BrowserNeeds, least_mb: int) -> None:
        if not self._hides():
            self._tell(WaitingState.IN_SIGHT)
            return
        if self._free_mb() < max(least_mb, LEAST_MB):
            self._tell(WaitingState.LITTLE_MEMORY)
            return
        self._tell(WaitingState.STARTING)
        kept = self._kept = PreparedBrowser(self._setup, needs, waits=True)
        self._until = asyncio.get_running_loop().time() + KEEP_S
        try:
            await kept.start(await kept.make_folder())
        except OSError as error:
            _log.warning("screen: no browser waits: %s", error.strerror)
            await self._drop(WaitingState.FAILED)
            return
        self._standing = asyncio.get_running_loop().create_task(self._stand(kept))

    async def _stand(self, kept: PreparedBrowser) -> None:
        try:
            await kept.stand()
            self._tell(WaitingState.READY)
        except (CdpError, TimeoutError, OSError) as error:
            _log.warning("screen: no browser waits: %s", error)
            if kept.process is not None:
                await kept.process.kill()
            self._news.set()

    async def _stand_no_more(self) -> None:
        standing, self._standing = self._standing, None
        if standing is not None:
            standing.cancel()
            await asyncio.gather(standing, return_exceptions=True)

    async def _drop(self, state: WaitingState) -> None:
        kept, self._kept = self._kept, None
        await self._stand_no_more()
        if kept is not None:
            await kept.remove()
            _log.info("screen: ended the waiting browser: %s", state)
            self._tell(state)

    def _tell(self, state: WaitingState) -> None:
        said = WaitingBrowser(state, self._free_mb())
        if state is not self.said.state:
            self.said = said
            self._say(said)
