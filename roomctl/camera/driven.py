"""A drive of a camera without a queue, and the stop that ends it: owed until it is seen to stand.

What asks such a camera over HTTP has several requests on their way at once, and one may overtake
another. So a stop is said again until it is answered, and counts only if no drive could come behind
it; then the camera is looked at, and what still moves is stopped again. What goes on after all that
is left to whoever drives it, and `runs_on` until it is seen to stand. Knows no command, no port and
no clock; time is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from roomctl.frozen import frozen

M = TypeVar("M")


@frozen
class StopPolicy:
    """How a stop is repeated.

    `again_s`: until it is said again without an answer, twice as long each time, to `again_most_s`.
    `ramp_s`: within it what was stopped comes to rest. `most`: stops that are answered and not
    obeyed, before it is left to whoever drives it.
    """

    again_s: float
    again_most_s: float
    ramp_s: float
    most: int


@dataclass(slots=True)
class DriveControl(Generic[M]):
    """Axes that are driven together: what is wanted, what was said, and the stop that is owed.

    `drives`: on their way. `running`: a drive was said, and no stop since was answered. `first`:
    the stop that is owed was not said yet. `proving`: since when it must come to rest after a stop.
    `runs_on`: it took every stop and goes on moving.
    """

    terms: StopPolicy
    wanted: M | None = None
    said: M | None = None
    drives: int = 0
    running: bool = False
    stop_owed: bool = False
    stop_at: float = 0.0
    again_s: float = 0.0
    first: bool = True
    proving: float | None = None
    stops: int = 0
    runs_on: bool = False

    @property
    def driven(self) -> bool:
        return self.wanted is not None or self.running

    @property
    def active(self) -> bool:
        return self.driven or self.stop_owed

    @property
    def news(self) -> bool:
        """Whether a drive is wanted that was not said yet."""
        return self.wanted is not None and self.wanted != self.said

    # A drive.

    def drive(self, wanted: M) -> None:
        self.wanted, self.stop_owed, self.proving, self.stops = wanted, False, None, 0

    def drive_said(self, said: M) -> None:
        self.said, self.running = said, True
        self.drives += 1

    def drive_answered(self) -> None:
        self.drives -= 1

    def drive_refused(self) -> None:
        """Note that an answered drive was a refusal: it stands."""
        self.wanted = self.said = None
        self.running = False

    def drive_lost(self, said: M) -> None:
        """Note that no answer came: it is said again, if it is still what is wanted."""
        self.drives -= 1
        if self.said == said:
            self.said = None

    # Its stop.

    def halt(self, now: float) -> None:
        """Owe a stop, from now on."""
        self.wanted = self.said = self.proving = None
        if not self.stop_owed:
            self.stop_owed, self.stop_at, self.first = True, now, True
            self.again_s = self.terms.again_s

    def halts(self, now: float) -> bool:
        """Whether a stop is to be said now."""
        return self.stop_owed and now >= self.stop_at

    def stop_said(self, now: float) -> None:
        self.stop_at, self.first = now + self.again_s, False
        self.again_s = min(2 * self.again_s, self.terms.again_most_s)

    def counts(self, *, alone: bool) -> bool:
        """Whether an answered stop ends it; `alone`: no drive was on its way when it was said."""
        return self.stop_owed and alone and not self.drives

    def stopped(self, now: float) -> None:
        """Note that the stop was taken: from now on it must be seen to come to rest."""
        self.stop_owed = self.running = False
        self.proving = now

    def seen(self, now: float, *, stands: bool, moved_at: float) -> bool:
        """Take how it was seen; return whether a stop is owed anew, for it goes on moving."""
        if self.active:
            return False
        if stands:
            self.proving, self.stops, self.runs_on = None, 0, False
        late = self.proving is not None and moved_at > self.proving + self.terms.ramp_s
        if not late:
            return False
        if self.stops >= self.terms.most:
            self.runs_on = True
            return False
        self.stops += 1
        self.halt(now)
        return True
