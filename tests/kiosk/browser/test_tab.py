"""A page that is steered over the pipe, at whose other end is a browser of the test's own."""

import asyncio
import contextlib
import json
import os
import threading

import pytest

from roomctl.kiosk.browser.navigation_guard import MOST_OVER
from roomctl.kiosk.browser.tab import Tab

SLOW_S = 2.5  # longer than a page that is open is waited for


class Browser:
    """Answers everything with nothing, some things late, some once others were asked, too."""

    def __init__(self, late=(), held=""):
        """What is asked of the page, or of the browser, before `held` is answered after it."""
        self._late, self._held, self.asked = late, held, []
        self._of_page = not held.startswith("Browser.")
        down_read, down_write = os.pipe()
        up_read, up_write = os.pipe()
        self.pipe = up_read, down_write
        self._thread = threading.Thread(target=self._serve, args=(down_read, up_write))
        self._thread.start()

    def close(self):
        self._thread.join()

    def _serve(self, down, up):
        held, waiting, answers = b"", threading.Event(), []
        with contextlib.suppress(OSError):
            while data := os.read(down, 65536):
                *whole, held = (held + data).split(b"\0")
                for message in map(json.loads, whole):
                    self.asked.append(message["method"])
                    if message["method"] in self._late:
                        waiting.wait(SLOW_S)
                    answers.append({"id": message["id"], "result": self._answer(message["method"])})
                    if message["method"] == "Target.setDiscoverTargets":
                        info = {"targetInfo": {"type": "page", "targetId": "T"}}
                        answers.append({"method": "Target.targetCreated", "params": info})
                    of_page = "sessionId" in message
                    if of_page == self._of_page and self._held not in ("", *self.asked):
                        continue
                    for answer in answers:
                        os.write(up, json.dumps(answer).encode() + b"\0")
                    answers.clear()
        os.close(down)
        os.close(up)

    def _answer(self, method):
        return {"sessionId": "S"} if method == "Target.attachToTarget" else {}


@pytest.mark.real
async def test_a_browser_that_is_slow_to_begin_is_waited_for():
    async with asyncio.TaskGroup() as both:
        for late in ("Target.attachToTarget", "Page.enable"):
            both.create_task(attached(Browser(late=(late,))))


@pytest.mark.real
@pytest.mark.parametrize("held", ["Target.setAutoAttach", "Browser.setDownloadBehavior"])
async def test_what_needs_no_answer_is_asked_in_one_round(held):
    await attached(Browser(held=held))


async def attached(browser):
    tab = Tab(lambda host: None)
    try:
        await tab.attach(browser.pipe)
        assert browser.asked[-1] == "Target.setAutoAttach"
    finally:
        await tab.end()
        await asyncio.to_thread(browser.close)


async def test_the_windows_over_a_page_are_bounded_and_those_of_the_browser_itself_are_none():
    tab = Tab(lambda host: None, ["meet.example"], "https://meet.example/")
    try:
        window(tab, "meeting", "about:blank")
        window(tab, "bar", "chrome://omnibox-popup.top-chrome/")
        assert not tab.covered
        for number in range(50):
            window(tab, str(number), "https://meet.example/help")
        for number in range(MOST_OVER):
            assert tab.covered
            tab._event("Target.targetDestroyed", {"targetId": str(number)}, "")
        assert not tab.covered, "the others are closed at once"
        await asyncio.sleep(0)  # the orders to close them begin
    finally:
        await tab.end()


def window(tab, target, url):
    info = {"type": "page", "targetId": target, "url": url}
    tab._event("Target.targetCreated", {"targetInfo": info}, "")
