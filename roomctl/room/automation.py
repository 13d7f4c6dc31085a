"""What the room does by itself: gathers the rules' facts, carries out what they decide, undoes it.

Every act stands in the document with its reasons, and in the history; so does what will be done
soon, unless somebody says *keep it*.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from roomctl import rules
from roomctl.clock import Clock, Moment
from roomctl.config import Config
from roomctl.device import Status
from roomctl.errors import Refused
from roomctl.room.bookings import Bookings
from roomctl.room.commands import Source, Verb
from roomctl.room.document import (
    ActEntry,
    AutomationEntry,
    IssueEntry,
    NoticeEntry,
    ReasonEntry,
)
from roomctl.room.meeting import CallControl
from roomctl.room.occupancy import OccupancyService
from roomctl.room.use import Use
from roomctl.rules import Act, Decision
from roomctl.screen import Screen

_log = logging.getLogger(__name__)

SHOWN = 10  # acts that the document still names
UNPROVEN_S = 120.0  # a box needs a while after its start to learn the time


@dataclass(frozen=True, slots=True)
class Actuators:
    """What automation works with."""

    calls: CallControl
    bookings: Bookings
    screen: Screen | None
    attendance: OccupancyService
    use: Use


class Automation:
    """The room's own acts, and the light."""

    def __init__(
        self,
        config: Config,
        hands: Actuators,
        clock: Clock,
        act: Callable[[Awaitable[None]], None],
        changed: Callable[[], None],
    ) -> None:
        """`act` has work done beside, whatever becomes of it."""
        table = config.rules
        self._hands, self._clock, self._act, self._changed = hands, clock, act, changed
        self._has_sensors = bool(config.occupancy)
        self._undo_s = table.undo_s
        self._rules = rules.Rules(
            rules.Terms(
                wake=table.wake,
                lit_s=config.room.lit_s,
                display_s=table.display_s,
                release_s=table.release_s,
                end_call_s=table.end_call_s,
                warn_s=table.warn_s,
                quiet=table.quiet_hours,
                zone=config.room.zone,
            )
        )
        self.awake = True
        self._touched_at = clock.mono_s()
        self._rested_at: float | None = None
        self._call_since: float | None = None
        self._kept_at: dict[Act, float] = {}
        self._acts: deque[ActEntry] = deque(maxlen=SHOWN)
        self._number = 0
        self._light_asked: tuple[Moment, bool] | None = None
        self._needs_the_time = (table.release_s, table.end_call_s, table.quiet) != (None,) * 3
        self._unproven_since: Moment | None = None

    def touched(self) -> None:
        """Note that somebody used the panel or a device by hand."""
        self._touched_at = self._clock.mono_s()

    def light(self, on: bool) -> None:
        """Light or darken the room because somebody asked for it; the rules do the rest."""
        if on:
            self._touched_at = self._clock.mono_s()
        else:
            self._rested_at = self._clock.mono_s()
        self._changed()

    def step(self) -> None:
        """Do what the rules decide now, and have the display follow."""
        now = self._clock.now()
        self._unproven_since = None if now.synced else self._unproven_since or now
        self._note_use(now)
        for decision in self._rules.step(self._facts(now), now):
            self._do(decision, now)
        self._show_light()

    def entry(self, now: Moment) -> AutomationEntry:
        """Return what is announced, and what was done lately."""
        notices = tuple(
            NoticeEntry(one.act.value, one.subject, one.at) for one in self._rules.warnings
        )
        over = now.wall - timedelta(seconds=self._undo_s)
        acts = (replace(act, undo=act.undo and act.at > over) for act in self._acts)
        return AutomationEntry(notices, tuple(acts))

    def issues(self, now: Moment) -> tuple[IssueEntry, ...]:
        """Return why less is done than room.toml asks for: the wall clock has not been proven."""
        since = self._unproven_since
        if not self._needs_the_time or since is None or now.mono_s - since.mono_s < UNPROVEN_S:
            return ()
        return (IssueEntry("clock.unproven", "clock", {}, since.wall),)

    @property
    def table(self) -> Mapping[str, Verb]:
        """The commands about it."""
        return {
            "room.keep": self._keep,
            "room.undo": self._undo,
            "booking.checkIn": self._check_in,
        }

    async def _check_in(self, source: Source, booking: str) -> None:
        await self._hands.bookings.check_in(booking)

    async def _keep(self, source: Source, act: str) -> None:
        """Do not do what is announced, or was until this touch; it may come again later."""
        now = self._clock.now()
        self._kept_at[Act(act)] = now.mono_s
        booking = self._hands.bookings.under_way(now)
        if act == Act.RELEASE and booking is not None:
            await self._hands.bookings.mark(booking.id, "checked_in")
        self._changed()

    async def _undo(self, source: Source, number: int) -> None:
        """Undo an act, as far as that can be; Refused "nothing_to_undo" says why not."""
        now = self._clock.now()
        shown = self.entry(now).acts
        found = next((act for act in shown if act.number == number and act.undo), None)
        if found is None:
            raise Refused("room", "nothing_to_undo", f"act {number} cannot be undone, or no longer")
        match found.act:
            case "rest":
                self.light(True)
            case "wake":
                self.light(False)
            case "release":
                await self._hands.bookings.mark(found.subject, "checked_in")
            case "end_call":
                await self._hands.calls.rejoin()
        self._kept_at[Act(found.act)] = now.mono_s
        self._acts = deque(
            (replace(act, undo=act.undo and act.number != number) for act in self._acts), SHOWN
        )
        self._changed()

    def _note_use(self, now: Moment) -> None:
        """Note since when a call is live, and that somebody was seen during a booking."""
        if not self._hands.calls.live:
            self._call_since = None
        elif self._call_since is None:
            self._call_since = now.mono_s
        booking, seen_at = self._hands.bookings.under_way(now), self._hands.attendance.state.seen_at
        seen = booking is not None and seen_at is not None and seen_at >= booking.starts_s
        if booking is not None and seen and not booking.settled:
            self._act(self._hands.bookings.used(booking.id))

    def _facts(self, now: Moment) -> rules.Facts:
        state, calls = self._hands.attendance.state, self._hands.calls
        return rules.Facts(
            occupancy=state.state,
            occupancy_since=state.since,
            call_live=calls.live,
            awake=self.awake,
            touched_at=self._touched_at,
            rested_at=self._rested_at,
            has_sensors=self._has_sensors,
            empty_at=state.empty_at,
            seen_at=state.seen_at,
            call_since=self._call_since,
            booking=self._hands.bookings.under_way(now),
            kept_at=self._kept_at,
        )

    def _do(self, decision: Decision, now: Moment) -> None:
        act, hands = decision.act, self._hands
        reasons = (ReasonEntry(decision.reason, {}), *hands.attendance.reasons)
        undo = True
        if act in (Act.WAKE, Act.REST):
            self.awake = act is Act.WAKE
        elif act is Act.RELEASE:
            self._act(hands.bookings.mark(decision.subject, "released"))
        else:
            undo = hands.calls.can_rejoin
            self._kept_at[act] = now.mono_s  # one that cannot be left is tried again after a while
            self._act(hands.calls.leave())
        _log.info("room: %s, because of %s", act, decision.reason)
        self._number += 1
        wall = now.wall.replace(microsecond=0)
        entry = ActEntry(self._number, act.value, decision.subject, wall, reasons, undo)
        self._acts.append(entry)
        hands.use.done(act.value, decision.subject, reasons)

    def _show_light(self) -> None:
        """Have the display follow: asked once for each change, and once after each connection."""
        screen = self._hands.screen
        if screen is None or screen.health.status is not Status.ONLINE:
            return
        asked = (screen.health.since, self.awake)
        if screen.state.display_on is not self.awake and asked != self._light_asked:
            self._light_asked = asked
            self._act(screen.display(self.awake))
