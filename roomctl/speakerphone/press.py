"""What somebody may do to a speakerphone, and how long what it says may be an answer to the host.

Knows no report and no descriptor.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Press(StrEnum):
    """What somebody did to the device. Each is a request: the room decides."""

    MUTE = "mute"  # mute, or unmute
    HOOK_OFF = "hook_off"  # went off-hook: picked up
    HOOK_ON = "hook_on"  # went on-hook: hung up
    FLASH = "flash"  # hold a call, or take it back
    HOLD = "hold"
    REDIAL = "redial"
    REJECT = "reject"
    VOLUME_UP = "volume_up"
    VOLUME_DOWN = "volume_down"
    SPEAKER_MUTE = "speaker_mute"  # Consumer Mute: on a speakerphone the loudspeaker's


@dataclass(frozen=True, slots=True)
class Timing:
    """How long what a device says may still be an answer or a repetition, in seconds.

    Jabra repeats an unanswered press after at most 2.5 s (developer.jabra.com, call control);
    Plantronics sends one press twice within 50 ms (WICG/webhid#61).
    """

    echo_s: float = 2.5
    repeat_s: float = 2.5
    double_s: float = 0.05


@dataclass(frozen=True, slots=True)
class Written:
    """What the host wrote: from when on the device can answer it, and since when it stands."""

    muted: bool
    off_hook: bool
    begun: float
    ended: float
