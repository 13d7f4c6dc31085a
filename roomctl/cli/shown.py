"""`roomctl walkthrough list`, `show`, `export`, `import`, `trust`, `forget`: what rooms know."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from roomctl.cli import ask
from roomctl.cli.language import say
from roomctl.errors import RoomctlError
from roomctl.meeting.walkthrough import LARGEST_FILE, read_from_others
from roomctl.store.signers import signed_by


def listed(url: str | None, token: Path | None) -> list[dict[str, Any]]:
    """Return what the room was shown."""
    found: list[dict[str, Any]] = ask.access(url, token, "GET", "walkthroughs")
    return found


def one(url: str | None, token: Path | None, name: str) -> dict[str, Any]:
    """Return one walkthrough."""
    found: dict[str, Any] = ask.access(url, token, "GET", _path(name))
    return found


def pictures(
    url: str | None, token: Path | None, found: dict[str, Any], folder: Path
) -> list[Path]:
    """Write the pictures of a walkthrough into a folder; return where they are."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for step, what in enumerate(found["steps"], 1):
            for picture in range(1, what["pictures"] + 1):
                path = f"{_path(found['name'])}/steps/{step}/pictures/{picture}"
                place = folder / f"{found['name']}-{step}-{picture}.png"
                place.write_bytes(ask.download(url, token, path))
                written.append(place)
    except OSError as error:
        why = f"{error.strerror}; choose another folder"
        raise RoomctlError(f"walkthrough show: {folder}: {why}") from error
    return written


def exported(url: str | None, token: Path | None, name: str) -> bytes:
    """Return a walkthrough as a file."""
    return ask.download(url, token, f"{_path(name)}/file")


def brought(url: str | None, token: Path | None, file: Path, name: str | None) -> dict[str, Any]:
    """Have the room keep a file; RoomctlError says what is wrong with it."""
    try:
        data = file.read_bytes()[: LARGEST_FILE + 1]
    except OSError as error:
        raise RoomctlError(f"walkthrough import: {file}: {error.strerror}") from error
    known = name or file.stem
    read_from_others(known, data, signed_by)
    body = {"file": data.decode("utf-8")}
    found: dict[str, Any] = ask.access(url, token, "PUT", _path(known), body)
    return found


def brought_all(
    url: str | None, token: Path | None, files: Iterable[Path]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Have the room keep files, each as it is called; return what it keeps, and what is wrong."""
    kept, refused = [], []
    for file in files:
        try:
            kept.append(brought(url, token, file, None))
        except RoomctlError as error:
            refused.append(f"{file.name}: {error}")
    return kept, refused


def files_of(places: Iterable[Path]) -> list[Path]:
    """Return the files that are meant, and those in folders, by name; RoomctlError without any."""
    found = [
        file
        for place in places
        for file in (sorted(place.glob("*.toml")) if place.is_dir() else [place])
    ]
    if not found:
        raise RoomctlError("walkthrough import: no file *.toml is there; name another folder")
    return found


def trust(url: str | None, token: Path | None, room: str, fingerprint: str) -> None:
    """Have the room know another one by a key."""
    body = {"room": room, "fingerprint": fingerprint}
    ask.access(url, token, "PUT", "walkthrough-signers", body)


def forget(url: str | None, token: Path | None, name: str) -> None:
    """Have the room forget a walkthrough."""
    ask.access(url, token, "DELETE", _path(name))


def list_words(found: list[dict[str, Any]]) -> str:
    """Say what the room was shown, a line each."""
    return "\n".join(map(_line, found)) or say("walkthrough_none")


def words(found: dict[str, Any]) -> str:
    """Say the steps of one."""
    lines = [_line(found), f"  {found['browser']}, {found['screen']} × {found['scale']:g}"]
    if found["fingerprint"]:
        lines.append(f"  signed by room {found['room_id']}, key {found['fingerprint']}")
    for number, step in enumerate(found["steps"], 1):
        marks = [mark for mark in ("optional", "person") if step[mark]]
        said = ", ".join(["press", *step["does"]])
        note = f" ({', '.join(marks)})" if marks else ""
        lines.append(f"  {number}. {said}{note}")
    if found["named"]:
        lines.append(f"  named: {', '.join(found['named'])}")
    return "\n".join(lines)


def _line(one: dict[str, Any]) -> str:
    at = datetime.fromisoformat(one["at"]).astimezone()
    record = f"{one['tries']} tries, {one['misses']} misses"
    last = f", last: {one['missed']}" if one["missed"] else ""
    kind = f"{one['platform']}, {one['language']}, {one['theme']}, {len(one['steps'])} steps"
    whose = {None: "", "": ", not signed"}.get(one["by_room"], f", in {one['by_room']}")
    ends = f"{last}; given up" if one["given_up"] else last
    return f"{one['name']:<16} {kind}; {one['by']}{whose}, {at:%Y-%m-%d %H:%M}; {record}{ends}"


def _path(name: str) -> str:
    return f"walkthroughs/{quote(name, safe='')}"
