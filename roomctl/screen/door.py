"""The one-time loopback address from which a plain meeting starts.

A link in a command line would show its passcode to every user of the box. So the browser starts at
`http://127.0.0.1:<port>/go/<token>`, which sends it on, once, and only a browser of our own user.
Knows no browser and no meeting.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path
from urllib.parse import quote

HEAD_S = 5.0
LONGEST_HEAD = 16 * 1024

# Everything that may stand in a URI (RFC 3986) and "%": what is encoded already stays as it is.
_URI = "!#$%&'()*+,/:;=?@[]~-._"


class Door:
    """Sends the first caller who knows the token to `url`; `used` is set then."""

    def __init__(self, url: str) -> None:
        self._location = quote(url, safe=_URI)
        self._token = secrets.token_urlsafe(24)
        self._server: asyncio.Server | None = None
        self.used = asyncio.Event()

    async def open(self) -> str:
        """Listen on a free loopback port; return the address to start the browser at."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=LONGEST_HEAD)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/go/{self._token}"

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_S):
                head = await reader.readuntil(b"\r\n\r\n")
                known = self._knows(head) and _ours(writer.get_extra_info("peername")[1])
                writer.write(self._sent_on() if known else _response("404 Not Found"))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    def _knows(self, head: bytes) -> bool:
        wanted = f"GET /go/{self._token} ".encode()
        return not self.used.is_set() and secrets.compare_digest(head[: len(wanted)], wanted)

    def _sent_on(self) -> bytes:
        self.used.set()
        return _response("302 Found", f"Location: {self._location}\r\n")


def _response(status: str, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\n{more}Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\n"
    return f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode("ascii")


def _ours(port: int) -> bool:
    """Whether the loopback connection from `port` belongs to our own user (/proc/net/tcp)."""
    wanted = f"0100007F:{port:04X}"
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if words[1] == wanted:
            return int(words[7]) == os.getuid()
    return False
