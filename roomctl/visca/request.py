"""One thing that a camera is asked to do: what may be done when no answer comes, how it ended.

Values and rules only; time is an argument. Knows no port and no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from roomctl.motion import Outcome, RequestEnd
from roomctl.visca.message import (
    Absolute,
    Command,
    Drive,
    FocusDrive,
    FocusTo,
    Home,
    Inquiry,
    Message,
    Power,
    Preset,
    PresetAction,
    Raw,
    Relative,
    ZoomDrive,
    ZoomTo,
)
from roomctl.visca.model import Limits

_MENU = 0x5F  # PTZOptics: recalling this preset opens or closes the menu
_INQUIRY = b"\x09"
_STEPS = ("_toggle", "_up", "_down")
_ONCE = ("focus_one_push", "white_balance_trigger")


class AxisGroup(Enum):
    """What moves together: a newer move of a group replaces an older one that still waits."""

    PAN_TILT = "pan-tilt"
    ZOOM = "zoom"
    FOCUS = "focus"


Move: TypeAlias = Drive | ZoomDrive | FocusDrive
"""What runs until told otherwise: one for each group."""

ALL_GROUPS = tuple(AxisGroup)


@dataclass(slots=True, eq=False)
class Request:
    """A command that somebody waits for; `ended` is called exactly once.

    `unsure`: it was said before, and may run already.
    """

    message: Message
    ended: Callable[[Outcome], None]
    tries: int = 0
    not_before: float = 0.0
    since: float | None = None
    over: bool = False
    unsure: bool = False

    def end(self, outcome: Outcome) -> None:
        if not self.over:
            self.over = True
            self.ended(outcome)

    def unanswered(self, now: float) -> Outcome:
        """Return how it ended if it was written, and nobody ever answered."""
        waited_s = now - (self.since if self.since is not None else now)
        end = RequestEnd.NO_REPLY if may_repeat(self.message) else RequestEnd.UNKNOWN
        return Outcome(end, after_s=waited_s)


def may_repeat(message: Message) -> bool:
    """Whether sending it twice does what sending it once does.

    Relative moves, steps, toggles, keys of a menu, and setting or clearing a preset may have run
    although the answer was lost. Nobody vouches for raw bytes, unless they ask something.
    """
    match message:
        case Relative():
            return False
        case Preset(action, number):
            return action is PresetAction.RECALL and number != _MENU
        case Raw():
            return asks(message)
        case Command(name, _):
            return not (name.endswith(_STEPS) or name.startswith("menu") or name in _ONCE)
    return True


def asks(message: Message) -> bool:
    """Whether it is a question: it takes no socket, and is answered with data."""
    match message:
        case Raw(body):
            return body[:1] == _INQUIRY
    return isinstance(message, Inquiry)


def groups_of(message: Message) -> tuple[AxisGroup, ...]:
    """Return what a command moves; a recall moves all."""
    match message:
        case Drive() | Absolute() | Relative() | Home():
            return (AxisGroup.PAN_TILT,)
        case ZoomDrive() | ZoomTo():
            return (AxisGroup.ZOOM,)
        case FocusDrive() | FocusTo():
            return (AxisGroup.FOCUS,)
        case Preset(PresetAction.RECALL, _):
            return ALL_GROUPS
    return ()


def done_within(message: Message, limits: Limits) -> float:
    """Return how many seconds after its ACK a command must have completed."""
    match message:
        case Absolute() | Relative() | Home() | ZoomTo() | FocusTo():
            return limits.move_s
        case Preset(PresetAction.RECALL, _):
            return limits.recall_s
        case Power():
            return limits.boot_s
    return limits.done_s
