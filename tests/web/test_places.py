"""Each key has its place: there it stands in every neighbouring state, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web import rooms
from tests.web.conftest import Open, still, usable

pytestmark = pytest.mark.browser

PLACES = """(css) => Object.fromEntries([...document.querySelectorAll(css)]
    .filter((e) => e.checkVisibility() && e.getClientRects().length > 0)
    .map((e) => {
        const { x, y, width, height } = e.getBoundingClientRect();
        const name = [...e.classList].filter((one) => one !== "primary").join(".");
        const which = e.dataset.key ?? (e.closest("booking-key") ? "booking" : "");
        return [`${name} ${which}`, [x, y, width, height].map(Math.round).join()];
    }))"""
LIVE = "document.querySelector('room-panel').live"


def moved(page: Any, states: dict[str, rooms.Room], css: str) -> list[str]:
    """Show states one after another; return the keys that stand elsewhere than before."""
    places: dict[str, tuple[str, str]] = {}
    found = []
    for name, room in states.items():
        page.evaluate(f"room => {{ {LIVE}.room = room; {LIVE}.changed(); }}", room)
        still(page)
        for key, place in page.evaluate(PLACES, css).items():
            before = places.setdefault(key, (place, name))
            apart = zip(before[0].split(","), place.split(","), strict=True)
            if any(abs(int(one) - int(other)) > 1 for one, other in apart):  # half a pixel is one
                found.append(f"{key}: {before[0]} in {before[1]}, {place} in {name}")
    assert places
    return found


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
        "interrupted": {**rooms.interrupted(), "availability": booked["availability"]},
        "loud": {**free, "audio": {**free["audio"], "volume_pct": 100}},
        "broken": {**free, "issues": [rooms.issue("device.offline", "camera.front")]},
    }


def of_a_call() -> dict[str, rooms.Room]:
    """Return how a call comes about, goes on and ends."""
    room = rooms.in_call()
    said = {"evidence": "none", "shown": False, "remote_control": False}
    states = {
        state: rooms.with_meeting(room, state=state, **(said if state == "preparing" else {}))
        for state in ("preparing", "joining", "lobby", "in_call", "leaving")
    }
    return {**states, "unproven": rooms.with_meeting(room, evidence="page")}


@pytest.mark.parametrize("size", [(800, 480), (1280, 800), (600, 1024)], ids=str)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_no_key_moves_between_neighbouring_states(
    open_panel: Open, size: tuple[int, int], language: str
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    _, page = open_panel(rooms.at_rest(language), viewport=viewport, reduced_motion="reduce")
    usable(page)

    def spoken(states: dict[str, rooms.Room]) -> dict[str, rooms.Room]:
        for room in states.values():
            room["identity"] = {**room["identity"], "language": language}
        return states

    assert moved(page, spoken(of_home()), "home-view .dock button") == []
    assert moved(page, spoken(of_a_call()), "call-view .dock button, call-view .preset") == []
    walls = {
        "in_call": rooms.in_call(language),
        "prejoin": rooms.with_meeting(rooms.in_call(language), state="prejoin"),
        "unknown": rooms.with_meeting(rooms.in_call(language), state="unknown", evidence="none"),
    }
    assert moved(page, walls, "call-view .dock button") == []
