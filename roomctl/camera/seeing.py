"""What is wrong with a camera's picture, by small grey pictures. Pure.

A grey picture is 32 × 18 bytes, from the left and from above, 0 black to 255 white. It is compared
with the one that was kept of the same preset; a kept picture that shows too little (a white wall)
proves nothing. Measured in changed light, with noise and two people more, on 240 drawn rooms and
400 parts of ten photographs (scikit-image's and scikit-learn's samples): nothing was found in any
of them; of the photographs, turned, 83 % were upside down. No real room was measured yet
(`tests/camera/test_seeing.py`).
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise

WIDTH, HEIGHT = 32, 18
BLACK, FEW = 24, 12  # levels; pixels that may be lighter: a lamp of the camera's own, seen in a cap
FLAT, DETAILED = 1.5, 4.0  # levels between neighbours, on average
LIKE, UNLIKE = 0.6, 0.25  # correlation
STILL, ANOTHER = 1, 0.9  # levels between two pictures, at most; correlation of two presets


class PictureFault(StrEnum):
    """What is wrong. `changed`: it looks nothing like the kept one, for no reason known here."""

    BLACK = "black"
    COVERED = "covered"
    FROZEN = "frozen"
    UPSIDE_DOWN = "upside_down"
    CHANGED = "changed"


def fault_of(
    now: bytes, kept: bytes, before: tuple[bytes, bytes] | None = None
) -> PictureFault | None:
    """Return what is wrong with a picture at a preset, of which another one was kept.

    `before`: what was seen at the preset before, if that was another one, and what was kept of it.
    ValueError: one of them is no such picture.
    """
    for one in (now, kept, *(before or ())):
        if len(one) != WIDTH * HEIGHT:
            raise ValueError(f"{len(one)} bytes are no picture of {WIDTH} × {HEIGHT}")
    if _is_black(now):
        return None if _is_black(kept) else PictureFault.BLACK
    if detail(kept) < DETAILED:
        return None
    if detail(now) < FLAT:
        return PictureFault.COVERED
    if before is not None and _is_same(now, before[0]) and likeness(kept, before[1]) < ANOTHER:
        return PictureFault.FROZEN
    alike = likeness(now, kept)
    if alike < UNLIKE:
        turned = likeness(now, kept[::-1])
        return PictureFault.UPSIDE_DOWN if turned >= LIKE else PictureFault.CHANGED
    return None


def detail(picture: bytes) -> float:
    """Return by how many levels neighbours differ on average."""
    rows = [picture[at : at + WIDTH] for at in range(0, len(picture), WIDTH)]
    across = sum(abs(a - b) for row in rows for a, b in pairwise(row))
    down = sum(
        abs(a - b) for upper, lower in pairwise(rows) for a, b in zip(upper, lower, strict=True)
    )
    return (across + down) / (HEIGHT * (WIDTH - 1) + (HEIGHT - 1) * WIDTH)


def likeness(one: bytes, other: bytes) -> float:
    """Return the correlation of two pictures, -1 to 1, which no light changes; 0 of a flat one."""
    means = sum(one) / len(one), sum(other) / len(other)
    pairs = [(a - means[0], b - means[1]) for a, b in zip(one, other, strict=True)]
    both = sum(a * b for a, b in pairs)
    power = sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)
    return both / power**0.5 if power else 0.0


def _is_black(picture: bytes) -> bool:
    return sum(level > BLACK for level in picture) <= FEW


def _is_same(one: bytes, other: bytes) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= STILL
