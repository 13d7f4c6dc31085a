"""A room.toml as it is shown to whoever may change it, and back: no secret in it, and none lost.

What is hidden is shown as `…1`, `…2` and so on, or as an address that ends in one. Such a value
may come back where it stood, and then stands for what it hides; anywhere else it is refused, so
that no secret comes to a place that is shown. What a comment hides is not kept. Pure.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping

from pydantic import BaseModel

from roomctl.api.redaction import HIDDEN, Redaction, is_secret_key, secrets_of
from roomctl.errors import Refused
from roomctl.frozen import frozen
from roomctl.secret import Secret
from roomctl.toml_lines import KeyPath, spans_of

_MARK = re.compile(rf"{HIDDEN}\d+")
_COMMENT = re.compile(r"#[^\n]*")


@frozen
class ShownText:
    """A room.toml without secrets; `hidden`: of each hidden value, where it stands and as what.

    By the value that is shown in its place.
    """

    text: str
    hidden: Mapping[str, tuple[KeyPath, str]]


def shown(text: str, config: BaseModel) -> ShownText:
    """Return a room.toml, which `config` was read from, without its secrets."""
    redaction = Redaction(secrets_of(config))
    parts: list[str] = []
    hidden: dict[str, tuple[KeyPath, str]] = {}
    done = 0
    for path, span in spans_of(text).items():
        literal = text[span]
        value = _value(literal)
        safe = _without_secret(value, path, config, redaction)
        parts.append(_comments(text[done : span.start], redaction))
        done = span.stop
        if safe == value:
            parts.append(literal)
        else:
            safe = str(safe).replace(HIDDEN, f"{HIDDEN}{len(hidden) + 1}")
            hidden[safe] = (path, literal)
            parts.append(json.dumps(safe, ensure_ascii=False))
    parts.append(_comments(text[done:], redaction))
    return ShownText("".join(parts), hidden)


def restored(text: str, base: ShownText) -> str:
    """Return a text with what `base` hides of it; Refused "config_redacted" names a key.

    A text that is no TOML is returned as it is.
    """
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError):
        return text
    for path, span in reversed([*spans_of(text).items()]):
        value = _value(text[span])
        if not isinstance(value, str) or not (value in base.hidden or _MARK.search(value)):
            continue
        where, literal = base.hidden.get(value, ((), ""))
        if _place(where) != _place(path):
            key = ".".join(map(str, path))
            why = "is hidden; write the value, or secret:NAME and `roomctl secret set NAME`"
            raise Refused("room", "config_redacted", f"{key}: {why}", key=key)
        text = text[: span.start] + literal + text[span.stop :]
    return text


def _value(literal: str) -> object:
    return tomllib.loads(f"value = {literal}")["value"]


def _place(path: KeyPath) -> KeyPath:
    """Return a path without its places in arrays: an element may move, with what it hides."""
    return tuple(one for one in path if isinstance(one, str))


def _without_secret(
    value: object, path: KeyPath, config: BaseModel, redaction: Redaction
) -> object:
    held = _held(config, path)
    if isinstance(held, Secret) and held.name:
        return value  # it says secret:NAME
    safe = redaction.value(value) if isinstance(value, str) else value
    hides = isinstance(held, Secret) or any(map(is_secret_key, path))
    if hides and safe == value and value not in ("", True, False):
        return HIDDEN
    return safe


def _held(config: object, path: KeyPath) -> object:
    """Return what a configuration has at a place; None if it is not found there."""
    for part in path:
        match config:
            case BaseModel():
                fields = type(config).model_fields.items()
                name = next((name for name, one in fields if part in (name, one.alias)), "")
                config = getattr(config, name, None)
            case Mapping():
                config = config.get(part)
            case list() | tuple() if isinstance(part, int) and part < len(config):
                config = config[part]
            case _:
                return None
    return config


def _comments(text: str, redaction: Redaction) -> str:
    return _COMMENT.sub(lambda comment: redaction.text(comment[0]), text)
