"""`check`, `probe` and `link`: looking at files, ports and invitations without running a room."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roomctl import config as configuration
from roomctl import profile as profiles
from roomctl.camera.profile import CameraProfile
from roomctl.cli.named import named
from roomctl.config import Config
from roomctl.errors import RoomctlError
from roomctl.meeting import load_platforms, read
from roomctl.meeting.link import redacted
from roomctl.meeting.platform import Platforms
from roomctl.meeting.reading import Policy, Reading
from roomctl.occupancy.profile import OccupancyProfile
from roomctl.speakerphone.profile import SpeakerphoneProfile

_KINDS: dict[str, type[profiles.Profile]] = {
    "camera": CameraProfile,
    "occupancy": OccupancyProfile,
    "speakerphone": SpeakerphoneProfile,
}
_NAMES = {"camera": "front", "speakerphone": "table"}  # to begin with; any other will do


def check(path: Path) -> dict[str, Any]:
    """Check one file: a device profile if it lies in a folder of a kind, else a room.toml."""
    finding: dict[str, Any] = {"file": str(path), "kind": "room", "error": None}
    try:
        kind = _kind_of(path)
        if kind is not None:
            finding["kind"] = kind
            profiles.load(path, _KINDS[kind])
        else:
            _check_room(path)
    except RoomctlError as error:
        finding["error"] = str(error)
    return finding


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
    from roomctl.cli.server import calendar
    from roomctl.clock import SystemClock
    from roomctl.ports import connect
    from roomctl.room import Outside, Room

    config = configuration.load(path)
    with named(path):
        Room(config, Outside(connect, SystemClock(), calendar(config)))


def check_words(finding: dict[str, Any]) -> str:
    return finding["error"] or f"{finding['file']}: ok ({finding['kind']})"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation as a room reads it, to be printed with or without its secrets."""

    reading: Reading
    platforms: Platforms

    def record(self, show_secrets: bool) -> dict[str, Any]:
        """Return it for programs; `launch` is null whenever nothing may be opened."""
        reading, launch = self.reading, self.reading.launch
        opened = launch and {
            "url": launch.url if show_secrets else redacted(launch.url, self.platforms),
            "host": launch.host,
            "mode": launch.mode,
        }
        return {
            "platform": reading.platform,
            "meeting_id": reading.meeting_id,
            "passcode": self._passcode(show_secrets),
            "refused": reading.refused.value if reading.refused else None,
            "launch": opened,
        }

    def words(self, show_secrets: bool) -> str:
        """Explain it to a person."""
        reading, lines = self.reading, []
        if reading.platform:
            name = self.platforms.by_key[reading.platform].name.en
            number = f", meeting {reading.meeting_id}" if reading.meeting_id else ""
            passcode = f", passcode {self._passcode(show_secrets)}" if reading.passcode else ""
            lines.append(f"{name}{number}{passcode}")
        if reading.launch:
            lines.append(f"would open {reading.launch.host} ({reading.launch.mode} mode)")
        else:
            lines.append(f"not opened: {reading.why}")
        return "\n".join(lines)

    def _passcode(self, show_secrets: bool) -> str | None:
        return self.reading.passcode if show_secrets or not self.reading.passcode else "***"


def link(text: str, config_file: Path | None) -> Invitation:
    """Read an invitation as a room would; without a room.toml nothing is denied."""
    config = configuration.load(config_file) if config_file else Config()
    meeting = config.meeting
    with named(config_file or Path("room.toml")):
        platforms = load_platforms(meeting.hosts)
    return Invitation(read(text, platforms, Policy(meeting.allow, meeting.deny)), platforms)


def probe() -> list[dict[str, str]]:
    """List what is plugged in: serial ports and USB speakerphones, with lines for room.toml."""
    from roomctl.ports.inventory import inventory

    return [{"kind": found.kind, "url": found.url, "what": found.what} for found in inventory()]


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
