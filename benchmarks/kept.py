"""One more request on an open connection, and one more message on an open socket.

`roomctl simulate` beside the bare program, in turn: GET /healthz on a connection that stays open,
and a ping on a panel's socket, which the bare program answers with what it was told.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable

import websockets

from benchmarks import program
from benchmarks.report import Figure, quantiles
from roomctl.clock import SystemClock

ASKED = 400
LIMIT_S = 5.0
_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

Ask = Callable[[], Awaitable[None]]


def figures() -> list[Figure]:
    """Ask `ASKED` times each, at random moments."""
    return asyncio.run(_figures())


async def _figures() -> list[Figure]:
    with program.simulated_room() as room, program.bare("echo") as bare:
        said = json.loads(await asyncio.to_thread(room.line))
        await asyncio.to_thread(bare.answered)
        async with _kept(room.port) as ours, _kept(bare.port) as theirs:
            requests, bare_requests = await _in_turn(ours, theirs)
        head = {"Authorization": f"Bearer {said['token']}"}
        async with (
            _socket(f"ws://127.0.0.1:{room.port}/api/v1/live", head) as ours,
            _socket(f"ws://127.0.0.1:{bare.port}/echo", {}) as theirs,
        ):
            messages, bare_messages = await _in_turn(ours, theirs)
    against = "ms, bare FastAPI"
    request = f"GET /healthz on one connection, {ASKED} times"
    message = f"ping to pong on one socket, {ASKED} times"
    return [
        *quantiles((("kept-alive request", requests, request),), bare_requests, against),
        *quantiles((("socket message", messages, message),), bare_messages, against),
    ]


async def _in_turn(ours: Ask, theirs: Ask) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each."""
    chance, clock = random.Random(3), SystemClock()
    waits: tuple[list[float], list[float]] = ([], [])
    for _ in range(ASKED):
        for ask, took in zip((ours, theirs), waits, strict=True):
            await asyncio.sleep(chance.uniform(0.005, 0.015))  # fewer than a socket may say
            began = clock.mono_s()
            async with asyncio.timeout(LIMIT_S):
                await ask()
            took.append(1000 * (clock.mono_s() - began))
    return waits


@contextlib.asynccontextmanager
async def _kept(port: int) -> AsyncIterator[Ask]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask() -> None:
        writer.write(_REQUEST)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))

    try:
        yield ask
    finally:
        writer.close()


@contextlib.asynccontextmanager
async def _socket(url: str, head: dict[str, str]) -> AsyncIterator[Ask]:
    async with websockets.connect(url, additional_headers=head, proxy=None) as socket:
        asked = 0

        async def ask() -> None:
            nonlocal asked
            asked += 1
            await socket.send(json.dumps({"type": "ping", "t": asked}))
            async for text in socket:
                if json.loads(text).get("t") == asked:
                    return

        yield ask
