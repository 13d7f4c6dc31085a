"""A television by CEC: what it is told and asked, on a stand-in for the kernel."""

import ctypes
import errno
import logging

import pytest

from roomctl.kiosk.display import cec as cec
from roomctl.kiosk.display.cec import Television, TelevisionPower
from tests.kiosk.television import Set


def television(kernel, name="/dev/cec0", devices=None):
    return Television(name, kernel.open, *([devices] if devices else []))


def test_the_structures_are_as_long_as_the_kernels():
    # On a machine with linux/cec.h: sizeof(struct cec_caps), cec_log_addrs, cec_msg.
    lengths = [cec.CapsStruct, cec.LogAddrsStruct, cec.MessageStruct]
    assert [ctypes.sizeof(each) for each in lengths] == [76, 92, 56]
    numbers = [cec.G_CAPS, cec.G_PHYS_ADDR, cec.S_LOG_ADDRS, cec.TRANSMIT_MESSAGE]
    assert numbers == [0xC04C6100, 0x80026101, 0xC05C6104, 0xC0386105]


def test_it_is_woken_and_shows_the_socket_that_this_box_is_in():
    tv = Set(place=0x2100)
    assert television(tv).switch(True)
    assert (tv.power, tv.shows) == (TelevisionPower.ON, 0x2100)


def test_it_is_sent_to_standby():
    tv = Set(power=TelevisionPower.ON)
    assert television(tv).switch(False)
    assert tv.power is TelevisionPower.STANDBY


@pytest.mark.parametrize("power", TelevisionPower)
def test_it_says_itself_how_it_is(power):
    tv = Set(power=power, slow=9)
    assert television(tv).power() is power


def test_a_display_that_does_not_speak_cec_takes_no_order_and_says_nothing():
    tv = Set(answers=False)
    assert not television(tv).switch(True)
    assert television(tv).power() is None


def test_one_that_does_not_know_the_question_says_nothing():
    assert television(Set(mute=True)).power() is None


def test_an_address_is_claimed_once_and_what_others_claimed_is_used():
    tv = Set()
    box = television(tv)
    box.power()
    box.power()
    assert tv.claims == 1
    other = Set(claimed=8)
    television(other).power()
    assert other.claims == 0
    assert other.heard[0][0] == 0x80


def test_nothing_stays_open():
    tv = Set()
    box = television(tv)
    box.switch(True)
    box.power()
    tv.refusals[cec.TRANSMIT_MESSAGE] = errno.ENODEV
    assert not box.switch(False)
    assert tv.open_now == 0


def test_an_adapter_without_a_display_is_not_written_to():
    tv = Set(place=cec.NOWHERE)
    assert television(tv).power() is None
    assert tv.heard == []


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOENT, "/dev/cec0 is not there"),
        (errno.EACCES, "/dev/cec0 may not be opened; `sudo usermod -aG video $USER`"),
        (errno.EIO, "/dev/cec0 failed (Input/output error)"),
    ],
)
def test_what_is_wrong_is_said_once(number, told, caplog):
    box = television(Set(refusals={0: number}))
    with caplog.at_level(logging.WARNING):
        assert box.power() is None
        assert box.power() is None
    assert [told in record.getMessage() for record in caplog.records] == [True]


def test_auto_is_the_adapter_that_has_a_display(tmp_path):
    kernels = {"cec0": Set(place=cec.NOWHERE), "cec1": Set(power=TelevisionPower.ON)}
    for name in kernels:
        (tmp_path / name).touch()
    box = Television("auto", lambda path: kernels[path[-4:]].open(path), tmp_path)
    assert box.power() is TelevisionPower.ON
    assert kernels["cec0"].heard == []


def test_auto_chooses_nothing_between_two_displays(tmp_path, caplog):
    tv = Set(power=TelevisionPower.ON)
    for name in ("cec0", "cec1"):
        (tmp_path / name).touch()
    box = Television("auto", tv.open, tmp_path)
    assert box.power() is None
    assert not box.switch(False)
    assert tv.heard == []
    assert "name one: [screen] cec in room.toml" in caplog.text


def test_auto_without_an_adapter_is_silent(tmp_path, caplog):
    box = Television("auto", Set().open, tmp_path)
    assert box.power() is None
    assert not box.expected
    assert caplog.records == []


def test_a_television_is_expected_to_answer_once_it_has(tmp_path):
    (tmp_path / "cec0").touch()
    tv = Set(answers=False)
    box = Television("auto", tv.open, tmp_path)
    box.power()
    assert not box.expected
    tv.answers = True
    box.power()
    tv.answers = False
    box.power()
    assert box.expected


def test_a_television_that_somebody_wrote_down_is_expected_to_answer():
    assert television(Set(answers=False)).expected
