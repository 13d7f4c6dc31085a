"""One call: what was asked for and what witnesses report -> how the call stands. Pure.

    idle -> preparing -> prejoin | joining -> lobby -> in_call | alone | listening -> ended
    in the meeting -> interrupted; any of them -> leaving, failed, or unknown without a witness

Nobody is believed alone. A witness speaks for a call while it sees media go both ways, steadily:

    log      the browser's own log of its peer connections: RTP in and out
    page     what an assisted page says: its own function, or the bytes that its connections count
    sound    the sound server: the browser records and plays
    traffic  the network: payload both ways, by whatever protocol
    picture  what stands on the display only in a call, as staff have named it

Two that agree make `in_call`. One alone makes `unknown`: people see the room's screen. `alone` is a
live connection that sends, and to which nobody answers; `listening` one that only receives, with
nothing recorded. Before the meeting nothing flows, whatever is recorded and played. A lobby may
hear and send like a call: where staff have named its picture, two looks have to miss that first.

In the meeting, what made the call keeps it. Everybody may be silent as long as the other end gives
signs of life (RTP, RTCP, ICE). Without any for `SILENT_S` it is interrupted; without a line and
without sound it has ended.

A failure that the page shows is not the end of it: the page is still there, and a person may type
the passcode that it asks for. It is the end once the page is gone.

Knows no clock, no browser and no platform; time comes with every event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from roomctl.frozen import frozen

if TYPE_CHECKING:
    from roomctl.clock import Moment
    from roomctl.meeting.flow import MediaFlow

LOADED_S = 2.0  # a page that has just opened is not yet before the meeting
UNPROVEN_S = 10.0  # a page that is open for so long and proves nothing is "unknown"
OPENING_S = 30.0  # without a page by then, nobody knows what the screen does
STEADY_S = 1.0  # of sound, and of a page's own counts
ALONE_S = 3.0  # of sending to nobody: others take a moment to come
LOGGED_S = 0.5  # of RTP in the log, which is up to five seconds old
LATE_S = 12.0  # the browser writes its log each 5 s: one so old is no witness
GAP_S = 2.5  # in what goes on: a look a second, and what the browser keeps back
SILENT_S = 4.0  # a live connection is asked for a sign every 2.5 s (ICE, RFC 7675)
GONE_S = 2.0  # without any line: a page that changes its server has a new one by then
MEDIA_GONE_S = 8.0  # of a page's own counts: a killed peer's connection ended after 7.9 s
LEAVING_S = 20.0  # longer than a browser takes to be ended by force
AWAY_S = 5.0  # a screen that starts anew is back by then
CUT_S = 20.0  # interrupted for so long: Chromium mends its lines sooner


class State(StrEnum):
    """How a call stands."""

    IDLE = "idle"
    PREPARING = "preparing"
    PREJOIN = "prejoin"
    JOINING = "joining"
    LOBBY = "lobby"
    IN_CALL = "in_call"
    ALONE = "alone"
    LISTENING = "listening"
    INTERRUPTED = "interrupted"
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


class EvidenceSource(StrEnum):
    """What tells how a call stands."""

    LOG = "log"
    PAGE = "page"
    SOUND = "sound"
    TRAFFIC = "traffic"
    PICTURE = "picture"


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
class CallLines:
    """The browser's log of its peer connections, but those of a page to itself, as far as it goes.

    `received_s` and `sent_s`: for so long RTP had come in, and gone out, without a break; 0: it did
    not. `silent_s`: for so long the other end had given no sign, by RTP, RTCP or ICE. `others` are
    the streams of others that the live connections have, which a page may set up for nobody, too;
    `heard`: something has come by now. `age_s` is how far the log is behind: it
    is written each 5 s. `missing` connections are in no log, `fresh` ones in one that is empty yet.
    """

    connections: int
    connected: int
    received_s: float = 0.0
    sent_s: float = 0.0
    silent_s: float = 0.0
    others: int = 0
    age_s: float = 0.0
    missing: int = 0
    fresh: int = 0
    heard: bool = False


@frozen
class Media:
    """A page's peer connections and the bytes that came and went since it opened, by its count."""

    connections: int
    connected: int
    bytes_in: int
    bytes_out: int


@frozen
class Sound:
    """Whether the meeting's programs record, and play."""

    capture: bool
    playback: bool


@frozen
class PageReport:
    """A report on the page of call `id`.

    `phase` is launching, open, closing, closed, crashed or failed. None where nothing was read:
    `lines`, `media`, `sound`; `flow`, what the traffic looks like; `sign`, what the page shows, as
    a platform's file says it; `joined`, what its own function says. `refused`: camera or microphone
    were.
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
    sound: Sound | None = None
    lines: CallLines | None = None
    flow: MediaFlow | None = None


@frozen
class PageSeen:
    """What a picture says of the page of call `id`, in a sign's words; None: it says no more.

    `looked_s` is when the first of the looks began that say so (monotonic); None: nobody looks.
    """

    id: int
    sign: str | None
    at: Moment
    looked_s: float | None = None


@frozen
class LobbySought:
    """The lobby of call `id` is known by a picture, which is looked for as long as it is `on`."""

    id: int
    on: bool
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


Event = Started | PageReport | PageSeen | LobbySought | LeaveAsked | Away | Tick


@frozen
class CallState:
    """How the call stands, since when, and what that rests on."""

    state: State = State.IDLE
    failure: CallFailure | None = None
    evidence: Evidence = Evidence.NONE
    since: Moment | None = None
    witnesses: tuple[EvidenceSource, ...] = ()


@frozen
class Span:
    """Something that goes on since, and was seen last; monotonic seconds."""

    since_s: float
    last_s: float


@frozen
class CallContext:
    """A call, its state, and what must be remembered to judge the next report.

    `shown`: its page is on the display, and open since `opened_s`. What the last report said stands
    until another one says otherwise, or the screen is away, which it is since `away_s`. The browser
    records and plays since `sound_s`, and does neither since `quiet_s`; `counted` is the growth of
    the page's bytes; no line is there since `bare_s`; `busy`: the box's datagrams went both ways
    before the page's only connection was made, so they are others'. `within` is the state in the
    meeting to which an interruption returns, `made` who spoke for it, `hasty` whether nothing but
    datagrams that may be others' was seen of its traffic, `spoke_s` when anybody spoke last.
    `sought`: its lobby's picture is looked for; `looked_s` is when the looks began of which
    `picture` speaks, `agreed_s` since when witnesses agree that it is a meeting.
    """

    call: Call | None = None
    now: CallState = CallState()
    host: str | None = None
    shown: bool = False
    opened_s: float | None = None
    away_s: float | None = None
    sign: str | None = None
    picture: str | None = None
    joined: bool | None = None
    refused: bool = False
    sound: Sound | None = None
    sound_s: float | None = None
    quiet_s: float | None = None
    lines: CallLines | None = None
    bare_s: float | None = None
    media: Media | None = None
    counted: Span | None = None
    flow: MediaFlow | None = None
    busy: bool = False
    within: State = State.IN_CALL
    made: frozenset[EvidenceSource] = frozenset()
    hasty: bool = False
    spoke_s: float | None = None
    sought: bool = False
    looked_s: float | None = None
    agreed_s: float | None = None


MEETING = frozenset({State.IN_CALL, State.ALONE, State.LISTENING})
"""The room is in the meeting, whoever else is."""

_STANDS = MEETING | {State.INTERRUPTED}
_OVER = frozenset({State.IDLE, State.ENDED, State.FAILED})
_GONE = frozenset({"closed", "crashed", "failed"})
_UNCLAIMED = frozenset({State.LEAVING, State.ENDED, State.UNKNOWN})  # of a page that is unseen
_BEFORE = frozenset({State.PREPARING, State.PREJOIN, State.JOINING, State.UNKNOWN})
_SHOWN_STATES = frozenset({State.PREJOIN, State.JOINING, State.LOBBY, State.ENDED})
_BY_MEDIA = frozenset({EvidenceSource.LOG, EvidenceSource.SOUND, EvidenceSource.TRAFFIC})
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
    if isinstance(event, Started):
        preparing = CallState(State.PREPARING, since=event.at)
        return CallContext(event.call, preparing, host=event.call.host)
    if context.call is None or _over(context):
        return context
    match event:
        case LeaveAsked():
            return _to(context, State.LEAVING, event.at)
        case Away():
            return _aged(_unseen(context, event.at), event.at)
        case Tick():
            return _aged(context, event.at)
        case PageReport() if event.id == context.call.id:
            return _reported(replace(context, away_s=None), event)
        case PageSeen() if event.id == context.call.id and context.shown:
            seen = replace(context, picture=event.sign, looked_s=event.looked_s)
            return _aged(seen, event.at)
        case LobbySought() if event.id == context.call.id:
            return replace(context, sought=event.on)
    return context


def _over(context: CallContext) -> bool:
    return context.now.state in _OVER and not context.shown


def _unseen(context: CallContext, at: Moment) -> CallContext:
    """Return the context without what lasts only as long as somebody sees it."""
    if context.away_s is not None:
        return context
    seen = replace(context, sign=None, picture=None, joined=None, refused=False, media=None)
    seen = replace(seen, looked_s=None, agreed_s=None)
    return replace(seen, sound=None, sound_s=None, lines=None, flow=None, away_s=at.mono_s)


def _to(
    context: CallContext,
    state: State,
    at: Moment,
    by: Iterable[EvidenceSource] = (),
    failure: CallFailure | None = None,
) -> CallContext:
    """Return the context in `state`, by whose word; `since` stays while state and failure do."""
    now, witnesses = context.now, tuple(one for one in EvidenceSource if one in set(by))
    since = now.since if (now.state, now.failure) == (state, failure) else at
    evidence = Evidence.MEDIA if _BY_MEDIA.intersection(witnesses) else Evidence.PAGE
    stands = CallState(state, failure, evidence if witnesses else Evidence.NONE, since, witnesses)
    return replace(context, now=stands)


def _reported(context: CallContext, page: PageReport) -> CallContext:
    leaving = context.now.state is State.LEAVING
    if page.phase in _GONE:
        context = replace(context, shown=False)
    if page.phase == "closed" or (leaving and page.phase in _GONE):
        return _to(context, State.ENDED, page.at, [EvidenceSource.PAGE])
    if page.phase in _GONE:
        failure = CallFailure.CRASHED if page.phase == "crashed" else _failure(page.reason)
        return _to(context, State.FAILED, page.at, [EvidenceSource.PAGE], failure)
    if leaving or page.phase == "closing":
        return _aged(_to(context, State.LEAVING, page.at, context.now.witnesses), page.at)
    if page.phase == "launching":
        return context
    return _aged(_witnessed(context, page), page.at)


def _witnessed(context: CallContext, page: PageReport) -> CallContext:
    """Take what every witness says in a report on an open page."""
    now, sound, lines = page.at.mono_s, page.sound, page.lines
    both = sound is not None and sound.capture and sound.playback
    neither = sound is not None and not (sound.capture or sound.playback)
    bare = lines is not None and lines.connections == lines.missing == 0
    datagrams = page.flow is not None and page.flow.datagrams
    return replace(
        context,
        host=page.host or context.host,
        shown=True,
        opened_s=_since(context.opened_s, True, now),
        sign=page.sign,
        joined=page.joined,
        refused=page.refused,
        sound=sound,
        sound_s=_since(context.sound_s, both, now),
        quiet_s=_since(context.quiet_s, neither, now),
        lines=lines,
        bare_s=_since(context.bare_s, bare, now),
        media=page.media,
        counted=_counted(context, page.media, now),
        flow=page.flow,
        busy=datagrams and (context.busy or not _is_single(lines)),
    )


def _since(before: float | None, holds: bool, now: float) -> float | None:
    """Return since when something holds."""
    return None if not holds else now if before is None else before


def _counted(context: CallContext, media: Media | None, now: float) -> Span | None:
    """Return since when bytes come in over a live connection; a count that fell says nothing."""
    before, span = context.media, context.counted
    if before is None or media is None or media.connected == 0 or media.bytes_in <= before.bytes_in:
        return span
    goes_on = span is not None and now - span.last_s <= GAP_S
    return Span(span.since_s if span and goes_on else now, now)


def _steady(span: Span | None, now: float) -> bool:
    lasts = span is not None and span.last_s - span.since_s >= STEADY_S
    return span is not None and lasts and now - span.last_s <= GAP_S


def _speaking(context: CallContext, now: float) -> set[EvidenceSource]:
    """Return who sees media go both ways."""
    lines, flow = context.lines, context.flow
    single = _is_single(lines)
    counts = lines is None or lines.connected > 0 or lines.missing > 0 or single
    answered, hasty = not _is_silent(context), single and not context.busy
    told = {
        EvidenceSource.LOG: answered and _sends(lines) and _receives(lines),
        EvidenceSource.PAGE: bool(context.joined) or (counts and _steady(context.counted, now)),
        EvidenceSource.SOUND: context.sound_s is not None and now - context.sound_s >= STEADY_S,
        EvidenceSource.TRAFFIC: flow is not None and (_flows(flow) or (hasty and flow.datagrams)),
        EvidenceSource.PICTURE: context.picture == State.IN_CALL,
    }
    return {witness for witness, speaks in told.items() if speaks}


def _is_single(lines: CallLines | None) -> bool:
    """Whether the page has one connection, and it is new: it does not lead to the page itself."""
    return lines is not None and lines.connections == lines.fresh == 1


def _flows(flow: MediaFlow | None) -> bool:
    return flow is not None and bool(flow.incoming and flow.outgoing)


def _answers(context: CallContext) -> bool:
    """Whether the other end gives signs of life, by whatever way; sound is none."""
    lines, flow = context.lines, context.flow
    lives = _live(lines) and not _is_silent(context)
    return lives or bool(context.joined) or (flow is not None and bool(flow.incoming))


def _is_silent(context: CallContext) -> bool:
    """Whether the other end has given no sign for so long that it is cut off."""
    lines, flow = context.lines, context.flow
    unheard = lines is not None and lines.connected > 0 and lines.silent_s >= SILENT_S
    return unheard or (flow is not None and flow.silent)


def _live(lines: CallLines | None) -> bool:
    return lines is not None and lines.connected > 0 and lines.age_s < LATE_S


def _sends(lines: CallLines | None) -> bool:
    return _live(lines) and lines is not None and lines.sent_s > 0


def _receives(lines: CallLines | None) -> bool:
    """Whether somebody else is heard or seen, or is there and silent."""
    if lines is None or not _live(lines):
        return False
    silent = lines.heard and lines.others > 0 and lines.sent_s >= LOGGED_S
    return lines.received_s >= LOGGED_S or silent


def _met(
    context: CallContext, speaking: set[EvidenceSource]
) -> tuple[State, set[EvidenceSource]] | None:
    """Return how the room is in the meeting, and who says so: two at least."""
    lines, sound, flow = context.lines, context.sound, context.flow
    inside = speaking & {
        EvidenceSource.PICTURE,
        EvidenceSource.PAGE if context.joined else EvidenceSource.PICTURE,
    }
    capture, playback = sound is not None and sound.capture, sound is not None and sound.playback
    if not _nobody(context, speaking):
        if len(speaking) > 1:
            return State.IN_CALL, speaking
        by = set(inside)
        by |= {EvidenceSource.LOG} if _receives(lines) and not _sends(lines) else set()
        heard = playback and not capture
        received = flow is not None and flow.incoming and flow.outgoing is False
        others = {EvidenceSource.SOUND: heard, EvidenceSource.TRAFFIC: received}
        state = State.LISTENING
    else:
        sends = lines is not None and _sends(lines) and lines.sent_s >= ALONE_S
        by = inside | ({EvidenceSource.LOG} if sends else set())
        others = {EvidenceSource.SOUND: capture}
        state = State.ALONE
    by |= {witness for witness, agrees in others.items() if by and agrees}
    return (state, by) if len(by) > 1 else None


def _nobody(context: CallContext, speaking: set[EvidenceSource]) -> bool:
    """Whether nothing comes from anybody else, as the log can tell."""
    lines = context.lines
    if lines is None or lines.missing or EvidenceSource.TRAFFIC in speaking:
        return False
    told = lines.connected > 0 or context.joined or context.flow is not None
    return bool(told) and lines.received_s == 0 and not (lines.heard and lines.others > 0)


def _aged(context: CallContext, at: Moment) -> CallContext:
    """Judge what the witnesses say by now."""
    now, state, since = at.mono_s, context.now.state, context.now.since
    waited_s = now - since.mono_s if since is not None else 0.0
    if state is State.LEAVING:
        return _to(context, State.UNKNOWN, at) if waited_s >= LEAVING_S else context
    if context.away_s is not None:
        limit_s = MEDIA_GONE_S if state in _STANDS else AWAY_S
        gone = state not in _UNCLAIMED and now - context.away_s >= limit_s
        return _to(context, State.UNKNOWN, at) if gone else context
    if not context.shown:
        late = state is State.PREPARING and waited_s >= OPENING_S
        return _to(context, State.UNKNOWN, at) if late else context
    speaking = _speaking(context, now)
    if speaking:
        context = replace(context, spoke_s=now)
    if state in _STANDS and not _is_over(context):
        return _standing(context, speaking, at)
    agrees = _met(context, speaking) is not None
    context = replace(context, agreed_s=_since(context.agreed_s, agrees, now))
    return _by_sight(context, at) or _by_media(context, speaking, at)


def _is_over(context: CallContext) -> bool:
    """Whether a meeting is over before its media is missed: no line is left, the page says so."""
    if context.picture == State.LOBBY and context.sign is None:
        return True  # a lobby with media, which was looked at too late
    if context.joined is False and EvidenceSource.LOG not in context.made:
        return EvidenceSource.PAGE in context.made
    if _sight(context)[0] in (None, State.IN_CALL):
        return False
    counts = (context.lines if EvidenceSource.LOG in context.made else None) or context.media
    if counts is not None:
        return counts.connected == 0
    return context.sound is None or not (context.sound.capture or context.sound.playback)


def _sight(context: CallContext) -> tuple[str | None, EvidenceSource]:
    """Return what the page shows, in a sign's words, and who says so."""
    if context.sign is not None:
        return context.sign, EvidenceSource.PAGE
    return context.picture, EvidenceSource.PICTURE


def _by_sight(context: CallContext, at: Moment) -> CallContext | None:
    """Judge a page by what it shows; None: that says nothing of a call."""
    sign, by = _sight(context)
    if sign in set(CallFailure):
        return _to(context, State.FAILED, at, [by], CallFailure(sign))
    if context.refused:
        return _to(context, State.FAILED, at, [EvidenceSource.PAGE], CallFailure.MEDIA_DENIED)
    if sign in _SHOWN_STATES and not context.joined:
        return _to(context, State(sign), at, [by])
    return None


def _may_be_lobby(context: CallContext) -> bool:
    """Whether the lobby's picture is known, and not missed since witnesses agree on a meeting."""
    looked, agreed = context.looked_s, context.agreed_s
    missed = looked is not None and agreed is not None and looked >= agreed
    return context.sought and not missed and context.picture != State.IN_CALL


def _by_media(context: CallContext, speaking: set[EvidenceSource], at: Moment) -> CallContext:
    """Judge a page that shows nothing of a call: by who speaks for one."""
    found = _met(context, speaking)
    if found is not None and _may_be_lobby(context):
        late = at.mono_s - (context.agreed_s or at.mono_s) >= UNPROVEN_S
        return _to(context, State.UNKNOWN if late else State.JOINING, at, found[1])
    if found is not None:
        return _in_meeting(replace(context, made=frozenset()), *found, at)
    over = context.now.state is State.ENDED or context.now.failure is CallFailure.NETWORK
    return context if over else _before(context, speaking, at)


def _in_meeting(
    context: CallContext, state: State, by: set[EvidenceSource], at: Moment
) -> CallContext:
    sure = EvidenceSource.LOG in by or EvidenceSource.TRAFFIC not in by or _flows(context.flow)
    hasty = not sure and (context.hasty or not context.made)
    made = context.made | by
    context = replace(context, within=state, made=made, hasty=hasty, spoke_s=at.mono_s)
    return _to(replace(context, agreed_s=None), state, at, by)


def _before(context: CallContext, speaking: set[EvidenceSource], at: Moment) -> CallContext:
    """Judge a page that is not known to be in a meeting."""
    now, state = at.mono_s, context.now.state
    since_s = context.now.since.mono_s if context.now.since and state is State.JOINING else 0.0
    waited_s = now - max(context.opened_s or now, since_s)
    assisted, seen = context.media is not None, _watching(context, speaking)
    if seen and (waited_s >= UNPROVEN_S or (not assisted and state is not State.PREPARING)):
        return _to(context, State.PREJOIN, at, seen)
    if seen and not assisted and waited_s >= LOADED_S:
        return _to(context, State.PREJOIN, at, seen)
    if state in _BEFORE and waited_s >= UNPROVEN_S:
        return _to(context, State.UNKNOWN, at, speaking)
    opens = state in (State.PREPARING, State.PREJOIN) and not assisted and not speaking
    if state in (State.UNKNOWN, State.JOINING) or opens:
        return context
    return _to(context, State.JOINING, at, speaking or ([EvidenceSource.PAGE] if assisted else []))


def _watching(context: CallContext, speaking: set[EvidenceSource]) -> set[EvidenceSource]:
    """Return who sees that nothing flows; nobody, if another sees that it does."""
    lines, flow = context.lines, context.flow
    if speaking - {EvidenceSource.SOUND}:
        return set()
    told = {
        EvidenceSource.LOG: lines is not None and lines.connected == lines.missing == 0,
        EvidenceSource.TRAFFIC: flow is not None and flow.outgoing is False,
    }
    return {witness for witness, sees in told.items() if sees}


def _standing(context: CallContext, speaking: set[EvidenceSource], at: Moment) -> CallContext:
    """Judge a meeting that was made: what made it keeps it."""
    now, lines, flow, media = at.mono_s, context.lines, context.flow, context.media
    if EvidenceSource.LOG in speaking:
        context = replace(context, made=context.made | {EvidenceSource.LOG}, hasty=False)
    quiet = context.quiet_s is not None and now - context.quiet_s >= GONE_S
    lined = EvidenceSource.LOG in context.made and lines is not None and not lines.missing
    dropped = lined and lines is not None and lines.connections > lines.connected == 0
    if _is_silent(context) or (dropped and not speaking - {EvidenceSource.SOUND}):
        by = EvidenceSource.TRAFFIC if flow is not None and flow.silent else EvidenceSource.LOG
        return _ended(context, at, by) if quiet else _cut(context, at, by)
    if (
        lined
        and context.bare_s is not None
        and not speaking - {EvidenceSource.LOG, EvidenceSource.SOUND}
    ):
        return _bare(context, at, now - context.bare_s)
    if quiet and flow is not None and flow.outgoing is False and not context.joined:
        return _ended(context, at, EvidenceSource.TRAFFIC)
    found = _met(context, speaking)
    if found is not None:
        return _in_meeting(context, *found, at)
    if context.now.state is State.INTERRUPTED and not _answers(context):
        return _cut(context, at, context.now.witnesses[0])
    if context.hasty and lines is not None and lines.fresh == lines.missing == 0:
        left = context.quiet_s is not None
        return _ended(context, at, EvidenceSource.LOG) if left else _before(context, speaking, at)
    if lined or (EvidenceSource.TRAFFIC in context.made and flow is not None):
        return _kept(context, speaking, at)
    dead = media is not None and media.connections > 0 and media.connected == 0
    if dead and context.counted is not None and now - context.counted.last_s >= SILENT_S:
        return _cut(context, at, EvidenceSource.PAGE)
    if now - (context.spoke_s or now) >= MEDIA_GONE_S:
        return _to(context, State.UNKNOWN, at)
    return _kept(context, speaking, at)


def _kept(context: CallContext, speaking: set[EvidenceSource], at: Moment) -> CallContext:
    """Stay in the meeting."""
    return _to(context, context.within, at, speaking or context.now.witnesses)


def _bare(context: CallContext, at: Moment, bare_s: float) -> CallContext:
    """Judge a meeting without any line: it was left, unless somebody goes on recording."""
    if context.now.state is State.INTERRUPTED:
        return _cut(context, at, EvidenceSource.LOG)
    if bare_s < GONE_S:
        return _kept(context, set(), at)
    if context.sound is not None and context.sound.capture:
        return _to(context, State.UNKNOWN, at)  # alone from peer to peer, or before the next one
    return _ended(context, at, EvidenceSource.LOG)


def _ended(context: CallContext, at: Moment, by: EvidenceSource) -> CallContext:
    quiet = [EvidenceSource.SOUND] if context.quiet_s is not None else []
    return _to(context, State.ENDED, at, [by, *quiet])


def _cut(context: CallContext, at: Moment, by: EvidenceSource) -> CallContext:
    """Interrupt the meeting; after `CUT_S` its network has failed."""
    now = context.now
    if now.state is State.INTERRUPTED and now.since and at.mono_s - now.since.mono_s >= CUT_S:
        return _to(context, State.FAILED, at, [by], CallFailure.NETWORK)
    return _to(context, State.INTERRUPTED, at, [by])


def _failure(reason: str | None) -> CallFailure:
    if reason in set(CallFailure):
        return CallFailure(reason)
    return _REASONS.get(reason or "", CallFailure.CRASHED)
