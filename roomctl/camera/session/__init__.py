"""What may be said to the cameras of one port, when, and what their replies belong to."""

from roomctl.camera.session.line import Line

__all__ = ["Line"]
