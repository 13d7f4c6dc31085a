"""What a person sees fits: on every panel size, in both languages, in every state worth showing."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page

from tests.web import rooms
from tests.web.conftest import usable
from tests.web.stand_in import StandIn, serving

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
PANELS = [(800, 480), (1024, 600), (1280, 800), (720, 1280), (600, 1024)]
PHONE = (390, 844)
ZONE = ZoneInfo("Asia/Shanghai")  # of the rooms shown

MEASURE = (HERE / "measure.js").read_text()


def talking(language: str) -> rooms.Room:
    room = rooms.in_call(language)
    room["audio"].update(talking=True, meeting_muted=True)
    return room


SCREENS = {
    "home": rooms.at_rest,
    "call": rooms.in_call,
    "talking": talking,
    "broken": rooms.broken,
    "by itself": rooms.by_itself,
    "booked": rooms.booked,
}


def faults(page: Page, *, phone: bool) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(MEASURE)
    down, across = found.pop("scroll")
    if phone:  # a phone scrolls down, and its dock floats over what scrolls
        found["below"], found["over"], down = [], [], 0
    found["scroll"] = [edge for edge in (down, across) if edge > 0]
    return {key: value for key, value in found.items() if value}


def two_phones(language: str) -> Any:
    audio = rooms.at_rest(language)["audio"]
    wall = rooms.speakerphone("wall", label="Anker PowerConf", mic_gated=True)
    return {**audio, "speakerphones": [rooms.speakerphone("table"), wall]}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("size", [*PANELS, PHONE], ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_is_cut_covered_scrolled_or_too_small(
    browser: Browser, size: tuple[int, int], language: str
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    with serving(StandIn(rooms.at_rest(language))) as stand_in:
        stand_in.staff = {"pin": True, "role": None, "ends_in_s": None}
        page = browser.new_page(viewport=viewport, has_touch=True)  # type: ignore[arg-type]
        page.goto(stand_in.url)
        usable(page)
        found = {}
        for name, room in SCREENS.items():
            stand_in.patch(**room(language))
            page.wait_for_selector("call-view" if name in ("call", "talking") else "home-view")
            mark = {
                "talking": "call-view .talk",
                "broken": "home-view trouble-note",
                "by itself": "notice-strip",
            }
            page.wait_for_selector(mark.get(name, "main > :not([hidden]) .mute"))
            found[name] = faults(page, phone=size == PHONE)
        stand_in.patch(audio=two_phones(language))
        page.locator("home-view .reading").click()
        page.wait_for_selector("sound-sheet")
        found["sound"] = faults(page, phone=size == PHONE)
        page.locator(".back").click()
        page.locator(".because-key").click()
        page.wait_for_selector("occupancy-sheet")
        found["why"] = faults(page, phone=size == PHONE)
        page.locator(".back").click()
        page.locator(".enter-key").click()
        page.wait_for_selector("join-sheet")
        found["join"] = faults(page, phone=size == PHONE)
        page.locator(".bar .ask").click()
        page.locator("help-sheet section > button.key").click()
        page.wait_for_selector("pin-pad")
        found["staff"] = faults(page, phone=size == PHONE)
        page.close()
    assert {name: fault for name, fault in found.items() if fault} == {}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_on_a_phone_nothing_pushes_what_to_do_first_under_the_keys(
    browser: Browser, language: str
) -> None:
    hard = {"by itself": rooms.by_itself, "broken": rooms.broken, "awaited": rooms.booked}
    hard["both"] = lambda language: {
        **rooms.broken(language),
        "automation": rooms.by_itself(language)["automation"],
    }
    found = {}
    with serving(StandIn(rooms.at_rest(language))) as stand_in:
        viewport = {"width": PHONE[0], "height": PHONE[1]}
        page = browser.new_page(viewport=viewport, has_touch=True)  # type: ignore[arg-type]
        page.goto(stand_in.url)
        usable(page)
        for name, room in {"plain": rooms.at_rest, **hard}.items():
            stand_in.patch(**room(language))
            marks = {"by itself": "notice-strip", "broken": "home-view trouble-note"}
            page.wait_for_selector(marks.get(name, "home-view .join:visible"))
            if name == "both":
                page.wait_for_selector(".bar[data-told] + main trouble-note")
            page.evaluate("scrollTo(0, 0)")
            join, dock = (
                page.locator(one).bounding_box() for one in ("home-view .join", "home-view .dock")
            )
            assert join is not None
            assert dock is not None
            found[name] = dock["y"] - (join["y"] + join["height"])
        page.close()
    assert {name: gap for name, gap in found.items() if gap < 0} == {}


@pytest.mark.parametrize("size", [(720, 1280), (600, 1024), PHONE], ids=str)
def test_a_booking_just_before_midnight_stays_in_the_day(
    browser: Browser, size: tuple[int, int]
) -> None:
    midnight = datetime.now(ZONE).replace(hour=0, minute=0, second=0) + timedelta(days=1)
    last = {minutes: (midnight - timedelta(minutes=minutes)).isoformat() for minutes in (3, -42)}
    late = rooms.booking("late", "Late call", 0) | {"start": last[3], "end": last[-42]}
    with serving(StandIn(rooms.at_rest() | {"bookings": [late]})) as stand_in:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, has_touch=True)
        page.goto(stand_in.url)
        usable(page)
        edges = """[...document.querySelectorAll(".track, .blocks i")]
            .map((e) => e.getBoundingClientRect().right)"""
        track, block = page.evaluate(edges)
        found = faults(page, phone=size == PHONE)
        page.close()
    assert block <= track + 0.5
    assert found == {}


def test_a_pseudo_language_two_fifths_longer_still_fits_home_and_call(browser: Browser) -> None:
    """Words of a language to come: every second letter and a bit more."""
    with serving(StandIn(rooms.at_rest("en"))) as stand_in:
        page = browser.new_page(viewport={"width": 1024, "height": 600})

        def longer(route: Any) -> None:
            catalog = route.fetch().json()
            stretched = {
                key: words + "~" * (len(words) * 2 // 5) if isinstance(words, str) else words
                for key, words in catalog.items()
            }
            route.fulfill(json=stretched)

        page.route("**/i18n/en.json", longer)
        page.goto(stand_in.url)
        usable(page)
        home = page.evaluate(MEASURE)
        stand_in.patch(**rooms.in_call("en"))
        page.wait_for_selector("call-view")
        call = page.evaluate(MEASURE)
        stand_in.patch(**rooms.by_itself("en"))
        page.wait_for_selector(".bar notice-strip")
        told = page.evaluate(MEASURE)
        page.close()
    for found in (home, call, told):
        assert found["over"] == []
        assert found["below"] == []
        assert max(found["scroll"]) <= 0


CONTRAST = (HERE / "contrast.js").read_text()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_all_text_stands_at_seven_to_one(open_panel: Any, scheme: str) -> None:
    stand_in, page = open_panel(rooms.broken(), color_scheme=scheme, reduced_motion="reduce")
    usable(page)
    faint = {"home": page.evaluate(CONTRAST)}
    stand_in.patch(**rooms.in_call())
    page.wait_for_selector("call-view")
    faint["call"] = page.evaluate(CONTRAST)
    page.locator("call-view .reading").click()
    page.wait_for_selector("sound-sheet")
    faint["sound"] = page.evaluate(CONTRAST)
    page.locator(".back").click()
    unproven = {**rooms.in_call()["audio"], "requested": "muted", "reason": "switch"}
    stand_in.patch(audio=unproven)
    page.wait_for_selector('call-view .mute[data-state="not_muted"]')
    faint["not_muted"] = page.evaluate(CONTRAST)
    stand_in.patch(panel={"awake": True, "prompt": "leave"})
    page.wait_for_selector("leave-prompt")
    faint["question"] = page.evaluate(CONTRAST)
    stand_in.patch(panel={"awake": False})
    page.wait_for_selector("room-overlay")
    faint["asleep"] = page.evaluate(CONTRAST)
    assert {name: lines for name, lines in faint.items() if lines} == {}


def test_reduced_motion_stills_everything(open_panel: Any) -> None:
    _, page = open_panel(rooms.in_call(), reduced_motion="reduce")
    usable(page)
    page.locator(".leave").click()
    moving = page.evaluate("document.getAnimations().length")
    assert page.locator(".leave[data-armed]").count() == 1
    assert moving == 0


LINES = """(selector) => [...document.querySelectorAll(selector)]
    .filter((e) => e.checkVisibility() && e.textContent)
    .map((e) => { const r = document.createRange(); r.selectNodeContents(e);
                  const tops = [...r.getClientRects()].map((b) => b.top);
                  return [e.textContent, new Set(tops).size]; })
    .filter(([, lines]) => lines > 1)"""


@pytest.mark.parametrize(
    ("size", "language"),
    [((1280, 800), "en"), ((800, 480), "zh-CN"), ((600, 1024), "en"), (PHONE, "en")],
)
def test_no_word_of_the_dock_is_broken_in_a_room_without_sound(
    browser: Browser, size: tuple[int, int], language: str
) -> None:
    room = rooms.at_rest(language)
    silent = {**room["audio"], "available": False, "volume_pct": None, "mute": "unknown"}
    with shown(browser, room, size) as (stand_in, page):
        broken = {"with sound": page.evaluate(LINES, DOCK)}
        stand_in.patch(audio=silent)
        page.wait_for_selector("home-view .mute[data-state='none']")
        broken["without"] = page.evaluate(LINES, DOCK)
    assert broken == {"with sound": [], "without": []}


DOCK = "home-view .dock :is(.label, .hint, .level)"


@pytest.mark.parametrize("size", [(600, 1024), PHONE], ids=str)
def test_the_number_of_a_meeting_stands_whole_in_the_bar(
    browser: Browser, size: tuple[int, int]
) -> None:
    with shown(browser, rooms.in_call("en"), size) as (_, page):
        number, name = page.locator(".bar .whose > :last-child"), page.locator(".bar .name")
        assert "123 456 789" in number.inner_text()
        there, within = number.bounding_box(), name.bounding_box()
        assert there["x"] + there["width"] <= within["x"] + within["width"] + 1


@pytest.mark.parametrize("size", [(600, 1024), PHONE, (800, 480)], ids=str)
def test_no_hour_of_the_day_lies_on_the_next(browser: Browser, size: tuple[int, int]) -> None:
    with shown(browser, rooms.at_rest("en"), size) as (_, page):
        boxes = page.evaluate(
            "[...document.querySelectorAll('day-ribbon .ticks span')].filter((e) =>"
            " e.checkVisibility()).map((e) => { const b = e.getBoundingClientRect();"
            " return [b.left, b.right]; })"
        )
    assert len(boxes) > 3
    assert [(a, b) for a, b in itertools.pairwise(boxes) if b[0] < a[1]] == []


@contextlib.contextmanager
def shown(
    browser: Browser, room: rooms.Room, size: tuple[int, int]
) -> Iterator[tuple[StandIn, Page]]:
    with serving(StandIn(room)) as stand_in:
        viewport: Any = {"width": size[0], "height": size[1]}
        page = browser.new_page(viewport=viewport, has_touch=True)
        page.goto(stand_in.url)
        usable(page)
        yield stand_in, page
        page.close()
