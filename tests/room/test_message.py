"""The message that facilities staff show in a room."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from roomctl.command import MessageText
from roomctl.store import Store
from tests.invented import invented
from tests.room.rig import NO_DEVICE, PANEL, STAFF, House, living
from tests.small_disk import fill, needs_root, small_disk

TEXT = "The lift is out of order until noon"


def shown(house: House) -> str | None:
    return house.document.message.text if house.document.message else None


@invented
async def test_a_message_is_shown_until_its_time_is_over_and_says_who_wrote_it() -> None:
    async with living(NO_DEVICE) as house:
        assert (await house.ask("room.message", STAFF, text=TEXT, for_s=600)).status == "done"
        await house.until(lambda: shown(house) == TEXT)
        assert house.document.message
        assert house.document.message.requested_by_name == "staff"
        await house.always(lambda: shown(house) == TEXT, 598.0)
        await house.until(lambda: shown(house) is None, limit_s=2.5)


@invented
async def test_a_message_takes_the_place_of_an_earlier_one_and_is_cleared_by_command() -> None:
    async with living() as house:
        await house.ask("room.message", STAFF, text=TEXT)
        await house.ask("room.message", STAFF, text="It works again")
        await house.until(lambda: shown(house) == "It works again")
        assert (await house.ask("room.clear_message", STAFF)).status == "done"
        await house.until(lambda: shown(house) is None)


@invented
async def test_a_panel_writes_no_message() -> None:
    async with living() as house:
        record = await house.ask("room.message", PANEL, text=TEXT)
        assert record.error
        assert record.error.code == "not_allowed"


@invented
async def test_a_message_outlives_a_restart_but_not_its_time(tmp_path: Path) -> None:
    async with living(NO_DEVICE, store=Store(tmp_path)) as house:
        await house.ask("room.message", STAFF, text=TEXT, for_s=600)
    async with living(NO_DEVICE, store=Store(tmp_path)) as house:
        await house.until(lambda: shown(house) == TEXT)
        await house.until(lambda: shown(house) is None, limit_s=601.0)
    async with living(NO_DEVICE, store=Store(tmp_path)) as house:
        await house.ask("room.message", STAFF, text=TEXT, for_s=600)
        await house.ask("room.clear_message", STAFF)
    async with living(NO_DEVICE, store=Store(tmp_path)) as house:
        await house.always(lambda: shown(house) is None, 5)


@pytest.mark.real
async def test_a_message_of_a_day_that_there_is_not_is_set_aside_and_the_room_goes_on(
    tmp_path: Path,
) -> None:
    async with living(NO_DEVICE, store=Store(tmp_path)) as house:
        await house.ask("room.message", STAFF, text=TEXT)
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as base, base:
        base.execute("UPDATE message SET until = '2026-02-30T09:00:00+00:00'")  # SQLite takes it
    async with living(NO_DEVICE, store=Store(tmp_path)) as house:
        await house.until(lambda: bool([*tmp_path.glob("history.sqlite.damaged-*")]), 60.0)
        assert shown(house) is None
        assert (await house.ask("room.message", STAFF, text=TEXT)).status == "done"


@pytest.mark.real
async def test_a_message_is_shown_before_it_is_kept_and_done_only_after(tmp_path: Path) -> None:
    async with living(NO_DEVICE, store=Store(tmp_path)) as house:
        await house.ask("room.message", STAFF, text="It works again")
        with closing(sqlite3.connect(tmp_path / "history.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")  # nothing else is written meanwhile
            asked = asyncio.create_task(house.ask("room.message", STAFF, text=TEXT))
            await house.until(lambda: shown(house) == TEXT, 60.0)
            assert not asked.done()
        assert (await asked).status == "done"
    with closing(sqlite3.connect(tmp_path / "history.sqlite")) as base:
        assert base.execute("SELECT text FROM message").fetchall() == [(TEXT,)]


@pytest.mark.real
@needs_root
async def test_a_message_that_the_disk_refuses_gives_way_to_the_one_before(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        async with living(NO_DEVICE, store=Store(folder)) as house:
            await house.ask("room.message", STAFF, text=TEXT)
            fill(folder)
            for _ in range(20):  # what SQLite has reserved is used up then
                refused = await house.ask("room.message", STAFF, text="It works again " * 13)
                if refused.status != "done":
                    break
                assert (await house.ask("room.message", STAFF, text=TEXT)).status == "done"
            assert refused.status == "failed"
            assert shown(house) == TEXT
            assert (await house.ask("room.clear_message", STAFF)).status == "failed"
            assert shown(house) == TEXT


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (TEXT, TEXT),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("a\x1b[31mred\x07", "a [31mred"),
        ("safe\u202eevil", "safe evil"),
        ("会议室\u2067维修\u2069中", "会议室 维修 中"),
        ("  much   room  ", "much room"),
        ("👩\u200d🔧 comes", "👩 🔧 comes"),
    ],
)
def test_a_message_is_one_line_without_control_and_direction_characters(
    said: str, read: str
) -> None:
    assert TypeAdapter(MessageText).validate_python(said) == read


@pytest.mark.parametrize("said", ["", " ", "\u202e\u200b", "\x00", "x" * 201])
def test_a_message_that_nobody_could_read_is_refused(said: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(MessageText).validate_python(said)
