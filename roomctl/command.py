"""What a room can be asked to do: a command is declared once, as the method that carries it out.

    @command("camera.recall", Right.MOVE)
    async def _recall(self, source: Source, camera: DeviceName, preset: PresetNumber) -> Result:
        \"\"\"Go to a stored position.\"\"\"

The signature is its form: the API, its description, the docs and the panel's typedefs are made
from it, and the right says who may give it. Strict: an unknown key, a wrong type or a number out of
range is refused before the method is called. Knows no HTTP, no device and no room.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from functools import cache
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import AfterValidator, BeforeValidator, Field

from roomctl.frozen import frozen
from roomctl.roles import Right, Role

Param = str | int | float | bool | None
"""What a parameter of a code, or of a result, may be."""

Result = Mapping[str, Param | list[str]] | None
"""What a command has found out, by name."""

Handler = Callable[..., Awaitable[Result]]


CLOCK_24 = r"^([01]\d|2[0-3]):[0-5]\d$"
Clock24 = Annotated[
    str, Field(pattern=CLOCK_24, description="in the room's time", examples=["03:00"])
]
"""An hour of the day, from 00:00 to 23:59."""


@frozen
class Source:
    """Who asks: `role` decides what may be done (`roles`), `name` and `address` are for the audit.

    `address`: where the connection comes from, which says nothing of who it is. `rights` are those
    that a token of the role integration names.
    """

    role: str
    name: str
    address: str = field(default="", compare=False)
    rights: frozenset[Right] = frozenset()

    @property
    def phone(self) -> bool:
        """Whether it is a visitor's phone, over the air."""
        return self.role == Role.GUEST


def _whole(value: object) -> object:
    """Return 34.0 as 34: JSON, and JSON Schema, know one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_FORBIDDEN = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_DIRECTION = dict.fromkeys((0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))

Plain = Annotated[str, Field(pattern=f"^[^{_FORBIDDEN}]*$")]
"""Text from outside: no control characters, and none that turn the reading direction around."""

DeviceName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="its name in room.toml")
]
CameraName = Annotated[DeviceName, Field(examples=["front"])]
DisplayName = Annotated[DeviceName, Field(examples=["tv"])]
SpeakerphoneName = Annotated[DeviceName, Field(examples=["table"])]
PlatformId = Annotated[DeviceName, Field(examples=["zoom"])]
DevicePath = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{1,32}(\.[a-z][a-z0-9_-]{0,31})?$",
        description="its name in the room document",
        examples=["camera.front"],
    ),
]
Identifier = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
InPath = Annotated[str, Field(pattern=r"^[!-\-0-\[\]-~][!-.0-\[\]-~]{0,127}$")]
"""An identifier as it may stand in a path: no slash, no backslash, no dot in front."""

Percent = Annotated[int, Field(ge=0, le=100, examples=[40]), BeforeValidator(_whole)]
Number = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
PresetNumber = Annotated[int, Field(ge=1, le=256), BeforeValidator(_whole)]
Push = Annotated[float, Field(ge=-1, le=1, description="-1 to 1; right, up, tele, near: positive")]
PanPush = Annotated[Push, Field(examples=[0.5])]
Share = Annotated[
    float, Field(ge=0, le=1, description="0 to 1, from the left or from the top", examples=[0.5])
]
Degrees = Annotated[float, Field(ge=-360, le=360, description="degrees; right and up: positive")]
PanDegrees = Annotated[Degrees, Field(examples=[10])]
LensPercent = Annotated[
    float, Field(ge=0, le=100, description="per cent; tele and near: 100", examples=[40])
]
SpeedShare = Annotated[float, Field(gt=0, le=1, description="0 to 1, part of the top speed")]
ExposureSteps = Annotated[
    int, Field(ge=-99, le=99, description="steps; brighter: positive"), BeforeValidator(_whole)
]
LeaseMs = Annotated[
    int, Field(ge=50, le=500, description="it stops after so many ms"), BeforeValidator(_whole)
]
Days = Annotated[int, Field(ge=1, le=3660), BeforeValidator(_whole)]
Name = Annotated[Plain, Field(max_length=40)]
RawFrame = Annotated[Plain, Field(min_length=2, max_length=80, examples=["81 01 04 00 02 FF"])]
Text = Annotated[
    str,
    Field(min_length=1, max_length=16_384, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"),
    AfterValidator(lambda text: text.translate(_DIRECTION)),
]
"""An invitation as it was pasted: lines and tabs, and marks of direction, which are left out."""

_UNSEEN = r"\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"


def _shown(text: str) -> str:
    """Return a text as it may be shown: one line, without control and direction characters."""
    return " ".join(re.sub(f"[{_UNSEEN}]", " ", text).split())


MessageText = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=f"[^\\s{_UNSEEN}]", description="as it is shown"),
    AfterValidator(_shown),
]
"""A text that people read on a panel: control characters and marks of direction are left out."""

TroubleWord = Annotated[
    str, Field(max_length=120, description="as it is read; may be empty"), AfterValidator(_shown)
]
"""What somebody adds to a report, on one line, without control characters."""

AgoSeconds = Annotated[
    int, Field(ge=0, le=7 * 86_400, description="seconds since then"), BeforeValidator(_whole)
]
MessageSeconds = Annotated[
    int,
    Field(ge=10, le=7 * 86_400, description="for so many seconds"),
    BeforeValidator(_whole),
]
PeopleCount = Annotated[int, Field(ge=0, le=10_000), BeforeValidator(_whole)]
Co2Ppm = Annotated[int, Field(ge=0, le=40_000), BeforeValidator(_whole)]
Steps = Annotated[int, Field(ge=1, le=20), BeforeValidator(_whole)]
StepNumbers = Annotated[
    list[Annotated[int, Field(ge=1, le=30), BeforeValidator(_whole)]], Field(max_length=30)
]
Favourite = Annotated[Plain, Field(min_length=1, max_length=80)]
MeetingNumber = Annotated[Plain, Field(min_length=3, max_length=64)]
Passcode = Annotated[Plain, Field(max_length=64)]
AskedPasscode = Annotated[
    Plain, Field(min_length=1, max_length=64, repr=False, examples=["123456"])
]
TypedText = Annotated[Plain, Field(min_length=1, max_length=256, repr=False)]


@frozen
class Alternative:
    """One of several ways to say what is wanted: what it needs, and what may come along."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


@frozen
class Parameter:
    """One argument of a command; `default` is `...` if it must be given."""

    name: str
    annotation: Any
    default: Any


@frozen
class Declaration:
    """A command: its name, its form, and the right it needs.

    `right_for` tells which right some arguments need instead. Of `ways` exactly one must be given,
    of `some` at least one.
    """

    name: str
    right: Right
    doc: str
    parameters: tuple[Parameter, ...]
    right_for: Callable[[Mapping[str, Any]], Right | None] | None = None
    ways: tuple[Alternative, ...] = ()
    some: tuple[str, ...] = ()

    def needed(self, args: Mapping[str, Any]) -> Right:
        """Return the right that these arguments need."""
        other = self.right_for(args) if self.right_for is not None else None
        return other or self.right

    def check(self, args: Mapping[str, Any]) -> None:
        """Raise ValueError if the arguments that were given do not go together."""
        given = {name for name, value in args.items() if value is not None}
        if self.some and not given & {*self.some}:
            raise ValueError(f"expected at least one of {', '.join(self.some)}")
        if not self.ways:
            return
        spoken = given & {name for way in self.ways for name in (*way.needs, *way.may)}
        begun = [way for way in self.ways if way.needs[0] in spoken]
        if len(begun) != 1:
            raise ValueError(f"expected exactly one of {', '.join(w.needs[0] for w in self.ways)}")
        (way,) = begun
        if lacking := [name for name in way.needs if name not in spoken]:
            raise ValueError(f"{way.needs[0]} goes with {', '.join(lacking)}")
        if foreign := sorted(spoken - {*way.needs, *way.may}):
            raise ValueError(f"{', '.join(foreign)} does not go with {way.needs[0]}")


Method = TypeVar("Method", bound=Handler)
_MARK = "declared_command"


def command(
    name: str,
    right: Right,
    *,
    right_for: Callable[[Mapping[str, Any]], Right | None] | None = None,
    ways: tuple[Alternative, ...] = (),
    some: tuple[str, ...] = (),
) -> Callable[[Method], Method]:
    """Declare a method to be a command; its arguments after `source` are the command's."""

    def declared(method: Method) -> Method:
        setattr(method, _MARK, (name, right, right_for, ways, some))
        return method

    return declared


def declared_by(kind: type) -> tuple[tuple[Declaration, str], ...]:
    """Return the commands that a class declares, each with the name of its method."""
    return _declared_by(kind)


@cache
def _declared_by(kind: type) -> tuple[tuple[Declaration, str], ...]:
    found = []
    for attribute, method in inspect.getmembers(kind, inspect.isfunction):
        if (mark := getattr(method, _MARK, None)) is not None:
            name, right, right_for, ways, some = mark
            doc = inspect.cleandoc(method.__doc__ or "")
            form = _parameters(method)
            found.append((Declaration(name, right, doc, form, right_for, ways, some), attribute))
    return tuple(found)


def _parameters(method: Callable[..., Any]) -> tuple[Parameter, ...]:
    hints = get_type_hints(method, include_extras=True)
    given = list(inspect.signature(method).parameters.values())[2:]  # after self and source
    return tuple(
        Parameter(
            one.name,
            hints[one.name],
            ... if one.default is inspect.Parameter.empty else one.default,
        )
        for one in given
    )
