"""`check` and `probe`: looking at files and ports without running a room."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl import config as configuration
from roomctl import profile as profiles
from roomctl.cli.language import say, spoken, translated
from roomctl.errors import FileError, ProfileError
from roomctl.frozen import frozen
from roomctl.installed import data_path
from roomctl.mistakes import Judge, every_mistake
from roomctl.occupancy.profile import DATASET, DatasetProfile
from roomctl.ports import connect
from roomctl.ports.inventory import PluggedDevice, inventory
from roomctl.search import FoundDevice
from roomctl.search.run import LIMIT_S
from roomctl.wire import Connect

_log = logging.getLogger(__name__)

_KINDS = {kind.name: kind.profile for kind in app.KINDS if kind.profile is not None}
_SINGLE = {kind.name for kind in app.KINDS if kind.table.single}
_SHIPPED = data_path("firmware_profiles")
_NAMES = {
    "camera": "front",
    "controller": "pad",
    "display": "wall",
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


def probe(*, ask: bool = False, network: NetworkSearch | None = None) -> list[dict[str, Any]]:
    """List what is plugged in: serial ports, USB devices and gamepads, with lines for room.toml.

    With `ask`, each kind opens and asks what is plugged in; with `network`, all look for their
    devices on the network, too. RoomctlError: there is no such network interface.
    """
    things: Sequence[PluggedDevice] = inventory()
    if ask:
        things = asyncio.run(_asked(things, connect))
    found: list[tuple[PluggedDevice, dict[str, Any]]] = [(one, {}) for one in things]
    if network is not None:
        found += [(as_plugged(one), asdict(one)) for one in network.carried_out()]
    return [
        more
        | {"kind": one.kind, "url": one.url, "what": one.what}
        | ({"profile": one.profile} if one.profile else {})
        for one, more in found
    ]


@frozen
class NetworkSearch:
    """A search on the network: on which interfaces, () for all, and for how many seconds."""

    interfaces: tuple[str, ...] = ()
    limit_s: float = LIMIT_S

    def carried_out(self) -> list[FoundDevice]:
        """Return what is found; RoomctlError: there is no such interface, or no network at all."""
        return asyncio.run(app.search_network(self.interfaces, limit_s=self.limit_s))


def as_plugged(one: FoundDevice) -> PluggedDevice:
    """Return a found device as its best url, and what is known of it; "" where it has no url."""
    url = one.urls[0] if one.urls else ""
    return PluggedDevice(one.kind, url, found_words(one), one.profile)


def found_words(one: FoundDevice) -> str:
    """Say what a found device is, where, by what it answers, and what to know of that."""
    name = f'"{one.name}"' if one.name else ""
    kind = say(f"search.{one.kind}") if one.kind in ("camera", "display") else one.kind
    what = " ".join(filter(None, (one.model or kind, name)))
    remarks = [say("search.at", what=what, host=one.host, protocols=", ".join(one.protocols))]
    if one.urls[1:]:
        remarks.append(say("search.also", urls=", ".join(one.urls[1:])))
    if one.claims:
        remarks.append(say("search.claims", claims=", ".join(one.claims)))
    if one.needs_login:
        remarks.append(say("search.login"))
    if not one.in_network:
        remarks.append(say("search.elsewhere"))
    elif not one.urls:
        remarks.append(say("search.unknown"))
    elif not one.verified:
        remarks.append(say("search.unverified"))
    return "; ".join(remarks)


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


def probe_words(found: Sequence[Mapping[str, Any]]) -> str:
    """Write what was found as lines for room.toml."""
    if not found:
        return say("nothing_found")
    seen: Counter[str] = Counter()
    blocks = []
    for item in found:
        kind = item["kind"]
        if not item["url"]:
            blocks.append(f"# {_in_words(item['what'])}")
            continue
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
