"""What the drills of all kinds of devices share: steps, how each ends, and who helps.

Knows no device. What a step does stands in each wing's own drill.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import Protocol

from roomctl.clock import Clock
from roomctl.errors import RoomctlError, Unsupported
from roomctl.frozen import frozen

_TICK_S = 0.02


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


class DrillSteps:
    """The steps of one drill of `device`, as they end; `say` is told of each.

    `news` is set whenever the device has said something.
    """

    def __init__(self, device: str, clock: Clock, say: Callable[[Step], None]) -> None:
        self.done: list[Step] = []
        self.news = asyncio.Event()
        self._device, self._clock, self._say = device, clock, say

    @property
    def passed(self) -> bool:
        return all(step.result is not Result.FAILED for step in self.done)

    async def do(
        self, name: str, exercise: Callable[[], Awaitable[Finding]], limit_s: float
    ) -> bool:
        """Do one step within its time; return whether it did not fail."""
        try:
            async with asyncio.timeout(limit_s):
                found = await exercise()
            step = Step(name, Result.OK, found.words, found.numbers)
        except TimeoutError:
            step = Step(name, Result.FAILED, f"not over within {limit_s:g} s")
        except (Skipped, Unsupported) as error:
            step = Step(name, Result.SKIPPED, self._without_name(str(error)))
        except RoomctlError as error:
            step = Step(name, Result.FAILED, self._without_name(str(error)))
        self.done.append(step)
        self._say(step)
        return step.result is not Result.FAILED

    async def until(self, fact: Callable[[], object], limit_s: float) -> bool:
        """Wait until something is so; return whether it became so in time."""
        until = self._clock.mono_s() + limit_s
        while not fact():
            if self._clock.mono_s() >= until:
                return False
            self.news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self.news.wait()
        return True

    def _without_name(self, words: str) -> str:
        prefix = f"{self._device}: "
        while words.startswith(prefix):
            words = words.removeprefix(prefix)
        return words


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
