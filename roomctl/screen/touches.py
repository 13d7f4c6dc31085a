"""How a panel reaches the page on the room's display: the messages for it, both directions.

Places are 0-1 of the display's width and height, from the upper left corner. Each order is answered
by a Relayed with its number; a Look that worked by the parts of a picture instead. Text may be a
passcode: no repr shows it. Knows no port, no browser and no compositor.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

LONGEST_TEXT = 256
MOST_STEPS = 20
PART = 6 * 1024  # characters of base64 in one message
LARGEST_PICTURE = 160 * 1024  # bytes; one of 854 x 480 takes 15-60 kB


class KeyName(StrEnum):
    """The keys that a panel has for the room's display."""

    ENTER = "enter"
    TAB = "tab"
    BACK_TAB = "back_tab"
    ESCAPE = "escape"
    BACKSPACE = "backspace"
    SPACE = "space"
    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"
    BACK = "back"


class Obstacle(StrEnum):
    """Why a touch did not reach a page: the closed list that panels translate."""

    NO_PAGE = "no_page"
    NO_RELAY = "no_relay"
    BUSY = "relay_busy"
    FAILED = "relay_failed"


@dataclass(frozen=True, slots=True)
class Look:
    """Send a picture of the display."""

    number: int


@dataclass(frozen=True, slots=True)
class Press:
    """Press and let go of the page at a place."""

    number: int
    x: float
    y: float

    def __post_init__(self) -> None:
        _on_display(self.x, self.y)


@dataclass(frozen=True, slots=True)
class Scroll:
    """Turn the wheel at a place: `steps` notches, down if `down`."""

    number: int
    x: float
    y: float
    steps: int
    down: bool

    def __post_init__(self) -> None:
        _on_display(self.x, self.y)
        if not 1 <= self.steps <= MOST_STEPS:
            raise ValueError(f"steps is not within 1-{MOST_STEPS}")


@dataclass(frozen=True, slots=True)
class Type:
    """Type a text, at most 256 characters, to whatever has the page's focus."""

    number: int
    text: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.text) <= LONGEST_TEXT or not self.text.isprintable():
            raise ValueError(f"text is not 1-{LONGEST_TEXT} printable characters")

    def __repr__(self) -> str:
        """Leave the text out: it may be a passcode."""
        return f"Type(number={self.number})"


@dataclass(frozen=True, slots=True)
class Key:
    """Strike a key."""

    number: int
    key: KeyName


@dataclass(frozen=True, slots=True)
class Relayed:
    """The order `number` was done, or why not."""

    number: int
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """Part `part` (from 0) of `parts` of a picture, in base64; what the whole is, its bytes say."""

    number: int
    part: int
    parts: int
    data: str

    def __post_init__(self) -> None:
        if not 0 <= self.part < self.parts <= LARGEST_PICTURE * 4 // 3 // PART + 2:
            raise ValueError("part is not within parts")
        if len(self.data) > PART:
            raise ValueError(f"data is longer than {PART}")

    def __repr__(self) -> str:
        """Leave the picture out."""
        return f"Picture(number={self.number}, part={self.part}, parts={self.parts})"


def in_parts(number: int, picture: bytes) -> Iterator[Picture]:
    """Yield a picture as the answer to the look `number`."""
    data = base64.b64encode(picture).decode("ascii")
    pieces = [data[at : at + PART] for at in range(0, len(data), PART)]
    return (Picture(number, part, len(pieces), piece) for part, piece in enumerate(pieces))


Touch = Look | Press | Scroll | Type | Key
"""What a panel may do to the page."""


def _on_display(x: float, y: float) -> None:
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError("the place is not within 0-1")
