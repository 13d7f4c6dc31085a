"""A pointer and a keyboard that nobody holds: presses, wheel and keys, through the compositor.

Speaks zwlr_virtual_pointer_v1 and zwp_virtual_keyboard_v1, which labwc has. A text is any Unicode:
each of its characters gets one of the keys that print, in a keymap made for it. Only those keys:
Chromium looks at the key's place too, and what is Escape on a real keyboard stays Escape.
Codes are those of linux/input-event-codes.h. The text stays in this process and goes nowhere else.
Blocking. Knows no meeting and no daemon.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping

from roomctl.frozen import frozen
from roomctl.kiosk.display import labwc, windows
from roomctl.kiosk.input.wayland import (
    WaylandClient,
    WaylandRefused,
    fixed,
    found_output,
    number,
)
from roomctl.screen.protocol import KeyName

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


@frozen
class KeyStrokes:
    """Keys to strike one after the other under one keymap; `modifiers` are held meanwhile."""

    keymap: str
    codes: tuple[int, ...]
    modifiers: int = 0

    def __repr__(self) -> str:
        """Leave the keys out: they may be a passcode's."""
        return f"KeyStrokes({len(self.codes)} keys)"


def named(key: KeyName) -> KeyStrokes:
    """Return the stroke of a key that has a name."""
    code, modifiers = _NAMED[key]
    return KeyStrokes(_keymap({}), (code,), modifiers)


def typed(text: str) -> Iterator[KeyStrokes]:
    """Return the strokes that type a text: a keymap for at most 45 characters at a time."""
    places: dict[str, int] = {}
    codes: list[int] = []
    for character in text:
        if character not in places and len(places) == len(_PLACES):
            yield KeyStrokes(_keymap(places), tuple(codes))
            places, codes = {}, []
        place = places.setdefault(character, tuple(_PLACES)[len(places) % len(_PLACES)])
        codes.append(place)
    if codes:
        yield KeyStrokes(_keymap(places), tuple(codes))


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


_POINTERS, _KEYBOARDS = "zwlr_virtual_pointer_manager_v1", "zwp_virtual_keyboard_manager_v1"
_DESTROY_POINTER = 8
_LEFT = 0x110  # BTN_LEFT
_EXTENT = 100_000
_NOTCH = 15.0  # how far one notch of a wheel scrolls, in the compositor's units
_HELD_S = 0.03  # a press that lasts no time at all is none to some pages
_BETWEEN_S = 0.005
_WINDOW_S, _LOOK_S = 5.0, 0.05


class VirtualInput:
    """A pointer on one display, and a keyboard, for as long as they are needed."""

    def __init__(self, environment: Mapping[str, str], output: str | None) -> None:
        """Reach for an output by name; None: the first. OSError if the compositor lets nobody."""
        self._connection = WaylandClient(environment)
        try:
            self._seat = self._connection.take("wl_seat", 1)
            self.output = found_output(self._connection, output)
            self._pointers = self._connection.take(_POINTERS, 2)
            self._pointer = self._make_pointer()
            self._keyboard = self._make_keyboard()
            self._connection.roundtrip()
            self._set_keymap(named(KeyName.ENTER).keymap)
            self._connection.roundtrip()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def press(self, x: float, y: float) -> None:
        """Press and let go at a place of the display, 0-1."""
        self._point(x, y)
        for state in (1, 0):
            self._do(2, number(_now_ms()) + number(_LEFT) + number(state))
            self._connection.roundtrip()
            time.sleep(_HELD_S)

    def park(self) -> None:
        """Take the pointer into the last corner: it is drawn into pictures, and things react."""
        self._point(1.0, 1.0)

    def face(self) -> None:
        """Have the meeting's window stand above all others, and get the keys.

        A touch on the panel has taken them there. A page is there before its window is: that is
        waited for, 5 s at most, then OSError; what is typed goes nowhere else.
        """
        until = time.monotonic() + _WINDOW_S
        while not windows.front(self._connection, self._seat, *labwc.MEETINGS):
            if time.monotonic() >= until:
                raise WaylandRefused("the meeting has no window")
            time.sleep(_LOOK_S)

    def scroll(self, x: float, y: float, notches: int) -> None:
        """Turn the wheel at a place of the display; positive is down."""
        self._point(x, y)
        self._connection.send(self._pointer, 5, number(0))  # axis_source: a wheel
        vertical = number(_now_ms()) + number(0) + fixed(notches * _NOTCH)
        self._do(7, vertical + number(notches))
        self._connection.roundtrip()

    def type(self, text: str) -> None:
        """Type a text into the meeting's window."""
        self.face()
        for strikes in typed(text):
            self.strike(strikes)
        self._set_keymap(named(KeyName.ENTER).keymap)  # the text is forgotten by the compositor
        self._connection.roundtrip()

    def key(self, key: KeyName) -> None:
        """Strike a named key in the meeting's window."""
        self.face()
        self.strike(named(key))

    def _make_pointer(self) -> int:
        pointer = self._connection.new()
        whose = number(self._seat) + number(self.output.target) + number(pointer)
        self._connection.send(self._pointers, 2, whose)
        return pointer

    def _make_keyboard(self) -> int:
        maker, keyboard = self._connection.take(_KEYBOARDS, 1), self._connection.new()
        self._connection.send(maker, 0, number(self._seat) + number(keyboard))
        return keyboard

    def _point(self, x: float, y: float) -> None:
        # A labwc that reads its settings anew forgets which output a pointer belongs to.
        before, self._pointer = self._pointer, self._make_pointer()
        self._connection.send(before, _DESTROY_POINTER)
        place = number(round(x * (_EXTENT - 1))) + number(round(y * (_EXTENT - 1)))
        self._do(1, number(_now_ms()) + place + number(_EXTENT) + number(_EXTENT))
        self._connection.roundtrip()

    def _do(self, opcode: int, arguments: bytes) -> None:
        """Move or press the pointer, and say that this was one thing (frame)."""
        self._connection.send(self._pointer, opcode, arguments)
        self._connection.send(self._pointer, 4)

    def strike(self, strikes: KeyStrokes) -> None:
        """Strike keys wherever the compositor has its focus now."""
        self._set_keymap(strikes.keymap)
        self._hold(strikes.modifiers)
        for code in strikes.codes:
            for state in (1, 0):
                stroke = number(_now_ms()) + number(code) + number(state)
                self._connection.send(self._keyboard, 1, stroke)
            self._connection.roundtrip()
            time.sleep(_BETWEEN_S)
        self._hold(0)
        self._connection.roundtrip()

    def _hold(self, modifiers: int) -> None:
        self._connection.send(self._keyboard, 2, number(modifiers) + number(0) * 3)

    def _set_keymap(self, keymap: str) -> None:
        data = keymap.encode() + b"\0"
        handle = os.memfd_create("keymap", os.MFD_CLOEXEC)
        try:
            os.write(handle, data)
            xkb_v1 = number(1)
            self._connection.send(self._keyboard, 0, xkb_v1 + number(len(data)), handle)
        finally:
            os.close(handle)


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
