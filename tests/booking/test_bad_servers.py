"""A server that answers badly is one clear error in bounded time and memory, whatever its kind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from roomctl.booking import edit, fetch
from roomctl.booking.agenda import CalendarRead
from roomctl.booking.change import BookingChange, Feed, RetryLater
from roomctl.booking.dav import organization
from roomctl.booking.feed import CalendarAccess, CalendarFeed
from roomctl.booking.rest import RestTask, calendar_of
from roomctl.booking.served import CalDavFeed, ServedFeed
from roomctl.booking.vendor import VendorFeed
from roomctl.errors import PortError
from tests.booking.beside import CalDavBeside
from tests.booking.hostile import ONE_BOMB, calendar, event, every_second_by_lists, good
from tests.booking.test_hostile import children

pytestmark = pytest.mark.real

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 11, 26, 9, tzinfo=SHANGHAI)
START, END = NINE - timedelta(hours=9), NINE + timedelta(hours=15)
KINDS = ("ics", "caldav", "graph", "google")
EACH_KIND = pytest.mark.parametrize("kind", KINDS)
PATIENCE_S = 600.0  # the work is bounded; how long that takes is this computer's
SECRET = "s3cret"

XML = b'<?xml version="1.0"?><multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
IS_CALENDAR = (
    XML + b"<response><href>/calendar/</href><propstat><prop><resourcetype><collection/>"
    b"<C:calendar/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response>"
    b"</multistatus>"
)


@dataclass
class Asked:
    """One request, as it came."""

    method: str
    path: str
    head: bytes
    body: bytes


Answer = Callable[[Asked], bytes]


def http(body: bytes = b"", *headers: str, status: str = "200 OK", length: int = -1) -> bytes:
    size = f"Content-Length: {len(body) if length < 0 else length}"
    lines = (f"HTTP/1.1 {status}", size, "Connection: close", *headers, "", "")
    return "\r\n".join(lines).encode() + body


@dataclass
class Server:
    """Answers as it is told to, once whoever asks is let in."""

    answer: Answer
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    async def respond(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = re.findall(rb"(?i)content-length: *(\d+)", head)
            body = await reader.readexactly(int(lengths[0]) if lengths else 0)
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            self.asked.append(Asked(method, path, head, body))
            writer.write(self.answer(self.asked[-1]))
            await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(answer: Answer, context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(answer)
    listening = await asyncio.start_server(server.respond, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server


def let_in(answer: Answer) -> Answer:
    """Give a token, and say that there is a calendar; then `answer`."""

    def answered(asked: Asked) -> bytes:
        if asked.path.endswith("/token"):
            return http(json.dumps({"access_token": "t", "expires_in": 3599}).encode())
        if asked.method == "PROPFIND" and b"resourcetype" in asked.body:
            return http(IS_CALENDAR, status="207 Multi-Status")
        return answer(asked)

    return answered


@pytest.fixture(scope="module")
def key() -> str:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem = private.private_bytes(serialization.Encoding.PEM, *form).decode()
    return json.dumps({"type": "service_account", "client_email": "b@x", "private_key": pem})


class Beside:
    """A vendor's calendar that is asked in this process: what its own does costs half a second."""

    def __init__(self, task: RestTask) -> None:
        self._calendar = calendar_of(task)
        self.shown = self._calendar.shown

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        try:
            data, _ = await self._calendar.events(window_start, window_end)
        finally:
            await self._calendar.close()
        room = self._calendar.room
        return CalendarRead(edit.bookings_in(data, SHANGHAI, room, window_start, window_end))


@pytest.fixture
def made(key: str) -> Callable[..., Feed]:
    """Return a calendar of a kind at an address; one on a server is asked in this process."""

    def feed(kind: str, port: int, scheme: str = "http", host: str = "127.0.0.1") -> Feed:
        at = f"{host}:{port}"
        if kind == "ics":
            return CalendarFeed(f"{scheme}://room:{SECRET}@{at}/room.ics", SHANGHAI)
        if kind == "caldav":
            return CalDavBeside(f"caldav:{scheme}://room:{SECRET}@{at}/calendar/", SHANGHAI)
        url, hosts, access = vendor(kind, f"{scheme}://{at}", key)
        return Beside(RestTask(url, SHANGHAI.key, access, hosts))

    return feed


def vendor(kind: str, at: str, key: str) -> tuple[str, tuple[str, str], CalendarAccess]:
    if kind == "graph":
        access = CalendarAccess(tenant="t", client="c", key=SECRET)
        return "graph:room@example.com", (at, at), access
    return "google:room@example.com", (f"{at}/token", at), CalendarAccess(key=key)


@pytest.fixture
def whole(made: Callable[..., Feed], key: str) -> Callable[..., Feed]:
    """Return a calendar of a kind at an address, as a room has it."""

    def feed(kind: str, port: int) -> Feed:
        feed: ServedFeed
        if kind == "ics":
            return made(kind, port)
        if kind == "caldav":
            feed = CalDavFeed(f"caldav:http://room:{SECRET}@127.0.0.1:{port}/calendar/", SHANGHAI)
        else:
            url, hosts, access = vendor(kind, f"http://127.0.0.1:{port}", key)
            feed = VendorFeed(url, SHANGHAI, access, hosts)
        feed.limit_s = PATIENCE_S
        return feed

    return feed


async def refusal(feed: Feed) -> PortError:
    """Return the error that reading a calendar ends with: it names its url and no secret."""
    with pytest.raises(PortError) as caught:
        await feed.bookings(START, END)
    said = str(caught.value)
    assert said.startswith(feed.shown)  # type: ignore[attr-defined]
    assert SECRET not in said
    assert len(said) < 400
    return caught.value


ANSWERS: dict[str, tuple[bytes, str]] = {
    "wrong password": (
        http(b"", 'WWW-Authenticate: Basic realm="x"', status="401 Unauthorized"),
        "HTTP 401.*(password|access)",
    ),
    "forbidden": (http(status="403 Forbidden"), "HTTP 403.*(password|access)"),
    "not there": (http(status="404 Not Found"), "HTTP 404"),
    "an error": (http(b"<html>", status="500 Oops"), "HTTP 500"),
    "a login page": (http(b"<html><body>sign in</body></html>"), "CalDAV|iCalendar|not JSON"),
    "half an answer": (http(b"BEGIN:VCALENDAR\r\n{", length=9999), "breaks off"),
    "no HTTP": (b"\x00\xff SSH-2.0-OpenSSH\r\n", "breaks off"),
    "garbage": (http(b"\xff\x00{[" * 999), "CalDAV|iCalendar|not JSON"),
    "a list": (http(b"[1, 2]"), "CalDAV|iCalendar|not JSON"),
    "other JSON": (http(b'{"value": 5, "items": 5}'), "CalDAV|iCalendar|something else"),
    "deep JSON": (http(b'{"value":' + b"[" * 500_000), "CalDAV|iCalendar|not JSON"),
    "50 MB": (http(b"<a>" + b"x" * 50_000_000), "8 MiB|16 MiB"),
    "50 MB of lists": (http(b'{"value":[' + b"[]," * 17_000_000), "8 MiB|16 MiB"),
}


@EACH_KIND
@pytest.mark.parametrize("what", ANSWERS)
async def test_a_bad_answer_is_one_clear_error(
    made: Callable[..., Feed], kind: str, what: str
) -> None:
    answer, said = ANSWERS[what]
    async with serving(let_in(lambda _: answer)) as server:
        error = await refusal(made(kind, server.port))
        assert re.search(said, str(error)), error
        assert len(server.asked) <= 6  # nobody asks again and again


@EACH_KIND
@pytest.mark.parametrize(
    ("said", "after_s"),
    [
        ("90", 90),
        ("in 15 minutes, as a date", 900),
        ("Thu, 26 Nov 2020 08:00:00 GMT", 0),
        ("-5", 60),
        ("9" * 400, 3600),
        ("soon", 60),
        ("", 60),
    ],
)
async def test_a_server_says_how_long_it_is_to_be_left_alone(
    made: Callable[..., Feed], kind: str, said: str, after_s: float
) -> None:
    if "as a date" in said:
        said = format_datetime(datetime.now(UTC) + timedelta(seconds=after_s), usegmt=True)
    answer = http(b"", f"Retry-After: {said}", status="429 Too Many Requests")
    async with serving(let_in(lambda _: answer)) as server:
        error = await refusal(made(kind, server.port))
    assert isinstance(error, RetryLater)
    assert error.after_s == pytest.approx(after_s, abs=120 if after_s == 900 else 0.1)


@EACH_KIND
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_nobody_else_gets_the_password_by_a_redirect(
    made: Callable[..., Feed], kind: str, scheme: str
) -> None:
    called: list[object] = []

    async def other(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.append(writer.get_extra_info("peername"))
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        to = f"Location: {scheme}://localhost:{port}/calendar/"
        async with serving(let_in(lambda _: http(b"", to, status="302 Found"))) as server:
            await refusal(made(kind, server.port))
    assert kind == "ics" or called == []  # localhost is where its operator has sent it


@EACH_KIND
async def test_a_redirect_that_leads_in_a_circle_ends(made: Callable[..., Feed], kind: str) -> None:
    def circle(asked: Asked) -> bytes:
        return http(b"", f"Location: {asked.path}", status="307 Temporary Redirect")

    async with serving(let_in(circle)) as server:
        await refusal(made(kind, server.port))
        assert len(server.asked) <= 12


async def test_an_event_at_another_host_is_not_asked_for_with_the_password(
    made: Callable[..., Feed],
) -> None:
    """The address of an event comes from the server, as everything of it does."""
    async with serving(lambda _: http(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")) as other:
        href = f"http://localhost:{other.port}/calendar/1.ics"
        listed = XML + f"<response><href>{href}</href></response></multistatus>".encode()

        def answer(asked: Asked) -> bytes:
            if asked.method == "REPORT":
                return http(status="501 Not Implemented")
            return http(listed, status="207 Multi-Status")

        async with serving(let_in(answer)) as server:
            error = await refusal(made("caldav", server.port))
    assert other.asked == []
    assert "another server (localhost)" in str(error)


@pytest.mark.parametrize(
    ("host", "whose"),
    [
        ("calendar.example.com", "example.com"),
        ("p01-caldav.icloud.com", "icloud.com"),
        ("example.com", "example.com"),
        ("dav.example.com.cn", "example.com.cn"),
        ("example.co.uk", "example.co.uk"),
        ("caldav.feishu.cn", "feishu.cn"),
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("localhost", "localhost"),
    ],
)
def test_the_password_stays_in_one_organization(host: str, whose: str) -> None:
    assert organization(host) == whose


@pytest.mark.parametrize("kind", ["caldav", "graph"])
async def test_a_room_that_goes_down_leaves_no_process(
    whole: Callable[..., Feed], kind: str
) -> None:
    called = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        await reader.read()
        writer.close()

    before = children()
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        feed = whole(kind, server.sockets[0].getsockname()[1])
        task = asyncio.create_task(feed.bookings(START, END))
        await called.wait()
        assert children() - before
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert children() <= before


def certificate(folder: Path, *, name: str, until: datetime) -> ssl.SSLContext:
    """Make a certificate, in `folder`/ca.pem; return a server's context."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signed = (
        x509.CertificateBuilder(subject, subject, private.public_key(), x509.random_serial_number())
        .not_valid_before(until - timedelta(days=30))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM)
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.pem").write_bytes(pem)
    (folder / "server.pem").write_bytes(
        private.private_bytes(serialization.Encoding.PEM, *form) + pem
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


@EACH_KIND
@pytest.mark.parametrize(
    ("what", "trusted", "name", "days", "said"),
    [
        ("expired", True, "localhost", -1, "expired"),
        ("of another name", True, "calendar.example", 1, "another name"),
        ("its own", False, "localhost", 1, "not trusted"),
    ],
)
async def test_a_certificate_that_is_not_good_is_said_and_nothing_is_sent(
    made: Callable[..., Feed],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    what: str,
    trusted: bool,
    name: str,
    days: int,
    said: str,
) -> None:
    context = certificate(tmp_path, name=name, until=datetime.now(UTC) + timedelta(days=days))
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    fetch.trusted.cache_clear()
    async with serving(let_in(lambda _: http()), context) as server:
        error = await refusal(made(kind, server.port, "https", "localhost"))
    fetch.trusted.cache_clear()
    assert "certificate" in str(error)
    assert said in str(error), what
    assert server.asked == []


def shown_as(kind: str, data: bytes) -> Answer:
    """Return a server of a kind that has these events: each as an object of its own."""
    body = data
    if kind == "caldav":
        head, _, rest = data.decode().partition("BEGIN:VEVENT")
        objects = [f"{head}BEGIN:VEVENT{each}" for each in rest.split("BEGIN:VEVENT")]
        objects = [each.replace("END:VCALENDAR\r\n", "") + "END:VCALENDAR" for each in objects]
        found = (
            f"<response><href>/calendar/{at}.ics</href><propstat><prop><C:calendar-data>{each}"
            "</C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>"
            for at, each in enumerate(objects)
        )
        body = XML + "".join(found).encode() + b"</multistatus>"
    return let_in(lambda _: http(body, status="207 Multi-Status" if kind == "caldav" else "200 OK"))


def bomb(rule: str) -> bytes:
    at = ("DTSTART:20261126T000000Z", "DTEND:20261126T000500Z")
    return calendar(event("bomb", *at, f"RRULE:{rule}", "SUMMARY:Bomb"), good(NINE))


FOUR_BOMBS = calendar(*(every_second_by_lists() for _ in range(4)), good(NINE))
BOMBS = {
    "a thousand million": bomb("FREQ=DAILY;COUNT=1000000000"),
    "four by lists": FOUR_BOMBS,  # in one piece more than a process may take
}


@pytest.mark.parametrize("what", BOMBS)
async def test_beside_a_bomb_of_recurrences_the_good_booking_is_shown(
    whole: Callable[..., Feed], what: str
) -> None:
    """Those of files stand in test_hostile.py; vendors list each occurrence by itself."""
    async with serving(shown_as("caldav", BOMBS[what])) as server:
        read = await whole("caldav", server.port).bookings(START, END)
    assert "Good" in [each.title for each in read.bookings]


async def test_beside_a_bomb_of_recurrences_a_room_can_be_booked(
    whole: Callable[..., Feed],
) -> None:
    """Whether the time is free is asked of the same events, and as quickly."""
    answer = shown_as("caldav", ONE_BOMB.replace(b"20261126T08", b"20261126T01"))

    def writing(asked: Asked) -> bytes:
        if asked.method == "GET":
            return http(status="404 Not Found")
        return http(status="201 Created") if asked.method == "PUT" else answer(asked)

    noon = NINE.replace(hour=12)
    times = (noon, noon + timedelta(minutes=30), noon + timedelta(minutes=30), NINE)
    async with serving(writing) as server:
        feed = whole("caldav", server.port)
        assert isinstance(feed, ServedFeed)
        await feed.write(BookingChange("0" * 32, "reserve", "local/1", "", *times, "panel"))
        assert "PUT" in [each.method for each in server.asked]


def vendors(key: str, **more: Any) -> dict[str, Any]:
    times = ({"dateTime": f"2026-11-26T0{at}:00:00+00:00"} for at in (1, 2))
    begin, end = times
    return {"id": key, "start": begin, "end": end, "summary": key, "subject": key, **more}


def page(events: list[dict[str, Any]], **more: str) -> bytes:
    return http(json.dumps({"value": events, "items": events, **more}).encode())


@pytest.mark.parametrize("kind", ["graph", "google"])
async def test_pages_that_lead_back_to_one_that_was_read_are_an_error(
    made: Callable[..., Feed], kind: str
) -> None:
    def again(asked: Asked) -> bytes:
        host = re.findall(rb"(?i)host: *([^\r]+)", asked.head)[0].decode()
        link = {"@odata.nextLink": f"http://{host}{asked.path}", "nextPageToken": "same"}
        return page([vendors("a")], **link)

    async with serving(let_in(again)) as server:
        error = await refusal(made(kind, server.port))
        assert "back to one that was read" in str(error)
        assert len(server.asked) <= 4


@pytest.mark.parametrize("kind", ["graph", "google"])
async def test_pages_without_end_are_an_error(made: Callable[..., Feed], kind: str) -> None:
    def more(asked: Asked) -> bytes:
        host = re.findall(rb"(?i)host: *([^\r]+)", asked.head)[0].decode()
        nth = len(server.asked)
        link = {"@odata.nextLink": f"http://{host}/next{nth}", "nextPageToken": f"{nth}"}
        return page([vendors(f"{nth}")], **link)

    async with serving(let_in(more)) as server:
        error = await refusal(made(kind, server.port))
        assert "more than 5000 events" in str(error)
        assert len(server.asked) <= 30


@pytest.mark.parametrize("kind", ["ics", "caldav", "google"])
async def test_of_ten_thousand_events_some_are_shown_and_the_others_counted(
    whole: Callable[..., Feed], kind: str
) -> None:
    many = calendar(*(event(f"e{n}", *_AT, f"SUMMARY:{n}") for n in range(10_000)))
    pages = let_in(lambda _: page([vendors(f"e{n}") for n in range(10_000)]))
    answer = shown_as(kind, many) if kind in ("ics", "caldav") else pages
    async with serving(answer) as server:
        read = await whole(kind, server.port).bookings(START, END)
    left_out = sum(each.count for each in read.skipped)
    assert len(read.bookings) == 2000
    assert left_out == 8000


_AT = ("DTSTART:20261126T010000Z", "DTEND:20261126T020000Z")


@pytest.mark.parametrize("status", ["501 Not Implemented", "403 Forbidden", "400 Bad Request"])
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_server_that_answers_no_query_by_time_is_listed_whole(
    made: Callable[..., Feed], status: str, at_once: bool
) -> None:
    hrefs = "".join(f"<response><href>/calendar/{n}.ics</href></response>" for n in range(3))
    listed = XML + f"<response><href>/calendar/</href></response>{hrefs}</multistatus>".encode()
    one = calendar(good(NINE))
    inner = (
        f"<response><href>/calendar/{n}.ics</href><propstat><prop><C:calendar-data>"
        f"{calendar(event(f'm{n}', *_AT, f'SUMMARY:m{n}')).decode()}</C:calendar-data></prop>"
        "<status>HTTP/1.1 200 OK</status></propstat></response>"
        for n in range(2)
    )
    some = XML + "".join(inner).encode() + b"</multistatus>"

    def answer(asked: Asked) -> bytes:
        if asked.method == "PROPFIND":
            return http(listed, status="207 Multi-Status")
        if asked.method == "GET":
            return http(one)
        multiget = b"multiget" in asked.body and at_once
        return http(some, status="207 Multi-Status") if multiget else http(status=status)

    async with serving(let_in(answer)) as server:
        read = await made("caldav", server.port).bookings(START, END)
    titles = sorted(each.title for each in read.bookings)
    assert titles == (["Good", "m0", "m1"] if at_once else ["Good"])


async def test_a_calendar_that_is_too_long_to_be_listed_is_one_clear_error(
    made: Callable[..., Feed],
) -> None:
    hrefs = "".join(f"<response><href>/calendar/{n}.ics</href></response>" for n in range(501))
    listed = XML + f"{hrefs}</multistatus>".encode()

    def answer(asked: Asked) -> bytes:
        if asked.method == "PROPFIND":
            return http(listed, status="207 Multi-Status")
        return http(status="501 Not Implemented")

    async with serving(let_in(answer)) as server:
        error = await refusal(made("caldav", server.port))
        assert "more than 500 events" in str(error)
        assert len(server.asked) <= 4


@pytest.mark.parametrize("kind", ["graph", "google"])
async def test_a_token_is_asked_for_once_by_many_processes(
    whole: Callable[..., Feed], kind: str
) -> None:
    async with serving(let_in(lambda _: page([]))) as server:
        feed = whole(kind, server.port)
        for _ in range(2):
            await feed.bookings(START, END)
        assert [each.path.endswith("/token") for each in server.asked].count(True) == 1


@pytest.mark.parametrize("kind", ["caldav", "graph", "google"])
async def test_a_write_that_is_answered_by_nonsense_is_an_error_to_try_again(
    whole: Callable[..., Feed], kind: str
) -> None:
    def nonsense(asked: Asked) -> bytes:
        if kind == "caldav" and asked.method == "REPORT":
            return http(XML + b"</multistatus>", status="207 Multi-Status")
        if asked.method == "GET":
            return http(status="404 Not Found") if kind == "caldav" else page([])
        return http(b"{[", status="301 Moved" if kind == "caldav" else "201 Created")

    noon = NINE.replace(hour=12)
    times = (noon, noon + timedelta(minutes=30), noon + timedelta(minutes=30), NINE)
    async with serving(let_in(nonsense)) as server:
        feed = whole(kind, server.port)
        assert isinstance(feed, ServedFeed)
        change = BookingChange("0" * 32, "reserve", "local/1", "", *times, "panel")
        if kind == "google":  # it has given the event its id
            await feed.write(change)
        else:
            with pytest.raises(PortError):
                await feed.write(change)
