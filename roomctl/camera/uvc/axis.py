"""One axis of a USB camera: driven by a speed where it has one, else in steps of its place.

A speed goes on until it is told 0. A place ends by itself: a step is at most what the axis covers
in a tenth of a second, so that nothing runs far when nobody asks any more. Either way a stop also
tells the axis to be where it stands, if it was sent to a place. Knows no port and no clock.
"""

from __future__ import annotations

from enum import Enum

from roomctl.camera.protocol import DEAD_ZONE
from roomctl.camera.uvc.message import GetControl, Request, SetControl, UvcControl

STEP_S = 0.1
LONGEST_PAUSE_S = 1.0
RETRY_S = 0.05


class _Halt(Enum):
    """How far a stop of something sent to a place has come: asked where it is, told to stay."""

    NO = "no"
    ASK = "ask"
    HEAR = "hear"
    STAY = "stay"


class UvcAxis:
    """Pan, tilt, zoom or focus; `top` is how far it goes per second at full speed, in its units.

    `speed` None: it is driven in steps. `place` None: where it is cannot be told or asked.
    """

    def __init__(self, speed: UvcControl | None, place: UvcControl | None, top: float) -> None:
        self.place = place if place and place.writable and place.readable else None
        self.speed = self._driven_by(speed)
        self.at: int | None = None
        self._top = top
        self._wanted = 0.0
        self._told: int | None = None  # the speed
        self._target: int | None = None  # the place it was sent to, until it is stopped there
        self._halt = _Halt.ASK if self.place and not self.speed else _Halt.NO
        self._step_at = self._retry_at = self._seen_at = 0.0

    def _driven_by(self, speed: UvcControl | None) -> UvcControl | None:
        if speed is None or not (speed.both_ways or speed.lopsided):
            return None
        return speed if speed.both_ways or self.place is None else None

    @property
    def ids(self) -> tuple[int, ...]:
        """Return its controls."""
        return tuple(control.id for control in (self.speed, self.place) if control)

    def doing(self, control: int) -> SetControl | None:
        """Return what it was told by a control and still does; None if nothing."""
        if self.speed is not None and control == self.speed.id:
            return None if self._told is None else SetControl(control, self._told)
        return None if self._target is None else SetControl(control, self._target)

    @property
    def moves(self) -> bool:
        """Whether it can be driven at all."""
        return self.speed is not None or self.place is not None

    @property
    def active(self) -> bool:
        """Whether it is driven, or not yet known to stand."""
        return bool(self._wanted or self.stopping)

    @property
    def stopping(self) -> bool:
        """Whether a stop is under way that the camera has not taken."""
        running = self.speed is not None and not self._wanted and self._told != 0
        return running or self._halt is not _Halt.NO

    def drive(self, value: float) -> None:
        """Move from now on, -1 to 1; 0 stops."""
        value = min(max(value, -1.0), 1.0)
        if abs(value) < DEAD_ZONE:
            self.stop()
        elif self.moves:
            if not self._wanted:
                self._target = None  # the first step is from where it is
            self._wanted, self._halt = value, _Halt.NO

    def stop(self) -> None:
        """Stand still: before anything else that is to be said."""
        self._wanted = 0.0
        if self._target is not None and self._halt is _Halt.NO:
            self._halt = _Halt.ASK

    def halt(self) -> None:
        """Stand still, whatever it is believed to do."""
        self._told = None
        self.stop()

    def sent_to(self, target: int) -> None:
        """Note that it is on its way to a place."""
        self._wanted, self._halt, self._target = 0.0, _Halt.NO, target

    def overtaken(self, target: int) -> None:
        """Note that it was sent to a place just when somebody drove it or stopped it."""
        if not self._wanted:
            self._target, self._halt = target, _Halt.ASK

    def let_go(self) -> None:
        """Note that the camera moves it by itself now: there is nothing to be stopped."""
        self._wanted, self._halt, self._target = 0.0, _Halt.NO, None

    def arrived(self) -> None:
        """Note that it stands where it was sent to."""
        if self._halt is _Halt.NO and not self._wanted:
            self._target = None

    def urgent(self, now: float) -> Request | None:
        """Return what a stop has to say, if anything."""
        self._seen_at = now
        if now < self._retry_at or self._wanted:
            return None
        if self.speed is not None and self._told != 0:
            return SetControl(self.speed.id, 0)
        if self.place is not None and self._halt is _Halt.ASK:
            return GetControl(self.place.id)
        if self.place is not None and self._halt is _Halt.STAY and self.at is not None:
            return SetControl(self.place.id, self.place.nearest(self.at))
        return None

    def wish(self, now: float) -> Request | None:
        """Return what a drive has to say now, if anything."""
        if now < max(self._step_at, self._retry_at) or not self._wanted:
            return None
        if self.speed is not None:
            speed = self._speed(self.speed)
            return None if speed == self._told else SetControl(self.speed.id, speed)
        return self._step(self.place) if self.place is not None else None

    def _speed(self, control: UvcControl) -> int:
        """Return the speed of a drive; never 0, and the same to both sides."""
        size = max(1, round(abs(self._wanted) * control.maximum))
        return size if self._wanted > 0 else -size

    def _step(self, place: UvcControl) -> Request | None:
        base = self._target if self._target is not None else self.at
        if base is None:
            return GetControl(place.id)
        size = max(abs(self._wanted) * self._top * STEP_S, place.step)
        target = place.nearest(base + (size if self._wanted > 0 else -size))
        return None if target == base else SetControl(place.id, target)

    def _pause(self) -> float:
        """Return when the next step is due: coarse steps come rarely, to keep the speed."""
        coarse = self.place.step / (abs(self._wanted) * self._top) if self.place else 0.0
        return min(max(coarse, STEP_S), LONGEST_PAUSE_S)

    def said(self, message: Request, now: float) -> None:
        """Note that the camera has taken a message of this axis."""
        match message:
            case SetControl(control, value) if self.speed is not None and control == self.speed.id:
                self._told = value
            case SetControl(_, value) if self._halt is _Halt.STAY:
                self._halt, self._target = _Halt.NO, None
            case SetControl(_, value) if not self._wanted:
                self.overtaken(value)
            case SetControl(_, value):
                self._target, self._step_at = value, now + self._pause()
            case GetControl() if self._halt is _Halt.ASK:
                self._halt = _Halt.HEAR
            case GetControl():
                self._step_at = max(self._step_at, now + RETRY_S)  # until its answer is here

    def refused(self, now: float) -> None:
        """Note that the camera has not taken it; it will be said again, a little later."""
        self._retry_at = now + RETRY_S
        if self._halt is _Halt.ASK and self.at is not None:
            self._halt = _Halt.STAY  # it does not say where it is: stay where it was

    def heard(self, value: int) -> None:
        """Take where it is, as the camera says."""
        self.at = value
        if self._halt is _Halt.HEAR:
            self._halt = _Halt.STAY

    def due(self) -> float | None:
        """Return when it will have something to say, by time alone."""
        waits = [self._retry_at] if self.active else []
        if self._wanted and self.speed is None:
            waits.append(self._step_at)
        return max((at for at in waits if at > self._seen_at), default=None)
