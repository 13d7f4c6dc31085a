"""The items of a HID report descriptor: bytes in, one item after another out. Knows no meaning.

An item is a prefix byte and 0, 1, 2 or 4 bytes of little-endian data (HID 1.11, 6.2.2.2)::

    prefix    tag (4 bits) . type (2 bits: 0 main, 1 global, 2 local) . size (2 bits, 3 means 4)
    0xFE      a long item: bDataSize, bLongItemTag and bDataSize bytes, which are skipped
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from roomctl.errors import RoomctlError

_LONG = 0xFE
_KIND = 0xFC
_SIZES = (0, 1, 2, 4)


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
