"""A vendor's exit planned for many rooms: how long, and how it grows."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.report import Figure
from roomctl import app
from roomctl.migrate import ExitRequest
from roomctl.migrate.rooms import RoomAccess, RoomToRead, plan_rooms, planned_room

ACCESS = RoomAccess(app.load, app.calendar)
NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)
ASKED = ExitRequest(
    "zoom",
    "tencent",
    date(2027, 1, 4),
    date(2027, 3, 1),
    "https://meeting.tencent.com/p/1234567890",
)
ROOM = """[room]
display_name = "竹 {n}"
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
SIZES = ((10, EVENTS), (50, EVENTS // 5), (50, EVENTS))


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
    return [_alone(), *(one for rooms, events in SIZES for one in _measured(rooms, events))]


def _alone() -> Figure:
    """One room in one process, beside what `icalendar` takes to read its agenda alone."""
    import icalendar

    data = calendar(EVENTS)
    began = time.process_time()
    icalendar.Calendar.from_ical(data)
    bare_s = time.process_time() - began
    with tempfile.TemporaryDirectory(prefix="roomctl-bench-") as folder:
        [room] = _rooms(Path(folder), 1, data)
        planned_room(room, ASKED, NOW, ACCESS)  # imports, tables of the platforms
        began = time.process_time()
        planned_room(room, ASKED, NOW, ACCESS)
        took_s = time.process_time() - began
    means = "processor time; the agenda read, each booking judged, evidence and drafts written"
    against = "icalendar reading the file"
    return Figure(f"one room, {EVENTS} events", took_s * 1e3, "ms", bare_s * 1e3, against, means)


def _measured(rooms: int, events: int) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="roomctl-bench-") as folder:
        listed = _rooms(Path(folder), rooms, calendar(events))
        before_s, began = _used_s(), time.perf_counter()
        found = plan_rooms(listed, ASKED, NOW, ACCESS)
        took_s = time.perf_counter() - began
    if any(one.record is None for one in found):
        raise RuntimeError(f"not planned: {next(one.error for one in found if one.error)}")
    used_s, cores = _used_s() - before_s, len(os.sched_getaffinity(0))
    each_us = used_s / (rooms * events) * 1e6
    name = f"{rooms} rooms, {events} events each"
    return [
        Figure(name, took_s, "s", used_s / cores, f"processor time over {cores} processors"),
        Figure(f"{name}, per event", each_us, "us", means="processor time of all processes"),
    ]


def _rooms(folder: Path, count: int, agenda: bytes) -> list[RoomToRead]:
    listed = []
    for n in range(count):
        config, file = folder / f"{n}.toml", folder / f"{n}.ics"
        config.write_text(ROOM.format(n=n), encoding="utf-8")
        file.write_bytes(agenda)
        listed.append(RoomToRead(config, file))
    return listed


def _used_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
