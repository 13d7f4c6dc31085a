"""How a call stands: tables of events in invented time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.clock import Moment
from roomctl.meeting.call import (
    Call,
    CallContext,
    CallState,
    Event,
    LeaveAsked,
    Media,
    PageReport,
    PageSeen,
    Started,
    Tick,
    due_s,
    step,
)

START = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
CALL = Call(7, "jitsi", "Review", "meet.example.org", "Bamboo")


def at(mono_s: float) -> Moment:
    return Moment(mono_s, START + timedelta(seconds=mono_s), synced=True)


def media(bytes_in: int, connected: int = 1) -> Media:
    return Media(max(connected, 1), connected, bytes_in, 0)


def page(s: float, phase: str = "open", call: int = 7, **more: object) -> PageReport:
    return PageReport(call, phase, at(s), **more)  # type: ignore[arg-type]


def after(*events: Event) -> CallContext:
    context = CallContext()
    for event in (Started(CALL, at(0)), *events):
        context = step(context, event)
    return context


FLOWING = (page(1, media=media(0)), page(2, media=media(900)))

IN_CALL = ("in_call", "media", None)
PREPARING = ("preparing", "none", None)
NEEDS_PASSCODE = ("failed", "page", "passcode_needed")

TABLE: list[tuple[str, tuple[Event, ...], tuple[str, str, str | None]]] = [
    ("asked", (), ("preparing", "none", None)),
    ("no word of the screen", (Tick(at(30)),), ("unknown", "none", None)),
    ("launching", (page(1, "launching"),), ("preparing", "none", None)),
    ("one report of media", FLOWING[:1], ("joining", "page", None)),
    ("media that grows", FLOWING, ("in_call", "media", None)),
    ("bytes, no growth", (*FLOWING[:1], page(2, media=media(0))), ("joining", "page", None)),
    (
        "growth without a live connection",
        (*FLOWING[:1], page(2, media=media(900, connected=0))),
        ("joining", "page", None),
    ),
    ("the page says lobby", (page(1, sign="lobby"),), ("lobby", "page", None)),
    ("the page says prejoin", (page(1, sign="prejoin"),), ("prejoin", "page", None)),
    ("the page says in_call", (page(1, sign="in_call"),), ("preparing", "none", None)),
    (
        "a picture says lobby, and the sound proves nothing",
        (page(1), PageSeen(7, "lobby", at(2)), page(3)),
        ("lobby", "page", None),
    ),
    (
        "a picture says lobby of another call",
        (page(1), PageSeen(6, "lobby", at(2))),
        PREPARING,
    ),
    (
        "a picture says passcode, then no more",
        (page(1), PageSeen(7, "passcode_needed", at(2)), PageSeen(7, None, at(3))),
        ("joining", "none", None),
    ),
    (
        "a picture says removed while sound proves the call",
        (page(1, sound=True), Tick(at(9)), PageSeen(7, "removed", at(10))),
        ("in_call", "media", None),
    ),
    (
        "a picture says removed once the sound has ended",
        (
            *(page(1, sound=True), Tick(at(9)), page(10), Tick(at(30))),
            PageSeen(7, "removed", at(31)),
        ),
        ("failed", "page", "removed"),
    ),
    ("a picture before any page", (PageSeen(7, "lobby", at(2)),), PREPARING),
    ("lobby, then media", (page(0.5, sign="lobby"), *FLOWING), ("in_call", "media", None)),
    ("its function says joined", (page(1, joined=True),), ("in_call", "page", None)),
    (
        "joined, then not",
        (page(1, joined=True), page(2, joined=False, media=media(0, 0))),
        ("joining", "page", None),
    ),
    ("joined, and nothing new", (page(1, joined=True), Tick(at(99))), ("in_call", "page", None)),
    (
        "joined, then not to be read",
        (page(1, joined=True), page(2), Tick(at(9))),
        ("in_call", "page", None),
    ),
    (
        "joined, then not to be read for 8 s",
        (page(1, joined=True), page(2), Tick(at(10))),
        ("unknown", "none", None),
    ),
    ("sound both ways, 2 s", (page(1, sound=True), page(3, sound=True)), PREPARING),
    (
        "sound both ways, 3 s",
        (page(1, sound=True), Tick(at(4))),
        ("in_call", "media", None),
    ),
    (
        "sound both ways, with a gap",
        (page(1, sound=True), page(3), page(4, sound=True), page(6, sound=True)),
        PREPARING,
    ),
    (
        "sound that ends",
        (page(1, sound=True), page(4, sound=True), page(5), Tick(at(12))),
        ("in_call", "media", None),
    ),
    (
        "sound that ended 8 s ago",
        (page(1, sound=True), page(4, sound=True), page(5), Tick(at(13))),
        ("unknown", "none", None),
    ),
    (
        "sound while leaving",
        (page(1, sound=True), LeaveAsked(at(2)), Tick(at(6))),
        ("leaving", "none", None),
    ),
    ("it asks for a passcode", (page(1, sign="passcode_needed"),), NEEDS_PASSCODE),
    (
        "the passcode is typed",
        (page(1, sign="passcode_needed"), page(5, media=media(0, 0))),
        ("joining", "page", None),
    ),
    (
        "the passcode is typed, and media flows",
        (page(1, sign="passcode_needed", media=media(0)), page(5, media=media(900))),
        ("in_call", "media", None),
    ),
    (
        "a wrong one is typed",
        (page(1, sign="passcode_needed"), page(5, sign="passcode_wrong")),
        ("failed", "page", "passcode_wrong"),
    ),
    (
        "a passcode page crashes",
        (page(1, sign="passcode_needed"), page(2, "crashed")),
        ("failed", "page", "crashed"),
    ),
    (
        "a passcode page is left",
        (page(1, sign="passcode_needed"), LeaveAsked(at(2)), page(3, "closed")),
        ("ended", "page", None),
    ),
    ("media is refused", (page(1, refused=True),), ("failed", "page", "media_denied")),
    ("removed, media still flows", (*FLOWING, page(3, sign="removed", media=media(1900))), IN_CALL),
    ("removed, the line stands", (*FLOWING, page(3, sign="removed", media=media(900))), IN_CALL),
    (
        "removed, no line is left",
        (*FLOWING, page(3, sign="removed", media=media(900, 0))),
        ("failed", "page", "removed"),
    ),
    (
        "the host ends it",
        (*FLOWING, page(3, sign="ended", media=media(900, 0))),
        ("ended", "page", None),
    ),
    ("plain, 9 s", (page(1), Tick(at(10))), ("preparing", "none", None)),
    ("plain, 10 s", (page(1), Tick(at(11))), ("unknown", "none", None)),
    ("plain, second report", (page(1), page(12)), ("unknown", "none", None)),
    ("plain, crash", (page(1), page(20, "crashed")), ("failed", "page", "crashed")),
    ("media pauses 7.9 s", (*FLOWING, Tick(at(9.9))), ("in_call", "media", None)),
    ("media is gone", (*FLOWING, Tick(at(10))), ("unknown", "none", None)),
    (
        "media is gone, by reports",
        (*FLOWING, *(page(s, media=media(900)) for s in range(3, 12))),
        ("unknown", "none", None),
    ),
    (
        "media is back",
        (*FLOWING, Tick(at(11)), page(12, media=media(901))),
        ("in_call", "media", None),
    ),
    ("a joining that never ends", (FLOWING[0], Tick(at(11))), ("unknown", "none", None)),
    ("leave", (*FLOWING, LeaveAsked(at(3))), ("leaving", "none", None)),
    (
        "media after leave",
        (*FLOWING, LeaveAsked(at(3)), page(4, media=media(2000))),
        ("leaving", "none", None),
    ),
    ("left", (*FLOWING, LeaveAsked(at(3)), page(4, "closed")), ("ended", "page", None)),
    ("crash on leaving", (LeaveAsked(at(3)), page(4, "crashed")), ("ended", "page", None)),
    ("leave unanswered", (LeaveAsked(at(3)), Tick(at(23))), ("unknown", "none", None)),
    ("closed by the page", (*FLOWING, page(4, "closed")), ("ended", "page", None)),
    ("network", (page(1, "failed", reason="network"),), ("failed", "page", "network")),
    ("no display", (page(1, "failed", reason="no_display"),), ("failed", "page", "screen")),
    ("wall", (page(1, "failed", reason="bot_wall"),), ("failed", "page", "bot_wall")),
    ("no word why", (page(1, "failed", reason="?"),), ("failed", "page", "crashed")),
    ("an older call's crash", (*FLOWING, page(3, "crashed", call=6)), ("in_call", "media", None)),
    ("a report after the end", (page(2, "closed"), *FLOWING), ("ended", "page", None)),
    ("leave after the end", (page(2, "closed"), LeaveAsked(at(3))), ("ended", "page", None)),
]


@pytest.mark.parametrize(
    ("events", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_a_call_stands_as_its_events_prove(
    events: tuple[Event, ...], expected: tuple[str, str, str | None]
):
    now = after(*events).now
    assert (now.state, now.evidence, now.failure) == expected


def test_without_a_call_nothing_changes():
    context = CallContext()
    for event in (page(1), LeaveAsked(at(2)), Tick(at(3))):
        assert step(context, event).now == CallState()


def test_a_state_keeps_its_beginning_while_it_lasts():
    context = after(*FLOWING, page(3, media=media(1500)), page(4, media=media(1600)))
    assert context.now.since == at(2)


def test_a_new_call_forgets_the_media_of_the_one_before():
    context = step(after(*FLOWING), Started(Call(8, "zoom"), at(5)))
    context = step(context, page(6, call=8, media=media(5000)))
    assert context.now.state == "joining"


def test_due_names_the_second_of_the_next_change():
    assert due_s(CallContext()) is None
    assert due_s(after()) == 30
    assert due_s(after(page(1))) == 11
    assert due_s(after(*FLOWING)) == 10
    assert due_s(after(LeaveAsked(at(3)))) == 23


def test_a_failure_that_the_page_shows_is_not_the_end_of_the_call():
    context = after(page(1, sign="sign_in_required"))
    assert context.shown
    assert not step(context, page(2, "crashed")).shown


WORDS = ["lobby", "in_call", "joined", "ended", "denied", "passcode_needed", None]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["open", "in_call", "closing", "launching"]),
            st.sampled_from(WORDS),
            st.one_of(st.none(), st.integers(0, 1)),
        )
    )
)
def test_no_words_of_a_page_prove_that_the_room_is_in(
    reports: list[tuple[str, str | None, int | None]],
):
    events = [
        page(s, phase, sign=sign, media=None if live is None else media(700, live))
        for s, (phase, sign, live) in enumerate(reports)
    ]
    assert after(*events).now.state != "in_call"
