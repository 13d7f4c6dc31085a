"""A simulated occupancy sensor: the far end of a port that carries b"0" and b"1".

Knows no wire and no clock. It behaves as its profile says: its output stays for `hold_s` after the
last motion (after the first one, if it does not retrigger), and for `block_s` after it fell it sees
nothing. The level is told at every edge and again every second.
"""

from __future__ import annotations

import math

from roomctl.occupancy.profile import OccupancyProfile
from roomctl.wire import Chunk

TELL_EVERY_S = 1.0


class SimSensor:
    """A sensor and what happens before it: `set(True, now)` is somebody moving about."""

    def __init__(self, profile: OccupancyProfile) -> None:
        self.profile = profile
        self.silent = False  # a fault: nothing comes any more, although the port is open
        self._moving = False
        self._output = False
        self._falls_at = math.inf
        self._sees_from = -math.inf
        self._tell_at = -math.inf
        self._says: list[bool] = []

    @property
    def output(self) -> bool:
        """Whether the sensor reports somebody, whatever its polarity."""
        return self._output

    def set(self, level: bool, now: float) -> None:
        """Let somebody move (True) or sit still or be gone (False) from `now` on."""
        self.tick(now)
        if level != self._moving:
            self._moving = level
            if self._output and self.profile.retrigger:
                self._falls_at = math.inf if level else now + self.profile.hold_s
            self.tick(now)

    def receive(self, chunk: Chunk) -> None:
        pass

    def tick(self, now: float) -> None:
        while True:
            if self._output and now >= self._falls_at:
                self._fall(self._falls_at)
            elif not self._output and self._moving and now >= self._sees_from:
                self._rise(now)
            else:
                break
        if now >= self._tell_at:
            self._say(now)

    def due(self) -> float | None:
        wanted = [self._tell_at]
        if self._output:
            wanted.append(self._falls_at)
        elif self._moving:
            wanted.append(self._sees_from)
        soonest = min(wanted)
        return None if soonest == math.inf else soonest

    def outbox(self, now: float) -> bytes | None:
        if not self._says:
            return None
        high = self._says.pop(0) == (self.profile.polarity == "high")
        return b"1" if high else b"0"

    def sent(self, now: float) -> None:
        pass

    def failed(self, now: float, why: str) -> None:
        pass

    def _rise(self, at: float) -> None:
        self._output = True
        held = self._moving and self.profile.retrigger
        self._falls_at = math.inf if held else at + max(self.profile.hold_s, 0.1)
        self._say(at)

    def _fall(self, at: float) -> None:
        self._output = False
        self._falls_at = math.inf
        self._sees_from = at + max(self.profile.block_s, 0.1)
        self._say(at)

    def _say(self, at: float) -> None:
        self._tell_at = at + TELL_EVERY_S
        if not self.silent:
            self._says = [*self._says[-8:], self._output]
