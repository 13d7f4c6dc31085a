"""From the wings' states to the room document's entries. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from roomctl.camera import Camera
from roomctl.clock import Moment
from roomctl.config import CameraTable, Config
from roomctl.device import Device, Health, Status
from roomctl.meeting.platform import Platform
from roomctl.occupancy import PresenceState
from roomctl.room.document import (
    CameraEntry,
    ConditionEntry,
    DeviceEntry,
    IdentityEntry,
    IssueEntry,
    MeetingEntry,
    OccupancyEntry,
    PlatformEntry,
    PresetEntry,
    ReasonEntry,
)

UNNAMED_PRESETS = 4  # shown of a camera whose presets have no names in room.toml


def identity(config: Config) -> IdentityEntry:
    room = config.room
    return IdentityEntry(
        id=room.displayName,
        displayName=room.displayName,
        building=room.building,
        floorLabel=room.floorLabel,
        capacity=room.capacity,
        timezone=room.timezone,
        language=room.language,
        help=room.help,
        wifi=room.wifi,
    )


def device(name: str, kind: str, health: Health) -> DeviceEntry:
    return DeviceEntry(
        name=name,
        kind=kind,
        status=health.status.value,
        reason=health.reason,
        detail=health.detail,
        since=health.since.wall,
    )


def devices(cameras: Iterable[Camera], others: Iterable[Device]) -> tuple[DeviceEntry, ...]:
    """Return one entry per camera (several may share a line) and one per other device."""
    entries = [device(f"camera.{camera.name}", "camera", camera.health) for camera in cameras]
    entries += [device(_full_name(other), other.kind, other.health) for other in others]
    return tuple(entries)


def _full_name(other: Device) -> str:
    return other.name if other.name == other.kind else f"{other.kind}.{other.name}"


def camera(shown: Camera, table: CameraTable) -> CameraEntry:
    state, can = shown.state, shown.abilities
    online = shown.health.status is Status.ONLINE
    return CameraEntry(
        name=shown.name,
        label=state.model or shown.profile.name,
        power=state.power,
        pan_deg=state.pan_deg,
        tilt_deg=state.tilt_deg,
        zoom_pct=state.zoom_pct,
        moving=state.moving,
        preset=state.preset,
        presets=_presets(shown, table),
        can=can if online else (),
    )


def _presets(shown: Camera, table: CameraTable) -> tuple[PresetEntry, ...]:
    """Return the presets named in room.toml, else the first few the camera has."""
    if table.presets and shown.presets:
        named = sorted((int(number), name) for number, name in table.presets.items())
        return tuple(PresetEntry(number, name) for number, name in named)
    return tuple(PresetEntry(number, "") for number in shown.presets[:UNNAMED_PRESETS])


def platforms(allowed: Iterable[Platform], config: Config) -> tuple[PlatformEntry, ...]:
    """Return the platforms this room may use, those it starts meetings on marked `new`."""
    return tuple(
        PlatformEntry(
            key=platform.key,
            name={"zh": platform.name.zh, "en": platform.name.en},
            new=platform.key in config.meeting.new,
            by_number=platform.by_number,
        )
        for platform in allowed
    )


def conditions(
    entries: tuple[DeviceEntry, ...], before: tuple[ConditionEntry, ...], now: Moment
) -> tuple[ConditionEntry, ...]:
    """Judge readiness: every device proven, a screen there, hence Ready."""
    bad = [e.name for e in entries if e.status != "online" and e.kind != "screen"]
    screens = [e for e in entries if e.kind == "screen"]
    no_screen = not screens or any(e.status != "online" for e in screens)
    found = [
        ("DevicesReady", not bad, "device_offline", ", ".join(bad)),
        ("ScreenReady", not no_screen, "screen_offline", "screen"),
        ("Ready", not bad and not no_screen, "not_ready", ", ".join(bad) or "screen"),
    ]
    since = {entry.type: entry for entry in before}
    shown = []
    for kind, status, reason, message in found:
        entry = ConditionEntry(
            kind, status, None if status else reason, "" if status else message, now.wall
        )
        old = since.get(entry.type)
        same = old is not None and old.status == status
        shown.append(replace(entry, since=old.since) if old is not None and same else entry)
    return tuple(shown)


def issues(
    entries: tuple[DeviceEntry, ...], meeting: MeetingEntry, feed: IssueEntry | None
) -> tuple[IssueEntry, ...]:
    """Return what is wrong now, each with codes for the panel to put into words."""
    found = [
        IssueEntry("device.offline", e.name, {"reason": e.reason, "detail": e.detail}, e.since)
        for e in entries
        if e.status == "offline"
    ]
    if meeting.state == "failed" and meeting.since is not None:
        params = {"reason": meeting.failure, "platform": meeting.platform}
        found.append(IssueEntry("meeting.failed", "meeting", dict(params), meeting.since))
    if feed is not None:
        found.append(feed)
    return tuple(found)


def occupancy(state: PresenceState, now: Moment) -> OccupancyEntry:
    """Return occupancy with wall-clock time for its monotonic `since`."""
    since = now.wall - timedelta(seconds=max(0.0, now.mono_s - state.since))
    reasons = tuple(ReasonEntry(reason.code, dict(reason.params)) for reason in state.reasons)
    return OccupancyEntry(state.state, state.probability, reasons, since.replace(microsecond=0))
