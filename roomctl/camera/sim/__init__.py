"""Simulated USB, AW and ONVIF cameras, and what any simulated camera sees."""

from roomctl.camera.sim.aw import SimAw
from roomctl.camera.sim.onvif import SimOnvif
from roomctl.camera.sim.uvc import SimUvc
from roomctl.camera.sim.view import picture

__all__ = ["SimAw", "SimOnvif", "SimUvc", "picture"]
