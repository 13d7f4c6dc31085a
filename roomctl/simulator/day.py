"""A standard day: 200 starts of meetings, made up from a seed, in a real room on simulated devices.

They are what a building of twenty rooms sees in a day; one room plays them one after the other.
Nothing here was measured in a building: the rates below are assumed, so that two versions of
roomctl can be compared on the same day. A fault is one of the network; people who are tired of
waiting touch *Join* once more; a page that is not read has its *Join* pressed by a person, or by
the room, where it was shown that before the day begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from roomctl.booking import Booking, CalendarRead
from roomctl.config import Config
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.meeting.first_try import MODES, WHYS, StartOutcome
from roomctl.room import Dependencies, Room, Source
from roomctl.room.document import MeetingEntry
from roomctl.screen.protocol import KeyName
from roomctl.screen.sim import BUTTON, SimScreen
from roomctl.simulator.devices import SimulatedScreen
from roomctl.simulator.invented import InventedLoop, LoopClock
from roomctl.simulator.simulator import Simulator

BEGIN = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
SLOT_S = 30.0  # from the beginning of one booking to the next
STAYS_S = 2.0
ANSWER_S = 150.0  # of invented time; longer than any start
AGAIN_S = 4.0  # by then whoever has no patience touches Join once more
PANEL = Source("panel", "panel")
STAFF = Source("facilities", "staff")
SHOWING_S = 300.0  # before the first booking, where pages are shown

STARTS = 200
LINKS = {
    "jitsi": "https://meet.jit.si/StandardDay{number}",
    "zoom": "https://zoom.us/j/123456{number:05}",
    "teams": "https://teams.microsoft.com/meet/123456{number:06}?p=abcdef",
    "tencent": "https://meeting.tencent.com/dm/Day{number:06}",
}
FAULT, LATE_HOST, LOBBY, TWICE = 0.02, 0.05, 0.15, 0.05  # shares of all starts


@frozen
class PlannedStart:
    """One start: `lobby_s` until the host lets the room in; `press_s` after which somebody presses.

    `fails`: the page cannot be opened, and is joined again. `twice`: *Join* is touched once more.
    """

    platform: str
    link: str
    lobby_s: float
    press_s: float
    fails: bool
    twice: bool


@frozen
class DayStart:
    """A start that was played, and how it ended."""

    platform: str
    outcome: StartOutcome


def planned(seed: int, starts: int = STARTS) -> Iterator[PlannedStart]:
    """Yield the starts of a day: the same seed has the same day."""
    chance = random.Random(seed)  # noqa: S311 - a day, no secret
    platforms = [list(LINKS)[number % len(LINKS)] for number in range(starts)]
    chance.shuffle(platforms)
    for number, platform in enumerate(platforms):
        link = LINKS[platform].format(number=number)
        fails, twice = chance.random() < FAULT, chance.random() < TWICE
        lobby_s, press_s = _lobby_s(chance), chance.uniform(2, 8)
        yield PlannedStart(platform, link, lobby_s, press_s, fails, twice)


def _lobby_s(chance: random.Random) -> float:
    kind = chance.random()
    if kind < LATE_HOST:
        return chance.uniform(20, 60)
    return chance.uniform(3, 15) if kind < LATE_HOST + LOBBY else chance.uniform(0, 3)


def play(
    config: Config, build: Callable[[Dependencies], Room], seed: int, *, shown: bool = False
) -> dict[str, Any]:
    """Play a day in a room that `build` makes; return its figures, the same for the same seed.

    `shown`: the room was shown each plain page once, and passes it by itself.
    """
    with asyncio.Runner(loop_factory=InventedLoop) as runner:
        return runner.run(played(config, build, seed, shown=shown))


class DayFeed:
    """The day's bookings, of a quarter of an hour each."""

    def __init__(self, plan: Iterable[PlannedStart], begin: datetime) -> None:
        self._listed = tuple(_booked(number, one, begin) for number, one in enumerate(plan))

    async def bookings(self, window_start: datetime, window_end: datetime) -> CalendarRead:
        """Return all of them."""
        return CalendarRead(self._listed)


def _booked(number: int, plan: PlannedStart, begin: datetime) -> Booking:
    begin += timedelta(seconds=SLOT_S * number)
    end, fields = begin + timedelta(minutes=15), {"LOCATION": plan.link}
    return Booking(f"start-{number}", f"Start {number}", "", begin, end, fields)


async def played(
    config: Config,
    build: Callable[[Dependencies], Room],
    seed: int,
    starts: int = STARTS,
    *,
    shown: bool = False,
) -> dict[str, Any]:
    """Play a day on the loop that runs, which has to be one of invented time."""
    plan = list(planned(seed, starts))
    before_s = SHOWING_S if shown else 0.0
    feed = DayFeed(plan, BEGIN + timedelta(seconds=before_s))
    async with _running(config, build, feed) as (room, screen):
        if shown:
            await _show(room, screen)
        done = list[DayStart]()
        for number, one in enumerate(plan):
            # Till its booking begins.
            await asyncio.sleep(before_s + SLOT_S * number - room.clock.mono_s())
            outcome = await _start(room, screen, f"start-{number}", one)
            done.append(DayStart(one.platform, outcome))
    return summed_up(seed, done)


@contextlib.asynccontextmanager
async def _running(
    config: Config, build: Callable[[Dependencies], Room], feed: DayFeed
) -> AsyncIterator[tuple[Room, SimScreen]]:
    clock = LoopClock(BEGIN)
    simulator = Simulator(config, clock, with_screen=True)
    room = build(Dependencies(simulator.connect, clock, feed))
    running = asyncio.create_task(room.run())
    try:
        await _until(room, lambda: room.ready and room.document.bookings != ())
        device = simulator.device("screen")
        if not isinstance(device, SimulatedScreen):
            raise RoomctlError("screen: a standard day needs a simulated one")
        yield room, device.screen
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await simulator.close()


async def _start(room: Room, screen: SimScreen, booking: str, plan: PlannedStart) -> StartOutcome:
    """Play one start, and leave the meeting; return how it has ended."""
    before, screen.lobby_s = room.starts.last, plan.lobby_s
    if plan.fails:
        screen.fail()
    await _ask(room, "meeting.join", booking=booking)
    if plan.fails:
        await _until(room, lambda: _meeting(room).state == "failed")
        await asyncio.sleep(AGAIN_S)
        await _ask(room, "meeting.rejoin")
    elif plan.twice:
        await asyncio.sleep(AGAIN_S)
        if _meeting(room).state != "in_call":
            await _ask(room, "meeting.join", booking=booking)
    await _through(room, screen, plan)
    await _until(room, lambda: room.starts.last is not before)
    outcome = room.starts.last
    assert outcome is not None  # noqa: S101 - it is not the one before
    await asyncio.sleep(STAYS_S)
    await _ask(room, "meeting.leave")
    await _until(room, lambda: _meeting(room).state == "idle")
    return outcome


async def _through(room: Room, screen: SimScreen, plan: PlannedStart) -> None:
    """Have a person press Join on a page that the room does not read."""
    await _until(room, lambda: _meeting(room).state == "in_call" or _waits(room, screen))
    if _waits(room, screen):
        await asyncio.sleep(plan.press_s)
        await _until(room, lambda: room.document.walkthrough.state != "joining")
    if _waits(room, screen):
        await _ask(room, "screen.key", key=KeyName.ENTER.value)
    await _until(room, lambda: _meeting(room).state == "in_call")


async def _show(room: Room, screen: SimScreen) -> None:
    """Show the room each page that a person has to pass."""
    x, y = (BUTTON[0] + BUTTON[2]) / 2, (BUTTON[1] + BUTTON[3]) / 2
    for link in LINKS.values():
        await _ask(room, "meeting.join", link=link.format(number=999))
        await _until(room, lambda: _meeting(room).state == "in_call" or _waits(room, screen))
        if _waits(room, screen):
            await _ask(room, "walkthrough.begin", STAFF)
            await _ask(room, "screen.press", x=x, y=y)
            await _until(room, lambda: room.document.walkthrough.state == "shown")
            await _ask(room, "walkthrough.keep", STAFF)
        await _ask(room, "meeting.leave")
        await _until(room, lambda: _meeting(room).state == "idle")


def _waits(room: Room, screen: SimScreen) -> bool:
    return screen.shows.word == "prejoin" and _meeting(room).remote_control


def _meeting(room: Room) -> MeetingEntry:
    return room.document.meeting


async def _ask(room: Room, kind: str, source: Source = PANEL, **arguments: str | float) -> None:
    record = await room.finish(room.submit(kind, arguments, source), ANSWER_S)
    if record.error is not None:
        raise RoomctlError(f"{kind}: {record.error.detail}")


async def _until(room: Room, true: Callable[[], bool]) -> None:
    """Wait until something of the room is so."""
    try:
        with room.watch() as changes:
            async with asyncio.timeout(ANSWER_S):
                while not true():
                    await changes.get()
    except TimeoutError:
        state = room.document.meeting.state
        why = f"the call is {state}, and nothing comes of it within {ANSWER_S:g} s"
        raise RoomctlError(f"standard day: {why}") from None


def summed_up(seed: int, played: Sequence[DayStart]) -> dict[str, Any]:
    """Return the figures of a day: by mode, and by platform."""
    modes = {mode: _figures([one for one in played if one.outcome.mode == mode]) for mode in MODES}
    platforms = {key: _figures([one for one in played if one.platform == key]) for key in LINKS}
    return {
        "simulated": True,
        "seed": seed,
        "starts": len(played),
        "modes": modes,
        "platforms": platforms,
    }


def _figures(played: Sequence[DayStart]) -> dict[str, Any]:
    whys = [one.outcome.why for one in played]
    took = [one.outcome.took_s for one in played if one.outcome.took_s is not None]
    return {
        "starts": len(played),
        "share": round(whys.count("first_try") / len(played), 4) if played else None,
        **{why: whys.count(why) for why in WHYS},
        "median_s": round(median(took), 1) if took else None,
        "worst_s": round(max(took), 1) if took else None,
    }
