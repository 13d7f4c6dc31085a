"""What is seen of a meeting's media from outside its page: sound, the browser's log, the network.

Knows no page and no call; what it means is judged elsewhere.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace

from roomctl.kiosk.browser import rtc_log
from roomctl.kiosk.browser.folder import BrowserFolder
from roomctl.kiosk.browser.rtc_log import RtcLogs
from roomctl.kiosk.traffic import SessionTraffic
from roomctl.meeting.flow import (
    MediaFlow,
    TrafficCount,
    are_others,
    datagrams_flow,
    is_cut_off,
    media_flow,
)
from roomctl.screen.protocol import MeetingPage, RtcLines, SoundFlow, TrafficFlow
from roomctl.wire import in_thread

EVERY_S = 0.9  # a second, whatever the looks take

FlowOf = Callable[[int], Awaitable[SoundFlow | None]]


class MediaMonitor:
    """The media of one browser, or of a vendor's client, which has no log."""

    def __init__(
        self,
        folder: BrowserFolder,
        flow_of: FlowOf,
        *,
        logged: bool,
        network: SessionTraffic | None = None,
        every_s: float = EVERY_S,
    ) -> None:
        """`network` counts the session's traffic; what costs more is read each `every_s`."""
        self.folder, self._flow_of = folder, flow_of
        self._logs = RtcLogs(folder.logs) if logged else None
        self._network, self._every_s = network or SessionTraffic(folder.path), every_s
        self._lines: RtcLines | None = None
        self._flow = MediaFlow()
        self._counts: deque[tuple[float, TrafficCount]] = deque(maxlen=8)
        self._datagrams: deque[tuple[float, int, int]] = deque(maxlen=4)
        self._heard: deque[tuple[float, float]] = deque(maxlen=32)  # see `is_cut_off`
        self._has_socket = self._busy = self._flows = False
        self._read_s = float("-inf")

    async def look(self, page: MeetingPage, pid: int) -> MeetingPage:
        """Return the page with what is seen now; `pid` is the process that leads them."""
        now = time.monotonic()
        await in_thread(self._read, now)
        self._busy = are_others(self._busy, self._flows, self._has_socket)
        datagrams = self._flows and self._has_socket and not self._busy
        silent = self._flow.silent or self._is_cut_off(now)
        traffic = TrafficFlow(self._flow.incoming, self._flow.outgoing, silent, datagrams)
        flow = await self._flow_of(pid)
        return replace(page, flow=flow, lines=self._lines, traffic=traffic)

    def close(self) -> None:
        self._network.close()

    def _is_cut_off(self, now: float) -> bool:
        """Whether a connection of the browser's, which is asked for signs of life, gets none."""
        connected = self._lines is not None and self._lines.connected > 0
        return connected and is_cut_off(now, self._heard, self._counts)

    def _read(self, now: float) -> None:
        """Read what is cheap at each look, the rest once a second; blocking.

        All of it when datagrams begin to flow: whose they are is told by what is there just then.
        """
        counted = self._network.datagrams()
        if counted is not None:
            self._datagrams.append((now, *counted))
        self._hear(self._network.heard())
        flowed, self._flows = self._flows, datagrams_flow(self._datagrams)
        if now < self._read_s + self._every_s and (flowed or not self._flows):
            return
        self._read_s = now
        if self._logs is not None:
            self._lines = _lines(self._logs.read(now), now)
        self._counts.append((now, self._network.read()))
        self._flow = media_flow(self._counts)
        self._has_socket = self._network.find_datagram_sockets()

    def _hear(self, at: float | None) -> None:
        """Take when something came last; if that is earlier than it was, a socket was closed."""
        last = self._heard[-1][0] if self._heard else None
        if at is None or (last is not None and at < last):
            self._heard.clear()
        elif at == last:
            self._heard.pop()
        if at is not None:
            self._heard.append((at, time.monotonic()))


def _lines(seen: rtc_log.LoggedLines, now: float) -> RtcLines:
    newest_s = now if seen.newest_at is None else seen.newest_at
    return RtcLines(
        seen.connections,
        seen.connected,
        round(seen.received_s, 1),
        round(seen.sent_s, 1),
        0.0 if seen.sign_at is None else round(max(0.0, newest_s - seen.sign_at), 1),
        seen.others,
        round(max(0.0, now - newest_s), 1),
        seen.missing,
        seen.fresh,
        seen.packets_in > 0,
    )
