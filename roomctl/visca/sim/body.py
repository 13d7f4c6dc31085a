"""What a simulated camera is, however many control ports it has: axes, values, presets, lamps.

Knows no bytes and no clock. Pan and tilt are in degrees right and up, zoom and focus in the
camera's own units. Assumed, where lists are silent: slow mode is a quarter of the speed; a camera
that follows people rests for 5 s after it was moved by hand.
"""

from __future__ import annotations

from roomctl.visca.sim.motion import Motor
from roomctl.visca.sim.profile import SimAxis, SimProfile, SimSpeeds
from roomctl.visca.sim.settings import LOOK, STEPPED, at_first

GO_DEG_S = 60.0  # home and recall, unless a preset has a speed of its own
ZOOM_FULL_S = 2.0  # wide to tele at the highest speed
_FOLLOW_DEG, _FOLLOW_DEG_S, _HANDS_OFF_S = 10.0, 2.0, 5.0
_LAMP = 1.5  # times the interval at which a lamp is to be told again; a BRC-AM7's: 15 s


class Body:
    """One camera; `errand` is what its pan-tilt head is about, in the words of the mode table."""

    def __init__(self, profile: SimProfile, address: int = 1) -> None:
        zoom, focus = profile.zoom, profile.focus
        self.profile, self.address = profile, address
        self.pan, self.tilt = _axis(profile.pan, -170, 170), _axis(profile.tilt, -30, 90)
        self.zoom = Motor(zoom.wide, zoom.tele) if zoom else Motor(0, 0)
        ends = sorted((focus.far, focus.near)) if focus else (0, 0)
        self.focus = Motor(ends[0], ends[1], sum(ends) / 2)
        self.subject = sum(ends) / 2  # where the focus must be for a sharp picture
        self.rom = 0x0104  # firmware, as the version answer has it
        self.power = True
        self.boot_s = 1.0
        self.booted_at: float | None = None
        self.boots = 0
        self.on_since = 0.0
        self.ready_at = 0.0  # until then it turns itself on, and does nothing else
        self.absorbed_until = 0.0  # a white balance trigger: nothing else is executable
        self.stopped_at: float | None = None
        self.go_deg_s = GO_DEG_S
        self.values = at_first()
        self.presets: dict[int, tuple[float, float, float]] = {}
        self.preset_speeds: dict[int, int] = {}
        self.menu_keys: list[str] = []  # pressed while its menu was open
        self.tracking = False
        self.lamps: dict[str, float] = {}
        self._looks: dict[int, dict[str, int]] = {}
        self._boot_wanted = False
        self._errand, self._errand_until = "", 0.0
        self._touched_at = -_HANDS_OFF_S
        self._to_place_until = self._focus_goes_until = 0.0

    # Power.

    def power_cycle(self) -> None:
        """Lose power and get it back, at the next `tick`."""
        self._boot_wanted = True

    @property
    def booting(self) -> bool:
        return self._boot_wanted or self.booted_at is not None

    def switch(self, on: bool, now: float) -> float:
        """Go on or to standby; return when it is ready."""
        if on and not self.power:
            self.ready_at = now + self.boot_s
        elif not on:
            self.halt(now)
        self.power = on
        return max(self.ready_at, now + 0.1)

    def tick(self, now: float) -> None:
        """Let time pass."""
        if self._boot_wanted:
            self._boot_wanted = False
            self.halt(now)
            self.power, self.tracking, self.lamps = True, False, {}
            self.values["menu"] = 3
            self.boots += 1
            self.booted_at = self.on_since = now + self.boot_s
        if self.booted_at is not None and now >= self.booted_at:
            self.booted_at = None
        if self._may_follow(now) and not self.pan.moving(now):
            there = -_FOLLOW_DEG if self.pan.at(now) >= _FOLLOW_DEG else _FOLLOW_DEG
            self.pan.go(there, _FOLLOW_DEG_S, now)

    def due(self, now: float) -> float | None:
        """Return when it next does something by itself."""
        if self._boot_wanted:
            return now
        if self.booted_at is not None:
            return self.booted_at
        if self.tracking and self.power:
            rested = self._touched_at + _HANDS_OFF_S
            return max(rested, self.pan.arrives_at(), now + 1e-3)
        return None

    def _may_follow(self, now: float) -> bool:
        free = self.power and not self.booting and now >= self._touched_at + _HANDS_OFF_S
        return self.tracking and free and not self.doing(now)

    # Movement.

    def begin(self, errand: str, until: float, now: float) -> None:
        """Note what the head is about, and until when."""
        self._errand, self._errand_until, self._touched_at = errand, until, now

    def doing(self, now: float) -> str:
        """Return drive, absolute, relative, home, reset or recall; "" if the head is at rest."""
        if self._errand == "drive":
            moving = self.pan.moving(now) or self.tilt.moving(now)
            return "drive" if moving else ""
        return self._errand if now < self._errand_until else ""

    def to_place(self, until: float, now: float, *, focus: bool) -> None:
        """Note that zoom, or `focus` with or without it, is on its way to a place."""
        self._to_place_until = max(until, self._to_place_until)
        if focus:
            self._focus_goes_until = until

    def goes_to_place(self, now: float) -> bool:
        """Whether zoom or focus is on its way to a place."""
        return now < self._to_place_until

    def focus_goes(self, now: float) -> bool:
        """Whether the focus is on its way to a place."""
        return now < self._focus_goes_until

    def travelling(self, now: float) -> bool:
        """Whether it is on its way to a place."""
        return self.doing(now) not in ("", "drive")

    def speed(self, speeds: SimSpeeds, step: int) -> float:
        """Return degrees per second; unknown tables are taken to run from 1 to 100."""
        step = min(step, speeds.max)
        slow = 0.25 if self.values["slow"] == 2 else 1.0
        if speeds.deg_per_s:
            return slow * speeds.deg_per_s[step - 1]
        return slow * float(100 ** ((step - 1) / max(1, speeds.max - 1)))

    def at_speed(self, pan_deg_s: float, tilt_deg_s: float, now: float) -> None:
        """Pan and tilt until told otherwise; 0: that axis stands still."""
        self.pan.run(pan_deg_s, now)
        self.tilt.run(tilt_deg_s, now)
        self.begin("drive", now, now)

    def zoom_at_speed(self, part_per_s: float, now: float) -> None:
        """Zoom by that part of the whole range per second until told otherwise."""
        self.zoom.run(part_per_s * self.zoom.span, now)
        self._to_place_until = now

    def focus_at_speed(self, part_per_s: float, now: float) -> None:
        """Focus by that part of the whole range per second, near positive."""
        near_is_high = self.profile.focus is not None and (
            self.profile.focus.near > self.profile.focus.far
        )
        self._to_place_until = self._focus_goes_until = now
        self.focus.run((1 if near_is_high else -1) * part_per_s * self.focus.span, now)

    def go(self, pan: float, tilt: float, zoom: float | None, deg_s: float, now: float) -> float:
        """Go to a place; return when all is there."""
        there = [self.pan.go(pan, deg_s, now), self.tilt.go(tilt, deg_s, now)]
        if zoom is not None:
            there.append(self.go_zoom(zoom, now))
        return max(there)

    def go_zoom(self, position: float, now: float) -> float:
        return self.zoom.go(position, self.zoom.span / ZOOM_FULL_S, now)

    def go_focus(self, position: float, now: float) -> float:
        return self.focus.go(position, self.focus.span / ZOOM_FULL_S, now)

    def halt(self, now: float, *, zoom: bool = True) -> None:
        """Stand still."""
        for motor in (self.pan, self.tilt, *((self.zoom,) if zoom else ())):
            motor.halt(now)
        self.begin("", now, now)
        self.stopped_at = now

    def moving(self, now: float) -> bool:
        return any(motor.moving(now) for motor in (self.pan, self.tilt, self.zoom))

    def track(self, on: bool, now: float) -> None:
        """Follow people from now on, or stand still."""
        if self.tracking and not on:
            self.pan.halt(now)
        self.tracking = on
        self._touched_at = -_HANDS_OFF_S

    # Presets.

    def store(self, number: int, now: float) -> None:
        """Keep the place and the look of the picture."""
        self.presets[number] = self.pan.at(now), self.tilt.at(now), self.zoom.at(now)
        kept = (*LOOK, *(row.name for row in STEPPED))
        self._looks[number] = {name: self.values[name] for name in kept}

    def clear(self, number: int) -> None:
        """Forget a preset."""
        self.presets.pop(number, None)
        self._looks.pop(number, None)
        self.preset_speeds.pop(number, None)

    def recall(self, number: int, now: float) -> float:
        """Go to a preset, and bring its look back; return when it is there."""
        if number not in self.presets:
            return now
        self.values["last_preset"] = number
        if not self.values["positions_only"]:
            self.values.update(self._looks.get(number, {}))
        step = self._preset_step(number)
        speed = self.go_deg_s if step is None else self.speed(self.profile.pan_speed, step)
        return self.go(*self.presets[number], speed, now)

    def _preset_step(self, number: int) -> int | None:
        """Return the speed at which it goes to a preset; None: as it likes."""
        values, kind = self.values, self.profile.preset_speed
        if kind is not None and kind.form == "ptzoptics":
            return values["preset_speed_ptzoptics"] or None
        if kind is not None and kind.form == "common" and values["preset_source"] == 2:
            return values["preset_common"]
        return self.preset_speeds.get(number)

    # The menu.

    def press(self, key: str) -> None:
        """Press a key of its menu: up, down, left, right, enter, or back, which closes it."""
        if self.values["menu"] == 2:
            self.menu_keys.append(key)
        if key == "back":
            self.values["menu"] = 3

    # Lamps.

    def light(self, lamp: str, on: bool, now: float) -> None:
        """Switch a tally lamp; it goes off by itself where the model's does."""
        tally = self.profile.tally
        lasts = tally.refresh_s if tally and tally.refresh_s else None
        self.lamps.pop(lamp, None)
        if on:
            self.lamps[lamp] = now + _LAMP * lasts if lasts else float("inf")

    def lit(self, now: float) -> set[str]:
        """Return the tally lamps that are on."""
        return {lamp for lamp, until in self.lamps.items() if now < until and self.power}


def _axis(axis: SimAxis | None, low: float, high: float) -> Motor:
    return Motor(axis.min_deg, axis.max_deg) if axis else Motor(low, high)
