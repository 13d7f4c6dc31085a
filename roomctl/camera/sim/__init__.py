"""Simulated USB and AW cameras, and what any simulated camera sees."""

from roomctl.camera.sim.aw import SimAw
from roomctl.camera.sim.uvc import SimUvc
from roomctl.camera.sim.view import picture

__all__ = ["SimAw", "SimUvc", "picture"]
