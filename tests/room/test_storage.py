"""A room starts whatever is in its files, says what was lost, and what cannot be stored."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roomctl import app
from roomctl.api.auth import Tokens
from roomctl.app import parse
from roomctl.clock import SystemClock
from roomctl.room import Dependencies, Room, Source
from roomctl.room.document import IssueEntry
from roomctl.simulator import Simulator
from roomctl.store import Settings, Store
from tests.examples import examples
from tests.small_disk import fill, needs_root, small_disk

ROOM = """
[room]
display_name = "Bamboo"
[camera.front]
url = "serial:/dev/ttyUSB0"
"""
LIMIT_S = 60.0
STAFF, PANEL = Source("admin", "staff"), Source("panel", "panel")
JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
NESTED = st.recursive(
    JSON,
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=9), inside, max_size=3)
    ),
)
CONTENT = st.binary(max_size=300) | NESTED.map(json.dumps).map(str.encode)
FILES = (
    "bookings.json",
    "sessions.json",
    "settings.toml",
    "settings.toml.bak",
    "series.json",
    "starts.json",
    "ledger.json",
    "history.sqlite",
    "pictures/front.1.18c.png",
)


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Room]:
    """Run a room on what is in a folder."""
    config, clock, store = parse(ROOM, "room.toml"), SystemClock(), Store(folder)
    simulator = Simulator(config, clock, with_screen=False)
    Tokens(store, clock, "a token")
    room = app.room(
        config,
        Dependencies(
            simulator.connect,
            clock,
            settings=Settings(store.disk),
            pictures=folder / "pictures",
            store=store,
        ),
    )
    running = asyncio.create_task(room.run())
    try:
        yield room
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await simulator.close()


async def until(room: Room, says: Callable[[dict[str, IssueEntry]], bool]) -> dict[str, IssueEntry]:
    """Wait until the room's issues, by their subject, are so."""
    with room.watch() as changes:
        async with asyncio.timeout(LIMIT_S):
            while True:
                found = {issue.subject: issue for issue in room.document.issues}
                if says(found):
                    return found
                await changes.get()


def moved(folder: Path) -> set[str]:
    return {path.name.partition(".damaged-")[0] for path in folder.glob("*.damaged-*Z")}


@settings(max_examples=examples(7))
@example(content=dict.fromkeys(FILES, b""))
@example(content=dict.fromkeys(FILES, b'{"a": {"b": ["panel"]}}'))
@example(content=dict.fromkeys(FILES, b"[" * 100_000))
@given(content=st.fixed_dictionaries({}, optional=dict.fromkeys(FILES, CONTENT)))
def test_whatever_bytes_are_in_its_files_the_room_starts_and_says_so(
    content: dict[str, bytes],
) -> None:
    async def start(folder: Path) -> set[str]:
        before = moved(folder)
        async with started(folder) as room:
            await room.use.quarters(0.0, 1.0)
            told = await until(
                room, lambda found: room.ready and moved(folder) - before <= {*found}
            )
            return {name for name, issue in told.items() if issue.code == "storage.quarantined"}

    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pictures").mkdir()
        for file, data in content.items():
            (folder / file).write_bytes(data)
        told = asyncio.run(start(folder))
        assert told == moved(folder)
        for file, data in content.items():
            if not data and "/" not in file:
                assert file in told or file.endswith(".bak"), f"an empty {file} is not told"
        assert asyncio.run(start(folder)) == set(), "what was written in their place is whole"


async def test_damage_is_told_until_staff_has_acknowledged_it(tmp_path: Path) -> None:
    (tmp_path / "sessions.json").write_bytes(b"")
    async with started(tmp_path) as room:
        found = await until(room, lambda found: "sessions.json" in found)
        params = found["sessions.json"].params
        assert (params["file"], params["lost"]) == ("sessions.json", "pairings")
        assert (tmp_path / str(params["kept_as"])).exists()
        record = room.submit("storage.acknowledge", {}, PANEL)
        record = await room.finish(record, LIMIT_S)
        assert record.error is not None
        assert record.error.code == "programs_only"
        assert (await room.finish(room.submit("storage.acknowledge", {}, STAFF), 9)).error is None
        await until(room, lambda found: "sessions.json" not in found)


async def test_damage_is_told_until_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "bookings.json").write_bytes(b"null")
    async with started(tmp_path) as room:
        await until(room, lambda found: "bookings.json" in found)
    async with started(tmp_path) as room:
        found = await until(room, lambda found: room.ready)
        assert "bookings.json" not in found


@pytest.mark.real
@needs_root
async def test_a_full_disk_is_an_issue_and_a_name_is_refused_until_there_is_room(
    tmp_path: Path,
) -> None:
    async def named(room: Room, name: str) -> str:
        args = {"camera": "front", "preset": 1, "name": name}
        record = await room.finish(room.submit("camera.name", args, PANEL), LIMIT_S)
        return record.status

    with small_disk(tmp_path / "disk") as folder:
        async with started(folder) as room:
            assert await named(room, "Table") == "done"
            ballast = fill(folder)
            assert await named(room, "x" * 40) == "failed"
            found = await until(room, lambda found: "storage" in found)
            assert (found["storage"].code, found["storage"].params["free_bytes"]) == (
                "storage.full",
                0,
            )
            ballast.unlink()
            assert await named(room, "Door") == "done"
            await until(room, lambda found: "storage" not in found)
