"""The simulator: a simulated device for every device of a room, and its calendar."""

from pathlib import Path

from roomctl.booking.sim import SimFeed
from roomctl.simulator.simulator import Simulator, simulated_screen

DEMO = Path(__file__).with_name("demo.toml")

__all__ = ["DEMO", "SimFeed", "Simulator", "simulated_screen"]
