"""Each key has its place: there it stands in every neighbouring state, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.web import rooms
from tests.web.conftest import still
from tests.web.contact_sheet import LONGER, SIZES, VIEWS, Studio, told

pytestmark = pytest.mark.browser

PLACES = """(css) => [...document.querySelectorAll(css)]
    .filter((e) => e.checkVisibility() && e.getClientRects().length > 0)
    .map((e) => {
        window.met ??= new Map();
        if (!window.met.has(e)) window.met.set(e, window.met.size);
        const { x, y, width } = e.getBoundingClientRect();
        const said = (e.textContent || e.ariaLabel).trim();
        return [`${window.met.get(e)} ${e.className} "${said}"`, [x, y, width]];
    })"""
LIVE = "document.querySelector('room-panel').live"


@pytest.fixture(scope="module")
def studio(browser: Browser) -> Studio:
    return Studio(browser)


def moved(page: Any, states: dict[str, rooms.Room], css: str) -> list[str]:
    """Show states one after another; return the keys that stand elsewhere than before."""
    places: dict[str, tuple[list[float], str]] = {}
    found = []
    for name, room in states.items():
        page.evaluate(f"room => {{ {LIVE}.room = room; {LIVE}.changed(); }}", room)
        still(page)
        for key, place in page.evaluate(PLACES, css):
            before = places.setdefault(key.split(" ", 1)[0], (place, name))
            apart = zip(before[0], place, strict=True)
            if any(abs(one - other) > 1 for one, other in apart):  # half a pixel is one
                found.append(f"{key}: {before[0]} in {before[1]}, {place} in {name}")
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


def of_a_call() -> dict[str, rooms.Room]:
    """Return how a call comes about, goes on and ends."""
    room = rooms.in_call()
    said = {"evidence": "none", "shown": False, "remote_control": False}
    states = {
        state: rooms.with_meeting(room, state=state, **(said if state == "preparing" else {}))
        for state in ("preparing", "joining", "lobby", "in_call", "leaving")
    }
    muted = {**room["audio"], "mute": "muted", "requested": "muted", "listening": False}
    states["muted"] = {**room, "audio": muted}
    states["unheard"] = {**room, "audio": {**muted, "talking": True}}
    return {**states, "unproven": rooms.with_meeting(room, evidence="page")}


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


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("language", ["en", "zh-CN", LONGER])
def test_no_key_moves_between_neighbouring_states(
    studio: Studio, size: tuple[int, int], language: str
) -> None:
    page = studio.draw(VIEWS["home-occupied"], size, language, "light")
    spoken = "en" if language == LONGER else language
    assert moved(page, with_news(of_home(), spoken), "home-view button, .bar button") == []
    # A bar has its own keys in a call: whose words are long is cut there, and no key goes far.
    assert moved(page, with_news(of_a_call(), spoken), "call-view button, .bar .quiet") == []
    walls = {
        "in_call": rooms.in_call(spoken),
        "prejoin": rooms.with_meeting(rooms.in_call(spoken), state="prejoin"),
        "unknown": rooms.with_meeting(rooms.in_call(spoken), state="unknown", evidence="none"),
    }
    if size[0] > 520:  # what is in the way comes first on a phone, and pushes the rest down
        assert moved(page, walls, "call-view .dock button") == []
