"""Whether sources that are muted are silent: told from their peaks, for a mute is only a flag.

Each is listened to for two seconds after it was muted, and whenever the server says that something
about it has changed; at other times only while another program has it run, so that no microphone
runs for the meter's sake. What no program records from is heard by nobody. Only peaks are read.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager

from roomctl.kiosk.audio.pulse import SoundServer, SoundServerGone
from roomctl.kiosk.audio.sources import RUNNING, SoundGraph, SoundNode
from roomctl.kiosk.audio.tone import FLOOR_DB
from roomctl.screen.protocol import SoundState

_log = logging.getLogger(__name__)

PEAKS_PER_S = 10
LOUD_PEAKS = 5  # of the last ten: half a second of sound is no click
QUIET_PEAKS = 20
MOST_PEAKS = 100  # of a look, in which our own stream may get nothing
LATE_S = 5.0  # PulseAudio hands silence on in pieces of two seconds
AGAIN_S = 1.0
_NOTHING = 2.0**-16  # half a step of 16 bit: what a program that is given nothing may read
_NOISE = 10 ** (FLOOR_DB / 20)  # a converter that was muted in hardware still hisses


class SilenceMeter:
    """What was heard of one source since it was seen muted. Knows no stream."""

    def __init__(self, floor: float, *, listened: bool) -> None:
        """`floor` is the loudest peak that counts as silence.

        `listened`: a program may have heard it before it was muted, so its silence is awaited.
        """
        self.heard = False
        self._floor, self._listened, self.deaf = floor, listened, False
        self._last: deque[bool] = deque(maxlen=2 * LOUD_PEAKS)
        self._quiet = 0
        self._good_at = float("-inf")

    @property
    def loud(self) -> bool:
        """Whether it was heard since it was last `told`."""
        return sum(self._last) >= LOUD_PEAKS

    @property
    def settled(self) -> bool:
        """Whether silence was read for two seconds without a break."""
        return self._quiet >= QUIET_PEAKS

    def silent(self, now: float) -> bool | None:
        """Whether no program hears anything; None: one listens, and nothing tells what it hears."""
        if self.heard or not self._listened:
            return not self.heard
        return True if now - self._good_at <= LATE_S else None

    def take(self, peak: float, now: float) -> None:
        """Take the loudness of a tenth of a second, 0-1."""
        loud = peak > self._floor
        self._last.append(loud)
        self._quiet = 0 if loud else self._quiet + 1
        self.heard = self.loud or (self.heard and not self.settled)
        awaited = self._good_at == float("-inf") and self._quiet < LOUD_PEAKS
        if not self.deaf and not awaited:
            self._good_at = now

    def follow(self, now: float, *, listened: bool, deaf: bool) -> None:
        """Take whether a program listens; `deaf`: our own stream does not hear what it hears."""
        if not (listened and self._listened):
            self._good_at = now
        self._listened, self.deaf = listened, deaf

    def told(self) -> None:
        """Begin to count anew: it is being muted once more."""
        self._last.clear()

    def look(self) -> None:
        """Have its silence read anew."""
        self._quiet = 0


class SilenceWatch:
    """What is heard of all sources of one sound server that are muted, while the room is."""

    def __init__(self, news: Callable[[], None]) -> None:
        """`news` is called when what is to be said of them may have changed."""
        self._news = news
        self._listeners: dict[int, _Listener] = {}
        self._ended: set[asyncio.Future[list[BaseException | None]]] = set()

    @property
    def needs_time(self) -> bool:
        """Whether it has to be looked at again although nothing happens."""
        return None in self._silent(_now() + 2 * LATE_S).values()

    @property
    def loud(self) -> frozenset[int]:
        """The sources that are to be muted once more."""
        return frozenset(index for index, each in self._listeners.items() if each.ear.loud)

    def told(self, sources: Iterable[int]) -> None:
        """Take that these are being muted once more."""
        for index in sources:
            self._listeners[index].ear.told()

    def silent(self) -> Mapping[int, bool | None]:
        """Return of each source that is listened to whether it is silent; None: it may not be."""
        return self._silent(_now())

    def add(self, said: SoundState) -> SoundState:
        """Return what is said: there is nothing to add to it."""
        return said

    def follow(
        self, connection: SoundServer, scene: SoundGraph, changed: set[int], *, fresh: bool
    ) -> None:
        """Listen to all sources of the scene that are muted.

        `changed` are those of which the server said so. `fresh`: they have been muted by order, so
        the word of the server counts until their peaks come.
        """
        muted = {source.index: source for source in scene.sources if source.muted}
        for index in self._listeners.keys() - muted.keys():
            self._forget(index)
        for index, source in muted.items():
            listened = scene.listened is None or index in scene.listened
            there = self._listeners.get(index)
            if there is None:
                ear = SilenceMeter(
                    _NOISE if source.hardware else _NOTHING, listened=listened and not fresh
                )
                there = self._listeners[index] = _Listener(connection, source, ear, self._news)
            else:
                there.follow(source, changed=index in changed)
            there.ear.follow(_now(), listened=listened, deaf=index in scene.deaf)

    def opened(self, scene: SoundGraph) -> None:
        """Prove nothing: the room is open."""
        self.leave()

    def leave(self) -> None:
        """Listen to nothing: the room is not muted."""
        for index in tuple(self._listeners):
            self._forget(index)

    async def close(self) -> None:
        self.leave()
        await asyncio.gather(*self._ended, return_exceptions=True)

    def _silent(self, now: float) -> Mapping[int, bool | None]:
        return {index: each.ear.silent(now) for index, each in self._listeners.items()}

    def _forget(self, index: int) -> None:
        ended = self._listeners.pop(index).end()
        self._ended.add(ended)
        ended.add_done_callback(self._ended.discard)


class _Listener:
    """The streams of one ear: one that rests with its source, and one that has it run for a look.

    The first stays open, so that the end of a look is no change that asks for another one.
    """

    def __init__(
        self,
        connection: SoundServer,
        source: SoundNode,
        ear: SilenceMeter,
        news: Callable[[], None],
    ) -> None:
        self.ear = ear
        self._connection, self._source, self._news = connection, source, news
        self._ends = False  # a look is over, and the server has not said so yet
        self._listening = asyncio.create_task(self._listen())
        self._looking = asyncio.create_task(self._look())

    def follow(self, source: SoundNode, *, changed: bool) -> None:
        """Take the source as it was read now; look if it changed, unless it only went to rest."""
        before, self._source = self._source, source
        if not changed or source.awake < before.awake:
            self._ends = self._ends and not changed
        elif self._ends and source.awake < RUNNING:
            self._ends = False
        else:
            self._begin_look()

    def end(self) -> asyncio.Future[list[BaseException | None]]:
        tasks = [self._listening, self._looking]
        for task in tasks:
            task.cancel()
        return asyncio.gather(*tasks, return_exceptions=True)

    def _begin_look(self) -> None:
        self.ear.look()
        if self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        """Have the source run until it was silent for two seconds, or gives nothing, or 10 s."""
        left = MOST_PEAKS
        with contextlib.suppress(SoundServerGone, TimeoutError):  # who reads the server notices
            async with self._peaks(passive=False) as peaks:
                while not self.ear.settled and (left or self.ear.heard):
                    left = max(0, left - 1)
                    async with asyncio.timeout(LATE_S):
                        if await anext(peaks, None) is None:
                            break
        self._ends = True

    async def _listen(self) -> None:
        with contextlib.suppress(SoundServerGone):
            while True:
                async with self._peaks(passive=True) as peaks:
                    async for peak in peaks:
                        self._take(peak)
                        if self.ear.deaf:  # somebody turned it down, or moved it
                            break
                await asyncio.sleep(AGAIN_S)

    def _peaks(self, *, passive: bool) -> AbstractAsyncContextManager[AsyncGenerator[float, None]]:
        stream = self._connection.peaks(self._source.index, PEAKS_PER_S, passive=passive)
        return contextlib.aclosing(stream)

    def _take(self, peak: float) -> None:
        ear, now = self.ear, _now()
        before = ear.heard, ear.loud, ear.silent(now)
        ear.take(peak, now)
        if (ear.heard, ear.loud, ear.silent(now)) == before:
            return
        if ear.heard and not before[0]:
            _log.error("sound: %s is muted, and is heard all the same", self._source.name)
            self._begin_look()
        elif before[0] and not ear.heard:
            _log.info("sound: %s is silent again", self._source.name)
        self._news()


def _now() -> float:
    return asyncio.get_running_loop().time()
