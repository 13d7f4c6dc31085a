"""A finger on the panel's arrow, and the first byte on the camera's line: the room's own delay.

`roomctl serve` runs as it does in a room, with its camera on a pseudo-terminal whose other end is
held here: a simulated camera answers there at 9600 baud, and what the room writes is timed. The
panel is a WebSocket paired like a panel. In between, the same press goes to the bare program, which
writes a fixed frame to a line of its own with pyserial.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import websockets

from benchmarks import program
from benchmarks.report import Figure, quantiles
from roomctl.camera.profile import shipped
from roomctl.clock import SystemClock
from roomctl.simulator.wires import PtyPort, PumpTask
from roomctl.visca.sim import SimCamera, SimLine
from roomctl.wire import Record, Traced

PRESSES = 300
HELD_S = 0.04
LIMIT_S = 5.0
MODEL = "sony_srg300h"
_MOVE, _STILL, _QUESTION = b"\x01\x06\x01", b"\x03\x03", b"\x09"
_ACK_BYTES = 3  # a completion has as many; an answer or an error has more

_ROOM = """
[camera.front]
url = "serial:{path}?baud=9600"
profile = "{model}"

[api]
listen = "127.0.0.1:{port}"
"""


class Line:
    """What is seen on a line: when each frame began, and whether a question is still open."""

    def __init__(self) -> None:
        self.moves: asyncio.Queue[float] = asyncio.Queue()
        self.stops: asyncio.Queue[float] = asyncio.Queue()
        self.asking = False
        self._frame, self._began = bytearray(), 0.0

    def record(self, seen: Record) -> None:
        """Take what passed, as a recorder of `wire.Traced`."""
        if seen.direction == "out":
            answered = len(seen.data) > _ACK_BYTES
            self.asking = self.asking and not answered
            return
        for byte in seen.data:
            if not self._frame:
                self._began = seen.at
            self._frame.append(byte)
            if byte == 0xFF:
                self._heard(bytes(self._frame))
                self._frame.clear()

    def _heard(self, frame: bytes) -> None:
        self.asking = self.asking or frame[1:2] == _QUESTION
        if frame[1:4] == _MOVE:
            (self.stops if frame[6:8] == _STILL else self.moves).put_nowait(self._began)


class Waits:
    """How long presses took, in milliseconds."""

    def __init__(self) -> None:
        self.room: list[float] = []
        self.free: list[float] = []  # those of `room` that found no question open on the line
        self.bare: list[float] = []


def figures() -> list[Figure]:
    """Press `PRESSES` times, at random moments."""
    waits = asyncio.run(_measure())
    room = f"hold sent to first byte, {PRESSES} presses"
    free = f"the {len(waits.free)} of them that found no inquiry open on the line"
    return quantiles(
        (("press to line", waits.room, room), ("press to free line", waits.free, free)),
        waits.bare,
        "ms, bare FastAPI",
    )


async def _measure() -> Waits:
    chance, waits = random.Random(3), Waits()
    async with _room() as (panel, line), _bare() as (bare, bare_line):
        for number in range(PRESSES):
            await asyncio.sleep(chance.uniform(0.03, 0.08))
            waits.bare.append(await _press(bare, bare_line, {"press": number}))
            await asyncio.sleep(chance.uniform(0.03, 0.08))
            hold = {"type": "hold", "hold": f"press-{number}", "seq": 0, "camera": "front"}
            was_free = not line.asking
            wait = await _press(panel, line, {**hold, "pan": 0.5, "tilt": 0.0, "zoom": 0.0})
            waits.room.append(wait)
            if was_free:
                waits.free.append(wait)
            await asyncio.sleep(HELD_S)
            await panel.send(json.dumps({"type": "release", "hold": hold["hold"]}))
            await asyncio.wait_for(line.stops.get(), LIMIT_S)
    return waits


async def _press(socket: websockets.ClientConnection, line: Line, message: object) -> float:
    """Send `message`; return the milliseconds until a move begins on `line`."""
    clock, text = SystemClock(), json.dumps(message)
    began = clock.mono_s()
    await socket.send(text)
    return 1000 * (await asyncio.wait_for(line.moves.get(), LIMIT_S) - began)


@contextlib.asynccontextmanager
async def _room() -> AsyncIterator[tuple[websockets.ClientConnection, Line]]:
    clock, line, port = SystemClock(), Line(), program.free_port()
    pty = PtyPort(clock)
    camera = SimLine([SimCamera(shipped()[MODEL])], 9600)
    task = PumpTask(Traced(pty, clock, line.record), camera, clock)
    with tempfile.TemporaryDirectory(prefix="roomctl-bench-") as folder:
        file = Path(folder) / "room.toml"
        file.write_text(_ROOM.format(path=pty.identity.path, model=MODEL, port=port))
        with program.run(("roomctl", "serve", "--config", str(file)), port) as room:
            link = (await asyncio.to_thread(room.line)).split()[1]
            async with _paired(link, port) as panel:
                while not line.moves.empty():
                    line.moves.get_nowait()
                while not line.stops.empty():  # the room begins with a stop
                    line.stops.get_nowait()
                yield panel, line
        await task.close()


@contextlib.asynccontextmanager
async def _paired(link: str, port: int) -> AsyncIterator[websockets.ClientConnection]:
    """Open a panel's socket with the token of its pairing link; wait until the camera answers."""
    base, _, token = link.partition("/#pair=")
    async with httpx.AsyncClient(base_url=base, trust_env=False) as browser:
        answer = await browser.post("/api/v1/pair", json={"token": token})
        answer.raise_for_status()
        cookies = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
    headers = {"Cookie": cookies, "Origin": base}
    url = f"ws://127.0.0.1:{port}/api/v1/live"
    async with websockets.connect(url, additional_headers=headers, proxy=None) as panel:
        await asyncio.wait_for(_online(panel), program.LIMIT_S)
        listening = asyncio.create_task(_listen(panel))
        try:
            yield panel
        finally:
            listening.cancel()
            [ended] = await asyncio.gather(listening, return_exceptions=True)
            if isinstance(ended, RuntimeError):
                raise ended


async def _online(panel: websockets.ClientConnection) -> None:
    """Take what the room tells until its camera is online."""
    async for text in panel:
        message = json.loads(text)
        devices = (message.get("room") or message.get("set") or {}).get("devices", ())
        if any(device["status"] == "online" for device in devices):
            return


async def _listen(panel: websockets.ClientConnection) -> None:
    """Take what the room tells, as a panel does; a refused press ends the run."""
    async for text in panel:
        if json.loads(text)["type"] == "error":
            raise RuntimeError(f"the room refused a press: {text!r}")


@contextlib.asynccontextmanager
async def _bare() -> AsyncIterator[tuple[websockets.ClientConnection, Line]]:
    clock, line = SystemClock(), Line()
    pty = PtyPort(clock)
    task = PumpTask(Traced(pty, clock, line.record), SimLine([], None), clock)
    with program.bare(pty.identity.path) as bare:
        await asyncio.to_thread(bare.answered)
        url = f"ws://127.0.0.1:{bare.port}/press"
        async with websockets.connect(url, proxy=None) as socket:
            yield socket, line
    await task.close()
