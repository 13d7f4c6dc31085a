"""What of the picture has a number: the messages that set and ask it, and how far it goes by list.

Data only: knows neither how a row is read nor any camera's profile. The rows named here stand in
`picture` and `commands`. Values are raw, as on the wire; `means` says what the lowest and the
highest are. A camera has what its own list has: nothing here is common to all.

| list            | document                                                                       |
|-----------------|--------------------------------------------------------------------------------|
| sony_srg300h    | Sony SRG-300H command list, setting values; so SRG-300SE, SRG-360SHE           |
| sony_srg120dh   | Sony SRG-120DH command list, setting values                                    |
| sony_brcx400    | Sony BRC-X400 command list, setting values; so SRG-A40, SRG-X40UH              |
| sony_brcx1000   | Sony BRC-X1000 command list, commands and setting values                       |
| sony_am7        | Sony BRC-AM7 command list, commands; so ILME-FR7                               |
| ptzoptics_g2    | PTZOptics G2 list (10/27/2023); colour temperature: PTZOptics VISCA commands,  |
|                 | as GrantSparks/grafton-visca has them. The list writes the direct form of gain |
|                 | and bright with 0C and 0D, its inquiries have 4C and 4D: those are named       |
| axis            | Axis VISCA Interface API description M1.6, camera commands                     |
| vaddio_roboshot | Vaddio RoboSHOT 12 USB manual 2.1.2, as published in the AI4AV catalog         |
| lumens_vctr1    | Lumens VC-TR1 RS-232 command set 1.4 (RS143), as published there               |
| aver_ptc_v2     | AVer PTC V2 series control codes p.9; the inquiry: PTC310 user manual p.48     |
| cisco_precision | Cisco TelePresence PrecisionHD guide D14640.17, as published in that catalog   |
"""

from __future__ import annotations

from collections.abc import Mapping

from roomctl.frozen import frozen


@frozen
class ImageControl:
    """A value of the picture: the command that sets it and its field, and who asks for it.

    `inquiry` is None where no list has one. `steps`: whether `NAME_reset`, `NAME_up` and
    `NAME_down` are commands, too. `switch`: the setting that must be on for the value to count.
    """

    command: str
    inquiry: str | None
    field: str = "value"
    steps: bool = False
    switch: str | None = None


@frozen
class ImageRange:
    """The values that a list allows: `low` to `high`, and `also` those; `none` changes nothing.

    `told`: whether the list has the inquiry; what a camera does not tell cannot be read back.
    """

    low: int
    high: int
    means: tuple[str, str] = ("", "")
    also: tuple[int, ...] = ()
    none: int | None = None
    told: bool = True

    def __contains__(self, value: int) -> bool:
        return self.low <= value <= self.high or value in self.also


def _direct(name: str, switch: str | None = None) -> ImageControl:
    return ImageControl(f"{name}_direct", name, steps=True, switch=switch)


def _fine(name: str) -> ImageControl:
    return ImageControl(name, name)


IMAGE_CONTROLS: Mapping[str, ImageControl] = {
    "shutter": _direct("shutter"),
    "iris": _direct("iris"),
    "gain": _direct("gain"),
    "gain_limit": ImageControl("gain_limit", "gain_limit"),
    "bright": _direct("bright"),
    "exposure_compensation": _direct("exposure_compensation", "exposure_compensation_on"),
    "red_gain": _direct("red_gain"),
    "blue_gain": _direct("blue_gain"),
    "red_gain_fine": _fine("red_gain_fine"),
    "blue_gain_fine": _fine("blue_gain_fine"),
    "colour_temperature": ImageControl("colour_temperature_direct", "colour_temperature"),
    "colour_temperature_fine": _fine("colour_temperature_fine"),
    "tint": _fine("tint"),
    "wide_dynamic": ImageControl("wide_dynamic", "wide_dynamic", field="mode"),
    "dynamic_range": ImageControl("dynamic_range", None),
    "focus_near_limit": ImageControl("focus_near_limit", "focus_near_limit", field="position"),
}

IMAGE_SWITCHES = ("backlight", "exposure_compensation_on", "flip", "mirror", "visibility_enhancer")
"""Settings that are on or off: each names a command and an inquiry, and its field is `on`."""

_COMPENSATION = ImageRange(0x00, 0x0E, ("-7 steps", "+7 steps"), none=0x07)
_GAINS = ImageRange(0x00, 0xFF, ("least", "most"))
_SIGNED_GAINS = ImageRange(0x00, 0xFF, ("-128", "+127"), none=0x80)
_FINE_GAINS = ImageRange(0x0000, 0x07BC, ("-99.0", "+99.0"), none=0x03DE)

_SRG: Mapping[str, ImageRange] = {
    "shutter": ImageRange(0x00, 0x15, ("1/1 s", "1/10000 s")),
    "iris": ImageRange(0x05, 0x11, ("F14", "F1.6"), also=(0x00,)),  # 00: closed
    "gain": ImageRange(0x01, 0x0F, ("0 dB", "43 dB")),
    "gain_limit": ImageRange(0x04, 0x0F, ("9 dB", "43 dB")),
    "bright": ImageRange(0x05, 0x1F, ("F14, 0 dB", "F1.6, 43 dB"), also=(0x00,)),
    "exposure_compensation": _COMPENSATION,
    "red_gain": _GAINS,
    "blue_gain": _GAINS,
    "wide_dynamic": ImageRange(0x00, 0x03, ("off", "high")),
    "focus_near_limit": ImageRange(0x1000, 0xF000, ("over infinity", "1 cm")),
}

IMAGE_RANGES: Mapping[str, Mapping[str, ImageRange]] = {
    "sony_srg300h": _SRG,
    "sony_srg120dh": {
        **_SRG,
        "iris": ImageRange(0x05, 0x11, ("F14", "F1.8"), also=(0x00,)),
        "bright": ImageRange(0x05, 0x1F, ("F14, 0 dB", "F1.8, 43 dB"), also=(0x00,)),
        "focus_near_limit": ImageRange(0x1000, 0xE000, ("over infinity", "1 cm")),
    },
    "sony_brcx400": {
        "shutter": ImageRange(0x06, 0x21, ("1/1 s", "1/10000 s")),
        "iris": ImageRange(0x05, 0x19, ("F11", "F2.0"), also=(0x00,)),
        "gain": ImageRange(0x01, 0x11, ("0 dB", "48 dB")),  # from 0E with high sensitivity only
        "gain_limit": ImageRange(0x04, 0x0D, ("9 dB", "36 dB")),  # 21 to 48 dB with it
        "exposure_compensation": _COMPENSATION,
        "red_gain": _SIGNED_GAINS,
        "blue_gain": _SIGNED_GAINS,
        "focus_near_limit": ImageRange(0x1000, 0xF000, ("infinity", "8 cm")),
    },
    "sony_brcx1000": {
        "shutter": ImageRange(0x02, 0x15, ("1/8 s", "1/10000 s"), also=(0x01,)),  # 01: at 23.98p
        "iris": ImageRange(0x05, 0x15, ("F11", "F2.8")),
        "gain": ImageRange(0x00, 0x0C, ("-3 dB", "33 dB")),
        "gain_limit": ImageRange(0x04, 0x09, ("9 dB", "24 dB"), also=(0x0F,)),  # 0F: off
        "exposure_compensation": _COMPENSATION,
        "red_gain": _SIGNED_GAINS,
        "blue_gain": _SIGNED_GAINS,
    },
    "sony_am7": {
        "red_gain_fine": _FINE_GAINS,
        "blue_gain_fine": _FINE_GAINS,
        "colour_temperature_fine": ImageRange(0x07D0, 0x3A98, ("2000 K", "15000 K")),
        "tint": ImageRange(0x00, 0xC6, ("-99", "+99"), none=0x63),
    },
    "ptzoptics_g2": {
        "shutter": ImageRange(0x01, 0x11, ("1/30 s", "1/10000 s")),
        "iris": ImageRange(0x00, 0x0C, ("closed", "F1.8")),
        "gain": ImageRange(0x00, 0x07, ("0", "7"), told=False),
        "gain_limit": ImageRange(0x00, 0x0F, ("0", "15")),
        "bright": ImageRange(0x00, 0x11, ("0", "17")),
        "exposure_compensation": _COMPENSATION,
        "colour_temperature": ImageRange(0x00, 0x37, ("2500 K", "8000 K"), told=False),
        "dynamic_range": ImageRange(0x00, 0x08, ("0", "8"), told=False),
    },
    "axis": {
        "shutter": ImageRange(0x00, 0x15, ("1/1 s", "1/10000 s"), told=False),
        "red_gain": ImageRange(0x00, 0xFF, ("least", "most"), told=False),
        "blue_gain": ImageRange(0x00, 0xFF, ("least", "most"), told=False),
        "focus_near_limit": ImageRange(0x0002, 0x000E, ("20 m", "11 cm"), told=False),
    },
    "vaddio_roboshot": {
        "shutter": ImageRange(0x00, 0x15),
        "iris": ImageRange(0x07, 0x11, also=(0x00,)),
        "gain": ImageRange(0x01, 0x0F),
        "gain_limit": ImageRange(0x04, 0x0F),
        "exposure_compensation": ImageRange(0x00, 0x0E),
        "red_gain": _GAINS,
        "blue_gain": _GAINS,
    },
    "lumens_vctr1": {
        "shutter": ImageRange(0x00, 0x15),
        "iris": ImageRange(0x00, 0x0D),
        "exposure_compensation": ImageRange(0x00, 0x0E, told=False),
        "red_gain": ImageRange(0x00, 0x80),
        "blue_gain": ImageRange(0x00, 0x80),
    },
    "aver_ptc_v2": {
        "exposure_compensation": ImageRange(0x01, 0x09, ("-4 steps", "+4 steps"), none=0x05),
    },
    "cisco_precision": {
        "iris": ImageRange(0x00, 0x32, told=False),
        "gain": ImageRange(0x0C, 0x15, ("12 dB", "21 dB"), told=False),
    },
}
"""By list, how far each value goes; what a list does not have, or does not bound, is left out."""
