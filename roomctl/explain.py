"""What is wrong with an operator's file, in plain words: which key, and what was expected.

Knows no file and no table; pydantic's errors come in, a key and half a sentence go out.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TypeGuard, get_args

from pydantic import BaseModel, ValidationError


def tuples(value: object) -> object:
    """Return what was read of TOML with its arrays as tuples, as strict frozen models expect."""
    if isinstance(value, dict):
        return {key: tuples(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(tuples(inner) for inner in value)
    return value


def explain(error: ValidationError, model: type[BaseModel]) -> tuple[str, str]:
    """Say the first thing wrong with a file: its key, and what was expected in plain words."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        known = sorted(_fields_at(model, path[:-1]))
        near = difflib.get_close_matches(path[-1], known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of: {', '.join(known)}"
        return key, f"unknown key; {hint}"
    if first["type"] == "missing":
        return key, "is missing"
    if path[-1] == "[key]":
        why = "is no name; a-z, 0-9, - and _ make one, beginning with a letter"
        return ".".join(path[:-1]), why
    shown = first.get("input")
    message = _PLAIN.get(first["type"], _reworded(first["msg"]))
    scalar = isinstance(shown, str | int | float | bool) and repr(shown) not in message
    found = f", found {shown!r}" if scalar else ""
    return key, message[:1].lower() + message[1:] + found


def _reworded(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should ", "must ", 1)


_PLAIN = {
    "model_type": "must be a table",
    "dict_type": "must be a table",
    "tuple_type": "must be an array, such as ['a', 'b']",
    "string_type": "must be a string in quotes",
    "int_type": "must be a whole number without quotes",
    "float_type": "must be a number without quotes",
    "bool_type": "must be true or false",
}


def _fields_at(model: type[BaseModel], path: Sequence[str]) -> set[str]:
    """Return the keys that the table at `path` knows."""
    here: object = model
    for part in path:
        here = _below(here, part)
    return set(here.model_fields) if _is_table(here) else set()


def _below(here: object, part: str) -> object:
    """Return what stands at `part` of a table, or at any name in a table of tables."""
    if not _is_table(here):
        return next((inner for inner in get_args(here) if _is_table(inner)), None)
    field = here.model_fields.get(part)
    wanted = None if field is None else field.annotation
    if type(None) in get_args(wanted):  # "Table | None"
        return next((inner for inner in get_args(wanted) if _is_table(inner)), None)
    return wanted


def _is_table(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
