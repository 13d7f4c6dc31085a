"""A USB camera on uvcvideo: its controls by V4L2, its pictures, and a cable that is pulled."""

from __future__ import annotations

import subprocess

import pytest

from roomctl.camera.sim.uvc import SimUvc
from roomctl.clock import SystemClock
from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.ports import connect
from roomctl.wire import Port, in_thread
from tests.hwlab.devices.usbip import Plugged
from tests.hwlab.devices.uvc import Camera, jpeg
from tests.hwlab.scenarios.conftest import Plug, run
from tests.hwlab.shared.video import SCENARIOS, Scenario, driven, until

NODE = "/dev/video0"
DRIVERS = ("uvcvideo",)


class UvcStand:
    """A camera over USB/IP; it outlives an unplug, but not its power."""

    url = f"v4l2:{NODE}"
    clock = SystemClock()

    def __init__(self, plug: Plug) -> None:
        self._plug = plug
        self.sim = SimUvc()
        self.device = Camera(self.sim)
        self._plugged: Plugged | None = None

    async def connect(self, name: str, url: str) -> Port:
        return await connect(name, url)

    async def plug(self) -> None:
        self.device = Camera(self.sim)
        self._plugged = await in_thread(self._plug, self.device)

    async def unplug(self) -> None:
        assert self._plugged is not None
        await in_thread(self._plugged.unplug)
        self.sim.lose_power()

    def camera(self) -> SimUvc:
        self.device.look(lambda sim: sim.moving)
        return self.sim

    def refuse(self, on: bool) -> None:
        self.sim.stalled = on


@pytest.fixture(scope="module", autouse=True)
def cameras(vhci: None) -> None:
    run("modprobe", *DRIVERS)


@pytest.fixture
def stand(plug: Plug) -> UvcStand:
    return UvcStand(plug)


def streaming(count: int) -> subprocess.Popen[str]:
    """Have another program take `count` pictures."""
    command = ["v4l2-ctl", "-d", NODE, "--stream-mmap", f"--stream-count={count}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
async def test_uvc(scenario: Scenario, stand: UvcStand) -> None:
    await scenario(stand)


async def test_a_picture_is_the_cameras_jpeg(stand: UvcStand) -> None:
    await stand.plug()
    port = await connect("front", f"picture:{NODE}")
    picture = (await port.read()).data
    await port.close()
    assert picture in [jpeg(number) for number in range(1, stand.device.pictures + 1)]


async def test_while_another_program_has_the_picture_its_controls_can_be_used(
    stand: UvcStand,
) -> None:
    await stand.plug()
    with streaming(100_000) as other:
        await until(lambda: stand.device.pictures > 5)
        with pytest.raises(PortError, match="in use by another program") as refused:
            await connect("front", f"picture:{NODE}")
        assert refused.value.reason is PortReason.BUSY
        async with driven(stand) as front:
            await front.goto(pan_deg=15)
            assert stand.camera().pan_deg == 15
        assert other.poll() is None
        other.kill()


async def test_a_setting_of_another_program_is_reported(stand: UvcStand) -> None:
    await stand.plug()
    async with driven(stand) as front:
        await in_thread(run, "v4l2-ctl", "-d", NODE, "-c", "pan_absolute=36000")
        await until(lambda: front.state.pan_deg == pytest.approx(10, abs=0.1))


async def test_a_listener_is_told_of_an_unplug(stand: UvcStand) -> None:
    await stand.plug()
    port = await connect("front", stand.url)
    await stand.unplug()
    with pytest.raises(PortClosed, match="is it plugged in"):
        await port.read()
    await port.close()


async def test_an_absent_camera_is_missing(stand: UvcStand) -> None:
    with pytest.raises(PortError, match="there is no /dev/video0") as refused:
        await connect("front", stand.url)
    assert refused.value.reason is PortReason.MISSING
