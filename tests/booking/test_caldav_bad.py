"""A CalDAV server that answers badly is one clear error, in bounded time and memory."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from roomctl.booking.caldav import CalDavFeed
from roomctl.booking.change import AskedToWait
from roomctl.errors import PortError

pytestmark = pytest.mark.real

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE = datetime(2026, 11, 26, 9, tzinfo=SHANGHAI)
START, END = NINE - timedelta(hours=9), NINE + timedelta(hours=15)

ANSWERS = {
    "wrong password": (
        b"401 Unauthorized",
        b'WWW-Authenticate: Basic realm="x"\r\n',
        b"",
        "HTTP 401",
    ),
    "forbidden": (b"403 Forbidden", b"", b"", "HTTP 403"),
    "an error": (b"500 Oops", b"", b"<html>", "HTTP 500|CalDAV address"),
    "a login page": (
        b"200 OK",
        b"",
        b"<html><body>sign in</body></html>",
        "CalDAV address|calendar",
    ),
    "half an answer": (b"207 Multi-Status", b"", b"<multistatus xmlns='DAV:'><resp", "CalDAV|off"),
    "50 MB": (b"207 Multi-Status", b"", b"<a>" + b"x" * 50_000_000 + b"</a>", "."),
    "too often": (b"429 Too Many Requests", b"Retry-After: 90\r\n", b"", "too often"),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_a_server_that_answers_badly_is_one_clear_error(what: str) -> None:
    status, headers, body, said = ANSWERS[what]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
            writer.write(b"HTTP/1.1 " + status + b"\r\n" + headers + length + body)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        feed = CalDavFeed(f"caldav:http://room:s3cret@127.0.0.1:{port}/calendar/", SHANGHAI)
        with pytest.raises(PortError, match=said) as caught:
            await feed.bookings(START, END)
    assert str(caught.value).startswith("caldav:http://127.0.0.1")
    assert "s3cret" not in str(caught.value)
    assert "[calendar] url" in str(caught.value) or what == "50 MB"
    if isinstance(caught.value, AskedToWait):
        assert caught.value.after_s == 90
