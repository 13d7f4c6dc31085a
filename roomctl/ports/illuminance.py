"""How light it is where this box stands: an ambient light sensor of Linux IIO, read from sysfs.

The kernel's `in_illuminance_input` is lux; `in_illuminance_raw` becomes lux by its offset and scale
(Documentation/ABI/testing/sysfs-bus-iio). A channel may have a number: `in_illuminance0_raw`.
Knows no theme. What is missing or garbled is no reading, never an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

IIO = Path("/sys/bus/iio/devices")
_CHANNEL = re.compile(r"(in_illuminance\d*)_(input|raw)")
_MOST_BYTES = 64  # a number of sysfs has fewer
_MOST_LUX = 200_000.0  # the sun has 130,000


def illuminance_lux(devices: Path = IIO) -> float | None:
    """Return what the first sensor that works reads, in lux; None: there is none. Blocking."""
    return next(_readings(devices), None)


def _readings(devices: Path) -> Iterator[float]:
    for device in _listed(devices):
        for entry in _listed(device):
            channel = _CHANNEL.fullmatch(entry.name)
            if channel is None:
                continue
            lux = _number(entry)
            if lux is not None and channel[2] == "raw":
                offset = _number(device / f"{channel[1]}_offset", missing=0.0)
                scale = _number(device / f"{channel[1]}_scale", missing=1.0)
                lux = None if offset is None or scale is None else (lux + offset) * scale
            if lux is not None and 0 <= lux <= _MOST_LUX:
                yield lux


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _number(file: Path, missing: float | None = None) -> float | None:
    try:
        with file.open("rb") as opened:
            found = float(opened.read(_MOST_BYTES))
    except FileNotFoundError:
        return missing
    except (OSError, ValueError):
        return None
    return found if math.isfinite(found) else None
