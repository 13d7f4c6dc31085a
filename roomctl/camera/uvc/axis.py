"""One axis of a USB camera: driven by a speed where it has one, else in steps of its place.

A speed goes on until it is told 0. A place ends by itself: a step is at most what the axis covers
in a tenth of a second, so that nothing runs far when nobody asks any more. Either way a stop also
tells the axis to be where it stands, if it was sent to a place. Knows no port and no clock.
"""

from __future__ import annotations

from enum import Enum

from roomctl.camera.protocol import DEAD_ZONE
from roomctl.camera.uvc.message import GetControl, SetControl, UvcControl
from roomctl.motion import AxisMotion

STEP_S = 0.1
LONGEST_PAUSE_S = 1.0
RETRY_S = 0.05


class _Halt(Enum):
    """How far a stop of something sent to a place has come: asked where it is, told to stay."""

    ASK = "ask"
    HEAR = "hear"
    STAY = "stay"


class UvcAxis:
    """Pan, tilt, zoom or focus; `top` is how far it goes per second at full speed, in its units.

    `motion` says what it is to do: its drives are speeds, or pushes where it is driven in steps.
    `speed` None: it is driven in steps. `place` None: where it is cannot be told or asked.
    """

    def __init__(
        self,
        motion: AxisMotion[str, float],
        speed: UvcControl | None,
        place: UvcControl | None,
        top: float,
    ) -> None:
        self.place = place if place and place.writable and place.readable else None
        self.speed = self._driven_by(speed)
        self.at: int | None = None
        self.motion = motion
        motion.there = self.moves
        self._top = top
        self._told: int | None = None  # the speed
        self._target: int | None = None  # the place it was sent to, until it is stopped there
        self._halt = _Halt.ASK

    def _driven_by(self, speed: UvcControl | None) -> UvcControl | None:
        if speed is None or not (speed.both_ways or speed.lopsided):
            return None
        return speed if speed.both_ways or self.place is None else None

    @property
    def ids(self) -> tuple[int, ...]:
        """Return its controls."""
        return tuple(control.id for control in (self.speed, self.place) if control)

    @property
    def moves(self) -> bool:
        """Whether it can be driven at all."""
        return self.speed is not None or self.place is not None

    @property
    def target(self) -> int | None:
        """The place that it is on its way to, or driven to by steps."""
        return self._target if self.motion.running or self.motion.sent_by else None

    def doing(self, control: int) -> SetControl | None:
        """Return what it was told by a control and still does; None if nothing."""
        of_speed = self.speed is not None and control == self.speed.id
        value = self._told if of_speed else self.target
        return None if value is None else SetControl(control, value)

    def driven(self, push: float) -> float | None:
        """Return the drive for a push of -1 to 1; never speed 0, and the same to both sides."""
        push = min(max(push, -1.0), 1.0)
        if abs(push) < DEAD_ZONE or not self.moves:
            return None
        if self.speed is None:
            return push
        size = max(1, round(abs(push) * self.speed.maximum))
        return size if push > 0 else -size

    def sent_to(self, target: int) -> None:
        """Note that it is on its way to a place."""
        self._target = target

    def let_go(self, now: float) -> None:
        """Note that the camera moves it by itself now: there is nothing to be stopped."""
        self.motion.halt(now)
        self.motion.stopped(now)

    def urgent(self, now: float) -> GetControl | SetControl | None:
        """Return what a stop has to say, if anything."""
        if not self.motion.stop_due(now):
            return None
        if not self.motion.stops_written:
            self._halt = _Halt.ASK
            if self.speed is not None:
                return SetControl(self.speed.id, 0)
        if self.place is None:
            return None
        if self._halt is _Halt.STAY and self.at is not None:
            return SetControl(self.place.id, self.place.nearest(self.at))
        return GetControl(self.place.id)

    def wish(self, now: float) -> GetControl | SetControl | None:
        """Return what a drive has to say now, if anything."""
        drive = self.motion.requested
        if drive is None or not self.motion.waits(now):
            return None
        if self.speed is not None:
            return SetControl(self.speed.id, int(drive))
        return self._step(drive, self.place) if self.place is not None else None

    def _step(self, push: float, place: UvcControl) -> GetControl | SetControl | None:
        """Return the next step; the first is from where it is."""
        base = self._target if self.motion.written is not None else self.at
        if base is None:
            return GetControl(place.id)
        size = max(abs(push) * self._top * STEP_S, place.step)
        target = place.nearest(base + (size if push > 0 else -size))
        return None if target == base else SetControl(place.id, target)

    def _pause(self, push: float) -> float:
        """Return when the next step is due: coarse steps come rarely, to keep the speed."""
        coarse = self.place.step / (abs(push) * self._top) if self.place else 0.0
        return min(max(coarse, STEP_S), LONGEST_PAUSE_S)

    def said(self, message: GetControl | SetControl, now: float) -> None:
        """Note that the camera has taken a message of this axis."""
        motion = self.motion
        if isinstance(message, GetControl):
            self._asked(now)
        elif self.speed is not None and message.id == self.speed.id:
            self._told = message.value
            if message.value:
                self._drive_taken(float(message.value))
            elif self.place is None or self.target is None:
                motion.stopped(now)
            else:
                motion.stop_written(now)
                motion.stop_again(now)
        elif motion.stop_owed and motion.stops_written and self._halt is _Halt.STAY:
            motion.stopped(now)
        else:
            self._target = message.value
            self._drive_taken(motion.requested or 0.0)
            if motion.requested:
                motion.not_before = motion.again_at = now + self._pause(motion.requested)

    def _drive_taken(self, drive: float) -> None:
        self.motion.drive_written(drive)
        self.motion.drive_taken()

    def _asked(self, now: float) -> None:
        if self.motion.stop_owed:
            self._halt = _Halt.HEAR
            self.motion.stop_written(now)
        else:
            self.motion.not_before = now + RETRY_S  # until its answer is here

    def refused(self, now: float) -> None:
        """Note that the camera has not taken it; it will be said again, a little later."""
        motion = self.motion
        motion.not_before = now + RETRY_S
        asked = self.speed is None or motion.stops_written
        if motion.stop_owed and asked and self._halt is _Halt.ASK and self.at is not None:
            self._halt = _Halt.STAY  # it does not say where it is: stay where it was
            motion.stop_written(now)
        motion.stop_again(now + RETRY_S)

    def heard(self, value: int, now: float) -> None:
        """Take where it is, as the camera says."""
        self.at = value
        if self._halt is _Halt.HEAR:
            self._halt = _Halt.STAY
            self.motion.stop_again(now)
