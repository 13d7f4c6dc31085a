"""Simulated cameras on real wires that can be pulled out, and the line of a room that finds them.

A serial line is a pty behind a link, as udev makes them: pyserial opens it, and it comes back under
another number.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from roomctl import ports
from roomctl.camera import lines
from roomctl.camera.baud import baud_of
from roomctl.camera.profile import CameraTable, shipped
from roomctl.device import Status
from roomctl.errors import PortError, PortReason
from roomctl.simulator.wires import Wire, offer
from roomctl.visca.sim import SimCamera, SimLine
from roomctl.wire import Port
from tests.ports.threads import descriptors, in_use
from tests.steady import SteadyClock, SteadyPort

LIMIT_S = 60.0


class Site:
    """One camera; `scheme` is its wire: serial, tcp, or socket (a serial line over TCP)."""

    def __init__(
        self, folder: Path, scheme: str = "serial", query: str = "?baud=9600", baud: int = 9600
    ) -> None:
        self.clock, self.scheme, self.query = SteadyClock(), scheme, query
        self.camera = SimCamera(shipped()["sony_brc300"])
        self.sim = SimLine([self.camera], baud)
        self.link = folder / "usb-Example_Camera-if00-port0"
        self._wire: Wire | None = None

    @property
    def url(self) -> str:
        """What room.toml says."""
        if self.scheme == "serial":
            return f"serial:{self.link}{self.query}"
        return "tcp://camera:5678" if self.scheme == "tcp" else "serial:socket://camera:4001"

    async def plug(self) -> None:
        kind = "serial" if self.scheme == "serial" else "tcp"
        self._wire = await offer(kind, lambda: self.sim, self.clock)
        if kind == "serial":
            self.link.symlink_to(self._wire.path)

    async def unplug(self) -> None:
        self.link.unlink(missing_ok=True)
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    async def connect(self, name: str, url: str) -> Port:
        """Open `url`; the names of hosts are known here alone."""
        if self.scheme == "serial":
            self.sim.spoken_at(baud_of(url) or 9600)  # a pty has no speed of its own
            return SteadyPort(await ports.connect(name, url), self.clock)
        if self._wire is None:
            raise PortError(url, "there is no such host", PortReason.MISSING)
        real = self._wire.url if self.scheme == "tcp" else f"serial:socket://{self._wire.path}"
        return SteadyPort(await ports.connect(name, real), self.clock)


class Room:
    """The near end: a line with one camera, `front`."""

    def __init__(self, site: Site) -> None:
        self.site, self.sim, self.camera, self.clock = site, site.sim, site.camera, site.clock
        tables = {"front": CameraTable(url=site.url)}
        (self.line,) = lines(tables, site.connect, site.clock, lambda: None)
        self.front = self.line.cameras["front"]

    def online(self) -> bool:
        return self.front.health.status is Status.ONLINE

    async def until(self, true: Callable[[], object]) -> float:
        """Wait until `true`; return how many seconds that took."""
        began = self.clock.mono_s()
        async with asyncio.timeout(LIMIT_S):
            while not true():
                await asyncio.sleep(0.002)
                self.sim.tick(self.clock.mono_s())
        return self.clock.mono_s() - began

    async def cycle(self) -> tuple[float, float]:
        """Pull the cable and plug it in again; return the seconds to offline and to online."""
        await self.site.unplug()
        gone_s = await self.until(lambda: not self.online())
        await self.site.plug()
        return gone_s, await self.until(self.online)


@contextlib.asynccontextmanager
async def room(
    folder: Path, scheme: str = "serial", query: str = "?baud=9600", baud: int = 9600
) -> AsyncIterator[Room]:
    """Run a room whose camera is plugged in and online."""
    site = Site(folder, scheme, query, baud)
    await site.plug()
    made = Room(site)
    running = asyncio.create_task(made.line.run())
    try:
        await made.until(made.online)
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await site.unplug()


def held() -> dict[str, int]:
    """Return what this process holds that an opening could leak."""
    return {
        "threads": in_use(),
        "descriptors": descriptors(),
        "tasks": len(asyncio.all_tasks()),
    }
