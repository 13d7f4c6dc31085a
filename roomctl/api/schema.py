"""What comes in over HTTP and WebSocket, and how the room's values go out as JSON.

Strict: an unknown key, a wrong type or a number out of range is a 422. Knows no routes; camera
commands stand in `schema_camera`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic_core import to_jsonable_python

from roomctl.api.form import (
    Asked,
    Device,
    Identifier,
    Nothing,
    Number,
    Percent,
    Push,
    Strict,
    Text,
)
from roomctl.api.schema_automation import AutomationCommand
from roomctl.api.schema_camera import CameraCommand
from roomctl.api.schema_screen import ScreenCommand
from roomctl.room.commands import CommandRecord


class MuteArgs(Strict):
    """Whether the microphone shall be silent."""

    on: bool


class VolumeArgs(Strict):
    """Loudspeaker volume in per cent."""

    pct: Percent


class SpeakerphoneArgs(Strict):
    """Which speakerphone, by its name in room.toml."""

    name: Device


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


class RevisionArgs(Strict):
    """Which revision of the settings, as `GET /api/v1/settings` numbers them."""

    revision: Number


class NewArgs(Strict):
    """On which platform; the room's default if none is named."""

    platform: Device | None = None


class AudioMute(Asked):
    """Mute or, from within the room only, unmute the microphone."""

    type: Literal["audio.mute"]
    args: MuteArgs


class AudioVolume(Asked):
    """Set the loudspeaker's volume."""

    type: Literal["audio.volume"]
    args: VolumeArgs


class AudioDevice(Asked):
    """Use another speakerphone: from within the room only, and not in a call."""

    type: Literal["audio.device"]
    args: SpeakerphoneArgs


class AudioTest(Asked):
    """Play the test sound outside a call; `result` says whether the microphone heard it.

    `verdict`: heard, not_heard, muted, no_loudspeaker, no_microphone, no_sound_server.
    """

    type: Literal["audio.test"]
    args: Nothing = Nothing()


class MeetingJoin(Asked):
    """Open a meeting on the room's screen."""

    type: Literal["meeting.join"]
    args: JoinArgs


class MeetingNew(Asked):
    """Start a new meeting."""

    type: Literal["meeting.new"]
    args: NewArgs = NewArgs()


class MeetingLeave(Asked):
    """Leave the meeting."""

    type: Literal["meeting.leave"]
    args: Nothing = Nothing()


class MeetingFallback(Asked):
    """Meet another way: by the invitation's other link, or anew on [meeting] fallback."""

    type: Literal["meeting.fallback"]
    args: Nothing = Nothing()


class MeetingRejoin(Asked):
    """Join the meeting again that was joined last: after a crash, or when the network is back."""

    type: Literal["meeting.rejoin"]
    args: Nothing = Nothing()


class MeetingStay(Asked):
    """Stay in the meeting although somebody hung up on the speakerphone; in the room only."""

    type: Literal["meeting.stay"]
    args: Nothing = Nothing()


class RoomWake(Asked):
    """Light the panel and the display."""

    type: Literal["room.wake"]
    args: Nothing = Nothing()


class RoomRest(Asked):
    """Darken the panel and the display."""

    type: Literal["room.rest"]
    args: Nothing = Nothing()


class RoomRollBack(Asked):
    """Restore the settings of a revision, as a new one; API tokens only."""

    type: Literal["room.rollBack"]
    args: RevisionArgs


class StorageAcknowledge(Asked):
    """Say that damaged files are known of, so that the room speaks no more of them; tokens only."""

    type: Literal["storage.acknowledge"]
    args: Nothing = Nothing()


Command = Annotated[
    CameraCommand
    | AutomationCommand
    | AudioMute
    | AudioVolume
    | AudioDevice
    | AudioTest
    | MeetingJoin
    | MeetingNew
    | MeetingLeave
    | MeetingStay
    | MeetingFallback
    | MeetingRejoin
    | ScreenCommand
    | RoomWake
    | RoomRest
    | RoomRollBack
    | StorageAcknowledge,
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
    """A finger is on the pad; sent every 100 ms. Speeds as those of camera.drive."""

    type: Literal["hold"]
    hold: Identifier
    seq: Number
    camera: Device
    pan: Push
    tilt: Push
    zoom: Push
    focus: Push = 0.0


class LiveRelease(Strict):
    """The finger has left."""

    type: Literal["release"]
    hold: Identifier


class LiveListen(Strict):
    """A panel shows, or no longer shows, how loud the microphone is; `level` messages follow."""

    type: Literal["listen"]
    on: bool


class LiveSnapshot(Strict):
    """The panel missed something and asks for everything."""

    type: Literal["snapshot"]


class LivePing(Strict):
    """The panel measures its clock against the server's."""

    type: Literal["ping"]
    t: float = Field(allow_inf_nan=False)


LiveMessage = Annotated[
    LiveCommand | LiveHold | LiveRelease | LiveListen | LiveSnapshot | LivePing,
    Field(discriminator="type"),
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


def arguments(command: Asked) -> dict[str, Any]:
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
