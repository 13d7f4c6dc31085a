"""A simulated occupancy sensor: the other end of a port that carries b"0" and b"1".

Knows no wire and no clock. It behaves as its profile says: its output stays for `output_hold_s`
after the last motion (after the first one, if it does not retrigger), and for `block_s` after it
fell it sees nothing. The level is told at every edge and again every second. A radar on a serial
line reports ten times a second what moves, and what sits still; a CO2 meter answers; what others
report comes as it is published.
"""

from __future__ import annotations

import json
import math

from roomctl.occupancy.co2 import ANSWERS
from roomctl.occupancy.hilink import Target, Track, encode, encode_tracks
from roomctl.occupancy.profile import OccupancyProfile
from roomctl.wire import Chunk, IdleMachine


class SimSensor(IdleMachine):
    """A sensor and what happens before it: `set(True, now)` is somebody moving about."""

    tell_every_s = 1.0

    def __init__(self, profile: OccupancyProfile) -> None:
        self.profile = profile
        self.sitting = False  # somebody is there who does not move; only a radar sees that
        self.silent = False  # a fault: nothing comes any more, although the port is open
        self._moving = False
        self._output = False
        self._falls_at = math.inf
        self._sees_from = -math.inf
        self._tell_at = -math.inf
        self._says: list[bytes] = []

    @property
    def output(self) -> bool:
        """Whether the sensor reports somebody, whatever its polarity."""
        return self._output

    def set(self, level: bool, now: float) -> None:
        """Let somebody move (True) or sit still or be gone (False) from `now` on."""
        self.tick(now)
        if level != self._moving:
            self._moving = level
            if self._output and self.profile.retrigger:
                self._falls_at = math.inf if level else now + self.profile.output_hold_s
            self.tick(now)

    def tick(self, now: float) -> None:
        while True:
            if self._output and now >= self._falls_at:
                self._fall(self._falls_at)
            elif not self._output and self._moving and now >= self._sees_from:
                self._rise(now)
            else:
                break
        if now >= self._tell_at:
            self._say(now)

    def due(self) -> float | None:
        wanted = [self._tell_at]
        if self._output:
            wanted.append(self._falls_at)
        elif self._moving:
            wanted.append(self._sees_from)
        soonest = min(wanted)
        return None if soonest == math.inf else soonest

    def outbox(self, now: float) -> bytes | None:
        if not self._says:
            return None
        return self._says.pop(0)

    def _rise(self, at: float) -> None:
        self._output = True
        held = self._moving and self.profile.retrigger
        self._falls_at = math.inf if held else at + max(self.profile.output_hold_s, 0.1)
        self._say(at)

    def _fall(self, at: float) -> None:
        self._output = False
        self._falls_at = math.inf
        self._sees_from = at + max(self.profile.block_s, 0.1)
        self._say(at)

    def _say(self, at: float) -> None:
        self._tell_at = at + self.tell_every_s
        if not self.silent:
            self._says = [*self._says[-8:], self._said()]

    def _said(self) -> bytes:
        return b"1" if self._output == (self.profile.polarity == "high") else b"0"


class SimRadar(SimSensor):
    """A radar on a serial line, two and a half metres from people; `phantom` is nobody.

    An LD2410, an LD2412 or an LD2450, as its profile says.
    """

    tell_every_s = 0.1

    def __init__(self, profile: OccupancyProfile) -> None:
        super().__init__(profile)
        self.phantom = False

    def _said(self) -> bytes:
        moving, still = self._moving, self.sitting or (self._output and not self._moving)
        if self.profile.speaks == "ld2450":
            return encode_tracks((Track(-782, 1713, -16, 320),) if moving or still else ())
        told = self.profile.speaks == "ld2410"
        if not (moving or still) and self.phantom:
            return encode(Target(False, True, still_pct=37, detection_cm=0 if told else None))
        near_cm = 250
        return encode(
            Target(
                moving,
                still,
                near_cm * moving,
                64 * moving,
                near_cm * still,
                80 * still,
                near_cm * (moving or still) if told else None,
            )
        )


class SimCo2(SimSensor):
    """A CO2 meter on a serial line, which answers; people breathe, and air comes in."""

    tell_every_s = 60.0  # it says nothing by itself: then the air is worked out anew
    fresh_ppm, rise_ppm_s, fall_ppm_s, most_ppm = 450, 0.5, 0.4, 2000

    def __init__(self, profile: OccupancyProfile) -> None:
        super().__init__(profile)
        self.ppm = float(self.fresh_ppm)
        self._ppm_at: float | None = None

    def receive(self, chunk: Chunk) -> None:
        self._breathe(chunk.at)
        answer = ANSWERS[self.profile.speaks](chunk.data, round(self.ppm))
        if answer is not None and not self.silent:
            self._says = [*self._says[-8:], answer]

    def tick(self, now: float) -> None:
        self._breathe(now)
        super().tick(now)

    def _breathe(self, now: float) -> None:
        """Let the air change since the last time."""
        passed_s = now - (now if self._ppm_at is None else self._ppm_at)
        self._ppm_at = now
        if self._moving or self.sitting:
            self.ppm = min(self.ppm + passed_s * self.rise_ppm_s, self.most_ppm)
        else:
            self.ppm = max(self.ppm - passed_s * self.fall_ppm_s, self.fresh_ppm)

    def _say(self, at: float) -> None:
        self._tell_at = at + self.tell_every_s


class SimReported(SimSensor):
    """A sensor that others report: what it sees at every change, and once a minute."""

    tell_every_s = 60.0

    def __init__(self, profile: OccupancyProfile) -> None:
        super().__init__(profile)
        self.people = 0

    def count(self, people: int, now: float) -> None:
        """Let so many people be there from `now` on."""
        self.people = people
        self.set(people > 0, now)
        self._say(now)

    def set(self, level: bool, now: float) -> None:
        """Let somebody come (True), or everybody go."""
        self.people = max(1, self.people) if level else 0
        super().set(level, now)

    def _said(self) -> bytes:
        kind = self.profile.kind
        if kind == "counter":
            told: dict[str, object] = {"people": self.people}
        elif kind == "co2":
            told = {"co2": 1200 if self._output else 450}
        elif kind == "door":
            told = {"contact": not self._output}
        else:
            told = {"occupancy": self._output or self.sitting}
        return b"=" + json.dumps(told).encode()


def sim_sensor(profile: OccupancyProfile) -> SimSensor:
    """Return the simulated sensor of a profile."""
    match profile.speaks:
        case "ld2410" | "ld2412" | "ld2450":
            return SimRadar(profile)
        case "mhz19" | "scd30":
            return SimCo2(profile)
        case "report":
            return SimReported(profile)
    return SimSensor(profile)
