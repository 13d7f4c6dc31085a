"""A room.toml from afar: checked, applied as a revision, rolled back. room.toml is never written.

- `POST /api/v1/config/check`: every mistake of a text, with its line, and what it would begin
  anew. Nothing is kept.
- `POST /api/v1/config`: runs it and keeps it as a revision.
- `POST /api/v1/config/rollback`: an earlier revision, or room.toml (0), counts again.
- `GET /api/v1/config`: the revisions, without their texts, and which one runs.
- `GET /api/v1/config/text`: one of them, without its secrets (`config_text`).
- `GET /api/v1/export`: the room for another box, as `roomctl export` packs it.
- `POST /api/v1/import`: this box becomes the room of such a file, with the next start.

Only what a configuration changes begins anew; what cannot be changed while the program runs
(`room.configuration.PROGRAM`) has the program start anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal, Protocol

from fastapi import Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from roomctl.api.config_text import ShownText, restored, shown
from roomctl.api.problem import Answers, refusals
from roomctl.api.redaction import HIDDEN
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import ApiModel, RequestModel
from roomctl.command import Number, Plain, Source
from roomctl.errors import FileError, Refused, RoomctlError
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.room.configuration import ConfigPlan
from roomctl.store import AppliedConfigs, ImportPlan
from roomctl.store.configs import LONGEST, digest
from roomctl.wire import in_thread

Check = Callable[[str], Sequence[FileError]]
"""Finds every mistake of a room.toml; blocking."""

_log = logging.getLogger(__name__)


class RunningConfig(Protocol):
    """The configuration of the room that runs."""

    def check(self, text: str) -> Sequence[FileError]:
        """Return every mistake of a room.toml; blocking."""
        ...

    def parsed(self, text: str) -> BaseModel:
        """Return what a room.toml says, ConfigError; blocking."""
        ...

    def export(self) -> bytes:
        """Return the room for another box, without its secrets; blocking.

        Refused "no_file": it was read from none.
        """
        ...

    def judge_import(self, archive: bytes) -> ImportPlan:
        """Return what the import of an archive would do here; blocking. Refused."""
        ...

    def keep_import(self, archive: bytes, source: Source) -> None:
        """Have an archive wait for the next start; blocking. RoomctlError: no disk takes it."""
        ...

    def text(self) -> str:
        """Return what room.toml says, ConfigError; blocking."""
        ...

    async def plan(self, text: str) -> ConfigPlan:
        """Return what becomes of each part with a room.toml without mistakes."""
        ...

    async def apply(self, text: str, keep: Callable[[], Awaitable[None]] | None = None) -> None:
        """Have the room run a room.toml, and `keep` it; what goes wrong is put back, and raised."""
        ...


TomlText = Annotated[str, Field(max_length=LONGEST, description="a whole room.toml")]
RestartTime = Annotated[
    Literal["now", "free"],
    Field(description="when to run it: now, or once the room is free"),
]


IfMatch = Annotated[
    str | None,
    Header(description="ETag of the text that was changed; 412: it is not the newest"),
]


def tags_of(header: str) -> set[str]:
    """Return the tags of If-Match or If-None-Match; a proxy may have called them weak."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


class ConfigText(RequestModel):
    """A room.toml to be checked."""

    text: TomlText


class ConfigToApply(RequestModel):
    """A room.toml to be run."""

    text: TomlText
    why: Annotated[Plain, Field(max_length=200, description="why, for the history")] = ""
    when: RestartTime = "now"


class ConfigRollback(RequestModel):
    """Which revision shall count again."""

    revision: Annotated[Number, Field(description="number of a revision; 0 is room.toml")]
    when: RestartTime = "now"


class ConfigMistake(ApiModel):
    """Something that is wrong with a room.toml."""

    key: Annotated[str, Field(description="where, as a dotted key; empty: the whole file")]
    line: Annotated[int | None, Field(description="number of the line, from 1; null: not known")]
    why: Annotated[str, Field(description="what was expected")]


class ConfigPlanModel(ApiModel):
    """What becomes of each part: devices by name, such as camera.front, others by their table."""

    restarted: Annotated[list[str], Field(description="restarted")]
    added: Annotated[list[str], Field(description="devices that are started")]
    removed: Annotated[list[str], Field(description="devices that are stopped")]
    unchanged: Annotated[list[str], Field(description="go on as they are, their links too")]
    program: Annotated[
        bool, Field(description="whether the whole program restarts, and so every part")
    ]
    program_for: Annotated[
        list[str], Field(description="the keys that need it: api, secrets, room.id")
    ]


class ConfigJudgement(ApiModel):
    """What a check found."""

    ok: Annotated[bool, Field(description="whether a room would start with it")]
    mistakes: Annotated[list[ConfigMistake], Field(description="in the order of the file")]
    plan: Annotated[
        ConfigPlanModel | None, Field(description="what would become of each part; null: mistakes")
    ]


class ConfigRevisionModel(ApiModel):
    """A revision, without its text, which may have secrets in it."""

    number: Annotated[int, Field(description="number of the revision, from 1")]
    at: Annotated[datetime, Field(description="when it was applied")]
    who: Annotated[str, Field(description="who applied it")]
    why: Annotated[str, Field(description="why")]
    sha256: Annotated[str, Field(description="of its text, in hex")]


class TextQuery(BaseModel):
    """Which text is asked for."""

    model_config = ConfigDict(extra="forbid")

    revision: int | None = Field(
        default=None, ge=0, description="number of a revision; 0 is room.toml; else what counts now"
    )


class ImportQuery(BaseModel):
    """How an import is meant."""

    model_config = ConfigDict(extra="forbid")  # a misspelt `check` would import

    check: bool = Field(default=False, description="only say what it would write")
    force: bool = Field(default=False, description="overwrite existing files, and keep copies")


class ImportModel(ApiModel):
    """What an import writes; room.toml becomes a revision, if it says something new."""

    files: Annotated[list[str], Field(description="that are written, or would be; as full paths")]
    over: Annotated[list[str], Field(description="those that are there already; copies are kept")]
    secrets: Annotated[
        list[str], Field(description="names of secrets that it needs and this box lacks")
    ]
    kept: Annotated[
        bool, Field(description="whether it is carried out; the program restarts for it")
    ]


class ConfigHistory(ApiModel):
    """Which configuration runs, and which could."""

    running: Annotated[int, Field(description="number of the revision that runs; 0: room.toml")]
    wanted: Annotated[int, Field(description="number of the one that runs from the next start on")]
    revisions: Annotated[list[ConfigRevisionModel], Field(description="the oldest first")]


class ConfigApplied(ConfigHistory):
    """What runs now, or will soon, and what became of each part."""

    plan: Annotated[ConfigPlanModel, Field(description="what becomes of each part")]


def configuration_routes(
    room: Room, configs: AppliedConfigs | None, live: RunningConfig | None, desk: ConfigApplier
) -> Routes:
    """Return the routes to a room's configuration; one of both None: none can be applied here."""
    router, checking = Routes(), asyncio.Lock()
    exporting, importing, reading = asyncio.Lock(), asyncio.Lock(), asyncio.Lock()

    async def judged(text: str) -> ConfigJudgement:
        if checking.locked():
            why = "another configuration is being checked; wait until that is done"
            raise Refused("room", "too_often", why)
        async with checking:
            found = await in_thread(live.check, text) if live else ()
            plan = await live.plan(text) if live and not found else None
        told = [ConfigMistake(key=one.key, line=one.line, why=one.why) for one in found]
        return ConfigJudgement(ok=not told, mistakes=told, plan=plan and _told(plan))

    async def without_mistakes(text: str) -> None:
        judgement = await judged(text)
        if not judgement.ok:
            first = judgement.mistakes[0]
            more = f" ({len(judgement.mistakes)} mistakes)" if judgement.mistakes[1:] else ""
            raise Refused("room", "config_invalid", f"{first.key}: {first.why}{more}")

    @router.post("/api/v1/config/check", tags=["configuration"], responses=refusals(429))
    @needs(Right.CONFIGURE)
    async def checked(body: ConfigText) -> ConfigJudgement:
        """Return every mistake of a room.toml; stores nothing, and asks no device."""
        return await judged(await desk.restored(body.text))

    @router.get("/api/v1/config", tags=["configuration"], responses=refusals())
    @needs(Right.CONFIGURE)
    async def history() -> ConfigHistory:
        """Return the stored revisions, and which one runs."""
        return _history(configs)

    toml = {"text/plain": {"schema": {"type": "string"}}}
    written: Answers = {200: {"description": "A room.toml", "content": toml}}

    @router.get(
        "/api/v1/config/text",
        tags=["configuration"],
        response_class=Response,
        responses={**refusals(404, 409, 429, 502), **written},
    )
    @needs(Right.CONFIGURE)
    async def config_text(query: Annotated[TextQuery, Query()]) -> Response:
        """Return the running configuration, or a revision, as TOML without its secrets.

        ETag, of the running one, is what `If-Match` takes. A hidden value is `…1`, or an address
        that ends in it. Left unchanged, it keeps the value that it hides.
        """
        desk.refuse_none()
        if reading.locked():
            raise Refused("room", "too_often", "another text is being read; wait for its end")
        async with reading:
            tag, newest = await desk.base()
            asked = newest if query.revision is None else await desk.text(query.revision)
            found = await desk.shown(asked)
        headers = {"Cache-Control": "no-store"}
        if query.revision in (None, desk.kept.wanted):
            headers["ETag"] = tag
        return Response(found.text, media_type="text/plain", headers=headers)

    archive = {"application/x-tar": {"schema": {"type": "string", "format": "binary"}}}
    packed: Answers = {200: {"description": "A tar", "content": archive}}

    @router.get(
        "/api/v1/export",
        tags=["configuration"],
        response_class=Response,
        responses={**refusals(409, 429, 502), **packed},
    )
    @needs(Right.ACCESS)
    async def export() -> Response:
        """Return the room for another box, without secrets, people or history.

        `roomctl import` takes it there; `roomctl export` on the box makes the same file.
        """
        if live is None:
            raise Refused("room", "no_file", "has no room.toml to export")
        if exporting.locked():
            raise Refused("room", "too_often", "another export is under way; wait for its end")
        async with exporting:
            data = await in_thread(live.export)
        headers = {"Content-Disposition": 'attachment; filename="room.tar"'}
        headers["Cache-Control"] = "no-store"
        return Response(data, media_type="application/x-tar", headers=headers)

    asked = Answers({202: {"model": ImportModel, "description": "It is carried out soon."}})

    @router.post(
        "/api/v1/import",
        tags=["configuration"],
        responses={**refusals(409, 412, 429, 502), **asked},
        openapi_extra={"requestBody": {"required": True, "content": archive}},
    )
    @needs(Right.ACCESS)
    async def take_in(
        request: Request,
        answer: Response,
        query: Annotated[ImportQuery, Query()],
        if_match: IfMatch = None,
    ) -> ImportModel:
        """Make this box the room of an export; 202: the program restarts, and imports it first.

        If that fails, the room is restored, and the file set aside (`storage.quarantined`).
        """
        request.state.told = {"check": query.check, "force": query.force}
        if live is None:
            raise Refused("room", "no_file", "has no room.toml to import into")
        if importing.locked():
            raise Refused("room", "too_often", "another import is under way; wait for its end")
        async with importing:
            data = await request.body()
            plan = await in_thread(live.judge_import, data)
            if not query.check:
                await desk.refuse_newer(if_match)
                _refuse_import(room, plan, force=query.force)
                source = _source(request)
                await in_thread(live.keep_import, data, source)
                room.maintenance.restart(source, "now")
                answer.status_code = 202
        told = {"files": [*plan.files], "over": [*plan.over], "secrets": [*plan.secrets]}
        return ImportModel(**told, kept=not query.check)

    soon: Answers = {202: {"model": ConfigApplied, "description": "It is run soon."}}

    @router.post(
        "/api/v1/config", tags=["configuration"], responses={**refusals(409, 412, 429, 502), **soon}
    )
    @needs(Right.CONFIGURE)
    async def apply(
        request: Request, answer: Response, body: ConfigToApply, if_match: IfMatch = None
    ) -> ConfigApplied:
        """Run a room.toml without mistakes, and keep it; unchanged parts go on.

        202: the program restarts for it, or it waits for a free room. A call is not broken off. If
        it fails, the old configuration is restored.
        """
        source = _source(request)

        async def keep() -> None:
            await desk.kept.apply(text, source.name, body.why, room.now().wall)

        desk.refuse_none()
        await desk.refuse_newer(if_match)  # before its mistakes: they may be of the other text
        text = await desk.restored(body.text)
        await without_mistakes(text)
        applied = await desk.run(source, text, body.when, keep, if_match)
        answer.status_code = 200 if applied.running == applied.wanted else 202
        return applied

    @router.post(
        "/api/v1/config/rollback",
        tags=["configuration"],
        responses={**refusals(404, 409, 412, 429, 502), **soon},
    )
    @needs(Right.CONFIGURE)
    async def roll_back(
        request: Request, answer: Response, body: ConfigRollback, if_match: IfMatch = None
    ) -> ConfigApplied:
        """Run an earlier revision, or room.toml (0) as it is now; like a new one."""

        async def keep() -> None:
            await desk.kept.roll_back(body.revision)

        desk.refuse_none()
        await desk.refuse_newer(if_match)
        text = await desk.text(body.revision)
        await without_mistakes(text)
        applied = await desk.run(_source(request), text, body.when, keep, if_match)
        answer.status_code = 200 if applied.running == applied.wanted else 202
        return applied

    return router


def _refuse_import(room: Room, plan: ImportPlan, *, force: bool) -> None:
    if plan.secrets:
        names = ", ".join(plan.secrets)
        why = f"secrets are missing on this box: {names}; `roomctl secret set NAME` stores one"
        raise Refused("room", "secrets_missing", why, names=names)
    if plan.over and not force:
        why = "is there already; force writes over it, and keeps a copy"
        raise Refused("room", "exists", f"{plan.over[0]}: {why}", path=plan.over[0])
    room.maintenance.refuse_restart("now")


class ConfigApplier:
    """Where one configuration at a time takes the place of another."""

    def __init__(
        self, room: Room, configs: AppliedConfigs | None, live: RunningConfig | None
    ) -> None:
        self._room, self._configs, self._live = room, configs, live
        self._one_at_a_time = asyncio.Lock()

    @property
    def kept(self) -> AppliedConfigs:
        assert self._configs is not None  # noqa: S101 - `refuse_none` has looked
        return self._configs

    @property
    def _running(self) -> RunningConfig:
        assert self._live is not None  # noqa: S101 - `refuse_none` has looked
        return self._live

    def refuse_none(self) -> None:
        """Refused "no_supervisor" where no configuration can be kept."""
        if self._configs is None or self._live is None:
            why = "stores no configurations; edit room.toml by hand"
            raise Refused("room", "no_supervisor", why)

    async def text(self, revision: int) -> str:
        """Return a revision's text, or what room.toml says now (0); Refused, ConfigError."""
        return self.kept.text(revision) if revision else await in_thread(self._running.text)

    async def base(self) -> tuple[str, str]:
        """Return the text that counts now, and its tag: another one for each text and file."""
        kept = self.kept
        number = kept.wanted
        text, file = await self.text(number), await in_thread(digest, kept.file)
        told = hashlib.sha256(f"{file}\n{text}".encode()).hexdigest()
        return f'"{number}-{told[:32]}"', text

    async def shown(self, text: str) -> ShownText:
        """Return a text without its secrets; ConfigError if it has a mistake."""
        return await in_thread(lambda: shown(text, self._running.parsed(text)))

    async def restored(self, text: str) -> str:
        """Return a text with what is hidden of the one that counts now; Refused, if it moved."""
        if HIDDEN not in text or self._configs is None or self._live is None:
            return text
        try:
            base = await self.shown((await self.base())[1])
        except RoomctlError:  # it cannot be read, so it was not shown, either
            base = ShownText("", {})
        return await in_thread(restored, text, base)

    async def refuse_newer(self, if_match: str | None) -> None:
        """Refused "config_newer" if what counts now is not what somebody has changed."""
        if if_match is None or self._configs is None or "*" in (tags := tags_of(if_match)):
            return
        tag, _ = await self.base()
        if tag in tags:
            return
        number = self.kept.wanted
        newest = next((one for one in self.kept.revisions if one.number == number), None)
        who = f"revision {number} of {newest.who}, {newest.at:%Y-%m-%d %H:%M}Z" if newest else ""
        why = f"the configuration was changed meanwhile ({who or 'room.toml itself'})"
        params = {"revision": str(number), "who": newest.who if newest else ""}
        told = f"{why}; look at it: `roomctl config show`, `roomctl config diff`"
        raise Refused("room", "config_newer", told, **params)

    async def run(
        self,
        source: Source,
        text: str,
        when: Literal["now", "free"],
        keep: Callable[[], Awaitable[None]],
        if_match: str | None = None,
    ) -> ConfigApplied:
        """Have a text without mistakes run, and `keep` it; Refused says why it cannot be."""
        if self._one_at_a_time.locked():
            why = "another configuration is being applied; wait until that is done"
            raise Refused("room", "too_often", why)
        async with self._one_at_a_time:
            await self.refuse_newer(if_match)
            maintenance = self._room.maintenance
            plan = await self._running.plan(text)
            if plan.program:
                maintenance.refuse_restart(when)
                await keep()
                maintenance.restart(source, when)
            elif when == "free":
                await keep()
                maintenance.once_free(source, lambda: self._room.do_soon(self._run_kept(source)))
            else:
                if plan.disturbs_call:
                    maintenance.refuse_in_call()
                await self._running.apply(text, keep)
                await self._settle()
            return ConfigApplied(**dict(_history(self.kept)), plan=_told(plan))

    async def _settle(self) -> None:
        self.kept.running = self.kept.wanted
        await self._room.settled()

    async def _run_kept(self, source: Source) -> None:
        """Run what was kept for a free room; if that fails, what runs is what counts."""
        kept = self.kept
        number, running = kept.wanted, kept.running
        try:
            text = await self.text(number)
            if (await self._running.plan(text)).program:  # what runs became another meanwhile
                self._room.maintenance.restart(source, "now")
                return
            await self._running.apply(text)
        except RoomctlError as error:
            _log.error("configuration: revision %d cannot be run: %s", number, error)
            told = {"revision": number}
            await self._room.audit.note_durably(source, "config.apply", told, f"failed: {error}")
            await kept.roll_back(running)
        await self._settle()


def _told(plan: ConfigPlan) -> ConfigPlanModel:
    return ConfigPlanModel(
        restarted=[*plan.restarted],
        added=[*plan.added],
        removed=[*plan.removed],
        unchanged=[] if plan.program else [*plan.unchanged],
        program=bool(plan.program),
        program_for=[*plan.program],
    )


def _source(request: Request) -> Source:
    source: Source = request.state.source
    return source


def _history(configs: AppliedConfigs | None) -> ConfigHistory:
    if configs is None:
        return ConfigHistory(running=0, wanted=0, revisions=[])
    told = [
        ConfigRevisionModel(
            number=one.number,
            at=one.at,
            who=one.who,
            why=one.why,
            sha256=hashlib.sha256(one.text.encode()).hexdigest(),
        )
        for one in configs.revisions
    ]
    return ConfigHistory(running=configs.running, wanted=configs.wanted, revisions=told)
