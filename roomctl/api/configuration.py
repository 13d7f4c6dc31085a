"""A room.toml from afar: checked, applied as a revision, rolled back. room.toml is never written.

- `POST /api/v1/config/check`: every mistake of a text, with its line. Nothing is kept.
- `POST /api/v1/config`: keeps it as a revision; the program starts anew with it.
- `POST /api/v1/config/rollback`: an earlier revision, or room.toml (0), counts again.
- `GET /api/v1/config`: the revisions, without their texts, and which one runs.

The whole program starts anew: its parts are not rebuilt singly.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Request
from pydantic import Field

from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import Strict, Told
from roomctl.command import Number, Plain, Source
from roomctl.errors import FileError, Refused
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.store import AppliedConfigs
from roomctl.store.configs import LONGEST
from roomctl.wire import in_thread

Check = Callable[[str], Sequence[FileError]]
"""Finds every mistake of a room.toml; blocking."""

TomlText = Annotated[str, Field(max_length=LONGEST, description="a whole room.toml")]
RestartTime = Annotated[
    Literal["now", "free"],
    Field(description="when the program starts anew: now, or once nobody uses the room"),
]


class ConfigText(Strict):
    """A room.toml to be checked."""

    text: TomlText


class ConfigToApply(Strict):
    """A room.toml to be run."""

    text: TomlText
    why: Annotated[Plain, Field(max_length=200, description="why, for the history")] = ""
    when: RestartTime = "now"


class ConfigRollback(Strict):
    """Which revision shall count again."""

    revision: Annotated[Number, Field(description="number of a revision; 0 is room.toml")]
    when: RestartTime = "now"


class ConfigMistake(Told):
    """Something that is wrong with a room.toml."""

    key: Annotated[str, Field(description="where, as a dotted key; empty: the whole file")]
    line: Annotated[int | None, Field(description="number of the line, from 1; null: not known")]
    why: Annotated[str, Field(description="what was expected")]


class ConfigJudgement(Told):
    """What a check found."""

    ok: Annotated[bool, Field(description="whether a room would start with it")]
    mistakes: Annotated[list[ConfigMistake], Field(description="in the order of the file")]


class ConfigRevisionTold(Told):
    """A revision, without its text, which may have secrets in it."""

    number: Annotated[int, Field(description="number of the revision, from 1")]
    at: Annotated[datetime, Field(description="when it was applied")]
    who: Annotated[str, Field(description="who applied it")]
    why: Annotated[str, Field(description="why")]
    sha256: Annotated[str, Field(description="of its text, in hex")]


class ConfigHistory(Told):
    """Which configuration runs, and which could."""

    running: Annotated[int, Field(description="number of the revision that runs; 0: room.toml")]
    wanted: Annotated[int, Field(description="number of the one that runs from the next start on")]
    revisions: Annotated[list[ConfigRevisionTold], Field(description="the oldest first")]


def configuration_routes(room: Room, configs: AppliedConfigs | None, check: Check) -> Routes:
    """Return the routes to a room's configuration; `configs` None: none can be applied here."""
    router, checking = Routes(), asyncio.Lock()

    async def judged(text: str) -> ConfigJudgement:
        if checking.locked():
            why = "another configuration is being checked; wait until that is done"
            raise Refused("room", "too_often", why)
        async with checking:
            found = await in_thread(check, text)
        told = [ConfigMistake(key=one.key, line=one.line, why=one.why) for one in found]
        return ConfigJudgement(ok=not told, mistakes=told)

    def revisions() -> AppliedConfigs:
        if configs is None or not room.maintenance.can_restart:
            why = "nothing would start the program anew: it does not run under systemd"
            raise Refused("room", "no_supervisor", f"{why}; edit room.toml by hand")
        return configs

    @router.post("/api/v1/config/check", tags=["configuration"], responses=refusals(429))
    @needs(Right.CONFIGURE)
    async def checked(body: ConfigText) -> ConfigJudgement:
        """Return every mistake of a room.toml; nothing is kept, and no device is asked."""
        return await judged(body.text)

    @router.get("/api/v1/config", tags=["configuration"], responses=refusals())
    @needs(Right.CONFIGURE)
    async def history() -> ConfigHistory:
        """Return the revisions that are kept, and which one runs."""
        return _history(configs)

    @router.post(
        "/api/v1/config", tags=["configuration"], status_code=202, responses=refusals(409, 429, 502)
    )
    @needs(Right.CONFIGURE)
    async def apply(request: Request, body: ConfigToApply) -> ConfigHistory:
        """Have the program start anew with a room.toml that has no mistake; never in a call."""
        kept, source = revisions(), _source(request)
        judgement = await judged(body.text)
        if not judgement.ok:
            first = judgement.mistakes[0]
            more = f" ({len(judgement.mistakes)} mistakes)" if judgement.mistakes[1:] else ""
            raise Refused("room", "config_invalid", f"{first.key}: {first.why}{more}")
        room.maintenance.refuse_restart(body.when)
        await kept.apply(body.text, source.name, body.why, room.now().wall)
        room.maintenance.restart(source, body.when)
        return _history(kept)

    @router.post(
        "/api/v1/config/rollback",
        tags=["configuration"],
        status_code=202,
        responses=refusals(404, 409, 502),
    )
    @needs(Right.CONFIGURE)
    async def roll_back(request: Request, body: ConfigRollback) -> ConfigHistory:
        """Have the program start anew with an earlier revision, or with room.toml (0)."""
        kept = revisions()
        room.maintenance.refuse_restart(body.when)
        await kept.roll_back(body.revision)
        room.maintenance.restart(_source(request), body.when)
        return _history(kept)

    return router


def _source(request: Request) -> Source:
    source: Source = request.state.source
    return source


def _history(configs: AppliedConfigs | None) -> ConfigHistory:
    if configs is None:
        return ConfigHistory(running=0, wanted=0, revisions=[])
    told = [
        ConfigRevisionTold(
            number=one.number,
            at=one.at,
            who=one.who,
            why=one.why,
            sha256=hashlib.sha256(one.text.encode()).hexdigest(),
        )
        for one in configs.revisions
    ]
    return ConfigHistory(running=configs.running, wanted=configs.wanted, revisions=told)
