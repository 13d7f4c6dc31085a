"""Whether somebody talks, from the microphone behind the wall; asked for while the room is muted.

What was heard is judged at once (`voice`) and kept nowhere. Knows no daemon and no room.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from roomctl.kiosk.audio.pulse import SoundServer, SoundServerGone
from roomctl.kiosk.audio.sources import SoundNode
from roomctl.kiosk.audio.vault import SPEAKER
from roomctl.kiosk.audio.voice import VoiceActivity
from roomctl.kiosk.audio.wall import Wall, WalledDevices

RATE = 16_000
FAR_PEAKS_PER_S = 10
FAR_S = 0.3  # how long a peak of the loudspeaker's counts
DEAF_S = 2.0  # of nothing but zeros: the device mutes itself
STUCK_S = 1.0
AGAIN_S = 0.5


class VoiceMeter:
    """Reports whether somebody talks while it is told to listen; None: that cannot be told."""

    def __init__(self, report: Callable[[bool | None], None], wall: Wall | None) -> None:
        """Without a `wall` a muted microphone gives zeros, and nothing can be told."""
        self._report, self._wall = report, wall
        self._until = 0.0
        self._wanted = asyncio.Event()
        self._said: bool | None = None
        self._far = (0.0, float("-inf"))

    def listen(self, for_s: float) -> None:
        """Listen for so long from now on; 0: no more. What is so is said at once."""
        self._until = _now() + for_s
        if for_s:
            self._report(self._said)
            self._wanted.set()

    async def run(self) -> None:
        """Serve until cancelled."""
        while True:
            await self._wanted.wait()
            if self._wall is not None:
                with contextlib.suppress(SoundServerGone):
                    await self._follow(self._wall)
            if self._expired:
                self._wanted.clear()
            self._say(None)
            if not self._expired:
                await asyncio.sleep(AGAIN_S)

    async def _follow(self, wall: Wall) -> None:
        """Judge what the microphone hears until nobody asks, or another one is there."""
        source = wall.microphone
        connection = WalledDevices(wall)
        hearing: asyncio.Task[None] | None = None
        try:
            await connection.open(lambda source, new: None)
            if source is None:
                return
            hearing = asyncio.create_task(self._hear_loudspeaker(connection))
            voice, silent_s = VoiceActivity(), 0.0
            async with contextlib.aclosing(connection.samples(source.index, RATE)) as pieces:
                while not self._expired and _is(wall.microphone, source):
                    try:
                        async with asyncio.timeout(STUCK_S):
                            piece = await anext(pieces, None)
                    except TimeoutError:
                        return
                    if piece is None:
                        return
                    silent_s = 0.0 if any(piece) else silent_s + len(piece) / 2 / RATE
                    talking = voice.hear(piece, RATE, 1, self._far_peak)
                    self._say(None if silent_s >= DEAF_S else talking)
        finally:
            if hearing is not None:
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)
            await connection.close()

    async def _hear_loudspeaker(self, connection: SoundServer) -> None:
        stream = connection.peaks(f"{SPEAKER}.monitor", FAR_PEAKS_PER_S, passive=True)
        async with contextlib.aclosing(stream) as peaks:
            async for peak in peaks:
                self._far = peak, _now()

    @property
    def _far_peak(self) -> float:
        peak, at = self._far
        return peak if _now() - at < FAR_S else 0.0

    @property
    def _expired(self) -> bool:
        return _now() >= self._until

    def _say(self, talking: bool | None) -> None:
        if talking is not self._said:
            self._said = talking
            self._report(talking)


def _is(now: SoundNode | None, source: SoundNode) -> bool:
    return now is not None and now.index == source.index


def _now() -> float:
    return asyncio.get_running_loop().time()
