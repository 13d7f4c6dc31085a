"""What a room runs on, and what is wrong with it now: for whoever looks after many.

- `/api/v1/info`: program, box and an inventory of the devices, with what each says it is.
- `/api/v1/selftest`: how each device did in the last self-test.
- `/api/v1/issues`: the document's issues, each with how grave it is and what to do next.
"""

from __future__ import annotations

import platform
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from roomctl.api import box
from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import ApiModel, as_json
from roomctl.clock import Moment
from roomctl.device import Nameplate
from roomctl.drill import Result
from roomctl.profile import Verified
from roomctl.roles import Right
from roomctl.room import Room
from roomctl.room.document import DeviceEntry
from roomctl.room.issues import Severity, rated
from roomctl.room.maintenance import Outcome, SelftestReport
from roomctl.version import build_info
from roomctl.wire import in_thread


def _said(text: str, **more: Any) -> Any:  # noqa: ANN401 - pydantic's
    return Field(description=text, **more)


class InventoryItem(ApiModel):
    """One device, as it says it is; null: it was not read, or there is no such thing."""

    name: Annotated[str, _said("its name in the room document, such as camera.front")]
    kind: Annotated[str, _said("its table in room.toml, such as camera")]
    status: Annotated[str, _said("starting, online or offline")]
    model: Annotated[str | None, _said("as the device says it")]
    firmware: Annotated[str | None, _said("its version, as the device says it")]
    serial_number: Annotated[str | None, _said("as the device says it")]
    profile: Annotated[str | None, _said("the model that its profile is for")]
    verified: Annotated[
        Verified | None, _said("how far the profile can be trusted: hardware most, report least")
    ]
    advisories: Annotated[tuple[str, ...], _said("known faults of its firmware")]


class RoomInformation(ApiModel):
    """The program, the box it runs on, and its devices."""

    version: Annotated[str, _said("of roomctl")]
    commit: Annotated[str | None, _said("that this build was made from; null: unknown")]
    date: Annotated[datetime | None, _said("when that was committed; null: unknown")]
    modified: Annotated[
        bool | None, _said("whether the tree had changes that were not committed; null: unknown")
    ]
    python: Annotated[str, _said("version of Python")]
    system: Annotated[str, _said("operating system and machine")]
    boot_id: Annotated[str, _said("changes with each start of the program")]
    started_at: Annotated[datetime, _said("when the program began, by the clock as it is now")]
    uptime_s: Annotated[float, _said("seconds since then")]
    clock_proven: Annotated[bool, _said("whether the box's clock is known to be right")]
    hostname: Annotated[str, _said("of the box")]
    serial_number: Annotated[
        str | None, _said("of the board; of a box without one, 16 hex digits that stay the same")
    ]
    addresses: Annotated[tuple[str, ...], _said("IP addresses of the box on its networks")]
    inventory: Annotated[list[InventoryItem], _said("the devices of room.toml")]


class CurrentIssue(ApiModel):
    """Something that is wrong now."""

    id: Annotated[str, _said("stays the same while it lasts: code and subject")]
    code: Annotated[str, _said("from a closed list, such as device.offline")]
    subject: Annotated[str, _said("what it concerns, such as camera.front")]
    severity: Annotated[Severity, _said("error: people in the room miss something")]
    since: Annotated[datetime, _said("when it began")]
    params: Annotated[dict[str, Any], _said("what its words in web/i18n say of it")]
    next_step: Annotated[str, _said("a code of web/i18n: what to do about it")]


class StepModel(ApiModel):
    """One step of a device's test."""

    name: Annotated[str, _said("what was tried")]
    result: Annotated[Result, _said("ok, failed or skipped")]
    words: Annotated[str, _said("what was found, for a technician")]
    numbers: Annotated[dict[str, float], _said("what was measured; names end with their units")]


class DeviceTestModel(ApiModel):
    """How the test of one device ended."""

    device: Annotated[str, _said("its name in the room document")]
    outcome: Annotated[Outcome, _said("passed, failed or skipped")]
    why: Annotated[str, _said("why it was skipped, or cut short; for a technician")]
    took_s: Annotated[float, _said("seconds")]
    steps: Annotated[list[StepModel], _said("in order")]


class SelftestModel(ApiModel):
    """A self-test: when, for whom, and how each device did."""

    at: Annotated[datetime, _said("when it began")]
    requested_by: Annotated[str, _said("role of who asked for it")]
    requested_by_name: Annotated[str, _said("which one of them")]
    running: Annotated[bool, _said("whether devices are still to come")]
    devices: Annotated[list[DeviceTestModel], _said("those that are done")]


class SelftestResults(ApiModel):
    """The last self-test."""

    report: Annotated[SelftestModel | None, _said("null: there was none since the program began")]


def information_routes(room: Room, boot_id: str) -> Routes:
    """Return the routes to what a room runs on, and to what is wrong."""
    router, began = Routes(), room.now()

    @router.get("/api/v1/info", tags=["status"], responses=refusals())
    @needs(Right.STATISTICS)
    async def info() -> RoomInformation:
        """Return versions, uptime, the box's serial number and addresses, and the inventory."""
        return await information(room, boot_id, began)

    @router.get("/api/v1/issues", tags=["status"], responses=refusals())
    @needs(Right.LOOK)
    async def issues() -> list[CurrentIssue]:
        """Return what is wrong now, errors first; the room document has the same issues."""
        return current_issues(room)

    @router.get("/api/v1/selftest", tags=["diagnostics"], responses=refusals())
    @needs(Right.STATISTICS)
    async def selftest() -> SelftestResults:
        """Return the last self-test, or the one that runs; `selftest.run` begins one."""
        report = room.maintenance.report
        return SelftestResults(report=None if report is None else SelftestModel(**_told(report)))

    return router


def _told(report: SelftestReport) -> dict[str, Any]:
    told: dict[str, Any] = as_json(report)
    return told


async def information(room: Room, boot_id: str, began: Moment) -> RoomInformation:
    """Return what a room runs on; `began`: when it did."""
    now, this = room.now(), await in_thread(build_info)
    up_s = round(now.mono_s - began.mono_s, 1)
    return RoomInformation(
        version=this.version,
        commit=this.commit,
        date=this.date,
        modified=this.modified,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        boot_id=boot_id,
        started_at=now.wall - timedelta(seconds=up_s),
        uptime_s=up_s,
        clock_proven=now.synced,
        hostname=platform.node(),
        serial_number=await in_thread(box.serial_number),
        addresses=await in_thread(box.addresses),
        inventory=inventory(room),
    )


def inventory(room: Room) -> list[InventoryItem]:
    """Return every device of the document with what it says it is."""
    plates = room.nameplates
    return [_item(one, plates.get(one.name, Nameplate())) for one in room.document.devices]


def _item(entry: DeviceEntry, plate: Nameplate) -> InventoryItem:
    return InventoryItem(
        name=entry.name,
        kind=entry.kind,
        status=entry.status,
        model=plate.model,
        firmware=plate.firmware,
        serial_number=plate.serial_number,
        profile=plate.profile,
        verified=plate.verified,
        advisories=plate.advisories,
    )


_GRAVEST_FIRST: tuple[Severity, ...] = ("error", "warning", "info")


def current_issues(room: Room) -> list[CurrentIssue]:
    """Return what is wrong now, errors first, then by age."""
    found = [rated(issue) for issue in room.document.issues]
    found.sort(key=lambda one: (_GRAVEST_FIRST.index(one.severity), one.since))
    return [CurrentIssue.model_validate(one, from_attributes=True) for one in found]
