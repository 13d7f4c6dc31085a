"""The room's display at rest: what it says, that it can be read, and that it only looks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from roomctl.api.phone import drawn
from tests.examples import crossed
from tests.web import rooms
from tests.web.conftest import Open, seen, told, until
from tests.web.stand_in import NOTHING, StandIn

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
CONTRAST = (HERE / "contrast.js").read_text().replace("room-panel", "room-screen")
MEASURE = (HERE / "display.js").read_text()
SIZES = [(1280, 720), (1920, 1080), (3840, 2160)]
CODE = drawn("http://192.168.10.34:8080/#pair=0123456789abcdefghijklmnopqrstuv")
LANGUAGES = ["en", "zh-CN"]
# 55 inch are 1218 mm wide. Capitals are 0.7 of a font, and are read from 5 m when 1/330 as high.
MM_ACROSS = 1218
SMALLEST_MM = 5000 / 330


def at_rest(language: str = "en", **sections: Any) -> rooms.Room:
    room = rooms.at_rest(language)
    room["identity"]["wifi"] = "Bamboo-Guest · bamboo-2026"
    return {**room, **sections}


def long_words(language: str = "en") -> rooms.Room:
    """Every text as long as it may be."""
    room = at_rest(language)
    room["identity"].update(display_name="Bamboo Grove " * 6, wifi="Guest " * 13, help="8" * 40)
    worst = "look_alike_host"
    room["bookings"][0].update(title="A review " * 20, organizer="Konstantin " * 5, refused=worst)
    return room


def announced(room: rooms.Room) -> rooms.Room:
    return {**room, "automation": {"notices": [rooms.notice("release", 3500)], "acts": []}}


def failed(language: str = "en") -> rooms.Room:
    room = at_rest(language)
    more = {"title": "Design review", "platform": "zoom", "number": "123 456 789"}
    return rooms.with_meeting(room, state="failed", failure="passcode_wrong", **more)


STATES: dict[str, Callable[[str], rooms.Room]] = {
    "a booking": at_rest,
    "no booking": lambda language: at_rest(language, bookings=[]),
    "a failed call": failed,
    "long words": long_words,
    "something announced": lambda language: announced(at_rest(language)),
    "all of that in long words": lambda language: announced(long_words(language)),
}


@pytest.fixture
def show(open_panel: Open) -> Callable[..., tuple[StandIn, Page]]:
    def showing(
        room: rooms.Room, *, code: str | None = CODE, **context: Any
    ) -> tuple[StandIn, Page]:
        options = {"viewport": {"width": 1920, "height": 1080}, "has_touch": False, **context}
        stand_in, page = open_panel(None, NOTHING, **options)
        stand_in.room, stand_in.code = room, code
        page.goto(stand_in.url + "/screen")
        seen(page, "room-screen:not([data-waiting])")
        if code:
            seen(page, "figure:not([hidden])")
        return stand_in, page

    return showing


def says(page: Page, words: str) -> None:
    page.get_by_text(words, exact=False).locator("visible=true").first.wait_for()


@pytest.mark.parametrize(
    ("size", "language", "coded"), crossed(SIZES, LANGUAGES, (True, False)), ids=str
)
def test_nothing_lies_on_anything_or_outside(
    show: Any, language: str, size: tuple[int, int], coded: bool
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    code = CODE if coded else None
    stand_in, page = show(at_rest(language), code=code, viewport=viewport)
    found = {}
    for name, room in STATES.items():
        stand_in.patch(**room(language))
        heading = room(language)["bookings"]
        until(page, f"document.querySelector('h2').textContent.length > {0 if heading else 1}")
        page.wait_for_timeout(80)
        measured = page.evaluate(MEASURE)
        found[name] = [*measured["out"], *measured["over"]]
    assert found == {name: [] for name in STATES}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_smallest_words_can_be_read_from_five_metres(show: Any, size: tuple[int, int]) -> None:
    _, page = show(at_rest(), viewport={"width": size[0], "height": size[1]})
    capital_mm = 0.7 * page.evaluate(MEASURE)["smallest"] * MM_ACROSS / size[0]
    assert capital_mm >= SMALLEST_MM


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_all_words_stand_at_seven_to_one_and_the_page_is_dark(show: Any, scheme: str) -> None:
    _, page = show(failed(), color_scheme=scheme)
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(20, 18, 16)"
    )


def test_the_booking_says_who_when_and_how_to_join(show: Any) -> None:
    stand_in, page = show(at_rest())
    for words in ("Quarterly design review", "Li Na · Tencent Meeting", "Tap Join on the panel."):
        says(page, words)
    says(page, "Guest Wi-Fi: Bamboo-Guest · bamboo-2026")
    says(page, "For help, call 8000")
    says(page, "· Hiring sync")
    later = stand_in.room["bookings"][1:]
    stand_in.patch(bookings=later)
    says(page, "Join opens shortly before")
    stand_in.patch(bookings=later[2:])
    says(page, "Cannot be joined from here. That is the host's own link.")
    stand_in.patch(bookings=[])
    says(page, "No more bookings today")


def test_a_private_booking_has_no_title(show: Any) -> None:
    room = at_rest()
    room["bookings"] = [{**rooms.booking("p", "", -3, join="now"), "title": None}]
    _, page = show(room)
    says(page, "Private meeting")


def test_it_speaks_chinese_in_a_chinese_room(show: Any) -> None:
    _, page = show(at_rest("zh-CN"))
    for words in ("请在触控面板上点按“加入会议”。", "访客 Wi-Fi：", "星期", "手机扫码"):
        says(page, words)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_the_clock_is_the_servers_in_the_rooms_zone(show: Any) -> None:
    _, page = show(at_rest(), timezone_id="America/New_York")
    wanted = (
        "new Intl.DateTimeFormat('en-GB', {timeZone: 'Asia/Shanghai', hour: '2-digit',"
        " minute: '2-digit', hourCycle: 'h23'}).format(new Date())"
    )  # the minute may turn between the two
    until(page, f"document.querySelector('time').textContent === {wanted}")


@pytest.mark.parametrize(
    ("state", "words"),
    [("preparing", "Preparing the meeting…"), ("lobby", "In the lobby"), ("leaving", "Leaving…")],
)
def test_a_call_on_its_way_is_said_in_words(show: Any, state: str, words: str) -> None:
    room = rooms.with_meeting(at_rest(), state=state, platform="zoom", title="Design review")
    _, page = show(room)
    says(page, words)
    says(page, "Design review")


def test_a_failed_call_says_why(show: Any) -> None:
    _, page = show(failed())
    says(page, "The meeting could not be joined")
    says(page, "The passcode is wrong. Check it and join again.")


def test_a_silent_room_is_said_to_be_stale_and_its_code_is_taken_away(show: Any) -> None:
    stand_in, page = show(at_rest())
    stand_in.beating = False
    stand_in.cut()
    stand_in.reachable = False
    says(page, "this is from")
    assert page.locator("figure").is_hidden()
    says(page, "Quarterly design review")
    stand_in.beating = stand_in.reachable = True
    page.wait_for_selector(".notice", state="hidden")
    seen(page, "figure:not([hidden])")


def test_without_a_code_its_place_is_free(show: Any) -> None:
    stand_in, page = show(at_rest(), code=None)
    assert page.locator("figure").is_hidden()
    wide = page.locator(".meeting").bounding_box()["width"]
    stand_in.code = CODE
    seen(page, "figure:not([hidden])")
    assert page.locator(".meeting").bounding_box()["width"] < wide - 200


def test_a_display_that_is_not_paired_says_so(open_panel: Open) -> None:
    stand_in, page = open_panel(None, NOTHING, viewport={"width": 1920, "height": 1080})
    stand_in.paired = False
    page.goto(stand_in.url + "/screen")
    says(page, "This display is not paired")
    page.goto(stand_in.url + "/screen#pair=good")
    says(page, "Quarterly design review")
    assert page.url == stand_in.url + "/screen"


def test_it_says_nothing_to_the_room_but_that_it_listens(show: Any) -> None:
    stand_in, page = show(at_rest())
    page.mouse.click(400, 400)
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    told(page, lambda: {message["type"] for _, message in stand_in.heard}, {"ping"})


def test_when_the_room_sleeps_only_the_time_is_left(show: Any) -> None:
    stand_in, page = show(at_rest())
    stand_in.patch(panel={"awake": False})
    seen(page, "room-screen[data-asleep]")
    assert page.locator("h2").is_hidden()
    assert page.locator("footer").is_hidden()
    assert page.locator("time").is_visible()


def test_the_picture_wanders_so_that_nothing_burns_in(show: Any) -> None:
    """Over an hour every stroke of the clock, 1.3 rem wide, leaves its place."""
    stand_in, page = show(at_rest(), reduced_motion="reduce")
    stand_in.beating = False
    where = "getComputedStyle(document.querySelector('room-screen')).translate"
    seen = []
    for minutes in range(60):
        then = datetime.now(UTC) + timedelta(minutes=minutes)
        stand_in.say({"type": "beat", "server_time": then.isoformat()})
        page.evaluate("document.querySelector('room-screen').refresh()")
        seen.append(page.evaluate(where))
    places = [[*map(float, re.findall(r"-?[0-9.]+", at)), 0.0][:2] for at in seen]
    across, down = zip(*places, strict=True)
    assert max(across) - min(across) > 2 * 1.3 * 24
    assert max(down) - min(down) > 1.3 * 24


def test_reduced_motion_stills_everything(show: Any) -> None:
    _, page = show(at_rest(), reduced_motion="reduce")
    still = "getComputedStyle(document.querySelector('room-screen')).transitionDuration"
    assert page.evaluate(still) == "0s"
    assert page.evaluate("document.getAnimations().length") == 0


def test_who_talks_and_is_not_heard_is_told_on_the_rooms_display(show: Any) -> None:
    talking = {**rooms.in_call()["audio"], "meeting_muted": True, "talking_while_muted": True}
    _, page = show({**rooms.in_call(), "audio": talking})
    says(page, "You are talking, but muted in the meeting.")
