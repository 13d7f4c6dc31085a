"""What a camera's driver must do on a serial line, written once and run on every tier.

A tier brings a `Road`: a cable that can be pulled, with a simulated camera at its end. Knows no
kind of adapter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import pytest

from roomctl.camera import Camera, lines
from roomctl.camera.profile import CameraTable
from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.visca.sim import SimCamera
from roomctl.wire import Port

LIMIT_S = 30.0  # ten times what an emulated processor needs
STOPPED_S = 1.0


class Road(Protocol):
    """A cable to one camera, a Sony BRC-300; `url` is what room.toml says of it.

    `open_url` leaves the speed open.
    """

    url: str
    open_url: str
    camera: SimCamera

    async def connect(self, name: str, url: str) -> Port:
        """Open a port as the room does."""

    async def plug(self, baud: int = 9600) -> None:
        """Plug in the cable; the camera is set to `baud`."""

    async def unplug(self) -> None: ...
    def node(self) -> str:
        """Return the kernel's name of the line that is there now."""

    def elapse(self) -> None:
        """Bring what the camera shows up to date."""


@asynccontextmanager
async def driven(road: Road, url: str | None = None) -> AsyncIterator[Camera]:
    """Run the driver of the camera on `road`, which is online when the block begins."""
    tables = {"front": CameraTable(url=url or road.url)}
    (line,) = lines(tables, road.connect, SystemClock(), lambda: None)
    running = asyncio.create_task(line.run())
    front = line.cameras["front"]
    try:
        await until(road, lambda: online(front))
        yield front
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def online(camera: Camera) -> bool:
    return camera.health.status is Status.ONLINE


async def until(road: Road, fact: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not fact():
            await asyncio.sleep(0.005)
            road.elapse()


async def a_drive_moves_the_camera_and_a_stop_stops_it(road: Road) -> None:
    await road.plug()
    async with driven(road) as front:
        assert front.state.model == "Sony BRC-300"
        front.drive(1, 0.5, 0, lease_s=LIMIT_S)
        await until(road, lambda: road.camera.pan_deg > 3)
        asked = SystemClock().mono_s()
        front.stop()
        await until(road, lambda: not road.camera.moving)
        assert road.camera.stopped_at is not None
        assert road.camera.stopped_at - asked < STOPPED_S
        await until(
            road, lambda: front.state.pan_deg == pytest.approx(road.camera.pan_deg, abs=0.1)
        )


async def a_preset_is_stored_and_recalled(road: Road) -> None:
    await road.plug()
    async with driven(road) as front:
        await front.goto(pan_deg=20.0)
        await front.store(2)
        await front.home()
        assert road.camera.pan_deg == pytest.approx(0, abs=0.1)
        await front.recall(2)
        assert road.camera.pan_deg == pytest.approx(20, abs=0.1)


async def a_camera_pulled_in_mid_move_is_found_under_another_name_and_stopped(road: Road) -> None:
    await road.plug()
    async with driven(road) as front:
        before = road.node()
        front.drive(1, 0, 0, lease_s=LIMIT_S)
        await until(road, lambda: road.camera.moving)
        await road.unplug()
        await until(road, lambda: not online(front))
        assert road.camera.moving
        await road.plug()
        assert road.node() != before
        await until(road, lambda: online(front) and not road.camera.moving)


async def the_speed_that_a_camera_is_set_to_is_found(road: Road) -> None:
    await road.plug(baud=38400)
    async with driven(road, road.open_url) as front:
        assert front.health.detail == "answers at 38400 baud"


Scenario = Callable[[Road], Awaitable[None]]

SCENARIOS: tuple[Scenario, ...] = (
    a_drive_moves_the_camera_and_a_stop_stops_it,
    a_preset_is_stored_and_recalled,
    a_camera_pulled_in_mid_move_is_found_under_another_name_and_stopped,
    the_speed_that_a_camera_is_set_to_is_found,
)
