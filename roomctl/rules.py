"""What the room does by itself: pure decisions from facts and a moment.

Knows no device; the room gathers the Facts and carries out the Decisions. Standby is decided from
facts alone (`decide`). To release a booking or to leave a call takes more (`Rules`): somebody must
have been able to see the warning and to say *keep it* for all of `warn_s`.

    standby   the room has been empty for `display_off_after_s`, and nobody has touched anything
              for `display_on_s`; where no sensor can tell that, nobody has touched anything for
              `untouched_s`, and no call and no booking was under way
    release   nobody was seen in the last part of the booking's grace time, its first `release_s`,
              or after it, and nobody is there now: people of the meeting before may be late to go
    end_call  the room has looked empty for `end_call_s` while its call went on

Nothing is released or left while nobody can tell whether the room is empty, before the wall clock
is proven, within `SETTLE_S` of the room's start, or after the wall clock has jumped. Minutes in
which nobody looked count for nothing: the last part of the grace time must have been watched, and
a warning during which the room hung for `HUNG_S` is given once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, tzinfo
from enum import StrEnum

from roomctl.clock import Moment

SETTLE_S = 300.0
HUNG_S = 60.0  # between two steps; a room takes one every second
LAST_PART = 0.5  # of the grace time: whoever is seen in it has come for this booking
JUMP_S = 60.0  # the wall clock against the monotonic one; more is no drift


class Act(StrEnum):
    """Something the room may do by itself."""

    WAKE = "wake"
    STANDBY = "standby"
    RELEASE = "release"
    END_CALL = "end_call"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the room may do by itself, and after how many seconds; None: never.

    `quiet`: from when to when a touch alone wakes the room, by the wall clock of `zone`.
    """

    wake: bool = True
    display_on_s: float = 120.0
    display_off_after_s: float = 0.0
    untouched_s: float = 1800.0
    release_s: float | None = None
    end_call_s: float | None = None
    warn_s: float = 60.0
    quiet: tuple[time, time] | None = None
    zone: tzinfo = UTC

    def kept_from(self, starts_s: float) -> float:
        """Return from when on somebody who is seen keeps a booking that begins at `starts_s`."""
        return starts_s + (1 - LAST_PART) * (self.release_s or 0.0)

    @property
    def postpone_s(self) -> float:
        """How long a room stays awake for whoever said *keep it*."""
        return max(self.display_off_after_s, self.display_on_s)


@dataclass(frozen=True, slots=True)
class Booked:
    """The booking that is under way; instants are monotonic seconds.

    `settled`: somebody has checked in, or it has been released.
    """

    id: str
    starts_s: float
    ends_s: float
    settled: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need to know. Instants are monotonic seconds; None means never.

    `occupancy_since` is when that word became true; `standby_at` when somebody asked for it.
    `empty_at` is when the room was or will be empty, whatever its call; None: nobody can tell, or
    somebody is seen. `sighted_at`: since when that can be told without a break. `call_since`: when
    the call began that is live. `busy_at`: when a call or a booking was under way, last.
    `has_sensors`: one of them can tell that nobody is there. `postponed_at`: when somebody said
    that an act should not be done.
    """

    occupancy: str
    occupancy_since: float
    call_live: bool
    awake: bool
    touched_at: float | None
    standby_at: float | None
    has_sensors: bool
    empty_at: float | None = None
    sighted_at: float | None = None
    busy_at: float | None = None
    seen_at: float | None = None
    call_since: float | None = None
    booking: Booked | None = None
    postponed_at: Mapping[Act, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """An act, the code of its reason, and what it is about (a booking's id)."""

    act: Act
    reason: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """An act that will be done at `at` unless somebody says *keep it*."""

    act: Act
    subject: str
    at_s: float
    at: datetime


def decide(facts: Facts, terms: Terms, moment: Moment) -> Decision | None:
    """Return whether the room should wake or go on standby, or None if it is as it should be."""
    reason = _why_awake(facts, terms, moment)
    if reason and not facts.awake:
        return Decision(Act.WAKE, reason)
    if not reason and facts.awake:
        if _standby_asked(facts):
            return Decision(Act.STANDBY, "asked")
        return Decision(Act.STANDBY, "vacant" if facts.has_sensors else "untouched")
    return None


def _why_awake(facts: Facts, terms: Terms, moment: Moment) -> str | None:
    now = moment.mono_s
    if facts.call_live:
        return "call"
    if _standby_asked(facts):
        return None
    if facts.occupancy in ("occupied", "vacating"):
        if facts.awake or (terms.wake and not quiet(terms, moment)):
            return "occupied"
    elif (
        facts.awake
        and facts.empty_at is not None
        and now < facts.empty_at + terms.display_off_after_s
    ):
        return "recently_occupied"
    if _postponed(facts, Act.STANDBY) + terms.postpone_s > now and facts.awake:
        return "postponed"
    if facts.touched_at is not None and now < facts.touched_at + terms.display_on_s:
        return "touched"
    if not facts.has_sensors:
        if facts.booking is not None:
            return "booked"
        return "touched" if facts.awake and now < _untouched_at(facts, terms) else None
    if facts.occupancy == "unknown":
        return "unknown"  # no sensor can tell whether the room is empty: stay awake
    return None


def _untouched_at(facts: Facts, terms: Terms) -> float:
    """Return from when on a room without sensors counts as empty, if nothing happens meanwhile."""
    used = [at for at in (facts.touched_at, facts.busy_at) if at is not None]
    return max(used, default=float("-inf")) + terms.untouched_s


def attended(facts: Facts, terms: Terms) -> bool:
    """Whether somebody was seen who came for the booking that is under way."""
    if facts.booking is None or facts.seen_at is None:
        return False
    return facts.seen_at >= terms.kept_from(facts.booking.starts_s)


def _standby_asked(facts: Facts) -> bool:
    """Whether somebody asked for standby, and nobody has touched anything or come in since."""
    if facts.standby_at is None:
        return False
    came_in = facts.occupancy == "occupied" and facts.occupancy_since > facts.standby_at
    touched = facts.touched_at is not None and facts.touched_at > facts.standby_at
    return not came_in and not touched


def quiet(terms: Terms, moment: Moment) -> bool:
    """Whether these are hours in which motion wakes nothing; no, while the hour is not proven."""
    if terms.quiet is None or not moment.synced:
        return False
    begin, end = terms.quiet
    now = moment.wall.astimezone(terms.zone).time()
    return begin <= now < end if begin <= end else now >= begin or now < end


def _postponed(facts: Facts, act: Act) -> float:
    return facts.postponed_at.get(act, float("-inf"))


@dataclass(frozen=True, slots=True)
class _Due:
    act: Act
    subject: str
    at_s: float


class Rules:
    """The rules of one room over time: what it warns of, and what it does."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.warnings: tuple[Notice, ...] = ()
        self._warned: dict[tuple[Act, str], float] = {}
        self._settles_s: float | None = None
        self._offset_s = 0.0
        self._stepped_s = float("-inf")

    def step(self, facts: Facts, moment: Moment) -> list[Decision]:
        """Return what the room should do now; the same facts in the same order do the same."""
        self._watch_clock(moment)
        if moment.mono_s - self._stepped_s > HUNG_S:
            self._warned = {}  # nobody could have answered
        self._stepped_s = moment.mono_s
        done: list[Decision] = []
        warnings: list[Notice] = []
        warned, self._warned = self._warned, {}
        for due in self._dues(facts, moment):
            key, now = (due.act, due.subject), moment.mono_s
            if now < due.at_s - self.terms.warn_s:
                continue
            self._warned[key] = warned.get(key, now)
            at_s = due.at_s
            if due.act is not Act.STANDBY:  # a touch undoes that; the others are warned of in full
                at_s = max(at_s, self._warned[key] + self.terms.warn_s)
            if now < at_s:
                warnings.append(self._warning(due, at_s, moment))
            elif due.act is not Act.STANDBY:
                reason = "no_show" if due.act is Act.RELEASE else "vacant"
                done.append(Decision(due.act, reason, due.subject))
        self.warnings = tuple(warnings)
        power = decide(facts, self.terms, moment)
        return [*done, power] if power is not None else done

    def _watch_clock(self, moment: Moment) -> None:
        offset_s = moment.wall.timestamp() - moment.mono_s
        if self._settles_s is None or abs(offset_s - self._offset_s) > JUMP_S:
            self._settles_s = moment.mono_s + SETTLE_S
        self._offset_s = offset_s

    def _warning(self, due: _Due, at_s: float, moment: Moment) -> Notice:
        for known in self.warnings:
            if (known.act, known.subject, known.at_s) == (due.act, due.subject, at_s):
                return known
        at = datetime.fromtimestamp(round(self._offset_s + at_s), UTC)
        return Notice(due.act, due.subject, at_s, at)

    def _dues(self, facts: Facts, moment: Moment) -> Iterator[_Due]:
        """Yield everything that will be done if nothing changes."""
        can_rest = facts.awake and not facts.call_live and not _standby_asked(facts)
        if not facts.has_sensors and facts.booking is None and can_rest:
            postponed_s = _postponed(facts, Act.STANDBY) + self.terms.postpone_s
            yield _Due(Act.STANDBY, "", max(_untouched_at(facts, self.terms), postponed_s))
        if facts.empty_at is None or facts.occupancy == "unknown":
            return
        if can_rest:
            touched_s = facts.touched_at if facts.touched_at is not None else float("-inf")
            empty_s = facts.empty_at + self.terms.display_off_after_s
            postponed_s = _postponed(facts, Act.STANDBY) + self.terms.postpone_s
            yield _Due(
                Act.STANDBY, "", max(empty_s, postponed_s, touched_s + self.terms.display_on_s)
            )
        if moment.synced and self._settles_s is not None:
            yield from self._left(facts, facts.empty_at, self._settles_s)
            yield from self._released(facts, moment.mono_s, facts.empty_at, self._settles_s)

    def _left(self, facts: Facts, empty_at: float, settles_s: float) -> Iterator[_Due]:
        after_s = self.terms.end_call_s
        if facts.call_live and facts.call_since is not None and after_s is not None:
            postponed_s = _postponed(facts, Act.END_CALL)
            at_s = max(empty_at, facts.call_since, settles_s, postponed_s) + after_s
            yield _Due(Act.END_CALL, "", at_s)

    def _released(
        self, facts: Facts, now_s: float, empty_at: float, settles_s: float
    ) -> Iterator[_Due]:
        booking, after_s = facts.booking, self.terms.release_s
        if booking is None or booking.settled or after_s is None or facts.call_live:
            return
        watched_s = (facts.sighted_at or 0.0) + LAST_PART * after_s
        at_s = max(max(booking.starts_s, settles_s) + after_s, empty_at, watched_s)
        if not attended(facts, self.terms) and max(at_s, now_s) < booking.ends_s:
            yield _Due(Act.RELEASE, booking.id, at_s)
