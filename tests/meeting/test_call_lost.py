"""Calls that are lost from sight: the screen is away."""

from __future__ import annotations

import pytest

from roomctl.meeting.call import Away, Event, LeaveAsked, PageSeen, Tick, step
from tests.meeting.watched import BOTH, CUT, after, at, every, line, page, talks

IN_CALL = every(1, 6, lines=talks, sound=BOTH)
STANDS = ("in_call", "media", None)
UNKNOWN = ("unknown", "none", None)

TABLE: list[tuple[str, tuple[Event, ...], tuple[str, str, str | None]]] = [
    ("in the call, away 7 s", (*IN_CALL, Away(at(6)), Tick(at(13))), STANDS),
    ("in the call, away 8 s", (*IN_CALL, Away(at(6)), Tick(at(14))), UNKNOWN),
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
        (*IN_CALL, Away(at(7)), page(10, lines=line(9, 9, 2), sound=BOTH), Tick(at(16))),
        STANDS,
    ),
    (
        "back in the meeting, late",
        (*IN_CALL, Away(at(7)), Tick(at(30)), *every(31, 34, lines=line(9, 9, 2), sound=BOTH)),
        STANDS,
    ),
    (
        "a picture is not remembered",
        (page(1), PageSeen(7, "in_call", at(2)), Away(at(3)), *every(5, 9, sound=BOTH)),
        ("joining", "page", None),
    ),
    ("leaving, away", (LeaveAsked(at(3)), Away(at(4)), Tick(at(12))), ("leaving", "none", None)),
    ("ended, away", (page(1, sign="ended"), Away(at(2)), Tick(at(20))), ("ended", "page", None)),
    ("over, away", (page(1, "closed"), Away(at(2)), Tick(at(20))), ("ended", "page", None)),
]


@pytest.mark.parametrize(
    ("events", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_what_is_not_seen_any_more_is_not_claimed(
    events: tuple[Event, ...], expected: tuple[str, str, str | None]
):
    now = after(*events).now
    assert (now.state, now.evidence, now.failure) == expected


def test_a_network_that_is_cut_is_still_a_call_that_can_be_left():
    context = after(*IN_CALL, *every(7, 30, lines=line(9, 9, 2), sound=BOTH, flow=CUT))
    assert context.now.failure == "network"
    assert context.shown
    assert step(context, LeaveAsked(at(31))).now.state == "leaving"
