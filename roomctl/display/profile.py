"""What a display is like, and the table of room.toml that names it.

PJLink needs numbers alone. Every other display is text by a profile: what to send for each thing,
and what its answers mean. Knows no port and no room.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from roomctl.config import DeviceTable
from roomctl.profile import LineSpeech, Profile, Speech
from roomctl.secret import Secret

Speaks = Literal["pjlink", "text"]
InputName = Annotated[str, Field(min_length=1, max_length=40, description="one of its `inputs`")]


class DisplayTable(DeviceTable):
    """[display.NAME]: what shows the room's picture, and the wire to it."""

    schemes: ClassVar[tuple[str, ...]] = ("tcp", "serial")

    url: str = Field(description="tcp://HOST:4352, or serial:/dev/serial/by-id/...?baud=9600")
    profile: str = Field(default="pjlink", description="a file of firmware_profiles/display")
    password: Secret = Field(
        default=Secret(""), description="the PJLink password, as set on the device"
    )
    address: int = Field(default=1, ge=1, le=99, description="set id, where several share a line")
    input: str | None = Field(default=None, description="the input that the box is plugged into")


class TextSpeech(LineSpeech):
    """A text protocol: how its lines go, and the words of each property."""

    end: str = Field(min_length=1, max_length=4, description="behind what is sent")
    power: Speech
    input: Speech = Speech()
    picture_muted: Speech = Speech()
    lamp_hours: Speech = Speech()
    faults: Speech = Speech()


class DisplayProfile(Profile):
    """One family of displays."""

    speaks: Speaks
    port: int | None = Field(default=None, ge=1, le=65535, description="TCP")
    baud: int | None = Field(default=None, ge=300, le=230400, description="8 bits, no parity")
    warm_up_s: float = Field(ge=0, le=300, description="from on to a picture, at most")
    cool_down_s: float = Field(ge=0, le=300, description="from off to standby, at most")
    mutes_sound_too: bool = Field(default=False, description="PJLink: only AVMT 30 and 31 exist")
    text: TextSpeech | None = None

    @model_validator(mode="after")
    def _speech(self) -> DisplayProfile:
        if (self.speaks == "text") != (self.text is not None):
            raise ValueError('speaks = "text" and a table [text] belong together')
        return self
