"""The room in a call: its volume under a finger, its microphone's level, and when it has to end."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import Open, elapse, seen, told, until, usable
from tests.web.stand_in import StandIn, now
from tests.web.test_layout import PANELS, PHONE

pytestmark = pytest.mark.browser

SLIDER = "call-view .slider"


def call(open_panel: Open, room: rooms.Room | None = None, **context: Any) -> tuple[StandIn, Page]:
    stand_in, page = open_panel(room or rooms.in_call(), **context)
    usable(page)
    seen(page, SLIDER)
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
    told(page, lambda: stand_in.commands("audio.volume")[-1:], [{"pct": held}])
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
    open_timeless: Open,
) -> None:
    stand_in, page = call(open_timeless)
    wave = page.locator("call-view .wave")
    told(page, lambda: stand_in.of_type("listen")[-1:], [{"type": "listen", "on": True}])
    expect(wave).not_to_be_visible()
    stand_in.say({"type": "level", "pct": 60})
    expect(wave).to_have_attribute("data-heard", "")
    elapse(page, 1600)  # nothing was told any more
    expect(wave).not_to_have_attribute("data-heard", "")
    stand_in.patch(audio={**stand_in.room["audio"], "mute": "muted", "requested": "muted"})
    told(page, lambda: stand_in.of_type("listen")[-1:], [{"type": "listen", "on": False}])
    stand_in.say({"type": "level", "pct": 60})
    stand_in.patch(audio={**stand_in.room["audio"], "volume_pct": 46})  # which comes after it
    expect(page.locator("call-view .level")).to_have_text("46 %")
    expect(wave).not_to_have_attribute("data-heard", "")


def test_a_muted_room_behind_a_wall_is_drawn_in_another_form(open_timeless: Open) -> None:
    stand_in, page = call(open_timeless)
    wave = page.locator("call-view .wave")
    muted = {"mute": "muted", "requested": "muted", "wall": "stands"}
    stand_in.patch(audio={**stand_in.room["audio"], **muted})
    expect(page.locator("call-view .mute")).to_have_attribute("data-state", "muted")
    told(page, lambda: stand_in.of_type("listen")[-1:], [{"type": "listen", "on": True}])
    stand_in.say({"type": "level", "pct": 60, "behind_wall": True})
    expect(wave).to_have_attribute("data-behind", "")
    expect(wave).to_have_attribute("data-heard", "")
    elapse(page, 1600)
    expect(wave).not_to_have_attribute("data-heard", "")


def test_where_people_asked_for_stillness_the_level_is_one_line(open_timeless: Open) -> None:
    stand_in, page = call(open_timeless, reduced_motion="reduce")
    drawn = "call-view .wave path"
    path = page.locator(drawn)
    for pct in (50, 20):
        before = json.dumps(path.get_attribute("d"))
        stand_in.say({"type": "level", "pct": pct})
        until(page, f"document.querySelector('{drawn}').getAttribute('d') !== {before}")
        elapse(page, 200)  # it is drawn ten times a second
    assert (path.get_attribute("d") or "").count("M") == 1


def test_fifteen_minutes_more_are_one_touch_and_what_comes_after_is_said(open_panel: Open) -> None:
    room = rooms.in_call()
    stand_in, page = call(open_panel, room)
    expect(page.locator(".ends")).to_contain_text("Ends")
    expect(page.locator("more-time")).to_be_hidden()  # far from the end
    under_way = {**room["bookings"][0], "end": rooms.booking("a", "", 9)["start"]}
    stand_in.patch(bookings=[under_way, *room["bookings"][1:]])
    page.get_by_role("button", name="15 min more").tap()
    args = [{"booking": "a", "minutes": 15, "end": under_way["end"]}]
    told(page, lambda: stand_in.commands("booking.extend"), args)
    followed = {**under_way, "free_until": under_way["end"]}
    stand_in.patch(bookings=[followed, *room["bookings"][1:]])
    expect(page.locator(".ends")).to_contain_text("Next meeting")
    expect(page.locator("more-time")).to_be_hidden()
    page.locator(".ends").tap()
    expect(page.locator("booking-sheet")).to_be_visible()


HIT = """(selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility())
    .filter((e) => { const b = e.getBoundingClientRect();
                     const top = document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2);
                     return !e.contains(top); })
    .map((e) => e.className)"""


PLACE = "(e) => [e.offsetLeft, e.offsetTop, e.offsetWidth, e.offsetHeight]"


def test_leave_stays_as_wide_when_it_is_armed_and_lies_on_no_other_key(open_panel: Open) -> None:
    _, page = call(open_panel)
    leave = page.locator("call-view .leave")
    for width, height in [*PANELS, PHONE]:
        page.set_viewport_size({"width": width, "height": height})
        expect(leave).to_have_text("Leave")
        before = leave.evaluate(PLACE)
        leave.tap()
        expect(leave).to_have_text("Tap again to leave")
        assert leave.evaluate(PLACE) == before, (width, height)
        assert page.evaluate(HIT, "call-view .volume .key, call-view .dock .key") == []
        page.evaluate("document.querySelector('call-view').disarm()")
        page.evaluate("document.querySelector('room-panel').refresh()")


def test_the_end_is_said_on_every_panel_and_is_amber_for_the_last_five_minutes(
    open_panel: Open,
) -> None:
    room = rooms.in_call()
    stand_in, page = call(open_panel, room)
    ends = page.locator(".ends")
    for width, height in [*PANELS, PHONE]:
        page.set_viewport_size({"width": width, "height": height})
        expect(ends).to_be_in_viewport(ratio=1)
        expect(ends).to_contain_text("Ends")
    expect(page.locator(".ends[data-near]")).to_have_count(0)
    soon = rooms.booking("x", None, 4)["start"]
    stand_in.patch(bookings=[{**room["bookings"][0], "end": soon, "free_until": None}])
    expect(page.locator(".ends[data-near]")).to_have_count(1)


def test_where_there_is_no_sound_nothing_says_that_all_is_well(open_panel: Open) -> None:
    quiet = rooms.in_call() | {"automation": {"notices": [], "acts": []}}
    stand_in, page = call(open_panel, quiet)
    expect(page.locator("call-view")).to_contain_text("Sound and picture are flowing")
    silent = {**rooms.in_call()["audio"], "available": False, "volume_pct": None, "mute": "unknown"}
    lost = {"type": "audio_ready", "status": False, "reason": "no_server", "since": now()}
    stand_in.patch(audio=silent, conditions=[lost])
    expect(page.locator("call-view .mute")).to_contain_text("No sound")
    expect(page.locator("call-view")).not_to_contain_text("Sound and picture are flowing")
    page.locator(".bar .ask").tap()
    expect(page.locator("help-sheet .faults .good")).to_be_hidden()
    expect(page.locator("help-sheet .faults")).to_contain_text("No sound in this room")


SHEETS = "Object.keys(document.querySelector('room-panel').sheets)"


@pytest.mark.parametrize("viewport", [(800, 480), (390, 844)], ids=str)
def test_mute_and_leave_are_reached_on_every_sheet(
    open_panel: Open, viewport: tuple[int, int]
) -> None:
    size = {"width": viewport[0], "height": viewport[1]}
    stand_in, page = call(open_panel, rooms.in_call(), viewport=size)
    for sheet in page.evaluate(SHEETS):
        page.evaluate(f"document.querySelector('room-panel').open('{sheet}')")
        for key in ("hush", "danger"):
            assert page.locator(f"call-keys .{key}").is_visible(), sheet
            assert page.evaluate(HIT, f"call-keys .{key}") == [], sheet
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.locator("call-keys .hush").tap()
    told(page, lambda: stand_in.commands("audio.mute"), [{"on": True}])
    page.locator("call-keys .danger").tap()
    expect(page.locator("call-keys .danger")).to_have_text("Tap again to leave")
    page.locator("call-keys .danger").tap()
    told(page, lambda: stand_in.commands("meeting.leave"), [{}])


@pytest.mark.parametrize(
    ("state", "step", "waits_for"),
    [
        ("preparing", "Opening", "The meeting opens on the room screen."),
        ("prejoin", "Before the meeting", "no sound or picture flows"),
        ("joining", "Before the meeting", "This can take a few seconds."),
        ("lobby", "Lobby", "The host has to let this room in."),
    ],
)
def test_before_the_meeting_the_step_what_is_waited_for_and_how_long_are_said(
    open_panel: Open, state: str, step: str, waits_for: str
) -> None:
    _, page = open_panel(rooms.with_meeting(rooms.in_call(), state=state))
    usable(page)
    expect(page.locator(".way-in li")).to_have_count(4)
    expect(page.locator(".way-in [aria-current=step]")).to_have_text(step)
    expect(page.locator("call-view .about")).to_contain_text(waits_for)
    waited = page.locator(".waited")
    expect(waited).to_have_text(re.compile(r"^\d+:\d\d so far$"))
    said = waited.inner_text()
    expect(waited).not_to_have_text(said)  # it goes on
    assert len(waited.inner_text()) >= len(said)


def test_in_the_meeting_no_step_and_no_wait_is_said(open_panel: Open) -> None:
    stand_in, page = open_panel(rooms.with_meeting(rooms.in_call(), state="lobby"))
    usable(page)
    expect(page.locator(".way-in")).to_be_visible()
    for state in ("in_call", "alone", "listening", "interrupted", "unknown"):
        stand_in.patch(**rooms.with_meeting(rooms.in_call(), state=state))
        expect(page.locator(".way-in")).to_be_hidden()
        expect(page.locator(".waited")).to_be_hidden()


def test_a_wait_whose_beginning_is_unknown_has_no_length(open_panel: Open) -> None:
    _, page = open_panel(rooms.with_meeting(rooms.in_call(), state="lobby", since=None))
    usable(page)
    expect(page.locator(".way-in [aria-current=step]")).to_have_text("Lobby")
    expect(page.locator(".waited")).to_be_hidden()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"witnesses": ["log"]}, "Before the meeting"),
        ({"witnesses": []}, "Before the meeting"),
        ({"witnesses": ["page"]}, "Tap Join on the room screen"),
        ({"witnesses": ["picture"]}, "Tap Join on the room screen"),
        ({"can_press_join": True}, "Tap Join on the room screen"),
    ],
    ids=str,
)
def test_join_is_asked_for_where_the_page_says_so_alone(
    open_panel: Open, more: rooms.Room, said: str
) -> None:
    _, page = open_panel(rooms.with_meeting(rooms.in_call(), state="prejoin", **more))
    expect(page.locator("call-view .badge")).to_have_text(said)


def test_a_page_that_is_left_before_the_meeting_shows_no_camera(open_panel: Open) -> None:
    stand_in, page = open_panel(rooms.with_meeting(rooms.in_call(), state="lobby"))
    usable(page)
    stand_in.patch(**rooms.with_meeting(rooms.in_call(), state="leaving"))
    expect(page.locator("call-view .badge")).to_have_text("Leaving…")
    expect(page.locator("call-view camera-pad")).to_be_hidden()
