"""Speakerphones: HID telephony. Whether the room is muted is decided in `room.mute`, not here.

`hid` reads a report descriptor, `telephony` turns input reports into presses and the room's state
into LEDs, `driver` is the device in the room, `profile` what no descriptor says. `description`
tells all that is known of one, `drill` proves one, `sim` is a simulated one. The tests' scenarios
(`tests/speakerphone/scenarios.py`) know no port and no kind of time: a stage brings the device, in
memory, in a whole room, on a USB bus as strict as libusb, or behind a real kernel.
"""

from roomctl.speakerphone.driver import Speakerphone, speakerphones

__all__ = ["Speakerphone", "speakerphones"]
