"""A server whose query by time does not find all, or that takes two writes at once and keeps one.

The server is a stand-in; DAViCal 1.1.12 does both (README.md), Xandikos the first for an RDATE.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest

from roomctl.booking.agenda import Agenda, Booking
from roomctl.booking.change import ChangeKind, Conflict, RetryLater, Written
from roomctl.booking.known import MOST_KEPT, KnownEvents
from roomctl.booking.served import CalDavFeed
from roomctl.errors import PortError
from tests.booking.beside import CalDavBeside
from tests.booking.hostile import calendar, event
from tests.booking.test_bad_servers import IS_CALENDAR, XML, Asked, Server, http
from tests.booking.test_caldav import END, GUEST, MEETING, NINE, ROOM, SHANGHAI, START, change

pytestmark = pytest.mark.real

SERIES = MEETING.format(more=GUEST + "\nRRULE:FREQ=DAILY;COUNT=5")
MOVED = SERIES.replace(
    "END:VCALENDAR",
    "BEGIN:VEVENT\nUID:meeting@x\nDTSTAMP:20261101T000000Z\n"
    "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Asia/Shanghai:20261128T090000\n"
    "DTSTART;TZID=Asia/Shanghai:20261128T110000\nDTEND;TZID=Asia/Shanghai:20261128T120000\n"
    f"SUMMARY:Design review\n{GUEST}\nEND:VEVENT\nEND:VCALENDAR",
)
DAY = timedelta(days=1)


@dataclass
class Calendar(Server):
    """A calendar with objects, of which a query by time finds some, and each other all."""

    answer: Callable[[Asked], bytes] = lambda _: b""
    objects: dict[str, bytes] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)  # listed, and not given
    listing: bytes = b""  # what is answered to it instead
    read: list[str] = field(default_factory=list)  # what was asked for by its address, with others
    at_once: asyncio.Barrier | None = None  # writes that are checked before any is done

    def put(self, text: str, name: str = "meeting", *, found: bool = False) -> None:
        self.objects[f"/calendar/{name}.ics"] = text.replace("\n", "\r\n").encode()
        if found:
            self.found.add(f"/calendar/{name}.ics")

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = re.findall(rb"(?i)content-length: *(\d+)", head)
        body = await reader.readexactly(int(lengths[0]) if lengths else 0)
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        self.asked.append(Asked(method, path, head, body))
        writer.write(await self._answer(self.asked[-1]))
        await writer.drain()
        writer.close()

    async def _answer(self, asked: Asked) -> bytes:
        match asked.method:
            case "PROPFIND" if b"resourcetype" in asked.body:
                return http(IS_CALENDAR, status="207 Multi-Status")
            case "PROPFIND":
                return self.listing or self._said({"/calendar/": b"", **self.objects}, data=False)
            case "REPORT" if b"multiget" in asked.body:
                hrefs = re.findall(r"href>([^<]+)<", asked.body.decode())
                self.read += hrefs
                given = {each: self.objects[each] for each in hrefs if each not in self.withheld}
                return self._said(given, data=True)
            case "REPORT":
                return self._said({each: self.objects[each] for each in self.found}, data=True)
            case "GET" if asked.path in self.objects:
                data = self.objects[asked.path]
                return http(data, f"ETag: {etag(data)}")
            case "PUT":
                return await self._put(asked)
        return http(status="404 Not Found")

    async def _put(self, asked: Asked) -> bytes:
        match = re.findall(rb"(?i)if-match: *([^\r]+)", asked.head)
        if match and match[0].decode() != etag(self.objects.get(asked.path, b"")):
            return http(status="412 Precondition Failed")
        if self.at_once is not None:
            await self.at_once.wait()
        self.objects[asked.path] = asked.body
        if self.at_once is not None:
            await self.at_once.wait()
            self.at_once = None
        return http(status="204 No Content")

    def _said(self, objects: dict[str, bytes], *, data: bool) -> bytes:
        responses = (
            f"<response><href>{href}</href><propstat><prop><getetag>{etag(one)}</getetag>"
            + (f"<C:calendar-data>{one.decode()}</C:calendar-data>" if data else "")
            + "</prop><status>HTTP/1.1 200 OK</status></propstat></response>"
            for href, one in objects.items()
        )
        body = XML + "".join(responses).encode() + b"</multistatus>"
        return http(body, status="207 Multi-Status")


def etag(data: bytes) -> str:
    return f'"{sha256(data).hexdigest()}"'


@asynccontextmanager
async def serving() -> AsyncIterator[Calendar]:
    server = Calendar()
    listening = await asyncio.start_server(server.respond, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


def feed_of(server: Calendar, kind: type[CalDavFeed] = CalDavBeside) -> CalDavFeed:
    return kind(f"caldav:http://room:room@127.0.0.1:{server.port}/calendar/", SHANGHAI, ROOM)


async def listed(feed: CalDavFeed, days: int = 0) -> list[Booking]:
    at = days * DAY
    return list(Agenda((await feed.bookings(START + at, END + at)).bookings))


@pytest.mark.parametrize("day", range(5))
async def test_a_day_that_the_query_by_time_misses_is_shown_and_changed(day: int) -> None:
    async with serving() as server:
        server.put(MOVED)
        feed = feed_of(server)
        (seen,) = await listed(feed, day)
        assert seen.start.hour == (9 if day < 2 else 11)
        assert await feed.write(change("check_in", seen)) == Written()
        longer = change("move_end", seen, seen.end + timedelta(minutes=10))
        assert await feed.write(longer) == Written()
        (seen,) = await listed(feed, day)
        assert seen.end == longer.end
        assert await feed.write(change("release", seen)) == Written()
        assert await listed(feed, day) == []
        assert len((await feed.bookings(START, END + 5 * DAY)).bookings) == 4
        assert await feed.write(change("restore", seen)) == Written()
        assert len(await listed(feed, day)) == 1


async def test_a_time_that_the_query_finds_free_is_not_booked_if_a_series_has_it() -> None:
    async with serving() as server:
        server.put(MOVED)
        (seen,) = await listed(feed_of(server), 3)
        own = change("reserve", seen)
        assert await feed_of(server).write(
            type(own)(**{**own.record(), **_times(seen), "ref": ""})
        ) == Conflict("taken")


def _times(seen: Booking) -> dict[str, datetime]:
    return {"start": seen.start, "end": seen.end, "was_end": seen.end, "made_at": NINE}


async def test_an_event_is_read_once_and_again_when_it_has_changed() -> None:
    async with serving() as server:
        feed = feed_of(server, CalDavFeed)  # by processes, as in a room
        server.put(MOVED)
        server.put(MEETING.format(more="").replace("meeting@x", "today@x"), "today", found=True)
        for name in ("a", "b"):
            server.put(MEETING.format(more="").replace("202611", "202506"), name)
        for _ in range(3):
            assert len(await listed(feed)) == 2
        assert sorted(server.read) == [f"/calendar/{one}.ics" for one in ("a", "b", "meeting")]
        server.read.clear()
        server.put(MOVED.replace("review", "talk"))
        assert "Design talk" in [each.title for each in await listed(feed)]
        await feed.write(change("check_in", (await listed(feed, 3))[0]))
        assert server.read == ["/calendar/meeting.ics"]
        del server.objects["/calendar/meeting.ics"]
        assert [each.title for each in await listed(feed)] == ["Design review"]


async def test_a_big_calendar_is_learned_in_bounded_steps() -> None:
    """Each event is read once; what is over leaves no text."""
    async with serving() as server:
        feed = feed_of(server)
        old = MEETING.format(more="").replace("202611", "202506")
        for n in range(1200):
            server.put(old.replace("meeting@x", f"{n}@x"), f"{n:04}")
        server.put(MOVED, "z")
        learned = []
        for _ in range(4):
            bookings = await listed(feed, 3)
            learned.append((len(server.read), len(bookings)))
        assert learned == [(500, 0), (1000, 0), (1201, 1), (1201, 1)]
        assert len({*server.read}) == 1201


@pytest.mark.parametrize("status", ["403 Forbidden", "405 Method Not Allowed", "500 Oops"])
async def test_a_server_that_is_not_to_be_listed_is_asked_by_time(status: str) -> None:
    async with serving() as server:
        server.put(SERIES, found=True)
        server.listing = http(status=status)
        (seen,) = await listed(feed_of(server))
        assert await feed_of(server).write(change("release", seen)) == Written()


async def test_a_server_that_wants_to_be_left_alone_is_not_asked_on() -> None:
    async with serving() as server:
        server.put(SERIES, found=True)
        server.listing = http(b"", "Retry-After: 90", status="429 Too Many Requests")
        with pytest.raises(RetryLater):
            await listed(feed_of(server))


async def test_what_is_listed_and_not_given_is_asked_for_once() -> None:
    async with serving() as server:
        feed = feed_of(server)
        server.put(MOVED)
        server.put(SERIES, "secret")
        server.withheld.add("/calendar/secret.ics")
        for _ in range(3):
            assert len(await listed(feed)) == 1
        assert server.read.count("/calendar/secret.ics") == 1


KINDS: list[tuple[ChangeKind, ...]] = [
    ("release", "release"),
    ("check_in", "release"),
    ("move_end", "check_in"),
]


@pytest.mark.parametrize("kinds", KINDS)
async def test_of_two_writes_that_a_server_takes_at_once_none_is_lost(
    kinds: tuple[ChangeKind, ...],
) -> None:
    async with serving() as server:
        server.put(SERIES, found=True)
        feeds = [feed_of(server) for _ in kinds]
        days = [(await listed(feeds[0], at))[0] for at in range(2)]
        changes = [
            change(kind, day, day.end - timedelta(minutes=10) if kind == "move_end" else None)
            for kind, day in zip(kinds, days, strict=True)
        ]
        server.at_once = asyncio.Barrier(2)
        writes = [feed.write(each) for feed, each in zip(feeds, changes, strict=True)]
        assert await asyncio.gather(*writes) == [Written(), Written()]
        text = server.objects["/calendar/meeting.ics"].decode()
        assert text.count("PARTSTAT=DECLINED") == kinds.count("release")
        assert text.count("X-ROOMCTL-CHECKED-IN") == kinds.count("check_in")
        assert text.count("T095000") == kinds.count("move_end")


@pytest.mark.parametrize("kind", ["check_in", "release"])
async def test_a_server_that_never_keeps_a_change_is_asked_three_times(kind: ChangeKind) -> None:
    """A mark that a server drops is no reason to write for hours."""
    async with serving() as server:
        server.put(SERIES, found=True)
        (seen,) = await listed(feed_of(server))
        kept, answer = server.objects["/calendar/meeting.ics"], server._answer

        async def deaf(asked: Asked) -> bytes:
            said = await answer(asked)
            server.objects["/calendar/meeting.ics"] = kept
            return said

        server._answer = deaf  # type: ignore[method-assign]
        if kind == "check_in":
            assert await feed_of(server).write(change(kind, seen)) == Written()
        else:
            with pytest.raises(PortError, match="changed 3 times"):
                await feed_of(server).write(change(kind, seen))
        assert [each.method for each in server.asked].count("PUT") == 3


def test_no_more_text_is_kept_than_a_bound_and_the_query_tells_of_the_rest() -> None:
    said = ("DTSTART:20261126T010000Z", "RRULE:FREQ=DAILY", "DESCRIPTION:" + "x" * 99_000)
    data = calendar(event("e", *said))
    start = datetime(2026, 11, 26, tzinfo=UTC)
    etags = {f"http://x/{n}.ics": "1" for n in range(60)}
    events = KnownEvents()
    for url in events.unread(etags):
        events.note(url, "1", data, start)
    again = KnownEvents(events.packed())
    assert again.unread(etags) == []
    assert len(list(again.touching(start, start + DAY))) == MOST_KEPT // len(data) < len(etags)


def test_an_address_is_the_same_in_each_way_to_write_it() -> None:
    events = KnownEvents()
    events.note("http://x/a%40b.ics", "1", b"", datetime(2026, 11, 26, tzinfo=ZoneInfo("UTC")))
    assert events.unread({"http://x/a@b.ics": "1", "http://x/a%40b.ics": "1"}) == []
