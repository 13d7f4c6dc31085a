"""VISCA messages: what a controller says to a camera, and the values in the answers, both ends.

Knows no port, no clock and no camera model; what a model needs (its position layout) comes in by
argument. To widen the protocol, add a dataclass, a case in `_body` and one in `_decode_body`.

`8x` is the camera's address (88: all of them), `p q r s` nibbles, high first, one in each byte:

| message      | bytes after `8x`, before FF                                                  |
|--------------|------------------------------------------------------------------------------|
| AddressSet   | `30 01` (88 only)                                                            |
| ClearAll     | `01 00 01`                                                                   |
| Cancel       | `2y`                                                                         |
| Power        | `01 04 00 02` on, `03` standby                                               |
| Drive        | `01 06 01 VV WW` + `01` left `02` right `03` still + `01` up `02` down `03`  |
| Absolute     | `01 06 02 VV WW` + pan nibbles + tilt nibbles (Layout)                       |
| Relative     | `01 06 03`, as Absolute                                                      |
| Home         | `01 06 04`                                                                   |
| ZoomDrive    | `01 04 07 2p` tele, `3p` wide, `00` stop                                     |
| ZoomTo       | `01 04 47 0p 0q 0r 0s`                                                       |
| Preset       | `01 04 3F` + `00` clear `01` set `02` recall + number                        |
| Inquiry      | `09 00 02` version, `09 04 00` power, `09 04 47` zoom, `09 06 12` position   |

A speed byte is never 00 in a drive or a stop: a BRC-300 answers `60 02` to it (glikely/obs-ptz
issue 40). Sources: Sony SRG-300H, BRC-X400, BRC-H700 command lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TypeAlias

from roomctl.camera.frames import BROADCAST, END, LONGEST, SHORTEST, BadFrame


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


class PresetAction(IntEnum):
    """What to do with a preset."""

    CLEAR = 0
    SET = 1
    RECALL = 2


class Inquiry(Enum):
    """A question; its bytes after `8x 09`."""

    VERSION = (0x00, 0x02)
    POWER = (0x04, 0x00)
    ZOOM = (0x04, 0x47)
    POSITION = (0x06, 0x12)


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
class Preset:
    """Store, recall or clear a preset, by the number on the wire (0-254)."""

    action: PresetAction
    number: int


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
    | Preset
    | Inquiry
)


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message and the camera it is for: 1-7, or 8 for all."""

    address: int
    message: Message


def encode(message: Message, address: int, layout: Layout = Layout.A) -> bytes:
    """Return the frame for `message` to camera `address` (1-7, or 8: all).

    Raises ValueError if a number does not fit its field, or if a speed is 0 where it must not be.
    """
    frame = bytes((0x80 | address, *_body(message, layout), END))
    if END in frame[:-1]:
        raise ValueError(f"{message} would put FF inside a frame")
    return frame


def _body(message: Message, layout: Layout) -> tuple[int, ...]:
    match message:
        case AddressSet():
            return (0x30, 0x01)
        case ClearAll():
            return (0x01, 0x00, 0x01)
        case Cancel(socket):
            return (0x20 | socket,)
        case Power(on):
            return (0x01, 0x04, 0x00, 0x02 if on else 0x03)
        case Drive(pan_speed, tilt_speed, pan, tilt):
            if pan_speed < 1 or tilt_speed < 1:
                raise ValueError(f"{message}: a drive or stop never has speed 0")
            return (0x01, 0x06, 0x01, pan_speed, tilt_speed, pan, tilt)
        case Absolute(pan_speed, tilt_speed, pan, tilt):
            return (0x01, 0x06, 0x02, *_travel(pan_speed, tilt_speed, pan, tilt, layout))
        case Relative(pan_speed, tilt_speed, pan, tilt):
            return (0x01, 0x06, 0x03, *_travel(pan_speed, tilt_speed, pan, tilt, layout))
        case Home():
            return (0x01, 0x06, 0x04)
        case ZoomDrive(way, speed):
            return (0x01, 0x04, 0x07, 0x00 if way is Zoom.STOP else way << 4 | speed)
        case ZoomTo(position):
            return (0x01, 0x04, 0x47, *nibbles(position, 4))
        case Preset(action, number):
            return (0x01, 0x04, 0x3F, action, number)
        case Inquiry():
            return (0x09, *message.value)


def _travel(
    pan_speed: int, tilt_speed: int, pan: int, tilt: int, layout: Layout
) -> tuple[int, ...]:
    if pan_speed < 1:
        raise ValueError("a move to a position never has pan speed 0")
    return (pan_speed, 0 if layout.fixed else tilt_speed, *position_nibbles(pan, tilt, layout))


def decode(frame: bytes) -> Addressed | BadFrame:
    """Say what a frame from the controller's side means; BadFrame if the camera must refuse it."""
    if not SHORTEST <= len(frame) <= LONGEST or frame[-1] != END or END in frame[:-1]:
        return BadFrame(frame, "not one frame")
    address = frame[0] - 0x80
    if not 1 <= address <= BROADCAST:
        return BadFrame(frame, f"header {frame[0]:02X} is no controller's")
    try:
        message = _decode_body(tuple(frame[1:-1]))
    except ValueError as error:
        return BadFrame(frame, str(error))
    return Addressed(address, message)


def _decode_body(body: Sequence[int]) -> Message:
    match body:
        case (0x30, 0x01):
            return AddressSet()
        case (0x01, 0x00, 0x01):
            return ClearAll()
        case (cancel,) if cancel & 0xF0 == 0x20:
            return Cancel(cancel & 0x0F)
        case (0x01, 0x04, 0x00, 0x02 | 0x03 as state):
            return Power(state == 0x02)
        case (0x01, 0x06, 0x01, pan_speed, tilt_speed, pan, tilt) if pan_speed and tilt_speed:
            return Drive(pan_speed, tilt_speed, Pan(pan), Tilt(tilt))
        case (0x01, 0x06, 0x02, pan_speed, tilt_speed, *rest):
            return Absolute(pan_speed, tilt_speed, *_destination(rest))
        case (0x01, 0x06, 0x03, pan_speed, tilt_speed, *rest):
            return Relative(pan_speed, tilt_speed, *_destination(rest))
        case (0x01, 0x06, 0x04):
            return Home()
        case (0x01, 0x04, 0x07, way):
            return _zoom_drive(way)
        case (0x01, 0x04, 0x47, *rest) if len(rest) == 4:
            return ZoomTo(number(rest))
        case (0x01, 0x04, 0x3F, action, preset):
            return Preset(PresetAction(action), preset)
        case (0x09, *question):
            return Inquiry(tuple(question))
    raise ValueError("unknown message")


def _zoom_drive(way: int) -> ZoomDrive:
    if way in (0x00, 0x02, 0x03):
        return ZoomDrive(Zoom(way), 2 if way else 0)  # 02 and 03 are the standard speed
    if way >> 4 in (Zoom.TELE, Zoom.WIDE) and way & 0x0F <= 7:
        return ZoomDrive(Zoom(way >> 4), way & 0x0F)
    raise ValueError(f"zoom {way:02X} is unknown")


def _destination(data: Sequence[int]) -> tuple[int, int]:
    """Read pan and tilt; at the camera's end the length alone tells 4+4, 5+4 and 5+5 apart."""
    pan_nibbles = {8: 4, 9: 5, 10: 5}.get(len(data))
    if pan_nibbles is None:
        raise ValueError(f"a position has 8 to 10 nibbles, not {len(data)}")
    return signed(data[:pan_nibbles]), signed(data[pan_nibbles:])


def nibbles(value: int, count: int) -> tuple[int, ...]:
    """Return `value` as `count` bytes of four bits each, high first; negative: two's complement."""
    bits = 4 * count
    if not -(1 << bits - 1) <= value < 1 << bits:
        raise ValueError(f"{value} does not fit {count} nibbles")
    return tuple(value >> shift & 0x0F for shift in range(bits - 4, -1, -4))


def number(data: Sequence[int]) -> int:
    """Return the unsigned value of a field of nibbles; ValueError if a byte is no nibble."""
    value = 0
    for byte in data:
        if byte > 0x0F:
            raise ValueError(f"{byte:02X} is no nibble")
        value = value << 4 | byte
    return value


def signed(data: Sequence[int]) -> int:
    """Return the two's complement value of a whole field of nibbles; ValueError as `number`."""
    value, half = number(data), 1 << 4 * len(data) - 1
    return value - 2 * half if value >= half else value


def position_nibbles(pan: int, tilt: int, layout: Layout) -> tuple[int, ...]:
    """Return a position as commands and answers carry it; ValueError if it does not fit."""
    for value, count in ((pan, layout.pan_nibbles), (tilt, layout.tilt_nibbles)):
        if value >= 1 << 4 * count - 1:
            raise ValueError(f"{value} does not fit {count} signed nibbles")
    return (*nibbles(pan, layout.pan_nibbles), *nibbles(tilt, layout.tilt_nibbles))


def read_position(data: bytes, layout: Layout) -> tuple[int, int]:
    """Return pan and tilt of a position answer, in units; ValueError if it is another answer."""
    if len(data) != layout.pan_nibbles + layout.tilt_nibbles:
        raise ValueError(f"{len(data)} bytes are no position of layout {layout.name}")
    return signed(data[: layout.pan_nibbles]), signed(data[layout.pan_nibbles :])


def read_zoom(data: bytes) -> int:
    """Return the zoom position of an answer; ValueError if it is another answer."""
    if len(data) != 4:
        raise ValueError(f"{len(data)} bytes are no zoom position")
    return number(data)


def read_power(data: bytes) -> bool:
    """Return whether a power answer says on; 04 (internal power error) is off."""
    if len(data) != 1 or data[0] not in (0x02, 0x03, 0x04):
        raise ValueError(f"{data.hex(' ')} is no power state")
    return data[0] == 0x02


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


def read_version(data: bytes) -> Version | None:
    """Return what a version answer says; None if it has another length (an unknown make)."""
    if len(data) != 7:
        return None
    vendor, model, rom = (int.from_bytes(data[at : at + 2], "big") for at in (0, 2, 4))
    return Version(vendor, model, rom, data[6])
