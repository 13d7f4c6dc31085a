"""One call: what was asked for and what the screen reports -> how the call stands. Pure.

    idle -> preparing -> prejoin -> joining -> lobby -> in_call -> leaving -> ended | failed
                  any of them -> unknown, when nothing proves anything for too long

`in_call` needs media: a live connection, and bytes that came in between two reports. What a page
says, or shows, never proves it. In plain mode nothing is read from the page, so `unknown` is
where such a call stands for most of its life: people see the room's screen.

Knows no clock, no browser and no platform; time comes with every event.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roomctl.clock import Moment

UNPROVEN_S = 10.0  # a page that is open for so long and proves nothing is "unknown"
OPENING_S = 30.0  # without a page by then, nobody knows what the screen does
MEDIA_GONE_S = 8.0  # a killed peer's connection was seen to end after 7.9 s
LEAVING_S = 20.0  # longer than a browser takes to be ended by force


class State(StrEnum):
    """How a call stands."""

    IDLE = "idle"
    PREPARING = "preparing"
    PREJOIN = "prejoin"
    JOINING = "joining"
    LOBBY = "lobby"
    IN_CALL = "in_call"
    LEAVING = "leaving"
    ENDED = "ended"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Failure(StrEnum):
    """Why a call failed: the closed list that panels translate."""

    PASSCODE_NEEDED = "passcode_needed"
    PASSCODE_WRONG = "passcode_wrong"
    SIGN_IN_REQUIRED = "sign_in_required"
    BOT_WALL = "bot_wall"
    HOST_NOT_STARTED = "host_not_started"
    DENIED = "denied"
    REMOVED = "removed"
    NOT_FOUND = "not_found"
    BLOCKED_BY_POLICY = "blocked_by_policy"
    SERVICE_ENDED = "service_ended"
    NETWORK = "network"
    CRASHED = "crashed"
    MEDIA_DENIED = "media_denied"
    SCREEN = "screen"


class Evidence(StrEnum):
    """What a state rests on: media that flows, the page, or nothing."""

    MEDIA = "media"
    PAGE = "page"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked for; a later call has a greater `id`."""

    id: int
    platform: str | None
    title: str | None = None
    host: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A person, or a rule, asked for a call; it takes the place of the one before."""

    call: Call
    at: Moment


@dataclass(frozen=True, slots=True)
class Media:
    """A page's peer connections and the bytes that came and went since it opened."""

    connections: int
    connected: int
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, slots=True)
class Page:
    """A report on the page of call `id`.

    `phase` is launching, open, closing, closed, crashed or failed, or, where the page can be
    read, prejoin, joining or lobby. `media` is None where nothing was read.
    """

    id: int
    phase: str
    at: Moment
    host: str | None = None
    media: Media | None = None
    assisted: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class LeaveAsked:
    """A person asked to leave."""

    at: Moment


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""

    at: Moment


Event = Started | Page | LeaveAsked | Tick


@dataclass(frozen=True, slots=True)
class CallState:
    """How the call stands, since when, and what that rests on."""

    state: State = State.IDLE
    failure: Failure | None = None
    evidence: Evidence = Evidence.NONE
    since: Moment | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A call, its state, and what must be remembered to judge the next report.

    `opened_s` is when the page was first reported open, `media_s` when bytes last came in, both
    in monotonic seconds; `bytes_in` is the last count.
    """

    call: Call | None = None
    now: CallState = CallState()
    host: str | None = None
    opened_s: float | None = None
    media_s: float | None = None
    bytes_in: int | None = None


_OVER = frozenset({State.IDLE, State.ENDED, State.FAILED})
_READ = frozenset({State.PREJOIN, State.JOINING, State.LOBBY})
_REASONS = {
    "network": Failure.NETWORK,
    "page_crashed": Failure.CRASHED,
    "bad_url": Failure.NOT_FOUND,
    "browser_missing": Failure.SCREEN,
    "browser_start": Failure.SCREEN,
    "no_display": Failure.SCREEN,
    "no_sandbox": Failure.SCREEN,
}


def step(standing: Standing, event: Event) -> Standing:
    """Return how the call stands after `event`; a report on another call changes nothing."""
    match event:
        case Started():
            preparing = CallState(State.PREPARING, since=event.at)
            return Standing(event.call, preparing, host=event.call.host)
        case LeaveAsked():
            return standing if _over(standing) else _to(standing, State.LEAVING, event.at)
        case Tick():
            return standing if _over(standing) else _aged(standing, event.at)
        case Page():
            if _over(standing) or standing.call is None or event.id != standing.call.id:
                return standing
            return _reported(standing, event)


def due_s(standing: Standing) -> float | None:
    """Return the monotonic second at which a Tick may change something, or None."""
    state, since = standing.now.state, standing.now.since
    if state is State.IN_CALL and standing.media_s is not None:
        return standing.media_s + MEDIA_GONE_S
    if state is State.LEAVING and since is not None:
        return since.mono_s + LEAVING_S
    if state in (State.PREPARING, State.JOINING) and standing.opened_s is not None:
        return standing.opened_s + UNPROVEN_S
    if state is State.PREPARING and since is not None:
        return since.mono_s + OPENING_S
    return None


def _over(standing: Standing) -> bool:
    return standing.now.state in _OVER


def _to(
    standing: Standing,
    state: State,
    at: Moment,
    evidence: Evidence = Evidence.NONE,
    failure: Failure | None = None,
) -> Standing:
    """Return the standing in `state`; `since` stays while the state does."""
    since = standing.now.since if standing.now.state is state else at
    return replace(standing, now=CallState(state, failure, evidence, since))


def _reported(standing: Standing, page: Page) -> Standing:
    leaving = standing.now.state is State.LEAVING
    if page.phase == "closed" or (leaving and page.phase in ("crashed", "failed")):
        return _to(standing, State.ENDED, page.at, Evidence.PAGE)
    if page.phase in ("crashed", "failed"):
        failure = Failure.CRASHED if page.phase == "crashed" else _failure(page.reason)
        return _to(standing, State.FAILED, page.at, Evidence.PAGE, failure)
    if leaving or page.phase == "closing":
        return _aged(_to(standing, State.LEAVING, page.at, standing.now.evidence), page.at)
    if page.phase == "launching":
        return standing
    return _open(standing, page)


def _open(standing: Standing, page: Page) -> Standing:
    flows = _flows(standing, page.media)
    standing = replace(
        standing,
        host=page.host or standing.host,
        opened_s=page.at.mono_s if standing.opened_s is None else standing.opened_s,
        media_s=page.at.mono_s if flows else standing.media_s,
        bytes_in=standing.bytes_in if page.media is None else page.media.bytes_in,
    )
    if flows:
        return _to(standing, State.IN_CALL, page.at, Evidence.MEDIA)
    standing = _aged(standing, page.at)
    if standing.now.state is State.IN_CALL:
        return standing
    if page.assisted and page.phase in _READ:
        return _to(standing, State(page.phase), page.at, Evidence.PAGE)
    if page.media is not None and standing.now.state is State.PREPARING:
        return _to(standing, State.JOINING, page.at, Evidence.PAGE)
    return standing


def _flows(standing: Standing, media: Media | None) -> bool:
    """Whether bytes came in over a live connection since the report before."""
    if media is None or media.connected < 1 or standing.bytes_in is None:
        return False
    return media.bytes_in > standing.bytes_in


def _aged(standing: Standing, at: Moment) -> Standing:
    """Let time pass: what nothing proves any more becomes unknown."""
    due = due_s(standing)
    if due is None or at.mono_s < due:
        return standing
    return _to(standing, State.UNKNOWN, at)


def _failure(reason: str | None) -> Failure:
    if reason in set(Failure):
        return Failure(reason)
    return _REASONS.get(reason or "", Failure.CRASHED)
