"""`link`: reading invitations as a room would, one or one in each line; opens nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl.cli.language import language
from roomctl.cli.options import named
from roomctl.config import Config
from roomctl.frozen import frozen
from roomctl.meeting.dial import dial_strings
from roomctl.meeting.invitation import ParsedInvitation, Refusal
from roomctl.meeting.link import read, redacted
from roomctl.meeting.platform import Platforms, Policy, load_platforms

HIDDEN = "***"
_MOST_TEXTS = 1000  # in one booking's fields
_VIDEO = ("video", "")  # an entry point without a type counts as one
_CODES = ("passcode", "password")  # of an entry point


@frozen
class Invitation:
    """An invitation as a room reads it, to be printed with or without its secrets."""

    parsed: ParsedInvitation
    platforms: Platforms

    def record(self, show_secrets: bool) -> dict[str, Any]:
        """Return it for programs; `launch` is null whenever nothing may be opened."""
        parsed, launch = self.parsed, self.parsed.launch
        opened = launch and {
            "url": launch.url if show_secrets else redacted(launch.url, self.platforms),
            "host": launch.host,
            "mode": launch.mode,
        }
        return {
            "platform": parsed.platform,
            "meeting_id": parsed.meeting_id,
            "passcode": self._passcode(show_secrets),
            "refused": parsed.refused.value if parsed.refused else None,
            "launch": opened,
        }

    def words(self, show_secrets: bool, language: str) -> str:
        """Explain it to a person, in "en" or "zh-CN"."""
        parsed, said = self.parsed, _WORDS[language]
        lines = []
        name = self._name(language)
        if name:
            parts = [name]
            parts += [said["meeting"].format(parsed.meeting_id)] if parsed.meeting_id else []
            passcode = self._passcode(show_secrets)
            parts += [said["passcode"].format(passcode)] if passcode else []
            lines.append(said["comma"].join(parts))
        if parsed.launch:
            mode = said[parsed.launch.mode]
            lines.append(said["opens"].format(host=parsed.launch.host, mode=mode))
        else:
            lines.append(said["not_opened"].format(parsed.say(language, name)))
        if dialled := self._dialled(show_secrets):
            lines.append(said["dial"].format(said["comma"].join(dialled)))
        return "\n".join(lines)

    def _name(self, language: str) -> str:
        if not self.parsed.platform:
            return ""
        name = self.platforms.by_key[self.parsed.platform].name
        return name.zh if language == "zh-CN" else name.en

    def _passcode(self, show_secrets: bool) -> str | None:
        return self.parsed.passcode if show_secrets or not self.parsed.passcode else HIDDEN

    def _dialled(self, show_secrets: bool) -> list[str]:
        if self.parsed.refused:
            return []
        told = self.parsed if show_secrets else replace(self.parsed, passcode=None)
        return dial_strings(told, self.platforms)


_WORDS = {
    "en": {
        "comma": ", ",
        "meeting": "meeting {}",
        "passcode": "passcode {}",
        "opens": "would open {host} ({mode})",
        "plain": "a person taps Join there",
        "assisted": "the room joins automatically",
        "not_opened": "not opened: {}",
        "dial": "other devices may dial: {}",
    },
    "zh-CN": {
        "comma": "，",
        "meeting": "会议号 {}",
        "passcode": "密码 {}",
        "opens": "将打开 {host}（{mode}）",
        "plain": "由人在页面上点按“加入”",
        "assisted": "会议室自动加入",
        "not_opened": "不会打开：{}",
        "dial": "其他终端可呼叫 {}",
    },
}


@frozen
class LinkReader:
    """What a room reads invitations with: its platforms, its policy; and a language for people."""

    platforms: Platforms
    policy: Policy
    language: str

    def read(self, text: str | Mapping[str, str]) -> Invitation:
        return Invitation(read(text, self.platforms, self.policy), self.platforms)

    def read_line(self, line: str) -> Invitation:
        """Read one line of JSON: a string, or an object of calendar fields."""
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, str):
            return self.read(said)
        if isinstance(said, dict):
            return self.read(fields(said))
        return Invitation(ParsedInvitation(refused=Refusal.MALFORMED), self.platforms)

    def records(self, lines: Iterable[bytes], show_secrets: bool) -> Iterator[dict[str, Any]]:
        """Yield exactly one record for each line."""
        for line in lines:
            yield self.read_line(line.decode(errors="replace")).record(show_secrets)

    def explained(self, lines: Iterable[bytes], show_secrets: bool) -> Iterator[str]:
        """Yield one line of words for each line."""
        for line in lines:
            said = self.read_line(line.decode(errors="replace"))
            yield said.words(show_secrets, self.language).replace("\n", "; ")


def reader(config_file: Path | None) -> LinkReader:
    """Return what a room would read with; without a room.toml nothing is denied."""
    config = app.load(config_file) if config_file else Config()
    meeting = config.meeting
    with named(config_file or Path("room.toml")):
        platforms = load_platforms(meeting.hosts, own=meeting.platform_folder)
    policy = Policy(meeting.allow, meeting.deny, datetime.now(UTC).date())
    chinese = "zh-CN" in (language(), config.room.language)
    return LinkReader(platforms, policy, "zh-CN" if chinese else "en")


def fields(said: Mapping[str, Any]) -> dict[str, str]:
    """Return a booking's fields as texts; values may be nested, as Google and Graph send them.

    Of Google's conference data only the entry points for video are meant; a passcode in them is
    said as an invitation would print it.
    """
    texts: dict[str, str] = {}
    for name, value in said.items():
        if isinstance(value, dict) and isinstance(points := value.get("entryPoints"), list):
            shown = [p for p in points if isinstance(p, dict)]
            shown = [p for p in shown if p.get("entryPointType", "") in _VIDEO]
            value = [shown, [_printed(p) for p in shown]]
        found = list(_texts(value))
        if found:
            texts[name] = "\n".join(found)
    return texts


def _printed(point: Mapping[str, Any]) -> str:
    codes = (point.get(name) for name in _CODES)
    code = next((code for code in codes if isinstance(code, str) and code), None)
    return f"Passcode: {code}\nPassword: {code}" if code else ""


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in a value, in order, however deep they stand."""
    waiting, seen = [value], 0
    while waiting and seen < _MOST_TEXTS:
        seen += 1
        one = waiting.pop(0)
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting = [*one.values(), *waiting]
        elif isinstance(one, list):
            waiting = [*one, *waiting]
