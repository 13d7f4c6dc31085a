"""Simulated cameras: the far end, byte for byte and in real time."""

from roomctl.camera.sim.camera import SimCamera
from roomctl.camera.sim.ip import SimIp
from roomctl.camera.sim.line import SimLine
from roomctl.camera.sim.uvc import SimUvc
from roomctl.camera.sim.view import picture

__all__ = ["SimCamera", "SimIp", "SimLine", "SimUvc", "picture"]
