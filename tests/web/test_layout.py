"""What a person sees fits: on every panel size, in both languages, in every state worth showing."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from tests.examples import crossed
from tests.web import rooms
from tests.web.conftest import Open, seen, usable
from tests.web.stand_in import WEB, StandIn

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
PANELS = [(800, 480), (1024, 600), (1280, 800), (720, 1280), (600, 1024)]
PHONE = (390, 844)
ZONE = ZoneInfo("Asia/Shanghai")  # of the rooms shown

MEASURE = (HERE / "measure.js").read_text()


def talking(language: str) -> rooms.Room:
    room = rooms.in_call(language)
    room["audio"].update(talking_while_muted=True, meeting_muted=True)
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


@pytest.mark.parametrize(("size", "language"), crossed([*PANELS, PHONE], ["en", "zh-CN"]), ids=str)
def test_nothing_is_cut_covered_scrolled_or_too_small(
    open_panel: Open, stand_in: StandIn, size: tuple[int, int], language: str
) -> None:
    stand_in.staff = {"pin": True, "role": None, "ends_in_s": None}
    _, page = shown(open_panel, rooms.at_rest(language), size)
    found = {}
    for name, room in SCREENS.items():
        stand_in.patch(**room(language))
        seen(page, "call-view" if name in ("call", "talking") else "home-view")
        mark = {
            "talking": "call-view .talk",
            "broken": "home-view trouble-note",
            "by itself": "notice-strip",
        }
        seen(page, mark.get(name, "main > :not([hidden]) .mute"))
        found[name] = faults(page, phone=size == PHONE)
    stand_in.patch(audio=two_phones(language))
    page.locator("home-view .reading").click()
    seen(page, "sound-sheet")
    found["sound"] = faults(page, phone=size == PHONE)
    page.locator(".back").click()
    page.locator(".because-key").click()
    seen(page, "occupancy-sheet")
    found["why"] = faults(page, phone=size == PHONE)
    page.locator(".back").click()
    page.locator(".enter-key").click()
    seen(page, "join-sheet")
    found["join"] = faults(page, phone=size == PHONE)
    page.locator(".bar .ask").click()
    page.locator("help-sheet section > button.key").click()
    seen(page, "pin-pad")
    found["staff"] = faults(page, phone=size == PHONE)
    assert {name: fault for name, fault in found.items() if fault} == {}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_on_a_phone_nothing_pushes_what_to_do_first_under_the_keys(
    open_panel: Open, language: str
) -> None:
    hard = {"by itself": rooms.by_itself, "broken": rooms.broken, "awaited": rooms.booked}
    hard["both"] = lambda language: {
        **rooms.broken(language),
        "automation": rooms.by_itself(language)["automation"],
    }
    found = {}
    stand_in, page = shown(open_panel, rooms.at_rest(language), PHONE)
    for name, room in {"plain": rooms.at_rest, **hard}.items():
        stand_in.patch(**room(language))
        marks = {"by itself": "notice-strip", "broken": "home-view trouble-note"}
        page.wait_for_selector(marks.get(name, "home-view .join:visible"))
        if name == "both":
            seen(page, ".bar[data-told] + main trouble-note")
        page.evaluate("scrollTo(0, 0)")
        join, dock = (
            page.locator(one).bounding_box() for one in ("home-view .join", "home-view .dock")
        )
        assert join is not None
        assert dock is not None
        found[name] = dock["y"] - (join["y"] + join["height"])
    assert {name: gap for name, gap in found.items() if gap < 0} == {}


@pytest.mark.parametrize("size", [(720, 1280), (600, 1024), PHONE], ids=str)
def test_a_booking_just_before_midnight_stays_in_the_day(
    open_panel: Open, size: tuple[int, int]
) -> None:
    midnight = datetime.now(ZONE).replace(hour=0, minute=0, second=0) + timedelta(days=1)
    last = {minutes: (midnight - timedelta(minutes=minutes)).isoformat() for minutes in (3, -42)}
    late = rooms.booking("late", "Late call", 0) | {"start": last[3], "end": last[-42]}
    _, page = shown(open_panel, rooms.at_rest() | {"bookings": [late]}, size)
    edges = """[...document.querySelectorAll(".track, .blocks i")]
        .map((e) => e.getBoundingClientRect().right)"""
    track, block = page.evaluate(edges)
    found = faults(page, phone=size == PHONE)
    assert block <= track + 0.5
    assert found == {}


def test_a_pseudo_language_two_fifths_longer_still_fits_home_and_call(
    open_panel: Open, stand_in: StandIn
) -> None:
    """Words of a language to come: every second letter and a bit more."""
    words = json.loads((WEB / "i18n" / "en.json").read_text(encoding="utf-8"))
    stand_in.catalogs["en"] = {
        key: text + "~" * (len(text) * 2 // 5) if isinstance(text, str) else text
        for key, text in words.items()
    }
    _, page = shown(open_panel, rooms.at_rest("en"), (1024, 600))
    home = page.evaluate(MEASURE)
    stand_in.patch(**rooms.in_call("en"))
    seen(page, "call-view")
    call = page.evaluate(MEASURE)
    stand_in.patch(**rooms.by_itself("en"))
    seen(page, ".bar notice-strip")
    told = page.evaluate(MEASURE)
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
    seen(page, "call-view")
    faint["call"] = page.evaluate(CONTRAST)
    page.locator("call-view .reading").click()
    seen(page, "sound-sheet")
    faint["sound"] = page.evaluate(CONTRAST)
    page.locator(".back").click()
    unproven = {**rooms.in_call()["audio"], "requested": "muted", "reason": "switch"}
    stand_in.patch(audio=unproven)
    page.wait_for_selector('call-view .mute[data-state="not_muted"]')
    faint["not_muted"] = page.evaluate(CONTRAST)
    stand_in.patch(panel={"awake": True, "prompt": "leave"})
    seen(page, "leave-prompt")
    faint["question"] = page.evaluate(CONTRAST)
    stand_in.patch(panel={"awake": False})
    seen(page, "room-overlay")
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
    open_panel: Open, size: tuple[int, int], language: str
) -> None:
    room = rooms.at_rest(language)
    silent = {**room["audio"], "available": False, "volume_pct": None, "mute": "unknown"}
    stand_in, page = shown(open_panel, room, size)
    broken = {"with sound": page.evaluate(LINES, DOCK)}
    stand_in.patch(audio=silent)
    page.wait_for_selector("home-view .mute[data-state='none']")
    broken["without"] = page.evaluate(LINES, DOCK)
    assert broken == {"with sound": [], "without": []}


DOCK = "home-view .dock :is(.label, .hint, .level)"


@pytest.mark.parametrize("size", [(600, 1024), PHONE], ids=str)
def test_the_number_of_a_meeting_stands_whole_in_the_bar(
    open_panel: Open, size: tuple[int, int]
) -> None:
    _, page = shown(open_panel, rooms.in_call("en"), size)
    number, name = page.locator(".bar .whose > :last-child"), page.locator(".bar .name")
    assert "123 456 789" in number.inner_text()
    there, within = number.bounding_box(), name.bounding_box()
    assert there["x"] + there["width"] <= within["x"] + within["width"] + 1


@pytest.mark.parametrize("size", [(600, 1024), PHONE, (800, 480)], ids=str)
def test_no_hour_of_the_day_lies_on_the_next(open_panel: Open, size: tuple[int, int]) -> None:
    _, page = shown(open_panel, rooms.at_rest("en"), size)
    boxes = page.evaluate(
        "[...document.querySelectorAll('day-ribbon .ticks span')].filter((e) =>"
        " e.checkVisibility()).map((e) => { const b = e.getBoundingClientRect();"
        " return [b.left, b.right]; })"
    )
    assert len(boxes) > 3
    assert [(a, b) for a, b in itertools.pairwise(boxes) if b[0] < a[1]] == []


def shown(open_panel: Open, room: rooms.Room, size: tuple[int, int]) -> tuple[StandIn, Page]:
    stand_in, page = open_panel(room, viewport={"width": size[0], "height": size[1]})
    usable(page)
    return stand_in, page
