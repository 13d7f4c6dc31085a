import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.ports.usb import speaks_telephony
from roomctl.speakerphone.hid import (
    DescriptorError,
    ReportControl,
    ReportLayout,
    ReportType,
    Usage,
    read_descriptor,
    usage_name,
)
from roomctl.speakerphone.sim import SPEAK_810
from tests.examples import examples
from tests.speakerphone.devices import H540, POWERCONF, RECORDED, SP325

NAMED = {usage.name.lower() for usage in Usage}


def described(control: ReportControl) -> str:
    flags = "C" * control.constant + "R" * control.relative
    where = f"{control.report_type} {control.report_id} {control.bit}"
    return f"{usage_name(control.usage)} {where} {flags}".strip()


def read(text: str) -> ReportLayout:
    return read_descriptor(bytes.fromhex(text))


def only(layout: ReportLayout) -> list[str]:
    return [described(control) for control in layout.controls()]


@pytest.mark.parametrize("name", RECORDED)
def test_every_named_control_of_a_real_descriptor_is_where_it_is(name: str) -> None:
    layout = read_descriptor(RECORDED[name].model.descriptor)
    found = {
        described(control) for control in layout.controls() if usage_name(control.usage) in NAMED
    }
    assert found == RECORDED[name].controls


@pytest.mark.parametrize("name", RECORDED)
def test_output_report_lengths_of_a_real_descriptor_are_exact(name: str) -> None:
    layout = read_descriptor(RECORDED[name].model.descriptor)
    lengths = {
        report_id: layout.payload_bytes(report_type, report_id)
        for report_type, report_id in layout.bits
        if report_type is ReportType.OUTPUT
    }
    assert lengths == RECORDED[name].output_bytes


@pytest.mark.parametrize("name", RECORDED)
def test_a_real_device_speaks_telephony_if_it_declares_a_control_of_it(name: str) -> None:
    descriptor = RECORDED[name].model.descriptor
    pages = {control.usage >> 16 for control in read_descriptor(descriptor).controls()}
    assert speaks_telephony(descriptor) is (0x0B in pages)


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("050b0905a101c0", False),  # a collection, and nothing in it
        ("050b0905a101050909077501950181 02c0", False),  # buttons of another page in it
        ("050b0905a1010920750195018102c0", True),
        ("050ca1010b2f000b00750195018106c0", True),  # a usage that brings its own page
        ("050c0901a1010b2f000b00a102c00920750195018102c0", False),  # the usage is a collection's
        ("05", False),
        ("0b2f", False),
        ("", False),
    ],
)
def test_an_empty_telephony_collection_is_no_telephony(text: str, speaks: bool) -> None:
    assert speaks_telephony(bytes.fromhex(text.replace(" ", ""))) is speaks


def test_the_simulated_device_has_the_real_descriptor() -> None:
    assert SPEAK_810.descriptor == RECORDED["Jabra SPEAK 810"].model.descriptor


def test_a_constant_field_with_usages_is_real_and_one_without_is_padding() -> None:
    layout = read_descriptor(POWERCONF.descriptor)
    (mute,) = layout.find(Usage.PHONE_MUTE, ReportType.INPUT)
    assert mute.constant
    assert (mute.report_id, mute.bit) == (2, 2)
    assert read("050b 0905 a101 7501 9508 8103 c0".replace(" ", "")).fields == ()
    assert only(read("050ba10175019502 0920 092f 8101 c0".replace(" ", ""))) == [
        "hook_switch I 0 0 C",
        "phone_mute I 0 1 C",
    ]


def test_the_last_page_before_the_main_item_is_the_usages_page() -> None:
    assert only(read("050b0905a101 75019501 0907 0509 8102 c0".replace(" ", ""))) == [
        "button7_reject I 0 0"
    ]
    sp325 = read_descriptor(SP325.descriptor)
    (reject,) = sp325.find(Usage.PROGRAMMABLE_BUTTON_REJECT, ReportType.INPUT)
    assert (reject.report_id, reject.bit) == (5, 7)


def test_a_four_byte_usage_brings_its_own_page() -> None:
    layout = read("050ca10175019501 0b2f000b00 8106 c0".replace(" ", ""))
    assert only(layout) == ["phone_mute I 0 0 R"]


def test_the_last_usage_repeats_and_surplus_usages_are_ignored() -> None:
    assert only(read("0508a1017501950309170909 9102c0".replace(" ", ""))) == [
        "led_off_hook O 0 0",
        "led_mute O 0 1",
        "led_mute O 0 2",
    ]
    surplus = read("0508a1017501950109170909 9102c0".replace(" ", ""))
    assert only(surplus) == ["led_off_hook O 0 0"]
    assert surplus.find(Usage.LED_MUTE, ReportType.OUTPUT) == ()


def test_a_usage_range_is_one_usage_per_value() -> None:
    assert only(read("0508a101750195021917 2918 9102c0".replace(" ", ""))) == [
        "led_off_hook O 0 0",
        "led_ring O 0 1",
    ]


def test_pop_restores_what_push_saved() -> None:
    layout = read("0508a10175019501 a4 750895040917 9102 b4 0909 9102 c0".replace(" ", ""))
    assert only(layout)[-1] == "led_mute O 0 32"
    assert layout.payload_bytes(ReportType.OUTPUT, 0) == 5


def test_a_usage_in_an_array_is_pressed_while_an_element_holds_its_number() -> None:
    layout = read("050ba101 15012503 7508 9502 0920 092f 0921 8100 c0".replace(" ", ""))
    (mute,) = layout.find(Usage.PHONE_MUTE, ReportType.INPUT)
    assert [mute.value(bytes(p)) for p in [(0, 0), (2, 0), (0, 2), (1, 3)]] == [0, 1, 1, 0]


def test_an_array_moves_the_bits_that_follow_it() -> None:
    (reject,) = read_descriptor(POWERCONF.descriptor).find(Usage.BUTTON7_REJECT, ReportType.INPUT)
    assert reject.bit == 10
    assert read_descriptor(H540.descriptor).payload_bytes(ReportType.INPUT, 1) == 1


def test_a_signed_value_is_negative_and_an_unsigned_limit_is_not() -> None:
    (volume,) = read("050ca10115ff2501 7502950109e9 8106c0".replace(" ", "")).controls()
    assert [volume.value(bytes((raw,))) for raw in (0, 1, 3)] == [0, 1, -1]
    assert (
        read("050ca101150025ff 7508950109e9 8102c0".replace(" ", "")).fields[0].logical_max == 255
    )


def test_of_a_delimited_set_the_first_usage_counts() -> None:
    layout = read("0508a10175019501 a901 0909 0921 a900 9102 c0".replace(" ", ""))
    assert only(layout) == ["led_mute O 0 0"]


def test_a_long_item_is_skipped() -> None:
    assert only(read("fe0210aabb 0508a101750195010909 9102c0".replace(" ", ""))) == [
        "led_mute O 0 0"
    ]


def test_a_control_is_set_without_touching_its_neighbours() -> None:
    (mute,) = read_descriptor(SPEAK_810.descriptor).find(Usage.LED_MUTE, ReportType.OUTPUT)
    payload = bytearray((0b1011_0001, 0x80))
    mute.put(payload, 1)
    assert payload == bytes((0b1011_0011, 0x80))
    mute.put(payload, 0)
    assert payload == bytes((0b1011_0001, 0x80))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("05", "byte 0: the descriptor ends inside an item of 1 data bytes"),
        ("050bfe", "byte 2: the descriptor ends inside a long item"),
        ("fe05", "ends inside a long item"),
        ("8500", "Report ID 0, must be 1 to 255"),
        ("860001", "Report ID 256"),
        ("97ffffff7f", "Report Count 2147483647, at most 12288"),
        ("760101", "Report Size 257, at most 256 bits"),
        ("b4", "Pop without Push"),
        ("a4a4a4a4a4", "more than 4 nested Push"),
        ("c0", "End Collection without a Collection"),
        ("a101a100c0", "1 collections are never closed"),
        ("1905290481", "Usage Maximum 0x4 is below Minimum 0x5"),
        ("1b20000b002b2f000c00", "byte 5: Usage Maximum is on another page than Minimum"),
        ("a901a901", "byte 2: Delimiter opened inside another"),
        ("a900", "Delimiter closed, but not open"),
        ("c405", "global item 0xc4, which there is not"),
        ("7508" + "9600308102" * 2, "byte 10: report 0 is longer than 16383 bytes"),
        ("00" * 4097, "4097 bytes, at most 4096"),
    ],
)
def test_what_is_no_descriptor_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(DescriptorError, match=says):
        read(text)


def test_nothing_declares_nothing() -> None:
    assert read("").fields == ()


def test_what_nobody_knows_means_nothing_and_clears_the_usages_if_it_is_a_main_item() -> None:
    reserved_main, unknown_local, reserved_type, trailing = "d1 00", "c9 00", "0d 00", "00"
    text = f"0508 7501 9501 0917 {reserved_main} 0909 {unknown_local} {reserved_type} 9102"
    assert only(read(f"{text} {trailing}".replace(" ", ""))) == ["led_mute O 0 0"]


GREEDY = "960030 7501 0509 0908 0909 1500 2501".replace(" ", "")


def hostile(reports: int) -> str:
    return GREEDY + "".join(f"85{n:02x}09089102" for n in range(1, reports + 1))


def test_a_descriptor_declares_at_most_65536_values() -> None:
    layout = read(hostile(5))
    assert len(list(layout.controls())) == 5 * 12288
    with pytest.raises(DescriptorError, match="byte 49: more than 65536 values are declared"):
        read(hostile(6))


def test_many_usages_for_many_values_are_told_in_one_walk() -> None:
    """A walk that began anew for each value would take 24 million steps."""
    usages = "".join(f"09{n % 250:02x}" for n in range(2000))
    layout = read("0509" + "960030" + "7501" + usages + "8102")
    controls = list(layout.controls())
    assert (len(controls), controls[-1].bit) == (12288, 12287)
    assert controls[-1].usage == 0x0009_0000 + 1999 % 250


ITEMS = st.lists(
    st.tuples(st.integers(0, 255), st.binary(min_size=0, max_size=4)).map(
        lambda item: (
            bytes((item[0] & 0xFC | (0, 1, 2, 3, 3)[len(item[1])],))
            + item[1].ljust(4 if len(item[1]) == 3 else len(item[1]), b"\0")
        )
    ),
    max_size=120,
).map(b"".join)


def spoiled(real: bytes) -> st.SearchStrategy[bytes]:
    change = st.tuples(st.integers(0, len(real) - 1), st.integers(0, 255))
    return st.lists(change, max_size=6).map(
        lambda changes: bytes(dict(changes).get(at, byte) for at, byte in enumerate(real))
    )


@settings(max_examples=examples(300), deadline=5000, derandomize=True)
@given(st.one_of(st.binary(max_size=4096), ITEMS, spoiled(SPEAK_810.descriptor)))
def test_any_bytes_give_a_layout_or_the_one_error(data: bytes) -> None:
    try:
        layout = read_descriptor(data)
    except DescriptorError:
        return
    for field in layout.fields:
        last = field.bit + field.size * field.count
        assert last <= layout.bits[(field.report_type, field.report_id)] <= 16383 * 8
        assert len(list(field.named())) == field.count
    assert sum(field.count for field in layout.fields) <= 65536
    for control in layout.find(Usage.PHONE_MUTE, *ReportType):
        assert control.usage == Usage.PHONE_MUTE
