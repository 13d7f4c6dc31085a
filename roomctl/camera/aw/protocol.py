"""A Panasonic AW camera, as a `CameraProtocol`: what people ask for in its words, and back.

Its model says how far it goes and what it has (Panasonic, Compatible Model Table, March 2025); one
that is not in the table is taken for the commonest. It has no home command: the middle is a place.
Degrees count right and up. Knows no port and no clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal

from roomctl.camera.aw.connection import AwConnection, AwRequest, Axes
from roomctl.camera.aw.message import (
    LENS_HIGH,
    LENS_LOW,
    MIDDLE,
    PER_DEGREE,
    lens,
    lens_pct,
    place,
    speed,
)
from roomctl.camera.profile import (
    CameraProfile,
    FocusRange,
    Presets,
    PtzAxis,
    TallyLamps,
    WhiteBalance,
    ZoomRange,
    under_ceiling,
)
from roomctl.camera.protocol import (
    DEAD_ZONE,
    STANDBY,
    AssumedState,
    CameraRequest,
    CameraState,
    MenuKey,
    Part,
    ProtocolEvents,
    SelfDescribed,
    must_be_one_of,
    must_have,
)
from roomctl.errors import Refused, Unsupported
from roomctl.motion import Outcome

_PAN = (0x2D09, 0xD2F5)
_TILT = (0x5555, 0x8E38)
_TILT_OVER = (0x1C71, 0x8E38)  # over the head, to 210 degrees
_WHITE_BALANCE: Mapping[WhiteBalance, str] = {
    "auto": "OAW:0",
    "indoor": "OAW:4",
    "outdoor": "OAW:5",
    "one_push": "OAW:1",
    "manual": "OAW:9",
}
_WHITE_BALANCE_SAID = {
    "atw": "auto",
    "awc_a": "one_push",
    "awc_b": "one_push",
    "3200k": "indoor",
    "5600k": "outdoor",
    "variable": "manual",
}
ON_CAMERA = ("flip", "preset_speed_pct")  # of room.toml
_SLOWEST, _FASTEST = 275, 999  # #UPVS
_MENU_KEYS: Mapping[str, str] = {
    "up": "DUP:1",
    "down": "DDW:1",
    "left": "DLT:1",
    "right": "DRT:1",
    "enter": "DIT:1",
}
_OVER = re.compile("AW-(UE(30|40|50|80|100|150|160)|UR100|H(E145|R140|E120|E130))")
_NARROW = re.compile("AW-[UH]E20")  # pan 2F69 to D097
_FIXED = re.compile("AW-UE[45](?![0-9])|AK-|AW-UB")  # no head that moves
_BOX = re.compile("AK-|AW-UB")  # nor presets
_NO_VARIABLE = re.compile("AW-(UE(20|4|5)(?![0-9])|HE(2|20|50|60)(?![0-9]))")
_GREEN = re.compile("AW-(UE(30|40|50|80|100|150|160)|HE145|UR100)|AK-UB300")


class AwCommands:
    """A command of ours: commands of the camera; `moves` and `places` as in an `AwRequest`."""

    def __init__(
        self, *commands: str, moves: tuple[Axes, ...] = (), places: Mapping[str, int] | None = None
    ) -> None:
        self.commands, self.moves, self.places = commands, moves, places or {}


class AwProtocol(SelfDescribed[AwConnection]):
    """One AW camera; `ceiling`: it hangs, and is told so in its own settings."""

    def __init__(
        self,
        name: str,
        url: str,
        events: ProtocolEvents,
        before: CameraProfile | None = None,
        *,
        ceiling: bool = False,
    ) -> None:
        """`before`: what was known of it when it was last there."""
        super().__init__(name, AwConnection(events, url))
        self._ceiling = ceiling
        self._before = before or self._mounted(None)

    @property
    def model(self) -> str | None:
        found = self._told("QID", "model")
        return found if isinstance(found, str) else None

    @property
    def profile(self) -> CameraProfile:
        """What is known of its model, once it has said that."""
        model = self.model
        return self._mounted(model) if model is not None else self._before

    def _mounted(self, model: str | None) -> CameraProfile:
        known = profile_of(model)
        return under_ceiling(known) if self._ceiling else known

    @property
    def abilities(self) -> tuple[str, ...]:
        can = self.profile.abilities
        return (*can, "menu") if self._menu() is not None else can

    @property
    def modes(self) -> dict[str, tuple[str, ...]]:
        keys = () if self._menu() is None else tuple(_MENU_KEYS)
        return {**self.profile.modes, "menu": keys}

    @property
    def placed(self) -> bool:
        known = self._told("#APC", "pan") is not None
        return known or self._power() is False or "position" in self.unread

    def state(self, believed: AssumedState) -> CameraState:
        if not self.connection.ready:
            return CameraState()
        profile, told = self.profile, self._told
        focus = told("#GF", "focus")
        version = told("QSV", "version")
        return CameraState(
            power=self._power(),
            pan_deg=told("#APC", "pan_deg") if profile.pan_tilt else None,
            tilt_deg=told("#APC", "tilt_deg") if profile.pan_tilt else None,
            zoom_pct=told("#GZ", "zoom_pct"),
            moving=self.connection.moving,
            focus=self._focus(),
            focus_pct=None if focus is None else round(100 - lens_pct(focus), 1),
            white_balance=_WHITE_BALANCE_SAID.get(str(told("QAW", "mode"))),
            flip=self._told("#INS", "ceiling"),
            menu=self._menu(),
            tally=believed.tally,
            preset=believed.preset,
            model=profile.name,
            firmware=str(version) if version is not None else None,
        )

    def _told(self, command: str, name: str) -> Any:  # noqa: ANN401 - a field is what it is
        found = self.connection.said.get(command)
        return None if found is None else found.fields.get(name)

    def _power(self) -> bool | None:
        state = self._told("#O", "state")
        return None if state is None else state in ("on", "starting", "restarting")

    def _menu(self) -> bool | None:
        on = self._told("QUS", "on")
        return on if isinstance(on, bool) else None

    def _focus(self) -> Literal["auto", "manual"] | None:
        automatic = self._told("#D1", "auto")
        return None if automatic is None else "auto" if automatic else "manual"

    # Moves that run until told otherwise.

    def drive(
        self, pan: float, tilt: float, zoom: float, focus: float, until: float, now: float
    ) -> None:
        """Move until `until`, unless renewed; each push from -1 to 1.

        Refused "standby"; it is asked again whether it is, for a person may have switched it on.
        """
        must_have(self.name, self.profile.zoom or not zoom, "zoom")
        must_have(self.name, self.profile.focus or not focus, "focus that can be driven")
        if self._power() is False and any((pan, tilt, zoom, focus)):
            self.connection.ask_power()
            raise Refused(self.name, "standby", STANDBY)
        wanted: dict[Axes, str | None] = {
            "pan_tilt": _driven("#PTS", pan, tilt),
            "zoom": _driven("#Z", zoom),
            "focus": _driven("#F", -focus),  # far counts up
        }
        self.connection.drive(wanted, until, now)

    def submit(self, command: object, ended: Callable[[Outcome], None], now: float) -> None:
        """Have commands said; their time limits are the connection's."""
        if not isinstance(command, AwCommands):
            raise TypeError(f"{command!r} is not a command of an AW camera")
        request = AwRequest(command.commands, ended, command.moves, places=command.places)
        self.connection.submit(request, now)

    # What people ask for, in its words.

    def home(self) -> CameraRequest:
        must_have(self.name, self.profile.pan_tilt, "pan and tilt")
        return self._to({"pan": MIDDLE, "tilt": MIDDLE})

    def goto(
        self, pan_deg: float | None, tilt_deg: float | None, zoom_pct: float | None, speed: float
    ) -> CameraRequest:
        """Go to an angle and a zoom; None: as it is now, which must be known for an angle."""
        places: dict[str, int] = {}
        clamped: list[Part] = []
        if pan_deg is not None or tilt_deg is not None:
            places["pan"] = self._place("pan", pan_deg, clamped)
            places["tilt"] = self._place("tilt", tilt_deg, clamped)
        if zoom_pct is not None:
            must_have(self.name, self.profile.zoom, "zoom")
            places["zoom"] = lens(zoom_pct)
            if not 0 <= zoom_pct <= 100:
                clamped.append("zoom")
        return self._to(places, speed, tuple(clamped)) if places else CameraRequest(())

    def relative(self, pan_deg: float, tilt_deg: float, speed: float) -> CameraRequest:
        """Go so far from here, as a place: said twice it does no more."""
        pan, tilt = self._told("#APC", "pan_deg"), self._told("#APC", "tilt_deg")
        if pan is None or tilt is None:
            raise Refused(self.name, "not_executable", "does not report its position; is it on?")
        return self.goto(pan + pan_deg, tilt + tilt_deg, None, speed)

    def recall(self, number: int) -> CameraRequest:
        return CameraRequest((AwCommands(f"#R{number:02d}", moves=("pan_tilt", "zoom", "focus")),))

    def store(self, number: int) -> CameraRequest:
        return CameraRequest((AwCommands(f"#M{number:02d}"),))

    def delete(self, number: int) -> CameraRequest:
        return CameraRequest((AwCommands(f"#C{number:02d}"),))

    def preset_speed(self, part: float) -> CameraRequest:
        """Go to presets at a part of the top speed from now on; not said if it is so."""
        self._must_know("#UPVS", "speed of its own for presets")
        step = round(_SLOWEST + part * (_FASTEST - _SLOWEST))
        if self._told("#UPVS", "speed") == step:
            return CameraRequest(())
        return CameraRequest((AwCommands(f"#UPVS{step:03d}"),))

    def flip(self, on: bool) -> CameraRequest:
        """Tell it whether it hangs; it turns picture and axes."""
        self._must_know("#INS", "command that turns its picture upside down")
        return CameraRequest((AwCommands(f"#INS{on:d}"),))

    def menu(self, on: bool) -> CameraRequest:
        self._must_know("QUS", "menu that a command opens or closes")
        return CameraRequest((AwCommands(f"DUS:{on:d}"),))

    def menu_key(self, key: MenuKey, until: float, now: float) -> CameraRequest:
        """Press a key of its menu; Refused "menu_closed" if it is not open."""
        self._must_know("QUS", "keys for its menu")
        must_be_one_of(self.name, key, _MENU_KEYS, "menu key")
        if not self._menu():
            raise Refused(self.name, "menu_closed", "its menu is not open; open it first")
        return CameraRequest((AwCommands(_MENU_KEYS[key]),))

    def _must_know(self, question: str, what: str) -> None:
        """Raise Unsupported if its model has said that it does not know a command."""
        must_have(self.name, question not in self.connection.lacks, what)

    def power(self, on: bool) -> CameraRequest:
        return CameraRequest((AwCommands(f"#O{on:d}"),))

    def focus(self, act: str) -> CameraRequest:
        must_have(self.name, self.profile.focus, "focus that can be driven")
        acts = {
            "auto": ("#D11",),
            "manual": ("#D10",),
            "one_push": ("OSE:69:1",),
            "infinity": ("#D10", f"#AXF{LENS_HIGH:03X}"),
        }
        must_be_one_of(self.name, act, acts, "focus")
        return CameraRequest((AwCommands(*acts[act]),))

    def focus_to(self, pct: float) -> CameraRequest:
        must_have(self.name, self.profile.focus, "focus that can be driven")
        first = () if self._focus() == "manual" else ("#D10",)
        return CameraRequest((AwCommands(*first, f"#AXF{lens(100 - pct):03X}"),))

    def white_balance(self, mode: str) -> CameraRequest:
        """Choose a mode; "one_push" is measured at once."""
        must_be_one_of(self.name, mode, self.profile.white_balance, "white balance")
        chosen = next(command for word, command in _WHITE_BALANCE.items() if word == mode)
        return CameraRequest((AwCommands(chosen, *(("OWS",) if mode == "one_push" else ())),))

    def tally(self, light: str | None) -> CameraRequest:
        """Put the other out, then light one; None: no lamp."""
        tally = must_have(self.name, self.profile.tally, "tally lamp")
        if light is not None:
            must_be_one_of(self.name, light, tally.lights, "tally lamp")
        codes = {"red": "#DA", "green": "TLG:"}
        dark = [f"{codes[each]}0" for each in tally.lights if each != light]
        lit = [f"{codes[light]}1"] if light is not None else []
        return CameraRequest(tuple(AwCommands(each) for each in (*dark, *lit)))

    def _to(
        self, places: Mapping[str, int], speed: float = 1.0, clamped: tuple[Part, ...] = ()
    ) -> CameraRequest:
        commands: list[str] = []
        moves: list[Axes] = []
        if "pan" in places:
            where = f"{places['pan']:04X}{places['tilt']:04X}"
            slow = speed < 1 and "#APS" not in self.connection.lacks
            commands.append(f"#APS{where}{_steps(speed):02X}2" if slow else f"#APC{where}")
            moves.append("pan_tilt")
        if "zoom" in places:
            commands.append(f"#AXZ{places['zoom']:03X}")
            moves.append("zoom")
        return CameraRequest((AwCommands(*commands, moves=tuple(moves), places=places),), clamped)

    def _place(
        self, part: Literal["pan", "tilt"], degrees: float | None, clamped: list[Part]
    ) -> int:
        axis = self.profile.pan if part == "pan" else self.profile.tilt
        if axis is None:
            raise Unsupported(self.name, "pan and tilt")
        if degrees is None:
            now = self._told("#APC", part)
            if now is None:
                why = f"does not report its position; give {part}_deg too"
                raise Refused(self.name, "position_unknown", why)
            return int(now)
        inside = min(max(degrees, axis.min_deg), axis.max_deg)
        if inside != degrees:
            clamped.append(part)
        return place(inside, up=part == "tilt")


def _steps(part: float) -> int:
    """Return the speed, 0 to 1D, of a part of the top speed."""
    return round(min(max(part, 0.0), 1.0) * 0x1D)


def _driven(code: str, *pushes: float) -> str | None:
    """Return the command of some pushes; None: all are at rest."""
    pushes = tuple(0.0 if abs(push) < DEAD_ZONE else push for push in pushes)
    return code + "".join(map(speed, pushes)) if any(pushes) else None


@cache
def profile_of(model: str | None) -> CameraProfile:
    """Return what is known of a model, by its own name; its layout on a wire means nothing."""
    called = model or ""
    head = not _FIXED.match(called)
    pan = (0x2F69, 0xD097) if _NARROW.match(called) else _PAN
    tilt = _TILT_OVER if _OVER.match(called) else _TILT
    modes = [m for m in _WHITE_BALANCE if m != "manual" or not _NO_VARIABLE.match(called)]
    return CameraProfile(
        name=f"Panasonic {called}" if called else "Panasonic AW",
        match=(),
        source="Panasonic, HD/4K Integrated Camera Compatible Model Table (March 2025)",
        verified="manual",
        layout="A",
        pan_tilt=head,
        pan=_axis(pan, "right") if head else None,
        tilt=_axis(tilt, "down") if head else None,
        zoom=ZoomRange(wide=LENS_LOW, tele=LENS_HIGH),
        focus=FocusRange(far=LENS_LOW, near=LENS_HIGH) if not _FIXED.match(called) else None,
        presets=None if _BOX.match(called) else Presets(first=0, count=100),
        white_balance=tuple(modes),
        tally=TallyLamps(
            form="sony", lights=("red", "green") if _GREEN.match(called) else ("red",)
        ),
    )


def _axis(ends: tuple[int, int], positive: Literal["right", "down"]) -> PtzAxis:
    first, last = ((end - MIDDLE) / PER_DEGREE for end in ends)
    low, high = (first, last) if positive == "right" else (-last, -first)
    return PtzAxis(units_per_degree=PER_DEGREE, min_deg=low, max_deg=high, positive=positive)
