"""The words of VISCA of camera modules and older cameras: privacy zones, spot exposure, memory.

Data only, by the grammar of `row`: knows neither how a row is read nor any camera model. What
every camera has stands in `table` and `picture`. Names are the field's words, subject first; the
EVI-D30's own tracking is called `target` (a person that it follows) and `motion`.

Sources: Sony FCB-EV7500 command list p.1-6 and inquiry list 1-3; EVI-D70 command list; EVI-D30
command list, as libvisca's definitions have it; AVer's tracking as two programs send it, which do
not agree on the byte for off.
"""

from __future__ import annotations

_TARGETS = {
    "target_tracking": "01",
    "target_exposure": "02",
    "target_zoom": "03",
    "target_frame": "04",
    "target_offset": "05",
    "target_start": "06",
    "motion_tracking": "08",
}
_FINE = {"exposure_compensation_fine": "0E", "aperture_fine": "02"}

MODULE_SETTINGS = """
auto_power_off              04 40 -> minutes:4
night_power_off             04 41 -> minutes:4
digital_zoom_separate       04 36 -> on?01,00
digital_zoom_position       04 46 -> 00 00 value:2
spot_exposure               04 59 -> on?02,03
spot_exposure_position      04 29 -> x:2 y:2
data_display                04 15 -> on?02,03
night_alarm                 04 31 -> on?02,03
exposure_compensation_fine  04 1F 4E -> 00 00 value:2
aperture_fine               04 1F 42 -> 00 00 value:2
privacy_display             04 77 -> mask_d mask_c mask_b mask_a
"""

MODULE_COMMANDS = (
    """
digital_zoom_stop           01 04 06 00
digital_zoom_tele_variable  01 04 06 2+speed
digital_zoom_wide_variable  01 04 06 3+speed
digital_zoom_toggle         01 04 06 10
lens_initialize             01 04 19 01
camera_initialize           01 04 19 03
data_display_toggle         01 04 15 10
night_auto_threshold_fine   01 04 1F 21 00 00 value:2
night_auto_level_fine       01 04 1F 21 01 00 value:2
memory                      01 04 23 address:1 data:4
privacy_zone                01 04 76 mask new?01,00 width:2 height:2
privacy_colour              01 04 78 mask_d mask_c mask_b mask_a colour_0 colour_1
privacy_angle               01 04 79 pan:-3 tilt:-3
privacy_place               01 04 7B mask pan:-3 tilt:-3 zoom:4
privacy_fixed               01 04 6F mask x:-2 y:-2 width:2 height:2
privacy_centre              01 04 7C on?04,03
tracking_aver               01 04 7D mode=00,01,02,03 00
target_chase                01 07 07 mode=00,01,02
target_chase_next           01 07 07 10
target_entry                01 07 15 mode=00,01,02,03
target_lost_notice          01 06 20 07 20
motion_frame                01 07 09
motion_detect               01 07 0A on?02,03
motion_lost_notice          01 06 20 07 21
"""
    + "".join(
        f"{n} 01 07 {code} on?02,03\n{n}_toggle 01 07 {code} 10\n" for n, code in _TARGETS.items()
    )
    + "".join(
        f"{n}_reset 01 04 1F {code} 00 00\n"
        f"{n}_up 01 04 1F {code} 02 step\n{n}_down 01 04 1F {code} 03 step\n"
        for n, code in _FINE.items()
    )
)

MODULE_INQUIRIES = """
colour_gain_fine            09 04 1F 49 colour:1 -> value:2
hue_fine                    09 04 1F 4F colour:1 -> value:2
night_auto_threshold_fine   09 04 1F 21 00 -> 00 00 value:2
night_auto_level_fine       09 04 1F 21 01 -> 00 00 value:2
lens_temperature            09 04 68 -> 00 00 value:2 | audio?02,03
memory                      09 04 23 address:1 -> data:4
register                    09 04 24 register -> value:2
mute                        09 04 75 -> on?02,03
motion_detection            09 04 1B -> on?02,03
motion_detection_levels     09 04 1C -> display:1 frames:1 threshold:2 interval:2
motion_detection_window     09 04 1D frame:1 -> left top:1 right bottom:1
zoom_notices                09 04 69 -> on?02,03
zoom_notice_interval        09 04 6A -> 00 00 value:2
focus_notices               09 04 16 -> on?02,03
focus_notice_interval       09 04 1A -> 00 00 value:2
privacy_shown               09 04 6F -> mask_d mask_c mask_b mask_a
privacy_angle               09 04 79 -> pan:-3 tilt:-3
privacy_place               09 04 7B mask -> pan:-3 tilt:-3 zoom:4
target_or_motion            09 07 22
target_tracking             09 07 23
motion_tracking             09 07 24
"""
