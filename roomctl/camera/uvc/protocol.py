"""A camera that is asked by its own controls (UVC, through Video4Linux), as a `CameraProtocol`.

It says itself what it can do, so nobody has to write a profile for it; what it has no control for
is Unsupported. It has no presets: the room keeps positions for it. Whether it has power is not
asked: one without is not there. Knows no port, no clock and no bytes: its connection says them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from roomctl.camera.profile import (
    CameraProfile,
    ExposureMode,
    FocusRange,
    Presets,
    PtzAxis,
    WhiteBalance,
    ZoomRange,
)
from roomctl.camera.protocol import (
    AssumedState,
    CameraRequest,
    CameraState,
    Part,
    ProtocolEvents,
    SelfDescribed,
    must_be_one_of,
    must_have,
)
from roomctl.camera.uvc.axis import UvcAxis
from roomctl.camera.uvc.connection import SetRequest, UvcConnection
from roomctl.camera.uvc.message import ARC_SECONDS, ControlId, SetControl, UvcControl
from roomctl.errors import Refused
from roomctl.frozen import frozen
from roomctl.motion import Outcome
from roomctl.wire import Identity

W = TypeVar("W", bound=str)

_NAME = "USB camera"  # until it has said its own
PRESETS = 9  # kept by the room: no USB camera is asked for its own

# v4l2_exposure_auto_type. Cameras without an iris to control call their automatic mode the last.
_AUTO, _MANUAL, _SHUTTER, _APERTURE = range(4)


@frozen
class SetControls:
    """A command: controls to be set; `moves`: it is over when the camera stands there."""

    sets: tuple[SetControl, ...]
    moves: bool = False


class UvcProtocol(SelfDescribed[UvcConnection]):
    """One USB camera; `before`: what it said of itself when it was last there."""

    def __init__(
        self,
        name: str,
        events: ProtocolEvents,
        identity: Identity | None,
        before: CameraProfile | None = None,
    ) -> None:
        super().__init__(name, UvcConnection(events))
        self._identity = identity
        self._before = before or _NOTHING
        self._profile: CameraProfile | None = None

    @property
    def profile(self) -> CameraProfile:
        """What it says of its own controls; nothing until it has."""
        if self._profile is not None:
            return self._profile
        connection = self.connection
        if not connection.ready:
            return self._before
        product = self._identity.product if self._identity else None
        self._profile = profile_of(product or _NAME, connection.controls, connection.axes)
        return self._profile

    @property
    def modes(self) -> dict[str, tuple[str, ...]]:
        return self.profile.modes

    @property
    def abilities(self) -> tuple[str, ...]:
        can = self.profile.abilities
        return can if self._home_sets() else tuple(word for word in can if word != "home")

    def state(self, believed: AssumedState) -> CameraState:
        firmware = self._identity.bcd_device if self._identity else None
        return _described(self.connection, self.profile.name, firmware, believed.preset)

    def drive(
        self, pan: float, tilt: float, zoom: float, focus: float, until: float, now: float
    ) -> None:
        """Move until `until`, unless renewed; each push from -1 to 1."""
        for part, push in (("zoom", zoom), ("focus", focus)):
            axis = self.connection.axes.get(part)
            must_have(self.name, not push or (axis and axis.moves), f"{part} that can be driven")
        moves = {"pan": pan, "tilt": tilt, "zoom": zoom, "focus": focus}
        self.connection.drive(moves, until, now)

    def submit(self, command: object, ended: Callable[[Outcome], None], now: float) -> None:
        """Have controls set; its time limit is the connection's."""
        if not isinstance(command, SetControls):
            raise TypeError(f"{command!r} sets no controls")
        self.connection.submit(SetRequest(command.sets, ended, command.moves), now)

    # What people ask for, as controls to be set.

    def home(self) -> CameraRequest:
        return _moves(must_have(self.name, self._home_sets(), "way to the middle"))

    def goto(
        self, pan_deg: float | None, tilt_deg: float | None, zoom_pct: float | None, speed: float
    ) -> CameraRequest:
        """Go to an angle and a zoom, as fast as it likes; None leaves that as it is."""
        places: dict[Part, float | None] = {"pan": pan_deg, "tilt": tilt_deg, "zoom": zoom_pct}
        clamped: list[Part] = []
        sets = [self._place(p, value, clamped) for p, value in places.items() if value is not None]
        return _moves(tuple(sets), tuple(clamped))

    def relative(self, pan_deg: float, tilt_deg: float, speed: float) -> CameraRequest:
        for part in ("pan", "tilt"):
            must_have(self.name, self._control(part), f"position of {part} that can be set")
        pan, tilt = _degrees(self.connection, "pan"), _degrees(self.connection, "tilt")
        if pan is None or tilt is None:
            raise Refused(self.name, "not_executable", "does not report its position")
        return self.goto(pan + pan_deg, tilt + tilt_deg, None, speed)

    def focus(self, act: str) -> CameraRequest:
        must_have(self.name, self.profile.focus, "focus that can be driven")
        acts: dict[str, tuple[SetControl, ...]] = {}
        if ControlId.FOCUS_AUTO in self.connection.controls:
            acts |= {
                "auto": (SetControl(ControlId.FOCUS_AUTO, 1),),
                "manual": (SetControl(ControlId.FOCUS_AUTO, 0),),
            }
        if (place := self._control("focus")) is not None:
            acts["infinity"] = (*acts.get("manual", ()), SetControl(place.id, place.minimum))
        must_be_one_of(self.name, act, acts, "focus")
        return _sets(acts[act])

    def focus_to(self, pct: float) -> CameraRequest:
        place = must_have(self.name, self._control("focus"), "focus that can be driven")
        first = self.focus("manual").commands if _focus(self.connection) == "auto" else ()
        there = _sets((SetControl(place.id, place.at_percent(pct)),))
        return CameraRequest((*first, *there.commands))

    def exposure(self, mode: str) -> CameraRequest:
        items = exposure_items(self.connection.controls)
        must_be_one_of(self.name, mode, items, "exposure mode")
        entry = next(entry for word, entry in items.items() if word == mode)
        return _sets((SetControl(ControlId.EXPOSURE_AUTO, entry),))

    def white_balance(self, mode: str) -> CameraRequest:
        """Balance by itself, or stay as it is now."""
        must_be_one_of(self.name, mode, self.profile.white_balance, "white balance")
        return _sets((SetControl(ControlId.AUTO_WHITE_BALANCE, int(mode == "auto")),))

    def backlight(self, on: bool) -> CameraRequest:
        """Compensate as much as it does by default, or at most where that is not at all."""
        level = must_have(self.name, backlight_level(self.connection.controls), "backlight")
        return _sets((SetControl(ControlId.BACKLIGHT_COMPENSATION, level if on else 0),))

    def _control(self, axis: str) -> UvcControl | None:
        return place_of(self.connection, axis)

    def _place(self, part: Part, value: float, clamped: list[Part]) -> SetControl:
        control = must_have(self.name, self._control(part), f"position of {part} that can be set")
        if part == "zoom":
            inside, target = min(max(value, 0.0), 100.0), control.at_percent(value)
        else:
            low, high = control.minimum / ARC_SECONDS, control.maximum / ARC_SECONDS
            inside = min(max(value, low), high)
            target = control.nearest(inside * ARC_SECONDS)
        if inside != value:
            clamped.append(part)
        return SetControl(control.id, target)

    def _home_sets(self) -> tuple[SetControl, ...]:
        controls = [self._control(part) for part in ("pan", "tilt")]
        sets = [SetControl(each.id, each.nearest(0)) for each in controls if each is not None]
        if len(sets) == 2:
            return tuple(sets)
        resets = (ControlId.PAN_RESET, ControlId.TILT_RESET)
        has = self.connection.controls
        return tuple(SetControl(each, 1) for each in resets if each in has and has[each].writable)


def _moves(sets: tuple[SetControl, ...], clamped: tuple[Part, ...] = ()) -> CameraRequest:
    return CameraRequest((SetControls(sets, moves=True),) if sets else (), clamped)


def _sets(sets: tuple[SetControl, ...]) -> CameraRequest:
    return CameraRequest((SetControls(sets),))


# What it says of its own controls, as a profile.


def profile_of(
    name: str, controls: Mapping[int, UvcControl], axes: Mapping[str, UvcAxis]
) -> CameraProfile:
    """Return what can be asked of a camera; its layout of positions on a wire means nothing."""
    pan, tilt, zoom, focus = (axes.get(each) for each in ("pan", "tilt", "zoom", "focus"))
    automatic = controls.get(ControlId.FOCUS_AUTO)
    can_focus = bool(focus and focus.moves) or bool(automatic and automatic.writable)
    return CameraProfile(
        name=name,
        match=(),
        source="what the camera says of its own controls",
        verified="hardware",
        layout="A",
        pan_tilt=bool(pan and pan.moves and tilt and tilt.moves),
        pan=_reach(pan, "right"),
        tilt=_reach(tilt, "up"),
        zoom=ZoomRange() if zoom and zoom.moves else None,
        focus=FocusRange() if can_focus else None,
        presets=Presets(first=1, count=PRESETS) if _can_return(pan, tilt, zoom) else None,
        exposure=tuple(exposure_items(controls)),
        white_balance=white_balances(controls),
        backlight=backlight_level(controls) is not None,
        quirks=("no-power",),
    )


def _reach(axis: UvcAxis | None, positive: Literal["right", "up"]) -> PtzAxis | None:
    if axis is None or axis.place is None:
        return None
    low, high = axis.place.minimum / ARC_SECONDS, axis.place.maximum / ARC_SECONDS
    return PtzAxis(units_per_degree=ARC_SECONDS, min_deg=low, max_deg=high, positive=positive)


def _can_return(*axes: UvcAxis | None) -> bool:
    """Whether a position can be kept and found again: all that moves can be told where to."""
    moving = [axis for axis in axes if axis is not None and axis.moves]
    return bool(moving) and all(axis.place is not None for axis in moving)


def exposure_items(controls: Mapping[int, UvcControl]) -> dict[ExposureMode, int]:
    """Return the exposure modes that a camera has, and the entry of its menu for each."""
    menu = controls.get(ControlId.EXPOSURE_AUTO)
    if menu is None or not menu.writable:
        return {}
    has = menu.has_item
    items: dict[ExposureMode, int] = {}
    if has(_AUTO) or has(_APERTURE):
        items["auto"] = _AUTO if has(_AUTO) else _APERTURE
    if has(_MANUAL):
        items["manual"] = _MANUAL
    if has(_SHUTTER):
        items["shutter"] = _SHUTTER
    if has(_AUTO) and has(_APERTURE):
        items["iris"] = _APERTURE
    return items


def white_balances(controls: Mapping[int, UvcControl]) -> tuple[WhiteBalance, ...]:
    """Return the white balances that a camera has."""
    switch = controls.get(ControlId.AUTO_WHITE_BALANCE)
    return ("auto", "manual") if switch and switch.writable else ()


def backlight_level(controls: Mapping[int, UvcControl]) -> int | None:
    """Return what a camera that compensates for backlight is set to; None: it never does.

    By the kernel's and UVC's documents 0 switches it off, and any other value on.
    """
    control = controls.get(ControlId.BACKLIGHT_COMPENSATION)
    if control is None or not control.writable or control.minimum > 0 or control.maximum < 1:
        return None
    return control.default if control.default > 0 else control.maximum


_NOTHING = profile_of(_NAME, {}, {})


# What it has said, in people's units and words.


def _described(
    connection: UvcConnection, model: str, firmware: int | None, preset: int | None
) -> CameraState:
    """Return the state of a camera; `firmware` is its bcdDevice, `preset` the last it was sent to.

    Whether a USB camera has power is not asked: one without is not there.
    """
    if not connection.ready:
        return CameraState()
    values = connection.values
    return CameraState(
        pan_deg=_degrees(connection, "pan"),
        tilt_deg=_degrees(connection, "tilt"),
        zoom_pct=_percent(connection, "zoom"),
        moving=connection.moving,
        focus=_focus(connection),
        focus_pct=_percent(connection, "focus"),
        exposure=_word(exposure_items(connection.controls), values.get(ControlId.EXPOSURE_AUTO)),
        white_balance=_word({"auto": 1, "manual": 0}, values.get(ControlId.AUTO_WHITE_BALANCE)),
        backlight=None
        if (level := values.get(ControlId.BACKLIGHT_COMPENSATION)) is None
        else level > 0,
        preset=preset,
        model=model,
        firmware=None if firmware is None else f"{firmware:04x}",
    )


def place_of(connection: UvcConnection, axis: str) -> UvcControl | None:
    """Return the control that says where an axis is, and sends it there."""
    known = connection.axes.get(axis)
    return known.place if known else None


def _at(connection: UvcConnection, axis: str) -> int | None:
    """Return where an axis is; what is outside of its own limits is no answer."""
    place, at = place_of(connection, axis), connection.axes[axis].at
    if place is None or at is None or not connection.says(place.id):
        return None
    return at if place.minimum <= at <= place.maximum else None


def _degrees(connection: UvcConnection, axis: str) -> float | None:
    at = _at(connection, axis)
    return None if at is None else at / ARC_SECONDS


def _percent(connection: UvcConnection, axis: str) -> float | None:
    place, at = place_of(connection, axis), _at(connection, axis)
    return place.percent(at) if place and at is not None else None


def _focus(connection: UvcConnection) -> Literal["auto", "manual"] | None:
    automatic = connection.values.get(ControlId.FOCUS_AUTO)
    if ControlId.FOCUS_AUTO in connection.controls:
        return None if automatic is None else "auto" if automatic else "manual"
    return "manual" if place_of(connection, "focus") else None


def _word(codes: Mapping[W, int], code: int | None) -> W | None:
    return next((word for word, value in codes.items() if value == code), None)
