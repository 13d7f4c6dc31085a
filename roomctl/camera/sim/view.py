"""What a simulated camera sees: a small drawing of a room, as a PNG. Knows no camera and no port.

The room is a table of coloured rectangles by direction; whatever comes later stands before it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

WIDTH, HEIGHT = 192, 108
WIDE_DEG, TELE_DEG = 70.0, 8.0  # across the picture

_Colour = tuple[int, int, int]
# (left, right, bottom, top in degrees, colour)
_ROOM: tuple[tuple[float, float, float, float, _Colour], ...] = (
    (-180, 180, -90, -22, (120, 104, 88)),  # floor
    (-180, 180, -22, 40, (222, 216, 204)),  # wall
    (-180, 180, 40, 90, (244, 244, 240)),  # ceiling
    (-75, -35, -2, 28, (110, 130, 140)),  # window frame
    (-73, -56, 0, 26, (150, 200, 235)),
    (-54, -37, 0, 26, (150, 200, 235)),
    (18, 44, -4, 20, (90, 94, 98)),  # whiteboard
    (19, 43, -3, 19, (250, 250, 250)),
    (22, 34, 9, 10, (40, 90, 190)),  # something written on it
    (22, 39, 5, 6, (40, 90, 190)),
    (22, 30, 1, 2, (190, 60, 50)),
    (62, 80, -22, 22, (134, 92, 60)),  # door
    (64, 65, -4, -2, (220, 200, 120)),
    (-26, 26, -30, -14, (150, 108, 70)),  # table
    (-4, 4, -18, -15, (40, 40, 44)),  # speakerphone
    (-20, -12, -14, -2, (60, 90, 150)),  # two people
    (-18, -14, -2, 4, (214, 170, 140)),
    (10, 18, -14, -2, (150, 70, 80)),
    (12, 16, -2, 4, (190, 140, 110)),
)


def picture(pan_deg: float, tilt_deg: float, zoom_pct: float) -> bytes:
    """Return what is seen in that direction, as a PNG of a few kilobytes."""
    across = WIDE_DEG * (TELE_DEG / WIDE_DEG) ** (min(max(zoom_pct, 0.0), 100.0) / 100)
    per_pixel = across / WIDTH
    columns = [
        (pan_deg + (x + 0.5 - WIDTH / 2) * per_pixel + 180) % 360 - 180 for x in range(WIDTH)
    ]
    rows, drawn = bytearray(), dict[tuple[int, ...], bytes]()
    for y in range(HEIGHT):
        up = tilt_deg + (HEIGHT / 2 - y - 0.5) * per_pixel
        here = tuple(n for n, (_, _, low, high, _) in enumerate(_ROOM) if low <= up < high)
        if here not in drawn:  # most rows look like the one above
            drawn[here] = bytes(_row(here, columns))
        rows.append(0)  # no filter
        rows += drawn[here]
    return _png(bytes(rows))


def _row(here: tuple[int, ...], columns: list[float]) -> Iterator[int]:
    """Yield the number of the last rectangle of `here` that each pixel of a row lies in."""
    spans = [(*_ROOM[number][:2], number) for number in reversed(here)]
    for aside in columns:
        yield next((number for left, right, number in spans if left <= aside < right), 0)


def _png(rows: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)  # 8 bits, by palette
    palette = bytes(part for *_, colour in _ROOM for part in colour)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def grey(png: bytes, width: int, height: int) -> bytes:
    """Return the levels of one of these pictures, from points that lie evenly on it."""
    _, _, packed = png.partition(b"IDAT")
    rows = zlib.decompressobj().decompress(packed)
    levels = bytes((299 * r + 587 * g + 114 * b) // 1000 for *_, (r, g, b) in _ROOM)
    points = (
        (y * HEIGHT // height, x * WIDTH // width) for y in range(height) for x in range(width)
    )
    return bytes(levels[rows[y * (WIDTH + 1) + 1 + x]] for y, x in points)
