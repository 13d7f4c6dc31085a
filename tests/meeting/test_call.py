"""How a call stands: tables of what witnesses say in invented time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.meeting.call import (
    MEETING,
    Call,
    CallContext,
    CallLines,
    CallState,
    Event,
    LeaveAsked,
    LobbySought,
    PageSeen,
    Sound,
    Started,
    Tick,
    step,
)
from roomctl.meeting.flow import MediaFlow
from tests.meeting.watched import (
    BOTH,
    CUT,
    FLOWS,
    MUSIC,
    NO_LINE,
    PLAYS,
    QUIET,
    RECORDS,
    STILL,
    after,
    at,
    counts,
    every,
    line,
    media,
    page,
    talks,
)

IN_CALL = every(1, 6, lines=talks, sound=BOTH)
TALKING = line(9, 9, 2)
MUTED_ALL = line(0, 9, 2, heard=True)
UNANSWERED = line(0, 9)
SOUGHT = LobbySought(7, True, at(1))
FRESH, DATAGRAMS = CallLines(1, 0, fresh=1), MediaFlow(datagrams=True)

BEFORE: list[tuple[str, tuple[Event, ...], tuple[str, str, str | None]]] = [
    ("asked", (), ("preparing", "none", None)),
    ("no word of the screen", (Tick(at(30)),), ("unknown", "none", None)),
    ("launching", (page(1, "launching"),), ("preparing", "none", None)),
    ("nothing tells, 9 s", (page(1), Tick(at(10))), ("preparing", "none", None)),
    ("nothing tells, 10 s", (page(1), Tick(at(11))), ("unknown", "none", None)),
    ("nothing tells, second report", (page(1), page(12)), ("unknown", "none", None)),
    ("it has just opened", (page(1, lines=NO_LINE), Tick(at(2))), ("preparing", "none", None)),
    ("no line", (page(1, lines=NO_LINE), Tick(at(3))), ("prejoin", "media", None)),
    ("no line, long", (page(1, lines=NO_LINE), Tick(at(99))), ("prejoin", "media", None)),
    ("a preview", every(1, 30, lines=NO_LINE, sound=RECORDS), ("prejoin", "media", None)),
    ("a level meter", every(1, 30, lines=NO_LINE, sound=BOTH), ("prejoin", "media", None)),
    (
        "hold music beside a preview",
        every(1, 30, lines=NO_LINE, sound=BOTH, flow=MUSIC),
        ("prejoin", "media", None),
    ),
    ("a level meter, no log", every(1, 30, sound=BOTH, flow=STILL), ("prejoin", "media", None)),
    ("a level meter, nobody else", every(1, 30, sound=BOTH), ("unknown", "media", None)),
    ("two new lines, datagrams of others, and music",
     every(1, 9, lines=CallLines(2, 0, fresh=2), flow=DATAGRAMS, sound=BOTH),
     ("prejoin", "media", None)),
    ("one new line, datagrams of others that came before it, and music",
     (*every(1, 4, lines=NO_LINE, flow=DATAGRAMS, sound=BOTH),
      *every(5, 9, lines=FRESH, flow=DATAGRAMS, sound=BOTH)),
     ("prejoin", "media", None)),
    ("no line, datagrams of others, and music",
     every(1, 9, lines=NO_LINE, flow=DATAGRAMS, sound=BOTH), ("prejoin", "media", None)),
    ("lines in no log", every(1, 30, lines=CallLines(3, 0, missing=3), sound=BOTH),
     ("unknown", "media", None)),
    ("a line that is not live yet", every(1, 6, lines=CallLines(1, 0)), ("prejoin", "media", None)),
    ("the page says lobby", (page(1, sign="lobby"),), ("lobby", "page", None)),
    ("the page says prejoin", (page(1, sign="prejoin"),), ("prejoin", "page", None)),
    ("the page says in_call", (page(1, sign="in_call"),), ("preparing", "none", None)),
    ("a lobby with music over a line", every(1, 30, lines=lambda s: line(s, 0, 1), sound=BOTH),
     ("unknown", "media", None)),
    ("a lobby with media, and it says so", every(1, 30, lines=talks, sound=BOTH, sign="lobby"),
     ("lobby", "page", None)),
    (
        "a lobby with media, by a picture",
        (page(1), PageSeen(7, "lobby", at(1)), *every(2, 30, lines=talks, sound=BOTH)),
        ("lobby", "page", None),
    ),
    ("a lobby that is known by a picture, and nobody has looked since media flow",
     (page(1), SOUGHT, PageSeen(7, None, at(2), 1.0), *every(2, 9, lines=talks, sound=BOTH)),
     ("joining", "media", None)),
    ("the same, for 10 s", (page(1), SOUGHT, *every(2, 16, lines=talks, sound=BOTH)),
     ("unknown", "media", None)),
    ("the same, on a page that stood there for long",
     (*every(1, 20, lines=NO_LINE), SOUGHT, *every(21, 24, lines=talks, sound=BOTH)),
     ("joining", "media", None)),
    ("the same, and one of two looks was before that",
     (page(1), SOUGHT, *every(2, 6, lines=talks, sound=BOTH), PageSeen(7, None, at(7), 2.5)),
     ("joining", "media", None)),
    ("the same, listening",
     (page(1), SOUGHT, *every(2, 9, lines=lambda s: line(s, 0, 1), sound=PLAYS)),
     ("joining", "media", None)),
    ("the same, and it is the lobby",
     (page(1), SOUGHT, *every(2, 6, lines=talks, sound=BOTH), PageSeen(7, "lobby", at(7), 5.0)),
     ("lobby", "page", None)),
    (
        "a picture says lobby",
        (page(1), PageSeen(7, "lobby", at(2)), page(3)),
        ("lobby", "page", None),
    ),
    (
        "a picture says lobby of another call",
        (page(1), PageSeen(6, "lobby", at(2))),
        ("preparing", "none", None),
    ),
    ("a picture before any page", (PageSeen(7, "lobby", at(2)),), ("preparing", "none", None)),
    (
        "a picture says passcode, then no more",
        (page(1), PageSeen(7, "passcode_needed", at(2)), PageSeen(7, None, at(3))),
        ("joining", "none", None),
    ),
    ("an assisted page", (page(1, media=media(0, 0)),), ("joining", "page", None)),
    ("an assisted page, 10 s", (page(1, media=media(0, 0)), Tick(at(11))),
     ("unknown", "none", None)),
    ("an assisted page, 10 s, no line", every(1, 12, media=media(0, 0), lines=NO_LINE),
     ("prejoin", "media", None)),
    ("its counts alone", every(1, 9, media=counts), ("joining", "page", None)),
    ("its counts alone, 10 s", every(1, 12, media=counts), ("unknown", "page", None)),
    ("a page connected to itself", every(1, 9, media=counts, sound=BOTH, lines=NO_LINE),
     ("joining", "page", None)),
    ("the log alone", every(1, 9, lines=talks), ("joining", "media", None)),
    ("the log alone, 10 s", every(1, 14, lines=talks), ("unknown", "media", None)),
    ("the traffic alone", every(1, 12, flow=FLOWS), ("unknown", "media", None)),
    ("a test of the network",
     (*every(1, 9, lines=talks, sound=RECORDS), *every(10, 12, lines=NO_LINE)),
     ("prejoin", "media", None)),
    ("its function says joined", every(1, 2, joined=True), ("joining", "page", None)),
]  # fmt: skip

WITHIN: list[tuple[str, tuple[Event, ...], tuple[str, str, str | None]]] = [
    ("log and sound", IN_CALL, ("in_call", "media", None)),
    ("log and sound, after the lobby", (page(0.5, sign="lobby"), *IN_CALL),
     ("in_call", "media", None)),
    ("one new line, datagrams and sound", every(1, 2, lines=FRESH, flow=DATAGRAMS, sound=BOTH),
     ("in_call", "media", None)),
    ("its log agrees", (*every(1, 2, lines=FRESH, flow=DATAGRAMS, sound=BOTH),
                        *every(3, 60, lines=TALKING, flow=MediaFlow(), sound=RECORDS)),
     ("in_call", "media", None)),
    ("traffic and sound", every(1, 4, flow=FLOWS, sound=BOTH), ("in_call", "media", None)),
    ("log and traffic", every(1, 4, flow=FLOWS, lines=talks), ("in_call", "media", None)),
    ("the page's counts and its sound", every(1, 6, media=counts, sound=BOTH),
     ("in_call", "media", None)),
    ("no lobby, as two looks see that began since media flow",
     (page(1), SOUGHT, *every(2, 6, lines=talks, sound=BOTH), PageSeen(7, None, at(7), 5.0)),
     ("in_call", "media", None)),
    ("nobody looks for the lobby any more",
     (page(1), SOUGHT, *every(2, 6, lines=talks, sound=BOTH), LobbySought(7, False, at(7)),
      Tick(at(8))), ("in_call", "media", None)),
    ("its picture and sound, where the lobby's is known, too",
     (page(1, sound=BOTH), SOUGHT, PageSeen(7, "in_call", at(2), 1.0), Tick(at(4))),
     ("in_call", "media", None)),
    ("out of the lobby, which sent and received",
     (page(1), SOUGHT, *every(2, 6, lines=talks, sound=BOTH), PageSeen(7, "lobby", at(7), 5.0),
      *every(8, 12, lines=TALKING, sound=BOTH), PageSeen(7, None, at(13), 11.0)),
     ("in_call", "media", None)),
    ("its function and its sound", every(1, 4, joined=True, sound=BOTH),
     ("in_call", "media", None)),
    (
        "a picture and sound",
        (page(1, sound=BOTH), PageSeen(7, "in_call", at(2)), Tick(at(4))),
        ("in_call", "media", None),
    ),
    ("all are muted, and were heard",
     every(1, 9, lines=lambda s: line(0, s, 2, heard=True), sound=BOTH),
     ("in_call", "media", None)),
    ("streams that are set up, and nothing came",
     every(1, 9, lines=lambda s: line(0, s, 2), sound=BOTH), ("alone", "media", None)),
    ("everybody falls silent", (*IN_CALL, *every(7, 99, lines=MUTED_ALL, sound=RECORDS)),
     ("in_call", "media", None)),
    ("the log ends", (*IN_CALL, *every(7, 99, lines=CallLines(1, 0, missing=1), sound=BOTH)),
     ("in_call", "media", None)),
    ("nobody else", every(1, 9, lines=lambda s: line(0, s), sound=RECORDS),
     ("alone", "media", None)),
    ("nobody else, with a loudspeaker", every(1, 9, lines=lambda s: line(0, s), sound=BOTH),
     ("alone", "media", None)),
    ("nobody else, its function says", every(1, 9, joined=True, lines=NO_LINE, sound=RECORDS),
     ("alone", "media", None)),
    ("the others have gone", (*IN_CALL, *every(7, 9, lines=UNANSWERED, sound=BOTH)),
     ("alone", "media", None)),
    ("somebody comes", (*every(1, 9, lines=UNANSWERED, sound=RECORDS),
                        *every(10, 12, lines=TALKING, sound=BOTH), Tick(at(14))),
     ("in_call", "media", None)),
    ("listening", every(1, 9, lines=lambda s: line(s, 0, 1), sound=PLAYS),
     ("listening", "media", None)),
    ("a picture says removed while media flows", (*IN_CALL, PageSeen(7, "removed", at(10))),
     ("in_call", "media", None)),
    ("a picture says lobby while media flows",
     (*IN_CALL, PageSeen(7, "lobby", at(7)), *every(8, 9, lines=TALKING, sound=BOTH)),
     ("lobby", "page", None)),
    ("the page says lobby while media flows",
     (*IN_CALL, *every(7, 9, lines=TALKING, sound=BOTH, sign="lobby")),
     ("in_call", "media", None)),
    ("an older call's crash", (*IN_CALL, page(7, "crashed", call=6)), ("in_call", "media", None)),
    ("a program that uses no WebRTC is silent",
     (*every(1, 4, flow=FLOWS, sound=BOTH), *every(5, 60, flow=MediaFlow(None, None), sound=BOTH)),
     ("in_call", "media", None)),
]  # fmt: skip

ENDS: list[tuple[str, tuple[Event, ...], tuple[str, str, str | None]]] = [
    ("no sign of the others", (*IN_CALL, page(7, lines=line(0, 9, 2, 4.0, heard=True), sound=BOTH)),
     ("interrupted", "media", None)),
    ("nothing comes at all", (*IN_CALL, page(7, lines=TALKING, sound=BOTH, flow=CUT)),
     ("interrupted", "media", None)),
    ("interrupted, and back",
     (*IN_CALL, page(7, lines=TALKING, sound=BOTH, flow=CUT),
      page(9, lines=TALKING, sound=BOTH, flow=FLOWS)),
     ("in_call", "media", None)),
    ("interrupted, and back in silence",
     (*IN_CALL, page(7, lines=MUTED_ALL, sound=RECORDS, flow=CUT),
      page(9, lines=line(0, 1, 2, heard=True), sound=RECORDS, flow=MediaFlow(None, None))),
     ("in_call", "media", None)),
    ("its only line drops", (*IN_CALL, page(7, lines=CallLines(1, 0, heard=True), sound=BOTH)),
     ("interrupted", "media", None)),
    ("interrupted, and its line drops",
     (*IN_CALL, page(7, lines=line(0, 9, 2, 5.0), sound=BOTH),
      *every(8, 20, lines=CallLines(1, 0, heard=True), sound=BOTH, flow=MediaFlow())),
     ("interrupted", "media", None)),
    ("interrupted, and nobody tells of lines",
     (*IN_CALL, page(7, lines=line(0, 9, 2, 5.0), sound=BOTH),
      *every(8, 20, sound=BOTH, flow=MediaFlow())),
     ("interrupted", "media", None)),
    ("interrupted, 20 s", (*IN_CALL, *every(7, 27, lines=TALKING, sound=BOTH, flow=CUT)),
     ("failed", "media", "network")),
    ("interrupted, its lines are closed",
     (*IN_CALL, page(7, lines=TALKING, sound=BOTH, flow=CUT),
      *every(8, 12, lines=NO_LINE, sound=BOTH)),
     ("interrupted", "media", None)),
    ("the cut heals late",
     (*IN_CALL, *every(7, 30, lines=TALKING, sound=BOTH, flow=CUT),
      *every(31, 34, lines=TALKING, sound=BOTH, flow=FLOWS)),
     ("in_call", "media", None)),
    ("one new line, and its log says no", (*every(1, 2, lines=FRESH, flow=DATAGRAMS, sound=BOTH),
                                           *every(3, 4, lines=CallLines(1, 0), sound=BOTH)),
     ("prejoin", "media", None)),
    ("one new line, and it is gone", (*every(1, 2, lines=FRESH, flow=DATAGRAMS, sound=BOTH),
                                      *every(3, 6, lines=NO_LINE, sound=QUIET)),
     ("ended", "media", None)),
    ("left by the page's key", (*IN_CALL, *every(7, 9, lines=NO_LINE, sound=QUIET)),
     ("ended", "media", None)),
    ("left, the log is behind", (*IN_CALL, *every(7, 9, lines=TALKING, sound=QUIET, flow=STILL)),
     ("ended", "media", None)),
    ("a new server",
     (*IN_CALL, page(7, lines=NO_LINE, sound=BOTH), page(8, lines=TALKING, sound=BOTH)),
     ("in_call", "media", None)),
    ("no line, and it records", (*IN_CALL, *every(7, 9, lines=NO_LINE, sound=RECORDS)),
     ("unknown", "none", None)),
    ("in again after it was left",
     (*IN_CALL, *every(7, 9, lines=NO_LINE, sound=QUIET),
      *every(10, 14, lines=TALKING, sound=BOTH)),
     ("in_call", "media", None)),
    ("a native client ends its sound",
     (*every(1, 4, flow=FLOWS, sound=BOTH), *every(5, 7, flow=STILL, sound=QUIET)),
     ("ended", "media", None)),
    ("joined, then not", (*every(1, 4, joined=True, sound=BOTH),
                          page(5, joined=False, media=media(0, 0), sound=BOTH)),
     ("joining", "media", None)),
    ("joined, then not to be read, 8 s",
     (*every(1, 4, joined=True, sound=BOTH), page(5), Tick(at(12))), ("unknown", "none", None)),
    ("its counts stand still, 8 s", (*every(1, 6, media=counts, sound=BOTH),
                                     *every(7, 16, media=media(4500), sound=RECORDS)),
     ("unknown", "none", None)),
    ("its lines are dead", (*every(1, 6, media=counts, sound=BOTH),
                            *every(7, 10, media=media(4500, 0), sound=RECORDS)),
     ("interrupted", "page", None)),
    ("it asks for a passcode", (page(1, sign="passcode_needed"),),
     ("failed", "page", "passcode_needed")),
    ("the passcode is typed", (page(1, sign="passcode_needed"), page(5, media=media(0, 0))),
     ("joining", "page", None)),
    ("a wrong one is typed", (page(1, sign="passcode_needed"), page(5, sign="passcode_wrong")),
     ("failed", "page", "passcode_wrong")),
    ("a passcode page crashes", (page(1, sign="passcode_needed"), page(2, "crashed")),
     ("failed", "page", "crashed")),
    ("a passcode page is left",
     (page(1, sign="passcode_needed"), LeaveAsked(at(2)), page(3, "closed")),
     ("ended", "page", None)),
    ("media is refused", (page(1, refused=True),), ("failed", "page", "media_denied")),
    ("removed, the line stands", (*IN_CALL, page(7, lines=TALKING, sound=BOTH, sign="removed")),
     ("in_call", "media", None)),
    ("removed, no line is left", (*IN_CALL, page(7, lines=NO_LINE, sound=BOTH, sign="removed")),
     ("failed", "page", "removed")),
    ("a picture says removed, and it is quiet",
     (*every(1, 4, flow=FLOWS, sound=BOTH), page(5, sound=QUIET), PageSeen(7, "removed", at(6))),
     ("failed", "page", "removed")),
    ("the host ends it", (*IN_CALL, page(7, lines=NO_LINE, sound=QUIET, sign="ended")),
     ("ended", "page", None)),
    ("plain, crash", (page(1), page(20, "crashed")), ("failed", "page", "crashed")),
    ("leave", (*IN_CALL, LeaveAsked(at(7))), ("leaving", "none", None)),
    ("media after leave", (*IN_CALL, LeaveAsked(at(7)), page(8, lines=TALKING, sound=BOTH)),
     ("leaving", "none", None)),
    ("left", (*IN_CALL, LeaveAsked(at(7)), page(8, "closed")), ("ended", "page", None)),
    ("crash on leaving", (LeaveAsked(at(3)), page(4, "crashed")), ("ended", "page", None)),
    ("leave unanswered", (LeaveAsked(at(3)), Tick(at(23))), ("unknown", "none", None)),
    ("closed by the page", (*IN_CALL, page(7, "closed")), ("ended", "page", None)),
    ("network", (page(1, "failed", reason="network"),), ("failed", "page", "network")),
    ("no display", (page(1, "failed", reason="no_display"),), ("failed", "page", "screen")),
    ("wall", (page(1, "failed", reason="bot_wall"),), ("failed", "page", "bot_wall")),
    ("no word why", (page(1, "failed", reason="?"),), ("failed", "page", "crashed")),
    ("a report after the end", (page(0.5, "closed"), *IN_CALL), ("ended", "page", None)),
    ("leave after the end", (page(2, "closed"), LeaveAsked(at(3))), ("ended", "page", None)),
]  # fmt: skip

TABLE = BEFORE + WITHIN + ENDS


@pytest.mark.parametrize(
    ("events", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_a_call_stands_as_its_witnesses_say(
    events: tuple[Event, ...], expected: tuple[str, str, str | None]
):
    now = after(*events).now
    assert (now.state, now.evidence, now.failure) == expected


@pytest.mark.parametrize("events", [r[1] for r in TABLE], ids=[r[0] for r in TABLE])
def test_time_may_pass_in_steps_of_any_length(events: tuple[Event, ...]):
    context = CallContext()
    for event in events:
        moment = event.at
        if context.call is None:
            context = step(context, Started(Call(7, "jitsi"), at(0)))
        context = step(context, event)
        assert (
            step(step(context, Tick(moment)), Tick(moment)).now == step(context, Tick(moment)).now
        )


def test_without_a_call_nothing_changes():
    context = CallContext()
    for event in (page(1), LeaveAsked(at(2)), Tick(at(3))):
        assert step(context, event).now == CallState()


def test_a_state_keeps_its_beginning_while_it_lasts():
    begun = after(*IN_CALL).now.since
    assert after(*IN_CALL, *every(7, 20, lines=TALKING, sound=BOTH)).now.since == begun == at(2)


def test_a_new_call_forgets_the_witnesses_of_the_one_before():
    context = step(after(*IN_CALL), Started(Call(8, "zoom"), at(7)))
    context = step(context, page(8, call=8, lines=TALKING))
    assert context.now.state == "joining"


def test_who_speaks_for_a_call_is_named():
    assert after(*IN_CALL).now.witnesses == ("log", "sound")
    assert after(*every(1, 4, flow=FLOWS, sound=BOTH)).now.witnesses == ("sound", "traffic")


def test_a_failure_that_the_page_shows_is_not_the_end_of_the_call():
    context = after(page(1, sign="sign_in_required"))
    assert context.shown
    assert not step(context, page(2, "crashed")).shown


flags = st.sampled_from([True, False])
maybe = st.sampled_from([True, False, None])
sounds = st.one_of(st.none(), st.builds(Sound, flags, flags))
seconds = st.floats(0, 99)
few = st.integers(0, 3)
logs = st.builds(CallLines, few, few, seconds, seconds, seconds, few, seconds, few, few, flags)
flows = st.builds(MediaFlow, maybe, maybe, flags)
words = st.sampled_from(["lobby", "in_call", "joined", "ended", "denied", "passcode_needed", None])
bytes_read = st.builds(media, st.integers(0, 9000), st.integers(0, 2))
ONE = {
    "log": st.fixed_dictionaries({"lines": logs}),
    "page": st.fixed_dictionaries({"sign": words, "joined": maybe, "media": bytes_read}),
    "sound": st.fixed_dictionaries({"sound": sounds}),
    "traffic": st.fixed_dictionaries({"flow": flows}),
}


@given(st.data(), st.sampled_from(sorted(ONE)))
def test_no_witness_is_believed_alone(data: st.DataObject, which: str):
    reports = data.draw(st.lists(st.tuples(st.integers(1, 9), ONE[which]), max_size=12))
    s, events = 0, []
    for passed, said in reports:
        s += passed
        events += [page(s, **said), Tick(at(s + 0.5))]
    for count in range(len(events)):
        assert after(*events[: count + 1]).now.state not in MEETING


@given(st.lists(st.tuples(st.integers(1, 9), sounds, st.one_of(st.none(), logs)), max_size=12))
def test_what_is_called_a_call_has_a_line_or_lies_between_two_looks_at_one(reports):
    s, context, live = 0, after(), False
    for passed, sound, log in reports:
        s += passed
        context = step(context, page(s, sound=sound, lines=log))
        live = live or (log is not None and log.connected > 0)
        assert live or context.now.state not in MEETING


@pytest.mark.parametrize("witnesses", [
    {"lines": talks, "sound": BOTH},
    {"flow": FLOWS, "sound": BOTH},
    {"media": counts, "sound": BOTH},
    {"lines": lambda s: line(0, s), "sound": RECORDS},
    {"lines": lambda s: line(s, 0, 1), "sound": PLAYS},
])  # fmt: skip
def test_a_meeting_is_known_within_five_seconds(witnesses):
    assert after(*every(10, 14, **witnesses)).now.state in MEETING


@pytest.mark.parametrize("witnesses", [
    {"lines": NO_LINE, "sound": QUIET},
    {"lines": NO_LINE, "sound": RECORDS},
    {"lines": NO_LINE},
    {"lines": line(0, 9, 2, 4.5), "sound": BOTH},
    {"lines": TALKING, "sound": BOTH, "flow": CUT},
    {"lines": TALKING, "sound": QUIET, "flow": STILL},
])  # fmt: skip
def test_an_end_is_known_within_five_seconds(witnesses):
    assert after(*IN_CALL, *every(7, 11, **witnesses)).now.state not in MEETING
