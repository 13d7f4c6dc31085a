"""One command on its way to a camera: what may be done when no answer comes, and how it ended.

Knows no port and no clock; time is an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from roomctl.camera.profile import Timing
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

_MENU = 0x5F  # PTZOptics: recalling this preset opens or closes the menu
_INQUIRY = b"\x09"
_STEPS = ("_toggle", "_up", "_down")
_ONCE = ("focus_one_push", "white_balance_trigger")


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
    """How a command ended; `code` is the camera's error code, `after_s` how long was waited.

    `data`: what a raw inquiry was answered, between `50` and FF.
    """

    end: End
    code: int | None = None
    after_s: float = 0.0
    data: bytes = b""


class Group(Enum):
    """What moves together: a newer move of a group replaces an older one that still waits."""

    PAN_TILT = "pan-tilt"
    ZOOM = "zoom"
    FOCUS = "focus"


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


def unanswered(ticket: Ticket, now: float) -> Outcome:
    """Return how a command ended that was written, and that nobody ever answered."""
    waited_s = now - (ticket.since if ticket.since is not None else now)
    return Outcome(End.NO_REPLY if may_repeat(ticket.message) else End.UNKNOWN, after_s=waited_s)


def groups_of(message: Message) -> tuple[Group, ...]:
    """Return what a command moves; a recall moves all."""
    match message:
        case Drive() | Absolute() | Relative() | Home():
            return (Group.PAN_TILT,)
        case ZoomDrive() | ZoomTo():
            return (Group.ZOOM,)
        case FocusDrive() | FocusTo():
            return (Group.FOCUS,)
        case Preset(PresetAction.RECALL, _):
            return tuple(Group)
    return ()


def limit_of(message: Message, timing: Timing) -> float:
    """Return how many seconds after its ACK a command must have completed."""
    match message:
        case Absolute() | Relative() | Home() | ZoomTo() | FocusTo():
            return timing.move_s
        case Preset(PresetAction.RECALL, _):
            return timing.recall_s
        case Power():
            return timing.boot_s
    return timing.done_s
