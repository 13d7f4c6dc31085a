"""A series that nobody comes to is offered for release by a whole room, in invented time."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from roomctl.app import parse
from roomctl.booking import Booking, CalendarRead
from roomctl.clock import Moment, VirtualClock
from roomctl.room.document import IssueEntry
from roomctl.room.series import UnusedSeriesOffers
from roomctl.store import Database, Disk, Store
from tests.booking.test_series import weekly
from tests.invented import START, invented, until
from tests.room.rig import NO_CAMERA, STAFF, House, living
from tests.room.test_written import WritableCalendar, booking

RULES = NO_CAMERA + "[rules]\nrelease_s = 60\nwarn_s = 10\nseries_misses = 2\n"
GONE_S = 700.0  # settling, grace, and a whole warning


class Windowed(WritableCalendar):
    """A calendar that lists what touches the window, as real ones do."""

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        read = await super().bookings(window_start, window_end)
        near = [one for one in read.bookings if one.start < window_end and one.end > window_start]
        return replace(read, bookings=tuple(near))


def occurrences(*begin_min: float, private: bool = False) -> list[Booking]:
    title = "" if private else "Stand-up"
    return [
        replace(
            booking(f"s/{nth}", begins, 20),
            series="s",
            ref=f"s/{nth}",
            title=title,
            private=private,
        )
        for nth, begins in enumerate(begin_min)
    ]


async def nothing(series: str, author: str) -> list[str]:
    return []


UNUSED = (VirtualClock(START), lambda: None, nothing)
WEEK = 7 * 24 * 60.0
COMING = (WEEK, 2 * WEEK, 5 * WEEK)


def offers(house: House) -> list[IssueEntry]:
    return [one for one in house.document.issues if one.code == "booking.series_unused"]


def store_of(folder: Path, misses: int) -> Store:
    """Return a store in which a series was missed so often before the room's start."""
    with closing(Database(Disk(folder))) as database:
        series = UnusedSeriesOffers(parse(RULES, "room.toml"), database, *UNUSED)
        for week in range(misses):
            series.missed(weekly(week - misses))
    return Store(folder)


def warned(house: House) -> bool:
    return "release" in [one.act for one in house.document.automation.notices]


def written(calendar: Windowed) -> bool:
    return calendar.listed == []


def noted(folder: Path) -> list[int]:
    with closing(sqlite3.connect(folder / "history.sqlite")) as base:
        return [misses for (misses,) in base.execute("SELECT misses FROM series")]


@invented
async def test_it_is_offered_after_so_many_misses_and_staff_release_four_weeks_each_undoable(
    tmp_path: Path,
) -> None:
    calendar = Windowed(occurrences(1, *COMING))
    async with living(RULES, feed=calendar, store=store_of(tmp_path, 1)) as house:
        assert offers(house) == []
        await house.until(lambda: offers(house), GONE_S)
        [offer] = offers(house)
        assert offer.params == {"title": "Stand-up", "misses": 2, "series": "s"}
        assert [one.id for one in calendar.listed] == ["s/1", "s/2", "s/3"]  # by the rule alone
        done = await house.ask("booking.release_series", STAFF, series="s")
        assert done.status == "done"
        await house.until(lambda: [one.id for one in calendar.listed] == ["s/3"])
        await house.until(lambda: offers(house) == [])
        assert done.result is not None
        first, _ = done.result["changes"]
        assert (await house.ask("booking.undo", STAFF, change=first)).status == "done"
        await house.until(lambda: "restore" in [one.kind for one in calendar.taken])
        assert {one.start for one in calendar.listed} == {
            START + timedelta(minutes=week) for week in (WEEK, 5 * WEEK)
        }
        again = await house.ask("booking.release_series", STAFF, series="s")
        assert again.error is not None
        assert again.error.code == "unknown_series"


@invented
async def test_what_staff_keep_is_not_offered_any_more_not_after_a_restart_either(
    tmp_path: Path,
) -> None:
    store = store_of(tmp_path, 3)
    async with living(RULES, feed=Windowed(), store=store) as house:
        await house.until(lambda: [one.params["misses"] for one in offers(house)] == [3])
        assert (await house.ask("booking.keep_series", STAFF, series="s")).status == "done"
        await house.until(lambda: offers(house) == [])
        assert (await house.ask("booking.keep_series", STAFF, series="s")).status == "done"
    assert noted(tmp_path) == []
    async with living(RULES, feed=Windowed(), store=store) as house:
        await house.always(lambda: offers(house) == [], 5)


@invented
@pytest.mark.parametrize("comes", ["undo", "call", "walk_in"])
async def test_whoever_comes_has_it_counted_anew(comes: str, tmp_path: Path) -> None:
    calendar = Windowed(occurrences(1))
    async with living(RULES, feed=calendar, store=store_of(tmp_path, 1)) as house:
        if comes == "undo":
            await house.until(lambda: offers(house), GONE_S)
            assert (await house.ask("booking.check_in", booking="s/0")).status == "done"
        elif comes == "call":
            await house.until(lambda: house.room.clock.now().wall >= calendar.listed[0].start, 90)
            await house.join()
        else:
            await house.until(lambda: warned(house), GONE_S)
            await house.act("occupancy.ceiling", "walk_in")
        await house.until(lambda: noted(tmp_path) == [], 60)
        await house.until(lambda: offers(house) == [])


@invented
async def test_on_a_holiday_a_miss_does_not_count_and_a_private_title_is_not_told(
    tmp_path: Path,
) -> None:
    for holidays, offered in (("SR", []), ("CN", [None])):  # Suriname's Independence Day
        rules = RULES.replace("misses = 2", f'misses = 1\nholidays = "{holidays}"')
        calendar = Windowed(occurrences(1, private=True))
        async with living(rules, feed=calendar) as house:
            await house.until(partial(written, calendar), GONE_S)
            await house.always(lambda: True, 30)
            assert [one.params["title"] for one in offers(house)] == offered


@invented
async def test_what_is_noted_before_the_kept_ones_are_read_counts(tmp_path: Path) -> None:
    store_of(tmp_path, 2)
    with closing(Database(Disk(tmp_path))) as database:
        series = UnusedSeriesOffers(parse(RULES, "room.toml"), database, *UNUSED)
        series.missed(weekly(0))
        running = asyncio.create_task(series.run())
        now = Moment(0.0, weekly(0).end, synced=True)
        await until(lambda: [one.params["misses"] for one in series.issues(now)] == [3], 60)
        running.cancel()
    assert noted(tmp_path) == [3]
