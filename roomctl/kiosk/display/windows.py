"""The compositor's windows by their names: whether one is there, and which stands in front.

Speaks zwlr_foreign_toplevel_management_v1, which labwc has. Blocking. Knows no browser.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from roomctl.kiosk.input.wayland import EventArguments, WaylandClient, WaylandRefused, number

_MANAGER = "zwlr_foreign_toplevel_manager_v1"
_STOP = 0  # of the manager
_ACTIVATE, _DESTROY = 4, 7  # of a window
_NEW, _NAMED = 0, 1  # events: of the manager, of a window


def front(connection: WaylandClient, seat: int, *names: str) -> bool:
    """Raise the windows of these names above all others, and have keys go there; whether one is."""
    with _listed(connection) as windows:
        named = [window for window, its_name in windows.items() if its_name in names]
        for window in named:
            connection.send(window, _ACTIVATE, number(seat))
    return bool(named)


def bring(environment: Mapping[str, str], name: str) -> bool:
    """Raise the windows of a name as `front` does; whether one is. WaylandRefused without one."""
    with contextlib.closing(WaylandClient(environment)) as connection:
        return front(connection, connection.take("wl_seat", 1), name)


def there(environment: Mapping[str, str], name: str) -> bool:
    """Whether a window of a name is on a display; true, too, where no compositor tells."""
    try:
        with (
            contextlib.closing(WaylandClient(environment)) as connection,
            _listed(connection) as windows,
        ):
            return name in windows.values()
    except WaylandRefused:
        return True


@contextlib.contextmanager
def _listed(connection: WaylandClient) -> Iterator[Mapping[int, str]]:
    """Name the windows that are there now, by their objects, which are let go of afterwards."""
    windows: dict[int, str] = {}

    def note(target: int, opcode: int, arguments: EventArguments) -> None:
        if opcode == _NAMED:
            windows[target] = arguments.text()

    def appear(opcode: int, arguments: EventArguments) -> None:
        if opcode == _NEW:
            target = arguments.number()
            windows[target] = ""
            connection.listen(target, lambda op, more: note(target, op, more))

    manager = connection.take(_MANAGER, 1, appear)
    connection.roundtrip()
    connection.roundtrip()
    yield windows
    for target in windows:
        connection.send(target, _DESTROY)  # its news would pile up unread
    connection.send(manager, _STOP)
    connection.roundtrip()
