"""`roomctl walkthrough list`, `show`, `export`, `import` and `forget`: what a room was shown."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from roomctl.cli import ask
from roomctl.cli.language import say
from roomctl.errors import RoomctlError
from roomctl.meeting.walkthrough import LARGEST_FILE, read_walkthrough


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
    read_walkthrough(known, data)
    body = {"file": data.decode("utf-8")}
    found: dict[str, Any] = ask.access(url, token, "PUT", _path(known), body)
    return found


def forget(url: str | None, token: Path | None, name: str) -> None:
    """Have the room forget a walkthrough."""
    ask.access(url, token, "DELETE", _path(name))


def list_words(found: list[dict[str, Any]]) -> str:
    """Say what the room was shown, a line each."""
    return "\n".join(map(_line, found)) or say("walkthrough_none")


def words(found: dict[str, Any]) -> str:
    """Say the steps of one."""
    lines = [_line(found), f"  {found['browser']}, {found['screen']} × {found['scale']:g}"]
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
    return f"{one['name']:<16} {kind}; {one['by']}, {at:%Y-%m-%d %H:%M}; {record}{last}"


def _path(name: str) -> str:
    return f"walkthroughs/{quote(name, safe='')}"
