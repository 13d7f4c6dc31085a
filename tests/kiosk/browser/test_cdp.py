import asyncio
import json
import os

import pytest

from roomctl.kiosk.browser.cdp import LONGEST_MESSAGE, Cdp, CdpError


class Browser:
    """The browser's ends of the two pipes."""

    def __init__(self):
        self.down, self._client_down = os.pipe()
        self._client_up, self.up = os.pipe()
        self.events = []
        self.cdp = Cdp(lambda method, params, session: self.events.append((method, session)))

    async def attach(self):
        await self.cdp.attach(self._client_up, self._client_down)

    async def heard(self):
        data = await asyncio.to_thread(os.read, self.down, 65536)
        return json.loads(data.removesuffix(b"\0"))

    def say(self, message):
        os.write(self.up, json.dumps(message).encode() + b"\0")

    def hang_up(self):
        if self.up is not None:
            os.close(self.up)
            self.up = None


@pytest.fixture
async def browser():
    browser = Browser()
    await browser.attach()
    yield browser
    browser.cdp.close()
    browser.hang_up()
    os.close(browser.down)
    await asyncio.sleep(0)


async def test_an_answer_goes_to_the_command_that_asked(browser):
    first = asyncio.create_task(browser.cdp.call("A.one"))
    assert await browser.heard() == {"id": 1, "method": "A.one", "params": {}}
    second = asyncio.create_task(browser.cdp.call("A.two", {"x": 1}, "S"))
    assert await browser.heard() == {
        "id": 2,
        "method": "A.two",
        "params": {"x": 1},
        "sessionId": "S",
    }
    browser.say({"id": 2, "result": {"n": 2}})
    browser.say({"id": 1, "result": {"n": 1}})
    assert [await first, await second] == [{"n": 1}, {"n": 2}]


async def test_a_refused_command_is_an_error(browser):
    call = asyncio.create_task(browser.cdp.call("A.one"))
    await browser.heard()
    browser.say({"id": 1, "error": {"message": "no such thing"}})
    with pytest.raises(CdpError, match="no such thing"):
        await call


async def test_an_answer_is_not_waited_for_longer_than_said(browser):
    with pytest.raises(CdpError, match=r"A.one: no answer within 0.05 s"):
        await browser.cdp.call("A.one", limit_s=0.05)


async def test_a_browser_that_dies_ends_every_wait(browser):
    call = asyncio.create_task(browser.cdp.call("A.one"))
    await browser.heard()
    browser.hang_up()
    with pytest.raises(CdpError, match="gone"):
        async with asyncio.timeout(60):
            await call
    with pytest.raises(CdpError, match="gone"):
        await browser.cdp.call("A.two")


async def test_nonsense_is_ignored_and_events_come_through(browser):
    os.write(browser.up, b"nonsense\0[]\0{}\0" + b'{"method":"Page.x","sess')
    os.write(browser.up, b'ionId":"S"}\0')
    call = asyncio.create_task(browser.cdp.call("A.one"))
    await browser.heard()
    browser.say({"id": 1})
    assert await call == {}
    assert browser.events == [("Page.x", "S")]


async def test_an_endless_message_ends_the_conversation(browser):
    call = asyncio.create_task(browser.cdp.call("A.one"))
    await browser.heard()
    browser.cdp.data_received(b"x" * (LONGEST_MESSAGE + 1))
    with pytest.raises(CdpError, match="gone"):
        await call
