"""Joining by number, name or link: whose it likely is, what is sent, what the sheet looks like."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.examples import crossed
from tests.web import rooms
from tests.web.conftest import Open, seen, still, told, until, usable
from tests.web.stand_in import NOTHING, Message, StandIn
from tests.web.test_layout import CONTRAST, PANELS, PHONE, faults
from tests.web.test_reach import violations

pytestmark = pytest.mark.browser


def opened(open_panel: Open, room: rooms.Room, **context: Any) -> tuple[StandIn, Page]:
    """Show the sheet of a room."""
    stand_in, page = open_panel(room, **context)
    usable(page)
    page.locator("home-view .enter-key").click()
    seen(page, "join-sheet textarea")
    return stand_in, page


def strike(page: Page, keys: str) -> None:
    """Press keys of the keyboard on the glass."""
    for key in keys:
        page.locator("join-sheet key-board").get_by_role("button", name=key, exact=True).tap()


def chosen(page: Page) -> Locator:
    return page.locator("join-sheet .chip[aria-pressed=true] b")


# What people enter, and whose it is likely, in a room that may join everywhere and whose own is
# Tencent Meeting. How long numbers are and how they are spaced, the platforms' files say, with
# their sources; None: several platforms write theirs so, and nothing tells them apart.
SHAPES = [
    ("", None),
    ("482", None),
    ("482901773", "tencent"),
    ("482 901 773", "tencent"),
    ("４８２-９０１-７７３", "tencent"),
    ("1234567890", None),
    ("123 456 7890", None),
    ("1234 567 890", "zhumu"),
    ("91234567890", None),
    ("912 3456 7890", None),
    ("912 345 67890", "dingtalk"),
    ("9123 456 7890", "webex"),
    ("123456789012", "ringcentral"),
    ("1234567890123", "teams"),
    ("123 456 789 012 3", "teams"),
    ("123456789012345", "teams"),
    ("abc-defg-hij", "meet"),
    ("Bamboo_Weekly", None),
    ("https://zoom.us/j/91234567890", None),
    ("会议号：123 456 789", None),
]
# The same in rooms that may join some only: the rest tells what is left.
SOME = [
    ('allow = ["zoom", "teams", "tencent"]', "91234567890", "zoom"),
    ('allow = ["zoom", "teams", "tencent"]', "123456789", "tencent"),
    ('allow = ["dingtalk", "tencent"]', "12345678901", "dingtalk"),
    ('allow = ["webex", "tencent"]', "1234567890", "webex"),
    ('allow = ["quanshi", "tencent"]', "123456789012", "quanshi"),
    ('allow = ["feishu", "zoom"]', "123456789", "feishu"),
    ('allow = ["feishu", "huawei"]', "123456789", None),
    ('allow = ["jitsi", "tencent"]', "Bamboo_Weekly", "jitsi"),
    ('allow = ["zoom"]\ndeny = ["zoom"]', "91234567890", None),
]
LIKELY = """async ([typed, platforms]) =>
    (await import("/ui/lib/likely.js")).likely(typed, platforms)"""


def test_whose_a_number_is_by_its_shape(open_panel: Open) -> None:
    _, page = open_panel()
    usable(page)
    everywhere = rooms.everywhere()["platforms"]
    said = [page.evaluate(LIKELY, [typed, everywhere]) for typed, _ in SHAPES]
    assert dict(zip([typed for typed, _ in SHAPES], said, strict=True)) == dict(SHAPES)
    for toml, typed, key in SOME:
        platforms = rooms.everywhere(toml=toml)["platforms"]
        assert page.evaluate(LIKELY, [typed, platforms]) == key, (toml, typed)


def test_every_platform_that_the_room_may_join_stands_in_the_sheet(open_panel: Open) -> None:
    _, page = opened(open_panel, rooms.everywhere())
    page.locator("join-sheet .more").tap()
    names = page.locator("join-sheet .platforms .chip b").all_inner_texts()
    assert len(names) == len(set(names)) >= 15
    assert {"Zoom", "Microsoft Teams", "Webex", "Quanshi", "DingTalk", "Feishu"} <= set(names)
    assert not {"Amazon Chime", "Umeet", "SIP / H.323"} & set(names)  # ended; no host of them here
    assert names[0] == "Tencent Meeting"


def test_the_likely_platform_is_chosen_as_one_types_and_a_persons_choice_stays(
    open_panel: Open,
) -> None:
    _, page = opened(open_panel, rooms.at_rest())
    strike(page, "91234567890")
    expect(chosen(page)).to_have_text("Zoom")
    expect(page.locator("textarea")).to_have_value("912 3456 7890")
    expect(page.locator("join-sheet .chip[aria-pressed=true] small")).to_have_text("Likely")
    strike(page, "12")
    expect(chosen(page)).to_have_text("Microsoft Teams")
    page.get_by_role("button", name="Quanshi").tap()
    strike(page, "3")
    expect(chosen(page)).to_have_text("Quanshi")
    page.get_by_role("button", name="Clear").tap()
    strike(page, "91234567890")
    expect(chosen(page)).to_have_text("Quanshi")
    page.locator(".back").tap()
    page.locator("home-view .enter-key").tap()
    strike(page, "91234567890")
    expect(chosen(page)).to_have_text("Zoom")  # whoever comes next chooses anew


def test_what_is_ambiguous_stays_on_the_rooms_own_platform(open_panel: Open) -> None:
    room = rooms.at_rest()
    room["platforms"][1]["default"] = True
    _, page = opened(open_panel, room)
    strike(page, "bamboo")
    expect(chosen(page)).to_have_text("Zoom")
    expect(page.locator("join-sheet .chip[aria-pressed=true] small")).to_have_text("")


# Numbers as people write them, in a room whose own platform has none.
UNTOLD = [
    "81234567890",
    "812 3456 7890",
    "812-3456-7890",
    "８１２３４５６７８９０",
    "812–3456–7890",
]
UNTOLD += ["(812) 3456 7890", "812.3456.7890", "#81234567890", "812", "8123456789012345678"]


def test_a_number_is_never_a_name_by_default(open_panel: Open) -> None:
    room = rooms.everywhere()
    for platform in room["platforms"]:
        platform["default"] = platform["new"] = platform["key"] == "jitsi"
    stand_in, page = opened(open_panel, room)
    for typed in UNTOLD:
        page.locator("textarea").fill(typed)
        page.locator("join-sheet .go").tap(force=True)
        expect(page.locator("join-sheet .say")).to_have_text("Choose a platform first")
        expect(chosen(page)).to_have_count(0)
    assert stand_in.commands("meeting.join") == []


@pytest.mark.parametrize(
    ("typed", "first"), [("81234567890", "RingCentral"), ("Weekly_7", "Jitsi Meet")]
)
def test_what_several_platforms_may_have_is_asked_for_with_large_keys(
    open_panel: Open, typed: str, first: str
) -> None:
    stand_in, page = opened(open_panel, rooms.everywhere())
    page.locator("textarea").fill(typed)
    keys = page.locator("join-sheet .platforms[data-which] .chip")
    expect(page.locator("join-sheet .told")).to_contain_text("Which one is it?")
    expect(page.locator("join-sheet .go")).to_have_text("Choose a platform")
    expect(chosen(page)).to_have_count(0)
    assert 2 <= keys.count() <= 3
    for box in [key.bounding_box() or {} for key in keys.all()]:
        assert box["height"] >= 56
        assert box["width"] >= 150
    before = keys.all_inner_texts()
    keys.filter(has_text=first).tap()
    expect(chosen(page)).to_have_text(first)
    expect(page.locator("join-sheet .chip[aria-pressed=true] .icon")).to_be_visible()
    expect(page.locator("join-sheet .go")).to_contain_text(first)
    assert keys.all_inner_texts() == before, "no key moves when one of them is chosen"
    page.locator("join-sheet .go").tap()
    told(page, lambda: len(stand_in.commands("meeting.join")), 1)


WHOLE = """() => {
    const field = document.querySelector("join-sheet textarea");
    const { height } = field.getBoundingClientRect();
    return [field.scrollWidth - field.clientWidth, field.scrollLeft, height];
}"""


def test_a_number_is_wholly_visible_however_long_it_is(open_panel: Open) -> None:
    _, page = opened(open_panel, rooms.everywhere())
    for width, height in [*PANELS, PHONE]:
        page.set_viewport_size({"width": width, "height": height})
        heights = set()
        for digits in (4, 9, 10, 11, 12, 13, 15, 18, 22):
            page.locator("textarea").fill("8" * digits)
            hidden, scrolled, drawn = page.evaluate(WHOLE)
            assert (hidden <= 0, scrolled) == (True, 0), f"{digits} digits at {width}"
            heights.add(drawn)
        assert len(heights) == 1, "a smaller size moves nothing"


def test_a_pasted_invitation_says_what_was_recognised(open_panel: Open) -> None:
    stand_in, page = opened(open_panel, rooms.at_rest())
    found = {"platform": "zoom", "number": "91234567890", "passcode": True, "refused": None}
    stand_in.answer = lambda command: {"status": "done", "result": found}
    text = "Topic: Bamboo\nhttps://zoom.us/j/91234567890\nPasscode: 24 68"
    page.locator("textarea").fill(text)
    said = "Recognised: Zoom · 912 3456 7890 · with passcode"
    expect(page.locator("join-sheet .told .hint")).to_have_text(said)
    expect(chosen(page)).to_have_text("Zoom")
    assert stand_in.commands("meeting.read") == [{"link": text}]
    stand_in.answer = lambda command: {
        "status": "done",
        "result": {**found, "platform": None, "refused": "look_alike_host"},
    }
    page.locator("textarea").fill("https://zoom.us.evil.example/j/91234567890")
    said = "That address imitates a meeting service. Do not use it."
    expect(page.locator("join-sheet .told .hint")).to_have_text(said)
    expect(chosen(page)).to_have_count(0)
    assert stand_in.commands("meeting.join") == []


def test_letters_and_a_passcode_are_typed_on_the_glass(open_panel: Open) -> None:
    room = rooms.at_rest()
    room["platforms"].append(
        rooms.platform("jitsi", "Jitsi Meet", "Jitsi Meet", (), named="[A-Za-z0-9_-]{3,}")
    )
    stand_in, page = opened(open_panel, room)
    board = page.locator("join-sheet key-board")
    board.get_by_role("button", name="Capital letter").tap()
    strike(page, "B")
    strike(page, "amboo-7")
    board.get_by_role("button", name="#+=").tap()
    strike(page, "_")
    board.get_by_role("button", name="abc").tap()
    strike(page, "xy")
    board.get_by_role("button", name="Erase a character").tap()
    expect(chosen(page)).to_have_text("Jitsi Meet")
    page.locator("[name='join.passcode']").tap()
    strike(page, "2")
    board.get_by_role("button", name="Capital letter").tap()
    strike(page, "K")
    expect(page.locator("[name='join.passcode']")).to_have_value("2K")
    board.get_by_role("button", name="Join").tap()
    sent = {"number": "Bamboo-7_x", "platform": "jitsi", "passcode": "2K"}
    told(page, lambda: stand_in.commands("meeting.join"), [sent])


def test_a_real_keyboard_writes_wherever_the_focus_is(open_panel: Open) -> None:
    stand_in, page = opened(open_panel, rooms.at_rest(), has_touch=False)
    page.keyboard.type("912345678901")
    page.keyboard.press("Backspace")
    expect(page.locator("textarea")).to_have_value("912 3456 7890")
    page.locator("textarea").focus()
    page.keyboard.press("Enter")
    sent = {"number": "91234567890", "platform": "zoom"}
    told(page, lambda: stand_in.commands("meeting.join"), [sent])


def test_a_number_is_mended_in_its_middle(open_panel: Open) -> None:
    _, page = opened(open_panel, rooms.at_rest(), has_touch=False)
    page.locator("textarea").focus()
    page.keyboard.type("482901773")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    page.keyboard.type("5")
    expect(page.locator("textarea")).to_have_value("482 905 773")


@pytest.mark.parametrize(
    "text",
    ["zoom.us/j/91234567890", "Topic: Bamboo\nhttps://zoom.us/j/91234567890\nPasscode: 24 68"],
)
def test_a_link_or_a_whole_invitation_goes_as_it_is(open_panel: Open, text: str) -> None:
    stand_in, page = opened(open_panel, rooms.at_rest())
    page.locator("textarea").fill(text)
    page.locator("join-sheet .go").tap()
    told(page, lambda: stand_in.commands("meeting.join"), [{"link": text}])


def test_a_platform_that_needs_a_passcode_asks_for_it_first(open_panel: Open) -> None:
    stand_in, page = opened(open_panel, rooms.at_rest())
    page.get_by_role("button", name="Microsoft Teams").tap()
    strike(page, "123456789012")
    page.locator("join-sheet .go").tap()
    expect(page.locator("join-sheet .say")).to_have_text("This platform needs the passcode, too")
    strike(page, "aB".lower())
    page.locator("join-sheet .go").tap()
    sent = {"number": "123456789012", "platform": "teams", "passcode": "ab"}
    told(page, lambda: stand_in.commands("meeting.join"), [sent])


def test_a_page_that_the_room_was_not_shown_is_said_and_opened(open_panel: Open) -> None:
    room = rooms.everywhere(toml='allow = ["teams", "tencent"]')
    stand_in, page = opened(open_panel, room)
    strike(page, "1234567890123")
    expect(chosen(page)).to_have_text("Microsoft Teams")
    expect(page.locator("join-sheet .chip[aria-pressed=true] small")).to_have_text("Show once")
    expect(page.locator("join-sheet .told")).to_contain_text("Needs to be shown once")
    page.locator("[name='join.passcode']").tap()
    strike(page, "ab12")
    page.locator("join-sheet .go").tap()
    sent = {"number": "1234567890123", "platform": "teams", "passcode": "ab12"}
    told(page, lambda: stand_in.commands("meeting.join"), [sent])


def test_a_refusal_is_said_once_and_moves_and_hides_nothing(open_panel: Open) -> None:
    stand_in, page = opened(open_panel, rooms.at_rest())

    def places() -> Any:
        return page.evaluate(
            "() => [...document.querySelectorAll('join-sheet button')].map((e) => {"
            " const { x, y, width, height } = e.getBoundingClientRect();"
            " return [x, y, width, height].map(Math.round).join() })"
        )

    refused = {"code": "link.look_alike_host", "params": {}}
    stand_in.answer = lambda command: {"status": "refused", "error": refused}
    page.locator("textarea").fill("https://zoom.us.evil.example/j/91234567890")
    before = places()
    page.locator("join-sheet .go").tap()
    said = "That address imitates a meeting service. Do not use it."
    expect(page.locator("join-sheet .say")).to_have_text(said)
    expect(page.get_by_text(said).locator("visible=true")).to_have_count(1)
    expect(page.locator(".toast")).to_be_hidden()
    assert places() == before
    strike(page, "1")
    expect(page.locator("join-sheet .say")).to_be_hidden()


def test_a_phone_sends_a_link_by_the_code_in_the_sheet(open_panel: Open) -> None:
    stand_in, page = open_panel(None, NOTHING)
    stand_in.code = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'></svg>"
    page.goto(stand_in.url)
    usable(page)
    page.locator("home-view .enter-key").tap()
    expect(page.locator("join-sheet .told img")).to_be_visible()
    expect(page.locator("join-sheet .told")).to_contain_text("Scan to send a link")
    stand_in.patch(platforms=[rooms.platform("quanshi", "全时云会议", "Quanshi", number="link")])
    expect(page.locator("join-sheet .told")).to_contain_text("Joins by link here")


def test_a_phone_itself_is_shown_no_code_and_types_on_its_own_keys(open_panel: Open) -> None:
    stand_in, page = open_panel(None, NOTHING, viewport={"width": 390, "height": 844})
    stand_in.phone, stand_in.code = True, "<svg xmlns='http://www.w3.org/2000/svg'></svg>"
    page.goto(stand_in.url)
    usable(page)
    page.locator("home-view .enter-key").tap()
    expect(page.locator("join-sheet .go")).to_be_visible()
    expect(page.locator("join-sheet .told img")).to_be_hidden()
    expect(page.locator("join-sheet .line .digit").locator("visible=true")).to_have_count(0)
    expect(page.locator("textarea")).to_have_attribute("inputmode", "text")


def test_a_platform_beyond_the_first_is_named_where_more_of_them_are(open_panel: Open) -> None:
    stand_in, page = opened(open_panel, rooms.everywhere())
    strike(page, "1234567890123")
    expect(page.locator("join-sheet .more b")).to_have_text("Microsoft Teams")
    page.locator("join-sheet .more").tap()
    page.locator("join-sheet .every .chip", has_text="DingTalk").tap()
    expect(page.locator("join-sheet .more b")).to_have_text("DingTalk")
    expect(page.locator("join-sheet .every")).to_be_hidden()
    page.locator("join-sheet .more").tap()
    page.locator("join-sheet .favourites .key").tap()
    told(page, lambda: stand_in.commands("meeting.join"), [{"favourite": "Weekly all-hands"}])


VIEWS = {
    "empty": "",
    "number": "482901773",
    "name": "Bamboo-weekly-with-all",
    "link": "zoom.us/j/91234567890?pwd=QUJDRA.1",
}


@pytest.mark.parametrize(("size", "language"), crossed([*PANELS, PHONE], ["en", "zh-CN"]), ids=str)
def test_nothing_is_cut_covered_or_too_small(
    open_panel: Open, size: tuple[int, int], language: str
) -> None:
    phone = size == PHONE
    viewport = {"width": size[0], "height": size[1]}
    stand_in, page = opened(open_panel, rooms.everywhere(language), viewport=viewport)
    found: Message = {}
    for name, typed in VIEWS.items():
        page.locator("textarea").fill(typed)
        found[name] = faults(page, phone=phone)
    page.locator("textarea").fill("1234567890123")
    page.wait_for_selector("join-sheet .told:not(:has(img:not([hidden])))")
    found["to show"] = faults(page, phone=phone)
    for code in ("look_alike_host", "no_meeting", "wrapped"):
        error = {"code": f"link.{code}", "params": {}}
        stand_in.answer = lambda command, error=error: {"status": "refused", "error": error}
        page.locator("join-sheet .go").click()
        until(page, "document.querySelector('join-sheet .say').textContent !== ''")
        page.wait_for_selector("join-sheet .go[aria-busy]", state="detached")
        found[code] = faults(page, phone=phone)
    page.locator("join-sheet .more").click()
    seen(page, "join-sheet .every:not([hidden])")
    found["more"] = faults(page, phone=phone)
    assert {name: fault for name, fault in found.items() if fault} == {}


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_axe_finds_nothing_and_all_text_stands_at_seven_to_one(
    open_panel: Open, scheme: Any
) -> None:
    _, page = opened(open_panel, rooms.everywhere(), color_scheme=scheme, reduced_motion="reduce")
    faint, wrong = {}, {}
    for name, go in {
        "empty": lambda: None,
        "number": lambda: strike(page, "482901773"),
        "told": lambda: (page.locator("textarea").fill(""), page.locator("join-sheet .go").tap()),
        "more": lambda: page.locator("join-sheet .more").tap(),
    }.items():
        go()
        still(page)
        faint[name] = page.evaluate(CONTRAST)
        wrong[name] = violations(page)
    assert {name: lines for name, lines in faint.items() if lines} == {}
    assert {name: faults for name, faults in wrong.items() if faults} == {}
