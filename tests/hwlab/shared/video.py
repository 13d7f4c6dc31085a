"""What a USB camera's driver must do, written once and run on every tier.

A tier brings a `Stand`: a socket for one PTZ camera with every control. Knows no video device.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import pytest

from roomctl.camera.camera import Camera
from roomctl.camera.lines import uvc_devices
from roomctl.camera.profile import CameraTable
from roomctl.camera.sim.uvc import SimUvc
from roomctl.camera.uvc.message import ControlId
from roomctl.clock import Clock
from roomctl.device import Status
from roomctl.store import Settings
from roomctl.wire import Port

LIMIT_S = 30.0  # ten times what an emulated processor needs
STEP_DEG = 0.1
EXPOSURES = {"manual": 1, "auto": 3}  # entries of the menu that the camera has


class Stand(Protocol):
    """A socket for one USB camera; `url` is what room.toml says of it."""

    url: str
    clock: Clock

    async def connect(self, name: str, url: str) -> Port:
        """Open a port as the room does."""

    async def plug(self) -> None: ...
    async def unplug(self) -> None: ...
    def camera(self) -> SimUvc:
        """Return the camera as it is now."""

    def refuse(self, on: bool) -> None:
        """Refuse what is asked of its controls, or no longer."""


@asynccontextmanager
async def driven(stand: Stand) -> AsyncIterator[Camera]:
    """Run the driver of the camera at `stand`, which is online when the block begins."""
    tables = {"front": CameraTable(url=stand.url)}
    (device,) = uvc_devices(tables, stand.connect, stand.clock, lambda: None, Settings())
    running = asyncio.create_task(device.run())
    try:
        await until(lambda: online(device.camera))
        yield device.camera
    finally:
        await device.make_safe()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def online(camera: Camera) -> bool:
    return camera.health.status is Status.ONLINE


async def until(fact: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not fact():
            await asyncio.sleep(0.005)


async def it_goes_to_degrees_and_clamps_beyond_its_end_stops(stand: Stand) -> None:
    await stand.plug()
    async with driven(stand) as front:
        reached = await front.goto(pan_deg=20, tilt_deg=-10, zoom_pct=50)
        there = stand.camera()
        assert (there.pan_deg, there.tilt_deg, there.zoom_pct) == (20, -10, 50)
        assert reached.clamped == ()
        reached = await front.goto(pan_deg=999)
        assert (stand.camera().pan_deg, reached.clamped) == (130, ("pan",))


async def a_drive_moves_it_and_a_stop_stops_it(stand: Stand) -> None:
    await stand.plug()
    async with driven(stand) as front:
        front.drive(1, -0.5, 0, lease_s=LIMIT_S)
        await until(lambda: stand.camera().pan_deg > 3 and stand.camera().tilt_deg < -1)
        front.stop()
        await until(lambda: not stand.camera().moving)
        stood = stand.camera().pan_deg
        await until(lambda: front.state.pan_deg == pytest.approx(stood, abs=STEP_DEG))


async def a_drive_that_is_not_renewed_ends(stand: Stand) -> None:
    await stand.plug()
    async with driven(stand) as front:
        front.drive(-1, 0, 0, lease_s=0.3)
        await until(lambda: stand.camera().moving)
        await until(lambda: not stand.camera().moving)


async def a_place_that_the_room_keeps_is_found_again(stand: Stand) -> None:
    await stand.plug()
    async with driven(stand) as front:
        await front.goto(pan_deg=30, zoom_pct=75)
        await front.store(1)
        await front.home()
        assert stand.camera().pan_deg == 0
        await front.recall(1)
        assert (stand.camera().pan_deg, stand.camera().zoom_pct) == (30, 75)


async def how_it_sees_can_be_set(stand: Stand) -> None:
    await stand.plug()
    async with driven(stand) as front:
        await front.focus_to(100)
        assert stand.camera().value(ControlId.FOCUS_AUTO) == 0
        await until(lambda: stand.camera().value(ControlId.FOCUS_ABSOLUTE) == 255)
        for mode, entry in EXPOSURES.items():
            await front.exposure(mode)
            assert stand.camera().value(ControlId.EXPOSURE_AUTO) == entry
        for balance in ("manual", "auto"):
            await front.white_balance(balance)
            assert stand.camera().value(ControlId.AUTO_WHITE_BALANCE) == int(balance == "auto")


async def unplugged_in_mid_move_it_is_told_and_stands_when_it_is_back(stand: Stand) -> None:
    await stand.plug()
    async with driven(stand) as front:
        front.drive(1, 0, 0, lease_s=LIMIT_S)
        await until(lambda: stand.camera().moving)
        await stand.unplug()
        await until(lambda: front.health.status is Status.OFFLINE)
        await stand.plug()
        await until(lambda: online(front) and not front.stopping)
        assert not stand.camera().moving


async def what_it_refuses_is_told_and_a_stop_is_said_again(stand: Stand) -> None:
    await stand.plug()
    async with driven(stand) as front:
        front.drive(1, 0, 0, lease_s=LIMIT_S)
        await until(lambda: stand.camera().moving)
        stand.refuse(True)
        front.stop()
        await until(lambda: front.health.reason == "no_reply")
        assert stand.camera().moving
        stand.refuse(False)
        await until(lambda: online(front) and not stand.camera().moving)


Scenario = Callable[[Stand], Awaitable[None]]

SCENARIOS: tuple[Scenario, ...] = (
    it_goes_to_degrees_and_clamps_beyond_its_end_stops,
    a_drive_moves_it_and_a_stop_stops_it,
    a_drive_that_is_not_renewed_ends,
    a_place_that_the_room_keeps_is_found_again,
    how_it_sees_can_be_set,
    unplugged_in_mid_move_it_is_told_and_stands_when_it_is_back,
    what_it_refuses_is_told_and_a_stop_is_said_again,
)
