"""Volume, reject, flash and the other keys, from the reports of real devices."""

import pytest

from roomctl.speakerphone.hid import read_descriptor
from roomctl.speakerphone.sim import SPEAK_810, Model
from roomctl.speakerphone.telephony import Keys, Press, PressTiming
from tests.speakerphone.desk import Desk
from tests.speakerphone.devices import BLACKWIRE, H540, POWERCONF, SP325


def pressed(model: Model, *reports: tuple[float, str]) -> list[str]:
    """Return what the reports say, each given as seconds and hex: report ID, then payload."""
    keys = Keys(read_descriptor(model.descriptor), PressTiming())
    found = []
    for at, text in reports:
        data = bytes.fromhex(text)
        found += keys.read(data[0], data[1:], at)
    return [str(press) for press in found]


@pytest.mark.parametrize(
    ("model", "report", "press"),
    [
        (SPEAK_810, "01 01 00", "volume_down"),
        (SPEAK_810, "01 02 00", "volume_up"),
        (SPEAK_810, "01 04 00", "speaker_mute"),
        (SPEAK_810, "02 08 00", "flash"),
        (SPEAK_810, "02 10 00", "reject"),
        (POWERCONF, "01 01", "volume_up"),
        (POWERCONF, "02 00 04", "reject"),
        (SP325, "05 80", "reject"),
        (SP325, "05 04", "redial"),
        (BLACKWIRE, "08 04", "flash"),
        (H540, "01 04", "speaker_mute"),
    ],
)
def test_each_key_is_read_where_its_descriptor_says(model: Model, report: str, press: str) -> None:
    assert pressed(model, (0.0, report)) == [press]


def test_an_absolute_key_is_pressed_when_its_bit_rises_however_long_it_is_held() -> None:
    held = [(0.0, "01 02 00"), (0.5, "01 02 00"), (1.0, "01 03 00"), (1.5, "01 00 00")]
    assert pressed(SPEAK_810, *held) == ["volume_up", "volume_down"]
    again = [(0.0, "01 02 00"), (0.02, "01 00 00"), (0.04, "01 02 00")]
    assert pressed(SPEAK_810, *again) == ["volume_up", "volume_up"]


def test_a_relative_key_is_pressed_with_every_one() -> None:
    assert pressed(H540, (0.0, "01 04"), (0.3, "01 04"), (0.4, "01 00")) == ["speaker_mute"] * 2


# Volume up twice: a bit in consumer report 1, a signed relative value in telephony report 2.
TWICE = Model(
    "twice",
    0,
    0,
    bytes.fromhex(
        "050c0901a1018501150025017501950109e981027507810 3c0050b0905a10185020 5 0c15ff2501"
        "7502950109e9810675068103c0".replace(" ", "")
    ),
)


def test_a_key_that_is_declared_twice_and_said_twice_is_pressed_once() -> None:
    assert pressed(TWICE, (0.0, "01 01"), (0.03, "02 01")) == ["volume_up"]
    assert pressed(TWICE, (0.0, "01 01"), (0.3, "02 01")) == ["volume_up", "volume_up"]


def test_a_negative_step_is_not_the_key_that_it_is_the_opposite_of() -> None:
    assert pressed(TWICE, (0.0, "02 03"), (0.1, "02 00")) == []


# A keypad as many handsets have it: one 16-bit number out of the whole Consumer page.
ARRAY = Model("array", 0, 0, bytes.fromhex("050c0901a1018501150026ff0319002aff03751095018100c0"))


def test_a_key_in_an_array_is_pressed_when_its_number_appears() -> None:
    reports = [(0.0, "01 e9 00"), (0.1, "01 e9 00"), (0.2, "01 00 00"), (0.3, "01 ea 00")]
    assert pressed(ARRAY, *reports) == ["volume_up", "volume_down"]


def test_keys_reach_the_room_and_change_nothing_by_themselves() -> None:
    desk = Desk(BLACKWIRE)
    desk.show(muted=True, off_hook=True)
    desk.pass_s(3)
    for data in ("01 08 06", "01 08 02"):  # flash while off-hook, and let go
        desk.sim._out.append(bytes.fromhex(data))
        desk.time.settle()
    assert (desk.presses, desk.sim.led_muted, desk.sim.led_off_hook) == ([Press.FLASH], True, True)
