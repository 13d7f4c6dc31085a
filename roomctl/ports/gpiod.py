"""A line of a GPIO chip on any board, by libgpiod: `gpiod:gpiochip0/17?pull=none&active=low`.

Knows no sensor and no lamp. An input tells its level as `gpio` does: a chunk is b"0" or b"1", at
once, at every edge and again every second; b"!" before one: the kernel's buffer was full, or an
edge came without a level, and edges were lost. With `direction=out` the line is an output: b"0" and
b"1" set it, it begins inactive, and it is released, inactive, when the port is closed.

In a storm, when the kernel's buffer of 16 edges is full, edges are taken 20 times a second, those
of each time as one chunk, so that whoever reads has time for something else.

`pull` is down, up or none; not every chip has pulls of its own. `active=low` inverts the wire, so
that b"1" always means active. The number is the chip's own (`gpioinfo`), not that of a header.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import importlib
import re
import time
from collections import deque
from pathlib import Path
from types import ModuleType
from typing import Any

from roomctl.errors import PortClosed, PortError, PortReason
from roomctl.installed import pip
from roomctl.ports.address import Address
from roomctl.ports.blocking import BlockingCalls, open_in_thread
from roomctl.wire import Chunk, Identity

LOOK_EVERY_S = 1.0
MOST_LINES = 1024  # of one chip; an expander has 16, a system on a chip some hundreds
_MOST_WAITING = 64  # chunks
_STORM, _TOGETHER_S = 16, 0.05
_CLOSE_LIMIT_S = 1.0
_CHIP = re.compile(r"gpiochip\d{1,3}")
_LEVELS = {False: b"0", True: b"1"}


def line_of(address: Address) -> tuple[str, int]:
    """Return the chip and the line that a URL names; PortError if it cannot be meant."""
    address.only(("pull", "active", "direction"))
    address.choice("pull", "down", ("down", "up", "none"))
    address.choice("active", "high", ("high", "low"))
    address.choice("direction", "in", ("in", "out"))
    chip, _, line = address.place.partition("/")
    if not (_CHIP.fullmatch(chip) and line.isascii() and line.isdecimal()):
        raise address.refuse("is not gpiod:CHIP/LINE, such as gpiod:gpiochip0/17; see `gpioinfo`")
    if int(line) >= MOST_LINES:
        raise address.refuse(f"no chip has a line {line}; `gpioinfo` lists those it has")
    return chip, int(line)


def input_of(address: Address) -> tuple[str, int]:
    """Return the chip and the line; PortError for a URL that cannot be an input's."""
    if address.options.get("direction") == "out":
        raise address.refuse("is an output")
    return line_of(address)


async def open_port(address: Address) -> GpiodPort:
    """Request the line; PortError with one sentence on what is missing or who holds it."""
    chip, line = line_of(address)
    out = address.choice("direction", "in", ("in", "out")) == "out"
    library = _library(address)
    request = await open_in_thread(
        lambda: _requested(address, library, chip, line, out), lambda late: late.release()
    )
    identity = Identity(url=address.url, path=f"/dev/{chip}/{line}")
    port = GpiodPort(library, request, line, identity, out=out)
    if not out:
        port.listen()
    return port


class GpiodPort:
    """One line: an input that tells its level, or an output that is set."""

    def __init__(
        self,
        library: ModuleType,
        request: Any,  # noqa: ANN401 - gpiod's, which need not be installed
        line: int,
        identity: Identity,
        *,
        out: bool,
    ) -> None:
        self.identity = identity
        self._out = out
        self._library, self._request, self._line = library, request, line
        self._blocking = BlockingCalls()
        self._came: deque[Chunk] = deque(maxlen=_MOST_WAITING)
        self._news = asyncio.Event()
        self._listens = False
        self._look_at = 0.0
        self._last: bool | None = None
        self._seqno: int | None = None
        self._gone: str | None = None
        self._closing: asyncio.Task[None] | None = None

    def listen(self) -> None:
        """Take the edges of an input from now on."""
        if self._gone is None:
            self._listens = True
            asyncio.get_running_loop().add_reader(self._request.fd, self._readable)

    def _deafen(self) -> None:
        if self._listens:
            self._listens = False
            asyncio.get_running_loop().remove_reader(self._request.fd)

    async def read(self) -> Chunk:
        while True:
            self._refuse_if_gone()
            if self._came:
                return self._came.popleft()
            self._news.clear()
            rest_s = None if self._out else max(0.0, self._look_at - time.monotonic())
            try:
                async with asyncio.timeout(rest_s):
                    await self._news.wait()
            except TimeoutError:
                return await self._look()

    async def write(self, data: bytes) -> None:
        self._refuse_if_gone()
        if not self._out:
            raise PortError(self.identity.url, "is an input", PortReason.UNSUPPORTED)
        value = self._library.line.Value
        active = value.ACTIVE if data[-1:] == b"1" else value.INACTIVE
        await self._done(lambda: self._request.set_value(self._line, active))

    async def close(self) -> None:
        if self._closing is None:
            self._gone = self._gone or "the port is closed"
            self._news.set()
            self._closing = asyncio.ensure_future(self._shut())
        await asyncio.shield(self._closing)

    async def _shut(self) -> None:
        self._deafen()
        await self._blocking.ended(_CLOSE_LIMIT_S)
        if self._out:
            inactive = self._library.line.Value.INACTIVE
            with contextlib.suppress(OSError):
                await self._blocking.run(lambda: self._request.set_value(self._line, inactive))
        with contextlib.suppress(OSError):
            await self._blocking.run(self._request.release)

    async def _look(self) -> Chunk:
        """Read the level, which heals what was lost."""
        at = time.monotonic()
        value = await self._done(lambda: self._request.get_value(self._line))
        self._look_at = at + LOOK_EVERY_S
        level = value is self._library.line.Value.ACTIVE
        missed = False
        if not self._came:  # else it has changed since it was read
            missed = self._last is not None and level != self._last
            self._last = level
        return Chunk(b"!" * missed + _LEVELS[level], at)

    async def _done(self, work: Any) -> Any:  # noqa: ANN401 - one of gpiod's calls
        try:
            return await self._blocking.run(work)
        except OSError as error:
            raise self._lost(error) from error

    def _readable(self) -> None:
        """Take the edges that the kernel has kept; they carry its own monotonic time."""
        try:
            events = self._request.read_edge_events()
        except OSError as error:
            self._lost(error)
            return
        chunks = [self._chunk(event) for event in events]
        if len(chunks) >= _STORM:
            chunks = [Chunk(b"".join(chunk.data for chunk in chunks), chunks[-1].at)]
            self._deafen()
            asyncio.get_running_loop().call_later(_TOGETHER_S, self.listen)
        self._came += chunks
        self._news.set()

    def _chunk(self, event: Any) -> Chunk:  # noqa: ANN401 - gpiod's
        rises = event.event_type is event.Type.RISING_EDGE
        lost = self._seqno is not None and event.line_seqno != self._seqno + 1
        self._seqno, self._last = event.line_seqno, rises
        return Chunk(b"!" * lost + _LEVELS[rises], event.timestamp_ns / 1e9)

    def _lost(self, error: OSError) -> PortClosed:
        """Note that the line is gone: its chip was unplugged, or its driver."""
        if self._gone is None:
            self._gone = f"the line cannot be used any more ({error.strerror or error})"
            self._deafen()
            self._news.set()
        return PortClosed(self.identity.url, self._gone)

    def _refuse_if_gone(self) -> None:
        if self._gone is not None:
            raise PortClosed(self.identity.url, self._gone)


def _library(address: Address) -> ModuleType:
    try:
        found = importlib.import_module("gpiod")
    except ImportError as error:
        why = f"gpiod is not installed; `{pip('install', 'roomctl[gpiod]')}`"
        raise address.refuse(why) from error
    if not hasattr(found, "request_lines"):
        raise address.refuse(f"this gpiod is too old; `{pip('install', 'gpiod>=2.2')}`")
    return found


def _requested(address: Address, library: ModuleType, chip: str, line: int, out: bool) -> Any:  # noqa: ANN401 - gpiod's
    kinds = library.line
    pulls = {"down": "PULL_DOWN", "up": "PULL_UP", "none": "DISABLED"}
    pull = address.options.get("pull", "none" if out else "down")
    settings = library.LineSettings(
        direction=kinds.Direction.OUTPUT if out else kinds.Direction.INPUT,
        edge_detection=kinds.Edge.NONE if out else kinds.Edge.BOTH,
        bias=kinds.Bias.AS_IS if out else getattr(kinds.Bias, pulls[pull]),
        active_low=address.options.get("active") == "low",
    )
    path = f"/dev/{chip}"
    try:
        return library.request_lines(path, consumer="roomctl", config={line: settings})
    except OSError as error:
        raise _refusal(address, path, line, error) from error
    except ValueError as error:  # the chip has no such line
        raise address.refuse(f"{path} has no line {line} ({error}); see `gpioinfo`") from error


def _refusal(address: Address, path: str, line: int, error: OSError) -> PortError:
    """Say in one sentence why a line cannot be used, and what to try."""
    match error.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENOTTY:
            known = ", ".join(sorted(one.name for one in Path("/dev").glob("gpiochip*"))) or "none"
            why = f"there is no {path}; this machine has: {known}"
            return PortError(address.url, why, PortReason.MISSING)
        case errno.EACCES | errno.EPERM:
            why = f"no permission for {path}; `sudo usermod -aG gpio $USER`, then log in again"
            return PortError(address.url, why, PortReason.PERMISSION)
        case errno.EBUSY:
            why = f"line {line} is in use by another program or overlay; `gpioinfo` tells"
            return PortError(address.url, why, PortReason.BUSY)
        case errno.EINVAL | errno.ENOTSUP:
            why = f"{path} refuses line {line}: has it that line, and pulls? else write pull=none"
            return address.refuse(why)
    return PortError(address.url, f"the line cannot be opened ({error})", PortReason.IO)
