"""`roomctl update`: a newer version is looked for, and installed, by the box's updater.

The room is asked, which knows when it is free; where none runs, root asks the updater itself. The
source of versions is one file of apt's, which root alone writes.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from roomctl import updater
from roomctl.cli import ask
from roomctl.cli.language import language, say, word
from roomctl.cli.told import instant, zone_of
from roomctl.command import CLOCK_24
from roomctl.errors import RoomctlError
from roomctl.frozen import frozen
from roomctl.store.disk import write_whole
from roomctl.words import panel_texts

PACKAGE_KEY = Path("/usr/share/keyrings/roomctl.gpg")
OWN_KEY = Path("/etc/apt/keyrings/roomctl.gpg")
LOOK_S = 1.0
SILENT_S = 1800.0  # the room is away while it is replaced; the updater's own limits are shorter

Document = Mapping[str, Any]


@frozen
class UpdateRequest:
    """What `roomctl update` was told."""

    check: bool
    at: str | None
    cancel: bool
    url: str | None
    token: Path | None


def set_source(where: str | None, channel: str | None, key: Path | None) -> None:
    """Write where versions are had, and who signs them; RoomctlError."""
    if os.geteuid() != 0:
        raise RoomctlError("update: only root says where versions come from; try it with sudo")
    there = source()
    uri = there.get("URIs", "") if where is None else uri_of(where)
    if not uri:
        raise RoomctlError("update: no source is set; give --from URL or --from FOLDER")
    suite = channel or there.get("Suites", "stable")
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", suite):
        raise RoomctlError(f"--channel: {suite!r} is not a channel; there are stable and beta")
    signed_by = PACKAGE_KEY if PACKAGE_KEY.exists() else OWN_KEY
    if key is not None:
        OWN_KEY.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(key, OWN_KEY)
        OWN_KEY.chmod(0o644)
        signed_by = OWN_KEY
    elif there.get("Signed-By") == str(OWN_KEY):
        signed_by = OWN_KEY
    if not signed_by.exists():
        why = "the package has no key to check signatures with; give --key FILE"
        raise RoomctlError(f"{PACKAGE_KEY}: {why}")
    write_whole(updater.SOURCES, source_text(uri, suite, signed_by).encode())
    updater.SOURCES.chmod(0o644)


def uri_of(where: str) -> str:
    """Return a source as apt reads it; RoomctlError if it is neither an address nor a folder."""
    if re.fullmatch(r"https?://[^\s/][^\s]*", where):
        return where.rstrip("/")
    folder = Path(where).absolute()
    if not (folder / "dists").is_dir():
        why = "is neither http(s)://… nor a folder with dists and pool in it"
        raise RoomctlError(f"--from: {where} {why}")
    return "copy:" + quote(str(folder))


def source_text(uri: str, suite: str, signed_by: Path) -> str:
    """Return the file of apt's (sources.list(5)) for a source."""
    said = {
        "Types": "deb",
        "URIs": uri,
        "Suites": suite,
        "Components": "main",
        "Signed-By": str(signed_by),
    }
    lines = [f"{key}: {value}" for key, value in said.items()]
    return "\n".join(["# Written by `roomctl update --from`.", *lines, ""])


def source() -> dict[str, str]:
    """Return the fields of the source that is set; empty without one."""
    if not updater.SOURCES.exists():
        return {}
    text = updater.SOURCES.read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z-]+): (.+)$", text, re.MULTILINE))


def run(wanted: UpdateRequest, tell: Callable[[str], None]) -> Document:
    """Have it done, telling how far it is; return the section of the room document at the end."""
    if wanted.at is not None and re.fullmatch(CLOCK_24, wanted.at) is None:
        raise RoomctlError(f"--at: {wanted.at!r} is not a time of the day, such as 03:00")
    kind = "update.check" if wanted.check else "update.install"
    try:
        room = ask.room(wanted.url, wanted.token)
    except ask.RoomUnreachable:
        if wanted.url is not None or wanted.at or wanted.cancel or os.geteuid() != 0:
            raise
        return _without_room("check" if wanted.check else "install", tell)
    if wanted.cancel:
        ask.command(wanted.url, wanted.token, "update.cancel", {})
        tell(say("done"))
        return _section(ask.room(wanted.url, wanted.token))
    args = {"at": wanted.at} if wanted.at else {}
    record = ask.command(wanted.url, wanted.token, kind, args)
    request = str((record.get("result") or {}).get("request"))
    if wanted.at:
        found = _section(ask.room(wanted.url, wanted.token))
        if found["not_before"]:
            tell(say("update.at", at=instant(found["not_before"], zone_of(room))))
        return found

    def look() -> Document | None:
        try:
            return _section(ask.room(wanted.url, wanted.token))
        except ask.RoomUnreachable:
            return None  # it is replaced right now

    return _followed(request, look, tell, check=wanted.check)


def _section(room: Document) -> Document:
    found = room["maintenance"]["update"]
    if not isinstance(found, dict):
        why = "runs from no Debian package, which alone updates itself; see docs/upgrade.md"
        raise RoomctlError(f"the room {why}")
    return found


def _without_room(do: str, tell: Callable[[str], None]) -> Document:
    """Ask the updater as root, where no room runs that anybody could be in."""
    request = secrets.token_hex(8)
    write_whole(updater.REQUESTS[0], json.dumps({"do": do, "id": request}).encode())

    def look() -> Document | None:
        try:
            said = json.loads((updater.FOLDER / "status.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        empty = {"request": "", "state": "idle", "installed": "", "available": "", "refusal": ""}
        return {**empty, "last": None, **said}

    return _followed(request, look, tell, check=do == "check")


def _followed(
    request: str, look: Callable[[], Document | None], tell: Callable[[str], None], *, check: bool
) -> Document:
    """Wait until the updater has done what was asked for; RoomctlError if it does not."""
    before, heard_s = "", time.monotonic()
    while time.monotonic() - heard_s < SILENT_S:
        found = look()
        if found is not None:
            state, taken = found["state"], found["request"] == request
            if taken and state == "idle":
                tell(result_words(found, check=check))
                return found
            if state != "idle":
                heard_s = time.monotonic()
                if (words := _state_words(found)) != before:
                    tell(f"  {words}")
                    before = words
        time.sleep(LOOK_S)
    why = "the updater does not answer; try `systemctl status roomctl-update.path roomctl-update`"
    raise RoomctlError(f"update: {why}")


def _state_words(found: Document) -> str:
    words, in_use = word("update.state", found["state"]), found.get("in_use")
    waits = found["state"] == "waits" and in_use
    return f"{words} ({word('in_use', str(in_use))})" if waits else words


def result_words(found: Document, *, check: bool) -> str:
    """Tell how it ended."""
    last, refusal = found["last"], found["refusal"]
    if check and not refusal and found["available"]:
        return say("update.available", **{key: found[key] for key in ("installed", "available")})
    if refusal not in ("", "current"):
        return say("update.refused", why=why(refusal))
    if check or refusal or last is None:
        return say("update.none", installed=found["installed"])
    if last["outcome"] == "updated":
        return say("update.updated", old=last["old"], new=last["new"])
    detail = f" ({last['detail']})" if last["detail"] else ""
    words = why(last["code"]) + detail
    return say("update.went_back", new=last["new"], old=last["old"], why=words)


def why(code: str) -> str:
    """Return why an update was refused or taken back, as the panel says it."""
    texts = panel_texts(language())
    return texts.get(f"update.{code}", texts["update.other"])


def status(found: Document, wanted: UpdateRequest) -> int:
    """Return the exit status: 1 where something newer could not be had, or did not stay."""
    if wanted.at or wanted.cancel:
        return 0
    last = found["last"]
    back = not found["refusal"] and last is not None and last["outcome"] == "went_back"
    return int(found["refusal"] not in ("", "current") or (back and not wanted.check))
