"""What the room does by itself: pure decisions from facts and a moment.

Knows no device; the room gathers the Facts and carries out the Decisions. Standby is decided from
facts alone (`decide`). To release a booking or to leave a call takes more (`Rules`): somebody must
have been able to see the warning and to say *keep it* for all of `warn_s`.

    standby   the room has been empty for `display_off_after_s`, and nobody has touched anything
              for `display_on_s`; where no sensor can tell that, nobody has touched anything for
              `untouched_s`, and no call and no booking was under way
    release   nobody came for the booking in its grace time, its first `release_s`, or after it, and
              nobody is there now. A touch counts from the beginning on; so does somebody who is
              seen, if in the same time before it nothing was booked, or the room was empty. Else
              people of the meeting before may be late to go: they count from the last part of the
              grace time on, or once the room was empty
    end_call  the room has looked empty for `end_call_s` while its call went on

What it does with a camera is decided for each one (`CameraRules`): switched on and framed when a
call begins, turned away when it is over, in standby while nobody is there. It never takes a camera
out of somebody's hand.

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
from roomctl.frozen import frozen

SETTLE_S = 300.0
HUNG_S = 60.0  # between two steps; a room takes one every second
LAST_PART = 0.5  # of the grace time: whoever is seen in it has come for this booking
JUMP_S = 60.0  # the wall clock against the monotonic one; more is no drift

LEFT_S = 10.0  # after a call; whoever joins again, or the next one, by then is not done yet
HANDS_OFF_S = 60.0  # since somebody steered a camera: it is theirs
RETRY_S, GIVEN_UP_S = 5.0, 120.0  # a camera that boots refuses for up to half a minute
SAYS_S = 10.0  # a camera that has not said by then whether it is on never will


class Act(StrEnum):
    """Something the room may do by itself."""

    WAKE = "wake"
    STANDBY = "standby"
    RELEASE = "release"
    END_CALL = "end_call"


@frozen
class ReleaseTerms:
    """After how many seconds a booking is released, None: never; and how long that is said."""

    release_s: float | None
    warn_s: float


@frozen
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

    def of(self, booking: Booked) -> ReleaseTerms:
        """Return on which terms a booking is released: its own, else the room's."""
        return booking.own or ReleaseTerms(self.release_s, self.warn_s)

    def kept_from(self, booking: Booked) -> float:
        """Return from when on somebody who is seen keeps a booking, whatever was before it."""
        return booking.starts_s + (1 - LAST_PART) * (self.of(booking).release_s or 0.0)

    @property
    def postpone_s(self) -> float:
        """How long a room stays awake for whoever said *keep it*."""
        return max(self.display_off_after_s, self.display_on_s)


@frozen
class Booked:
    """The booking that is under way; instants are monotonic seconds.

    `settled`: somebody has checked in, or it has been released. `own`: it is released on terms of
    its own. `alone`: nothing was booked before that people may be left of.
    """

    id: str
    starts_s: float
    ends_s: float
    settled: bool
    own: ReleaseTerms | None = None
    alone: bool = False


@frozen
class Facts:
    """What the rules need to know. Instants are monotonic seconds; None means never.

    `occupancy_since` is when that word became true; `standby_at` when somebody asked for it.
    `empty_at` is when the room was or will be empty, whatever its call; None: nobody can tell, or
    somebody is seen. `sighted_at`: since when that can be told without a break. `call_since`: when
    the call began that is live; `call_adopted`: it was under way before the room ran. `busy_at`:
    when a call or a booking was under way, last. `has_sensors`: one of them can tell that nobody is
    there. `postponed_at`: when somebody said that an act should not be done. `touched_at`: when
    somebody in the room did something by hand, `woken_at` when it was to be awake for another
    reason. `vacant_at`: when nobody was there, last before `seen_at`.
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
    vacant_at: float | None = None
    woken_at: float | None = None
    call_since: float | None = None
    call_adopted: bool = False
    booking: Booked | None = None
    postponed_at: Mapping[Act, float] = field(default_factory=dict)

    @property
    def asked_awake_at(self) -> float:
        """When somebody or something wanted the room to be awake, last."""
        return max(_at(self.touched_at), _at(self.woken_at))


def _at(instant: float | None) -> float:
    return float("-inf") if instant is None else instant


@frozen
class Decision:
    """An act, the code of its reason, and what it is about (a booking's id)."""

    act: Act
    reason: str
    subject: str = ""


@frozen
class Notice:
    """An act that will be done at `at` unless somebody says *keep it*."""

    act: Act
    subject: str
    at_s: float
    at: datetime


def conditions(facts: Facts) -> Mapping[str, bool | None]:
    """Return what is so in the room, for lamps and relays; None: nobody can tell."""
    unknown = facts.occupancy == "unknown"
    return {
        "occupied": None if unknown else facts.occupancy in ("occupied", "vacating"),
        "vacant": None if unknown else facts.occupancy == "vacant",
        "in_call": facts.call_live,
        "awake": facts.awake,
        "booked": facts.booking is not None,
    }


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
    if now < facts.asked_awake_at + terms.display_on_s:
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
    return max(facts.asked_awake_at, _at(facts.busy_at)) + terms.untouched_s


def attended(facts: Facts, terms: Terms) -> bool:
    """Whether somebody was seen who came for the booking that is under way."""
    booking = facts.booking
    if booking is None:
        return False
    begin, from_s = booking.starts_s, terms.kept_from(booking)
    empty_s = begin if booking.alone else _at(facts.vacant_at)
    if empty_s >= begin - (terms.of(booking).release_s or 0.0):
        from_s = min(from_s, max(begin, empty_s))
    return _at(facts.seen_at) >= from_s or _at(facts.touched_at) >= begin


def _standby_asked(facts: Facts) -> bool:
    """Whether somebody asked for standby, and nobody has touched anything or come in since."""
    if facts.standby_at is None:
        return False
    came_in = facts.occupancy == "occupied" and facts.occupancy_since > facts.standby_at
    return not came_in and not facts.asked_awake_at > facts.standby_at


def quiet(terms: Terms, moment: Moment) -> bool:
    """Whether these are hours in which motion wakes nothing; no, while the hour is not proven."""
    if terms.quiet is None or not moment.synced:
        return False
    return within_hours(terms.quiet, moment.wall, terms.zone)


def within_hours(hours: tuple[time, time], wall: datetime, zone: tzinfo) -> bool:
    """Whether it is between two times of the day in `zone`; the end may lie on the next day."""
    begin, end = hours
    now = wall.astimezone(zone).time()
    return begin <= now < end if begin <= end else now >= begin or now < end


def _postponed(facts: Facts, act: Act) -> float:
    return _at(facts.postponed_at.get(act))


@frozen
class _Due:
    act: Act
    subject: str
    at_s: float
    warn_s: float | None = None  # as the room's terms have it


class Rules:
    """The rules of one room over time: what it warns of, and what it does."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.warnings: tuple[Notice, ...] = ()
        self.release: Notice | None = None  # of the booking under way, if nobody comes
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
        released, self.release = self.release, None
        for due in self._dues(facts, moment):
            key, now = (due.act, due.subject), moment.mono_s
            if due.act is Act.RELEASE:
                self.release = self._notice(due, due.at_s, released)
            warn_s = self.terms.warn_s if due.warn_s is None else due.warn_s
            if now < due.at_s - warn_s:
                continue
            self._warned[key] = warned.get(key, now)
            at_s = due.at_s
            if due.act is not Act.STANDBY:  # a touch undoes that; the others are warned of in full
                at_s = max(at_s, self._warned[key] + warn_s)
            if now < at_s:
                warnings.append(self._warning(due, at_s))
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

    def _warning(self, due: _Due, at_s: float) -> Notice:
        known = (one for one in self.warnings if (one.act, one.subject) == (due.act, due.subject))
        return self._notice(due, at_s, next(known, None))

    def _notice(self, due: _Due, at_s: float, known: Notice | None) -> Notice:
        """Return what is announced; the same one for as long as it stays the same."""
        if known and (known.act, known.subject, known.at_s) == (due.act, due.subject, at_s):
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
            touched_s = facts.asked_awake_at
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
        booking = facts.booking
        if booking is None or booking.settled or facts.call_live:
            return
        own = self.terms.of(booking)
        after_s = own.release_s
        if after_s is None:
            return
        watched_s = (facts.sighted_at or 0.0) + LAST_PART * after_s
        at_s = max(max(booking.starts_s, settles_s) + after_s, empty_at, watched_s)
        if not attended(facts, self.terms) and max(at_s, now_s) < booking.ends_s:
            yield _Due(Act.RELEASE, booking.id, at_s, own.warn_s)


class CameraAct(StrEnum):
    """Something the room may do with a camera by itself."""

    WAKE = "camera_wake"
    JOIN = "camera_join"
    LEAVE = "camera_leave"
    STANDBY = "camera_standby"


@frozen
class CameraTerms:
    """What the room may do with one camera by itself.

    `wake`: switch it on when a call begins. `joins`, `leaves`: there is a place to go to when a
    call begins, and when it is over. `standby_s`: standby after so long in an empty room.
    """

    wake: bool = True
    joins: bool = False
    leaves: bool = False
    standby_s: float | None = None


@frozen
class CameraFacts:
    """What the rules need to know of a camera; `power` None: it has not said yet.

    `steered_at`: when somebody moved it by hand, last.
    """

    online: bool
    power: bool | None
    steered_at: float | None = None


@dataclass(slots=True)
class _Intent:
    """An act that is wanted since `since_s`, and its next attempt; `tried_s`: the first one."""

    act: CameraAct
    since_s: float
    try_s: float
    tried_s: float | None = None
    under_way: bool = False


class CameraRules:
    """The rules of one camera over time. Every act that `step` returns is to be `settle`d."""

    def __init__(self, terms: CameraTerms) -> None:
        self._terms = terms
        self._intents: list[_Intent] = []
        self._call_live = False
        self._over_s = float("-inf")
        self._slept_since: float | None = None  # the emptiness that it was sent to standby for

    def step(self, facts: Facts, camera: CameraFacts, now: float) -> CameraAct | None:
        """Return what to do with the camera now, one thing at a time."""
        self._follow_call(facts, now)
        self._want_standby(facts, camera, now)
        self._intents = [one for one in self._intents if self._holds(one, facts, camera, now)]
        if not self._intents:
            return None
        first = self._intents[0]
        if first.under_way or now < self._allowed_s(first, camera) or not camera.online:
            return None
        if (first.act is CameraAct.WAKE) is not (camera.power is False):
            return None
        first.under_way = True
        first.tried_s = now if first.tried_s is None else first.tried_s
        return first.act

    def settle(self, act: CameraAct, now: float, *, again: bool) -> None:
        """Take how an act ended; `again`: it was refused, and may be taken later."""
        for one in [one for one in self._intents if one.act is act and one.under_way]:
            if again:
                one.under_way, one.try_s = False, now + RETRY_S
            else:
                self._intents.remove(one)

    def _follow_call(self, facts: Facts, now: float) -> None:
        if facts.call_live == self._call_live:
            return
        self._call_live = facts.call_live
        if not facts.call_live:
            self._over_s = now
            self._want(now, now + LEFT_S, CameraAct.LEAVE if self._terms.leaves else None)
        elif facts.call_adopted or now < self._over_s + LEFT_S:
            self._intents = []  # people sit in it, and see what they want to see
        else:
            asleep_soon = any(one.act is CameraAct.STANDBY for one in self._intents)
            try_s = now + RETRY_S if asleep_soon else now
            wake = CameraAct.WAKE if self._terms.wake else None
            self._want(now, try_s, wake, CameraAct.JOIN if self._terms.joins else None)

    def _want(self, now: float, try_s: float, *acts: CameraAct | None) -> None:
        self._intents = [_Intent(act, now, try_s) for act in acts if act is not None]

    def _want_standby(self, facts: Facts, camera: CameraFacts, now: float) -> None:
        after_s, since = self._terms.standby_s, self._unused_since(facts, camera)
        if after_s is None or since is None or self._intents or camera.power is False:
            return
        if camera.online and since != self._slept_since and now >= since + after_s:
            self._slept_since = since
            self._want(now, now, CameraAct.STANDBY)

    def _unused_since(self, facts: Facts, camera: CameraFacts) -> float | None:
        """Return since when the room is empty, or untouched where no sensor can tell; else None."""
        used = [self._over_s, facts.touched_at, camera.steered_at]
        if not facts.has_sensors:
            used.append(facts.busy_at)
        elif facts.occupancy == "vacant" and facts.empty_at is not None:
            used.append(facts.empty_at)
        else:
            return None
        since = max(at for at in used if at is not None)
        return None if facts.call_live else since

    def _holds(self, one: _Intent, facts: Facts, camera: CameraFacts, now: float) -> bool:
        """Whether an act is still wanted."""
        if one.under_way:
            return True
        began_s = one.tried_s if one.act is CameraAct.LEAVE else one.since_s
        if began_s is not None and now >= began_s + GIVEN_UP_S:
            return False
        match one.act:
            case CameraAct.WAKE:
                asleep = camera.power is False or not camera.online or now < one.try_s
                return asleep or (camera.power is None and now < one.since_s + SAYS_S)
            case CameraAct.JOIN:
                return camera.steered_at is None or camera.steered_at <= one.since_s
            case CameraAct.LEAVE:
                return camera.power is not False
        return self._unused_since(facts, camera) == self._slept_since

    def _allowed_s(self, one: _Intent, camera: CameraFacts) -> float:
        """Return from when on it may be done; whoever steers is left alone."""
        if one.act is CameraAct.WAKE or camera.steered_at is None:
            return one.try_s
        hands_off_s = HANDS_OFF_S if one.act is CameraAct.LEAVE else 1.0
        return max(one.try_s, camera.steered_at + hands_off_s)
