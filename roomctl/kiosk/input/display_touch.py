"""Whether somebody touches the display itself: a finger, a mouse's button or wheel.

A surface of one see-through pixel, drawn out over the whole output, stands above all windows and
gets what is touched there; on a panel beside it, nothing is heard. The room's own presses pass
below it. What was touched can be given back as a press once the finger is up, so that nobody has
to touch twice.

Speaks zwlr_layer_shell_v1, wp_single_pixel_buffer_manager_v1 and wp_viewporter; labwc has them.
Blocking. Knows no page, and hears no keyboard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from roomctl.kiosk.input.wayland import (
    EventArguments,
    WaylandClient,
    WaylandRefused,
    found_output,
    number,
    text,
)

_CREATE_SURFACE, _CREATE_REGION = 0, 1  # of wl_compositor
_ATTACH, _SET_INPUT_REGION, _COMMIT = 1, 5, 6  # of wl_surface
_CREATE_BUFFER = 1  # of wp_single_pixel_buffer_manager_v1
_GET_VIEWPORT, _SET_DESTINATION = 1, 2
_GET_LAYER_SURFACE, _SET_ANCHOR, _SET_EXCLUSIVE_ZONE, _ACK_CONFIGURE = 0, 1, 2, 6
_OVERLAY, _ALL_EDGES = 3, 15
_CONFIGURE, _CLOSED = 0, 1  # events of a layer surface
_GET_POINTER, _GET_TOUCH = 0, 2  # of wl_seat
_POINTER, _TOUCH = 1, 4  # its capabilities, as bits
_ENTER, _MOTION, _BUTTON, _AXIS = 0, 2, 3, 4  # events of wl_pointer
_DOWN, _UP, _CANCEL = 0, 1, 4  # events of wl_touch


class DisplayTouch:
    """Hears the first touch on one output; `heard`: there was one."""

    def __init__(
        self,
        environment: Mapping[str, str],
        output: str | None,
        touched: Callable[[], None],
        lifted: Callable[[tuple[float, float] | None], None],
    ) -> None:
        """Cover an output; OSError if the compositor lets nobody.

        `touched` is called as a touch begins. `lifted` is called as it ends, with its place, 0-1
        of the output; None: the wheel was turned.
        """
        self._touched, self._lifted = touched, lifted
        self._size, self._place = (0, 0), (0.0, 0.0)
        self._down = self.heard = False
        self._pointer = self._touch = 0
        self._connection = WaylandClient(environment)
        try:
            self._cover(output)
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        return self._connection.fileno()

    def hear(self) -> None:
        """Handle what the compositor says; waits for it."""
        self._connection.hear()

    def close(self) -> None:
        """Uncover the output."""
        self._connection.close()

    def let_through(self, on: bool) -> None:
        """Let all presses pass to what lies below, or hear them again."""
        region = self._nothing if on else 0
        self._connection.send(self._surface, _SET_INPUT_REGION, number(region))
        self._connection.send(self._surface, _COMMIT)
        self._connection.roundtrip()

    def _cover(self, output: str | None) -> None:
        connection = self._connection
        target = found_output(connection, output).target
        compositor = connection.take("wl_compositor", 4)
        pixels = connection.take("wp_single_pixel_buffer_manager_v1", 1)
        viewporter, shell = (
            connection.take("wp_viewporter", 1),
            connection.take("zwlr_layer_shell_v1", 1),
        )
        self._seat = connection.take("wl_seat", 5, self._on_seat)
        self._surface, self._nothing = connection.new(), connection.new()
        connection.send(compositor, _CREATE_SURFACE, number(self._surface))
        connection.send(compositor, _CREATE_REGION, number(self._nothing))
        viewport, pixel = connection.new(), connection.new()
        connection.send(viewporter, _GET_VIEWPORT, number(viewport) + number(self._surface))
        connection.send(pixels, _CREATE_BUFFER, number(pixel) + number(0) * 4)
        self._layer = connection.new(self._on_layer)
        whole = number(self._layer) + number(self._surface) + number(target) + number(_OVERLAY)
        connection.send(shell, _GET_LAYER_SURFACE, whole + text("roomctl-touch"))
        connection.send(self._layer, _SET_ANCHOR, number(_ALL_EDGES))
        connection.send(self._layer, _SET_EXCLUSIVE_ZONE, number(-1))
        connection.send(self._surface, _COMMIT)
        connection.wait(lambda: self._size != (0, 0))
        connection.send(viewport, _SET_DESTINATION, b"".join(map(number, self._size)))
        connection.send(self._surface, _ATTACH, number(pixel) + number(0) * 2)
        connection.send(self._surface, _COMMIT)
        connection.roundtrip()

    def _on_layer(self, opcode: int, arguments: EventArguments) -> None:
        if opcode == _CLOSED:
            raise WaylandRefused("the display is gone")
        if opcode == _CONFIGURE:
            serial = arguments.number()
            self._size = (arguments.number(), arguments.number())
            self._connection.send(self._layer, _ACK_CONFIGURE, number(serial))

    def _on_seat(self, opcode: int, arguments: EventArguments) -> None:
        if opcode != 0:
            return
        able = arguments.number()  # a kind of device may come later; to ask before is an error
        if able & _POINTER and not self._pointer:
            self._pointer = self._connection.new(self._on_pointer)
            self._connection.send(self._seat, _GET_POINTER, number(self._pointer))
        if able & _TOUCH and not self._touch:
            self._touch = self._connection.new(self._on_touch)
            self._connection.send(self._seat, _GET_TOUCH, number(self._touch))

    def _on_pointer(self, opcode: int, arguments: EventArguments) -> None:
        if opcode == _ENTER:
            arguments.number()
            arguments.number()
            self._place = arguments.fixed(), arguments.fixed()
        elif opcode == _MOTION:
            arguments.number()
            self._place = arguments.fixed(), arguments.fixed()
        elif opcode == _BUTTON:
            for _ in range(3):
                arguments.number()
            self._press() if arguments.number() else self._lift()
        elif opcode == _AXIS and not self.heard:
            self._begin()
            self._lifted(None)

    def _on_touch(self, opcode: int, arguments: EventArguments) -> None:
        if opcode == _DOWN:
            for _ in range(4):
                arguments.number()
            place = arguments.fixed(), arguments.fixed()
            if not self._down:
                self._place = place
            self._press()
        elif opcode in (_UP, _CANCEL):
            self._lift()

    def _press(self) -> None:
        if not self.heard:
            self._down = True
            self._begin()

    def _lift(self) -> None:
        if self._down:
            self._down = False
            (x, y), (width, height) = self._place, self._size
            self._lifted((min(1.0, max(0.0, x / width)), min(1.0, max(0.0, y / height))))

    def _begin(self) -> None:
        self.heard = True
        self._touched()
