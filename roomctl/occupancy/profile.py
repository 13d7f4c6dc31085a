"""What an occupancy sensor is like: polarity, warm-up, its own hold and its blind time.

Knows no port and no room.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from roomctl.profile import Profile

Kind = Literal["pir", "radar", "ultrasound", "door"]


class OccupancyProfile(Profile):
    """One model of sensor. A `door` tells moments, the others tell how long somebody is there."""

    kind: Kind
    polarity: Literal["high", "low"] = Field(description="the output level that means presence")
    warm_up_s: float = Field(ge=0, le=600, description="after power-up; its output is not believed")
    hold_s: float = Field(
        ge=0, le=1800, description="how long its output stays after what it saw, as delivered"
    )
    block_s: float = Field(
        ge=0, le=600, description="how long it sees nothing after its output fell"
    )
    retrigger: bool = Field(description="whether motion while the output is active prolongs it")
