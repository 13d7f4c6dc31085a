"""[output.NAME] of room.toml: where a relay or a light is, and by what it is on. Knows no port."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from roomctl.config import DeviceTable

Condition = Literal["occupied", "vacant", "in_call", "awake", "booked"]


class OutputTable(DeviceTable):
    """[output.NAME]: a relay or a light that follows a condition of the room."""

    on: Condition = Field(description="it is on while this is true")
    off_after_s: float = Field(
        default=0.0, ge=0, le=7200, description="it stays on this long afterwards"
    )
