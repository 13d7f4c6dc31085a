"""What it means that a speakerphone is picked up, or hung up.

Picked up at rest, the room joins the booking in its window; without one nothing happens. Hung up in
a call, the room is muted at once, and its panel asks whether to leave: within some seconds somebody
says so, or the call goes on, muted. Knows no report and no LED.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from roomctl.clock import Clock
from roomctl.room.audio import Audio
from roomctl.room.bookings import Bookings
from roomctl.room.calls import Calls

_log = logging.getLogger(__name__)

ASKED_S = 10.0


class Hook:
    """The hook of the speakerphone in use."""

    def __init__(
        self,
        audio: Audio,
        calls: Calls,
        bookings: Bookings,
        act: Callable[[Awaitable[None]], None],
        clock: Clock,
    ) -> None:
        self._audio, self._calls, self._bookings = audio, calls, bookings
        self._act, self._clock = act, clock
        self._asked: tuple[int, float] | None = None  # which call, and until when

    @property
    def asks(self) -> bool:
        """Whether somebody has hung up, and nobody has said yet whether to leave."""
        return self._asked is not None

    def picked_up(self) -> None:
        """Join what is booked now, if nothing else is going on; else take it back."""
        if self.asks:
            self.stay()
            return
        booking = self._bookings.to_join(self._clock.now())
        if self._calls.live or booking is None:
            self._audio.put_back()
            return
        _log.info("meeting: joining what is booked: the speakerphone was picked up")
        self._act(self._join(booking))

    def hung_up(self) -> None:
        """Mute, and ask whether to leave."""
        call = self._calls.live_id
        if call is None:
            return
        self._asked = (call, self._clock.mono_s() + ASKED_S)
        self._audio.hung_up()

    def stay(self) -> None:
        """Go on with the call as if nobody had hung up."""
        if self._asked is not None:
            self._asked = None
            self._audio.taken_up(as_before=True)

    def tick(self) -> None:
        """Let time pass: a question that nobody answers, or whose call has ended, is over."""
        if self._asked is None:
            return
        call, until = self._asked
        if call != self._calls.live_id or self._calls.leaving:
            self._asked = None
        elif self._clock.mono_s() >= until:
            self._asked = None
            self._audio.taken_up(as_before=False)

    async def _join(self, booking: str) -> None:
        try:
            await self._calls.join_booked(self._bookings.booking(booking))
        except Exception:
            self._audio.put_back()
            raise
        await self._bookings.check_in(booking)
