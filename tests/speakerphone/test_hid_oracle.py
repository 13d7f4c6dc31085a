"""The descriptor reader beside hid-tools: both say the same of whatever is valid."""

from collections.abc import Iterator

import hidtools.hid
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomctl.speakerphone.hid import ReportLayout, read_descriptor, read_items
from tests.examples import examples
from tests.speakerphone.devices import RECORDED

# What is compared: (type, report ID, bit, size, usage, constant, relative), and the length in
# bits of each report. hid-tools counts the ID byte, calls the only report of others -1, and does
# not check what it reads; it is given valid descriptors alone.
Told = tuple[str, int, int, int, int, bool, bool]


def told_by_hid_tools(data: bytes) -> tuple[list[Told], dict[tuple[str, int], int]]:
    parsed = hidtools.hid.ReportDescriptor.from_bytes(list(data))
    kinds = {"I": parsed.input_reports, "O": parsed.output_reports, "F": parsed.feature_reports}
    reports = [(letter, report) for letter, kind in kinds.items() for report in kind.values()]
    lengths = {
        (letter, max(report.report_ID, 0)): report.bitsize - 8 * report.numbered
        for letter, report in reports
    }
    return sorted(one for letter, report in reports for one in theirs(letter, report)), lengths


def theirs(letter: str, report: hidtools.hid.HidReport) -> Iterator[Told]:
    for field in report.fields:
        named = [field.usage] if field.usages is None else field.usages  # of an array
        start = field.start - 8 * report.numbered
        shape = (letter, max(report.report_ID, 0), start, field.size)
        for usage in filter(None, named):
            yield (*shape, usage, field.is_const, bool(field.type & 4))


def told_by_us(layout: ReportLayout) -> tuple[list[Told], dict[tuple[str, int], int]]:
    variables = list(layout.controls())
    arrays = [
        field.control(usage, index)
        for field in layout.fields
        if field.array
        for index, usage in enumerate(usage for usages in field.usages for usage in usages)
    ]
    told = sorted(
        (
            str(one.report_type),
            one.report_id,
            one.bit,
            one.size,
            one.usage,
            one.constant,
            one.relative,
        )
        for one in variables + arrays
    )
    lengths = {
        (str(report_type), number): bits for (report_type, number), bits in layout.bits.items()
    }
    return told, lengths


@pytest.mark.parametrize("name", RECORDED)
def test_hid_tools_finds_everything_in_a_real_descriptor_where_we_do(name: str) -> None:
    data = RECORDED[name].model.descriptor
    assert told_by_us(read_descriptor(data)) == told_by_hid_tools(data)


def item(prefix: int, value: int) -> bytes:
    """Write one item in as few bytes as its value needs, or 4 for one with a page of its own."""
    size = 1 if value < 0x100 else 2 if value < 0x10000 else 4
    return bytes((prefix | {1: 1, 2: 2, 4: 3}[size],)) + value.to_bytes(size, "little")


PAGES = st.sampled_from([0x01, 0x08, 0x09, 0x0B, 0x0C, 0xFF00, 0xFF99])
USAGES = st.one_of(st.integers(1, 0xFF), st.integers(0x100, 0xFFFF))
WHOLE = st.builds(lambda page, usage: page << 16 | usage, PAGES, USAGES)
NAMES = st.one_of(
    st.lists(
        st.one_of(
            USAGES.map(lambda usage: item(0x08, usage)),
            WHOLE.map(lambda usage: item(0x08, usage)),
            PAGES.map(lambda page: item(0x04, page)),
        ),
        max_size=5,
    ).map(b"".join),
    st.builds(
        lambda first, more: item(0x18, first) + item(0x28, first + more),
        st.integers(1, 0xFF00),
        st.integers(0, 9),
    ),
    st.builds(
        lambda first, more: item(0x18, first) + item(0x28, first + more),
        st.integers(0x000B_0001, 0x000B_0090),
        st.integers(0, 9),
    ),
)
MAINS = st.builds(
    lambda names, shape, main, flags: names + shape + bytes((main | 1, flags)),
    NAMES,
    st.builds(
        lambda size, count: item(0x74, size) + item(0x94, count),
        st.integers(1, 32),
        st.integers(1, 20),
    ),
    st.sampled_from([0x80, 0x90, 0xB0]),
    st.sampled_from([0x02, 0x06, 0x22, 0x42, 0x03, 0x07, 0x23, 0x01, 0x00, 0x40]),
)
BLOCKS = st.recursive(
    MAINS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(b"".join),
        inner.map(lambda block: b"\xa1\x02" + block + b"\xc0"),
        inner.map(lambda block: b"\xa4" + block + b"\xb4"),
    ),
    max_leaves=5,
)
PAGED = st.builds(lambda page, block: item(0x04, page) + block, PAGES, BLOCKS)
NUMBERED = st.lists(
    st.builds(lambda number, block: item(0x84, number) + block, st.integers(1, 255), PAGED),
    max_size=4,
).map(b"".join)


def pushes(data: bytes) -> int:
    deepest = depth = 0
    for one in read_items(data):
        depth += {0xA4: 1, 0xB4: -1}.get(one.kind, 0)
        deepest = max(deepest, depth)
    return deepest


@settings(max_examples=examples(300), deadline=None, derandomize=True)
@given(st.one_of(PAGED, NUMBERED).filter(lambda data: pushes(data) <= 4))
def test_hid_tools_finds_everything_in_any_valid_descriptor_where_we_do(data: bytes) -> None:
    assert told_by_us(read_descriptor(data)) == told_by_hid_tools(data)
