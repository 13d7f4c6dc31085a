"""A camera moves only while a finger holds: whatever ends the press ends the motion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page

from tests.web import rooms
from tests.web.conftest import elapse, seen, told, until, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser


BEAT_MS = 100
LIVE = "document.querySelector('room-panel').live"


@pytest.fixture
def held(open_timeless: Any) -> Iterator[tuple[StandIn, Page, CDPSession, dict[str, float]]]:
    """A panel whose "left" button is under a finger, with three beats received."""
    stand_in, page = open_timeless(rooms.in_call())
    _adjust(page)
    page.locator("camera-sheet .turn-left").click(trial=True)  # it stands where it stays
    touch = page.context.new_cdp_session(page)
    box = page.locator("camera-sheet .turn-left").bounding_box()
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    _touch(touch, "touchStart", {**point, "id": 1})
    _beaten(stand_in, page, 2, 3)
    yield stand_in, page, touch, point
    page.close()  # no other test has a page with a finger on it


def _adjust(page: Page) -> None:
    usable(page)
    page.locator(".adjust").click()
    seen(page, "camera-sheet .steer")


def _beaten(stand_in: StandIn, page: Page, more: int, beats: int) -> None:
    """Wait for `more` beats, with which there are so many."""
    elapse(page, more * BEAT_MS)
    told(page, lambda: len(stand_in.of_type("hold")), beats)


def _touch(session: CDPSession, kind: str, *points: dict[str, float]) -> None:
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})


def _stopped(stand_in: StandIn, page: Page) -> None:
    """The hold was released, and no beat of any hold follows."""
    hold = stand_in.of_type("hold")[0]["hold"]
    told(page, lambda: [end["hold"] for end in stand_in.of_type("release")], [hold])
    _no_more(stand_in, page)


def _no_more(stand_in: StandIn, page: Page) -> None:
    """What a page says comes in order: a beat would have come before what it is made to say."""
    beats = len(stand_in.of_type("hold"))
    elapse(page, 5 * BEAT_MS)
    page.evaluate(f"{LIVE}.send({{type: 'said'}})")
    told(page, lambda: len(stand_in.of_type("said")), 1)
    stand_in.heard[:] = [one for one in stand_in.heard if one[1]["type"] != "said"]
    assert len(stand_in.of_type("hold")) == beats


def test_beats_come_at_most_ten_a_second_with_rising_numbers(held: Any) -> None:
    stand_in, page, touch, _ = held
    _beaten(stand_in, page, 8, 11)  # in a second, and the one at its beginning
    _touch(touch, "touchEnd")
    _stopped(stand_in, page)
    beats = stand_in.of_type("hold")
    assert [beat["seq"] for beat in beats] == list(range(len(beats)))
    assert len({beat["hold"] for beat in beats}) == 1
    assert {beat["camera"] for beat in beats} == {"front"}
    assert all(-1 <= beat["pan"] < 0 and beat["tilt"] == 0 for beat in beats)


def test_release_stops(held: Any) -> None:
    stand_in, page, touch, _ = held
    _touch(touch, "touchEnd")
    _stopped(stand_in, page)


def test_release_far_from_the_button_stops(held: Any) -> None:
    stand_in, page, touch, point = held
    _touch(touch, "touchMove", {"x": point["x"] + 300, "y": point["y"], "id": 1})
    _touch(touch, "touchEnd")
    _stopped(stand_in, page)


def test_a_cancelled_touch_stops(held: Any) -> None:
    stand_in, page, touch, _ = held
    _touch(touch, "touchCancel")
    _stopped(stand_in, page)


@pytest.mark.parametrize(
    "event",
    [
        "window.dispatchEvent(new Event('blur'))",
        "window.dispatchEvent(new Event('pagehide'))",
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden'});"
        "document.dispatchEvent(new Event('visibilitychange'))",
    ],
    ids=["blur", "pagehide", "hidden"],
)
def test_a_page_that_loses_its_person_stops(held: Any, event: str) -> None:
    stand_in, page, _, _ = held
    page.evaluate(event)
    _stopped(stand_in, page)


def test_a_second_finger_moves_nothing_and_does_not_stop_the_first(held: Any) -> None:
    stand_in, page, touch, point = held
    box = page.locator("camera-sheet .zoom .key").first.bounding_box()
    second = {"x": box["x"] + 20, "y": box["y"] + 20, "id": 2}
    _touch(touch, "touchStart", {**point, "id": 1}, second)
    _beaten(stand_in, page, 3, 6)
    _touch(touch, "touchMove", {**point, "id": 1})  # the second finger is lifted
    _beaten(stand_in, page, 1, 7)
    assert stand_in.of_type("release") == []
    _touch(touch, "touchEnd")
    _stopped(stand_in, page)
    assert len({beat["hold"] for beat in stand_in.of_type("hold")}) == 1
    assert all(beat["zoom"] == 0 for beat in stand_in.of_type("hold"))


def test_a_cut_socket_ends_the_hold_and_coming_back_does_not_move_again(held: Any) -> None:
    stand_in, page, _, _ = held
    stand_in.rev += 1
    stand_in.cut()
    until(page, f"!{LIVE}.ready")
    elapse(page, 500)  # it connects anew, the finger still down
    until(page, f"{LIVE}.room.rev === {stand_in.rev}")
    elapse(page, 500)
    usable(page)
    _no_more(stand_in, page)


def test_a_page_that_hung_does_not_move_the_camera_again(held: Any) -> None:
    stand_in, page, _, _ = held
    page.clock.fast_forward(600)  # what is due meanwhile comes late, and once
    _stopped(stand_in, page)


def test_the_room_leaving_the_call_stops(held: Any) -> None:
    stand_in, page, _, _ = held
    stand_in.patch(meeting=rooms.IDLE_MEETING)
    _stopped(stand_in, page)


def test_every_press_is_a_new_hold(held: Any) -> None:
    stand_in, page, touch, point = held
    _touch(touch, "touchEnd")
    _stopped(stand_in, page)
    _touch(touch, "touchStart", {**point, "id": 3})
    told(page, lambda: len({beat["hold"] for beat in stand_in.of_type("hold")}), 2)
    _touch(touch, "touchEnd")


def test_arrow_keys_hold_and_let_go(open_timeless: Any) -> None:
    stand_in, page = open_timeless(rooms.in_call())
    _adjust(page)
    page.locator("camera-sheet .turn-up").focus()
    page.keyboard.down("ArrowUp")
    page.keyboard.down("ArrowUp")  # what a keyboard repeats
    _beaten(stand_in, page, 2, 3)
    page.keyboard.up("ArrowUp")
    _stopped(stand_in, page)
    assert all(beat["tilt"] > 0 for beat in stand_in.of_type("hold"))


def test_arrow_keys_need_no_focus_where_the_pad_is_seen_and_do_nothing_elsewhere(
    open_timeless: Any,
) -> None:
    stand_in, page = open_timeless(rooms.at_rest())
    usable(page)
    page.keyboard.press("ArrowLeft")
    _no_more(stand_in, page)
    assert stand_in.of_type("hold") == []
    stand_in.patch(**rooms.in_call())
    seen(page, "call-view .presets")
    page.keyboard.press("Control+-")
    page.keyboard.down("-")
    _beaten(stand_in, page, 1, 2)
    page.keyboard.up("-")
    _stopped(stand_in, page)
    beats = stand_in.of_type("hold")
    assert len({beat["hold"] for beat in beats}) == 1
    assert all(beat["zoom"] < 0 for beat in beats)


def test_arrow_keys_move_nothing_where_somebody_types(open_timeless: Any) -> None:
    stand_in, page = open_timeless(rooms.in_call())
    _adjust(page)
    page.evaluate("document.body.append(document.createElement('input'))")
    page.locator("body > input").focus()
    page.keyboard.press("ArrowLeft")
    _no_more(stand_in, page)
    assert stand_in.of_type("hold") == []
    page.locator("camera-sheet .turn-up").focus()
    page.keyboard.down("ArrowUp")
    _beaten(stand_in, page, 1, 2)
    page.locator("body > input").focus()
    _stopped(stand_in, page)
    page.keyboard.up("ArrowUp")


def test_space_on_a_direction_holds_and_losing_focus_lets_go(open_timeless: Any) -> None:
    stand_in, page = open_timeless(rooms.in_call())
    _adjust(page)
    page.locator("camera-sheet .turn-down_right").focus()
    page.keyboard.down("Space")
    _beaten(stand_in, page, 1, 2)
    page.locator(".back").focus()
    _stopped(stand_in, page)
    page.keyboard.up("Space")
    assert all(beat["pan"] > 0 > beat["tilt"] for beat in stand_in.of_type("hold"))


def test_a_camera_that_can_only_recall_offers_no_arrows(open_panel: Any) -> None:
    room = rooms.in_call()
    room["cameras"] = [rooms.camera("front", can=["recall"])]
    stand_in, page = open_panel(room)
    _adjust(page)
    assert page.locator("camera-sheet .pad button:enabled").count() == 0
    assert not page.locator("camera-sheet .zoom").is_visible()
    page.get_by_role("button", name="Whiteboard").click()
    told(page, lambda: stand_in.commands("camera.recall"), [{"camera": "front", "preset": 2}])
