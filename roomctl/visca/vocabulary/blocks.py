"""Answers that hold many values at once: block inquiries, the pan-tilt status, and notices.

Data only, by the `grammar`. Bytes are numbered as the lists do: b0 is the header,
b1 the 50. BITS names what is known of them: the byte, its lowest bit, and how many (0: a
boolean); several bytes are joined by their low nibbles.

Families place some of it differently, and nothing in an answer tells which family speaks. What
only some of them mean carries their name, and is to be believed of their models alone: srg
(SRG-300H, 120DH, 300SE), x400 (BRC-X400, SRG-X400; PTZOptics where it has the bit), x1000
(BRC-X1000, H800, H780), fr7 (ILME-FR7, BRC-AM7). The whole byte stands beside: shutter, iris, gain
and bright have 4 to 6 bits by the lists, and captured answers of an FCB-ER8550 need them all.

Sources: Sony SRG-300H, BRC-X400, BRC-X1000, BRC-AM7 command lists, their tables of block inquiries
and of the pan-tilt status; PTZOptics manual Rev 1.5 (8/20) p.22.
"""

from __future__ import annotations

_BYTES = " ".join(f"b{at}" for at in range(2, 15))

BLOCKS = (
    """
lens_block                  09 7E 7E 00 -> zoom:4 near_limit_high:2 focus:4 b12 b13 b14
camera_block                09 7E 7E 01 -> red_gain:2 blue_gain:2 b6 b7 b8 b9 """
    """shutter iris gain bright b14
other_block                 09 7E 7E 02 -> b2 b3 b4 b5 b6 b7 camera_id:4 b12 b13 b14
"""
    f"""enlargement_block           09 7E 7E 03 -> {_BYTES}
block_4                     09 7E 7E 04 -> {_BYTES}
block_5                     09 7E 7E 05 -> {_BYTES}
pan_tilt_status             09 06 10 -> status:w
"""
)

NOTICES = """
ir_notice                   07 7D 01 04 button=00,07,38,33,3F
ir_notice_pan_tilt          07 7D 01 06 01
alarm_notice                07 04 6B high?00,01
night_notice                07 04 31 on?02,03
motion_notice               07 04 1B frame:1
zoom_notice                 07 04 69 digital_zoom:2 position:4
focus_notice                07 04 16 00 00 position:4
"""

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
        "fr7_overload": ("status", 12, 0),
    },
    "lens_block": {
        "auto_focus": ("b13", 0, 0),
        "digital_zoom": ("b13", 1, 0),
        "af_sensitivity": ("b13", 2, 0),
        "af_mode": ("b13", 3, 2),
        "x1000_digital_zoom": ("b13", 6, 0),
        "x1000_fan": ("b12", 0, 0),
        "zoom_executing": ("b14", 0, 0),
        "focus_executing": ("b14", 1, 0),
        "recall_executing": ("b14", 2, 0),
        "low_contrast": ("b14", 3, 0),
    },
    "camera_block": {
        "white_balance_mode": ("b6", 0, 4),
        "aperture": ("b7", 0, 4),
        "exposure_mode": ("b8", 0, 4),
        "x1000_wide_dynamic": ("b8", 4, 0),
        "slow_shutter": ("b9", 0, 0),
        "exposure_compensation_on": ("b9", 1, 0),
        "backlight": ("b9", 2, 0),
        "wide_dynamic": ("b9", 4, 0),
        "high_resolution": ("b9", 5, 0),
        "exposure_compensation": ("b14", 0, 4),
    },
    "other_block": {
        "power": ("b2", 0, 0),
        "effect": ("b5", 0, 4),
        "srg_night_auto": ("b2", 2, 0),
        "srg_stabiliser": ("b3", 6, 0),
        "srg_stabiliser_hold": ("b3", 5, 0),
        "night": ("b3", 4, 0),
        "srg_colour_system": ("b12", 0, 1),
        "x400_mirror": ("b3", 2, 0),
        "x1000_flicker_cancel": ("b2", 4, 0),
        "x1000_spotlight": ("b2", 5, 0),
        "x1000_white_balance_offset": ("b6", 0, 4),
        "x1000_effect": ("camera_id", 0, 4),
        "x1000_knee_slope": ("b13", 0, 4),
        "x1000_knee_mode": ("b13", 4, 1),
        "x1000_knee_point": ("b14", 0, 4),
        "x1000_knee": ("b14", 4, 0),
    },
    "enlargement_block": {
        "digital_zoom_position": ("b2 b3", 0, 8),
        "af_move_time": ("b4 b5", 0, 8),
        "af_interval_time": ("b6 b7", 0, 8),
        "noise_reduction": ("b13", 0, 3),
        "gain_limit": ("b14", 0, 4),
        "srg_colour_gain": ("b11", 0, 4),
        "srg_high_sensitivity": ("b13", 3, 0),
        "srg_gamma": ("b13", 4, 3),
        "srg_chroma_suppress": ("b14", 4, 3),
        "x400_af_sensitivity": ("b9", 0, 4),
        "x400_picture_flip": ("b10", 0, 0),
        "x400_colour_gain": ("b11", 3, 4),
        "x400_flip": ("b12", 0, 4),
        "x1000_gain_limit": ("b2", 0, 4),
        "x1000_colour_gain": ("b5", 0, 4),
        "x1000_noise_reduction_2d": ("b8", 4, 3),
        "x1000_noise_reduction_3d": ("b9", 4, 3),
        "x1000_picture_flip": ("b11", 0, 0),
        "x1000_chroma_suppress": ("b14", 0, 4),
    },
    "block_4": {
        "srg_defog": ("b7", 0, 0),
        "x400_white_balance_mode": ("b2", 0, 4),
        "x400_colour_temperature": ("b3", 0, 4),
        "x400_red_gain": ("b4 b5", 0, 8),
        "x400_blue_gain": ("b6 b7", 0, 8),
        "x400_matrix": ("b8", 0, 4),
        "x400_chroma_level": ("b9", 0, 4),
        "x400_colour_level": ("b10", 0, 4),
        "x400_colour_phase": ("b11", 0, 4),
        "x400_chroma_suppress": ("b12", 0, 4),
        "x400_white_balance_speed": ("b13", 0, 4),
        "x400_white_balance_offset": ("b14", 0, 4),
        "x1000_black_gamma_range": ("b3", 4, 3),
        "x1000_black_gamma_level": ("b7", 0, 4),
        "x1000_gamma_level": ("b8", 0, 4),
        "x1000_shutter_min": ("b9", 0, 4),
        "x1000_shutter_max": ("b10", 0, 4),
        "x1000_detail_crispening": ("b11", 0, 4),
        "x1000_detail_hv_balance": ("b11", 4, 4),
        "x1000_detail_bw_balance": ("b12", 0, 4),
        "x1000_detail_limit": ("b12", 4, 4),
        "x1000_detail_super_low": ("b13", 0, 4),
        "x1000_detail_highlight": ("b13", 4, 4),
        "x1000_detail_bandwidth": ("b14", 0, 4),
        "x1000_detail_mode": ("b14", 4, 4),
    },
    "block_5": {
        "srg_hue": ("b2", 0, 4),
        "x1000_hue": ("b2", 0, 4),
        "x1000_matrix_r_g": ("b3 b4", 0, 8),
        "x1000_matrix_r_b": ("b5 b6", 0, 8),
        "x1000_matrix_g_r": ("b7 b8", 0, 8),
        "x1000_matrix_g_b": ("b9 b10", 0, 8),
        "x1000_matrix_b_r": ("b11 b12", 0, 8),
        "x1000_matrix_b_g": ("b13 b14", 0, 8),
        "x400_detail_mode": ("b2", 0, 4),
        "x400_detail_level": ("b3", 0, 4),
        "x400_detail_bandwidth": ("b4", 0, 4),
        "x400_detail_crispening": ("b5", 0, 4),
        "x400_detail_hv_balance": ("b6", 0, 4),
        "x400_detail_bw_balance": ("b7", 0, 4),
        "x400_detail_limit": ("b8", 0, 4),
        "x400_detail_highlight": ("b9", 0, 4),
        "x400_detail_super_low": ("b10", 0, 4),
    },
}
