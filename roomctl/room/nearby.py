"""Rooms nearby that are free now, for the sign at the door: [[door.neighbours]] of room.toml.

They are asked while this room is not free, or soon is not, and at no other time. One that does not
answer is left out, and shown as free for 60 s at most on what it said last: a wrong *Free* sends
people into a meeting. Knows no HTTP: that is `Ask`'s.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from roomctl.clock import Clock, Moment
from roomctl.config import Config, DoorTable, NeighbourTable
from roomctl.errors import RoomctlError
from roomctl.kind import Part, RoomDevices
from roomctl.room.document import MeetingEntry, NearbyEntry, RoomDocument

_log = logging.getLogger(__name__)

ASK_EVERY_S = 30.0
STALE_S = 60.0
AHEAD = timedelta(minutes=12)  # the sign says soon at 10: an answer is there by then
SHORTEST = timedelta(minutes=15)  # nobody moves to another room for less

Ask = Callable[[NeighbourTable], Awaitable[bytes]]
"""Asks a room for its document (JSON). RoomctlError: it gave none."""

_NO_CALL = ("idle", "ended", "failed")


def is_wanted(room: RoomDocument, now: datetime) -> bool:
    """Whether people at the door of this room may look for another one."""
    if _in_call(room.meeting) or (room.byom is not None and room.byom.lent):
        return True
    if room.availability is None:
        return room.occupancy.state in ("occupied", "vacating")
    until = room.availability.until
    return room.availability.state != "available" or (until is not None and until - now <= AHEAD)


def _in_call(meeting: MeetingEntry) -> bool:
    return meeting.state not in _NO_CALL or (meeting.shown and meeting.state != "idle")


def free_room(name: str, body: bytes) -> NearbyEntry | None:
    """Return what a neighbour's document says: it is free, or None; ValueError if it is none.

    Free is what nobody has booked or uses, by bookings that are fresh and a clock that is right.
    """
    try:
        room = json.loads(body)
        if not _is_free(room):
            return None
        until = room["availability"]["until"]
        return NearbyEntry(name, None if until is None else _instant(until))
    except (LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"is not a room document ({type(error).__name__})") from error


def _is_free(room: dict[str, Any]) -> bool:
    meeting, availability, byom = room["meeting"], room["availability"], room["byom"]
    fresh = [one["status"] for one in room["conditions"] if one["type"] == "calendar_fresh"]
    return (
        room["phase"] == "ready"
        and availability is not None
        and availability["state"] == "available"
        and fresh == [True]
        and meeting["state"] in _NO_CALL
        and meeting["shown"] is False
        and (byom is None or byom["lent"] is False)
        and room["occupancy"]["state"] in ("vacant", "unknown")
        and all(one["code"] != "clock.unproven" for one in room["issues"])
    )


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("tells an instant without its zone")
    return found.astimezone(UTC)


class Nearby(Part):
    """What is known of the rooms nearby; it is kept nowhere."""

    def __init__(
        self,
        table: DoorTable,
        ask: Ask | None,
        room: Callable[[], RoomDocument],
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        """`room`: this room's document; `ask` None: nobody is asked."""
        self._ask, self._room, self._clock, self._changed = ask, room, clock, changed
        self._wanted = asyncio.Event()
        self._rooms = table.neighbours
        self._known: dict[str, tuple[float, NearbyEntry | None]] = {}
        self._silent: set[str] = set()

    def configure(self, config: Config, devices: RoomDevices) -> None:
        """Ask the rooms of another table, and forget those of this one."""
        if config.door.neighbours != self._rooms:
            self._rooms, self._known, self._silent = config.door.neighbours, {}, set()

    def sections(self, now: Moment) -> Mapping[str, object]:
        return {"nearby": tuple(self._free(now)) if self._wanted.is_set() else ()}

    def follow(self) -> None:
        if self._rooms and self._ask is not None and is_wanted(self._room(), self._now()):
            self._wanted.set()
        else:
            self._wanted.clear()

    async def run(self) -> None:
        """Ask, all of them at once, while somebody may want to know; until cancelled."""
        while True:
            await self._wanted.wait()
            async with asyncio.TaskGroup() as group:
                for one in self._rooms:
                    group.create_task(self._asked(one))
            await asyncio.sleep(ASK_EVERY_S)

    def _free(self, now: Moment) -> list[NearbyEntry]:
        """Return those that are free for a while, by news that are not stale."""
        each = (self._known[one.name] for one in self._rooms if one.name in self._known)
        return [
            entry
            for at_s, entry in each
            if entry is not None
            and now.mono_s - at_s < STALE_S
            and (entry.until is None or entry.until - now.wall >= SHORTEST)
        ]

    async def _asked(self, one: NeighbourTable) -> None:
        assert self._ask is not None  # noqa: S101 - `follow` has looked
        known, silent, asked_s = self._known, self._silent, self._clock.mono_s()
        try:
            known[one.name] = asked_s, free_room(one.name, await self._ask(one))
        except (RoomctlError, ValueError) as error:
            if one.name not in silent:
                _log.warning("door: %s (%s): %s; it is left out", one.name, one.host, error)
            silent.add(one.name)
        except Exception:  # of ours: it costs this neighbour a try, and never the room
            _log.exception("door: %s could not be asked", one.name)
        else:
            if one.name in silent:
                _log.info("door: %s answers again", one.name)
            silent.discard(one.name)
            self._changed()

    def _now(self) -> datetime:
        return self._clock.now().wall
