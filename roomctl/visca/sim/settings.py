"""What a simulated camera only keeps and gives back: picture, exposure, white balance and more.

Data, and who has it; knows no movement. A row is

    name, command, question, form of the answer, value at first, who has it

The groups of the command, joined, are the value. Forms: `byte`; `nibbles` 0p 0q 0r 0s; `low` the
same, of the lowest nibble only. Sources: Sony SRG-300H, BRC-X400 and BRC-X1000 command lists; for
`oem` the PTZOptics G2's. Values at first are the simulation's own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from roomctl.visca.sim.profile import SimProfile

_ROWS = """
exposure_mode            010439(00|03|0a|0b|0d)     0439  byte    00   exposure
exposure_compensation_on 01043e(0[23])              043e  byte    03   exposure_compensation
gain_limit               01042c0([0-9a-f])          042c  byte    0f   exposure
backlight                010433(0[23])              0433  byte    03   backlight
slow_shutter             01045a(0[23])              045a  byte    03   all
white_balance_mode       010435(0[0-5]|20)          0435  byte    00   white_balance
af_mode                  0104570([012])             0457  byte    00   focus
af_sensitivity           010458(0[23])              0458  byte    02   focus
af_times                 0104270(.)0(.)0(.)0(.)     0427  nibbles 0505 focus
near_limit               0104280(.)0(.)0(.)0(.)     0428  nibbles c000 focus
digital_zoom             010406(0[234])             0406  byte    03   all
effect                   010463(0[0-8])             0463  byte    00   all
freeze                   010462(0[23])              0462  byte    03   all
mirror                   010461(0[23])              0461  byte    03   mirror
flip                     010466(0[23])              0466  byte    03   flip
night                    010401(0[23])              0401  byte    03   all
night_auto               010451(0[23])              0451  byte    03   all
stabiliser               010434(0[23])              0434  byte    03   all
noise_reduction          0104530([0-5])             0453  byte    03   all
gamma                    01045b0([0-9a-f])          045b  byte    00   all
colour_gain              01044900000([0-6])0(.)     0449  low     04   all
hue                      01044f00000([0-6])0(.)     044f  low     07   all
menu                     010606(0[23])              0606  byte    03   all
information_display      017e0118(0[23])            7e0118 byte   02   sony
slow                     010644(0[23])              0644  byte    03   all
speed_type               010645(04|08|18)           0645  byte    08   all
ramp                     0106310([123])             0631  byte    01   all
video_format             010635000(.)               -     byte    00   sony
ir_receive               010608(0[23])              0608  byte    02   ir_receive
ir_notice                017d01([01])30000          -     byte    01   all
preset_source            017e041b0([012])           7e041b byte   00   sony
preset_common            017e041c0(.)0(.)           7e041c nibbles 18  sony
preset_speed_ptzoptics   010601(..)                 -     byte    00   oem
positions_only           017e043d0([01])            -     byte    00   sony
anti_flicker             0104230([012])             0423  byte    00   oem
colour_temperature       010420(..)                 0420  byte    00   oem
red_tuning               0a0112(..)                 -     byte    00   oem
blue_tuning              0a0113(..)                 -     byte    00   oem
flip_ptzoptics           0104a40([0-3])             04a4  byte    00   oem
noise_reduction_3d       0104540(.)                 0454  byte    03   oem
dynamic_range            0104250000000(.)           0425  nibbles 00   oem
luminance                0104a10000000(.)           04a1  nibbles 07   oem
contrast                 0104a20000000(.)           04a2  nibbles 07   oem
sharpness_mode           010405(0[23])              0405  byte    02   oem
af_zone                  0104aa0([0-3])             04aa  byte    00   oem
focus_lock               0a0468(0[23])              -     byte    03   oem
motion_sync              0a1113(0[23])              -     byte    03   oem
"""

# name, code of reset/up/down, code of direct, lowest, highest, value after reset, who has it
_STEPPED = """
shutter               0a 4a 00 15 08 exposure
iris                  0b 4b 00 11 0b exposure
gain                  0c 4c 01 0f 01 exposure
bright                0d 4d 00 1f 10 exposure
exposure_compensation 0e 4e 00 0e 07 exposure_compensation
red_gain              03 43 00 ff 80 white_balance
blue_gain             04 44 00 ff 80 white_balance
aperture              02 42 00 0f 08 all
"""

_TOGGLES = {"01060610": ("menu", "all"), "01060810": ("ir_receive", "ir_receive")}
_MODES = {
    "exposure_mode": {0: "auto", 3: "manual", 0xA: "shutter", 0xB: "iris", 0xD: "bright"},
    "white_balance_mode": dict(
        enumerate(("auto", "indoor", "outdoor", "one_push", "atw", "manual"))
    ),
}
_SONY = {"0001", "0010", "0020"}
LOOK = ("exposure_mode", "white_balance_mode", "focus_mode", "backlight", "effect")
"""What a preset brings back beside the place, and so do all stepped values."""


class Setting(NamedTuple):
    """A value that is set by one command and asked by one question (hex; "-": none)."""

    name: str
    command: re.Pattern[str]
    question: str
    form: str
    first: int
    who: str


class Stepped(NamedTuple):
    """A value that is set directly, or goes up and down by one."""

    name: str
    step: re.Pattern[str]
    direct: re.Pattern[str]
    question: str
    low: int
    high: int
    reset: int
    who: str


def _setting(row: str) -> Setting:
    name, command, question, form, first, who = row.split()
    return Setting(name, re.compile(command), question, form, int(first, 16), who)


def _stepped(row: str) -> Stepped:
    name, step, direct, low, high, reset, who = row.split()
    steps, direct_to = re.compile(f"0104{step}0([023])"), re.compile(f"0104{direct}00000(.)0(.)")
    numbers = int(low, 16), int(high, 16), int(reset, 16)
    return Stepped(name, steps, direct_to, f"04{direct}", *numbers, who)


SETTINGS = tuple(_setting(row) for row in _ROWS.strip().splitlines())
STEPPED = tuple(_stepped(row) for row in _STEPPED.strip().splitlines())


def at_first() -> dict[str, int]:
    """Return what a camera that comes from its box is set to."""
    return {
        **{row.name: row.first for row in SETTINGS},
        **{row.name: row.reset for row in STEPPED},
        "focus_mode": 2,
        "last_preset": 0x7F,
    }


def has(profile: SimProfile, who: str) -> bool:
    """Whether cameras of this profile have what is marked `who`."""
    match who:
        case "all":
            return True
        case "sony":
            return _is_sony(profile)
        case "oem":
            return not _is_sony(profile)
        case "blocks":  # Sony ILME-FR7, BRC-AM7: none
            return profile.layout != "F"
        case "limits":  # models that tell them
            return profile.pan_tilt and profile.layout in "BCF"
    return bool(getattr(profile, who))


def _is_sony(profile: SimProfile) -> bool:
    return not _SONY.isdisjoint(code.partition(":")[0] for code in profile.match)


def kept(profile: SimProfile, values: dict[str, int], frame: str) -> tuple[str, int | None] | None:
    """Return the name and the value that a command sets; value None: out of range.

    None: the command sets nothing that a camera of this profile only keeps.
    """
    if frame in _TOGGLES and has(profile, _TOGGLES[frame][1]):
        name, _ = _TOGGLES[frame]
        return name, 5 - values[name]
    for row in SETTINGS:
        if (found := row.command.fullmatch(frame)) and has(profile, row.who):
            value = int("".join(found.groups()), 16)
            return row.name, value if _known(profile, row.name, value) else None
    for stepped in STEPPED:
        if (found := stepped.step.fullmatch(frame)) and has(profile, stepped.who):
            return stepped.name, _step(stepped, values[stepped.name], found[1])
        if (found := stepped.direct.fullmatch(frame)) and has(profile, stepped.who):
            value = int(found[1] + found[2], 16)
            return stepped.name, value if stepped.low <= value <= stepped.high else None
    return None


def told(profile: SimProfile, values: dict[str, int], question: str) -> str | None:
    """Return the answer's data to the question for a value; None: nobody knows it."""
    for row in SETTINGS:
        if row.question == question and has(profile, row.who):
            return _form(row.form, values[row.name])
    for stepped in STEPPED:
        if stepped.question == question and has(profile, stepped.who):
            return _form("nibbles", values[stepped.name])
    return None


def _form(form: str, value: int) -> str:
    if form == "byte":
        return f"{value:02x}"
    return "".join(f"0{digit}" for digit in f"{value & 15 if form == 'low' else value:04x}")


def _known(profile: SimProfile, name: str, value: int) -> bool:
    if name not in _MODES or value not in _MODES[name]:
        return name not in _MODES or has(profile, "oem")
    modes: tuple[str, ...] = (*profile.exposure, *profile.white_balance)
    return _MODES[name][value] in modes


def _step(row: Stepped, value: int, way: str) -> int:
    if way == "0":
        return row.reset
    return min(value + 1, row.high) if way == "2" else max(value - 1, row.low)
