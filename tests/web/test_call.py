"""The room in a call: its volume under a finger, its microphone's level, and when it has to end."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import Open, told, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser

SLIDER = "call-view .slider"


def call(open_panel: Open, room: rooms.Room | None = None, **context: Any) -> tuple[StandIn, Page]:
    stand_in, page = open_panel(room or rooms.in_call(), **context)
    usable(page)
    page.wait_for_selector(SLIDER)
    return stand_in, page


def at(page: Page, part: float) -> tuple[float, float]:
    box = page.locator(SLIDER).bounding_box()
    assert box is not None
    return box["x"] + box["width"] * part, box["y"] + box["height"] / 2


def level(page: Page) -> int:
    return int(page.locator(SLIDER).input_value())


def test_the_slider_sends_at_most_ten_levels_a_second_and_reads_back_the_rooms_own(
    open_panel: Open,
) -> None:
    stand_in, page = call(open_panel)
    page.mouse.move(*at(page, 0.45))
    page.mouse.down()
    began = time.monotonic()
    for step in range(40):
        page.mouse.move(*at(page, 0.45 + step / 100))
    took_s = time.monotonic() - began
    page.mouse.move(*at(page, 0.8))
    held = level(page)
    assert 70 <= held <= 90
    page.mouse.up()
    told(page, lambda: stand_in.commands("audio.volume")[-1], {"pct": held})
    stand_in.patch(audio={**stand_in.room["audio"], "volume_pct": held - 10})
    told(page, lambda: level(page), held - 10)
    sent = [args["pct"] for args in stand_in.commands("audio.volume")]
    assert sent[-1] == held
    assert len(sent) <= 10 * took_s + 4
    assert all(0 <= pct <= 100 for pct in sent)


def test_nothing_moves_under_the_finger_that_has_the_slider(open_panel: Open) -> None:
    stand_in, page = call(open_panel)
    page.mouse.move(*at(page, 0.3))
    page.mouse.down()
    held = level(page)
    stand_in.patch(audio={**stand_in.room["audio"], "volume_pct": 95})
    expect(page.locator("call-view .level")).to_have_text("95 %")  # what the room says
    assert level(page) == held
    page.mouse.up()
    told(page, lambda: level(page), 95)


def test_the_slider_goes_by_keys_and_a_held_key_goes_on_until_it_is_let_go(
    open_panel: Open,
) -> None:
    stand_in, page = call(open_panel, has_touch=False)
    page.locator(SLIDER).focus()
    page.keyboard.press("ArrowRight")
    told(page, lambda: stand_in.commands("audio.volume")[-1:], [{"pct": 46}])
    page.locator("call-view .step").last.hover()
    page.mouse.down()
    told(page, lambda: len(stand_in.commands("audio.volume")) >= 4, True)
    page.mouse.up()
    page.wait_for_timeout(400)
    count = len(stand_in.commands("audio.volume"))
    page.wait_for_timeout(600)
    assert len(stand_in.commands("audio.volume")) == count


def test_an_unknown_volume_is_said_to_be_and_cannot_be_changed(open_panel: Open) -> None:
    stand_in, page = call(open_panel)
    stand_in.patch(audio={**stand_in.room["audio"], "volume_pct": None})
    expect(page.locator("call-view .level")).to_have_text("unknown")
    expect(page.locator(SLIDER)).to_be_disabled()
    assert page.locator(SLIDER).get_attribute("aria-valuetext") == "unknown"
    for key in page.locator("call-view .step").all():
        expect(key).to_be_disabled()


def test_the_level_is_drawn_while_it_is_told_of_an_open_microphone_alone(
    open_panel: Open,
) -> None:
    stand_in, page = call(open_panel)
    wave = page.locator("call-view .wave")
    told(page, lambda: stand_in.of_type("listen")[-1:], [{"type": "listen", "on": True}])
    expect(wave).not_to_be_visible()
    stand_in.say({"type": "level", "pct": 60})
    expect(wave).to_have_attribute("data-heard", "")
    page.wait_for_timeout(1700)  # nothing was told any more
    expect(wave).not_to_have_attribute("data-heard", "")
    stand_in.patch(audio={**stand_in.room["audio"], "mute": "muted", "requested": "muted"})
    told(page, lambda: stand_in.of_type("listen")[-1:], [{"type": "listen", "on": False}])
    stand_in.say({"type": "level", "pct": 60})
    page.wait_for_timeout(200)
    expect(wave).not_to_have_attribute("data-heard", "")


def test_where_people_asked_for_stillness_the_level_is_one_line(open_panel: Open) -> None:
    stand_in, page = call(open_panel, reduced_motion="reduce")
    path = page.locator("call-view .wave path")
    for pct in (50, 20):
        stand_in.say({"type": "level", "pct": pct})
        page.wait_for_timeout(120)
    assert (path.get_attribute("d") or "").count("M") == 1


def test_fifteen_minutes_more_are_one_touch_and_what_comes_after_is_said(open_panel: Open) -> None:
    room = rooms.in_call()
    now = room["bookings"][0]
    stand_in, page = call(open_panel, room)
    expect(page.locator(".ends")).to_contain_text("Ends")
    page.get_by_role("button", name="15 min more").tap()
    args = [{"booking": "a", "minutes": 15, "end": now["end"]}]
    told(page, lambda: stand_in.commands("booking.extend"), args)
    followed = {**now, "free_until": now["end"]}
    stand_in.patch(bookings=[followed, *room["bookings"][1:]])
    expect(page.locator(".ends")).to_contain_text("Next meeting")
    expect(page.locator("more-time")).to_be_hidden()
    page.locator(".ends").tap()
    expect(page.locator("booking-sheet")).to_be_visible()
