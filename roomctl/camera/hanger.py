"""What a camera asks of the line that it hangs on. Knows neither of the two."""

from __future__ import annotations

from typing import Protocol

from roomctl.clock import Clock


class Flag(Protocol):
    """Something that somebody may be waiting for."""

    def set(self) -> None: ...


class Hanger(Protocol):
    """What a camera asks of the line it hangs on.

    `found`: the speed that it answers at, if that had to be found; `try_this`: the end of the
    question that is asked when a camera says nothing.
    """

    @property
    def url(self) -> str: ...
    @property
    def found(self) -> str | None: ...
    @property
    def try_this(self) -> str: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def acknowledged(self) -> Flag: ...
    def wake(self) -> None: ...
    def changed(self) -> None: ...
    def heard(self) -> None: ...
    def log_alone(self, level: int, camera: str, what: str) -> None: ...
