"""What the room does by itself, on the panel and on the display: told before, with a way out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import Open, told, until, usable
from tests.web.rooms import deed, message, notice, reason
from tests.web.stand_in import NOTHING, StandIn

pytestmark = pytest.mark.browser

RELEASED = deed(4, "release", reason("no_show"), undo=True)
HISTORY = [
    deed(1, "wake", reason("occupied"), reason("pir", sensor="ceiling", ago_s=0), ago_s=900),
    deed(2, "standby", reason("vacant"), ago_s=500),
    deed(3, "wake", reason("touched"), reason("touch", ago_s=0), undo=True, ago_s=200),
]


def automatic(
    room: rooms.Room | None = None, notices: Any = (), acts: Any = (), **occupancy: Any
) -> rooms.Room:
    room = room or rooms.at_rest()
    room["automation"] = {"notices": list(notices), "acts": list(acts)}
    room["occupancy"].update(occupancy)
    return room


def vacant() -> dict[str, Any]:
    return {"state": "vacant", "reasons": []}


def shown(open_panel: Open, room: rooms.Room) -> tuple[StandIn, Page]:
    stand_in, page = open_panel(room)
    usable(page)
    return stand_in, page


@pytest.mark.parametrize(
    ("act", "says", "keeps"),
    [
        ("release", "Booking released in", "Keep the room"),
        ("end_call", "Leaving the call in", "Keep the call"),
        ("standby", "Standby in", "Stay on"),
    ],
)
def test_what_is_about_to_happen_counts_down_and_one_tap_keeps_it(
    open_panel: Open, act: str, says: str, keeps: str
) -> None:
    room = rooms.in_call() if act == "end_call" else None
    stand_in, page = shown(open_panel, automatic(room, [notice(act, 590)], **vacant()))
    strip = page.locator("notice-strip")
    expect(strip).to_contain_text(re.compile(rf"{says} [89]:\d\d"))
    first = strip.locator("b").text_content()
    until(page, f"document.querySelector('notice-strip b').textContent !== '{first}'")
    strip.get_by_role("button", name=keeps).tap()
    told(page, lambda: stand_in.commands("room.postpone"), [{"act": act}])
    stand_in.patch(automation={"notices": [], "acts": []})
    expect(strip).to_be_hidden()


def test_the_countdown_is_by_the_servers_clock(open_panel: Open) -> None:
    stand_in, page = open_panel(None, NOTHING)
    page.add_init_script("const now = Date.now; Date.now = () => now() - 600_000;")
    stand_in.room = automatic(notices=[notice("release", 590)], **vacant())
    page.goto(stand_in.url)
    usable(page)
    expect(page.locator("notice-strip b")).to_have_text(re.compile(r"in [89]:\d\d"))


def test_the_gravest_is_told_first(open_panel: Open) -> None:
    both = [notice("standby", 520), notice("end_call", 558)]
    stand_in, page = shown(open_panel, automatic(rooms.in_call(), both, **vacant()))
    expect(page.locator("notice-strip")).to_contain_text("Leaving the call")
    stand_in.patch(automation={"notices": both[:1], "acts": []})
    expect(page.locator("notice-strip")).to_contain_text("Standby in")


@pytest.mark.parametrize("room", [rooms.at_rest, rooms.in_call], ids=["home", "call"])
def test_a_notice_moves_nothing_that_a_finger_may_be_coming_down_on(
    open_panel: Open, room: Any
) -> None:
    keys = """[...document.querySelectorAll("main button")].filter((e) => e.checkVisibility())
        .map((e) => JSON.stringify(e.getBoundingClientRect()))"""
    stand_in, page = shown(open_panel, room())
    before = page.evaluate(keys)
    stand_in.patch(automation={"notices": [notice("standby", 20)], "acts": []})
    expect(page.locator("notice-strip")).to_be_visible()
    assert page.evaluate(keys) == before


@pytest.mark.parametrize(
    ("act", "says", "offers"),
    [
        ("release", "Booking released at", "Restore it"),
        ("end_call", "Left the call at", "Join"),
        ("byom_take", "Room taken back at", "Give again"),
    ],
)
def test_what_was_done_is_told_with_its_reason_and_one_tap_undoes_it(
    open_panel: Open, act: str, says: str, offers: str
) -> None:
    why = reason("no_show" if act == "release" else "vacant")
    acts = [*HISTORY, deed(4, act, why, undo=True)]
    stand_in, page = shown(open_panel, automatic(acts=acts, **vacant()))
    strip = page.locator("notice-strip")
    expect(strip).to_contain_text(says)
    expect(strip).to_contain_text("Nobody")
    strip.get_by_role("button", name=offers).tap()
    told(page, lambda: stand_in.commands("room.undo"), [{"number": 4}])
    stand_in.patch(automation={"notices": [], "acts": [*HISTORY, {**acts[-1], "undo": False}]})
    expect(strip).to_be_hidden()


def test_a_refused_undo_says_why(open_panel: Open) -> None:
    stand_in, page = shown(open_panel, automatic(acts=[RELEASED], **vacant()))
    error = {"code": "nothing_to_undo", "params": {}}
    stand_in.answer = lambda command: {"status": "refused", "error": error}
    page.locator("notice-strip .key").tap()
    expect(page.locator(".toast")).to_contain_text("can no longer be undone")


def test_light_that_comes_back_with_a_touch_takes_no_place_in_the_bar(open_panel: Open) -> None:
    _, page = shown(open_panel, automatic(acts=HISTORY))
    expect(page.locator("notice-strip")).to_be_hidden()
    expect(page.locator(".bar .name")).to_be_visible()


def test_a_stale_panel_keeps_nothing(open_panel: Open) -> None:
    stand_in, page = shown(open_panel, automatic(notices=[notice("release", 300)], **vacant()))
    stand_in.beating = stand_in.reachable = False
    stand_in.cut()
    page.wait_for_selector("notice-strip[inert]", state="attached")


def test_the_home_view_says_in_a_word_whether_somebody_is_here(open_panel: Open) -> None:
    stand_in, page = shown(open_panel, rooms.at_rest())
    line = page.locator(".because-key")
    expect(line).to_have_text("Someone is here")
    stand_in.patch(occupancy={**stand_in.room["occupancy"], **vacant()})
    expect(line).to_have_text("Nobody here")
    unknown = {"state": "unknown", "reasons": [reason("no_sensor")]}
    stand_in.patch(occupancy={**stand_in.room["occupancy"], **unknown})
    expect(line).to_have_text("Presence unknown")
    line.tap()
    because = page.locator("occupancy-sheet .because")
    expect(because).to_have_text("No sensor can be trusted now")
    none = {"state": "unknown", "reasons": [], "configured": 0, "healthy": 0}
    stand_in.patch(occupancy={**stand_in.room["occupancy"], **none})
    expect(because).to_have_text("This room has no presence sensor")


def test_a_room_that_counts_says_how_many_people_it_has_and_room_for_how_many(
    open_panel: Open,
) -> None:
    room = automatic(people=6, co2_ppm=1250)
    room["identity"]["capacity"] = 4
    stand_in, page = shown(open_panel, room)
    line = page.locator(".because-key")
    expect(line).to_have_text("6 people, room for 4")
    line.tap()
    expect(page.locator("occupancy-sheet")).to_contain_text("Air: 1250 ppm CO₂")
    stand_in.patch(identity={**room["identity"], "capacity": None})
    expect(page.locator("occupancy-sheet .known")).to_contain_text("6 people, by count")
    stand_in.patch(occupancy={**stand_in.room["occupancy"], "people": 0})
    expect(page.locator("occupancy-sheet .known")).not_to_contain_text("people")


def test_a_tap_on_it_says_all_that_is_known_and_which_sensor_is_not_believed(
    open_panel: Open,
) -> None:
    room = automatic(acts=HISTORY, healthy=1, configured=3, door="closed")
    room["devices"] += [rooms.device("occupancy.wall")]
    room["issues"] = [rooms.issue("occupancy.stuck_high", "occupancy.wall")]
    stand_in, page = shown(open_panel, room)
    expect(page.locator("home-view trouble-note")).to_be_hidden()  # it disturbs nobody's meeting
    page.locator(".because-key").tap()
    sheet = page.locator("occupancy-sheet")
    for words in (
        "Presence sensor 1: Motion 40\u00a0s ago",
        "1 of 3 sensors trusted",
        "The door is closed",
        "Presence sensor 2: always sees someone, and is ignored",
        "Check that nothing moves",
    ):
        expect(sheet).to_contain_text(words)
    deeds = sheet.locator(".deeds li")
    expect(deeds.first).to_contain_text("Someone used the panel")  # the newest first
    expect(deeds.last).to_contain_text("Someone was here · Presence sensor 1: Motion just now")
    expect(sheet.get_by_role("button")).to_have_count(1)
    sheet.get_by_role("button", name="Standby").tap()
    told(page, lambda: stand_in.commands("room.undo"), [{"number": 3}])


def test_an_undo_that_becomes_possible_later_has_its_words(open_panel: Open) -> None:
    taken = deed(4, "byom_take", reason("unplugged"))
    stand_in, page = shown(open_panel, automatic(acts=[taken]))
    page.locator(".because-key").tap()
    sheet = page.locator("occupancy-sheet")
    expect(sheet).to_contain_text("The laptop was unplugged")
    expect(sheet.get_by_role("button")).to_have_count(0)
    stand_in.patch(automation={"notices": [], "acts": [{**taken, "undo": True}]})
    sheet.get_by_role("button", name="Give again").tap()
    told(page, lambda: stand_in.commands("room.undo"), [{"number": 4}])


def with_status(status: str, **occupancy: Any) -> rooms.Room:
    room = automatic(**occupancy)
    room["bookings"][0]["status"] = status
    return room


def test_a_booking_that_nobody_was_seen_at_offers_to_check_in(open_panel: Open) -> None:
    stand_in, page = shown(open_panel, with_status("booked", **vacant()))
    page.get_by_role("button", name="Check in").tap()
    told(page, lambda: stand_in.commands("booking.check_in"), [{"booking": "a"}])
    stand_in.patch(bookings=with_status("checked_in")["bookings"])
    expect(page.locator(".lead .key:disabled")).to_have_text("Checked in")
    expect(page.get_by_role("button", name="Check in")).to_have_count(0)
    stand_in.patch(bookings=with_status("used")["bookings"])
    expect(page.locator(".became")).to_be_hidden()


def test_where_nothing_can_see_nobody_is_asked_to_check_in(open_panel: Open) -> None:
    room = with_status("booked", state="unknown", reasons=[], configured=0, healthy=0)
    _, page = shown(open_panel, room)
    expect(page.get_by_role("button", name="Join", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Check in")).to_have_count(0)


def test_a_released_booking_says_so_and_can_be_taken_back(open_panel: Open) -> None:
    stand_in, page = shown(open_panel, with_status("released", **vacant()))
    expect(page.locator(".became")).to_have_text("Released")
    page.locator(".lead").get_by_role("button", name="Restore it").tap()
    told(page, lambda: stand_in.commands("booking.check_in"), [{"booking": "a"}])


def test_the_display_tells_the_far_end_of_the_table_too(open_panel: Open) -> None:
    stand_in, page = open_panel(None, NOTHING)
    stand_in.room = automatic(notices=[notice("release", 590)], **vacant())
    page.goto(stand_in.url + "/screen")
    expect(page.locator(".notice")).to_have_text(
        re.compile(
            r"Nobody has come: the booking is released in [89]:\d\d\. Keep it on the panel\."
        )
    )
    stand_in.patch(automation={"notices": [], "acts": [RELEASED]})
    expect(page.locator(".notice")).to_be_hidden()
    stand_in.patch(bookings=with_status("released")["bookings"])
    expect(page.locator(".facts")).to_contain_text("Released")


LONG = (
    "The projector is being repaired until noon. Please share your screen in the meeting, or ask "
    "at the reception for another room: Cedar and Elm on this floor have a display of their own."
)


@pytest.mark.parametrize("size", [(800, 480), (1280, 800), (390, 844)], ids=str)
def test_a_long_message_is_read_in_full_and_put_away_again(
    open_panel: Open, size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    stand_in, page = open_panel(rooms.at_rest() | {"message": message(LONG)}, viewport=viewport)
    usable(page)
    strip = page.locator("notice-strip")
    expect(strip.locator("b")).to_have_text(LONG)
    strip.get_by_role("button", name="Read all").tap()
    expect(strip).to_contain_text("Until")
    fits = "b => b.scrollHeight <= b.clientHeight + 1"
    until(page, f"({fits})(document.querySelector('notice-strip b'))")
    strip.get_by_role("button", name="Close").tap()
    expect(strip.get_by_role("button", name="Read all")).to_be_visible()
    stand_in.patch(message=None)
    expect(strip).to_be_hidden()


def test_a_short_message_needs_no_key_and_what_the_room_will_do_comes_first(
    open_panel: Open,
) -> None:
    stand_in, page = shown(open_panel, rooms.at_rest() | {"message": message("Lift out of order")})
    strip = page.locator("notice-strip")
    expect(strip).to_contain_text("Lift out of order")
    expect(strip.get_by_role("button")).to_be_hidden()
    stand_in.patch(automation={"notices": [notice("release", 58)], "acts": []})
    expect(strip).to_contain_text("Booking released in")


def test_a_message_is_text_and_never_markup(open_panel: Open) -> None:
    evil = "<img src=x onerror=alert(1)> & <b>"
    _, page = shown(open_panel, rooms.at_rest() | {"message": message(evil)})
    expect(page.locator("notice-strip b")).to_have_text(evil)
    expect(page.locator("notice-strip img")).to_have_count(0)


def test_the_display_shows_a_message_with_its_end(open_panel: Open) -> None:
    _, page = open_panel(rooms.at_rest() | {"message": message(LONG)}, "/screen")
    expect(page.locator("footer .notice")).to_contain_text(f"{LONG} (Until ")
