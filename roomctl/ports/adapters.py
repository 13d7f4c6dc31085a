"""Which USB adapter a serial url means: found again when it comes back under another name.

Opens nothing. The kernel numbers ttyUSB and ttyACM as they come: an adapter that is plugged in
again while its old name is still in use gets the next one, and two that come back together may
have changed places. A link (by-id, by-path, a rule of the site) already says what is meant.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable

from serial.tools.list_ports import comports
from serial.tools.list_ports_common import ListPortInfo

from roomctl.errors import PortError, PortReason

_log = logging.getLogger(__name__)


class Adapters:
    """The adapter that each path named when it was last open; `plugged` lists what is there."""

    def __init__(self, plugged: Callable[[], Iterable[ListPortInfo]] = comports) -> None:
        self._plugged = plugged
        self._known: dict[str, ListPortInfo] = {}

    def node(self, path: str) -> str:
        """Return the node of the adapter that `path` means now.

        Raises PortError if it is gone and its name is now that of another url's adapter.
        """
        known = self._known.get(path)
        if known is None:
            return path
        here = list(self._plugged())
        if (adapter := _again(known, here)) is not None:
            return str(adapter.device)
        for port in here:
            if port.device == path and (other := self._path_of(port)) not in (None, path):
                why = f"its adapter is gone; {path} is now that of serial:{other}"
                raise PortError(f"serial:{path}", why, PortReason.MISSING)
        return path

    def remember(self, path: str, node: str) -> ListPortInfo | None:
        """Note, and return, what is plugged in at `node`, which was opened for `path`."""
        real = os.path.realpath(node)
        adapter = next((port for port in self._plugged() if port.device == real), None)
        if adapter is not None and adapter.vid is not None and not os.path.islink(path):
            before = self._known.get(path)
            if real != (before.device if before is not None else path):
                _log.info("serial:%s: its adapter is %s now", path, real)
            self._known[path] = adapter
        return adapter

    def _path_of(self, adapter: ListPortInfo) -> str | None:
        for path, known in self._known.items():
            if _again(known, [adapter]) is not None:
                return path
        return None


def _again(known: ListPortInfo, here: Iterable[ListPortInfo]) -> ListPortInfo | None:
    """Return the adapter that is `known`: in the same USB socket, else the one with its number.

    Cheap ones all have the same serial number, or none: those are told apart by socket only.
    """
    model = (known.vid, known.pid, known.serial_number)
    alike = [port for port in here if (port.vid, port.pid, port.serial_number) == model]
    same_socket = [port for port in alike if port.location == known.location]
    if same_socket or known.serial_number is None:
        return same_socket[0] if same_socket else None
    same_line = [port for port in alike if _line(port) == _line(known)]
    return same_line[0] if len(same_line) == 1 else None


def _line(adapter: ListPortInfo) -> str:
    """Return which line of an adapter with several; empty if it has one."""
    return str(adapter.location or "").partition(":")[2]
