"""HID report descriptors: bytes in, the layout of every report out. Knows no telephony, no port.

Any byte string gives a `Layout` or a `DescriptorError`, in work that is bounded by its length.
The limits are those of the Linux kernel (include/linux/hid.h, drivers/hid/hid-core.c), whose
judgement a device in the field has passed: without them a Report Count of 0x7fffffff, or a Usage
Maximum of 0xffffffff, would hang the reader. In two things it is milder than the kernel: a long
item is skipped, and a Logical Maximum below the Minimum is no reason to lose a device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from roomctl.speakerphone.items import DescriptorError, Item, read_items
from roomctl.speakerphone.layout import Control, Direction, Field, Layout

__all__ = ["Control", "DescriptorError", "Direction", "Field", "Layout", "read_descriptor"]

MAX_DESCRIPTOR_BYTES = 4096
MAX_PUSHES = 4
MAX_SIZE_BITS = 256
MAX_COUNT = 12288
MAX_PAYLOAD_BYTES = 16383  # a buffer of 16 KiB, less the report ID
MAX_VALUES = 65536  # ours: the kernel bounds each report, and a descriptor may declare 255

_GLOBAL, _TYPE = 0x04, 0x0C


def read_descriptor(data: bytes) -> Layout:
    """Read a report descriptor of at most 4 KiB; raise DescriptorError if it is none."""
    if len(data) > MAX_DESCRIPTOR_BYTES:
        raise DescriptorError(-1, f"report descriptor: {len(data)} bytes, at most 4096 are read")
    reader = _Reader()
    for item in read_items(data):
        reader.take(item)
    return reader.layout(len(data))


@dataclass(slots=True)
class _Globals:
    """What holds until it is set again. Logical limits are kept as read: see `_limits`."""

    page: int = 0
    logical_min: int = 0
    logical_max: int = 0
    logical_max_unsigned: int = 0
    size: int = 0
    count: int = 0
    report_id: int = 0


@dataclass(slots=True)
class _Named:
    """One declared usage or range; `whole` if it came with a page of its own (4 bytes)."""

    page: int
    first: int
    last: int
    whole: bool


@dataclass(slots=True)
class _Locals:
    """What holds for the next main item only; `choosing` between the usages of a delimited set."""

    named: list[_Named] = field(default_factory=list)
    minimum: Item | None = None
    maximum: Item | None = None
    choosing: bool = False
    chosen: bool = False


class _Reader:
    """The state between two items."""

    def __init__(self) -> None:
        self._globals = _Globals()
        self._stack: list[_Globals] = []
        self._locals = _Locals()
        self._depth = 0
        self._fields: list[Field] = []
        self._values = 0
        self._bits: dict[tuple[Direction, int], int] = {}
        self._numbered = False

    def take(self, item: Item) -> None:
        """Take one item. Main, local and reserved ones that nobody knows mean nothing."""
        known = _TAKE.get(item.kind)
        if known is not None:
            known(self, item)
        elif item.kind & _TYPE == _GLOBAL:
            raise DescriptorError(item.at, f"global item {item.kind:#04x}, which there is not")
        if not item.kind & _TYPE:
            self._locals = _Locals()

    def layout(self, end: int) -> Layout:
        if self._depth:
            raise DescriptorError(end, f"{self._depth} collections are never closed")
        return Layout(tuple(self._fields), self._bits, self._numbered)

    def input(self, item: Item) -> None:
        self._declare(item, Direction.INPUT)

    def output(self, item: Item) -> None:
        self._declare(item, Direction.OUTPUT)

    def feature(self, item: Item) -> None:
        self._declare(item, Direction.FEATURE)

    def collection(self, item: Item) -> None:
        self._depth += 1

    def end_collection(self, item: Item) -> None:
        if not self._depth:
            raise DescriptorError(item.at, "End Collection without a Collection")
        self._depth -= 1

    def _declare(self, item: Item, direction: Direction) -> None:
        state = self._globals
        report = (direction, state.report_id)
        bit = self._bits.get(report, 0)
        bits = bit + state.size * state.count
        if bits > MAX_PAYLOAD_BYTES * 8:
            longest = f"longer than {MAX_PAYLOAD_BYTES} bytes"
            raise DescriptorError(item.at, f"report {state.report_id} is {longest}")
        self._bits[report] = bits
        usages = self._usages()
        if not usages or not state.size or not state.count:
            return
        self._values += state.count
        if self._values > MAX_VALUES:
            raise DescriptorError(item.at, f"more than {MAX_VALUES} values are declared")
        shape = (state.report_id, bit, state.size, state.count)
        self._fields.append(Field(direction, *shape, item.data, *_limits(state), usages))

    def _usages(self) -> tuple[range, ...]:
        """Return the declared usages with their pages.

        A usage without a page takes the last page in force before the main item, from the last
        usage back to the first that was declared under that page (Linux drivers/hid/hid-core.c,
        hid_concatenate_last_usage_page): `09 07 05 09 81 02` is Button 7.
        """
        page = self._globals.page
        for named in reversed(self._locals.named):
            if named.whole:
                continue
            if named.page == page:
                break
            named.page = page
        return tuple(
            range(named.page << 16 | named.first, (named.page << 16 | named.last) + 1)
            for named in self._locals.named
        )

    def page(self, item: Item) -> None:
        self._globals.page = item.data & 0xFFFF

    def logical_min(self, item: Item) -> None:
        self._globals.logical_min = item.signed

    def logical_max(self, item: Item) -> None:
        self._globals.logical_max = item.signed
        self._globals.logical_max_unsigned = item.data

    def size(self, item: Item) -> None:
        if item.data > MAX_SIZE_BITS:
            raise DescriptorError(item.at, f"Report Size {item.data}, at most {MAX_SIZE_BITS} bits")
        self._globals.size = item.data

    def report_id(self, item: Item) -> None:
        if not 1 <= item.data <= 255:
            raise DescriptorError(item.at, f"Report ID {item.data}, must be 1 to 255")
        self._globals.report_id = item.data
        self._numbered = True

    def count(self, item: Item) -> None:
        if item.data > MAX_COUNT:
            raise DescriptorError(item.at, f"Report Count {item.data}, at most {MAX_COUNT}")
        self._globals.count = item.data

    def push(self, item: Item) -> None:
        if len(self._stack) >= MAX_PUSHES:
            raise DescriptorError(item.at, f"more than {MAX_PUSHES} nested Push items")
        self._stack.append(replace(self._globals))

    def pop(self, item: Item) -> None:
        if not self._stack:
            raise DescriptorError(item.at, "Pop without Push")
        self._globals = self._stack.pop()

    def unused(self, item: Item) -> None:
        """Take a physical limit or a unit: true, and of no consequence for where a bit stands."""

    def usage(self, item: Item) -> None:
        self._name(item, item)

    def usage_min(self, item: Item) -> None:
        self._locals.minimum = item
        self._range()

    def usage_max(self, item: Item) -> None:
        self._locals.maximum = item
        self._range()

    def _range(self) -> None:
        low, high = self._locals.minimum, self._locals.maximum
        if low is not None and high is not None:
            self._locals.minimum = self._locals.maximum = None
            self._name(low, high)

    def delimiter(self, item: Item) -> None:
        opens = bool(item.data)
        if opens is self._locals.choosing:
            why = "Delimiter opened inside another" if opens else "Delimiter closed, but not open"
            raise DescriptorError(item.at, why)
        self._locals.choosing, self._locals.chosen = opens, False

    def _name(self, low: Item, high: Item) -> None:
        """Declare the usages `low` to `high`; of a delimited set only the first, preferred, one."""
        if self._locals.choosing and self._locals.chosen:
            return
        self._locals.chosen = True
        whole = high.size == 4
        page = high.data >> 16 if whole else self._globals.page
        first, last = low.data & 0xFFFF, high.data & 0xFFFF
        if low.size == 4 and low.data >> 16 != page:
            raise DescriptorError(high.at, "Usage Maximum is on another page than Minimum")
        if first > last:
            raise DescriptorError(high.at, f"Usage Maximum {last:#x} is below Minimum {first:#x}")
        self._locals.named.append(_Named(page, first, last, whole or low.size == 4))


# By an item's prefix without its size (HID 1.11, 6.2.2.4, 6.2.2.7 and 6.2.2.8).
_TAKE: dict[int, Callable[[_Reader, Item], None]] = {
    0x80: _Reader.input,
    0x90: _Reader.output,
    0xB0: _Reader.feature,
    0xA0: _Reader.collection,
    0xC0: _Reader.end_collection,
    0x04: _Reader.page,
    0x14: _Reader.logical_min,
    0x24: _Reader.logical_max,
    0x34: _Reader.unused,  # Physical Minimum
    0x44: _Reader.unused,  # Physical Maximum
    0x54: _Reader.unused,  # Unit Exponent
    0x64: _Reader.unused,  # Unit
    0x74: _Reader.size,
    0x84: _Reader.report_id,
    0x94: _Reader.count,
    0xA4: _Reader.push,
    0xB4: _Reader.pop,
    0x08: _Reader.usage,
    0x18: _Reader.usage_min,
    0x28: _Reader.usage_max,
    0xA8: _Reader.delimiter,
}


def _limits(state: _Globals) -> tuple[int, int]:
    """Return the logical limits; the upper one is unsigned unless the lower one is negative.

    `25 ff` after a minimum of 0 is -1 by the letter; devices mean 255.
    """
    unsigned = state.logical_min >= 0
    return state.logical_min, state.logical_max_unsigned if unsigned else state.logical_max
