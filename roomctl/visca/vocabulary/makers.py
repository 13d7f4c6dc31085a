"""The words of VISCA that some makers have alone: camera modules and older cameras, then Lumens.

Data only, by the `grammar`: knows neither how a row is read nor any camera model. What every camera
has stands in `commands` and `picture`. Names are the field's words, subject first; the EVI-D30's
own tracking is called `target` (a person that it follows) and `motion`.

Lumens, and Marshall with it, added steps, curves, audio, network and banks. Where Lumens writes
bytes that another maker's list had before (alarm for audio in, high sensitivity for a preset's
focus), that list's name stands, and the value is raw. Its zoom with a speed behind the position is
left out: a zoom and focus that lost three bytes on the line would look like one. What the answers
to the last inquiries look like is not in the list: they stay bytes.

Sources: Sony FCB-EV7500 command list p.1-6 and inquiry list 1-3; EVI-D70 command list; EVI-D30
command list, as libvisca's definitions have it; AVer's tracking as two programs send it, which do
not agree on the byte for off. Lumens VC-A61P RS-232 command set 1.4 (RS127), which Marshall's
CV355-30X-IP follows.
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

_ADDRESS = "first:2 second:2 third:2 fourth:2"

LUMENS_SETTINGS = f"""
zoom_memory                 04 47 00 -> on?02,03
focus_curve                 04 38 03 -> mode=02,03
af_frame                    04 5C -> mode=01,02,03
digital_zoom_limit          04 26 -> value:1
face_detection              7E 01 01 -> on?02,03
flickerless                 04 3C -> mode=00,01,02
iris_limit_min              04 2B -> value:1
iris_limit_max              04 2A -> value:1
iris_beyond_limit           04 2F -> on?02,03
rotation                    04 67 -> on?02,03
video_range                 06 37 -> mode=01,02
prompt                      04 07 00 -> on?02,03
image_mode                  04 3F 04 -> mode=00,01
audio_volume                04 6E -> value:1
audio_encoding              04 6D -> mode=00,01,02,03,04
network_dhcp                7C 01 -> on?02,03
network_address             7C 02 -> {_ADDRESS}
network_mask                7C 03 -> {_ADDRESS}
network_gateway             7C 04 -> {_ADDRESS}
network_dns                 7C 05 -> {_ADDRESS}
"""

LUMENS_COMMANDS = """
zoom_tele_step              01 04 07 04
zoom_wide_step              01 04 07 05
focus_far_step              01 04 08 04
focus_near_step             01 04 08 05
af_frame_next               01 04 5C 10
preset_clear_upper          01 04 3F 10 preset
preset_set_upper            01 04 3F 11 preset
preset_recall_upper         01 04 3F 12 preset
factory_reset               01 04 3F 03 00
image_mode_load             01 04 3F 05 mode=00,01
video_format_lumens         01 06 35 value[01-FE] 00
pan_tilt_standby            01 7E 01 0A 03 mode=02,03
cross_line                  01 04 75 DD 04 on?02,03
model_set                   01 04 23 vendor:w model:w
audio                       01 04 68 on?02,03
audio_delay                 01 04 6F on?02,03
audio_delay_time            01 04 6A time:3
"""

LUMENS_INQUIRIES = """
tally_level                 09 7E 01 0A 01 -> level[00-07]
tally_lamp                  09 7E 01 0A 00 -> on?02,03
system_status               09 04 00 01
firmware                    09 00 02 00 part[00-07]
serial_number               09 02 18
mac_address                 09 04 78
camera_id_lumens            09 7E CE
"""
