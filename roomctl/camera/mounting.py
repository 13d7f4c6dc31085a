"""How a camera is mounted: which way its axes turn for people, and how fast they may.

Pure: what people ask for becomes what its protocol is asked, and where it stands what people see.
Knows no protocol, no port and no clock. Presets of the camera's own, home and stops pass it by.

A head that turns fast is fast in the picture only where that is wide. So a held push is slower the
further it is zoomed in: as lenses are built, the picture shrinks by the same factor with every step
of the zoom's position, and so does the speed, down to `TELE` of it. (On Sony's 20x lens that keeps
the picture's own speed within a factor of 4, where it would vary by 20.)
"""

from __future__ import annotations

from dataclasses import replace

from roomctl.camera.profile import CameraTable
from roomctl.camera.protocol import DEAD_ZONE, CameraState
from roomctl.frozen import frozen

TELE = 0.2  # of the speed, at the tele end


@frozen
class Mounting:
    """`max_speed`: part of the model's fastest, above 0 to 1."""

    invert_pan: bool = False
    invert_tilt: bool = False
    max_speed: float = 1.0
    speed_by_zoom: bool = True

    @classmethod
    def of(cls, table: CameraTable) -> Mounting:
        """Return what room.toml says of a camera."""
        return cls(
            table.invert_pan, table.invert_tilt, table.max_speed_pct / 100, table.speed_by_zoom
        )

    def pushes(self, pan: float, tilt: float, zoom_pct: float | None) -> tuple[float, float]:
        """Return pushes of -1 to 1 for its own axes; `zoom_pct` None: not known, nothing slows."""
        part = self.max_speed
        if self.speed_by_zoom and zoom_pct is not None:
            part *= TELE ** (zoom_pct / 100)
        return _slower(self._pan(pan), part), _slower(self._tilt(tilt), part)

    def speed(self, speed: float) -> float:
        """Return the part of the top speed at which it goes to a place."""
        return speed * self.max_speed

    def degrees(
        self, pan_deg: float | None, tilt_deg: float | None
    ) -> tuple[float | None, float | None]:
        """Return people's degrees as its own, or its own as people's; None stays None."""
        return (
            None if pan_deg is None else self._pan(pan_deg),
            None if tilt_deg is None else self._tilt(tilt_deg),
        )

    def steps(self, pan_deg: float, tilt_deg: float) -> tuple[float, float]:
        """Return a step right and up as one of its own axes."""
        return self._pan(pan_deg), self._tilt(tilt_deg)

    def seen(self, state: CameraState) -> CameraState:
        """Return where it stands as people see it."""
        if not (self.invert_pan or self.invert_tilt):
            return state
        pan_deg, tilt_deg = self.degrees(state.pan_deg, state.tilt_deg)
        return replace(state, pan_deg=pan_deg, tilt_deg=tilt_deg)

    def _pan(self, value: float) -> float:
        return 0.0 - value if self.invert_pan else value

    def _tilt(self, value: float) -> float:
        return 0.0 - value if self.invert_tilt else value


AS_IT_COMES = Mounting()


def _slower(push: float, part: float) -> float:
    """Return a part of a push; one that moves the camera at all still does."""
    slow = min(max(push, -1.0), 1.0) * part
    if abs(push) < DEAD_ZONE or abs(slow) >= DEAD_ZONE:
        return slow
    return DEAD_ZONE if push > 0 else -DEAD_ZONE
