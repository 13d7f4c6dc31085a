"""What the commands do to a simulated camera, and what it answers to questions.

Knows no socket and no clock, nor when a command is forbidden (`camera`). Frames are hex text: a
command without header and FF, a question also without its 09; no codec is shared with the driver,
so that a mistake there is not mirrored. Sources: Sony SRG-300H, BRC-X400, BRC-X1000, ILME-FR7 and
BRC-AM7 command lists; for 60 41 and silence, field reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from roomctl.visca.sim.body import ZOOM_FULL_S, Body
from roomctl.visca.sim.motion import Motor
from roomctl.visca.sim.profile import SimProfile
from roomctl.visca.sim.settings import has, kept, told

SYNTAX = "6002"
NOT_NOW = "6141"
_STORE_S, _SET_S, _TRIGGER_S, _RESET_S = 0.05, 0.0, 1.0, 2.0
_SECOND_SPEED_IS_0 = "BDE"  # layouts


class RunningCommand(NamedTuple):
    """A command that runs: until when, and what a later one of the same axis group replaces."""

    until: float
    group: str = ""
    recall: bool = False


class SimCommand(NamedTuple):
    """A command that was understood: its kind is a row of the mode table, or "", or another."""

    kind: str
    act: Callable[[Body, float, Sequence[str]], RunningCommand | str]
    words: Sequence[str]

    def run(self, body: Body, now: float) -> RunningCommand | str:
        """Do it; return what then runs, or the error that it is answered with."""
        return self.act(body, now, self.words)


def understood(body: Body, frame: str) -> SimCommand | str:
    """Return what a frame asks for, or the error that it is answered with."""
    for pattern, kind, who, act in _COMMANDS:
        if (found := pattern.fullmatch(frame)) and has(body.profile, who):
            return SimCommand(kind, act, found.groups())
    setting = kept(body.profile, body.values, frame)
    if setting is None or setting[1] is None:
        return SYNTAX
    kind = "menu" if setting[0] == "menu" else ""
    return SimCommand(kind, _keep, (setting[0], f"{setting[1]:x}"))


# The commands: each acts at `now`, and returns what then runs, or the error it answers.


def _keep(body: Body, now: float, words: Sequence[str]) -> RunningCommand:
    body.values[words[0]] = int(words[1], 16)
    return RunningCommand(now + _SET_S)


def _nothing(body: Body, now: float, words: Sequence[str]) -> RunningCommand:
    return RunningCommand(now)


def _power(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    if body.profile.has("no-power"):
        return SYNTAX
    return RunningCommand(body.switch(words[0] == "2", now))


_ARROWS = {("3", "1"): "up", ("3", "2"): "down", ("1", "3"): "left", ("2", "3"): "right"}


def _drive(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    profile = body.profile
    pan_step, tilt_step = int(words[0], 16), int(words[1], 16)
    if not (1 <= pan_step <= profile.pan_speed.max and 1 <= tilt_step <= profile.tilt_speed.max):
        return SYNTAX
    if body.values["menu"] == 2:  # moves in the menu
        if tuple(words[2:]) in _ARROWS:
            body.press(_ARROWS[words[2], words[3]])
        return RunningCommand(_next_cycle(body, now), "head")
    if tuple(words[2:]) == ("3", "3"):
        body.halt(now, zoom=body.travelling(now))
    else:
        right = {"1": -1, "2": 1, "3": 0}[words[2]] * body.speed(profile.pan_speed, pan_step)
        up = {"1": 1, "2": -1, "3": 0}[words[3]] * body.speed(profile.tilt_speed, tilt_step)
        body.at_speed(right, up, now)
    return RunningCommand(_next_cycle(body, now), "head")


def _goto(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    kind, speed, second, nibbles = words
    fixed = body.profile.layout in _SECOND_SPEED_IS_0
    place = _place_in(body.profile, nibbles)
    if place is None or int(speed, 16) < 1 or (fixed and second != "00"):
        return SYNTAX
    pan, tilt = place
    if kind == "3":
        pan, tilt = body.pan.at(now) + pan, body.tilt.at(now) + tilt
    speed_deg_s = body.speed(body.profile.pan_speed, int(speed, 16))
    there = body.go(pan, tilt, None, speed_deg_s, now)
    return _gone(body, "relative" if kind == "3" else "absolute", there, now)


def _home(body: Body, now: float, words: Sequence[str]) -> RunningCommand:
    return _gone(body, "home", body.go(0, 0, None, body.go_deg_s, now), now)


def _reset(body: Body, now: float, words: Sequence[str]) -> RunningCommand:
    there = body.go(0, 0, None, body.go_deg_s, now)
    return _gone(body, "reset", max(there, now + _RESET_S), now)


def _gone(body: Body, errand: str, there: float, now: float) -> RunningCommand:
    until = there + body.profile.timing.cycle_s
    body.begin(errand, until, now)
    return RunningCommand(until, "head", recall=errand == "recall")


def _limit(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    corner, nibbles = words
    place = _place_in(body.profile, nibbles)
    if place is None:
        return SYNTAX
    for motor, degrees in zip((body.pan, body.tilt), place, strict=True):
        motor.limit(**{"high" if corner == "1" else "low": degrees})
    return RunningCommand(now + _STORE_S)


def _no_limit(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    corner, nibbles = words
    fits = len(nibbles) == 2 * sum(_DIGITS[body.profile.layout])
    if not fits or not re.fullmatch("07(0f)+07(0f)+", nibbles):
        return SYNTAX
    for motor in (body.pan, body.tilt):
        motor.limit(**({"high": motor.ends[1]} if corner == "1" else {"low": motor.ends[0]}))
    return RunningCommand(now + _STORE_S)


def _zoom_drive(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    zoom = body.profile.zoom
    speeds = (zoom.speed_min, zoom.speed_max) if zoom else None
    part = _part_per_s(words[0], speeds)
    if part is None:
        return SYNTAX
    body.zoom_at_speed(part, now)
    return RunningCommand(_next_cycle(body, now), "zoom")


def _zoom_fine(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    way, speed = words[0], int("".join(words[1:]), 16)
    if body.profile.layout != "F" or (way == "0") != (speed == 0):
        return SYNTAX
    part = {"0": 0, "2": 1, "3": -1}[way] * speed / 0xFFFF / ZOOM_FULL_S
    body.zoom_at_speed(part, now)
    return RunningCommand(_next_cycle(body, now), "zoom")


def _zoom_to(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    if body.profile.zoom is None:
        return SYNTAX
    there = body.go_zoom(int("".join(words[:4]), 16), now)
    if words[4:]:
        there = max(there, body.go_focus(int("".join(words[4:]), 16), now))
    body.to_place(there, now, focus=bool(words[4:]))
    return RunningCommand(there + body.profile.timing.cycle_s, "zoom")


def _focus_drive(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    focus = body.profile.focus
    part = _part_per_s(words[0], (focus.speed_min, focus.speed_max) if focus else None)
    if part is None:
        return SYNTAX
    if body.values["focus_mode"] == 2:
        return NOT_NOW
    body.focus_at_speed(-part, now)
    return RunningCommand(_next_cycle(body, now), "focus")


def _focus_to(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    if body.values["focus_mode"] == 2:
        return NOT_NOW
    there = body.go_focus(int("".join(words), 16), now)
    body.to_place(there, now, focus=True)
    return RunningCommand(there + body.profile.timing.cycle_s, "focus")


def _focus_mode(body: Body, now: float, words: Sequence[str]) -> RunningCommand:
    toggled = 5 - body.values["focus_mode"]
    body.values["focus_mode"] = {"02": 2, "03": 3, "10": toggled}[words[0]]
    if body.values["focus_mode"] == 2:
        body.go_focus(body.subject, now)
    else:
        body.focus.halt(now)
    return RunningCommand(now + _SET_S)


def _focus_trigger(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    focus = body.profile.focus
    if focus is None or body.values["focus_mode"] == 2:
        return NOT_NOW if focus else SYNTAX
    there = body.go_focus(body.subject if words[0] == "1" else focus.far, now)
    return RunningCommand(there + body.profile.timing.cycle_s, "focus")


def _white_balance_trigger(body: Body, now: float, words: Sequence[str]) -> RunningCommand:
    body.absorbed_until = now + _TRIGGER_S
    return RunningCommand(body.absorbed_until)


def _menu(body: Body, now: float, words: Sequence[str]) -> RunningCommand:
    body.values["menu"] = 5 - body.values["menu"]
    return RunningCommand(now + _SET_S)


def _menu_key(body: Body, now: float, words: Sequence[str]) -> RunningCommand:
    body.press({"5": "enter", "4": "back"}[words[0]])
    return RunningCommand(now + _SET_S)


def _preset(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    action, number, presets = words[0], int(words[1], 16), body.profile.presets
    if presets is None or not presets.first <= number < presets.first + presets.count:
        return SYNTAX
    if number in presets.reserved:
        return RunningCommand(now + _SET_S)  # means something else, which nobody sees here
    if action == "2":
        return _gone(body, "recall", body.recall(number, now), now)
    if action == "1":
        body.store(number, now)
    else:
        body.clear(number)
    return RunningCommand(now + _STORE_S)


def _preset_speed(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    number, step, presets = int(words[0], 16), int(words[1], 16), body.profile.presets
    if presets is None or not presets.first <= number < presets.first + presets.count or not step:
        return SYNTAX
    body.preset_speeds[number] = step
    return RunningCommand(now + _SET_S)


def _lamp(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    tally, lamp = body.profile.tally, {"010a": "red", "041a": "green", "0411": "yellow"}[words[0]]
    if tally is None or tally.form != "sony" or lamp not in tally.lights:
        return SYNTAX
    body.light(lamp, words[1] == "2", now)
    return RunningCommand(now + _SET_S)


def _lamp_of_others(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
    if body.profile.tally is None or body.profile.tally.form != "ptzoptics":
        return SYNTAX
    body.light("red", words[0] != "3", now)
    return RunningCommand(now + _SET_S)


def _tracking(form: str) -> Callable[[Body, float, Sequence[str]], RunningCommand | str]:
    def act(body: Body, now: float, words: Sequence[str]) -> RunningCommand | str:
        if body.profile.tracking != form:
            return SYNTAX
        body.track(words[0] == ("1" if form == "sony" else "2"), now)
        return RunningCommand(now + _SET_S)

    return act


def _part_per_s(word: str, speeds: tuple[int, int] | None) -> float | None:
    """Return the part of the range per second that a zoom or focus drive asks for.

    Tele and far are positive; None: not in this model's list.
    """
    if speeds is None:
        return None
    if word in ("00", "02", "03"):
        way, step = word[1], 2
    else:
        way, step = word[0], int(word[1], 16)
    slowest, fastest = speeds
    if word != "00" and not (way in "23" and slowest <= step <= fastest):
        return None
    return {"0": 0, "2": 1, "3": -1}[way] / (ZOOM_FULL_S * max(1, fastest + 1 - step))


def _next_cycle(body: Body, now: float) -> float:
    return now + body.profile.timing.cycle_s


_Act = Callable[[Body, float, Sequence[str]], RunningCommand | str]
_ROWS: tuple[tuple[str, str, str, _Act], ...] = (
    ("0104000([23])", "power", "all", _power),
    ("010601(..)(..)0(3)0(3)", "stop", "pan_tilt", _drive),
    ("010601(..)(..)0([123])0([123])", "drive", "pan_tilt", _drive),
    ("01060(2)(..)(..)((?:..){8,10})", "absolute", "pan_tilt", _goto),
    ("01060(3)(..)(..)((?:..){8,10})", "relative", "pan_tilt", _goto),
    ("010604", "home", "pan_tilt", _home),
    ("010605", "reset", "pan_tilt", _reset),
    ("010607000([01])((?:..){8,10})", "", "pan_tilt", _limit),
    ("010607010([01])((?:..){8,10})", "", "pan_tilt", _no_limit),
    ("010407(..)", "zoom", "zoom", _zoom_drive),
    ("017e04170([023])0(.)0(.)0(.)0(.)", "zoom", "all", _zoom_fine),
    ("0104470(.)0(.)0(.)0(.)", "zoom", "zoom", _zoom_to),
    ("010447" + 8 * "0(.)", "zoom", "focus", _zoom_to),
    ("010408(..)", "focus", "focus", _focus_drive),
    ("0104480(.)0(.)0(.)0(.)", "focus", "focus", _focus_to),
    ("010438(02|03|10)", "", "focus", _focus_mode),
    ("0104180([12])", "focus", "focus", _focus_trigger),
    ("01041005", "", "white_balance", _white_balance_trigger),
    ("01043f025f", "menu", "oem", _menu),  # PTZOptics and others: no preset
    ("01043f0(2)(..)", "recall", "presets", _preset),
    ("01043f0([01])(..)", "preset", "presets", _preset),
    ("017e010b(..)(..)", "", "sony", _preset_speed),
    ("010601(..)(..)", "", "oem", _preset_speed),
    ("0106060([45])", "menu", "oem", _menu_key),
    ("017e(010a|041a|0411)000([23])", "", "tally", _lamp),
    ("017e010a010[045]", "", "tally", _nothing),
    ("0a02020([123])", "", "tally", _lamp_of_others),
    ("017e043a0([01])", "", "tracking", _tracking("sony")),
    ("0a11540([23])", "", "tracking", _tracking("ptzoptics")),
    ("0a020187010([23])", "", "tracking", _tracking("oem")),
)
_COMMANDS = tuple((re.compile(pattern), kind, who, act) for pattern, kind, who, act in _ROWS)


# Answers.

_ALWAYS = ("0400", "0002", "0610")  # Sony EVI-D70, D100: also while it turns itself on
_NO_ANSWER_NOW = "6041"


def answer(body: Body, question: str, now: float) -> str | None:
    """Return what is answered; None: the question is unknown here."""
    if question not in _ALWAYS and (not body.power or now < body.ready_at):
        return _NO_ANSWER_NOW
    for pattern, who, read in _QUESTIONS:
        if (found := pattern.fullmatch(question)) and has(body.profile, who):
            data = read(body, now, *found.groups())
            return None if data is None else f"50{data}"
    data = told(body.profile, body.values, question)
    return None if data is None else f"50{data}"


def _says_power(body: Body, now: float) -> str:
    return "02" if body.power else "03"


def _version(body: Body, now: float) -> str:
    identity = next(iter(body.profile.match), "7f7f:0001").replace(":", "").replace("x", "0")
    return f"{identity}{body.rom:04x}{body.profile.sockets:02x}"


def _zoom(body: Body, now: float) -> str:
    return _spread(round(body.zoom.at(now)), 4)


def _focus(body: Body, now: float) -> str:
    return _spread(round(body.focus.at(now)), 4)


def _says_focus_mode(body: Body, now: float) -> str:
    return f"{body.values['focus_mode']:02x}"


def _last_preset(body: Body, now: float) -> str:
    return f"{body.values['last_preset']:02x}"


def _says_preset_speed(body: Body, now: float, number: str) -> str:
    return f"{body.preset_speeds.get(int(number, 16), body.profile.pan_speed.max):02x}"


def _position(body: Body, now: float) -> str:
    return _written(body.profile, body.pan.at(now), body.tilt.at(now))


def _says_limit(body: Body, now: float, corner: str) -> str:
    if corner == "1":
        return _written(body.profile, body.pan.high, body.tilt.high)
    return _written(body.profile, body.pan.low, body.tilt.low)


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


def _says_tracking(body: Body, now: float) -> str | None:
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
    zoom, focus = (_spread(round(motor.at(now)), 4) for motor in (body.zoom, body.focus))
    return f"{zoom}{_spread(value['near_limit'] >> 8, 2)}{focus}00{auto:02x}{doing:02x}"


def _camera(body: Body, now: float) -> str:
    value = body.values
    flags = (value["slow_shutter"] == 2) | (value["exposure_compensation_on"] == 2) << 1
    flags |= (value["backlight"] == 2) << 2
    gains = _spread(value["red_gain"], 2) + _spread(value["blue_gain"], 2)
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
    return f"0000{_spread(value['af_times'], 4)}{'00' * 5}{noise:02x}{limit:02x}"


_QUESTION_ROWS: tuple[tuple[str, str, Callable[..., str | None]], ...] = (
    ("0400", "all", _says_power),
    ("0002", "all", _version),
    ("0447", "all", _zoom),
    ("0448", "focus", _focus),
    ("0438", "focus", _says_focus_mode),
    ("043f", "presets", _last_preset),
    ("7e010b(..)", "presets", _says_preset_speed),
    ("0612", "pan_tilt", _position),
    ("06070([01])", "limits", _says_limit),
    ("0611", "pan_tilt", _max_speed),
    ("0610", "pan_tilt", _status),
    ("7e010a", "tally", _red_lamp),
    ("7e043a", "tracking", _says_tracking),
    ("7e7e0([0-3])", "blocks", _block),
)
_QUESTIONS = tuple((re.compile(pattern), who, read) for pattern, who, read in _QUESTION_ROWS)


# Positions as a camera writes them: nibbles, in its own units and signs.

_DIGITS = {"A": (4, 4), "B": (4, 4), "C": (5, 4), "D": (5, 4), "E": (5, 5), "F": (5, 5)}
_UNITS = 14.4  # a model whose scale is not known moves, and counts like most


def _spread(value: int, digits: int) -> str:
    """Write a number as nibbles, one in each byte: 7A3 in 4 digits is 00 07 0A 03."""
    return "".join("0" + digit for digit in f"{value % 16**digits:0{digits}x}")


def _gather(digits: str) -> int:
    """Read the digits of a number; the first one bears the sign."""
    value = int(digits, 16)
    return value - 16 ** len(digits) if digits[0] in "89abcdef" else value


def _written(profile: SimProfile, pan_deg: float, tilt_deg: float) -> str:
    """Return degrees right and up as the nibbles of this model."""
    right, up = _scale(profile)
    pan_digits, tilt_digits = _DIGITS[profile.layout]
    return _spread(round(pan_deg * right), pan_digits) + _spread(round(tilt_deg * up), tilt_digits)


def _place_in(profile: SimProfile, nibbles: str) -> tuple[float, float] | None:
    """Return degrees right and up; None if `nibbles` are written for another layout."""
    digits = nibbles[1::2]
    pan_digits, tilt_digits = _DIGITS[profile.layout]
    if len(digits) != pan_digits + tilt_digits or set(nibbles[::2]) != {"0"}:
        return None
    right, up = _scale(profile)
    return _gather(digits[:pan_digits]) / right, _gather(digits[pan_digits:]) / up


def _scale(profile: SimProfile) -> tuple[float, float]:
    """Return units per degree right and per degree up, with the camera's own signs."""
    pan, tilt = profile.pan, profile.tilt
    return (
        (-1 if pan.positive == "left" else 1) * pan.units_per_degree if pan else _UNITS,
        (-1 if tilt.positive == "down" else 1) * tilt.units_per_degree if tilt else _UNITS,
    )
