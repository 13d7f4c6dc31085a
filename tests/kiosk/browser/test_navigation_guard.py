"""A plain meeting's browser stays at the meeting, whatever is touched on its page."""

import asyncio
import json
import queue
import re

import pytest

from roomctl.kiosk.browser import navigation_guard
from roomctl.screen.protocol import (
    DisplayRole,
    LeaveMeeting,
    OpenMeeting,
    PagePhase,
    PressPoint,
    ScreenReason,
    ShowPage,
)
from tests.kiosk import compositor, vendor
from tests.kiosk.agency import Agency
from tests.kiosk.site import Answering, Loopback
from tests.kiosk.sound_server import needed
from tests.kiosk.vendor import Vendor

ROOM = "HEADLESS-1"
STAY = "http://127.0.0.1:9/stay/t/"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://foreign.example/page?pwd=1", "foreign.example"),
        ("https://user:secret@foreign.example:8443/x", "foreign.example"),
        ("https://foreign.example#secret", "foreign.example"),
    ],
)
def test_of_a_foreign_page_its_host_alone_is_told(url, host):
    (rule,) = navigation_guard.rules(["*.zoom.us"], STAY)
    found = re.match(rule["condition"]["regexFilter"], url)
    told = found.expand(rule["action"]["redirect"]["regexSubstitution"])
    assert (told, found[1]) == (f"{STAY}{host}?", host)


def test_the_meetings_hosts_and_our_own_are_inside():
    (rule,) = navigation_guard.rules(["*.zoom.us", "zoom.us", "login.example"], STAY)
    inside = rule["condition"]["excludedRequestDomains"]
    assert inside == ["127.0.0.1", "login.example", "zoom.us"]


def test_it_runs_nothing_in_any_page(tmp_path):
    navigation_guard.install(tmp_path, ["meet.example"], STAY, "http://127.0.0.1:1/go/once")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert "content_scripts" not in manifest
    assert set(manifest["permissions"]) == {"declarativeNetRequest", "webNavigation", "processes"}
    assert json.loads((tmp_path / "rules.json").read_text()) == navigation_guard.rules(
        ["meet.example"], STAY
    )


def test_a_meeting_without_hosts_may_go_anywhere(tmp_path):
    navigation_guard.install(tmp_path, (), STAY, "http://127.0.0.1:1/go/once")
    assert json.loads((tmp_path / "rules.json").read_text()) == []
    assert "const ours = [];" in (tmp_path / "worker.js").read_text()


@pytest.fixture
def kiosk():
    compositor.needed()
    with compositor.kiosk(1) as running:
        yield running


@pytest.fixture
def site():
    site = Vendor("en")
    site.stage = "in"
    yield site
    site.close()


async def touch(daemon, agency, place):
    assert await daemon.touch(PressPoint, *place) is None, agency.log.read_text()


@pytest.mark.browser
async def test_no_link_on_a_plain_page_loses_the_call_or_hides_it(kiosk, site):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        daemon.say(ShowPage(DisplayRole.ROOM, None, ROOM))
        daemon.say(OpenMeeting(1, site.url, site.origin, False, "Bamboo", hosts=("127.0.0.1",)))
        await daemon.page(lambda page: page.phase is PagePhase.OPEN)
        assert await asyncio.to_thread(site.said.get, timeout=60) == "met webdriver=false"
        await asyncio.to_thread(
            display.until, lambda: display.share(ROOM, (255, 255, 255)) > 0.5, "the meeting"
        )
        kept = "did not leave the meeting for foreign.example"
        async with asyncio.timeout(60):  # a page that has only begun may miss a touch
            while kept not in agency.log.read_text():
                await touch(daemon, agency, vendor.FOREIGN)
                await asyncio.sleep(0.5)
        for place in (vendor.WINDOW, vendor.MAIL, vendor.PROGRAM):
            await touch(daemon, agency, place)
        # The meeting stands there still, with nothing before it: its own button can be pressed.
        async with asyncio.timeout(60):
            while site.said.empty():
                await touch(daemon, agency, vendor.LEAVE)
                await asyncio.sleep(0.2)
        assert site.said.get() == "left by its own button"
        daemon.say(LeaveMeeting(1))
        await daemon.page(lambda page: False)
    assert "Traceback" not in agency.log.read_text()


class Leaving(Loopback):
    """A page of which a foreign link is touched as soon as it stands; it says that it lives."""

    def __init__(self):
        said = self.said = queue.Queue()

        class Handler(Answering):
            def get(self):
                self.answer(200, _LEAVING)

            def post(self):
                said.put(self.body())
                self.answer(204)

        super().__init__(Handler)


_LEAVING = """
<!doctype html><title>leaving</title><a href="http://foreign.example/page">foreign</a>
<script>
  setInterval(() => fetch("/said", { method: "POST", body: "lives" }), 100);
  setTimeout(() => document.querySelector("a").click(), 50);
</script>
"""


@pytest.mark.browser
@pytest.mark.parametrize("disk", ["late_rule", "later_rule"])
async def test_a_link_that_is_touched_at_once_ends_no_page_that_stood(disk):
    needed("chromium")
    agency, site = Agency(), Leaving()
    try:
        agency.start(program=f"tests.kiosk.{disk}")
        async with agency.daemon() as daemon:
            order = OpenMeeting(1, site.origin, site.origin, False, "Bamboo", hosts=("127.0.0.1",))
            daemon.say(order)
            async with asyncio.timeout(60):
                while "did not leave the meeting for foreign.example" not in agency.log.read_text():
                    await asyncio.sleep(0.1)
            while not site.said.empty():
                site.said.get()
            assert await asyncio.to_thread(site.said.get, timeout=60) == "lives"
            daemon.say(LeaveMeeting(1))
            page = await daemon.page(lambda page: False)
            assert (page.phase, page.reason) == (PagePhase.CLOSED, ScreenReason.LEFT)
    finally:
        agency.close()
        site.close()


class Elsewhere(Loopback):
    """Links on this host lead to another one, which is not the platform's."""

    def __init__(self):
        class Handler(Answering):
            def get(self):
                there = f"http://foreign.example:{self.server.server_port}/x"
                self.answer(302, headers=[("Location", there)])

        super().__init__(Handler)


@pytest.mark.browser
@pytest.mark.parametrize("assisted", [True, False])
async def test_a_link_that_leads_to_a_foreign_host_is_blocked_and_said_to_be(assisted):
    needed("chromium")
    agency, site = Agency(), Elsewhere()
    try:
        agency.start()
        async with agency.daemon() as daemon:
            url = f"{site.origin}/j/1?pwd=geheim"
            daemon.say(OpenMeeting(1, url, site.origin, assisted, "Bamboo", hosts=("127.0.0.1",)))
            page = await daemon.page(lambda page: False)
            assert (page.phase, page.reason) == (PagePhase.FAILED, ScreenReason.BLOCKED_BY_POLICY)
            assert agency.browser() is None
        log = agency.log.read_text()
        assert "did not leave the meeting for foreign.example" in log
        assert "geheim" not in log
    finally:
        agency.close()
        site.close()
