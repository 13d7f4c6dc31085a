"""What happened in a room, read off two room documents: what a webhook is told.

    event               subject               data
    condition.changed   the condition         status, before, reason, since
    issue.opened        whom it concerns      id, code, severity, since, next_step
    issue.closed        whom it concerns      id, code
    call.joined         "call"                platform
    call.left           "call"                platform
    booking.released    the booking's id      start, end
    occupancy.changed   "room"                state, before

Neither what a meeting is about, nor who meets, nor a link. Pure; knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from roomctl.config import WebhookEvent
from roomctl.frozen import frozen
from roomctl.kind import IssueEntry
from roomctl.meeting.call import MEETING
from roomctl.room.document import RoomDocument
from roomctl.room.issues import rated

_OVER = ("idle", "preparing", "ended", "failed")


@frozen
class RoomEvent:
    """One thing that happened: what kind of event it is, whom it concerns, and what of it."""

    event: WebhookEvent
    subject: str
    data: dict[str, Any]


class EventDetector:
    """Sees one document after the other; knows whether there was a call meanwhile."""

    def __init__(self) -> None:
        self._in_call: str | None = None  # the platform

    def see(self, before: RoomDocument, after: RoomDocument) -> Iterator[RoomEvent]:
        """Yield what happened between two documents."""
        yield from _conditions(before, after)
        yield from _issues(before, after)
        yield from self._call(after)
        yield from _released(before, after)
        was, state = before.occupancy.state, after.occupancy.state
        if was != state:
            yield RoomEvent("occupancy.changed", "room", {"state": state, "before": was})

    def _call(self, after: RoomDocument) -> Iterator[RoomEvent]:
        state, was = after.meeting.state, self._in_call
        if state in MEETING and was is None:
            self._in_call = after.meeting.platform or "other"
            yield RoomEvent("call.joined", "call", {"platform": self._in_call})
        elif state in _OVER and was is not None:
            self._in_call = None
            yield RoomEvent("call.left", "call", {"platform": was})


def _conditions(before: RoomDocument, after: RoomDocument) -> Iterator[RoomEvent]:
    known = {one.type: one.status for one in before.conditions}
    for one in after.conditions:
        was = known.get(one.type)
        if one.status is not was:
            since = one.since.isoformat()
            data = {"status": one.status, "before": was, "reason": one.reason, "since": since}
            yield RoomEvent("condition.changed", one.type, data)


def _issues(before: RoomDocument, after: RoomDocument) -> Iterator[RoomEvent]:
    old, new = _by_id(before), _by_id(after)
    for key in new.keys() - old.keys():
        one = rated(new[key])
        told = {"id": one.id, "code": one.code, "severity": one.severity}
        more = {"since": one.since.isoformat(), "next_step": one.next_step}
        yield RoomEvent("issue.opened", one.subject, told | more)
    for key in old.keys() - new.keys():
        gone = old[key]
        yield RoomEvent("issue.closed", gone.subject, {"id": key, "code": gone.code})


def _by_id(document: RoomDocument) -> dict[str, IssueEntry]:
    return {f"{one.code}:{one.subject}": one for one in document.issues}


def _released(before: RoomDocument, after: RoomDocument) -> Iterator[RoomEvent]:
    known = {one.id: one.status for one in before.bookings}
    for one in after.bookings:
        if one.status == "released" and known.get(one.id, "released") != "released":
            span = {"start": one.start.isoformat(), "end": one.end.isoformat()}
            yield RoomEvent("booking.released", one.id, span)
