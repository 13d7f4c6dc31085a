"""A camera that says more than it can have to say: the loop goes on, it is hung up, and it is said.

What floods is a socket of this box: another thread writes to it, at most so much and so long.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from roomctl.camera.lines import lines
from roomctl.camera.profile import CameraTable
from roomctl.clock import SystemClock
from roomctl.device import Device, Status
from roomctl.ports import connect
from roomctl.wire import NETWORK, TURN, Chunk, Identity, Port

pytestmark = pytest.mark.real

LIMIT_S = 60.0
MOST = 50_000_000  # bytes that a flood has

ACK, DONE, WHERE = "9041ff", "9051ff", "90500101010102020202ff"
BYTES = "byte by byte"
FLOODS = {
    "frames": bytes.fromhex(ACK + DONE + WHERE) * 800,
    "junk": bytes(range(254, -1, -1)) * 64,
    "no end": b"\x90\x50" + bytes(16_000),
    "notices": bytes.fromhex("900702ff") * 4000,
    BYTES: bytes.fromhex(ACK + DONE + WHERE),
}


class Flood:
    """A server that floods each who connects; `calls`: how many did."""

    def __init__(self, what: str) -> None:
        self._what, self.calls, self.said = what, 0, 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(LIMIT_S)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self._server.getsockname()[1]}"

    def close(self) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(LIMIT_S)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while not self._ended.is_set():
                near, _ = self._server.accept()
                self.calls += 1
                with near, contextlib.suppress(OSError):
                    near.settimeout(LIMIT_S)
                    self._flood(near)

    def _flood(self, near: socket.socket) -> None:
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data, until = FLOODS[self._what], time.monotonic() + LIMIT_S
        pieces = [data[at : at + 1] for at in range(len(data))]
        while time.monotonic() < until and self.said < MOST and not self._ended.is_set():
            for piece in pieces if self._what == BYTES else (data,):
                self.said += near.send(piece)


class Watched:
    """A port that counts what is read of it."""

    def __init__(self, port: Port, chunks: list[int]) -> None:
        self._port, self._chunks = port, chunks
        self.write, self.close = port.write, port.close

    @property
    def identity(self) -> Identity:
        return self._port.identity

    async def read(self) -> Chunk:
        chunk = await self._port.read()
        self._chunks.append(len(chunk.data))
        return chunk


@pytest.fixture
def flood(request: pytest.FixtureRequest) -> Iterator[Flood]:
    made = Flood(request.param)
    yield made
    made.close()


class Beside:
    """What is read of a port, and that it is never more than a chunk in a turn of the loop."""

    def __init__(self) -> None:
        self.chunks: list[int] = []
        self._turns: list[int] = []

    async def connect(self, name: str, url: str) -> Port:
        return Watched(await connect(name, url), self.chunks)

    async def turning(self) -> None:
        while True:
            self._turns.append(len(self.chunks))
            await asyncio.sleep(0)

    def judge(self) -> None:
        assert max(self.chunks) <= TURN
        assert max(after - before for before, after in pairwise(self._turns)) <= 1


@asynccontextmanager
async def running(url: str, beside: Beside, changed: Callable[[], None]) -> AsyncIterator[Device]:
    table = CameraTable(url=url, profile="ptzoptics_g3")
    (line,) = lines({"front": table}, beside.connect, SystemClock(), changed)
    tasks = [asyncio.create_task(line.run()), asyncio.create_task(beside.turning())]
    try:
        async with asyncio.timeout(LIMIT_S):
            yield line
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("flood", [one for one in FLOODS if one != BYTES], indirect=True)
async def test_a_camera_that_floods_holds_up_nobody_and_is_hung_up(flood: Flood) -> None:
    beside, news, began = Beside(), asyncio.Event(), time.monotonic()
    async with running(flood.url, beside, news.set) as line:
        while line.health.reason != "flooded":
            news.clear()
            await news.wait()
        took_s = time.monotonic() - began
    beside.judge()
    assert sum(beside.chunks) <= NETWORK.held_up + took_s * NETWORK.bytes_s + TURN
    assert flood.calls == 1  # it is left alone, and not called again at once
    assert line.health.status is Status.OFFLINE
    assert "sends more than 32768 bytes a second" in (line.health.detail or "")
    assert set(line.healths.values()) == {line.healths["camera.front"]}
    assert line.healths["camera.front"].reason == "flooded"


@pytest.mark.parametrize("flood", [BYTES], indirect=True)
async def test_a_camera_that_sends_each_byte_alone_holds_up_nobody(flood: Flood) -> None:
    beside = Beside()
    async with running(flood.url, beside, lambda: None) as line:
        while sum(beside.chunks) < 10_000 and line.health.reason != "flooded":
            await asyncio.sleep(0)
    beside.judge()
