"""`drill speakerphone.NAME`: proving a speakerphone of a room, and the microphone behind it.

The sound is asked of the process that owns it, `roomctl screen`, which goes on while the room is
stopped for the drill.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable

import typer

from roomctl.clock import Clock, SystemClock
from roomctl.config import Config, data_path, screen_url
from roomctl.device import Status
from roomctl.drill import Step
from roomctl.errors import Refused
from roomctl.screen.driver import Screen
from roomctl.simulator import Simulator
from roomctl.speakerphone.drill import SpeakerphoneDrill, drilled
from roomctl.speakerphone.profile import load_profiles
from roomctl.wire import Connect, in_thread

SCREEN_S = 3.0
_NO_SCREEN = "no screen process answers; start `roomctl screen`, which owns the sound"


class ScreenMicrophone:
    """The microphone as the room's screen has it."""

    def __init__(self, url: str, connect: Connect, clock: Clock) -> None:
        self._levels: list[int] = []
        nothing: tuple[()] = ()
        self._screen = Screen(
            "screen", url, connect, clock, lambda: None, lambda: nothing, self._levels.append
        )

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep the connection during the block; wait for it for 3 s at most."""
        running = asyncio.ensure_future(self._screen.run())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SCREEN_S):
                    while self._screen.health.status is Status.STARTING:
                        await asyncio.sleep(0.02)
                    while not self._screen.state.sound.available and self._online:
                        await asyncio.sleep(0.02)
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def use(self, port_path: str | None, vid: int | None, pid: int | None) -> None:
        """Mean the source and sink of this USB device."""
        self._screen.use(port_path, vid, pid)

    @property
    def _online(self) -> bool:
        return self._screen.health.status is Status.ONLINE

    @property
    def muted(self) -> bool | None:
        return self._screen.state.sound.muted

    async def mute(self, on: bool) -> None:
        if not self._online:
            raise Refused("microphone", "no_screen", _NO_SCREEN)
        await self._screen.mute(on)

    async def peak(self, for_s: int, *, tone: bool) -> int | None:
        self._levels.clear()
        self._screen.listen(for_s)
        if tone:
            self._screen.play_tone()
        await asyncio.sleep(for_s)
        return max(self._levels, default=None)


class AtTheTerminal:
    """Somebody who is asked, and who sits where the device stands."""

    async def sees(self, what: str) -> bool:
        return await in_thread(typer.confirm, f"do you see that {what}?", default=True, err=True)

    def told(self, what: str) -> None:
        sys.stderr.write(f"please {what}\n")


async def run(
    device: str, config: Config, say: Callable[[Step], None], *, simulated: bool, unattended: bool
) -> bool:
    """Drill it; return whether no step failed. Cancelled, it puts everything back first."""
    name, clock = drilled(device, config.speakerphone), SystemClock()
    simulator = Simulator(config, clock, with_screen=simulated, only="" if simulated else "sim:")
    profiles = load_profiles(data_path("firmware_profiles") / "speakerphone")
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(simulator.close)
        microphone = None
        if config.screen is not None:
            microphone = ScreenMicrophone(screen_url(config.screen), simulator.connect, clock)
            await stack.enter_async_context(microphone.connected())
        drill = SpeakerphoneDrill(
            name,
            config.speakerphone[name],
            profiles,
            simulator.connect,
            clock,
            say,
            microphone=microphone,
            operator=None if unattended else AtTheTerminal(),
        )
        return await drill.run()
