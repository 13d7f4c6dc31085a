"""Many rooms at once: each room's files read, and what is asked of it answered, beside each other.

Agendas that are files are read in a pool of processes, in one pass each. Most events are not on the
platform that is left: whatever cannot be (`mention`) is neither expanded nor read for links. Those
on the web are read as the room reads them, some at a time. A room that cannot be read is told with
the reason; the others are answered all the same.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from roomctl.booking import Booking, SkippedEvent
from roomctl.booking.change import Feed
from roomctl.booking.feed import LARGEST, shown
from roomctl.config import Config
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.meeting.platform import load_platforms
from roomctl.migrate.evidence import csv_text, ics_text
from roomctl.migrate.mention import may_name
from roomctl.migrate.plan import WEEKS_AHEAD, ExitRequest, RoomFile, make_plan
from roomctl.migrate.standing import moves_of, standing_record

ROOM_CPU_S = 30  # of processor time for one room; a hostile calendar costs its own room only
MEMORY_BYTES = 1 << 30  # beside what the program has anyway
WEB_AT_ONCE = 8  # calendars on the web that are read at the same time
WEB_S = 60.0  # for one of them


class RoomAccess(NamedTuple):
    """How a room.toml is read, and its calendar opened; functions of a module: they are pickled."""

    load: Callable[[Path], Config]
    calendar: Callable[[Config], Feed | None]


@frozen
class RoomToRead:
    """A room's room.toml, and its agenda as an iCalendar file; None: what room.toml names."""

    config: Path
    agenda: Path | None = None


@frozen
class RoomOutcome:
    """What became of one room: a record, for a plan its evidence, too; or why there is none."""

    file: str
    record: dict[str, Any] | None
    csv: str = ""
    ics: str = ""
    error: str = ""


class _Question(Protocol):
    """What is asked of each room."""

    @property
    def now(self) -> datetime: ...

    def leaving(self, file: RoomFile) -> tuple[str, ...]:
        """Return the platforms whose bookings matter; Refused before a calendar is read."""
        ...

    def answer(
        self, file: RoomFile, bookings: list[Booking], skipped: Sequence[SkippedEvent]
    ) -> RoomOutcome: ...


class _Plan(NamedTuple):
    """What leaving a platform would mean. In plain values: pickle cannot set what is frozen."""

    asked: tuple[str, str, date | None, date | None, str | None]
    now: datetime

    def leaving(self, file: RoomFile) -> tuple[str, ...]:
        make_plan(file, ExitRequest(*self.asked), (), self.now)
        return self.asked[:1]

    def answer(
        self, file: RoomFile, bookings: list[Booking], skipped: Sequence[SkippedEvent]
    ) -> RoomOutcome:
        plan = make_plan(file, ExitRequest(*self.asked), bookings, self.now, skipped)
        evidence = csv_text((plan,), bom=False), ics_text((plan,))
        return RoomOutcome(file.name, plan.record(), *evidence)


class _Status(NamedTuple):
    """How far are its moves, and what is still to move."""

    now: datetime

    def leaving(self, file: RoomFile) -> tuple[str, ...]:
        return tuple(one.platform for one in moves_of(file))

    def answer(
        self, file: RoomFile, bookings: list[Booking], skipped: Sequence[SkippedEvent]
    ) -> RoomOutcome:
        return RoomOutcome(file.name, standing_record(file, bookings, skipped, self.now))


def plan_rooms(
    rooms: Sequence[RoomToRead],
    asked: ExitRequest,
    now: datetime,
    access: RoomAccess,
    workers: int | None = None,
) -> list[RoomOutcome]:
    """Plan a move of every room, in the order given; `workers` None: one for each processor."""
    plainly = (asked.leaving, asked.to, asked.on, asked.ends, asked.room_link)
    return _each(rooms, _Plan(plainly, now), access, workers)


def status_of_rooms(
    rooms: Sequence[RoomToRead], now: datetime, access: RoomAccess, workers: int | None = None
) -> list[RoomOutcome]:
    """Tell of every room how far its moves are, in the order given."""
    return _each(rooms, _Status(now), access, workers)


def planned_room(
    room: RoomToRead, asked: ExitRequest, now: datetime, access: RoomAccess
) -> RoomOutcome:
    """Plan the move of one room; what cannot be read is told as `error`."""
    return plan_rooms([room], asked, now, access, workers=1)[0]


def _each(
    rooms: Sequence[RoomToRead], question: _Question, access: RoomAccess, workers: int | None
) -> list[RoomOutcome]:
    on_web = [place for place, room in enumerate(rooms) if _is_on_web(room, access)]
    in_files = [place for place in range(len(rooms)) if place not in on_web]
    count = min(workers or len(os.sched_getaffinity(0)), len(in_files))
    found: dict[int, RoomOutcome] = {}
    if count <= 1:
        found |= {place: _from_files(rooms[place], question, access) for place in in_files}
        found |= dict(asyncio.run(_from_web(rooms, on_web, question, access)))
        return [found[place] for place in range(len(rooms))]
    # Loaded before the processes are made from this one, so that each has it.
    from roomctl.booking import ics, occurrence, zone  # noqa: F401

    with ProcessPoolExecutor(count, initializer=_limit) as pool:
        waiting = {
            place: pool.submit(
                _plainly, (rooms[place].config, rooms[place].agenda), question, access
            )
            for place in in_files
        }
        found |= dict(asyncio.run(_from_web(rooms, on_web, question, access)))
        found |= {place: _ended(rooms[place], one) for place, one in waiting.items()}
    return [found[place] for place in range(len(rooms))]


def _plainly(
    room: tuple[Path, Path | None], question: _Question, access: RoomAccess
) -> tuple[str, dict[str, Any] | None, str, str, str]:
    one = _from_files(RoomToRead(*room), question, access)
    return one.file, one.record, one.csv, one.ics, one.error


def _ended(
    room: RoomToRead, future: Future[tuple[str, dict[str, Any] | None, str, str, str]]
) -> RoomOutcome:
    try:
        return RoomOutcome(*future.result())
    except BrokenProcessPool:
        why = "its reader was stopped: it, or another reader, took too much memory or time"
        return RoomOutcome(str(room.config), None, error=why)


def _file_of(room: RoomToRead, access: RoomAccess) -> RoomFile:
    text = room.config.read_bytes().decode("utf-8")
    return RoomFile(str(room.config), text, access.load(room.config))


_UNREADABLE = (RoomctlError, OSError, UnicodeDecodeError)


def _from_files(room: RoomToRead, question: _Question, access: RoomAccess) -> RoomOutcome:
    try:
        file = _file_of(room, access)
        found = _agenda(room, file.config, question.leaving(file), question.now)
        return question.answer(file, *found)
    except _UNREADABLE as error:
        return RoomOutcome(str(room.config), None, error=str(error))
    except _TooLongError:
        why = f"its agenda takes more than {ROOM_CPU_S} s to read; publish fewer weeks"
        return RoomOutcome(str(room.config), None, error=why)


def _is_on_web(room: RoomToRead, access: RoomAccess) -> bool:
    if room.agenda is not None:
        return False
    try:
        url = access.load(room.config).calendar.url
    except _UNREADABLE:
        return False  # told where it is read
    return url is not None and _path_of(url.reveal()) is None


async def _from_web(
    rooms: Sequence[RoomToRead], places: Sequence[int], question: _Question, access: RoomAccess
) -> list[tuple[int, RoomOutcome]]:
    some = asyncio.Semaphore(WEB_AT_ONCE)

    async def one(place: int) -> tuple[int, RoomOutcome]:
        async with some:
            return place, await _read_on_web(rooms[place], question, access)

    asked: list[Coroutine[Any, Any, tuple[int, RoomOutcome]]] = [one(place) for place in places]
    return await asyncio.gather(*asked)


async def _read_on_web(room: RoomToRead, question: _Question, access: RoomAccess) -> RoomOutcome:
    name = str(room.config)
    try:
        file = _file_of(room, access)
        if not question.leaving(file):
            return question.answer(file, [], ())
        feed = access.calendar(file.config)
        assert feed is not None  # noqa: S101 - `_is_on_web` has looked
        async with asyncio.timeout(WEB_S):
            end = question.now + timedelta(weeks=WEEKS_AHEAD)
            read = await feed.bookings(question.now, end)
        return question.answer(file, list(read.bookings), read.skipped)
    except TimeoutError:
        url = file.config.calendar.url
        where = shown(url.reveal()) if url else ""
        why = f"calendar {where}: was not read within {WEB_S:g} s; is it reachable from here?"
        return RoomOutcome(name, None, error=why)
    except _UNREADABLE as error:
        return RoomOutcome(name, None, error=str(error))


class _TooLongError(BaseException):
    """A room's time is over. No Exception: a library must not swallow it."""


def _limit() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()  # what was loaded stays; a calendar's events have no cycles, and go by themselves
    gc.set_threshold(100_000)


def _ring(*_: object) -> None:
    raise _TooLongError


def _agenda(
    room: RoomToRead, config: Config, leaving: Sequence[str], now: datetime
) -> tuple[list[Booking], list[SkippedEvent]]:
    """Read what may be on platforms that are left; RoomctlError if an agenda cannot be read."""
    url = config.calendar.url
    path = room.agenda or (_path_of(url.reveal()) if url else None)
    if path is None or not leaving:
        return [], []
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        why = f"is larger than {LARGEST >> 20} MiB; publish fewer weeks"
        raise RoomctlError(f"agenda {path}: {why}")
    hosts = config.meeting.hosts
    platforms = load_platforms(hosts, own=config.meeting.platform_folder)
    each = [may_name(platforms.by_key[key], hosts.get(key, ())) for key in leaving]
    before = signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, ROOM_CPU_S)
    try:
        return _read(path, data, config, now, lambda text: any(may(text) for may in each))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _read(
    path: Path, data: bytes, config: Config, now: datetime, may: Callable[[str], bool]
) -> tuple[list[Booking], list[SkippedEvent]]:
    from roomctl.booking import ics, occurrence, zone  # icalendar is slow to load

    try:
        cut = ics.cut(data, config.calendar.room or "")
    except ics.InvalidCalendar as error:
        raise RoomctlError(f"agenda {path}: is not a readable calendar ({error})") from error
    end = now + timedelta(weeks=WEEKS_AHEAD)
    zones = zone.Zones(config.room.zone, now, end)
    for said in cut.zones:
        zones.describe(said)
    bookings: list[Booking] = []
    skipped: list[SkippedEvent] = []
    for series in cut.series:
        over = occurrence.elsewhen(series, now, end)
        if series.why_not is None and (over or not any(map(may, _texts(series)))):
            continue
        found = occurrence.occurrences(series, zones, config.room.zone, now, end)
        if isinstance(found, SkippedEvent):
            skipped.append(found)
        else:
            bookings += found
    return bookings, skipped


def _texts(series: Any) -> Iterator[str]:  # noqa: ANN401 - of a module that is loaded late
    for event in series.events:
        yield "\n".join((event.once.get("SUMMARY", ""), *event.texts))


def _path_of(url: str) -> Path | None:
    """Return the file that [calendar] names; None: it is on the web."""
    if "://" in url or not url.startswith("ics:"):
        return None
    return Path(url.removeprefix("ics:"))
