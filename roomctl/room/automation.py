"""What the room does by itself: gathers the rules' facts, carries out what they decide, undoes it.

Every act stands in the document with its reasons, and in the history; so does what will be done
soon, unless somebody says *keep it*.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Literal

from roomctl import rules
from roomctl.clock import Moment
from roomctl.command import Identifier, Number, Source, command
from roomctl.config import Config
from roomctl.device import Device, Status
from roomctl.errors import Refused
from roomctl.frozen import frozen
from roomctl.kind import Context, IssueEntry, Part, RoomDevices, RuledOutput, StandbyDisplay
from roomctl.roles import Right
from roomctl.room.bookings import RULE, Bookings
from roomctl.room.byom import Byom, DevicesTakenBack
from roomctl.room.cameras import Cameras
from roomctl.room.document import (
    ActEntry,
    ActWord,
    AutomationEntry,
    AvailabilityEntry,
    NoticeEntry,
    PanelEntry,
    ReasonEntry,
)
from roomctl.room.meeting import CallControl
from roomctl.room.occupancy import OccupancyService
from roomctl.room.use import UsageHistory
from roomctl.rules import Act, CameraAct, CameraRules, CameraTerms, Decision

_log = logging.getLogger(__name__)

SHOWN = 10  # acts that the document still names
BECAUSE = {
    CameraAct.WAKE: "joined",
    CameraAct.JOIN: "joined",
    CameraAct.LEAVE: "left",
    CameraAct.STANDBY: "unused",
}
TAKEN = {"empty": "vacant", "booking": "booked", "unplugged": "unplugged"}
UNPROVEN_S = 120.0  # a box needs a while after its start to learn the time


@frozen
class Actuators:
    """What automation works with."""

    calls: CallControl
    bookings: Bookings
    occupancy: OccupancyService
    use: UsageHistory
    cameras: Cameras
    byom: Byom


class Automation(Part):
    """The room's own acts, and its standby."""

    def __init__(
        self,
        config: Config,
        devices: RoomDevices,
        actuators: Actuators,
        prompt: Callable[[], Literal["leave"] | None],
        context: Context,
    ) -> None:
        """`prompt` says what somebody has to answer on a panel."""
        self._clock = context.clock
        self._act, self._changed, self._prompt = context.act, context.changed, prompt
        self._terms: rules.Terms | None = None
        self._cameras: dict[str, CameraRules] = {}
        self._camera_terms: dict[str, CameraTerms] = {}
        self._actuators = actuators
        self.configure(config, devices)
        self.awake = True
        self._woken_at = self._clock.mono_s()
        self._touched_at: float | None = None
        self._vacant_at: float | None = None  # last before somebody was seen
        self._empty_at: float | None = None
        self._standby_at: float | None = None
        self._call_since: float | None = None
        self._busy_at: float | None = None  # a call, a booking or a laptop's meeting was under way
        self._postponed_at: dict[Act, float] = {}
        self._ended_call: int | None = None
        self._acts: deque[ActEntry] = deque(maxlen=SHOWN)
        self._number = 0
        self._display_asked: dict[str, tuple[Moment, bool]] = {}
        self._warned: frozenset[str] = frozenset()  # whose release is announced
        self._lookers = Counter[str]()
        self._unproven_since: Moment | None = None

    def configure(self, config: Config, devices: RoomDevices) -> None:
        """Take another room.toml: rules that it changes begin to count again."""
        every = devices.all(Device)
        self._displays = [one for one in every if isinstance(one, StandbyDisplay)]
        self._outputs = [one for one in every if isinstance(one, RuledOutput)]
        table = config.rules
        self._undo_s = table.undo_s
        terms = rules.Terms(
            wake=table.wake,
            display_on_s=config.room.display_on_s,
            display_off_after_s=table.display_off_after_s,
            untouched_s=table.display_off_untouched_s,
            release_s=table.release_s,
            end_call_s=table.end_call_s,
            warn_s=table.warn_s,
            quiet=table.quiet_hours,
            zone=config.room.zone,
        )
        if terms != self._terms:
            self._terms, self._rules = terms, rules.Rules(terms)
        wanted = self._actuators.cameras.terms
        kept = {name: rule for name, rule in self._cameras.items() if name in wanted}
        self._cameras = {
            name: kept[name] if self._camera_terms.get(name) == one else CameraRules(one)
            for name, one in wanted.items()
        }
        self._camera_terms = wanted
        self._needs_the_time = (table.release_s, table.end_call_s, table.quiet) != (None,) * 3
        self._needs_the_time |= any(one.release_s is not None for one in table.profile)

    @contextlib.contextmanager
    def looked_at(self, name: str) -> Iterator[None]:
        """Note that a panel, or the display's page, shows what the room is about to do."""
        self._lookers[name] += 1
        try:
            yield
        finally:
            self._lookers[name] -= 1

    @property
    def lookers(self) -> tuple[str, ...]:
        """The panels and displays that show it now."""
        return tuple(sorted(+self._lookers))

    def touched(self) -> None:
        """Note that somebody used the panel or a device by hand."""
        self._touched_at = self._clock.mono_s()

    def wake(self) -> None:
        """Have the room awake because somebody asked for it; the rules do what follows."""
        self._woken_at = self._clock.mono_s()
        self._changed()

    def stand_by(self) -> None:
        """Have the room on standby because somebody asked for it, unless it is in a call."""
        self._standby_at = self._clock.mono_s()
        self._changed()

    def follow(self) -> None:
        """Do what the rules decide now, and have the display follow."""
        now = self._clock.now()
        self._unproven_since = None if now.synced else self._unproven_since or now
        facts = self._facts(now)
        self._note_use(facts)
        done = self._rules.step(facts, now)
        for decision in done:
            self._do(decision, now)
        self._keep_ledger(facts, {one.subject for one in done if one.act is Act.RELEASE})
        self._switch_displays()
        if self._outputs:
            conditions = rules.conditions(replace(facts, awake=self.awake))
            for output in self._outputs:
                output.obey(conditions)
        for name, camera in self._cameras.items():
            act = camera.step(facts, self._actuators.cameras.facts(name), now.mono_s)
            if act is not None:
                self._act(self._perform(name, act))

    def sections(self, now: Moment) -> Mapping[str, object]:
        on = {display.display_on for display in self._displays}
        panel = PanelEntry(self.awake, on.pop() if len(on) == 1 else None, self._prompt())
        available = self._availability(now)
        return {"automation": self._entry(now), "panel": panel, "availability": available}

    def _availability(self, now: Moment) -> AvailabilityEntry | None:
        """Return the room's word of its bookings, and whether somebody has come to this one."""
        standing = self._actuators.bookings.standing(now)
        if standing is None:
            return None
        release, booked = self._rules.release, self._actuators.bookings.under_way(now)
        awaited = (
            booked is not None
            and booked.id == standing.booking
            and not booked.settled
            and self._actuators.occupancy.state.state == "vacant"
            and not self._actuators.calls.live
        )
        if not awaited:
            state: Literal["available", "booked"] = "booked" if standing.booked else "available"
            return AvailabilityEntry(state, standing.until, standing.booking)
        at = release.at if release is not None and release.subject == standing.booking else None
        return AvailabilityEntry("awaited", standing.until, standing.booking, at)

    def _entry(self, now: Moment) -> AutomationEntry:
        """Return what is announced, and what was done lately."""
        notices = tuple(
            NoticeEntry(one.act.value, one.subject, one.at) for one in self._rules.warnings
        )
        over = now.wall - timedelta(seconds=self._undo_s)
        acts = (
            replace(act, undo=act.undo and act.at > over and self._undoable(act))
            for act in self._acts
        )
        return AutomationEntry(notices, tuple(acts))

    def _undoable(self, act: ActEntry) -> bool:
        if (
            act.act == "end_call"
        ):  # what is joined again is the call that was ended, and no later one
            return self._ended_call == self._actuators.calls.call_id
        return act.act != "byom_take" or self._actuators.byom.can_give

    def issues(self, now: Moment) -> tuple[IssueEntry, ...]:
        """Return why less is done than room.toml asks for: the wall clock has not been proven."""
        since = self._unproven_since
        if not self._needs_the_time or since is None or now.mono_s - since.mono_s < UNPROVEN_S:
            return ()
        return (IssueEntry("clock.unproven", "clock", {}, since.wall),)

    @command("booking.check_in", Right.BOOK)
    async def _check_in(self, source: Source, booking: Identifier) -> None:
        """Check in to a booking: it is not released; if it was, it is restored."""
        bookings = self._actuators.bookings
        if bookings.released(booking):
            await bookings.restore(booking, source.name)
        else:
            bookings.ledger.ended(booking, "kept", source.name)
            await bookings.check_in(booking, source.name)

    @command("room.wake", Right.MEET)
    async def _wake(self, source: Source) -> None:
        """Wake the panel and the display."""
        self.wake()

    @command("room.standby", Right.OPERATE)
    async def _stand_by(self, source: Source) -> None:
        """Put the panel and the display on standby."""
        self.stand_by()

    @command("room.postpone", Right.MEET)
    async def _postpone(
        self, source: Source, act: Literal["standby", "release", "end_call"]
    ) -> None:
        """Cancel the announced action; it may be announced again later."""
        now = self._clock.now()
        self._postponed_at[Act(act)] = now.mono_s
        booking = self._actuators.bookings.under_way(now)
        if act == "release" and booking is not None:
            self._actuators.bookings.ledger.ended(booking.id, "kept", source.name)
            await self._actuators.bookings.check_in(booking.id, source.name)
        self._changed()

    @command("room.undo", Right.OPERATE)
    async def _undo(self, source: Source, number: Number) -> None:
        """Undo an automatic action; Refused "nothing_to_undo" says why that is not possible."""
        now = self._clock.now()
        shown = self._entry(now).acts
        found = next((act for act in shown if act.number == number and act.undo), None)
        if found is None:
            raise Refused("room", "nothing_to_undo", f"act {number} cannot be undone, or no longer")
        match found.act:
            case "standby":
                self.wake()
            case "wake":
                self.stand_by()
            case "release":
                await self._actuators.bookings.restore(found.subject, source.name)
            case "end_call":
                await self._actuators.calls.rejoin()
            case "byom_take":
                await self._actuators.byom.give(source)
        if found.act != "byom_take":  # no rule decides that
            self._postponed_at[Act(found.act)] = now.mono_s
        self._acts = deque(
            (replace(act, undo=act.undo and act.number != number) for act in self._acts), SHOWN
        )
        self._changed()

    def _note_use(self, facts: rules.Facts) -> None:
        """Note that somebody came for a booking."""
        booking = facts.booking
        if booking is None:
            return
        attended = rules.attended(facts, self._rules.terms)
        if attended or facts.call_live:
            self._actuators.bookings.came(booking.id)
        if attended and not booking.settled:
            self._act(self._actuators.bookings.used(booking.id))

    def _keep_ledger(self, facts: rules.Facts, released: set[str]) -> None:
        """Note whose release is announced, and of which that has ended, and why."""
        bookings, occupancy = self._actuators.bookings, self._actuators.occupancy
        terms = self._rules.terms
        warned = frozenset(one.subject for one in self._rules.warnings if one.act is Act.RELEASE)
        for key in warned - self._warned:
            bookings.ledger.warned(bookings.booking(key), self.lookers, occupancy.agreeing)
        for key in self._warned - warned - released:
            here = facts.booking is not None and facts.booking.id == key
            if here and facts.call_live:
                bookings.ledger.ended(key, "kept", "call")
            elif here and (facts.occupancy == "occupied" or rules.attended(facts, terms)):
                bookings.ledger.ended(key, "kept", "seen")
            else:
                bookings.ledger.ended(key, "dropped")
        self._warned = warned

    def _facts(self, now: Moment) -> rules.Facts:
        state, calls = self._actuators.occupancy.state, self._actuators.calls
        if not calls.live:
            self._call_since = None
        elif self._call_since is None:
            self._call_since = now.mono_s
        if state.state == "vacant":
            self._empty_at = now.mono_s
        elif self._empty_at is not None:
            self._vacant_at, self._empty_at = self._empty_at, None
        booking = self._actuators.bookings.under_way(now)
        if calls.live or booking is not None or self._actuators.byom.lent:
            self._busy_at = now.mono_s
        return rules.Facts(
            occupancy=state.state,
            occupancy_since=state.since,
            call_live=calls.live,
            awake=self.awake,
            touched_at=self._touched_at,
            woken_at=self._woken_at,
            standby_at=self._standby_at,
            has_sensors=self._actuators.occupancy.can_tell_empty,
            empty_at=state.empty_at,
            sighted_at=state.sighted_at,
            busy_at=self._busy_at,
            seen_at=state.seen_at,
            vacant_at=self._vacant_at,
            call_since=self._call_since,
            call_adopted=not calls.can_rejoin,
            booking=booking,
            postponed_at=self._postponed_at,
        )

    async def _give_back(self, booking: str) -> None:
        await self._actuators.bookings.release(booking, RULE)

    def _do(self, decision: Decision, now: Moment) -> None:
        act, actuators = decision.act, self._actuators
        reasons = (ReasonEntry(decision.reason, {}), *actuators.occupancy.reasons)
        undo = True
        if act in (Act.WAKE, Act.STANDBY):
            self.awake = act is Act.WAKE
        elif act is Act.RELEASE:
            self._act(self._give_back(decision.subject))
        else:
            undo = actuators.calls.can_rejoin
            self._ended_call = actuators.calls.call_id
            self._postponed_at[act] = (
                now.mono_s
            )  # one that cannot be left is tried again after a while
            self._act(actuators.calls.leave())
        _log.info("room: %s, because of %s", act, decision.reason)
        self._note(act.value, decision.subject, reasons, now, undo=undo)

    def told(self, event: object) -> None:
        if isinstance(event, DevicesTakenBack):
            self._taken_back(event.why)

    def _taken_back(self, why: str) -> None:
        reasons = [ReasonEntry(TAKEN[why], {})]
        if why == "empty":
            reasons += self._actuators.occupancy.reasons
        self._note("byom_take", "", tuple(reasons), self._clock.now(), undo=True)
        self._changed()

    def _note(
        self,
        act: ActWord,
        subject: str,
        reasons: tuple[ReasonEntry, ...],
        now: Moment,
        *,
        undo: bool,
    ) -> None:
        self._number += 1
        wall = now.wall.replace(microsecond=0)
        self._acts.append(ActEntry(self._number, act, subject, wall, reasons, undo))
        self._actuators.use.done(act, subject, reasons)

    async def _perform(self, camera: str, act: CameraAct) -> None:
        """Have a camera do something, and tell the rules how it ended."""
        ended = await self._actuators.cameras.perform(camera, act)
        now = self._clock.now()
        if (rule := self._cameras.get(camera)) is not None:  # another room.toml may have come
            rule.settle(act, now.mono_s, again=ended == "again")
        if ended == "done":
            _log.info("camera.%s: %s", camera, act)
            self._note(act.value, camera, (ReasonEntry(BECAUSE[act], {}),), now, undo=False)
            self._changed()

    def _switch_displays(self) -> None:
        """Have each display follow: asked once for each change, and once after each connection."""
        for display in self._displays:
            asked = (display.health.since, self.awake)
            if display.health.status is not Status.ONLINE or display.display_on is self.awake:
                continue
            if asked != self._display_asked.get(display.name):
                self._display_asked[display.name] = asked
                self._act(display.switch_display(self.awake))
