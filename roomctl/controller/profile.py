"""What room.toml says of a gamepad or joystick. Knows no port and no room."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from roomctl.config import KindTable


class ControllerTable(KindTable):
    """[controller.NAME]: a gamepad or joystick that steers a camera."""

    schemes: ClassVar[tuple[str, ...]] = ("evdev",)

    url: str = Field(
        default="evdev:auto", min_length=1, description="evdev:auto, or evdev:/dev/input/by-id/…"
    )
    camera: str | None = Field(
        default=None, description="which camera it steers; left out: the first of room.toml"
    )
    cameras: tuple[str, ...] = Field(
        default=(), description="several cameras; its shoulder buttons choose one"
    )
    dead_zone: float = Field(
        default=0.15, ge=0.02, le=0.6, description="the part of a stick's travel that moves nothing"
    )
    invert_tilt: bool = Field(default=False, description="stick forward looks down")
    invert_zoom: bool = Field(default=False, description="swap zooming in and out")

    @model_validator(mode="after")
    def _one_way(self) -> ControllerTable:
        if self.camera is not None and self.cameras:
            raise ValueError("write either camera or cameras")
        return self
