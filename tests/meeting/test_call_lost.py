"""Calls that are lost from sight: the screen is away, or every line of the page is dead."""

from __future__ import annotations

import pytest

from roomctl.meeting.call import (
    Away,
    Event,
    LeaveAsked,
    Media,
    Tick,
    due_s,
    step,
)
from tests.meeting.test_call import FLOWING, IN_CALL, after, at, media, page

UNKNOWN = ("unknown", "none", None)
CUT = ("failed", "page", "network")
ASLEEP = Media(2, 0, 900, 0)  # two lines, and nothing comes through either

TABLE: list[tuple[str, tuple[Event, ...], tuple[str, str, str | None]]] = [
    ("media, away 5 s", (*FLOWING, Away(at(2)), Tick(at(7))), IN_CALL),
    ("media, away 8 s", (*FLOWING, Away(at(2)), Tick(at(10))), UNKNOWN),
    (
        "joined, away 7 s",
        (page(1, joined=True), Away(at(5)), Tick(at(12))),
        ("in_call", "page", None),
    ),
    ("joined, away 8 s", (page(1, joined=True), Away(at(5)), Tick(at(13))), UNKNOWN),
    (
        "sound, away 8 s",
        (page(1, sound=True), Tick(at(4)), Away(at(20)), Tick(at(28))),
        UNKNOWN,
    ),
    ("lobby, away 4 s", (page(1, sign="lobby"), Away(at(5)), Tick(at(9))), ("lobby", "page", None)),
    ("lobby, away 5 s", (page(1, sign="lobby"), Away(at(5)), Tick(at(10))), UNKNOWN),
    ("a wall, away", (page(1, sign="bot_wall"), Away(at(5)), Tick(at(10))), UNKNOWN),
    ("opening, away", (Away(at(5)), Tick(at(10))), UNKNOWN),
    (
        "it is still away",
        (page(1, sign="lobby"), *(Away(at(s)) for s in range(5, 11))),
        UNKNOWN,
    ),
    (
        "back in the lobby",
        (page(1, sign="lobby"), Away(at(5)), Tick(at(10)), page(12, sign="lobby"), Tick(at(60))),
        ("lobby", "page", None),
    ),
    (
        "back in the meeting",
        (*FLOWING, Away(at(3)), page(6, media=media(1000)), Tick(at(11))),
        IN_CALL,
    ),
    ("leaving, away", (LeaveAsked(at(3)), Away(at(4)), Tick(at(12))), ("leaving", "none", None)),
    ("ended, away", (page(1, sign="ended"), Away(at(2)), Tick(at(20))), ("ended", "page", None)),
    ("over, away", (page(1, "closed"), Away(at(2)), Tick(at(20))), ("ended", "page", None)),
    ("dead lines, 19 s", (*FLOWING, *(page(s, media=ASLEEP) for s in range(3, 22))), UNKNOWN),
    ("dead lines, 20 s", (*FLOWING, *(page(s, media=ASLEEP) for s in range(3, 23))), CUT),
    ("lines that never lived", tuple(page(s, media=ASLEEP) for s in range(1, 60)), UNKNOWN),
    (
        "no lines at all",
        (*FLOWING, *(page(s, media=Media(0, 0, 9, 0)) for s in range(3, 60))),
        UNKNOWN,
    ),
    ("a line lives", (*FLOWING, *(page(s, media=media(900)) for s in range(3, 60))), UNKNOWN),
    (
        "the cut heals",
        (*FLOWING, page(30, media=ASLEEP), page(31, media=media(950))),
        IN_CALL,
    ),
    (
        "the host ends it meanwhile",
        (*FLOWING, page(30, media=ASLEEP), page(31, media=ASLEEP, sign="ended")),
        ("ended", "page", None),
    ),
]


@pytest.mark.parametrize(
    ("events", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_what_is_not_seen_any_more_is_not_claimed(
    events: tuple[Event, ...], expected: tuple[str, str, str | None]
):
    now = after(*events).now
    assert (now.state, now.evidence, now.failure) == expected


def test_due_names_the_second_at_which_nothing_is_claimed_any_more():
    assert due_s(after(page(1, sign="lobby"), Away(at(5)))) == 10
    assert due_s(after(page(1, joined=True), Away(at(5)))) == 13
    assert due_s(after(*FLOWING, Away(at(3)))) == 10


def test_a_network_that_is_cut_is_still_a_call_that_can_be_left():
    context = after(*FLOWING, page(30, media=ASLEEP))
    assert context.shown
    assert step(context, LeaveAsked(at(31))).now.state == "leaving"
