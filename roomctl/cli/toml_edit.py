"""One key of a TOML file, set or removed; everything else, its comments too, stays as it is.

Knows no key of room.toml. What cannot be written without touching something else is refused.
"""

from __future__ import annotations

import copy
import re
import tomllib
from json import dumps as quoted
from typing import Any

from roomctl.errors import RoomctlError
from roomctl.toml_lines import lines_of, spans_of


def with_key(text: str, table: str, key: str, value: str | None) -> str:
    """Return a sound TOML text with `key` of `[table]` set; None removes it.

    RoomctlError where another way of writing it, an inline table say, stands in the way.
    """
    wanted = tomllib.loads(text)
    if value is None:
        wanted.get(table, {}).pop(key, None)
    else:
        wanted.setdefault(table, {})[key] = value
    return _proven(_with_key(text, table, key, value), wanted, f"{table}.{key}")


def without_table(text: str, table: str) -> str:
    """Return a sound TOML text without `[table]` and what is below it."""
    wanted = {name: value for name, value in tomllib.loads(text).items() if name != table}
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if header := re.match(r"\s*\[+\s*([^\].\s]+)", line):
            inside = header[1].strip("\"'") == table
        if not inside:
            kept.append(line)
    return _proven("".join(kept), wanted, table)


def with_table(text: str, block: str) -> str:
    """Return the text with a table, which it does not have yet, at its end."""
    return f"{text.rstrip()}\n\n{block}" if text.strip() else block


def _proven(edited: str, wanted: dict[str, Any], what: str) -> str:
    """Return the text if it says what is wanted, and only that; an empty table says nothing."""
    try:
        found = tomllib.loads(edited)
    except ValueError:
        found = {}
    if _told(found) != _told(wanted):
        raise RoomctlError(
            f"{what}: is written in a form that cannot be changed here; edit the file"
        )
    return edited


def _told(tables: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in copy.deepcopy(tables).items() if value != {}}


def _with_key(text: str, table: str, key: str, value: str | None) -> str:
    span = spans_of(text).get((table, key))
    if span is not None:
        if value is not None:
            old = text[span]
            gap = old[len(old.rstrip()) :]  # before a comment
            return text[: span.start] + quoted(value, ensure_ascii=False) + gap + text[span.stop :]
        begun = text.rfind("\n", 0, span.start) + 1
        ended = text.find("\n", span.stop)
        return text[:begun] + (text[ended + 1 :] if ended >= 0 else "")
    if value is None:
        return text
    line = f"{key} = {quoted(value, ensure_ascii=False)}\n"
    if (at := lines_of(text).get((table,))) is None:
        return with_table(text, f"[{table}]\n{line}")
    lines = text.splitlines(keepends=True)
    head = lines[at - 1] if lines[at - 1].endswith("\n") else f"{lines[at - 1]}\n"
    return "".join([*lines[: at - 1], head, line, *lines[at:]])
