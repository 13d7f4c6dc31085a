"""The camera commands as they come in. Knows no camera: what a model has is the driver's business.

Angles are degrees, right and up positive, on every model; zoom and focus are per cent.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from roomctl.api.form import Asked, Device, Lease, Preset, Push, Strict

Degrees = Annotated[float, Field(ge=-360, le=360)]
Part = Annotated[float, Field(ge=0, le=100)]
Speed = Annotated[float, Field(gt=0, le=1, description="part of the top speed")]
Name = Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]


def _at_least_one(described: dict[str, Any]) -> None:
    """Describe what the validator of GotoArgs says."""
    described["anyOf"] = [
        {"required": [name], "properties": {name: {"type": "number"}}} for name in _PLACES
    ]


def _mode_or_pct(described: dict[str, Any]) -> None:
    """Describe what the validator of FocusArgs says."""
    described["oneOf"] = [
        {
            "required": [given],
            "properties": {given: {"type": kind}, other: {"type": "null"}},
        }
        for given, kind, other in (("mode", "string", "pct"), ("pct", "number", "mode"))
    ]


_PLACES = ("pan_deg", "tilt_deg", "zoom_pct")


class CameraArgs(Strict):
    """Which camera, by its name in room.toml."""

    camera: Device


class DriveArgs(CameraArgs):
    """Speeds from -1 to 1; right, up, tele and near are positive.

    The camera stops after `lease_ms`.
    """

    pan: Push = 0.0
    tilt: Push = 0.0
    zoom: Push = 0.0
    focus: Push = 0.0
    lease_ms: Lease = 300


class GotoArgs(CameraArgs):
    """Where to; what is left out stays. An angle beyond the end stops is clamped."""

    model_config = ConfigDict(json_schema_extra=_at_least_one)

    pan_deg: Degrees | None = None
    tilt_deg: Degrees | None = None
    zoom_pct: Part | None = None
    speed: Speed = 1.0

    @model_validator(mode="after")
    def _somewhere(self) -> GotoArgs:
        if all(getattr(self, name) is None for name in _PLACES):
            raise ValueError("expected at least one of pan_deg, tilt_deg, zoom_pct")
        return self


class RelativeArgs(CameraArgs):
    """How far from here."""

    pan_deg: Degrees = 0.0
    tilt_deg: Degrees = 0.0
    speed: Speed = 1.0


class ZoomArgs(CameraArgs):
    """0 is wide, 100 is tele."""

    pct: Part


class FocusArgs(CameraArgs):
    """A mode, or a place: 0 is far, 100 is near, and it no longer focuses by itself."""

    model_config = ConfigDict(json_schema_extra=_mode_or_pct)

    mode: Literal["auto", "manual", "one_push", "infinity"] | None = None
    pct: Part | None = None

    @model_validator(mode="after")
    def _one(self) -> FocusArgs:
        if (self.mode is None) == (self.pct is None):
            raise ValueError("expected mode or pct, one of the two")
        return self


class PresetArgs(CameraArgs):
    """Which stored position, from 1."""

    preset: Preset


class StoreArgs(PresetArgs):
    """Which position, and what it is called from now on."""

    name: Name | None = None


class NameArgs(PresetArgs):
    """What a stored position is called; empty: by no name but that of room.toml."""

    name: Name


class OnArgs(CameraArgs):
    """On, or not."""

    on: bool


class ExposureArgs(CameraArgs):
    """One of the camera's `modes.exposure`."""

    mode: Literal["auto", "manual", "shutter", "iris", "bright"]


class WhiteBalanceArgs(CameraArgs):
    """One of the camera's `modes.white_balance`; one_push measures it now."""

    mode: Literal["auto", "indoor", "outdoor", "one_push", "atw", "manual"]


class TallyArgs(CameraArgs):
    """One of the camera's `modes.tally`, or off."""

    light: Literal["red", "green", "yellow", "off"]


class RawArgs(CameraArgs):
    """A VISCA frame in hex, with header and FF or without both."""

    frame: Annotated[str, Field(min_length=2, max_length=80)]


class CameraDrive(Asked):
    """Move a camera for at most `lease_ms`; send again to keep it moving."""

    type: Literal["camera.drive"]
    args: DriveArgs


class CameraStop(Asked):
    """Stop pan, tilt and zoom, and focus if it is driven."""

    type: Literal["camera.stop"]
    args: CameraArgs


class CameraHome(Asked):
    """Go to the home position."""

    type: Literal["camera.home"]
    args: CameraArgs


class CameraGoto(Asked):
    """Go to an angle, a zoom or both; done when it is there. `result` says where, and `clamped`."""

    type: Literal["camera.goto"]
    args: GotoArgs


class CameraRelative(Asked):
    """Go some degrees from here; done when it is there. `unknown` if it may have moved."""

    type: Literal["camera.relative"]
    args: RelativeArgs


class CameraZoom(Asked):
    """Zoom to a place; done when it is there."""

    type: Literal["camera.zoom"]
    args: ZoomArgs


class CameraRecall(Asked):
    """Go to a stored position."""

    type: Literal["camera.recall"]
    args: PresetArgs


class CameraStore(Asked):
    """Store the present position, and name it."""

    type: Literal["camera.store"]
    args: StoreArgs


class CameraName(Asked):
    """Name a stored position; kept over a restart."""

    type: Literal["camera.name"]
    args: NameArgs


class CameraPower(Asked):
    """Switch a camera on, or to standby."""

    type: Literal["camera.power"]
    args: OnArgs


class CameraFocus(Asked):
    """Focus by itself or not, once, on infinity, or on a place."""

    type: Literal["camera.focus"]
    args: FocusArgs


class CameraExposure(Asked):
    """Set the exposure mode."""

    type: Literal["camera.exposure"]
    args: ExposureArgs


class CameraWhiteBalance(Asked):
    """Set the white balance."""

    type: Literal["camera.whiteBalance"]
    args: WhiteBalanceArgs


class CameraIrReceive(Asked):
    """Obey the infrared remote, or lock it out."""

    type: Literal["camera.irReceive"]
    args: OnArgs


class CameraTally(Asked):
    """Light a tally lamp, which stays lit until told otherwise, or put all out."""

    type: Literal["camera.tally"]
    args: TallyArgs


class CameraTracking(Asked):
    """Follow people, or not."""

    type: Literal["camera.tracking"]
    args: OnArgs


class CameraRaw(Asked):
    """Send a frame; API tokens only. `result.answer` is what an inquiry is answered."""

    type: Literal["camera.raw"]
    args: RawArgs


CameraCommand = (
    CameraDrive
    | CameraStop
    | CameraHome
    | CameraGoto
    | CameraRelative
    | CameraZoom
    | CameraRecall
    | CameraStore
    | CameraName
    | CameraPower
    | CameraFocus
    | CameraExposure
    | CameraWhiteBalance
    | CameraIrReceive
    | CameraTally
    | CameraTracking
    | CameraRaw
)
