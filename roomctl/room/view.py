"""From the wings' states to the room document's entries. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from roomctl.camera.interface import PtzCamera
from roomctl.clock import Moment
from roomctl.config import Config
from roomctl.device import Device, Health, Status
from roomctl.meeting.platform_file import Platform
from roomctl.room.document import (
    CameraEntry,
    ConditionEntry,
    DeviceEntry,
    IdentityEntry,
    IssueEntry,
    MeetingEntry,
    PlatformEntry,
    PresetEntry,
)
from roomctl.speakerphone import Speakerphone


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


def devices(cameras: Iterable[PtzCamera], others: Iterable[Device]) -> tuple[DeviceEntry, ...]:
    """Return one entry per camera (several may share a line) and one per other device."""
    entries = [device(f"camera.{camera.name}", "camera", camera.health) for camera in cameras]
    entries += [device(_full_name(other), other.kind, other.health) for other in others]
    return tuple(entries)


def _full_name(other: Device) -> str:
    return other.name if other.name == other.kind else f"{other.kind}.{other.name}"


def camera(
    shown: PtzCamera,
    names: Mapping[int, str],
    pictures: Mapping[int, str],
    seen: Literal["meeting", "other", "unknown"],
) -> CameraEntry:
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
        focus=state.focus,
        focus_pct=state.focus_pct,
        exposure=state.exposure,
        white_balance=state.white_balance,
        ir_receive=state.ir_receive,
        tally=state.tally,
        tracking=state.tracking,
        preset=state.preset,
        presets=_presets(shown, names, pictures),
        can=can if online else (),
        modes=dict(shown.modes),
        picture=seen,
    )


def _presets(
    shown: PtzCamera, names: Mapping[int, str], pictures: Mapping[int, str]
) -> tuple[PresetEntry, ...]:
    if not shown.presets:
        return ()
    return tuple(PresetEntry(number, name, pictures.get(number)) for number, name in names.items())


def picture_of(name: str, config: Config) -> Literal["meeting", "other", "unknown"]:
    """Return whether a meeting sees a camera: it is given the first that has a video device."""
    seen = config.meeting_camera
    return "unknown" if seen is None else "meeting" if name == seen else "other"


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
    entries: tuple[DeviceEntry, ...],
    cameras: Iterable[PtzCamera],
    phones: Iterable[Speakerphone],
    meeting: MeetingEntry,
    calendar: Iterable[IssueEntry],
    sensors: Iterable[IssueEntry] = (),
) -> tuple[IssueEntry, ...]:
    """Return what is wrong now, each with codes for the panel to put into words."""
    found = [
        IssueEntry("device.offline", e.name, {"reason": e.reason, "detail": e.detail}, e.since)
        for e in entries
        if e.status == "offline"
    ]
    for camera in cameras:
        found += _of_a_camera(camera)
    for phone in phones:
        found += _of_a_speakerphone(phone)
    if meeting.state == "failed" and meeting.since is not None:
        params = {"reason": meeting.failure, "platform": meeting.platform}
        found.append(IssueEntry("meeting.failed", "meeting", dict(params), meeting.since))
    return (*found, *calendar, *sensors)


def _of_a_camera(camera: PtzCamera) -> list[IssueEntry]:
    """Return what is wrong with a camera that works: its firmware, or that nobody knows it."""
    subject, since = f"camera.{camera.name}", camera.health.since.wall
    if camera.health.status is not Status.ONLINE:
        return []
    found = [
        IssueEntry("camera.advisory", subject, {"what": one.what, "source": one.source}, since)
        for one in camera.advisories
    ]
    if (version := camera.unknown_model) is not None:
        found.append(IssueEntry("camera.unknown_model", subject, {"version": version}, since))
    return found


def _of_a_speakerphone(phone: Speakerphone) -> list[IssueEntry]:
    """Return what is wrong with the firmware of a speakerphone that works."""
    subject, since = f"speakerphone.{phone.name}", phone.health.since.wall
    if phone.health.status is not Status.ONLINE:
        return []
    return [
        IssueEntry(
            "speakerphone.advisory", subject, {"what": one.what, "source": one.source}, since
        )
        for one in phone.state.advisories
    ]
