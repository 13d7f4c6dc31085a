"""The text of a room.toml: its values, and the secrets and folders that it names."""

from __future__ import annotations

import contextlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from json import dumps as quoted
from pathlib import Path
from typing import Any

from roomctl import app
from roomctl.errors import ConfigError, RoomctlError
from roomctl.secret import name_of
from roomctl.toml_lines import lines_of

_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'")


def site_folders(data: Mapping[str, Any], config: Path) -> Iterator[tuple[str, Path]]:
    """Yield the folders with files of the site's own, by where they stand in an archive."""
    base = config.absolute().parent
    for kind, table in app.TABLES.items():
        given = data.get(kind)
        folder = given.get("profiles") if isinstance(given, dict) else None
        if table.site_profiles and isinstance(folder, str):
            yield f"profiles/{kind}", Path(os.path.normpath(base / folder))
    meeting = data.get("meeting")
    if isinstance(meeting, dict) and isinstance(meeting.get("platforms"), str):
        yield "platforms", Path(os.path.normpath(base / meeting["platforms"]))


def replaced(text: str, file: str, path: tuple[str, ...], new: str) -> str:
    """Return a text in which one value is another; all else is as it was, to the byte."""
    data = tomllib.loads(text)
    numbers = {tuple(map(str, key)): number for key, number in lines_of(text).items()}
    value, line = value_at(data, path), numbers.get(path)
    lines = re.split(r"(?<=\n)", text)  # as TOML counts them
    if isinstance(value, str) and line is not None:
        for found in _TEXT.finditer(lines[line - 1]):
            if _parsed(found[0]) == value:
                there = lines[line - 1]
                changed = there[: found.start()] + quoted(new) + there[found.end() :]
                tried = "".join([*lines[: line - 1], changed, *lines[line:]])
                if tomllib.loads(tried) == _set(data, path, new):
                    return tried
    why = (
        "has a secret that cannot be taken out; use `roomctl secret set NAME`, then write"
        " secret:NAME"
    )
    raise ConfigError(file, ".".join(path), why, line=line)


def _parsed(token: str) -> object:
    try:
        return tomllib.loads(f"x = {token}")["x"]
    except tomllib.TOMLDecodeError:
        return None


def value_at(value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - TOML
    for key in path:
        value = value[int(key)] if isinstance(value, list) else value.get(key)
        if value is None:
            return None
    return value


def _set(value: Any, path: tuple[str, ...], new: str) -> Any:  # noqa: ANN401 - TOML
    if not path:
        return new
    if isinstance(value, list):
        at = int(path[0])
        return [*value[:at], _set(value[at], path[1:], new), *value[at + 1 :]]
    return {**value, path[0]: _set(value[path[0]], path[1:], new)}


def secrets_named(value: object) -> Iterator[str]:
    """Yield the names of the secrets that are referred to."""
    match value:
        case str():
            with contextlib.suppress(RoomctlError):
                if name := name_of(value):
                    yield name
        case dict():
            for one in value.values():
                yield from secrets_named(one)
        case list():
            for one in value:
                yield from secrets_named(one)
