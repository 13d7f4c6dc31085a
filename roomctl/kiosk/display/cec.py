"""The television at the other end of an HDMI cable: woken, sent to standby, and asked how it is.

HDMI-CEC 1.3a, supplement 1. What was ordered proves nothing: only the television's own answer tells
whether it is on. The adapter is opened for a question and closed after it, so that others can use
it. Knows no compositor and no loop: every call blocks, for some seconds at most.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

from roomctl.kiosk.display.cec_ioctl import BROADCAST, NOWHERE, TELEVISION, Adapter

_log = logging.getLogger(__name__)

T = TypeVar("T")

AUTO = "auto"
DEVICES = Path("/dev")
_IMAGE_VIEW_ON, _STANDBY, _ACTIVE_SOURCE = 0x04, 0x36, 0x82
_GIVE_POWER_STATUS, _REPORT_POWER_STATUS = 0x8F, 0x90
_MEANT = {
    errno.ENOENT: "is not there",
    errno.EACCES: "may not be opened; `sudo usermod -aG video $USER`, then log in again",
    errno.EBUSY: "is held by another program",
    errno.ENOTTY: "is no CEC adapter",
}


class Power(Enum):
    """How a television says that it is ("Report Power Status")."""

    ON = 0
    STANDBY = 1
    TO_ON = 2
    TO_STANDBY = 3


class Television:
    """The television at adapter `name`: a path, or "auto" for the one that has a display.

    `met` is whether it has ever said how it is.
    """

    def __init__(
        self,
        name: str,
        opened: Callable[[str], Adapter] = Adapter.open,
        devices: Path = DEVICES,
    ) -> None:
        self.met = False
        self._name, self._opened, self._devices = name, opened, devices
        self._complained = ""

    @property
    def expected(self) -> bool:
        """Whether it must answer: it has done so before, or somebody wrote where it is."""
        return self.met or self._name != AUTO

    def switch(self, on: bool) -> bool:
        """Tell it to wake up and show this box, or to go to standby; whether it took that."""
        return bool(self._ask(_Line.wake if on else _Line.standby))

    def power(self) -> Power | None:
        """Return how it says that it is; None if it does not say."""
        status = self._ask(_Line.power)
        self.met = self.met or status is not None
        return status

    def _ask(self, act: Callable[[_Line], T]) -> T | None:
        """Do `act` on the adapter; None if there is none, no display at it, or it fails."""
        path = self._path()
        if path is None:
            return None
        try:
            adapter = self._opened(path)
            try:
                line = _line(adapter)
                said = None if line is None else act(line)
            finally:
                adapter.close()
        except OSError as error:
            self._failed(path, error)
            return None
        self._complained = ""
        return said

    def _path(self) -> str | None:
        if self._name != AUTO:
            return self._name
        found = sorted(str(each) for each in self._devices.glob("cec[0-9]*"))
        with_display = [each for each in found if self._has_display(each)]
        if len(with_display) > 1:
            names = " and ".join(with_display)
            self._complain(f"{names} have a display each; name one: [screen] cec in room.toml")
        return with_display[0] if len(with_display) == 1 else None

    def _has_display(self, path: str) -> bool:
        try:
            adapter = self._opened(path)
        except OSError as error:
            self._failed(path, error)
            return False
        try:
            return adapter.can_send() and adapter.place() != NOWHERE
        except OSError:
            return False
        finally:
            adapter.close()

    def _failed(self, path: str, error: OSError) -> None:
        self._complain(f"{path} {_MEANT.get(error.errno or 0, f'failed ({error.strerror})')}")

    def _complain(self, why: str) -> None:
        if why != self._complained:
            self._complained = why
            _log.warning("screen: no CEC: %s", why)


@dataclass(frozen=True, slots=True)
class _Line:
    """An adapter with both of its addresses."""

    adapter: Adapter
    mine: int
    place: int

    def wake(self) -> bool:
        woken = self.adapter.send(self.mine, TELEVISION, _IMAGE_VIEW_ON).taken
        self.adapter.send(self.mine, BROADCAST, _ACTIVE_SOURCE, *divmod(self.place, 256))
        return woken

    def standby(self) -> bool:
        return self.adapter.send(self.mine, TELEVISION, _STANDBY).taken

    def power(self) -> Power | None:
        heard = self.adapter.send(
            self.mine, TELEVISION, _GIVE_POWER_STATUS, answer=_REPORT_POWER_STATUS
        )
        try:
            return Power(heard.answer[0]) if heard.answer else None
        except ValueError:
            return None


def _line(adapter: Adapter) -> _Line | None:
    """Return the adapter with its addresses; None if it cannot send, or nothing is connected."""
    if not adapter.can_send() or (place := adapter.place()) == NOWHERE:
        return None
    mine = adapter.claim()
    return None if mine is None else _Line(adapter, mine, place)
