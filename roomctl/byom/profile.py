"""[byom] of room.toml: the USB switch between the room's box and a laptop, and what it speaks.

Knows no port and no room.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from roomctl.command import DevicePath
from roomctl.config import DeviceTable
from roomctl.profile import LineSpeech, Profile, Speech

LINES = ("gpio", "gpiod")
WIRES = ("serial", "tcp")
SwitchPort = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,8}$")]


class ByomTable(DeviceTable):
    """[byom]: the USB switch that gives the room's camera and speakerphone to a laptop."""

    single: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = (*LINES, *WIRES)

    url: str = Field(
        min_length=1, description="gpio:22, gpiod:gpiochip0/22, serial:/dev/serial/by-id/…, tcp://…"
    )
    profile: str | None = Field(
        default=None, description="its protocol over serial: or tcp:, from firmware_profiles/byom"
    )
    line: Literal["level", "pulse"] = Field(
        default="level",
        description="level: active while a laptop has the devices; pulse: a press of its button",
    )
    pulse_s: float = Field(default=0.3, ge=0.05, le=5, description="how long it is pressed")
    room_port: SwitchPort = Field(default="1", description="where the room's box is plugged in")
    laptop_port: SwitchPort = Field(default="2", description="where the laptop's cable is")
    plugged: str | None = Field(
        default=None,
        min_length=1,
        description="an input, gpio: or gpiod:, that is active while a laptop is plugged in",
    )
    devices: tuple[DevicePath, ...] = Field(
        default=(),
        max_length=8,
        description="the devices behind the switch, such as camera.front; left out: every"
        " speakerphone"
        " and every camera on USB",
    )
    empty_s: float = Field(
        default=600.0,
        ge=0,
        le=86_400,
        description="an empty room takes its devices back after this long; 0: never",
    )
    at_booking: bool = Field(
        default=False, description="take the devices back when a booking begins"
    )

    @property
    def by_line(self) -> bool:
        """Whether the switch is a line that is set, and not one that is spoken to."""
        return self.profile is None

    @model_validator(mode="after")
    def _one_way(self) -> ByomTable:
        scheme = self.url.partition(":")[0]
        if scheme in WIRES and self.profile is None:
            raise ValueError(
                "needs profile: the protocol of the switch, from firmware_profiles/byom"
            )
        if scheme in LINES and self.profile is not None:
            raise ValueError("a GPIO line has no protocol; leave profile out")
        if self.room_port == self.laptop_port:
            raise ValueError("room_port and laptop_port are the same")
        return self


class ByomSpeech(LineSpeech):
    """How a switch says who has the devices, and is turned: "room" or "laptop".

    `{room}` and `{laptop}` are the ports of the table.
    """

    holder: Speech

    @model_validator(mode="after")
    def _both_ways(self) -> ByomSpeech:
        if self.holder.set.keys() != {"room", "laptop"}:
            raise ValueError("holder.set needs room and laptop, both")
        if unknown := {*self.holder.answers.values()} - {"room", "laptop", "other"}:
            raise ValueError(f"holder.answers mean room, laptop or other; not {min(unknown)}")
        return self


class ByomProfile(Profile):
    """One family of switches that speak lines of text."""

    port: int | None = Field(default=None, ge=1, le=65535, description="TCP")
    baud: int | None = Field(default=None, ge=300, le=230400, description="8 bits, no parity")
    text: ByomSpeech
