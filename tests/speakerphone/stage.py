"""One speakerphone on a table, somebody's hands, and a room that answers a mute press.

What a scenario is played on. Knows no scenario; whoever brings a device, in memory, on a bus, in a
room or in a kernel, says how it is touched, plugged and unplugged.
"""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from roomctl.device import Status
from roomctl.errors import NoReply, PortError
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.sim import Model, SimSpeakerphone, SpeakerphoneFaults
from roomctl.wire import Chunk
from tests import invented

SHOWN_S = 0.5  # an unplugged device is shown as such within
BACK_S = 3.0  # and in use again, once plugged in, within


@dataclass
class Device(SimSpeakerphone):
    """The simulated device, and what its LEDs showed after every write: (muted, off-hook)."""

    seen: list[tuple[bool, bool]] = field(default_factory=list)

    def receive(self, chunk: Chunk) -> None:
        super().receive(chunk)
        self.seen.append((self.led_muted, self.led_off_hook))


class Stage(ABC):
    """One device on a table, the room's driver for it, and a room that answers a mute press."""

    phone: Speakerphone
    window_s: float
    echoes_s: tuple[float, ...]

    def __init__(self, model: Model) -> None:
        self.model, self.device = model, Device(model)
        self.presses: list[str] = []
        self.muted = self.off_hook = False
        self.answers = True
        self._answering: set[asyncio.Task[None]] = set()

    @property
    def faults(self) -> SpeakerphoneFaults:
        return self.device.faults

    @property
    def lit(self) -> tuple[bool, bool]:
        """What can be seen on the device: muted, off-hook."""
        return self.device.led_muted, self.device.led_off_hook

    @abstractmethod
    async def touch(self, key: Callable[[], None]) -> None:
        """Have a finger do something to the device."""

    @abstractmethod
    async def pass_s(self, seconds: float) -> None:
        """Let time pass."""

    @abstractmethod
    async def suspend(self, seconds: float) -> None:
        """Have the box sleep, and wake up again."""

    @abstractmethod
    async def unplug(self) -> None: ...

    @abstractmethod
    async def plug(self) -> None:
        """Plug it in again, at another address and into another port."""

    async def online(self) -> None:
        await self.until(lambda: self.phone.health.status is Status.ONLINE, BACK_S)

    async def show(self, *, muted: bool | None = None, off_hook: bool | None = None) -> None:
        """Have the room want something else, and wait until it is written."""
        self.muted = self.muted if muted is None else muted
        self.off_hook = self.off_hook if off_hook is None else off_hook
        await self.phone.write_leds(self.muted, self.off_hook)

    async def press_mute(self) -> None:
        """Press, and wait until the room has answered, if it does."""
        count = len(self.presses)
        await self.touch(self.device.press_mute)
        await self.until(lambda: len(self.presses) > count, SHOWN_S)
        await asyncio.gather(*self._answering)

    async def press_hook(self) -> None:
        await self.touch(self.device.press_hook)

    async def until(self, fact: Callable[[], bool], limit_s: float) -> None:
        """Wait until something is so; in real time a minute is granted, on whatever machine."""
        if isinstance(asyncio.get_running_loop(), invented.InventedLoop):
            await invented.until(fact, limit_s)
            return
        async with asyncio.timeout(60):
            while not fact():
                await asyncio.sleep(0.005)

    async def shows(self, muted: bool, off_hook: bool) -> None:
        """Wait until the LEDs show this: a write is on its way for a moment."""
        await self.until(lambda: self.lit == (muted, off_hook), SHOWN_S)

    def pressed(self, key: str) -> None:
        """Take a press as a room does: mute is toggled, and the LED is the answer."""
        self.presses.append(key)
        if key == "mute" and self.answers:
            self.muted = not self.muted
            task = asyncio.ensure_future(self._answer())
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self) -> None:
        with contextlib.suppress(PortError, NoReply):
            await self.phone.write_leds(self.muted, self.off_hook)
