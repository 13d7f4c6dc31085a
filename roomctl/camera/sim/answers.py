"""What a simulated camera answers to questions.

Knows no socket and no clock. Questions and answers are hex text: a question without header, 09 and
FF, an answer without header and FF. Sources: Sony SRG-300H, BRC-X400, BRC-X1000, ILME-FR7 and
BRC-AM7 command lists; for 60 41 and silence, field reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from roomctl.camera.sim import units
from roomctl.camera.sim.body import Body
from roomctl.camera.sim.motion import Motor
from roomctl.camera.sim.settings import has, told

_ALWAYS = ("0400", "0002", "0610")  # Sony EVI-D70, D100: also while it turns itself on
_NOT_NOW = "6041"


def answer(body: Body, question: str, now: float) -> str | None:
    """Return what is answered; None: the question is unknown here."""
    if question not in _ALWAYS and (not body.power or now < body.ready_at):
        return _NOT_NOW
    for pattern, who, read in _QUESTIONS:
        if has(body.profile, who) and (found := re.fullmatch(pattern, question)):
            data = read(body, now, *found.groups())
            return None if data is None else f"50{data}"
    data = told(body.profile, body.values, question)
    return None if data is None else f"50{data}"


def _power(body: Body, now: float) -> str:
    return "02" if body.power else "03"


def _version(body: Body, now: float) -> str:
    identity = next(iter(body.profile.match), "7f7f:0001").replace(":", "").replace("x", "0")
    return f"{identity}{body.rom:04x}{body.profile.sockets:02x}"


def _zoom(body: Body, now: float) -> str:
    return units.spread(round(body.zoom.at(now)), 4)


def _focus(body: Body, now: float) -> str:
    return units.spread(round(body.focus.at(now)), 4)


def _focus_mode(body: Body, now: float) -> str:
    return f"{body.values['focus_mode']:02x}"


def _last_preset(body: Body, now: float) -> str:
    return f"{body.values['last_preset']:02x}"


def _preset_speed(body: Body, now: float, number: str) -> str:
    return f"{body.preset_speeds.get(int(number, 16), body.profile.pan_speed.max):02x}"


def _position(body: Body, now: float) -> str:
    return units.written(body.profile, body.pan.at(now), body.tilt.at(now))


def _limit(body: Body, now: float, corner: str) -> str:
    if corner == "1":
        return units.written(body.profile, body.pan.high, body.tilt.high)
    return units.written(body.profile, body.pan.low, body.tilt.low)


def _max_speed(body: Body, now: float) -> str:
    return f"{body.profile.pan_speed.max:02x}{body.profile.tilt_speed.max:02x}"


def _status(body: Body, now: float) -> str:
    """Return the 16 bits of the pan-tilt status; two families place them differently."""
    moving = body.pan.moving(now) or body.tilt.moving(now)
    move, init = 1 if moving else 2, 1 if now < body.ready_at else 2
    move_at, init_at = (8, 10) if body.profile.layout == "F" else (10, 12)
    bits = move << move_at | init << init_at
    for at, (motor, end) in enumerate(
        ((body.pan, "low"), (body.pan, "high"), (body.tilt, "high"), (body.tilt, "low"))
    ):
        bits |= _at_end(motor, end, now) << at
    return f"{bits:04x}"


def _at_end(motor: Motor, end: str, now: float) -> bool:
    return motor.at(now) == (motor.low if end == "low" else motor.high)


def _red_lamp(body: Body, now: float) -> str | None:
    tally = body.profile.tally
    if tally is None or tally.form != "sony":
        return None
    return "02" if "red" in body.lit(now) else "03"


def _tracking(body: Body, now: float) -> str | None:
    if body.profile.tracking != "sony":
        return None
    return "01" if body.tracking else "00"


def _block(body: Body, now: float, number: str) -> str:
    """Return bytes 2-14 of a block: many values in one answer."""
    return (_lens, _camera, _other, _enlargement)[int(number)](body, now)


def _lens(body: Body, now: float) -> str:
    value = body.values
    doing = body.zoom.moving(now) | body.focus.moving(now) << 1
    doing |= (body.doing(now) == "recall") << 2
    auto = (value["focus_mode"] == 2) | (value["digital_zoom"] == 2) << 1
    auto |= (value["af_sensitivity"] == 2) << 2
    zoom, focus = (units.spread(round(motor.at(now)), 4) for motor in (body.zoom, body.focus))
    return f"{zoom}{units.spread(value['near_limit'] >> 8, 2)}{focus}00{auto:02x}{doing:02x}"


def _camera(body: Body, now: float) -> str:
    value = body.values
    flags = (value["slow_shutter"] == 2) | (value["exposure_compensation_on"] == 2) << 1
    flags |= (value["backlight"] == 2) << 2
    gains = units.spread(value["red_gain"], 2) + units.spread(value["blue_gain"], 2)
    names = ("white_balance_mode", "aperture", "exposure_mode")
    modes = "".join(f"{value[name]:02x}" for name in names)
    names = ("shutter", "iris", "gain")
    levels = "".join(f"{value[name]:02x}" for name in names)
    last = f"{value['bright']:02x}{value['exposure_compensation']:02x}"
    return f"{gains}{modes}{flags:02x}{levels}{last}"


def _other(body: Body, now: float) -> str:
    return f"{int(body.power):02x}0000{body.values['effect']:02x}" + "00" * 9


def _enlargement(body: Body, now: float) -> str:
    value = body.values
    noise, limit = value["noise_reduction"], value["gain_limit"]
    return f"0000{units.spread(value['af_times'], 4)}{'00' * 5}{noise:02x}{limit:02x}"


_QUESTIONS: tuple[tuple[str, str, Callable[..., str | None]], ...] = (
    ("0400", "all", _power),
    ("0002", "all", _version),
    ("0447", "all", _zoom),
    ("0448", "focus", _focus),
    ("0438", "focus", _focus_mode),
    ("043f", "presets", _last_preset),
    ("7e010b(..)", "presets", _preset_speed),
    ("0612", "pan_tilt", _position),
    ("06070([01])", "limits", _limit),
    ("0611", "pan_tilt", _max_speed),
    ("0610", "pan_tilt", _status),
    ("7e010a", "tally", _red_lamp),
    ("7e043a", "tracking", _tracking),
    ("7e7e0([0-3])", "blocks", _block),
)
