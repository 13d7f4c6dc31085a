"""What releasing bookings comes to, kept by a whole room in invented time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from roomctl.clock import VirtualClock
from roomctl.room.ledger import MOST, Ledger, LedgerEntry
from roomctl.store import Store
from tests.invented import START, invented
from tests.room.rig import NO_CAMERA, STAFF, Calendar, House, living
from tests.room.test_written import booking

RULES = NO_CAMERA + "[rules]\nrelease_s = 60\nwarn_s = 60\n"
SETTLED_S = 700.0  # settling, grace, and a whole warning


def entries(house: House) -> list[LedgerEntry]:
    return list(house.room.bookings.ledger.entries)


def outcomes(house: House) -> list[str]:
    return [one.outcome for one in entries(house)]


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
        await house.always(lambda: outcomes(house) == ["kept"], 600)


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
            await house.always(lambda: outcomes(house) == ["kept"], 900)


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
        await house.always(lambda: outcomes(house) == [], 1100)
        if after_s is None:
            await house.always(lambda: outcomes(house) == [], 2000)
        else:
            await house.until(lambda: outcomes(house) == ["released"], limit_s=after_s - 1000)


ENTRY = {
    "number": 1,
    "at": "2026-11-25T09:00:00+00:00",
    "booking": "a",
    "title": "",
    "start": "2026-11-25T09:00:00+00:00",
    "end": "2026-11-25T10:00:00+00:00",
    "outcome": "kept",
    "author": "panel",
    "warned_at": None,
    "warned": [],
    "sensors": [],
    "given_back_min": 0,
}


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "ledger.json").write_text(json.dumps({"entries": [ENTRY]}))
    [entry] = Ledger(Store(tmp_path), VirtualClock(START)).entries
    assert entry.record() == {**ENTRY, "warned": (), "sensors": ()}


@pytest.mark.parametrize(
    "changed",
    [
        {"number": True},
        {"outcome": "lucky"},
        {"at": None},
        {"start": "2026-11-25T09:00:00"},
        {"title": 7},
        {"warned": [None]},
        {"more": 1},
    ],
)
def test_a_damaged_ledger_is_set_aside(tmp_path: Path, changed: dict[str, object]) -> None:
    (tmp_path / "ledger.json").write_text(json.dumps({"entries": [ENTRY | changed]}))
    store = Store(tmp_path)
    assert Ledger(store, VirtualClock(START)).entries == ()
    assert [one.file for one in store.disk.quarantined] == ["ledger.json"]


def test_the_newest_are_kept() -> None:
    ledger = Ledger(None, VirtualClock(START))
    for number in range(MOST + 5):
        ledger.released(booking(str(number), 0), "panel")
    assert (len(ledger.entries), ledger.entries[-1].number) == (MOST, MOST + 5)


def test_a_ledger_that_is_cut_off_anywhere_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    whole = json.dumps({"entries": [ENTRY, ENTRY | {"number": 2}]}).encode()
    for length in range(len(whole.rpartition(b"{")[0]), len(whole)):
        (tmp_path / "ledger.json").write_bytes(whole[:length])
        store = Store(tmp_path)
        assert Ledger(store, VirtualClock(START)).entries == (), length
        assert [one.file for one in store.disk.quarantined] == ["ledger.json"], length
        for one in tmp_path.iterdir():
            one.unlink()


async def test_what_a_stop_has_cut_off_in_the_middle_is_written_once_more(tmp_path: Path) -> None:
    store = Store(tmp_path)
    writing, go_on = threading.Event(), threading.Event()
    write = store.write

    def slowly(name: str, document: dict[str, object]) -> None:
        writing.set()
        assert go_on.wait(60)
        write(name, document)

    store.write = slowly  # type: ignore[method-assign] - a disk that takes its time
    ledger = Ledger(store, VirtualClock(START))
    task = asyncio.create_task(ledger.run())
    ledger.released(booking("a", 0), "panel")
    await asyncio.to_thread(writing.wait, 60)
    ledger.released(booking("b", 0), "panel")
    task.cancel()
    go_on.set()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    kept = Ledger(Store(tmp_path), VirtualClock(START)).entries
    assert [one.booking for one in kept] == ["a", "b"]
