"""The commands as data, for programs that offer them to people, such as Bitfocus Companion.

Made from the declarations, as everything else that speaks of commands; knows no page and no module.
"""

from __future__ import annotations

from typing import Annotated, Any, get_args

from fastapi import Request
from pydantic import Field

from roomctl.api.problem import refusals
from roomctl.api.rights import Routes, needs
from roomctl.api.schema import Told, command_form
from roomctl.command import Declaration
from roomctl.roles import Right, roles_of
from roomctl.room import Room, Source
from roomctl.wire import in_thread

_EXAMPLES: dict[str, object] = {
    "theme": "dark",
    "act": "standby",
    "change": "8f14e45fceea167a5a36dedd4bea2543",
    "booking": "ID",
    "about": "no_sound",
    "camera": "front",
    "device": "camera.front",
    "display": "tv",
    "favourite": "NAME",
    "frame": "81 01 04 00 02 FF",
    "how": "port",
    "input": "31",
    "key": "up",
    "light": "red",
    "link": "https://zoom.us/j/91234567890",
    "minutes": 15,
    "mode": "auto",
    "name": "NAME",
    "number": 1,
    "on": True,
    "pan": 0.5,
    "pan_deg": 10,
    "passcode": "123456",
    "pct": 40,
    "platform": "zoom",
    "preset": 1,
    "report": "NAME",
    "revision": 1,
    "says": "lobby",
    "series": "8f14e45fceea167a5a36dedd4bea2543",
    "steps": 1,
    "text": "TEXT",
    "x": 0.5,
    "y": 0.5,
}
"""What stands in an example for an argument of that name; capitals are to be replaced."""

_OF_ONE: dict[str, dict[str, object]] = {
    "audio.device": {"name": "table"},
    "camera.drive": {"camera": "front", "pan": 0.5},
    "camera.relative": {"camera": "front", "pan_deg": 10},
    "screen.key": {"key": "tab"},
}


class CommandDescription(Told):
    """A command that the room takes: what it does, with which arguments, and who may give it."""

    type: Annotated[str, Field(description="what a command is called, such as camera.recall")]
    description: Annotated[str, Field(description="what it does, in English")]
    right: Annotated[str, Field(description="what it takes, as a token may name it")]
    roles: Annotated[list[str], Field(description="which may give it, now or in some case")]
    may: Annotated[bool, Field(description="whether whoever asks may give it, now or in some case")]
    args: Annotated[dict[str, Any], Field(description="JSON Schema of its arguments")]
    example: Annotated[dict[str, Any], Field(description="arguments; capitals are to be replaced")]


def example(declaration: Declaration) -> dict[str, object]:
    """Return arguments of a command that are well formed, as few as there can be."""
    if declaration.name in _OF_ONE:
        return dict(_OF_ONE[declaration.name])
    needed = [one.name for one in declaration.parameters if one.default is ...]
    needed += declaration.ways[0].needs if declaration.ways else ()
    needed += declaration.some[:1]
    return {name: _EXAMPLES[name] for name in needed}


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
