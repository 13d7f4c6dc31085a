"""HID report descriptors: bytes in, the layout of every report out. Knows no telephony, no port.

Any byte string gives a `Layout` or a `DescriptorError`, in work that is bounded by its length.
An item is a prefix byte and 0, 1, 2 or 4 bytes of little-endian data (HID 1.11, 6.2.2.2)::

    prefix    tag (4 bits) . type (2 bits: 0 main, 1 global, 2 local) . size (2 bits, 3 means 4)
    0xFE      a long item: bDataSize, bLongItemTag and bDataSize bytes, which are skipped

The limits are those of the Linux kernel (include/linux/hid.h): without them a Report Count of
0x7fffffff, or a Usage Maximum of 0xffffffff, would hang the reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from roomctl.errors import RoomctlError

MAX_DESCRIPTOR_BYTES = 4096
MAX_PUSHES = 4
MAX_SIZE_BITS = 256
MAX_COUNT = 12288
MAX_PAYLOAD_BYTES = 16384

_MAIN, _GLOBAL, _LOCAL = 0, 1, 2
_LONG_ITEM = 0xFE


class DescriptorError(RoomctlError):
    """The bytes are no report descriptor: `at` is the offset of the item that cannot be, or -1."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(f"report descriptor: byte {at}: {why}" if at >= 0 else why)
        self.at, self.why = at, why


class Direction(StrEnum):
    """Which kind of report: to the host, to the device, or settings both ways."""

    INPUT = "I"
    OUTPUT = "O"
    FEATURE = "F"


@dataclass(frozen=True, slots=True)
class Field:
    """What one main item declares: `count` values of `size` bits, the first at bit `bit`.

    `bit` counts inside the payload, the report-ID byte excluded; `report_id` is 0 if reports are
    not numbered. A constant field that declares usages is a real one (Anker PowerConf flags its
    mute and hook so); without usages it is padding and no Field.
    """

    direction: Direction
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
        """Whether a value is an index into the usages, not the state of one usage."""
        return not self.flags & 0x02

    @property
    def relative(self) -> bool:
        return bool(self.flags & 0x04)

    def usage_at(self, index: int) -> int:
        """Return the usage of value `index`; the last declared usage repeats (HID 6.2.2.8)."""
        for usages in self.usages:
            if index < len(usages):
                return usages[index]
            index -= len(usages)
        return self.usages[-1][-1]

    def index_of(self, usage: int) -> int | None:
        """Return where `usage` stands among the declared usages; None if it has no value here."""
        before = 0
        for usages in self.usages:
            if usage in usages:
                index = before + usages.index(usage)
                return index if self.array or index < self.count else None
            before += len(usages)
        return None


@dataclass(frozen=True, slots=True)
class Control:
    """One usage in one report: where its value stands and how to read it.

    `selector` is set for a usage inside an array of `count` elements: it is pressed while any
    element holds that number.
    """

    usage: int
    direction: Direction
    report_id: int
    bit: int
    size: int
    constant: bool
    relative: bool
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


@dataclass(frozen=True, slots=True)
class Layout:
    """Every report of a device. `bits` gives the length of each, padding included."""

    fields: tuple[Field, ...]
    bits: Mapping[tuple[Direction, int], int]
    numbered: bool

    def payload_bytes(self, direction: Direction, report_id: int) -> int | None:
        """Return a report's length without its ID byte; None if there is no such report."""
        bits = self.bits.get((direction, report_id))
        return None if bits is None else (bits + 7) // 8

    def find(self, usage: int, *directions: Direction) -> tuple[Control, ...]:
        """Return the controls of `usage`, in the order of `directions`, then of declaration."""
        return tuple(
            _control(field, usage, index)
            for direction in directions
            for field in self.fields
            if field.direction is direction and (index := field.index_of(usage)) is not None
        )

    def controls(self) -> Iterator[Control]:
        """Yield every variable value of every field; a hostile descriptor may declare millions."""
        for declared in self.fields:
            if not declared.array:
                for index in range(declared.count):
                    yield _control(declared, declared.usage_at(index), index)


def _control(field: Field, usage: int, index: int) -> Control:
    first = Control(
        usage,
        field.direction,
        field.report_id,
        field.bit,
        field.size,
        field.constant,
        field.relative,
        signed=field.logical_min < 0,
    )
    if field.array:
        return replace(first, count=field.count, selector=field.logical_min + index)
    return replace(first, bit=field.bit + index * field.size) if index else first


def read_descriptor(data: bytes) -> Layout:
    """Read a report descriptor of at most 4 KiB; raise DescriptorError if it is none."""
    if len(data) > MAX_DESCRIPTOR_BYTES:
        raise DescriptorError(-1, f"report descriptor: {len(data)} bytes, at most 4096 are read")
    reader = _Reader()
    for item in _items(data):
        reader.take(item)
    return reader.layout(len(data))


@dataclass(frozen=True, slots=True)
class _Item:
    at: int
    kind: int
    tag: int
    size: int
    data: int

    @property
    def signed(self) -> int:
        negative = self.size and self.data >> (8 * self.size - 1)
        return self.data - (1 << 8 * self.size) if negative else self.data


def _items(data: bytes) -> Iterator[_Item]:
    at = 0
    while at < len(data):
        prefix = data[at]
        if prefix == _LONG_ITEM:
            if at + 1 >= len(data) or (end := at + 3 + data[at + 1]) > len(data):
                raise DescriptorError(at, "the descriptor ends inside a long item")
            at = end
            continue
        size = (0, 1, 2, 4)[prefix & 3]
        if at + 1 + size > len(data):
            raise DescriptorError(at, f"the descriptor ends inside an item of {size} data bytes")
        value = int.from_bytes(data[at + 1 : at + 1 + size], "little")
        yield _Item(at, prefix >> 2 & 3, prefix >> 4, size, value)
        at += 1 + size


@dataclass(frozen=True, slots=True)
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
    """What holds for the next main item only."""

    named: list[_Named] = field(default_factory=list)
    minimum: _Item | None = None
    maximum: _Item | None = None
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
        self._bits: dict[tuple[Direction, int], int] = {}
        self._numbered = False

    def take(self, item: _Item) -> None:
        if item.kind == _MAIN:
            self._main(item)
        elif item.kind == _GLOBAL:
            self._global(item)
        elif item.kind == _LOCAL:
            self._local(item)

    def layout(self, end: int) -> Layout:
        if self._depth:
            raise DescriptorError(end, f"{self._depth} collections are never closed")
        return Layout(tuple(self._fields), self._bits, self._numbered)

    def _main(self, item: _Item) -> None:
        match item.tag:
            case 0x8:
                self._declare(item, Direction.INPUT)
            case 0x9:
                self._declare(item, Direction.OUTPUT)
            case 0xB:
                self._declare(item, Direction.FEATURE)
            case 0xA:
                self._depth += 1
            case 0xC:
                if not self._depth:
                    raise DescriptorError(item.at, "End Collection without a Collection")
                self._depth -= 1
        self._locals = _Locals()

    def _declare(self, item: _Item, direction: Direction) -> None:
        state = self._globals
        report = (direction, state.report_id)
        bit = self._bits.get(report, 0)
        bits = bit + state.size * state.count
        if bits > MAX_PAYLOAD_BYTES * 8:
            raise DescriptorError(item.at, f"report {state.report_id} is longer than 16384 bytes")
        self._bits[report] = bits
        usages = self._usages()
        if not usages or not state.size or not state.count:
            return
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

    def _global(self, item: _Item) -> None:
        state, value = self._globals, item.data
        match item.tag:
            case 0x0:
                self._globals = replace(state, page=value & 0xFFFF)
            case 0x1:
                self._globals = replace(state, logical_min=item.signed)
            case 0x2:
                self._globals = replace(state, logical_max=item.signed, logical_max_unsigned=value)
            case 0x7:
                if value > MAX_SIZE_BITS:
                    raise DescriptorError(item.at, f"Report Size {value}, at most 256 bits")
                self._globals = replace(state, size=value)
            case 0x8:
                if not 1 <= value <= 255:
                    raise DescriptorError(item.at, f"Report ID {value}, must be 1 to 255")
                self._globals = replace(state, report_id=value)
                self._numbered = True
            case 0x9:
                if value > MAX_COUNT:
                    raise DescriptorError(item.at, f"Report Count {value}, at most 12288")
                self._globals = replace(state, count=value)
            case 0xA:
                if len(self._stack) >= MAX_PUSHES:
                    raise DescriptorError(item.at, "more than 4 nested Push items")
                self._stack.append(state)
            case 0xB:
                if not self._stack:
                    raise DescriptorError(item.at, "Pop without Push")
                self._globals = self._stack.pop()

    def _local(self, item: _Item) -> None:
        match item.tag:
            case 0x0:
                self._name(item, item)
            case 0x1:
                self._locals.minimum = item
            case 0x2:
                self._locals.maximum = item
            case 0xA:
                self._locals.choosing, self._locals.chosen = bool(item.data), False
        low, high = self._locals.minimum, self._locals.maximum
        if low is not None and high is not None:
            self._locals.minimum = self._locals.maximum = None
            self._name(low, high)

    def _name(self, low: _Item, high: _Item) -> None:
        """Declare the usages `low` to `high`; of a delimited set only the first, preferred, one."""
        if self._locals.choosing and self._locals.chosen:
            return
        self._locals.chosen = True
        whole = max(low.size, high.size) == 4
        first, last = low.data & 0xFFFF, high.data & 0xFFFF
        if first > last:
            raise DescriptorError(high.at, f"Usage Maximum {last:#x} is below Minimum {first:#x}")
        page = max(low.data, high.data) >> 16 if whole else self._globals.page
        self._locals.named.append(_Named(page, first, last, whole))


def _limits(state: _Globals) -> tuple[int, int]:
    """Return the logical limits; the upper one is unsigned unless the lower one is negative.

    `25 ff` after a minimum of 0 is -1 by the letter; devices mean 255.
    """
    unsigned = state.logical_min >= 0
    return state.logical_min, state.logical_max_unsigned if unsigned else state.logical_max
