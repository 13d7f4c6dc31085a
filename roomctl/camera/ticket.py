"""One command on its way to a camera: what may be done when no answer comes, and how it ended.

Knows no port and no clock; time is an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from roomctl.camera.message import (
    Absolute,
    Drive,
    Home,
    Message,
    Power,
    Preset,
    PresetAction,
    Relative,
    ZoomDrive,
    ZoomTo,
)
from roomctl.camera.profile import Timing


class End(Enum):
    """How a command ended."""

    DONE = "done"
    REFUSED = "refused"
    NO_REPLY = "no_reply"
    UNKNOWN = "unknown"
    REPLACED = "replaced"
    STOPPED = "stopped"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended; `code` is the camera's error code, `after_s` how long was waited."""

    end: End
    code: int | None = None
    after_s: float = 0.0


class Group(Enum):
    """What moves together: a newer move of a group replaces an older one that still waits."""

    PAN_TILT = "pan-tilt"
    ZOOM = "zoom"


@dataclass(slots=True, eq=False)
class Ticket:
    """A command that somebody waits for; `ended` is called exactly once."""

    message: Message
    ended: Callable[[Outcome], None]
    tries: int = 0
    not_before: float = 0.0
    since: float | None = None
    over: bool = False

    def end(self, outcome: Outcome) -> None:
        if not self.over:
            self.over = True
            self.ended(outcome)


def may_repeat(message: Message) -> bool:
    """Whether sending it twice does what sending it once does.

    Relative moves, and setting or clearing a preset, may have run although the answer was lost.
    """
    match message:
        case Relative():
            return False
        case Preset(action, _):
            return action is PresetAction.RECALL
    return True


def groups_of(message: Message) -> tuple[Group, ...]:
    """Return what a command moves; a recall moves all."""
    match message:
        case Drive() | Absolute() | Relative() | Home():
            return (Group.PAN_TILT,)
        case ZoomDrive() | ZoomTo():
            return (Group.ZOOM,)
        case Preset(PresetAction.RECALL, _):
            return (Group.PAN_TILT, Group.ZOOM)
    return ()


def limit_of(message: Message, timing: Timing) -> float:
    """Return how many seconds after its ACK a command must have completed."""
    match message:
        case Absolute() | Relative() | Home() | ZoomTo():
            return timing.move_s
        case Preset(PresetAction.RECALL, _):
            return timing.recall_s
        case Power():
            return timing.boot_s
    return timing.done_s
