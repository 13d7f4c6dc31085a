"""HID report descriptors as far as a port must know them: whose they are, and several as one.

A device may have several HID interfaces, each with a report descriptor and report IDs of its own.
To whoever opens it they are one: their descriptors stand one after the other, and where an ID is
taken, or reports are not numbered, those of the later interface get another ID here::

    interface 3    reports 1, 2          here 1, 2
    interface 4    reports 2, 5          here 3, 5
    interface 5    one without a number  here 4

What holds from item to item (HID 1.11, 6.2.2.7) is set back between them. A single interface is
handed on as it is. Of usages it knows what makes one of two devices the better speakerphone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

TELEPHONY_PAGE, CONSUMER_PAGE = 0x0B, 0x0C
MOST_BYTES = 4096  # what is read of one interface, and of all together
_LONG, _SIZE = 0xFE, 3
_USAGE_PAGE, _REPORT_ID = 0x04, 0x84  # prefixes without size
_USAGE = 0x08
_NEEDED = frozenset({(0x0B, 0x20), (0x0B, 0x2F), (0x08, 0x09), (0x08, 0x17)})
_MAIN_ITEMS = (0x80, 0x90, 0xB0)  # Input, Output, Feature
_COLLECTION, _END_COLLECTION = 0xA0, 0xC0
# Usage Page, Logical and Physical Minimum and Maximum, Unit Exponent, Unit, Size and Count: 0
_SET_BACK = bytes.fromhex("0500 1500 2500 3500 4500 5500 6500 7500 9500")


def items(descriptor: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (offset, prefix, data) of each short item; a last one that is cut short has less."""
    at = 0
    while at < len(descriptor):
        prefix, size = descriptor[at], (0, 1, 2, 4)[descriptor[at] & _SIZE]
        if prefix == _LONG:
            at += 3 + (descriptor[at + 1] if at + 1 < len(descriptor) else 0)
            continue
        yield at, prefix, descriptor[at + 1 : at + 1 + size]
        at += 1 + size


def speaks_telephony(descriptor: bytes) -> bool:
    """Whether it declares a telephony control; some have the collection and nothing in it."""
    page = own_page = 0
    for _, prefix, data in items(descriptor):
        kind, value = prefix & ~_SIZE, int.from_bytes(data, "little")
        if kind == _USAGE_PAGE:
            page = value
        elif kind == _USAGE:
            own_page = value >> 16
        elif kind in _MAIN_ITEMS:
            if TELEPHONY_PAGE in (page, own_page):
                return True
            own_page = 0
    return False


def completeness(descriptor: bytes) -> int:
    """Return how much of what a room needs of a speakerphone is declared, from 0 to 4.

    Hook switch and phone mute of the telephony page, and the LEDs for mute and off-hook.
    """
    page, found = 0, set[tuple[int, int]]()
    for _, prefix, data in items(descriptor):
        value = int.from_bytes(data, "little")
        if prefix & ~_SIZE == _USAGE_PAGE:
            page = value
        elif prefix & ~_SIZE == _USAGE:
            found.add((value >> 16, value & 0xFFFF) if len(data) == 4 else (page, value))
    return len(found & _NEEDED)


def has_keys(descriptor: bytes) -> bool:
    """Whether it has telephony or consumer controls: keys that a room can read."""
    return speaks_telephony(descriptor) or CONSUMER_PAGE in _values(descriptor, _USAGE_PAGE)


def _values(descriptor: bytes, kind: int) -> Iterator[int]:
    for _, prefix, data in items(descriptor):
        if prefix & ~_SIZE == kind:
            yield int.from_bytes(data, "little")


class JoinedReports:
    """The reports of one or several interfaces under report IDs of their own.

    A frame is report type, report ID (0: not numbered), payload. An interface that finds no room,
    for IDs or bytes, or whose descriptor is broken off, is left out; the first never is.
    """

    def __init__(self, descriptors: Sequence[bytes]) -> None:
        first = descriptors[0]
        self.descriptor = first
        self._there: dict[int, tuple[int, int]] = {}  # ID here: interface, ID on its wire
        several = len(descriptors) > 1
        for interface, descriptor in enumerate(descriptors):
            self._join(interface, descriptor, renumber=several)
        self._here = {wire: here for here, wire in self._there.items()}

    @property
    def interfaces(self) -> tuple[int, ...]:
        """Which of the descriptors are in it."""
        return tuple(sorted({interface for interface, _ in self._there.values()}))

    def heard(self, interface: int, data: bytes, kind: int = 1) -> bytes | None:
        """Return the frame for a report that came; None if its descriptor declares none such."""
        numbered = (interface, 0) not in self._here
        report = (data[0] if data else -1) if numbered else 0
        here = self._here.get((interface, report))
        if here is None:
            return None
        return bytes((kind, here)) + (data[1:] if numbered else data)

    def route(self, frame: bytes) -> tuple[int, bytes]:
        """Return the interface that a frame is for, and the frame as it has it."""
        interface, report = self._there.get(frame[1], (0, frame[1]))
        return interface, bytes((frame[0], report)) + frame[2:]

    def _join(self, interface: int, descriptor: bytes, *, renumber: bool) -> None:
        reports = sorted(set(_values(descriptor, _REPORT_ID))) or [0]
        ids = self._ids(reports, renumber=renumber)
        whole = _renumbered(descriptor, ids) if renumber else descriptor
        if interface:
            whole = self.descriptor + _SET_BACK + whole
            if ids is None or len(whole) > MOST_BYTES or not _is_whole(descriptor):
                return
        self.descriptor = whole
        self._there |= {here: (interface, report) for report, here in (ids or {}).items()}

    def _ids(self, reports: Sequence[int], *, renumber: bool) -> dict[int, int] | None:
        """Return the ID here for each report; None if there are not enough."""
        if not renumber:
            return {report: report for report in reports}
        kept = {report for report in reports if report and report not in self._there}
        free = (n for n in range(1, 256) if n not in self._there and n not in kept)
        ids = {report: report if report in kept else next(free, 0) for report in reports}
        return ids if all(ids.values()) else None


def _renumbered(descriptor: bytes, ids: dict[int, int] | None) -> bytes:
    """Return a descriptor with other report IDs; one that had none gets one at its beginning."""
    ids = ids or {}
    if list(ids) == [0]:
        return bytes((_REPORT_ID | 1, ids[0])) + descriptor
    changed = bytearray(descriptor)
    for at, prefix, data in items(descriptor):
        here = ids.get(int.from_bytes(data, "little")) if prefix & ~_SIZE == _REPORT_ID else None
        if here is not None and data:
            changed[at + 1 : at + 1 + len(data)] = here.to_bytes(len(data), "little")
    return bytes(changed)


def _is_whole(descriptor: bytes) -> bool:
    """Whether the last item ends where the bytes do, and every collection is closed."""
    end = depth = 0
    for at, prefix, data in items(descriptor):
        end = at + 1 + (0, 1, 2, 4)[prefix & _SIZE]
        depth += {_COLLECTION: 1, _END_COLLECTION: -1}.get(prefix & ~_SIZE, 0)
        if depth < 0 or len(data) != end - at - 1:
            return False
    return depth == 0 and end == len(descriptor)
