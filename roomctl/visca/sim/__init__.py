"""Simulated VISCA cameras, byte for byte and in real time."""

from roomctl.visca.sim.camera import SimCamera
from roomctl.visca.sim.wires import SimIp, SimLine

__all__ = ["SimCamera", "SimIp", "SimLine"]
