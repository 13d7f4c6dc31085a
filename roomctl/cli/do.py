"""`roomctl do`: any command of the API, with its arguments as key=value; knows what there is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from roomctl import app
from roomctl.cli.chinese import COMMANDS
from roomctl.cli.language import language
from roomctl.command import Declaration, Parameter
from roomctl.errors import RoomctlError
from roomctl.explain import suggest


@cache
def commands() -> dict[str, Declaration]:
    """Return every command of a room, by name."""
    return {one.name: one for one in sorted(app.declared(), key=lambda one: one.name)}


def does(one: Declaration) -> str:
    """Return what a command does, in a line; in Chinese by the locale."""
    english = one.doc.partition("\n")[0]
    return english if language() == "en" else COMMANDS.get(one.name, english)


def listed() -> list[dict[str, Any]]:
    """Return every command for programs: its name, what it does, its keys."""
    return [
        {
            "type": one.name,
            "does": one.doc.partition("\n")[0],
            "keys": [key.name for key in one.parameters],
            "required": [key.name for key in one.parameters if key.default is ...],
        }
        for one in commands().values()
    ]


def list_words() -> str:
    """Tell a person the same."""
    return "\n".join(
        f"{one.name} {' '.join(map(_form, one.parameters))}".rstrip() + f"\n    {does(one)}"
        for one in commands().values()
    )


def arguments(kind: str, given: Sequence[str]) -> dict[str, Any]:
    """Read key=value of a command; RoomctlError for a name that it does not know."""
    if kind not in commands():
        raise RoomctlError(f"no command {kind!r}; {suggest(kind, commands())}")
    known = {one.name: one for one in commands()[kind].parameters}
    args: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            example = f"{next(iter(known), 'key')}=…"
            raise RoomctlError(f"{kind} takes key=value, such as {example}, and not {text!r}")
        if key not in known:
            raise RoomctlError(f"{kind} has no {key!r}; {suggest(key, known)}")
        args[key] = _value(known[key].annotation, value)
    if lacking := [name for name, one in known.items() if one.default is ... and name not in args]:
        forms = " ".join(_form(known[name]) for name in lacking)
        raise RoomctlError(f"{kind} needs {forms}")
    return args


def completions(kind: str, given: Sequence[str], incomplete: str) -> Iterator[tuple[str, str]]:
    """Yield what may stand next, each with its help: `key=`, or `key=value` of a closed set."""
    if kind not in commands():
        return
    used = {text.partition("=")[0] for text in given}
    for one in commands()[kind].parameters:
        if one.name in used:
            continue
        choices = [f"{one.name}={choice}" for choice in _choices(one.annotation)]
        for text in choices or [f"{one.name}="]:
            if text.startswith(incomplete):
                yield text, "needed" if one.default is ... else "may be left out"


def _form(one: Parameter) -> str:
    form = f"{one.name}={'|'.join(_choices(one.annotation)) or one.name.upper()}"
    return form if one.default is ... else f"[{form}]"


def _value(annotation: Any, text: str) -> Any:  # noqa: ANN401 - of any type, into JSON
    """Return a value as JSON has it; where a text is meant, digits stay one."""
    if str in _plain(annotation):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text  # the room says what it wants


def _choices(annotation: Any) -> list[str]:  # noqa: ANN401 - a type
    found = []
    for one in _parts(annotation):
        if get_origin(one) is Literal:
            found += [str(choice) for choice in get_args(one)]
        elif one is bool:
            found += ["true", "false"]
    return found


def _plain(annotation: Any) -> set[Any]:  # noqa: ANN401 - a type
    """Return the plain types of an annotation; a word of a closed set is a str."""
    return {
        type(get_args(one)[0]) if get_origin(one) is Literal else one for one in _parts(annotation)
    }


def _parts(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - a type
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for one in get_args(annotation):
            yield from _parts(one)
    else:
        yield annotation
