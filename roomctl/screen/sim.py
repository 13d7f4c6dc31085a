"""The simulated screen: a browser, a meeting and a sound server that exist only as numbers.

Its attributes are the far side: set them at any time. Has no clock, no loop and no browser.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import roomctl
from roomctl.screen.protocol import (
    OVER,
    Ask,
    Beat,
    Display,
    Hello,
    Leave,
    Lines,
    Message,
    Mute,
    Open,
    Page,
    Phase,
    Reason,
    Report,
    Rest,
    Rtc,
    Shown,
    Sound,
    Stand,
    Strange,
    Use,
    Volume,
    Want,
    encode,
    host_of,
)
from roomctl.wire import Chunk

BEAT_S = 1.0
READ_S = 0.5  # how often the page's connections are read
LAUNCH_S = 1.5  # Chromium was ready after 1.0-2.3 s (measured, x86, 2 cores)
CLOSE_S = 0.5
BYTES_IN_PER_READ = 90_000  # about 1.4 Mbit/s, a 720p picture with sound
BYTES_OUT_PER_READ = 60_000


@dataclass(frozen=True, slots=True)
class _Call:
    order: Open
    page: Page
    next_s: float  # when the phase changes, or the connections are read again
    admitted_s: float | None = None


class SimScreen:
    """The screen's end of the conversation.

    admit      whether the host lets the room in
    lobby_s    how long the host takes for that, counted from the open page
    deaf_mute  the sound server takes the order and never confirms it
    silent     the process hangs: no beat, no answer
    used       the USB device whose sound it was told to use
    standing   the page that was ordered for each display, and where
    """

    def __init__(self, *, admit: bool = True, lobby_s: float = 0.0) -> None:
        self.admit, self.lobby_s = admit, lobby_s
        self.deaf_mute = False
        self.silent = False
        self.used: Use | None = None
        self.standing: dict[str, Stand] = {}
        self.muted, self.volume_pct, self.shown = False, 60, True
        self._lines = Lines()
        self._orders: deque[Message | Strange] = deque()
        self._reports: deque[Report] = deque()
        self._call: _Call | None = None
        self._next_open: Open | None = None
        self._fails: Reason | None = None
        self._ended = False
        self._beat_s: float | None = None
        self._now = 0.0

    @property
    def page(self) -> Page | None:
        """The page as it is, whether or not it was reported."""
        return self._call.page if self._call else None

    def crash(self) -> None:
        """Let the browser crash, if there is one."""
        self._over(Phase.CRASHED, Reason.PAGE_CRASHED)

    def fail(self, reason: Reason = Reason.NETWORK) -> None:
        """Let the page that is there fail, or else the next one."""
        if self._call is None or self._call.page.phase in OVER:
            self._fails = reason
        else:
            self._over(Phase.FAILED, reason)

    def end_meeting(self) -> None:
        """Let the host end the meeting: the page stays, its media ends."""
        self._ended = True

    def want(self) -> None:
        """Ask for pages to stand on the displays, as a kiosk does."""
        self._reports.append(Want())

    def receive(self, chunk: Chunk) -> None:
        self._orders.extend(self._lines.feed(chunk.data))

    def tick(self, now: float) -> None:
        self._now = now
        while self._orders and not self.silent:
            self._obey(self._orders.popleft())
        if self._beat_s is None or now >= self._beat_s:
            self._beat_s = now + BEAT_S
            self._reports.append(Beat())
        if self._call is not None and now >= self._call.next_s:
            self._advance(self._call)
        if self.silent:
            self._reports.clear()

    def due(self) -> float | None:
        waits = [self._beat_s, self._call.next_s if self._call else None]
        return min((wait for wait in waits if wait is not None), default=None)

    def outbox(self, now: float) -> bytes | None:
        return encode(self._reports.popleft()) if self._reports else None

    def sent(self, now: float) -> None:
        """Nothing to note."""

    def failed(self, now: float, why: str) -> None:
        """Nothing to note."""

    def _obey(self, order: Message | Strange) -> None:
        match order:
            case Open() if self._running():
                self._next_open = order
                self._close(Reason.REPLACED)
            case Open():
                self._launch(order)
            case Leave(id=id) if self._call is not None and id == self._call.page.id:
                self._close(Reason.LEFT)
            case Rest():
                self._call = None
                self._say_all()
            case Mute(on=on):
                self._mute(on)
            case Volume(pct=pct):
                self.volume_pct = pct
                self._say_sound()
            case Use():
                self.used = order
            case Stand(place=place):
                self.standing[place] = order
            case Display(on=on):
                self.shown = on
                self._reports.append(Shown(on))
            case Ask():
                self._say_all()

    def _mute(self, on: bool) -> None:
        if not self.deaf_mute:
            self.muted = on
            self._say_sound()

    def _say_all(self) -> None:
        self._reports.append(Hello(roomctl.__version__, "simulated", "simulated"))
        if self._call is not None:
            self._reports.append(self._call.page)
        self._say_sound()
        self._reports.append(Shown(self.shown))

    def _say_sound(self) -> None:
        self._reports.append(Sound(True, self.muted, self.volume_pct))

    def _running(self) -> bool:
        return self._call is not None and self._call.page.phase not in OVER

    def _launch(self, order: Open) -> None:
        self._ended = False
        page = Page(order.id, Phase.LAUNCHING, host_of(order.url))
        self._show(_Call(order, page, self._now + LAUNCH_S))
        if self._fails is not None:
            self._over(Phase.FAILED, self._fails)
            self._fails = None

    def _close(self, reason: Reason) -> None:
        if self._call is not None and self._call.page.phase not in {*OVER, Phase.CLOSING}:
            page = Page(self._call.page.id, Phase.CLOSING, self._call.page.host, reason)
            self._show(replace(self._call, page=page, next_s=self._now + CLOSE_S))

    def _over(self, phase: Phase, reason: Reason | None) -> None:
        if self._call is not None and self._running():
            page = Page(self._call.page.id, phase, self._call.page.host, reason)
            self._show(replace(self._call, page=page, next_s=float("inf")))
        if self._next_open is not None:
            order, self._next_open = self._next_open, None
            self._launch(order)

    def _show(self, call: _Call) -> None:
        if self._call is None or call.page != self._call.page:
            self._reports.append(call.page)
        self._call = call

    def _advance(self, call: _Call) -> None:
        if call.page.phase is Phase.CLOSING:
            self._over(Phase.CLOSED, call.page.reason)
        elif call.page.phase is Phase.LAUNCHING:
            rtc = Rtc(0, 0, 0, 0) if call.order.assisted else None
            page = replace(call.page, phase=Phase.OPEN, rtc=rtc)
            admitted_s = self._now + self.lobby_s
            self._show(replace(call, page=page, next_s=self._now + READ_S, admitted_s=admitted_s))
        else:
            page = replace(call.page, rtc=self._read(call))
            self._show(replace(call, page=page, next_s=self._now + READ_S))

    def _read(self, call: _Call) -> Rtc | None:
        before = call.page.rtc
        if before is None:
            return None
        if self._ended:
            return replace(before, connections=0, connected=0)
        if not before.connected and not self._let_in(call):
            return before
        return Rtc(1, 1, before.bytes_in + BYTES_IN_PER_READ, before.bytes_out + BYTES_OUT_PER_READ)

    def _let_in(self, call: _Call) -> bool:
        return self.admit and call.admitted_s is not None and self._now >= call.admitted_s
