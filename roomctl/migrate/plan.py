"""What moving a room to another platform means, before anything is done. Pure: a dry run.

A plan is bound to the configuration it was made for, by its hash. Knows no store and no clock; the
agenda and the day come by argument.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Any

from roomctl.booking import Booking, SkippedEvent
from roomctl.config import Config
from roomctl.errors import Refused
from roomctl.explain import suggest
from roomctl.frozen import frozen
from roomctl.meeting.leaving import ExitStage, PlatformExit
from roomctl.meeting.link import read
from roomctl.meeting.platform import Platform, Platforms, Policy, load_platforms
from roomctl.migrate import stages
from roomctl.migrate.inventory import Artefact, artefacts
from roomctl.migrate.letter import (
    Letter,
    LetterRow,
    letter_rows,
    letters,
    row_record,
    without_address,
)
from roomctl.migrate.verdict import (
    BookingJudge,
    JudgedBooking,
    Verdict,
    by_organizer,
    last_after,
    own_domains,
    weeks,
)

WEEKS_AHEAD = 26  # of bookings that are looked at


@frozen
class ExitRequest:
    """What is asked: leave one platform for another. Days: see `stages.schedule`.

    `room_link` is the standing meeting that new ones start in, unless room.toml has one.
    """

    leaving: str
    to: str
    on: date | None = None
    ends: date | None = None
    room_link: str | None = field(default=None, repr=False)


@frozen
class RoomFile:
    """A room's configuration: its whole text, and what that means; `name` is what errors say."""

    name: str
    text: str = field(repr=False)
    config: Config = field(repr=False)

    @property
    def digest(self) -> str:
        return text_digest(self.text)


@frozen
class ExitPlan:
    """What was found, and the days; `digest` is the hash of the configuration that was read."""

    room: str
    departure: PlatformExit
    room_link: str | None = field(repr=False)
    digest: str
    made_at: datetime
    artefacts: tuple[Artefact, ...]
    bookings: tuple[JudgedBooking, ...] = field(repr=False)
    skipped: tuple[SkippedEvent, ...]
    letter_rows: tuple[LetterRow, ...] = field(repr=False)
    weeks: Mapping[str, Mapping[str, int]]
    last: tuple[JudgedBooking, ...] = field(repr=False)

    def count(self, verdict: Verdict) -> int:
        """Return how many bookings on the platform that is left get a verdict."""
        return sum(one.verdict is verdict and one.leaving for one in self.bookings)

    @property
    def letters(self) -> tuple[Letter, ...]:
        """The drafts to organizers, as far as this room is concerned."""
        return letters(self.letter_rows)

    @property
    def not_moved(self) -> tuple[Artefact, ...]:
        """What the migration leaves to a person."""
        return tuple(one for one in self.artefacts if one.fate == "by_hand")

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it, without links and passcodes."""
        departure = self.departure
        return {
            "room": self.room,
            "from": departure.platform,
            "to": departure.to,
            "made_at": self.made_at.isoformat(),
            "config_sha256": self.digest,
            "stages": {stage.value: day.isoformat() for stage, day in departure.days.items()},
            "counts": {verdict.value: self.count(verdict) for verdict in Verdict},
            "on_leaving": sum(one.leaving for one in self.bookings),
            "series": len({one.series for one in self.bookings if one.leaving and one.repeats}),
            "weeks": self.weeks,
            "organizers": {who: len(listed) for who, listed in by_organizer(self.bookings).items()},
            "artefacts": [{**_fields(one), "reason": one.reason} for one in self.artefacts],
            "bookings": [booking_record(one) for one in self.bookings if one.leaving],
            "last_occurrences": [booking_record(one) for one in self.last],
            "left_out": [
                {"title": one.title, "why": one.why, "count": one.count} for one in self.skipped
            ],
            "letters": [_fields(one) for one in self.letters],
            "without_address": list(without_address(self.letter_rows)),
            "letter_rows": [row_record(one) for one in self.letter_rows],
        }


def make_plan(
    room: RoomFile,
    asked: ExitRequest,
    bookings: Iterable[Booking],
    now: datetime,
    skipped: Iterable[SkippedEvent] = (),
) -> ExitPlan:
    """Return what an exit means for one room; Refused says why it cannot be."""
    config, meeting = room.config, room.config.meeting
    platforms = load_platforms(meeting.hosts, own=meeting.platform_folder)
    policy = Policy(meeting.allow, meeting.deny)
    old, new = _known(asked.leaving, platforms), _known(asked.to, platforms)
    if old is new:
        raise Refused(
            "migrate",
            "same_platform",
            f"{old.key} is both the old and the new platform; name another one",
        )
    _refuse_target(new, platforms, policy)
    room_link = _room_link(new, asked, config, platforms, policy)
    zone = config.room.zone
    today = now.astimezone(zone).date()
    days = stages.schedule(old, stages.region_of(config.room.timezone), today, asked.on, asked.ends)
    departure = PlatformExit(old.key, new.key, days)
    judge = BookingJudge(platforms, policy, departure)
    future = [one for one in bookings if one.end > now and one.blocks]
    judged = judge.judged(future, zone, own_domains(config.calendar, future))
    first = days[ExitStage.JOIN_ONLY]
    return ExitPlan(
        room=config.room.display_name,
        departure=departure,
        room_link=room_link,
        digest=room.digest,
        made_at=now,
        artefacts=artefacts(config, platforms, old.key, new.key, room_link),
        bookings=judged,
        skipped=tuple(skipped),
        letter_rows=letter_rows(judged, config.room.display_name, (old, new), zone),
        weeks=weeks(judged, zone),
        last=tuple(last_after(judged, first, zone)),
    )


def text_digest(text: str) -> str:
    """Return what tells one configuration from another."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def booking_record(one: JudgedBooking) -> dict[str, Any]:
    """Return a judged booking as JSON has it, without its link."""
    return {
        "id": one.id,
        "start": one.booking.start.isoformat(),
        "end": one.booking.end.isoformat(),
        "title": one.title,
        "organizer": one.organizer,
        "email": one.email,
        "private": one.booking.private,
        "repeats": one.repeats,
        "platform": one.platform,
        "meeting_id": one.meeting_id,
        "verdict": one.verdict.value,
        "reason": one.reason.value,
    }


def _fields(one: Artefact | Letter) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def _known(key: str, platforms: Platforms) -> Platform:
    platform = platforms.by_key.get(key)
    if platform is None:
        why = f"no platform is called {key!r}; {suggest(key, platforms.by_key)}"
        raise Refused("migrate", "unknown_platform", why)
    return platform


def _refuse_target(new: Platform, platforms: Platforms, policy: Policy) -> None:
    hosts = [site.name for site in platforms.sites if site.platform is new]
    if not any(policy.permits(new, host) for host in hosts or ("",)):
        why = f"{new.key} is not allowed in this room ([meeting] allow, deny); allow it first"
        raise Refused("migrate", "target_not_allowed", why)


def _room_link(
    new: Platform, asked: ExitRequest, config: Config, platforms: Platforms, policy: Policy
) -> str | None:
    """Return the link to write; None: room.toml says how a new meeting starts there."""
    has_way = new.key in config.meeting.new
    if asked.room_link is None:
        if not has_way:
            why = f"no new meeting is configured for {new.key}; give a standing one"
            raise Refused("migrate", "no_room_link", f"{why}: --room-link LINK")
        return None
    if has_way:
        why = f"room.toml has [meeting.new.{new.key}] already; leave --room-link out, or change it"
        raise Refused("migrate", "room_link_known", why)
    found = read(asked.room_link, platforms, policy)
    if found.platform != new.key or found.launch is None:
        why = found.why or f"it is a link of {found.platform}, not of {new.key}"
        raise Refused("migrate", "bad_room_link", f"--room-link: {why}")
    return asked.room_link
