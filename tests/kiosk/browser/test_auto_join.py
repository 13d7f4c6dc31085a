"""The way into a page that its platform's file names, in a real browser."""

import asyncio
import queue
import signal
import threading

import pytest

from roomctl.screen.protocol import LeaveMeeting, OpenMeeting, PageSelectors, PageSign, SignKind
from tests.kiosk import compositor
from tests.kiosk.agency import Agency
from tests.kiosk.site import Answering, Loopback
from tests.kiosk.sound_server import needed

pytestmark = pytest.mark.browser

LIMIT_S = 60.0
PAGE = """
<!doctype html><meta charset="utf-8"><title>slow</title>
<form id="form"><input id="name"><button id="join">Join</button></form>
<script src="/join.js"></script>
"""
JOIN = """
const form = document.getElementById("form");
form.onsubmit = (event) => {
  event.preventDefault();
  fetch("/said", { method: "POST", body: document.getElementById("name").value });
  form.hidden = true;
};
"""


class Slow(Loopback):
    """A page that comes when `begun`, and whose Join does what it should when `allowed`."""

    def __init__(self):
        self.said, self.pages = queue.Queue(), []
        self.asked, self.begun, self.allowed = (threading.Event() for _ in range(3))
        super().__init__(self._handler())

    def close(self):
        self.begun.set()
        self.allowed.set()
        super().close()

    def _handler(slow):  # noqa: N805
        class Handler(Answering):
            def get(self):
                if self.path == "/join.js":
                    slow.allowed.wait(LIMIT_S)
                    self.answer(200, JOIN, "text/javascript")
                elif self.path == "/favicon.ico":
                    self.answer(404)
                else:
                    slow.pages.append(self.path)
                    slow.asked.set()
                    slow.begun.wait(LIMIT_S)
                    self.answer(200, PAGE)

            def post(self):
                slow.said.put(self.body())
                self.answer(204)

        return Handler


@pytest.fixture
def agent():
    needed("chromium")
    agency = Agency().start()
    yield agency
    agency.close()


@pytest.fixture
def slow():
    slow = Slow()
    yield slow
    slow.close()


def meeting(slow):
    way, sign = PageSelectors("#name", "#join", ""), PageSign("prejoin", SignKind.PLACE, "#join")
    return OpenMeeting(
        1, f"{slow.origin}/m", slow.origin, True, "Bamboo", signs=(sign,), selectors=way
    )


async def test_join_is_not_pressed_before_its_page_is_all_there(agent, slow):
    slow.begun.set()
    async with agent.daemon() as daemon:
        daemon.say(meeting(slow))
        page = await daemon.page(lambda page: page.seen is not None, LIMIT_S)
        assert page.seen.word == "prejoin", "its Join is there to be seen"
        slow.allowed.set()
        assert await asyncio.to_thread(slow.said.get, timeout=LIMIT_S) == "Bamboo"
        daemon.say(LeaveMeeting(1))
        await daemon.page(lambda page: False)
    assert slow.said.empty(), "it is joined once"
    assert slow.pages == ["/m"], "and never loaded anew"


async def test_join_is_not_pressed_before_its_page_is_drawn(slow):
    compositor.needed()
    with compositor.kiosk(1) as (display, agency):
        async with agency.daemon() as daemon:
            daemon.say(meeting(slow))
            assert await asyncio.to_thread(slow.asked.wait, LIMIT_S)
            display.process.send_signal(signal.SIGSTOP)  # now nothing is drawn any more
            try:
                slow.allowed.set()
                slow.begun.set()
                page = await daemon.page(lambda page: page.seen is not None, LIMIT_S)
                assert page.seen.word == "prejoin", "its Join is there to be seen"
                assert slow.said.empty(), "Chromium may take a press now, or lose it"
            finally:
                display.process.send_signal(signal.SIGCONT)
            assert await asyncio.to_thread(slow.said.get, timeout=LIMIT_S) == "Bamboo"
