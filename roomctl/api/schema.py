"""What comes in over HTTP and WebSocket, and how the room's values go out as JSON.

Strict: an unknown key, a wrong type or a number out of range is a 422. The form of a command is
made from its declaration (`command`). The panel's types are made from here (`make types`). Knows
no routes.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    create_model,
    model_validator,
)
from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict

from roomctl.command import (
    Co2Ppm,
    Declaration,
    DeviceName,
    Identifier,
    Number,
    PeopleCount,
    Plain,
    Push,
)
from roomctl.config import SignInRole
from roomctl.occupancy.report import SensorReport
from roomctl.room.commands import CommandRecord, CommandStatus
from roomctl.room.document import RoomDocument


class ApiModel(BaseModel):
    """What the API answers; pydantic builds it at its first use, and not at every start."""

    model_config = ConfigDict(defer_build=True)


class RequestModel(BaseModel):
    """A message from outside. FastAPI has no use for one that is built later."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Member(RequestModel):
    """One of a union, which is what reads it: there is no need to build it alone as well."""

    model_config = ConfigDict(defer_build=True)


class CommandRequest(_Member):
    """A command; each adds its `type` and its `args`."""

    id: Identifier | None = Field(default=None, description="makes a repeat harmless")
    type: str
    args: Any


@functools.cache
def command_form(declared: tuple[Declaration, ...]) -> Any:  # noqa: ANN401 - a type
    """Return the discriminated union of the commands that a room takes, as a type."""
    forms = tuple(_form(declaration) for declaration in declared)
    return Annotated[functools.reduce(operator.or_, forms), Field(discriminator="type")]


@functools.cache
def command_adapter(declared: tuple[Declaration, ...]) -> TypeAdapter[Any]:
    """Return what reads the commands that a room takes; the first time it takes a while."""
    return TypeAdapter(command_form(declared))


def command_reader(declared: tuple[Declaration, ...]) -> Callable[[], TypeAdapter[Any]]:
    """Return what returns `command_adapter`, for a caller that asks often.

    To find it by its declarations takes a hash of each: more work than to read a command.
    """
    return functools.cache(functools.partial(command_adapter, declared))


def _form(declaration: Declaration) -> type[CommandRequest]:
    """Return a command as it comes in: "camera.menu_key" is CameraMenuKey, its args a model."""
    name = "".join(word.capitalize() for word in re.split("[._]", declaration.name))
    args = _arguments(declaration, f"{name}Args")
    given = any(one.default is ... for one in declaration.parameters) or declaration.ways
    return create_model(
        name,
        __base__=CommandRequest,
        __doc__=declaration.doc,
        type=(Literal[declaration.name], ...),  # type: ignore[arg-type] # known when it runs
        args=(args, ... if given else args()),
    )


def _arguments(declaration: Declaration, name: str) -> type[RequestModel]:
    fields: dict[str, Any] = {
        one.name: (one.annotation, one.default) for one in declaration.parameters
    }

    def together(model: RequestModel) -> RequestModel:
        declaration.check(model.model_dump())
        return model

    made = create_model(
        name,
        __base__=_Member,
        __validators__={"together": model_validator(mode="after")(together)},  # type: ignore[dict-item] # pydantic's own
        **fields,
    )
    made.model_config["json_schema_extra"] = functools.partial(_described, declaration)
    return made


def _described(declaration: Declaration, shown: dict[str, Any]) -> None:
    """Describe what goes together, as `Declaration.check` judges it."""
    if declaration.some:
        shown["anyOf"] = [
            {"required": [name], "properties": {name: {"type": "number"}}}
            for name in declaration.some
        ]
    if declaration.ways:
        names = {name for way in declaration.ways for name in (*way.needs, *way.may)}
        shown["oneOf"] = [
            {
                "required": list(way.needs),
                "properties": {
                    **{name: {"not": {"type": "null"}} for name in way.needs},
                    **{name: {"type": "null"} for name in sorted(names - {*way.needs, *way.may})},
                },
            }
            for way in declaration.ways
        ]


class WaitQuery(BaseModel):
    """How long an answer may wait for a command to end, in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wait_s: float = Field(default=5.0, ge=0, le=30)


class ReportedOccupancy(RequestModel):
    """What a sensor sees: somebody, how many people, the air; or that it cannot be reached."""

    present: bool | None = Field(
        default=None, description="somebody is there; of a door: it is open"
    )
    people: PeopleCount | None = Field(default=None, description="number of people there")
    co2_ppm: Co2Ppm | None = Field(default=None, description="of the room's air, in ppm")
    available: bool = Field(default=True, description="false: the sensor is not available")

    @property
    def report(self) -> SensorReport:
        """The same, as a sensor takes it."""
        counted = None if self.people is None else self.people > 0
        present = counted if self.present is None else self.present
        return SensorReport(present, self.people, self.co2_ppm, self.available)


class Pairing(RequestModel):
    """The token of a pairing link."""

    token: Annotated[Plain, Field(min_length=8, max_length=128)]


class NewPairing(RequestModel):
    """What a browser shall become."""

    role: Literal["panel", "door", "screen"] = "panel"


class EnteredPin(RequestModel):
    """The staff PIN, as somebody enters it."""

    pin: Annotated[SecretStr, Field(min_length=1, max_length=64)]


PersonName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9._-]{0,31}$",
        description="the name to sign in with: up to 32 of a-z, 0-9, . _ -",
    ),
]
"""What a person signs in by (`people.NAME`)."""


class NewPerson(RequestModel):
    """Somebody's role and password, from now on."""

    role: SignInRole
    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class PersonModel(ApiModel):
    """Somebody who may sign in with a password."""

    name: str
    role: SignInRole
    made: datetime


class Credentials(RequestModel):
    """A name and a password, as somebody enters them."""

    name: PersonName
    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class SignedIn(ApiModel):
    """Who has signed in, what he may, and for how long."""

    name: str
    role: SignInRole
    ends_in_s: float


class StaffModel(ApiModel):
    """Staff's rights on this panel: whether there is a PIN to enter, what it gave, until when."""

    pin: bool
    role: str | None
    ends_in_s: float | None
    wait_s: float


class PinModel(ApiModel):
    """Whether a PIN is set."""

    set: bool


class PairingLink(ApiModel):
    """A link that works once: `link`, or `path` on the address at which the room is asked.

    `link` begins with `[api] url`, else with the address of this box on its network; null: it
    listens to itself alone.
    """

    path: str
    link: str | None
    good_for_s: float


class SimulatorAction(RequestModel):
    """Something a person or a fault does to the simulated hardware."""

    device: Annotated[Plain, Field(min_length=1, max_length=64)]
    action: Annotated[Plain, Field(min_length=1, max_length=32)]
    args: dict[str, bool | int | float | Plain] = Field(default_factory=dict, max_length=8)


class LiveCommand(_Member):
    """A command over the panel's socket."""

    type: Literal["command"]
    id: Identifier
    command: dict[str, Any] = Field(json_schema_extra={"x-typedef": "Command"})


class LiveHold(_Member):
    """A finger is on the pad; sent every 100 ms, or as often as a stick reports: the newest counts.

    Speeds as those of camera.drive.
    """

    type: Literal["hold"]
    hold: Identifier
    seq: Number
    camera: DeviceName
    pan: Push
    tilt: Push
    zoom: Push
    focus: Push = 0.0


class LiveRelease(_Member):
    """The finger has left."""

    type: Literal["release"]
    hold: Identifier


class LiveListen(_Member):
    """A panel shows, or no longer shows, how loud the microphone is; `level` messages follow."""

    type: Literal["listen"]
    on: bool


class LiveSnapshot(_Member):
    """The panel missed something and asks for everything."""

    type: Literal["snapshot"]


class LivePing(_Member):
    """The panel measures its clock against the server's."""

    type: Literal["ping"]
    t: float = Field(allow_inf_nan=False)


LiveMessage = Annotated[
    LiveCommand | LiveHold | LiveRelease | LiveListen | LiveSnapshot | LivePing,
    Field(discriminator="type"),
]

LIVE: TypeAdapter[Any] = TypeAdapter(LiveMessage, config=ConfigDict(defer_build=True))


class LiveError(TypedDict):
    """Why something was not done: a code from a closed list, and its parameters."""

    code: str
    params: dict[str, Any]
    detail: NotRequired[str]


class StaffReply(TypedDict):
    """Whether there is a PIN to enter here; the role that it gave this panel, and until when."""

    pin: bool
    role: str | None
    ends_in_s: float | None


class HelloReply(TypedDict):
    """The first message: which server and which pages, and what this panel `may` ask for.

    It comes again when the staff PIN gave the panel more, or that has ended. `sign_in`: staff have
    accounts, of the room or of the house. `kinds`: those of `GET /api/v1/kinds`.
    """

    type: Literal["hello"]
    boot_id: str
    ui_version: str
    server_time: str
    language: str
    phone: bool
    may: list[str]
    staff: StaffReply
    sign_in: bool
    kinds: list[str]


class SnapshotReply(TypedDict):
    """The whole room."""

    type: Literal["snapshot"]
    rev: int
    room: Annotated[dict[str, Any], Field(json_schema_extra={"x-typedef": "Room"})]


class PatchReply(TypedDict):
    """The sections that became new with revision `rev`."""

    type: Literal["patch"]
    rev: int
    set: Annotated[dict[str, Any], Field(json_schema_extra={"x-typedef": "Partial<Room>"})]


class AckReply(TypedDict):
    """What became of a command; `unknown`: it still ran after a minute."""

    type: Literal["ack"]
    id: str
    status: CommandStatus
    error: LiveError | None
    result: NotRequired[dict[str, Any]]


class LevelReply(TypedDict):
    """How loud the microphone is, in per cent; only to who listens.

    `behind_wall`: the room is muted; the room hears this, and no program does.
    """

    type: Literal["level"]
    pct: int
    behind_wall: bool


class BeatReply(TypedDict):
    """A sign of life, each second."""

    type: Literal["beat"]
    server_time: str


class PongReply(TypedDict):
    """The answer to a ping; `t` is the ping's."""

    type: Literal["pong"]
    t: float
    server_time: str


class ErrorReply(TypedDict):
    """A message was not understood or not allowed; `hold` names the hold that it was for."""

    type: Literal["error"]
    error: LiveError
    hold: NotRequired[str]


LiveReply = Annotated[
    HelloReply
    | SnapshotReply
    | PatchReply
    | AckReply
    | LevelReply
    | BeatReply
    | PongReply
    | ErrorReply,
    Field(discriminator="type"),
]


class Problem(ApiModel):
    """application/problem+json (RFC 9457); `code` is from a closed list."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    params: dict[str, Any] = Field(default_factory=dict)


_COMPONENT = "#/components/schemas/{model}"


def reference(name: str) -> dict[str, Any]:
    """Refer to one of `components`: a model given to a route is built when the program starts."""
    return {"schema": {"$ref": _COMPONENT.format(model=name)}}


def components(
    declared: tuple[Declaration, ...], document: type[RoomDocument]
) -> tuple[Any, dict[str, Any]]:
    """Return the form of all commands, and the schemas that routes only refer to, by name.

    `document` is the room's own, with what further kinds add.
    """
    forms, made = TypeAdapter.json_schemas(
        [
            ("command", "validation", command_adapter(declared)),
            ("problem", "serialization", TypeAdapter(Problem)),
            ("record", "serialization", TypeAdapter(CommandRecord)),
            ("room", "serialization", TypeAdapter(document)),
        ],
        ref_template=_COMPONENT,
    )
    return forms[("command", "validation")], made["$defs"]


def arguments(command: CommandRequest) -> dict[str, Any]:
    """Return a command's arguments as its handler takes them."""
    args: dict[str, Any] = command.model_dump(include={"args"}, exclude_none=True)["args"]
    return args


def as_json(value: object) -> Any:  # noqa: ANN401 - any JSON
    """Return any of the room's values as plain JSON types; instants as ISO 8601 with zone."""
    return to_jsonable_python(value)


def record_json(record: CommandRecord) -> dict[str, Any]:
    """Return a command's record as the API shows it."""
    shown: dict[str, Any] = as_json(record)
    return shown
