"""How many touches each task takes, counted by the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import Open, told, usable
from tests.web.test_bookings import free

pytestmark = pytest.mark.browser

COUNT = (
    "window.taps = 0; addEventListener('pointerdown', () => { window.taps += 1; }, true); undefined"
)


def startable() -> rooms.Room:
    """Return a room that can begin a meeting on one platform."""
    room = rooms.at_rest()
    return room | {"bookings": []}


def near_its_end() -> rooms.Room:
    """Return a room in a meeting that ends in nine minutes."""
    room = rooms.in_call()
    room["bookings"][0]["end"] = rooms.booking("a", "", 9)["start"]
    return room


TASKS: dict[str, tuple[Callable[[], rooms.Room], tuple[str, ...], str, int]] = {
    "join": (rooms.at_rest, ("home-view .join",), "meeting.join", 1),
    "new": (startable, ("home-view .fresh",), "meeting.new", 1),
    "reserve": (
        lambda: free(50),
        ("home-view booking-key .key", "booking-sheet .choices .key >> nth=0"),
        "booking.reserve",
        2,
    ),
    "mute": (rooms.in_call, ("call-view .mute",), "audio.mute", 1),
    "preset in a call": (rooms.in_call, ("call-view .preset >> nth=1",), "camera.recall", 2),
    "preset of another camera": (
        rooms.in_call,
        ("call-view .tab >> nth=1", "call-view .preset >> nth=1"),
        "camera.recall",
        2,
    ),
    "extend": (near_its_end, ("more-time button",), "booking.extend", 2),
    "leave": (rooms.in_call, ("call-view .leave", "call-view .leave"), "meeting.leave", 2),
    "report": (
        rooms.at_rest,
        (".bar .ask", "report-card .six .key >> nth=0", "report-card .send"),
        "help.report",
        3,
    ),
}


def taps(page: Page) -> int:
    return int(page.evaluate("window.taps"))


@pytest.mark.parametrize("task", TASKS)
def test_a_task_takes_no_more_touches_than_it_may(open_panel: Open, task: str) -> None:
    room, way, command, most = TASKS[task]
    stand_in, page = open_panel(room())
    usable(page)
    page.evaluate(COUNT)
    for place in way:
        page.locator(place).tap()
    told(page, lambda: len(stand_in.commands(command)), 1)
    assert 0 < taps(page) <= most


@pytest.mark.parametrize("room", [rooms.at_rest, rooms.in_call])
def test_help_is_one_touch_away(open_panel: Open, room: Callable[[], rooms.Room]) -> None:
    _, page = open_panel(room())
    usable(page)
    page.evaluate(COUNT)
    page.locator(".bar .ask").tap()
    expect(page.locator("help-sheet")).to_contain_text("call 8000")
    assert taps(page) == 1


@pytest.mark.parametrize(
    ("key", "opens"), [("Join by ID", "join-sheet"), ("Ask for help", "help-sheet")]
)
def test_beside_a_booking_that_cannot_be_joined_other_ways_are_one_touch_away(
    open_panel: Open, key: str, opens: str
) -> None:
    room = rooms.at_rest()
    room["bookings"] = [rooms.booking("a", "Review", -3, join="none", refused="host_link")]
    stand_in, page = open_panel(room)
    usable(page)
    dock = page.locator("home-view .dock")
    expect(dock.get_by_role("button", name="New meeting")).to_be_visible()
    place = dock.locator(".enter-key").bounding_box()
    page.locator("home-view").get_by_role("button", name=key, exact=True).tap()
    expect(page.locator(opens)).to_be_visible()
    page.locator(".back").tap()
    stand_in.patch(bookings=[{**room["bookings"][0], "join": "now", "refused": None}])
    expect(page.locator("home-view").get_by_role("button", name="Ask for help")).to_be_hidden()
    assert dock.locator(".enter-key").bounding_box() == place
