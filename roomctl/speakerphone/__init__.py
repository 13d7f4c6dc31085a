"""Speakerphones: HID telephony, and the truth about mute."""

from roomctl.speakerphone.driver import Speakerphone, speakerphones

__all__ = ["Speakerphone", "speakerphones"]
