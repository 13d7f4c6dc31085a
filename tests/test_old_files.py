"""Files that an earlier version wrote (`tests/old_state`) are taken over once, and lose nothing."""

import asyncio
import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roomctl.app import parse
from roomctl.clock import Moment, VirtualClock
from roomctl.command import Param
from roomctl.room.ledger import Ledger, LedgerEntry
from roomctl.room.series import UnusedSeriesOffers
from roomctl.room.starts import months
from roomctl.store import AuditLog, ChainLink, Database, Disk, Store, room_database
from tests.invented import START, invented
from tests.room.rig import NO_DEVICE, living
from tests.test_audit_log import event

OLD_STATE = Path(__file__).parent / "old_state"
AUDIT = ("audit-old.jsonl", "audit.jsonl", "audit.json")
NEWEST = "cd08b5dfb8b411bec97affba4b7aba370fe12c992e53ce4f29dd1dcad3875957"
"""The hash that the earlier version's `roomctl audit verify` printed of entry 40."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(OLD_STATE, tmp_path, dirs_exist_ok=True)
    return tmp_path


def opened(folder: Path) -> Database:
    return room_database(Disk(folder))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith("history")}


def test_the_chain_is_whole_and_goes_on(folder: Path) -> None:
    log = AuditLog(opened(folder))
    found = log.verify()
    assert (found.entries, found.first, found.broken) == (14, 27, None)
    assert found.newest == ChainLink(40, NEWEST)
    log.append([event(41)])
    [before, after] = log.entries(limit=2)
    assert (after.number, after.previous, before.hash) == (41, NEWEST, NEWEST)
    assert (before.event.role, before.event.arguments["preset"]) == ("panel", 40)
    found = AuditLog(opened(folder)).verify()
    assert (found.entries, found.newest.number, found.broken) == (15, 41, None)


def test_the_files_are_left_as_they_were_under_another_name(folder: Path) -> None:
    AuditLog(opened(folder)).verify()
    assert not names(folder) & {*AUDIT}
    for name in AUDIT:
        assert (folder / f"{name}.imported").read_bytes() == (OLD_STATE / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("audit.jsonl", b'"preset":40', b'"preset":99', (40, "was changed")),
        ("audit-old.jsonl", b'"number":30', b'"number":90', (30, "is missing")),
        ("audit-old.jsonl", b'"preset":31', b'"preset":99', (31, "was changed")),
        ("audit-old.jsonl", b'{"number":33', b'["number":33', (33, "is not an entry")),
        ("audit.json", b'"number": 40', b'"number": 42', (41, "is missing")),
    ],
)
def test_a_chain_that_was_broken_is_as_broken_as_before(
    folder: Path, name: str, old: bytes, new: bytes, said: tuple[int, str]
) -> None:
    data = (folder / name).read_bytes()
    assert old in data
    (folder / name).write_bytes(data.replace(old, new))
    found = AuditLog(opened(folder)).verify()
    assert (found.broken, found.why) == said


def test_what_a_power_cut_left_of_a_line_is_left_out(folder: Path) -> None:
    with (folder / "audit.jsonl").open("ab") as file:
        file.write(b'{"number":41,"at":')
    log = AuditLog(opened(folder))
    assert log.verify().broken is None
    log.append([event(41)])
    assert (log.verify().entries, log.verify().broken) == (15, None)


def test_a_damaged_head_is_set_aside_and_the_chain_goes_on(folder: Path) -> None:
    (folder / "audit.json").write_bytes(b'{"newest": 7}')
    disk = Disk(folder)
    found = AuditLog(room_database(disk)).verify()
    assert [one.file for one in disk.quarantined] == ["audit.json"]
    assert (found.newest.number, found.broken) == (40, 1), "what was pruned is not known any more"


def test_a_power_cut_before_the_files_are_renamed_takes_nothing_over_twice(folder: Path) -> None:
    AuditLog(opened(folder)).append([event(41)])
    for name in (*AUDIT, "ledger.json", "starts.json"):
        os.replace(folder / f"{name}.imported", folder / name)
    assert AuditLog(opened(folder)).verify().entries == 15
    assert starts(folder) == json.loads((OLD_STATE / "starts.json").read_text())["months"]
    assert len(ledger(opened(folder))) == 4
    assert not names(folder) & {*AUDIT, "ledger.json", "starts.json"}


def test_a_record_of_an_earlier_version_in_between_is_left_aside(folder: Path) -> None:
    """A step back, and forward again: that version has begun its chain with entry 1."""
    AuditLog(opened(folder)).append([event(41)])
    (folder / "audit.jsonl").write_bytes(b'{"number":1}\n')
    found = AuditLog(opened(folder)).verify()
    assert (found.entries, found.broken) == (15, None)
    assert (folder / "audit.jsonl.imported-2").read_bytes() == b'{"number":1}\n'


def test_what_was_left_is_deleted_half_a_year_after_it_was_written(folder: Path) -> None:
    opened(folder).write(lambda base: None)
    os.utime(folder / "audit.jsonl.imported", (1.0, 1.0))
    opened(folder).write(lambda base: None)
    assert "audit.jsonl.imported" not in names(folder)
    assert "audit-old.jsonl.imported" in names(folder)


def test_a_file_that_is_not_there_yet_is_not_made_by_looking(tmp_path: Path) -> None:
    database = opened(tmp_path)
    assert database.is_empty
    database.check()
    assert [*tmp_path.iterdir()] == []


def test_looking_takes_over_files_of_an_earlier_version(folder: Path) -> None:
    (folder / "history.sqlite").unlink()
    database = opened(folder)
    assert not database.is_empty
    database.check()
    assert not names(folder) & {*AUDIT}


def ledger(database: Database) -> list[LedgerEntry]:
    return Ledger(database, VirtualClock(START)).entries()


def test_released_bookings_are_there_and_go_on(folder: Path) -> None:
    database = opened(folder)
    entries = ledger(database)
    assert [(one.number, one.booking, one.outcome, one.author) for one in entries] == [
        (1, "a", "undone", "staff"),
        (2, "b", "kept", "seen"),
        (3, "c", "released", "panel"),
        (4, "d", "warned", ""),
    ]
    assert (entries[0].warned, entries[0].sensors) == (("panel 1a2b", "screen"), ("ceiling",))
    assert (entries[2].title, entries[2].warned_at) == ("", None)
    written = json.loads((OLD_STATE / "ledger.json").read_text())["entries"]
    assert [one.at.isoformat() for one in entries] == [one["at"] for one in written]
    Ledger(database, VirtualClock(START)).ended("d", "dropped")
    assert [one.outcome for one in ledger(database)][-1] == "dropped"


def test_a_ledger_of_an_earlier_version_in_between_comes_behind(folder: Path) -> None:
    ledger(opened(folder))
    written = json.loads((OLD_STATE / "ledger.json").read_text())["entries"][:1]
    (folder / "ledger.json").write_text(json.dumps({"entries": written}))
    assert [one.booking for one in ledger(opened(folder))] == ["a", "b", "c", "d", "a"]


@pytest.mark.parametrize(
    "changed",
    [
        {"number": True},
        {"number": "one"},
        {"outcome": "lucky"},
        {"at": None},
        {"start": "2026-11-25T09:00:00"},
        {"start": "soon"},
        {"title": 7},
        {"warned": [None]},
        {"given_back_min": -1},
        {"given_back_min": 1e999},
        {"more": 1},
        {"number": 2},
    ],
)
def test_a_damaged_ledger_is_set_aside_and_takes_nothing_with_it(
    folder: Path, changed: dict[str, object]
) -> None:
    document = json.loads((folder / "ledger.json").read_text())
    document["entries"][0] |= changed
    (folder / "ledger.json").write_text(json.dumps(document))
    disk = Disk(folder)
    database = room_database(disk)
    assert ledger(database) == []
    assert [one.file for one in disk.quarantined] == ["ledger.json"]
    assert AuditLog(database).verify().entries == 14


def test_a_file_that_is_cut_off_anywhere_is_set_aside(tmp_path: Path) -> None:
    whole = (OLD_STATE / "ledger.json").read_bytes()
    for length in range(0, len(whole), 97):
        disk = Disk(tmp_path / str(length))
        (disk.folder / "ledger.json").write_bytes(whole[:length])
        assert ledger(room_database(disk)) == [], length
        assert [one.file for one in disk.quarantined] == ["ledger.json"], length


def starts(folder: Path) -> dict[str, dict[str, dict[str, int]]]:
    found = opened(folder).read(months)
    return {
        month: {mode: dict(counts) for mode, counts in modes.items()}
        for month, modes in found.items()
    }


def test_how_meetings_began_is_there_and_goes_on(folder: Path) -> None:
    written = json.loads((OLD_STATE / "starts.json").read_text())["months"]
    assert starts(folder) == written
    one = {"months": {"2026-11": {"assisted": {"first_try": 3}}}}
    (folder / "starts.json").write_text(json.dumps(one))
    assert starts(folder)["2026-11"]["assisted"] == {"first_try": 10, "fault": 1}


@pytest.mark.parametrize(
    "written",
    [
        "null",
        "{}",
        '{"months": []}',
        '{"months": {"2026-13": {"plain": {"slow": 1}}}}',
        '{"months": {"2026-11": {"assisted": {"first_try": -1}}}}',
        '{"months": {"2026-11": {"assisted": {"first_try": true}}}}',
        '{"months": {"2026-11": {"assisted": {"first_try": 99999999999999999999}}}}',
        '{"months": {"2026-11": {"assisted": {"first_try": [1]}}}}',
        '{"months": {"2026-11": {"assisted": {"lucky": 1}}}}',
        '{"months": {"2026-11": {"magic": {"slow": 1}}}}',
        '{"months": {"2026-10": {"plain": {"slow": 1}}, "nan": {"plain": {"slow": 1}}}}',
    ],
)
def test_a_damaged_record_of_starts_is_set_aside(tmp_path: Path, written: str) -> None:
    disk = Disk(tmp_path)
    (tmp_path / "starts.json").write_text(written)
    assert room_database(disk).read(months) == {}
    assert [one.file for one in disk.quarantined] == ["starts.json"]


async def unused(database: Database) -> list[tuple[str, Param, Param, datetime]]:
    """Return the unused series that a room finds, as staff are offered them."""
    told = asyncio.Event()

    async def nothing(series: str, author: str) -> list[str]:
        return []

    config = parse("[rules]\nseries_misses = 1\n", "room.toml")
    series = UnusedSeriesOffers(config, database, VirtualClock(START), told.set, nothing)
    running = asyncio.create_task(series.run())
    async with asyncio.timeout(60):
        await told.wait()
    running.cancel()
    found = series.issues(Moment(0.0, START, synced=True))
    return [(one.subject, one.params["title"], one.params["misses"], one.since) for one in found]


async def test_unused_series_are_there(folder: Path) -> None:
    assert await unused(opened(folder)) == [
        ("weekly", "Title w2", 3, datetime(2026, 11, 18, 9, 0, tzinfo=UTC)),
        ("private", None, 1, datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    "changed",
    [{"key": 7}, {"misses": 0}, {"misses": True}, {"at": "2026-11-18T09:00:00"}, {"more": "x"}],
)
async def test_damaged_series_are_set_aside(folder: Path, changed: dict[str, object]) -> None:
    document = json.loads((folder / "series.json").read_text())
    document["series"][1] |= changed
    (folder / "series.json").write_text(json.dumps(document))
    disk = Disk(folder)
    assert await unused(room_database(disk)) == []
    assert [one.file for one in disk.quarantined] == ["series.json"]


@invented
async def test_the_message_is_shown_for_the_rest_of_its_time(folder: Path) -> None:
    async with living(NO_DEVICE, store=Store(folder)) as house:
        await house.until(lambda: house.document.message)
        said = house.document.message
        assert said is not None
        assert (said.text, said.at) == ("The lift is out of order until noon", START)
        assert (said.until, said.requested_by_name) == (START + timedelta(hours=3), "token desk")


@invented
@pytest.mark.parametrize(
    "written", ["", '{"text": "x"}', '{"text": "x", "at": "now", "until": "then"}', '{"text": 7}']
)
async def test_a_damaged_message_is_set_aside_and_said(tmp_path: Path, written: str) -> None:
    (tmp_path / "message.json").write_text(written)
    async with living(NO_DEVICE, store=Store(tmp_path)) as house:
        await house.until(lambda: ("storage.quarantined", "message.json") in house.issues)
        assert house.document.message is None
