"""The table [screen] of room.toml: a room's displays, and where the process that owns them is."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from roomctl.config import Config, KindTable, runtime_path

WALL_SOCKET = "/run/roomctl-audio/sound.sock"  # deploy/systemd/roomctl-audio.service
WAITING_MB = 3000  # of free memory, for a browser that waits: it holds 200 to 460 MB

Output = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,32}$")]


class ScreenTable(KindTable):
    """[screen]: the display that shows the meeting, and the process that owns its browser."""

    single: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ("unix",)

    mode: Literal["kiosk", "headless", "simulated"] = Field(
        default="kiosk", description="kiosk: a real display; headless: a browser without one"
    )
    url: str | None = Field(
        default=None, description="unix:PATH of `roomctl screen`; left out: chosen automatically"
    )
    panel_url: str | None = Field(
        default=None,
        description="unix:PATH of `roomctl screen --panel`, which shows the panel as a user of its"
        " own; else `url` shows it",
    )
    sound_url: str = Field(
        default=f"unix:{WALL_SOCKET}",
        description="unix:PATH of `roomctl screen --sound`, which keeps the microphone behind a"
        " wall; see [audio] wall",
    )
    media: Literal["real", "fake"] = Field(
        default="real", description="fake: Chromium's own test picture and tone"
    )
    name: str = Field(
        default="", max_length=60, description="name shown to others; else the room's"
    )
    room: Output | None = Field(
        default=None, description="output of the room's display, such as 'HDMI-A-1'; else the first"
    )
    panel: Output = Field(
        default="none", description="output of the touch panel; none: the panel is elsewhere"
    )
    native: tuple[str, ...] = Field(
        default=(), description="platforms whose own client is started, where it is installed"
    )
    cec: str = Field(
        default="auto",
        pattern=r"^(auto|none|/dev/cec\d+)$",
        description="HDMI-CEC adapter of the room's television, such as '/dev/cec0'; auto: the one"
        " with a display; none: its output is switched instead",
    )

    waiting_browser: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="keep a browser ready while somebody may join soon; auto: if 3 GB of"
        " memory are free",
    )

    @property
    def cec_adapter(self) -> str | None:
        return None if self.cec == "none" else self.cec

    @property
    def waiting_least_mb(self) -> int | None:
        """How much memory has to be free for a browser to wait; None: none does."""
        return {"auto": WAITING_MB, "on": 0}.get(self.waiting_browser)

    @property
    def panel_output(self) -> str | None:
        """Where the panel has an output of its own; None if it has none."""
        return None if self.panel in ("none", self.room) else self.panel


def screen_url(table: ScreenTable) -> str:
    """Return where the screen process listens: as configured, else in the runtime folder."""
    return table.url or f"unix:{runtime_path() / 'screen.sock'}"


def screen_of(config: Config) -> ScreenTable | None:
    """Return the [screen] of a room; None: it has none."""
    return next(iter(config.every(ScreenTable).values()), None)
