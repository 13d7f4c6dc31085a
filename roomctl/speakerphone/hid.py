"""HID report descriptors: bytes in, the layout of every report out. Knows no telephony, no port.

A descriptor is a row of items, each a prefix byte and 0, 1, 2 or 4 bytes of little-endian data
(HID 1.11, 6.2.2.2)::

    prefix    tag (4 bits) . type (2 bits: 0 main, 1 global, 2 local) . size (2 bits, 3 means 4)
    0xFE      a long item: bDataSize, bLongItemTag and bDataSize bytes, which are skipped

Any byte string gives a `ReportLayout` or a `DescriptorError`, in work that is bounded by its
length. The limits are those of the Linux kernel (include/linux/hid.h, drivers/hid/hid-core.c),
whose judgement a device in the field has passed: without them a Report Count of 0x7fffffff, or a
Usage Maximum of 0xffffffff, would hang the reader. In two things it is milder than the kernel: a
long item is skipped, and a Logical Maximum below the Minimum is no reason to lose a device.

A usage is a number, usage page << 16 | usage, as in the USB HID Usage Tables: Telephony page 0x0B,
LED page 0x08, Button page 0x09, Consumer page 0x0C.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from itertools import chain, islice, repeat
from typing import NamedTuple

from roomctl.errors import RoomctlError
from roomctl.frozen import frozen

MAX_DESCRIPTOR_BYTES = 4096
MAX_PUSHES = 4
MAX_SIZE_BITS = 256
MAX_COUNT = 12288
MAX_PAYLOAD_BYTES = 16383  # a buffer of 16 KiB, less the report ID
MAX_VALUES = 65536  # ours: the kernel bounds each report, and a descriptor may declare 255

_GLOBAL, _TYPE = 0x04, 0x0C
_LONG = 0xFE
_KIND = 0xFC
_SIZES = (0, 1, 2, 4)


class Usage(IntEnum):
    """A usage with a name of its own; the lower-case name is what people and files call it."""

    PROGRAMMABLE_BUTTON_REJECT = 0x000B_0007
    HOOK_SWITCH = 0x000B_0020
    FLASH = 0x000B_0021
    REDIAL = 0x000B_0024
    PHONE_MUTE = 0x000B_002F
    SYSTEM_MICROPHONE_MUTE = 0x0001_00A9
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


class ReportType(StrEnum):
    """Which kind of report: to the host, to the device, or settings both ways."""

    INPUT = "I"
    OUTPUT = "O"
    FEATURE = "F"


@frozen
class Field:
    """What one main item declares: `count` values of `size` bits, the first at bit `bit`.

    `bit` counts inside the payload, the report-ID byte excluded; `report_id` is 0 if reports are
    not numbered. A constant field that declares usages is a real one (Anker PowerConf flags its
    mute and hook so); without usages it is padding and no Field.
    """

    report_type: ReportType
    report_id: int
    bit: int
    size: int
    count: int
    flags: int
    logical_min: int
    logical_max: int
    usages: tuple[range, ...]

    @property
    def constant(self) -> bool:
        return bool(self.flags & 0x01)

    @property
    def array(self) -> bool:
        """Whether a value is an index into the usages, not the state of one usage.

        What is constant selects nothing: with usages it is a value for each of them, although its
        flags may leave out that it is variable.
        """
        return not self.flags & 0x03

    @property
    def relative(self) -> bool:
        return bool(self.flags & 0x04)

    @property
    def switch(self) -> bool:
        """Whether a value stays where somebody has put it (HID 1.11, 6.2.2.5).

        What returns to a preferred state when nobody touches it is a push button, and so is what an
        array names.
        """
        return not self.relative and not self.array and bool(self.flags & 0x20)

    def named(self) -> Iterator[int]:
        """Yield the usage of each of `count` values; the last one repeats (HID 1.11, 6.2.2.8)."""
        last = self.usages[-1][-1]
        return islice(chain(chain.from_iterable(self.usages), repeat(last)), self.count)

    def index_of(self, usage: int) -> int | None:
        """Return where `usage` stands among the declared usages; None if it has no value here."""
        before = 0
        for usages in self.usages:
            if usage in usages:
                index = before + usages.index(usage)
                return index if self.array or index < self.count else None
            before += len(usages)
        return None

    def control(self, usage: int, index: int) -> ReportControl:
        """Return the control of `usage`, which stands at `index` among the declared ones."""
        return ReportControl(
            usage,
            self.report_type,
            self.report_id,
            self.bit if self.array else self.bit + index * self.size,
            self.size,
            self.constant,
            self.relative,
            switch=self.switch,
            signed=self.logical_min < 0,
            count=self.count if self.array else 1,
            selector=self.logical_min + index if self.array else None,
        )


@frozen
class ReportControl:
    """One usage in one report: where its value stands and how to read it.

    `selector` is set for a usage inside an array of `count` elements: it is pressed while any
    element holds that number.
    """

    usage: int
    report_type: ReportType
    report_id: int
    bit: int
    size: int
    constant: bool
    relative: bool
    switch: bool = False
    signed: bool = False
    count: int = 1
    selector: int | None = None

    def value(self, payload: bytes) -> int:
        """Read the control; bits that the payload does not have read as 0."""
        bits = int.from_bytes(payload, "little")
        if self.selector is None:
            return self._element(bits, 0)
        return int(any(self._element(bits, n) == self.selector for n in range(self.count)))

    def put(self, payload: bytearray, value: int) -> None:
        """Set the control in `payload`, leaving every other bit as it is."""
        mask = ((1 << self.size) - 1) << self.bit
        bits = int.from_bytes(payload, "little") & ~mask | (value << self.bit) & mask
        payload[:] = bits.to_bytes(len(payload), "little")

    def _element(self, bits: int, index: int) -> int:
        raw = (bits >> (self.bit + index * self.size)) & ((1 << self.size) - 1)
        negative = self.signed and raw >> (self.size - 1)
        return raw - (1 << self.size) if negative else raw


@frozen
class ReportLayout:
    """Every report of a device. `bits` gives the length of each, padding included."""

    fields: tuple[Field, ...]
    bits: Mapping[tuple[ReportType, int], int]
    numbered: bool

    def payload_bytes(self, report_type: ReportType, report_id: int) -> int | None:
        """Return a report's length without its ID byte; None if there is no such report."""
        bits = self.bits.get((report_type, report_id))
        return None if bits is None else (bits + 7) // 8

    def find(self, usage: int, *report_types: ReportType) -> tuple[ReportControl, ...]:
        """Return the controls of `usage`, in the order of `report_types`, then of declaration."""
        return tuple(
            declared.control(usage, index)
            for report_type in report_types
            for declared in self.fields
            if declared.report_type is report_type
            and (index := declared.index_of(usage)) is not None
        )

    def controls(self) -> Iterator[ReportControl]:
        """Yield every variable value of every field, at most 65,536, in order of declaration.

        The values of an array are not among them: they are numbers, not the states of usages.
        """
        for declared in self.fields:
            if not declared.array:
                for index, usage in enumerate(declared.named()):
                    yield declared.control(usage, index)


class DescriptorError(RoomctlError):
    """The bytes are no report descriptor: `at` is the offset of the item that cannot be, or -1."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(f"report descriptor: byte {at}: {why}" if at >= 0 else why)
        self.at, self.why = at, why


class Item(NamedTuple):
    """One short item: `kind` is its prefix without the size, `size` that of its data in bytes."""

    at: int
    kind: int
    size: int
    data: int

    @property
    def signed(self) -> int:
        """`data` as a number that may be negative, by the highest bit that was sent."""
        negative = self.size and self.data >> (8 * self.size - 1)
        return self.data - (1 << 8 * self.size) if negative else self.data


def read_items(data: bytes) -> Iterator[Item]:
    """Yield every short item; raise DescriptorError where the bytes end inside one."""
    at, end = 0, len(data)
    while at < end:
        prefix = data[at]
        if prefix == _LONG:
            at = _after_long(data, at)
            continue
        size = _SIZES[prefix & 3]
        after = at + 1 + size
        if after > end:
            raise DescriptorError(at, f"the descriptor ends inside an item of {size} data bytes")
        value = data[at + 1] if size == 1 else int.from_bytes(data[at + 1 : after], "little")
        yield Item(at, prefix & _KIND, size, value)
        at = after


def _after_long(data: bytes, at: int) -> int:
    if at + 1 >= len(data) or (after := at + 3 + data[at + 1]) > len(data):
        raise DescriptorError(at, "the descriptor ends inside a long item")
    return after


def read_descriptor(data: bytes) -> ReportLayout:
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
        self._bits: dict[tuple[ReportType, int], int] = {}
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

    def layout(self, end: int) -> ReportLayout:
        if self._depth:
            raise DescriptorError(end, f"{self._depth} collections are never closed")
        return ReportLayout(tuple(self._fields), self._bits, self._numbered)

    def input(self, item: Item) -> None:
        self._declare(item, ReportType.INPUT)

    def output(self, item: Item) -> None:
        self._declare(item, ReportType.OUTPUT)

    def feature(self, item: Item) -> None:
        self._declare(item, ReportType.FEATURE)

    def collection(self, item: Item) -> None:
        self._depth += 1

    def end_collection(self, item: Item) -> None:
        if not self._depth:
            raise DescriptorError(item.at, "End Collection without a Collection")
        self._depth -= 1

    def _declare(self, item: Item, report_type: ReportType) -> None:
        state = self._globals
        report = (report_type, state.report_id)
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
        self._fields.append(Field(report_type, *shape, item.data, *_limits(state), usages))

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
