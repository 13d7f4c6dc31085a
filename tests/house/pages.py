"""What a page has its reader type, and write into room.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TREE = Path(__file__).resolve().parents[2]
PAGES = (TREE / "README.md", TREE / "SECURITY.md", *sorted((TREE / "docs").glob("*.md")))
CHINESE = (TREE / "README.zh-CN.md", *sorted((TREE / "docs" / "zh").glob("*.md")))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_KEY = re.compile(r"(\[+[a-zA-Z_.]+\]+)(?: ([a-zA-Z_]+))?")
_PROGRAMS = ("roomctl ", "sudo ", "make ", "curl ", "systemctl ", "journalctl ")


def blocks(text: str, *languages: str) -> Iterator[str]:
    """Yield the fenced blocks of these languages."""
    yield from (body for language, body in _FENCE.findall(text) if language in languages)


def typed(text: str) -> list[str]:
    """Return the commands of the shell's blocks, each in one line and without its remark."""
    lines = (
        re.sub(r"(^|\s+)#\s.*", "", line).strip()
        for block in blocks(text, "sh", "")
        for line in block.replace("\\\n", " ").splitlines()
    )
    return [" ".join(line.split()) for line in lines if line]


def commands(text: str) -> list[str]:
    """Return all commands of a page: those of its blocks, and those in its sentences."""
    said = (" ".join(span.split()) for span in _SPAN.findall(_FENCE.sub("", text)))
    return [*typed(text), *(one for one in said if one.startswith(_PROGRAMS))]


def section(text: str, anchor: str) -> str:
    """Return what stands below a heading, by the heading's anchor."""
    found = re.split(r"^(## .+)$", text, flags=re.MULTILINE)
    [body] = [
        found[at + 1] for at, part in enumerate(found) if part[:3] == "## " and slug(part) == anchor
    ]
    return body


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    kept = re.sub(r"[^\w\s-]", "", heading.lstrip("# ").strip().lower())
    return re.sub(r"\s", "-", kept)


def keys(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the keys of room.toml that a page names: in its blocks, and as `[table] key`."""
    for block in blocks(text, "toml"):
        yield from _paths(tomllib.loads(block), ())
    for span in _SPAN.findall(_FENCE.sub("", text)):
        if found := _KEY.match(span):
            yield (*found[1].strip("[]").split("."), *([found[2]] if found[2] else []))


def _paths(table: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                yield from _paths(one, (*above, key))
        yield (*above, key)


def is_key(path: tuple[str, ...], form: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Whether a room.toml may have this key, by its schema."""
    if not path:
        return True
    forms = [form]
    if "$ref" in form:
        forms = [root["$defs"][str(form["$ref"]).rpartition("/")[2]]]
    for several in ("anyOf", "oneOf"):
        forms += form.get(several, [])
    if "items" in form:
        forms.append(form["items"])
    inside = [
        (one["properties"][path[0]], path[1:])
        for one in forms
        if path[0] in one.get("properties", {})
    ]
    for one in forms:
        for more in (one.get("additionalProperties"), *one.get("patternProperties", {}).values()):
            if isinstance(more, dict):
                inside.append((more, path[1:]))
    deeper = [(one, path) for one in forms if one is not form]
    return any(is_key(rest, one, root) for one, rest in (*inside, *deeper))
