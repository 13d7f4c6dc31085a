"""A room nearby is asked: what it may answer, and what a hostile one cannot do."""

import asyncio
import contextlib
import gzip
import json
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roomctl.api import box
from roomctl.api.neighbours import LARGEST, ask
from roomctl.app import parse
from roomctl.config import NeighbourTable
from roomctl.errors import RoomctlError
from roomctl.room.nearby import free_room
from tests.cli.rig import Running, simulating, until

pytestmark = pytest.mark.real

TOKEN = "a-token-of-the-room-nearby"
BODY = b'{"phase": "ready"}'


def table(url: str, token: str = TOKEN) -> NeighbourTable:
    text = f'[[door.neighbours]]\nname = "Pine"\nurl = "{url}"\ntoken = "{token}"\n'
    return parse(text, "room.toml").door.neighbours[0]


def http(body: bytes = BODY, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


class Neighbour:
    """A program at a neighbour's address; what it was asked, and how much it could send."""

    def __init__(self, answer: bytes, then: bytes = b"", pause_s: float = 0.0) -> None:
        self.asked, self.sent = list[str](), 0
        self._answer, self._then, self._pause_s = answer, then, pause_s
        self.open = set[asyncio.Task[None] | None]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(self._answer)
            await writer.drain()
            while self._then:
                writer.write(self._then)
                await writer.drain()
                self.sent += len(self._then)
                await asyncio.sleep(self._pause_s)
            await reader.read()
        writer.close()


@contextlib.asynccontextmanager
async def nearby(
    answer: bytes, then: bytes = b"", pause_s: float = 0.0
) -> AsyncIterator[tuple[Neighbour, str]]:
    there = Neighbour(answer, then, pause_s)
    server = await asyncio.start_server(there.serve, "127.0.0.1", 0)
    async with server:
        yield there, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*(one for one in there.open if one is not None))


async def refused(url: str, limit_s: float = 60.0) -> str:
    with pytest.raises(RoomctlError) as raised:
        await ask(table(url), limit_s)
    assert TOKEN not in str(raised.value)
    return str(raised.value)


async def test_it_is_asked_for_its_document_with_its_token() -> None:
    async with nearby(http()) as (there, url):
        assert await ask(table(url)) == BODY
    [head] = there.asked
    assert head.startswith("GET /api/v1/room HTTP/1.1\r\n")
    assert f"Authorization: Bearer {TOKEN}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a_redirect_is_not_followed_and_takes_no_token_elsewhere(status: str) -> None:
    async with nearby(http()) as (other, elsewhere):
        away = http(b"", status, f"Location: {elsewhere}/api/v1/room\r\n")
        async with nearby(away) as (_, url):
            assert f"HTTP {status[:3]}" in await refused(url)
    assert other.asked == []


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "500 No", "204 None"])
async def test_another_status_is_no_answer(status: str) -> None:
    async with nearby(http(BODY, status)) as (_, url):
        assert f"HTTP {status[:3]}" in await refused(url)


async def test_an_endless_answer_is_read_to_its_limit_and_no_further() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with nearby(chunked, b"10000\r\n" + b"x" * 65536 + b"\r\n") as (there, url):
        assert "larger than 256 KiB" in await refused(url)
    assert there.sent < 64 * LARGEST  # what the sockets held


async def test_an_answer_of_one_byte_now_and_then_ends_with_its_time() -> None:
    slow = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    async with nearby(slow, b"x", 0.02) as (_, url):
        assert await refused(url, 0.3) == "no answer within 0.3 s"


async def test_silence_ends_with_its_time() -> None:
    async with nearby(b"") as (_, url):
        assert await refused(url, 0.2) == "no answer within 0.2 s"


@pytest.mark.parametrize(
    "answer",
    [
        b"\x16\x03\x01" + b"\xff" * 2000,
        b"HTTP/1.1 \xff\xff\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["no HTTP", "no status", "endless headers", "a wrong length", "a wrong chunk"],
)
async def test_what_is_no_http_is_no_answer(answer: bytes) -> None:
    async with nearby(answer) as (_, url):
        assert "cannot be reached" in await refused(url)


async def test_what_is_compressed_is_not_unpacked() -> None:
    packed = gzip.compress(b" " * 10_000_000)
    async with nearby(http(packed, more="Content-Encoding: gzip\r\n")) as (_, url):
        assert await ask(table(url)) == packed


async def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    assert "cannot be reached" in await refused(url)


def test_no_proxy_of_the_environment_is_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked() -> bytes:
        async with nearby(http()) as (_, url):
            return await ask(table(url))

    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert asyncio.run(asked()) == BODY


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    words = ("--screen", "simulated", "--listen", "0.0.0.0:0")
    with simulating(tmp_path_factory.mktemp("room"), *words) as running:
        yield running


def token_of(room: Running, name: str) -> str:
    made = room.roomctl("token", "make", name, "--scope", "integration", "--json")
    return str(made.json["token"])


def fingerprint(room: Running) -> str:
    return str(room.roomctl("status", "--json").json["identity"]["fingerprint"])


def outside(room: Running) -> str:
    address = next((one for one in box.addresses() if ":" not in one), "")
    if not address:
        pytest.skip("this machine has no address but loopback")
    return f"https://{address}:{room.port}"


async def test_a_real_room_proves_its_key_and_is_asked_with_the_least_token(room: Running) -> None:
    url, token = f"{outside(room)}#{fingerprint(room)}", token_of(room, "sign")
    document = json.loads(await ask(table(url, token)))
    assert document["identity"]["fingerprint"] == fingerprint(room)
    free_room("Pine", json.dumps(document).encode())  # has all that is looked at


async def test_another_key_or_none_is_refused_before_the_token_is_sent(room: Running) -> None:
    said = await refused(f"{outside(room)}#sha256:{'0' * 64}")
    assert said == "has another key than its url says; nothing was sent"
    assert "no authority has signed its certificate" in await refused(outside(room))


async def test_a_token_that_was_revoked_is_said(room: Running) -> None:
    assert "HTTP 401; is its token still right?" in await refused(f"http://127.0.0.1:{room.port}")


CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//EN
{event}END:VCALENDAR
"""
NOW = """\
BEGIN:VEVENT
UID:now
DTSTAMP:20260101T000000Z
DTSTART:{begin:%Y%m%dT%H%M%SZ}
DTEND:{end:%Y%m%dT%H%M%SZ}
SUMMARY:Review
END:VEVENT
"""
BESIDE = """\
[[door.neighbours]]
name = "Pine"
url = "{url}"
token = "{token}"
"""


def begun(folder: Path, event: str, more: str = "") -> contextlib.AbstractContextManager[Running]:
    """Run a simulated room whose calendar has one event, or none."""
    folder.mkdir()
    (folder / "calendar.ics").write_text(CALENDAR.format(event=event).replace("\n", "\r\n"))
    text = f'[calendar]\nurl = "ics:{folder}/calendar.ics"\n{more}'
    (folder / "room.toml").write_text(text)
    return simulating(folder, str(folder / "room.toml"), "--listen", "0.0.0.0:0")


def test_a_booked_room_names_a_real_one_that_is_free(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    booked = NOW.format(begin=now - timedelta(minutes=20), end=now + timedelta(hours=2))
    with begun(tmp_path / "pine", "") as pine:
        url = f"{outside(pine)}#{fingerprint(pine)}"
        more = BESIDE.format(url=url, token=token_of(pine, "sign"))
        with begun(tmp_path / "bamboo", booked, more) as bamboo:

            def nearby() -> object:
                return bamboo.roomctl("status", "--json").json["nearby"]

            until(lambda: nearby() == [{"name": "Pine", "until": None}], 60.0)
            assert "answers" not in (bamboo.folder / "log").read_text(encoding="utf-8")
