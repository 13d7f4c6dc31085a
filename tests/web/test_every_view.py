"""Every view of the panel and the display, measured: no word is cut, nothing lies on anything.

`make sheet` measures each at every size, in both languages and in one that is 40 % longer; here
each view is measured once, in Chinese or in the longer one, at one of the sizes. `make soak`
measures it in the other one, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.examples import chosen, crossed
from tests.web import contact_sheet
from tests.web.conftest import still
from tests.web.contact_sheet import LONGER, SIZES, VIEWS, Studio, flaws

pytestmark = pytest.mark.browser


KEPT = """() => [
    localStorage.here ?? "", sessionStorage.here ?? "", window.name, document.cookie,
    document.querySelectorAll("button:hover").length, innerWidth,
    matchMedia("(prefers-color-scheme: dark)").matches,
]"""

MOVED = """() => {
    const panel = document.querySelector("room-panel");
    panel?.refresh(); // else a minute may have turned since it was drawn
    const seen = new MutationObserver(() => {});
    seen.observe(document.body, { childList: true, subtree: true });
    panel?.refresh();
    return seen.takeRecords().map(({ target }) => `${target.localName} ${target.className}`);
}"""


def cases() -> Iterator[Any]:
    """Yield each view with its languages; the sizes go round, and no view has one of them twice.

    Two views in Chinese are followed by two in the longer language: each size has both.
    """
    once = {name: view for name, view in VIEWS.items() if not name.startswith("told-")}
    for at, (name, view) in enumerate(once.items()):
        sizes = [size for size in view.sizes if size[0] < 3840]
        both = (name, "zh-CN", sizes[at % len(sizes)]), (name, LONGER, sizes[(at + 2) % len(sizes)])
        yield from chosen(both, both[at // 2 % 2])
    yield "settings", LONGER, SIZES[-1]


@pytest.fixture(scope="module")
def studio(browser: Browser) -> Studio:
    return Studio(browser)


@pytest.mark.parametrize(("name", "language", "size"), [*cases()])
def test_no_word_is_cut_and_nothing_lies_on_anything(
    studio: Studio, name: str, language: str, size: tuple[int, int]
) -> None:
    page = studio.draw(VIEWS[name], size, language, "light")
    assert flaws(page) == {}
    assert page.evaluate(MOVED) == [], "what says the same moves no key: a finger may be on it"


@pytest.mark.parametrize(
    ("size", "language", "staff"),
    [
        ((800, 480), "zh-CN", True),
        ((800, 480), LONGER, False),
        ((1280, 800), LONGER, True),
        ((390, 844), "en", True),
    ],
)
def test_what_is_told_breaks_no_view_with_logo_or_staff(
    studio: Studio, size: tuple[int, int], language: str, staff: bool
) -> None:
    """Each of the sheet's rooms in which something is told, one after another on one page."""
    name = f"told-notice-home{'-staff' * staff}"
    page = studio.draw(VIEWS[name], size, language, "light")
    found = {}
    for other, view in VIEWS.items():
        if not other.startswith("told-") or other.endswith("-staff") != staff:
            continue
        room = view.room("en" if language == LONGER else language)
        live = "document.querySelector('room-panel').live"
        page.evaluate(
            f"room => {{ {live}.room = {{ ...{live}.room, message: null, booking_changes: [], "
            f"look: null, ...room }}; {live}.changed(); }}",
            room,
        )
        still(page)
        seen = flaws(page)
        if "-call" in other:
            heights = page.evaluate(
                "[...document.querySelectorAll('.bar .name > b')].map(e => e.clientHeight)"
            )
            if max(heights) > 90:
                seen["title"] = [str(heights)]
        if seen:
            found[other] = seen
    assert found == {}


REACHED = """() => [...document.querySelectorAll("call-keys button")].filter((e) => {
    const { left, right, top, bottom } = e.getBoundingClientRect();
    const inside = Math.min(12, (bottom - top) / 3); // its corners are round
    const [xs, ys] = [[left + inside, right - inside], [top + inside, bottom - inside]];
    const points = [[(left + right) / 2, (top + bottom) / 2]];
    for (const x of xs) for (const y of ys) points.push([x, y]);
    return !points.every(([x, y]) => e.contains(document.elementFromPoint(x, y)));
}).map((e) => e.textContent)"""


@pytest.mark.parametrize(
    ("size", "language"), crossed([(800, 480), (390, 844)], ["zh-CN", LONGER]), ids=str
)
def test_mute_and_leave_are_whole_on_every_sheet_and_beside_its_keypad(
    studio: Studio, size: tuple[int, int], language: str
) -> None:
    page = studio.draw(VIEWS["call-unheard"], size, language, "light")
    found = {}

    def look(where: str) -> None:
        for end in ("0", "document.documentElement.scrollHeight"):
            page.evaluate(f"scrollTo(0, {end})")
            still(page)
            if covered := page.evaluate(REACHED):
                found[where] = covered
        if seen := flaws(page):
            found[f"{where}, drawn"] = seen
        assert page.locator("call-keys button:visible").count() == 2, where

    for sheet in page.evaluate("Object.keys(document.querySelector('room-panel').sheets)"):
        page.evaluate(f"document.querySelector('room-panel').open('{sheet}')")
        look(sheet)
        field = page.locator("main :is(textarea, input, .field):visible").first
        if sheet in ("join", "help", "staff") and field.count():
            field.click()
            look(f"{sheet}, typing")
    keys = "[...document.querySelectorAll('call-keys button')]"
    places = f"{keys}.map((e) => [e.offsetLeft, e.offsetWidth])"
    before = page.evaluate(places)
    page.locator("call-keys .danger").click()  # its words are longer then
    look("armed")
    assert page.evaluate(places) == before, "and Mute is not moved"
    assert found == {}


def test_a_word_that_is_cut_is_found_and_the_next_view_has_it_whole(studio: Studio) -> None:
    for cut in (True, False):
        page = studio.draw(VIEWS["home-free"], (800, 480), "en", "light")
        if cut:
            narrow = "width: 20px; overflow: hidden; white-space: nowrap"
            page.locator("h1:visible").first.evaluate("(h1, css) => h1.style.cssText = css", narrow)
        assert bool(flaws(page).get("cut")) is cut


def test_a_view_leaves_nothing_behind_for_the_next_one(studio: Studio) -> None:
    page = studio.draw(VIEWS["home-free"], (1280, 800), LONGER, "dark")
    page.evaluate(
        "localStorage.here = sessionStorage.here = window.name = 'x';"
        "document.cookie = 'here=x'; scrollTo(0, 9)"
    )
    page.locator("button:visible").first.hover()
    page = studio.draw(VIEWS["home-free"], (800, 480), "en", "light")
    assert page.evaluate(KEPT) == ["", "", "", "", 0, 800, False]
    assert page.locator("h1").first.inner_text() == ""


def test_the_longer_language_is_longer_and_keeps_its_placeholders() -> None:
    made = contact_sheet.longer({"a": "Join {name} at {time}", "b": {"one": "1", "other": "{n}"}})
    assert made["a"].startswith("J")
    assert "{name}" in made["a"]
    assert len(made["a"]) >= 1.35 * len("Join {name} at {time}") - 0.4 * len("{name}{time}")
    assert made["b"]["other"] == "{n}"
