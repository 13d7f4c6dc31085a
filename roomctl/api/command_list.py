"""The commands as data, for programs that offer them to people, such as Bitfocus Companion.

Made from the declarations, as everything else that speaks of commands; knows no page and no module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

from fastapi import Request
from pydantic import Field, ValidationError, create_model

from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import ApiModel, RequestModel, command_form
from roomctl.command import Alternative, Declaration
from roomctl.roles import Right, roles_of
from roomctl.room import Room, Source
from roomctl.wire import in_thread

Schema = Mapping[str, Any]
"""Of JSON Schema."""


class CommandDescription(ApiModel):
    """A command that the room takes: what it does, with which arguments, and who may give it."""

    type: Annotated[str, Field(description="what a command is called, such as camera.recall")]
    description: Annotated[str, Field(description="what it does, in English")]
    right: Annotated[str, Field(description="what it takes, as a token may name it")]
    roles: Annotated[list[str], Field(description="which may give it, now or in some case")]
    may: Annotated[bool, Field(description="whether the caller may give it, now or in some case")]
    args: Annotated[dict[str, Any], Field(description="JSON Schema of its arguments")]
    example: Annotated[dict[str, Any], Field(description="arguments; capitals are to be replaced")]


def example(declaration: Declaration) -> dict[str, object]:
    """Return arguments of a command: what must be given, and what its parameters show themselves.

    A value is the parameter's own example, or made from its schema; where neither tells one, it
    is the parameter's name in capitals.
    """
    first, *others = declaration.ways or (Alternative(()),)
    needed = {*first.needs, *declaration.some[:1]}
    foreign = {name for way in others for name in (*way.needs, *way.may)} - needed
    found = {}
    for one in declaration.parameters:
        field: dict[str, Any] = {one.name: (one.annotation, ...)}
        form = create_model("Example", __base__=RequestModel, **field)
        schema = form.model_json_schema()
        shown = schema["properties"][one.name]
        must = one.default is ... or one.name in needed
        if must or ("examples" in shown and one.name not in foreign):
            values = _values(one.name, shown, schema.get("$defs", {}))
            found[one.name] = next(
                (it for it in values if _fits(form, one.name, it)), one.name.upper()
            )
    return found


def _fits(form: type[RequestModel], name: str, value: object) -> bool:
    try:
        form.model_validate({name: value})
    except ValidationError:
        return False
    return True


def _values(name: str, schema: Schema, defs: Schema) -> Iterator[object]:
    """Yield what a value may be by its JSON Schema, the most telling first."""
    yield from schema.get("examples", ())
    if "const" in schema:
        yield schema["const"]
    yield from schema.get("enum", ())
    referred = str(schema.get("$ref", "")).rpartition("/")[2]
    if referred in defs:  # one that refers to itself ends there
        others = {key: one for key, one in defs.items() if key != referred}
        yield from _values(name, defs[referred], others)
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _values(name, one, defs)
    match schema.get("type"):
        case "boolean":
            yield True
        case "integer" | "number":
            yield from _numbers(schema)
        case "string":
            yield from _texts(name, schema)
        case "array":
            yield from _lists(name, schema, defs)
        case "object":
            yield from _objects(schema, defs)
    if "default" in schema:
        yield schema["default"]


def _numbers(schema: Schema) -> Iterator[float]:
    step = schema.get("multipleOf", 1)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    yield step
    if low is not None:
        yield from (low, low + step, (low // step + 1) * step)
    if high is not None:
        yield from (high, high - step, (-(-high // step) - 1) * step)
    if low is not None and high is not None:
        yield (low + high) / 2


def _texts(name: str, schema: Schema) -> Iterator[str]:
    """Yield the name in capitals, which are to be replaced, or what a pattern may take instead."""
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    for text in (name.upper(), name, "1"):
        yield (text * (least // len(text) + 1) if len(text) < least else text)[:most]


def _lists(name: str, schema: Schema, defs: Schema) -> Iterator[list[object]]:
    members = list(_values(name, schema.get("items", {}), defs))
    least = max(1, schema.get("minItems", 1))
    yield from ([one] * least for one in members)
    yield members[:least]
    yield []


def _objects(schema: Schema, defs: Schema) -> Iterator[dict[str, object]]:
    shown: Schema = schema.get("properties", {})
    members = [
        (name, list(_values(name, shown[name], defs))) for name in schema.get("required", ())
    ]
    longest = max((len(values) for _, values in members), default=1)
    for at in range(longest):
        yield {name: values[min(at, len(values) - 1)] for name, values in members if values}


def command_routes(room: Room, path: str) -> Routes:
    """Return the route to the list of commands."""
    router = Routes()
    schemas: dict[str, dict[str, Any]] = {}

    @router.get(path, tags=["commands"], responses=refusals())
    @needs(Right.FOLLOW)
    async def commands(request: Request) -> list[CommandDescription]:
        """Return every command that the room takes, with the form of its arguments."""
        if not schemas:
            schemas.update(await in_thread(_schemas, room.declared))
        source: Source = request.state.source
        may = set(room.permissions.commands_of(source))
        return [_described(one, schemas[one.name], one.name in may) for one in room.declared]

    return router


def _schemas(declared: tuple[Declaration, ...]) -> dict[str, dict[str, Any]]:
    """Return the form of each command's arguments; it takes a while."""
    union = get_args(command_form(declared))[0]
    forms = get_args(union) or (union,)
    return {
        one.name: form.model_fields["args"].annotation.model_json_schema()
        for one, form in zip(declared, forms, strict=True)
    }


def _described(one: Declaration, args: dict[str, Any], may: bool) -> CommandDescription:
    return CommandDescription(
        type=one.name,
        description=one.doc,
        right=one.right.name.lower(),
        roles=roles_of(one.right),
        may=may,
        args=args,
        example=example(one),
    )
