"""Report descriptors read: how fast real ones, beside two libraries, how slow the worst ones.

A USB device is a stranger: whatever its descriptor holds, reading it must be soon over.
"""

from __future__ import annotations

import time
import tomllib
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import hid_parser
import hidtools.hid

from benchmarks.report import Figure
from roomctl.speakerphone.hid import MAX_DESCRIPTOR_BYTES, DescriptorError, read_descriptor

REAL = Path(__file__).parent.parent / "tests" / "speakerphone" / "descriptors.toml"
ROUNDS = 5
ROUND_S = 0.4
BEST_OF = 9
ATTACH_S = 0.1  # USB 2.0, 7.1.7.3: the least that a hub waits before it believes in a new device

# Each to 4 KiB; what makes the reader work most of all that it accepts or refuses.
HOSTILE = {
    "usages": bytes.fromhex("0920"),
    "usages of other pages": bytes.fromhex("0920050b"),
    "fields": bytes.fromhex("0920 7501 9501 8102"),
    "bare fields": bytes.fromhex("8102"),
    "ranges": bytes.fromhex("1a0000 2affff"),
    "collections": bytes.fromhex("a101"),
    "pushes and pops": bytes.fromhex("a4b4"),
    "long items": bytes.fromhex("fe0000"),
    "values": (bytes.fromhex("7501 960030") + 5 * bytes.fromhex("0920 8102")).ljust(4096, b"\0"),
}


def figures() -> list[Figure]:
    """Read every real descriptor that the tests have, in turn with each library."""
    devices = tomllib.loads(REAL.read_text(encoding="utf-8"))["device"]
    real = [bytes.fromhex(device["descriptor"]) for device in devices]
    theirs = {"hid-parser": _hid_parser, "hid-tools": _hid_tools}
    common = [data for data in real if all(_reads(reader, data) for reader in theirs.values())]
    rates = _rates({"ours": read_descriptor} | theirs, common)
    slowest = {name: _seconds(unit) for name, unit in HOSTILE.items()}
    worst = max(slowest, key=slowest.__getitem__)
    means = f"{len(common)} of {len(real)} real descriptors, those that all three read"
    return [
        *(
            Figure("descriptors read", rates["ours"], "/s", rates[name], f"/s, {name}", means)
            for name in theirs
        ),
        Figure(
            "worst 4 KiB",
            1000 * slowest[worst],
            "ms",
            1000 * ATTACH_S,
            "ms, a hub's debounce",
            f"the slowest of {len(HOSTILE)} hostile descriptors: {worst}",
        ),
    ]


def _hid_parser(data: bytes) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of what real devices leave out
        return hid_parser.ReportDescriptor(data)


def _hid_tools(data: bytes) -> object:
    return hidtools.hid.ReportDescriptor.from_bytes(data)


def _reads(reader: Callable[[bytes], object], data: bytes) -> bool:
    try:
        reader(data)
    except Exception:  # whatever a library raises, it has not read it
        return False
    return True


def _rates(
    readers: dict[str, Callable[[bytes], object]], samples: Sequence[bytes]
) -> dict[str, float]:
    """Return how many descriptors each reads in a second: the best of rounds taken in turn."""
    best = dict.fromkeys(readers, 0.0)
    for _ in range(ROUNDS):
        for name, reader in readers.items():
            best[name] = max(best[name], _per_second(reader, samples))
    return best


def _per_second(reader: Callable[[bytes], object], samples: Sequence[bytes]) -> float:
    count, began = 0, time.thread_time()
    while (took := time.thread_time() - began) < ROUND_S:
        for data in samples:
            reader(data)
        count += len(samples)
    return count / took


def _seconds(unit: bytes) -> float:
    """Return the shortest of a few times: reading, and walking through all that was declared."""
    data = (unit * MAX_DESCRIPTOR_BYTES)[:MAX_DESCRIPTOR_BYTES]
    return min(_once(data[: len(data) - len(data) % len(unit)]) for _ in range(BEST_OF))


def _once(data: bytes) -> float:
    began = time.thread_time()
    try:
        for _control in read_descriptor(data).controls():
            pass
    except DescriptorError:
        pass
    return time.thread_time() - began
