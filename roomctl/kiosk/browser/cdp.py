r"""A small client for Chromium's `--remote-debugging-pipe`: JSON messages, each ended by "\0".

Commands go down one pipe and answers and events come up another, so no TCP port listens and only
the browser's parent can speak. Knows no browser process, no page and no meeting.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from io import FileIO
from typing import Any

LONGEST_MESSAGE = 8 * 1024 * 1024
ANSWER_S = 2.0

# Any: JSON, as the DevTools protocol describes it command by command.
Params = dict[str, Any]
OnEvent = Callable[[str, Params, str], None]


class CdpError(Exception):
    """The browser refused a command, did not answer in time, or went away."""


class Cdp(asyncio.Protocol):
    """One browser's pipe. `on_event(method, params, session)` gets every event."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._held = bytearray()
        self._next_id = 0
        self._waiting: dict[int, asyncio.Future[Params]] = {}
        self._ends: tuple[FileIO, FileIO] | None = None
        self._writer: asyncio.WriteTransport | None = None
        self._reader: asyncio.ReadTransport | None = None

    async def attach(self, read_fd: int, write_fd: int) -> None:
        """Take over both descriptors; they are closed with `close()`."""
        loop = asyncio.get_running_loop()
        up, down = self._ends = FileIO(read_fd, "rb"), FileIO(write_fd, "wb")
        self._reader, _ = await loop.connect_read_pipe(lambda: self, up)
        self._writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, down)

    async def call(
        self, method: str, params: Params | None = None, session: str = "", *, limit_s: float = 0.0
    ) -> Params:
        """Send a command and return its result; CdpError after `limit_s` (default 2 s)."""
        if self._writer is None or self._writer.is_closing():
            raise CdpError(f"{method}: the browser is gone")
        self._next_id += 1
        message: Params = {"id": self._next_id, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        answer: asyncio.Future[Params] = asyncio.get_running_loop().create_future()
        self._waiting[self._next_id] = answer
        self._writer.write(json.dumps(message).encode() + b"\0")
        try:
            async with asyncio.timeout(limit_s or ANSWER_S):
                return await answer
        except TimeoutError:
            raise CdpError(f"{method}: no answer within {limit_s or ANSWER_S:g} s") from None
        finally:
            self._waiting.pop(message["id"], None)

    def close(self) -> None:
        for end, transport in zip(self._ends or (), (self._reader, self._writer), strict=False):
            (transport or end).close()
        self.connection_lost(None)

    def data_received(self, data: bytes) -> None:
        *ended, rest = data.split(b"\0")
        for piece in ended:
            self._held += piece
            whole, self._held = bytes(self._held), bytearray()
            self._take(whole)
        self._held += rest
        if len(self._held) > LONGEST_MESSAGE:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(CdpError("the browser is gone"))
        if self._writer is not None:
            self._writer.close()

    def _take(self, data: bytes) -> None:
        try:
            message = json.loads(data)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        answer = self._waiting.get(message.get("id", 0))
        if answer is None:
            if "method" in message:
                self._on_event(
                    message["method"], message.get("params", {}), message.get("sessionId", "")
                )
        elif answer.done():
            pass
        elif "error" in message:
            answer.set_exception(CdpError(str(message["error"].get("message", "refused"))))
        else:
            answer.set_result(message.get("result", {}))
