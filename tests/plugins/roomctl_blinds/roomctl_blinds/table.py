"""[blinds.NAME] of room.toml: where the relay is."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from roomctl.config import DeviceTable


class BlindsTable(DeviceTable):
    """[blinds.NAME]: blinds at a relay that is asked over HTTP."""

    schemes: ClassVar[tuple[str, ...]] = ("http", "https")

    cover: int = Field(default=0, ge=0, le=3, description="which cover of the relay, from 0")
