"""`agenda`: a calendar read as a room would, one day of it; writes nothing to it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from roomctl import app
from roomctl.booking import Agenda, Booking, CalendarRead
from roomctl.booking.agenda import day_of
from roomctl.booking.calendars import calendar_feed
from roomctl.booking.feed import CalendarAccess
from roomctl.cli.link import LinkReader, reader
from roomctl.config import Config
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen

_YEARS = range(1900, 9000)
_WHY = {"unreadable": "cannot be read", "too_much": "repeats too often to be looked through"}


@frozen
class CalendarQuery:
    """What is asked, as it was typed; None: by room.toml, else by the system."""

    calendar: str | None
    at: str | None = None
    zone: str | None = None
    room: str | None = None
    config: Path | None = None


@frozen
class Day:
    """What blocks the room on one day, in order of time, and what of the calendar was left out."""

    bookings: tuple[Booking, ...]
    zone: ZoneInfo
    links: LinkReader
    left_out: str | None

    def records(self) -> list[dict[str, Any]]:
        """Return the bookings for programs; times are the room's, with their offset."""
        return [self._record(booking) for booking in self.bookings]

    def _record(self, booking: Booking) -> dict[str, Any]:
        invitation = self.links.read(booking.fields).parsed
        return {
            "start": booking.start.astimezone(self.zone).isoformat(),
            "end": booking.end.astimezone(self.zone).isoformat(),
            "title": booking.title or None,
            "organizer": booking.organizer or None,
            "organizer_email": booking.organizer_email or None,
            "private": booking.private,
            "tentative": booking.tentative,
            "all_day": booking.all_day,
            "platform": invitation.platform,
            "meeting_id": invitation.meeting_id,
        }

    def words(self) -> Iterator[str]:
        """Yield a line for each booking, in the room's language."""
        said = _WORDS[self.links.language]
        if not self.bookings:
            yield said["nothing"]
        for booking, record in zip(self.bookings, self.records(), strict=True):
            hours = said["all_day"] if booking.all_day else self._hours(booking)
            title = said["private"] if booking.private else booking.title or said["untitled"]
            platform = " ".join(filter(None, (record["platform"], record["meeting_id"])))
            tentative = said["tentative"] if booking.tentative else ""
            yield "  ".join(filter(None, (hours, title, booking.organizer, platform, tentative)))

    def _hours(self, booking: Booking) -> str:
        start, end = (each.astimezone(self.zone) for each in (booking.start, booking.end))
        return f"{start:%H:%M}-{end:%H:%M}"


_WORDS = {
    "en": {
        "nothing": "nothing is booked",
        "all_day": "all day",
        "private": "Private meeting",
        "untitled": "Untitled",
        "tentative": "(tentative)",
    },
    "zh-CN": {
        "nothing": "没有预订",
        "all_day": "全天",
        "private": "私人会议",
        "untitled": "无标题",
        "tentative": "（暂定）",
    },
}


def day(asked: CalendarQuery, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Day:
    """Read a calendar; RoomctlError if it cannot be read, or nothing of it can."""
    config = app.load(asked.config) if asked.config else None
    room = asked.room or (config.calendar.room if config else None) or ""
    zone = _zone(asked.zone) if asked.zone else config.room.zone if config else system_zone()
    start, end = day_of(_instant(asked.at, zone) if asked.at else now(), zone)
    access = app.calendar_access(config) if config else CalendarAccess()
    feed = calendar_feed(_place(asked, config), zone, replace(access, room=room))
    read = asyncio.run(feed.bookings(start, end))
    left_out = _left_out(read)
    if left_out and sum(each.count for each in read.skipped) >= read.series:
        raise RoomctlError(f"{feed.shown}: {left_out}, and there is nothing else in it")
    found = Agenda(read.bookings).between(start, end)
    return Day(found, zone, reader(asked.config), left_out and f"{feed.shown}: {left_out}")


def system_zone() -> ZoneInfo:
    """Return this box's own time zone: $TZ, else where /etc/localtime leads; UTC without both."""
    linked = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    for name in (os.environ.get("TZ", "").removeprefix(":"), linked):
        try:
            return ZoneInfo(name)
        except (LookupError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def _left_out(read: CalendarRead) -> str | None:
    if not read.skipped:
        return None
    count, first = sum(each.count for each in read.skipped), read.skipped[0]
    named = f": {first.title or first.uid or 'an event'} {_WHY[first.why]}"
    return f"{count} event{'s are' if count > 1 else ' is'} left out{named}"


def _place(asked: CalendarQuery, config: Config | None) -> str:
    """Return the calendar's url: the one that was typed, else the room's own."""
    if asked.calendar is None:
        own = config.calendar.url if config else None
        if own is None:
            why = "name a file or an address, or a room.toml that has one: --config room.toml"
            raise RoomctlError(f"agenda: nothing to read; {why}")
        return own.reveal()
    if asked.calendar.startswith(_VENDORS):
        if config is None:
            why = "asks who reads it; write [calendar] as docs/calendars.md has it into a room.toml"
            raise RoomctlError(f"{asked.calendar}: {why}, and add --config room.toml")
        return asked.calendar
    return _url(asked.calendar)


_VENDORS = ("graph:", "google:")


def _url(calendar: str) -> str:
    if calendar == "-":
        return "ics:/dev/stdin"
    if calendar.startswith("file://"):
        return f"ics:{calendar.removeprefix('file://')}"
    return calendar if "://" in calendar or calendar.startswith("ics:") else f"ics:{calendar}"


def _zone(name: str) -> ZoneInfo:
    from roomctl.booking.zone import known

    found = known(name)
    if found is None:
        why = "write an IANA or a Windows name, such as 'Asia/Shanghai'"
        raise RoomctlError(f"agenda: {name!r} is not a time zone; {why}")
    return ZoneInfo(found)


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
        instant = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        if instant.year not in _YEARS:
            raise ValueError("far from any calendar")
    except (ValueError, OverflowError):
        why = "write it as 2026-11-26 or 2026-11-26T09:00+08:00"
        raise RoomctlError(f"agenda: {text!r} is not a time; {why}") from None
    return instant
