"""The panel says what is so, and says when it does not know."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import elapse, told, until, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser


def test_mute_is_pending_until_the_room_confirms_it(open_timeless: Any) -> None:
    stand_in, page = open_timeless(rooms.in_call())
    stand_in.answer = lambda command: None
    mute = page.locator("call-view .mute")
    mute.click()
    expect(mute).to_have_attribute("data-state", "muting")
    expect(mute).to_contain_text("Muting…")
    mute.click()  # nothing more is asked while the answer is open
    stand_in.patch(audio={"mute": "muted", "volume_pct": 46, "available": True})
    expect(page.locator("call-view .level")).to_have_text("46 %")
    elapse(page, 2000)  # and no answer comes
    expect(mute).to_have_attribute("data-state", "muted")
    told(page, lambda: stand_in.commands("audio.mute"), [{"on": True}])


def test_a_mute_that_nobody_confirms_falls_back_and_says_so(open_timeless: Any) -> None:
    stand_in, page = open_timeless(rooms.in_call())
    stand_in.answer = lambda command: None
    page.locator("call-view .mute").click()
    elapse(page, 1900)
    expect(page.locator("call-view .mute")).to_have_attribute("data-state", "muting")
    elapse(page, 200)
    expect(page.locator(".toast")).to_contain_text("Not confirmed")
    expect(page.locator("call-view .mute")).to_have_attribute("data-state", "open")


def test_a_refused_unmute_stays_muted_and_says_why(open_panel: Any) -> None:
    stand_in, page = open_panel(rooms.at_rest())
    error = {"code": "unmute_in_room_only", "params": {}}
    stand_in.answer = lambda command: {"status": "refused", "error": error}
    usable(page)
    page.locator("home-view .mute").click()
    expect(page.locator(".toast")).to_contain_text("only in the room")
    expect(page.locator("home-view .mute")).to_have_attribute("data-state", "muted")
    told(page, lambda: stand_in.commands("audio.mute"), [{"on": False}])


def test_an_unknown_microphone_is_called_unknown_and_a_touch_mutes(open_panel: Any) -> None:
    room = rooms.at_rest()
    room["audio"]["mute"] = "unknown"
    stand_in, page = open_panel(room)
    usable(page)
    expect(page.locator("home-view .mute")).to_contain_text("Mic unknown")
    page.locator("home-view .mute").click()
    expect(page.locator("home-view .mute")).to_have_attribute("data-state", "unknown")
    told(page, lambda: stand_in.commands("audio.mute"), [{"on": True}])


@pytest.mark.parametrize(
    ("evidence", "said"), [("media", "In the meeting"), ("page", "Probably in the meeting")]
)
def test_being_in_the_call_is_claimed_on_media_alone(
    open_panel: Any, evidence: str, said: str
) -> None:
    _, page = open_panel(rooms.with_meeting(rooms.in_call(), evidence=evidence))
    expect(page.locator("call-view .badge")).to_have_text(said)


def test_a_display_is_listed_with_what_it_says_of_itself_while_it_answers(open_panel: Any) -> None:
    room = rooms.at_rest()
    room["devices"].append(rooms.device("display.wall"))
    room["displays"] = [rooms.display("wall")]
    stand_in, page = open_panel(room)
    usable(page)
    page.locator(".bar .ask").click()
    line = page.locator("help-sheet .devices li", has_text="Display")
    expect(line).to_contain_text("Epson EB-L200F · On · HDMI 1 · Lamp 1234 h")
    dark = rooms.display("wall", power="cooling", input=None, picture_muted=None)
    stand_in.patch(displays=[dark])
    expect(line).to_contain_text("Epson EB-L200F · Cooling down · Lamp 1234 h")
    gone = [*room["devices"][:-1], rooms.device("display.wall", "offline", "no_reply")]
    stand_in.patch(devices=gone)
    expect(line.locator("small")).to_have_text("")


def test_a_display_is_switched_from_its_line_by_whoever_may(open_panel: Any) -> None:
    room = rooms.at_rest()
    room["devices"].append(rooms.device("display.wall"))
    room["displays"] = [rooms.display("wall", input="31", inputs=["31", "52"])]
    stand_in, page = open_panel(room)
    usable(page)
    page.locator(".bar .ask").click()
    controls = page.locator("help-sheet display-controls")
    expect(controls.get_by_role("button", name="On", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    controls.get_by_role("button", name="Network 2").click()
    controls.get_by_role("button", name="Hide picture").click()
    controls.get_by_role("button", name="Off", exact=True).click()
    told(page, lambda: stand_in.commands("display.input"), [{"display": "wall", "input": "52"}])
    told(page, lambda: stand_in.commands("display.picture_mute"), [{"display": "wall", "on": True}])
    told(page, lambda: stand_in.commands("display.power"), [{"display": "wall", "on": False}])
    stand_in.patch(
        displays=[rooms.display("wall", power="cooling", requested_on=True, picture_muted=None)]
    )
    on = controls.get_by_role("button", name="On", exact=True)
    expect(on).to_have_attribute("aria-busy", "true")
    expect(controls.get_by_role("button", name="Hide picture")).to_be_hidden()
    line = page.locator("help-sheet .devices li", has_text="Display")
    expect(line).to_contain_text("Cooling down · Comes on when it has cooled down")


def test_a_visitors_phone_switches_no_display(open_panel: Any, stand_in: Any) -> None:
    stand_in.phone, stand_in.may = True, ["camera.drive"]
    room = rooms.at_rest()
    room["devices"].append(rooms.device("display.wall"))
    room["displays"] = [rooms.display("wall")]
    _, page = open_panel(room)
    usable(page)
    page.locator(".bar .ask").click()
    expect(page.locator("help-sheet .devices li", has_text="Display")).to_be_visible()
    expect(page.locator("help-sheet display-controls")).to_be_hidden()


GREEN = """() => {
    // What is seen of the hues of free, whatever the theme.
    const green = (colour) => {
        const [r, g, b, a = 1] = colour.match(/[0-9.]+/g).map(Number);
        return a > 0 && g > 1.04 * r && g > b;
    };
    return [...document.querySelectorAll("main *, .bar *")]
        .filter((e) => e.checkVisibility({ visibilityProperty: true }))
        .filter((e) => green(getComputedStyle(e).backgroundColor)).map((e) => e.className);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_reconnecting_takes_away_what_looks_live(open_panel: Any, scheme: str) -> None:
    stand_in, page = open_panel(rooms.in_call(), color_scheme=scheme)
    usable(page)
    until(page, f"({GREEN})().length >= 2")
    stand_in.beating = stand_in.reachable = False
    until(page, "document.querySelector('room-panel[data-stale]')")
    expect(page.locator("call-view .mute")).to_contain_text("Mic unknown")
    expect(page.get_by_text("Mic is on")).to_have_count(0)
    expect(page.get_by_text("Sound and picture are flowing")).to_be_hidden()
    until(page, f"({GREEN})().length === 0")
    page.evaluate("document.querySelector('room-panel').live.room.meeting.state = 'idle'")
    page.evaluate("document.querySelector('room-panel').refresh()")
    expect(page.locator("home-view .track")).to_be_visible()
    until(page, f"({GREEN})().length === 0")
    stand_in.beating = stand_in.reachable = True
    usable(page)
    expect(page.locator("call-view .mute")).to_contain_text("Mic is on")
    until(page, f"({GREEN})().length >= 2")


def test_silence_shows_the_banner_makes_controls_inert_and_comes_back(open_panel: Any) -> None:
    stand_in, page = open_panel()
    usable(page)
    page.clock.install()
    stand_in.beating = stand_in.reachable = False
    page.clock.run_for(3100)
    expect(page.locator(".banner")).to_have_text(
        re.compile(r"Reconnecting… this is from \d\d:\d\d")
    )
    expect(page.locator("main")).to_have_attribute("inert", "")
    page.locator(".bar .ask").click()  # help is words alone, and these are needed most now
    expect(page.locator("help-sheet")).to_contain_text("no connection to the room")
    stand_in.beating = stand_in.reachable = True
    expect(page.locator(".banner")).to_be_hidden()
    usable(page)


def test_no_touch_is_believed_before_300_ms_after_the_snapshot(
    open_panel: Any, stand_in: StandIn
) -> None:
    stand_in.guard_ms = None
    _, page = open_panel()
    usable(page)
    page.evaluate(
        """() => { window.ready = []; const main = document.querySelector("main");
        new MutationObserver(() => window.ready.push([performance.now(), main.inert]))
          .observe(main, {attributes: true, attributeFilter: ["inert"]}); }"""
    )
    stand_in.cut()
    until(page, "window.ready.length >= 2")
    usable(page)
    (cut, dead), (back, still_dead) = page.evaluate("window.ready")
    assert (dead, still_dead) == (True, False)
    assert back - cut >= 300


def test_a_gap_in_the_revisions_asks_for_a_snapshot(open_panel: Any) -> None:
    stand_in, page = open_panel()
    usable(page)
    stand_in.room["identity"]["display_name"] = "Cedar"  # told by a patch that got lost
    stand_in.patch(skip=1, occupancy={**stand_in.room["occupancy"], "state": "vacant"})
    expect(page.locator(".name b")).to_have_text("Cedar")
    expect(page.locator("home-view .badge")).to_have_text("Free")
    assert len(stand_in.of_type("snapshot")) == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("available", "Available until {time}"),
        ("booked", "Booked until {time}"),
        ("awaited", "Booked Nobody here yet"),
    ],
)
def test_the_rooms_word_comes_from_its_bookings_and_people_are_the_small_line(
    open_panel: Any, state: str, words: str
) -> None:
    ends = rooms.booking("x", None, 42)["start"]
    time = datetime.fromisoformat(ends).astimezone(ZoneInfo("Asia/Shanghai")).strftime("%H:%M")
    room = rooms.booked("en", state, until=ends, release_at=ends)
    _, page = open_panel(room)
    usable(page)
    expect(page.locator("home-view .badge")).to_have_text(words.format(time=time))
    expect(page.locator("home-view .because-key")).to_have_text("Nobody here")
    if state == "awaited":
        expect(page.locator("home-view .grace")).to_contain_text(f"Released at {time}")


def test_a_time_far_away_and_a_room_without_a_calendar_say_no_time(open_panel: Any) -> None:
    room = rooms.booked("en", "available", until="2999-11-26T02:00:00Z")
    stand_in, page = open_panel(room)
    usable(page)
    expect(page.locator("home-view .badge")).to_have_text("Available")
    stand_in.patch(availability=None)
    expect(page.locator("home-view .badge")).to_have_text("Free")


def test_a_tentative_booking_is_marked_and_a_private_one_has_no_name(open_panel: Any) -> None:
    _, page = open_panel(rooms.booked())
    usable(page)
    expect(page.locator("home-view .became")).to_have_text("Tentative")
    expect(page.locator("home-view .rows li").first).to_contain_text("Private meeting")


def test_starting_is_shown_at_once_and_until_the_room_is_ready(open_panel: Any) -> None:
    stand_in, page = open_panel({**rooms.at_rest(), "phase": "starting"})
    expect(page.locator("room-overlay")).to_contain_text("The room is starting")
    stand_in.patch(phase="ready")
    expect(page.locator("room-overlay")).to_be_hidden()


def test_the_touch_that_wakes_does_nothing_else(open_panel: Any) -> None:
    stand_in, page = open_panel({**rooms.at_rest(), "panel": {"awake": False}})
    expect(page.locator("room-overlay .clock")).to_be_visible()
    page.wait_for_timeout(400)
    page.touchscreen.tap(560, 220)  # where Join is
    expect(page.locator("room-overlay")).to_be_visible()
    stand_in.patch(panel={"awake": True})
    expect(page.locator("room-overlay")).to_be_hidden()
    asked = lambda: [sent["command"]["type"] for sent in stand_in.of_type("command")]  # noqa: E731
    told(page, asked, ["room.wake"])


def test_a_finger_that_still_rests_when_the_panel_wakes_presses_nothing_either(
    open_panel: Any,
) -> None:
    stand_in, page = open_panel({**rooms.at_rest(), "panel": {"awake": False}})
    expect(page.locator("room-overlay .clock")).to_be_visible()
    page.wait_for_timeout(400)
    hand = page.context.new_cdp_session(page)
    where = {"x": 560, "y": 220}  # where Join is
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [where]})
    stand_in.patch(panel={"awake": True})
    expect(page.locator("home-view .join")).to_be_visible()
    until(page, "document.querySelector('.bar').inert === false")
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("room-overlay")).to_be_hidden()
    page.get_by_role("button", name="Join", exact=True).tap()  # what is meant is done
    until(page, "document.querySelector('.join').ariaBusy === null")
    asked = [sent["command"]["type"] for sent in stand_in.of_type("command")]
    assert asked == ["room.wake", "meeting.join"]


def test_one_touch_joins_the_booking_that_is_due(open_panel: Any) -> None:
    stand_in, page = open_panel()
    usable(page)
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.locator("home-view .join")).to_be_visible()
    told(page, lambda: stand_in.commands("meeting.join"), [{"booking": "a"}])


def test_a_refused_booking_says_why_and_offers_no_join(open_panel: Any) -> None:
    room = rooms.at_rest()
    room["bookings"] = [rooms.booking("d", "Board", 5, join="none", refused="host_link")]
    _, page = open_panel(room)
    usable(page)
    expect(page.locator(".hero .why")).to_contain_text("Ask for the guest link")
    expect(page.locator(".hero .join")).to_be_hidden()


def test_leaving_takes_two_touches_within_three_seconds(open_timeless: Any) -> None:
    stand_in, page = open_timeless(rooms.in_call())
    leave = page.locator(".leave")
    leave.click()
    elapse(page, 2900)
    expect(leave).to_have_text(re.compile("Tap again to leave"))
    elapse(page, 200)
    expect(leave).to_have_text(re.compile("^Leave$"))
    assert stand_in.commands("meeting.leave") == []
    leave.click()
    leave.click()
    expect(leave).to_have_text("Leave")
    told(page, lambda: stand_in.commands("meeting.leave"), [{}])


def test_a_number_goes_with_its_platform_and_a_refusal_is_said_in_the_sheet(
    open_panel: Any,
) -> None:
    stand_in, page = open_panel()
    error = {"code": "link.bad_number", "params": {}}
    stand_in.answer = lambda command: {"status": "refused", "error": error}
    usable(page)
    page.get_by_role("button", name="Join by ID").click()
    for digit in "12345678":
        page.locator("join-sheet").get_by_role("button", name=digit, exact=True).click()
    page.locator(".go").click()
    expect(page.locator(".say")).to_have_text("Choose a platform first")
    page.locator("join-sheet").get_by_role("button", name="9", exact=True).click()
    page.locator("join-sheet .chip", has_text="Tencent Meeting").click()
    page.locator(".go").click()
    expect(page.locator(".say")).to_contain_text("not a valid meeting ID")
    told(
        page,
        lambda: stand_in.commands("meeting.join"),
        [{"number": "123456789", "platform": "tencent"}],
    )


def test_a_pasted_link_goes_as_it_is(open_panel: Any) -> None:
    stand_in, page = open_panel()
    usable(page)
    page.get_by_role("button", name="Join by ID").click()
    page.get_by_label("Link").fill("  https://meeting.tencent.com/dm/abc  ")
    page.get_by_label("Link").press("Enter")
    until(page, "document.querySelector('.go').getAttribute('aria-busy') === null")
    told(
        page,
        lambda: stand_in.commands("meeting.join"),
        [{"link": "https://meeting.tencent.com/dm/abc"}],
    )


def test_no_platform_that_can_begin_one_means_no_new_meeting(open_panel: Any) -> None:
    room = rooms.at_rest()
    for platform in room["platforms"]:
        platform["new"] = False
    _, page = open_panel(room)
    usable(page)
    expect(page.get_by_role("button", name="New meeting")).to_have_count(0)


def test_language_changes_by_one_touch_without_a_reload(open_panel: Any) -> None:
    _, page = open_panel()
    usable(page)
    page.evaluate("window.same = true")
    page.get_by_role("button", name="切换到中文").click()
    expect(page.locator("home-view .join")).to_have_text("加入会议")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.evaluate("window.same")


def test_the_clock_is_the_rooms_whatever_this_browser_thinks(open_panel: Any) -> None:
    room = rooms.at_rest()
    room["identity"]["timezone"] = "Asia/Kolkata"
    _, page = open_panel(room, timezone_id="America/New_York")
    usable(page)
    page.wait_for_function(  # the minute may turn between the two
        """() => document.querySelector(".bar time").textContent ===
        new Intl.DateTimeFormat("en-GB", {timeZone: "Asia/Kolkata",
        hour: "2-digit", minute: "2-digit"}).format(new Date())"""
    )


def test_another_server_reloads_only_an_untouched_panel(open_panel: Any) -> None:
    stand_in, page = open_panel()
    usable(page)
    page.evaluate("window.same = true")
    stand_in.boot_id = "boot-2"
    stand_in.cut()
    usable(page)
    page.wait_for_timeout(1500)  # at least one tick of the rule
    assert page.evaluate("window.same")
    with page.expect_navigation():
        _pass(page, 31)


def _pass(page: Page, seconds: float) -> None:
    """Let the page believe that `seconds` have passed."""
    page.evaluate(
        "(ms) => { const now = performance.now.bind(performance); "
        "performance.now = () => now() + ms; }",
        seconds * 1000,
    )


def test_a_thousand_changes_leave_no_nodes_behind(open_panel: Any) -> None:
    stand_in, page = open_panel(rooms.in_call())
    usable(page)
    page.wait_for_selector("report-card", state="attached")  # it comes later, once
    count = "document.querySelectorAll('*').length"
    _turn(stand_in, page, 4)
    before = page.evaluate(count)
    _turn(stand_in, page, 40)
    assert page.evaluate(count) == before


def _turn(stand_in: StandIn, page: Page, times: int) -> None:
    for i in range(times):
        room = rooms.in_call() if i % 2 else rooms.at_rest()
        stand_in.patch(**{**room, "audio": {**room["audio"], "volume_pct": i}})
    until(page, f"document.querySelector('call-view .level').textContent === '{times - 1} %'")
