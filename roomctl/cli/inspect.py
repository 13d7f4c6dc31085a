"""`check` and `probe`: looking at files and ports without running a room."""

from __future__ import annotations

import asyncio
import contextlib
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl import config as configuration
from roomctl import profile as profiles
from roomctl.cli.options import named
from roomctl.clock import SystemClock
from roomctl.errors import ProfileError, RoomctlError
from roomctl.occupancy.profile import DATASET, DatasetProfile
from roomctl.ports.inventory import PluggedDevice
from roomctl.wire import Connect

_KINDS = {kind.name: kind.profile for kind in app.KINDS if kind.profile is not None}
_SHIPPED = configuration.data_path("firmware_profiles")
_NAMES = {
    "camera": "front",
    "controller": "pad",
    "speakerphone": "table",
}  # to begin with; any other will do


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
    """List what is plugged in: serial ports, USB devices and gamepads, with lines for room.toml.

    With `ask`, each kind looks for its devices: on serial ports, which are opened, and by a
    broadcast on the network.
    """
    from roomctl.ports import connect
    from roomctl.ports.inventory import inventory

    things = inventory()
    if ask:
        things = asyncio.run(_asked(things, connect))
    return [{"kind": found.kind, "url": found.url, "what": found.what} for found in things]


async def _asked(found: Sequence[PluggedDevice], connect: Connect) -> list[PluggedDevice]:
    for kind in app.KINDS:
        if kind.probe is not None:
            found = await kind.probe(found, connect)
    return list(found)


def probe_words(found: list[dict[str, str]]) -> str:
    """Write what was found as lines for room.toml."""
    if not found:
        return "nothing found: no serial port, no USB camera or speakerphone, no gamepad"
    seen: Counter[str] = Counter()
    blocks = []
    for item in found:
        kind = item["kind"]
        seen[kind] += 1
        name = _NAMES.get(kind, kind) + (str(seen[kind]) if seen[kind] > 1 else "")
        blocks.append(f'# {item["what"]}\n[{kind}.{name}]\nurl = "{item["url"]}"')
    return "\n\n".join(blocks)
