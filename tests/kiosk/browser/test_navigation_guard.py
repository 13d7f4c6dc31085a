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
from tests.examples import chosen
from tests.kiosk import compositor, vendor
from tests.kiosk.agency import Agency
from tests.kiosk.site import TELL, Answering, Loopback
from tests.kiosk.sound_server import needed
from tests.kiosk.vendor import Vendor

ROOM = "HEADLESS-1"
STAY = "http://127.0.0.1:9/stay/t/"


def judged(hosts, origin, url, kind="main_frame"):
    """Return the action of the rule that counts for a request of `kind`, and what it found."""
    rules = navigation_guard.rules(hosts, STAY, origin)
    for rule in sorted(rules, key=lambda rule: -rule["priority"]):
        condition = rule["condition"]
        found = re.match(condition["regexFilter"], url)
        if found and kind in condition["resourceTypes"]:
            return rule["action"], found
    return {"type": "none"}, None


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://foreign.example/page?pwd=1", "foreign.example"),
        ("https://user:secret@foreign.example:8443/x", "foreign.example"),
        ("https://foreign.example#secret", "foreign.example"),
        ("https://zoom.us:443@foreign.example/", "foreign.example"),
        ("http://[::1]:8080/", "[::1]"),
    ],
)
def test_of_a_foreign_page_its_host_alone_is_told(url, host):
    action, found = judged(["*.zoom.us"], "https://zoom.us", url)
    told = found.expand(action["redirect"]["regexSubstitution"])
    assert (told, found[1]) == (f"{STAY}{host}?", host)


@pytest.mark.parametrize(
    ("hosts", "origin", "url", "action"),
    [
        (["*.zoom.us"], "https://zoom.us", "https://app.zoom.us/wc/1", "allow"),
        (["*.zoom.us"], "https://zoom.us", "http://app.zoom.us/wc/1", "allow"),
        (["*.zoom.us"], "https://zoom.us", "https://app.zoom.us:8443/", "redirect"),
        (["*.zoom.us"], "https://zoom.us", "https://evilzoom.us/", "redirect"),
        (["*.zoom.us"], "https://zoom.us", "https://zoom.us.example/", "redirect"),
        (["m.example:8443"], "https://m.example:8443", "https://m.example:8443/b", "allow"),
        (["m.example:8443"], "https://m.example:8443", "https://m.example/b", "redirect"),
        (["m.example:8443"], "https://m.example:8443", "https://m.example:84430/", "redirect"),
        (["m.example"], "https://m.example", "https://m.example:8443/b", "redirect"),
        (["m.example:443"], "https://m.example", "https://m.example/b", "allow"),
        (["m.example:443"], "https://m.example", "http://m.example/b", "redirect"),
        (["login.example"], "https://m.example:8443", "https://login.example:8443/", "allow"),
        (["127.0.0.1"], "http://127.0.0.1:5000", "http://127.0.0.1:5000/j/1", "allow"),
        (["127.0.0.1"], "http://127.0.0.1:5000", "http://127.0.0.1:8080/", "redirect"),
        (["127.0.0.1"], "http://127.0.0.1:5000", "http://127.0.0.1/", "redirect"),
        (["127.0.0.1"], "http://127.0.0.1:5000", "http://localhost:5000/", "redirect"),
        (["[::1]:5000"], "http://[::1]:5000", "http://[::1]:5000/", "allow"),
        (["[::1]:5000"], "http://[::1]:5000", "http://[::1]:8080/", "redirect"),
        (["m.example"], "https://m.example", "http://127.0.0.1:9/stay/t/x", "allow"),
        (["m.example"], "https://m.example", "http://127.0.0.1:9/else", "redirect"),
        (["m.example"], "https://m.example", "http://127.0.0.1:99/stay/t/x", "redirect"),
        (["m.example"], "https://m.example", "http://127.0.0.1:8080/", "redirect"),
    ],
)
def test_a_page_may_go_to_its_places_at_their_ports(hosts, origin, url, action):
    assert judged(hosts, origin, url)[0]["type"] == action


@pytest.mark.parametrize(
    ("url", "action"),
    [
        ("http://127.0.0.1:8080/api/v1/room", "block"),
        ("ws://127.0.0.1:9222/devtools", "block"),
        ("wss://localhost:8080/", "block"),
        ("http://a.localhost:8080/", "block"),
        ("http://localhost.:8080/", "block"),
        ("http://127.7.0.1/", "block"),
        ("http://0.0.0.0:4713/", "block"),
        ("http://[::1]:8080/", "block"),
        ("http://[::ffff:7f00:1]:8080/", "block"),
        ("https://localhost.example/", "none"),
        ("https://127.example/", "none"),
        ("https://cdn.example:8443/", "none"),
        ("wss://m.example/socket", "allow"),
    ],
)
def test_nothing_of_a_page_reaches_another_port_of_this_box(url, action):
    for kind in ("sub_frame", "xmlhttprequest", "websocket", "image"):
        assert judged(["m.example"], "https://m.example", url, kind)[0]["type"] == action


def test_it_runs_nothing_in_any_page(tmp_path):
    navigation_guard.install(tmp_path, ["meet.example"], STAY, "http://127.0.0.1:1/go/once")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert "content_scripts" not in manifest
    watching = {"declarativeNetRequest", "webNavigation", "processes"}
    assert set(manifest["permissions"]) == watching | {"downloads", "downloads.ui"}
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


_TRYING = """
<!doctype html><title>trying</title>
<script>
  TELL
  const pause = (ms) => new Promise((on) => setTimeout(on, ms));
  async function attempt() {
    for (const host of HOSTS) {
      const there = `http://${host}:PORT/`;
      const frame = document.createElement("iframe");
      frame.src = `${there}frame`;
      document.body.append(frame);
      if (ALL) {
        new Image().src = `${there}image`;
        await fetch(`${there}fetch`, { mode: "no-cors" }).catch(() => {});
        const socket = new WebSocket(`ws://${host}:PORT/socket`);
        await new Promise((on) => { socket.onerror = socket.onclose = on; });
      }
      for (const link of [`${there}page`, `/to?${there}sent`]) {
        const anchor = document.createElement("a");
        anchor.href = link;
        anchor.click();
        await pause(300);
      }
    }
    await tell("tried");
  }
  onload = attempt;
</script><body>
""".replace("TELL", TELL)
_NAMES = ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "a.localhost"]


class Neighbour(Loopback):
    """Another server of this box, which no page should reach; `asked` is what reached it."""

    def __init__(self):
        asked = self.asked = []

        class Handler(Answering):
            def get(self):
                asked.append(self.path)
                self.answer(200, "secret")

        super().__init__(Handler)


class Trying(Loopback):
    """A meeting that wants to reach `neighbour`; by requests of its page, too, if `every`."""

    def __init__(self, neighbour, every):
        said = self.said = queue.Queue()
        page = _TRYING.replace("HOSTS", json.dumps(_NAMES)).replace("PORT", str(neighbour.port))
        page = page.replace("ALL", json.dumps(every))

        class Handler(Answering):
            def get(self):
                if self.path.startswith("/to?"):
                    there = self.path.removeprefix("/to?")
                    return self.answer(302, headers=[("Location", there)])
                return self.answer(200, page)

            def post(self):
                said.put(self.body())
                self.answer(204)

        super().__init__(Handler)


@pytest.mark.browser
@pytest.mark.parametrize("assisted", chosen([True, False], False), ids=["assisted", "plain"])
async def test_a_page_of_this_box_reaches_its_own_port_alone(assisted):
    needed("chromium")
    agency, neighbour = Agency(), Neighbour()
    site = Trying(neighbour, every=not assisted)
    try:
        agency.start()
        async with agency.daemon() as daemon:
            hosts = ("127.0.0.1",)
            order = OpenMeeting(1, site.origin, site.origin, assisted, "Bamboo", hosts=hosts)
            daemon.say(order)
            assert await asyncio.to_thread(site.said.get, timeout=60) == "tried"
            assert neighbour.asked == []
            daemon.say(LeaveMeeting(1))
            page = await daemon.page(lambda page: False)
            assert (page.phase, page.reason) == (PagePhase.CLOSED, ScreenReason.LEFT)
    finally:
        agency.close()
        site.close()
        neighbour.close()


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
