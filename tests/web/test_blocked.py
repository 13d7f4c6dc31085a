"""A page that does not let the room in: what the panel says of it, and which ways it offers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from roomctl.meeting.call import CallFailure
from tests.examples import crossed
from tests.web import rooms
from tests.web.conftest import Open, seen, told, until, usable
from tests.web.stand_in import NOTHING, StandIn
from tests.web.test_layout import CONTRAST, PANELS, PHONE, faults
from tests.web.test_reach import violations
from tests.web.test_remote_control import PICTURE, SHOWN

pytestmark = pytest.mark.browser


def at(open_panel: Open, state: str = "failed", **more: Any) -> tuple[StandIn, Page]:
    stand_in, page = open_panel(rooms.at_a_wall("en", state, **more))
    stand_in.picture = PICTURE
    usable(page)
    return stand_in, page


def test_every_failure_on_the_page_is_said_with_what_to_do_and_the_ways_out(
    open_panel: Open,
) -> None:
    stand_in, page = at(open_panel, failure="not_heard_of")
    said = [page.locator("blocked-card h1").inner_text()]
    for failure in CallFailure:
        stand_in.patch(**rooms.at_a_wall(failure=failure.value))
        heading = page.locator("blocked-card h1")
        expect(heading).not_to_have_text(said[-1])
        assert heading.inner_text() not in said, f"{failure} says nothing of its own"
        said.append(heading.inner_text())
        assert len(page.locator("blocked-card .todo").inner_text()) > 20
        for way in ("Room screen", "Use the other link: Tencent Meeting", "Leave"):
            expect(page.locator("call-view").get_by_role("button", name=way)).to_be_visible()
    expect(page.locator("blocked-card")).to_contain_text("91234567890@zoomcrc.com")
    expect(page.locator("call-view .badge")).to_have_text("Not in the meeting")
    expect(page.locator("camera-pad").locator("visible=true")).to_have_count(0)


def test_a_failure_that_this_panel_has_not_heard_of_is_said_as_such(open_panel: Open) -> None:
    _, page = at(open_panel, failure="quantum")
    expect(page.locator("blocked-card h1")).to_contain_text("could not be joined (quantum)")
    expect(page.locator("call-view .screen-key")).to_be_visible()


@pytest.mark.parametrize(
    ("way", "words"), [("link", "Use the other link"), ("new", "New meeting on")]
)
def test_another_platform_is_one_touch_away(open_panel: Open, way: str, words: str) -> None:
    stand_in, page = at(open_panel, fallback={"platform": "tencent", "way": way})
    page.get_by_role("button", name=f"{words}").tap()
    told(page, lambda: stand_in.commands("meeting.fallback"), [{}])


def test_after_a_crash_the_meeting_is_one_touch_away(open_panel: Open) -> None:
    stand_in, page = at(open_panel, failure="crashed", rejoin=True)
    page.get_by_role("button", name="Join again").tap()
    told(page, lambda: stand_in.commands("meeting.rejoin"), [{}])


def test_join_again_opens_the_interrupted_meeting_and_not_the_next_booking(
    open_panel: Open,
) -> None:
    stand_in, page = open_panel(rooms.interrupted())
    usable(page)
    expect(page.locator("home-view h1")).to_have_text("Weekly numbers")
    join = page.locator("home-view .join")
    expect(join).to_have_text("Join again")
    page.get_by_role("button", name="Join again").tap()
    told(page, lambda: stand_in.commands("meeting.rejoin"), [{}])
    assert stand_in.commands("meeting.join") == []
    expect(page.locator("home-view .rows")).to_contain_text("Quarterly design review")
    begun = {**stand_in.room["bookings"][0], "start": rooms.in_call()["meeting"]["since"]}
    stand_in.patch(bookings=[begun])  # those who come next find their own meeting
    expect(page.locator("home-view h1")).to_have_text("Quarterly design review")
    join.tap()
    told(page, lambda: stand_in.commands("meeting.join"), [{"booking": "a"}])


def test_joining_again_is_not_offered_where_it_would_end_the_same(open_panel: Open) -> None:
    _, page = at(open_panel, failure="not_found", rejoin=True)
    expect(page.locator("blocked-card")).to_be_visible()
    expect(page.get_by_role("button", name="Join again")).to_be_hidden()


def test_without_another_way_none_is_offered(open_panel: Open) -> None:
    _, page = at(open_panel, fallback=None, dial=[])
    expect(page.locator("blocked-card")).to_be_visible()
    expect(page.locator("blocked-card .ways button").locator("visible=true")).to_have_count(0)
    expect(page.locator("call-view .primary:visible")).to_have_text("Room screen")
    expect(page.locator("blocked-card .dial")).to_be_hidden()


def test_where_the_keys_are_known_join_is_one_touch(open_panel: Open) -> None:
    stand_in, page = at(open_panel, "prejoin", can_press_join=True)
    join = page.locator("call-view .primary:visible")
    expect(join).to_have_text("Join for me")
    join.tap()
    told(page, lambda: stand_in.commands("meeting.press_join"), [{}])
    stand_in.patch(**rooms.at_a_wall("en", "in_call", can_press_join=True, evidence="media"))
    expect(page.locator("call-view .badge")).to_have_text("In the meeting")
    expect(page.get_by_text("Join for me").locator("visible=true")).to_have_count(0)


def test_what_the_panel_cannot_tell_is_one_touch_from_being_seen(open_panel: Open) -> None:
    stand_in, page = at(open_panel, "unknown", can_press_join=True)
    about = page.locator("call-view .about")
    expect(about.locator(".badge")).to_have_text("See the room screen")
    expect(about.get_by_role("button", name="Join for me")).to_be_visible()
    assert stand_in.looks == []
    page.locator("call-view .screen-key").tap()
    until(page, SHOWN)


def test_a_page_that_is_gone_is_home_again_with_a_reason_and_the_ways_out(open_panel: Open) -> None:
    stand_in, page = at(open_panel)
    gone = rooms.at_a_wall(failure="network", shown=False, remote_control=False)
    gone["issues"] = [rooms.issue("meeting.failed", "meeting", reason="network")]
    stand_in.patch(**gone)
    note = page.locator("home-view trouble-note")
    expect(note).to_contain_text("The network does not answer")
    note.locator("button").tap()
    expect(page.locator("help-sheet")).to_contain_text("91234567890@zoomcrc.com")
    page.get_by_role("button", name="Use the other link: Tencent Meeting").tap()
    told(page, lambda: stand_in.commands("meeting.fallback"), [{}])


def test_a_display_that_cannot_be_touched_is_said_and_not_offered(open_panel: Open) -> None:
    _, page = at(open_panel, remote_control=False, can_press_join=True)
    expect(page.locator("blocked-card")).to_contain_text("This panel cannot control the room")
    expect(page.locator("join-controls button, .screen-key").locator("visible=true")).to_have_count(
        0
    )


def test_a_phone_is_sent_to_the_rooms_own_panel(open_panel: Open) -> None:
    stand_in, page = open_panel(None, NOTHING)
    stand_in.room, stand_in.phone, stand_in.picture = rooms.at_a_wall(), True, PICTURE
    page.goto(stand_in.url)
    usable(page)
    expect(page.locator("blocked-card")).to_contain_text("Use the room's own panel")
    expect(page.locator("join-controls button, .screen-key").locator("visible=true")).to_have_count(
        0
    )
    stand_in.patch(**rooms.in_call())
    expect(page.locator("call-view .badge")).to_have_text("In the meeting")
    expect(page.locator("join-controls button, .screen-key").locator("visible=true")).to_have_count(
        0
    )
    assert stand_in.looks == []


@pytest.mark.parametrize(("size", "language"), crossed([*PANELS, PHONE], ["en", "zh-CN"]), ids=str)
def test_nothing_is_cut_covered_or_too_small(
    open_panel: Open, size: tuple[int, int], language: str
) -> None:
    phone = size == PHONE
    viewport = {"width": size[0], "height": size[1]}
    stand_in, page = open_panel(None, NOTHING, viewport=viewport)
    stand_in.room, stand_in.picture = rooms.at_a_wall(language), PICTURE
    page.goto(stand_in.url)
    usable(page)
    found = {"blocked": faults(page, phone=phone)}
    page.locator("call-view .screen-key").click()
    until(page, SHOWN)
    stand_in.patch(**rooms.at_a_wall(language, "prejoin", can_press_join=True))
    page.locator(".tools .primary").wait_for()
    found["remote_control"] = faults(page, phone=phone)
    page.locator(".tools .write-text").tap()
    page.locator(".entry input").wait_for()
    found["typing"] = faults(page, phone=phone)
    page.locator(".back").tap()
    page.locator("call-view join-controls .primary").wait_for()
    found["prejoin"] = faults(page, phone=phone)
    stand_in.patch(**rooms.at_a_wall(language, "unknown", can_press_join=True))
    page.locator(".about join-controls .primary").wait_for()
    found["unknown"] = faults(page, phone=phone)
    assert {name: fault for name, fault in found.items() if fault} == {}


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_all_text_stands_at_seven_to_one(open_panel: Open, scheme: Any) -> None:
    stand_in, page = open_panel(None, NOTHING, color_scheme=scheme, reduced_motion="reduce")
    stand_in.room, stand_in.picture = rooms.at_a_wall(), PICTURE
    page.goto(stand_in.url)
    usable(page)
    faint = {"blocked": page.evaluate(CONTRAST)}
    page.locator("call-view .screen-key").tap()
    until(page, SHOWN)
    faint["remote_control"] = page.evaluate(CONTRAST)
    stand_in.picture = "remote_control_failed"
    seen(page, "screen-preview .note")
    faint["old"] = page.evaluate(CONTRAST)
    page.get_by_role("button", name="Type text").tap()
    page.keyboard.type("4711")
    faint["typing"] = page.evaluate(CONTRAST)
    assert {name: lines for name, lines in faint.items() if lines} == {}


def asked(open_panel: Open, **more: Any) -> tuple[StandIn, Page]:
    """Show a page that asks for a passcode which the room can type."""
    stand_in, page = at(open_panel, can_enter_passcode=True, **more)
    page.wait_for_selector("passcode-pad")
    return stand_in, page


def test_a_passcode_is_typed_in_the_card_and_a_wrong_one_is_asked_for_again(
    open_panel: Open,
) -> None:
    stand_in, page = asked(open_panel)
    card = page.locator("passcode-pad")
    expect(card.locator("h1")).to_have_text("Passcode required")
    expect(card.locator(".go").first).to_be_disabled()
    for digit in "8042":
        card.locator(".keypad").get_by_role("button", name=digit, exact=True).tap()
    expect(card.locator("input")).to_have_value("8042")
    card.get_by_role("button", name="Join").tap()
    told(page, lambda: stand_in.commands("meeting.enter_passcode"), [{"passcode": "8042"}])
    expect(card.locator("input")).to_have_value("")
    wrong = rooms.at_a_wall(failure="passcode_wrong", can_enter_passcode=True)
    stand_in.patch(**wrong)
    expect(card.locator("h1")).to_have_text("The passcode is wrong")
    expect(card.locator(".todo")).to_have_text("Check it in the invitation, and enter it again.")
    page.keyboard.type("8043")
    page.keyboard.press("Enter")
    answered = [{"passcode": "8042"}, {"passcode": "8043"}]
    told(page, lambda: stand_in.commands("meeting.enter_passcode"), answered)
    expect(card.locator(".todo")).to_contain_text("It was wrong again")
    page.locator("call-view .screen-key").tap()
    until(page, SHOWN)


def test_letters_stand_below_the_card_when_they_are_wanted(open_panel: Open) -> None:
    stand_in, page = asked(open_panel)
    card = page.locator("passcode-pad")
    card.get_by_role("button", name="ABC").tap()
    board = card.locator("key-board")
    board.get_by_role("button", name="Capital letter").tap()
    for key in "Kx7":
        board.get_by_role("button", name=key, exact=True).tap()
    board.get_by_role("button", name="Join").tap()
    told(page, lambda: stand_in.commands("meeting.enter_passcode"), [{"passcode": "Kx7"}])
    board.get_by_role("button", name="123").tap()
    expect(card.locator(".keypad")).to_be_visible()


def test_a_passcode_that_did_not_reach_the_page_stays_and_says_why(open_panel: Open) -> None:
    stand_in, page = asked(open_panel)
    error = {"code": "no_passcode_asked", "params": {}}
    stand_in.answer = lambda command: {"status": "refused", "error": error}
    page.keyboard.type("8042")
    page.locator("passcode-pad .go").first.tap()
    expect(page.locator("passcode-pad .todo")).to_contain_text("Use the room screen")
    expect(page.locator("passcode-pad input")).to_have_value("8042")
    expect(page.locator(".toast")).to_be_hidden()


def test_whoever_comes_next_finds_nothing_of_a_passcode(open_panel: Open) -> None:
    stand_in, page = asked(open_panel)
    page.keyboard.type("8042")
    stand_in.patch(**rooms.in_call())
    expect(page.locator("passcode-pad")).to_be_hidden()
    stand_in.patch(**rooms.at_a_wall(can_enter_passcode=True))
    expect(page.locator("passcode-pad input")).to_be_visible()
    expect(page.locator("passcode-pad input")).to_have_value("")


def test_a_phone_is_not_asked_for_the_passcode(open_panel: Open) -> None:
    stand_in, page = open_panel(None, NOTHING)
    stand_in.room, stand_in.phone = rooms.at_a_wall(can_enter_passcode=True), True
    page.goto(stand_in.url)
    usable(page)
    expect(page.locator("blocked-card h1")).to_have_text("Passcode required")
    expect(page.locator("passcode-pad")).to_have_count(0)


def test_after_a_crash_the_first_thing_to_do_is_to_join_again(open_panel: Open) -> None:
    _, page = at(open_panel, failure="crashed", rejoin=True)
    expect(page.locator("blocked-card h1")).to_have_text("The meeting was interrupted")
    expect(page.locator("blocked-card .primary:visible")).to_have_text("Join again")


@pytest.mark.parametrize(
    "more", [{}, {"failure": "not_found"}, {"failure": "crashed", "rejoin": True}]
)
def test_on_a_phone_the_way_out_of_a_wall_is_in_sight(
    open_panel: Open, more: dict[str, Any]
) -> None:
    wall = rooms.at_a_wall(**more, fallback=None)
    _, page = open_panel(wall, viewport={"width": PHONE[0], "height": PHONE[1]})
    usable(page)
    way, dock = (
        page.locator(one).bounding_box()
        for one in ("call-view .primary:visible", "call-view .dock")
    )
    assert way is not None
    assert dock is not None
    edge = PHONE[1] if not more else dock["y"]
    assert way["y"] + way["height"] <= edge


@pytest.mark.parametrize(
    ("name", "sheet"), [("Enter another ID", "join-sheet"), ("Ask for help", "help-sheet")]
)
def test_a_dead_end_offers_the_next_step_in_the_card(
    open_panel: Open, name: str, sheet: str
) -> None:
    _, page = at(open_panel, failure="not_found", fallback=None, dial=[])
    page.locator("blocked-card").get_by_role("button", name=name).tap()
    page.wait_for_selector(f"{sheet}:visible")


def test_where_nothing_on_the_page_helps_a_meeting_is_started_from_the_card(
    open_panel: Open,
) -> None:
    stand_in, page = at(open_panel, failure="not_found", fallback=None, dial=[])
    page.locator("blocked-card").get_by_role("button", name="Start a meeting").tap()
    told(page, lambda: stand_in.commands("meeting.new"), [{"platform": "tencent"}])


@pytest.mark.parametrize(("size", "language"), crossed([*PANELS, PHONE], ["en", "zh-CN"]), ids=str)
def test_the_passcodes_card_is_not_cut_covered_or_too_small(
    open_panel: Open, size: tuple[int, int], language: str
) -> None:
    phone = size == PHONE
    viewport = {"width": size[0], "height": size[1]}
    stand_in, page = open_panel(None, NOTHING, viewport=viewport)
    stand_in.room = rooms.at_a_wall(language, can_enter_passcode=True)
    page.goto(stand_in.url)
    usable(page)
    page.wait_for_selector("passcode-pad")
    found = {"asked": faults(page, phone=phone)}
    stand_in.patch(**rooms.at_a_wall(language, failure="passcode_wrong", can_enter_passcode=True))
    page.locator("passcode-pad input").fill("aB3xYz")
    found["wrong"] = faults(page, phone=phone)
    if not phone:
        page.locator("passcode-pad .word").tap()
        seen(page, "passcode-pad key-board")
        found["letters"] = faults(page, phone=phone)
    dead = {"failure": "not_found", "fallback": None, "dial": [], "can_enter_passcode": False}
    stand_in.patch(**rooms.at_a_wall(language, **dead))
    page.locator("blocked-card .out button").locator("visible=true").first.wait_for()
    found["dead"] = faults(page, phone=phone)
    assert {name: fault for name, fault in found.items() if fault} == {}


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_passcodes_card_has_contrast_and_axe_finds_nothing(
    open_panel: Open, scheme: Any
) -> None:
    stand_in, page = open_panel(None, NOTHING, color_scheme=scheme, reduced_motion="reduce")
    stand_in.room = rooms.at_a_wall(can_enter_passcode=True)
    page.goto(stand_in.url)
    usable(page)
    page.wait_for_selector("passcode-pad")
    page.keyboard.type("80")
    faint, wrong = {"digits": page.evaluate(CONTRAST)}, {"digits": violations(page)}
    page.locator("passcode-pad .word").tap()
    faint["letters"], wrong["letters"] = page.evaluate(CONTRAST), violations(page)
    assert {name: lines for name, lines in faint.items() if lines} == {}
    assert {name: lines for name, lines in wrong.items() if lines} == {}
