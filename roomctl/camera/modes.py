"""What a camera can be set to, by the words of the room document and by VISCA's.

Knows no port and no session. The codes are those of Sony's command lists (SRG-300H, BRC-X400).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from roomctl.camera.profile import CameraProfile, Tally
from roomctl.visca.message import Command

FocusAct = Literal["auto", "manual", "one_push", "infinity"]
FOCUS_ACTS: tuple[FocusAct, ...] = get_args(FocusAct)

EXPOSURE: Mapping[str, int] = {
    "auto": 0x00,
    "manual": 0x03,
    "shutter": 0x0A,
    "iris": 0x0B,
    "bright": 0x0D,
}
WHITE_BALANCE: Mapping[str, int] = {
    "auto": 0x00,
    "indoor": 0x01,
    "outdoor": 0x02,
    "one_push": 0x03,
    "atw": 0x04,
    "manual": 0x05,
}
_FOCUS: Mapping[str, Command] = {
    "auto": Command("focus_mode", (("auto", 1),)),
    "manual": Command("focus_mode", (("auto", 0),)),
    "one_push": Command("focus_one_push"),
    "infinity": Command("focus_infinity"),
}
_TRACKING = {"sony": "tracking", "ptzoptics": "tracking_ptzoptics", "oem": "tracking_oem"}
_LAMP_ON, _LAMP_OFF = 2, 3  # PTZOptics; 1 flashes


def mode_of(codes: Mapping[str, int], code: int | None) -> str | None:
    """Return the mode that a code of the wire means; None: not known, or no mode of ours."""
    return next((mode for mode, value in codes.items() if value == code), None)


def focus(act: str) -> Command:
    """Return the command for a word of FOCUS_ACTS."""
    return _FOCUS[act]


def exposure(mode: str) -> Command:
    """Return the command for a mode of EXPOSURE."""
    return Command("exposure_mode", (("mode", EXPOSURE[mode]),))


def white_balance(mode: str) -> tuple[Command, ...]:
    """Return the commands for a mode of WHITE_BALANCE; one push is to be pushed, too."""
    chosen = Command("white_balance_mode", (("mode", WHITE_BALANCE[mode]),))
    return (chosen, Command("white_balance_trigger")) if mode == "one_push" else (chosen,)


def ir_receive(on: bool) -> Command:
    """Return the command that obeys (`on`) or ignores the infrared remote."""
    return Command("ir_receive", (("on", int(on)),))


def tracking(family: str, on: bool) -> Command:
    """Return the command that has a camera of `family` follow people, or not."""
    return Command(_TRACKING[family], (("on", int(on)),))


def lamp(tally: Tally, light: str, on: bool) -> Command:
    """Return the command for one tally lamp."""
    if tally.form == "ptzoptics":
        return Command("tally_ptzoptics", (("mode", _LAMP_ON if on else _LAMP_OFF),))
    return Command(f"tally_{light}", (("on", int(on)),))


def abilities(profile: CameraProfile) -> tuple[str, ...]:
    """Return what a model is able to do, in the words of the room document."""
    can = {
        "drive": profile.pan_tilt,
        "goto": profile.pan is not None and profile.tilt is not None,
        "zoom": profile.zoom is not None,
        "focus": profile.focus is not None,
        "home": profile.pan_tilt,
        "recall": profile.presets is not None,
        "store": profile.presets is not None,
        "power": not profile.has("no-power"),
        "exposure": bool(profile.exposure),
        "white_balance": bool(profile.white_balance),
        "ir_receive": profile.ir_receive,
        "tally": profile.tally is not None,
        "tracking": profile.tracking is not None,
    }
    return tuple(word for word, has in can.items() if has)


def offered(profile: CameraProfile) -> dict[str, tuple[str, ...]]:
    """Return the modes that a model has, by what they are modes of."""
    return {
        "exposure": profile.exposure,
        "white_balance": profile.white_balance,
        "tally": profile.tally.lights if profile.tally else (),
    }
