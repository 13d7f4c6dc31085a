"""The driver on real wires: pyserial on a pty, TCP; the simulated camera at the other end."""

import os
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.camera.site import Room, held, room

pytestmark = pytest.mark.real
OFFLINE_S, BACK_S = 1.0, 2.0
STOP_S = 0.5  # ten times what it needs


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Room]:
    async with room(tmp_path) as made:
        yield made


async def test_a_camera_on_a_real_serial_line_is_recognised_and_driven(rig: Room) -> None:
    assert rig.front.state.model == "Sony BRC-300"
    rig.front.drive(1, 0.5, 0, lease_s=5)
    await rig.until(lambda: rig.camera.pan_deg > 5)
    asked = rig.clock.mono_s()
    rig.front.stop()
    await rig.until(lambda: not rig.camera.moving)
    assert rig.camera.stopped_at - asked < STOP_S
    await rig.until(lambda: not rig.front.state.moving)
    assert rig.front.state.pan_deg == pytest.approx(rig.camera.pan_deg, abs=0.1)


async def test_a_drive_on_a_real_serial_line_ends_with_its_lease(rig: Room) -> None:
    began = rig.clock.mono_s()
    rig.front.drive(-1, 0, 1)
    await rig.until(lambda: rig.camera.moving)
    await rig.until(lambda: not rig.camera.moving)
    assert rig.camera.stopped_at - began < 0.3 + STOP_S
    assert rig.camera.pan_deg < 0


async def test_home_and_presets_on_a_real_serial_line(rig: Room) -> None:
    rig.camera.presets[1] = (20.0, 5.0, 0)
    await rig.front.recall(2)
    assert rig.camera.pan_deg == pytest.approx(20)
    await rig.front.home()
    await rig.until(lambda: rig.front.state.pan_deg == 0)


@pytest.mark.parametrize("scheme", ["serial", "tcp", "socket"])
async def test_unplugged_cameras_are_soon_offline_soon_back_and_nothing_leaks(
    tmp_path: Path, scheme: str
) -> None:
    async with room(tmp_path, scheme) as rig:
        for _ in range(3):  # what is made once for all, is made
            await rig.cycle()
        before = held()
        for _ in range(5):
            pulled = rig.clock.mono_s()
            gone_s, back_s = await rig.cycle()
            assert gone_s < OFFLINE_S
            assert back_s < BACK_S
            await rig.until(lambda: rig.front.state.pan_deg is not None)
            heard = [frame for at, frame in rig.sim.heard if at > pulled]
            cleared = next(i for i, frame in enumerate(heard) if frame.endswith("010001ff"))
            stop = heard.index("8101060118140303ff")
            for question in ("81090002ff", "81090400ff", "81090612ff"):  # version, power, position
                assert cleared < stop < heard.index(question, cleared)
        # What served the last connection may still be on its way out; one task may have been
        # between two reads when they were counted. What leaks, leaks at every cycle.
        await rig.until(lambda: held()["tasks"] <= before["tasks"] + 1)
        await rig.until(lambda: held()["descriptors"] == before["descriptors"])
        after = held()
    assert after["descriptors"] == before["descriptors"]
    assert after["tasks"] <= before["tasks"] + 1
    assert after["threads"] <= before["threads"] + 1  # the pool may keep one more, for all ports


async def test_a_drive_that_an_unplug_interrupts_is_stopped_when_the_line_is_back(
    rig: Room,
) -> None:
    rig.front.drive(1, 0, 0, lease_s=60)
    await rig.until(lambda: rig.camera.moving)
    await rig.site.unplug()
    await rig.until(lambda: not rig.online())
    assert rig.camera.moving
    await rig.site.plug()
    assert await rig.until(lambda: not rig.camera.moving) < BACK_S
    await rig.until(lambda: rig.front.state.pan_deg == pytest.approx(rig.camera.pan_deg, abs=0.1))


async def test_the_speed_of_a_real_line_is_found_and_set(tmp_path: Path) -> None:
    async with room(tmp_path, query="", baud=38400) as rig:
        assert rig.front.health.detail == "answers at 38400 baud"
        line = os.open(rig.site.link, os.O_RDWR | os.O_NOCTTY)
        speed = termios.tcgetattr(line)[5]
        os.close(line)
        assert speed == termios.B38400
