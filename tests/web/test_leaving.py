"""What the panel says of a platform that the room leaves, and what it offers in its place."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.examples import crossed
from tests.web import rooms
from tests.web.conftest import Open, seen, told, usable
from tests.web.stand_in import NOTHING, StandIn
from tests.web.test_layout import PHONE, faults

pytestmark = pytest.mark.browser

REFUSED = {"status": "refused", "error": {"code": "link.service_ended", "params": {}}}
ENDS = "2026-11-26"  # in Shanghai, from 16:00 of the 25th on by UTC
DAYS = [  # the time by UTC, and what a room in Shanghai says then
    ("2026-11-14T15:59:00Z", "Zoom ends here in 12 days: new meetings will be on Tencent Meeting"),
    ("2026-11-14T16:01:00Z", "Zoom ends here in 11 days: new meetings will be on Tencent Meeting"),
    ("2026-11-24T16:01:00Z", "Zoom ends here tomorrow: new meetings will be on Tencent Meeting"),
    ("2026-11-25T16:01:00Z", "Zoom has ended here today: new meetings are on Tencent Meeting"),
]
SINCE = [
    ("2026-11-26T03:00:00Z", "Zoom has ended here today: new meetings are on Tencent Meeting"),
    ("2026-11-27T03:00:00Z", "Zoom has ended here: new meetings are on Tencent Meeting"),
    ("2026-12-26T03:00:00Z", "Zoom has ended here: new meetings are on Tencent Meeting"),
    ("2026-12-27T03:00:00Z", ""),
]

BOTTOM = """() => {  // the lowest edge of what stands in the card, and the card's own
  const seen = (e) => e.checkVisibility();
  const low = (e) => e.getBoundingClientRect().bottom;
  const card = [...document.querySelectorAll("home-view .card")].find(seen);
  return [Math.max(...[...card.children].filter(seen).map(low)), low(card)];
}"""


def leaving(**more: Any) -> rooms.Room:
    return rooms.moving() | {"bookings": [], "leaving": [rooms.move(**more)]}


@pytest.mark.parametrize(("now", "said"), DAYS)
def test_the_days_until_a_platform_ends_are_counted_in_the_rooms_zone(
    open_panel: Open, stand_in: StandIn, now: str, said: str
) -> None:
    stand_in.time = lambda: now
    _, page = open_panel(leaving(next_on=ENDS), timezone_id="America/New_York")
    expect(page.locator(".leaves")).to_have_text(said)


@pytest.mark.parametrize(("now", "said"), SINCE)
def test_that_a_platform_has_ended_is_news_for_thirty_days(
    open_panel: Open, stand_in: StandIn, now: str, said: str
) -> None:
    stand_in.time = lambda: now
    gone = {"stage": "ended", "since": ENDS, "next_stage": None, "next_on": None}
    _, page = open_panel(leaving(**gone, in_days=None, counting=False))
    usable(page)
    expect(page.locator(".leaves")).to_have_text(said)


def test_an_end_behind_another_stage_is_counted_down_too(
    open_panel: Open, stand_in: StandIn
) -> None:
    stand_in.time = lambda: "2026-11-14T15:59:00Z"
    stages = {"stage": "default", "next_stage": "join_only", "next_on": "2026-11-18"}
    stand_in, page = open_panel(leaving(**stages, ends_on=ENDS, ends_soon=True))
    expect(page.locator(".leaves")).to_have_text(DAYS[0][1])
    first = {"stage": None, "since": None, "next_stage": "dual", "next_on": "2026-11-18"}
    stand_in.patch(leaving=[rooms.move(**first, ends_on=ENDS, ends_soon=True)])
    expect(page.locator(".leaves")).to_have_text(DAYS[0][1])
    stand_in.patch(leaving=[rooms.move(**first, ends_on="2027-11-26", ends_soon=False)])
    expect(page.locator(".leaves")).to_have_text(
        "In 4 days new meetings move to Tencent Meeting; Zoom meetings can still be joined"
    )


def test_before_the_days_are_counted_nothing_is_said(open_panel: Open) -> None:
    _, page = open_panel(leaving(in_days=15, counting=False))
    usable(page)
    expect(page.locator(".leaves")).to_have_text("")


def test_a_move_is_counted_down_in_chinese_by_the_platforms_names(open_panel: Open) -> None:
    room = rooms.moving("zh-CN", 1)
    stand_in, page = open_panel(room)
    expect(page.locator(".leaves")).to_have_text("明天起本会议室停用 Zoom：新会议将使用腾讯会议")
    stand_in.patch(leaving=[rooms.move(5, stage=None, since=None, next_stage="dual")])
    moves = "5 天后新会议改用腾讯会议；Zoom 会议仍可加入"
    expect(page.locator(".leaves")).to_have_text(moves)


def test_three_cards_say_what_changed_and_the_last_touch_puts_them_away(open_panel: Open) -> None:
    stand_in, page = open_panel(rooms.moved())
    usable(page)
    cards = page.locator("move-cards")
    for heading in ("New meetings are on Tencent Meeting", "Invitations to Zoom"):
        expect(cards.locator("h1")).to_have_text(heading)
        cards.get_by_role("button", name="Next").tap()
    expect(cards.locator("h1")).to_have_text("Any questions?")
    assert stand_in.commands("meeting.cards_seen") == []
    cards.get_by_role("button", name="Got it").tap()
    told(page, lambda: stand_in.commands("meeting.cards_seen"), [{"platform": "zoom"}])
    stand_in.patch(leaving=[rooms.move()])
    expect(cards).to_be_hidden()
    expect(page.get_by_role("button", name="New meeting")).to_be_visible()


def test_the_cards_are_neither_in_a_call_nor_where_a_meeting_is_to_be_joined(
    open_panel: Open,
) -> None:
    stand_in, page = open_panel(rooms.moved())
    cards = page.locator("move-cards")
    expect(cards).to_be_visible()
    stand_in.patch(bookings=[rooms.booking("a", "Review", -1, join="now")])
    expect(page.get_by_role("button", name="Join", exact=True)).to_be_visible()
    expect(cards).to_be_hidden()
    stand_in.patch(bookings=[])
    expect(cards).to_be_visible()
    stand_in.patch(meeting=rooms.in_call()["meeting"])
    expect(page.locator("call-view")).to_be_visible()
    expect(cards).to_be_hidden()


@pytest.mark.parametrize("silent", [{"stage": "dual"}, {"stage": None}, {"cards": False}])
def test_no_card_is_shown_before_the_default_has_moved_or_once_they_were_read(
    open_panel: Open, silent: dict[str, Any]
) -> None:
    room = rooms.moved()
    room["leaving"][0].update(silent)
    _, page = open_panel(room)
    usable(page)
    expect(page.get_by_role("button", name="New meeting")).to_be_visible()
    assert page.locator("move-cards").count() == 0


def test_only_who_may_put_the_cards_away_is_shown_them(open_panel: Open, stand_in: StandIn) -> None:
    stand_in.may = ["meeting.join", "meeting.new"]
    _, page = open_panel(rooms.moved())
    usable(page)
    expect(page.get_by_role("button", name="New meeting")).to_be_visible()
    assert page.locator("move-cards").count() == 0


def test_a_booking_on_an_ended_platform_offers_a_new_meeting_by_one_touch(
    open_panel: Open,
) -> None:
    stand_in, page = open_panel(rooms.ended())
    usable(page)
    expect(page.locator(".why")).to_have_text(
        "Zoom has ended here. Start a new meeting and tell the others."
    )
    page.get_by_role("button", name="New meeting on Tencent Meeting").tap()
    told(page, lambda: stand_in.commands("meeting.new"), [{"platform": "tencent"}])


def test_a_join_that_is_refused_since_the_platform_ended_becomes_the_offer(
    open_panel: Open,
) -> None:
    room = rooms.ended(join="now", refused=None)
    stand_in, page = open_panel(room)
    stand_in.answer = lambda command: REFUSED
    usable(page)
    page.get_by_role("button", name="Join", exact=True).tap()
    instead = page.get_by_role("button", name="New meeting on Tencent Meeting")
    expect(instead).to_be_visible()
    expect(page.locator(".lead .join")).to_be_hidden()
    stand_in.answer = lambda command: {"status": "done"}
    instead.tap()
    told(page, lambda: stand_in.commands("meeting.new"), [{"platform": "tencent"}])


def test_a_number_of_an_ended_platform_offers_a_new_meeting_until_another_is_typed(
    open_panel: Open,
) -> None:
    stand_in, page = open_panel(rooms.ended())
    stand_in.answer = lambda command: REFUSED
    usable(page)
    page.locator(".enter-key").tap()
    sheet = page.locator("join-sheet")
    sheet.get_by_role("button", name="Zoom", exact=True).tap()
    for digit in "912345678":
        sheet.get_by_role("button", name=digit, exact=True).tap()
    sheet.locator(":is(.go, .anew):not([hidden])").tap()
    expect(sheet.locator(".say")).to_contain_text("Zoom has ended here.")
    instead = sheet.get_by_role("button", name="New meeting on Tencent Meeting")
    expect(instead).to_be_visible()
    sheet.get_by_role("button", name="1", exact=True).tap()
    expect(instead).to_be_hidden()
    sheet.locator(":is(.go, .anew):not([hidden])").tap()
    expect(instead).to_be_visible()  # the refusal has come
    stand_in.answer = lambda command: {"status": "done"}
    instead.tap()
    told(page, lambda: stand_in.commands("meeting.new"), [{"platform": "tencent"}])


def test_nothing_is_offered_where_no_meeting_can_be_started(open_panel: Open) -> None:
    room = rooms.ended()
    for platform in room["platforms"]:
        platform["new"] = False
    _, page = open_panel(room)
    usable(page)
    expect(page.locator(".why")).to_contain_text("This service has ended.")
    expect(page.locator(".instead")).to_be_hidden()


@pytest.mark.parametrize(
    ("size", "language"), crossed([(800, 480), (1280, 800), PHONE], ["en", "zh-CN"]), ids=str
)
def test_what_is_said_of_a_move_cuts_and_covers_nothing(
    open_panel: Open, stand_in: StandIn, size: tuple[int, int], language: str
) -> None:
    found = {}
    shown = {rooms.moving: ".leaves", rooms.moved: "move-cards", rooms.ended: ".instead"}
    _, page = open_panel(path=NOTHING, viewport={"width": size[0], "height": size[1]})
    for room, mark in shown.items():
        stand_in.room = room(language)
        page.goto(stand_in.url)
        usable(page)
        seen(page, f"{mark}:not([hidden])")
        found[mark] = faults(page, phone=size == PHONE)
        bottom, end = page.evaluate(BOTTOM)
        assert bottom <= end, (mark, bottom, end)
    assert {name: fault for name, fault in found.items() if fault} == {}
