"""What the daemon and the screen say to each other about sound. Values only: `protocol` sends them.

Knows no sound server. Levels and peaks are numbers; what was heard is never among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roomctl.screen.reason import Reason


class Switch(StrEnum):
    """The capture switches of the sound cards that a browser could listen to, all taken together.

    "none" has a card without one, and whatever is no card: Bluetooth, a virtual source.
    """

    NONE = "none"
    OFF = "off"  # nothing gets through any of them
    ON = "on"
    UNKNOWN = "unknown"  # there is one that cannot be read


class Verdict(StrEnum):
    """What became of a test sound."""

    HEARD = "heard"
    NOT_HEARD = "not_heard"
    MUTED = "muted"  # it was played, and the microphone is silent
    NO_LOUDSPEAKER = "no_loudspeaker"
    NO_MICROPHONE = "no_microphone"
    NO_SOUND_SERVER = "no_sound_server"


@dataclass(frozen=True, slots=True)
class Mute:
    """Mute every microphone, or open the room's; answered by a Sound that was read back."""

    on: bool


@dataclass(frozen=True, slots=True)
class Volume:
    """Set the loudness of the room, 0-100 %; answered by a Sound that was read back."""

    pct: int

    def __post_init__(self) -> None:
        within("pct", self.pct, 100)


@dataclass(frozen=True, slots=True)
class Use:
    """Prefer the sound of this USB device to the sound server's default; all None: forget it.

    `port_path` is where it is plugged in, as in /sys/bus/usb/devices: "1-1.4".
    """

    port_path: str | None
    vid: int | None
    pid: int | None


@dataclass(frozen=True, slots=True)
class Listen:
    """Say the microphone's Level ten times a second for the next `for_s` seconds; 0: no more."""

    for_s: int

    def __post_init__(self) -> None:
        within("for_s", self.for_s, 60)


@dataclass(frozen=True, slots=True)
class Chirp:
    """Play the test sound on the room's loudspeaker; answered by Chirped with the same `id`."""

    id: int


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound server as it was read.

    `muted` is True only if every microphone that a browser could open is; None = not known.
    `switch` is what the devices themselves let through.
    """

    available: bool
    muted: bool | None = None
    volume_pct: int | None = None
    reason: Reason | None = None
    switch: Switch = Switch.NONE

    def __post_init__(self) -> None:
        if self.volume_pct is not None:
            within("volume_pct", self.volume_pct, 100)

    @property
    def silent(self) -> bool | None:
        """Whether both the capture mute and the devices' switches say so; None = not known."""
        if not self.muted or self.switch in (Switch.NONE, Switch.OFF):
            return self.muted
        return False if self.switch is Switch.ON else None


@dataclass(frozen=True, slots=True)
class Level:
    """The microphone's peak of the last tenth of a second: 0 is -60 dB, 100 is full scale."""

    pct: int

    def __post_init__(self) -> None:
        within("pct", self.pct, 100)


@dataclass(frozen=True, slots=True)
class Chirped:
    """What became of the test sound `id`.

    Peaks as in Level, while it played and in the pauses between; None: not measured.
    """

    id: int
    verdict: Verdict
    loud_pct: int | None = None
    quiet_pct: int | None = None

    def __post_init__(self) -> None:
        for name in ("loud_pct", "quiet_pct"):
            if (value := getattr(self, name)) is not None:
                within(name, value, 100)


def within(name: str, value: int, limit: int) -> None:
    """Raise ValueError for a number outside 0-`limit`."""
    if not 0 <= value <= limit:
        raise ValueError(f"{name} is not within 0-{limit}")
