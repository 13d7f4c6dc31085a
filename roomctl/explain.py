"""What is wrong with an operator's file, in plain words: which key, and what was expected.

Knows no file and no table; pydantic's errors come in, a key and half a sentence go out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeGuard, get_args

from pydantic import BaseModel, ValidationError

from roomctl.secret import HIDDEN, Secret


def tuples(value: object) -> object:
    """Return what was read of TOML with its arrays as tuples, as strict frozen models expect."""
    if isinstance(value, dict):
        return {key: tuples(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(tuples(inner) for inner in value)
    return value


_NONE = "is missing"
_LOGIN = re.compile(r"//[^/@]*@")  # of a url


class Explanation(NamedTuple):
    """What is wrong with a key of a file. `meant`: what an unknown one was to be."""

    key: str
    why: str
    meant: str | None = None


def explain(error: ValidationError, model: type[BaseModel]) -> list[Explanation]:
    """Say all that is wrong with a file: its keys, and what was expected in plain words.

    Of a key that is missing because it is misspelt, the misspelt one is told.
    """
    told = [_explained(one, model) for one in error.errors(include_url=False)]
    misspelt = {(*one.key.split(".")[:-1], one.meant) for one in told if one.meant is not None}
    return [one for one in told if one.why != _NONE or tuple(one.key.split(".")) not in misspelt]


def _explained(one: Any, model: type[BaseModel]) -> Explanation:  # noqa: ANN401 - pydantic's
    path = [str(part) for part in one["loc"]]
    key = ".".join(path)
    if one["type"] == "extra_forbidden":
        return _unknown(path, model)
    if one["type"] == "missing":
        return Explanation(key, _NONE)
    if isinstance(one.get("input"), Secret) and not _is_secret(model, path):
        return Explanation(key, "cannot be a secret; write it plainly")
    if path[-1:] == ["[key]"]:
        why = "invalid name; allowed: a-z, 0-9, - and _, starting with a letter"
        return Explanation(".".join(path[:-1]), why)
    shown = one.get("input")
    message = _PLAIN.get(one["type"], reworded(one["msg"]))
    scalar = isinstance(shown, str | int | float | bool) and repr(shown) not in message
    quoted = _LOGIN.sub(f"//{HIDDEN}@", repr(shown))
    found = f", found {quoted}" if scalar and not _is_secret(model, path) else ""
    return Explanation(key, message[:1].lower() + message[1:] + found)


def _unknown(path: Sequence[str], model: type[BaseModel]) -> Explanation:
    """Explain a key that nobody knows."""
    known = sorted(_fields_at(model, path[:-1]))
    near = difflib.get_close_matches(path[-1], known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"expected one of: {', '.join(known)}"
    return Explanation(".".join(path), f"unknown key; {hint}", near[0] if near else None)


_FEW = 24  # words that are read at a glance


def suggest(given: str, known: Iterable[str]) -> str:
    """Name the known word that is meant, or all of them: the second half of a sentence.

    Of many that are all unlike it, the nearest are named.
    """
    words = sorted(known)
    if not words:
        return "none is known here"
    if near := difflib.get_close_matches(given, words, 1):
        return f"did you mean {near[0]!r}?"
    begun = [word for word in words if given and word.startswith(given.lower())][:3]
    if begun:
        return f"did you mean {' or '.join(map(repr, begun))}?"
    if len(words) <= _FEW:
        return f"known: {', '.join(words)}"
    nearest = difflib.get_close_matches(given, words, 5, cutoff=0.0)
    return f"{len(words)} are known, such as {', '.join(nearest)}"


def reworded(message: str) -> str:
    """Return a sentence of pydantic's as one of ours."""
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


def _is_secret(model: type[BaseModel], path: Sequence[str]) -> bool:
    """Whether what stands at `path` is shown to nobody, right or wrong."""
    here: object = model
    for part in path[:-1]:
        here = _below(here, part)
    field = here.model_fields.get(path[-1]) if _is_table(here) and path else None
    wanted = here if field is None else field.annotation
    return Secret in (wanted, *get_args(wanted))


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
