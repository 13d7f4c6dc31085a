"""What a virtual keyboard strikes for a text or a named key, and the keymap that makes it so.

A text is any Unicode: each of its characters gets one of the keys that print, in a keymap made for
it. Only those keys: Chromium looks at the key's place too, and what is Escape on a real keyboard
stays Escape. Pure: knows no compositor. Codes are those of linux/input-event-codes.h.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roomctl.screen.touches import KeyName

SHIFT = 1  # a real modifier, as a bit

# Where the printing keys of a PC stand, as codes and as names in xkeyboard-config's "evdev".
_PLACES = {
    **{2 + n: f"AE{n + 1:02}" for n in range(12)},
    **{16 + n: f"AD{n + 1:02}" for n in range(12)},
    **{30 + n: f"AC{n + 1:02}" for n in range(11)},
    **{44 + n: f"AB{n + 1:02}" for n in range(10)},
}

_NAMED = {
    KeyName.ENTER: (28, 0),
    KeyName.TAB: (15, 0),
    KeyName.BACK_TAB: (15, SHIFT),
    KeyName.ESCAPE: (1, 0),
    KeyName.BACKSPACE: (14, 0),
    KeyName.SPACE: (57, 0),
    KeyName.UP: (103, 0),
    KeyName.DOWN: (108, 0),
    KeyName.LEFT: (105, 0),
    KeyName.RIGHT: (106, 0),
    KeyName.BACK: (158, 0),  # XF86Back; Alt+Left moves a window in labwc
}


@dataclass(frozen=True, slots=True)
class Strikes:
    """Keys to strike one after the other under one keymap; `modifiers` are held meanwhile."""

    keymap: str
    codes: tuple[int, ...]
    modifiers: int = 0

    def __repr__(self) -> str:
        """Leave the keys out: they may be a passcode's."""
        return f"Strikes({len(self.codes)} keys)"


def named(key: KeyName) -> Strikes:
    """Return the stroke of a key that has a name."""
    code, modifiers = _NAMED[key]
    return Strikes(_keymap({}), (code,), modifiers)


def typed(text: str) -> Iterator[Strikes]:
    """Return the strokes that type a text: a keymap for at most 45 characters at a time."""
    places: dict[str, int] = {}
    codes: list[int] = []
    for character in text:
        if character not in places and len(places) == len(_PLACES):
            yield Strikes(_keymap(places), tuple(codes))
            places, codes = {}, []
        place = places.setdefault(character, tuple(_PLACES)[len(places) % len(_PLACES)])
        codes.append(place)
    if codes:
        yield Strikes(_keymap(places), tuple(codes))


def _keymap(places: dict[str, int]) -> str:
    """Return a PC's keymap whose printing keys print the characters of `places` (their codes)."""
    own = "".join(
        f"    replace key <{_PLACES[code]}> {{ [ U{ord(character):04X} ] }};\n"
        for character, code in places.items()
    )
    return (
        "xkb_keymap {\n"
        '  xkb_keycodes { include "evdev+aliases(qwerty)" };\n'
        '  xkb_types { include "complete" };\n'
        '  xkb_compat { include "complete" };\n'
        f'  xkb_symbols {{\n    include "pc+us+inet(evdev)"\n{own}  }};\n'
        "};\n"
    )
