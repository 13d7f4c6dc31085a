"""A vendor's exit planned for many rooms: how long, and how it grows."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.report import Figure
from roomctl import app
from roomctl.migrate import ExitRequest
from roomctl.migrate.rooms import RoomToPlan, plan_rooms

NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)
ASKED = ExitRequest(
    "zoom",
    "tencent",
    date(2027, 1, 4),
    date(2027, 3, 1),
    "https://meeting.tencent.com/p/1234567890",
)
ROOM = """[room]
displayName = "竹 {n}"
timezone = "Asia/Shanghai"
[meeting]
platform = "zoom"
[meeting.new.zoom]
room_link = "https://zoom.us/j/91234567891"
"""
EVENTS = 5000  # over two years, half of them past; a third on Zoom, a third on Tencent
TEXTS = (
    "LOCATION:https://acme.zoom.us/j/9123456{n:04d}?pwd=QUJD.1",
    "LOCATION:https://meeting.tencent.com/dm/Ab12Cd34Ef{n:04d}",
    "LOCATION:会议室 竹",
)
SIZES = ((1, EVENTS), (10, EVENTS), (50, EVENTS // 5), (50, EVENTS))


def calendar(events: int) -> bytes:
    """Return a calendar; every 25th event repeats weekly."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//acme//EN"]
    step = timedelta(days=730) / events
    for n in range(events):
        start = NOW - timedelta(days=365) + step * n
        lines += [
            *("BEGIN:VEVENT", f"UID:{n}@acme.example", "DTSTAMP:20261101T000000Z"),
            f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
            f"DTEND:{start + timedelta(minutes=45):%Y%m%dT%H%M%SZ}",
            *(f"SUMMARY:评审 {n}", f"ORGANIZER;CN=王芳{n % 40}:mailto:w{n % 40}@acme.example"),
            *(TEXTS[n % 3].format(n=n % 10_000), "DESCRIPTION:议程：预算\\n" + "words " * 40),
            *(("RRULE:FREQ=WEEKLY;COUNT=30",) if n % 25 == 0 else ()),
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def figures() -> list[Figure]:
    """Measure plans of more and more rooms and events, on all processors."""
    return [_measured(rooms, events) for rooms, events in SIZES]


def _measured(rooms: int, events: int) -> Figure:
    with tempfile.TemporaryDirectory(prefix="roomctl-bench-") as folder:
        listed = []
        data = calendar(events)
        for n in range(rooms):
            config, agenda = Path(folder, f"{n}.toml"), Path(folder, f"{n}.ics")
            config.write_text(ROOM.format(n=n), encoding="utf-8")
            agenda.write_bytes(data)
            listed.append(RoomToPlan(config, agenda))
        began = time.perf_counter()
        found = plan_rooms(listed, ASKED, NOW, app.load)
        took_s = time.perf_counter() - began
    if any(one.record is None for one in found):
        raise RuntimeError(f"not planned: {next(one.error for one in found if one.error)}")
    name = f"{rooms} rooms, {events} events each"
    return Figure(name, took_s, "s")
