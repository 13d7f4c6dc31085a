"""The conversation with one speakerphone: a Machine over HID frames. Knows no clock and no port.

A frame is report type (1 input, 2 output, 3 feature), report ID (0 if not numbered), payload.
There is one writer: a `show` writes every call-control report whole, and a newer one replaces what
an older one has not written yet. After a failed write nothing is known, so all is written again;
so it is when the device confirms that it is off-hook, because some know no mute before that
(developer.jabra.com, call control: set mute at every off-hook).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from roomctl.speakerphone.hid import Layout
from roomctl.speakerphone.telephony import Lights, MuteLed, Press, Telephony, Timing, Written
from roomctl.wire import Chunk

RETRY_S = 1.0
_INPUT = 1


class Session:
    """One connection.

    `heard` gets the presses in every input report (often none) and when it came, `settled` what
    became of a `show` (None: done).
    """

    def __init__(
        self,
        layout: Layout,
        timing: Timing,
        mute_led: MuteLed,
        heard: Callable[[list[Press], float], None],
        settled: Callable[[str | None], None],
    ) -> None:
        self.lights = Lights(layout, mute_led)
        self.telephony = Telephony(layout, self.lights, timing)
        self.written: Written | None = None
        self._heard, self._settled = heard, settled
        self._wanted = (False, False)
        self._queue: deque[bytes] = deque()
        self._flying = False
        self._begun = 0.0
        self._begins = False
        self._retry_at: float | None = None
        self._fresh = True

    def show(self, muted: bool, off_hook: bool) -> None:
        """Have the LEDs written; without any, it is done at once."""
        self._wanted = (muted, off_hook)
        self.telephony.asked(muted, off_hook)
        self._write_all()
        if not self._queue:
            self._settled(None)

    def rewrite(self) -> None:
        """Have everything written again, because the device may have forgotten it (a resume)."""
        self._fresh = True
        self.telephony.forgotten()
        self._write_all()

    def receive(self, chunk: Chunk) -> None:
        if len(chunk.data) < 2 or chunk.data[0] != _INPUT:
            return
        was_off_hook = self.telephony.off_hook
        presses = self.telephony.read(chunk.data[1], chunk.data[2:], chunk.at)
        if self.telephony.off_hook and not was_off_hook and self._wanted[1]:
            self.telephony.forgotten()
            self._write_all()
        self._heard(presses, chunk.at)

    def tick(self, now: float) -> None:
        if self._retry_at is not None and now >= self._retry_at:
            self._write_all()

    def due(self) -> float | None:
        return self._retry_at

    def outbox(self, now: float) -> bytes | None:
        if not self._queue or self._flying:
            return None
        if self._begins:
            self._begins, self._begun = False, now
        self._flying = True
        return self._queue.popleft()

    def sent(self, now: float) -> None:
        self._flying = False
        if not self._queue:
            self._fresh = False
            self.written = Written(*self._wanted, self._begun, now)
            self.telephony.wrote(self.written)
            self._settled(None)

    def failed(self, now: float, why: str) -> None:
        self._flying = False
        self.written = None
        self.telephony.doubt()
        if not self._begins:  # else a newer wish stands in the queue, whole
            self._queue.clear()
            self._retry_at = now + RETRY_S
            self._settled(why)

    def _write_all(self) -> None:
        self._queue = deque(self.lights.frames(*self._wanted))
        if self._fresh:
            self._queue += self.lights.dark()
        self._begins = True
        self._retry_at = None
