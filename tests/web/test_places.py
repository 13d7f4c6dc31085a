"""Each key has its place: there it stands in every neighbouring state, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.web import rooms
from tests.web.conftest import still
from tests.web.contact_sheet import LONGER, SIZES, VIEWS, Studio, told

pytestmark = pytest.mark.browser

DRAW = """(room) => {
    const { live } = document.querySelector("room-panel");
    live.room = room;
    live.changed();
}"""
PLACES = """([states, css]) => {
    const seen = (e) => e.checkVisibility() && e.getClientRects().length > 0;
    const met = new Map();
    const place = (e) => {
        if (!met.has(e)) met.set(e, met.size);
        const { x, y, width } = e.getBoundingClientRect();
        const said = (e.textContent || e.ariaLabel).trim();
        return [met.get(e), `${e.className} "${said}"`, [x, y, width]];
    };
    return Object.entries(states).map(([name, room]) => {
        (DRAW)(room);
        return [name, [...document.querySelectorAll(css)].filter(seen).map(place)];
    });
}""".replace("DRAW", DRAW)


@pytest.fixture(scope="module")
def studio(browser: Browser) -> Studio:
    return Studio(browser)


def moved(page: Any, states: dict[str, rooms.Room], css: str, *, later: list[str]) -> list[str]:
    """Show states one after another; return the keys that stand elsewhere than before.

    What comes `later`, as its module and fonts are fetched when it is wanted, is drawn first.
    """
    for name in [*later, *list(states)[:1]]:
        page.evaluate(DRAW, states[name])
        still(page)
    places: dict[int, tuple[list[float], str]] = {}
    found = []
    for name, keys in page.evaluate(PLACES, [states, css]):
        for key, said, place in keys:
            before = places.setdefault(key, (place, name))
            apart = zip(before[0], place, strict=True)
            if any(abs(one - other) > 1 for one, other in apart):  # half a pixel is one
                found.append(f"{said}: {before[0]} in {before[1]}, {place} in {name}")
    assert places
    return found


def with_status(room: rooms.Room, status: str) -> rooms.Room:
    first, *others = room["bookings"]
    return {**room, "bookings": [{**first, "status": status, "tentative": False}, *others]}


def of_home() -> dict[str, rooms.Room]:
    """Return what the first view may be within a day."""
    free = rooms.booked("en", "available", booking=None, release_at=None)
    booked = rooms.booked("en", "booked", release_at=None)
    seen = {"state": "available", "until": None, "booking": None, "release_at": None}
    stuck = {
        **booked,
        "bookings": [{**booked["bookings"][0], "join": "none", "refused": "host_link"}],
    }
    opened = {**booked, "audio": {**booked["audio"], "mute": "open", "requested": "open"}}
    return {
        "free": free,
        "booked": booked,
        "awaited": rooms.booked(),
        "empty": {**free, "bookings": [], "availability": seen},
        "stuck": stuck,
        "open": opened,
        "checked in": with_status(booked, "checked_in"),
        "seen": with_status(booked, "used"),
        "loud": {**free, "audio": {**free["audio"], "volume_pct": 100}},
    }


def of_a_call(language: str) -> dict[str, rooms.Room]:
    """Return how a call comes about, is held up, goes on and ends."""
    room = rooms.in_call(language)
    unopened = {"evidence": "none", "shown": False, "remote_control": False}
    states = {"preparing": rooms.with_meeting(room, state="preparing", **unopened)}
    for state in ("prejoin", "joining", "lobby", "unknown", "in_call", "alone", "listening"):
        states[state] = rooms.with_meeting(room, state=state)
    for state in ("interrupted", "leaving"):
        states[state] = rooms.with_meeting(room, state=state)
    states["asks"] = rooms.at_a_wall(language, "prejoin", can_press_join=True)
    states["unknown, asks"] = rooms.with_meeting(room, state="unknown", can_press_join=True)
    states["wall"] = rooms.at_a_wall(language)
    for failure in ("not_found", "crashed", "host_not_started"):
        states[failure] = rooms.at_a_wall(language, failure=failure, rejoin=True, dial=[])
    states["passcode"] = rooms.at_a_wall(language, can_enter_passcode=True)
    states["wrong"] = rooms.at_a_wall(language, failure="passcode_wrong", can_enter_passcode=True)
    states["untouchable"] = rooms.at_a_wall(language, remote_control=False)
    for walk, more in (
        ("joining", {"step": 2, "steps": 4}),
        ("handed_over", {"reason": "changed"}),
    ):
        states[walk] = rooms.walking(language, walk, **more)
    muted = {**room["audio"], "mute": "muted", "requested": "muted", "listening": False}
    states["muted"] = {**room, "audio": muted}
    states["unheard"] = {**room, "audio": {**muted, "talking_while_muted": True}}
    return {**states, "in the call again": room}


def with_news(states: dict[str, rooms.Room], language: str) -> dict[str, rooms.Room]:
    """Return each state as it is, with one thing and with two that do not work, and after a change.

    What else may be told at any time is in one language, too.
    """
    faults = [
        rooms.issue("device.offline", "speakerphone.table"),
        rooms.issue("device.offline", "occupancy.ceiling"),
    ]
    nothing = {"issues": [], "booking_changes": [], "message": None}
    more = {}
    for name, plain in states.items():
        room = {**plain, "identity": {**plain["identity"], "language": language}}
        more[name] = {**room, **nothing}
        more[f"{name}, one fault"] = {**room, **nothing, "issues": faults[:1]}
        more[f"{name}, two faults"] = {**room, **nothing, "issues": faults}
        if room["bookings"]:
            more[f"{name}, changed"] = told("change", {**room, **nothing}, language)
    return more


# Each size, and each language; the longest words where room is shortest.
DRAWN = list(zip(SIZES, [LONGER, "zh-CN", "en", LONGER, "zh-CN"], strict=True))
MOVING = "call-view blocked-card button, call-view join-controls button, walkthrough-line button"


@pytest.mark.parametrize(("size", "language"), DRAWN, ids=str)
def test_no_key_moves_between_neighbouring_states(
    studio: Studio, size: tuple[int, int], language: str
) -> None:
    page = studio.draw(VIEWS["home-occupied"], size, language, "light")
    spoken = "en" if language == LONGER else language
    home = with_news(of_home(), spoken)
    assert moved(page, home, "home-view button, .bar button", later=["booked, changed"]) == []
    # A bar has its own keys in a call: whose words are long is cut there, and no key goes far.
    # What to do about a wall stands where its words leave room; all else has its place.
    kept = f"call-view button:not({MOVING}), .bar .quiet"
    call = with_news(of_a_call(spoken), spoken)
    assert moved(page, call, kept, later=["passcode", "handed_over", "in_call, changed"]) == []
