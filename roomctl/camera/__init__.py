"""Cameras: VISCA over a serial line, over IP or over a raw socket, and USB cameras (UVC)."""

from roomctl.camera.camera import Camera
from roomctl.camera.lines import CameraLine, lines

__all__ = ["Camera", "CameraLine", "lines"]
