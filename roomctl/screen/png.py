"""A small picture for a panel, from what grim reads off a display: PPM in, PNG out. Pure.

Debian's grim writes no JPEG, and a PNG of a moving picture in full colour is ten times what a panel
needs. So colours are made coarser, without a loop over pixels, until the picture is small enough.
"""

from __future__ import annotations

import struct
import zlib

_LEVELS = (16, 8, 4, 2)  # per colour: 16 still shows letters as they are


def png(ppm: bytes, limit: int) -> bytes:
    """Return a picture (PPM P6, 8 bits) as PNG of at most `limit` bytes if that can be.

    ValueError if it is no such PPM.
    """
    width, height, pixels = _read(ppm)
    drawn = b""
    for levels in _LEVELS:
        drawn = _write(width, height, pixels.translate(_coarse(levels)))
        if len(drawn) <= limit:
            break
    return drawn


def grey(width: int, height: int, level: int) -> bytes:
    """Return a PNG of one level of grey, 0-255."""
    return _packed(width, height, 0, (b"\0" + bytes((level,)) * width) * height)


def _read(ppm: bytes) -> tuple[int, int, bytes]:
    kind, size, depth, pixels = ppm.split(b"\n", 3)
    width, height = (int(word) for word in size.split())
    if (kind, depth) != (b"P6", b"255") or len(pixels) != width * height * 3:
        raise ValueError("not a PPM picture of 8 bits per colour")
    return width, height, pixels


def _coarse(levels: int) -> bytes:
    step = 255 / (levels - 1)
    return bytes(round(round(value / step) * step) for value in range(256))


def _write(width: int, height: int, pixels: bytes) -> bytes:
    row = width * 3
    unfiltered = b"".join(b"\0" + pixels[at : at + row] for at in range(0, height * row, row))
    return _packed(width, height, 2, unfiltered)


def _packed(width: int, height: int, colours: int, unfiltered: bytes) -> bytes:
    """Write rows of 8 bits a channel; `colours` 2: RGB, 0: grey."""
    head = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(unfiltered, 3)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
