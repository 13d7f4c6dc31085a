"""The loudspeaker's volume: set, and stepped by the keys of a speakerphone. Knows no mute.

A Jabra sends its next volume key only after the host has changed the volume, so every press sets
one, at the ends of the scale too.
"""

from __future__ import annotations

from roomctl.clock import Clock
from roomctl.errors import Refused
from roomctl.screen import Screen

STEP_PCT = 5
FRESH_S = 1.0  # a press counts from the one before it, as long as that may not be read back yet
_AGAIN_PCT = 40  # where nothing was heard before


class Loudness:
    """The loudness of one room, in per cent."""

    def __init__(self, screen: Screen | None, clock: Clock) -> None:
        self._screen, self._clock = screen, clock
        self._asked: tuple[int, float] | None = None
        self._heard_pct = _AGAIN_PCT

    async def set(self, pct: int) -> None:
        """Set it; Refused "no_screen", PortClosed."""
        if self._screen is None:
            raise Refused("room", "no_screen", "this room has no [screen]")
        self._asked = (pct, self._clock.mono_s())
        await self._screen.volume(pct)

    async def step(self, steps: int) -> None:
        """Make it louder, or less loud, by so many presses."""
        level = self._level()
        if level is not None:
            await self.set(min(100, max(0, level + steps * STEP_PCT)))

    async def toggle(self) -> None:
        """Silence the loudspeaker, or have it as loud as it was."""
        level = self._level()
        if level:
            self._heard_pct = level
        if level is not None:
            await self.set(0 if level else self._heard_pct)

    def _level(self) -> int | None:
        if self._asked is not None and self._clock.mono_s() - self._asked[1] < FRESH_S:
            return self._asked[0]
        return self._screen.state.sound.volume_pct if self._screen else None
