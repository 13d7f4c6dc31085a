"""The words of VISCA that Lumens added, and Marshall with it: steps, curves, audio, network, banks.

Data only, by the grammar of `row`: knows neither how a row is read nor any camera model. Where
Lumens writes bytes that another maker's list had before (alarm for audio in, high sensitivity for
a preset's focus), that list's name stands, and the value is raw. Its zoom with a speed behind the
position is left out: a zoom and focus that lost three bytes on the line would look like one. What
the answers to the last inquiries look like is not in the list: they stay bytes.

Source: Lumens VC-A61P RS-232 command set 1.4 (RS127), which Marshall's CV355-30X-IP follows.
"""

from __future__ import annotations

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
