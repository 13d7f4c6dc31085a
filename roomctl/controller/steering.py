"""What sticks and buttons mean: how a camera is pushed while a stick is held, and presses.

Frames are those of `ports.evdev`. A stick that is held tells nothing new, so its push is told again
ten times a second: the camera's lease of 0.3 s is renewed by these beats alone, and ends with them.
An axis counts once it has been seen at rest: one that is stuck when it is plugged in, and a trigger
that rests at its end, move nothing. Knows no port, no clock and no camera.

| stick | moves |
|---|---|
| left stick, or the joystick | pan and tilt |
| right stick up and down; on a joystick without one, its twist (clockwise) | zoom in |
| the cross | pan and tilt, slowly |

| button | asks for |
|---|---|
| four of the right hand (A B X Y); trigger and the next three | presets 1 to 4 |
| Start; a joystick's fifth | home |
| left and right shoulder; a joystick's seventh and sixth | the camera before, the next one |

The axes are those of Documentation/input/gamepad.rst; older pads have their right stick on Z
and RZ.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from roomctl.frozen import frozen
from roomctl.wire import Chunk, IdleMachine

BEAT_S = 0.1
SILENT_S = 10.0  # a wireless pad that is out of reach says nothing; a hand that rests trembles
CROSS = 0.3  # of the top speed
FULL = 32767
_FRAME = struct.Struct("<HHi")
_LOST, _KEY, _AXIS = 0, 1, 3
_X, _Y, _Z, _RX, _RY, _RZ, _HAT_X, _HAT_Y = 0, 1, 2, 3, 4, 5, 0x10, 0x11

HOME = 0  # where a preset's number stands
BUTTONS = {
    **{0x130: 1, 0x131: 2, 0x133: 3, 0x134: 4, 0x13B: HOME},  # a gamepad: south, east, north, west
    **{0x120: 1, 0x121: 2, 0x122: 3, 0x123: 4, 0x124: HOME},  # a joystick: trigger, thumb, …
}
"""Presets by the codes of include/uapi/linux/input-event-codes.h; Start is home."""
TURNS = {0x136: -1, 0x137: 1, 0x126: -1, 0x125: 1}
"""Steps in the list of cameras, likewise."""


@frozen
class StickPushed:
    """A stick is held: the `seq`th beat of this `hold`. Pan, tilt and zoom, each from -1 to 1."""

    controller: str
    hold: str
    seq: int
    push: tuple[float, float, float]


@frozen
class StickReleased:
    """A hold is over: the stick was let go, or the controller is gone."""

    controller: str
    hold: str


@frozen
class PresetPressed:
    """Somebody pressed the button of a preset, or of HOME."""

    controller: str
    preset: int


@frozen
class CameraTurned:
    """Somebody asked for another camera, `step` further; None as `hold`: no stick was held."""

    controller: str
    step: int
    hold: str | None


class Steering(IdleMachine):
    """The sticks of one controller, from the open of its port on.

    `tell` gets the events, `hold` makes the id of a new hold, `heard` is called with every chunk.
    """

    def __init__(
        self,
        name: str,
        tell: Callable[[object], None],
        hold: Callable[[], str],
        heard: Callable[[], None] = lambda: None,
        *,
        dead_zone: float = 0.15,
        invert_tilt: bool = False,
        invert_zoom: bool = False,
    ) -> None:
        self._name, self._tell, self._new_hold, self._heard = name, tell, hold, heard
        self._dead_zone = dead_zone
        self._signs = (1, 1 if invert_tilt else -1, -1 if invert_zoom else 1)
        self._axes: dict[int, float] = {}
        self._rested: set[int] = set()
        self._hold: str | None = None
        self._seq = 0
        self._pushed = (0.0, 0.0, 0.0)
        self._beat_at: float | None = None
        self._silent_at = float("inf")

    def receive(self, chunk: Chunk) -> None:
        self._heard()
        self._silent_at = chunk.at + SILENT_S
        pressed: list[int] = []
        for kind, code, value in _FRAME.iter_unpack(chunk.data[: len(chunk.data) // 8 * 8]):
            if kind == _LOST:
                self._rested.clear()
                self.release()
            elif kind == _AXIS:
                self._move(code, value / FULL)
            elif kind == _KEY and value:
                pressed.append(code)
        self._push(chunk.at, again=False)
        for code in pressed:
            self._press(code)

    def tick(self, now: float) -> None:
        if now >= self._silent_at:
            self._silent_at = float("inf")
            self._rested = {axis for axis in self._rested if self._rests(self._axes[axis])}
            self.release()
        if self._beat_at is not None and now >= self._beat_at:
            self._push(now, again=True)

    def due(self) -> float | None:
        return None if self._beat_at is None else min(self._beat_at, self._silent_at)

    def release(self) -> None:
        """End the hold that there is: the port is gone."""
        hold, self._hold, self._beat_at = self._hold, None, None
        if hold is not None:
            self._tell(StickReleased(self._name, hold))

    def _press(self, code: int) -> None:
        if code in BUTTONS:
            self._tell(PresetPressed(self._name, BUTTONS[code]))
        elif code in TURNS:
            self._tell(CameraTurned(self._name, TURNS[code], self._hold))

    def _move(self, code: int, value: float) -> None:
        self._axes[code] = value
        if self._rests(value):
            self._rested.add(code)

    def _rests(self, value: float) -> bool:
        return abs(value) <= self._dead_zone

    def _push(self, now: float, *, again: bool) -> None:
        """Tell how the camera is pushed: with every beat, and when an axis begins or ends."""
        before = self._pushed
        pan, tilt, zoom = (
            sign * part for sign, part in zip(self._signs, self._parts(), strict=True)
        )
        self._pushed = (pan, tilt, zoom)
        if not any(self._pushed):
            self.release()
            return
        if self._hold is None:
            self._hold, self._seq = self._new_hold(), 0
        elif not again and [bool(part) for part in before] == [bool(part) for part in self._pushed]:
            return
        self._seq += 1
        self._beat_at = now + BEAT_S
        self._tell(StickPushed(self._name, self._hold, self._seq, self._pushed))

    def _parts(self) -> Iterator[float]:
        yield self._part(_X) or CROSS * self._part(_HAT_X)
        yield self._part(_Y) or CROSS * self._part(_HAT_Y)
        if _RY in self._axes:
            yield -self._part(_RY)
        elif _Z in self._axes and _RZ in self._axes:
            yield -self._part(_RZ)
        else:
            yield self._part(_RZ) or self._part(_Z)

    def _part(self, code: int) -> float:
        """Return -1 to 1 of what is beyond the dead zone; 0 unless the axis was seen at rest."""
        value = self._axes.get(code, 0.0)
        beyond = (abs(value) - self._dead_zone) / (1 - self._dead_zone)
        if code not in self._rested or beyond <= 0:
            return 0.0
        return round(min(beyond, 1.0) * (1 if value > 0 else -1), 3)
