"""Many rooms at once: each room's files read, and its plan made, in a pool of processes.

An agenda is read in one pass. Most of its events are not on the platform that is left: whatever
cannot be (`may_name`) is neither expanded nor read for links. A room whose files cannot be read is
told with the reason; the others are planned all the same.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from roomctl.booking import Booking, SkippedEvent
from roomctl.booking.feed import LARGEST
from roomctl.config import Config
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.meeting.platform import load_platforms
from roomctl.migrate.evidence import csv_text, ics_text
from roomctl.migrate.mention import may_name
from roomctl.migrate.plan import WEEKS_AHEAD, ExitRequest, RoomFile, make_plan

Load = Callable[[Path], Config]
"""Reads a room.toml; a function of a module, for it goes to other processes."""

ROOM_CPU_S = 30  # of processor time for one room; a hostile calendar costs its own room only
MEMORY_BYTES = 1 << 30


@frozen
class RoomToPlan:
    """A room's room.toml, and its agenda as an iCalendar file; None: what room.toml names."""

    config: Path
    agenda: Path | None = None


@frozen
class PlannedRoom:
    """What became of one room: the record of its plan and its evidence, or why there is none."""

    file: str
    record: dict[str, Any] | None
    csv: str = ""
    ics: str = ""
    error: str = ""


def plan_rooms(
    rooms: Sequence[RoomToPlan],
    asked: ExitRequest,
    now: datetime,
    load: Load,
    workers: int | None = None,
) -> list[PlannedRoom]:
    """Plan a move of every room, in the order given; `workers` None: one for each processor."""
    count = min(workers or len(os.sched_getaffinity(0)), len(rooms))
    if count <= 1:
        return [planned_room(room, asked, now, load) for room in rooms]
    # Loaded before the processes are made from this one, so that each has it.
    from roomctl.booking import ics, occurrence, zone  # noqa: F401

    with ProcessPoolExecutor(count, initializer=_limit) as pool:
        # In plain tuples: what is frozen cannot be set again by pickle.
        plainly = (asked.leaving, asked.to, asked.on, asked.ends, asked.room_link)
        waiting = [
            pool.submit(_planned, (room.config, room.agenda), plainly, now, load) for room in rooms
        ]
        found = []
        for room, future in zip(rooms, waiting, strict=True):
            try:
                found.append(PlannedRoom(*future.result()))
            except BrokenProcessPool:
                why = "its reader was ended: it took too much memory or time, or one beside it did"
                found.append(PlannedRoom(str(room.config), None, error=why))
        return found


def _planned(
    room: tuple[Path, Path | None],
    asked: tuple[str, str, date | None, date | None, str | None],
    now: datetime,
    load: Load,
) -> tuple[str, dict[str, Any] | None, str, str, str]:
    one = planned_room(RoomToPlan(*room), ExitRequest(*asked), now, load)
    return one.file, one.record, one.csv, one.ics, one.error


def planned_room(room: RoomToPlan, asked: ExitRequest, now: datetime, load: Load) -> PlannedRoom:
    """Plan the move of one room from its files; what cannot be read is told as `error`."""
    name = str(room.config)
    try:
        text = room.config.read_bytes().decode("utf-8")
        file = RoomFile(name, text, load(room.config))
        make_plan(file, asked, (), now)  # refuses what is refused before a calendar is read
        bookings, skipped = _agenda(room, file.config, asked.leaving, now)
        plan = make_plan(file, asked, bookings, now, skipped)
    except (RoomctlError, OSError, UnicodeDecodeError) as error:
        return PlannedRoom(name, None, error=str(error))
    except _TooLongError:
        why = f"its agenda takes more than {ROOM_CPU_S} s to read; publish fewer weeks"
        return PlannedRoom(name, None, error=why)
    return PlannedRoom(name, plan.record(), csv_text((plan,), bom=False), ics_text((plan,)))


class _TooLongError(BaseException):
    """A room's time is over. No Exception: a library must not swallow it."""


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.freeze()  # what was loaded stays; a calendar's events have no cycles, and go by themselves
    gc.set_threshold(100_000)


def _ring(*_: object) -> None:
    raise _TooLongError


def _agenda(
    room: RoomToPlan, config: Config, leaving: str, now: datetime
) -> tuple[list[Booking], list[SkippedEvent]]:
    """Read what may be on the platform that is left; RoomctlError if there is no agenda to read."""
    path = room.agenda or _path_of(config)
    if path is None:
        return [], []
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        why = f"is larger than {LARGEST >> 20} MiB; publish fewer weeks"
        raise RoomctlError(f"agenda {path}: {why}")
    platforms = load_platforms(config.meeting.hosts, own=config.meeting.platform_folder)
    may = may_name(platforms.by_key[leaving], config.meeting.hosts.get(leaving, ()))
    before = signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, ROOM_CPU_S)
    try:
        return _read(path, data, config, now, may)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _read(
    path: Path, data: bytes, config: Config, now: datetime, may: Callable[[str], bool]
) -> tuple[list[Booking], list[SkippedEvent]]:
    from roomctl.booking import ics, occurrence, zone  # icalendar is slow to load

    try:
        cut = ics.cut(data, config.calendar.room or "")
    except ics.NoCalendar as error:
        raise RoomctlError(f"agenda {path}: is no calendar that can be read ({error})") from error
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


def _path_of(config: Config) -> Path | None:
    """Return the file that [calendar] names; RoomctlError for one on the web."""
    url = config.calendar.url.reveal() if config.calendar.url else None
    if url is None:
        return None
    if "://" in url or not url.startswith("ics:"):
        why = "its calendar is on the web; save it as a file and name that: room.toml=agenda.ics"
        raise RoomctlError(why)
    return Path(url.removeprefix("ics:"))
