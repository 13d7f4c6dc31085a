"""What the simulated cameras see: a port to one picture, as `ports/picture.py` gives one.

Knows no wire: whoever has the far ends says where a camera looks.
"""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.camera.sim import picture
from roomctl.config import Config
from roomctl.ports.picture import PicturePort
from roomctl.wire import Chunk, Identity


def films(config: Config) -> dict[str, str]:
    """Return which camera, by its name such as camera.front, each `picture:` url shows."""
    return {
        f"picture:{table.video_device}": f"camera.{name}"
        for name, table in config.camera.items()
        if table.video_device is not None
    }


def film(url: str, state: Mapping[str, object], now: float) -> PicturePort:
    """Return a port to what a camera in this `state` sees now; it shows the middle if unknown."""
    pan_deg, tilt_deg, zoom_pct = (
        value if isinstance(value := state.get(key), int | float) else 0.0
        for key in ("pan_deg", "tilt_deg", "zoom_pct")
    )
    data = picture(pan_deg, tilt_deg, zoom_pct)
    return PicturePort(Identity(url=url, path="simulated"), Chunk(data, now))
