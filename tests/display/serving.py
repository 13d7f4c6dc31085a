"""Simulated displays at the end of a wire: in memory, and on a TCP port of localhost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from roomctl.clock import Clock, SystemClock
from roomctl.display.sim import SimDisplay, SimPjLink
from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.wire import Chunk, Machine, Port, pair, pump


class Bench:
    """Connects a driver to a simulated display in memory; `there` False: nothing listens."""

    def __init__(self, line: Callable[[float], Machine], clock: Clock) -> None:
        self.there = True
        self.opened = 0
        self._line, self._clock = line, clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._far: Port | None = None

    async def connect(self, name: str, url: str) -> Port:
        if not self.there or url.startswith("udp-from:"):
            raise PortError(url, "nobody is there", PortReason.MISSING)
        self.opened += 1
        near, far = pair(url, self._clock)
        self._far = far
        task = asyncio.ensure_future(self._serve(far))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return near

    async def unplug(self) -> None:
        if self._far is not None:
            await self._far.close()

    async def _serve(self, far: Port) -> None:
        machine = self._line(self._clock.mono_s())
        talking = asyncio.ensure_future(pump(far, machine, asyncio.Event(), self._clock))
        while not talking.done():
            await asyncio.sleep(0.1)
            if getattr(machine, "hung_up", False):
                await far.close()
        with suppress(PortClosed):
            await talking


@asynccontextmanager
async def on_tcp(display: SimDisplay) -> AsyncIterator[int]:
    """Serve a projector on a free port, one client at a time as many do; yield the port."""
    clock = SystemClock()
    busy = asyncio.Lock()
    talks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        if not busy.locked():
            async with busy:
                with suppress(ConnectionError):
                    await _talk(SimPjLink(display, clock.mono_s()), reader, writer, clock)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        async with asyncio.timeout(60):
            await asyncio.gather(*(talk for talk in talks if talk is not None))


async def _talk(
    line: SimPjLink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, clock: Clock
) -> None:
    data = b""
    while True:
        if data:
            line.receive(Chunk(data, clock.mono_s()))
        while (said := line.outbox(clock.mono_s())) is not None:
            writer.write(said)
        await writer.drain()
        if line.hung_up:
            return
        data = await reader.read(1024)
        if not data:
            return
