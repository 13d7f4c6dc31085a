import asyncio

import pytest

from roomctl.kiosk.browser.navigation_guard import UP, LaunchRedirect

pytestmark = pytest.mark.real

LINK = "https://zoom.example/j/1?pwd=a%2Fb#tk=1"


@pytest.fixture
async def door():
    door = LaunchRedirect(LINK)
    yield door
    door.close()


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


async def test_the_first_caller_is_sent_on_without_a_trace(door):
    answer = await ask(await door.open())
    assert answer.startswith("HTTP/1.1 302 Found\r\n")
    assert f"\r\nLocation: {LINK}\r\n" in answer
    assert "\r\nReferrer-Policy: no-referrer\r\n" in answer
    assert "\r\nCache-Control: no-store\r\n" in answer
    assert door.used.is_set()


async def test_the_fence_is_told_whether_the_start_was_fetched(door):
    address = await door.open()
    assert (await ask(f"{door.stay}{UP}")).startswith("HTTP/1.1 200 ")
    await ask(address)
    assert (await ask(f"{door.stay}{UP}")).startswith("HTTP/1.1 204 ")


async def test_the_second_caller_learns_nothing(door):
    address = await door.open()
    await ask(address)
    assert "zoom.example" not in await ask(address)


async def test_the_extension_starts_anew_though_the_first_page_was_just_answered(door):
    address = await door.open()
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
    address = await door.open()
    answer = await ask(address, method=method, path=path)
    assert answer.startswith("HTTP/1.1 404")
    assert "zoom.example" not in answer
    assert not door.used.is_set()


async def test_a_link_cannot_add_a_header_and_chinese_is_encoded():
    door = LaunchRedirect("https://meet.example/竹\r\nSet-Cookie: a=b")
    answer = await ask(await door.open())
    door.close()
    assert "Location: https://meet.example/%E7%AB%B9%0D%0ASet-Cookie:%20a=b\r\n" in answer


async def test_a_browser_that_is_sent_to_stay_stays_and_its_way_is_told():
    stopped = []
    door = LaunchRedirect(LINK, stopped.append)
    await door.open()
    try:
        answer = await ask(f"{door.stay}foreign.example?")
        assert answer.startswith("HTTP/1.1 204 No Content\r\n")
        assert stopped == ["foreign.example"]
        assert not door.used.is_set()
        assert not door.barred.is_set(), "a page stands there, which led elsewhere"
        stranger = door.stay.rstrip("/")[:-1] + "x/foreign.example?"
        assert (await ask(stranger)).startswith("HTTP/1.1 404")
        assert stopped == ["foreign.example"]
    finally:
        door.close()


async def test_a_browser_that_no_page_sent_is_barred_by_its_own_link():
    door = LaunchRedirect(LINK)
    await door.open()
    try:
        path = door.stay.partition("/stay")[1:]
        head = f"{''.join(path)}foreign.example? HTTP/1.1\r\nSec-Fetch-Site: none\r\nX:"
        assert (await ask(door.stay, path=head)).startswith("HTTP/1.1 204")
        assert door.barred.is_set()
    finally:
        door.close()
