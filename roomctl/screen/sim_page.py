"""A simulated meeting's page: what it shows, and what a press or a typed text does to it.

One button, at BUTTON, is all there is to press. Has no clock, no loop and no browser.
"""

from __future__ import annotations

from roomctl.screen.still import png
from roomctl.screen.touches import KeyName

BUTTON = (0.35, 0.65, 0.65, 0.85)  # left, top, right, bottom: 0-1 of the display
WIDTH, HEIGHT = 320, 180
PASSCODE = "4711"

_GROUND, _FRAME, _PRESS, _STOP = (27, 36, 48), (58, 74, 92), (31, 122, 90), (168, 35, 27)
_PRESSABLE = ("prejoin", "passcode_needed", "passcode_wrong")


class SimPage:
    """What a page shows in place of the meeting.

    word     how it stands, in a platform file's words; None: the way into the meeting is free
    typed    what was typed into it since its button was pressed
    """

    def __init__(self, word: str | None = None) -> None:
        self.word = word
        self.typed = ""

    def press(self, x: float, y: float) -> None:
        left, top, right, bottom = BUTTON
        if left <= x <= right and top <= y <= bottom:
            self._go()

    def key(self, key: KeyName) -> None:
        if key is KeyName.BACKSPACE:
            self.typed = self.typed[:-1]
        elif key is KeyName.ENTER:
            self._go()

    def picture(self) -> bytes:
        """Return what it looks like, as PNG."""
        pressable = self.word in _PRESSABLE
        button = _FRAME if self.word is None else _PRESS if pressable else _STOP
        rows = []
        for line in range(HEIGHT):
            at = line / HEIGHT
            if BUTTON[1] <= at <= BUTTON[3]:
                rows.append(_row(button, BUTTON[0], BUTTON[2]))
            else:
                rows.append(_row(_FRAME if 0.12 <= at <= 0.5 else _GROUND, 0.2, 0.8))
        pixels = b"".join(rows)
        return png(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + pixels, len(pixels))

    def _go(self) -> None:
        if self.word == "prejoin":
            self.word = None
        elif self.word in ("passcode_needed", "passcode_wrong"):
            self.word = None if self.typed == PASSCODE else "passcode_wrong"
        self.typed = ""


def _row(colour: tuple[int, int, int], left: float, right: float) -> bytes:
    begin, end = round(left * WIDTH), round(right * WIDTH)
    return bytes(_GROUND) * begin + bytes(colour) * (end - begin) + bytes(_GROUND) * (WIDTH - end)
