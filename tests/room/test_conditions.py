"""What a room lacks: each condition, its reason, and since when, in invented time."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

import pytest

from roomctl.booking import Booking, CalendarRead
from roomctl.clock import Moment
from roomctl.command import Param
from roomctl.errors import RoomctlError
from roomctl.kind import IssueEntry
from roomctl.room.conditions import RoomFacts, is_ready, judge
from roomctl.room.configuration import CHECK_EVERY_S, ConfigFile
from roomctl.room.document import AudioEntry, ConditionEntry, ConditionType, DeviceEntry
from roomctl.store import Store
from tests.invented import invented, until
from tests.room.rig import NO_DEVICE, Calendar, House, begun, living

WALL = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def at(seconds: float, *, synced: bool = True) -> Moment:
    return Moment(seconds, WALL + timedelta(seconds=seconds), synced)


def device(
    name: str, status: Literal["starting", "online", "offline"] = "online", kind: str = ""
) -> DeviceEntry:
    return DeviceEntry(name, kind or name.split(".")[0], status, None, None, WALL)


def issue(code: str, subject: str, **params: Param) -> IssueEntry:
    return IssueEntry(code, subject, params, WALL)


DEVICES = (
    device("camera.front"),
    device("speakerphone.table"),
    device("display.wall"),
    device("screen"),
)
WELL = RoomFacts(
    devices=DEVICES,
    audio=AudioEntry(mute="muted", available=True),
    platform="jitsi",
    calendar="fresh",
)


def without(name: str, status: Literal["starting", "offline"] = "offline") -> RoomFacts:
    devices = (device(one.name, status) if one.name == name else one for one in DEVICES)
    return replace(WELL, devices=tuple(devices))


def judged(facts: RoomFacts) -> dict[str, tuple[bool | None, str | None, str]]:
    return {one.type: (one.status, one.reason, one.message) for one in judge(facts, (), at(0))}


def test_a_room_that_lacks_nothing_is_ready_and_says_all_conditions_in_order() -> None:
    found = judge(WELL, (), at(0))
    assert [one.type for one in found] == list(get_args(ConditionType))
    assert {(one.status, one.reason, one.message) for one in found} == {(True, None, "")}
    assert is_ready(found)


CASES: dict[str, tuple[RoomFacts, dict[str, tuple[bool | None, str, str]]]] = {
    "a task hangs": (
        replace(WELL, stalled="camera.front"),
        {"reachable": (False, "stalled", "camera.front")},
    ),
    "a camera is gone": (
        without("camera.front"),
        {
            "devices_present": (False, "device_offline", "camera.front"),
            "video_ready": (False, "camera_offline", "camera.front"),
        },
    ),
    "a display is gone": (
        without("display.wall"),
        {
            "devices_present": (False, "device_offline", "display.wall"),
            "video_ready": (False, "display_offline", "display.wall"),
        },
    ),
    "the speakerphone is gone": (
        without("speakerphone.table"),
        {
            "devices_present": (False, "device_offline", "speakerphone.table"),
            "audio_ready": (False, "speakerphone_offline", "speakerphone.table"),
        },
    ),
    "the screen is gone": (
        without("screen"),
        {
            "devices_present": (False, "device_offline", "screen"),
            "audio_ready": (False, "screen_offline", "screen"),
            "platform_ready": (False, "screen_offline", "screen"),
        },
    ),
    "a device that had its time still starts": (
        without("camera.front", "starting"),
        {
            "devices_present": (False, "device_offline", "camera.front"),
            "video_ready": (False, "camera_offline", "camera.front"),
        },
    ),
    "a device starts": (
        replace(without("camera.front", "starting"), starting=True),
        {
            "devices_present": (None, "starting", "camera.front"),
            "video_ready": (None, "starting", "camera.front"),
        },
    ),
    "no sound server": (
        replace(WELL, audio=AudioEntry(mute="unknown")),
        {"audio_ready": (False, "no_sound_server", "screen")},
    ),
    "nobody knows whether it is muted": (
        replace(WELL, audio=AudioEntry(mute="unknown", available=True)),
        {"audio_ready": (None, "mute_unproven", "audio")},
    ),
    **{
        code: (
            replace(WELL, issues=(issue(f"audio.{code}", "audio"),)),
            {"audio_ready": (False, code, "audio")},
        )
        for code in ("no_microphone", "no_loudspeaker", "gain_zero", "volume_zero")
    },
    "a camera refuses": (
        replace(WELL, issues=(issue("camera.menu_open", "camera.front"),)),
        {"video_ready": (False, "camera_refuses", "camera.front")},
    ),
    "a display has a fault": (
        replace(WELL, issues=(issue("display.fault", "display.wall"),)),
        {"video_ready": (False, "display_fault", "display.wall")},
    ),
    "no platform at all": (
        replace(WELL, platform=None, platform_state="none"),
        {"platform_ready": (False, "no_platform", "meeting")},
    ),
    "its platform is denied": (
        replace(WELL, platform_state="not_allowed"),
        {"platform_ready": (False, "platform_not_allowed", "jitsi")},
    ),
    "its platform has ended": (
        replace(WELL, platform_state="ended"),
        {"platform_ready": (False, "platform_ended", "jitsi")},
    ),
    "the calendar is old": (
        replace(WELL, calendar="stale"),
        {"calendar_fresh": (False, "calendar_stale", "calendar")},
    ),
    "the calendar was not read yet": (
        replace(WELL, calendar="unread"),
        {"calendar_fresh": (None, "not_read_yet", "calendar")},
    ),
    "room.toml was changed": (
        replace(WELL, config="changed"),
        {"config_applied": (False, "config_changed", "room.toml")},
    ),
    "room.toml is gone": (
        replace(WELL, config="unreadable"),
        {"config_applied": (False, "config_unreadable", "room.toml")},
    ),
    "the disk is full": (
        replace(WELL, issues=(issue("storage.full", "storage"),)),
        {"storage_sound": (False, "storage_full", "storage")},
    ),
    "a file was damaged": (
        replace(WELL, issues=(issue("storage.quarantined", "settings.toml"),)),
        {"storage_sound": (False, "storage_quarantined", "settings.toml")},
    ),
}


@pytest.mark.parametrize(("facts", "unmet"), CASES.values(), ids=CASES)
def test_what_a_room_lacks_is_said_with_its_reason_and_the_room_is_not_ready(
    facts: RoomFacts, unmet: dict[str, tuple[bool | None, str, str]]
) -> None:
    found = judged(facts)
    ready = found.pop("ready")
    assert {kind: one for kind, one in found.items() if one[0] is not True} == unmet
    first = next(iter(unmet.values()))
    subjects = ", ".join(dict.fromkeys(one[2] for one in unmet.values()))
    assert ready == (first[0], first[1], subjects)


def test_what_does_not_hold_counts_before_what_is_unknown() -> None:
    facts = replace(without("camera.front", "starting"), starting=True, calendar="stale")
    assert judged(facts)["ready"] == (False, "calendar_stale", "calendar")


def test_what_a_room_does_not_have_is_no_trouble() -> None:
    found = judged(replace(WELL, devices=(device("screen"),), calendar="none"))
    assert found["video_ready"] == found["calendar_fresh"] == (True, "not_configured", "")
    assert found["ready"] == (True, None, "")


def test_a_room_without_a_screen_can_open_no_meeting_and_has_no_sound_of_its_own() -> None:
    found = judged(RoomFacts())
    assert found["platform_ready"] == found["ready"] == (False, "no_screen", "screen")
    assert found["audio_ready"] == (True, "not_configured", "")


def test_a_condition_says_since_when_and_whether_the_clock_was_right_then() -> None:
    def one(kind: str, conditions: tuple[ConditionEntry, ...]) -> tuple[datetime, bool]:
        return next((each.since, each.since_proven) for each in conditions if each.type == kind)

    first = judge(WELL, (), at(0, synced=False))
    later = judge(replace(WELL, calendar="stale"), first, at(60))
    last = judge(replace(WELL, calendar="stale"), later, at(120))
    assert one("video_ready", last) == (WALL, False)
    assert one("calendar_fresh", last) == one("ready", last) == (at(60).wall, True)


@invented
async def test_a_running_room_loses_what_its_calendar_loses_and_has_it_again() -> None:
    def fresh() -> bool | None:
        return next(one.status for one in house.document.conditions if one.type == "calendar_fresh")

    calendar = Calendar()
    calendar.broken = RoomctlError("the calendar is away")
    async with begun(feed=calendar) as house:
        await house.until(lambda: house.document.conditions and fresh() is False)
        assert not is_ready(house.document.conditions)
        calendar.broken = None
        await house.until(lambda: fresh() is True, limit_s=70.0)
        await house.until(lambda: is_ready(house.document.conditions))


class SlowCalendar(Calendar):
    """A calendar that takes its time."""

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        await asyncio.sleep(20.0)
        return await super().bookings(window_start, window_end)


@pytest.mark.parametrize("ago_h", [1, -1])  # -1: the clock was set back since then
@invented
async def test_bookings_that_an_earlier_run_read_are_not_fresh_until_the_calendar_is_read(
    tmp_path: Path, ago_h: int
) -> None:
    def fresh(house: House) -> bool | None:
        return next(one.status for one in house.document.conditions if one.type == "calendar_fresh")

    start = WALL + timedelta(hours=4)
    listed = [Booking("a", "Planning", "Li Na", start, start + timedelta(hours=1))]
    async with living(NO_DEVICE, feed=Calendar(listed), store=Store(tmp_path)) as house:
        await house.until(lambda: fresh(house) is True)
        await house.until(lambda: (tmp_path / "agenda_age.json").exists())  # the last it writes
    read_at = WALL - timedelta(hours=ago_h)
    (tmp_path / "agenda_age.json").write_text(json.dumps({"read_at": read_at.isoformat()}))
    async with living(feed=SlowCalendar(listed), store=Store(tmp_path)) as house:
        await house.until(lambda: bool(house.document.bookings))
        assert house.room.bookings.calendar_state == "unread", house.room.bookings.age_s()
        await house.until(lambda: fresh(house) is True, limit_s=30.0)


@invented
async def test_a_room_toml_that_was_changed_is_noticed_and_so_is_one_that_is_changed_back(
    tmp_path: Path,
) -> None:
    path = tmp_path / "room.toml"
    path.write_text("[room]\n")
    told: list[str] = []
    file = ConfigFile(path, lambda: told.append(file.state))
    assert file.state == "applied"
    work = asyncio.create_task(file.run())
    path.write_text('[room]\ndisplay_name = "Bamboo"\n')
    await until(lambda: told == ["changed"], CHECK_EVERY_S + 1)
    path.write_text("[room]\n")
    await until(lambda: told[1:] == ["applied"], CHECK_EVERY_S + 1)
    path.unlink()
    await until(lambda: told[2:] == ["unreadable"], CHECK_EVERY_S + 1)
    work.cancel()


@invented
async def test_a_room_on_a_file_that_stays_as_it_is_is_ready() -> None:
    async with living() as house:
        await house.until(lambda: is_ready(house.document.conditions))
