"""Calendars as servers write them: series, moved and cancelled instances, Windows zones, faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roomctl.booking.agenda import Booking
from roomctl.booking.feed import LARGEST, CalendarFeed
from roomctl.errors import PortError

SHANGHAI = ZoneInfo("Asia/Shanghai")
START, END = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)

SERIES = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//an invented calendar//EN
BEGIN:VEVENT
UID:daily@example.org
DTSTART;TZID=China Standard Time:20261123T090000
DTEND;TZID=China Standard Time:20261123T093000
RRULE:FREQ=DAILY;COUNT=5
EXDATE;TZID=China Standard Time:20261126T090000
SUMMARY:Daily
ORGANIZER;CN=Wang Fang:mailto:wang.fang@example.org
LOCATION:https://meeting.tencent.com/dm/AbCdEfGh1234
DESCRIPTION:first line\\nsecond\\, line
END:VEVENT
BEGIN:VEVENT
UID:daily@example.org
RECURRENCE-ID;TZID=China Standard Time:20261124T090000
DTSTART;TZID=China Standard Time:20261124T140000
DTEND;TZID=China Standard Time:20261124T143000
SUMMARY:Daily\\, moved
X-GOOGLE-CONFERENCE:https://meet.example.org/a\\,b
X-ALT-DESC;FMTTYPE=text/html:<a href="https://zoom.us/j/91234567890?pwd=a">x</a>
END:VEVENT
BEGIN:VEVENT
UID:daily@example.org
RECURRENCE-ID;TZID=China Standard Time:20261125T090000
DTSTART;TZID=China Standard Time:20261125T090000
DTEND;TZID=China Standard Time:20261125T093000
STATUS:CANCELLED
SUMMARY:Daily
END:VEVENT
BEGIN:VEVENT
UID:fair@example.org
DTSTART;VALUE=DATE:20261128
SUMMARY:Fair
CLASS:PRIVATE
ORGANIZER:mailto:li.wei@example.org
END:VEVENT
BEGIN:VEVENT
UID:floating@example.org
DTSTART:20261129T100000
DURATION:PT1H
SUMMARY:Floating
END:VEVENT
BEGIN:VEVENT
UID:broken@example.org
DTSTART:when it suits
SUMMARY:Broken
END:VEVENT
END:VCALENDAR
"""


async def read(tmp_path: Path, text: str = SERIES) -> dict[str, Booking]:
    path = tmp_path / "room.ics"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    found = (await CalendarFeed(f"ics:{path}", SHANGHAI).bookings(START, END)).bookings
    return {booking.id: booking for booking in found}


def day(found: dict[str, Booking], date: str) -> Booking:
    return found[f"daily@example.org/{date}T09:00:00+08:00"]


@pytest.mark.real
async def test_a_series_is_read_occurrence_by_occurrence(tmp_path: Path):
    found = await read(tmp_path)
    days = sorted(key.partition("/")[2][:10] for key in found if key.startswith("daily"))
    assert days == ["2026-11-23", "2026-11-24", "2026-11-27"]


@pytest.mark.real
async def test_a_windows_time_zone_is_understood(tmp_path: Path):
    first = day(await read(tmp_path), "2026-11-23")
    assert first.start == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert first.end == datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
    assert first.organizer == "Wang Fang"


@pytest.mark.real
async def test_a_moved_occurrence_has_its_own_time_and_link(tmp_path: Path):
    moved = day(await read(tmp_path), "2026-11-24")
    assert moved.start == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
    assert moved.title == "Daily, moved"
    assert moved.fields == {
        "X-GOOGLE-CONFERENCE": "https://meet.example.org/a,b",
        "X-ALT-DESC": '<a href="https://zoom.us/j/91234567890?pwd=a">x</a>',
    }


@pytest.mark.real
async def test_a_cancelled_occurrence_is_not_there(tmp_path: Path):
    days = [key.partition("/")[2][:10] for key in await read(tmp_path) if key.startswith("daily")]
    assert days == ["2026-11-23", "2026-11-24", "2026-11-27"]


@pytest.mark.real
async def test_a_whole_day_and_a_time_without_zone_are_the_rooms(tmp_path: Path):
    found = await read(tmp_path)
    fair = found["fair@example.org/2026-11-28"]
    assert (fair.all_day, fair.private, fair.organizer) == (True, True, "li.wei@example.org")
    assert fair.start == datetime(2026, 11, 28, tzinfo=SHANGHAI)
    assert fair.end == datetime(2026, 11, 29, tzinfo=SHANGHAI)
    floating = found["floating@example.org/2026-11-29T10:00:00+08:00"]
    assert floating.start == datetime(2026, 11, 29, 10, tzinfo=SHANGHAI)
    assert floating.end == datetime(2026, 11, 29, 11, tzinfo=SHANGHAI)


@pytest.mark.real
async def test_a_text_is_read_without_its_escapes(tmp_path: Path):
    first = day(await read(tmp_path), "2026-11-23")
    assert first.fields["DESCRIPTION"] == "first line\nsecond, line"


@pytest.mark.real
async def test_a_broken_event_leaves_the_others_readable(tmp_path: Path):
    found = await read(tmp_path)
    assert len(found) == 5


@pytest.mark.real
async def test_a_series_of_every_second_is_left_out(tmp_path: Path):
    found = await read(tmp_path, SERIES.replace("FREQ=DAILY;COUNT=5", "FREQ=SECONDLY"))
    assert "floating@example.org/2026-11-29T10:00:00+08:00" in found
    assert len(found) < 10


@pytest.mark.real
@pytest.mark.parametrize("text", ["", "<html>Sign in</html>", "\x00\xff"])
async def test_what_is_no_calendar_is_said_so(tmp_path: Path, text: str):
    with pytest.raises(PortError, match="is not an iCalendar file"):
        await read(tmp_path, text)


async def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(PortError, match=r"gone\.ics: no such file"):
        await CalendarFeed(f"ics:{tmp_path}/gone.ics", SHANGHAI).bookings(START, END)


async def test_a_file_that_is_too_large_is_not_read(tmp_path: Path):
    with pytest.raises(PortError, match="larger than 8 MiB"):
        await read(tmp_path, SERIES + "X" * LARGEST)


@pytest.mark.parametrize(
    "url", ["caldav:https://a.example/", "ics:", "ics:ftp://a.example/x", "x", "webcal://"]
)
def test_a_url_of_another_kind_is_refused(url: str):
    with pytest.raises(PortError, match="is not a calendar; expected ics:"):
        CalendarFeed(url, SHANGHAI)


@asynccontextmanager
async def serving(answer: bytes) -> AsyncIterator[str]:
    """Serve one fixed HTTP answer on a free port of localhost."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            writer.write(answer)
            await writer.drain()
        except ConnectionError:
            pass  # the client had enough
        finally:
            writer.close()

    server = await asyncio.start_server(respond, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def http(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.real
async def test_a_calendar_is_fetched_from_its_url():
    async with serving(http(SERIES.replace("\n", "\r\n").encode())) as url:
        found = (await CalendarFeed(f"ics:{url}/room.ics", SHANGHAI).bookings(START, END)).bookings
    assert len(found) == 5
    assert [booking.start for booking in found] == sorted(booking.start for booking in found)


@pytest.mark.real
async def test_an_answer_that_is_no_calendar_says_its_status_and_not_the_secret():
    async with serving(http(b"", "404 Not Found")) as url:
        with pytest.raises(PortError, match="HTTP 404") as caught:
            await CalendarFeed(f"ics:{url}/secret-token/room.ics", SHANGHAI).bookings(START, END)
    assert "secret-token" not in str(caught.value)


@pytest.mark.real
async def test_an_answer_without_end_is_cut_off():
    async with serving(http(b"X" * (LARGEST + 4096))) as url:
        with pytest.raises(PortError, match="larger than 8 MiB"):
            await CalendarFeed(f"ics:{url}/room.ics", SHANGHAI).bookings(START, END)


@pytest.mark.real
async def test_a_server_that_is_not_there_is_named():
    async with serving(b"") as url:
        pass
    with pytest.raises(PortError, match="cannot be reached"):
        await CalendarFeed(f"ics:{url}/room.ics", SHANGHAI).bookings(START, END)
