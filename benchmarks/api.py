"""Reads and commands of a program, while twenty panels and twenty event streams are told of them.

`roomctl simulate` runs the demo room; each panel is a WebSocket, each stream a reader of
`/api/v1/events`, all of them read. Beside it the bare program, which tells nobody, in turn.
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

PANELS, STREAMS = 20, 20
ASKED = 300  # of each kind
AT_ONCE, FOR_S = 4, 3.0  # connections that ask without a pause, for so long
LIMIT_S = 10.0
ROOM, COMMANDS, EVENTS = "/api/v1/room", "/api/v1/commands", "/api/v1/events"

Ask = Callable[[], Awaitable[None]]


def figures() -> list[Figure]:
    """Ask, one by one and without a pause."""
    return asyncio.run(_figures())


async def _figures() -> list[Figure]:
    with program.simulated_room() as room, program.bare() as bare:
        said = json.loads(await asyncio.to_thread(room.line))
        await asyncio.to_thread(bare.answered)
        head = {"Authorization": f"Bearer {said['token']}"}
        async with _told(room.port, head):
            reads, commands, bare_reads = await _one_by_one(room.port, bare.port, head)
            read_rate = await _rate(room.port, _reading(head))
            command_rate = await _rate(room.port, _commanding(head))
        bare_rate = await _rate(bare.port, _asking("GET", "/healthz"))
    among = f"among {PANELS} panels and {STREAMS} event streams"
    read = f"GET {ROOM}, {ASKED} times, {among}"
    command = f"POST audio.volume until it is done, {ASKED} times, {among}"
    against = "ms, bare FastAPI"
    without = f"{AT_ONCE} connections without a pause, {among}"
    return [
        *quantiles((("read", reads, read), ("command", commands, command)), bare_reads, against),
        Figure("reads", read_rate, "/s", bare_rate, "/s, bare FastAPI", f"of the room, {without}"),
        Figure("commands", command_rate, "/s", bare_rate, "/s, bare FastAPI", f"done, {without}"),
    ]


async def _one_by_one(
    port: int, bare_port: int, head: dict[str, str]
) -> tuple[list[float], list[float], list[float]]:
    """Return the milliseconds of reads, of commands, and of the bare program's answers."""
    chance, clock = random.Random(3), SystemClock()
    waits: tuple[list[float], list[float], list[float]] = ([], [], [])
    async with (
        _kept(port, _reading(head)) as read,
        _kept(port, _commanding(head)) as command,
        _kept(bare_port, _asking("GET", "/healthz")) as bare,
    ):
        for _ in range(ASKED):
            for ask, took in zip((read, command, bare), waits, strict=True):
                await asyncio.sleep(chance.uniform(0.002, 0.01))
                began = clock.mono_s()
                async with asyncio.timeout(LIMIT_S):
                    await ask()
                took.append(1000 * (clock.mono_s() - began))
    return waits


async def _rate(port: int, request: Callable[[], bytes]) -> float:
    """Return how many requests a second are answered that are asked without a pause."""
    clock, answered = SystemClock(), 0
    end = clock.mono_s() + FOR_S

    async def ask_on() -> None:
        nonlocal answered
        async with _kept(port, request) as ask:
            while clock.mono_s() < end:
                await ask()
                answered += 1

    await asyncio.gather(*(ask_on() for _ in range(AT_ONCE)))
    return answered / FOR_S


@contextlib.asynccontextmanager
async def _told(port: int, head: dict[str, str]) -> AsyncIterator[None]:
    """Have panels and streams be told, and read it, during the block."""
    async with contextlib.AsyncExitStack() as stack:
        readers = []
        for _ in range(PANELS):
            url = f"ws://127.0.0.1:{port}/api/v1/live"
            socket = websockets.connect(url, additional_headers=head, proxy=None)
            readers.append(_hear(await stack.enter_async_context(socket)))
        for _ in range(STREAMS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(_asking("GET", EVENTS, head)())
            readers.append(_drain(reader))
        tasks = [asyncio.create_task(one) for one in readers]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _hear(socket: websockets.ClientConnection) -> None:
    async for _ in socket:
        pass


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass


def _reading(head: dict[str, str]) -> Callable[[], bytes]:
    return _asking("GET", ROOM, head)


def _commanding(head: dict[str, str]) -> Callable[[], bytes]:
    """Return what makes a command, another volume each time."""
    chance = random.Random(5)

    def made() -> bytes:
        command = {"type": "audio.volume", "args": {"pct": chance.randint(0, 100)}}
        return _asking("POST", COMMANDS, head, json.dumps(command).encode())()

    return made


def _asking(
    method: str, path: str, head: dict[str, str] | None = None, body: bytes = b""
) -> Callable[[], bytes]:
    fields = {"Host": "127.0.0.1", **(head or {})}
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    request = f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body
    return lambda: request


@contextlib.asynccontextmanager
async def _kept(port: int, request: Callable[[], bytes]) -> AsyncIterator[Ask]:
    """Ask on one connection that stays open; an answer that is no 200 is an error."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)

    async def ask() -> None:
        writer.write(request())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length))
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"{head!r} {body!r}")

    try:
        yield ask
    finally:
        writer.close()
