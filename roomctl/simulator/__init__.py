"""The simulator: a simulated far end for every device of a room, and its calendar."""

from pathlib import Path

from roomctl.simulator.feed import SimFeed
from roomctl.simulator.simulator import Simulator
from roomctl.simulator.standalone import simulated_screen

DEMO = Path(__file__).with_name("demo.toml")

__all__ = ["DEMO", "SimFeed", "Simulator", "simulated_screen"]
