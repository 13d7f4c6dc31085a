"""What one sensor's levels prove, and whether it can be believed. Knows no clock and no port.

A level counts once it has stood for 50 ms. More than 50 transitions within 5 s are chatter: the
sensor is not believed for 10 s, doubled each time it goes on; what it tells is listened to again in
the last 5 s of them, to see whether it has calmed down. A sensor not heard of for 3 s is gone
(ports tell its level every second). One that has been active for 8 h while nothing else vouched for
it is stuck, after 1.5 h if another one, which has seen people before, sees nobody all that time (a
fan before a radar); so is one that missed what all others saw. Each is believed again once its
level changes.

What everything but one sensor says of the room, when it was used and how often lately, is its
`CrossCheck`: a sensor that sees somebody for longer than anybody ever stayed, or nobody while
people came and went, is not believed.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import Literal

STEADY_S = 0.05
STALE_S = 3.0
STUCK_S = 8 * 3600.0
CONTRADICTED_S = 1.5 * 3600.0  # UCI 864: a badly placed PIR once missed people for 3768 s
CHATTER_TRANSITIONS, CHATTER_S = 50, 5.0
FIRST_QUARANTINE_S, LONGEST_QUARANTINE_S = 10.0, 600.0
TIMES_LONGEST = 3.0  # a room that is used for twelve hours on end has no sensor stuck after eight
QUIET_S = 7 * 86_400.0
ENOUGH_PERIODS = 5

FaultCode = Literal["chatter", "stuck_high", "stuck_low"]


class SensorHealth:
    """One sensor. `momentary` (a door) proves something at each transition, and nothing in between.

    `output_hold_s`: how long its output stays after what it saw. `stale_s`: it is gone when not
    heard of for that long; a port tells its level every second.
    """

    def __init__(
        self,
        vacancy_delay_s: float,
        *,
        output_hold_s: float = 0.0,
        momentary: bool = False,
        stale_s: float = STALE_S,
    ) -> None:
        self.vacancy_delay_s, self.output_hold_s = vacancy_delay_s, output_hold_s
        self.momentary = momentary
        self._stale_s = stale_s
        self.active = False  # sees somebody now
        self.seen_at: float | None = None  # the last instant at which it surely did
        self._level: bool | None = None
        self._heard_at = 0.0
        self._rose_at: float | None = None  # active, but not for long enough yet
        self._risen = False  # it was seen to rise: then, and not before, it saw somebody
        self._detected_at = -inf
        self._active_since = 0.0
        self._transitions: deque[float] = deque(maxlen=CHATTER_TRANSITIONS + 1)
        self._quarantine_ends: float | None = None
        self._quarantine_s = FIRST_QUARANTINE_S
        self._calm_at = 0.0
        self._stuck: FaultCode | None = None
        self._stuck_s = STUCK_S
        self._vouched_at = 0.0
        self._contradicted_since: float | None = None
        self._known_since = 0.0
        self.quiet_since: float | None = None  # no transition since then
        self.fault_since = 0.0

    @property
    def fault(self) -> FaultCode | None:
        """Why it is not believed although its level comes, if it is not."""
        return "chatter" if self._quarantine_ends is not None else self._stuck

    @property
    def healthy(self) -> bool:
        """Whether silence of this sensor means anything."""
        return self._level is not None and self.fault is None

    def deaf(self, at: float) -> bool:
        """Whether a level at `at` is not listened to: it chatters, and has time to calm down."""
        return self._quarantine_ends is not None and at < self._quarantine_ends - CHATTER_S

    @property
    def high(self) -> bool | None:
        """Its level as last told, believed or not; None while it is gone."""
        return self._level

    def vouch(self, at: float, stuck_s: float, contradicted_since: float | None = None) -> None:
        """Note that something else saw somebody at `at` (infinite: still does).

        Active `stuck_s` after that is stuck; `contradicted_since`: another sensor sees nobody.
        """
        self._vouched_at, self._stuck_s = at, stuck_s
        self._contradicted_since = contradicted_since

    def sees_nobody_since(self, other_since: float) -> float | None:
        """Return since when it contradicts one that sees somebody from `other_since` on.

        None: it does not, or was not seen to work in the week before that.
        """
        if not self.healthy or self.active or self._rose_at is not None or self.seen_at is None:
            return None
        works = self.seen_at >= other_since - QUIET_S
        return max(self._known_since, self.seen_at) if works else None

    @property
    def active_since(self) -> float | None:
        """Since when it sees somebody; None while it does not."""
        return self._active_since if self.active else None

    def missed(self, now: float) -> None:
        """Note that it stayed quiet although people came and went."""
        if self._stuck is None and self._level is not None:
            self._stuck, self.fault_since = "stuck_low", now

    def detected_at(self, now: float) -> float | None:
        """Return when somebody was before it, last, as far as its own hold can tell."""
        seen_at = now if self.active else self.seen_at
        if seen_at is None or self.momentary:
            return seen_at
        return max(self._detected_at, seen_at - self.output_hold_s)

    def saw_since(self, at: float) -> bool:
        """Whether it sees somebody now, or did after `at`."""
        return self.active or (self.seen_at is not None and self.seen_at > at)

    def level(self, level: bool, at: float) -> None:
        """Take a level, new or told again; `at` never runs backwards."""
        self.tick(at)
        if self.deaf(at):
            return
        changed = self._level is not None and level != self._level
        if self._level is None:
            self._known_since = at
        self._level, self._heard_at = level, at
        if changed or self.quiet_since is None:
            self.quiet_since = at
        if changed:
            self._stuck = None
            self._note_transition(at)
        if self._quarantine_ends is not None:
            return
        if self.momentary:
            if changed:
                self.seen_at = at
        elif level:
            self._still_active(at, changed)
        else:
            self._fell(at)

    def lost(self) -> None:
        """Forget the level: the sensor is gone. What it saw it has seen."""
        self._level, self.active, self._rose_at, self._stuck = None, False, None, None

    def tick(self, now: float) -> None:
        if self._level is not None and now >= self._heard_at + self._stale_s:
            self.lost()
        if self._quarantine_ends is not None and now >= self._quarantine_ends:
            self._end_quarantine(now)
        if self._rose_at is not None and now >= self._rose_at + STEADY_S:
            if self._risen:
                self._detected_at = self._rose_at
            self.active, self._active_since, self._rose_at = True, now, None
            self.seen_at = now
        if self.active and now >= self._stuck_at:
            self.active, self._stuck, self.fault_since = False, "stuck_high", now

    def due(self) -> float | None:
        """Return the next instant at which time alone changes something."""
        ends = [self._quarantine_ends] if self._quarantine_ends is not None else []
        if self._level is not None:
            ends.append(self._heard_at + self._stale_s)
        if self._rose_at is not None:
            ends.append(self._rose_at + STEADY_S)
        if self.active and self._stuck_at < inf:
            ends.append(self._stuck_at)
        return min(ends, default=None)

    @property
    def _stuck_at(self) -> float:
        alone_since = max(self._active_since, self._vouched_at)
        if self._contradicted_since is None:
            return alone_since + self._stuck_s
        return max(alone_since, self._contradicted_since) + CONTRADICTED_S

    def _still_active(self, at: float, rises: bool) -> None:
        if self.active:
            self.seen_at = at
        elif self._rose_at is None and not self._stuck:
            self._rose_at, self._risen = at, rises

    def _fell(self, at: float) -> None:
        if self.active:
            self.seen_at = at
        self.active, self._rose_at = False, None

    def _note_transition(self, at: float) -> None:
        self._transitions.append(at)
        if len(self._transitions) > CHATTER_TRANSITIONS and at - self._transitions[0] <= CHATTER_S:
            self._quarantine(at)

    def _quarantine(self, now: float) -> None:
        if self._quarantine_ends is None:
            self.fault_since = now
        if now >= self._calm_at:
            self._quarantine_s = FIRST_QUARANTINE_S
        self._quarantine_ends = now + self._quarantine_s
        self._calm_at = self._quarantine_ends + LONGEST_QUARANTINE_S
        self._quarantine_s = min(2 * self._quarantine_s, LONGEST_QUARANTINE_S)
        self._level, self.active, self._rose_at = None, False, None

    def _end_quarantine(self, now: float) -> None:
        self._quarantine_ends = None
        if self._level and not self.momentary:
            self._rose_at, self._risen = now, False


class CrossCheck:
    """All evidence but that of one sensor."""

    def __init__(self) -> None:
        self.seen_at = 0.0
        self._longest_s = 0.0
        self._since: float | None = None
        self._began: deque[float] = deque(maxlen=ENOUGH_PERIODS)

    @property
    def stuck_s(self) -> float:
        """How long a sensor may see somebody alone."""
        return max(STUCK_S, TIMES_LONGEST * self._longest_s)

    def note(self, seen_at: float | None, now: float) -> None:
        """Note that somebody was seen at `seen_at` and is there until now, or nobody is (None)."""
        if seen_at is None:
            self._since = None
            return
        self.seen_at = max(self.seen_at, seen_at)
        if self._since is None:
            self._since = now
            self._began.append(now)
        self._longest_s = max(self._longest_s, now - self._since)

    def contradicts(self, quiet_since: float, now: float) -> bool:
        """Whether people came and went, while a sensor has seen nothing for a week."""
        enough = len(self._began) == ENOUGH_PERIODS
        return (
            enough
            and now - quiet_since >= QUIET_S
            and self._began[0] >= max(quiet_since, now - QUIET_S)
        )
