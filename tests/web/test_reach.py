"""The panel for everybody: by keys, by ear, without colours, without motion, dark and light."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.examples import crossed
from tests.web import rooms
from tests.web.conftest import Open, seen, usable
from tests.web.stand_in import StandIn

pytestmark = pytest.mark.browser

JUDGED = {
    "resultTypes": ["violations"],
    "runOnly": [f"wcag{version}{level}" for version in ("2", "21", "22") for level in ("a", "aa")]
    + ["wcag2aaa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
SEEN = "[...document.querySelectorAll('room-panel *')].filter((e) => e.checkVisibility())"


def at_home(stand_in: StandIn, page: Page) -> None:
    stand_in.patch(**rooms.by_itself())
    seen(page, "notice-strip:not([hidden])")


def sheet(opener: str, name: str) -> Callable[[StandIn, Page], None]:
    def opened(stand_in: StandIn, page: Page) -> None:
        at_home(stand_in, page)
        page.locator(opener).click()
        seen(page, f"{name}:not([hidden])")

    return opened


def in_call(stand_in: StandIn, page: Page) -> None:
    stand_in.patch(**rooms.in_call())
    seen(page, "call-view:not([hidden])")


def asked(stand_in: StandIn, page: Page) -> None:
    in_call(stand_in, page)
    stand_in.patch(panel={"awake": True, "prompt": "leave"})
    seen(page, "leave-prompt .answers:not([inert])")


def displays(stand_in: StandIn, page: Page) -> None:
    devices = [rooms.device("display.wall"), rooms.device("display.side")]
    side = rooms.display("side", power="cooling", requested_on=True, picture_muted=None)
    sheet(".bar .ask", "help-sheet")(stand_in, page)
    stand_in.patch(devices=devices, displays=[rooms.display("wall"), side])
    seen(page, "display-controls .chip")


def shared(stand_in: StandIn, page: Page) -> None:
    stand_in.patch(**rooms.shared())
    page.locator("call-view .share-key").click()
    seen(page, "share-sheet .steps-said li")


VIEWS: dict[str, Callable[[StandIn, Page], None]] = {
    "home": at_home,
    "call": in_call,
    "question": asked,
    "sound": sheet("home-view .reading", "sound-sheet"),
    "occupancy": sheet(".because-key", "occupancy-sheet"),
    "help": sheet(".bar .ask", "help-sheet"),
    "displays": displays,
    "share": shared,
}


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_in_any_view_and_nothing_moves_where_people_asked_for_stillness(
    open_panel: Open, view: str
) -> None:
    stand_in, page = open_panel(rooms.at_rest(), reduced_motion="reduce")
    usable(page)
    VIEWS[view](stand_in, page)
    moving = page.evaluate(
        f"{SEEN}.filter((e) => {{ const s = getComputedStyle(e);"
        " return s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0; })"
        ".map((e) => e.className)"
    )
    assert moving == []
    assert in_both_schemes(page) == {"light": [], "dark": []}


def in_both_schemes(page: Page) -> dict[str, list[str]]:
    """Return what axe finds on a light page, and on the same page in the dark."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        assert dark is (scheme == "dark")
        found[scheme] = violations(page)
    return found


@pytest.mark.parametrize(
    ("contrast", "language"), crossed(["no-preference", "more"], ["en", "zh-CN"])
)
def test_axe_finds_nothing_in_what_is_seldom_opened(
    open_panel: Open, stand_in: StandIn, contrast: str, language: str
) -> None:
    stand_in.staff = {"pin": True, "role": "technician", "ends_in_s": 600.0}
    _, page = open_panel(rooms.shared(language), reduced_motion="reduce", contrast=contrast)
    usable(page)
    found = {}
    for opener, ready in (
        (".share-key", "share-sheet .steps-said li"),
        (".bar .staff", "staff-settings section"),
        (".bar .ask", "report-card .six"),
    ):
        page.locator(opener).locator("visible=true").first.tap()
        seen(page, ready)
        if ready.startswith("report-card"):
            page.locator("report-card .six .key").first.tap()
        judged = {"more": violations(page)} if contrast == "more" else in_both_schemes(page)
        found |= {f"{ready}, {scheme}": faults for scheme, faults in judged.items()}
        page.locator(".back").tap()
    assert {name: faults for name, faults in found.items() if faults} == {}


FAR = [
    {"name": "camera.a", "kind": "camera", "plugged": True, "state": {}, "actions": ["unplug"]},
    {"name": "screen", "kind": "screen", "state": {"page": "open"}, "actions": ["crash"]},
]


@pytest.mark.parametrize("path", ["/screen", "/simulator"])
def test_axe_finds_nothing_on_the_rooms_screen_and_on_the_simulators_page(
    open_panel: Open, stand_in: StandIn, path: str
) -> None:
    stand_in.far = FAR
    _, page = open_panel(rooms.in_call(), path=path, reduced_motion="reduce")
    seen(page, "room-screen footer, device-card .id")
    assert violations(page) == []


def test_axe_would_find_a_key_without_a_name(open_panel: Open) -> None:
    _, page = open_panel(rooms.in_call())
    usable(page)
    page.evaluate("document.querySelector('call-view .step').removeAttribute('aria-label')")
    assert [fault.split(":")[0] for fault in violations(page)] == ["button-name"]


def violations(page: Page) -> list[str]:
    """Return what axe finds, each with its place; a page has axe loaded once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE, JUDGED)
    return found


AXE = """async (options) => {
    const { violations } = await axe.run(options);
    return violations.flatMap((fault) => fault.nodes.map((node) => `${fault.id}: ${node.html}`));
}"""


@pytest.mark.parametrize("view", VIEWS)
def test_a_colour_has_words_and_a_sign_and_every_key_of_a_view_is_reached_by_tab_and_shows_it(
    open_panel: Open, view: str
) -> None:
    stand_in, page = open_panel(rooms.at_rest(), has_touch=False)
    usable(page)
    VIEWS[view](stand_in, page)
    if view != "share":  # which has no colour with a meaning
        assert colours_without_words(page) == []
    page.evaluate("document.activeElement.blur()")
    wanted = page.evaluate(
        f"{SEEN}.filter((e) => e.matches('button:enabled, input, textarea, [tabindex=\"0\"]')"
        " && !e.closest('[inert]')).map((e, i) => { e.dataset.key_no = i; return i; })"
    )
    reached, rings = set(), []
    for _ in range(3 * len(wanted) + 10):
        page.keyboard.press("Tab")
        number, ring = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.dataset.key_no, e.matches('button') ? parseFloat(s.outlineWidth) : 3] }"
        )
        if number is not None:
            reached.add(int(number))
            rings.append(ring)
        if len(reached) == len(wanted):
            break
    assert reached == set(wanted)
    assert min(rings) >= 2


def test_a_sheet_is_opened_and_left_by_keys_and_the_place_is_not_lost(open_panel: Open) -> None:
    _, page = open_panel(has_touch=False)
    usable(page)
    for opener in ("home-view .reading", ".because-key", "home-view .enter-key"):
        page.locator(opener).focus()
        page.keyboard.press("Enter")
        expect(page.locator(".back")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator(opener)).to_be_focused()


TEXT = [("text", ground) for ground in ("bg", "s1", "s2", "s3")]
TEXT += [("text2", ground) for ground in ("bg", "s1", "s2")]
TEXT += [(f"on-{tone}", tone) for tone in ("accent", "free", "busy", "soon")]
TEXT += [(f"{tone}-text", f"{tone}-plate") for tone in ("free", "busy", "soon")]
TEXT += [("on-block", "block"), ("bg", "text")]
PARTS = [(part, ground) for part in ("accent", "free", "busy", "focus") for ground in ("bg", "s1")]
PARTS += [("mark", "s2"), ("block", "free-plate")]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_palette_stands_at_seven_to_one_for_text_and_three_for_parts(
    open_panel: Open, scheme: str
) -> None:
    _, page = open_panel(color_scheme=scheme)
    usable(page)
    colours = {name: colour(page, name) for pair in TEXT + PARTS for name in pair}
    faint = [pair for pair in TEXT if ratio(*(colours[name] for name in pair)) < 7]
    faint += [pair for pair in PARTS if ratio(*(colours[name] for name in pair)) < 3]
    assert faint == []


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert ratio((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert ratio((0x77, 0x77, 0x77), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


Rgb = tuple[int, ...]


def colour(page: Page, name: str) -> Rgb:
    """Return what a variable of the palette amounts to, as the browser computes it."""
    shown: str = page.evaluate(
        """(name) => { const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(--${name})`; const found = getComputedStyle(probe).color;
        probe.remove(); return found; }""",
        name,
    )
    assert shown.startswith("rgb("), shown
    return tuple(int(part) for part in shown[4:-1].split(","))


def ratio(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours (WCAG 2.2, relative luminance)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(rgb: Rgb) -> float:
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def colours_without_words(page: Page) -> list[str]:
    """Return what has a colour for a meaning and no words, or no sign, with it."""
    kinds = ".plate, .badge[data-tone], .mute, .wrongs li, trouble-note, .devices li"
    kinds += ", .devices-chosen .key"
    coloured, mute = page.evaluate(
        f"""() => {{
        const found = {SEEN}.filter((e) => e.matches("notice-strip, {kinds}"));
        return [found.length, found.filter((e) => !e.textContent.trim()
          || !e.querySelector(".icon")).map((e) => e.className)]; }}"""
    )
    assert coloured > 0
    return list(mute)


KEPT = """async ([before, after]) => {
    const { h, keyed } = await import("/ui/lib/dom.js");
    const list = h("div");
    document.body.replaceChildren(list);
    const make = (name) => h("button", {}, name);
    keyed(list, before, String, make, () => {});
    const kept = [...list.children].find((key) => after.includes(key.textContent));
    kept.focus();
    keyed(list, after, String, make, () => {});
    return [document.activeElement === kept, [...list.children].map((key) => key.textContent)];
}"""


def test_what_stays_in_a_list_keeps_the_focus_whatever_comes_and_goes(open_panel: Open) -> None:
    _, page = open_panel()
    usable(page)
    turns = ["abc bc", "abc c", "bc abc", "abc xc", "ab b", "bb b"]
    kept = {turn: page.evaluate(KEPT, [list(one) for one in turn.split()]) for turn in turns}
    assert kept == {turn: [True, list(turn.split()[1])] for turn in turns}
