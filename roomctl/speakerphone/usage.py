"""The HID usages that a speakerphone is about, and their names. Knows no report and no device.

Numbers are usage page << 16 | usage, as in the USB HID Usage Tables: Telephony page 0x0B, LED
page 0x08, Button page 0x09, Consumer page 0x0C.
"""

from __future__ import annotations

from enum import IntEnum

VENDOR_PAGES = range(0xFF00, 0x10000)


class Usage(IntEnum):
    """A usage with a name of its own; the lower-case name is what people and files call it."""

    PROGRAMMABLE_BUTTON_REJECT = 0x000B_0007
    HOOK_SWITCH = 0x000B_0020
    FLASH = 0x000B_0021
    REDIAL = 0x000B_0024
    PHONE_MUTE = 0x000B_002F
    LINE_BUSY_TONE = 0x000B_0097
    RINGER = 0x000B_009E
    BUTTON7_REJECT = 0x0009_0007
    LED_MUTE = 0x0008_0009
    LED_OFF_HOOK = 0x0008_0017
    LED_RING = 0x0008_0018
    LED_HOLD = 0x0008_0020
    LED_MICROPHONE = 0x0008_0021
    CONSUMER_MUTE = 0x000C_00E2
    VOLUME_UP = 0x000C_00E9
    VOLUME_DOWN = 0x000C_00EA


_NAMES = {int(usage): usage.name.lower() for usage in Usage}


def usage_name(usage: int) -> str:
    """Return the usage's name, or page and usage in hex (`000c:00cd`) if it has none here."""
    return _NAMES.get(usage) or f"{usage >> 16:04x}:{usage & 0xFFFF:04x}"
