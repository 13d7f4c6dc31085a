"""What an occupancy sensor is like: polarity, warm-up, its own hold and its blind time.

Knows no port and no room.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from roomctl.config import DeviceTable
from roomctl.profile import Profile

SensorKind = Literal["pir", "radar", "ultrasound", "counter", "door", "light", "co2"]
Speaks = Literal["level", "ld2410", "ld2412", "ld2450", "mhz19", "scd30", "report"]
Part = Annotated[float, Field(gt=0, lt=1)]

DATASET = "uci864"  # the file of the laboratory's figures, which is no sensor's profile


class OccupancyTable(DeviceTable):
    """[occupancy.NAME]: a sensor that tells whether somebody is there."""

    vacancy_delay_s: float = Field(
        default=600.0,
        ge=1,
        le=7200,
        description="the room stays occupied this long after it last saw somebody",
    )
    output_hold_s: float | None = Field(
        default=None,
        ge=0,
        le=1800,
        description="how long its output stays on after it saw somebody, if the sensor is set"
        " to another time than its profile says",
    )
    max_age_s: float | None = Field(
        default=None,
        ge=5,
        le=604_800,
        description="how long a report counts, for a sensor on api: or mqtt:",
    )


class Ratios(BaseModel):
    """Log-likelihood ratios of the bins of each kind of sensor."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    pir: tuple[float, ...] = Field(min_length=2, max_length=2)
    sound: tuple[float, ...] = Field(min_length=41, max_length=41)
    light: tuple[float, ...] = Field(min_length=3, max_length=3)


class DatasetProfile(Profile):
    """What one laboratory's labelled samples taught: for evaluation alone, no default of a room."""

    occupied: float = Field(gt=0, lt=1, description="part of the samples with somebody there")
    pirs: tuple[float, ...] = Field(
        min_length=4, max_length=4, description="ratios of each PIR alone: off and on, S6 and S7"
    )
    ratios: Ratios


class OccupancyProfile(Profile):
    """One model of sensor. A `door` tells moments; `light` and `co2` follow people slowly."""

    kind: SensorKind
    polarity: Literal["high", "low"] = Field(description="the output level that means presence")
    warm_up_s: float = Field(ge=0, le=600, description="after power-up; its output is not believed")
    output_hold_s: float = Field(
        ge=0,
        le=1800,
        description="how long its output stays on after it saw somebody, as delivered",
    )
    block_s: float = Field(
        ge=0, le=600, description="how long it sees nothing after its output fell"
    )
    retrigger: bool = Field(description="whether motion while the output is active prolongs it")
    likelihood: tuple[Part, Part] | None = Field(
        default=None,
        description="part of occupied and of empty half minutes in which it sees somebody",
    )
    renamed: ClassVar[Mapping[str, str]] = {"hold_s": "output_hold_s"}

    speaks: Speaks = Field(
        default="level",
        description="level: an output pin; report: what others publish, by MQTT or the API; else"
        " the frames of a radar, or the answers of a CO2 meter, on a serial line",
    )
    present_above_ppm: int | None = Field(
        default=None,
        ge=400,
        le=10_000,
        validate_default=True,
        description="of CO2, which only people make of fresh air",
    )

    @field_validator("block_s")
    @classmethod
    def _sees_again(cls, block_s: float, info: ValidationInfo) -> float:
        output_hold_s = info.data.get("output_hold_s", block_s)
        if output_hold_s < block_s:
            raise ValueError(
                f"{block_s:g} s is longer than output_hold_s ({output_hold_s:g} s): it would"
                " miss people who keep moving; set the sensor to hold longer"
            )
        return block_s

    @field_validator("present_above_ppm")
    @classmethod
    def _measures(cls, ppm: int | None, info: ValidationInfo) -> int | None:
        measured = info.data.get("kind") == "co2" and info.data.get("speaks") != "level"
        if measured != (ppm is not None):
            raise ValueError("is for a co2 sensor that measures, and needed there")
        return ppm

    @field_validator("likelihood")
    @classmethod
    def _tells(cls, parts: tuple[float, float] | None) -> tuple[float, float] | None:
        if parts is not None and parts[0] <= parts[1]:
            raise ValueError(f"{list(parts)} must be higher for occupied than for empty rooms")
        return parts
