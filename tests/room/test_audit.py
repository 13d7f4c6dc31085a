"""What is noted of who does what, and what is only counted."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomctl.clock import VirtualClock
from roomctl.command import Source
from roomctl.room.audit import (
    ENTRIES_AN_HOUR,
    FIRST_LOOK_S,
    LOOK_S,
    MOST_WAITING,
    Audit,
    telling,
)
from roomctl.store import AuditEvent, AuditLog, Database, Disk
from tests.invented import invented
from tests.test_audit_log import changed

PANEL = Source("panel", "panel 1f2e3d4c", "10.0.0.7")
ROBOT = Source("operate", "token robot")


class Bench:
    """An audit that nobody runs."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock(datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
        self.audit = Audit(AuditLog(Database(Disk(folder))), self.clock)

    async def events(self) -> list[AuditEvent]:
        return [one.event for one in await self.audit.entries(0, None, 5000)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_drives_that_renew_one_another_are_one_entry(bench: Bench) -> None:
    for _ in range(100):
        bench.audit.note(ROBOT, "camera.drive", {"camera": "front", "pan": 0.2}, "done")
        bench.clock.advance(0.1)
    bench.audit.note(ROBOT, "camera.drive", {"camera": "back", "pan": 0.2}, "done")
    bench.clock.advance(5.0)
    bench.audit.note(ROBOT, "camera.drive", {"camera": "front", "pan": 0.2}, "done")
    cameras = [one.arguments["camera"] for one in await bench.events()]
    assert cameras == ["front", "back", "front"]


async def test_no_caller_can_flood_out_what_was_before(bench: Bench) -> None:
    bench.audit.note(PANEL, "audio.mute", {"on": True}, "done")
    for pct in range(5000):
        bench.audit.note(ROBOT, "audio.volume", {"pct": pct % 100}, "done")
    assert len(await bench.events()) == 1 + ENTRIES_AN_HOUR
    bench.clock.advance(3601.0)
    bench.audit.tick()
    last = (await bench.events())[-1]
    assert (last.command, last.times, last.arguments) == ("audio.volume", 4400, {})


async def test_what_no_disk_took_is_counted(bench: Bench) -> None:
    for number in range(MOST_WAITING + 10):
        bench.audit.note(Source("operate", f"token {number % 500}"), "room.wake", {}, "done")
    first, *rest = await bench.events()
    assert (first.command, first.times) == ("audit.lost", 10)
    assert len(rest) == MOST_WAITING


def test_numbers_and_things_are_told_and_texts_are_not() -> None:
    told = telling("camera.store", {"camera": "front", "preset": 2, "name": "Board", "speed": None})
    assert told == {"camera": "front", "preset": 2, "name": "…"}
    assert telling("screen.press", {"x": 0.5, "y": 0.1}) == {}
    assert telling("audio.device", {"name": "table"}) == {"name": "table"}
    assert telling("POST /x", {"name": "desk", "may": []}) == {"name": "desk"}
    odd = {"name": "x" * 129, "scope": [["read"]], "may": ["mute", "move"]}
    assert telling("POST /x", odd) == {"name": "…", "scope": "…", "may": "mute,move"}


async def test_a_chain_that_somebody_broke_is_an_issue_until_it_is_sound(
    bench: Bench, tmp_path: Path
) -> None:
    for pct in range(3):
        bench.audit.note(ROBOT, "audio.volume", {"pct": pct}, "done")
    await bench.audit.verify()
    assert [*bench.audit.issues(bench.clock.now())] == []
    changed(tmp_path, '"pct":1', '"pct":9')
    await bench.audit.verify()
    [found] = bench.audit.issues(bench.clock.now())
    assert (found.code, found.subject, found.params["entry"]) == ("audit.broken", "audit", 2)
    changed(tmp_path, '"pct":9', '"pct":1')
    await bench.audit.verify()
    assert [*bench.audit.issues(bench.clock.now())] == []


@invented
async def test_the_chain_is_looked_at_after_the_start_and_every_day(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.audit.note(ROBOT, "audio.volume", {"pct": 1}, "done")
    await bench.audit.verify()
    changed(tmp_path, '"pct":1', '"pct":9')

    def broken() -> int:
        return len([*bench.audit.issues(bench.clock.now())])

    running = asyncio.create_task(bench.audit.run())
    assert broken() == 0
    await asyncio.sleep(FIRST_LOOK_S + 1)
    assert broken() == 1
    changed(tmp_path, '"pct":9', '"pct":1')
    await asyncio.sleep(LOOK_S)
    assert broken() == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
