"""A stage that is a whole room: people ask it for what a scenario wants, and it drives the device.

Off-hook is a call, and muted is what the panel asks for; the room itself answers a press.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from roomctl.errors import PortError
from roomctl.simulator.devices import SimulatedSpeakerphone
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.sim import Model
from tests.invented import LoopClock, instant
from tests.room.rig import LINK, NO_CAMERA, House
from tests.speakerphone.stage import Stage

NAME = "speakerphone.table"
_JOINED_S = 15.0
_WRITTEN_S = 1.5  # at the second attempt


def room_with(model: Model) -> str:
    """Return the room.toml of a room with this model on its table."""
    return NO_CAMERA.replace("0b0e:2456", model.ids)


class InARoom(Stage):
    """In invented time, on the room's own driver; `house` was made with `room_with(model)`."""

    window_s = 2.5
    echoes_s = (0.1, 1.0, 2.45)

    def __init__(self, model: Model, house: House) -> None:
        super().__init__(model)
        self.house = house
        end = house.simulator.device(NAME)
        assert isinstance(end, SimulatedSpeakerphone)
        self._end, self.device = end, end.phone
        (self.phone,) = house.room._devices.all(Speakerphone)
        self._socket = 1
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)

    async def show(self, *, muted: bool | None = None, off_hook: bool | None = None) -> None:
        """Have somebody ask for it; PortError if the room, or the device, did not do it."""
        if off_hook is False:
            await self.house.ask("meeting.leave")
            await self.until(lambda: not self.house.room._calls.live, _JOINED_S)
        done = muted is None or muted is self.muted or await self._mute(muted)
        if off_hook:
            await self.house.ask("meeting.join", link=LINK)
        self.off_hook = self.off_hook if off_hook is None else off_hook
        try:
            await self.until(self._written, _WRITTEN_S)
        except TimeoutError:
            done = False
        if not done:
            raise PortError(self.phone.url, "the room says that it was not done")

    def _written(self) -> bool:
        """Whether the device took what the room wants; or it is gone, and will be told later."""
        session = self.phone._session
        if session is None:
            return True
        written = session.written
        asked = (self.muted, self.off_hook)
        return written is not None and (written.muted, written.off_hook) == asked

    async def _mute(self, on: bool) -> bool:
        done = (await self.house.ask("audio.mute", on=on)).status == "done"
        self.muted = on
        return done

    async def press_mute(self) -> None:
        await super().press_mute()
        await self.until(lambda: self.house.document.audio.mute in ("muted", "open"), 6.0)

    async def touch(self, key: Callable[[], None]) -> None:
        await self.house.act(NAME, key.__name__)

    async def pass_s(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def suspend(self, seconds: float) -> None:
        clock = self.house.room.clock
        assert isinstance(clock, LoopClock)
        clock.jumped += timedelta(seconds=seconds)

    async def unplug(self) -> None:
        await self.house.act(NAME, "unplug")

    async def plug(self) -> None:
        self._socket = self._socket % 7 + 1
        self._end._port_path = f"1-1.{self._socket}"
        await self.house.act(NAME, "plug")

    async def _look(self) -> None:
        """Note what the room hears of the device, and what it wants since."""
        seen_at = self.phone.state.last_press_at
        while True:
            state = self.phone.state
            if state.last_press_at != seen_at and state.last_press is not None:
                seen_at = state.last_press_at
                self.presses.append(state.last_press)
            self.muted = self.house.document.audio.requested == "muted"
            await instant()
