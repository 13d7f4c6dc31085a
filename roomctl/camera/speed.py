"""From the push of a stick to the speed bytes of a drive.

Knows no port and no session. Half a push is half the top speed in degrees per second on every
model whose speeds are known (`deg_per_s`), although their bytes are far from linear: byte 0C of
18 is 43 % of the top speed of an SRG-300H and 7 % of that of an FR7. Where they are not known, the
bytes are taken for linear. A speed byte is never 00 and never beyond the model's.
"""

from __future__ import annotations

from roomctl.camera.profile import CameraProfile, FocusRange, Speeds, ZoomRange
from roomctl.visca.message import Drive, Focus, FocusDrive, Pan, Tilt, Zoom, ZoomDrive

DEAD_ZONE = 0.02  # a joystick at rest is not quite 0


def byte(speeds: Speeds, push: float) -> int:
    """Return the speed byte for a push of -1 to 1 (clamped); its sign means nothing here."""
    part = min(abs(push), 1.0)
    known = speeds.deg_per_s[: speeds.max]
    if not known:
        return max(1, round(part * speeds.max))
    wanted = part * known[-1]
    return 1 + min(range(len(known)), key=lambda at: abs(known[at] - wanted))


def pan_tilt_drive(profile: CameraProfile, pan: float, tilt: float) -> Drive | None:
    """Return the drive for pushes to the right and up; None: at rest."""
    ways = (_way(pan), _way(tilt))
    if ways == (0, 0):
        return None
    return Drive(
        byte(profile.pan_speed, pan),
        byte(profile.tilt_speed, tilt),
        {-1: Pan.LEFT, 0: Pan.STILL, 1: Pan.RIGHT}[ways[0]],
        {-1: Tilt.DOWN, 0: Tilt.STILL, 1: Tilt.UP}[ways[1]],
    )


def zoom_drive(profile: CameraProfile, push: float) -> ZoomDrive | None:
    """Return the drive for a push towards tele; None: at rest, or it has no zoom."""
    way, reach = _way(push), profile.zoom
    if way == 0 or reach is None:
        return None
    return ZoomDrive(Zoom.TELE if way > 0 else Zoom.WIDE, _step(reach, push))


def focus_drive(profile: CameraProfile, push: float) -> FocusDrive | None:
    """Return the drive for a push towards near; None: at rest, or its focus is not driven."""
    way, reach = _way(push), profile.focus
    if way == 0 or reach is None:
        return None
    return FocusDrive(Focus.NEAR if way > 0 else Focus.FAR, _step(reach, push))


def _way(push: float) -> int:
    return 0 if abs(push) < DEAD_ZONE else 1 if push > 0 else -1


def _step(reach: ZoomRange | FocusRange, push: float) -> int:
    steps = reach.speed_max - reach.speed_min + 1
    return reach.speed_min + max(1, round(min(abs(push), 1.0) * steps)) - 1
