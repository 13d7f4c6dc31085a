"""How far a room's moves are by its configuration, and what of its agenda they still touch. Pure.

Knows what [meeting.leaving] says and no store: who applied a stage is told by the room itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from roomctl.booking import Booking, SkippedEvent
from roomctl.meeting.leaving import PlatformExit, PlatformExits
from roomctl.meeting.platform import Policy, load_platforms
from roomctl.migrate.plan import RoomFile
from roomctl.migrate.verdict import BookingJudge, JudgedBooking, Verdict, by_organizer, own_domains
from roomctl.room.meeting import departures


def moves_of(room: RoomFile) -> PlatformExits:
    """Return every platform that a room.toml says the room leaves."""
    return departures(room.config)


def standing_record(
    room: RoomFile, bookings: Sequence[Booking], skipped: Iterable[SkippedEvent], now: datetime
) -> dict[str, Any]:
    """Return how far each move of a room is on the day of `now`, as JSON has it."""
    today = now.astimezone(room.config.room.zone).date()
    future = [one for one in bookings if one.end > now and one.blocks]
    return {
        "room": room.config.room.display_name,
        "config_sha256": room.digest,
        "today": today.isoformat(),
        "moves": [_move(one, room, future, today) for one in moves_of(room)],
        "left_out": sum(one.count for one in skipped),
    }


def dying(
    departure: PlatformExit, room: RoomFile, bookings: Iterable[Booking], now: datetime
) -> int:
    """Return how many bookings to come cannot be joined once every stage of a move has come."""
    future = [one for one in bookings if one.end > now and one.blocks]
    judged = _judged(departure, room, future)
    return sum(one.verdict is Verdict.DEAD and one.leaving for one in judged)


def _move(
    departure: PlatformExit, room: RoomFile, bookings: Sequence[Booking], today: date
) -> dict[str, Any]:
    stage, to_come = departure.stage(today), departure.next(today)
    judged = [one for one in _judged(departure, room, bookings) if one.leaving]
    days = sorted(departure.days.items(), key=lambda pair: pair[0].number)
    return {
        "from": departure.platform,
        "to": departure.to,
        "stages": {stage.value: day.isoformat() for stage, day in days},
        "stage": stage.value if stage else None,
        "next_stage": to_come[0].value if to_come else None,
        "next_on": to_come[1].isoformat() if to_come else None,
        "in_days": (to_come[1] - today).days if to_come else None,
        "on_leaving": len(judged),
        "counts": {
            verdict.value: sum(one.verdict is verdict for one in judged) for verdict in Verdict
        },
        "organizers": {who: len(listed) for who, listed in by_organizer(judged).items()},
        "last": max((one.booking.start.isoformat() for one in judged), default=None),
    }


def _judged(
    departure: PlatformExit, room: RoomFile, bookings: Sequence[Booking]
) -> tuple[JudgedBooking, ...]:
    config, meeting = room.config, room.config.meeting
    platforms = load_platforms(meeting.hosts, own=meeting.platform_folder)
    judge = BookingJudge(platforms, Policy(meeting.allow, meeting.deny), departure)
    return judge.judged(bookings, config.room.zone, own_domains(config.calendar, bookings))
