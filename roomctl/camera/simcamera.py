"""One simulated VISCA camera: what it does in each video cycle, and how it answers.

Knows no port and no clock. It obeys the same profile as the driver but shares no codec with it:
frames are read and written as hex text here, so that a mistake there is not mirrored.

A camera takes one message per video cycle and acts in it. Where the lists are silent, this is
assumed: in standby everything but power and questions is "not executable", and a new move or stop
ends the one that runs, whose completion is then sent.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from roomctl.camera.motion import ZOOM_FULL_S, Body, Motor
from roomctl.camera.profile import CameraProfile, Speeds

_GO_DEG_S = 60.0  # home and recall
_STORE_S = 0.05
_DEAF_S = 0.24
_VERSION = "{identity}010402"
_UNITS = 14.4  # a model whose scale is not known moves, and counts like most


class Words(NamedTuple):
    """Something it says: when it leaves, in hex, and the number of the message it answers."""

    at: float
    hex: str
    number: str = ""


@dataclass(slots=True, eq=False)
class _Running:
    """A command in a socket, and when it will have ended."""

    socket: int
    moves: str  # "drive", "goto" or ""
    until: float
    recall: bool = False
    number: str = ""


class SimCamera:
    """One camera; its faults are plain attributes.

    `silent`: hears and says nothing. `garble_next`: one byte of the next reply arrives damaged.
    `delay_s`: every reply comes that much later. `ack`: "normal", or "none" (no ACKs, no sockets).
    `replies_as`: the address in its replies, if not its own.
    `boot_s`: how long it says nothing after `power_cycle()`.
    """

    def __init__(self, profile: CameraProfile, address: int = 1, body: Body | None = None) -> None:
        self.profile, self.address = profile, address
        self.silent = False
        self.garble_next = False
        self.delay_s = 0.0
        self.ack = "none" if profile.has("no-ack") else "normal"
        self.replies_as: int | None = None
        self.boot_s = 1.0
        self.stopped_at: float | None = None
        self.frames_taken = 0
        pan, tilt, zoom = profile.pan, profile.tilt, profile.zoom
        self.body = body or Body(
            Motor(pan.min_deg if pan else -170, pan.max_deg if pan else 170),
            Motor(tilt.min_deg if tilt else -30, tilt.max_deg if tilt else 90),
            Motor(zoom.wide if zoom else 0, zoom.tele if zoom else 0),
        )
        self._running: list[_Running] = []
        self._occupied_until = 0.0
        self._deaf_until = 0.0
        self._booted_at: float | None = None
        self._boot_wanted = False
        self._inbox: deque[tuple[str, str]] = deque()
        self._next_cycle = 0.0
        self._now = 0.0

    def second_port(self) -> SimCamera:
        """Return this camera as seen through another control port: its own sockets, one body."""
        return SimCamera(self.profile, self.address, self.body)

    # What a person in the room can see.

    @property
    def power(self) -> bool:
        return self.body.power

    @property
    def presets(self) -> dict[int, tuple[float, float, float]]:
        return self.body.presets

    @property
    def pan_deg(self) -> float:
        return self.body.pan.at(self._now)

    @property
    def tilt_deg(self) -> float:
        return self.body.tilt.at(self._now)

    @property
    def zoom_pct(self) -> float:
        return self.body.zoom_pct(self._now)

    @property
    def moving(self) -> bool:
        return self.body.moving(self._now)

    # What a person in the room can do to it.

    def power_cycle(self) -> None:
        """Pull the mains plug and put it back: it forgets what it did, and boots."""
        self._boot_wanted = True

    def occupy(self, seconds: float) -> None:
        """Have both sockets taken by something else (an open menu does that) for `seconds`."""
        self._occupied_until = self._now + seconds

    # Time.

    @property
    def booting(self) -> bool:
        """Whether it has just been given power, and hears nothing yet."""
        return self._booted_at is not None or self._boot_wanted

    def tick(self, now: float) -> list[Words]:
        """Let time pass; return what it says."""
        said: list[Words] = []
        if self._boot_wanted:
            self._begin_boot(now)
        if self._booted_at is not None and now >= self._booted_at:
            said.append(Words(self._booted_at, "38"))
            self._booted_at = None
        while (event := self._next_event()) is not None and event <= now:
            self._now = event
            said += self._ended(event)
            if self._inbox and event >= self._next_cycle:
                said += self._take(*self._inbox.popleft(), event)
                self._next_cycle = event + self.profile.timing.cycle_s
        self._now = now
        return [] if self.silent else said

    def due(self) -> float | None:
        if self._boot_wanted:
            return self._now
        wanted = [at for at in (self._booted_at, self._next_event()) if at is not None]
        return min(wanted, default=None)

    def hear(self, frame: str, now: float, number: str = "") -> None:
        """Take the hex of a frame, without header and FF; it waits for the video cycle."""
        if self.silent or self.booting:
            return
        cycle_s = self.profile.timing.cycle_s
        if not self._inbox:
            self._next_cycle = max(self._next_cycle, math.ceil(now / cycle_s) * cycle_s)
        self._inbox.append((frame, number))

    def _next_event(self) -> float | None:
        wanted = [running.until for running in self._running]
        wanted += [self._next_cycle] if self._inbox else []
        return min(wanted, default=None)

    def _begin_boot(self, now: float) -> None:
        self._boot_wanted = False
        self._running.clear()
        self._inbox.clear()
        self.body.halt(now)
        self.body.power, self._booted_at = True, now + self.boot_s

    def _ended(self, now: float) -> list[Words]:
        over = [running for running in self._running if running.until <= now]
        if any(running.recall for running in over) and self.profile.has("deaf-after-recall"):
            self._deaf_until = now + _DEAF_S
        return [self._finish(running, now) for running in over]

    def _finish(self, running: _Running, now: float) -> Words:
        self._running.remove(running)
        return Words(now, f"5{0 if self.ack == 'none' else running.socket}", running.number)

    # Messages.

    def clear(self) -> None:
        """Forget the commands in both sockets (IF_Clear)."""
        self._running.clear()

    def _take(self, frame: str, number: str, now: float) -> list[Words]:
        self.frames_taken += 1
        if frame == "010001":
            self.clear()
            return [Words(now, "50", number)]
        if re.fullmatch("2[0-9a-f]", frame):
            return [Words(now, self._cancel(int(frame[1], 16), now), number)]
        if frame.startswith("09"):
            answer = self._answer(frame[2:])
            return [Words(now, answer, number)] if answer else []
        for pattern, act in _COMMANDS:
            if found := re.fullmatch(pattern, frame):
                return self._command(act, found.groups(), number, now)
        return [Words(now, "6002", number)]

    def _command(
        self,
        act: Callable[[SimCamera, float, tuple[str, ...]], _Running | str],
        words: tuple[str, ...],
        number: str,
        now: float,
    ) -> list[Words]:
        if (not self.power and act is not _power) or now < self._deaf_until:
            return [Words(now, "6141", number)]
        free = [n for n in (1, 2)[: self.profile.sockets] if n not in self._held()]
        if now < self._occupied_until or not free:
            return [Words(now, "6003", number)]
        before = list(self._running)
        begun = act(self, now, words)
        if isinstance(begun, str):
            return [Words(now, begun, number)]
        replaced = [r for r in before if r.moves and begun.moves and r in self._running]
        begun.socket, begun.number = free[0], number
        said = [] if self.ack == "none" else [Words(now, f"4{begun.socket}", number)]
        said += [self._finish(running, now) for running in replaced]
        self._running.append(begun)
        return said

    def _held(self) -> set[int]:
        return {running.socket for running in self._running}

    def _cancel(self, socket: int, now: float) -> str:
        for running in self._running:
            if running.socket == socket:
                self._running.remove(running)
                self.halt(now)
                return f"6{socket:x}04"
        return f"6{socket:x}05"

    def _answer(self, question: str) -> str:
        zoom = round(self.body.zoom.at(self._now))
        match question:
            case "0400":
                return "50" + ("02" if self.power else "03")
            case "0002":
                identity = next(iter(self.profile.match), "7fff:0001").replace(":", "")
                return "50" + _VERSION.format(identity=identity)
            case "0447":
                return "" if self.profile.has("no-zoom-inquiry") else "50" + _spread(zoom, 4)
            case "0612" if self.power:
                return "50" + self._where()
            case "0612":
                return "6041"
        return "6002"

    def _scale(self) -> tuple[float, float]:
        """Return units per degree right and per degree up, with the camera's own signs."""
        pan, tilt = self.profile.pan, self.profile.tilt
        return (
            (-1 if pan.positive == "left" else 1) * pan.units_per_degree if pan else _UNITS,
            (-1 if tilt.positive == "down" else 1) * tilt.units_per_degree if tilt else _UNITS,
        )

    def _where(self) -> str:
        right, up = self._scale()
        pan_digits, tilt_digits = _DIGITS[self.profile.layout]
        pan, tilt = round(self.pan_deg * right), round(self.tilt_deg * up)
        return _spread(pan, pan_digits) + _spread(tilt, tilt_digits)

    def speed(self, speeds: Speeds, step: int) -> float:
        """Return degrees per second; unknown tables are taken to run from 1 to 100."""
        step = min(step, speeds.max)
        if speeds.deg_per_s:
            return speeds.deg_per_s[step - 1]
        return float(100 ** ((step - 1) / max(1, speeds.max - 1)))

    def travelling(self) -> bool:
        return any(running.moves == "goto" for running in self._running)

    def halt(self, now: float, *, zoom: bool = True) -> None:
        self.body.halt(now, zoom=zoom)
        self.stopped_at = now

    def go_units(self, nibbles: str, speed: int, now: float, *, relative: bool) -> float | None:
        """Go to a position in wire nibbles; None if it is written for another layout."""
        digits = nibbles[1::2]
        pan_digits, tilt_digits = _DIGITS[self.profile.layout]
        if len(digits) != pan_digits + tilt_digits or set(nibbles[::2]) != {"0"}:
            return None
        right, up = self._scale()
        pan, tilt = _gather(digits[:pan_digits]) / right, _gather(digits[pan_digits:]) / up
        if relative:
            pan, tilt = self.body.pan.at(now) + pan, self.body.tilt.at(now) + tilt
        return self.body.go(pan, tilt, None, self.speed(self.profile.pan_speed, speed), now)


_DIGITS = {"A": (4, 4), "B": (4, 4), "C": (5, 4), "D": (5, 4), "E": (5, 5), "F": (5, 5)}


def _spread(value: int, digits: int) -> str:
    """Write a number as nibbles, one in each byte: 7A3 in 4 digits is 00 07 0A 03."""
    return "".join("0" + digit for digit in f"{value % 16**digits:0{digits}x}")


def _gather(digits: str) -> int:
    value = int(digits, 16)
    return value - 16 ** len(digits) if digits[0] in "89abcdef" else value


# The commands: each acts at `now`, and returns what then runs, or the error it answers.


def _power(camera: SimCamera, now: float, words: tuple[str, ...]) -> _Running | str:
    if camera.profile.has("no-power"):
        return "6002"
    turning_on = words[0] == "2" and not camera.power
    camera.body.power = words[0] == "2"
    if not camera.power:
        camera.halt(now)
    return _Running(0, "", now + (camera.boot_s if turning_on else 0.1))


def _drive(camera: SimCamera, now: float, words: tuple[str, ...]) -> _Running | str:
    pan_step, tilt_step = int(words[0], 16), int(words[1], 16)
    profile = camera.profile
    if not (1 <= pan_step <= profile.pan_speed.max and 1 <= tilt_step <= profile.tilt_speed.max):
        return "6002"
    if profile.has("stop-needs-cancel") and camera.travelling():
        return "6141"
    if words[2:] == ("3", "3"):
        camera.halt(now, zoom=camera.travelling())
    else:
        right = {"1": -1, "2": 1, "3": 0}[words[2]] * camera.speed(profile.pan_speed, pan_step)
        up = {"1": 1, "2": -1, "3": 0}[words[3]] * camera.speed(profile.tilt_speed, tilt_step)
        camera.body.at_speed(right, up, now)
    return _Running(0, "drive", now + profile.timing.cycle_s)


def _goto(camera: SimCamera, now: float, words: tuple[str, ...]) -> _Running | str:
    kind, speed, second, nibbles = words
    fixed = camera.profile.layout in "BDE"
    if int(speed, 16) < 1 or (fixed and second != "00"):
        return "6002"
    there = camera.go_units(nibbles, int(speed, 16), now, relative=kind == "3")
    return "6002" if there is None else _Running(0, "goto", there + camera.profile.timing.cycle_s)


def _home(camera: SimCamera, now: float, words: tuple[str, ...]) -> _Running | str:
    there = camera.body.go(0, 0, None, _GO_DEG_S, now)
    return _Running(0, "goto", there + camera.profile.timing.cycle_s)


def _zoom_drive(camera: SimCamera, now: float, words: tuple[str, ...]) -> _Running | str:
    zoom = camera.profile.zoom
    if zoom is None:
        return "6002"
    way, step = words[0][0], words[0][1]
    if words[0] in ("02", "03"):
        way, step = step, "2"
    slowest, fastest = (zoom.speed_min, zoom.speed_max) if way != "0" else (0, 0)
    if way not in "023" or not slowest <= int(step, 16) <= fastest:
        return "6002"
    per_s = 1 / (ZOOM_FULL_S * (zoom.speed_max + 1 - int(step, 16)))
    camera.body.zoom_at_speed({"0": 0, "2": per_s, "3": -per_s}[way], now)
    return _Running(0, "", now + camera.profile.timing.cycle_s)


def _zoom_to(camera: SimCamera, now: float, words: tuple[str, ...]) -> _Running | str:
    there = camera.body.go_zoom(int("".join(words), 16), now)
    return _Running(0, "", there + camera.profile.timing.cycle_s)


def _preset(camera: SimCamera, now: float, words: tuple[str, ...]) -> _Running | str:
    action, number, presets = words[0], int(words[1], 16), camera.profile.presets
    if presets is None or not presets.first <= number < presets.first + presets.count:
        return "6002"
    if action == "0":
        camera.presets.pop(number, None)
    if action == "1":
        camera.presets[number] = camera.body.place(now)
    if action != "2":
        return _Running(0, "", now + _STORE_S)
    place = camera.presets.get(number)
    there = camera.body.go(*place, _GO_DEG_S, now) if place else now
    return _Running(0, "goto", there + camera.profile.timing.cycle_s, recall=True)


_Act = Callable[[SimCamera, float, tuple[str, ...]], _Running | str]
_COMMANDS: tuple[tuple[str, _Act], ...] = (
    ("0104000([23])", _power),
    ("010601(..)(..)0([123])0([123])", _drive),
    ("01060([23])(..)(..)((?:..){8,10})", _goto),
    ("010604", _home),
    ("010407(..)", _zoom_drive),
    ("0104470(.)0(.)0(.)0(.)", _zoom_to),
    ("01043f0([012])(..)", _preset),
)
