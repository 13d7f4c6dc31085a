"""What a camera is known to be doing, in people's units and words.

Knows no port, no session and no command.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from roomctl.camera.modes import EXPOSURE, WHITE_BALANCE, mode_of
from roomctl.camera.profile import CameraProfile
from roomctl.visca.message import Inquiry
from roomctl.visca.poller import Readback


@dataclass(frozen=True, slots=True)
class CameraState:
    """What a camera is known to be doing; None: not known. Degrees count right and up.

    `zoom_pct`: 0 wide to 100 tele. `focus_pct`: 0 far to 100 near. `ir_receive`: whether it obeys
    its infrared remote. `firmware`: the ROM version in hex, as it answers.
    """

    power: bool | None = None
    pan_deg: float | None = None
    tilt_deg: float | None = None
    zoom_pct: float | None = None
    moving: bool = False
    focus: Literal["auto", "manual"] | None = None
    focus_pct: float | None = None
    exposure: str | None = None
    white_balance: str | None = None
    ir_receive: bool | None = None
    tally: str | None = None
    tracking: bool | None = None
    preset: int | None = None
    model: str | None = None
    firmware: str | None = None


def described(
    profile: CameraProfile,
    seen: Readback,
    *,
    preset: int | None,
    tally: str | None,
    tracks: bool | None,
) -> CameraState:
    """Return the state of a camera that has said `seen`.

    What no camera tells is given: the preset it was last sent to, the lamp that it was told to
    light, and whether it was told to follow people, which only Sony's can be asked.
    """
    pan, tilt, zoom, focus = profile.pan, profile.tilt, profile.zoom, profile.focus
    told = seen.settings
    at_focus, automatic = told.get(Inquiry.FOCUS), told.get(Inquiry.FOCUS_MODE)
    return CameraState(
        power=seen.power,
        pan_deg=pan.degrees(seen.pan) if pan and seen.pan is not None else None,
        tilt_deg=tilt.degrees(seen.tilt) if tilt and seen.tilt is not None else None,
        zoom_pct=zoom.percent(seen.zoom) if zoom and seen.zoom is not None else None,
        moving=seen.moving,
        focus=None if automatic is None else "auto" if automatic else "manual",
        focus_pct=focus.percent(at_focus) if focus and at_focus is not None else None,
        exposure=mode_of(EXPOSURE, told.get(Inquiry.EXPOSURE_MODE)),
        white_balance=mode_of(WHITE_BALANCE, told.get(Inquiry.WHITE_BALANCE_MODE)),
        ir_receive=_fact(told.get(Inquiry.IR_RECEIVE)),
        tally=tally,
        tracking=_fact(told.get(Inquiry.TRACKING)) if profile.tracking == "sony" else tracks,
        preset=preset,
        model=profile.name if seen.version else None,
        firmware=f"{seen.version.rom:04x}" if seen.version else None,
    )


def _fact(value: int | None) -> bool | None:
    return None if value is None else bool(value)
