"""`roomctl do`: any command of the API, with its arguments as key=value; knows what there is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from roomctl import app, plugins
from roomctl.cli.chinese import COMMANDS
from roomctl.cli.language import language
from roomctl.command import Declaration, Parameter
from roomctl.errors import RoomctlError
from roomctl.explain import suggest
from roomctl.kind import Kind
from roomctl.words import panel_texts


@cache
def commands(kinds: tuple[Kind, ...] | None = None) -> dict[str, Declaration]:
    """Return every command by name: of rooms with these kinds of devices, or all that there are."""
    known = (*app.KINDS, *app.every_plugin()[0]) if kinds is None else kinds
    return {one.name: one for one in sorted(app.declared(known), key=lambda one: one.name)}


def _named(kind: str) -> Declaration | None:
    """Return a command; plug-ins are looked for only where roomctl itself has none of that name.

    PluginError: the plug-in that would have it cannot be used.
    """
    name = kind.partition(".")[0]
    if kind not in commands(app.KINDS) and name in plugins.installed():
        return commands((*app.KINDS, app.plugin(name))).get(kind)
    return commands(app.KINDS).get(kind)


def does(one: Declaration) -> str:
    """Return what a command does, in a line; in Chinese by the locale."""
    english = one.doc.partition("\n")[0]
    if language() == "en":
        return english
    kind, _, own = one.name.partition(".")
    return COMMANDS.get(one.name) or panel_texts(language()).get(f"help.{kind}.{own}", english)


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
    found = _named(kind)
    if found is None:
        raise RoomctlError(f"no command {kind!r}; {suggest(kind, commands())}")
    known = {one.name: one for one in found.parameters}
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
    found = _named(kind)
    if found is None:
        return
    used = {text.partition("=")[0] for text in given}
    for one in found.parameters:
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
