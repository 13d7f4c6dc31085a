"""What a USB camera says of its own controls, as a profile: nobody has to write one for it.

Knows no port and no conversation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from roomctl.camera.profile import (
    Axis,
    CameraProfile,
    ExposureMode,
    FocusRange,
    Presets,
    WhiteBalance,
    ZoomRange,
)
from roomctl.camera.uvc.axis import Axis as Driven
from roomctl.camera.uvc.message import ARC_SECONDS, Control, Id

PRESETS = 9  # kept by the room: no USB camera is asked for its own

# v4l2_exposure_auto_type. Cameras without an iris to control call their automatic mode the last.
_AUTO, _MANUAL, _SHUTTER, _APERTURE = range(4)


def profile_of(
    name: str, controls: Mapping[int, Control], axes: Mapping[str, Driven]
) -> CameraProfile:
    """Return what can be asked of a camera; its layout of positions on a wire means nothing."""
    pan, tilt, zoom, focus = (axes.get(each) for each in ("pan", "tilt", "zoom", "focus"))
    automatic = controls.get(Id.FOCUS_AUTO)
    can_focus = bool(focus and focus.moves) or bool(automatic and automatic.writable)
    return CameraProfile(
        name=name,
        match=(),
        source="what the camera says of its own controls",
        verified="hardware",
        layout="A",
        pan_tilt=bool(pan and pan.moves and tilt and tilt.moves),
        pan=_degrees(pan, "right"),
        tilt=_degrees(tilt, "up"),
        zoom=ZoomRange() if zoom and zoom.moves else None,
        focus=FocusRange() if can_focus else None,
        presets=Presets(first=1, count=PRESETS) if _can_return(pan, tilt, zoom) else None,
        exposure=tuple(exposure_items(controls)),
        white_balance=white_balances(controls),
        quirks=("no-power",),
    )


def _degrees(axis: Driven | None, positive: Literal["right", "up"]) -> Axis | None:
    if axis is None or axis.place is None:
        return None
    low, high = axis.place.minimum / ARC_SECONDS, axis.place.maximum / ARC_SECONDS
    return Axis(units_per_degree=ARC_SECONDS, min_deg=low, max_deg=high, positive=positive)


def _can_return(*axes: Driven | None) -> bool:
    """Whether a position can be kept and found again: all that moves can be told where to."""
    moving = [axis for axis in axes if axis is not None and axis.moves]
    return bool(moving) and all(axis.place is not None for axis in moving)


def exposure_items(controls: Mapping[int, Control]) -> dict[ExposureMode, int]:
    """Return the exposure modes that a camera has, and the entry of its menu for each."""
    menu = controls.get(Id.EXPOSURE_AUTO)
    if menu is None or not menu.writable:
        return {}
    has = menu.has_item
    items: dict[ExposureMode, int] = {}
    if has(_AUTO) or has(_APERTURE):
        items["auto"] = _AUTO if has(_AUTO) else _APERTURE
    if has(_MANUAL):
        items["manual"] = _MANUAL
    if has(_SHUTTER):
        items["shutter"] = _SHUTTER
    if has(_AUTO) and has(_APERTURE):
        items["iris"] = _APERTURE
    return items


def white_balances(controls: Mapping[int, Control]) -> tuple[WhiteBalance, ...]:
    """Return the white balances that a camera has."""
    switch = controls.get(Id.AUTO_WHITE_BALANCE)
    return ("auto", "manual") if switch and switch.writable else ()
