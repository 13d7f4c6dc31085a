"""A window that a test opens on a real compositor: it has a name, and hears which keys it gets."""

from roomctl.kiosk.input.wayland import WaylandClient, number, text

_SIZE = (200, 200)


class Window:
    """One window; `keys` are the codes of the keys that were pressed in it, as `hear` heard."""

    def __init__(self, environment, name):
        self.keys, self._configured = [], False
        self._client = client = WaylandClient(environment)
        compositor = client.take("wl_compositor", 4)
        pixels = client.take("wp_single_pixel_buffer_manager_v1", 1)
        viewporter = client.take("wp_viewporter", 1)
        self._shell = client.take("xdg_wm_base", 1, self._on_shell)
        self._keyboard, self._seat = 0, client.take("wl_seat", 5, self._on_seat)
        surface, viewport, pixel = client.new(), client.new(), client.new()
        client.send(compositor, 0, number(surface))
        client.send(viewporter, 1, number(viewport) + number(surface))
        client.send(pixels, 1, number(pixel) + number(0xFFFFFFFF) * 4)
        self._surface = client.new(self._on_surface)
        client.send(self._shell, 2, number(self._surface) + number(surface))
        toplevel = client.new()
        client.send(self._surface, 1, number(toplevel))
        client.send(toplevel, 3, text(name))  # set_app_id
        client.send(surface, 6)
        client.wait(lambda: self._configured)
        client.send(viewport, 2, b"".join(map(number, _SIZE)))
        client.send(surface, 1, number(pixel) + number(0) * 2)
        client.send(surface, 6)
        self.hear()

    def hear(self):
        """Hear all that the compositor has said so far."""
        self._client.roundtrip()

    def close(self):
        self._client.close()

    def _on_shell(self, opcode, arguments):
        self._client.send(self._shell, 3, number(arguments.number()))  # pong

    def _on_surface(self, opcode, arguments):
        self._client.send(self._surface, 4, number(arguments.number()))  # ack_configure
        self._configured = True

    def _on_seat(self, opcode, arguments):
        if opcode == 0 and arguments.number() & 2 and not self._keyboard:
            self._keyboard = self._client.new(self._on_key)
            self._client.send(self._seat, 1, number(self._keyboard))

    def _on_key(self, opcode, arguments):
        if opcode == 3:
            _, _, code, pressed = (arguments.number() for _ in range(4))
            self.keys += [code] if pressed else []
