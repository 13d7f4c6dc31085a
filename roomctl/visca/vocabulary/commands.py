"""The words of VISCA: power, zoom, focus, presets, pan and tilt, menu, tally, tracking, system.

Data only, by the `grammar`: knows neither how a row is read nor any camera model.
The picture's words stand in `picture`, answers of many values in `blocks`. Names
are the field's words, subject first; what only one maker has, or writes in its own way, ends with
the maker's name.

Sources: Sony SRG-300H, BRC-X400, BRC-X1000, BRC-H700, ILME-FR7, BRC-AM7 command lists; EVI-D70
p.42, EVI-D80 p.31 and 33, EVI-HD7V, BRC-300 p.14, FCB-EV7520A p.39, FCB-EX1010P p.37 manuals;
PTZOptics manual Rev 1.5 (8/20) p.17-23, PTZOptics G2 list (10/27/2023), BZBGEAR BG-UPTZ-ND p.24.
"""

from __future__ import annotations

_PLACES = ("pan:-4 tilt:-4", "pan:-5 tilt:-4", "pan:-5 tilt:-5")
_LIMITS_OFF = (
    "07 0F 0F 0F 07 0F 0F 0F",
    "07 0F 0F 0F 0F 07 0F 0F 0F",
    "07 0F 0F 0F 0F 07 0F 0F 0F 0F",
)
_PLACE = " | ".join(_PLACES)

SETTINGS = """
digital_zoom                04 06 -> mode=02,03,04
zoom_speed_type             7E 04 57 -> mode=04,08
tele_convert                7E 04 36 -> on?02,03
focus_mode                  04 38 -> auto?02,03
focus_near_limit            04 28 -> position:4
af_mode                     04 57 -> mode:1
af_times                    04 27 -> move:2 interval:2
af_zone                     04 AA -> zone:1
preset_speed_source         7E 04 1B -> mode=00,01,02
preset_speed_common         7E 04 1C -> speed:2
preset_freeze               7E 04 3B -> on?02,03
pan_tilt_slow               06 44 -> on?02,03
pan_tilt_speed_type         06 45 -> mode=04,08,18
pan_tilt_ramp               06 31 -> value:1
menu                        06 06 -> on?02,03
ir_receive                  06 08 -> on?02,03
information_display         7E 01 18 -> on?02,03
camera_id                   04 22 -> id:4
key_lock                    04 17 -> on?02,00
tracking                    7E 04 3A -> on?01,00
standby_mode                7E 04 50 -> mode=02,03
"""

COMMANDS = (
    """
if_clear                    01 00 01
clock_set                   01 00 03 hour minute second day month year:4
power                       01 04 00 on?02,03

zoom_stop                   01 04 07 00
zoom_tele                   01 04 07 02
zoom_wide                   01 04 07 03
zoom_tele_variable          01 04 07 2+speed
zoom_wide_variable          01 04 07 3+speed
zoom_direct                 01 04 47 position:4
zoom_focus_direct           01 04 47 zoom:4 focus:4
zoom_fine_stop              01 7E 04 17 00 00 00 00 00
zoom_fine_tele              01 7E 04 17 02 speed:4
zoom_fine_wide              01 7E 04 17 03 speed:4
zoom_notices                01 04 69 on?02,03
zoom_notice_interval        01 04 6A 00 00 value:2

focus_stop                  01 04 08 00
focus_far                   01 04 08 02
focus_near                  01 04 08 03
focus_far_variable          01 04 08 2+speed
focus_near_variable         01 04 08 3+speed
focus_direct                01 04 48 position:4
focus_mode_toggle           01 04 38 10
focus_mode_one_push         01 04 38 04
focus_one_push              01 04 18 01
focus_infinity              01 04 18 02
focus_push                  01 7E 04 58 pressed?01,00
focus_lock                  0A 04 68 on?02,03
focus_notices               01 04 16 on?02,03
focus_notice_interval       01 04 1A 00 00 value:2
af_sensitivity              01 04 58 mode=01,02,03
af_calibrate                0A 01 03 10

preset_clear                01 04 3F 00 preset
preset_set                  01 04 3F 01 preset
preset_recall               01 04 3F 02 preset
preset_speed                01 7E 01 0B preset speed
preset_speed_ptzoptics      01 06 01 preset speed
preset_speed_ptzoptics      01 06 01 speed
preset_positions_only       01 7E 04 3D 01
preset_mode                 01 7E 04 3D mode=00,10
preset_separate_mode        01 7E 04 27 preset duration?01,00
preset_duration             01 7E 04 67 preset value:3
preset_ramp                 01 06 35 value:1
trace_record                01 7E 04 20 00 trace:1 02
trace_record_stop           01 7E 04 20 00 00 03
trace_prepare               01 7E 04 20 01 trace:1 01
trace_play                  01 7E 04 20 01 00 02
trace_delete                01 7E 04 20 02 trace:1 00

pan_tilt_drive              01 06 01 pan_speed[01-FE] tilt_speed[01-FE] """
    """pan_direction=01,02,03 tilt_direction=01,02,03
pan_tilt_home               01 06 04
pan_tilt_reset              01 06 05
pan_reverse                 01 7E 01 06 00 on?01,00
tilt_reverse                01 7E 01 09 00 on?01,00
motion_sync                 0A 11 13 on?02,03
motion_sync_speed           0A 11 14 speed

menu_toggle                 01 06 06 10
menu_enter                  01 06 06 05
menu_back                   01 06 06 04
menu_enter_sony             01 7E 01 02 00 01
menu_selector               01 7E 04 40 direction:2 pressed?01,00
menu_direct                 01 7E 04 72 item pressed?01,00
menu_dial_push              01 7E 04 74 01 00 pressed?01,00
menu_dial_up                01 7E 04 41 02 step:2
menu_dial_down              01 7E 04 41 03 step:2
osd                         01 7E 04 76 output=00,01 on?02,03
button_display              01 7E 04 75 pressed?01,00
button_assignable           01 7E 04 73 button[01-0A] pressed?01,00
button_record               01 7E 04 1D pressed?01,00
ir_receive_toggle           01 06 08 10
ir_notice                   01 7D 01 on?03,13 00 00
register                    01 04 24 register value:2
settings_save               01 04 A5 10
mute                        01 04 75 on?02,03
mute_toggle                 01 04 75 10
title_set                   01 04 73 1+line 00 column colour blink opening 00 00 00 00 00
title_text_left             01 04 73 2+line c1 c2 c3 c4 c5 c6 c7 c8 c9 c10
title_text_right            01 04 73 3+line c1 c2 c3 c4 c5 c6 c7 c8 c9 c10
title_clear                 01 04 74 1+line
title_show                  01 04 74 2+line
title_hide                  01 04 74 3+line
alarm                       01 04 6B on?02,03
alarm_mode                  01 04 6C mode
alarm_time                  01 04 6D value:2
alarm_levels                01 04 6D day:3 night:3
motion_detection            01 04 1B on?02,03
motion_detection_levels     01 04 1C display:1 frames:1 threshold:2 interval:2
motion_detection_window     01 04 1D frame:1 left top:1 right bottom:1

audio_level_control         01 7E 04 60 channel=01,02 auto?01,00
audio_level_up              01 7E 04 62 02 channel=00,01,02 step:2
audio_level_down            01 7E 04 62 03 channel=00,01,02 step:2
audio_level_direct          01 7E 04 61 channel=00,01,02 00 00 value:2
usb_audio                   2A 02 A0 04 on?02,03
ndi_mode                    0B 01 mode=01,02,03,04
ndi_quality                 0B 01 01 mode=01,02,03,04
multicast                   0B 01 23 on?01,02

tally_red                   01 7E 01 0A 00 on?02,03
tally_level                 01 7E 01 0A 01 level[00-07]
tally_green                 01 7E 04 1A 00 on?02,03
tally_yellow                01 7E 04 11 00 on?02,03
tally_ptzoptics             0A 02 02 mode=01,02,03
tracking_ptzoptics          0A 11 54 on?02,03
tracking_oem                0A 02 01 87 01 on?02,03
"""
    + "".join(
        f"pan_tilt_absolute 01 06 02 pan_speed[01-FE] tilt_speed {place}\n"
        f"pan_tilt_relative 01 06 03 pan_speed[01-FE] tilt_speed {place}\n"
        f"pan_tilt_limit_set 01 06 07 00 corner=00,01 {place}\n"
        for place in _PLACES
    )
    + "".join(f"pan_tilt_limit_clear 01 06 07 01 corner=00,01 {off}\n" for off in _LIMITS_OFF)
)

INQUIRIES = f"""
version                     09 00 02 -> vendor:w model:w rom:w sockets
generation                  09 7E 04 30 -> generation:1 reserved:8 model:w similar_model:w
power                       09 04 00 -> on?02,03 | internal_error?04
zoom                        09 04 47 -> position:4
focus                       09 04 48 -> position:4
af_sensitivity              09 04 58 -> mode=01,02,03 | 00 00 00 value:1
preset                      09 04 3F -> preset
preset_speed                09 7E 01 0B preset -> speed
preset_mode                 09 7E 04 3D -> mode=00,01,10
trace_status                09 7E 04 20 03 -> value:1
trace_recorded_all          09 7E 04 20 10 00 00 -> traces:4
trace_recorded              09 7E 04 20 10 01 trace:1 -> on?01,00
trace_prepared              09 7E 04 20 01 00 00 -> trace
pan_tilt_position           09 06 12 -> {_PLACE}
pan_tilt_limit              09 06 07 corner=00,01 -> {_PLACE}
pan_tilt_max_speed          09 06 11 -> pan_speed tilt_speed
pan_reverse                 09 7E 01 06 -> on?01,00
tilt_reverse                09 7E 01 09 -> on?01,00
osd                         09 7E 04 76 output=00,01 -> on?02,03
button_lamp                 09 7E 04 6E button[01-0A] -> on?01,00
recording                   09 7E 04 1E -> on?01,00
ir_condition                09 06 34 -> mode=00,01,02
title                       09 7E 01 13 -> on?02,03
preset_title                09 7E 01 17 -> on?02,03
audio_level_control         09 7E 04 60 channel=01,02 -> auto?01,00
audio_level                 09 7E 04 61 channel=00,01,02 -> 00 00 value:2
usb_audio                   2A 02 A0 04 -> on?02,03
tally_red                   09 7E 01 0A -> on?02,03
tally_green                 09 7E 04 1A -> on?02,03
tally_yellow                09 7E 04 11 -> on?02,03
"""
