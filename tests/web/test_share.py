"""How a laptop is shown: the room's own words, its meeting's code, and what its display says."""

from __future__ import annotations

import pytest
import segno
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import Open, seen, told, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser


def shared(
    open_panel: Open, stand_in: StandIn, room: rooms.Room | None = None
) -> tuple[StandIn, Page]:
    drawn = segno.make("https://meet.example/1").svg_inline()
    stand_in.code = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    _, page = open_panel(room or rooms.shared())
    usable(page)
    page.locator("call-view .share-key").tap()
    seen(page, "share-sheet section:not([hidden])")
    return stand_in, page


def test_the_rooms_words_the_number_and_the_code_stand_there(
    open_panel: Open, stand_in: StandIn
) -> None:
    _, page = shared(open_panel, stand_in)
    sheet = page.locator("share-sheet")
    expect(sheet).to_contain_text("Pull the grey cable out of the table.")
    expect(sheet).to_contain_text("123 456 789")
    expect(sheet).to_contain_text("without audio")
    expect(sheet).to_contain_text("Plug in the black USB cable.")
    expect(sheet.locator(".code")).to_be_visible()
    expect(sheet.locator("section > img")).to_be_hidden()  # no picture is there


def test_whether_the_cable_is_shown_is_what_the_display_says(
    open_panel: Open, stand_in: StandIn
) -> None:
    _, page = shared(open_panel, stand_in)
    sheet = page.locator("share-sheet")
    expect(sheet).to_contain_text("The screen shows something else")
    page.get_by_role("button", name="Show on the screen").tap()
    asked = {"display": "wall", "input": "HDMI 2"}
    told(page, lambda: stand_in.commands("display.input"), [asked])
    stand_in.patch(displays=[rooms.display("wall", input="HDMI 2")])
    expect(sheet).to_contain_text("The screen shows the cable’s picture")
    expect(page.get_by_role("button", name="Show on the screen")).to_be_hidden()
    stand_in.patch(displays=[rooms.display("wall", input=None)])
    expect(sheet.locator("[role=status]").first).to_be_hidden()  # nothing is claimed


def test_a_room_that_says_nothing_of_its_cable_shows_the_meeting_alone(
    open_panel: Open, stand_in: StandIn
) -> None:
    _, page = shared(open_panel, stand_in, rooms.in_call())
    expect(page.locator("share-sheet section:visible")).to_have_count(1)


def laptop(open_panel: Open, room: rooms.Room) -> Page:
    _, page = open_panel(room)
    usable(page)
    page.locator("home-view .laptop-key").tap()
    seen(page, "laptop-card section")
    return page


def test_a_room_without_a_switch_has_no_key_and_no_card_for_a_laptop(
    open_panel: Open, stand_in: StandIn
) -> None:
    _, page = shared(open_panel, stand_in)
    expect(page.locator("laptop-card")).to_be_hidden()
    expect(page.locator("share-sheet")).to_contain_text("Plug in the black USB cable.")
    stand_in.patch(**rooms.at_rest())
    expect(page.locator("home-view .laptop-key")).to_be_hidden()


def test_at_rest_a_laptop_gets_the_room_with_steps_and_one_key(
    open_panel: Open, stand_in: StandIn
) -> None:
    page = laptop(open_panel, rooms.switched())
    card = page.locator("laptop-card")
    expect(card).to_contain_text("The room has its camera and microphone.")
    expect(card).to_contain_text("Plug the table’s USB cable into your laptop.")
    expect(card).to_contain_text("HD Pro Webcam C920, Jabra SPEAK 810")
    expect(card.locator(".key:visible")).to_have_count(1)
    card.get_by_role("button", name="Use the room from my laptop").tap()
    told(page, lambda: stand_in.commands("byom.give"), [{}])
    stand_in.patch(byom=rooms.byom(requested="laptop"))
    expect(card).to_contain_text("Giving them to the laptop")
    stand_in.patch(**rooms.at_a_laptop())
    expect(card).to_contain_text("A laptop is using the room")
    expect(page.locator(".bar h1")).to_have_text("Laptop")
    card.get_by_role("button", name="Give the room back").tap()
    told(page, lambda: stand_in.commands("byom.take"), [{}])


def test_what_no_switch_confirms_is_said_as_asked_for(open_panel: Open, stand_in: StandIn) -> None:
    asked = {"holder": "unknown", "requested": "laptop", "reads_back": False}
    page = laptop(open_panel, rooms.at_a_laptop(**asked))
    expect(page.locator("laptop-card")).to_contain_text("does not say whether it has turned")
    expect(page.locator("laptop-card")).not_to_contain_text("is using")
    stand_in.patch(byom=rooms.byom(requested="laptop", late=True))
    expect(page.locator("laptop-card")).to_contain_text("has not turned")
    stand_in.patch(byom=rooms.byom(holder="unknown"))
    expect(page.locator("laptop-card")).to_contain_text("It is not known who has")
    stand_in.patch(byom=rooms.byom(plugged=False))
    expect(page.get_by_role("button", name="Use the room from my laptop")).to_be_disabled()


def test_a_room_at_a_laptop_says_so_and_claims_nothing_of_the_microphone(
    open_panel: Open,
) -> None:
    _, page = open_panel(rooms.at_a_laptop())
    usable(page)
    home = page.locator("home-view")
    expect(home.locator(".badge")).to_contain_text("A laptop is using the room")
    expect(home.locator(".mute")).to_contain_text("At a laptop")
    expect(home.locator(".mute")).to_be_disabled()
    expect(home).not_to_contain_text("Muted")
    expect(home.locator("trouble-note")).to_be_hidden()
    page.locator(".bar .ask").tap()
    expect(page.locator("help-sheet")).to_contain_text("A laptop has it")
    expect(page.locator("help-sheet .faults .good")).to_be_visible()


def test_the_sound_says_of_a_speakerphone_that_a_laptop_has_it_and_not_that_it_is_unplugged(
    open_panel: Open,
) -> None:
    _, page = open_panel(rooms.at_a_laptop())
    usable(page)
    page.locator("home-view .reading").tap()
    expect(page.locator("sound-sheet .how")).to_have_text("A laptop has it")


@pytest.mark.parametrize("room", [rooms.switched(), rooms.at_a_laptop()], ids=["room", "laptop"])
def test_on_a_phone_the_keys_below_leave_join_in_sight(open_panel: Open, room: rooms.Room) -> None:
    _, page = open_panel(room, viewport={"width": 390, "height": 844})
    usable(page)
    join = page.locator("home-view .join").bounding_box()
    dock = page.locator("home-view .dock").bounding_box()
    assert join is not None
    assert dock is not None
    assert join["y"] + join["height"] <= dock["y"]


HOME = "home-view"
ASKED = {
    "home": ((), f"{HOME} .join", "meeting.join", {"booking": "a"}),
    "row": ((), f"{HOME} .rows .key", "meeting.join", {"booking": "b"}),
    "typed": (
        (f"{HOME} .enter-key",),
        "join-sheet .go",
        "meeting.join",
        {"number": "482901773", "platform": "tencent"},
    ),
    "new": ((f"{HOME} .fresh",), "new-sheet .big >> nth=1", "meeting.new", {"platform": "zoom"}),
}


def test_beside_the_laptops_steps_stand_the_ways_to_a_meeting(
    open_panel: Open, stand_in: StandIn
) -> None:
    page = laptop(open_panel, rooms.switched())
    seat = page.locator("share-sheet")
    seat.get_by_role("button", name="Start a meeting").tap()
    told(page, lambda: stand_in.commands("meeting.new"), [{"platform": "tencent"}])
    seat.get_by_role("button", name="Join by ID").tap()
    expect(page.locator("join-sheet")).to_be_visible()


@pytest.mark.parametrize("way", ASKED)
def test_whoever_begins_a_meeting_is_told_first_that_a_laptop_loses_the_devices(
    open_panel: Open, stand_in: StandIn, way: str
) -> None:
    before, key, command, args = ASKED[way]
    room = rooms.at_a_laptop()
    room["bookings"] = [
        rooms.booking("a", "Design review", -3, join="now"),
        rooms.booking("b", "Budget", 5, join="now"),
    ]
    room["platforms"] = [
        {**one, "new": one["key"] in ("tencent", "zoom")} for one in room["platforms"]
    ]
    _, page = open_panel(room, viewport={"width": 1280, "height": 800})
    usable(page)
    for first in before:
        page.locator(first).tap()
    if way == "typed":
        page.locator("join-sheet textarea").fill("482901773")
    page.locator(key).tap()
    expect(page.locator(".toast")).to_contain_text("Tap again to take them back")
    assert stand_in.commands(command) == []
    page.locator(key).tap()
    told(page, lambda: stand_in.commands(command), [args])


def test_a_meeting_that_failed_is_not_tried_again_at_a_laptops_cost_by_one_touch(
    open_panel: Open, stand_in: StandIn
) -> None:
    lent = rooms.at_a_laptop()
    room = rooms.at_a_wall() | {"byom": lent["byom"], "audio": lent["audio"]}
    _, page = open_panel(room)
    usable(page)
    other = page.locator("blocked-card .ways .key:visible:has([data-icon=other])")
    other.tap()
    expect(page.locator(".toast")).to_contain_text("Tap again to take them back")
    assert stand_in.commands("meeting.fallback") == []
    other.tap()
    told(page, lambda: stand_in.commands("meeting.fallback"), [{}])


def test_in_a_call_nothing_is_given_and_the_room_is_not_said_to_have_what_a_laptop_has(
    open_panel: Open, stand_in: StandIn
) -> None:
    room = rooms.in_call() | {"byom": rooms.byom()}
    _, page = shared(open_panel, stand_in, room)
    expect(page.locator("laptop-card")).to_contain_text("Leave the meeting here first")
    expect(page.locator("laptop-card .key:visible")).to_have_count(0)
    expect(page.locator("share-sheet")).to_contain_text("The room has the microphone")
    given = rooms.at_a_laptop()
    stand_in.patch(byom=given["byom"], audio=given["audio"])
    expect(page.locator("share-sheet")).not_to_contain_text("The room has the microphone")


@pytest.mark.parametrize(
    ("room", "says"),
    [
        (rooms.at_a_laptop(), "A laptop is using the room"),
        (rooms.at_a_laptop(holder="unknown", requested="laptop"), "Given to a laptop"),
    ],
)
def test_the_rooms_display_says_in_one_line_that_a_laptop_uses_the_room(
    open_panel: Open, room: rooms.Room, says: str
) -> None:
    _, page = open_panel(room, "/screen")
    expect(page.locator("room-screen .state-word")).to_have_text(says)
