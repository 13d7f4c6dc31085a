"""A simulated AW camera: the other end of `aw:` urls, in Panasonic's words, moving in real time.

It is an AW-UE100 in what it has and how far it goes (Panasonic, Compatible Model Table, March
2025): pan 2D09 to D2F5, tilt 1C71 to 8E38, lens 555 to FFF, 100 presets. It has no queue and no
lease: a drive runs until its end stop. A command that moves and comes sooner than `pace_s` behind
another one is answered and lost, as the vendor warns. In standby everything but power is refused.
How fast it moves is made up: the documents say it of no speed. Knows no port and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from roomctl.camera.aw.message import (
    LENS_HIGH,
    LENS_LOW,
    MIDDLE,
    PER_DEGREE,
    AwMessage,
    InvalidAwMessage,
    command_of,
    degrees,
    lens_pct,
    read,
)
from roomctl.camera.sim.host import SimHost
from roomctl.camera.sim.view import picture
from roomctl.ports.http import HttpRequest
from roomctl.visca.sim.motion import Motor

TOP_DEG_S = 60.0
FULL_S = 3.0  # the lens, from end to end
PACE_S = 0.04
BOOT_S = 3.0
_TIMER_S = 0.001  # a clock's rounding
_PAN, _TILT = (0x2D09, 0xD2F5), (0x1C71, 0x8E38)
_ALWAYS = ("power", "model", "version", "fault", "tally", "tally_red", "tally_green")
_MOVING = ("APC", "APS", "RPC", "AXZ", "AXF")
_LENGTHS = {"APC": 8, "APS": 11, "PTS": 4, "AXZ": 3, "AXF": 3, "P": 2, "T": 2, "Z": 2, "F": 2}
_STILL = ("#PTS5050", "#P50", "#T50", "#Z50", "#F50")
PICTURE = "/cgi-bin/camera"  # a PNG here, where a real one has a JPEG


class SimAw(SimHost):
    """One camera. What a person or a fault can do to it are its attributes.

    `deaf_stops`: so many of the next stops are answered and not done. `holds_recall`: a recall is
    answered when it has arrived. `lacks`: commands that its model does not have.
    """

    faults: ClassVar[Mapping[str, str]] = {
        **SimHost.faults,
        "deaf_stops": "number",
        "holds_recall": "flag",
    }

    def __init__(self, model: str = "AW-UE100", *, on: bool = True) -> None:
        super().__init__()
        self.model, self.on = model, on
        self.holds_recall, self.deaf_stops = False, 0
        self.lacks: frozenset[str] = frozenset()
        self.pace_s = PACE_S
        self.presets: dict[int, tuple[float, float, float]] = {}
        self.focus_auto, self.white_balance = True, "0"
        self.ceiling, self.menu, self.preset_speed = False, False, 999
        self.menu_keys: list[str] = []  # pressed while its menu was open
        self.lamps: dict[str, bool] = {"red": False, "green": False}
        self.pan, self.tilt = Motor(*_PAN, MIDDLE), Motor(*_TILT, MIDDLE)
        self.zoom = Motor(LENS_LOW, LENS_HIGH, LENS_LOW)
        self.focus = Motor(LENS_LOW, LENS_HIGH, (LENS_LOW + LENS_HIGH) / 2)
        self._starts_at: float | None = None
        self._latest = 0
        self._moved_at = -1.0

    @property
    def pan_deg(self) -> float:
        return degrees(round(self.pan.at(self.now)))

    @property
    def tilt_deg(self) -> float:
        return degrees(round(self.tilt.at(self.now)), up=True)

    @property
    def zoom_pct(self) -> float:
        return lens_pct(round(self.zoom.at(self.now)))

    @property
    def moving(self) -> bool:
        return any(motor.moving(self.now) for motor in self._motors)

    @property
    def _motors(self) -> tuple[Motor, ...]:
        return self.pan, self.tilt, self.zoom, self.focus

    def shown(self) -> dict[str, object]:
        return {
            "model": f"Panasonic {self.model}",
            "power": self.on,
            "pan_deg": round(self.pan_deg, 2),
            "tilt_deg": round(self.tilt_deg, 2),
            "zoom_pct": round(self.zoom_pct, 1),
            "moving": self.moving,
            "ceiling": self.ceiling,
            "menu": self.menu,
            "lamps": ", ".join(lamp for lamp, lit in self.lamps.items() if lit) or None,
        }

    def lose_power(self) -> None:
        """Stand still where it is; what was on its way to it is lost."""
        for motor in self._motors:
            motor.halt(self.now)
        self.forget()

    def tick(self, now: float) -> None:
        super().tick(now)
        if self._starts_at is not None and self.now >= self._starts_at:
            self._starts_at, self.on = None, True

    # What it answers.

    def called(self, request: HttpRequest) -> str:
        return command_of(request.target) or request.target

    def answer(self, request: HttpRequest) -> tuple[int, bytes, float]:
        if request.target.startswith(PICTURE):
            return 200, picture(self.pan_deg, self.tilt_deg, self.zoom_pct), 0.0
        command = command_of(request.target)
        if command is None:
            return 404, b"Not Found", 0.0
        text, at = self._answer(command), 0.0
        if self.holds_recall and command.startswith("#R") and text.startswith("s"):
            at = max(motor.arrives_at() for motor in self._motors)
        return 200, text.encode(), at

    def _answer(self, command: str) -> str:
        said = read(command)
        e = "e" if command.startswith("#") else "E"
        name = command.removeprefix("#")[:3].rstrip(":")
        if isinstance(said, InvalidAwMessage) or said.kind not in ("command", "inquiry"):
            return f"{e}R{_fault_of(command)}:{name}"
        if said.command in self.lacks:
            return f"{e}R1:{name}"
        if not self.on and said.name not in _ALWAYS:
            return f"{e}R2:{name}"
        answer = self._told(said) if said.kind == "inquiry" else self._done(said, command)
        return answer or f"{e}R1:{name}"

    def _told(self, said: AwMessage) -> str | None:
        """Return the answer to a question; None: this model has no such thing."""
        pan, tilt = round(self.pan.at(self.now)), round(self.tilt.at(self.now))
        zoom, focus = round(self.zoom.at(self.now)), round(self.focus.at(self.now))
        starting = self._starts_at is not None
        answers: Mapping[str, Callable[[], str]] = {
            "#O": lambda: "p3" if starting else f"p{self.on:d}",
            "#APC": lambda: f"aPC{pan:04X}{tilt:04X}",
            "#PTV": lambda: f"pTV{pan:04X}{tilt:04X}{zoom:03X}{focus:03X}FFF",
            "#GZ": lambda: f"gz{zoom:03X}",
            "#AXZ": lambda: f"axz{zoom:03X}",
            "#GF": lambda: f"gf{focus:03X}",
            "#AXF": lambda: f"axf{focus:03X}",
            "#D1": lambda: f"d1{self.focus_auto:d}",
            "#DA": lambda: f"dA{self.lamps['red']:d}",
            "#S": lambda: f"s{self._latest:02d}",
            "#PE": lambda: self._entries(int(said.parameter, 16)),
            "#INS": lambda: f"iNS{self.ceiling:d}",
            "#UPVS": lambda: f"uPVS{self.preset_speed:03d}",
            "QUS": lambda: f"OUS:{self.menu:d}",
            "#RER": lambda: "rER00",
            "QID": lambda: f"OID:{self.model}",
            "QSV": lambda: "OSV:V02.00L001",
            "QAF": lambda: f"OAF:{self.focus_auto:d}",
            "QAW": lambda: f"OAW:{_read_back(self.white_balance)}",
            "QLR": lambda: f"TLR:{self.lamps['red']:d}",
            "QLG": lambda: f"TLG:{self.lamps['green']:d}",
        }
        return answers[said.command]() if said.command in answers else None

    def _entries(self, bank: int) -> str:
        bits = sum(1 << n for n in range(40) if bank * 40 + n in self.presets)
        return f"pE{bank:02X}{bits:010X}"

    def _done(self, said: AwMessage, command: str) -> str | None:
        """Do what a command says, and return its answer; None: this model has no such thing."""
        code, rest = said.command.removeprefix("#"), said.parameter
        if said.name.endswith("_drive") or code in _MOVING:
            return self._moved(code, rest, said, command)
        match said.command:
            case "#O":
                return self._power(rest == "1")
            case "#M":
                self.presets[int(rest)] = self._place()
                return f"s{int(rest):02d}"
            case "#R":
                return self._recall(int(rest))
            case "#C":
                self.presets.pop(int(rest), None)
                return f"s{int(rest):02d}"
            case "#D1" | "OAF":
                self.focus_auto = rest == "1"
                return f"d1{rest}" if code == "D1" else command
            case "OSE:69":
                return command
            case "OAW":
                self.white_balance = rest
                return command
            case "OWS":
                return command
            case "#INS":
                self.ceiling = rest == "1"
                return f"iNS{rest}"
            case "#UPVS":
                self.preset_speed = int(rest)
                return f"uPVS{rest}"
            case "DUS":
                self.menu = rest == "1"
                return command
            case "DUP" | "DDW" | "DLT" | "DRT" | "DIT":
                return self._menu_key(command)
            case "#DA" | "TLR":
                self.lamps["red"] = rest == "1"
                return f"dA{rest}" if code == "DA" else command
            case "TLG":
                self.lamps["green"] = rest == "1"
                return command
        return None

    def _moved(self, code: str, rest: str, said: AwMessage, command: str) -> str:
        if code in ("F", "AXF") and self.focus_auto:
            return "eR3:" + code  # nothing can be focused that focuses by itself
        answer = f"{_answer_code(code)}{rest}"
        if command in _STILL and self.deaf_stops > 0:
            self.deaf_stops -= 1
            return answer
        if self.now - self._moved_at < self.pace_s - _TIMER_S:
            return answer  # and lost: it has no queue
        self._moved_at = self.now
        self._move(code, said)
        return answer

    def _move(self, code: str, said: AwMessage) -> None:
        drives = {"pan_speed": self.pan, "tilt_speed": self.tilt}
        drives |= {"zoom_speed": self.zoom, "focus_speed": self.focus}
        places = {"pan": self.pan, "tilt": self.tilt, "zoom": self.zoom, "focus": self.focus}
        part = (said.fields.get("speed", 0x1D) + 1) / 0x1E
        for name, value in said.fields.items():
            if name in drives:
                up = -1 if name == "tilt_speed" else 1  # smaller is up
                drives[name].run(up * value / 49 * self._top(name), self.now)
            elif name in places:
                places[name].go(value, part * self._top(name), self.now)
            elif code == "RPC":
                motor = places[name.removesuffix("_deg")]
                way = value * PER_DEGREE * (-1 if motor is self.tilt else 1)
                motor.go(motor.at(self.now) + way, self._top(name), self.now)

    def _top(self, name: str) -> float:
        if name.startswith(("pan", "tilt")):
            return TOP_DEG_S * PER_DEGREE
        return (LENS_HIGH - LENS_LOW) / FULL_S

    def _place(self) -> tuple[float, float, float]:
        pan, tilt, zoom = (motor.at(self.now) for motor in (self.pan, self.tilt, self.zoom))
        return pan, tilt, zoom

    def _recall(self, number: int) -> str:
        if number not in self.presets:
            return "eR3:R" + f"{number:02d}"
        for motor, name, place in zip(
            self._motors, ("pan", "tilt", "zoom"), self.presets[number], strict=False
        ):
            motor.go(place, self.preset_speed / 999 * self._top(name), self.now)
        self._latest = number
        return f"s{number:02d}"

    def _menu_key(self, command: str) -> str:
        if not self.menu:
            return f"ER2:{command[:3]}"
        self.menu_keys.append(command)
        return command

    def _power(self, on: bool) -> str:
        if on and not self.on:
            self._starts_at = self.now + BOOT_S
        elif not on:
            self._starts_at, self.on = None, False
            for motor in self._motors:
                motor.halt(self.now)
        return f"p{on:d}"


def _fault_of(command: str) -> int:
    """Return 3 for a value out of range, 1 for what is no command at all."""
    text = command.removeprefix("#")
    right = any(text.startswith(c) and len(text) == len(c) + n for c, n in _LENGTHS.items())
    return 3 if command.startswith("#") and right else 1


def _answer_code(code: str) -> str:
    """Return how the answer to a command begins."""
    if code.startswith("AX"):
        return code.lower()
    return f"{code[0].lower()}{code[1:]}" if len(code) > 1 else f"{code.lower()}S"


def _read_back(control: str) -> str:
    """Return how a white balance is read that was set by its number in commands."""
    return {"1": "2", "2": "3", "3": "0"}.get(control, control)
