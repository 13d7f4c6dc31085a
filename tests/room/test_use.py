"""What a room keeps of how it was used: told again, it is the same room once more.

Invented time knows no threads, and disks are written in one: while the day is unknown nothing is
written, so that a test writes in the end, on an ordinary loop.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from roomctl.clock import VirtualClock
from roomctl.config import HistoryTable
from roomctl.occupancy import Presence, PresenceState
from roomctl.occupancy.driver import profiles
from roomctl.occupancy.presence import PresenceInput, runs, tell
from roomctl.room import Room
from roomctl.room.use import UsageHistory
from roomctl.store import Database, Disk, History, Store
from tests.invented import START, LoopClock, invented
from tests.room.rig import BAMBOO, House, begun

HOLD_S = 30.0  # as in BAMBOO
EVENTFUL = (
    ("walk_in", 90.0),
    ("leave", 45.0),
    ("walk_in", 5.0),
    ("silent", 20.0),  # the line is open, and nothing comes
    ("silent", 20.0),  # it comes again
    ("unplug", 20.0),
    ("plug", 20.0),
    ("leave", 45.0),
)


@asynccontextmanager
async def unsure(folder: Path, text: str = BAMBOO) -> AsyncIterator[House]:
    """Run a room that does not know the day."""
    async with begun(text, store=Store(folder)) as house:
        assert isinstance(house.room.clock, LoopClock)
        house.room.clock.synced = False
        await house.until(lambda: house.room.ready)
        yield house


def written(room: Room) -> None:
    """Let a room that has ended know the day, and write down what it kept."""
    assert isinstance(room.clock, LoopClock)
    room.clock.synced = True
    asyncio.run(room.use.quarters(0.0, 1.0))


def kept(folder: Path) -> list[PresenceInput]:
    transitions = History(Database(Disk(folder))).transitions(0.0, 1e11)
    return [PresenceInput(one.mono_s, one.kind, one.sensor, one.high) for one in transitions]


def turns(told: list[PresenceInput], until: float) -> tuple[list[tuple[str, float]], PresenceState]:
    """Play what was kept to a fresh presence; return when each word began, and the last state."""
    profile = profiles()["generic"]
    assert profile.likelihood is not None
    presence = Presence(
        {"ceiling": HOLD_S},
        {"ceiling": profile.kind},
        {"ceiling": profile.likelihood},
        stale_s=float("inf"),
    )
    found: list[tuple[str, float]] = []

    def note() -> None:
        turn = (presence.state.state, presence.state.since)
        if turn not in found[-1:]:
            found.append(turn)

    for one in [*told, PresenceInput(until, "tick")]:
        while (due := presence.due()) is not None and due < one.at_s:
            presence.tick(due)
            note()
        tell(presence, one)
        note()
    return found, presence.state


class Day:
    """An eventful day: what the room said, and how it ended."""

    def __init__(self, folder: Path) -> None:
        self.said: list[tuple[str, float]] = []
        self.now, self.last, self.room = self._lived(folder)

    @staticmethod
    def _noted(house: House, said: list[tuple[str, float]]) -> bool:
        state = house.room.occupancy.state
        if (state.state, state.since) not in said[-1:]:
            said.append((state.state, state.since))
        return True

    def _lived(self, folder: Path) -> tuple[float, PresenceState, Room]:
        found: list[tuple[float, PresenceState, Room]] = []

        @invented
        async def live() -> None:
            async with unsure(folder) as house:
                for action, for_s in EVENTFUL:
                    await house.act("occupancy.ceiling", action)
                    await house.always(lambda: self._noted(house, self.said), for_s)
                await house.join()
                await house.always(lambda: self._noted(house, self.said), 30.0)
                await house.ask("meeting.leave")
                await house.always(lambda: self._noted(house, self.said), 200.0)
                house.room.occupancy.follow()  # the state of this very instant
                state = house.room.occupancy.state
                found.append((house.room.clock.mono_s(), state, house.room))

        live()
        return found[0]


def test_the_history_of_an_eventful_day_replays_bit_for_bit(tmp_path: Path) -> None:
    day = Day(tmp_path)
    assert kept(tmp_path) == []
    written(day.room)
    (told,) = runs(kept(tmp_path))
    found, state = turns(told, day.now)
    assert {word for word, _ in day.said} == {"unknown", "vacant", "occupied", "vacating"}
    assert [turn for turn in day.said if turn not in found] == []
    assert state == day.last


def test_what_came_before_the_day_was_known_has_its_instants_once_it_is(tmp_path: Path) -> None:
    written(Day(tmp_path).room)
    transitions = History(Database(Disk(tmp_path))).transitions(0.0, 1e11)
    assert transitions[0].kind == "start"
    assert max(abs((one.at - transitions[0].at) - one.mono_s) for one in transitions) < 0.001


def used(table: HistoryTable, folder: Path) -> UsageHistory:
    """A minute in a room, and a touch."""
    clock = VirtualClock(START)
    use = UsageHistory(table, History(Database(Disk(folder))), clock)
    use.told(PresenceInput(0.0, "touch"))
    for _ in range(60):
        use.glance("occupied", call_live=False)
        clock.advance(1.0)
    return use


async def test_a_room_may_keep_sums_and_nothing_else(tmp_path: Path) -> None:
    for raw_days, transitions in ((1, 1), (0, 0)):
        use = used(HistoryTable(raw_days=raw_days), tmp_path / str(raw_days))
        (quarter,) = await use.quarters(0.0, 1e11)
        assert quarter.occupied_s == 59.0
        assert (
            len(History(Database(Disk(tmp_path / str(raw_days)))).transitions(0.0, 1e11))
            == transitions
        )


async def test_a_room_that_shall_keep_nothing_writes_nothing_and_deletes_what_was(
    tmp_path: Path,
) -> None:
    await used(HistoryTable(), tmp_path).quarters(0.0, 1e11)
    assert kept(tmp_path) != []
    use = used(HistoryTable(keep=False), tmp_path)
    running = asyncio.create_task(use.run())
    async with asyncio.timeout(60.0):
        while kept(tmp_path):
            await asyncio.sleep(0.01)
    assert (use.kept, await use.quarters(0.0, 1e11)) == (False, [])
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert History(Database(Disk(tmp_path))).quarters(0.0, 1e11) == []
