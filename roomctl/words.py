"""What the panel's catalogs (`web/i18n`) say of an issue, for whoever tells people without one.

Knows no room and no wire; an issue is its code and its parameters.
"""

from __future__ import annotations

import functools
import json
import re
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from roomctl.installed import data_path

Language = Literal["en", "zh-CN"]

IN_HOURS_MIN = 90  # the age of a calendar that is told in hours, as on the panel


_ADDED: Mapping[Language, dict[str, str]] = {"en": {}, "zh-CN": {}}


@functools.cache
def panel_texts(into: Language) -> Mapping[str, str]:
    """Return what the panel says, by its key; blocking. What plug-ins say comes after it."""
    texts = (data_path("web") / "i18n" / f"{into}.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(texts)
    return ChainMap(found, _ADDED[into])


def words_beside(file: str) -> dict[str, dict[str, str]]:
    """Return the words of a plug-in by language: of `words/en.json` and the others beside `file`.

    Keys: `kind`, `state.FIELD`, `value.FIELD.VALUE`, `command.NAME`, `issue.NAME`, `todo.NAME`,
    `error.NAME`, `action.NAME`, and `help.NAME`, what a command does. What has no English has that
    of its code. ValueError names the file and what is wrong in it.
    """
    folder = Path(file).parent / "words"
    return {one.stem: _words_of(one) for one in sorted(folder.glob("*.json"))}


_HEADS = ("kind", "state", "value", "command", "issue", "todo", "error", "action", "help")


def _words_of(file: Path) -> dict[str, str]:
    where = f"{file.parent.name}/{file.name}"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise ValueError(f"{where}: expected an object of texts")
    for key in found:
        head, _, rest = key.partition(".")
        if head not in _HEADS or bool(rest) is (head == "kind"):
            known = ", ".join(one if one == "kind" else f"{one}.NAME" for one in _HEADS)
            raise ValueError(f"{where}: unknown key {key!r}; expected one of: {known}")
    return found


def kind_words(kind: str, words: Mapping[str, Mapping[str, str]], into: Language) -> dict[str, str]:
    """Return the words of a plug-in by the keys of the panel; what lacks a translation, in English.

    `issue.jammed` of the kind blinds is `issue.blinds.jammed`, its `kind` is `kind.blinds`.
    """
    spoken = {**words.get("en", {}), **words.get(into, {})}
    heads = ((key, *key.partition(".")[::2]) for key in spoken)
    return {f"{head}.{kind}.{rest}".rstrip("."): spoken[key] for key, head, rest in heads}


def add_words(kind: str, words: Mapping[str, Mapping[str, str]]) -> None:
    """Have the panel's texts say a plug-in's words, too."""
    for into, added in _ADDED.items():
        added.update(kind_words(kind, words, into))


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return a text of the panel with values in its holes; a hole without one stays."""
    return re.sub(r"\{(\w+)\}", lambda hole: str(values.get(hole[1], hole[0])), text)


def variant(code: str, params: Mapping[str, object]) -> str:
    """Return the code whose words an issue has: some have others by their parameters."""
    match code:
        case "calendar.overruled" if params.get("reason"):
            return f"{code}.{params['reason']}"
        case "calendar.stale" if isinstance(age_min := params.get("age_min"), int | float):
            return f"{code}.{'never' if age_min < 0 else 'min' if age_min < IN_HOURS_MIN else 'h'}"
        case "meeting.failed" if params.get("reason") in ("crashed", "removed"):
            return "meeting.interrupted"
        case "storage.quarantined":
            variants = {"nothing": "storage.restored", "import": "storage.import"}
            return variants.get(str(params.get("lost")), code)
        case _:
            return code


def counted(params: Mapping[str, object]) -> dict[str, object]:
    """Return the numbers that texts name and parameters have in another unit."""
    age_min, free = params.get("age_min") or 0, params.get("free_bytes") or 0
    assert isinstance(age_min, int | float)  # noqa: S101 - numbers both
    assert isinstance(free, int | float)  # noqa: S101
    count = age_min if age_min < IN_HOURS_MIN else round(age_min / 60)
    return {"count": count, "free_kb": int(free // 1024)}
