"""The messages of VISCA as values: what a controller says, and how a camera's answers are read.

Each writes its own bytes (`message.encode(address, layout)`), and `decode` reads them again. What
a camera replies stands in `frames`; every other documented message is a `Command` by its name in
the `vocabulary`. Knows no port, no clock and no camera model; what a model needs (its position
layout) comes in by argument.

A frame to a camera is `8x`, 1-14 message bytes and FF (17 bytes in all with the long layouts):

| message                | bytes between header and FF (p, s: a nibble each)                       |
|------------------------|-------------------------------------------------------------------------|
| AddressSet             | `30 01`, only to all (`88`)                                             |
| ClearAll, Cancel       | `01 00 01`, `2y` (y: the socket)                                        |
| Power                  | `01 04 00 02` on, `03` standby                                          |
| Drive                  | `01 06 01 VV WW LR UD`: speeds; 1 left or up, 2 right or down, 3 still  |
| Absolute, Relative     | `01 06 02` or `03`, `VV WW`, 4-5 nibbles of pan, 4-5 of tilt            |
| Home                   | `01 06 04`                                                              |
| ZoomDrive, FocusDrive  | `01 04 07` or `08`, `00` stop, `2s` tele or far, `3s` wide or near      |
| ZoomTo, FocusTo        | `01 04 47` or `48`, `0p 0p 0p 0p`                                       |
| Preset                 | `01 04 3F`, `00` clear, `01` set, `02` recall, number                   |

A drive, a zoom drive and a focus drive run until told otherwise, so they are told apart from
everything else. A speed byte is never 00 in a drive or a stop: a BRC-300 answers `60 02` to it
(glikely/obs-ptz issue 40). Sources: Sony SRG-300H, BRC-X400, BRC-H700 command lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from typing import ClassVar, TypeAlias

from roomctl.frozen import frozen
from roomctl.visca import codec
from roomctl.visca.codec import Described, Value
from roomctl.visca.frames import BROADCAST, END, BadFrame


class PositionLayout(Enum):
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
    """A question; its name in the vocabulary."""

    VERSION = "version"
    POWER = "power"
    ZOOM = "zoom"
    POSITION = "pan_tilt_position"
    FOCUS = "focus"
    FOCUS_MODE = "focus_mode"
    EXPOSURE_MODE = "exposure_mode"
    WHITE_BALANCE_MODE = "white_balance_mode"
    IR_RECEIVE = "ir_receive"
    BACKLIGHT = "backlight"
    EXPOSURE_COMPENSATION_ON = "exposure_compensation_on"
    EXPOSURE_COMPENSATION = "exposure_compensation"
    FLIP = "flip"
    MIRROR = "mirror"
    MENU = "menu"
    TRACKING = "tracking"

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address` (1-7)."""
        return bytes((0x80 | address, *_QUESTIONS[self], END))


_QUESTIONS = {inquiry: codec.body("inquiry", inquiry.value, {}) for inquiry in Inquiry}


@frozen
class AddressSet:
    """Number the cameras of a chain from 1; broadcast, serial lines only."""

    def encode(self, address: int = BROADCAST, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame; it goes to all, whatever `address` says."""
        return bytes((0x88, 0x30, 0x01, END))


@frozen
class ClearAll:
    """IF_Clear: empty both sockets; of one camera, or broadcast."""

    def encode(self, address: int = BROADCAST, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address` (1-7, or 8: all)."""
        return bytes((0x80 | address, 0x01, 0x00, 0x01, END))


@frozen
class Cancel:
    """Give up what sits in `socket`; it then ends with an error and no completion."""

    socket: int

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address` (1-7)."""
        _within(self, self.socket, 0, 0x0F)
        return bytes((0x80 | address, 0x20 | self.socket, END))


@frozen
class Power:
    """On, or standby."""

    on: bool

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address` (1-7, or 8: all)."""
        return bytes((0x80 | address, 0x01, 0x04, 0x00, 0x02 if self.on else 0x03, END))


@frozen
class Drive:
    """Pan and tilt until told otherwise; both STILL is the stop. Speeds from 1, never 0."""

    pan_speed: int
    tilt_speed: int
    pan: Pan
    tilt: Tilt

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address`; ValueError if a speed is 0 or does not fit."""
        if not (0 < self.pan_speed < END and 0 < self.tilt_speed < END):
            raise ValueError(f"{self}: a drive or stop never has speed 0, nor 255")
        speeds = (self.pan_speed, self.tilt_speed)
        return bytes((0x80 | address, 0x01, 0x06, 0x01, *speeds, self.pan, self.tilt, END))


@frozen
class _Travel:
    """A move of pan and tilt that ends by itself, in the camera's own units and signs."""

    code: ClassVar[int]
    pan_speed: int
    tilt_speed: int
    pan: int
    tilt: int

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame in the camera's `layout`; ValueError if a number does not fit."""
        _within(self, self.pan_speed, 1, END - 1)
        _within(self, self.tilt_speed, 0, END - 1)
        speeds = (self.pan_speed, 0 if layout.fixed else self.tilt_speed)
        pan = _nibbles(self, self.pan, layout.pan_nibbles)
        tilt = _nibbles(self, self.tilt, layout.tilt_nibbles)
        return bytes((0x80 | address, 0x01, 0x06, self.code, *speeds, *pan, *tilt, END))


@frozen
class Absolute(_Travel):
    """Go to a position in the camera's own units and signs."""

    code: ClassVar[int] = 0x02


@frozen
class Relative(_Travel):
    """Go that far from here, in the camera's own units and signs."""

    code: ClassVar[int] = 0x03


@frozen
class Home:
    """Go to the middle."""

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address` (1-7, or 8: all)."""
        return bytes((0x80 | address, 0x01, 0x06, 0x04, END))


@frozen
class ZoomDrive:
    """Zoom until told otherwise; `speed` 0-7 is slow to fast, and means nothing for STOP."""

    way: Zoom
    speed: int = 0

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address`; ValueError if the speed does not fit."""
        return bytes((0x80 | address, 0x01, 0x04, 0x07, _driven(self, self.way, self.speed), END))


@frozen
class ZoomTo:
    """Zoom to a position, 0 wide to (mostly) 4000 hex tele."""

    position: int

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address`; ValueError if the position does not fit."""
        return bytes((0x80 | address, 0x01, 0x04, 0x47, *_place(self, self.position), END))


@frozen
class FocusDrive:
    """Focus until told otherwise; `speed` 0-7 is slow to fast, and means nothing for STOP."""

    way: Focus
    speed: int = 0

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address`; ValueError if the speed does not fit."""
        return bytes((0x80 | address, 0x01, 0x04, 0x08, _driven(self, self.way, self.speed), END))


@frozen
class FocusTo:
    """Focus to a position, in the camera's own units."""

    position: int

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address`; ValueError if the position does not fit."""
        return bytes((0x80 | address, 0x01, 0x04, 0x48, *_place(self, self.position), END))


@frozen
class Preset:
    """Store, recall or clear a preset, by the number on the wire (0-254)."""

    action: PresetAction
    number: int

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address`; ValueError if the number does not fit."""
        _within(self, self.number, 0, END - 1)
        return bytes((0x80 | address, 0x01, 0x04, 0x3F, self.action, self.number, END))


@frozen
class Command:
    """Any other command, by its name in the vocabulary, and its fields as raw integers."""

    name: str
    fields: tuple[tuple[str, int], ...] = ()

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame; ValueError if there is no such command, or a number does not fit."""
        positions = layout.pan_nibbles + layout.tilt_nibbles if self.name in _LIMITS else None
        size = None if positions is None else 5 + positions
        return bytes(
            (0x80 | address, *codec.body("command", self.name, dict(self.fields), size), END)
        )


@frozen
class Raw:
    """Bytes between header and FF that nobody vouches for."""

    body: bytes

    def encode(self, address: int = 1, layout: PositionLayout = PositionLayout.A) -> bytes:
        """Return its frame for camera `address` (1-7)."""
        return bytes((0x80 | address, *self.body, END))


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
    | Command
    | Raw
    | Inquiry
)

_LIMITS = {"pan_tilt_limit_set", "pan_tilt_limit_clear"}  # these have a position, too


def _within(message: object, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{message}: {value} is not within {low}-{high}")


def _driven(message: object, way: int, speed: int) -> int:
    _within(message, speed, 0, 0x0F)
    return way << 4 | speed if way else 0


def _place(message: object, position: int) -> bytes:
    _within(message, position, 0, 0xFFFF)
    return bytes(position >> shift & 0x0F for shift in (12, 8, 4, 0))


def _nibbles(message: object, value: int, digits: int) -> bytes:
    half = 1 << 4 * digits - 1
    _within(message, value, -half, half - 1)
    return bytes(value >> 4 * place & 0x0F for place in reversed(range(digits)))


@frozen
class Addressed:
    """A message and the camera it is for: 1-7, or 8 for all."""

    address: int
    message: Message


def decode(frame: bytes) -> Addressed | BadFrame:
    """Say what a frame from the controller's side means; BadFrame if the camera must refuse it."""
    found = codec.decode(frame)
    if isinstance(found, BadFrame):
        return found
    if found.name == "address_set" and found.fields["address"] == 1:
        return Addressed(found.address, AddressSet())
    if found.kind == "inquiry":
        known = {inquiry.value: inquiry for inquiry in Inquiry}
        inquiry = known.get(found.name) if not found.fields else None
        return Addressed(found.address, inquiry or Raw(frame[1:-1]))
    if found.kind != "command":
        return BadFrame(frame, f"{found.name} is not a controller's")
    return Addressed(found.address, _read(found))


def _read(found: Described) -> Message:
    numbers = {key: int(value) for key, value in found.fields.items()}
    if found.name in _READ:
        return _READ[found.name](numbers)
    return Command(found.name, tuple(numbers.items()))


_READ: dict[str, Callable[[dict[str, int]], Message]] = {
    "if_clear": lambda _: ClearAll(),
    "cancel": lambda f: Cancel(f["socket"]),
    "power": lambda f: Power(bool(f["on"])),
    "pan_tilt_drive": lambda f: Drive(
        f["pan_speed"], f["tilt_speed"], Pan(f["pan_direction"]), Tilt(f["tilt_direction"])
    ),
    "pan_tilt_absolute": lambda f: Absolute(**f),
    "pan_tilt_relative": lambda f: Relative(**f),
    "pan_tilt_home": lambda _: Home(),
    "zoom_stop": lambda _: ZoomDrive(Zoom.STOP),
    "zoom_tele_variable": lambda f: ZoomDrive(Zoom.TELE, f["speed"]),
    "zoom_wide_variable": lambda f: ZoomDrive(Zoom.WIDE, f["speed"]),
    "zoom_direct": lambda f: ZoomTo(f["position"]),
    "focus_stop": lambda _: FocusDrive(Focus.STOP),
    "focus_far_variable": lambda f: FocusDrive(Focus.FAR, f["speed"]),
    "focus_near_variable": lambda f: FocusDrive(Focus.NEAR, f["speed"]),
    "focus_direct": lambda f: FocusTo(f["position"]),
    "preset_clear": lambda f: Preset(PresetAction.CLEAR, f["preset"]),
    "preset_set": lambda f: Preset(PresetAction.SET, f["preset"]),
    "preset_recall": lambda f: Preset(PresetAction.RECALL, f["preset"]),
}


# What a camera answers.


@frozen
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


def read_answer(inquiry: Inquiry, data: bytes) -> Mapping[str, Value]:
    """Return the fields of an answer, raw as on the wire; ValueError if it is another answer."""
    for row in codec.ANSWER_ROWS[inquiry.value]:
        if (fields := row.read(data)) is not None:
            return fields
    raise ValueError(f"{data.hex(' ')} does not answer {inquiry.value}")


def read_position(data: bytes, layout: PositionLayout) -> tuple[int, int]:
    """Return pan and tilt of a position answer, in units; ValueError if it is another answer."""
    if len(data) != layout.pan_nibbles + layout.tilt_nibbles:
        raise ValueError(f"{len(data)} bytes are no position of layout {layout.name}")
    fields = read_answer(Inquiry.POSITION, data)
    return int(fields["pan"]), int(fields["tilt"])


def read_zoom(data: bytes) -> int:
    """Return the zoom position of an answer; ValueError if it is another answer."""
    return int(read_answer(Inquiry.ZOOM, data)["position"])


def read_power(data: bytes) -> bool:
    """Return whether a power answer says on; 04 (internal power error) is off."""
    return bool(read_answer(Inquiry.POWER, data).get("on", False))


def read_version(data: bytes) -> Version | None:
    """Return what a version answer says; None if it has another length (an unknown make)."""
    try:
        fields = read_answer(Inquiry.VERSION, data)
    except ValueError:
        return None
    return Version(*(int(fields[key]) for key in ("vendor", "model", "rom", "sockets")))
