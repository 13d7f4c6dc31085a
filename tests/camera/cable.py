"""A cable in invented time: what it leads to, whether it is plugged in, at which speed it talks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from roomctl.camera import CameraLine, lines
from roomctl.camera.baud import baud_of
from roomctl.camera.profile import CameraTable, shipped
from roomctl.clock import Clock
from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.visca.sim import SimCamera, SimLine
from roomctl.wire import Port, pair, pump
from tests.invented import LoopClock


class Cable:
    """Leads to simulated cameras; `baud` None: a wire without a speed."""

    def __init__(self, cameras: Sequence[SimCamera], clock: Clock, baud: int | None = 9600) -> None:
        self.sim, self.clock = SimLine(cameras, baud), clock
        self.plugged = True
        self.opened: list[tuple[float, str]] = []
        self._port: Port | None = None
        self._carrying: asyncio.Task[None] | None = None

    async def connect(self, name: str, url: str) -> Port:
        self.opened.append((self.clock.mono_s(), url))
        if not self.plugged:
            raise PortError(url, "is not there", PortReason.MISSING)
        await self.go_dead()
        if (spoken := baud_of(url)) is not None:
            self.sim.spoken_at(spoken)
        near, self._port = pair(url, self.clock)
        self._carrying = asyncio.create_task(self._carry(self._port))
        return near

    async def _carry(self, far: Port) -> None:
        with contextlib.suppress(PortClosed):
            await pump(far, self.sim, asyncio.Event(), self.clock)

    async def go_dead(self) -> None:
        """Carry nothing any more, and do not say so."""
        if self._carrying is not None:
            self._carrying.cancel()
            await asyncio.gather(self._carrying, return_exceptions=True)
            self._carrying = None

    async def unplug(self) -> None:
        self.plugged = False
        if self._port is not None:
            await self._port.close()

    def plug(self) -> None:
        self.plugged = True


class Bench:
    """A camera line that runs, and the cable and cameras at its other end."""

    def __init__(self, line: CameraLine, cable: Cable) -> None:
        self.line, self.cable = line, cable
        self.front, self.camera = next(iter(line.cameras.values())), cable.sim.cameras[0]

    @property
    def now(self) -> float:
        return self.cable.clock.mono_s()

    def speeds(self, since: float = 0.0) -> list[int]:
        """Return the speeds that the line was opened with."""
        return [int(url.rpartition("=")[2]) for at, url in self.cable.opened if at >= since]

    def heard(self, since: float) -> list[str]:
        return [frame for at, frame in self.cable.sim.heard if at >= since]

    async def until(self, true: Callable[[], object], limit_s: float) -> float:
        """Wait until `true`, at most `limit_s`; return how long it took, to a hundredth."""
        began = self.now
        while not true():
            assert self.now - began <= limit_s, f"not within {limit_s} s"
            await asyncio.sleep(0.01)
        return self.now - began


@contextlib.asynccontextmanager
async def bench(
    url: str = "serial:/dev/ttyUSB0",
    *,
    baud: int | None = 9600,
    model: str = "sony_srg300h",
    addresses: Sequence[int] = (1,),
    profile: str | None = None,
    silent: bool = False,
    clock: Clock | None = None,
) -> AsyncIterator[Bench]:
    """Run a line whose cameras are of `model`; their url and `profile` are what room.toml says."""
    clock = clock or LoopClock()
    cameras = [SimCamera(shipped()[model], address) for address in addresses]
    for camera in cameras:
        camera.silent = silent
    cable = Cable(cameras, clock, baud)
    tables: Mapping[str, CameraTable] = {
        "front" if address == 1 else f"camera{address}": CameraTable(
            url=url, address=address, profile=profile
        )
        for address in addresses
    }
    (line,) = lines(tables, cable.connect, clock, lambda: None)
    running = asyncio.create_task(line.run())
    try:
        yield Bench(line, cable)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await cable.go_dead()
