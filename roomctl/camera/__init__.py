"""Cameras: VISCA on a line, over IP or a raw socket; USB cameras (UVC); AW and ONVIF."""

from roomctl.camera.camera import Camera
from roomctl.camera.lines import CameraLine, lines

__all__ = ["Camera", "CameraLine", "lines"]
