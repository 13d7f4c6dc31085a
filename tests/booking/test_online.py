"""Microsoft Graph's and Google's calendars, on servers of the shapes that their references show.

What stands here was never said by the real ones: it is what their documents say they say.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from roomctl.booking import edit
from roomctl.booking.agenda import Agenda, Booking
from roomctl.booking.change import (
    BookingChange,
    ChangeKind,
    Conflict,
    Rejected,
    RetryLater,
    Written,
    ref_of,
)
from roomctl.booking.google import GoogleCalendar
from roomctl.booking.graph import GraphCalendar
from roomctl.booking.online import OnlineCalendar
from roomctl.errors import PortError

pytestmark = pytest.mark.real

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 11, 26, 9, tzinfo=SHANGHAI)
START, END = NINE - timedelta(hours=9), NINE + timedelta(hours=15)
ROOM = "bamboo@example.com"


class Vendor:
    """Events by id, and what is to go wrong with the next answers."""

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        self.tokens = self.version = 0
        self.good = ""
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.wrong: list[tuple[int, dict[str, str], bytes]] = []
        self.page = 100
        self.drop_after_post = False
        self.dates = True

    @property
    def standing(self) -> list[str]:
        return [key for key, each in self.events.items() if each.get("status") != "cancelled"]

    def add(self, event: dict[str, Any]) -> None:
        self.version += 1
        self.events[event["id"]] = {**event, "@odata.etag": f'W/"{self.version}"'}
        self.events[event["id"]]["etag"] = f'"{self.version}"'

    def clear(self) -> None:
        self.__init__()  # type: ignore[misc]

    def answer(self, method: str, url: str, body: bytes, headers: Any) -> Any:
        path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
        if "token" in path:
            self.tokens += 1
            self.good = f"t{self.tokens}"
            self.asked.append((method, path, parse_qs(body.decode())))
            return 200, {"access_token": self.good, "expires_in": 3599}
        said = json.loads(body) if body else {}
        self.asked.append((method, path, said))
        if self.wrong:
            return self.wrong.pop(0)
        if headers["Authorization"] != f"Bearer {self.good}":
            return 401, {"error": {"code": "InvalidAuthenticationToken"}}
        return self.held(method, path, query, said, headers)

    def held(self, method: str, path: str, query: Any, said: Any, headers: Any) -> Any:
        _, _, rest = path.partition("/events")
        event_id, _, verb = unquote(rest.strip("/")).partition("/")
        if method == "GET" and not event_id:
            begin = int(query.get("$skip", query.get("pageToken", ["0"]))[0])
            items = list(self.events.values())[begin : begin + self.page]
            items = [each for each in items if each.get("status") != "cancelled"]
            more = begin + self.page < len(self.events)
            link = f"http://{headers['Host']}{path}?$skip={begin + self.page}"
            after = {"@odata.nextLink": link, "nextPageToken": str(begin + self.page)}
            return 200, {"value": items, "items": items, **(after if more else {})}
        if method == "POST" and not event_id:
            key = said.get("id") or f"new{said['transactionId']}"
            if key in self.events:
                return 409, {"error": {"code": 409, "status": "ALREADY_EXISTS"}}
            created = f"2026-11-26T01:00:00.{self.version:07}Z"
            made = {"created": created, "createdDateTime": created} if self.dates else {}
            self.add({**said, **made, "id": key, "isOrganizer": True})
            return (0, {}) if self.drop_after_post else (201, self.events[key])
        event = self.events.get(event_id)
        if event is None:
            return 404, {"error": {"code": "ErrorItemNotFound"}}
        if method == "GET":
            return 200, event
        if (headers["If-Match"] or event["etag"]) not in (event["@odata.etag"], event["etag"]):
            return 412, {"error": {"code": "ErrorIrresolvableConflict"}}
        if verb == "decline" and event.get("isOrganizer"):
            return 400, {"error": {"code": "ErrorInvalidRequest"}}
        if method == "DELETE" and "/calendar/v3/" in path:  # Google keeps it, and its id
            self.add({**event, "status": "cancelled"})
            return 204, {}
        if verb == "decline" or method == "DELETE":
            del self.events[event_id]
            return 202 if verb else 204, {}
        extended = {**event.get("extendedProperties", {}).get("private", {})}
        extended |= said.get("extendedProperties", {}).get("private", {})
        self.add({**event, **said, "extendedProperties": {"private": extended}})
        return 200, self.events[event_id]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Vendor, str]]:
    vendor = Vendor()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, *rest = vendor.answer(self.command, self.path, body, self.headers)
            if status == 0:
                self.close_connection = True
                return
            more, data = rest if len(rest) == 2 else ({}, json.dumps(rest[0]).encode())
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield vendor, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def key() -> str:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = private.private_bytes(serialization.Encoding.PEM, *form).decode()
    said = {"type": "service_account", "client_email": "box@x.iam", "private_key": pem}
    return json.dumps(said)


@pytest.fixture(params=["graph", "google"])
async def feed(
    request: pytest.FixtureRequest, running: tuple[Vendor, str], key: str
) -> AsyncIterator[OnlineCalendar]:
    vendor, url = running
    vendor.clear()
    made: OnlineCalendar
    if request.param == "graph":
        login = {"tenant": "t", "client": "c", "key": "s3cret"}
        hosts = (url, url)
        made = GraphCalendar(f"graph:{ROOM}", SHANGHAI, **login, title="Booked", hosts=hosts)
    else:
        hosts = (f"{url}/token", url)
        made = GoogleCalendar(f"google:{ROOM}", SHANGHAI, key=key, title="Booked", hosts=hosts)
    yield made
    await made.close()


@pytest.fixture
def vendor(running: tuple[Vendor, str]) -> Vendor:
    return running[0]


def meeting(key: str = "AAMk=", begins_h: float = 0, **more: Any) -> dict[str, Any]:
    """Return one event in both vendors' words; each reads its own."""
    begin = NINE + timedelta(hours=begins_h)
    end = begin + timedelta(hours=1)

    def time(at: datetime) -> dict[str, str]:
        return {"dateTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}

    guest = {"email": ROOM.upper(), "self": True, "resource": True, "responseStatus": "accepted"}
    said: dict[str, Any] = {
        "id": key,
        "subject": "Design review",
        "summary": "Design review",
        "start": time(begin),
        "end": time(end),
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": False,
        "showAs": "busy",
        "sensitivity": "normal",
        "responseStatus": {"response": "accepted"},
        "organizer": {
            "emailAddress": {"name": "Li", "address": "li@example.com"},
            "displayName": "Li",
            "email": "li@example.com",
        },
        "body": {"contentType": "text", "content": "https://meet.jit.si/Bamboo"},
        "description": "https://meet.jit.si/Bamboo",
        "status": "confirmed",
        "attendees": [guest, {"email": "li@example.com", "responseStatus": "accepted"}],
    }
    return said | more


def zoned(event: dict[str, Any]) -> dict[str, Any]:
    """Write its times with their offset, as Google does; Graph's have none and seven decimals."""
    for name in ("start", "end"):
        event[name] = {**event[name], "dateTime": event[name]["dateTime"] + "+00:00"}
    return event


def put(vendor: Vendor, feed: OnlineCalendar, event: dict[str, Any]) -> None:
    vendor.add(zoned(event) if isinstance(feed, GoogleCalendar) else event)


async def listed(feed: OnlineCalendar) -> list[Booking]:
    data, _ = await feed.events(START, END)
    found = edit.bookings_in(data, SHANGHAI, ROOM, START, END)
    return list(Agenda(each for each in found if each.blocks))


def change(kind: ChangeKind, seen: Booking, end: datetime | None = None) -> BookingChange:
    times = (seen.start, end or seen.end, seen.end, NINE)
    return BookingChange("0" * 32, kind, seen.id, ref_of(seen), *times, "panel", seen.title)


def reserve(key: str = "0", hours: int = 12) -> BookingChange:
    start = NINE.replace(hour=hours)
    end = start + timedelta(minutes=30)
    return BookingChange(key * 32, "reserve", "local/1", "", start, end, end, NINE, "panel")


async def test_a_meeting_means_what_it_means_in_any_calendar(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    declined = {"email": ROOM, "self": True, "responseStatus": "declined"}
    asked = {"email": ROOM, "self": True, "responseStatus": "needsAction"}
    put(vendor, feed, meeting("plain"))
    put(vendor, feed, meeting("free", 1, showAs="free", transparency="transparent"))
    put(
        vendor,
        feed,
        meeting("no", 2, responseStatus={"response": "declined"}, attendees=[declined]),
    )
    put(
        vendor,
        feed,
        meeting("maybe", 3, responseStatus={"response": "notResponded"}, attendees=[asked]),
    )
    put(vendor, feed, meeting("secret", 4, sensitivity="private", visibility="private"))
    put(vendor, feed, meeting("gone", 5, isCancelled=True, status="cancelled"))
    found = {ref_of(each).partition("/")[0]: each for each in await listed(feed)}
    assert list(found) == ["plain", "maybe", "secret"]
    plain, maybe, secret = found.values()
    assert (plain.title, plain.organizer, plain.start) == ("Design review", "Li", NINE)
    assert plain.fields["DESCRIPTION"] == "https://meet.jit.si/Bamboo"
    assert (plain.tentative, maybe.tentative) == (False, True)
    assert (secret.private, secret.title, secret.organizer) == (True, "", "")


async def test_occurrences_of_one_series_are_known_as_such(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    series = {"seriesMasterId": "weekly", "recurringEventId": "weekly"}
    put(vendor, feed, meeting("one", **series))
    put(vendor, feed, meeting("two", 1, **series))
    put(vendor, feed, meeting("single", 2))
    one, two, single = await listed(feed)
    assert (one.series, single.series) == (two.series, "")
    assert one.series != ""


async def test_a_whole_day_is_the_rooms_day(feed: OnlineCalendar, vendor: Vendor) -> None:
    day = {"dateTime": "2026-11-26T00:00:00.0000000", "date": "2026-11-26"}
    after = {"dateTime": "2026-11-27T00:00:00.0000000", "date": "2026-11-27"}
    vendor.add(meeting("day", isAllDay=True) | {"start": day, "end": after})
    (found,) = await listed(feed)
    assert (found.all_day, found.start, found.end - found.start) == (True, START, timedelta(1))


async def test_all_pages_are_read(feed: OnlineCalendar, vendor: Vendor) -> None:
    vendor.page = 2
    for each in range(5):
        put(vendor, feed, meeting(f"e{each}", each))
    assert len(await listed(feed)) == 5


async def test_what_a_stranger_writes_stays_one_line_of_one_event(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    evil = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil\u202e" + "y" * 5000
    put(vendor, feed, meeting("evil", subject=evil, summary=evil, body={"content": evil}))
    (found,) = await listed(feed)
    assert len(found.title) <= 200
    assert not {"\r", "\n", "\u202e"} & set(found.title)


async def test_an_event_that_makes_no_sense_is_left_out_and_counted(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    put(vendor, feed, meeting("good"))
    vendor.add({"id": "bad", "start": {"dateTime": "yesterday"}, "end": {}})
    data, left_out = await feed.events(START, END)
    assert (data.count(b"BEGIN:VEVENT"), left_out) == (1, 1)


@pytest.mark.parametrize("named", ["", ".", "..", "a  b", "a\r\nb", "x" * 1025])
async def test_an_event_whose_id_cannot_stand_in_an_address_is_left_out(
    feed: OnlineCalendar, vendor: Vendor, named: str
) -> None:
    put(vendor, feed, meeting("good"))
    put(vendor, feed, meeting(named))
    data, left_out = await feed.events(START, END)
    assert (data.count(b"BEGIN:VEVENT"), left_out) == (1, 1)


async def test_an_id_leads_to_no_other_address(feed: OnlineCalendar, vendor: Vendor) -> None:
    put(vendor, feed, meeting("../../users/other/events/x?y#z%2F"))
    (seen,) = await listed(feed)
    await feed.write(change("release", seen))
    method, path, _ = vendor.asked[-1]
    assert (method, "/../" in path, "/x?" in path) == ("GET", False, False)
    assert path.endswith("/events/..%2F..%2Fusers%2Fother%2Fevents%2Fx%3Fy%23z%252F")


async def test_a_token_that_is_no_longer_good_is_asked_for_anew(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    await listed(feed)
    vendor.good = "another"
    await listed(feed)
    assert vendor.tokens == 2


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (500, {}, b"", "HTTP 500"),
        (200, {}, b"<html>sign in</html>", "not JSON"),
        (200, {}, b'{"value": 5, "items": 5}', "something else"),
        (200, {}, b"[" * 100_000, "not JSON"),
        (200, {}, b'"' + b"x" * 9_000_000 + b'"', "more than 8 MiB"),
        (403, {}, b'{"error": {"code": "ErrorAccessDenied"}}', "HTTP 403"),
        (404, {}, b'{"error": {"code": "ErrorInvalidUser"}}', "HTTP 404"),
    ],
)
async def test_an_answer_that_is_none_is_one_clear_error(
    feed: OnlineCalendar, vendor: Vendor, status: int, headers: Any, body: bytes, said: str
) -> None:
    vendor.wrong = [(status, headers, body)]
    with pytest.raises(PortError, match=said) as caught:
        await feed.events(START, END)
    assert "s3cret" not in str(caught.value)
    assert str(caught.value).startswith(feed.shown)


@pytest.mark.parametrize(("said", "after_s"), [("120", 120), ("", 60), ("tomorrow", 60)])
async def test_a_server_says_how_long_it_is_to_be_left_alone(
    feed: OnlineCalendar, vendor: Vendor, said: str, after_s: float
) -> None:
    vendor.wrong = [(429, {"Retry-After": said}, b"{}")]
    with pytest.raises(RetryLater) as caught:
        await feed.events(START, END)
    assert caught.value.after_s == after_s


async def test_a_booking_is_made_shortened_and_given_back(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    made = await feed.write(reserve())
    (found,) = await listed(feed)
    assert isinstance(made, Written)
    assert (made.ref, found.title, found.owned) == (ref_of(found), "Booked", True)
    shorter = change("move_end", found, found.end - timedelta(minutes=10))
    assert await feed.write(shorter) == await feed.write(shorter) == Written()
    (found,) = await listed(feed)
    assert found.end == shorter.end
    assert await feed.write(change("release", found)) == Written()
    assert await listed(feed) == []


async def test_what_is_written_while_the_server_dies_is_booked_once(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    vendor.drop_after_post = True
    with pytest.raises(PortError, match="breaks off"):
        await feed.write(reserve())
    vendor.drop_after_post = False
    assert isinstance(await feed.write(reserve()), Written)
    assert len(vendor.events) == 1


async def test_a_time_that_somebody_else_has_is_not_booked(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    put(vendor, feed, meeting("theirs", 3))
    assert await feed.write(reserve()) == Conflict("taken")
    assert len(vendor.events) == 1


async def test_a_time_that_somebody_takes_in_the_same_moment_is_given_up(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    held = vendor.held

    def beside(method: str, *rest: Any) -> Any:
        if method == "POST":
            put(vendor, feed, meeting("theirs", 3))
        return held(method, *rest)

    vendor.held = beside  # type: ignore[method-assign]
    try:
        assert await feed.write(reserve()) == Conflict("taken")
    finally:
        del vendor.held
    assert vendor.standing == ["theirs"]


@pytest.mark.parametrize("dates", [True, False])
async def test_of_two_clients_that_book_at_once_the_first_has_the_room(
    feed: OnlineCalendar, vendor: Vendor, dates: bool
) -> None:
    """Both look before either has written, and neither looks again before both have."""
    vendor.dates = dates
    assert await listed(feed) == []  # it has its token
    held, both, one = vendor.held, threading.Barrier(2), threading.Lock()
    made: list[str] = []

    def slow(method: str, *rest: Any) -> Any:
        if method != "POST":
            return held(method, *rest)
        both.wait(60)
        with one:
            answer = held(method, *rest)
            made.append(answer[1]["id"])
        both.wait(60)
        return answer

    vendor.held = slow  # type: ignore[method-assign]
    try:
        outcomes = await asyncio.gather(feed.write(reserve("1")), feed.write(reserve("0")))
    finally:
        del vendor.held
    (has,) = (each for each in outcomes if isinstance(each, Written))
    assert Conflict("taken") in outcomes
    (found,) = await listed(feed)
    assert ref_of(found) == has.ref
    if dates:
        assert vendor.standing == made[:1]


async def test_a_longer_booking_that_somebody_runs_into_in_the_same_moment_is_as_it_was(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    await feed.write(reserve())
    (seen,) = await listed(feed)
    held, came = vendor.held, []

    def beside(method: str, *rest: Any) -> Any:
        if method == "PATCH" and not came:
            came.append(True)
            put(vendor, feed, meeting("theirs", 3.5))
        return held(method, *rest)

    vendor.held = beside  # type: ignore[method-assign]
    try:
        longer = change("move_end", seen, seen.end + timedelta(minutes=30))
        assert await feed.write(longer) == Conflict("taken")
    finally:
        del vendor.held
    (still, _) = await listed(feed)
    assert still.end == seen.end


async def test_an_invited_room_declines_checks_in_and_moves_nobody(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    put(vendor, feed, meeting("m"))
    (seen,) = await listed(feed)
    assert await feed.write(change("check_in", seen)) == Written()
    assert isinstance(await feed.write(change("move_end", seen, NINE)), Rejected)
    assert await feed.write(change("release", seen)) == Written()
    assert await listed(feed) == []


@pytest.mark.parametrize("made_by", [{}, {"transactionId": "localevent:5b2c"}])
@pytest.mark.parametrize("series", [{}, {"seriesMasterId": "weekly", "recurringEventId": "weekly"}])
async def test_what_people_booked_in_the_rooms_own_mailbox_is_the_rooms(
    feed: OnlineCalendar, vendor: Vendor, made_by: dict[str, str], series: dict[str, str]
) -> None:
    itself = {"email": ROOM, "self": True, "organizer": True, "responseStatus": "accepted"}
    organizer = {"emailAddress": {"name": "Room", "address": ROOM}, "email": ROOM, "self": True}
    own = {"isOrganizer": True, "responseStatus": {"response": "organizer"}, "organizer": organizer}
    put(vendor, feed, meeting("m", attendees=[itself], **own, **made_by, **series))
    (seen,) = await listed(feed)
    shorter = change("move_end", seen, seen.end - timedelta(minutes=10))
    assert await feed.write(shorter) == Written()
    (seen,) = await listed(feed)
    assert seen.end == shorter.end
    assert await feed.write(change("release", seen)) == Written()
    assert await listed(feed) == []
    assert await feed.write(change("release", seen)) == Written()
    assert await feed.write(change("restore", seen)) == Written()
    (again,) = await listed(feed)
    assert (again.id, again.fields, again.end) == (seen.id, seen.fields, seen.end)
    assert vendor.events["m"]["attendees"] == [itself]
    asked = [(method, path) for method, path, _ in vendor.asked if not path.endswith("token")]
    assert {method for method, _ in asked} == {"GET", "PATCH"}


async def test_a_booking_that_was_given_back_is_had_again(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    await feed.write(reserve())
    (seen,) = await listed(feed)
    assert await feed.write(change("release", seen)) == Written()
    assert isinstance(await feed.write(change("restore", seen)), Written)
    (again,) = await listed(feed)
    assert (again.start, again.end) == (seen.start, seen.end)
    assert await feed.write(change("release", again)) == Written()
    assert isinstance(await feed.write(reserve()), Written)  # the same once more
    assert len(await listed(feed)) == 1


async def test_what_was_moved_meanwhile_is_left_alone(feed: OnlineCalendar, vendor: Vendor) -> None:
    put(vendor, feed, meeting("m"))
    (seen,) = await listed(feed)
    put(vendor, feed, meeting("m", 2))
    assert await feed.write(change("release", seen)) == Conflict("moved")
    vendor.events.clear()
    assert await feed.write(change("check_in", seen)) == Conflict("gone")


async def test_a_change_between_reading_and_writing_is_read_again(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    put(vendor, feed, meeting("m"))
    (seen,) = await listed(feed)
    held, vendor.held = vendor.held, None  # type: ignore[method-assign]
    stale = []

    def once(method: str, *rest: Any) -> Any:
        if method != "GET" and not stale:
            stale.append(True)
            put(vendor, feed, meeting("m"))
        return held(method, *rest)

    vendor.held = once  # type: ignore[method-assign]
    try:
        assert await feed.write(change("check_in", seen)) == Written()
    finally:
        del vendor.held
    writes = [method for method, path, _ in vendor.asked if method in ("PATCH",)]
    assert writes == ["PATCH", "PATCH"]


async def test_a_next_page_at_another_server_is_refused(
    feed: OnlineCalendar, vendor: Vendor
) -> None:
    if not isinstance(feed, GraphCalendar):
        return
    body = json.dumps({"value": [], "@odata.nextLink": "http://127.0.0.1:1/secret"}).encode()
    vendor.wrong = [(200, {}, body)]
    with pytest.raises(PortError, match="another server"):
        await feed.events(START, END)


def test_a_key_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(PortError, match=r"\[calendar\] key"):
        GoogleCalendar(f"google:{ROOM}", SHANGHAI, key="{}")
    with pytest.raises(PortError, match=r"tenant, client and key"):
        GraphCalendar("graph:bamboo", SHANGHAI, tenant="t", client="c", key="k")
