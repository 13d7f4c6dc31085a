"""The room's microphone: wishes from people, LEDs and read-backs from devices, one truth.

Mediates between the speakerphone wing (LED, presses, the reducer) and the screen (capture mute).
What may be said of the microphone is decided by `speakerphone.mute` alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from roomctl.clock import Clock
from roomctl.device import Status
from roomctl.errors import DeviceError, NoReply, PortError, Refused
from roomctl.room.document import AudioEntry
from roomctl.screen import Screen
from roomctl.speakerphone import Speakerphone, mute

_log = logging.getLogger(__name__)

SETTLE_S = 6.0  # the longest write there can be; the reducer gives up after 2 s


class Audio:
    """Mute and volume of one room."""

    def __init__(
        self,
        phones: list[Speakerphone],
        screen: Screen | None,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self._phones, self._screen, self._clock, self._changed = phones, screen, clock, changed
        self.truth = mute.first(clock.mono_s())
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._call: int | None = None
        self._written: tuple[int, bool] | None = None  # epoch and off-hook whose writes have ended

    @property
    def entry(self) -> AudioEntry:
        sound = self._screen.state.sound if self._screen else None
        return AudioEntry(
            mute=self.truth.state.mute.value,
            volume_pct=sound.volume_pct if sound else None,
            available=bool(sound and sound.available),
        )

    @property
    def phone(self) -> Speakerphone | None:
        """The speakerphone in use: the first one online, in configured order."""
        for phone in self._phones:
            if phone.health.status is Status.ONLINE:
                return phone
        return None

    async def want(self, muted: bool, by: str) -> None:
        """Ask for silence or an open microphone, and wait until it is proven.

        Raises Refused("no_sound_server") where nothing could mute, Refused("conflict") if somebody
        has just asked for silence, and NoReply if it is not confirmed.
        """
        if self._screen is None or not self._screen.state.sound.available:
            why = "no sound server that could mute; is `roomctl screen` running?"
            raise Refused("microphone", "no_sound_server", why)
        self._take(mute.Wanted(muted, by))
        if self.truth.conflict and not muted:
            raise Refused("microphone", "conflict", "somebody else has just muted it; ask again")
        goal = mute.Mute.MUTED if muted else mute.Mute.OPEN
        try:
            async with asyncio.timeout(SETTLE_S):
                while self.truth.state.mute is not goal:
                    if self.truth.state.why in ("not_confirmed", "no_led", "offline"):
                        break
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        if self.truth.state.mute is not goal:
            raise NoReply("microphone", mute.CONFIRM_S, "it may be as it was")

    async def volume(self, pct: int) -> None:
        """Set the loudspeaker's volume in per cent."""
        if self._screen is None:
            raise Refused("room", "no_screen", "this room has no [screen]")
        await self._screen.volume(pct)

    def pressed(self, name: str) -> None:
        """Take a press of the mute key on a speakerphone."""
        self._take(mute.Wanted(mute.toggled(self.truth), name))

    def devices_changed(self) -> None:
        """Take what the devices say now."""
        phone = self.phone
        if self._phones:
            led = phone is not None and phone.state.has_mute_led
            self._take(mute.Online(phone is not None, led))
        if phone is not None and self._screen is not None:
            # Of one that is unplugged the screen is not told: until it is back, or another one is
            # there, the sound server's default stands in.
            self._screen.use(phone.state.port_path, phone.state.vid, phone.state.pid)
        sound = self._screen.state.sound if self._screen else None
        muted = sound.muted if sound and sound.available else None
        # While a write is on its way, a report may be older than it; only bad news counts then.
        settled = self._written is not None and self._written[0] == self.truth.epoch
        epoch = self.truth.epoch if settled else -1
        if settled or muted is not None:
            self._take(mute.Capture(muted, epoch))
        if settled and phone is not None and phone.state.has_mute_led:
            self._take(mute.Led(phone.state.led_muted, epoch))  # the driver may have written again

    def call_is(self, call: int | None) -> None:
        """Light the Off-Hook LED while a call is live; the next meeting inherits no mute.

        A call that is found when the room starts keeps the mute that it has.
        """
        before, self._call = self._call, call
        if call != before:
            if before is not None:
                # In the name of whoever asked last: no conflict with a mute at the last moment.
                self._take(mute.Wanted(False, self.truth.by))
            self._begin_writing()

    def hang_up(self) -> None:
        """Tell a speakerphone that was picked up outside a call that there is none."""
        self._written = None
        self._begin_writing()

    def due(self) -> float | None:
        return mute.due(self.truth)

    def tick(self) -> None:
        self._take(mute.Passed())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _take(self, fact: mute.Fact) -> None:
        before = self.truth
        self.truth = mute.step(before, fact, self._clock.mono_s())
        if self.truth.epoch != before.epoch and self.truth.wanted is not None:
            self._begin_writing()
        if self.truth.state != before.state:
            self._news.set()
            self._changed()

    def _begin_writing(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        """Carry out the present wish; a newer one that came meanwhile is carried out next."""
        while self._written != (asked := (self.truth.epoch, self._call is not None)):
            epoch, wanted = self.truth.epoch, self.truth.wanted
            # The lamp never says muted while the microphone is open: silence comes before it, and
            # goes after it.
            led = None if wanted else await self._write_led(False)
            capture = None if wanted is None else await self._write_capture(wanted)
            if wanted:
                led = await self._write_led(True)
            self._written = asked
            if wanted is not None:
                self._take(mute.Capture(capture, epoch))
                self._take(mute.Led(led, epoch))

    async def _write_led(self, wanted: bool) -> bool | None:
        phone = self.phone
        if phone is None:
            return None
        try:
            await phone.show(wanted, self._call is not None)
        except (PortError, DeviceError) as error:
            _log.warning("%s: the mute LED could not be written: %s", phone.name, error)
            return None
        return wanted

    async def _write_capture(self, wanted: bool) -> bool | None:
        if self._screen is None:
            return None
        try:
            await self._screen.mute(wanted)
        except (PortError, DeviceError) as error:
            _log.warning("microphone: %s", error)
            return None
        return self._screen.state.sound.muted
