"""The web server under the room's app: uvicorn, and what a stranger on the network may hold up.

Knows no route and no room.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Generator

import uvicorn

SHUTDOWN_S = 2

ASGIApp = Callable[..., Awaitable[None]]


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the room ends first, then the server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@contextlib.asynccontextmanager
async def served(app: ASGIApp, listening: socket.socket) -> AsyncIterator[asyncio.Future[None]]:
    """Serve `app` on a bound socket during the block; yields the task that does."""
    settings = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",  # below it the frames of panels are logged, passcodes included
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,  # a few bytes would become 64 KiB, again and again
        ws_ping_interval=5,
        ws_ping_timeout=5,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    server = _Server(settings)
    task = asyncio.create_task(server.serve([listening]))
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.01)
        yield task
    finally:
        server.should_exit = True
        await asyncio.wait([task])  # what it raised is for whoever watches the task
