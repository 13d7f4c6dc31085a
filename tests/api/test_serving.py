"""The web server under the app: what a stranger on the network may hold up, and what not."""

import asyncio
import contextlib
import os
import socket
import stat
from pathlib import Path

from roomctl.api.serving import served
from roomctl.cli.server import listen
from tests.api.rig import LIMIT_S


def accepted_from(client):
    """Return this process's end of the connection that came from `client`."""
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            if not stat.S_ISSOCK(os.fstat(int(entry.name)).st_mode):
                continue
            found = stack.enter_context(socket.socket(fileno=os.dup(int(entry.name))))
            if found.getpeername() == tuple(client):
                stack.pop_all()
                return found
    raise AssertionError(f"no connection from {client}")


async def test_an_accepted_connection_sends_at_once_and_waits_for_no_ack():
    delays = []

    async def app(scope, receive, send):
        if scope["type"] == "http":
            with accepted_from(scope["client"]) as connection:
                delays.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

    with listen("127.0.0.1", 0) as listening:
        async with served(app, listening), asyncio.timeout(LIMIT_S):
            port = listening.getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"204" in await reader.readline()
            writer.close()
    assert delays == [1]
