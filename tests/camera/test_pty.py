"""The driver through real pyserial on a pty, with the simulated camera at the master's end."""

import asyncio
import contextlib
import os
import time
import tty
from collections.abc import AsyncIterator, Callable

import pytest

from roomctl.camera import CameraLine, lines
from roomctl.camera.profile import shipped
from roomctl.camera.sim import SimCamera, SimLine
from roomctl.clock import SystemClock
from roomctl.config import CameraTable
from roomctl.device import Status
from roomctl.errors import PortClosed
from roomctl.ports import connect
from roomctl.wire import Chunk, Identity, pump

LIMIT_S = 5.0


class Master:
    """A Port on a pty's master, read by the loop."""

    def __init__(self, fd: int) -> None:
        self.fd, self.identity = fd, Identity(url="pty")
        self._chunks: asyncio.Queue[Chunk | None] = asyncio.Queue()
        os.set_blocking(fd, False)
        asyncio.get_running_loop().add_reader(fd, self._readable)

    def _readable(self) -> None:
        # EIO: nobody has the slave open (yet)
        with contextlib.suppress(BlockingIOError, OSError):
            self._chunks.put_nowait(Chunk(os.read(self.fd, 4096), time.monotonic()))
            return
        asyncio.get_running_loop().remove_reader(self.fd)
        self._chunks.put_nowait(None)

    async def read(self) -> Chunk:
        chunk = await self._chunks.get()
        if chunk is None:
            raise PortClosed("pty")
        return chunk

    async def write(self, data: bytes) -> None:
        os.write(self.fd, data)

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.fd)
        os.close(self.fd)


class Rig:
    def __init__(self, line: CameraLine, sim: SimLine) -> None:
        self.line, self.sim, self.clock = line, sim, SystemClock()
        self.front, self.camera = line.cameras["front"], sim.cameras[0]

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not true():
                await asyncio.sleep(0.005)
                self.sim.tick(self.clock.mono_s())


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    fd, slave = os.openpty()
    tty.setraw(slave)
    url = f"serial:{os.ttyname(slave)}?baud=9600"
    sim = SimLine([SimCamera(shipped()["sony_brc300"])], 9600)
    (line,) = lines({"front": CameraTable(url=url)}, connect, SystemClock(), lambda: None)
    master = Master(fd)
    far = asyncio.ensure_future(pump(master, sim, asyncio.Event(), SystemClock()))
    running = asyncio.ensure_future(line.run())
    made = Rig(line, sim)
    try:
        await made.until(lambda: made.front.health.status is Status.ONLINE)
        yield made
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        far.cancel()
        await asyncio.gather(far, return_exceptions=True)
        await master.close()
        os.close(slave)


async def test_a_camera_on_a_real_serial_line_is_recognised_and_driven(rig: Rig) -> None:
    assert rig.front.state.model == "Sony BRC-300"
    rig.front.drive(1, 0.5, 0, lease_s=5)
    await rig.until(lambda: rig.camera.pan_deg > 5)
    asked = rig.clock.mono_s()
    rig.front.stop()
    await rig.until(lambda: not rig.camera.moving)
    assert rig.camera.stopped_at - asked < 0.15
    await rig.until(lambda: not rig.front.state.moving)
    assert rig.front.state.pan_deg == pytest.approx(rig.camera.pan_deg, abs=0.1)


async def test_a_drive_on_a_real_serial_line_ends_with_its_lease(rig: Rig) -> None:
    began = rig.clock.mono_s()
    rig.front.drive(-1, 0, 1)
    await rig.until(lambda: rig.camera.moving)
    await rig.until(lambda: not rig.camera.moving)
    assert rig.camera.stopped_at - began < 0.3 + 0.15
    assert rig.camera.pan_deg < 0


async def test_home_and_presets_on_a_real_serial_line(rig: Rig) -> None:
    rig.camera.presets[1] = (20.0, 5.0, 0)
    await rig.front.recall(2)
    assert rig.camera.pan_deg == pytest.approx(20)
    await rig.front.home()
    await rig.until(lambda: rig.front.state.pan_deg == 0)
