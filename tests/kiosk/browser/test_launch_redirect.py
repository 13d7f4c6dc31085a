import asyncio
import re

import pytest

from roomctl.kiosk.browser.navigation_guard import (
    BARRED,
    CLEAR,
    CLOSED,
    COVERED,
    STANDS,
    UP,
    LaunchRedirect,
)

pytestmark = pytest.mark.real

LINK = "https://zoom.example/j/1?pwd=a%2Fb#tk=1"


@pytest.fixture
async def door():
    door = sent(LINK)
    yield door
    door.close()


def sent(link, *stopped):
    door = LaunchRedirect(*stopped)
    door.send(link)
    return door


async def ask(address, *, method="GET", path=None):
    host, _, rest = address.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    writer.write(f"{method} {path or '/' + rest} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    async with asyncio.timeout(60):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def opened(door):
    """Open it, and have an extension be there, which it waits for."""
    address = await door.open()
    await ask(f"{door.stay}{UP}")
    return address


def of_a_stranger(stay):
    """An address that has another token, as long."""
    address, token = stay.rstrip("/").rsplit("/", 1)
    return f"{address}/{token.swapcase()}/"


async def test_the_first_caller_is_sent_on_without_a_trace(door):
    answer = await ask(await opened(door))
    assert answer.startswith("HTTP/1.1 302 Found\r\n")
    assert f"\r\nLocation: {LINK}\r\n" in answer
    assert "\r\nReferrer-Policy: no-referrer\r\n" in answer
    assert "\r\nCache-Control: no-store\r\n" in answer
    assert door.used.is_set()


async def test_the_start_waits_for_the_extension_that_keeps_the_browser_in(door):
    address = await door.open()
    starting = asyncio.ensure_future(ask(address))
    await asyncio.sleep(0.1)
    assert not door.used.is_set()
    await ask(f"{door.stay}{UP}")
    assert (await starting).startswith("HTTP/1.1 302 ")


async def test_the_second_caller_learns_nothing(door):
    address = await opened(door)
    await ask(address)
    assert "zoom.example" not in await ask(address)


async def test_the_extension_starts_anew_though_the_first_page_was_just_answered(door):
    address = await opened(door)
    await ask(address)
    for _ in range(2):
        assert f"\r\nLocation: {LINK}\r\n" in await ask(door.again)
    token = address.rpartition("/")[2]
    assert "zoom.example" not in await ask(address, path=f"/again/{token}")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/go/"), ("GET", "/"), ("POST", None), ("GET", "/go/" + "x" * 32)],
)
async def test_a_caller_without_the_token_learns_nothing_and_spends_nothing(door, method, path):
    address = await opened(door)
    answer = await ask(address, method=method, path=path)
    assert answer.startswith("HTTP/1.1 404")
    assert "zoom.example" not in answer
    assert not door.used.is_set()


async def test_a_link_cannot_add_a_header_and_chinese_is_encoded():
    door = sent("https://meet.example/竹\r\nSet-Cookie: a=b")
    answer = await ask(await opened(door))
    door.close()
    assert "Location: https://meet.example/%E7%AB%B9%0D%0ASet-Cookie:%20a=b\r\n" in answer


async def test_a_browser_that_is_sent_to_stay_stays_and_its_way_is_told():
    stopped = []
    door = sent(LINK, stopped.append)
    await opened(door)
    try:
        answer = await ask(f"{door.stay}foreign.example?")
        assert answer.startswith("HTTP/1.1 204 No Content\r\n")
        assert stopped == ["foreign.example"]
        assert not door.used.is_set()
        assert not door.barred.is_set(), "a page stands there, which led elsewhere"
        assert (await ask(f"{of_a_stranger(door.stay)}foreign.example?")).startswith("HTTP/1.1 404")
        assert stopped == ["foreign.example"]
    finally:
        door.close()


async def test_a_page_that_stood_is_not_opened_again(door):
    await ask(await opened(door))
    assert (await ask(f"{door.stay}{UP}")).startswith("HTTP/1.1 200 ")
    await ask(f"{door.stay}{STANDS}")
    assert (await ask(f"{door.stay}{UP}")).startswith("HTTP/1.1 204 "), "it looks no more"
    assert "zoom.example" not in await ask(door.again)
    await ask(f"{door.stay}{BARRED}foreign.example")
    assert not door.barred.is_set(), "it is a window that was opened later"


async def test_the_extension_alone_says_that_the_link_led_elsewhere():
    stopped = []
    door = sent(LINK, stopped.append)
    await opened(door)
    assert (await ask(f"{of_a_stranger(door.stay)}{BARRED}")).startswith("HTTP/1.1 404")
    assert not door.barred.is_set()
    assert (await ask(f"{door.stay}{BARRED}foreign.example")).startswith("HTTP/1.1 204")
    assert door.barred.is_set()
    assert stopped == ["foreign.example"]
    door.close()


@pytest.fixture
async def waiting():
    door = LaunchRedirect()
    yield door
    door.close()


async def the_page_that_waits(door):
    """Return the address that its script asks, and the one it goes to then."""
    page = await ask(await opened(door))
    assert page.startswith("HTTP/1.1 200 OK\r\n")
    address = door.again.rpartition("/again/")[0]
    return [f"{address}{path}" for path in re.findall(r'"(/.*?)"', page)]


async def test_a_browser_without_a_meeting_waits_and_is_sent_on(waiting):
    then, again = await the_page_that_waits(waiting)
    asked = asyncio.ensure_future(ask(then))
    await waiting.waits.wait()
    waiting.send(LINK)
    assert (await asked).startswith("HTTP/1.1 204 ")
    assert not waiting.used.is_set()  # by the browser: it has only been told to go
    assert f"\r\nLocation: {LINK}\r\n" in await ask(again)
    assert waiting.used.is_set()


async def test_what_a_waiting_page_asks_is_good_once(waiting):
    then, _ = await the_page_that_waits(waiting)
    asked = asyncio.ensure_future(ask(then))
    await waiting.waits.wait()
    assert (await ask(then)).startswith("HTTP/1.1 404 ")
    waiting.send(LINK)
    await asked
    assert (await ask(then)).startswith("HTTP/1.1 404 ")


async def test_nobody_waits_once_the_page_is_gone(waiting):
    then, _ = await the_page_that_waits(waiting)
    _, _, port, path = re.split("://|:|(?=/next)", then)
    _, writer = await asyncio.open_connection("127.0.0.1", int(port))
    writer.write(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    await waiting.waits.wait()
    writer.close()
    async with asyncio.timeout(60):
        while waiting.waits.is_set():
            await asyncio.sleep(0)


async def test_a_page_that_waits_comes_anew_with_words_of_its_own(waiting):
    then, again = await the_page_that_waits(waiting)
    page = await ask(again)
    assert then.rpartition("/")[2] not in page
    assert (await ask(then)).startswith("HTTP/1.1 404 ")


async def test_who_does_not_know_the_word_waits_for_nothing(waiting):
    then, _ = await the_page_that_waits(waiting)
    waiting.send(LINK)
    for path in ("/next/", "/next/" + "x" * 32, "/next/" + then.rpartition("/")[2].swapcase()):
        answer = await ask(waiting.again, path=path)
        assert answer.startswith("HTTP/1.1 404 ")
        assert "zoom.example" not in answer


async def covered(door, number):
    """Say that windows stand over the page, and wait until that is taken."""
    asking = asyncio.ensure_future(ask(f"{door.stay}{COVERED}{number}"))
    async with asyncio.timeout(60):
        while not door.covered:
            await asyncio.sleep(0.01)
    return asking


async def test_windows_over_the_page_are_closed_once_somebody_asks(door):
    await opened(door)
    asking = await covered(door, 1)
    closing = asyncio.ensure_future(door.uncover())
    assert (await asking).startswith("HTTP/1.1 200 ")
    assert not closing.done(), "the extension is about to close them"
    await ask(f"{door.stay}{CLOSED}")
    await closing
    assert not door.covered
    await door.uncover()  # nothing is left to be waited for


async def test_windows_that_stood_there_when_media_began_are_not_closed(door):
    await opened(door)
    asking = await covered(door, "1_7")
    door.keep()
    assert not door.covered
    await door.uncover()  # nothing may be closed
    assert not asking.done()
    later = asyncio.ensure_future(ask(f"{door.stay}{COVERED}2_7_8"))
    assert (await asking).startswith("HTTP/1.1 204 ")
    async with asyncio.timeout(60):
        while not door.covered:
            await asyncio.sleep(0.01)
    closing = asyncio.ensure_future(door.uncover())
    answer = await later
    assert (answer[:13], answer.partition("\r\n\r\n")[2]) == ("HTTP/1.1 200 ", "8")
    await ask(f"{door.stay}{CLOSED}")
    await closing
    assert not door.covered


async def test_what_was_said_of_windows_before_and_came_late_counts_no_more(door):
    await opened(door)
    asking = await covered(door, 4)
    await ask(f"{door.stay}{CLEAR}5")
    assert (await asking).startswith("HTTP/1.1 204 "), "it is answered by the newer word"
    assert (await ask(f"{door.stay}{COVERED}3")).startswith("HTTP/1.1 204 ")
    assert not door.covered
    stranger = await ask(f"{of_a_stranger(door.stay)}{COVERED}6")
    assert stranger.startswith("HTTP/1.1 404")
    assert not door.covered
