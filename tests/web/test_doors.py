"""Pairing, the Content-Security-Policy, other hosts, weight, simulator and demo meeting."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from roomctl.api.simulation import create_demo_meeting
from tests.web import rooms
from tests.web.conftest import seen, until, usable
from tests.web.stand_in import NOTHING, WEB, StandIn, serving

pytestmark = pytest.mark.browser

FAR = [
    {
        "name": "camera.front",
        "kind": "camera",
        "plugged": True,
        "state": {"pan_deg": 20.0, "tilt_deg": -5.0, "zoom_pct": 40.0, "moving": False},
        "actions": ["unplug", "plug", "power_cycle", "garble", "slow", "silent"],
    },
    {"name": "screen", "kind": "screen", "actions": ["end_meeting", "crash"]},
]


def test_pairing_redeems_the_token_and_takes_it_out_of_the_address(open_panel: Any) -> None:
    stand_in, page = open_panel(path=NOTHING)
    stand_in.paired = False
    page.goto(stand_in.url + "/#pair=good")
    usable(page)
    assert page.url == stand_in.url + "/"


def test_an_unpaired_panel_says_how_to_pair(open_panel: Any, stand_in: StandIn) -> None:
    stand_in.paired = False
    _, page = open_panel()
    expect(page.locator("room-overlay")).to_contain_text("Pair this panel")
    assert page.locator("main[inert]").count() == 1


def test_a_used_link_says_so(open_panel: Any, stand_in: StandIn) -> None:
    stand_in.paired = False
    _, page = open_panel(path="/#pair=used")
    expect(page.locator("room-overlay")).to_contain_text("already used")
    assert "used" not in page.url


def test_nothing_breaks_the_policy_asks_another_host_or_complains(
    open_panel: Any, stand_in: StandIn
) -> None:
    stand_in.far = FAR
    _, page = open_panel(path=NOTHING)
    hosts, said = set(), []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("websocket", lambda socket: hosts.add(socket.url.split("/")[2]))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(stand_in.url + "/")
    usable(page)
    for number in (1, 2):
        page.locator("home-view .dock > .key").nth(number).click()
        page.locator(".back").click()
    stand_in.patch(**rooms.in_call())
    page.wait_for_selector("call-view")
    page.goto(stand_in.url + "/simulator")
    page.wait_for_selector("top-view")
    assert hosts == {stand_in.url.split("/")[2]}
    assert said == []


@pytest.mark.parametrize("page", ["index.html", "screen.html", "simulator.html", "door.html"])
def test_a_page_weighs_at_most_96_kb_in_at_most_32_modules(page: str) -> None:
    parts = loaded(page)
    files = [WEB / page, *(WEB / part for part in parts)]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 96_000
    assert 5 < len([part for part in parts if part.endswith(".js")]) <= 32


def test_no_page_has_inline_script_or_style_and_no_module_parses_html() -> None:
    for path in WEB.rglob("*.html"):
        assert not re.search(r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", path.read_text())
    for path in WEB.rglob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", path.read_text()
        )


def test_every_module_of_the_panel_is_preloaded() -> None:
    page = (WEB / "index.html").read_text()
    modules = {part for part in loaded("index.html") if part.endswith(".js")}
    assert set(re.findall(r'modulepreload" href="/ui/(.+?)"', page)) == modules


def loaded(page: str) -> set[str]:
    """Return every style and module that a page loads, whoever of them asks for it."""
    head = (WEB / page).read_text()
    wanted = re.findall(r'(?:stylesheet" href|script type="module" src)="/ui/(.+?)"', head)
    found: set[str] = set()
    while wanted:
        part = wanted.pop()
        if part in found:
            continue
        found.add(part)
        for target in re.findall(r'^import .*?"(.+?)";', (WEB / part).read_text(), re.M):
            wanted.append(str(((WEB / part).parent / target).resolve().relative_to(WEB)))
    return found


def test_the_simulator_page_draws_the_camera_and_passes_actions_on(
    open_panel: Any, stand_in: StandIn
) -> None:
    stand_in.far = FAR
    _, page = open_panel(path="/simulator")
    cone = page.locator("top-view .cone")
    before = cone.get_attribute("d")
    stand_in.far = [{**FAR[0], "state": {"pan_deg": -30.0, "tilt_deg": 0.0, "zoom_pct": 0.0}}]
    expect(page.locator("figcaption")).to_contain_text("-30.0° pan")
    assert cone.get_attribute("d") != before
    page.get_by_role("button", name="Unplug").click()
    expect(page.locator(".notice")).to_contain_text("Done: Camera: Unplug")
    expect(page.get_by_role("button", name="Plug in")).to_be_disabled()
    assert stand_in.acted == [{"device": "camera.front", "action": "unplug", "args": {}}]


@pytest.fixture
def demo(browser: Browser) -> Iterator[tuple[str, Page]]:
    with serving(StandIn(rooms.at_rest()), create_demo_meeting(WEB)) as stage:
        context = browser.new_context(locale="zh-CN")
        yield stage.url, context.new_page()
        context.close()


def test_the_demo_meeting_holds_a_real_call_with_itself(demo: tuple[str, Page]) -> None:
    url, page = demo
    said: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(f"{url}/Bamboo")
    seen(page, "[data-state=in_call]")
    until(page, "document.querySelector('#remote').videoWidth > 0")
    expect(page.locator("#state")).to_contain_text("已进入演示会议")
    expect(page.locator("#room")).to_have_text("Bamboo")
    assert hosts == {url.split("/")[2]}
    assert [text for text in said if "404" not in text] == []  # it has no icon


_TO_ECHO = """
(said) => new Promise((done) => {
  const line = new WebSocket(`ws://${location.host}/echo`);
  line.binaryType = "arraybuffer";
  line.onopen = () => line.send(typeof said === "number" ? new Uint8Array(said) : said);
  line.onmessage = ({ data }) => done(data.byteLength);
  line.onclose = () => done("closed");
})
"""


@pytest.mark.parametrize(("said", "answer"), [(300, 300), ("a text", "closed")])
def test_the_demo_meeting_gives_sound_back_and_nothing_else(
    demo: tuple[str, Page], said: int | str, answer: int | str
) -> None:
    url, page = demo
    page.goto(f"{url}/Bamboo?deny=1")
    assert page.evaluate(_TO_ECHO, said) == answer


def test_the_demo_meeting_says_when_it_has_no_media(demo: tuple[str, Page]) -> None:
    url, page = demo
    page.goto(f"{url}/Bamboo?deny=1")
    expect(page.locator("#state")).to_contain_text("没有摄像头和麦克风")
