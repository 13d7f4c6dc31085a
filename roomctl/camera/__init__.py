"""Cameras: VISCA over a serial line, over IP, or over a raw socket."""

from roomctl.camera.driver import Camera
from roomctl.camera.lines import CameraLine, lines

__all__ = ["Camera", "CameraLine", "lines"]
