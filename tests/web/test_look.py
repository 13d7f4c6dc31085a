"""The look of the house on panel and display: theme, colour, logo, and words on any wallpaper."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.web import rooms
from tests.web.conftest import Open, seen, until, usable

pytestmark = pytest.mark.browser

ACCENT = {"light": "#1e50b5", "on_light": "#ffffff", "dark": "#8db3f9", "on_dark": "#0d1330"}
GROUND = "getComputedStyle(document.documentElement).backgroundColor"
JOIN = "getComputedStyle(document.querySelector('.primary:not([hidden])')).backgroundColor"
GROUNDS = {"light": "rgb(242, 238, 230)", "dark": "rgb(20, 18, 16)", "contrast": "rgb(0, 0, 0)"}
LEAST = 7


def picture(*colours: str) -> str:
    """Return the address of a picture of stripes."""
    wide = 96 // len(colours)
    stripes = "".join(
        f"<rect x='{at * wide}' width='{wide}' height='54' fill='{colour}'/>"
        for at, colour in enumerate(colours)
    )
    size = "width='96' height='54' viewBox='0 0 96 54'"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' {size}>{stripes}</svg>"
    return "data:image/svg+xml," + quote(svg)


def dressed(room: rooms.Room, **look: Any) -> rooms.Room:
    plain = {"theme": "auto", "accent": None, "logo": None, "wallpaper": None}
    return {**room, "look": {**plain, **look}}


def ground(page: Page) -> str:
    return str(page.evaluate(GROUND))


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
@pytest.mark.parametrize("path", ["/", "/screen"])
def test_panel_and_display_wear_the_theme_of_the_room(
    open_panel: Open, theme: str, path: str
) -> None:
    other = "dark" if theme == "light" else "light"
    _, page = open_panel(dressed(rooms.booked(), theme=theme), path, color_scheme=other)
    until(page, f"{GROUND} === '{GROUNDS[theme]}'")


def test_a_theme_changes_under_the_eyes_of_whoever_looks(open_panel: Open) -> None:
    stand_in, page = open_panel(dressed(rooms.booked(), theme="light"))
    usable(page)
    stand_in.patch(look=dressed({}, theme="dark")["look"])
    until(page, f"{GROUND} === '{GROUNDS['dark']}'")


def test_a_key_that_works_says_so_to_whoever_cannot_see_it(open_timeless: Open) -> None:
    stand_in, page = open_timeless(rooms.booked())
    stand_in.answer = lambda command: None
    page.locator(".primary.join").tap()
    expect(page.locator(".primary.join")).to_have_attribute("aria-busy", "true")


def test_in_high_contrast_a_key_that_is_off_has_a_broken_line(open_panel: Open) -> None:
    room = dressed(rooms.booked(), theme="contrast")
    room["audio"].update(volume_pct=None)
    _, page = open_panel(room, viewport={"width": 600, "height": 1024})
    usable(page)
    seen(page, "html[data-theme=contrast]")
    style = "getComputedStyle(document.querySelector('button:disabled')).borderTopStyle"
    assert page.evaluate(style) == "dashed"


def test_whoever_asks_for_more_contrast_has_it_whatever_the_house_chose(open_panel: Open) -> None:
    room = dressed(rooms.booked(), theme="light", accent=ACCENT)
    _, page = open_panel(room, contrast="more")
    usable(page)
    until(page, f"{GROUND} === '{GROUNDS['contrast']}'")
    until(page, f"{JOIN} === 'rgb(255, 225, 74)'")


@pytest.mark.parametrize(("theme", "colour"), [("light", "30, 80, 181"), ("dark", "141, 179, 249")])
def test_what_is_to_be_touched_has_the_colour_of_the_house(
    open_panel: Open, theme: str, colour: str
) -> None:
    _, page = open_panel(dressed(rooms.booked(), theme=theme, accent=ACCENT))
    usable(page)
    until(page, f"{JOIN} === 'rgb({colour})'")


@pytest.mark.parametrize("path", ["/", "/screen"])
def test_the_logo_stands_beside_the_rooms_name(open_panel: Open, path: str) -> None:
    _, page = open_panel(dressed(rooms.at_rest(), logo=picture("#1f5c4a")), path)
    expect(page.locator(".bar .logo, header .logo")).to_be_visible()


WORST = """
() => {
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const share = [0.2126, 0.7152, 0.0722];
  const bright = (dot) => share.reduce((sum, part, i) => sum + part * linear(dot[i] / 255), 0);
  const scrim = Number(getComputedStyle(GROUND).getPropertyValue("--scrim"));
  const ink = getComputedStyle(INK).color.match(/[0-9.]+/g).map(Number);
  const under = COLOURS.map((dot) => dot.map((part, i) => part + ([20, 18, 16][i] - part) * scrim));
  return [scrim, Math.min(...under.map((dot) => (bright(ink) + 0.05) / (bright(dot) + 0.05)))];
}
"""


@pytest.mark.parametrize(
    ("stripes", "dots"),
    [
        (["#ffffff"], [[255, 255, 255]]),
        (["#000000"], [[0, 0, 0]]),
        (["#ffe14a", "#0a3a8c"], [[255, 225, 74], [10, 58, 140]]),
    ],
    ids=["white", "black", "stripes"],
)
@pytest.mark.parametrize("path", ["/", "/screen"])
def test_words_on_any_wallpaper_stand_at_seven_to_one(
    open_panel: Open, stripes: list[str], dots: list[list[int]], path: str
) -> None:
    room = dressed(rooms.at_rest(), wallpaper=picture(*stripes))
    on_panel = path == "/"
    _, page = open_panel({**room, "panel": {"awake": not on_panel}}, path)
    seen(page, "[data-wallpaper]")
    where = "document.querySelector('room-overlay')" if on_panel else "document.body"
    ink = "document.querySelector('.clock, room-screen time')"
    script = WORST.replace("GROUND", where).replace("INK", ink).replace("COLOURS", str(dots))
    scrim, worst = page.evaluate(script)
    assert worst >= LEAST
    assert scrim <= 0.05 or worst < LEAST + 2  # no darker than needed


def test_a_wallpaper_that_is_none_leaves_the_look_as_it_was(open_panel: Open) -> None:
    room = dressed(rooms.at_rest(), wallpaper="/api/v1/look/wallpaper?v=gone")
    _, page = open_panel(room, "/screen")
    seen(page, "room-screen:not([data-waiting])")
    page.wait_for_load_state("networkidle")
    assert page.locator("[data-wallpaper]").count() == 0
    assert ground(page) == GROUNDS["dark"]


def test_a_panel_at_rest_says_whether_the_room_is_free(open_panel: Open) -> None:
    _, page = open_panel({**rooms.booked(), "panel": {"awake": False}})
    overlay = page.locator("room-overlay")
    expect(overlay.locator(".rest-state")).to_contain_text("Booked")
    expect(overlay.locator(".shape")).to_be_visible()


@pytest.mark.parametrize(("first", "second"), [("en", "zh-CN"), ("zh-CN", "en")])
def test_the_display_says_it_in_the_second_language_too(
    open_panel: Open, first: str, second: str
) -> None:
    room = rooms.booked(first)
    room["identity"]["second_language"] = second
    _, page = open_panel(room, "/screen", viewport={"width": 1920, "height": 1080})
    words = {"en": "Booked", "zh-CN": "已预订"}
    expect(page.locator(".state-word")).to_contain_text(words[first])
    expect(page.locator(".state-second")).to_contain_text(words[second])
    assert page.locator("html").get_attribute("lang") == first
