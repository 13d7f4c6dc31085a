"""What a USB camera is known to be doing, from what it has said of its controls.

Knows no port and no command.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

from roomctl.camera.state import CameraState
from roomctl.camera.uvc.message import ARC_SECONDS, Control, Id
from roomctl.camera.uvc.profile import exposure_items
from roomctl.camera.uvc.talk import UvcTalk

W = TypeVar("W", bound=str)


def described(talk: UvcTalk, model: str, firmware: int | None, preset: int | None) -> CameraState:
    """Return the state of a camera; `firmware` is its bcdDevice, `preset` the last it was sent to.

    Whether a USB camera has power is not asked: one without is not there.
    """
    if not talk.ready:
        return CameraState()
    values = talk.values
    return CameraState(
        pan_deg=_degrees(talk, "pan"),
        tilt_deg=_degrees(talk, "tilt"),
        zoom_pct=_percent(talk, "zoom"),
        moving=talk.moving,
        focus=_focus(talk),
        focus_pct=_percent(talk, "focus"),
        exposure=_word(exposure_items(talk.controls), values.get(Id.EXPOSURE_AUTO)),
        white_balance=_word({"auto": 1, "manual": 0}, values.get(Id.AUTO_WHITE_BALANCE)),
        preset=preset,
        model=model,
        firmware=None if firmware is None else f"{firmware:04x}",
    )


def place_of(talk: UvcTalk, axis: str) -> Control | None:
    """Return the control that says where an axis is, and sends it there."""
    known = talk.axes.get(axis)
    return known.place if known else None


def _at(talk: UvcTalk, axis: str) -> int | None:
    """Return where an axis is; what is outside of its own limits is no answer."""
    place, at = place_of(talk, axis), talk.axes[axis].at
    return at if place and at is not None and place.minimum <= at <= place.maximum else None


def _degrees(talk: UvcTalk, axis: str) -> float | None:
    at = _at(talk, axis)
    return None if at is None else at / ARC_SECONDS


def _percent(talk: UvcTalk, axis: str) -> float | None:
    place, at = place_of(talk, axis), _at(talk, axis)
    return place.percent(at) if place and at is not None else None


def _focus(talk: UvcTalk) -> Literal["auto", "manual"] | None:
    automatic = talk.values.get(Id.FOCUS_AUTO)
    if Id.FOCUS_AUTO in talk.controls:
        return None if automatic is None else "auto" if automatic else "manual"
    return "manual" if place_of(talk, "focus") else None


def _word(codes: Mapping[W, int], code: int | None) -> W | None:
    return next((word for word, value in codes.items() if value == code), None)
