"""What the drills of all kinds of devices share: a step, how it ends, and who helps.

Knows no device. What a step does stands in each wing's own drill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Protocol

from roomctl.errors import RoomctlError
from roomctl.frozen import frozen


class Failed(RoomctlError):
    """What was to be proven is not so."""


class Skipped(RoomctlError):
    """It is not done, and why."""


@frozen
class Finding:
    """What a step found: a few words, and its numbers with their units in their names."""

    words: str
    numbers: Mapping[str, float] = field(default_factory=dict)


class Result(StrEnum):
    """How a step ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@frozen
class Step:
    """One step: what it was, how it ended, in words and numbers."""

    name: str
    result: Result
    words: str
    numbers: Mapping[str, float] = field(default_factory=dict)


class Microphone(Protocol):
    """The room's microphone as its sound server has it."""

    @property
    def muted(self) -> bool | None: ...
    def use(self, port_path: str | None, vid: int | None, pid: int | None) -> None:
        """Mean the sound of this USB device."""
        ...

    async def mute(self, on: bool) -> None:
        """Mute or open it, and wait for the read-back; DeviceError or PortError without one."""
        ...

    async def peak(self, for_s: int, *, tone: bool) -> int | None:
        """Return the highest level in % of full scale; None if nothing was measured."""
        ...


class Operator(Protocol):
    """Somebody at the device."""

    async def sees(self, what: str) -> bool: ...
    def told(self, what: str) -> None: ...
