"""On which days nobody is expected at work."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roomctl.booking.workdays import Workdays
from roomctl.errors import PortError
from tests.booking.test_meaning import calendar, event

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("day", "off"),
    [
        ("2025-10-01", True),  # National Day
        ("2025-10-08", True),  # a day off in exchange
        ("2025-10-11", False),  # a Saturday that is worked for it
        ("2025-10-12", False),  # a Sunday as any: whoever books it means it
        ("2025-10-13", False),
    ],
)
async def test_in_china_days_off_do_not_count_and_weekends_that_are_worked_do(
    day: str, off: bool
) -> None:
    assert await Workdays("CN", SHANGHAI).off(at(day)) is off


async def test_a_holiday_is_one_by_the_clock_of_the_room_and_of_its_part_of_the_country() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert await Workdays("DE-BY", berlin).off(at("2026-01-06", berlin))
    assert not await Workdays("DE-HH", berlin).off(at("2026-01-06", berlin))
    late = datetime.fromisoformat("2025-09-30T17:00:00+00:00")  # 1 October in Shanghai
    assert await Workdays("CN", SHANGHAI).off(late)
    assert not await Workdays(None, SHANGHAI).off(late)


HOLIDAYS = calendar(
    event(
        "DTSTART;VALUE=DATE:20271001\nDTEND;VALUE=DATE:20271004\nSUMMARY:国庆节（休）\nTRANSP:TRANSPARENT"
    ),
    event("DTSTART;VALUE=DATE:20271009\nSUMMARY:国庆节（班）\nTRANSP:TRANSPARENT", "u2"),
    event("DTSTART;TZID=Asia/Shanghai:20271011T090000\nSUMMARY:a meeting", "u3"),
)


@pytest.mark.real
async def test_a_file_lists_days_off_and_days_that_are_worked(tmp_path: Path) -> None:
    (tmp_path / "days.ics").write_text(HOLIDAYS, encoding="utf-8")
    days = Workdays(f"ics:{tmp_path}/days.ics", SHANGHAI)
    asked = ("2027-09-30", "2027-10-01", "2027-10-03", "2027-10-04", "2027-10-09", "2027-10-11")
    found = [await days.off(at(day)) for day in asked]
    assert found == [False, True, True, False, False, False]


@pytest.mark.real
async def test_a_file_that_is_missing_or_none_is_an_error_that_names_it(tmp_path: Path) -> None:
    days = Workdays(f"ics:{tmp_path}/days.ics", SHANGHAI)
    with pytest.raises(PortError, match=r"days\.ics.*check \[rules\] holidays"):
        await days.off(at("2027-10-01"))
    (tmp_path / "days.ics").write_text("<html>", encoding="utf-8")
    with pytest.raises(PortError, match=r"days\.ics.*is not an iCalendar file"):
        await days.off(at("2027-10-01"))


async def test_a_country_that_the_library_does_not_know_is_an_error() -> None:
    with pytest.raises(PortError, match="is not a country"):
        await Workdays("XX", SHANGHAI).off(at("2027-10-01"))
