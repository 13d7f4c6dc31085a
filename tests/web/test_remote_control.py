"""The room's display on the panel: touched, typed into, and not believed once it is old."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from roomctl.screen.png import png
from tests.web import rooms
from tests.web.conftest import Open, seen, told, until, usable
from tests.web.stand_in import NOTHING, StandIn

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 320, 180
PICTURE = png(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + bytes(WIDTH * HEIGHT * 3), 1 << 20)
SHOWN = "document.querySelector('remote-control canvas').width > 0"
MARKED = "document.querySelector('.mark').dataset.state === '%s'"  # seen for 0.7 s
FORGOTTEN = "document.querySelector('remote-control canvas').width === 0"


def remote_control(
    open_panel: Open, room: rooms.Room | None = None, **context: Any
) -> tuple[StandIn, Page]:
    """Show a panel at a wall, and open the room's display on it."""
    stand_in, page = open_panel(None, NOTHING, **context)
    stand_in.room, stand_in.picture = room or rooms.at_a_wall(), PICTURE
    page.goto(stand_in.url)
    usable(page)
    page.locator("call-view .screen-key").click()
    until(page, SHOWN)
    return stand_in, page


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Return where a place of the display stands on the panel."""
    box = page.locator("remote-control canvas").bounding_box()
    assert box is not None
    scale = min(box["width"] / WIDTH, box["height"] / HEIGHT)
    left = box["x"] + (box["width"] - WIDTH * scale) / 2
    top = box["y"] + (box["height"] - HEIGHT * scale) / 2
    return left + x * WIDTH * scale, top + y * HEIGHT * scale


def near(args: dict[str, float], x: float, y: float) -> bool:
    return abs(args["x"] - x) < 0.01 and abs(args["y"] - y) < 0.01


def write(page: Page, keys: str) -> None:
    """Press keys of the keyboard on the glass."""
    for key in keys:
        page.locator("key-board").get_by_role("button", name=key, exact=True).tap()


@pytest.mark.parametrize("size", [(800, 480), (1920, 1080), (720, 1280)])
def test_a_touch_on_the_picture_presses_at_that_place(
    open_panel: Open, size: tuple[int, int]
) -> None:
    stand_in, page = remote_control(open_panel, viewport={"width": size[0], "height": size[1]})
    page.touchscreen.tap(*place(page, 0.25, 0.8))
    until(page, MARKED % "done")
    [pressed] = stand_in.commands("screen.press")
    assert near(pressed, 0.25, 0.8)
    assert stand_in.commands("screen.scroll") == []


def test_a_touch_beside_the_picture_presses_nothing(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel, viewport={"width": 1920, "height": 1080})
    page.touchscreen.tap(*place(page, -0.02, 0.5))
    page.touchscreen.tap(*place(page, 0.5, 0.5))
    told(page, lambda: len(stand_in.commands("screen.press")), 1)
    assert near(stand_in.commands("screen.press")[0], 0.5, 0.5)


def test_a_drag_scrolls_where_it_began_and_presses_nothing(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    page.mouse.move(*place(page, 0.5, 0.95))
    page.mouse.down()
    page.mouse.move(*place(page, 0.5, 0.1), steps=12)
    page.mouse.up()

    def notches() -> int:
        asked = stand_in.commands("screen.scroll")
        return sum(one["steps"] if one["down"] else -one["steps"] for one in asked)

    told(page, notches, 7)  # 0.85 of the picture, a notch for each 0.12
    assert all(near(one, 0.5, 0.95) for one in stand_in.commands("screen.scroll"))
    page.mouse.wheel(0, -300)
    told(page, notches, 5)  # and what was too little for a notch is still owed
    assert stand_in.commands("screen.press") == []


def test_two_fingers_press_nothing(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    hands = page.context.new_cdp_session(page)
    points = [
        dict(zip("xy", place(page, x, 0.5), strict=True), id=n) for n, x in ((0, 0.3), (1, 0.7))
    ]
    for kind, down in (("touchStart", 1), ("touchStart", 2), ("touchEnd", 1), ("touchEnd", 0)):
        hands.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points[:down]})
    page.touchscreen.tap(*place(page, 0.5, 0.2))
    told(page, lambda: len(stand_in.commands("screen.press")), 1)
    assert near(stand_in.commands("screen.press")[0], 0.5, 0.2)


def asks_no_more(stand_in: StandIn, page: Page) -> None:
    """Wait three pictures' time; one may have been on its way."""
    asked = len(stand_in.looks)
    page.wait_for_timeout(1000)
    assert len(stand_in.looks) <= asked + 1


def test_pictures_are_asked_for_only_while_they_are_seen(open_panel: Open) -> None:
    stand_in, page = open_panel(rooms.at_a_wall())
    stand_in.picture = PICTURE
    usable(page)
    seen(page, "blocked-card")
    assert stand_in.looks == []
    began = time.monotonic()
    page.locator("call-view .screen-key").tap()
    told(page, lambda: len(stand_in.looks) >= 5, True)
    page.locator(".back").tap()
    until(page, FORGOTTEN)
    asks_no_more(stand_in, page)
    took_s = stand_in.looks[-1] - began
    assert (len(stand_in.looks) - 1) * 0.29 < took_s, "no more than three a second"


def test_a_page_that_nobody_sees_asks_for_none(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    hide = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true })"
    turn = "document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(f"{hide % 'true'}; {turn}")
    asks_no_more(stand_in, page)
    asked = len(stand_in.looks)
    page.evaluate(f"{hide % 'false'}; {turn}")
    told(page, lambda: len(stand_in.looks) > asked + 1, True)


def test_an_old_picture_says_how_old_and_why_and_takes_no_touch(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    note = page.locator("screen-preview .note")
    expect(note).to_be_hidden()
    stand_in.picture = "remote_control_failed"
    expect(note).to_contain_text("seconds old. The tap did not reach the page")
    page.touchscreen.tap(*place(page, 0.5, 0.5))
    expect(page.locator(".toast")).to_contain_text("a tap could miss")
    page.locator(".strokes").get_by_text("Enter").tap()
    told(page, lambda: stand_in.commands("screen.key"), [{"key": "enter"}])
    assert stand_in.commands("screen.press") == []
    stand_in.picture = PICTURE
    expect(note).to_be_hidden()
    page.touchscreen.tap(*place(page, 0.5, 0.5))
    told(page, lambda: len(stand_in.commands("screen.press")), 1)


def test_a_touch_that_reached_nothing_is_marked_and_said(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    error = {"code": "remote_control_failed", "params": {}}
    stand_in.answer = lambda command: {"status": "refused", "error": error}
    page.touchscreen.tap(*place(page, 0.5, 0.5))
    until(page, MARKED % "failed")
    expect(page.locator(".toast")).to_contain_text("did not reach the page")


def test_a_passcode_is_typed_on_the_glass_and_forgotten(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    page.get_by_role("button", name="Type text").tap()
    page.get_by_role("button", name="Capital letter").tap()
    write(page, "Gh4")
    page.get_by_role("button", name="#+=").tap()
    write(page, "@")
    page.get_by_role("button", name="Erase a character").tap()
    write(page, "!")
    page.get_by_role("button", name="Type + Enter").tap()
    told(page, lambda: stand_in.commands("screen.key"), [{"key": "enter"}])
    told(page, lambda: stand_in.commands("screen.type"), [{"text": "Gh4!"}])
    expect(page.locator("screen-preview")).to_be_visible()
    field = page.locator(".entry input")
    assert field.input_value() == ""
    assert field.get_attribute("autocomplete") == "off"


def test_a_real_keyboard_types_too(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    page.get_by_role("button", name="Type text").click()
    page.keyboard.type("geheim 4711")
    page.keyboard.press("Enter")
    told(page, lambda: stand_in.commands("screen.type"), [{"text": "geheim 4711"}])
    told(page, lambda: stand_in.commands("screen.key"), [{"key": "enter"}])


def test_a_text_that_was_not_typed_stays_and_enter_is_not_struck(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    error = {"code": "no_reply", "params": {}}
    stand_in.answer = lambda command: {"status": "failed", "error": error}
    page.get_by_role("button", name="Type text").tap()
    write(page, "47")
    page.get_by_role("button", name="Type + Enter").tap()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(".entry input")).to_have_value("47")
    assert stand_in.commands("screen.key") == []
    page.locator(".back").tap()
    expect(page.locator(".entry input")).to_have_value("")


def test_every_key_strikes_its_own(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    keys = ["back_tab", "tab", "space", "enter", "escape", "backspace", "back"]
    for button in page.locator(".strokes button").all()[2:]:
        button.tap()
    told(page, lambda: stand_in.commands("screen.key"), [{"key": key} for key in keys])
    page.get_by_role("button", name="Scroll down").tap()
    page.get_by_role("button", name="Scroll up").tap()
    ways = [(True, 3), (False, 3)]
    told(page, lambda: [(s["down"], s["steps"]) for s in stand_in.commands("screen.scroll")], ways)


def test_when_the_call_ends_nothing_of_the_picture_is_kept(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    stand_in.patch(meeting=rooms.IDLE_MEETING)
    seen(page, "home-view")
    until(page, FORGOTTEN)
    asks_no_more(stand_in, page)


def test_the_sheet_says_when_the_room_is_in(open_panel: Open) -> None:
    stand_in, page = remote_control(open_panel)
    expect(page.locator(".tools .badge")).to_have_text("Not in the meeting")
    stand_in.patch(**rooms.at_a_wall(state="in_call", evidence="media"))
    expect(page.locator(".tools .badge")).to_have_text("In the meeting")
    expect(page.locator("screen-preview")).to_be_visible()


def test_a_window_over_the_meeting_is_closed_by_a_key_that_is_there_only_then(
    open_panel: Open,
) -> None:
    stand_in, page = remote_control(open_panel)
    key = page.get_by_role("button", name="Close window")
    expect(key).to_be_hidden()
    stand_in.patch(**rooms.at_a_wall(covered=True))
    key.tap()
    told(page, lambda: stand_in.commands("screen.close_window"), [{}])
    expect(key).to_have_text("Close window: back to the page behind it")
    stand_in.patch(**rooms.at_a_wall(covered=True, state="in_call", evidence="media"))
    expect(key).to_have_text("Close window: the call goes on")
    stand_in.patch(**rooms.at_a_wall())
    expect(key).to_be_hidden()
