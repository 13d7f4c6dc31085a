"""The same work through roomctl and through clients that others wrote, on real wires.

`pyvisca` on a pseudo-terminal and `visca-over-ip` on a UDP port of loopback, both as published, and
roomctl's own driver on the same. A hand asks for another speed 125 times a second, or as often as
the client lets it, and then lets go; the simulated camera takes one message per video cycle, and
on the pseudo-terminal every byte takes its time at 9600 baud. What counts is when the camera
stands still.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from statistics import mean
from typing import Protocol

from pyvisca.visca import PTZ
from visca_over_ip import Camera as OverIpClient

from benchmarks.report import Figure
from roomctl.camera import Camera, lines
from roomctl.camera.profile import CameraTable, shipped
from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.ports import connect
from roomctl.simulator.wires import Wire, offer
from roomctl.visca.sim import SimCamera, SimIp, SimLine

MODEL = "sony_srg300h"
JOYSTICK_S = 1 / 125
TURNS = 20
LIMIT_S = 10.0
_STOP = "06 01 18 14 03 03"


class Hand(Protocol):
    """What moves a camera; each call returns when the client lets go of the caller."""

    async def move(self, speed: int) -> None: ...
    async def stop(self) -> None: ...


@dataclass(slots=True)
class Room:
    """roomctl's own driver."""

    camera: Camera

    async def move(self, speed: int) -> None:
        self.camera.drive(-speed / 0x18, 0, 0)

    async def stop(self) -> None:
        self.camera.stop()


@dataclass(slots=True)
class Serial:
    """pyvisca, which writes and never listens."""

    client: PTZ

    async def move(self, speed: int) -> None:
        await asyncio.to_thread(self.client.left, speed)

    async def stop(self) -> None:
        await asyncio.to_thread(self.client.stop)


@dataclass(slots=True)
class Network:
    """visca-over-ip, which waits for each ACK.

    Its own stop has the speed 00, which cameras refuse; it is made to send a good one.
    """

    client: OverIpClient

    async def move(self, speed: int) -> None:
        await asyncio.to_thread(self.client.pantilt, speed, 0x14)

    async def stop(self) -> None:
        await asyncio.to_thread(self.client._send_command, _STOP)  # noqa: SLF001 - see above


@dataclass(slots=True)
class Seen:
    """What became of it at the camera."""

    stops_ms: list[float] = field(default_factory=list)
    messages: int = 0
    held_s: float = 0.0


def figures() -> list[Figure]:
    """Drive and stop one simulated camera through each."""
    return asyncio.run(_figures())


async def _figures() -> list[Figure]:
    found = []
    for wire, ours, others in (
        ("serial 9600", _room("serial"), _serial()),
        ("udp", _room("visca-ip"), _network()),
    ):
        name = "pyvisca" if wire.startswith("serial") else "visca-over-ip"
        us, them = await _measured(ours), await _measured(others)
        found += _compared(wire, name, us, them)
    return found


def _compared(wire: str, name: str, us: Seen, them: Seen) -> list[Figure]:
    means = f"from letting go to the camera's halt, {TURNS} holds; real time, so with its noise"
    return [
        Figure(
            f"stop, {wire}, mean",
            mean(us.stops_ms),
            "ms",
            mean(them.stops_ms),
            f"ms, {name}",
            means,
        ),
        Figure(f"stop, {wire}, max", max(us.stops_ms), "ms", max(them.stops_ms), f"ms, {name}"),
        Figure(
            f"messages, {wire}",
            us.messages / us.held_s,
            "/s",
            them.messages / them.held_s,
            f"/s, {name}",
            "taken by the camera while it is held; roomctl's are moves and questions",
        ),
    ]


Seat = tuple[Hand, SimCamera, SimLine | SimIp]


async def _measured(seat: contextlib.AbstractAsyncContextManager[Seat]) -> Seen:
    chance, seen, clock = random.Random(3), Seen(), SystemClock()
    async with seat as (hand, camera, far):
        for _ in range(TURNS):
            before, began = camera.frames_taken, clock.mono_s()
            end = began + chance.uniform(0.4, 0.8)
            while (now := clock.mono_s()) < end:
                await hand.move(chance.randint(1, 0x18))
                wait_s = min(now + JOYSTICK_S, end) - clock.mono_s()
                await asyncio.sleep(max(0.0, wait_s))
            seen.messages += camera.frames_taken - before
            seen.held_s += clock.mono_s() - began
            await hand.stop()
            seen.stops_ms.append(1000 * (await _halt(camera, far, end) - end))
    return seen


async def _halt(camera: SimCamera, far: SimLine | SimIp, let_go: float) -> float:
    """Wait until the camera has stopped, and nothing more is on its way; return when it did."""
    await _until(lambda: (camera.stopped_at or 0.0) > let_go and far.due() is None)
    return camera.stopped_at or 0.0


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not true():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def _room(scheme: str) -> AsyncIterator[Seat]:
    clock, camera, far, wire = await _camera(scheme)
    url = f"{wire.url}?baud=9600" if scheme == "serial" else wire.url
    (line,) = lines({"front": CameraTable(url=url)}, connect, clock, lambda: None)
    running = asyncio.ensure_future(line.run())
    try:
        front = line.cameras["front"]
        await _until(lambda: front.health.status is Status.ONLINE and far.due() is None)
        yield Room(front), camera, far
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await wire.close()


@contextlib.asynccontextmanager
async def _serial() -> AsyncIterator[Seat]:
    _, camera, far, wire = await _camera("serial")
    client = PTZ(wire.path)
    try:
        yield Serial(client), camera, far
    finally:
        client.close()
        await wire.close()


@contextlib.asynccontextmanager
async def _network() -> AsyncIterator[Seat]:
    _, camera, far, wire = await _camera("visca-ip")
    host, _, port = wire.path.rpartition(":")
    client = await asyncio.to_thread(OverIpClient, host, int(port))
    try:
        yield Network(client), camera, far
    finally:
        client.close_connection()
        await wire.close()


async def _camera(scheme: str) -> tuple[SystemClock, SimCamera, SimLine | SimIp, Wire]:
    clock, camera = SystemClock(), SimCamera(shipped()[MODEL])
    far = SimLine([camera], 9600) if scheme == "serial" else SimIp(camera)
    return clock, camera, far, await offer(scheme, lambda: far, clock)
