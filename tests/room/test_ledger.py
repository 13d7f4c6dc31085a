"""What releasing bookings comes to, kept by a whole room in invented time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from roomctl.clock import VirtualClock
from roomctl.errors import RoomctlError
from roomctl.room.ledger import MOST, Ledger, LedgerEntry
from roomctl.store import Database, Disk
from tests.invented import START, invented
from tests.room.rig import NO_CAMERA, STAFF, Calendar, House, living
from tests.room.test_written import booking
from tests.small_disk import fill, needs_root, small_disk

RULES = NO_CAMERA + "[rules]\nrelease_s = 60\nwarn_s = 60\n"
SETTLED_S = 700.0  # settling, grace, and a whole warning


def entries(house: House) -> list[LedgerEntry]:
    return house.room.bookings.ledger.entries()


def outcomes(house: House) -> list[str]:
    return [one.outcome for one in entries(house)]


async def stays(house: House, said: list[str], for_s: float) -> None:
    """Let time pass; nothing is added, and nothing of it changes, which would stay to be seen."""
    assert outcomes(house) == said
    await house.always(lambda: True, for_s)
    assert outcomes(house) == said


@invented
async def test_a_release_says_who_was_warned_which_sensors_agreed_and_what_it_gave() -> None:
    async with living(RULES, feed=Calendar([booking("a", 1, 60)])) as house:
        automation = house.room.automation
        with automation.looked_at("panel 1a2b"), automation.looked_at("screen"):
            with automation.looked_at("guest"):
                pass  # who has gone before is not warned
            await house.until(lambda: outcomes(house) == ["warned"], limit_s=SETTLED_S)
        await house.until(lambda: outcomes(house) == ["released"], limit_s=70)
        [entry] = entries(house)
        assert (entry.warned, entry.sensors, entry.author) == (
            ("panel 1a2b", "screen"),
            ("ceiling",),
            "rule",
        )
        assert 50 <= entry.given_back_min < 60
        assert entry.warned_at is not None
        assert (entry.at - entry.warned_at).total_seconds() >= 60
        [act] = [one for one in house.document.automation.acts if one.act == "release"]
        assert (await house.ask("room.undo", STAFF, number=act.number)).status == "done"
        assert outcomes(house) == ["undone"]
        assert (entries(house)[0].author, entries(house)[0].given_back_min) == ("staff", 0)


@invented
async def test_a_booking_that_is_kept_by_a_touch_says_who_kept_it() -> None:
    async with living(RULES, feed=Calendar([booking("a", 1, 60)])) as house:
        await house.until(lambda: outcomes(house) == ["warned"], limit_s=SETTLED_S)
        assert (await house.ask("room.postpone", act="release")).status == "done"
        await house.until(lambda: outcomes(house) == ["kept"], limit_s=5)
        assert entries(house)[0].author == "panel"
        await stays(house, ["kept"], 600)


@invented
async def test_somebody_who_is_seen_or_presses_anything_keeps_it() -> None:
    for keeps in ("walk_in", "touch"):
        async with living(RULES, feed=Calendar([booking("a", 1, 60)])) as house:
            await house.until(lambda: outcomes(house) == ["warned"], limit_s=SETTLED_S)
            if keeps == "walk_in":
                await house.act("occupancy.ceiling", "walk_in")
            else:
                assert (await house.ask("audio.volume", pct=40)).status == "done"
            await house.until(lambda: outcomes(house) == ["kept"], limit_s=10)
            await stays(house, ["kept"], 900)


@invented
async def test_a_sensor_that_is_lost_drops_the_warning() -> None:
    async with living(RULES, feed=Calendar([booking("a", 1, 60)])) as house:
        await house.until(lambda: outcomes(house) == ["warned"], limit_s=SETTLED_S)
        await house.act("occupancy.ceiling", "unplug")
        await house.until(lambda: outcomes(house) != ["warned"], limit_s=30)
        assert outcomes(house) == ["dropped"]


@invented
async def test_a_private_title_is_not_in_it_and_a_hand_needs_no_warning() -> None:
    secret = replace(booking("a", -5, 60), title="Redundancies", private=True)
    async with living(RULES, feed=Calendar([secret])) as house:
        await house.until(lambda: house.document.bookings != ())
        assert (await house.ask("booking.release", booking="a")).status == "done"
        [entry] = entries(house)
        assert (entry.title, entry.outcome, entry.author) == ("", "released", "panel")
        assert entry.warned_at is None


PROFILES = """
[[rules.profile]]
keyword = "interview"
never = true
[[rules.profile]]
longer_than_min = 45
organizer = "li"
release_s = 1200
"""


@invented
@pytest.mark.parametrize(
    ("title", "lasts_min", "after_s"), [("INTERVIEW 2", 60, None), ("Talk", 60, 1500.0)]
)
async def test_a_profile_gives_its_bookings_their_own_grace_or_none(
    title: str, lasts_min: float, after_s: float | None
) -> None:
    listed = replace(booking("a", 1, lasts_min), title=title)
    async with living(RULES + PROFILES, feed=Calendar([listed])) as house:
        await stays(house, [], 1100)
        if after_s is None:
            await stays(house, [], 2000)
        else:
            await house.until(lambda: outcomes(house) == ["released"], limit_s=after_s - 1000)


def test_what_was_noted_is_read_after_a_restart(tmp_path: Path) -> None:
    ledger = Ledger(Database(Disk(tmp_path)), VirtualClock(START))
    ledger.warned(booking("a", 0), ["screen"], ["ceiling"])
    ledger.warned(booking("a", 0), ["panel"], [])
    before = ledger.entries()
    assert [one.warned for one in before] == [("screen",)]
    after = Ledger(Database(Disk(tmp_path)), VirtualClock(START))
    assert after.entries() == before
    after.ended("a", "kept", "panel")
    assert [(one.outcome, one.author) for one in after.entries()] == [("kept", "panel")]


def test_times_keep_their_offset(tmp_path: Path) -> None:
    zone = timezone(timedelta(hours=8))
    local = replace(booking("a", 0), start=START.astimezone(zone))
    ledger = Ledger(Database(Disk(tmp_path)), VirtualClock(START))
    ledger.released(local, "panel")
    [entry] = ledger.entries()
    assert entry.start.isoformat() == "2026-11-25T17:00:00+08:00"


def test_the_newest_are_kept() -> None:
    ledger = Ledger(Database(None), VirtualClock(START))
    for number in range(MOST + 5):
        ledger.released(booking(str(number), 0), "panel")
    entries = ledger.entries()
    assert (len(entries), entries[0].number, entries[-1].number) == (MOST, 6, MOST + 5)


def test_a_row_that_was_never_written_is_damage(tmp_path: Path) -> None:
    database = Database(disk := Disk(tmp_path))
    ledger = Ledger(database, VirtualClock(START))
    ledger.released(booking("a", 0), "panel")
    ledger.entries()
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as base, base:
        base.execute("PRAGMA ignore_check_constraints = ON")
        base.execute("UPDATE ledger SET warned = '['")
    assert ledger.entries() == []
    assert [one.file for one in disk.quarantined] == ["history.sqlite"]


@pytest.mark.real
@needs_root
def test_what_a_full_disk_refuses_is_noted_later_in_order(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        database = Database(Disk(folder))
        ledger = Ledger(database, VirtualClock(START))
        ballast = fill(folder)
        ledger.warned(booking("a", 0), [], [])
        ledger.ended("a", "kept", "panel")
        ledger.released(booking("b", 0), "panel")
        with pytest.raises(RoomctlError, match="full"):
            ledger.entries()
        ballast.unlink()
        assert [one.outcome for one in ledger.entries()] == ["kept", "released"]
        database.close()
