"""A room's camera line on a real pty, and a camera at its end that shares no code with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from roomctl import ports
from roomctl.camera import lines
from roomctl.camera.camera import Camera
from roomctl.camera.profile import CameraTable
from roomctl.device import Status
from roomctl.errors import UnknownOutcome
from roomctl.wire import Port
from tests.steady import SteadyClock, SteadyPort
from tests.visca.foreign import ACK, DRIVE, ForeignLine, Reply, served

pytestmark = pytest.mark.real
LIMIT_S = 120.0
WHERE = b"\x09\x06\x12"


class Bench:
    """One camera, its line, and a stick."""

    def __init__(self, far: ForeignLine, front: Camera, clock: SteadyClock) -> None:
        self.far, self.front, self.clock = far, front, clock

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not true():
                await asyncio.sleep(0.005)

    async def push(self, moves: int) -> float:
        """Push until the camera took so many moves more; return how long that took."""
        began, wanted, n = self.clock.mono_s(), len(self.far.camera.moves) + moves, 0
        async with asyncio.timeout(LIMIT_S):
            while len(self.far.camera.moves) < wanted:
                n += 1
                self.front.drive((-1) ** n * (0.3 + n % 23 / 40), n % 19 / 40, 0, lease_s=5)
                await asyncio.sleep(0.008)
        return self.clock.mono_s() - began


@contextlib.asynccontextmanager
async def bench(baud: int = 9600) -> AsyncIterator[Bench]:
    clock, far = SteadyClock(), ForeignLine(baud=baud)

    async def connect(name: str, url: str) -> Port:
        return SteadyPort(await ports.connect(name, url), clock)

    async with served(far, clock.mono_s) as path:
        tables = {"front": CameraTable(url=f"serial:{path}?baud={baud}")}
        (line,) = lines(tables, connect, clock, lambda: None)
        running = asyncio.create_task(line.run())
        made = Bench(far, line.cameras["front"], clock)
        try:
            await made.until(lambda: made.front.health.status is Status.ONLINE)
            yield made
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_lost_ack_does_not_slow_the_rest_of_a_hold_on_a_real_line() -> None:
    async with bench() as rig:
        before_s = await rig.push(100)
        lost: list[Reply] = []

        def lose(reply: Reply) -> bool:
            is_first = reply.kind == ACK and reply.about.startswith(DRIVE) and not lost
            lost.extend([reply] * is_first)
            return is_first

        rig.far.lose = lose
        after_s = await rig.push(100)
        assert lost
        assert after_s < 5 * before_s  # each move waited for a quarter of a second: twelve times
        rig.front.stop()
        await rig.until(lambda: not rig.far.camera.moving and not rig.front.stopping)


async def test_a_stop_whose_replies_get_lost_is_said_again_on_a_real_line() -> None:
    async with bench() as rig:
        await rig.push(20)
        rig.far.lose = lambda reply: reply.kind == ACK and len(rig.far.lost) < 3
        rig.front.stop()
        await rig.until(lambda: not rig.far.camera.moving and not rig.front.stopping)
        assert len(rig.far.lost) == 3


async def test_old_degrees_are_never_told_as_read_back_on_a_real_line() -> None:
    async with bench(38400) as rig:
        await rig.front.goto(20.0, 0.0)
        assert rig.front.state.pan_deg == pytest.approx(20.0, abs=0.1)
        rig.far.lose = lambda reply: reply.about == WHERE
        with pytest.raises(UnknownOutcome, match="does not report its position"):
            await rig.front.goto(-40.0, 0.0)
        assert rig.far.camera.pan_deg == pytest.approx(-40.0, abs=0.1)
        await rig.until(lambda: rig.front.state.pan_deg is None and rig.front.unread)
        rig.far.lose = lambda _: False
        await rig.until(lambda: rig.front.state.pan_deg is not None)
        assert rig.front.state.pan_deg == pytest.approx(-40.0, abs=0.1)
        assert not rig.front.unread
