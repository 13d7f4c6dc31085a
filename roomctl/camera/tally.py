"""The tally lamps of one camera: which one is lit, and that it stays so.

Knows no session and no clock: how to tell the camera, and how to wait, come in by argument. Some
cameras put a lamp out by themselves (a BRC-AM7 after 15 s), so a lit one is told again in time,
and all are told again once a camera is back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from roomctl.camera import modes
from roomctl.camera.profile import Tally
from roomctl.visca.message import Command


class Cancellable(Protocol):
    """Something that will happen later unless cancelled."""

    def cancel(self) -> None: ...


Later = Callable[[float, Callable[[], None]], Cancellable]


class Lamps:
    """At most one lamp is lit at a time: `lit`."""

    def __init__(self, tell: Callable[[Command], object], later: Later) -> None:
        self.lit: str | None = None
        self._tell, self._later = tell, later
        self._next: Cancellable | None = None

    def to_say(self, tally: Tally, light: str | None) -> list[Command]:
        """Return what makes `light` (None: no lamp) the only one that is lit."""
        dark = [modes.lamp(tally, other, False) for other in tally.lights if other != light]
        return dark if light is None else [*dark, modes.lamp(tally, light, True)]

    def shows(self, tally: Tally, light: str | None) -> None:
        """Note that `light` is lit from now on, and keep it so."""
        self.lit = light
        self._wait(tally)

    def again(self, tally: Tally | None) -> None:
        """Tell a camera that has come back what it is to show."""
        if tally is not None and self.lit is not None:
            self._renew(tally)

    def pause(self) -> None:
        """Tell a camera that is gone nothing more, until it is back."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _renew(self, tally: Tally) -> None:
        if self.lit is not None:
            self._tell(modes.lamp(tally, self.lit, True))
            self._wait(tally)

    def _wait(self, tally: Tally) -> None:
        self.pause()
        if self.lit is not None and tally.refresh_s is not None:
            self._next = self._later(tally.refresh_s, lambda: self._renew(tally))
