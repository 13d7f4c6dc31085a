"""The room document: what a room says of itself, to panels and to facilities staff.

Frozen values with codes and parameters; prose is the panel's business, in its language. Knows no
device, no HTTP. Field names in camelCase are Microsoft Graph's for a place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal

Param = str | int | float | bool | None
"""What a code's parameter may be."""


@dataclass(frozen=True, slots=True)
class IdentityEntry:
    """Which room this is."""

    id: str
    displayName: str  # noqa: N815
    building: str
    floorLabel: str  # noqa: N815
    capacity: int | None
    timezone: str
    language: str
    help: str
    wifi: str = ""


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """One device: whether it can be used and if not, why (`reason` from a closed list)."""

    name: str
    kind: str  # camera, speakerphone, occupancy, screen
    status: Literal["starting", "online", "offline"]
    reason: str | None
    detail: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class PresetEntry:
    """A stored camera position; `number` counts from 1."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """A camera: degrees right and up, zoom 0-100 %; `can` lists what it is able to do."""

    name: str
    label: str
    power: bool | None
    pan_deg: float | None
    tilt_deg: float | None
    zoom_pct: float | None
    moving: bool
    preset: int | None
    presets: tuple[PresetEntry, ...]
    can: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MeetingEntry:
    """The one call of this room; `evidence` says why `in_call` is believed."""

    state: Literal[
        "idle",
        "preparing",
        "prejoin",
        "joining",
        "lobby",
        "in_call",
        "leaving",
        "ended",
        "failed",
        "unknown",
    ] = "idle"
    platform: str | None = None
    title: str | None = None
    host: str | None = None
    number: str | None = None
    since: datetime | None = None
    failure: str | None = None
    evidence: Literal["media", "page", "none"] = "none"


@dataclass(frozen=True, slots=True)
class BookingEntry:
    """A booking of today; `join` is `now` while it may be joined with one touch."""

    id: str
    title: str | None
    organizer: str | None
    start: datetime
    end: datetime
    platform: str | None
    join: Literal["now", "later", "none"]
    refused: str | None


@dataclass(frozen=True, slots=True)
class PlatformEntry:
    """A meeting platform this room may use."""

    key: str
    name: dict[str, str]
    new: bool
    by_number: bool


@dataclass(frozen=True, slots=True)
class FavouriteEntry:
    """A meeting that is kept on the panel."""

    name: str
    platform: str | None


@dataclass(frozen=True, slots=True)
class ReasonEntry:
    """Why the room is believed occupied or vacant."""

    code: str
    params: dict[str, Param]


@dataclass(frozen=True, slots=True)
class OccupancyEntry:
    """Whether somebody is there; `probability` 0-1."""

    state: Literal["unknown", "vacant", "occupied", "vacating"] = "unknown"
    probability: float | None = None
    reasons: tuple[ReasonEntry, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class AudioEntry:
    """Microphone and loudspeaker; `mute` is `muted` only when silence has been read back."""

    mute: Literal["muted", "muting", "open", "unmuting", "unknown"] = "unknown"
    volume_pct: int | None = None
    available: bool = False


@dataclass(frozen=True, slots=True)
class PanelEntry:
    """Whether panels and the display are lit."""

    awake: bool = True


@dataclass(frozen=True, slots=True)
class ConditionEntry:
    """One thing that must hold for the room to be ready; `reason` is from a closed list."""

    type: str  # DevicesReady, ScreenReady, Ready
    status: bool
    reason: str | None
    message: str
    since: datetime


@dataclass(frozen=True, slots=True)
class IssueEntry:
    """Something that is wrong now."""

    code: str
    subject: str
    params: dict[str, Param]
    since: datetime


@dataclass(frozen=True, slots=True)
class RoomDocument:
    """All of it; `rev` grows by one with every change."""

    identity: IdentityEntry
    rev: int = 0
    phase: Literal["starting", "ready"] = "starting"
    devices: tuple[DeviceEntry, ...] = ()
    cameras: tuple[CameraEntry, ...] = ()
    meeting: MeetingEntry = field(default_factory=MeetingEntry)
    bookings: tuple[BookingEntry, ...] = ()
    platforms: tuple[PlatformEntry, ...] = ()
    favourites: tuple[FavouriteEntry, ...] = ()
    occupancy: OccupancyEntry = field(default_factory=OccupancyEntry)
    audio: AudioEntry = field(default_factory=AudioEntry)
    panel: PanelEntry = field(default_factory=PanelEntry)
    conditions: tuple[ConditionEntry, ...] = ()
    issues: tuple[IssueEntry, ...] = ()


SECTIONS = tuple(part.name for part in fields(RoomDocument) if part.name != "rev")
"""The top-level keys a patch may carry."""


def changes(before: RoomDocument, after: RoomDocument) -> dict[str, object]:
    """Return the sections of `after` that differ from `before`."""
    return {
        key: getattr(after, key) for key in SECTIONS if getattr(after, key) != getattr(before, key)
    }
