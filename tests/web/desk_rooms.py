"""A real room behind its real server, in a thread beside the browser, with a past to look at.

Knows no page: staff's pages and the door's are shown what the API says, not what a test made up.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from roomctl.command import Source
from roomctl.roles import Role
from roomctl.room.ledger import LedgerEntry, add
from roomctl.store import Database, Disk, History
from roomctl.store.history import QUARTER_S, QuarterHour
from tests.api import rig

T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
LIMIT_S = 60.0
TEXT = rig.ROOM.replace(
    'display_name = "Bamboo"\n',
    'display_name = "Bamboo"\nbuilding = "North Tower"\nfloor_label = "3F"\ncapacity = 8\n'
    'timezone = "Asia/Shanghai"\n',
)
CHINESE = (
    TEXT.replace('"Bamboo"', '"竹厅会议室"')
    .replace('"North Tower"', '"北楼"')
    .replace('language = "en"', 'language = "zh-CN"')
)
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
ROLES = ("read", "auditor", "operate", "facilities", "technician", "integration", "admin")


class ServedRoom:
    """A room that runs; its methods may be called from the test's thread."""

    def __init__(self, house: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.house, self._loop = house, loop
        self.url: str = house.base

    def do(self, work: Awaitable[T]) -> T:
        async def done() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(LIMIT_S)

    def token(self, role: str, name: str = "") -> str:
        """Make a token of a role; return it."""
        _, token = self.do(self.house.tokens.make(name or f"desk-{role}", Role(role), None))
        return token

    def pairing(self, role: Role) -> str:
        async def offer() -> str:
            return str(self.house.tokens.offer_pairing(role))

        return self.do(offer())

    def command(self, kind: str, **args: Any) -> None:
        """Have something done in the room, by nobody in particular."""

        async def done() -> None:
            record = self.house.room.submit(kind, args, Source(Role.ADMIN, "this box"))
            await self.house.room.finish(record, LIMIT_S)

        self.do(done())

    def note(self, name: str, command: str, given: dict[str, Any], result: str = "done") -> None:
        async def noted() -> None:
            source = Source(Role.FACILITIES, name, "192.0.2.7")
            self.house.room.audit.note(source, command, given, result)

        self.do(noted())


@contextmanager
def served_room(folder: Path, text: str = TEXT, **options: Any) -> Iterator[ServedRoom]:
    """Run a room with a past until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    _with_past(folder)
    ready, found = threading.Event(), list[Any]()

    async def live() -> None:
        over = asyncio.Event()
        try:
            async with rig.running(
                folder, text=text, keep=True, restart=lambda why: None, **options
            ) as house:
                found.extend((ServedRoom(house, asyncio.get_running_loop()), over))
                ready.set()
                await over.wait()
        finally:
            ready.set()

    thread = threading.Thread(target=asyncio.run, args=(live(),), daemon=True)
    thread.start()
    assert ready.wait(LIMIT_S)
    assert found, "the room did not start"
    room, over = found
    try:
        yield room
    finally:
        room.house.app.state.ending  # noqa: B018 - the streams end with the block
        room._loop.call_soon_threadsafe(over.set)
        thread.join(LIMIT_S)
        assert not thread.is_alive()


def _with_past(folder: Path) -> None:
    """Write four weeks of use, and a ledger; the same each time."""
    dice = random.Random(7)
    now = datetime.now(UTC)
    first = now.timestamp() // QUARTER_S * QUARTER_S - 28 * 86400
    database = Database(Disk(folder))
    History(database).add(_quarter(int(first + n * QUARTER_S), dice) for n in range(28 * 96 - 8))
    for number, one in enumerate(LEDGER, 1):
        database.write(partial(add, entry=_line(number, now, *one)))
    database.close()


def _quarter(start: int, dice: random.Random) -> QuarterHour:
    at = datetime.fromtimestamp(start, ZONE)
    busy = at.weekday() < 5 and 8 <= at.hour <= 18
    peak = at.hour in (10, 11, 15, 16)
    used = dice.random() < (0.85 if peak else 0.35) if busy else False
    spent = 900.0 if used else 0.0
    return QuarterHour(start, spent, 900.0 - spent, 0.0, spent * 0.7, int(used))


LEDGER = (
    ("Planning", "released", "rule", 42, 3),
    ("Design review", "kept", "panel 4f21", 0, 2),
    (HOSTILE, "undone", "seen", 0, 1),
    ("", "released", "panel 4f21", 25, 1),
)


def _line(
    number: int, now: datetime, title: str, outcome: Any, author: str, given: int, days: int
) -> LedgerEntry:
    start = (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    end = start + timedelta(hours=1)
    return LedgerEntry(
        number,
        start + timedelta(minutes=10),
        f"booking-{number}",
        title,
        start,
        end,
        outcome,
        author,
        start + timedelta(minutes=5),
        ("panel",),
        ("ceiling",),
        given,
    )
