"""What is kept of the past: how the room was used, and what people changed of it.

- `/api/v1/use`, as JSON or CSV, and deleting it: sums of each quarter of an hour and what the room
  did by itself; on request the raw transitions, too. No person is in any of it.
- `/api/v1/audit`: who did what, in a chain of hashes, and whether it is as it was written.
- `/api/v1/ledger`, `/api/v1/ledger.csv`: what releasing bookings has come to.
- `/api/v1/starts`: how meetings began, by month: at the first try, or why not.
- `/api/v1/settings`: each revision with who and why; `room.roll_back` brings one back.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, cast

from fastapi import Query
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from roomctl.api.problem import Answers, refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import ApiModel
from roomctl.meeting.first_try import WHYS, share
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.room.ledger import LedgerOutcome
from roomctl.store import AuditEntry, AuditVerdict, ChainLink
from roomctl.wire import in_thread

DAY = timedelta(days=1)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def _written_out(value: object) -> object:
    """Refuse a bare number, which pydantic would take for Unix time, in seconds or in ms."""
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("is not like 2026-11-25T09:00:00Z")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out)]


class UsageQuery(BaseModel):
    """Which span of the history is wanted, and how it is written."""

    model_config = ConfigDict(extra="forbid")

    since: Instant | None = Field(default=None, alias="from", description="default: a day ago")
    until: Instant | None = Field(default=None, alias="to", description="default: now")
    format: Literal["json", "csv"] = "json"
    raw: bool = Field(
        default=False, description="with every transition; in CSV instead of the sums"
    )


class SpanQuery(BaseModel):
    """A span of the history."""

    model_config = ConfigDict(extra="forbid")

    since: Instant = Field(alias="from")
    until: Instant = Field(alias="to")


class QuarterHourModel(ApiModel):
    """Seconds in each state from `start` on; `arrivals`: how often somebody came in."""

    start: datetime
    occupied_s: float
    vacant_s: float
    unknown_s: float
    call_s: float
    arrivals: int


class AutomaticActModel(ApiModel):
    """What the room did by itself, and its reasons: [code, parameters]."""

    at: datetime
    act: str
    subject: str
    reasons: list[tuple[str, dict[str, Any]]]


class RawTransition(ApiModel):
    """What the room was told: `mono_s` as its clock counted; `kind` level, healthy, call, touch.

    "start": the program began. All since a start, told again, gives the same states.
    """

    at: datetime
    mono_s: float
    kind: str
    sensor: str
    on: bool


class RoomUsage(ApiModel):
    """A span of the history; `kept`: it is switched on; `transitions`: on request."""

    kept: bool
    quarters: list[QuarterHourModel]
    acts: list[AutomaticActModel]
    transitions: list[RawTransition] = Field(default=[])


class LedgerLine(ApiModel):
    """One booking that was to be released, or was (`room.ledger`)."""

    number: int
    at: datetime
    booking: str
    title: str
    start: datetime
    end: datetime
    outcome: LedgerOutcome
    author: str
    warned_at: datetime | None
    warned: list[str]
    sensors: list[str]
    given_back_min: int


class MonthlyStarts(ApiModel):
    """How meetings began in a month such as "2026-11".

    `plain`: on platforms whose page a person finishes; `assisted`: on the others. `first_try`: in
    the call within 20 s of the first act, with one tap at most, and no fault shown; the other
    counts say what it was that spoilt the rest. `share` is first_try of them all, 0 to 1.
    """

    month: str
    mode: Literal["assisted", "plain"]
    share: float
    first_try: int
    fault: int
    touches: int
    slow: int
    given_up: int


class Revision(ApiModel):
    """All settings as they were after one change, by their keys in room.toml."""

    number: int
    at: datetime
    who: str
    why: str
    settings: dict[str, str]


class AuditQuery(BaseModel):
    """Which entries are wanted: without `after` and `from` the newest."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=1000, description="entries at most")
    after: int | None = Field(
        default=None, ge=0, le=2**53, description="those after this number: `next` of an answer"
    )
    since: Instant | None = Field(default=None, alias="from", description="those from then on")


class AuditedCommand(ApiModel):
    """Who did what: `command` is a command or a route, `result` what became of it.

    `previous` is the hash of the entry before, `hash` SHA-256 of this one's line.
    """

    number: int
    at: datetime
    clock_proven: bool
    role: str
    name: str
    address: str
    command: str
    arguments: dict[str, str | bool | int | float]
    result: str
    times: int
    previous: str
    hash: str


class AuditPage(ApiModel):
    """Entries, oldest first; `next`: ask for those `after` it, null: there are no more now."""

    kept: bool
    entries: list[AuditedCommand]
    next: int | None


class AuditReport(ApiModel):
    """Whether the record is as it was written: `broken` is the first entry that is not, `why` how.

    `first` and `newest` are the numbers of what is kept, `hash` is the newest one's.
    """

    entries: int
    first: int | None
    newest: int
    hash: str
    broken: int | None
    why: str


def history_routes(room: Room) -> Routes:
    """Return the routes to the history of a room's use, and to the revisions of its settings."""
    router = Routes()
    _use(router, room)
    _starts(router, room)
    _ledger(router, room)
    _revisions(router, room)
    _audit(router, room)
    return router


def _use(router: Routes, room: Room) -> None:
    text: Answers = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}

    @router.get("/api/v1/use", tags=["use"], responses={**refusals(502), **text})
    @needs(Right.STATISTICS)
    async def use(query: Annotated[UsageQuery, Query()]) -> RoomUsage:
        """Return the quarters of an hour that begin in a span, and the acts in it."""
        begin, end = _span(room, query.since, query.until)
        raw, format = query.raw, query.format
        transitions = [
            RawTransition(
                at=datetime.fromtimestamp(one.at, UTC),
                mono_s=one.mono_s,
                kind=one.kind,
                sensor=one.sensor,
                on=one.high,
            )
            for one in (await room.use.transitions(begin, end) if raw else ())
        ]
        if raw and format == "csv":
            return _csv(RawTransition, transitions)
        quarters = [
            QuarterHourModel(
                start=datetime.fromtimestamp(one.start, UTC),
                occupied_s=round(one.occupied_s, 1),
                vacant_s=round(one.vacant_s, 1),
                unknown_s=round(one.unknown_s, 1),
                call_s=round(one.call_s, 1),
                arrivals=one.arrivals,
            )
            for one in await room.use.quarters(begin, end)
        ]
        if format == "csv":
            return _csv(QuarterHourModel, quarters)
        acts = [
            AutomaticActModel(
                at=datetime.fromtimestamp(one.at, UTC),
                act=one.act,
                subject=one.subject,
                reasons=json.loads(one.why),
            )
            for one in await room.use.acts(begin, end)
        ]
        return RoomUsage(kept=room.use.kept, quarters=quarters, acts=acts, transitions=transitions)

    @router.delete("/api/v1/use", tags=["use"], status_code=204, responses=refusals(502))
    @needs(Right.SERVICE)
    async def forget(query: Annotated[SpanQuery, Query()]) -> Response:
        """Delete the history of a span, raw transitions included."""
        await room.use.delete(*_span(room, query.since, query.until))
        return Response(status_code=204)


def _ledger(router: Routes, room: Room) -> None:
    text: Answers = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}

    async def lines() -> list[LedgerLine]:
        return [
            LedgerLine.model_validate({key: getattr(one, key) for key in LedgerLine.model_fields})
            for one in await in_thread(room.bookings.ledger.entries)
        ]

    @router.get("/api/v1/ledger", tags=["use"], responses=refusals(502))
    @needs(Right.AUDIT)
    async def ledger() -> list[LedgerLine]:
        """Return the releases of bookings, oldest first, at most the newest 1000."""
        return await lines()

    @router.get(
        "/api/v1/ledger.csv",
        tags=["use"],
        responses={**refusals(502), **text},
        response_class=Response,
    )
    @needs(Right.AUDIT)
    async def ledger_table() -> Response:
        """Return the same as a table; no cell of it is a formula."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(LedgerLine.model_fields)
        writer.writerows([_cell(cell) for _, cell in line] for line in await lines())
        return Response(out.getvalue(), media_type="text/csv")


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for a formula, if a cell begins so."""


def _cell(value: object) -> object:
    """Return a cell of a table that a spreadsheet opens: never a formula, whoever wrote it."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _starts(router: Routes, room: Room) -> None:
    @router.get("/api/v1/starts", tags=["use"], responses=refusals(502))
    @needs(Right.STATISTICS)
    async def starts() -> list[MonthlyStarts]:
        """Return how meetings began, by month, the oldest first."""
        return [
            MonthlyStarts(
                month=month,
                mode=mode,
                share=round(share(counts) or 0.0, 4),
                **{why: counts[why] for why in WHYS},
            )
            for month, modes in sorted((await in_thread(room.starts.months)).items())
            for mode, counts in sorted(modes.items())
        ]


def _revisions(router: Routes, room: Room) -> None:
    @router.get("/api/v1/settings", tags=["settings"], responses=refusals())
    @needs(Right.STATISTICS)
    async def revisions() -> list[Revision]:
        """Return the stored revisions, oldest first; the last one is in use."""
        return [
            Revision(
                number=one.number,
                at=one.at,
                who=one.who,
                why=one.why,
                settings={".".join(place): value for place, value in one.settings.items()},
            )
            for one in room.revisions
        ]


def _audit(router: Routes, room: Room) -> None:
    @router.get("/api/v1/audit", tags=["audit"], responses=refusals(502))
    @needs(Right.AUDIT)
    async def audit(query: Annotated[AuditQuery, Query()]) -> AuditPage:
        """Return who did what, oldest first; without `after` and `from` the newest entries."""
        found = await room.audit.entries(query.after, query.since, query.limit + 1)
        newest = query.after is None and query.since is None
        shown = found[-query.limit :] if newest else found[: query.limit]
        more = not newest and len(found) > query.limit
        return AuditPage(
            kept=room.audit.kept,
            entries=[_audited(one) for one in shown],
            next=shown[-1].number if more else None,
        )

    @router.get("/api/v1/audit/verify", tags=["audit"], responses=refusals(502))
    @needs(Right.AUDIT)
    async def verify() -> AuditReport:
        """Check whether an entry was changed, removed or moved since it was written."""
        found = await room.audit.verify() or AuditVerdict(0, None, ChainLink())
        return AuditReport(
            entries=found.entries,
            first=found.first,
            newest=found.newest.number,
            hash=found.newest.hash,
            broken=found.broken,
            why=found.why,
        )


def _audited(entry: AuditEntry) -> AuditedCommand:
    event = entry.event
    return AuditedCommand(
        number=entry.number,
        at=event.at,
        clock_proven=event.clock_proven,
        role=event.role,
        name=event.name,
        address=event.address,
        command=event.command,
        arguments=dict(event.arguments),
        result=event.result,
        times=event.times,
        previous=entry.previous,
        hash=entry.hash,
    )


def _span(room: Room, since: datetime | None, until: datetime | None) -> tuple[float, float]:
    """Return a span of Unix time; what lies before 2000 is before any history."""
    end = until or room.now().wall
    begin = since or (end - DAY if end > _EARLIEST + DAY else _EARLIEST)
    return max(begin, _EARLIEST).timestamp(), max(end, _EARLIEST).timestamp()


def _csv(kind: type[ApiModel], rows: Sequence[ApiModel]) -> RoomUsage:
    """Answer with a table instead."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(kind.model_fields)
    for one in rows:
        writer.writerow(
            [cell.isoformat() if isinstance(cell, datetime) else cell for _, cell in one]
        )
    return cast(RoomUsage, Response(out.getvalue(), media_type="text/csv"))
