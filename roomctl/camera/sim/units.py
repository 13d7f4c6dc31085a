"""Positions as a camera writes them: nibbles, in its own units and signs.

Knows no command and no answer. Frames are hex text here, and no codec is shared with the driver,
so that a mistake there is not mirrored.
"""

from __future__ import annotations

from roomctl.camera.profile import CameraProfile

DIGITS = {"A": (4, 4), "B": (4, 4), "C": (5, 4), "D": (5, 4), "E": (5, 5), "F": (5, 5)}
_UNITS = 14.4  # a model whose scale is not known moves, and counts like most


def spread(value: int, digits: int) -> str:
    """Write a number as nibbles, one in each byte: 7A3 in 4 digits is 00 07 0A 03."""
    return "".join("0" + digit for digit in f"{value % 16**digits:0{digits}x}")


def gather(digits: str) -> int:
    """Read the digits of a number; the first one bears the sign."""
    value = int(digits, 16)
    return value - 16 ** len(digits) if digits[0] in "89abcdef" else value


def written(profile: CameraProfile, pan_deg: float, tilt_deg: float) -> str:
    """Return degrees right and up as the nibbles of this model."""
    right, up = _scale(profile)
    pan_digits, tilt_digits = DIGITS[profile.layout]
    return spread(round(pan_deg * right), pan_digits) + spread(round(tilt_deg * up), tilt_digits)


def read(profile: CameraProfile, nibbles: str) -> tuple[float, float] | None:
    """Return degrees right and up; None if `nibbles` are written for another layout."""
    digits = nibbles[1::2]
    pan_digits, tilt_digits = DIGITS[profile.layout]
    if len(digits) != pan_digits + tilt_digits or set(nibbles[::2]) != {"0"}:
        return None
    right, up = _scale(profile)
    return gather(digits[:pan_digits]) / right, gather(digits[pan_digits:]) / up


def _scale(profile: CameraProfile) -> tuple[float, float]:
    """Return units per degree right and per degree up, with the camera's own signs."""
    pan, tilt = profile.pan, profile.tilt
    return (
        (-1 if pan.positive == "left" else 1) * pan.units_per_degree if pan else _UNITS,
        (-1 if tilt.positive == "down" else 1) * tilt.units_per_degree if tilt else _UNITS,
    )
