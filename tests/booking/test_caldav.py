"""A calendar on Radicale and on Xandikos, read and written as a room does.

ROOMCTL_DAVICAL=http://account:password@host/caldav.php/account/calendar/ adds one on DAViCal.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from roomctl.booking.agenda import Agenda, Booking
from roomctl.booking.change import (
    BookingChange,
    ChangeKind,
    Conflict,
    Written,
    ref_of,
)
from roomctl.booking.served import CalDavFeed
from roomctl.errors import PortError
from tests.booking.beside import CalDavBeside
from tests.held_port import HeldPort

pytestmark = pytest.mark.real

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 11, 26, 9, tzinfo=SHANGHAI)
ROOM = "bamboo@example.com"
START, END = NINE - timedelta(hours=9), NINE + timedelta(hours=15)
MEETING = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//someone//EN
BEGIN:VEVENT
UID:meeting@x
DTSTAMP:20261101T000000Z
DTSTART;TZID=Asia/Shanghai:20261126T090000
DTEND;TZID=Asia/Shanghai:20261126T100000
SUMMARY:Design review
X-KEPT:as it is
{more}
END:VEVENT
END:VCALENDAR
"""
GUEST = f"ORGANIZER:mailto:li@example.com\nATTENDEE;PARTSTAT=ACCEPTED:MAILTO:{ROOM.upper()}"


@dataclass
class Server:
    """A CalDAV server with one calendar, seen as somebody else's client does."""

    url: str

    def ask(self, method: str, name: str, data: str = "", **headers: str) -> str:
        body = data.replace("\n", "\r\n").encode() or None
        headers.setdefault("Authorization", f"Basic {b64encode(ACCOUNT.encode()).decode()}")
        request = urllib.request.Request(self.url + name, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return str(answer.read().decode()).replace("\r\n ", "")

    def put(self, data: str, name: str = "meeting.ics") -> None:
        self.ask("PUT", name, data, **{"Content-Type": "text/calendar"})

    def get(self, name: str = "meeting.ics") -> str:
        return self.ask("GET", name)

    def clear(self) -> None:
        for name in ("meeting.ics", f"{'0' * 32}.ics", f"{'1' * 32}.ics"):
            with contextlib.suppress(urllib.error.HTTPError):
                self.ask("DELETE", name)


DAVICAL = os.environ.get("ROOMCTL_DAVICAL", "")
ACCOUNT = urlsplit(DAVICAL).netloc.rpartition("@")[0] or "room:room"
KINDS = ["radicale", "xandikos", *(["davical"] if DAVICAL else [])]
EACH = pytest.mark.parametrize("running", KINDS, indirect=True, scope="module")


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Server]:
    kind = getattr(request, "param", "radicale")
    if kind == "davical":
        yield Server(DAVICAL.replace(f"{ACCOUNT}@", ""))
        return
    folder, held = tmp_path_factory.mktemp(kind), HeldPort()
    port = held.number
    if kind == "radicale":
        options = ["--server-hosts", f"127.0.0.1:{port}", "--auth-type", "none"]
        home = "room/calendar/"
        command = ["-m", "radicale", *options, "--storage-filesystem-folder", str(folder)]
        command += ["--rights-type", "authenticated"]
    else:
        home = "room/calendars/calendar/"
        command = ["-m", "xandikos", "serve", "-d", str(folder), "--defaults"]
        command += ["-l", "127.0.0.1", "-p", str(port), "--current-user-principal", "/room/"]
    process = Popen([sys.executable, *command], stdout=DEVNULL, stderr=DEVNULL)
    try:
        server = Server(f"http://127.0.0.1:{port}/{home}")
        for _ in range(600):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            try:
                process.wait(0.1)
            except TimeoutExpired:
                continue
            raise AssertionError(f"{kind} ended with {process.returncode}")
        if kind == "radicale":
            with contextlib.suppress(urllib.error.HTTPError):
                server.ask("MKCALENDAR", "")
        yield server
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    yield running
    running.clear()


def feed_of(
    server: Server, kind: type[CalDavFeed] = CalDavBeside, zone: ZoneInfo = SHANGHAI
) -> CalDavFeed:
    url = server.url.replace("http://", f"http://{ACCOUNT}@")
    return kind(f"caldav:{url}", zone, ROOM, "Booked in the room")


async def listed(feed: CalDavFeed) -> list[Booking]:
    return list(Agenda((await feed.bookings(START, END)).bookings))


def change(kind: ChangeKind, seen: Booking, end: datetime | None = None) -> BookingChange:
    return BookingChange(
        id="0" * 32,
        kind=kind,
        booking=seen.id,
        ref=ref_of(seen),
        start=seen.start,
        end=end or seen.end,
        was_end=seen.end,
        made_at=NINE,
        author="panel",
        title=seen.title,
    )


def reserve(key: str = "0", hours: int = 12) -> BookingChange:
    start = NINE.replace(hour=hours)
    end = start + timedelta(minutes=30)
    return BookingChange(key * 32, "reserve", "local/1", "", start, end, end, NINE, "panel")


@EACH
async def test_a_booking_is_made_shortened_and_given_back(server: Server) -> None:
    feed = feed_of(server)
    made = await feed.write(reserve())
    (found,) = await listed(feed)
    assert isinstance(made, Written)
    assert (ref_of(found), found.title, found.owned) == (made.ref, "Booked in the room", True)
    shorter = change("move_end", found, found.end - timedelta(minutes=10))
    assert await feed.write(shorter) == await feed.write(shorter) == Written()
    assert [each.end for each in await listed(feed)] == [shorter.end]
    (found,) = await listed(feed)
    assert await feed.write(change("release", found)) == Written()
    assert await feed.write(change("release", found)) == Written()
    assert await listed(feed) == []
    assert await feed.write(change("restore", found)) == Written(ref_of(found))
    assert [each.id for each in await listed(feed)] == [found.id]


async def test_what_is_written_twice_is_booked_once(server: Server) -> None:
    feed = feed_of(server, CalDavFeed)  # by processes, as in a room
    assert await feed.write(reserve()) == await feed.write(reserve())
    assert len(await listed(feed)) == 1


async def test_a_time_that_somebody_else_has_taken_is_not_booked(server: Server) -> None:
    feed = feed_of(server)
    server.put(MEETING.format(more=GUEST).replace("T090000", "T121500").replace("T1000", "T1300"))
    assert await feed.write(reserve()) == Conflict("taken")
    assert len(await listed(feed)) == 1
    assert isinstance(await feed.write(reserve("1", hours=15)), Written)


@EACH
async def test_a_time_without_a_zone_is_the_rooms_though_servers_take_it_for_utc(
    server: Server,
) -> None:
    floating = MEETING.format(more=GUEST).replace(";TZID=Asia/Shanghai", "")
    server.put(floating.replace("T090000", "T120000").replace("T1000", "T1300"))
    assert await feed_of(server).write(reserve()) == Conflict("taken")


async def test_an_invited_room_ends_answers_and_checks_in(server: Server) -> None:
    feed = feed_of(server)
    server.put(MEETING.format(more=GUEST))
    (seen,) = await listed(feed)
    assert await feed.write(change("check_in", seen)) == Written()
    assert "X-ROOMCTL-CHECKED-IN:2" in server.get()
    assert await feed.write(change("release", seen)) == Written()
    assert "PARTSTAT=DECLINED" in server.get()
    assert "STATUS:CANCELLED" not in server.get()
    assert await listed(feed) == []
    assert await feed.write(change("restore", seen)) == Written()
    assert "PARTSTAT=ACCEPTED" in server.get()
    shorter = change("move_end", seen, seen.end - timedelta(minutes=10))
    assert await feed.write(shorter) == Written()
    assert [each.end for each in await listed(feed)] == [shorter.end]
    assert "X-KEPT:as it is" in server.get()
    assert "DTEND;TZID=Asia/Shanghai:20261126T095000" in server.get()


@EACH
async def test_of_a_series_one_occurrence_is_given_back(server: Server) -> None:
    feed = feed_of(server)
    server.put(MEETING.format(more="RRULE:FREQ=DAILY;COUNT=5\nSTATUS:TENTATIVE"))
    (today,) = await listed(feed)
    assert await feed.write(change("release", today)) == Written()
    week = (await feed.bookings(START, END + timedelta(days=6))).bookings
    assert [each.start.day for each in Agenda(week)] == [27, 28, 29, 30]
    assert await feed.write(change("restore", today)) == Written()
    (again,) = await listed(feed)
    assert (again.id, again.start, again.end, again.tentative) == (
        today.id,
        today.start,
        today.end,
        True,
    )


async def test_what_was_moved_meanwhile_is_left_alone(server: Server) -> None:
    feed = feed_of(server)
    server.put(MEETING.format(more=GUEST))
    (seen,) = await listed(feed)
    server.put(MEETING.format(more=GUEST).replace("T100000", "T103000"))
    assert await feed.write(change("move_end", seen, seen.end + timedelta(minutes=15))) == Conflict(
        "moved"
    )
    server.ask("DELETE", "meeting.ics")
    assert await feed.write(change("check_in", seen)) == Conflict("gone")


async def test_a_longer_meeting_does_not_run_into_the_next_one(server: Server) -> None:
    feed = feed_of(server)
    server.put(MEETING.format(more=GUEST))
    (seen,) = await listed(feed)
    await feed.write(reserve(hours=10))
    longer = change("move_end", seen, seen.end + timedelta(minutes=15))
    assert await feed.write(longer) == Conflict("taken")


@EACH
async def test_a_calendar_is_found_from_its_servers_address(server: Server) -> None:
    server.put(MEETING.format(more=GUEST))
    root = f"http://{ACCOUNT}@" + server.url.removeprefix("http://").partition("/")[0]
    feed = CalDavBeside(f"caldav:{root}/", SHANGHAI, ROOM)
    assert [each.title for each in await listed(feed)] == ["Design review"]


@pytest.mark.parametrize(
    "running",
    [kind for kind in KINDS if kind != "xandikos"],  # says HTTP 500 to one of two
    indirect=True,
    scope="module",
)
async def test_two_rooms_that_write_at_once_do_not_lose_each_others_change(server: Server) -> None:
    server.put(MEETING.format(more=GUEST + "\nRRULE:FREQ=DAILY;COUNT=5"))
    feeds = [feed_of(server) for _ in range(2)]
    days = (await feeds[0].bookings(START, END + timedelta(days=2))).bookings[:2]
    changes = [change("release", day) for day in days]
    given = [feed.write(each) for feed, each in zip(feeds, changes, strict=True)]
    assert await asyncio.gather(*given) == [Written(), Written()]
    left = (await feeds[0].bookings(START, END + timedelta(days=6))).bookings
    assert [each.start.day for each in Agenda(left)] == [28, 29, 30]


@EACH
@pytest.mark.parametrize("first", [0, 1])
async def test_of_two_clients_that_book_at_once_on_a_slow_server_one_has_the_room(
    server: Server, first: int
) -> None:
    """Both look before either has written, and neither looks again before both have."""
    host, port = server.url.removeprefix("http://").partition("/")[0].split(":")
    both = asyncio.Barrier(2)
    order = [asyncio.Event(), asyncio.Event()]

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = re.findall(rb"(?i)content-length: *(\d+)", head)
            body = await reader.readexactly(int(lengths[0]) if lengths else 0)
            puts = head.startswith(b"PUT")
            mine = int(head.split(b" ")[1].endswith(b"1.ics"))
            if puts:
                await both.wait()
                if mine != first:
                    await order[first].wait()
            up, down = await asyncio.open_connection(host, int(port))
            down.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + body)
            answer = await up.read()
            down.close()
            if puts:
                order[mine].set()
                await both.wait()
            writer.write(answer)
            await writer.drain()
        writer.close()

    proxy = await asyncio.start_server(slow, "127.0.0.1", 0)
    async with proxy:
        address = "{}:{}".format(*proxy.sockets[0].getsockname())
        url = server.url.replace(f"{host}:{port}", f"{ACCOUNT}@{address}")
        feeds = [CalDavBeside(f"caldav:{url}", SHANGHAI, ROOM) for _ in range(2)]
        asked = [feed.write(reserve(str(at))) for at, feed in enumerate(feeds)]
        outcomes = await asyncio.gather(*asked)
    (has,) = (each for each in outcomes if isinstance(each, Written))
    assert Conflict("taken") in outcomes
    assert [ref_of(each) for each in await listed(feed_of(server))] == [has.ref]


@pytest.mark.parametrize("dies", ["before", "after"])
async def test_a_server_that_dies_while_it_is_written_to_books_nothing_twice(
    server: Server, dies: str
) -> None:
    """It stops between the request and the answer, once, and is there again."""
    host, port = server.url.removeprefix("http://").partition("/")[0].split(":")

    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal deaths
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = re.findall(rb"(?i)content-length: *(\d+)", head)
            length = int(lengths[0]) if lengths else 0
            body = await reader.readexactly(length)
            fatal = head.startswith(b"PUT") and not deaths
            deaths += fatal
            if not (fatal and dies == "before"):
                up, down = await asyncio.open_connection(host, int(port))
                down.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + body)
                answer = await up.read()
                down.close()
                if not fatal:
                    writer.write(answer)
                    await writer.drain()
        writer.close()

    deaths = 0
    proxy = await asyncio.start_server(between, "127.0.0.1", 0)
    async with proxy:
        address = "{}:{}".format(*proxy.sockets[0].getsockname())
        url = server.url.replace(f"{host}:{port}", f"{ACCOUNT}@{address}")
        feed = CalDavBeside(f"caldav:{url}", SHANGHAI, ROOM)
        with pytest.raises(PortError, match="breaks off"):
            await feed.write(reserve())
        assert isinstance(await feed.write(reserve()), Written)
        assert deaths == 1
    assert len(await listed(feed_of(server))) == 1
