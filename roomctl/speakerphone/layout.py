"""The reports of one HID device: which usage stands where. Knows no descriptor and no port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice, repeat


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
        """Whether a value is an index into the usages, not the state of one usage.

        What is constant selects nothing: with usages it is a value for each of them, although its
        flags may leave out that it is variable.
        """
        return not self.flags & 0x03

    @property
    def relative(self) -> bool:
        return bool(self.flags & 0x04)

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

    def control(self, usage: int, index: int) -> Control:
        """Return the control of `usage`, which stands at `index` among the declared ones."""
        return Control(
            usage,
            self.direction,
            self.report_id,
            self.bit if self.array else self.bit + index * self.size,
            self.size,
            self.constant,
            self.relative,
            signed=self.logical_min < 0,
            count=self.count if self.array else 1,
            selector=self.logical_min + index if self.array else None,
        )


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
            field.control(usage, index)
            for direction in directions
            for field in self.fields
            if field.direction is direction and (index := field.index_of(usage)) is not None
        )

    def controls(self) -> Iterator[Control]:
        """Yield every variable value of every field, at most 65,536, in order of declaration.

        The values of an array are not among them: they are numbers, not the states of usages.
        """
        for field in self.fields:
            if not field.array:
                for index, usage in enumerate(field.named()):
                    yield field.control(usage, index)
