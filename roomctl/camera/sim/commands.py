"""What the commands do to a simulated camera.

Knows no socket and no clock, nor when they are forbidden (`modes`). Frames are hex text, without
header and FF.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from roomctl.camera.sim import units
from roomctl.camera.sim.body import GO_DEG_S, ZOOM_FULL_S, Body
from roomctl.camera.sim.settings import has, kept

SYNTAX = "6002"
NOT_NOW = "6141"
_STORE_S, _SET_S, _TRIGGER_S, _RESET_S = 0.05, 0.0, 1.0, 2.0
_SECOND_SPEED_IS_0 = "BDE"  # layouts


class Begun(NamedTuple):
    """A command that runs: until when, and what a later one of the same axis group replaces."""

    until: float
    group: str = ""
    recall: bool = False


class Command(NamedTuple):
    """A command that was understood: its kind is a row of the mode table, or "", or another."""

    kind: str
    act: Callable[[Body, float, Sequence[str]], Begun | str]
    words: Sequence[str]

    def run(self, body: Body, now: float) -> Begun | str:
        """Do it; return what then runs, or the error that it is answered with."""
        return self.act(body, now, self.words)


def understood(body: Body, frame: str) -> Command | str:
    """Return what a frame asks for, or the error that it is answered with."""
    for pattern, kind, who, act in _COMMANDS:
        if has(body.profile, who) and (found := pattern.fullmatch(frame)):
            return Command(kind, act, found.groups())
    setting = kept(body.profile, body.values, frame)
    if setting is None or setting[1] is None:
        return SYNTAX
    kind = "menu" if setting[0] == "menu" else ""
    return Command(kind, _keep, (setting[0], f"{setting[1]:x}"))


# The commands: each acts at `now`, and returns what then runs, or the error it answers.


def _keep(body: Body, now: float, words: Sequence[str]) -> Begun:
    body.values[words[0]] = int(words[1], 16)
    return Begun(now + _SET_S)


def _nothing(body: Body, now: float, words: Sequence[str]) -> Begun:
    return Begun(now)


def _power(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    if body.profile.has("no-power"):
        return SYNTAX
    return Begun(body.switch(words[0] == "2", now))


def _drive(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    profile = body.profile
    pan_step, tilt_step = int(words[0], 16), int(words[1], 16)
    if not (1 <= pan_step <= profile.pan_speed.max and 1 <= tilt_step <= profile.tilt_speed.max):
        return SYNTAX
    if body.values["menu"] == 2:
        return Begun(_next_cycle(body, now))  # moves in the menu
    if tuple(words[2:]) == ("3", "3"):
        body.halt(now, zoom=body.travelling(now))
    else:
        right = {"1": -1, "2": 1, "3": 0}[words[2]] * body.speed(profile.pan_speed, pan_step)
        up = {"1": 1, "2": -1, "3": 0}[words[3]] * body.speed(profile.tilt_speed, tilt_step)
        body.at_speed(right, up, now)
    return Begun(_next_cycle(body, now), "head")


def _goto(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    kind, speed, second, nibbles = words
    fixed = body.profile.layout in _SECOND_SPEED_IS_0
    place = units.read(body.profile, nibbles)
    if place is None or int(speed, 16) < 1 or (fixed and second != "00"):
        return SYNTAX
    pan, tilt = place
    if kind == "3":
        pan, tilt = body.pan.at(now) + pan, body.tilt.at(now) + tilt
    speed_deg_s = body.speed(body.profile.pan_speed, int(speed, 16))
    there = body.go(pan, tilt, None, speed_deg_s, now)
    return _gone(body, "relative" if kind == "3" else "absolute", there, now)


def _home(body: Body, now: float, words: Sequence[str]) -> Begun:
    return _gone(body, "home", body.go(0, 0, None, GO_DEG_S, now), now)


def _reset(body: Body, now: float, words: Sequence[str]) -> Begun:
    there = body.go(0, 0, None, GO_DEG_S, now)
    return _gone(body, "reset", max(there, now + _RESET_S), now)


def _gone(body: Body, errand: str, there: float, now: float) -> Begun:
    until = there + body.profile.timing.cycle_s
    body.begin(errand, until, now)
    return Begun(until, "head", recall=errand == "recall")


def _limit(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    corner, nibbles = words
    place = units.read(body.profile, nibbles)
    if place is None:
        return SYNTAX
    for motor, degrees in zip((body.pan, body.tilt), place, strict=True):
        motor.limit(**{"high" if corner == "1" else "low": degrees})
    return Begun(now + _STORE_S)


def _no_limit(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    corner, nibbles = words
    fits = len(nibbles) == 2 * sum(units.DIGITS[body.profile.layout])
    if not fits or not re.fullmatch("07(0f)+07(0f)+", nibbles):
        return SYNTAX
    for motor in (body.pan, body.tilt):
        motor.limit(**({"high": motor.ends[1]} if corner == "1" else {"low": motor.ends[0]}))
    return Begun(now + _STORE_S)


def _zoom_drive(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    zoom = body.profile.zoom
    speeds = (zoom.speed_min, zoom.speed_max) if zoom else None
    part = _part_per_s(words[0], speeds)
    if part is None:
        return SYNTAX
    body.zoom_at_speed(part, now)
    return Begun(_next_cycle(body, now), "zoom")


def _zoom_fine(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    way, speed = words[0], int("".join(words[1:]), 16)
    if body.profile.layout != "F" or (way == "0") != (speed == 0):
        return SYNTAX
    part = {"0": 0, "2": 1, "3": -1}[way] * speed / 0xFFFF / ZOOM_FULL_S
    body.zoom_at_speed(part, now)
    return Begun(_next_cycle(body, now), "zoom")


def _zoom_to(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    if body.profile.zoom is None:
        return SYNTAX
    there = body.go_zoom(int("".join(words[:4]), 16), now)
    if words[4:]:
        there = max(there, body.go_focus(int("".join(words[4:]), 16), now))
    body.to_place(there, now, focus=bool(words[4:]))
    return Begun(there + body.profile.timing.cycle_s, "zoom")


def _focus_drive(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    focus = body.profile.focus
    part = _part_per_s(words[0], (focus.speed_min, focus.speed_max) if focus else None)
    if part is None:
        return SYNTAX
    if body.values["focus_mode"] == 2:
        return NOT_NOW
    body.focus_at_speed(-part, now)
    return Begun(_next_cycle(body, now), "focus")


def _focus_to(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    if body.values["focus_mode"] == 2:
        return NOT_NOW
    there = body.go_focus(int("".join(words), 16), now)
    body.to_place(there, now, focus=True)
    return Begun(there + body.profile.timing.cycle_s, "focus")


def _focus_mode(body: Body, now: float, words: Sequence[str]) -> Begun:
    toggled = 5 - body.values["focus_mode"]
    body.values["focus_mode"] = {"02": 2, "03": 3, "10": toggled}[words[0]]
    if body.values["focus_mode"] == 2:
        body.go_focus(body.subject, now)
    else:
        body.focus.halt(now)
    return Begun(now + _SET_S)


def _focus_trigger(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    focus = body.profile.focus
    if focus is None or body.values["focus_mode"] == 2:
        return NOT_NOW if focus else SYNTAX
    there = body.go_focus(body.subject if words[0] == "1" else focus.far, now)
    return Begun(there + body.profile.timing.cycle_s, "focus")


def _white_balance_trigger(body: Body, now: float, words: Sequence[str]) -> Begun:
    body.absorbed_until = now + _TRIGGER_S
    return Begun(body.absorbed_until)


def _menu(body: Body, now: float, words: Sequence[str]) -> Begun:
    body.values["menu"] = 5 - body.values["menu"]
    return Begun(now + _SET_S)


def _preset(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    action, number, presets = words[0], int(words[1], 16), body.profile.presets
    if presets is None or not presets.first <= number < presets.first + presets.count:
        return SYNTAX
    if number in presets.reserved:
        return Begun(now + _SET_S)  # means something else, which nobody sees here
    if action == "2":
        return _gone(body, "recall", body.recall(number, now), now)
    if action == "1":
        body.store(number, now)
    else:
        body.clear(number)
    return Begun(now + _STORE_S)


def _preset_speed(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    number, step, presets = int(words[0], 16), int(words[1], 16), body.profile.presets
    if presets is None or not presets.first <= number < presets.first + presets.count or not step:
        return SYNTAX
    body.preset_speeds[number] = step
    return Begun(now + _SET_S)


def _lamp(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    tally, lamp = body.profile.tally, {"010a": "red", "041a": "green", "0411": "yellow"}[words[0]]
    if tally is None or tally.form != "sony" or lamp not in tally.lights:
        return SYNTAX
    body.light(lamp, words[1] == "2", now)
    return Begun(now + _SET_S)


def _lamp_of_others(body: Body, now: float, words: Sequence[str]) -> Begun | str:
    if body.profile.tally is None or body.profile.tally.form != "ptzoptics":
        return SYNTAX
    body.light("red", words[0] != "3", now)
    return Begun(now + _SET_S)


def _tracking(form: str) -> Callable[[Body, float, Sequence[str]], Begun | str]:
    def act(body: Body, now: float, words: Sequence[str]) -> Begun | str:
        if body.profile.tracking != form:
            return SYNTAX
        body.track(words[0] == ("1" if form == "sony" else "2"), now)
        return Begun(now + _SET_S)

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


_Act = Callable[[Body, float, Sequence[str]], Begun | str]
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
    ("01060605|01060604", "menu", "oem", _nothing),
    ("017e(010a|041a|0411)000([23])", "", "tally", _lamp),
    ("017e010a010[045]", "", "tally", _nothing),
    ("0a02020([123])", "", "tally", _lamp_of_others),
    ("017e043a0([01])", "", "tracking", _tracking("sony")),
    ("0a11540([23])", "", "tracking", _tracking("ptzoptics")),
    ("0a020187010([23])", "", "tracking", _tracking("oem")),
)
_COMMANDS = tuple((re.compile(pattern), kind, who, act) for pattern, kind, who, act in _ROWS)
