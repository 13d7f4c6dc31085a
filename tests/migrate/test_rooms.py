"""Agendas read quickly: what is passed over is nothing that a full reading would have found."""

import mmap
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl import app
from roomctl.booking import SkippedEvent, ics, zone
from roomctl.booking.occurrence import occurrences
from roomctl.meeting.leaving import ExitStage, PlatformExit
from roomctl.meeting.link import read
from roomctl.meeting.platform import Policy, load_platforms
from roomctl.migrate import rooms
from roomctl.migrate.mention import may_name, may_name_another
from roomctl.migrate.verdict import BookingJudge
from tests.examples import examples

NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)
NORESERVE = 0x4000  # MAP_NORESERVE of Linux: address space, and no memory
CONFIG = app.parse('[room]\ndisplay_name = "竹"\ntimezone = "Asia/Shanghai"\n', "room.toml")
PLATFORMS = load_platforms({})
ANOTHER = may_name_another(PLATFORMS, "")
SAMPLES = [sample.text for one in PLATFORMS for sample in one.good if not sample.hosts]
TEXTS = [
    *(
        "会议室 竹",
        "Zoom 会议号：912 3456 7890",
        "Ｚｏｏｍ： 912 3456 7890",
        "z\u200boom",
        "words " * 40,
    ),
    *(
        "#腾讯会议：123-456-789",
        "https://wiki.example/zoom",
        "Zoom room",
        "Meeting ID: 91234567890",
    ),
    *SAMPLES[:: max(1, len(SAMPLES) // 60)],
]
TIMES = [
    *("DTSTART:20261220T010000Z", "DTSTART:20250101T010000Z", "DTSTART;VALUE=DATE:20261201"),
    *("DTSTART:20280101T010000Z", "DTSTART:never", "DTSTART;TZID=Nowhere:20261128T010000"),
]
MORE = [
    *("RRULE:FREQ=WEEKLY;COUNT=3", "RRULE:FREQ=DAILY;UNTIL=20261130", "RRULE:FREQ=MINUTELY"),
    *(
        "DURATION:P30D",
        "DTEND:20270101T000000Z",
        "RDATE:20261225T010000Z",
        "EXDATE:20261227T010000Z",
    ),
    *("RECURRENCE-ID:20261227T010000Z", "STATUS:CANCELLED", "SEQUENCE:2", "CLASS:PRIVATE"),
]


@st.composite
def an_event(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(TEXTS)).replace("\n", "\\n")
    lines = [
        "BEGIN:VEVENT",
        f"UID:{draw(st.integers(0, 3))}",
        draw(st.sampled_from(TIMES)),
        f"{draw(st.sampled_from(['LOCATION', 'DESCRIPTION', 'SUMMARY']))}:{text}",
        *draw(st.lists(st.sampled_from(MORE), max_size=3, unique=True)),
        "END:VEVENT",
    ]
    return "\r\n".join(lines)


@settings(max_examples=examples(600), deadline=None)
@given(st.lists(an_event(), min_size=1, max_size=5), st.sampled_from(["zoom", "tencent", "teams"]))
def test_skipped_bookings_are_not_on_the_old_platform(events: list[str], leaving: str) -> None:
    data = "\r\n".join(["BEGIN:VCALENDAR", *events, "END:VCALENDAR", ""]).encode()
    quick, left_out = rooms._read(
        Path("a.ics"), data, CONFIG, NOW, may_name(PLATFORMS.by_key[leaving])
    )
    end = NOW + timedelta(weeks=rooms.WEEKS_AHEAD)
    zones = zone.Zones(CONFIG.room.zone, NOW, end)
    slow, never = [], []
    for series in ics.cut(data).series:
        found = occurrences(series, zones, CONFIG.room.zone, NOW, end)
        if isinstance(found, SkippedEvent):
            never.append(found)
        else:
            slow += found

    def on_leaving(found):
        readings = ((one, read(one.fields, PLATFORMS)) for one in found)
        return [one for one, said in readings if said.platform == leaving]

    assert on_leaving(quick) == on_leaving(slow)
    assert all(one in never for one in left_out)
    assert [one for one in left_out if one.why == "too_much"] == [
        one for one in never if one.why == "too_much"
    ]


@settings(max_examples=examples(400), deadline=None)
@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3))
def test_a_text_that_names_no_other_platform_is_read_once(texts: list[str]) -> None:
    days = {ExitStage.DUAL: date(2026, 11, 27)}
    judge = BookingJudge(PLATFORMS, Policy(), PlatformExit("zoom", "tencent", days))
    fields = {f"X-{n}": text for n, text in enumerate(texts)}
    found, other = judge._reading(fields)
    again = read(fields, PLATFORMS, Policy(deny=("zoom",)))
    elsewhere = again.platform not in (None, "zoom") and again.refused is None
    named = may_name_another(PLATFORMS, "zoom")("\n".join(texts))
    assert (other is not None) == (found.platform == "zoom" and elsewhere and named)


@pytest.mark.real
def test_a_reader_gets_its_memory_on_top_of_the_programs(tmp_path: Path) -> None:
    (tmp_path / "room.toml").write_text(
        '[room]\ndisplay_name = "竹"\ntimezone = "Asia/Shanghai"\n', encoding="utf-8"
    )
    listed = [rooms.RoomToRead(tmp_path / "room.toml")] * 2
    access = rooms.RoomAccess(app.load, app.calendar)
    with mmap.mmap(-1, 4 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE):
        found = rooms.status_of_rooms(listed, NOW, access, workers=2)
    assert [one.error for one in found] == ["", ""]


@pytest.mark.parametrize("platform", list(PLATFORMS), ids=lambda one: one.key)
def test_no_meeting_of_a_platform_is_passed_over(platform) -> None:
    for sample in platform.good:
        assert may_name(platform, sample.hosts)(sample.text), sample.text
        named = sample.hosts or ANOTHER(sample.text)
        assert named or read(sample.text, PLATFORMS).launch is None


def test_a_number_without_a_name_replaces_nothing() -> None:
    days = {ExitStage.DUAL: date(2026, 11, 27)}
    judge = BookingJudge(PLATFORMS, Policy(), PlatformExit("zoom", "tencent", days))
    link = '<a href="https://acme.zoom.us/j/91234567890">Join</a> ID: 123 456 789'
    assert judge._reading({"DESCRIPTION": link})[1] is None
    named = "https://acme.zoom.us/j/91234567890 #腾讯会议：123-456-789"
    other = judge._reading({"DESCRIPTION": named})[1]
    assert other is not None
    assert other.platform == "tencent"
