"""A device is opened, lost and opened again; what it is does not matter here."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from roomctl.clock import Clock
from roomctl.device import FIRST_WAIT_S, FLOODED_WAIT_S, LONGEST_WAIT_S, Device, Status
from roomctl.errors import PortError, PortFlooded, PortReason
from roomctl.wire import Chunk, Identity, Machine, Port, pair
from tests.invented import LoopClock, invented

URL = "serial:/dev/ttyUSB0"


class Listener:
    """A machine that proves its device with everything it hears."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def receive(self, chunk: Chunk) -> None:
        if chunk.data == b"bad":
            raise ValueError("a fault of ours")
        self._device.proven()

    def tick(self, now: float) -> None: ...
    def due(self) -> float | None: ...
    def outbox(self, now: float) -> bytes | None: ...
    def sent(self, now: float) -> None: ...
    def failed(self, now: float, why: str) -> None: ...


class Thing(Device):
    kind = "thing"
    losses = 0

    def machine(self, identity: Identity) -> Machine:
        return Listener(self)

    def lost(self) -> None:
        self.losses += 1


class Sticky:
    """A port that is gone at once, and closed only after a while."""

    def __init__(self, port: Port) -> None:
        self._port, self.identity = port, port.identity

    async def read(self) -> Chunk:
        return await self._port.read()

    async def write(self, data: bytes) -> None:
        await self._port.write(data)

    async def close(self) -> None:
        await asyncio.sleep(5)
        await self._port.close()


class Socket:
    """Where the thing is plugged in, or not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.trouble: PortError | None = None
        self.tried_at: list[float] = []
        self.fails_after_s = 0.0
        self.sticky = False
        self.far: Port | None = None

    async def connect(self, name: str, url: str) -> Port:
        self.tried_at.append(self._clock.mono_s())
        if self.trouble is not None:
            await asyncio.sleep(self.fails_after_s)
            raise self.trouble
        near, self.far = pair(url, self._clock)
        return Sticky(near) if self.sticky else near

    async def unplug(self) -> None:
        self.trouble = PortError(URL, "is not there", PortReason.MISSING)
        if self.far is not None:
            await self.far.close()

    async def say(self, data: bytes) -> None:
        assert self.far is not None
        await self.far.write(data)
        await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def running(trouble: PortError | None = None) -> AsyncIterator[tuple[Thing, Socket]]:
    clock = LoopClock()
    socket = Socket(clock)
    socket.trouble = trouble
    thing = Thing("thing", URL, socket.connect, clock, lambda: None)
    task = asyncio.create_task(thing.run())
    await asyncio.sleep(0.001)
    try:
        yield thing, socket
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


MISSING = PortError(URL, "is not there", PortReason.MISSING)


@invented
async def test_an_open_port_alone_proves_nothing() -> None:
    async with running() as (thing, socket):
        await asyncio.sleep(60)
        assert thing.health.status is Status.STARTING
        await socket.say(b"x")
        assert thing.health.status is Status.ONLINE


@invented
async def test_the_pauses_between_attempts_grow_up_to_their_limit() -> None:
    async with running(MISSING) as (_, socket):
        await asyncio.sleep(20)
    tries = socket.tried_at
    pauses = [round(b - a, 6) for a, b in pairwise(tries)]
    assert pauses[:3] == [2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S, LONGEST_WAIT_S]
    assert set(pauses[2:]) == {LONGEST_WAIT_S}


@invented
async def test_a_device_that_was_online_is_looked_for_soon() -> None:
    async with running() as (thing, socket):
        await socket.say(b"x")
        await asyncio.sleep(10)
        await socket.unplug()
        await asyncio.sleep(FIRST_WAIT_S + 0.1)
        assert thing.health.status is Status.OFFLINE
        assert len(socket.tried_at) == 2


@invented
async def test_an_opening_that_takes_long_to_fail_counts_as_the_pause() -> None:
    async with running() as (_, socket):
        await socket.unplug()
        socket.fails_after_s = 2.0
        await asyncio.sleep(60)
    pauses = [b - a for a, b in pairwise(socket.tried_at[2:])]
    assert len(pauses) > 25
    assert max(pauses) < 2.0 + 0.1


@invented
async def test_a_device_is_offline_at_once_even_if_its_port_is_slow_to_close() -> None:
    async with running() as (thing, socket):
        await socket.unplug()
        socket.trouble, socket.sticky = None, True
        await asyncio.sleep(5)
        await socket.say(b"x")
        assert thing.health.status is Status.ONLINE
        await socket.unplug()
        await asyncio.sleep(0.01)
        assert (thing.health.status, thing.losses) == (Status.OFFLINE, 2)


@invented
async def test_a_lost_device_is_logged_once_and_once_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "roomctl.device")
    async with running() as (_, socket):
        await socket.say(b"x")
        await socket.unplug()
        await asyncio.sleep(3600)
        socket.trouble = None
        await asyncio.sleep(2)
        await socket.say(b"x")
        await socket.say(b"x")
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", f"thing: lost: {URL}: the other end hung up"),
        ("INFO", "thing: back"),
    ]


@invented
async def test_the_reason_follows_and_the_instant_of_the_loss_stays() -> None:
    async with running() as (thing, socket):
        await socket.say(b"x")
        await socket.unplug()
        await asyncio.sleep(0.01)
        since = thing.health.since
        assert thing.health.reason == "closed"
        await asyncio.sleep(5)
        assert (thing.health.reason, thing.health.since) == ("missing", since)
        assert thing.health.detail == f"{URL}: is not there"


@invented
async def test_a_device_that_stops_answering_is_offline_with_its_port_open() -> None:
    async with running() as (thing, socket):
        await socket.say(b"x")
        thing.unproven("no_reply", "thing: no answer within 3 s")
        assert (thing.health.status, thing.health.reason) == (Status.OFFLINE, "no_reply")
        assert thing.losses == 0
        await socket.say(b"x")
        assert thing.health.status is Status.ONLINE
        assert thing.health.reason is None


@invented
async def test_what_was_known_is_forgotten_with_every_loss() -> None:
    async with running() as (thing, socket):
        await socket.say(b"x")
        await socket.unplug()
        await asyncio.sleep(0.01)
        assert thing.losses == 1


@invented
async def test_a_port_that_can_never_work_is_tried_seldom() -> None:
    trouble = PortError(URL, "is not a speakerphone", PortReason.UNSUPPORTED)
    async with running(trouble) as (_, socket):
        await asyncio.sleep(15)
    assert len(socket.tried_at) == 11


@invented
async def test_a_device_that_floods_its_wire_is_left_alone_for_a_minute() -> None:
    async with running(PortFlooded(URL, "sends more than 960 bytes a second")) as (thing, socket):
        await asyncio.sleep(1)
        assert (thing.health.status, thing.health.reason) == (Status.OFFLINE, "flooded")
        await asyncio.sleep(FLOODED_WAIT_S - 2)
        assert len(socket.tried_at) == 1
        socket.trouble = None
        await asyncio.sleep(4)
        assert len(socket.tried_at) == 2
        await socket.say(b"x")
        assert thing.health.status is Status.ONLINE


@invented
async def test_a_machine_that_raises_ends_its_device_and_closes_its_port() -> None:
    clock = LoopClock()
    socket = Socket(clock)
    thing = Thing("thing", URL, socket.connect, clock, lambda: None)
    task = asyncio.create_task(thing.run())
    await asyncio.sleep(0.001)
    await socket.say(b"bad")
    with pytest.raises(ValueError, match="a fault of ours"):
        await task
    assert thing.losses == 1
    assert socket.far is not None
    with pytest.raises(PortError):
        await socket.far.write(b"x")


@invented
async def test_a_device_that_is_left_alone_is_not_taken_for_hung() -> None:
    thing = Thing("thing", URL, Socket(LoopClock()).connect, LoopClock(), lambda: None)
    waiting = asyncio.create_task(thing.leave_alone(60.0))
    began = asyncio.get_running_loop().time()
    while not waiting.done():
        await asyncio.sleep(7.0)
        assert waiting.done() or thing.went_round_at is not None
        thing.went_round_at = None
    assert asyncio.get_running_loop().time() - began == pytest.approx(63.0, abs=0.1)
