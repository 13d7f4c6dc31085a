"""The words of VISCA for the picture: exposure, colour, detail, knee, gamma, filters, format.

Data only, by the `grammar`; everything else a camera can be told stands in
`commands`. Makers disagree here more than anywhere: where two of them mean different things by
the same bytes, the name is that of the list that is told first, and the value is raw.

Sources: Sony SRG-300H, BRC-X400, BRC-X1000, BRC-AM7 command lists; EVI-D70 p.42, EVI-D80 p.31 and
33, EVI-D100 p.30, EVI-HD1 p.28, BRC-300 p.14, FCB-ER8550 p.39, FCB-EV7520A p.39 manuals; PTZOptics
manual Rev 1.5 (8/20) p.17-22, PTZOptics G2 list (10/27/2023), BZBGEAR BG-UPTZ-ND manual p.24.
"""

from __future__ import annotations

_STEPS = {
    "shutter": "04 0A",
    "iris": "04 0B",
    "gain": "04 0C",
    "bright": "04 0D",
    "exposure_compensation": "04 0E",
    "red_gain": "04 03",
    "blue_gain": "04 04",
    "aperture": "04 02",
    "colour_gain": "04 09",
    "hue": "04 0F",
    "white_balance_offset": "7E 01 2E 00",
    "black_level": "7E 04 15",
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
# BRC-AM7: a step of so many, and the value itself; after the code stands what is meant by it.
_FINE = {
    "preset_white": ("05 03", "01", "05 43 01", "value:4"),
    "red_gain_fine": ("7E 01 63", "02", "7E 04 46 02", "value:4"),
    "blue_gain_fine": ("7E 01 64", "02", "7E 04 56 02", "value:4"),
    "colour_temperature_fine": ("05 03", "02", "05 43 02", "value:4"),
    "tint": ("05 04", "02", "05 44 02", "00 00 value:2"),
    "offset_colour_temperature": ("05 05", "00", "05 45 00", "00 00 value:2"),
    "offset_tint": ("05 06", "00", "05 46 00", "00 00 value:2"),
    "master_black": ("05 18", "", "05 48", "value:4"),
    "red_black": ("7E 01 65", "", "7E 04 43", "value:4"),
    "blue_black": ("7E 01 66", "", "7E 04 44", "value:4"),
}
# Said with two nibbles, answered with two more in front.
_LEVELS = {
    "matrix_r_g": "7E 01 7A",
    "matrix_r_b": "7E 01 7B",
    "matrix_g_r": "7E 01 7C",
    "matrix_g_b": "7E 01 7D",
    "matrix_b_r": "7E 01 7E",
    "matrix_b_g": "7E 01 7F",
    "knee_slope": "7E 01 6F",
    "knee_point": "7E 01 6E",
    "gamma_level": "7E 01 71",
    "black_gamma_level": "7E 01 72",
}

PICTURE_SETTINGS = """
exposure_mode               04 39 -> mode=00,03,0A,0B,0D,0E
exposure_compensation_on    04 3E -> on?02,03
auto_iris                   05 34 -> on?02,03
auto_gain                   7E 01 75 -> on?02,03
auto_shutter                05 35 -> on?02,03
exposure_speed              04 5D -> value
gain_limit                  04 2C -> value:1
gain_point                  05 0C -> on?02,03
gain_point_position         05 4C -> value:2
shutter_max                 05 2A 00 -> value:2
shutter_min                 05 2A 01 -> value:2
slow_shutter                04 5A -> on?02,03
high_sensitivity            04 5E -> on?02,03
low_light                   05 39 -> on?02,03
low_light_level             05 49 -> value:1
backlight                   04 33 -> on?02,03
spotlight                   04 3A -> on?02,03
visibility_enhancer         04 3D -> on?06,03 | wide_dynamic?02
wide_dynamic                7E 04 00 -> mode=00,01,02,03

white_balance_mode          04 35 -> mode[00-33]
white_balance_speed         04 56 -> value:1
white_balance_sensitivity   04 A9 -> mode=00,01,02
chroma_suppress             04 5F -> value
matrix                      7E 01 3D -> mode:1

noise_reduction             04 53 -> value
noise_reduction_3d          04 54 -> value:1
noise_reduction_2d_3d       05 53 -> level_2d:1 level_3d:1
sharpness_mode              04 05 -> mode=02,03
detail                      7E 01 60 -> on?02,03
detail_mode                 05 42 01 -> mode:1
detail_bandwidth            05 42 02 -> value:1
detail_crispening           05 42 03 -> value:1
detail_hv_balance           05 42 04 -> value:1
detail_bw_balance           05 42 05 -> value:1
detail_limit                05 42 06 -> value:1
detail_highlight            05 42 07 -> value:1
detail_super_low            05 42 08 -> value:1
high_resolution             04 52 -> on?02,03
defog                       04 37 -> on?02,03 level:1
stabiliser                  04 34 -> on?02,03 | hold?00
low_latency                 7E 01 5A -> on?02,03
knee                        7E 01 6D -> on?02,03
knee_mode                   7E 01 54 -> mode=00,04
gamma                       04 5B -> value:1
gamma_pattern               05 5B -> value:3
gamma_offset                04 1E -> 00 00 00 negative?01,00 width:2
black_gamma_range           05 5C -> value:1
black_level                 7E 04 45 -> value:2

effect                      04 63 -> mode[00-08]
digital_effect              04 64 -> mode[00-04]
digital_effect_level        04 65 -> value
wide_mode                   04 60 -> mode=00,01,02
freeze                      04 62 -> on?02,03
mirror                      04 61 -> on?02,03
flip                        04 66 -> on?02,03
flip_ptzoptics              04 A4 -> mode=00,01,02,03
colour_bar                  04 7D -> on?02,03
colour_bar_name             7E 04 77 -> on?02,03
flicker_cancel              04 32 -> on?02,03
luminance                   04 A1 -> 00 00 value:2
contrast                    04 A2 -> 00 00 value:2

night                       04 01 -> on?02,03
night_auto                  04 51 -> on?02,03
night_auto_threshold        04 21 -> 00 00 value:2
ir_correction               04 11 -> mode=00,01
nd_mode                     7E 04 52 -> mode=00,01
nd_variable                 7E 04 42 -> 00 00 value:2
nd_auto                     7E 04 53 -> on?02,03
nd_filtered                 7E 04 54 -> on?02,03
nd_preset                   7E 01 53 -> value:1
video_format_select         7E 04 32 -> value:2
""" + "".join(f"{name} {code} -> {form}\n" for name, (_, _, code, form) in _FINE.items())

PICTURE_COMMANDS = (
    """
anti_flicker                01 04 23 mode:1
visibility_enhancer_levels  01 04 2D 00 effect:1 brightness:1 compensation:1 00 00 00 00
gain_direct_ptzoptics       01 04 0C 00 00 value:2
bright_direct_ptzoptics     01 04 0D 00 00 value:2
iris_fine_up                01 7E 04 4B 02 step:2
iris_fine_down              01 7E 04 4B 03 step:2
nd_variable_up              01 7E 04 12 02
nd_variable_down            01 7E 04 12 03
dynamic_range               01 04 25 00 00 00 value:1
white_balance_trigger       01 04 10 05
white_balance_offset_direct 01 7E 01 2E 01 value:1
colour_temperature          01 04 20 value
colour_temperature_direct   01 04 20 value:2
colour_enhance              01 04 50 on?02,03
colour_enhance_levels       01 04 20 threshold 00 high 40 40 low 40 40
red_tuning                  0A 01 12 value
blue_tuning                 0A 01 13 value
colour_gain                 01 04 49 00 00 colour:1 gain:1
hue                         01 04 4F 00 00 colour:1 hue:1
picture_profile             01 7E 04 5F value:1
video_format                01 06 35 00 value:1
video_format_hdmi           01 7E 01 1E value:2
colour_space                01 7E 01 03 00 value:1
h_phase_up                  01 7E 01 3E 00 02
h_phase_down                01 7E 01 3E 00 03
h_phase_x400_up             01 7E 01 5B 00 02
h_phase_x400_down           01 7E 01 5B 00 03
h_phase_direct              01 7E 01 5B 00 value:3
sync_output                 01 7E 01 1A 00 mode=00,01
"""
    + "".join(
        f"{name}_reset 01 {code} 00\n{name}_up 01 {code} 02\n{name}_down 01 {code} 03\n"
        for name, code in _STEPS.items()
    )
    + "".join(f"{name}_direct 01 04 {code} 00 00 value:2\n" for name, code in _DIRECT.items())
    + "".join(f"{name} 01 {code} value:2\n" for name, code in _LEVELS.items())
    + "".join(
        f"{name}_up 01 {code} 02 {of} step:2\n{name}_down 01 {code} 03 {of} step:2\n"
        for name, (code, of, _, _) in _FINE.items()
    )
)

PICTURE_INQUIRIES = (
    """
anti_flicker                09 04 55 -> mode:1
visibility_enhancer_levels  09 04 2D
shooting_mode               09 05 30 -> mode:1
white_balance_offset        09 7E 01 2E -> 00 00 00 value:1
colour_temperature          09 04 20 -> value
colour_gain                 09 04 49 -> 00 00 00 gain:1
hue                         09 04 4F -> 00 00 00 hue:1
noise_reduction_mode        09 04 50 -> auto?02,03
knee_permission             09 7E 04 6D item[00-03] -> value:1
video_format                09 06 23 -> value
video_format_selectable     09 7E 04 31 -> value:1
video_format_status         09 7E 04 33 -> value:2
colour_space                09 7E 01 03 -> value:1
h_phase                     09 7E 01 3E -> 00 value:3
video_output                09 7E 01 04 -> mode:1
rgb_sync                    09 7E 01 07 -> mode:1
data_mix                    09 7E 01 05 -> on?02,03
"""
    + "".join(f"{name} 09 04 {code} -> value:4\n" for name, code in _DIRECT.items())
    + "".join(f"{name} 09 {code} -> 00 00 value:2\n" for name, code in _LEVELS.items())
)
