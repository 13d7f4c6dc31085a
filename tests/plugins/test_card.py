"""The card of a kind that the panel does not know, in a real browser on a simulated room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from tests.cli.rig import Running, simulating
from tests.plugins.lamps import MODULE
from tests.plugins.site import brought, installed
from tests.web.conftest import launch

pytestmark = pytest.mark.browser

ROOM = """
[room]
display_name = "Bamboo"
[screen]
mode = "simulated"
[blinds.window]
url = "http://192.0.2.30"
[lamp.desk]
url = "http://192.0.2.31"
title = { en = "Desk lamp", zh = "台灯" }
"""
SIZES = [(1280, 800), (800, 480), (720, 1280)]
LEAST_PX = 48


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("card")
    site = installed(folder / "site")
    brought(site, "lamps", {"lamp": "lamps:KIND"}, MODULE)
    (folder / "room.toml").write_text(ROOM)
    words = (str(folder / "room.toml"), "--screen", "simulated")
    with simulating(folder, *words, more={"PYTHONPATH": str(site)}) as running:
        yield running


@pytest.fixture(scope="module")
def page(room: Running) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 800, "height": 480})
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(room.said["panel"])
        page.locator(".bar .kinds").click()
        yield page
        browser.close()
        assert faults == []


def card(page: Page, heading: str) -> Locator:
    return page.locator("device-card", has=page.get_by_role("heading", name=heading, exact=True))


def test_its_keys_give_its_commands_and_its_state_follows(page: Page) -> None:
    blinds = card(page, "Blinds")
    expect(blinds.locator("dl")).to_have_text("MovingAt rest")
    expect(blinds.locator("output")).to_have_text("100\u00a0%")
    assert blinds.get_by_role("button").all_inner_texts() == ["Up", "Stop", "Down"]
    blinds.get_by_role("button", name="Down").click()
    expect(blinds.locator("dl")).to_have_text("MovingGoing down")
    blinds.get_by_role("button", name="Stop").click()
    expect(blinds.locator("dl")).to_have_text("MovingAt rest")


def test_a_level_goes_to_where_it_is_pulled(page: Page) -> None:
    blinds = card(page, "Blinds")
    blinds.get_by_role("slider", name="Position").fill("90")
    expect(blinds.locator("output")).to_have_text("90\u00a0%")


def test_a_switch_and_a_choice_show_what_is_so(page: Page) -> None:
    lamp = card(page, "Desk lamp")
    assert lamp.locator("dt").all_inner_texts() == ["Light", "Label"]
    assert lamp.locator("dd").all_inner_texts() == ["320\u00a0lx", "L-1"]
    for name in ("On", "Off", "Off duty"):
        key = lamp.get_by_role("button", name=name, exact=True)
        expect(key).to_have_attribute("aria-pressed", "false")
        key.click()
        expect(key).to_have_attribute("aria-pressed", "true")


def test_a_level_with_a_unit_of_steps_takes_a_part_of_one(page: Page) -> None:
    lamp = card(page, "Desk lamp")
    lamp.get_by_role("slider").fill("3.3")
    expect(lamp.locator("output").last).to_have_text("3.3")


def test_a_device_that_is_away_says_so_and_takes_nothing(room: Running, page: Page) -> None:
    blinds = card(page, "Blinds")
    act(room, "unplug")
    expect(blinds.locator(".status")).to_be_visible()
    for key in blinds.get_by_role("button").all():
        expect(key).to_be_disabled()
    act(room, "plug")
    expect(blinds.get_by_role("button", name="Up")).to_be_enabled()


def test_the_simulators_page_has_its_actions_in_its_words(room: Running, page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    simulator = browser.new_page()
    simulator.goto(room.said["far_side"])
    blinds = simulator.locator("device-card", has_text="blinds.window")
    keys = ["Unplug", "Plug in", "Do not answer", "Block the blinds"]
    expect(blinds.get_by_role("button", name=keys[-1])).to_be_visible()
    assert set(blinds.get_by_role("button").all_inner_texts()) <= {*keys}
    expect(blinds.locator("dl")).to_contain_text("MovingAt rest")
    blinds.get_by_role("button", name="Block the blinds").click()
    expect(blinds.locator("dl")).to_contain_text("Blockedyes")
    blinds.get_by_role("button", name="Block the blinds").click()
    expect(blinds.locator("dl")).to_contain_text("Blockedno")
    simulator.close()


def act(room: Running, action: str) -> None:
    import httpx

    answer = httpx.post(
        f"{room.said['api']}/api/v1/simulator",
        headers={"Authorization": f"Bearer {room.said['token']}"},
        json={"device": "blinds.window", "action": action},
        timeout=60,
    )
    assert answer.status_code < 300, answer.text


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_key_can_be_hit_and_nothing_spills(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for _ in range(2):  # in both languages
        for key in page.locator("kinds-sheet :is(button, input), .bar button:visible").all():
            box = key.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= LEAST_PX, key.inner_text()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        wide = "document.documentElement.scrollWidth <= innerWidth"
        assert page.evaluate(wide)
        page.locator(".bar button").filter(has_text="中文").or_(
            page.locator(".bar button").filter(has_text="English")
        ).click()


def test_its_words_are_those_of_the_language_else_english(page: Page) -> None:
    page.locator(".bar button").filter(has_text="中文").click()
    blinds = card(page, "窗帘")
    assert blinds.get_by_role("button").all_inner_texts() == ["上升", "停止", "下降"]
    lamp = card(page, "台灯")
    assert lamp.locator("dt").all_inner_texts() == ["Light", "Label"]
    expect(page.locator(".bar .kinds")).to_have_text("设备")
    page.locator(".bar button").filter(has_text="English").click()
