"""`speakerphone describe`: all that is known of one, from the room that holds it, or from itself.

A room that runs on this box is asked, for it has the device to itself. Without one the device is
opened here as a room would open it, listened to for a while, and given back.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl.cli import ask, hid
from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import NoReply, PortError, RoomctlError
from roomctl.frozen import frozen
from roomctl.simulator import Simulator
from roomctl.speakerphone import Speakerphone, speakerphones
from roomctl.speakerphone.description import report_words, words
from roomctl.speakerphone.hid import read_descriptor
from roomctl.speakerphone.profile import SpeakerphoneTable

OPEN_LIMIT_S = 4.0
CONFIG = Path("/etc/roomctl/room.toml")


@frozen
class DescribeRequest:
    """What the command line asked for. `name`: in the room, in room.toml, or a url."""

    name: str | None
    config: Path | None
    listen_s: float
    url: str | None
    token: Path | None


def describe(request: DescribeRequest) -> dict[str, Any]:
    """Return the description with every control decoded; RoomctlError if there is no device."""
    found = _from_room(request) or _from_device(request)
    return found | _controls(found["descriptor"])


def text(found: Mapping[str, Any]) -> str:
    """Tell a person, in words that can be pasted into an issue."""
    parts = [words(found)]
    if found["descriptor"] is not None:
        decoded = found.get("error") or hid.words(read_descriptor(_bytes(found)))
        parts.append(decoded)
    parts.append(f"the last reports, never audio:\n{report_words(found['reports'])}")
    return "\n\n".join(parts)


def _bytes(found: Mapping[str, Any]) -> bytes:
    return bytes.fromhex(found["descriptor"])


def _controls(descriptor: str | None) -> dict[str, Any]:
    """Decode as `roomctl hid` does; what is no descriptor is said to be none."""
    if descriptor is None:
        return {"error": "no report descriptor was read"}
    try:
        return hid.record(read_descriptor(bytes.fromhex(descriptor)))
    except RoomctlError as error:
        return {"error": str(error)}


def _from_room(request: DescribeRequest) -> dict[str, Any] | None:
    """Ask a room, unless a file or a url says that the device itself is meant."""
    device_url = request.name is not None and ":" in request.name
    if request.url is None and (request.config is not None or device_url):
        return None
    try:
        return ask.description(request.url, request.token, request.name)
    except ask.RoomUnreachable:
        if request.url is not None:
            raise
        return None


def _from_device(request: DescribeRequest) -> dict[str, Any]:
    known = _tables(request)
    name = request.name if request.name in known else None
    if request.name is not None and name is None and ":" not in request.name:
        there_are = ", ".join(sorted(known)) or "none"
        raise RoomctlError(f"describe: no speakerphone {request.name!r}; there is: {there_are}")
    tables = {name: known[name]} if name else dict(known)
    first = next(iter(tables.items()), None)
    if first is None:
        raise RoomctlError("no USB speakerphone is plugged in; `roomctl probe` lists what is there")
    for other in list(tables.values())[1:]:
        sys.stderr.write(f"another one: roomctl speakerphone describe {other.url}\n")
    return asyncio.run(_listened_to(*first, request.listen_s))


def _tables(request: DescribeRequest) -> Mapping[str, SpeakerphoneTable]:
    """Return the speakerphones of room.toml, the one of a url, or those that are plugged in."""
    if request.name is not None and ":" in request.name:
        return {"table": SpeakerphoneTable(url=request.name)}
    if request.config is not None or CONFIG.exists():
        return app.load(request.config or CONFIG).every(SpeakerphoneTable)
    from roomctl.ports.inventory import inventory

    urls = [found.url for found in inventory() if found.kind == "speakerphone"]
    names = ["table", *(f"table{n}" for n in range(2, len(urls) + 1))]
    return {name: SpeakerphoneTable(url=url) for name, url in zip(names, urls, strict=False)}


async def _listened_to(name: str, table: SpeakerphoneTable, listen_s: float) -> dict[str, Any]:
    """Open the device, answer its mute key for `listen_s` seconds, and return what was seen."""
    clock, news = SystemClock(), asyncio.Event()
    config = app.form().model_validate({"speakerphone": {name: table}})
    simulator = Simulator(config, clock, with_screen=False, only="sim:")
    room = _Answering()
    (phone,) = speakerphones({name: table}, simulator.connect, clock, news.set, room.pressed)
    room.phone = phone
    running = asyncio.ensure_future(phone.run())
    try:
        await _opened(phone, news)
        await asyncio.sleep(listen_s)
        description = phone.description.as_object(clock.now())
        await phone.make_safe()
    finally:
        await room.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await simulator.close()
    if description["vid"] is None:
        raise RoomctlError(phone.health.detail or f"{name}: not opened within {OPEN_LIMIT_S:g} s")
    return description


async def _opened(phone: Speakerphone, news: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(OPEN_LIMIT_S):
            while phone.health.status is Status.STARTING:
                news.clear()
                await news.wait()


class _Answering:
    """What a room does about a mute key: its LED follows."""

    phone: Speakerphone

    def __init__(self) -> None:
        self._muted = False
        self._tasks: set[asyncio.Task[None]] = set()

    def pressed(self, name: str, key: str) -> None:
        if key == "mute":
            self._muted = not self._muted
            task = asyncio.ensure_future(self._show(self._muted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        await asyncio.gather(*self._tasks)

    async def _show(self, muted: bool) -> None:
        with contextlib.suppress(PortError, NoReply):
            await self.phone.write_leds(muted, off_hook=False)
