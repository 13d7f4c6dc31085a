"""What helps from afar: the newest lines of the log, and all that is known in one file.

- `GET /api/v1/log`: plain text.
- `GET /api/v1/diagnostics`: a zip of configuration, document, issues, versions, log and traces.
- `GET /api/v1/help`, `/api/v1/help/{number}`: what people reported, and what went with it.

None has a secret in it, nor what meetings are about and who meets (`api.redaction`). A bundle is
made in a thread, one at a time, and has a limit.
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from roomctl.api import schema
from roomctl.api.information import current_issues, information
from roomctl.api.problem import Answers, refusals
from roomctl.api.recent_log import LINES, RecentLog
from roomctl.api.redaction import HIDDEN, Redaction, secrets_of
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import ApiModel
from roomctl.clock import Moment
from roomctl.errors import DeviceError, Refused
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.room.help import HelpReport, Trouble
from roomctl.speakerphone.description import Description
from roomctl.wire import Record, in_thread

LARGEST_FILE = 4 * 1024 * 1024  # bytes of one file in a bundle; of a longer text its end is kept
HELP_LINES = 80  # of the log, with a report
LARGEST_BUNDLE = 16 * 1024 * 1024  # bytes of all texts; what does not fit is named in "left-out"

_MEETINGS = {
    "bookings": ("title", "organizer"),
    "meeting": ("title", "number", "host", "dial"),
    "favourites": ("name",),
}
"""What the document says of meetings and of people, and a bundle does not."""


class LogQuery(BaseModel):
    """How much of the log is wanted."""

    model_config = ConfigDict(extra="forbid")

    lines: int = Field(default=200, ge=1, le=LINES, description="number of entries at most")


def diagnostic_routes(room: Room, boot_id: str, log: RecentLog) -> Routes:
    """Return the routes to the log and to the bundle."""
    router, began = Routes(), room.now()
    redaction = Redaction(secrets_of(room.config))
    making = asyncio.Lock()
    room.help.evidence = lambda: (
        json.dumps(redaction.value(_anonymous(schema.as_json(room.document))), ensure_ascii=False),
        redaction.text("".join(f"{line}\n" for line in log.lines()[-HELP_LINES:])),
    )
    _help(router, room)
    text = {"text/plain": {"schema": {"type": "string"}}}
    written: Answers = {200: {"description": "The newest entries, oldest first", "content": text}}

    @router.get(
        "/api/v1/log",
        tags=["diagnostics"],
        response_class=Response,
        responses={**refusals(), **written},
    )
    @needs(Right.SERVICE)
    async def recent(query: Annotated[LogQuery, Query()]) -> Response:
        """Return the program's recent log, without secrets, as plain text."""
        body = await in_thread(_log_text, redaction, log.lines()[-query.lines :])
        headers = {"Cache-Control": "no-store"}
        return Response(body, media_type="text/plain; charset=utf-8", headers=headers)

    packed = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
    bundled: Answers = {200: {"description": "A zip", "content": packed}}

    @router.get(
        "/api/v1/diagnostics",
        tags=["diagnostics"],
        response_class=Response,
        responses={**refusals(429), **bundled},
    )
    @needs(Right.SERVICE)
    async def bundle() -> Response:
        """Return a zip of all that helps to find a fault, without secrets and names of people."""
        if making.locked():
            why = "a bundle is being made already; wait until it is there"
            raise Refused("room", "too_often", why)
        async with making:
            parts = await _parts(room, boot_id, began)
            data = await in_thread(_packed, parts, redaction, log.lines(), room.now())
        name = f"roomctl-{room.now().wall:%Y%m%dT%H%M%SZ}.zip"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        return Response(data, media_type="application/zip", headers=headers)

    return router


class ReportModel(ApiModel):
    """What somebody in the room reported, and nobody has closed."""

    number: Annotated[int, Field(description="number by which it is read and closed")]
    about: Annotated[Trouble, Field(description="which of the six choices")]
    word: Annotated[str, Field(description="what was added; may be empty")]
    at: Annotated[datetime, Field(description="when it was written")]
    requested_by: Annotated[str, Field(description="whose role: panel, guest, a token's")]
    requested_by_name: Annotated[str, Field(description="which panel, phone or token")]


class ReportedState(ReportModel):
    """A report with what went with it, without secrets and without who meets."""

    state: Annotated[dict[str, Any] | None, Field(description="the room document then")]
    log: Annotated[str, Field(description="the end of the log then")]


def _help(router: Routes, room: Room) -> None:
    @router.get("/api/v1/help", tags=["diagnostics"], responses=refusals())
    @needs(Right.RELIEVE)
    async def reports() -> list[ReportModel]:
        """Return the open reports, oldest first; see `help.close`."""
        return [ReportModel(**_told(one)) for one in room.help.open]

    @router.get("/api/v1/help/{number}", tags=["diagnostics"], responses=refusals(404))
    @needs(Right.SERVICE)
    async def report(
        number: Annotated[int, Path(ge=1, description="of the report")],
    ) -> ReportedState:
        """Return a report with the room's state and the end of its log, as they were then."""
        found = next((one for one in room.help.open if one.number == number), None)
        if found is None:
            raise Refused("room", "unknown_report", f"no report {number} is open")
        state = json.loads(found.state) if found.state else None
        return ReportedState(**_told(found), state=state, log=found.log)


def _told(one: HelpReport) -> dict[str, Any]:
    return {
        "number": one.number,
        "about": one.about,
        "word": one.word,
        "at": one.at,
        "requested_by": one.requested_by,
        "requested_by_name": one.requested_by_name,
    }


async def _parts(room: Room, boot_id: str, began: Moment) -> dict[str, Callable[[], str]]:
    """Return the texts of a bundle by file name, each made when it is its turn, in a thread."""
    about = await information(room, boot_id, began)
    document, liveness = room.document, room.liveness.report()
    issues, revisions = current_issues(room), room.revisions
    traces = dict(_traces(room))
    phones = {
        one.name.partition(".")[2]: room.audio.description(one.name.partition(".")[2])
        for one in document.devices
        if one.kind == "speakerphone"
    }
    now = room.now()
    return {
        "info.json": lambda: _json(about.model_dump(mode="json")),
        "config.json": lambda: _json(room.config.model_dump(mode="json")),
        "room.json": lambda: _json(_anonymous(schema.as_json(document))),
        "issues.json": lambda: _json([one.model_dump(mode="json") for one in issues]),
        "liveness.json": lambda: _json(schema.as_json(liveness)),
        "settings.json": lambda: _json(
            [{"number": one.number, "at": one.at.isoformat(), "why": one.why} for one in revisions]
        ),
        **{
            f"traces/camera-{name}.trace": partial(_trace_text, name, records, now)
            for name, records in traces.items()
        },
        **{
            f"speakerphones/{name}.json": partial(_description_text, one, now)
            for name, one in phones.items()
        },
    }


def _traces(room: Room) -> Iterator[tuple[str, tuple[Record, ...]]]:
    for name in room.cameras.by_name:
        try:
            yield name, room.cameras.trace(name)
        except DeviceError:
            continue  # it has no line that is recorded


def _trace_text(camera: str, records: tuple[Record, ...], now: Moment) -> str:
    from roomctl.camera.tools import trace  # no start needs it

    return "".join(f"{line}\n" for line in trace.lines(records, now, {"camera": camera}))


def _description_text(one: Description, now: Moment) -> str:
    return _json(one.as_object(now))


def _packed(
    parts: Mapping[str, Callable[[], str]],
    redaction: Redaction,
    log: tuple[str, ...],
    now: Moment,
) -> bytes:
    """Return the zip; what goes in is cleaned once more here, whatever it was made of."""
    out, size, left_out = io.BytesIO(), 0, []
    stamp = max(now.wall.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:

        def put(name: str, text: str) -> None:
            nonlocal size
            data = text.encode("utf-8", "replace")
            if len(data) > LARGEST_FILE or size + len(data) > LARGEST_BUNDLE:
                left_out.append(name)
                return
            size += len(data)
            bundle.writestr(zipfile.ZipInfo(name, stamp), data, zipfile.ZIP_DEFLATED)

        for name, made in parts.items():
            text = made()
            as_json = name.endswith(".json")
            put(name, _clean_json(text, redaction) if as_json else redaction.text(_end_of(text)))
        put("log.txt", _log_text(redaction, log))
        if left_out:
            bundle.writestr(zipfile.ZipInfo("left-out.txt", stamp), "\n".join(left_out))
    return out.getvalue()


def _end_of(text: str) -> str:
    """Return the last lines of a text that is too long: a line that is cut may hide a secret."""
    longest = LARGEST_FILE // 4  # characters, of up to 4 bytes each
    return text if len(text) <= longest else text[-longest:].partition("\n")[2]


def _log_text(redaction: Redaction, lines: tuple[str, ...]) -> str:
    return redaction.text(_end_of("".join(f"{line}\n" for line in lines)))


def _clean_json(text: str, redaction: Redaction) -> str:
    return _json(redaction.value(json.loads(text)))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _anonymous(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a room document what meetings are about, and who meets."""
    hidden = dict(document)
    for section, names in _MEETINGS.items():
        told = hidden.get(section)
        if isinstance(told, dict):
            hidden[section] = _without(told, names)
        elif isinstance(told, list):
            hidden[section] = [_without(one, names) for one in told]
    return hidden


def _without(entry: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {key: HIDDEN if key in names and value else value for key, value in entry.items()}
