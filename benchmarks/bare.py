"""The least program that answers: FastAPI on uvicorn with one route. What roomctl stands beside.

python -m benchmarks.bare PORT        GET /healthz
python -m benchmarks.bare PORT TTY    WebSocket /press: one move to TTY for every message
python -m benchmarks.bare PORT echo   WebSocket /echo: says what it is told
python -m benchmarks.bare PORT panels WebSocket /live: hears of every POST /press
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI, WebSocket

MOVE = bytes.fromhex("81 01 06 01 0c 0a 02 03 ff")


def answering() -> FastAPI:
    app = FastAPI()

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    return app


def pressed(tty: str) -> FastAPI:
    import serial  # only here: the bare answer is to carry nothing it does not need

    app, line = FastAPI(), serial.Serial(tty, 9600)

    @app.websocket("/press")
    async def press(socket: WebSocket) -> None:
        await socket.accept()
        async for _ in socket.iter_json():
            line.write(MOVE)

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    return app


def shown() -> FastAPI:
    app, panels, presses = FastAPI(), set[WebSocket](), 0

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        panels.add(socket)
        async for _ in socket.iter_json():
            pass
        panels.discard(socket)

    @app.post("/press")
    async def press() -> dict[str, bool]:
        nonlocal presses
        presses += 1
        for socket in panels:
            await socket.send_json({"type": "patch", "set": {"audio": {"mute": presses}}})
        return {"done": True}

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    return app


def echoed() -> FastAPI:
    app = answering()

    @app.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        async for message in socket.iter_json():
            await socket.send_json(message)

    return app


def program(*given: str) -> FastAPI:
    if given == ("panels",):
        return shown()
    if given == ("echo",):
        return echoed()
    return pressed(*given) if given else answering()


if __name__ == "__main__":
    port, *given = sys.argv[1:]
    # uvicorn is told the same as in roomctl, so that only the rooms differ.
    uvicorn.run(
        program(*given),
        port=int(port),
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
    )
