"""Several HID interfaces as one: what they declare, and whose report is whose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomctl.ports.descriptors import (
    JoinedReports,
    completeness,
    has_keys,
    speaks_telephony,
)
from roomctl.speakerphone.hid import ReportType, Usage, read_descriptor
from roomctl.speakerphone.sim import MODELS, SPEAK_810
from tests.ports.usb_bench import CONSUMER, NUMBERED, UNNUMBERED, VENDOR_KEYS

KEYS = bytes.fromhex("050c0901a1011500250175019502 09e909ea8102 95068103 c0")  # no report ID


def test_one_interface_is_handed_on_as_it_is() -> None:
    for descriptor in (NUMBERED, UNNUMBERED, CONSUMER):
        joined = JoinedReports([descriptor])
        assert joined.descriptor == descriptor
    assert JoinedReports([UNNUMBERED]).heard(0, b"\x05") == b"\x01\x00\x05"
    assert JoinedReports([NUMBERED]).heard(0, b"\x02\x05") == b"\x01\x02\x05"
    assert JoinedReports([NUMBERED]).heard(0, b"\x09\x05") is None
    assert JoinedReports([NUMBERED]).route(b"\x02\x02\x03") == (0, b"\x02\x02\x03")


def test_all_that_several_declare_is_found_and_each_report_is_its_interfaces() -> None:
    joined = JoinedReports([SPEAK_810.descriptor, KEYS, UNNUMBERED])
    layout = read_descriptor(joined.descriptor)
    (mute, other) = layout.find(Usage.PHONE_MUTE, ReportType.INPUT)
    (louder, again) = layout.find(Usage.VOLUME_UP, ReportType.INPUT)
    assert (mute.report_id, louder.report_id) == (2, 1)
    assert len({one.report_id for one in (mute, other, louder, again)}) == 4
    assert joined.heard(0, b"\x02\x04\x00") == b"\x01\x02\x04\x00"
    assert joined.heard(1, b"\x01") == bytes((1, again.report_id, 1))
    assert joined.heard(2, b"\x02") == bytes((1, other.report_id, 2))
    assert again.value(joined.heard(1, b"\x01")[2:]) == 1
    assert joined.route(bytes((2, again.report_id, 7))) == (1, b"\x02\x00\x07")
    assert joined.route(b"\x02\x02\x03\x00") == (0, b"\x02\x02\x03\x00")


def test_a_report_id_that_is_taken_is_another_one_here() -> None:
    joined = JoinedReports([SPEAK_810.descriptor, CONSUMER])  # both have a report 1
    layout = read_descriptor(joined.descriptor)
    (_, theirs) = layout.find(Usage.VOLUME_UP, ReportType.INPUT)
    assert theirs.report_id not in (1, 2, 4, 5)
    assert joined.heard(1, b"\x01\x01") == bytes((1, theirs.report_id, 1))
    assert joined.route(bytes((2, theirs.report_id, 1))) == (1, b"\x02\x01\x01")


def test_what_held_in_one_interface_does_not_hold_in_the_next() -> None:
    bare = bytes.fromhex("050c0901a1017501950109e98102c0")  # says nothing of its logical limits
    alone = read_descriptor(bare).fields[0]
    joined = read_descriptor(JoinedReports([SPEAK_810.descriptor, bare]).descriptor).fields[-1]
    assert (joined.logical_min, joined.logical_max) == (alone.logical_min, alone.logical_max)


@pytest.mark.parametrize("broken", [KEYS[:-1], KEYS[:-4], b"\xc0", KEYS * 300, KEYS + b"\x26"])
def test_an_interface_whose_descriptor_is_broken_or_too_long_hides_no_other(broken: bytes) -> None:
    joined = JoinedReports([SPEAK_810.descriptor, broken, KEYS])
    assert joined.interfaces == (0, 2)
    read_descriptor(joined.descriptor)


def test_there_are_255_report_ids_and_no_more() -> None:
    many = b"".join(bytes((0x85, n)) for n in range(1, 256))
    full = bytes.fromhex("050b0905a101") + many + bytes.fromhex("75019501092f8102c0")
    assert JoinedReports([full, KEYS]).interfaces == (0,)


def test_what_a_descriptor_is_for_is_told_by_its_usages() -> None:
    kinds = (NUMBERED, CONSUMER, VENDOR_KEYS)
    assert [speaks_telephony(one) for one in kinds] == [True, False, False]
    assert [has_keys(one) for one in kinds] == [True, True, False]
    assert [completeness(one) for one in (*kinds, SPEAK_810.descriptor)] == [2, 0, 0, 4]


REAL = st.sampled_from([model.descriptor for model in MODELS.values()])


@given(st.lists(st.one_of(st.binary(max_size=60), REAL), min_size=1, max_size=4), st.binary())
def test_whatever_an_interface_declares_the_first_is_as_it_was(
    descriptors: list[bytes], data: bytes
) -> None:
    joined = JoinedReports([SPEAK_810.descriptor, *descriptors])
    layout = read_descriptor(joined.descriptor) if joined.interfaces == (0,) else None
    assert layout is None or layout == read_descriptor(SPEAK_810.descriptor)
    assert joined.heard(0, b"\x02\x05\x00") == b"\x01\x02\x05\x00"
    for interface in range(len(descriptors) + 1):
        frame = joined.heard(interface, data) if data else None
        if frame is not None:
            back, wire = joined.route(frame)
            assert (back, wire[2:]) == (interface, frame[2:])
