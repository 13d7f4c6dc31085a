"""What a kind's state and commands are, as its code declares them: for whatever shows any kind.

A field of the entry and an argument of a command are read as their JSON Schema has them: type,
range, choices, description. The unit is in the name, as in `position_pct`, or declared:
`Field(json_schema_extra={"unit": "lx"})`. The panel's card, MQTT and Home Assistant are made from
this; they know no kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from roomctl.command import Declaration, Parameter
from roomctl.frozen import frozen
from roomctl.kind import Kind

Form = Literal["switch", "level", "number", "choice", "text"]
"""A bool; a number with both ends; another number; one of a few words; another text."""

_UNITS = {"pct": "%", "deg": "°", "s": "s", "min": "min", "ppm": "ppm", "c": "°C", "w": "W"}


def _said(text: str) -> Any:  # noqa: ANN401 - pydantic's
    return Field(description=text)


@frozen
class Feature:
    """A field of a kind's entry, or an argument of its command; its name is its key."""

    name: Annotated[str, _said("its key in the section, or among the arguments")]
    form: Annotated[Form, _said("level: a number with both ends")]
    unit: Annotated[str, _said("such as %; empty: none")]
    minimum: Annotated[float | None, _said("least number, in its unit; null: none")]
    maximum: Annotated[float | None, _said("greatest number, in its unit; null: none")]
    whole: Annotated[bool, _said("whether it is a whole number")]
    choices: Annotated[tuple[str, ...], _said("the words of a choice")]
    description: Annotated[str, _said("in English")]


@frozen
class KindControl:
    """A command that a person gives by one touch, or by one value.

    An argument that is called as a field of the section sets it.
    """

    command: Annotated[str, _said("what it is called, such as blinds.up")]
    device: Annotated[str | None, _said("argument that names the device; null: it has none")]
    argument: Annotated[Feature | None, _said("what a person chooses; null: nothing")]
    description: Annotated[str, _said("what it does, in English")]


@cache
def features_of(entry: type) -> tuple[Feature, ...]:
    """Return what an entry says, but its name; a field of another form is left out."""
    schema = TypeAdapter(entry).json_schema()
    found = (
        _feature(name, shown, schema.get("$defs", {}))
        for name, shown in schema["properties"].items()
        if name != "name"
    )
    return tuple(one for one in found if one is not None)


def controls_of(kind: Kind) -> tuple[KindControl, ...]:
    """Return what a person can do to a device of a kind; other commands are for programs."""
    declared = kind.part.declared() if kind.part is not None else ()
    found = (_control(kind, one) for one in declared)
    return tuple(one for one in found if one is not None)


def plain_words(kind: Kind) -> dict[str, str]:
    """Return the English words of a kind by what its code calls things: "Position", "Go to"."""
    features = features_of(kind.entry) if kind.entry is not None else ()
    arguments = [one.argument for one in controls_of(kind) if one.argument is not None]
    found = {"kind": _plain(kind.name)}
    for one in (*features, *arguments):
        head, _, tail = one.name.rpartition("_")
        found[f"state.{one.name}"] = _plain(head if head and tail in _UNITS else one.name)
        found |= {f"value.{one.name}.{word}": _plain(word) for word in one.choices}
    commands = kind.part.declared() if kind.part is not None else ()
    own = (one.name.partition(".")[2] for one in commands)
    return found | {f"command.{name}": _plain(name) for name in own}


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _control(kind: Kind, declaration: Declaration) -> KindControl | None:
    device = None if kind.table.single else kind.name
    asked = [one for one in declaration.parameters if one.name != device]
    if len(asked) == len(declaration.parameters) and device is not None:
        return None  # it is about no device
    needed = [one for one in asked if one.default is ...] or asked[:1]
    if len(needed) > 1 or declaration.ways or declaration.some:
        return None
    argument = _argument(needed[0]) if needed else None
    if needed and argument is None:
        return None
    return KindControl(declaration.name, device, argument, declaration.doc.partition("\n")[0])


def _argument(parameter: Parameter) -> Feature | None:
    schema = TypeAdapter(parameter.annotation).json_schema()
    found = _feature(parameter.name, schema, schema.get("$defs", {}))
    return found if found is not None and found.form in ("switch", "level", "choice") else None


def _feature(name: str, shown: Mapping[str, Any], defs: Mapping[str, Any]) -> Feature | None:
    """Return a feature by its JSON Schema, with or without null; None: it is no plain value."""
    (schema, *others) = [
        one for one in _alternatives(shown, defs) if one.get("type") != "null"
    ] or [{}]
    if others:
        return None
    description = shown.get("description", "") or schema.get("description", "")
    choices = tuple(map(str, schema.get("enum", [schema["const"]] if "const" in schema else [])))
    low, high = schema.get("minimum"), schema.get("maximum")
    forms: dict[str, Form] = {
        "boolean": "switch",
        "integer": "number" if None in (low, high) else "level",
        "number": "number" if None in (low, high) else "level",
        "string": "choice" if choices else "text",
    }
    form = forms.get(schema.get("type", "string" if choices else ""))
    if form is None:
        return None
    unit = str(shown.get("unit") or schema.get("unit") or _UNITS.get(name.rpartition("_")[2], ""))
    whole = schema.get("type") == "integer"
    return Feature(name, form, unit, low, high, whole, choices, description)


def _alternatives(shown: Mapping[str, Any], defs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "anyOf" in shown:
        return [inner for one in shown["anyOf"] for inner in _alternatives(one, defs)]
    referred = defs.get(str(shown.get("$ref", "")).rpartition("/")[2])
    return [shown] if referred is None else _alternatives(referred, defs)
