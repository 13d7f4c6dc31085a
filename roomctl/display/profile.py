"""What a display is like, and the table of room.toml that names it.

PJLink needs numbers alone. Every other display is text by a profile: what to send for each thing,
and what its answers mean. Knows no port and no room.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from roomctl.config import DeviceTable
from roomctl.profile import Profile
from roomctl.secret import Secret

Speaks = Literal["pjlink", "text"]
Seconds = Annotated[float, Field(gt=0, le=300)]
InputName = Annotated[str, Field(min_length=1, max_length=40, description="one of its `inputs`")]
Phrase = Annotated[str, Field(min_length=1, max_length=64)]


class DisplayTable(DeviceTable):
    """[display.NAME]: what shows the room's picture, and the wire to it."""

    schemes: ClassVar[tuple[str, ...]] = ("tcp", "serial")

    url: str = Field(description="tcp://HOST:4352, or serial:/dev/serial/by-id/...?baud=9600")
    profile: str = Field(default="pjlink", description="a file of firmware_profiles/display")
    password: Secret = Field(default=Secret(""), description="PJLink's, as the device has it")
    address: int = Field(default=1, ge=1, le=99, description="set id, where several share a line")
    input: str | None = Field(default=None, description="the input that the box is plugged into")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Speech(_Strict):
    """How one property is asked and set: `{id}` is the set's address in two hex digits.

    `answers` are patterns of whole answers, and what they mean; a group `value` is the value.
    """

    ask: Phrase | None = None
    set: dict[str, Phrase] = Field(default_factory=dict)
    answers: dict[str, str] = Field(default_factory=dict)
    accepted: str | None = Field(default=None, description="pattern of the answer to a set")

    @field_validator("answers")
    @classmethod
    def _patterns(cls, answers: dict[str, str]) -> dict[str, str]:
        for pattern in answers:
            _checked(pattern)
        return answers

    @model_validator(mode="after")
    def _whole(self) -> Speech:
        if self.ask is not None and not self.answers:
            raise ValueError("what is asked needs answers")
        if self.set and self.accepted is None:
            raise ValueError("what is set needs accepted, the answer that says so")
        return self


class TextSpeech(_Strict):
    """A text protocol: how lines end, how long answers take, and the words of each property."""

    end: str = Field(min_length=1, max_length=4, description="behind what is sent")
    answer_end: str = Field(min_length=1, max_length=4, description="behind what comes")
    reply_s: Seconds
    set_reply_s: Seconds | None = Field(default=None, description="to a set, if that takes longer")
    gap_s: float = Field(ge=0, le=30, description="from an answer to the next line")
    hello: str = Field(default="", pattern="^(?:[0-9a-f]{2})*$", description="hex, first on TCP")
    hello_answer: int = Field(default=0, ge=0, le=64, description="bytes that answer it")
    refused: str = Field(description="pattern of an answer that says no")
    busy: bool = Field(default=False, description="no means: not now, as in standby")
    power: Speech
    input: Speech = Speech()
    picture_muted: Speech = Speech()
    lamp_hours: Speech = Speech()
    faults: Speech = Speech()

    @field_validator("refused")
    @classmethod
    def _pattern(cls, pattern: str) -> str:
        return _checked(pattern)


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


def _checked(pattern: str) -> str:
    try:
        re.compile(pattern.replace("{id}", "01"))
    except re.error as error:
        raise ValueError(f"{pattern!r} is no pattern: {error}") from error
    return pattern
