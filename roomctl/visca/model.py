"""What differs from one camera model to the next, as far as its conversation must know.

Knows no file and no person's units: who has a profile of the camera makes a `CameraModel` of it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from roomctl.frozen import frozen
from roomctl.visca.message import Inquiry, PositionLayout

Quirk: TypeAlias = Literal[
    "no-ack",
    "no-power",
    "no-zoom-inquiry",
    "deaf-after-recall",
    "stop-needs-cancel",
    "menu-fills-sockets",
    "replies-as-2",
    "one-socket-for-all",
]


@frozen
class Limits:
    """How long to wait for a camera, in seconds; `tries`: how often before it counts as silent.

    `ack_s`, `stop_ack_s`: for the ACK of a command, of a stop; `stop_s`: for a stop to be taken
    at all. `inquiry_s`: for an answer. `done_s`, `move_s`, `recall_s`, `boot_s`: from the ACK to
    the completion. `spacing_s`: between two messages. `cancel_after_s`: before a drive can be
    cancelled. `cycle_s`: one video cycle, in which it takes one message. `probe_s`: between two
    questions to one that is silent; `moving_poll_s`, `idle_poll_s`: between two looks at it.
    """

    ack_s: float = 0.5
    stop_ack_s: float = 0.2
    stop_s: float = 2.0
    inquiry_s: float = 1.0
    done_s: float = 2.0
    move_s: float = 30.0
    recall_s: float = 60.0
    boot_s: float = 30.0
    spacing_s: float = 0.0
    cancel_after_s: float = 0.0
    cycle_s: float = 1 / 59.94
    probe_s: float = 1.0
    moving_poll_s: float = 0.2
    idle_poll_s: float = 5.0
    tries: int = 5


@frozen
class CameraModel:
    """What a `Connection` must know of a camera; the defaults are a camera that nobody knows.

    `pan_speed`, `tilt_speed`: the highest speed bytes. `pan_tilt`, `zoom_inquiry`: whether it can
    be asked where it looks, and how far it is zoomed in. `settings`: what else it can be asked.
    `sockets`: how many commands it holds; `in_flight`: how many to leave there. `cancel`: whether
    Cancel works. `acks`: whether it says ACK at all. `counts`: over IP, whether it counts messages.
    """

    layout: PositionLayout = PositionLayout.A
    pan_tilt: bool = True
    pan_speed: int = 0x18
    tilt_speed: int = 0x14
    zoom_inquiry: bool = True
    settings: tuple[Inquiry, ...] = ()
    sockets: int = 2
    in_flight: int = 2
    cancel: bool = False
    acks: bool = True
    counts: bool = True
    limits: Limits = Limits()
