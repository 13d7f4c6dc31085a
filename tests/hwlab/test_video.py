"""The shared scenarios of a USB camera in this process: the simulated device, in invented time."""

from __future__ import annotations

import pytest

from roomctl.app import parse
from roomctl.camera.sim.uvc import SimUvc
from roomctl.simulator import Simulator
from roomctl.simulator.cameras import SimulatedUvc
from roomctl.wire import Port
from tests.hwlab.shared.video import SCENARIOS, Scenario
from tests.invented import LoopClock, invented

ROOM = """
[camera.front]
url = "v4l2:/dev/video0"
"""


class SimulatedStand:
    """A camera of the simulator's, unplugged to begin with."""

    url = "v4l2:/dev/video0"

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.simulator = Simulator(parse(ROOM, "room.toml"), self.clock)

    async def connect(self, name: str, url: str) -> Port:
        return await self.simulator.connect(name, url)

    async def plug(self) -> None:
        await self.simulator.act("camera.front", "plug", {})

    async def unplug(self) -> None:
        await self.simulator.act("camera.front", "unplug", {})

    def camera(self) -> SimUvc:
        end = self.simulator.device("camera.front")
        assert isinstance(end, SimulatedUvc)
        end.camera.tick(self.clock.mono_s())
        return end.camera

    def refuse(self, on: bool) -> None:
        self.camera().stalled = on


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
@invented
async def test_in_process(scenario: Scenario) -> None:
    stand = SimulatedStand()
    await stand.unplug()
    await scenario(stand)
    await stand.simulator.close()
