"""Which cameras answer on the serial ports of this machine, and at which speed.

Each port is opened and spoken to as a room would do it, all of them at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from roomctl.camera import CameraLine, lines
from roomctl.camera.baud import at_speed
from roomctl.clock import SystemClock
from roomctl.config import CameraTable
from roomctl.device import Status
from roomctl.ports.inventory import PluggedDevice
from roomctl.wire import Connect

LIMIT_S = 12.0  # each of five speeds for a second, and an answer; the others are told by then


def ask(found: Sequence[PluggedDevice], connect: Connect) -> list[PluggedDevice]:
    """Return `found` with what its serial ports answered: the model, and the speed in the url."""
    return asyncio.run(_ask(found, connect))


async def _ask(found: Sequence[PluggedDevice], connect: Connect) -> list[PluggedDevice]:
    return await asyncio.gather(*(_asked(thing, connect) for thing in found))


async def _asked(thing: PluggedDevice, connect: Connect) -> PluggedDevice:
    if not thing.url.startswith("serial:"):
        return thing
    news = asyncio.Event()
    tables = {"front": CameraTable(url=thing.url)}
    (line,) = lines(tables, connect, SystemClock(), news.set)
    running = asyncio.create_task(line.run())
    try:
        async with asyncio.timeout(LIMIT_S):
            while line.health.status is Status.STARTING:
                news.clear()
                await news.wait()
    except TimeoutError:
        pass
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return replace(thing, url=_url(line), what=f"{thing.what}: {_answer(line)}")


def _url(line: CameraLine) -> str:
    online = line.health.status is Status.ONLINE and line.baud is not None
    return at_speed(line.url, line.baud) if online and line.baud else line.url


def _answer(line: CameraLine) -> str:
    if line.health.status is not Status.ONLINE:
        return line.health.detail or "no answer"
    state = line.cameras["front"].state
    return f"{state.model or 'a camera'} {line.found}"
