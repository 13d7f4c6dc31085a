"""Hostile calendars: what they may cost, what is still shown, and what is said of the rest."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.booking import CalendarRead, child, ics, limits
from roomctl.booking.feed import LARGEST, CalendarFeed, _Answers
from roomctl.booking.occurrence import occurrences
from roomctl.booking.zone import Zones
from roomctl.errors import PortError
from tests.booking import hostile
from tests.booking.hostile import END, START, calendar, event, good
from tests.examples import examples

pytestmark = pytest.mark.real

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = Zones(SHANGHAI, START, END)
MB = 1024 * 1024
MEASURED = f"""
from pathlib import Path
from {child.__name__} import main
main()
_, _, most = Path("/proc/self/status").read_text().partition("VmHWM:")
raise SystemExit(f"kB {{most.split()[0]}}")
"""


@functools.cache
def in_child(data: bytes) -> tuple[list[dict[str, Any]], float, float]:
    """Have the real child read `data`; return its answers, seconds of processor time, and MB.

    Its own high-water mark counts: the kernel's `ru_maxrss` begins with what its parent had.
    """
    task = limits.Task("Asia/Shanghai", START, END)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as asked:
        asked.write(task.line() + data)
        asked.seek(0)
        line = [sys.executable, "-P", "-c", MEASURED]
        with subprocess.Popen(line, stdin=asked, stdout=out, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            said = process.stderr.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        last = said.splitlines()[-1].split()
        assert last[0] == b"kB", said
        out.seek(0)
        answers = [json.loads(line) for line in out.read().splitlines()]
    return answers, used.ru_utime + used.ru_stime, int(last[1]) / 1024


def titles(answers: list[dict[str, Any]]) -> set[str]:
    return {each["booking"]["title"] for each in answers if "booking" in each}


@pytest.mark.parametrize(
    "data",
    [
        hostile.ONE_BOMB,
        hostile.TWO_BOMBS,
        hostile.MANY_FIELDS,
        hostile.NEVER_ENDING,
        hostile.FOLDS,
        hostile.NESTED,
    ],
    ids=["by-lists", "hourly", "fields", "never-ending", "folds", "nested"],
)
def test_a_hostile_calendar_costs_little_and_its_good_booking_is_shown(data: bytes):
    assert len(data) <= LARGEST
    answers, cpu_s, memory_mb = in_child(data)
    assert "Good" in titles(answers)
    assert answers[-1] == {"done": True}
    assert cpu_s <= child.CPU_S
    assert memory_mb < child.MEMORY_BYTES / MB
    assert sum(len(json.dumps(each)) for each in answers) < limits.LONGEST_ANSWER


@pytest.mark.parametrize("data", [hostile.ONE_BOMB, hostile.TWO_BOMBS])
def test_a_series_that_takes_too_long_is_named_and_left_out(data: bytes):
    answers, _, _ = in_child(data)
    skipped = [each["skipped"] for each in answers if "skipped" in each]
    assert {each["why"] for each in skipped} == {"too_much"}
    assert {each["title"] for each in skipped} <= {"Every second", "Every hour"}
    assert sum(each["count"] for each in skipped) in (1, 2)


def test_of_many_that_are_left_out_the_number_is_said():
    broken = [event(f"b{number}", "DTSTART:later") for number in range(500)]
    answers, _, _ = in_child(calendar(*broken, good()))
    skipped = [each["skipped"] for each in answers if "skipped" in each]
    assert len(skipped) == child.MOST_NAMED + 1
    assert sum(each["count"] for each in skipped) == 500


def test_the_child_keeps_to_its_limits():
    code = (
        "import resource, sys; from roomctl.booking import child; "
        "sys.stdin = open('/dev/null');\n"
        "try: child.main()\n"
        "except Exception: pass\n"
        "print(*(resource.getrlimit(which) for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    memory, cpu = child.MEMORY_BYTES, child.CPU_S
    assert said.decode().split("\n")[0] == f"({memory}, {memory}) ({cpu}, {cpu + 1})"


@pytest.mark.parametrize("data", [hostile.MANY_FIELDS, hostile.LONG_FIELD])
def test_the_texts_of_one_event_are_bounded_before_anybody_reads_them(data: bytes):
    for series in ics.cut(data).series:
        lines = series.events[0].lines
        assert sum(map(len, lines)) < ics.LONGEST_EVENT + 4096
        assert len(lines) < 60
        (booking,) = found = occurrences(series, ZONES, SHANGHAI, START, END)
        assert isinstance(found, list)
        assert sum(map(len, booking.fields.values())) <= ics.LONGEST_EVENT


def test_a_short_link_survives_a_long_text_beside_it():
    data = calendar(
        event(
            "both",
            "DTSTART:20261126T090000Z",
            "DESCRIPTION:" + "x" * 200_000,
            "LOCATION:https://zoom.us/j/91234567890",
        )
    )
    (series,) = ics.cut(data).series
    found = occurrences(series, ZONES, SHANGHAI, START, END)
    assert isinstance(found, list)
    assert found[0].fields["LOCATION"] == "https://zoom.us/j/91234567890"


async def read(folder: Path, data: bytes) -> CalendarRead:
    (folder / "room.ics").write_bytes(data)
    return await CalendarFeed(f"ics:{folder}/room.ics", SHANGHAI).bookings(START, END)


@pytest.mark.parametrize("missing", [5, 28, 60])
async def test_a_calendar_that_breaks_off_is_refused(tmp_path: Path, missing: int):
    with pytest.raises(PortError, match="is cut off"):
        await read(tmp_path, calendar(good(), event("cut", "SUMMARY:Cut"))[:-missing])


@pytest.mark.parametrize(
    "bad",
    [
        "BEGIN:VTIMEZONE\r\nTZID:Xmail\r\n\r\nBEGIN:STANDARD\r\nTZOFFSETFROM: +0800\r\nEND:STANDARD"
        "\r\nEND:VTIMEZONE",
        "BEGIN:VEVENT\r\nEND:VALARM\r\nEND:VEVENT",
        "END:VEVENT\r\nEND:VTIMEZONE",
        "BEGIN:VTODO\r\nBEGIN:VEVENT\r\nEND:VTODO",
        ":::;;;\r\n\x00\x01",
    ],
)
async def test_a_bad_part_leaves_the_good_bookings(tmp_path: Path, bad: str):
    found = await read(tmp_path, calendar(bad, good()))
    assert [booking.title for booking in found.bookings] == ["Good"]


async def test_chinese_bytes_that_are_no_utf_8_are_read(tmp_path: Path):
    data = calendar(event("gbk", "DTSTART:20261126T090000Z", "SUMMARY:周会"))
    found = await read(tmp_path, data.decode().encode("gb18030"))
    assert found.bookings[0].title == "周会"


async def test_the_title_of_a_private_event_is_not_named_when_it_is_left_out(tmp_path: Path):
    secret = event("secret", "DTSTART:when", "SUMMARY:Redundancies", "CLASS:CONFIDENTIAL")
    found = await read(tmp_path, calendar(secret, good()))
    assert [(each.uid, each.title, each.why) for each in found.skipped] == [
        ("secret", "", "unreadable")
    ]


async def test_texts_have_no_control_and_no_direction_characters(tmp_path: Path):
    odd = event(
        "od\x1bd",
        "DTSTART:20261126T090000Z",
        "SUMMARY:pay\x1b[2J \u202egpj.exe\u2066\\nnext",
        "ORGANIZER;CN=\u200fBoss\u2069\x07:mailto:boss@example.org",
        "LOCATION:Room\u202e 1\x85\\nupstairs",
    )
    (booking,) = (await read(tmp_path, calendar(odd))).bookings
    assert (booking.title, booking.organizer) == ("pay[2J gpj.exe next", "Boss")
    assert booking.id.partition("/")[0] == "odd"
    assert "\u202e" not in booking.fields["LOCATION"]
    assert booking.fields["LOCATION"].endswith("upstairs")


async def test_the_same_bytes_are_parsed_once(tmp_path: Path):
    feed = CalendarFeed(f"ics:{tmp_path}/room.ics", SHANGHAI)
    (tmp_path / "room.ics").write_bytes(calendar(good()))
    first = await feed.bookings(START, END)
    stamped = calendar(good()).replace(b"SUMMARY", b"DTSTAMP:20261126T080000Z\r\nSUMMARY")
    (tmp_path / "room.ics").write_bytes(stamped.replace(b"T080000Z\r\nSUMM", b"T080001Z\r\nSUMM"))
    await feed.bookings(START, END)
    (tmp_path / "room.ics").write_bytes(stamped)
    again = await feed.bookings(START, END)
    assert again.bookings == first.bookings


def children() -> set[int]:
    """The processes that this one has, by the kernel's list."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a thread that has just ended
            found.update(map(int, (task / "children").read_text().split()))
    return found


async def test_a_room_that_goes_down_leaves_no_child(tmp_path: Path):
    before = children()
    task = asyncio.create_task(read(tmp_path, hostile.TWO_BOMBS))
    async with asyncio.timeout(60):
        while not children() - before:
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() <= before


LINES = """BEGIN:VCALENDAR|END:VCALENDAR|BEGIN:VEVENT|END:VEVENT|BEGIN:VALARM|END:VALARM|UID:a
|BEGIN:VTIMEZONE|END:VTIMEZONE|DTSTART:20261126T090000Z|DTSTART;VALUE=DATE:20261126| folded
|SUMMARY:x|DTEND:20251126T090000Z|RECURRENCE-ID:20261126T090000Z|DURATION:-P1D|EXDATE:x|CLASS:|RRULE:FREQ=X
|RRULE:FREQ=DAILY|"""


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.sampled_from(LINES.replace("\n", "").split("|")), max_size=40))
def test_lines_in_any_order_are_read_or_named(lines: list[str]):
    try:
        cut = ics.cut("\r\n".join(lines).encode())
    except ics.InvalidCalendar:
        return
    for series in cut.series:
        found = occurrences(series, ZONES, SHANGHAI, START, END)
        bookings = found if isinstance(found, list) else []
        assert all(booking.end >= booking.start for booking in bookings)


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_calendar_or_none(data: bytes):
    with pytest.raises(ics.InvalidCalendar):
        ics.cut(data.replace(b"BEGIN", b""))


PIECES = [
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    "A:b",
    "BEGIN:VEVENT",
    "会",
    "\x00",
    "\x0b",
    "\x85",
    "\u2028",
]


@settings(max_examples=examples(2000), deadline=None)
@given(st.lists(st.sampled_from([*PIECES[:8], *PIECES]), max_size=12))
def test_a_sound_file_is_unfolded_at_once_as_it_is_line_by_line(pieces: list[str]):
    data = "".join(pieces).encode()
    assert list(ics._lines(data)) == list(ics._lines_one_by_one(data))


def loaded(*modules: str) -> set[str]:
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    return set(said.decode().split())


CALENDAR_LIBRARIES = {"icalendar", "recurring_ical_events", "dateutil", "caldav"}


def test_a_program_that_serves_has_no_calendar_library_and_no_http_client():
    found = loaded("roomctl.cli.server", "roomctl.api.app", "roomctl.booking.calendars")
    assert found & {*CALENDAR_LIBRARIES, "httpx", "httpcore"} == set()


def test_a_program_with_a_caldav_calendar_has_no_calendar_library():
    found = loaded("roomctl.cli.server", "roomctl.api.app", "roomctl.booking.served")
    assert found & CALENDAR_LIBRARIES == set()


def test_the_child_is_there_without_what_tells_a_version():
    found = loaded("roomctl.booking.child")
    assert found & {"importlib.metadata", "email", "asyncio"} == set()


async def test_a_child_that_is_ended_in_the_middle_leaves_what_it_said_and_the_rest_is_counted():
    code = (
        "import sys; sys.stdin.buffer.read();"
        'print(\'{"series": 7}\', \'{"skipped": {"uid": "a", "title": "A", '
        '"why": "too_much", "count": 1}}\', \'{"read": 1}\', \'gone wild\', sep=\'\\n\')'
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin
    process.stdin.close()
    answers = _Answers()
    await answers.take(process)
    await process.wait()
    skipped = answers.read().skipped
    assert [(each.title, each.count) for each in skipped] == [("A", 1), ("", 6)]
