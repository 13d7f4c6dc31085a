"""Has a browser wait on the screen while somebody may soon join: at once is then at once.

Somebody may when a booking begins within ten minutes, or began as long ago; for a quarter of an
hour after somebody used the panel, woke the room or came in. It waits for that booking's meeting,
else for a new one on the room's platform. Not during a call, and not once the room is empty. Knows
no browser: the screen decides whether the box has the memory for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from roomctl.booking import Booking
from roomctl.clock import Clock, Moment
from roomctl.config import Config
from roomctl.errors import PortError
from roomctl.kind import Part, RoomDevices
from roomctl.meeting.invitation import ParsedInvitation
from roomctl.room.bookings import Bookings
from roomctl.room.meeting import CallControl
from roomctl.screen.profile import screen_of

NEAR_S = 600.0  # before and after a booking's begin
CAME_S = 900.0  # for as long does one keep waiting
TOUCH_S = 0.5  # a touch may be the one that joins: nothing is begun beside that
AGAIN_S = 60.0  # a screen that has none any more, whatever the reason, is asked again


class Expected(Part):
    """Whether somebody may soon join, and what."""

    def __init__(
        self,
        config: Config,
        devices: RoomDevices,
        calls: CallControl,
        bookings: Bookings,
        presence: Callable[[], str],
        awake: Callable[[], bool],
        clock: Clock,
    ) -> None:
        """`presence` is the word of whether somebody is there; `awake`: the room is."""
        self._calls, self._bookings, self._clock = calls, bookings, clock
        self._presence, self._awake = presence, awake
        self._was = presence(), awake()
        self._came_s: float | None = None
        self._said: tuple[float, Booking | None] | None = None  # until when, for which booking
        self.configure(config, devices)

    def configure(self, config: Config, devices: RoomDevices) -> None:
        screen = screen_of(config)
        self._least_mb = screen.waiting_least_mb if screen is not None else None
        if self._said is not None:
            self._said = (float("-inf"), self._said[1])  # for other places, maybe

    def touched(self) -> None:
        """Note that somebody used the panel or a device by hand."""
        if not self._calls.live:
            now = self._clock.mono_s()
            # The touch that joins is not to throw away what waits since an earlier one.
            self._came_s = now - TOUCH_S if self._somebody(now) else now

    def follow(self) -> None:
        was, self._was = self._was, (self._presence(), self._awake())
        (there, awake), (now_there, now_awake) = was, self._was
        if (now_there == "occupied" != there) or (now_awake and not awake):
            self.touched()
        if self._calls.live or (now_there == "vacant" != there):
            self._came_s = None
        self._expect(self._clock.now())

    def tick(self) -> None:
        self._expect(self._clock.now())

    def _expect(self, now: Moment) -> None:
        wanted, booking = self._wanted(now)
        with contextlib.suppress(PortError):  # a screen that is away is told later
            if not wanted:
                if self._said is not None:
                    self._calls.expect(None)
                    self._said = None
            elif self._said is None or self._said[1] != booking or now.mono_s >= self._said[0]:
                self._calls.expect(self._invitation(booking), self._least_mb or 0)
                self._said = (now.mono_s + AGAIN_S, booking)

    def _invitation(self, booking: Booking | None) -> ParsedInvitation | None:
        found = self._calls.read(booking.fields) if booking is not None else None
        return self._calls.usual if found is None or found.launch is None else found

    def _wanted(self, now: Moment) -> tuple[bool, Booking | None]:
        """Return whether somebody may join soon, and the booking; None: the room's platform."""
        if self._least_mb is None or self._calls.live:
            return False, None
        near = self._bookings.near(now, NEAR_S)
        return self._somebody(now.mono_s) or near is not None, near

    def _somebody(self, now: float) -> bool:
        """Whether somebody came, and has not joined at once."""
        return self._came_s is not None and TOUCH_S <= now - self._came_s < CAME_S
