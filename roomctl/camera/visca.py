"""The driver's messages as VISCA bytes, and the values in the answers, both ends.

Knows no port, no clock and no camera model; what a model needs (its position layout) comes in by
argument. The bytes themselves stand in `lexicon`; here each message gets its name there.

A speed byte is never 00 in a drive or a stop: a BRC-300 answers `60 02` to it (glikely/obs-ptz
issue 40). Sources: Sony SRG-300H, BRC-X400, BRC-H700 command lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from roomctl.camera import lexicon
from roomctl.camera.frames import END, BadFrame
from roomctl.camera.lexicon import Said, Value
from roomctl.camera.message import (
    Absolute,
    Addressed,
    AddressSet,
    Cancel,
    ClearAll,
    Drive,
    Focus,
    FocusDrive,
    FocusTo,
    Home,
    Inquiry,
    Layout,
    Message,
    Pan,
    Power,
    Preset,
    PresetAction,
    Raw,
    Relative,
    Setting,
    Tilt,
    Version,
    Zoom,
    ZoomDrive,
    ZoomTo,
)

_PRESET = {
    PresetAction.CLEAR: "preset_clear",
    PresetAction.SET: "preset_set",
    PresetAction.RECALL: "preset_recall",
}
_PLACES = {  # what carries a position, in the camera's layout
    "pan_tilt_absolute",
    "pan_tilt_relative",
    "pan_tilt_limit_set",
    "pan_tilt_limit_clear",
}
_ZOOM = {Zoom.STOP: "zoom_stop", Zoom.TELE: "zoom_tele", Zoom.WIDE: "zoom_wide"}
_FOCUS = {Focus.STOP: "focus_stop", Focus.FAR: "focus_far", Focus.NEAR: "focus_near"}


def encode(message: Message, address: int, layout: Layout = Layout.A) -> bytes:
    """Return the frame for `message` to camera `address` (1-7, or 8: all).

    Raises ValueError if a number does not fit its field, or if a speed is 0 where it must not be.
    """
    match message:
        case AddressSet():
            return lexicon.encode(Said("network", "address_set", {"address": 1}, address))
        case Raw(body):
            return bytes((0x80 | address, *body, END))
        case Inquiry():
            return lexicon.encode(Said("inquiry", message.value, {}, address))
    name, fields = _worded(message, layout)
    length = 7 + layout.pan_nibbles + layout.tilt_nibbles if name in _PLACES else None
    return lexicon.encode(Said("command", name, fields, address), length)


def _worded(message: Message, layout: Layout) -> tuple[str, Mapping[str, Value]]:
    match message:
        case ClearAll():
            return "if_clear", {}
        case Cancel(socket):
            return "cancel", {"socket": socket}
        case Power(on):
            return "power", {"on": on}
        case Drive(pan_speed, tilt_speed, pan, tilt):
            if pan_speed < 1 or tilt_speed < 1:
                raise ValueError(f"{message}: a drive or stop never has speed 0")
            ways = {"pan_direction": int(pan), "tilt_direction": int(tilt)}
            return "pan_tilt_drive", {"pan_speed": pan_speed, "tilt_speed": tilt_speed, **ways}
        case Absolute():
            return "pan_tilt_absolute", _travel(message, layout)
        case Relative():
            return "pan_tilt_relative", _travel(message, layout)
        case Home():
            return "pan_tilt_home", {}
        case ZoomDrive(way, speed):
            return _driven(_ZOOM[way], speed)
        case ZoomTo(position):
            return "zoom_direct", {"position": position}
        case FocusDrive(way, speed):
            return _driven(_FOCUS[way], speed)
        case FocusTo(position):
            return "focus_direct", {"position": position}
        case Preset(action, number):
            return _PRESET[action], {"preset": number}
        case Setting(name, fields):
            return name, dict(fields)
    raise ValueError(f"{message} has no words")


def _driven(name: str, speed: int) -> tuple[str, Mapping[str, Value]]:
    return (name, {}) if name.endswith("stop") else (f"{name}_variable", {"speed": speed})


def _travel(message: Absolute | Relative, layout: Layout) -> dict[str, Value]:
    tilt_speed = 0 if layout.fixed else message.tilt_speed
    places = {"pan": message.pan, "tilt": message.tilt}
    return {"pan_speed": message.pan_speed, "tilt_speed": tilt_speed, **places}


def decode(frame: bytes) -> Addressed | BadFrame:
    """Say what a frame from the controller's side means; BadFrame if the camera must refuse it."""
    said = lexicon.decode(frame)
    if isinstance(said, BadFrame):
        return said
    if said.name == "address_set" and said.fields["address"] == 1:
        return Addressed(said.address, AddressSet())
    if said.kind == "inquiry":
        known = {inquiry.value: inquiry for inquiry in Inquiry}
        inquiry = known.get(said.name) if not said.fields else None
        return Addressed(said.address, inquiry or Raw(frame[1:-1]))
    if said.kind != "command":
        return BadFrame(frame, f"{said.name} is no controller's")
    return Addressed(said.address, _meant(said.name, dict(said.fields)))


def _meant(name: str, fields: dict[str, Value]) -> Message:
    numbers = {key: int(value) for key, value in fields.items()}
    if name in _PLAIN:
        return _PLAIN[name](numbers)
    for presets in [action for action, word in _PRESET.items() if word == name]:
        return Preset(presets, numbers["preset"])
    for way in [way for way, word in _ZOOM.items() if f"{word}_variable" == name]:
        return ZoomDrive(way, numbers["speed"])
    for direction in [way for way, word in _FOCUS.items() if f"{word}_variable" == name]:
        return FocusDrive(direction, numbers["speed"])
    return Setting(name, tuple(numbers.items()))


_PLAIN: dict[str, Callable[[dict[str, int]], Message]] = {
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
    "zoom_direct": lambda f: ZoomTo(f["position"]),
    "focus_stop": lambda _: FocusDrive(Focus.STOP),
    "focus_direct": lambda f: FocusTo(f["position"]),
}


def read_answer(inquiry: Inquiry, data: bytes) -> Mapping[str, Value]:
    """Return the fields of an answer, raw as on the wire; ValueError if it is another answer."""
    for row in lexicon.ANSWER_ROWS[inquiry.value]:
        if (fields := row.read(data)) is not None:
            return fields
    raise ValueError(f"{data.hex(' ')} does not answer {inquiry.value}")


def read_position(data: bytes, layout: Layout) -> tuple[int, int]:
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
