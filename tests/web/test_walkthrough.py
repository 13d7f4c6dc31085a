"""A page is shown once: what is offered, what is looked at before it is kept, and the replay."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from roomctl.screen.png import png
from tests.examples import crossed
from tests.web import rooms
from tests.web.conftest import Open, told, until, usable
from tests.web.stand_in import NOTHING, StandIn
from tests.web.test_layout import CONTRAST, PHONE, faults
from tests.web.test_remote_control import SHOWN

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 240, 96
PICTURE = png(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + bytes([90]) * (WIDTH * HEIGHT * 3), 1 << 20)
MAY = [
    *("walkthrough.begin", "walkthrough.keep", "walkthrough.discard", "walkthrough.stop"),
    *("meeting.leave", "screen.press", "audio.mute", "audio.unmute"),
]


def step(*does: str, asks: tuple[int, ...] = ()) -> dict[str, Any]:
    head = {"does": list(does), "pictures": 1, "optional": False, "person": False}
    return {**head, "asks": list(asks)}


STEPS = [
    step(),
    step("type {name}", "key tab", "type {passcode}", "key enter"),
    step(asks=(8,)),
]
KEPT = [
    {
        "name": f"zoom-{number}",
        "platform": "zoom",
        "by": "panel",
        "at": at,
        "tries": 12,
        "misses": 1,
        "steps": STEPS,
        "by_room": room,
        "given_up": room is not None,
    }
    for number, at, room in ((1, "2026-11-20T09:30:00+08:00", None), (2, None, ""))
]
ABOVE_DOCK = """(() => {
  const box = (name) => document.querySelector(`call-view ${name}`).getBoundingClientRect();
  return box("walkthrough-line").bottom <= box(".dock").top;
})()"""
NO_PIN = {"pin": False, "role": None, "ends_in_s": None}
PIN = {"pin": True, "role": None, "ends_in_s": None}


def shown(
    open_panel: Open, room: rooms.Room, may: list[str] | None = None, **context: Any
) -> tuple[StandIn, Page]:
    """Show a room at a plain page on a panel that may what `may` says; else show it pages too."""
    stand_in, page = open_panel(None, NOTHING, **context)
    stand_in.room, stand_in.picture = room, PICTURE
    stand_in.steps, stand_in.kept = STEPS, KEPT
    stand_in.may, stand_in.staff = MAY if may is None else may, stand_in.staff or NO_PIN
    page.goto(stand_in.url)
    usable(page)
    return stand_in, page


COME = """(() => {
  const { walkthrough } = document.querySelector("room-panel").live.room;
  const place = document.querySelector("call-view walkthrough-place");
  return (walkthrough?.state ?? "idle") === "idle" || place?.empty !== true;
})()"""  # what is told of a page moves the keys below it when its module comes


def display(page: Page) -> Locator:
    """Open the room's display on the panel, once what comes later stands in its place."""
    page.wait_for_load_state("networkidle")
    until(page, COME)
    page.locator("call-view .screen-key").click()
    sheet = page.locator("remote-control")
    expect(sheet).to_be_visible()
    return sheet


def reviewed(open_panel: Open, **context: Any) -> tuple[StandIn, Page]:
    """Open what was shown, to look at it."""
    stand_in, page = shown(open_panel, rooms.walking("en", "showing", steps=3), **context)
    display(page).get_by_role("button", name="Done").click()
    expect(page.locator(".shown-steps li")).to_have_count(3)
    return stand_in, page


def test_whoever_may_begins_with_one_touch(open_panel: Open) -> None:
    stand_in, page = shown(open_panel, rooms.walking())
    display(page).get_by_role("button", name="Remember these steps").tap()
    told(page, lambda: stand_in.commands("walkthrough.begin"), [{}])


def test_with_a_pin_it_is_asked_for_first_and_leads_back(
    open_panel: Open, stand_in: StandIn
) -> None:
    stand_in.staff, stand_in.pin = PIN, "27"
    _, page = shown(open_panel, rooms.walking(), ["meeting.leave"])
    display(page).get_by_role("button", name="Remember these steps").tap()
    for digit in "27":
        page.locator("pin-pad").get_by_role("button", name=digit, exact=True).tap()
    stand_in.may = MAY
    page.locator("pin-pad .go").tap()
    begin = page.locator("remote-control").get_by_role("button", name="Remember these steps")
    expect(begin).to_be_visible()
    assert stand_in.commands("walkthrough.begin") == []
    until(page, "document.querySelector('room-panel').may('walkthrough.begin')")
    begin.tap()
    told(page, lambda: stand_in.commands("walkthrough.begin"), [{}])


def test_whoever_may_not_is_offered_nothing(open_panel: Open) -> None:
    stand_in, page = shown(open_panel, rooms.walking(), ["walkthrough.stop"])
    sheet = display(page)
    expect(sheet.locator("walkthrough-line")).to_be_attached()
    expect(sheet.get_by_role("button", name="Remember these steps")).to_be_hidden()
    stand_in.patch(**rooms.walking("en", "showing", steps=1))
    expect(sheet.locator(".badge")).to_be_hidden()
    expect(sheet.get_by_role("button", name="Done")).to_be_hidden()


def test_a_page_that_nobody_passes_offers_nothing_and_loads_nothing(open_panel: Open) -> None:
    _, page = shown(open_panel, rooms.at_a_wall())
    display(page)
    assert page.locator("walkthrough-line").count() == 0


def test_while_it_is_shown_its_steps_are_counted_and_can_be_discarded(open_panel: Open) -> None:
    stand_in, page = shown(open_panel, rooms.walking("en", "showing", steps=1))
    line = display(page).locator("walkthrough-line")
    expect(line).to_contain_text("Showing: 1 step")
    stand_in.patch(**rooms.walking("en", "showing", steps=3))
    expect(line).to_contain_text("Showing: 3 steps")
    line.get_by_role("button", name="Discard").tap()
    told(page, lambda: stand_in.commands("walkthrough.discard"), [{}])


def test_each_step_is_said_with_its_picture(open_panel: Open) -> None:
    _, page = reviewed(open_panel)
    said = page.locator(".shown-steps p").all_inner_texts()
    assert said == [
        "1. Tap",
        "2. Tap · Type the room's name · Key: Next · Type the passcode · Key: Enter",
        "3. Tap",
    ]
    until(page, "[...document.querySelectorAll('.looks img')].every((e) => e.naturalWidth === 240)")


def test_what_was_ticked_is_kept_and_no_other_text(open_panel: Open) -> None:
    stand_in, page = reviewed(open_panel)
    rows = page.locator(".shown-steps li")
    rows.nth(0).get_by_role("button", name="May not appear").tap()
    rows.nth(1).get_by_role("button", name="Asks whether a person is there").tap()
    text = rows.nth(2).get_by_role("button", name="Same text each time (8 characters)")
    expect(text).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Keep", exact=True).tap()
    args = {"optional": [1], "person": [2], "texts": []}
    told(page, lambda: stand_in.commands("walkthrough.keep"), [args])
    expect(page.locator(".toast")).to_contain_text("from now on")
    expect(page.locator("call-view")).to_be_visible()


def test_a_text_is_kept_once_it_is_ticked_and_a_tick_can_be_taken_back(open_panel: Open) -> None:
    stand_in, page = reviewed(open_panel)
    person = page.locator(".shown-steps li").first.get_by_role("button", name="Asks whether")
    person.tap()
    person.tap()
    page.get_by_role("button", name="Same text each time").tap()
    page.get_by_role("button", name="Keep", exact=True).tap()
    args = {"optional": [], "person": [], "texts": [3]}
    told(page, lambda: stand_in.commands("walkthrough.keep"), [args])


def test_what_could_not_be_kept_stays_to_be_looked_at(open_panel: Open) -> None:
    stand_in, page = reviewed(open_panel)
    error = {"code": "storage", "params": {}}
    stand_in.answer = lambda command: {"status": "refused", "error": error}
    page.get_by_role("button", name="Keep", exact=True).tap()
    expect(page.locator(".toast")).to_contain_text("could not be stored")
    expect(page.locator(".shown-steps li")).to_have_count(3)


def test_a_step_that_comes_meanwhile_is_looked_at_before_it_is_kept(open_panel: Open) -> None:
    stand_in, page = reviewed(open_panel)
    stand_in.steps = [*STEPS, step("text Visitor")]
    stand_in.patch(**rooms.walking("en", "showing", steps=4))
    expect(page.locator(".shown-steps li")).to_have_count(4)
    expect(page.locator(".shown-steps li").last).to_contain_text("Type: Visitor")


def test_what_is_no_longer_shown_cannot_be_kept(open_panel: Open) -> None:
    stand_in, page = reviewed(open_panel)
    stand_in.patch(**rooms.walking())
    expect(page.locator("walkthrough-review")).to_contain_text("Nothing is being shown.")
    expect(page.get_by_role("button", name="Keep", exact=True)).to_be_hidden()


def test_in_the_meeting_what_was_shown_waits_to_be_kept(open_panel: Open) -> None:
    room = {**rooms.in_call(), "walkthrough": rooms.walking("en", "shown", steps=3)["walkthrough"]}
    _, page = shown(open_panel, room)
    line = page.locator("call-view walkthrough-line")
    expect(line).to_contain_text("In the meeting: 3 steps")
    line.get_by_role("button", name="Done").tap()
    expect(page.locator(".shown-steps li")).to_have_count(3)


def test_the_replay_says_how_far_it_is_and_stops_at_one_touch(open_panel: Open) -> None:
    stand_in, page = shown(open_panel, rooms.walking("en", "joining", step=1, steps=4))
    line = page.locator("call-view walkthrough-line")
    expect(line).to_contain_text("Joining: step 1 of 4")
    stand_in.patch(**rooms.walking("en", "joining", step=3, steps=4))
    expect(line).to_contain_text("Joining: step 3 of 4")
    step = page.locator("call-view .way-in [aria-current]")
    expect(step).to_have_text("Before the meeting")
    expect(step.locator("i")).to_have_attribute("style", "--at: 0.75;")
    expect(page.locator("call-view .badge")).to_have_text("Joining…")
    line.get_by_role("button", name="Stop").tap()
    told(page, lambda: stand_in.commands("walkthrough.stop"), [{}])


@pytest.mark.parametrize(
    ("language", "by_room", "said"),
    [
        ("en", "Bamboo", "Joining: step 1 of 4 · As shown in \u2068Bamboo\u2069"),
        ("en", "", "Joining: step 1 of 4 · As shown in another room"),
        ("en", "<b>\u05d0\u05d1</b>", "As shown in \u2068<b>\u05d0\u05d1</b>\u2069"),
        ("zh-CN", "竹", "按 \u2068竹\u2069 演示的步骤"),
    ],
)
def test_the_replay_says_which_room_was_shown_the_page(
    open_panel: Open, language: str, by_room: str, said: str
) -> None:
    room = rooms.walking(language, "joining", step=1, steps=4, by_room=by_room)
    stand_in, page = shown(open_panel, room)
    line = page.locator("call-view walkthrough-line")
    expect(line).to_contain_text(said)
    stand_in.patch(**rooms.walking(language, "joining", step=2, steps=4))
    expect(line.get_by_role("status")).to_have_text(
        {"en": "Joining: step 2 of 4"}.get(language, "正在加入：第 2 步，共 4 步")
    )


def test_nobody_is_told_to_press_join_while_the_room_does_it(open_panel: Open) -> None:
    room = rooms.walking("en", "joining", step=1, steps=4)
    _, page = shown(open_panel, rooms.with_meeting(room, state="prejoin"))
    expect(page.locator("call-view walkthrough-line")).to_be_visible()
    expect(page.locator("blocked-card")).to_be_hidden()


@pytest.mark.parametrize("state", ["unknown", "prejoin", "failed"])
def test_a_changed_page_leads_to_the_room_screen_and_is_shown_again(
    open_panel: Open, state: str
) -> None:
    room = rooms.walking("en", "handed_over", reason="changed")
    stand_in, page = shown(open_panel, rooms.with_meeting(room, state=state))
    line = page.locator("call-view walkthrough-line")
    said = "This page has changed: tap it yourself, and show the room again."
    expect(line.locator("p")).to_have_text(said)
    expect(page.locator("call-view .primary").locator("visible=true")).to_have_text("Room screen")
    display(page).get_by_role("button", name="Remember these steps").tap()
    told(page, lambda: stand_in.commands("walkthrough.begin"), [{}])


@pytest.mark.parametrize("reason", ["ambiguous", "person", "no_word", "failed", "quantum"])
def test_why_the_room_went_no_further_is_said(open_panel: Open, reason: str) -> None:
    _, page = shown(open_panel, rooms.walking("en", "handed_over", reason=reason))
    line = page.locator("call-view walkthrough-line")
    expect(line).to_contain_text("yourself")
    expect(line).not_to_contain_text("changed")


def test_staff_see_what_is_kept_and_forget_it_with_two_touches(
    open_panel: Open, stand_in: StandIn
) -> None:
    stand_in.staff = {"pin": True, "role": "technician", "ends_in_s": 600.0}
    _, page = shown(open_panel, rooms.at_rest())
    page.locator(".bar .staff").tap()
    page.get_by_role("button", name="Pages the room was shown").tap()
    rows = page.locator(".shown-pages li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("zoom-1 · Zoom")
    expect(rows.first).to_contain_text("Shown by panel, ")
    expect(rows.first).to_contain_text("12 tries, 1 missed")
    expect(rows.last).to_contain_text("not tried any more")
    rows.first.get_by_role("button", name="Forget").tap()
    rows.first.get_by_role("button", name="Really forget?").tap()
    expect(rows).to_have_count(1)
    rows.first.get_by_role("button", name="Forget").tap()
    assert [one["name"] for one in stand_in.kept] == ["zoom-2"]
    expect(rows.first.get_by_role("button", name="Forget", exact=True)).to_be_visible()


def test_a_visitors_phone_shows_the_room_no_page(open_panel: Open, stand_in: StandIn) -> None:
    stand_in.phone = True
    _, page = shown(open_panel, rooms.walking("en", "joining", step=1, steps=4))
    expect(page.locator("call-view walkthrough-line").get_by_text("Stop")).to_be_visible()
    stand_in.patch(**rooms.walking("en", "showing", steps=2))
    expect(page.locator("call-view walkthrough-line")).to_be_hidden()


@pytest.mark.parametrize(
    ("size", "language"), crossed([(800, 480), (1280, 800), PHONE], ["en", "zh-CN"]), ids=str
)
def test_nothing_overlaps_or_is_too_small(
    open_panel: Open, stand_in: StandIn, size: tuple[int, int], language: str
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    found, faint = {}, {}
    room = rooms.walking(language)
    _, page = shown(open_panel, room, viewport=viewport, reduced_motion="reduce")

    def look(name: str) -> None:
        found[name] = faults(page, phone=size == PHONE)
        faint[name] = page.evaluate(CONTRAST)

    for state in ("unknown", "prejoin", "failed"):
        for name, more in {
            "joining": {"step": 2, "steps": 4, "by_room": "Conference room 会议室 " * 4},
            "handed_over": {"reason": "no_word"},
            "showing": {"steps": 12},
        }.items():
            room = rooms.walking(language, name, **more)
            stand_in.patch(**rooms.with_meeting(room, state=state))
            expect(page.locator("call-view walkthrough-line")).to_be_visible()
            assert page.evaluate(ABOVE_DOCK), f"{state} {name}"
            look(f"{state} {name}")
            if state == "failed":  # a wall's card scrolls where its ways are many
                found[f"{state} {name}"].pop("below", None)
    page.locator("call-view .screen-key").click()
    expect(page.locator("remote-control walkthrough-line .primary")).to_be_visible()
    look("display showing")
    for name in ("offered", "joining"):
        stand_in.patch(**rooms.walking(language, name, step=2, steps=4))
        button = page.locator("remote-control walkthrough-line .key").locator("visible=true")
        expect(button).to_have_count(1)
        look(f"display {name}")
    stand_in.patch(**rooms.walking(language, "showing", steps=3))
    page.locator("remote-control walkthrough-line .primary").click()
    expect(page.locator(".shown-steps li")).to_have_count(3)
    for chip in page.locator(".shown-steps li").first.locator(".chip").all():
        chip.click()
    look("review")
    stand_in.staff = {"pin": True, "role": "technician", "ends_in_s": 600.0}
    stand_in.say(stand_in.hello())
    page.locator(".bar .staff").click()
    page.locator("staff-settings .key:has([data-icon=screen])").click()
    expect(page.locator(".shown-pages li")).to_have_count(2)
    look("list")
    for name in ("review", "list"):  # its list scrolls, and what scrolls may lie below
        found[name] = {k: v for k, v in found[name].items() if k not in ("below", "over")}
    assert {name: fault for name, fault in found.items() if fault} == {}
    assert {name: lines for name, lines in faint.items() if lines} == {}


NAMING = ["walkthrough.pick", "walkthrough.name"]


def test_staff_name_what_a_page_is_by_a_touch_on_its_picture(
    open_panel: Open, stand_in: StandIn
) -> None:
    room = rooms.walking("en", "handed_over", reason="changed")
    stand_in, page = shown(open_panel, rooms.with_meeting(room, state="prejoin"), MAY + NAMING)
    sheet = display(page)
    sheet.locator(".name-page").click()
    expect(sheet.locator(".badge")).to_contain_text("Tap a heading")
    preview = sheet.locator("screen-preview")
    until(page, SHOWN)
    preview.click()
    naming = page.locator("picture-naming")
    expect(naming).to_be_visible()
    assert stand_in.commands("screen.press") == []
    assert len(stand_in.commands("walkthrough.pick")) == 1
    assert set(stand_in.commands("walkthrough.pick")[0]) == {"x", "y"}
    naming.get_by_text("Lobby").click()
    told(page, lambda: stand_in.commands("walkthrough.name"), [{"says": "lobby"}])
    expect(naming).to_be_hidden()


def test_a_panel_without_staffs_rights_names_no_page(open_panel: Open) -> None:
    room = rooms.walking("en", "handed_over", reason="changed")
    _, page = shown(open_panel, rooms.with_meeting(room, state="prejoin"))
    assert display(page).locator(".name-page").is_hidden()
