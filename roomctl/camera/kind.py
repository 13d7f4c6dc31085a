"""What the room is handed of cameras: those on lines, on USB and over HTTP. Knows no command."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from roomctl.camera.baud import at_speed
from roomctl.camera.lines import CameraLine, is_http, is_uvc, lines, uvc_devices
from roomctl.camera.profile import CameraProfile, CameraTable
from roomctl.clock import SystemClock
from roomctl.device import Device, Status
from roomctl.errors import RoomctlError
from roomctl.kind import Context, Drill, DrillSetup, Kind
from roomctl.store import Settings
from roomctl.wire import Connect

if TYPE_CHECKING:
    from roomctl.ports.inventory import PluggedDevice
    from roomctl.search import Search


ASK_LIMIT_S = 12.0  # each of five speeds for a second, and an answer; the others are told by then


def _build(tables: Mapping[str, CameraTable], context: Context) -> list[Device]:
    connect, clock, changed = context.connect, context.clock, context.changed
    return [
        *lines(tables, connect, clock, changed),
        *_over_http(tables, context),
        *uvc_devices(tables, connect, clock, changed, context.settings),
    ]


def _over_http(tables: Mapping[str, CameraTable], context: Context) -> Sequence[Device]:
    if not any(is_http(table.url) for table in tables.values()):
        return ()
    from roomctl.camera.http import http_cameras  # what few rooms have costs the others nothing

    return http_cameras(tables, context.connect, context.clock, context.changed)


def _drill(name: str, tables: Mapping[str, CameraTable], setup: DrillSetup) -> Drill:
    from roomctl.camera.tools.drill import CameraDrill, DrillOptions  # no room needs it

    if is_uvc(tables[name].url):
        raise RoomctlError(f"camera.{name}: a USB camera has no drill; it is for VISCA and HTTP")
    drill = CameraDrill(name, tables, setup.connect, setup.clock, setup.say)
    named = _named(name, tables[name], setup.settings)
    options = DrillOptions("presets" in setup.allowed, named, "power" in setup.allowed)
    put_back = "the camera is stopped and back at its old position"
    return Drill(partial(drill.run, options), put_back, lambda: drill.trace)


def _named(name: str, table: CameraTable, settings: Settings) -> frozenset[int]:
    """Return the presets that have a name, from room.toml or from a panel."""
    given = [place[3] for place in settings.now if place[:3] == ("camera", name, "presets")]
    return frozenset(int(number) for number in (*table.presets, *given) if number.isdecimal())


async def probe(found: Sequence[PluggedDevice], connect: Connect) -> list[PluggedDevice]:
    """Return `found` with what its serial ports answered: the model, and the speed in the url.

    Each is opened and spoken to as a room would do it, all of them at the same time.
    """
    return await asyncio.gather(*(_asked(thing, connect) for thing in found))


async def _asked(thing: PluggedDevice, connect: Connect) -> PluggedDevice:
    if not thing.url.startswith("serial:"):
        return thing
    news = asyncio.Event()
    tables = {"front": CameraTable(url=thing.url)}
    (line,) = lines(tables, connect, SystemClock(), news.set)
    running = asyncio.create_task(line.run())
    try:
        async with asyncio.timeout(ASK_LIMIT_S):
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


def _search() -> Search:
    from roomctl.camera.found import SEARCH  # no room needs it

    return SEARCH


KIND = Kind("camera", CameraTable, _build, CameraProfile, drill=_drill, probe=probe, search=_search)
