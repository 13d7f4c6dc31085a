"""How meetings begin, counted by a whole room on simulated hardware, and kept."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

from roomctl.meeting.first_try import StartOutcome
from roomctl.room import Source
from roomctl.room.document import StartCount
from roomctl.room.starts import count, months
from roomctl.store import Database, Disk, Store
from tests.invented import LoopClock, invented
from tests.room.rig import LINK, NO_CAMERA, NO_DEVICE, STAFF, Calendar, House, living
from tests.room.test_bookings import booking

MONTH = "2026-11"
ZOOM = "https://zoom.us/j/12345678901"


def counted(house: House, mode: str = "assisted") -> dict[str, int]:
    return dict(house.room.starts.months().get(MONTH, {}).get(mode, {}))  # type: ignore[call-overload]


async def left(house: House) -> None:
    assert (await house.ask("meeting.leave")).status == "done"
    await house.until(lambda: house.document.meeting.state == "idle")


@invented
async def test_one_touch_that_is_in_the_call_soon_is_a_first_try() -> None:
    async with living(NO_CAMERA, feed=Calendar([booking("now", 1)])) as house:
        await house.until(lambda: house.document.bookings != ())
        assert (await house.ask("meeting.join", booking="now")).status == "done"
        await house.until(lambda: counted(house) == {"first_try": 1})
        assert house.document.starts.assisted == StartCount(1, 1)
        assert house.room.starts.last is not None
        assert house.room.starts.last.took_s is not None
        assert house.room.starts.last.took_s < 5


@invented
async def test_a_lobby_that_takes_long_is_a_slow_start() -> None:
    async with living(NO_CAMERA) as house:
        house.screen.lobby_s = 30.0
        assert (await house.ask("meeting.join", STAFF, link=LINK)).status == "done"
        await house.until(lambda: counted(house) != {}, limit_s=60)
        assert counted(house) in ({"slow": 1}, {"fault": 1})  # the panel may say that it is unsure


@invented
async def test_a_typed_number_is_more_than_one_touch() -> None:
    async with living(NO_CAMERA) as house:
        await house.join()
        await house.until(lambda: counted(house) == {"touches": 1})


@invented
async def test_a_meeting_that_fails_first_is_a_fault_and_counts_once() -> None:
    async with living(NO_CAMERA) as house:
        house.screen.fail()
        assert (await house.ask("meeting.new")).status == "done"
        await house.until(lambda: house.document.meeting.state == "failed")
        assert (await house.ask("meeting.rejoin")).status == "done"
        await house.until(lambda: house.document.meeting.state == "in_call")
        await house.until(lambda: counted(house) == {"fault": 1})


@invented
async def test_a_link_that_is_refused_is_a_fault() -> None:
    async with living(NO_CAMERA) as house:
        assert (await house.ask("meeting.join", link="https://example.org")).status == "refused"
        await house.until(lambda: counted(house, "plain") == {"fault": 1})


@invented
async def test_a_plain_platform_is_counted_apart_and_takes_a_press_on_its_page() -> None:
    async with living(NO_CAMERA, feed=Calendar([])) as house:
        program = Source("operate", "desk")
        assert (await house.ask("meeting.join", program, link=ZOOM)).status == "done"
        await house.until(lambda: house.screen.shows.word == "prejoin", limit_s=5)
        await house.until(lambda: house.document.meeting.remote_control, limit_s=5)
        assert (await house.ask("screen.key", key="enter")).status == "done"
        await house.until(lambda: counted(house, "plain") != {}, limit_s=30)
        assert (counted(house), counted(house, "plain")) == ({}, {"touches": 1})


@invented
async def test_starts_are_kept_over_a_restart_and_wait_for_a_proven_clock(tmp_path: Path) -> None:
    store = Store(tmp_path)
    async with living(NO_CAMERA, store=store) as house:
        assert isinstance(house.room.clock, LoopClock)
        house.room.clock.synced = False
        house.room.clock.jumped = timedelta(days=-9000)
        assert (await house.ask("meeting.new")).status == "done"
        await house.until(lambda: house.document.meeting.state == "in_call")
        await house.always(lambda: house.room.starts.months() == {}, 10)
        house.room.clock.jumped = timedelta()
        house.room.clock.synced = True
        await house.until(lambda: counted(house) == {"first_try": 1}, limit_s=5)
        await left(house)
    async with living(NO_CAMERA, store=Store(tmp_path)) as house:
        assert counted(house) == {"first_try": 1}
        assert (await house.ask("meeting.new")).status == "done"
        await house.until(lambda: counted(house) == {"first_try": 2})


@invented
async def test_the_document_has_what_is_kept_of_this_month(tmp_path: Path) -> None:
    month = "INSERT INTO starts VALUES (?, 'plain', 'slow', 7), (?, 'plain', 'first_try', 2)"
    with closing(Database(Disk(tmp_path))) as database:
        database.write(lambda base: base.execute(month, (MONTH, MONTH)))
        database.write(lambda base: base.execute(month, ("2026-12", "2026-12")))
    async with living(NO_DEVICE, store=Store(tmp_path)) as house:
        await house.until(lambda: house.document.starts.plain == StartCount(9, 2))
        assert isinstance(house.room.clock, LoopClock)
        house.room.clock.jumped = timedelta(days=30)
        await house.until(lambda: house.document.starts.month == "2026-12")
        await house.until(lambda: house.document.starts.plain == StartCount(9, 2))
        house.room.clock.jumped = timedelta(days=90)
        await house.until(lambda: house.document.starts.plain == StartCount(0, 0))


def test_two_years_are_kept(tmp_path: Path) -> None:
    database = Database(Disk(tmp_path))
    outcome = StartOutcome("jitsi", "assisted", "slow", 1, None)
    for number in range(30):
        month = f"{2020 + number // 12}-{number % 12 + 1:02}"
        database.note(partial(count, month=month, outcome=outcome))
    kept = database.read(months)
    assert (len(kept), min(kept), max(kept)) == (24, "2020-07", "2022-06")


@invented
async def test_of_a_start_nothing_is_kept_but_that_it_began(tmp_path: Path) -> None:
    async with living(NO_CAMERA, store=Store(tmp_path)) as house:
        await house.join()
        await house.until(lambda: counted(house) != {})
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as base:
        rows = base.execute("SELECT * FROM starts").fetchall()
    assert rows == [(MONTH, "assisted", "touches", 1)]
