"""From degrees and per cent to a camera's own units, and what of it had to be clamped.

Knows no port and no session. Degrees count right and up on every model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from roomctl.camera.profile import Axis, CameraProfile, ZoomRange
from roomctl.camera.speed import byte
from roomctl.errors import Refused, Unsupported
from roomctl.visca.message import Absolute, Message, Relative, ZoomTo
from roomctl.visca.poller import Readback

Part = Literal["pan", "tilt", "zoom"]


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a move ended, as read back (None: it does not say), and what had to be clamped."""

    pan_deg: float | None
    tilt_deg: float | None
    zoom_pct: float | None
    clamped: tuple[Part, ...] = ()


class Journey:
    """What is to be said to get somewhere: `messages`, and which parts were `clamped`."""

    def __init__(self, camera: str, profile: CameraProfile, seen: Readback) -> None:
        self.messages: list[Message] = []
        self.clamped: list[Part] = []
        self._camera, self._profile, self._seen = camera, profile, seen

    def to_angle(self, pan_deg: float | None, tilt_deg: float | None, speed: float) -> None:
        """Go to an angle; None: as it is now, which must be known then."""
        pan, tilt = self._axes()
        places = (
            self._place("pan", pan, pan_deg, self._seen.pan),
            self._place("tilt", tilt, tilt_deg, self._seen.tilt),
        )
        self.messages.append(Absolute(*self._speeds(speed), *places))

    def by_angle(self, pan_deg: float, tilt_deg: float, speed: float) -> None:
        """Go so far from here; a step of less than one unit is none."""
        pan, tilt = self._axes()
        steps = (
            self._step("pan", pan, pan_deg, self._seen.pan),
            self._step("tilt", tilt, tilt_deg, self._seen.tilt),
        )
        if any(steps):
            self.messages.append(Relative(*self._speeds(speed), *steps))

    def to_zoom(self, pct: float) -> None:
        """Zoom to 0 (wide) to 100 (tele)."""
        reach: ZoomRange | None = self._profile.zoom
        if reach is None:
            raise Unsupported(self._camera, "zoom")
        self._note("zoom", not 0 <= pct <= 100)
        self.messages.append(ZoomTo(reach.position(pct)))

    def _axes(self) -> tuple[Axis, Axis]:
        pan, tilt = self._profile.pan, self._profile.tilt
        if pan is None or tilt is None:
            raise Unsupported(self._camera, "positions in degrees: its profile does not know them")
        return pan, tilt

    def _speeds(self, speed: float) -> tuple[int, int]:
        return byte(self._profile.pan_speed, speed), byte(self._profile.tilt_speed, speed)

    def _place(self, part: Part, axis: Axis, degrees: float | None, now: int | None) -> int:
        if degrees is not None:
            self._note(part, not axis.min_deg <= degrees <= axis.max_deg)
            return axis.units(degrees)
        if now is None:
            why = f"does not say where it stands; give {part}_deg too"
            raise Refused(self._camera, "position_unknown", why)
        return now

    def _step(self, part: Part, axis: Axis, degrees: float, now: int | None) -> int:
        if now is None:
            return round(axis.sign * degrees * axis.units_per_degree)
        target = axis.degrees(now) + degrees
        self._note(part, degrees != 0 and not axis.min_deg <= target <= axis.max_deg)
        return axis.units(target) - now if degrees else 0

    def _note(self, part: Part, clamped: bool) -> None:
        if clamped:
            self.clamped.append(part)
