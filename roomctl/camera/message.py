"""What a controller says to a camera, as values; `visca` knows their bytes.

Knows no bytes, no port, no clock and no camera model. A drive, a zoom drive and a focus drive run
until told otherwise, so they are told apart from everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TypeAlias


class Layout(Enum):
    """How a family of cameras writes a position: nibbles of pan and tilt, and its second speed.

    `fixed` layouts want 00 where the others have the tilt speed.
    """

    A = (4, 4, False)
    B = (4, 4, True)
    C = (5, 4, False)
    D = (5, 4, True)
    E = (5, 5, True)
    F = (5, 5, False)

    def __init__(self, pan_nibbles: int, tilt_nibbles: int, fixed: bool) -> None:
        self.pan_nibbles, self.tilt_nibbles, self.fixed = pan_nibbles, tilt_nibbles, fixed


class Pan(IntEnum):
    """Which way a drive pans."""

    LEFT = 1
    RIGHT = 2
    STILL = 3


class Tilt(IntEnum):
    """Which way a drive tilts."""

    UP = 1
    DOWN = 2
    STILL = 3


class Zoom(IntEnum):
    """Which way a zoom drive goes."""

    STOP = 0
    TELE = 2
    WIDE = 3


class Focus(IntEnum):
    """Which way a focus drive goes."""

    STOP = 0
    FAR = 2
    NEAR = 3


class PresetAction(IntEnum):
    """What to do with a preset."""

    CLEAR = 0
    SET = 1
    RECALL = 2


class Inquiry(Enum):
    """A question; its name in the vocabulary (`lexicon`)."""

    VERSION = "version"
    POWER = "power"
    ZOOM = "zoom"
    POSITION = "pan_tilt_position"
    FOCUS = "focus"
    FOCUS_MODE = "focus_mode"
    EXPOSURE_MODE = "exposure_mode"
    WHITE_BALANCE_MODE = "white_balance_mode"
    IR_RECEIVE = "ir_receive"
    TRACKING = "tracking"


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Number the cameras of a chain from 1; broadcast, serial lines only."""


@dataclass(frozen=True, slots=True)
class ClearAll:
    """IF_Clear: empty both sockets; of one camera, or broadcast."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up what sits in `socket`; it then ends with an error and no completion."""

    socket: int


@dataclass(frozen=True, slots=True)
class Power:
    """On, or standby."""

    on: bool


@dataclass(frozen=True, slots=True)
class Drive:
    """Pan and tilt until told otherwise; both STILL is the stop. Speeds from 1, never 0."""

    pan_speed: int
    tilt_speed: int
    pan: Pan
    tilt: Tilt


@dataclass(frozen=True, slots=True)
class Absolute:
    """Go to a position in the camera's own units and signs."""

    pan_speed: int
    tilt_speed: int
    pan: int
    tilt: int


@dataclass(frozen=True, slots=True)
class Relative:
    """Go that far from here, in the camera's own units and signs."""

    pan_speed: int
    tilt_speed: int
    pan: int
    tilt: int


@dataclass(frozen=True, slots=True)
class Home:
    """Go to the middle."""


@dataclass(frozen=True, slots=True)
class ZoomDrive:
    """Zoom until told otherwise; `speed` 0-7 is slow to fast, and means nothing for STOP."""

    way: Zoom
    speed: int = 0


@dataclass(frozen=True, slots=True)
class ZoomTo:
    """Zoom to a position, 0 wide to (mostly) 4000 hex tele."""

    position: int


@dataclass(frozen=True, slots=True)
class FocusDrive:
    """Focus until told otherwise; `speed` 0-7 is slow to fast, and means nothing for STOP."""

    way: Focus
    speed: int = 0


@dataclass(frozen=True, slots=True)
class FocusTo:
    """Focus to a position, in the camera's own units."""

    position: int


@dataclass(frozen=True, slots=True)
class Preset:
    """Store, recall or clear a preset, by the number on the wire (0-254)."""

    action: PresetAction
    number: int


@dataclass(frozen=True, slots=True)
class Setting:
    """Any other command, by its name in the vocabulary, and its fields as raw integers."""

    name: str
    fields: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes between header and FF that nobody vouches for."""

    body: bytes


Message: TypeAlias = (
    AddressSet
    | ClearAll
    | Cancel
    | Power
    | Drive
    | Absolute
    | Relative
    | Home
    | ZoomDrive
    | ZoomTo
    | FocusDrive
    | FocusTo
    | Preset
    | Setting
    | Raw
    | Inquiry
)


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message and the camera it is for: 1-7, or 8 for all."""

    address: int
    message: Message


@dataclass(frozen=True, slots=True)
class Version:
    """Who the camera says it is: vendor and model code, ROM version, number of sockets."""

    vendor: int
    model: int
    rom: int
    sockets: int

    @property
    def identity(self) -> str:
        """`vendor:model` in hex, as profiles match it."""
        return f"{self.vendor:04x}:{self.model:04x}"
