"""Positions that the room keeps for a camera that has no presets of its own.

Knows no camera and no control. Degrees are the camera's own: an axis that is inverted later finds
them where they were.
"""

from __future__ import annotations

from dataclasses import astuple
from datetime import datetime
from math import isfinite

from roomctl.frozen import frozen
from roomctl.store import Settings


@frozen
class StoredPosition:
    """Where a camera looks; None: that axis cannot be set."""

    pan_deg: float | None
    tilt_deg: float | None
    zoom_pct: float | None


class StoredPositions:
    """The positions of one camera, by preset number, among the room's settings."""

    def __init__(self, camera: str, settings: Settings) -> None:
        self._camera, self._settings = camera, settings

    def kept(self, preset: int) -> StoredPosition | None:
        """Return a position; None if none was kept, or a person has made it unreadable."""
        said = self._settings.now.get(self._key(preset), "").split()
        try:
            pan, tilt, zoom = (None if each == "-" else float(each) for each in said)
        except ValueError:
            return None
        if not all(each is None or isfinite(each) for each in (pan, tilt, zoom)):
            return None
        return StoredPosition(pan, tilt, zoom)

    async def keep(self, preset: int, there: StoredPosition, at: datetime) -> None:
        """Keep a position; RoomctlError if the disk refuses, and the old one stays."""
        said = " ".join("-" if each is None else f"{each:.4f}" for each in astuple(there))
        await self._settings.change(self._key(preset), said, "room", "preset stored", at)

    async def drop(self, preset: int, at: datetime) -> None:
        """Forget a position, if there is one; RoomctlError if the disk refuses, and it stays."""
        if self._key(preset) in self._settings.now:
            await self._settings.change(self._key(preset), None, "room", "preset deleted", at)

    def _key(self, preset: int) -> tuple[str, ...]:
        return ("camera", self._camera, "positions", str(preset))
