"""A line of the driver and its simulated cameras, joined by the real pump, in invented time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from roomctl.camera import Camera, lines
from roomctl.camera.profile import CameraTable, shipped, under_ceiling
from roomctl.device import Status
from roomctl.visca.sim import SimCamera, SimLine
from roomctl.wire import Port, pair, pump
from tests.invented import LoopClock

URL = "sim:front?baud=115200"
LIMIT_S = 30.0


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not true():
            await asyncio.sleep(0.005)


class Bench:
    """A line of the driver, its simulated cameras, and the wire between them."""

    def __init__(self, *models: str, table: dict[str, object] | None = None) -> None:
        self.clock = LoopClock()
        known = shipped()
        if table and (table.get("mounting") == "ceiling" or table.get("flip")):
            known = {name: under_ceiling(profile) for name, profile in known.items()}
        self.cameras = [SimCamera(known[m], n) for n, m in enumerate(models, start=1)]
        for camera in self.cameras:
            camera.boot_s = 0.3
        self.sim = SimLine(self.cameras, 115200)
        tables = {
            name: CameraTable(url=URL, address=n, **(table or {}))
            for n, name in zip(range(1, len(models) + 1), ("front", "back"), strict=False)
        }
        self.changes = 0
        (self.line,) = lines(tables, self._connect, self.clock, self._changed)
        self.port: Port | None = None
        self._far: asyncio.Task[None] | None = None

    def _changed(self) -> None:
        self.changes += 1

    async def _connect(self, name: str, url: str) -> Port:
        near, far = pair(url, self.clock)
        self.port = near
        self._far = asyncio.ensure_future(pump(far, self.sim, asyncio.Event(), self.clock))
        return near

    async def end(self, running: asyncio.Task[None]) -> None:
        running.cancel()
        await asyncio.gather(running, self._far, return_exceptions=True)

    @property
    def front(self) -> Camera:
        return self.line.cameras["front"]

    def look(self) -> SimCamera:
        """Return the first camera as it is at this moment."""
        self.sim.tick(self.clock.mono_s())
        return self.cameras[0]


@asynccontextmanager
async def bench(*models: str, **table: object) -> AsyncIterator[Bench]:
    made = Bench(*(models or ("sony_srg300h",)), table=table)
    running = asyncio.ensure_future(made.line.run())
    try:
        await until(
            lambda: all(c.health.status is Status.ONLINE for c in made.line.cameras.values())
        )
        yield made
    finally:
        await made.end(running)
