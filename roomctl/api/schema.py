"""What comes in over HTTP and WebSocket, and how the room's values go out as JSON.

Strict: an unknown key, a wrong type or a number out of range is a 422. Knows no routes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    model_validator,
)
from pydantic_core import to_jsonable_python

from roomctl.room.commands import CommandRecord


def _whole(value: object) -> object:
    """Return 34.0 as 34: JSON, and JSON Schema, know one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Device = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Identifier = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
Speed = Annotated[float, Field(ge=-1, le=1)]
Preset = Annotated[int, Field(ge=1, le=256), BeforeValidator(_whole)]
Percent = Annotated[int, Field(ge=0, le=100), BeforeValidator(_whole)]
Lease = Annotated[int, Field(ge=50, le=500), BeforeValidator(_whole)]
Number = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
Text = Annotated[str, Field(min_length=1, max_length=16_384)]


class Strict(BaseModel):
    """A message from outside."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Nothing(Strict):
    """No arguments."""


class CameraArgs(Strict):
    """Which camera, by its name in room.toml."""

    camera: Device


class DriveArgs(CameraArgs):
    """Speeds from -1 to 1; right, up and tele are positive. The camera stops after `lease_ms`."""

    pan: Speed = 0.0
    tilt: Speed = 0.0
    zoom: Speed = 0.0
    lease_ms: Lease = 300


class PresetArgs(CameraArgs):
    """Which stored position, from 1."""

    preset: Preset


class PowerArgs(CameraArgs):
    """On or standby."""

    on: bool


class MuteArgs(Strict):
    """Whether the microphone shall be silent."""

    on: bool


class VolumeArgs(Strict):
    """Loudspeaker volume in per cent."""

    pct: Percent


def _one_way(described: dict[str, Any]) -> None:
    """Describe what the validator of JoinArgs says."""
    described["oneOf"] = [
        {
            "required": list(given),
            "properties": {
                name: {"type": "string" if name in given else "null"}
                for name in described["properties"]
                if name not in also
            },
        }
        for given, also in _WAYS
    ]


_WAYS = (
    (("booking",), ()),
    (("link",), ()),
    (("favourite",), ()),
    (("number", "platform"), ("passcode",)),
)


class JoinArgs(Strict):
    """One of: a booking, a link or an invitation's text, a favourite, a number on a platform."""

    model_config = ConfigDict(json_schema_extra=_one_way)

    booking: Identifier | None = None
    link: Text | None = None
    favourite: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    number: Annotated[str, Field(min_length=3, max_length=64)] | None = None
    platform: Device | None = None
    passcode: Annotated[str, Field(max_length=64)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> JoinArgs:
        ways = [self.booking, self.link, self.favourite, self.number]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("expected exactly one of booking, link, favourite, number")
        if self.number is not None and self.platform is None:
            raise ValueError("a number needs a platform")
        if self.number is None and (self.platform is not None or self.passcode is not None):
            raise ValueError("platform and passcode go with a number")
        return self


class NewArgs(Strict):
    """On which platform; the room's default if none is named."""

    platform: Device | None = None


class _Command(Strict):
    id: Identifier | None = Field(default=None, description="makes a repeat harmless")


class CameraDrive(_Command):
    """Move a camera for at most `lease_ms`; send again to keep it moving."""

    type: Literal["camera.drive"]
    args: DriveArgs


class CameraStop(_Command):
    """Stop pan, tilt and zoom."""

    type: Literal["camera.stop"]
    args: CameraArgs


class CameraHome(_Command):
    """Go to the home position."""

    type: Literal["camera.home"]
    args: CameraArgs


class CameraRecall(_Command):
    """Go to a stored position."""

    type: Literal["camera.recall"]
    args: PresetArgs


class CameraStore(_Command):
    """Store the present position."""

    type: Literal["camera.store"]
    args: PresetArgs


class CameraPower(_Command):
    """Switch a camera on, or to standby."""

    type: Literal["camera.power"]
    args: PowerArgs


class AudioMute(_Command):
    """Mute or, from within the room only, unmute the microphone."""

    type: Literal["audio.mute"]
    args: MuteArgs


class AudioVolume(_Command):
    """Set the loudspeaker's volume."""

    type: Literal["audio.volume"]
    args: VolumeArgs


class MeetingJoin(_Command):
    """Open a meeting on the room's screen."""

    type: Literal["meeting.join"]
    args: JoinArgs


class MeetingNew(_Command):
    """Start a new meeting."""

    type: Literal["meeting.new"]
    args: NewArgs = NewArgs()


class MeetingLeave(_Command):
    """Leave the meeting."""

    type: Literal["meeting.leave"]
    args: Nothing = Nothing()


class RoomWake(_Command):
    """Light the panel and the display."""

    type: Literal["room.wake"]
    args: Nothing = Nothing()


class RoomRest(_Command):
    """Darken the panel and the display."""

    type: Literal["room.rest"]
    args: Nothing = Nothing()


Command = Annotated[
    CameraDrive
    | CameraStop
    | CameraHome
    | CameraRecall
    | CameraStore
    | CameraPower
    | AudioMute
    | AudioVolume
    | MeetingJoin
    | MeetingNew
    | MeetingLeave
    | RoomWake
    | RoomRest,
    Field(discriminator="type"),
]


class Waiting(BaseModel):
    """How long an answer may wait for a command to end, in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wait_s: float = Field(default=5.0, ge=0, le=30)


class Pairing(Strict):
    """The token of a pairing link."""

    token: Annotated[str, Field(min_length=8, max_length=128)]


class NewPairing(Strict):
    """What a browser shall become."""

    role: Literal["panel", "screen"] = "panel"


class Offered(BaseModel):
    """A link's fragment that works once: open `path` on the room's address."""

    path: str
    good_for_s: float


class FarSideAction(Strict):
    """Something a person or a fault does to the simulated hardware."""

    device: Annotated[str, Field(min_length=1, max_length=64)]
    action: Annotated[str, Field(min_length=1, max_length=32)]
    args: dict[str, bool | int | float | str] = Field(default_factory=dict, max_length=8)


class LiveCommand(Strict):
    """A command over the panel's socket."""

    type: Literal["command"]
    id: Identifier
    command: dict[str, Any]


class LiveHold(Strict):
    """A finger is on the pad; sent every 100 ms. Speeds as in DriveArgs."""

    type: Literal["hold"]
    hold: Identifier
    seq: Number
    camera: Device
    pan: Speed
    tilt: Speed
    zoom: Speed


class LiveRelease(Strict):
    """The finger has left."""

    type: Literal["release"]
    hold: Identifier


class LiveSnapshot(Strict):
    """The panel missed something and asks for everything."""

    type: Literal["snapshot"]


class LivePing(Strict):
    """The panel measures its clock against the server's."""

    type: Literal["ping"]
    t: float = Field(allow_inf_nan=False)


LiveMessage = Annotated[
    LiveCommand | LiveHold | LiveRelease | LiveSnapshot | LivePing, Field(discriminator="type")
]

COMMAND: TypeAdapter[Any] = TypeAdapter(Command)
LIVE: TypeAdapter[Any] = TypeAdapter(LiveMessage)


class Problem(BaseModel):
    """application/problem+json (RFC 9457); `code` is from a closed list."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str = ""
    params: dict[str, Any] = Field(default_factory=dict)


def arguments(command: _Command) -> dict[str, Any]:
    """Return a command's arguments as the room's verbs take them."""
    args: dict[str, Any] = command.model_dump(include={"args"}, exclude_none=True)["args"]
    return args


def as_json(value: object) -> Any:  # noqa: ANN401 - any JSON
    """Return any of the room's values as plain JSON types; instants as ISO 8601 with zone."""
    return to_jsonable_python(value)


def record_json(record: CommandRecord) -> dict[str, Any]:
    """Return a command's record as the API shows it."""
    shown: dict[str, Any] = as_json(record)
    return shown
