"""The capture switches of a sound card, on a card that answers as the kernel does."""

import ctypes
import errno

import pytest

from roomctl.kiosk.audio import alsa
from roomctl.kiosk.audio.alsa import SoundCards, together
from roomctl.screen.protocol import CaptureSwitch

MIC = "Mic Capture Switch"


class Card:
    """A card's control device: elements by name, with the values of their channels.

    `refuses` is the name of an element whose write the device does not take.
    """

    def __init__(self, **elements):
        self.kinds = {"Mic_Capture_Volume": 2}
        self.values = {name: list(values) for name, values in elements.items()}
        self.refuses = None
        self.writes = []

    def ioctl(self, file, number, argument):
        assert file > 0
        {
            alsa.ELEM_LIST: self._list,
            alsa.ELEM_INFO: self._info,
            alsa.ELEM_READ: self._read,
            alsa.ELEM_WRITE: self._write,
        }[number](argument)

    def _list(self, found):
        found.count = len(self.values)
        found.used = min(found.space, found.count)
        if found.used:
            elements = (alsa.ElementId * found.used).from_address(found.pids)
            for place, name in enumerate(list(self.values)[: found.used]):
                text = name.replace("_", " ").encode()
                elements[place] = alsa.ElementId(place + 1, alsa.MIXER, 0, 0, text, 0)

    def _name(self, element):
        return list(self.values)[element.numid - 1]

    def _info(self, info):
        name = self._name(info.id)
        info.type, info.access = self.kinds.get(name, alsa.BOOLEAN), 0x3
        info.count = len(self.values[name])

    def _read(self, value):
        for channel, number in enumerate(self.values[self._name(value.id)]):
            value.value.integer[channel] = number

    def _write(self, value):
        name = self._name(value.id)
        if name == self.refuses:
            raise OSError(errno.EPIPE, "stall")
        self.writes.append(name)
        self.values[name] = list(value.value.integer[: len(self.values[name])])


@pytest.fixture
def device(tmp_path):
    """Where the control device of card 1 stands, and no other."""
    (tmp_path / "controlC1").touch()
    return str(tmp_path / "controlC{}")


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_long) != 8, reason="numbers of a 64-bit kernel")
def test_the_numbers_are_those_of_the_kernel():
    # as strace prints them on x86-64 and arm64 (sound/asound.h)
    numbers = (alsa.ELEM_LIST, alsa.ELEM_INFO, alsa.ELEM_READ, alsa.ELEM_WRITE)
    assert [hex(number) for number in numbers] == [
        *("0xc0505510", "0xc1105511", "0xc4c85512", "0xc4c85513"),
    ]
    assert alsa.ElementValue.value.offset == 72


@pytest.mark.parametrize(
    ("elements", "is_read"),
    [
        ({"Mic_Capture_Switch": [1]}, CaptureSwitch.ON),
        ({"Mic_Capture_Switch": [0]}, CaptureSwitch.OFF),
        ({"Capture_Switch": [0, 1]}, CaptureSwitch.ON),
        ({"Capture_Switch": [0, 0], "Line_Capture_Switch": [1]}, CaptureSwitch.ON),
        ({"PCM_Playback_Switch": [1], "Mic_Capture_Volume": [50]}, CaptureSwitch.NONE),
        ({}, CaptureSwitch.NONE),
    ],
)
def test_a_card_is_off_if_no_channel_of_a_capture_switch_is_on(device, elements, is_read):
    assert SoundCards(device, Card(**elements).ioctl).read(1) is is_read


def test_silence_is_written_to_every_channel_and_nothing_else_is_touched(device):
    card = Card(PCM_Playback_Switch=[1], Mic_Capture_Volume=[50], Mic_Capture_Switch=[1, 1])
    assert SoundCards(device, card.ioctl).silence(1) is CaptureSwitch.OFF
    assert card.values["Mic_Capture_Switch"] == [0, 0]
    assert card.writes == ["Mic_Capture_Switch"]


def test_what_was_off_before_stays_off_when_the_card_is_opened_again(device):
    card = Card(Mic_Capture_Switch=[1], Line_Capture_Switch=[0])
    cards = SoundCards(device, card.ioctl)
    cards.silence(1)
    assert cards.open(1) is CaptureSwitch.ON
    assert card.values == {"Mic_Capture_Switch": [1], "Line_Capture_Switch": [0]}


def test_a_card_that_was_found_off_can_be_opened(device):
    card = Card(Mic_Capture_Switch=[0])
    assert SoundCards(device, card.ioctl).open(1) is CaptureSwitch.ON
    assert card.values["Mic_Capture_Switch"] == [1]


def test_a_card_that_is_open_is_left_as_it_is(device):
    card = Card(Mic_Capture_Switch=[1], Line_Capture_Switch=[0])
    assert SoundCards(device, card.ioctl).open(1) is CaptureSwitch.ON
    assert card.writes == []


def test_a_write_that_the_device_refuses_is_not_called_silence(device):
    card = Card(Mic_Capture_Switch=[1])
    card.refuses = "Mic_Capture_Switch"
    cards = SoundCards(device, card.ioctl)
    assert cards.silence(1) is CaptureSwitch.UNKNOWN
    assert cards.read(1) is CaptureSwitch.ON


def test_a_card_that_is_not_there_or_forbidden_is_unknown(device):
    cards = SoundCards(device, Card().ioctl)
    assert [cards.read(2), cards.silence(2), cards.open(2)] == [CaptureSwitch.UNKNOWN] * 3


@pytest.mark.parametrize(
    ("cards", "all_together"),
    [
        ([], CaptureSwitch.NONE),
        ([CaptureSwitch.NONE, CaptureSwitch.OFF], CaptureSwitch.OFF),
        ([CaptureSwitch.OFF, CaptureSwitch.UNKNOWN], CaptureSwitch.UNKNOWN),
        ([CaptureSwitch.UNKNOWN, CaptureSwitch.ON, CaptureSwitch.OFF], CaptureSwitch.ON),
    ],
)
def test_several_cards_are_as_open_as_the_most_open_one(cards, all_together):
    assert together(cards) is all_together
