"""`check` and `probe`: looking at files and ports without running a room."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl import config as configuration
from roomctl import profile as profiles
from roomctl.cli.language import say, spoken, translated
from roomctl.errors import FileError, ProfileError
from roomctl.installed import data_path
from roomctl.mistakes import Judge, every_mistake
from roomctl.occupancy.profile import DATASET, DatasetProfile
from roomctl.ports import connect
from roomctl.ports.inventory import PluggedDevice, inventory
from roomctl.wire import Connect

_log = logging.getLogger(__name__)

_KINDS = {kind.name: kind.profile for kind in app.KINDS if kind.profile is not None}
_SINGLE = {kind.name for kind in app.KINDS if kind.table.single}
_SHIPPED = data_path("firmware_profiles")
_NAMES = {
    "camera": "front",
    "controller": "pad",
    "speakerphone": "table",
}  # to begin with; any other will do


def check(path: Path) -> dict[str, Any]:
    """Check one file: a device profile if it lies in a folder of a kind, else a room.toml.

    `error` is the first mistake in words; `errors` are all of them, with the lines of their keys.
    `advice` is none: the file is good without following it.
    """
    kind = _kind_of(path)
    found = _mistakes(path, kind)
    errors = [
        {"file": one.file, "line": one.line, "key": one.key, "why": one.why, "error": str(one)}
        for one in found
    ]
    first = str(found[0]) if found else None
    advice = [
        {"file": one.file, "line": one.line, "key": one.key, "why": one.why}
        for one in (() if kind or found else app.advice(configuration.text_of(path), str(path)))
    ]
    judged = {"file": str(path), "kind": kind or "room", "error": first, "errors": errors}
    return {**judged, "advice": advice}


def _mistakes(path: Path, kind: str | None) -> list[FileError]:
    file = str(path)
    try:
        text = configuration.text_of(path)
        if kind is None:
            return app.mistakes(text, file)
        return every_mistake(text, file, profiles.read(text, file), _profile_judge(path, kind))
    except FileError as error:
        return [error]


def _profile_judge(path: Path, kind: str) -> Judge:
    """Return what reads a profile, and sees that no other one is picked by the same answer."""
    if path.stem == DATASET:
        return lambda data: profiles.of(data, str(path), DatasetProfile)
    beside = path.parent if path.parent.name == kind else _SHIPPED / kind
    others: dict[str, profiles.Profile] = {}
    for other in sorted(beside.glob("*.toml")):
        if other.stem != path.stem:
            with contextlib.suppress(ProfileError):  # that one is for its own check to say
                others[other.stem] = profiles.load(other, _KINDS[kind])

    def judge(data: dict[str, Any]) -> None:
        profiles.refuse_overlap(path, profiles.of(data, str(path), _KINDS[kind]), others)

    return judge


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


def check_words(finding: dict[str, Any]) -> str:
    """Tell a person, a mistake a line; where there is one, they jump to FILE:LINE."""

    def told(found: list[dict[str, Any]]) -> list[str]:
        return [
            spoken(FileError(one["file"], one["key"], one["why"], line=one["line"]))
            for one in found
        ]

    good = say("good", file=finding["file"], kind=finding["kind"])
    return "\n".join(told(finding["errors"]) or [good, *told(finding["advice"])])


def probe(*, ask: bool = False) -> list[dict[str, str]]:
    """List what is plugged in: serial ports, USB devices and gamepads, with lines for room.toml.

    With `ask`, each kind looks for its devices: on serial ports, which are opened, and by a
    broadcast on the network.
    """
    things: Sequence[PluggedDevice] = inventory()
    if ask:
        things = asyncio.run(_asked(things, connect))
    return [
        {"kind": found.kind, "url": found.url, "what": found.what}
        | ({"profile": found.profile} if found.profile else {})
        for found in things
    ]


async def _asked(found: Sequence[PluggedDevice], connect: Connect) -> Sequence[PluggedDevice]:
    for kind in app.KINDS:
        if kind.probe is not None:
            found = await kind.probe(found, connect)
    return await asked_of_plugins(found, connect)


async def asked_of_plugins(
    found: Sequence[PluggedDevice], connect: Connect
) -> Sequence[PluggedDevice]:
    """Return `found`, and what the plug-ins find; one that cannot look is named in the log."""
    kinds, errors = app.every_plugin()
    for error in errors:
        _log.warning("%s", error)
    for kind in kinds:
        try:
            found = await kind.probe(found, connect) if kind.probe is not None else found
        except Exception as error:  # its code may raise anything
            _log.warning("%s: cannot look for devices: %s", kind.plugin, error)
    return found


def probe_words(found: list[dict[str, str]]) -> str:
    """Write what was found as lines for room.toml."""
    if not found:
        return say("nothing_found")
    seen: Counter[str] = Counter()
    blocks = []
    for item in found:
        kind = item["kind"]
        seen[kind] += 1
        name = _NAMES.get(kind, kind) + (str(seen[kind]) if seen[kind] > 1 else "")
        table = kind if kind in _SINGLE else f"{kind}.{name}"
        block = f'# {_in_words(item["what"])}\n[{table}]\nurl = "{item["url"]}"'
        profile = item.get("profile")
        blocks.append(f'{block}\nprofile = "{profile}"' if profile else block)
    return "\n\n".join(blocks)


def _in_words(what: str) -> str:
    """Return what a thing is and answers in the locale's language: each by itself, or as one."""
    said = ": ".join(map(translated, what.split(": ")))
    return said if said != what else translated(what)
