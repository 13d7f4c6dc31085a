"""A room that leaves a platform: planned, applied stage by stage, taken back (`migrate`).

- `POST /api/v1/migration/plan`: what the move means; the room does not change.
- `GET /api/v1/migration/evidence`: that plan as CSV, JSON or iCalendar.
- `GET /api/v1/migration`: what is planned and applied, and what stands before the next stage.
- `POST /api/v1/migration/proof`: the meeting that is open now proves the new platform.
- `POST /api/v1/migration/apply`: the next stage, as a revision of the configuration.
- `POST /api/v1/migration/rollback`: before a stage, or before all of them.

Both are run as any other configuration is (`configuration`): while the room goes on, or, where it
has to, by a new start of the program.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from roomctl.api.configuration import ConfigApplier, IfMatch, RestartTime, RunningConfig
from roomctl.api.problem import Answers, refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import ApiModel, RequestModel
from roomctl.command import Source
from roomctl.errors import Refused
from roomctl.meeting.call import MEETING
from roomctl.meeting.leaving import ExitStage, JoinEvidence, WalkthroughNeed
from roomctl.meeting.platform import load_platforms
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.store import AppliedConfigs
from roomctl.wire import in_thread

if TYPE_CHECKING:  # most rooms leave no platform
    from roomctl.migrate import ExitPlan
    from roomctl.migrate.migration import JoinProof, Migration

PlatformKey = Annotated[str, Field(max_length=64, description="key of a meeting platform")]
StageName = Literal["dual", "default", "join_only", "ended"]
WhenToRun = Literal["now", "free"]
Day = Annotated[date, Field(strict=False)]
_PLAN: Answers = {
    200: {
        "description": "The plan: artefacts, bookings with their verdicts, drafts, days",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "ics": "text/calendar; charset=utf-8",
}


class MoveToPlan(RequestModel):
    """A move that shall be planned."""

    leaving: PlatformKey
    to: PlatformKey
    on: Annotated[
        Day | None,
        Field(description="when the default moves; null: three days before the vendor's own day"),
    ] = None
    ends: Annotated[
        Day | None,
        Field(description="from when on its links are refused; null: when the vendor says"),
    ] = None
    room_link: Annotated[
        str | None,
        Field(max_length=2000, description="standing meeting on the new one, if room.toml has no"),
    ] = None


class StageToApply(RequestModel):
    """The stage that shall count from now on."""

    stage: Annotated[
        StageName | None, Field(description="the next one, for certainty; null: whichever it is")
    ] = None
    leave_behind: Annotated[
        bool, Field(description="accept that some bookings cannot be joined any more")
    ] = False
    when: RestartTime = "now"


class StageToUndo(RequestModel):
    """What shall be taken back."""

    stage: Annotated[
        StageName | None, Field(description="back to before this stage; null: before all of them")
    ] = None
    when: RestartTime = "now"


class ProofToKeep(RequestModel):
    """That the room is in a meeting on the new platform."""

    seen: Annotated[
        bool, Field(description="somebody looked; false: the meeting's media have to prove it")
    ] = False


class EvidenceQuery(BaseModel):
    """How a plan shall be written."""

    model_config = ConfigDict(extra="forbid")

    form: Annotated[Literal["csv", "json", "ics"], Field(description="the file's form")] = "csv"
    bom: Annotated[
        Literal["yes", "no"], Field(description="a byte order mark before CSV, as Excel wants it")
    ] = "yes"


class StageModel(ApiModel):
    """One stage of a move."""

    stage: Annotated[StageName, Field(description="which one")]
    day: Annotated[date, Field(description="day from which on it counts, in the room's zone")]
    applied_at: Annotated[datetime | None, Field(description="when it was applied; null: not yet")]
    who: Annotated[str | None, Field(description="who applied it; null: not applied yet")]
    revision: Annotated[
        int | None, Field(description="number of its revision of the configuration; null: none")
    ]
    before: Annotated[
        int | None, Field(description="number of the revision that undoes it; 0: room.toml")
    ]


class ProofModel(ApiModel):
    """A meeting on the new platform that the room was in."""

    at: Annotated[datetime, Field(description="when")]
    who: Annotated[str, Field(description="who said so")]
    host: Annotated[str, Field(description="host of the meeting's link")]
    evidence: Annotated[JoinEvidence, Field(description="its media, or a person who looked")]
    walkthrough: Annotated[
        WalkthroughNeed,
        Field(description="whether the room could then pass its page automatically"),
    ]


class MigrationModel(ApiModel):
    """A move as it stands."""

    leaving: Annotated[str | None, Field(description="old platform; null: no plan")]
    to: Annotated[str | None, Field(description="new platform; null: no plan")]
    planned_at: Annotated[datetime | None, Field(description="when; null: no plan")]
    planned_by: Annotated[str | None, Field(description="who planned it; null: no plan")]
    today: Annotated[
        StageName | None, Field(description="stage that the room is in today; null: in none")
    ]
    next_stage: Annotated[StageName | None, Field(description="stage to apply next; null: none")]
    dead: Annotated[int, Field(description="number of bookings that die, when it was planned")]
    at_risk: Annotated[int, Field(description="number of bookings at risk, when it was planned")]
    not_moved: Annotated[int, Field(description="number of things that are left to a person")]
    walkthrough: Annotated[
        WalkthroughNeed | None,
        Field(description="whether the room passes the new platform's page; null: no plan"),
    ]
    stages: Annotated[list[StageModel], Field(description="in their order")]
    proofs: Annotated[list[ProofModel], Field(description="the oldest first")]


def migration_routes(
    room: Room,
    configs: AppliedConfigs | None,
    live: RunningConfig | None,
    config_desk: ConfigApplier,
) -> Routes:
    """Return the routes to a room's move; `configs` None: no configuration can be kept here."""
    router, desk = Routes(), _Desk(configs, live, config_desk)
    _planning(router, room, desk)
    _moving(router, room, desk)
    return router


class _Desk:
    """One move at a time, and the plan that was made last."""

    def __init__(
        self, configs: AppliedConfigs | None, live: RunningConfig | None, desk: ConfigApplier
    ) -> None:
        self._configs, self._live, self._desk = configs, live, desk
        self._migration: Migration | None = None
        self.busy = asyncio.Lock()
        self.plan: ExitPlan | None = None

    async def migration(self) -> Migration:
        """Return the move, read when it is first asked for; Refused "no_supervisor"."""
        if self._configs is None or self._live is None:
            why = "stores no configurations; move it by hand, in room.toml"
            raise Refused("room", "no_supervisor", why)
        if self._migration is None:
            from roomctl.migrate.migration import Migration

            self._migration = await in_thread(lambda: Migration(self._known))
        else:
            await in_thread(self._migration.look_again)
        return self._migration

    @property
    def _known(self) -> AppliedConfigs:
        assert self._configs is not None  # noqa: S101 - `migration` has looked
        return self._configs

    def refuse_busy(self) -> None:
        if self.busy.locked():
            why = "another plan or stage is under way; wait until that is done"
            raise Refused("room", "too_often", why)

    async def run(
        self,
        source: Source,
        text: str,
        when: WhenToRun,
        keep: Callable[[], Awaitable[object]],
        if_match: str | None,
    ) -> bool:
        """Have a room.toml run, and `keep` it; False: that is once it may, or after a new start.

        Refused "config_invalid" if a room would not start with it.
        """
        assert self._live is not None  # noqa: S101 - `migration` has looked
        found = await in_thread(self._live.check, text)
        if found:
            raise Refused("room", "config_invalid", f"{found[0].key}: {found[0].why}")

        async def kept() -> None:
            await keep()

        applied = await self._desk.run(source, text, when, kept, if_match)
        return applied.running == applied.wanted


def _planning(router: Routes, room: Room, desk: _Desk) -> None:
    @router.post(
        "/api/v1/migration/plan",
        tags=["migration"],
        response_class=JSONResponse,
        responses={**refusals(404, 409, 429, 502), **_PLAN},
    )
    @needs(Right.CONFIGURE)
    async def plan(request: Request, body: MoveToPlan) -> Response:
        """Plan a move and keep the plan: what depends on a platform, and each booking's fate."""
        desk.refuse_busy()
        async with desk.busy:
            migration = await desk.migration()
            migration.refuse_plan(body.leaving, body.to)
            made = await _planned(room, migration, body)
            await migration.keep(made, _source(request).name)
            desk.plan = made
        return JSONResponse(await in_thread(made.record))

    evidence: Answers = {200: {"content": {kind: {} for kind in _MEDIA.values()}}}

    @router.get(
        "/api/v1/migration/evidence",
        tags=["migration"],
        response_class=Response,
        responses={**refusals(409), **evidence},
    )
    @needs(Right.CONFIGURE)
    async def evidence_of(query: Annotated[EvidenceQuery, Query()]) -> Response:
        """Return the last plan as a file, without its links."""
        from roomctl.migrate.evidence import csv_text, ics_text

        made = desk.plan
        if made is None:
            why = "no plan was made since the room began; plan again"
            raise Refused("migrate", "no_plan", why)
        forms: dict[str, Callable[[], str | dict[str, Any]]] = {
            "csv": lambda: csv_text((made,), bom=query.bom == "yes"),
            "ics": lambda: ics_text((made,)),
            "json": made.record,
        }
        said = await in_thread(forms[query.form])
        name = f"{made.departure.platform}-{made.departure.to}.{query.form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        headers["Cache-Control"] = "no-store"
        if isinstance(said, dict):
            return JSONResponse(said, headers=headers)
        return Response(said.encode(), media_type=_MEDIA[query.form], headers=headers)

    @router.get("/api/v1/migration", tags=["migration"], responses=refusals(409))
    @needs(Right.CONFIGURE)
    async def status() -> MigrationModel:
        """Return what is planned and applied."""
        return _told(await desk.migration(), room)


async def _planned(room: Room, migration: Migration, body: MoveToPlan) -> ExitPlan:
    from roomctl.migrate import ExitRequest, RoomFile, make_plan
    from roomctl.migrate.plan import WEEKS_AHEAD

    now = room.now()
    file = RoomFile("room.toml", await in_thread(migration.text), room.config)
    asked = ExitRequest(body.leaving, body.to, body.on, body.ends, body.room_link)
    # What is refused is refused before a calendar is read.
    make_plan(file, asked, (), now.wall)
    read = await room.bookings.ahead(now.wall, now.wall + timedelta(weeks=WEEKS_AHEAD))
    return await in_thread(lambda: make_plan(file, asked, read.bookings, now.wall, read.skipped))


def _moving(router: Routes, room: Room, desk: _Desk) -> None:
    @router.post("/api/v1/migration/proof", tags=["migration"], responses=refusals(409, 502))
    @needs(Right.CONFIGURE)
    async def prove(request: Request, body: ProofToKeep) -> MigrationModel:
        """Record that the open meeting is on the new platform, and how that was proven."""
        migration = await desk.migration()
        await migration.prove(_proof(room, migration, body, _source(request).name))
        return _told(migration, room)

    soon: Answers = {202: {"model": MigrationModel, "description": "It counts soon."}}
    answers: Answers = {**refusals(409, 412, 429, 502), **soon}

    @router.post("/api/v1/migration/apply", tags=["migration"], responses=answers)
    @needs(Right.CONFIGURE)
    async def apply(
        request: Request, answer: Response, body: StageToApply, if_match: IfMatch = None
    ) -> MigrationModel:
        """Apply the next stage. 202: once the room is free, or after a restart of the program."""
        desk.refuse_busy()
        async with desk.busy:
            migration, source = await desk.migration(), _source(request)
            dead = None if body.leave_behind else await _dead(room, migration)
            stage, text = await migration.to_apply(
                ExitStage(body.stage) if body.stage else None,
                leave_behind=body.leave_behind,
                dead=dead,
            )
            keep = partial(migration.apply, stage, text, source.name, room.now().wall)
            done = await desk.run(source, text, body.when, keep, if_match)
            answer.status_code = 200 if done else 202
        return _told(migration, room)

    @router.post("/api/v1/migration/rollback", tags=["migration"], responses=answers)
    @needs(Right.CONFIGURE)
    async def roll_back(
        request: Request, answer: Response, body: StageToUndo, if_match: IfMatch = None
    ) -> MigrationModel:
        """Undo a stage and those after it, or the whole move, byte for byte; like `apply`."""
        desk.refuse_busy()
        async with desk.busy:
            migration, source = await desk.migration(), _source(request)
            stage = ExitStage(body.stage) if body.stage else None
            text = await migration.before(stage)
            keep = partial(migration.roll_back, stage, source.name, room.now().wall)
            if text is None:
                await keep()  # a plan alone
            else:
                done = await desk.run(source, text, body.when, keep, if_match)
                answer.status_code = 200 if done else 202
        return _told(migration, room)


async def _dead(room: Room, migration: Migration) -> int | None:
    """Return how many bookings the last stage would leave behind now; None: it is not the next."""
    from roomctl.migrate import RoomFile
    from roomctl.migrate.plan import WEEKS_AHEAD
    from roomctl.migrate.standing import dying

    plan, now = migration.plan, room.now().wall
    if plan is None or migration.next_stage is not ExitStage.ENDED:
        return None
    read = await room.bookings.ahead(now, now + timedelta(weeks=WEEKS_AHEAD))
    file = RoomFile("room.toml", plan.base_text, room.config)
    return await in_thread(lambda: dying(plan.departure, file, read.bookings, now))


def _proof(room: Room, migration: Migration, body: ProofToKeep, who: str) -> JoinProof:
    from roomctl.migrate.migration import JoinProof

    if migration.plan is None:
        raise Refused("migrate", "no_plan", "there is no plan, so no platform to prove")
    call, to = room.document.meeting, migration.plan.departure.to
    if call.platform != to or not call.shown:
        open_now = call.platform or "no meeting"
        why = (
            f"{open_now} is open, not {to}: run roomctl join LINK, and repeat this during the call"
        )
        raise Refused("migrate", "not_on_target", why)
    by_media = call.state in MEETING and call.evidence == "media"
    if not by_media and not body.seen:
        why = (
            f"the page of {to} is open, but no media prove the call; look at the screen, and"
            " confirm: --seen"
        )
        raise Refused("migrate", "no_proof", why)
    evidence: JoinEvidence = "media" if by_media else "person"
    return JoinProof(room.now().wall, who, call.host or "", evidence, _walkthrough(room, to))


def _walkthrough(room: Room, to: str) -> WalkthroughNeed:
    meeting = room.config.meeting
    platform = load_platforms(meeting.hosts, own=meeting.platform_folder).by_key.get(to)
    if platform is not None and platform.mode == "assisted":
        return "not_needed"
    kept = room.walkthroughs.summaries()
    return "shown" if any(one.platform == to for one in kept) else "missing"


def _source(request: Request) -> Source:
    source: Source = request.state.source
    return source


def _told(migration: Migration, room: Room) -> MigrationModel:
    plan, done = migration.plan, {one.stage: one for one in migration.applied}
    days = {} if plan is None else plan.departure.days
    standing = {one.platform: one.stage for one in room.document.leaving}
    after = migration.next_stage
    return MigrationModel(
        leaving=plan and plan.departure.platform,
        to=plan and plan.departure.to,
        planned_at=plan and plan.made_at,
        planned_by=plan and plan.who,
        today=standing.get(plan.departure.platform) if plan else None,
        next_stage=after.value if after else None,
        dead=plan.dead if plan else 0,
        at_risk=plan.at_risk if plan else 0,
        not_moved=plan.not_moved if plan else 0,
        walkthrough=_walkthrough(room, plan.departure.to) if plan else None,
        stages=[
            StageModel(
                stage=stage.value,
                day=day,
                applied_at=one.at if one else None,
                who=one.who if one else None,
                revision=one.revision if one else None,
                before=one.before if one else None,
            )
            for stage, day in sorted(days.items(), key=lambda pair: pair[0].number)
            for one in (done.get(stage),)
        ],
        proofs=[
            ProofModel(**{name: getattr(one, name) for name in ProofModel.model_fields})
            for one in migration.proofs
        ],
    )
