"""The words of VISCA: every documented command, inquiry and answer, as rows of bytes.

Data only: knows neither how a row is read (`lexicon`) nor any camera model. A row is a name and
the bytes between header and FF, by the field's words. Its tokens:

| token            | stands for                                                                  |
|------------------|-----------------------------------------------------------------------------|
| `04`             | that byte                                                                   |
| `preset`         | a whole byte, 00-FE                                                         |
| `speed[01-FE]`   | a whole byte in that range                                                  |
| `mode=02,03`     | one of these bytes; the value is the byte                                   |
| `on?02,03`       | a bit: the first byte is true, the second false                             |
| `2+speed`        | high nibble 2, the low nibble is the value                                  |
| `value:4`        | so many bytes of one nibble each, high first, unsigned                      |
| `pan:-5`         | the same, two's complement over all of them                                 |
| `model:w`        | two whole bytes, high first                                                 |

In INQUIRIES the answer's data stand after `->`, alternatives after `|`; an inquiry without `->`
has answers whose meaning differs by model. BITS names the bits of a field that are known: field,
lowest bit, width (0: a boolean). Sources: Sony SRG-300H, BRC-X400, BRC-X1000, BRC-H700, ILME-FR7,
BRC-AM7, EVI-D70 and EVI-HD7V command lists; PTZOptics G2 and G3 command lists.
"""

from __future__ import annotations

_STEPS = {
    "shutter": "0A",
    "iris": "0B",
    "gain": "0C",
    "bright": "0D",
    "exposure_compensation": "0E",
    "red_gain": "03",
    "blue_gain": "04",
    "aperture": "02",
}
_DIRECT = {
    "shutter": "4A",
    "iris": "4B",
    "gain": "4C",
    "bright": "4D",
    "exposure_compensation": "4E",
    "red_gain": "43",
    "blue_gain": "44",
    "aperture": "42",
}

COMMANDS = (
    """
if_clear                    01 00 01
power                       01 04 00 on?02,03

zoom_stop                   01 04 07 00
zoom_tele                   01 04 07 02
zoom_wide                   01 04 07 03
zoom_tele_variable          01 04 07 2+speed
zoom_wide_variable          01 04 07 3+speed
zoom_direct                 01 04 47 position:4
zoom_focus_direct           01 04 47 zoom:4 focus:4
digital_zoom                01 04 06 mode=02,03,04
zoom_fine_stop              01 7E 04 17 00 00 00 00 00
zoom_fine_tele              01 7E 04 17 02 speed:4
zoom_fine_wide              01 7E 04 17 03 speed:4

focus_stop                  01 04 08 00
focus_far                   01 04 08 02
focus_near                  01 04 08 03
focus_far_variable          01 04 08 2+speed
focus_near_variable         01 04 08 3+speed
focus_direct                01 04 48 position:4
focus_mode                  01 04 38 auto?02,03
focus_mode_toggle           01 04 38 10
focus_one_push              01 04 18 01
focus_infinity              01 04 18 02
focus_near_limit            01 04 28 position:4
focus_lock                  0A 04 68 on?02,03
af_mode                     01 04 57 mode:1
af_sensitivity              01 04 58 normal?02,03
af_times                    01 04 27 move:2 interval:2
af_zone                     01 04 AA zone:1

exposure_mode               01 04 39 mode=00,03,0A,0B,0D
exposure_compensation_on    01 04 3E on?02,03
gain_limit                  01 04 2C value:1
backlight                   01 04 33 on?02,03
slow_shutter                01 04 5A on?02,03
anti_flicker                01 04 23 mode:1

white_balance_mode          01 04 35 mode=00,01,02,03,04,05,20
white_balance_trigger       01 04 10 05
colour_temperature          01 04 20 value
red_tuning                  0A 01 12 value
blue_tuning                 0A 01 13 value

effect                      01 04 63 mode=00,02,04
freeze                      01 04 62 on?02,03
mirror                      01 04 61 on?02,03
flip                        01 04 66 on?02,03
flip_ptzoptics              01 04 A4 mode=00,01,02,03
night                       01 04 01 on?02,03
night_auto                  01 04 51 on?02,03
noise_reduction             01 04 53 value:1
noise_reduction_3d          01 04 54 value:1
dynamic_range               01 04 25 00 00 00 value:1
gamma                       01 04 5B value:1
colour_gain                 01 04 49 00 00 colour:1 gain:1
hue                         01 04 4F 00 00 colour:1 hue:1
luminance                   01 04 A1 00 00 00 value:1
contrast                    01 04 A2 00 00 00 value:1
sharpness_mode              01 04 05 mode=02,03
stabiliser                  01 04 34 on?02,03

preset_clear                01 04 3F 00 preset
preset_set                  01 04 3F 01 preset
preset_recall               01 04 3F 02 preset
preset_speed                01 7E 01 0B preset speed
preset_speed_source         01 7E 04 1B mode=00,01,02
preset_speed_common         01 7E 04 1C speed:2
preset_speed_ptzoptics      01 06 01 preset speed
preset_positions_only       01 7E 04 3D 01

pan_tilt_drive              01 06 01 pan_speed[01-FE] tilt_speed[01-FE] """
    """pan_direction=01,02,03 tilt_direction=01,02,03
pan_tilt_absolute           01 06 02 pan_speed[01-FE] tilt_speed pan:-4 tilt:-4
pan_tilt_absolute           01 06 02 pan_speed[01-FE] tilt_speed pan:-5 tilt:-4
pan_tilt_absolute           01 06 02 pan_speed[01-FE] tilt_speed pan:-5 tilt:-5
pan_tilt_relative           01 06 03 pan_speed[01-FE] tilt_speed pan:-4 tilt:-4
pan_tilt_relative           01 06 03 pan_speed[01-FE] tilt_speed pan:-5 tilt:-4
pan_tilt_relative           01 06 03 pan_speed[01-FE] tilt_speed pan:-5 tilt:-5
pan_tilt_home               01 06 04
pan_tilt_reset              01 06 05
pan_tilt_limit_set          01 06 07 00 corner=00,01 pan:-4 tilt:-4
pan_tilt_limit_set          01 06 07 00 corner=00,01 pan:-5 tilt:-4
pan_tilt_limit_set          01 06 07 00 corner=00,01 pan:-5 tilt:-5
pan_tilt_limit_clear        01 06 07 01 corner=00,01 07 0F 0F 0F 07 0F 0F 0F
pan_tilt_limit_clear        01 06 07 01 corner=00,01 07 0F 0F 0F 0F 07 0F 0F 0F
pan_tilt_limit_clear        01 06 07 01 corner=00,01 07 0F 0F 0F 0F 07 0F 0F 0F 0F
pan_tilt_slow               01 06 44 on?02,03
pan_tilt_speed_type         01 06 45 mode=04,08,18
pan_tilt_ramp               01 06 31 value:1
motion_sync                 0A 11 13 on?02,03

menu                        01 06 06 on?02,03
menu_toggle                 01 06 06 10
menu_enter                  01 06 06 05
menu_back                   01 06 06 04
information_display         01 7E 01 18 on?02,03
ir_receive                  01 06 08 on?02,03
ir_receive_toggle           01 06 08 10
ir_notice                   01 7D 01 on?03,13 00 00
video_format                01 06 35 00 value:1

tally_red                   01 7E 01 0A 00 on?02,03
tally_level                 01 7E 01 0A 01 level=00,04,05
tally_green                 01 7E 04 1A 00 on?02,03
tally_yellow                01 7E 04 11 00 on?02,03
tally_ptzoptics             0A 02 02 mode=01,02,03
tracking                    01 7E 04 3A on?01,00
tracking_ptzoptics          0A 11 54 on?02,03
tracking_oem                0A 02 01 87 01 on?02,03
"""
    + "".join(
        f"{name}_reset 01 04 {code} 00\n{name}_up 01 04 {code} 02\n{name}_down 01 04 {code} 03\n"
        for name, code in _STEPS.items()
    )
    + "".join(f"{name}_direct 01 04 {code} 00 00 value:2\n" for name, code in _DIRECT.items())
)

_PLACE = "pan:-4 tilt:-4 | pan:-5 tilt:-4 | pan:-5 tilt:-5"
_UNKNOWN = " ".join(f"b{at}" for at in range(2, 13))

INQUIRIES = (
    f"""
version                     09 00 02 -> vendor:w model:w rom:w sockets
power                       09 04 00 -> on?02,03 | internal_error?04
zoom                        09 04 47 -> position:4
digital_zoom                09 04 06 -> mode=02,03,04
focus                       09 04 48 -> position:4
focus_near_limit            09 04 28 -> position:4
focus_mode                  09 04 38 -> auto?02,03
af_mode                     09 04 57 -> mode:1
af_sensitivity              09 04 58 -> normal?02,03 | 00 00 00 value:1
af_times                    09 04 27 -> move:2 interval:2
af_zone                     09 04 AA -> zone:1
exposure_mode               09 04 39 -> mode=00,03,0A,0B,0D
exposure_compensation_on    09 04 3E -> on?02,03
gain_limit                  09 04 2C -> value:1
backlight                   09 04 33 -> on?02,03
slow_shutter                09 04 5A -> on?02,03
white_balance_mode          09 04 35 -> mode=00,01,02,03,04,05,20
colour_temperature          09 04 20 -> value
effect                      09 04 63 -> mode:1
freeze                      09 04 62 -> on?02,03
mirror                      09 04 61 -> on?02,03
flip                        09 04 66 -> on?02,03
night                       09 04 01 -> on?02,03
night_auto                  09 04 51 -> on?02,03
flip_ptzoptics              09 04 A4 -> mode=00,01,02,03
noise_reduction             09 04 53 -> value:1
noise_reduction_3d          09 04 54 -> value:1
gamma                       09 04 5B -> value:1
colour_gain                 09 04 49 -> 00 00 00 gain:1
hue                         09 04 4F -> 00 00 00 hue:1
luminance                   09 04 A1 -> 00 00 value:2
contrast                    09 04 A2 -> 00 00 value:2
sharpness_mode              09 04 05 -> mode=02,03
stabiliser                  09 04 34 -> on?02,03
preset                      09 04 3F -> preset
preset_speed                09 7E 01 0B preset -> speed
pan_tilt_position           09 06 12 -> {_PLACE}
pan_tilt_limit              09 06 07 corner=00,01 -> {_PLACE}
pan_tilt_status             09 06 10 -> status:w
pan_tilt_max_speed          09 06 11 -> pan_speed tilt_speed
pan_tilt_slow               09 06 44 -> on?02,03
pan_tilt_speed_type         09 06 45 -> mode
pan_tilt_ramp               09 06 31 -> value:1
menu                        09 06 06 -> on?02,03
ir_receive                  09 06 08 -> on?02,03
tally_red                   09 7E 01 0A -> on?02,03
tracking                    09 7E 04 3A -> on?01,00
lens_block                  09 7E 7E 00 -> zoom:4 near_limit_high:2 focus:4 b12 b13 b14
camera_block                09 7E 7E 01 -> red_gain:2 blue_gain:2 b6 b7 b8 b9 """
    f"""shutter iris gain bright b14
other_block                 09 7E 7E 02 -> b2 b3 b4 b5 b6 b7 camera_id:4 b12 b13 b14
enlargement_block           09 7E 7E 03 -> {_UNKNOWN} b13 b14
block_4                     09 7E 7E 04
block_5                     09 7E 7E 05
""" + "".join(f"{name} 09 04 {code} -> value:4\n" for name, code in _DIRECT.items())
)

NOTICES = """
ir_notice                   07 7D 01 04 button=00,07,38,33,3F
ir_notice_pan_tilt          07 7D 01 06 01
"""

# Families place some bits of the pan-tilt status differently, and nothing in the answer tells
# which: those carry the family's name (srg: SRG, BRC-X; fr7: FR7, AM7).
BITS: dict[str, dict[str, tuple[str, int, int]]] = {
    "pan_tilt_status": {
        "left_end": ("status", 0, 0),
        "right_end": ("status", 1, 0),
        "up_end": ("status", 2, 0),
        "down_end": ("status", 3, 0),
        "pan": ("status", 4, 2),
        "srg_tilt": ("status", 8, 2),
        "srg_move": ("status", 10, 2),
        "srg_init": ("status", 12, 2),
        "fr7_tilt": ("status", 6, 2),
        "fr7_move": ("status", 8, 2),
        "fr7_init": ("status", 10, 2),
    },
    "lens_block": {
        "auto_focus": ("b13", 0, 0),
        "digital_zoom": ("b13", 1, 0),
        "af_sensitivity": ("b13", 2, 0),
        "zoom_executing": ("b14", 0, 0),
        "focus_executing": ("b14", 1, 0),
        "recall_executing": ("b14", 2, 0),
    },
    "camera_block": {
        "white_balance_mode": ("b6", 0, 4),
        "aperture": ("b7", 0, 4),
        "exposure_mode": ("b8", 0, 4),
        "slow_shutter": ("b9", 0, 0),
        "exposure_compensation_on": ("b9", 1, 0),
        "backlight": ("b9", 2, 0),
        "exposure_compensation": ("b14", 0, 4),
    },
    "other_block": {"power": ("b2", 0, 0), "effect": ("b5", 0, 4)},
    "enlargement_block": {"noise_reduction": ("b13", 0, 3), "gain_limit": ("b14", 0, 4)},
}
