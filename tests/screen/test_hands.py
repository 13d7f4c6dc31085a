"""A panel's hands on a real display: a plain page under labwc, beside a panel with the focus."""

import asyncio
import http.server
import itertools
import os
import threading

import pytest

from roomctl.screen import labwc
from roomctl.screen.keymap import named, typed
from roomctl.screen.protocol import (
    Key,
    KeyName,
    Leave,
    Look,
    Open,
    Phase,
    Picture,
    Place,
    Press,
    Relayed,
    Scroll,
    Stand,
    Type,
    Want,
)
from tests.screen import compositor
from tests.screen.agency import UID, Agency, commands
from tests.screen.compositor import Compositor
from tests.screen.vendor import CODE, LEAVE, PASSCODE, Vendor

browser = pytest.mark.browser

PANEL, ROOM = "HEADLESS-1", "HEADLESS-2"
GREY = (128, 128, 128)
_numbers = itertools.count(1)


class Panel:
    """A page that says what is typed into it, as a panel with a field for text would be."""

    def __init__(self):
        self.typed = []
        page = b"""<!doctype html><body style="background:#808080"><input id="i" autofocus>
            <script>i.oninput = () => fetch("/", { method: "POST", body: i.value });</script>"""
        panel = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self._answer(page)

            def do_POST(self):
                panel.typed.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self._answer(b"")

            def _answer(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def kiosk():
    if lacking := compositor.missing():
        why = f"needs {', '.join(lacking)} (sudo apt install {' '.join(lacking)})"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    display, agency = Compositor(2), Agency()
    agency.start(mode="kiosk", surroundings=display.environment)
    yield display, agency
    agency.close()
    display.close()


@pytest.fixture
def panel():
    panel = Panel()
    yield panel
    panel.close()


@pytest.fixture
def site():
    site = Vendor("zh")
    yield site
    site.close()


async def do(daemon, kind, *what):
    order = kind(next(_numbers), *what)
    daemon.say(order)
    answer = await daemon.until(
        lambda one: isinstance(one, Relayed | Picture) and one.number == order.number, limit_s=8
    )
    return answer.obstacle if isinstance(answer, Relayed) else None


async def until(fact, what, limit_s=10.0):
    async with asyncio.timeout(limit_s):
        while not fact():
            await asyncio.sleep(0.05)
    return what


@browser
async def test_a_plain_page_is_joined_and_left_by_touch_while_the_panel_has_the_focus(
    kiosk, panel, site
):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        if not any(isinstance(one, Want) for one in daemon.heard):
            await daemon.until(lambda one: isinstance(one, Want), limit_s=10)
        daemon.say(Stand(Place.PANEL, panel.url, PANEL))
        daemon.say(Stand(Place.ROOM, None, ROOM))
        await asyncio.to_thread(
            display.until, lambda: display.share(PANEL, GREY) > 0.9, "the panel"
        )
        order = Open(1, site.url, site.origin, False, "Bamboo")
        daemon.say(order)
        page = await daemon.page(lambda page: page.phase is Phase.OPEN)
        assert page.relay
        await asyncio.to_thread(
            display.until, lambda: display.share(ROOM, (255, 255, 255)) > 0.5, "the meeting"
        )
        browsers = [words for _, words in commands(UID) if f"--class={labwc.MEETING}" in words]
        assert browsers
        assert not [word for words in browsers for word in words if "remote-debugging" in word]
        assert await do(daemon, Press, *CODE) is None
        assert await do(daemon, Type, "x") is None
        assert await do(daemon, Key, KeyName.BACKSPACE) is None
        assert await do(daemon, Type, PASSCODE) is None
        assert await do(daemon, Key, KeyName.TAB) is None
        assert await do(daemon, Key, KeyName.ENTER) is None
        assert await asyncio.to_thread(site.said.get, timeout=10) == "met webdriver=false"
        assert site.joined == [["", PASSCODE]]
        assert await do(daemon, Scroll, 0.5, 0.5, 2, True) is None
        daemon.say(Look(900))
        last = await daemon.until(
            lambda one: isinstance(one, Picture) and one.part == one.parts - 1, limit_s=8
        )
        assert last.parts >= 1
        assert await do(daemon, Press, *LEAVE) is None
        assert await asyncio.to_thread(site.said.get, timeout=5) == "left by its own button"
        lines = [" ".join(words) for _, words in commands(UID)]
        assert not [line for line in lines if PASSCODE in line or str(site.port) in line]
        daemon.say(Leave(1))
        await daemon.page(lambda page: False, limit_s=5)
    assert panel.typed == []
    assert PASSCODE not in agency.log.read_text()
    assert "Traceback" not in agency.log.read_text()


@browser
async def test_the_keys_of_a_platform_file_join_from_where_the_page_has_its_focus(kiosk, site):
    display, agency = kiosk
    async with agency.daemon() as daemon:
        daemon.say(Stand(Place.ROOM, None, ROOM))
        daemon.say(Open(1, site.url, site.origin, False, "Bamboo"))
        await daemon.page(lambda page: page.phase is Phase.OPEN)
        await asyncio.to_thread(
            display.until, lambda: display.share(ROOM, (255, 255, 255)) > 0.5, "the meeting"
        )
        for key in (KeyName.TAB, KeyName.TAB, KeyName.ENTER):
            assert await do(daemon, Key, key) is None
        await until(lambda: site.joined == [["", ""]], "Join was pressed")


def test_a_text_takes_one_key_for_each_of_its_characters_and_a_keymap_for_45_at_a_time():
    [strikes] = typed("会议会")
    assert strikes.codes == (2, 3, 2)
    assert "replace key <AE01> { [ U4F1A ] }" in strikes.keymap
    assert "geheim" not in repr(next(iter(typed("geheim"))))
    many = "".join(chr(0x4E00 + n) for n in range(100))
    rounds = list(typed(many))
    assert [len(one.codes) for one in rounds] == [45, 45, 10]
    assert max(code for one in rounds for code in one.codes) == 53


def test_no_character_lies_on_a_key_that_does_something():
    printing = {code for one in typed("".join(map(chr, range(33, 123)))) for code in one.codes}
    doing = {code for key in KeyName for code in named(key).codes}
    assert not printing & doing


def test_a_meeting_stands_where_the_rooms_own_page_does():
    text = labwc.rules("HDMI-A-1", "DSI-1")
    rule = '<windowRule identifier="roomctl-meeting" serverDecoration="no">'
    assert f'{rule}<action name="MoveToOutput" output="HDMI-A-1"/>' in text
