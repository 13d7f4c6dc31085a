"""`check` and `probe`: looking at files and ports without running a room."""

from __future__ import annotations

import asyncio
import contextlib
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl import config as configuration
from roomctl import profile as profiles
from roomctl.camera import CameraLine, lines
from roomctl.camera.baud import at_speed
from roomctl.camera.profile import CameraTable
from roomctl.cli.options import named
from roomctl.clock import SystemClock
from roomctl.device import Status
from roomctl.errors import ProfileError, RoomctlError
from roomctl.occupancy.profile import DATASET, DatasetProfile
from roomctl.ports.inventory import PluggedDevice
from roomctl.wire import Connect

ASK_LIMIT_S = 12.0  # each of five speeds for a second, and an answer; the others are told by then

_KINDS = {kind.name: kind.profile for kind in app.KINDS if kind.profile is not None}
_SHIPPED = configuration.data_path("firmware_profiles")
_NAMES = {"camera": "front", "speakerphone": "table"}  # to begin with; any other will do


def check(path: Path) -> dict[str, Any]:
    """Check one file: a device profile if it lies in a folder of a kind, else a room.toml."""
    finding: dict[str, Any] = {"file": str(path), "kind": "room", "error": None}
    try:
        kind = _kind_of(path)
        if kind is not None:
            finding["kind"] = kind
            _check_profile(path, kind)
        else:
            _check_room(path)
    except RoomctlError as error:
        finding["error"] = str(error)
    return finding


def _check_profile(path: Path, kind: str) -> None:
    """Read a profile, and see that no other one is picked by the same answer."""
    if path.stem == DATASET:
        profiles.load(path, DatasetProfile)
        return
    profile = profiles.load(path, _KINDS[kind])
    beside = path.parent if path.parent.name == kind else _SHIPPED / kind
    others: dict[str, profiles.Profile] = {}
    for other in sorted(beside.glob("*.toml")):
        if other.stem != path.stem:
            with contextlib.suppress(ProfileError):  # that one is for its own check to say
                others[other.stem] = profiles.load(other, _KINDS[kind])
    profiles.refuse_overlap(path, profile, others)


def _kind_of(path: Path) -> str | None:
    """Return the kind of a profile: by its folder, or by what only a profile has."""
    if path.parent.name in _KINDS:
        return path.parent.name
    try:
        keys = set(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return None
    if "verified" not in keys:
        return None
    return max(_KINDS, key=lambda kind: len(keys & set(_KINDS[kind].model_fields)))


def _check_room(path: Path) -> None:
    """Read a room.toml and everything it names, so that `serve` will find no fault in it."""
    from roomctl.ports import connect
    from roomctl.room import Outside

    config = app.load(path)
    with named(path):
        app.room(config, Outside(connect, SystemClock(), app.calendar(config)))


def check_words(finding: dict[str, Any]) -> str:
    return finding["error"] or f"{finding['file']}: ok ({finding['kind']})"


def probe(*, ask: bool = False) -> list[dict[str, str]]:
    """List what is plugged in: serial ports and USB speakerphones, with lines for room.toml.

    With `ask`, serial ports are opened, and what answers there is told.
    """
    from roomctl.ports import connect
    from roomctl.ports.inventory import inventory

    things = ask_serial_ports(inventory(), connect) if ask else inventory()
    return [{"kind": found.kind, "url": found.url, "what": found.what} for found in things]


def probe_words(found: list[dict[str, str]]) -> str:
    """Write what was found as lines for room.toml."""
    if not found:
        return "nothing found: no serial port, no USB speakerphone"
    seen: Counter[str] = Counter()
    blocks = []
    for item in found:
        kind = item["kind"]
        seen[kind] += 1
        name = _NAMES.get(kind, kind) + (str(seen[kind]) if seen[kind] > 1 else "")
        blocks.append(f'# {item["what"]}\n[{kind}.{name}]\nurl = "{item["url"]}"')
    return "\n\n".join(blocks)


def ask_serial_ports(found: Sequence[PluggedDevice], connect: Connect) -> list[PluggedDevice]:
    """Return `found` with what its serial ports answered: the model, and the speed in the url.

    Each is opened and spoken to as a room would do it, all of them at the same time.
    """
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
