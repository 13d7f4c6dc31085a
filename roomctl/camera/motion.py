"""How a simulated camera moves: to its end stops or to a target. Knows no bytes and no clock."""

from __future__ import annotations

from dataclasses import dataclass, field

ZOOM_FULL_S = 2.0  # wide to tele at the highest speed


class Motor:
    """One axis of a simulated camera; positions in any unit, time as an argument."""

    def __init__(self, low: float, high: float, position: float = 0.0) -> None:
        self.low, self.high = low, high
        self._from, self._to = position, position
        self._since, self._speed = 0.0, 0.0

    def run(self, speed: float, now: float) -> None:
        """Move at `speed` per second (signed) until the end stop."""
        self.go(self.high if speed > 0 else self.low, abs(speed), now)

    def go(self, target: float, speed: float, now: float) -> float:
        """Move to `target` (clamped to the end stops); return when it is there."""
        self._from, self._since = self.at(now), now
        self._to, self._speed = min(max(target, self.low), self.high), speed
        return self.arrives_at()

    def halt(self, now: float) -> None:
        self._from = self._to = self.at(now)

    def at(self, now: float) -> float:
        """Return where the axis is."""
        way = self._to - self._from
        gone = self._speed * max(0.0, now - self._since)
        return self._to if gone >= abs(way) else self._from + (gone if way > 0 else -gone)

    def arrives_at(self) -> float:
        way = abs(self._to - self._from)
        return self._since + way / self._speed if way else self._since

    def moving(self, now: float) -> bool:
        return self._to != self._from and now < self.arrives_at()


@dataclass(slots=True)
class Body:
    """What a camera is, however many control ports it has.

    Pan and tilt in degrees right and up, zoom in its own units; `presets` are places.
    """

    pan: Motor
    tilt: Motor
    zoom: Motor
    power: bool = True
    presets: dict[int, tuple[float, float, float]] = field(default_factory=dict)

    def at_speed(self, pan_deg_s: float, tilt_deg_s: float, now: float) -> None:
        """Pan and tilt until told otherwise; 0: that axis stands still."""
        for motor, speed in ((self.pan, pan_deg_s), (self.tilt, tilt_deg_s)):
            if speed:
                motor.run(speed, now)
            else:
                motor.halt(now)

    def zoom_at_speed(self, part_per_s: float, now: float) -> None:
        """Zoom by that part of the whole range per second until told otherwise."""
        if part_per_s:
            self.zoom.run(part_per_s * self._span, now)
        else:
            self.zoom.halt(now)

    def go(self, pan: float, tilt: float, zoom: float | None, deg_s: float, now: float) -> float:
        """Go to a place; return when all is there."""
        there = [self.pan.go(pan, deg_s, now), self.tilt.go(tilt, deg_s, now)]
        if zoom is not None:
            there.append(self.go_zoom(zoom, now))
        return max(there)

    def go_zoom(self, position: float, now: float) -> float:
        return self.zoom.go(position, self._span / ZOOM_FULL_S, now)

    def halt(self, now: float, *, zoom: bool = True) -> None:
        for motor in (self.pan, self.tilt, *((self.zoom,) if zoom else ())):
            motor.halt(now)

    def moving(self, now: float) -> bool:
        return any(motor.moving(now) for motor in (self.pan, self.tilt, self.zoom))

    def place(self, now: float) -> tuple[float, float, float]:
        return self.pan.at(now), self.tilt.at(now), self.zoom.at(now)

    def zoom_pct(self, now: float) -> float:
        return 100 * (self.zoom.at(now) - self.zoom.low) / self._span if self._span else 0.0

    @property
    def _span(self) -> float:
        return self.zoom.high - self.zoom.low
