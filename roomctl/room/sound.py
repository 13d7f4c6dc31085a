"""All of a room's sound in one place: the microphone, the loudspeaker, the hook, the level meter.

Hands what happens to whom it concerns; decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal

from roomctl.clock import Clock
from roomctl.room.audio import Audio
from roomctl.room.bookings import Bookings
from roomctl.room.calls import Calls
from roomctl.room.commands import Verb
from roomctl.room.document import AudioEntry
from roomctl.room.hearing import Hearing
from roomctl.room.hook import Hook
from roomctl.room.loudness import Loudness
from roomctl.room.sound_verbs import SoundVerbs
from roomctl.screen import Screen
from roomctl.speakerphone import Speakerphone
from roomctl.speakerphone.press import Press


class Sound:
    """The sound of one room."""

    def __init__(
        self,
        phones: Sequence[Speakerphone],
        screen: Screen | None,
        calls: Calls,
        bookings: Bookings,
        clock: Clock,
        changed: Callable[[], None],
        act: Callable[[Awaitable[None]], None],
        unplugged: Literal["mute", "default"],
    ) -> None:
        """`act` has something done that nobody waits for; `unplugged` is as in [room]."""
        self._audio = Audio(phones, screen, clock, changed, unplugged)
        self._calls, self._act = calls, act
        self._hearing, self._loudness = Hearing(screen, clock), Loudness(screen, clock)
        self._hook = Hook(self._audio, calls, bookings, act, clock)

    @property
    def entry(self) -> AudioEntry:
        return self._audio.entry

    @property
    def asks(self) -> Literal["leave"] | None:
        """What somebody has to answer on a panel."""
        return "leave" if self._hook.asks else None

    @property
    def table(self) -> Mapping[str, Verb]:
        """Return the commands about sound."""
        return SoundVerbs(self._audio, self._loudness, self._hearing, self._hook).table

    def follow(self) -> None:
        """Take what devices and meeting are now."""
        self._audio.devices_changed()
        self._audio.call_is(self._calls.live_id)

    def tick(self) -> None:
        """Let time pass."""
        self._audio.tick()
        self._hook.tick()
        self._hearing.tick()

    def due(self) -> float | None:
        """Return when time alone changes what is said of the microphone."""
        return self._audio.due()

    def pressed(self, phone: str, key: str) -> None:
        """Take a press on a speakerphone; of one that is not in use only mute counts."""
        if key == Press.MUTE:
            self._audio.pressed(phone)
        elif phone == self._audio.phones.used:
            self._key(key)

    def heard(self, pct: int) -> None:
        """Take how loud the microphone is."""
        self._hearing.level(pct)

    def listen(self) -> AbstractContextManager[asyncio.Queue[int]]:
        """Get how loud the microphone is, 0-100, ten times a second until the block ends."""
        return self._hearing.listen()

    async def close(self) -> None:
        await self._audio.close()

    def _key(self, key: str) -> None:
        match key:
            case Press.HOOK_ON:
                self._hook.hung_up()
            case Press.HOOK_OFF:
                self._hook.picked_up()
            case Press.VOLUME_UP:
                self._act(self._loudness.step(1))
            case Press.VOLUME_DOWN:
                self._act(self._loudness.step(-1))
            case Press.SPEAKER_MUTE:
                self._act(self._loudness.toggle())
