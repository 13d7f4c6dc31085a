"""One call: what was asked for and what the screen reports -> how the call stands. Pure.

    idle -> preparing -> prejoin -> joining -> lobby -> in_call -> leaving -> ended | failed
                  any of them -> unknown, when nothing proves anything for too long

`in_call` needs media (a live connection, and bytes that came in between two reports) or the page's
own function that tells so. Words that a page shows never prove it. In plain mode nothing is read
from the page: there media is a browser that records and plays at once for a while, and what is not
media is `unknown`: people see the room's screen; or it is what a picture says that staff have
named, for as long as it stands there.

A failure that the page shows is not the end of it: the page is still there, and a person may type
the passcode that it asks for. It is the end once the page is gone.

Knows no clock, no browser and no platform; time comes with every event.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from roomctl.frozen import frozen

if TYPE_CHECKING:
    from roomctl.clock import Moment

UNPROVEN_S = 10.0  # a page that is open for so long and proves nothing is "unknown"
OPENING_S = 30.0  # without a page by then, nobody knows what the screen does
MEDIA_GONE_S = 8.0  # a killed peer's connection was seen to end after 7.9 s
LEAVING_S = 20.0  # longer than a browser takes to be ended by force
SOUND_S = 3.0  # a browser that records and plays for less may be trying its devices
AWAY_S = 5.0  # a screen that starts anew is back by then
CUT_S = 20.0  # lines that are all dead for so long after media flowed: Chromium mends them sooner


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


class CallFailure(StrEnum):
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


MENDED_ON_PAGE = frozenset(
    {
        CallFailure.PASSCODE_NEEDED,
        CallFailure.PASSCODE_WRONG,
        CallFailure.SIGN_IN_REQUIRED,
        CallFailure.BOT_WALL,
        CallFailure.HOST_NOT_STARTED,
    }
)
"""Failures that a person, there or here, may still mend while the page is shown."""


class Evidence(StrEnum):
    """What a state rests on: media that flows, the page, or nothing."""

    MEDIA = "media"
    PAGE = "page"
    NONE = "none"


@frozen
class Call:
    """What was asked for; a later call has a greater `id`."""

    id: int
    platform: str | None
    title: str | None = None
    host: str | None = None
    number: str | None = None


@frozen
class Started:
    """A person, or a rule, asked for a call; it takes the place of the one before."""

    call: Call
    at: Moment


@frozen
class Media:
    """A page's peer connections and the bytes that came and went since it opened."""

    connections: int
    connected: int
    bytes_in: int
    bytes_out: int


@frozen
class PageReport:
    """A report on the page of call `id`.

    `phase` is launching, open, closing, closed, crashed or failed. None where nothing was read:
    `media`; `sign`, what the page shows, as a platform's file says it; `joined`, what its own
    function says. `refused`: camera or microphone were. `sound`: the browser records and plays.
    """

    id: int
    phase: str
    at: Moment
    host: str | None = None
    media: Media | None = None
    reason: str | None = None
    sign: str | None = None
    joined: bool | None = None
    refused: bool = False
    sound: bool = False


@frozen
class PageSeen:
    """What a picture says of the page of call `id`, in a sign's words; None: it says no more."""

    id: int
    sign: str | None
    at: Moment


@frozen
class LeaveAsked:
    """A person asked to leave."""

    at: Moment


@frozen
class Away:
    """The screen is not there, so nobody says how the call stands; may come again and again."""

    at: Moment


@frozen
class Tick:
    """Time passed."""

    at: Moment


Event = Started | PageReport | PageSeen | LeaveAsked | Away | Tick


@frozen
class CallState:
    """How the call stands, since when, and what that rests on."""

    state: State = State.IDLE
    failure: CallFailure | None = None
    evidence: Evidence = Evidence.NONE
    since: Moment | None = None


@frozen
class CallContext:
    """A call, its state, and what must be remembered to judge the next report.

    `shown`: its page is on the display. `opened_s` is when it was first reported open, `media_s`
    when media last flowed, `sound_s` since when the browser records and plays, all in monotonic
    seconds; `bytes_in` is the last count. Sound, and `joined`, stand until a report ends them, or
    the screen is away, which it is since `away_s`.
    """

    call: Call | None = None
    now: CallState = CallState()
    host: str | None = None
    shown: bool = False
    opened_s: float | None = None
    media_s: float | None = None
    sound_s: float | None = None
    joined: bool = False
    bytes_in: int | None = None
    away_s: float | None = None


_OVER = frozenset({State.IDLE, State.ENDED, State.FAILED})
_GONE = frozenset({"closed", "crashed", "failed"})
_UNCLAIMED = frozenset({State.LEAVING, State.ENDED, State.UNKNOWN})  # of a page that is unseen
_SHOWN_STATES = frozenset({State.PREJOIN, State.JOINING, State.LOBBY, State.ENDED})
_REASONS = {
    "network": CallFailure.NETWORK,
    "page_crashed": CallFailure.CRASHED,
    "bad_url": CallFailure.NOT_FOUND,
    "browser_missing": CallFailure.SCREEN,
    "browser_start": CallFailure.SCREEN,
    "no_display": CallFailure.SCREEN,
    "no_sandbox": CallFailure.SCREEN,
}


def step(context: CallContext, event: Event) -> CallContext:
    """Return how the call stands after `event`; a report on another call changes nothing."""
    match event:
        case Started():
            preparing = CallState(State.PREPARING, since=event.at)
            return CallContext(event.call, preparing, host=event.call.host)
        case LeaveAsked():
            return context if _over(context) else _to(context, State.LEAVING, event.at)
        case Away():
            return context if _over(context) else _aged(_unseen(context, event.at), event.at)
        case Tick():
            return context if _over(context) else _aged(context, event.at)
        case PageReport():
            if _over(context) or context.call is None or event.id != context.call.id:
                return context
            return _reported(replace(context, away_s=None), event)
        case PageSeen():
            return context if _over(context) else _pictured(context, event)


def due_s(context: CallContext) -> float | None:
    """Return the monotonic second at which a Tick may change something, or None."""
    state, since = context.now.state, context.now.since
    if state is State.IN_CALL:
        lasts = context.joined or context.sound_s is not None or context.media_s is None
        return None if lasts else (context.media_s or 0.0) + MEDIA_GONE_S
    if context.sound_s is not None and state is not State.LEAVING:
        return context.sound_s + SOUND_S
    if context.away_s is not None and state not in _UNCLAIMED:
        return context.away_s + AWAY_S
    if since is None:
        return None
    if state is State.LEAVING:
        return since.mono_s + LEAVING_S
    if state in (State.PREPARING, State.JOINING) and context.opened_s is not None:
        return max(context.opened_s, since.mono_s) + UNPROVEN_S
    return since.mono_s + OPENING_S if state is State.PREPARING else None


def _unseen(context: CallContext, at: Moment) -> CallContext:
    """Return the context without what lasts only as long as somebody sees it."""
    if context.away_s is not None:
        return context
    lasted = context.joined or context.sound_s is not None
    media_s = at.mono_s if lasted else context.media_s
    return replace(context, joined=False, sound_s=None, media_s=media_s, away_s=at.mono_s)


def _over(context: CallContext) -> bool:
    return context.now.state in _OVER and not context.shown


def _to(
    context: CallContext,
    state: State,
    at: Moment,
    evidence: Evidence = Evidence.NONE,
    failure: CallFailure | None = None,
) -> CallContext:
    """Return the context in `state`; `since` stays while state and failure do."""
    now = context.now
    since = now.since if (now.state, now.failure) == (state, failure) else at
    return replace(context, now=CallState(state, failure, evidence, since))


def _reported(context: CallContext, page: PageReport) -> CallContext:
    leaving = context.now.state is State.LEAVING
    if page.phase in _GONE:
        context = replace(context, shown=False)
    if page.phase == "closed" or (leaving and page.phase in _GONE):
        return _to(context, State.ENDED, page.at, Evidence.PAGE)
    if page.phase in _GONE:
        failure = CallFailure.CRASHED if page.phase == "crashed" else _failure(page.reason)
        return _to(context, State.FAILED, page.at, Evidence.PAGE, failure)
    if leaving or page.phase == "closing":
        return _aged(_to(context, State.LEAVING, page.at, context.now.evidence), page.at)
    if page.phase == "launching":
        return context
    return _open(context, page)


def _open(context: CallContext, page: PageReport) -> CallContext:
    """Judge an open page: by its media, else by its own word, else by what it shows."""
    now_s, lasted = page.at.mono_s, context.joined or context.sound_s is not None
    flows = _flows(context, page.media)
    sound_s = now_s if context.sound_s is None else context.sound_s
    context = replace(
        context,
        host=page.host or context.host,
        shown=True,
        opened_s=now_s if context.opened_s is None else context.opened_s,
        media_s=now_s if flows or lasted else context.media_s,
        sound_s=sound_s if page.sound else None,
        joined=bool(page.joined),
        bytes_in=context.bytes_in if page.media is None else page.media.bytes_in,
    )
    if flows:
        return _to(context, State.IN_CALL, page.at, Evidence.MEDIA)
    context = _aged(context, page.at)
    if context.joined:
        return _to(context, State.IN_CALL, page.at, Evidence.PAGE)
    if context.now.state is State.IN_CALL and not _has_ended(context, page):
        return context
    return _by_sight(context, page)


def _by_sight(context: CallContext, page: PageReport) -> CallContext:
    """Judge a page without media by what it shows."""
    if page.sign in set(CallFailure):
        return _to(context, State.FAILED, page.at, Evidence.PAGE, CallFailure(page.sign))
    if page.refused:
        return _to(context, State.FAILED, page.at, Evidence.PAGE, CallFailure.MEDIA_DENIED)
    if page.sign in _SHOWN_STATES:
        return _to(context, State(page.sign), page.at, Evidence.PAGE)
    if _is_cut(context, page):
        return _to(context, State.FAILED, page.at, Evidence.PAGE, CallFailure.NETWORK)
    read = page.media is not None
    if read and context.now.state not in (State.UNKNOWN, State.ENDED, State.JOINING):
        return _to(context, State.JOINING, page.at, Evidence.PAGE)
    return context


def _pictured(context: CallContext, seen: PageSeen) -> CallContext:
    """Judge an open page by a picture; it neither proves a call nor ends one that is proven."""
    asked, state = context.call, context.now.state
    settled = state in (State.IN_CALL, State.LEAVING) or not context.shown
    if asked is None or asked.id != seen.id or settled:
        return context
    if seen.sign is None:
        return _to(context, State.JOINING, seen.at)
    return _by_sight(context, PageReport(seen.id, "open", seen.at, sign=seen.sign))


def _has_ended(context: CallContext, page: PageReport) -> bool:
    """Whether a call is over before its media is missed: no line is left, and the page says so."""
    if context.now.evidence is Evidence.PAGE:
        return page.joined is False or page.sign is not None
    return page.sign is not None and page.media is not None and page.media.connected == 0


def _is_cut(context: CallContext, page: PageReport) -> bool:
    """Whether media flowed once, and every line that there still is has long been dead."""
    if context.media_s is None or page.media is None:
        return False
    dead = page.media.connections > 0 and page.media.connected == 0
    return dead and page.at.mono_s - context.media_s >= CUT_S


def _flows(context: CallContext, media: Media | None) -> bool:
    """Whether bytes came in over a live connection since the report before."""
    if media is None or media.connected < 1 or context.bytes_in is None:
        return False
    return media.bytes_in > context.bytes_in


def _aged(context: CallContext, at: Moment) -> CallContext:
    """Let time pass: sound that lasts proves a call; what nothing proves any more is unknown."""
    due = due_s(context)
    if due is None or at.mono_s < due:
        return context
    if context.sound_s is not None and context.now.state is not State.LEAVING:
        return _to(context, State.IN_CALL, at, Evidence.MEDIA)
    return _to(context, State.UNKNOWN, at)


def _failure(reason: str | None) -> CallFailure:
    if reason in set(CallFailure):
        return CallFailure(reason)
    return _REASONS.get(reason or "", CallFailure.CRASHED)
