"""A simulated USB camera: the other end of `v4l2:` urls, control by control, moving in real time.

Knows no port and no clock. Like uvcvideo it clamps what is written to a control's limits, and what
cannot be read or written is refused. Pan and tilt are one control to it: whoever writes one writes
the other as it is at that moment; a focus that is automatic cannot be written. It keeps on moving
at the speed it was last told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from roomctl.camera.sim.host import HEARD
from roomctl.camera.uvc.message import (
    ARC_SECONDS,
    COUPLED,
    ControlFlag,
    ControlId,
    ControlValue,
    ControlValueType,
    EndOfControls,
    GetControl,
    ListControls,
    Request,
    SetControl,
    SetControlPair,
    UvcControl,
    decode,
    encode,
)
from roomctl.visca.sim.motion import Motor
from roomctl.wire import Chunk

GO_DEG_S = 60.0  # to a place, and at the highest speed
FULL_S = 2.0  # zoom and focus from end to end, likewise
_WRITE_ONLY, _READ_ONLY = (
    ControlFlag.WRITE_ONLY,
    ControlFlag.READ_ONLY | ControlFlag.DISABLED | ControlFlag.GRABBED,
)

PLACES = (
    UvcControl(ControlId.PAN_ABSOLUTE, minimum=-468_000, maximum=468_000, step=360),
    UvcControl(ControlId.TILT_ABSOLUTE, minimum=-108_000, maximum=324_000, step=360),
)
ZOOM = UvcControl(ControlId.ZOOM_ABSOLUTE, minimum=100, maximum=500)
SPEEDS = (
    UvcControl(ControlId.PAN_SPEED, minimum=-10, maximum=10),
    UvcControl(ControlId.TILT_SPEED, minimum=-10, maximum=10),
)
LOOKS = (
    UvcControl(ControlId.FOCUS_ABSOLUTE, minimum=0, maximum=255, step=5),
    UvcControl(ControlId.FOCUS_AUTO, ControlValueType.BOOLEAN, maximum=1, default=1),
    UvcControl(ControlId.EXPOSURE_AUTO, ControlValueType.MENU, maximum=3, default=3, items=0b1010),
    UvcControl(ControlId.AUTO_WHITE_BALANCE, ControlValueType.BOOLEAN, maximum=1, default=1),
    UvcControl(ControlId.BACKLIGHT_COMPENSATION, maximum=2),
)
EVERYTHING = (*PLACES, ZOOM, *SPEEDS, *LOOKS)

_MOTOR_OF = {
    ControlId.PAN_ABSOLUTE: "pan",
    ControlId.TILT_ABSOLUTE: "tilt",
    ControlId.ZOOM_ABSOLUTE: "zoom",
    ControlId.FOCUS_ABSOLUTE: "focus",
}
_DRIVEN_BY = {
    ControlId.PAN_SPEED: "pan",
    ControlId.TILT_SPEED: "tilt",
    ControlId.ZOOM_CONTINUOUS: "zoom",
}
_RESET_BY = {ControlId.PAN_RESET: "pan", ControlId.TILT_RESET: "tilt"}


class SimUvc:
    """One USB camera with the given controls; `stalled`: it refuses everything.

    `unreadable`: controls that it refuses to be asked for. `heard`: what it was lately told, and
    when.
    """

    def __init__(self, controls: Iterable[UvcControl] = EVERYTHING) -> None:
        self.controls = {int(control.id): control for control in controls}
        self.heard: deque[tuple[float, Request]] = deque(maxlen=HEARD)
        self.stalled = False
        self.unreadable: frozenset[int] = frozenset()
        self._values = {each.id: each.default for each in self.controls.values()}
        self._motors = {name: self._motor(name) for name in ("pan", "tilt", "zoom", "focus")}
        self._answers: deque[bytes] = deque()
        self._now = 0.0

    def _motor(self, name: str) -> Motor:
        place = next((id_ for id_, motor in _MOTOR_OF.items() if motor == name), None)
        control = self.controls.get(place) if place is not None else None
        if control is not None:
            return Motor(control.minimum, control.maximum, control.default)
        return Motor(-170 * ARC_SECONDS, 170 * ARC_SECONDS)  # it moves, and does not say where

    @property
    def pan_deg(self) -> float:
        return self._motors["pan"].at(self._now) / ARC_SECONDS

    @property
    def tilt_deg(self) -> float:
        return self._motors["tilt"].at(self._now) / ARC_SECONDS

    @property
    def zoom_pct(self) -> float:
        zoom = self._motors["zoom"]
        return 100 * (zoom.at(self._now) - zoom.low) / zoom.span

    @property
    def moving(self) -> bool:
        return any(motor.moving(self._now) for motor in self._motors.values())

    def value(self, control: int) -> int:
        """Return what a control says."""
        motor = _MOTOR_OF.get(ControlId(control))
        return self._values[control] if motor is None else round(self._motors[motor].at(self._now))

    def refusal(self, data: bytes) -> str | None:
        """Return why a frame is not taken, or None."""
        try:
            request = decode(data)
        except ValueError as error:
            return str(error)
        if self.stalled:
            return "was refused by the camera (STALL)"
        match request:
            case GetControl(control) if control in self.unreadable:
                return f"control {control:#010x} cannot be read: input/output error"
            case GetControl(control):
                return self._bar(control, _WRITE_ONLY)
            case SetControl(control):
                return self._bar(control, _READ_ONLY)
            case SetControlPair(SetControl(one), SetControl(other)):
                return self._bar(one, _READ_ONLY) or self._bar(other, _READ_ONLY)
        return None

    def _bar(self, id_: int, flags: int) -> str | None:
        control = self.controls.get(id_)
        if control is None:
            return f"control {id_:#010x} is not there"
        automatic = id_ == ControlId.FOCUS_ABSOLUTE and self._values.get(ControlId.FOCUS_AUTO)
        barred = control.flags & flags or (automatic and flags & ControlFlag.READ_ONLY)
        return f"control {id_:#010x} cannot be written, or cannot be read" if barred else None

    def lose_power(self) -> None:
        """Stand still where it is, and forget every speed."""
        for motor in self._motors.values():
            motor.halt(self._now)
        self._values.update(dict.fromkeys((id_ for id_ in _DRIVEN_BY if id_ in self._values), 0))
        self._answers.clear()

    # The Machine.

    def receive(self, chunk: Chunk) -> None:
        self._now = max(self._now, chunk.at)
        if self.refusal(chunk.data) is not None:
            return
        request = decode(chunk.data)
        if isinstance(request, Request):
            self.heard.append((chunk.at, request))
        match request:
            case ListControls():
                self._answers.extend(encode(each) for each in self.controls.values())
                self._answers.append(encode(EndOfControls(len(self.controls))))
            case GetControl(control):
                self._answers.append(encode(ControlValue(control, self.value(control))))
            case SetControl(control, value):
                self._take(control, value)
                self._write_as_it_is(COUPLED.get(control))
            case SetControlPair(one, other):
                self._take(one.id, one.value)
                self._take(other.id, other.value)

    def _take(self, control: int, value: int) -> None:
        known = self.controls[control]
        value = min(max(value, known.minimum), known.maximum)
        self._obey(ControlId(control), known, value)
        self._answers.append(encode(ControlValue(control, value)))

    def _write_as_it_is(self, control: int | None) -> None:
        if control in self.controls:
            self._obey(ControlId(control), self.controls[control], self.value(control))

    def tick(self, now: float) -> None:
        self._now = max(self._now, now)

    def due(self) -> float | None:
        return None

    def outbox(self, now: float) -> bytes | None:
        return self._answers.popleft() if self._answers else None

    def sent(self, now: float) -> None:
        pass

    def failed(self, now: float, why: str) -> None:
        pass

    def _obey(self, control: ControlId, known: UvcControl, value: int) -> None:
        self._values[control] = value
        if control in _MOTOR_OF:
            name = _MOTOR_OF[control]
            self._motors[name].go(value, self._top(name), self._now)
        elif control in _DRIVEN_BY:
            name = _DRIVEN_BY[control]
            self._motors[name].run(value / known.maximum * self._top(name), self._now)
        elif control in _RESET_BY:
            name = _RESET_BY[control]
            self._motors[name].go(0, self._top(name), self._now)

    def _top(self, name: str) -> float:
        if name in ("pan", "tilt"):
            return GO_DEG_S * ARC_SECONDS
        return self._motors[name].span / FULL_S
