"""A vendor's page on a real display, joined, typed into and left by touches on the panel alone.

The panel is a Chromium of its own. What it touches is a small picture of the display, taken and
reached through a real compositor; between them stand the real daemon and the real screen process.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from roomctl.meeting.call import CallFailure
from tests.calls.rig import in_call, over
from tests.calls.served import Served
from tests.kiosk import compositor
from tests.kiosk.agency import UID, Agency, commands
from tests.kiosk.compositor import Compositor
from tests.kiosk.sound_server import SoundServer, needed
from tests.kiosk.vendor import CODE, JOIN, LEAVE, PASSCODE, SAYS, Vendor, platform_file
from tests.story import browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SLOW_MS = 60_000  # a browser on a busy machine
ROOM = """
[room]
display_name = "Bamboo"
[screen]
url = "unix:{socket}"
[meeting]
platforms = "{platforms}"
[meeting.hosts]
"""


class Panel:
    """The panel's page, the room's display on it, and what became of each touch."""

    def __init__(self, page, site):
        self.page, self.site = page, site
        self.asked, self.done = {}, {}
        page.set_default_timeout(SLOW_MS)
        page.on("websocket", self._follow)

    def _follow(self, socket):
        socket.on("framesent", lambda text: self._sent(json.loads(text)))
        socket.on("framereceived", lambda text: self._received(json.loads(text)))

    def _sent(self, message):
        if message["type"] == "command":
            self.asked[message["id"]] = message["command"]["type"]

    def _received(self, message):
        if message["type"] == "ack":
            self.done[message["id"]] = message["status"]

    def until(self, holds, what):
        """Wait until something holds; looks twenty times a second."""
        for _ in range(SLOW_MS // 50):
            if holds():
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never: {what}; asked {self.asked}, answered {self.done}")

    def join(self):
        """Paste the meeting's link and join."""
        self.page.get_by_role("button", name="Join by ID").tap()
        self.page.locator("textarea").fill(self.site.url)
        self.page.locator("join-sheet .go").tap()
        self.page.wait_for_selector("call-view")

    def see(self):
        """Open the room's display, and wait until the meeting's page stands there."""
        self.page.get_by_role("button", name="Room screen").tap()
        self.until_bright()

    def until_bright(self):
        """Wait until the picture's corner is the white of the vendor's page."""
        corner = """() => {
            const canvas = document.querySelector("remote-control canvas");
            if (!canvas.width) return false;
            const [x, y] = [canvas.width - 9, canvas.height - 9];
            const [red, green, blue] = canvas.getContext("2d").getImageData(x, y, 1, 1).data;
            return Math.min(red, green, blue) > 240;
        }"""
        self.until(lambda: self.page.evaluate(corner), "the vendor's page on the display")

    def touch(self, spot):
        """Touch a place of the display until the touch is sent, and wait until it has arrived."""
        box = self.page.locator("remote-control canvas").bounding_box()
        size = self.page.evaluate(
            "(({ width, height }) => [width, height])"
            "(document.querySelector('remote-control canvas'))"
        )
        scale = min(box["width"] / size[0], box["height"] / size[1])
        left = box["x"] + (box["width"] - size[0] * scale) / 2
        top = box["y"] + (box["height"] - size[1] * scale) / 2
        before = len(self.asked)
        while len(self.asked) == before:  # an old picture takes no touch
            self.page.wait_for_selector("screen-preview:not([data-old])")
            self.page.touchscreen.tap(
                left + spot[0] * size[0] * scale, top + spot[1] * size[1] * scale
            )
            self.page.wait_for_timeout(100)
        self.answered("screen.press")

    def answered(self, kind):
        """Wait until what was asked last, which is of this kind, is done."""
        one = list(self.asked)[-1]
        assert self.asked[one] == kind
        self.until(lambda: one in self.done, kind)
        assert self.done[one] == "done"

    def type(self, words):
        """Type a text as with a keyboard that is plugged into the panel."""
        self.page.get_by_role("button", name="Type text").tap()
        self.page.locator(".entry input").fill(words)
        self.page.get_by_role("button", name="Type", exact=True).tap()
        self.answered("screen.type")

    def says(self, words):
        expect(self.page.locator(".badge", has_text=words).locator("visible=true")).to_be_visible(
            timeout=SLOW_MS
        )

    def leave(self):
        self.page.locator(".back").tap()
        self.page.get_by_role("button", name="Leave").tap()
        self.page.get_by_role("button", name="Tap again to leave").tap()


@contextlib.contextmanager
def room(folder, sites, sound=None, displays=1):
    """Run a room whose display shows vendors' pages, the `sites` of each mode; yield a House.

    Without displays its browser is headless, and is reached through its pipe.
    """
    compositor.needed()
    platforms, hosts = folder / "platforms", ""
    platforms.mkdir()
    for mode, those in sites.items():
        text = platform_file().replace('key = "vendor"', f'key = "{mode}"')
        text = text.replace('mode = "assisted"', f'mode = "{mode}"')
        (platforms / f"{mode}.toml").write_text(text, encoding="utf-8")
        hosts += f"{mode} = {json.dumps([site.origin for site in those])}\n"
    with contextlib.ExitStack() as done:
        how = {} if sound is None else {"media": "real", "sound": sound.url}
        if displays:
            display = done.enter_context(contextlib.closing(Compositor(displays)))
            how |= {"mode": "kiosk", "surroundings": display.environment}
        agency = done.enter_context(contextlib.closing(Agency()))
        agency.start(**how)
        toml = ROOM.format(socket=agency.socket, platforms=platforms) + hosts
        served = done.enter_context(contextlib.closing(Served(folder, toml, "--verbose")))
        served.start().has_screen()
        yield House(folder, served, agency)


@dataclass(frozen=True)
class House:
    """A running room; `folder` is the daemon's."""

    folder: Path
    served: Served
    agency: Agency

    @contextlib.contextmanager
    def panel(self, people, site):
        """Open a panel in the browser `people`, for a meeting at `site`; leave it in the end."""
        size = {"width": 800, "height": 480}  # of a small panel: it is all drawn by the CPU
        context = people.new_context(viewport=size, has_touch=True, locale="en-GB")
        try:
            context.add_cookies(self.served.cookies())
            page = context.new_page()
            panel = Panel(page, site)
            page.goto(self.served.origin)
            page.wait_for_selector("room-panel main:not([inert])")
            yield panel
        finally:
            context.close()
            if not over(self.served.meeting()):
                self.served.command("meeting.leave")
                self.served.until("the room has left", over)

    def everything_kept(self):
        """All that the room says, logs, keeps and runs, as one text."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        texts = [path.read_bytes().decode(errors="replace") for path in [*files, self.agency.log]]
        lines = [" ".join(words) for uid in (UID, os.getuid()) for _, words in commands(uid)]
        return "\n".join([*texts, *lines, str(self.served.room())])


@pytest.fixture(scope="module")
def people():
    with browser() as people:
        yield people


@pytest.fixture(scope="module")
def displayed(tmp_path_factory):
    """A room with display and sound server, and its sites: one to read, two to hear."""
    needed("pulseaudio")
    with contextlib.ExitStack() as done:
        sound = done.enter_context(contextlib.closing(SoundServer("pulseaudio"))).start()
        wanted, plain = {"audio": True}, "plain.localhost"  # it has no camera
        sites = {
            "assisted": Vendor("en", wanted),
            "plain": Vendor("zh", wanted, host=plain),
            "keys": Vendor("zh", wanted, host=plain),
        }
        for site in sites.values():
            done.callback(site.close)
        modes = {"assisted": [sites["assisted"]], "plain": [sites["plain"], sites["keys"]]}
        folder = tmp_path_factory.mktemp("displayed")
        yield done.enter_context(room(folder, modes, sound)), sites


def test_an_assisted_meeting_is_joined_with_its_passcode_and_left_by_touch(displayed, people):
    house, sites = displayed
    served, site = house.served, sites["assisted"]
    with house.panel(people, site) as panel:
        panel.join()
        panel.says("Tap Join on the room screen")
        panel.see()
        panel.touch(JOIN)
        panel.says("Not in the meeting")
        panel.page.locator(".back").tap()
        expect(panel.page.locator("passcode-pad")).to_contain_text("The passcode is wrong")
        expect(panel.page.locator("passcode-pad")).to_be_visible()
        panel.see()
        panel.touch(CODE)
        panel.type(PASSCODE)
        panel.touch(JOIN)
        panel.says("In the meeting")
        assert served.until("proven by its media", in_call)
        assert site.joined == [["", ""], ["", PASSCODE]]
        panel.touch(LEAVE)
        said = {site.said.get(timeout=60) for _ in range(2)}
        assert said == {"met webdriver=true", "left by its own button"}
        kept = house.everything_kept()
        panel.leave()
        served.until("the room has left", over)
    assert "meeting: in_call" in kept, "the log is among it"
    assert PASSCODE not in kept


def test_a_plain_meeting_is_joined_and_left_by_touch_and_proven_by_two_witnesses(displayed, people):
    house, sites = displayed
    served, site = house.served, sites["plain"]
    with house.panel(people, site) as panel:
        panel.join()
        panel.says("Tap Join on the room screen")
        panel.see()
        panel.touch(CODE)
        panel.type(PASSCODE)
        panel.touch(JOIN)
        panel.says("In the meeting")
        assert served.until("proven by two witnesses", in_call)
        assert site.joined == [["", PASSCODE]]
        panel.touch(LEAVE)
        said = {site.said.get(timeout=60) for _ in range(2)}
        assert said == {"met webdriver=false", "left by its own button"}
        assert PASSCODE not in house.everything_kept()
        panel.leave()
        served.until("the room has left", over)


def test_the_keys_of_a_platform_file_join_a_plain_meeting_by_one_touch(displayed, people):
    house, sites = displayed
    served, site = house.served, sites["keys"]
    site.passcode = ""
    with house.panel(people, site) as panel:
        panel.join()
        panel.see()
        panel.page.get_by_role("button", name="Join for me").tap()
        panel.answered("meeting.press_join")
        panel.says("In the meeting")
        assert served.until("proven by two witnesses", in_call)
        assert site.joined == [["", ""]]
        assert site.said.get(timeout=60) == "met webdriver=false"


def test_the_panel_shows_each_obstacle_of_the_page_and_then_the_way_in(tmp_path, people):
    with (
        contextlib.closing(Vendor("zh")) as site,
        room(tmp_path, {"assisted": [site]}, displays=0) as house,
        house.panel(people, site) as panel,
    ):
        served = house.served
        panel.join()
        panel.says("Tap Join on the room screen")
        said, heading = set(), panel.page.locator("blocked-card h1").filter(visible=True)
        walls = {stage: word for stage, word in SAYS.items() if word in set(CallFailure)}
        for stage, word in walls.items():
            site.stage = stage
            served.until(word, lambda meeting, word=word: meeting["failure"] == word)
            panel.until(lambda: heading.inner_text() not in said, f"{word} on the panel")
            said.add(heading.inner_text())
            expect(panel.page.get_by_role("button", name="Room screen")).to_be_visible()
        assert len(said) == len(walls) == 6
        site.stage = "lobby"
        panel.says("In the lobby")
        site.stage = "prejoin"
        panel.says("Tap Join on the room screen")
        panel.see()
        panel.touch(CODE)
        panel.type(PASSCODE)
        panel.touch(JOIN)
        panel.says("In the meeting")
        assert served.until("proven by its media", in_call)
        site.stage = "ended"
        served.until("its page said so, and it is cleared away", over)
        panel.page.wait_for_selector("home-view")
